"""Implicit Euler, the minimising movement: x₁ minimises E(y) + ‖y − x₀‖² / 2τ.

For convex E the energy falls for every τ, E₀ − E₁ = τ‖v‖² + (a Bregman gap ≥ 0), and the gaps bound the error:
‖x(t_n) − xₙ‖² ≤ Σ τ (E₀ − E₁ − τ‖v‖²)  (Nochetto, Savaré and Verdi, Comm. Pure Appl. Math. 53, 2000). Order one. τ = ∞ asks
for the minimiser of E itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step
from geoflow.solvers.sums import norm
from geoflow.steppers.stage import filtered, solve_stage


@dataclass(frozen=True)
class ImplicitEuler:
    """Order 1, unconditional decay, an a posteriori bound on its own time error. Needs a hessian."""

    needs_hessian = True
    order = 1
    bounds_error = True

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """The velocity at the start."""
        return (flow.velocity(x),)

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """x₁ = x + τ v with G v + dE(x₁) = 0."""
        (v0,) = memory
        gram = flow.metric.gram(x)
        reference = norm(flow.differential(x))
        guesses = (x, x + dt * v0) if np.isfinite(dt) else (x,)
        stage = solve_stage(flow, gram, dt, x, guesses, reference)
        v = (stage.x - x) / dt
        dissipated = dt * flow.norm(gram, v) ** 2 if np.isfinite(dt) else 0.0
        error = filtered(flow, gram, dt, stage.x, 0.5 * dt * (v - v0)) if np.isfinite(dt) and not stage.failed else None
        return Step(
            x=stage.x,
            energy=flow.energy.value(stage.x),
            dissipated=dissipated,
            error=error,
            residual=flow.dual_norm(gram, stage.residual),
            memory=(v,),
            newton=stage.newton,
            linear=stage.linear,
            failed=stage.failed,
        )
