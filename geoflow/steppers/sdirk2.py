"""SDIRK2: two implicit stages with γ = 1 − 1/√2 (Alexander, SIAM J. Numer. Anal. 14, 1977).

    y₁ = x + τ γ v₁,   y₂ = x + τ ((1 − γ) v₁ + γ v₂),   G vᵢ + dE(yᵢ) = 0,   x₁ = y₂.

L-stable, stiffly accurate, order two, and E falls for every convex E and every τ: with D_ij = a_ij − a_{i−1,j} the symmetric
part of D is positive definite, so E₁ − E₀ ≤ −τ Σ ⟨D v, v⟩. The error estimate (⅔τ[(1−γ)v₀ − v₁ + γv₂], filtered by
(I + τγG⁻¹H)⁻¹) is the leading error itself on linear problems; v₀ is the last speed of the step before.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step
from geoflow.steppers.stage import diagonally_implicit

GAMMA = 1.0 - 1.0 / sqrt(2.0)
ROWS = ((GAMMA,), (1.0 - GAMMA, GAMMA))
ESTIMATE = (2.0 / 3.0 * (1.0 - GAMMA), -2.0 / 3.0, 2.0 / 3.0 * GAMMA)


@dataclass(frozen=True)
class SDIRK2:
    """Order 2, unconditional decay for convex energies, L-stable: the default. Needs a hessian."""

    needs_hessian = True
    unconditional = True
    slack: float = 0.0
    order = 2

    def within(self, error: float) -> SDIRK2:
        """The same method, its stages solved only so well that this error may be left, in the metric's norm."""
        return SDIRK2(error)

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """The velocity at the start."""
        return (flow.at(t).velocity(x),)

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """Two stages of implicit Euler's kind, the second of them the new state."""
        return diagonally_implicit(flow, t, x, dt, memory, ROWS, ESTIMATE, self.slack)
