"""Newton's method for one implicit stage: the minimiser y of

    Φ(y) = E(y) + ½ σ ⟨G (y − a), y − a⟩,        dΦ = dE(y) + σ G (y − a),        σ ≥ 0,

with the fixed unknowns held. An energy with a dual variable takes full primal-dual steps (Chan, Golub and Mulet 1999),
watched by Φ: a step that raises Φ is damped. Any other energy with a hessian takes Newton steps damped the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.errors import GeoflowError, Indefinite
from geoflow.protocols import Array, Energy, HasDual, Mask, Matrix, offers, rounding
from geoflow.solvers.linear import combine, matvec, solve
from geoflow.solvers.sums import dot, norm

RTOL = 1e-11  # of the stage residual, relative to ‖dE‖ at the step's start
MAX_NEWTON = 200


@dataclass(frozen=True, eq=False)
class Minimum:
    """The minimiser (or the last iterate, if ``failed``), the residual dΦ(y) left over, and what it took."""

    x: Array
    residual: Array
    newton: int
    linear: int
    failed: str | None = None


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
        own = rounding(self.energy, y, self.energy.value(y))
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


def minimise(stage: Stage, guess: Array, tolerance: float) -> Minimum:
    """Newton's method from a guess that has the held values, until ‖dΦ‖₂ ≤ tolerance or rounding ends it."""
    energy, dual = stage.energy, offers(stage.energy, HasDual)
    y, r = guess, stage.residual(guess)
    p = energy.dual(y) if dual else None  # type: ignore[attr-defined]
    first = size = norm(r)
    linear = 0
    for newton in range(MAX_NEWTON):
        if not np.isfinite(size):
            return Minimum(y, r, newton, linear, "Newton's method left the finite numbers")
        if size <= tolerance:
            return Minimum(y, r, newton, linear)
        hessian = energy.linearise(y, p) if dual else energy.hessian(y)  # type: ignore[attr-defined]
        try:
            # Inexact Newton: no digit of the linear system is bought that the quadratic model cannot use.
            forcing = min(1e-4, max(0.1 * tolerance / size, 0.1 * size / first))
            solution = solve(stage.matrix(hessian), -r, stage.fixed, forcing)
        except (Indefinite, GeoflowError) as error:
            return Minimum(y, r, newton, linear, f"no Newton step: {error}")
        dy, linear = solution.x, linear + solution.iterations
        noise = stage.rounding(y)
        predicted = -dot(r, dy)
        if predicted < 0.0:
            return Minimum(y, r, newton, linear, "no Newton step: the hessian is not positive definite")
        length = _length(stage, y, dy, predicted, noise)
        if length is None:
            return Minimum(y, r, newton, linear, "Newton's method found no descent")
        if dual:
            p = energy.advance(y, p, length * dy)  # type: ignore[attr-defined]
        new = y + length * dy
        if stage.fixed is not None:
            new[stage.fixed] = y[stage.fixed]
        r_new = stage.residual(new)
        size_new = norm(r_new)
        if predicted <= noise and size_new > 0.25 * size:  # rounding has the last word
            best = size_new < size
            return Minimum(new if best else y, r_new if best else r, newton + 1, linear)
        y, r, size = new, r_new, size_new
    return Minimum(y, r, MAX_NEWTON, linear, f"Newton's method did not converge in {MAX_NEWTON} iterations")


def _length(stage: Stage, y: Array, dy: Array, predicted: float, noise: float) -> float | None:
    """The largest of 1, ½, ¼ … by which Φ falls, up to rounding; None if none does."""
    if predicted <= noise:
        return 1.0
    before, length = stage.value(y), 1.0
    for _ in range(40):
        after = stage.value(y + length * dy)
        if after <= before - 1e-4 * length * predicted + noise:
            return length
        length *= 0.5
    return None
