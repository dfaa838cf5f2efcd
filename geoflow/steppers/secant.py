"""The secant method: the balance of energy is exact at every step, E₁ − E₀ = −τ‖v‖².

    G (x₁ − x₀) / τ + d̄E(x₀, x₁) = 0,        ⟨d̄E(x, y), y − x⟩ = E(y) − E(x),

with a discrete gradient d̄E in place of the differential: the energy's own secant where it has one in closed form, else
Gonzalez's midpoint form (J. Nonlinear Sci. 6, 1996). Order two, symmetric in time; not L-stable, so rough data ring, and on
noise Newton's method is sure to converge only for moderate τ: beyond, the step is turned down with a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.errors import GeoflowError
from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Energy, HasSecant, Matrix, Step, offers, rounding
from geoflow.solvers.linear import prepare
from geoflow.solvers.matrices import combine, matvec
from geoflow.solvers.newton import RTOL, Minimum
from geoflow.solvers.sums import dot, norm
from geoflow.steppers.stage import filtered, frozen

MAX_NEWTON = 60
EPS = float(np.finfo(np.float64).eps)
FAILED = "the secant equation could not be solved at that length"


@dataclass(frozen=True)
class Secant:
    """Order 2, and the energy falls by τ‖v‖² exactly. Needs a hessian. For smooth films, or τ ≤ 1."""

    needs_hessian = True
    order = 2

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """The velocity at the start; nothing is known yet of the one before."""
        return (flow.at(t).velocity(x),)

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """One step, by Newton's method with the symmetric part of the secant's derivative."""
        v0 = memory[0]
        gram, middle, then = frozen(flow, t, x, dt), flow.at(t + 0.5 * dt).energy, flow.at(t + dt)
        energy: HasSecant = middle if offers(middle, HasSecant) else Gonzalez(middle, gram)  # type: ignore[assignment]
        found = _solve(flow, energy, gram, t, x, then.place(x) + dt * v0, dt)
        if found.failed:
            return Step(x=x, newton=found.newton, linear=found.linear, failed=found.failed)
        y = found.x
        v1 = then.velocity(y)
        moved = y - then.place(x)
        return Step(
            x=y,
            energy=then.energy.value(y),
            dissipated=flow.norm(gram, moved) ** 2 / dt,
            work=flow.work(t, x, dt),
            error=filtered(then, gram, found.prepared, 1.0 / dt, y, _estimate(dt, v1, *memory)),
            residual=flow.dual_norm(gram, found.residual),
            memory=(v1, v0, np.array([dt])),
            newton=found.newton,
            linear=found.linear,
        )


def _estimate(dt: float, v1: Array, v0: Array, before: Array | None = None, last: Array | None = None) -> Array:
    """τ³ x‴ / 12 by the second difference of three speeds; at the first step, which knows only two, ½τ(v₁ − v₀)."""
    if before is None or last is None:
        return 0.5 * dt * (v1 - v0)
    tau = float(last[0])
    return dt**3 / 6.0 * ((v1 - v0) / dt - (v0 - before) / tau) / (dt + tau)


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


def _solve(flow: GradientFlow, energy: HasSecant, gram: Matrix, t: float, x: Array, guess: Array, dt: float) -> Minimum:
    """y, its residual, and what it took; the matrix is half the hessian, about, with G / τ."""
    here, y = flow.at(t), guess
    anchor = flow.at(t + dt).place(x)
    slope = here.differential(x)
    # The residual r leaves the defect ⟨r, y − x⟩ in the balance of energy, which is to drown in the rounding of E and of y (if
    # no wire moves: that balance would hold with the wire's own force, which the ledger does not ask for).
    noise = 0.1 * rounding(here.energy, x, here.energy.value(x)) + 4.0 * EPS * dot(np.abs(slope), np.abs(x))

    def balanced(r: Array, y: Array) -> bool:
        return flow.path is not None or abs(dot(r, y - anchor)) <= noise

    def residual(y: Array) -> Array:
        r = np.array(energy.secant(x, y), dtype=np.float64) + matvec(gram, y - anchor) / dt
        if flow.fixed is not None:
            r[flow.fixed] = 0.0
        return r

    r = residual(y)
    tolerance, linear, prepared = max(RTOL * norm(slope), 1e-14 * norm(r)), 0, None
    for newton in range(MAX_NEWTON):
        size = norm(r)
        if size <= tolerance and balanced(r, y):
            return Minimum(y, r, newton, linear, prepared=prepared)
        try:
            prepared = prepare(combine((1.0, energy.secant_matrix(x, y)), (1.0 / dt, gram)), flow.fixed)
            solution = prepared.solve(-r, 1e-3)
        except GeoflowError:
            break
        linear += solution.iterations
        length = 1.0
        while length > 1e-3:
            new = y + length * solution.x
            r_new = residual(new)
            if norm(r_new) < (1.0 - 0.1 * length) * size:
                break
            length *= 0.5
        else:
            # No step brings r down: rounding has the last word, if what is left is worth no energy.
            settled = abs(dot(r, solution.x)) <= noise and balanced(r, y)
            return Minimum(y, r, newton, linear, None if settled else FAILED, prepared=prepared)
        y, r = new, r_new
    return Minimum(y, r, newton, linear, FAILED)
