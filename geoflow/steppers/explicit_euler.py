"""Explicit Euler, which is gradient descent: x₁ = x₀ + τ v₀, v₀ = −G⁻¹ dE(x₀).

Order one; on a quadratic it descends only for τ < 2 / λ_max. The estimate ½τ(v₁ − v₀) is the leading error.
"""

from __future__ import annotations

from dataclasses import dataclass

from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step


@dataclass(frozen=True)
class ExplicitEuler:
    """Order 1, no solves; the step is limited by stiffness."""

    order = 1

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """The velocity at the start."""
        return (flow.at(t).velocity(x),)

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """One step along −gradient."""
        (v0,) = memory
        then = flow.at(t + dt)
        new = then.place(x + dt * v0)
        v1 = then.velocity(new)
        return Step(
            x=new,
            energy=then.energy.value(new),
            dissipated=dt * flow.norm(flow.at(t).metric.gram(x), v0) ** 2,
            work=flow.work(t, x, dt),
            error=0.5 * dt * (v1 - v0),
            memory=(v1,),
        )
