"""An explicit embedded Runge–Kutta pair of orders 3 and 2 (Bogacki and Shampine, Appl. Math. Lett. 2, 1989).

For energies without a hessian. All weights are positive, so τ Σ bᵢ‖vᵢ‖² is a quadrature of the dissipation; the last
velocity is the first of the next step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step


def bogacki_shampine(
    arrive: Callable[[float, Array], tuple[Array, Array]], x: Array, dt: Any, v1: Array
) -> tuple[Array, tuple[Array, Array, Array, Array], Array]:
    """One step from x, where the speed is v1: the new state, the four speeds, the last of them there, and the error.

    arrive(c, y): y as it is placed at t + c dt, and the speed there. dt: a number, or one for each point of x : (m, d) as an
    array (m, 1), so that many points take steps of their own.
    """
    _, v2 = arrive(0.5, x + 0.5 * dt * v1)
    _, v3 = arrive(0.75, x + 0.75 * dt * v2)
    new, v4 = arrive(1.0, x + dt * (2.0 / 9.0 * v1 + 1.0 / 3.0 * v2 + 4.0 / 9.0 * v3))
    return new, (v1, v2, v3, v4), dt * (-5.0 / 72.0 * v1 + 1.0 / 12.0 * v2 + 1.0 / 9.0 * v3 - 1.0 / 8.0 * v4)


@dataclass(frozen=True)
class RK32:
    """Order 3, its error estimated by the embedded order 2; no solves; the step is limited by stiffness."""

    order = 2

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """The velocity at the start."""
        return (flow.at(t).velocity(x),)

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """Three stages, and the velocity at the new state."""

        def arrive(c: float, y: Array) -> tuple[Array, Array]:
            then = flow.at(t + c * dt)
            placed = then.place(y)
            return placed, then.velocity(placed)

        new, speeds, error = bogacki_shampine(arrive, x, dt, *memory)
        gram = flow.at(t).metric.gram(x)
        squares = [flow.norm(gram, v) ** 2 for v in speeds[:3]]
        return Step(
            x=new,
            energy=flow.at(t + dt).energy.value(new),
            dissipated=dt * (2.0 / 9.0 * squares[0] + 1.0 / 3.0 * squares[1] + 4.0 / 9.0 * squares[2]),
            work=flow.work(t, x, dt),
            error=error,
            memory=(speeds[3],),
        )
