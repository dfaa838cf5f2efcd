"""What a verb asks of its input before any work: numbers where numbers belong, of the shapes that belong together."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from geoflow.errors import BadInput
from geoflow.protocols import Array, Energy, HasDomain, HasHessian, Matrix, Metric, offers
from geoflow.solvers import memory
from geoflow.solvers.stencil import Stencil

LEAST = 1e-300  # of positive numbers
FINEST = 1e-100  # of relative tolerances


def real_array(value: object, field: str, remedy: str) -> np.ndarray:
    """value as an array of booleans, integers or floats of at least 16 bits, or a refusal."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        raise BadInput(field, type(value).__name__, remedy) from None
    if array.dtype.kind not in "biuf":
        raise BadInput(field, f"array of {array.dtype}", remedy)
    return array


def state(x0: object, name: str = "x0") -> Array:
    """x0 as a fresh float64 state; −0.0 becomes 0.0, so that held values keep their bits."""
    given = real_array(x0, name, "a state is an array of real numbers, all rows of one length")
    if given.ndim == 0 or given.size == 0:
        raise BadInput(name, f"array of shape {given.shape}", "a state has at least one axis and one entry")
    x = memory.copy(given)
    x += 0.0
    if not np.all(np.isfinite(x)):
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(x))[0])
        raise BadInput(f"{name}{list(where)}", float(x[where]), "every entry of a state is a finite number")
    return x


def positive(name: str, value: object) -> float | None:
    """A positive finite number as a float, or None for None; anything else is refused."""
    if value is None:
        return None
    if not isinstance(value, bool) and isinstance(value, (int, float, np.integer, np.floating)):
        try:
            number = float(value)
        except OverflowError:
            number = np.inf
        if LEAST <= number < np.inf:
            return number
        if 0.0 < number < LEAST:
            raise BadInput(name, value, f"give a number from {LEAST:g} on: the inverses of smaller ones overflow")
    raise BadInput(name, value, "give a positive finite number")


def tolerance(name: str, value: object) -> float | None:
    """A relative tolerance as a float, or None for None: positive, with powers that neither overflow nor vanish."""
    number = positive(name, value)
    if number is not None and not FINEST <= number <= 1.0 / FINEST:
        raise BadInput(name, value, f"give a number from {FINEST:g} to {1.0 / FINEST:g}")
    return number


