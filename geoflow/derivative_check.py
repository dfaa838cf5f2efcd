"""`check_derivatives`: whether an energy's differential is the derivative of its value, and its hessian that of both.

Everything is compared with central differences in several step lengths, extrapolated (Richardson 1911); the length at which
they agree best is used, and how well they agree there, beside the rounding of what is differenced, is how sharply is judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geoflow import checks
from geoflow.protocols import Array, Energy, HasHessian, offers
from geoflow.solvers.matrices import matvec
from geoflow.solvers.sums import dot, norm

LENGTHS = 2.0 ** -np.arange(2.0, 22.0)  # of steps, relative to the size of the state
ENTRIES = 400  # states of up to so many entries are looked at entry by entry, others at as many of their entries
DIRECTIONS = 4
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class DerivativeCheck:
    """What `check_derivatives` found; printed as its message.

    Attributes
    ----------
    good : bool
    verdict : "fine", "not the derivative", "no gradient", "wrong hessian" or "undecided"
    message : str
        A sentence with the energy's name and the numbers.
    differential, symmetry, hessian : float
        Relative disagreements: of dE with the differences of E, of the Jacobian of dE with its transpose, of d²E with the
        differences of dE (nan without a hessian).
    """

    good: bool
    verdict: str
    message: str
    differential: float
    symmetry: float
    hessian: float

    def __str__(self) -> str:
        return self.message


def check_derivatives(energy: Energy, x: object, *, tolerance: float = 1e-6, seed: int = 0) -> DerivativeCheck:
    """Compare an energy's derivatives at a state with differences of what they should be derivatives of.

    Parameters
    ----------
    energy : Energy
    x : state
        A generic one: at a symmetric or critical point a wrong derivative may look right.
    tolerance : float
        Relative disagreement that passes; more where the differences themselves are not that sharp.
    seed : int
        Of the random directions.

    Returns
    -------
    DerivativeCheck; an energy that is wrong is told, not raised.

    Raises
    ------
    BadInput
        For a state or an energy that `evolve` would refuse as well.

    >>> from geoflow.energies.potential import Potential
    >>> print(check_derivatives(Potential("x**2 * y"), [1.0, 2.0]).verdict)
    fine
    >>> print(check_derivatives(Potential(lambda x: x @ x / 2, lambda x: np.array([x[0] - x[1], x[1] + x[0]])), [1.0, 2.0]))
    Potential: its differential is no gradient at all, its Jacobian is not symmetric (relative difference 1.4e+00)
    """
    at, name = checks.state(x), type(energy).__name__
    checks.energy(energy, at)
    tolerance = checks.positive("tolerance", tolerance) or tolerance
    rng = np.random.default_rng(seed)
    directions = [v / norm(v) for v in rng.normal(size=(DIRECTIONS, *at.shape))]
    p = np.asarray(energy.differential(at), dtype=np.float64)

    bends, blur = zip(*(_derivative(energy.differential, at, v) for v in directions), strict=True)
    size = max(_length(b) for b in bends) or 1.0
    pairs = [(i, j) for i in range(DIRECTIONS) for j in range(i)]
    symmetry = max(abs(dot(bends[i], directions[j]) - dot(bends[j], directions[i])) for i, j in pairs) / size
    bending = tolerance + 10.0 * max(blur) / size
    wrong, where, sharp = _against_value(energy, at, p, rng)
    hessian = float("nan")
    if offers(energy, HasHessian):
        matrix = energy.hessian(at)  # type: ignore[attr-defined]
        hessian = max(_length(matvec(matrix, v) - b) for v, b in zip(directions, bends, strict=True)) / size

    def found(verdict: str, message: str) -> DerivativeCheck:
        return DerivativeCheck(verdict == "fine", verdict, f"{name}: {message}", wrong, symmetry, hessian)

    if not np.isfinite(symmetry + wrong):
        what, near = ("its differential", "the state") if np.isfinite(wrong) else ("its value", f"the state ({where})")
        return found("undecided", f"{what} is not finite near {near}: give a state farther from where the energy ends")
    if symmetry > bending:
        why = f"its Jacobian is not symmetric (relative difference {symmetry:.1e})"
        return found("no gradient", f"its differential is no gradient at all, {why}")
    if wrong > tolerance + sharp:
        return found("not the derivative", f"its differential is not the derivative of its value: {where}")
    if hessian > bending:
        return found(
            "wrong hessian", f"its hessian is not the derivative of its differential (relative difference {hessian:.1e})"
        )
    second = "" if np.isnan(hessian) else f", the hessian to {hessian:.0e}"
    by = str(getattr(energy, "derivatives", ""))
    whose = f"; derivatives {by}" if by.startswith("by ") else ""
    return found("fine", f"the differential is the derivative of the value to {wrong:.0e}, relative{second}{whose}")


def _against_value(energy: Energy, x: Array, p: Array, rng: np.random.Generator) -> tuple[float, str, float]:
    """The largest disagreement of dE with differences of E, relative to the largest entry of dE; where; how sharp that is."""
    entries = np.arange(x.size) if x.size <= ENTRIES else np.sort(rng.choice(x.size, ENTRIES, replace=False))
    units = np.zeros((len(entries), x.size))
    units[np.arange(len(entries)), entries] = 1.0
    found = [_derivative(lambda y: np.asarray(energy.value(y)), x, e.reshape(x.shape)) for e in units]
    slopes, blur = np.array([float(s) for s, _ in found]), np.array([b for _, b in found])
    told = p.ravel()[entries]
    lost = np.flatnonzero(~np.isfinite(slopes))
    if lost.size:
        place = ", ".join(str(int(i)) for i in np.unravel_index(entries[lost[0]], x.shape))
        return float("nan"), f"along entry [{place}]", np.inf
    size = float(max(np.max(np.abs(slopes)), np.max(np.abs(told)))) or 1.0
    excess = np.abs(told - slopes) - 10.0 * blur
    k = int(np.argmax(excess))
    place = ", ".join(str(int(i)) for i in np.unravel_index(entries[k], x.shape))
    where = f"in entry [{place}] it is {told[k]:.6g} and should be {slopes[k]:.6g}"
    return float(np.abs(told - slopes)[k]) / size, where, 10.0 * float(blur[k]) / size


def _derivative(f: Callable[[Array], Array], x: Array, v: Array) -> tuple[Array, float]:
    """The derivative of f at x along v by extrapolated central differences, and how well two lengths agree on it."""
    scale = max(1.0, float(np.max(np.abs(x))))
    with np.errstate(all="ignore"):
        pairs = [(_real(f(x + h * v)), _real(f(x - h * v))) for h in scale * LENGTHS]
        central = [(a - b) / (2.0 * h) for (a, b), h in zip(pairs, scale * LENGTHS, strict=True)]
        better = [(4.0 * fine - coarse) / 3.0 for coarse, fine in zip(central[:-1], central[1:], strict=True)]
        # Differences of rounded values may agree by chance, so the rounding of each is counted with their disagreement.
        lost = [EPS * (_length(a) + _length(b)) / h for (a, b), h in zip(pairs[2:], scale * LENGTHS[2:], strict=True)]
        gaps = np.array([_length(b - a) for a, b in zip(better[:-1], better[1:], strict=True)]) + np.array(lost)
    if not np.any(np.isfinite(gaps)):
        return np.full_like(better[0], np.nan), np.inf
    k = int(np.nanargmin(np.where(np.isfinite(gaps), gaps, np.nan)))
    return better[k + 1], float(gaps[k])


def _length(values: Array) -> float:
    """The Euclidean norm, of numbers near the ends of float64's range too; not finite if one of them is not."""
    largest = float(np.max(np.abs(values)))
    return largest * norm(np.atleast_1d(values) / largest) if 0.0 < largest < np.inf else largest


def _real(values: Array) -> Array:
    return np.asarray(values, dtype=np.float64)
