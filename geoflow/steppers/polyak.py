"""Gradient descent with Polyak's momentum (USSR Comput. Math. Math. Phys. 4, 1964), the heavy ball in steps:

    x₁ = x₀ + τ v₀ + β (x₀ − x₋₁),    v₀ = −G⁻¹ dE(x₀),    0 ≤ β < 1,    x₋₁ = x₀ at the start.

On a quadratic it converges for τ < 2(1 + β) / λ_max, at best by (√κ − 1)/(√κ + 1) a step: `geoflow.points.descent.polyak`.
A method of optimisation: τ is a step length, no time. It is no descent. E + (β/2τ)‖x₁ − x₀‖² falls for τ ≤ 2(1 − β)/λ_max
alone, where the momentum is of little use, so E is told as it is, and the run has to allow that it rises.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.errors import BadInput
from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step


@dataclass(frozen=True)
class Polyak:
    """Momentum β; the step length is ``dt``. E may rise: run it with ``on_rise="report"``."""

    beta: float
    descends = False
    order = 1

    def __post_init__(self) -> None:
        if not 0.0 <= self.beta < 1.0:
            raise BadInput("beta", self.beta, "momentum is at least 0 and below 1")

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """No momentum yet."""
        return (np.zeros_like(x),)

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """Along −gradient, and on in the direction of the last step."""
        return momentum(flow, t, x, dt, self.beta * memory[0], x)


def momentum(flow: GradientFlow, t: float, x: Array, dt: float, push: Array, seen: Array) -> Step:
    """x + push + τ v(seen). Told as dissipated is ‖x₁ − x‖²/τ, so that a run is not at rest while its point still moves."""
    then = flow.at(t + dt)
    new = then.place(x + push + dt * flow.at(t).velocity(seen))
    moved = new - x
    return Step(
        x=new,
        energy=then.energy.value(new),
        dissipated=flow.norm(flow.metric.gram(x), moved) ** 2 / dt,
        work=flow.work(t, x, dt),
        memory=(moved,),
    )
