"""Discrete gradients, and the equation of a step that has one in place of the differential.

    ⟨d̄E(x, y), y − x⟩ = E(y) − E(x),        d̄E(x, x) = dE(x):

the energy's own secant where it has one in closed form, else Gonzalez's midpoint form (J. Nonlinear Sci. 6, 1996). A step of
length τ by the mean speed w solves

    G (ρ w − p) + d̄E(x, x + τ w) = 0,        ρ = 1, p = 0 for the secant method; ρ = β + 2/τ, p = 2v/τ for a heavy ball.

The unknown is w and not the new state: as a difference of states a small speed would lose the digits that the balance needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.errors import GeoflowError
from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Energy, HasSecant, Matrix, offers, rounding
from geoflow.solvers.linear import prepare
from geoflow.solvers.matrices import combine, matvec
from geoflow.solvers.newton import RTOL, Minimum
from geoflow.solvers.sums import dot, norm

MAX_NEWTON = 60
EPS = float(np.finfo(np.float64).eps)
FAILED = "the secant equation could not be solved at that length"


@dataclass(frozen=True, eq=False)
class Gonzalez:
    """d̄E(x, y) = dE(m) + α G(y − x), m = (x + y) / 2, α = (E(y) − E(x) − ⟨dE(m), y − x⟩) / ‖y − x‖²."""

    energy: Energy
    gram: Matrix

    def secant(self, x: Array, y: Array) -> Array:
        """The discrete gradient; what rounding may have put into α's numerator is left out of it."""
        alpha, middle = self._alpha(x, y)
        return middle + alpha * matvec(self.gram, y - x)

    def secant_matrix(self, x: Array, y: Array) -> Matrix:
        """½ d²E(m) + α G, without the derivative of α."""
        half = self.energy.hessian(0.5 * (x + y))  # type: ignore[attr-defined]
        return combine((0.5, half), (self._alpha(x, y)[0], self.gram))

    def _alpha(self, x: Array, y: Array) -> tuple[float, Array]:
        d, middle = y - x, np.asarray(self.energy.differential(0.5 * (x + y)), dtype=np.float64)
        before, after = self.energy.value(x), self.energy.value(y)
        gap, size = after - before - dot(middle, d), dot(matvec(self.gram, d), d)
        noise = 0.25 * (rounding(self.energy, x, before) + rounding(self.energy, y, after))
        certain = max(abs(gap) - noise, 0.0)  # continuous in y, unlike a cut, so that Newton's method can end there
        return (float(np.copysign(certain, gap)) / size if certain > 0.0 else 0.0), middle


def mean_speed(flow: GradientFlow, gram: Matrix, t: float, x: Array, dt: float, rho: float, push: Array, guess: Array) -> Minimum:
    """w with G (ρ w − p) + d̄E(x, x + τ w) = 0, zero where x is held, by Newton's method from a guess.

    push : p. The minimum's x is w, its residual a covector, and its matrix half the hessian, about, with (ρ/τ) G.
    """
    here, middle, anchor = flow.at(t), flow.at(t + 0.5 * dt).energy, flow.at(t + dt).place(x)
    energy: HasSecant = middle if offers(middle, HasSecant) else Gonzalez(middle, gram)  # type: ignore[assignment]
    slope = here.differential(x)
    # The residual r leaves the defect τ⟨r, w⟩ in the balance of energy, which is to drown in the rounding of E, of x and of
    # the motion's own energy (if no wire moves: that balance would hold with the wire's force, which the ledger does not ask
    # for).
    still = 0.1 * rounding(here.energy, x, here.energy.value(x)) + 4.0 * EPS * dot(np.abs(slope), np.abs(x))

    def noise(w: Array) -> float:
        return still + 4.0 * EPS * rho * dt * dot(matvec(gram, w), w)

    def balanced(r: Array, w: Array) -> bool:
        return flow.path is not None or dt * abs(dot(r, w)) <= noise(w)

    def residual(w: Array) -> Array:
        r = np.array(energy.secant(x, anchor + dt * w), dtype=np.float64) + matvec(gram, rho * w - push)
        if flow.fixed is not None:
            r[flow.fixed] = 0.0
        return r

    w, r, linear, prepared, last = guess, residual(guess), 0, None, np.inf
    tolerance = max(RTOL * (norm(slope) + norm(matvec(gram, push))), 1e-14 * norm(r))
    for newton in range(MAX_NEWTON):
        size = norm(r)
        if size <= tolerance and balanced(r, w):
            return Minimum(w, r, newton, linear, prepared=prepared)
        try:
            matrix = combine((1.0, energy.secant_matrix(x, anchor + dt * w)), (rho / dt, gram))
            prepared = prepare(matrix, flow.fixed)
            solution = prepared.solve(-r, 1e-3)
        except GeoflowError as error:
            return Minimum(w, r, newton, linear, f"{FAILED}: {error}")
        linear += solution.iterations
        drowned = abs(dot(r, solution.x)) <= noise(w) and balanced(r, w)
        if drowned and size > 0.5 * last:  # rounding has the last word, and says it slowly
            return Minimum(w, r, newton, linear, prepared=prepared)
        length, last = 1.0, size
        while length > 1e-3:
            new = w + length / dt * solution.x
            r_new = residual(new)
            if norm(r_new) < (1.0 - 0.1 * length) * size:
                break
            length *= 0.5
        else:
            # No step brings r down: fine, if what is left is worth no energy.
            return Minimum(w, r, newton, linear, None if drowned else FAILED, prepared=prepared)
        w, r = new, r_new
    return Minimum(w, r, newton, linear, FAILED)
