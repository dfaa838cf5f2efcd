"""An explicit embedded Runge–Kutta pair of orders 3 and 2 (Bogacki and Shampine, Appl. Math. Lett. 2, 1989).

For energies without a hessian. All weights are positive, so τ Σ bᵢ‖vᵢ‖² is a quadrature of the dissipation; the last
velocity is the first of the next step.
"""

from __future__ import annotations

from dataclasses import dataclass

from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step


@dataclass(frozen=True)
class RK32:
    """Order 3, its error estimated by the embedded order 2; no solves; the step is limited by stiffness."""

    order = 2

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """The velocity at the start."""
        return (flow.at(t).velocity(x),)

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """Three stages, and the velocity at the new state."""
        (v1,) = memory
        half, later, then = (flow.at(t + c * dt) for c in (0.5, 0.75, 1.0))
        v2 = half.velocity(half.place(x + 0.5 * dt * v1))
        v3 = later.velocity(later.place(x + 0.75 * dt * v2))
        new = then.place(x + dt * (2.0 / 9.0 * v1 + 1.0 / 3.0 * v2 + 4.0 / 9.0 * v3))
        v4 = then.velocity(new)
        gram = flow.metric.gram(x)
        speeds = [flow.norm(gram, v) ** 2 for v in (v1, v2, v3)]
        return Step(
            x=new,
            energy=then.energy.value(new),
            dissipated=dt * (2.0 / 9.0 * speeds[0] + 1.0 / 3.0 * speeds[1] + 4.0 / 9.0 * speeds[2]),
            work=flow.work(t, x, dt),
            error=dt * (-5.0 / 72.0 * v1 + 1.0 / 12.0 * v2 + 1.0 / 9.0 * v3 - 1.0 / 8.0 * v4),
            memory=(v4,),
        )
