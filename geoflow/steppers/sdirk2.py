"""SDIRK2: two implicit stages with γ = 1 − 1/√2 (Alexander, SIAM J. Numer. Anal. 14, 1977).

    y₁ = x + τ γ v₁,   y₂ = x + τ ((1 − γ) v₁ + γ v₂),   G vᵢ + dE(yᵢ) = 0,   x₁ = y₂.

L-stable, stiffly accurate, order two, and E falls for every convex E and every τ: with D_ij = a_ij − a_{i−1,j} the symmetric
part of D is positive definite, so E₁ − E₀ ≤ −τ Σ ⟨D v, v⟩. The error estimate (⅔τ[(γ−1)v₀ + v₁ − γv₂], filtered by
(I + τγG⁻¹H)⁻¹) is the leading error itself on linear problems; v₀ is the last speed of the step before.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step
from geoflow.solvers.sums import norm
from geoflow.steppers.stage import filtered, solve_stage

GAMMA = 1.0 - 1.0 / sqrt(2.0)


@dataclass(frozen=True)
class SDIRK2:
    """Order 2, unconditional decay for convex energies, L-stable: the default. Needs a hessian."""

    needs_hessian = True
    order = 2

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """The velocity at the start."""
        return (flow.velocity(x),)

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """Two stages of implicit Euler's kind, the second of them the new state."""
        (v0,) = memory
        gram, h = flow.metric.gram(x), GAMMA * dt
        reference = norm(flow.differential(x))
        one = solve_stage(flow, gram, h, x, (x, x + h * v0), reference)
        if one.failed:
            return Step(x=x, newton=one.newton, linear=one.linear, failed=one.failed)
        v1 = (one.x - x) / h
        anchor = x + (1.0 - GAMMA) * dt * v1
        two = solve_stage(flow, gram, h, anchor, (one.x, anchor + h * v1), reference)
        v2 = (two.x - anchor) / h
        raw = (2.0 / 3.0) * dt * ((GAMMA - 1.0) * v0 + v1 - GAMMA * v2)
        return Step(
            x=two.x,
            energy=flow.energy.value(two.x),
            dissipated=dt * ((1.0 - GAMMA) * flow.norm(gram, v1) ** 2 + GAMMA * flow.norm(gram, v2) ** 2),
            error=None if two.failed else filtered(flow, gram, h, two.x, raw),
            residual=flow.dual_norm(gram, two.residual),
            memory=(v2,),
            newton=one.newton + two.newton,
            linear=one.linear + two.linear,
            failed=two.failed,
        )