def whole(name: str, value: object) -> int | None:
    """A whole number of at least 1, or None for None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise BadInput(name, value, "give a whole number, at least 1, or None")
    return int(value)


def choice(name: str, value: object, choices: tuple[str, ...]) -> str:
    """One of the words in choices."""
    if not isinstance(value, str) or value not in choices:
        raise BadInput(name, value, f"choose one of {', '.join(choices)}")
    return value


def times(value: object, name: str) -> tuple[float, ...] | None:
    """Finite times ≥ 0 in increasing order, at least one, or None for None."""
    if value is None:
        return None
    given = real_array(value, name, "give a list of times")
    if given.ndim != 1 or given.size == 0:
        raise BadInput(name, value, "give a list of times")
    t = given.astype(np.float64)
    if not np.all(np.isfinite(t)) or t[0] < 0.0 or np.any(np.diff(t) <= 0.0):
        raise BadInput(name, value, "give finite times ≥ 0 in increasing order")
    return tuple(float(v) for v in t)


def box(bounds: object, dimension: int) -> tuple[Array, Array]:
    """The box x0 ≤ x ≤ x1, y0 ≤ y ≤ y1 … as its two corners, each (dimension,), from the flat (x0, x1, y0, y1, …)."""
    wanted = f"give x0 x1 y0 y1 …: {2 * dimension} numbers for {dimension} dimension{'s' * (dimension != 1)}"
    given = real_array(bounds, "bounds", wanted).astype(np.float64)
    if dimension < 1 or given.shape != (2 * dimension,):
        raise BadInput("bounds", bounds, wanted)
    lo, hi = given.reshape(-1, 2).T.copy()
    with np.errstate(over="ignore", invalid="ignore"):
        sound = np.all(np.isfinite(hi - lo)) and np.all(lo < hi)
    if not sound:
        raise BadInput("bounds", bounds, "give finite numbers, the lower end of each side before the upper")
    return lo, hi


def energy(given: Energy, x: Array) -> tuple[float, Array]:
    """Value and differential at the start, which are real, finite and of the right shapes, like the hessian, or refused.

    Errors raised inside are named. Where the energy lives on grids its hessian is asked on the coarsest one.
    """
    whose = type(given).__name__
    try:
        with np.errstate(all="ignore"):
            value: Any = given.value(x)
            covector: Any = given.differential(x)
            energy, at = _coarsest(given, x)
            hessian = energy.hessian(at) if offers(given, HasHessian) else None
    except BadInput as refusal:
        raise BadInput("x0", refusal.value, refusal.remedy) from None
    except Exception as error:
        error.add_note(f"raised inside the energy {whose} at the starting state, not by geoflow")
        raise
    number = real_array(value, f"{whose}.value(x0)", "an energy is one real number")
    if number.ndim != 0:
        raise BadInput(f"{whose}.value(x0)", f"array of shape {number.shape}", "an energy is one real number")
    if not np.isfinite(number):
        raise BadInput(f"{whose}.value(x0)", float(number), "the energy must be finite at the start")
    p = real_array(covector, f"{whose}.differential(x0)", f"give a real array in the state's shape {x.shape}")
    if p.shape != x.shape:
        got = f"array of shape {p.shape}"
        raise BadInput(f"{whose}.differential(x0)", got, f"it must have the state's shape {x.shape}")
    if not np.all(np.isfinite(p)):
        raise BadInput(f"{whose}.differential(x0)", p.ravel()[:4].tolist(), "it must be finite at the start")
    if offers(given, HasHessian):
        matrix(hessian, at, f"{whose}.hessian(x0)")
    return float(number), p.astype(np.float64, copy=False)


def _coarsest(given: Energy | Metric, x: Array) -> tuple[Any, Array]:
    """The same energy or metric and state on a coarsest grid; as they are where there is none."""
    role: Any = given
    if not offers(role, HasDomain) or x.shape != role.grid.shape:
        return role, x
    coarsest, coarse = role.grid, role.grid
    while coarse is not None:
        coarsest, coarse = coarse, None if getattr(coarse, "bottom", False) else coarse.coarser()
    return (role, x) if coarsest is role.grid else (role.on(coarsest), role.grid.restrict(x, coarsest))


def metric(given: Metric, x: Array) -> None:
    """The gram matrix at the start: square, real, finite, of the state's size, positive on its diagonal.

    Where the metric lives on grids it is asked for on the coarsest one.
    """
    whose = f"{type(given).__name__}.gram(x0)"
    given, x = _coarsest(given, x)
    gram = given.gram(x)
    matrix(gram, x, whose)
    if not _matrix_free(gram) and not np.all(gram.diagonal() > 0.0):
        raise BadInput(whose, float(np.min(gram.diagonal())), "a metric is positive definite, so its diagonal is positive")


def matrix(given: Matrix, x: Array, field: str) -> None:
    """A matrix of a kind that `solvers` knows, with as many rows as x, or one for each entry along x's leading axes."""
    if not (isinstance(given, (np.ndarray, Stencil)) or sparse.issparse(given) or _matrix_free(given)):
        kinds = "an ndarray, a scipy sparse array, a Stencil or a LinearOperator"
        raise BadInput(field, type(given).__name__, f"a matrix is {kinds}")
    shape = given.shape
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] == 0 or x.size % shape[0]:
        raise BadInput(field, f"shape {shape}", f"it must be square, with {x.size} rows for this state")
    if _matrix_free(given):
        return
    entries = given.c if isinstance(given, Stencil) else given if isinstance(given, np.ndarray) else given.data
    if entries.dtype.kind not in "biuf":
        raise BadInput(field, f"matrix of {entries.dtype}", "it must be real")
    if not np.all(np.isfinite(entries)):
        raise BadInput(field, "an entry that is not finite", "it must be finite at the start")


def _matrix_free(given: Matrix) -> bool:
    """Whether this is a LinearOperator, known by what it does."""
    return callable(getattr(given, "matvec", None)) and not sparse.issparse(given)
