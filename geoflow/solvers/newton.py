"""Newton's method for one implicit stage: the minimiser y of

    Φ(y) = E(y) + ½ σ ⟨G (y − a), y − a⟩,        dΦ = dE(y) + σ G (y − a),        σ ≥ 0,

with the fixed unknowns held. An energy with a dual variable takes full primal-dual steps (Chan, Golub and Mulet 1999),
watched by Φ: a step that raises Φ is damped. Any other energy with a hessian takes Newton steps damped the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.errors import GeoflowError
from geoflow.protocols import Array, Energy, HasDual, HasRounding, Mask, Matrix, offers, rounding
from geoflow.solvers.linear import Prepared, combine, matvec, prepare
from geoflow.solvers.sums import dot, norm

RTOL = 1e-11  # of the stage residual, relative to ‖dE‖ at the step's start
MAX_NEWTON = 200
LOOSEST = 1e-3  # relative residual to which Newton's linear systems are solved at least
FAR_BELOW = 1e-6  # the rounding of Φ: there a film's heights are good to 1e-11 or so
TAME = 0.1  # a step that brings the residual down to this share needs no dual to tame the next one


@dataclass(frozen=True, eq=False)
class Minimum:
    """The minimiser (or the last iterate, if ``failed``), the residual dΦ(y) left over, and what it took.

    promised: the drop of Φ that Newton's model promises at most; inf if it was not asked.
    prepared: the last Newton matrix, ready to be solved with again; None if there was none.
    """

    x: Array
    residual: Array
    newton: int
    linear: int
    failed: str | None = None
    promised: float = np.inf
    prepared: Prepared | None = None


@dataclass(frozen=True, eq=False)
class Stage:
    """Φ and its derivatives at one σ, G and a."""

    energy: Energy
    gram: Matrix
    sigma: float
    anchor: Array
    fixed: Mask | None

    def value(self, y: Array) -> float:
        """Φ(y)."""
        return self.energy.value(y) + self._distance(y)

    def rounding(self, y: Array) -> float:
        """How far Φ(y) may be off: E as it says itself, the distance to the anchor by 8 ε of it."""
        own = rounding(self.energy, y, 0.0 if offers(self.energy, HasRounding) else self.energy.value(y))
        return own + 8.0 * float(np.finfo(np.float64).eps) * self._distance(y)

    def _distance(self, y: Array) -> float:
        """½ σ ⟨G (y − a), y − a⟩."""
        if self.sigma == 0.0:
            return 0.0
        d = y - self.anchor
        return 0.5 * self.sigma * dot(matvec(self.gram, d), d)

    def residual(self, y: Array) -> Array:
        """dΦ(y), zero on the fixed unknowns."""
        r = np.array(self.energy.differential(y), dtype=np.float64)
        if self.sigma != 0.0:
            r += self.sigma * matvec(self.gram, y - self.anchor)
        if self.fixed is not None:
            r[self.fixed] = 0.0
        return r

    def matrix(self, hessian: Matrix) -> Matrix:
        """σ G + hessian."""
        return combine((1.0, hessian), (self.sigma, self.gram))


def minimise(stage: Stage, guess: Array, tolerance: float, to_rounding: bool = False) -> Minimum:
    """Newton's method from a guess that has the held values.

    It ends where ‖dΦ‖₂ ≤ tolerance, or where rounding has the last word; ``to_rounding`` also where the drop of Φ still to
    come drowns in its rounding.
    """
    energy, tamed = stage.energy, offers(stage.energy, HasDual)
    y, r, p = guess, stage.residual(guess), None
    first = size = norm(r)
    tolerance = max(tolerance, 1e-14 * first)  # from rest, the tolerance a start suggests is zero
    linear, noise, value, last, promised = 0, np.inf, None, None, np.inf
    for newton in range(MAX_NEWTON):
        if not np.isfinite(size):
            return Minimum(y, r, newton, linear, "Newton's method left the finite numbers")
        if size <= tolerance:
            return Minimum(y, r, newton, linear, None, promised, last)
        hessian = energy.linearise(y, p) if p is not None else energy.hessian(y)  # type: ignore[attr-defined]
        try:
            # Inexact Newton: no digit of the linear system is bought that the quadratic model cannot use.
            forcing = min(LOOSEST, max(0.1 * tolerance / size, 0.1 * size / first))
            last = prepare(stage.matrix(hessian), stage.fixed)
            solution = last.solve(-r, forcing)
        except GeoflowError as error:
            return Minimum(y, r, newton, linear, f"no Newton step: {error}")
        dy, linear = solution.x, linear + solution.iterations
        predicted = -dot(r, dy)
        if predicted < 0.0:
            return Minimum(y, r, newton, linear, "no Newton step: the hessian is not positive definite")
        if to_rounding or predicted <= noise:  # as it was when last asked: a bound, since Φ falls
            noise = stage.rounding(y)
        length = 1.0
        if predicted > noise:
            value = stage.value(y) if value is None else value
            found = _length(stage, y, dy, value, predicted, noise)
            if found is None:
                return Minimum(y, r, newton, linear, "Newton's method found no descent")
            length, value = found
        else:
            value = None
        new = y + length * dy
        if stage.fixed is not None:
            new[stage.fixed] = y[stage.fixed]
        r_new = stage.residual(new)
        size_new = norm(r_new)
        if tamed:
            # A dual tames the method where it is far away; where it is not, p = g / W, which costs no memory.
            near = length == 1.0 and size_new <= TAME * size
            p = None if near else energy.advance(y, energy.dual(y) if p is None else p, length * dy)  # type: ignore[attr-defined]
        if predicted <= noise and size_new > 0.25 * size:  # rounding has the last word
            best = size_new < size
            return Minimum(new if best else y, r_new if best else r, newton + 1, linear, None, 0.5 * predicted, last)
        promised = 0.5 * predicted
        if to_rounding and predicted * (size_new / size) ** 2 <= FAR_BELOW * noise:
            # One application of the last matrix' approximate inverse is far cheaper than another iteration.
            promised = min(promised, 0.5 * last.inverse_norm(r_new) ** 2)
        y, r, size = new, r_new, size_new
        if to_rounding and promised <= FAR_BELOW * noise:
            return Minimum(y, r, newton + 1, linear, None, promised, last)
    return Minimum(y, r, MAX_NEWTON, linear, f"Newton's method did not converge in {MAX_NEWTON} iterations")


def _length(stage: Stage, y: Array, dy: Array, before: float, predicted: float, noise: float) -> tuple[float, float] | None:
    """The largest of 1, ½, ¼ … by which Φ falls, up to rounding, and Φ there; None if none does."""
    length = 1.0
    for _ in range(40):
        after = stage.value(y + length * dy)
        if after <= before - 1e-4 * length * predicted + noise:
            return length, after
        length *= 0.5
    return None
