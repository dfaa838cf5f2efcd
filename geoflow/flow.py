"""The gradient flow G(x) x' = −dE(x), with x held where it is fixed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from geoflow import checks
from geoflow.errors import BadInput
from geoflow.protocols import Array, Energy, HasDomain, HasScale, Mask, Matrix, Metric, offers
from geoflow.solvers.linear import Prepared, prepare
from geoflow.solvers.matrices import is_diagonal, matvec
from geoflow.solvers.sums import dot, norm_over, zeroed
from geoflow.solvers.threads import threads


class Beginning(NamedTuple):
    """A checked state, E there, and dE there, zero where x is held."""

    x: Array
    energy: float
    slope: Array


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """An energy, the metric that makes its differential a gradient, and what is held.

    Parameters
    ----------
    energy : Energy
        Anything with ``value(x)`` and ``differential(x)``.
    metric : Metric
        Anything with ``gram(x)``.
    fixed : bool array or None
        True where x is held, in the shape of x or of its leading axis.
    path : t → (energy, state), or None
        Where what is held moves: the energy at time t, and a state whose ``fixed`` entries are the held values then. None
        holds what the start has.
    held : state or None
        Values at the ``fixed`` entries, for a flow that `at` has stopped at one time.
    bounds : (x0, x1, y0, y1, …) or None
        For points: a box that `evolve` follows them in. A point that leaves it ends its run there, and of many marbles each
        is held where it left; the flow itself does not feel the box. None is no box.
    """

    energy: Energy
    metric: Metric
    fixed: Mask | None = None
    path: Callable[[float], tuple[Energy, Array]] | None = None
    held: Array | None = None
    bounds: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for role, part, needs in (("energy", self.energy, Energy), ("metric", self.metric, Metric)):
            if isinstance(part, type):
                raise BadInput(role, part.__name__, f"this is a class: give an instance, {part.__name__}(…)")
            missing = [m for m in _methods(needs) if not callable(getattr(part, m, None))]
            if missing:
                raise BadInput(role, type(part).__name__, f"it has no method {missing[0]}(x)")
        if self.fixed is not None and not (isinstance(self.fixed, np.ndarray) and self.fixed.dtype == np.bool_):
            raise BadInput("fixed", type(self.fixed).__name__, "give a boolean array, True where x is held, or None")
        if self.path is not None and (self.fixed is None or not callable(self.path)):
            raise BadInput("path", type(self.path).__name__, "give a function of t, and fixed: what it moves")
        if self.bounds is not None:
            checks.box(self.bounds, np.size(self.bounds) // 2)
            if self.path is not None or offers(self.energy, HasDomain):
                raise BadInput("bounds", self.bounds, "bounds are for points: a film has its wire")
            object.__setattr__(self, "bounds", tuple(float(b) for b in self.bounds))

    def at(self, t: float) -> GradientFlow:
        """This flow, or where a path moves what is held: the flow with everything where it is at time t, at rest there."""
        if self.path is None:
            return self
        energy, held = self.path(t)
        metric = self.metric
        if not getattr(metric, "constant", False) and offers(energy, HasDomain) and isinstance(metric, HasDomain):
            metric = metric.on(energy.grid)  # type: ignore[attr-defined]  # one that changes with u sees the wire, too
        return replace(self, energy=energy, metric=metric, path=None, held=held)

    def coarser(self) -> GradientFlow | None:
        """The same flow on the next coarser grid; None where its energy and metric are on none, or on the coarsest."""
        if self.path is not None or not (offers(self.energy, HasDomain) and isinstance(self.metric, HasDomain)):
            return None
        grid = self.energy.grid  # type: ignore[attr-defined]
        coarse = grid.coarser()
        if coarse is None:
            return None
        fixed = None if self.fixed is None else grid.restrict_mask(self.fixed)
        return GradientFlow(self.energy.on(coarse), self.metric.on(coarse), fixed)  # type: ignore[attr-defined]

    def place(self, x: Array) -> Array:
        """x with the held values of `at` in it; x itself where nothing has moved."""
        if self.held is None:
            return x
        return np.where(_spread(self.fixed, x), self.held, x)

    def hold(self, x: Array, y: Array) -> Array:
        """y itself, with the held values of x in it."""
        if self.fixed is not None:
            np.copyto(y, x, where=_spread(self.fixed, x))
        return y

    def work(self, t: float, x: Array, dt: float) -> float:
        """The rise that moving the wire from t to t + dt over the unmoved rest of x costs; 0 where nothing moves.

        An upper bound of the work that it does on a film that goes along.
        """
        if self.path is None:
            return 0.0
        after = self.at(t + dt)
        return after.energy.value(after.place(x)) - self.at(t).energy.value(x)

    def pair(self, p: Array, v: Array) -> float:
        """⟨covector, vector⟩: the only inner product the steppers use."""
        return dot(p, v)

    def norm(self, gram: Matrix, v: Array) -> float:
        """‖v‖ = √⟨G v, v⟩."""
        return float(np.sqrt(max(self.pair(matvec(gram, v), v), 0.0)))

    def dual_norm(self, gram: Matrix, p: Array) -> float:
        """‖p‖ = √⟨p, G⁻¹ p⟩ over the free unknowns."""
        if is_diagonal(gram):
            return norm_over(self.free(p), gram.diagonal())
        return float(np.sqrt(max(self.pair(p, self.inverse(gram).solve(p).x), 0.0)))

    def inverse(self, gram: Matrix) -> Prepared:
        """A gram matrix ready to be solved with; the last one is kept, since a constant metric has but one."""
        known = self.__dict__.get("_inverse")
        if known is None or known[0] is not gram:
            known = self.__dict__["_inverse"] = gram, prepare(gram, self.fixed)
        return known[1]

    def velocity(self, x: Array) -> Array:
        """−G⁻¹ dE(x), zero where x is held."""
        return -self.inverse(self.metric.gram(x)).solve(self.differential(x)).x

    def differential(self, x: Array) -> Array:
        """dE(x), zero where x is held."""
        return self.free(np.asarray(self.energy.differential(x), dtype=np.float64))

    def free(self, p: Array) -> Array:
        """A fresh copy of the covector p, zero where x is held."""
        return p.copy() if self.fixed is None else zeroed(p, self.fixed)

    def scale(self, x: Array) -> float:
        """The length that relative tolerances are relative to: the metric's own word, else ‖x‖, else 1."""
        if isinstance(self.metric, HasScale):
            return self.metric.scale(x)
        return self.norm(self.metric.gram(x), x) or 1.0

    def state(self, x0: object, name: str = "x0") -> Array:
        """x0 as a fresh float64 state, or a refusal: numbers only, all finite, of the shape that ``fixed`` asks for.

        Integers, booleans and float32 become float64; −0.0 becomes 0.0, so that held values keep their bits.
        """
        return self.begin(x0, name).x

    def begin(self, x0: object, name: str = "x0") -> Beginning:
        """x0 as a `state`, with what was asked of the energy there."""
        threads()  # a number that is none is refused here, before any work
        x = checks.state(x0, name)
        if self.fixed is not None and x.shape[: self.fixed.ndim] != self.fixed.shape:
            raise BadInput(name, f"array of shape {x.shape}", f"the flow's mask of held entries is {self.fixed.shape}")
        if self.path is not None:
            self._check_path(x)
        start = self.at(0.0)
        x = start.place(x)
        value, slope = checks.energy(start.energy, x)
        self._check_metric(x)
        if self.bounds is not None and np.any(self.outside(x)):
            raise BadInput(name, x.tolist(), f"start inside the bounds {self.bounds}")
        return Beginning(x, value, self.free(slope))

    def _check_metric(self, x: Array) -> None:
        """Look at the gram matrix, unless it is the very one that was solved with before."""
        known = self.__dict__.get("_inverse")
        if not (getattr(self.metric, "constant", False) and known is not None and known[0] is self.metric.gram(x)):
            checks.metric(self.metric, x)

    def outside(self, x: Array) -> Mask:
        """Which points of a state (…, d) are outside the bounds: (…)."""
        if self.bounds is None:
            return np.zeros(x.shape[:-1], dtype=np.bool_)
        lo, hi = checks.box(self.bounds, x.shape[-1])
        return np.any((x < lo) | (x > hi), axis=-1)

    def _check_path(self, x: Array) -> None:
        given: object = self.path(0.0)  # type: ignore[misc]
        if not isinstance(given, tuple) or len(given) != 2 or not isinstance(given[0], Energy):
            raise BadInput("path(0)", type(given).__name__, "a path gives (energy, state with the held values)")
        held = checks.real_array(given[1], "path(0)", "the held values are real numbers")
        if held.shape != x.shape or not np.all(np.isfinite(held[self.fixed])):
            raise BadInput("path(0)", f"array of shape {held.shape}", f"give finite held values in a state of shape {x.shape}")


def _spread(fixed: Mask | None, x: Array) -> Mask | bool:
    """A mask of leading axes as one that broadcasts against x."""
    return False if fixed is None else fixed.reshape(fixed.shape + (1,) * (x.ndim - fixed.ndim))


def _methods(protocol: type) -> list[str]:
    return [name for name, member in vars(protocol).items() if callable(member) and not name.startswith("_")]
