"""The secant method: the balance of energy is exact at every step, E₁ − E₀ = −τ‖v‖².

    G (x₁ − x₀) / τ + d̄E(x₀, x₁) = 0

with a discrete gradient d̄E in place of the differential (see `discrete_gradient`). Order two, symmetric in time; not
L-stable, so rough data ring, and on noise Newton's method is sure to converge only for moderate τ: beyond, the step is turned
down with a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step
from geoflow.steppers.discrete_gradient import mean_speed
from geoflow.steppers.stage import filtered, frozen


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
        gram, then = frozen(flow, t, x, dt), flow.at(t + dt)
        found = mean_speed(flow, gram, t, x, dt, 1.0, np.zeros_like(x), v0)
        if found.failed:
            return Step(x=x, newton=found.newton, linear=found.linear, failed=found.failed)
        y = then.place(x) + dt * found.x
        v1 = then.velocity(y)
        return Step(
            x=y,
            energy=then.energy.value(y),
            dissipated=dt * flow.norm(gram, found.x) ** 2,
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
