"""Nesterov's accelerated gradient (Soviet Math. Dokl. 27, 1983), with constant momentum:

    y = x₀ + β (x₀ − x₋₁),    x₁ = y + τ v(y),    v = −G⁻¹ dE,    0 ≤ β < 1,    x₋₁ = x₀ at the start.

As `Polyak`, but the slope is felt where the momentum leads to, so that it converges for every E with λ_min ≤ G⁻¹H ≤ λ_max
and τ ≤ 1/λ_max, not for quadratics alone. At best by 1 − 2/√(3κ + 1) a step on a quadratic: `geoflow.points.descent.nesterov`.
No descent either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.errors import BadInput
from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step
from geoflow.steppers.polyak import momentum


@dataclass(frozen=True)
class Nesterov:
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
        """On in the direction of the last step, and along −gradient as it is there."""
        push = self.beta * memory[0]
        return momentum(flow, t, x, dt, push, x + push)
