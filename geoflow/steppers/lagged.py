"""Lagged diffusivity: one linear solve a step (Deckelnick and Dziuk, Interfaces Free Bound. 2, 2000).

    (G + τ K(x₀)) δ = −τ dE(x₀),        x₁ = x₀ + δ,

with the majorant K, the quadratic that touches E at x₀ and lies above it: so E₁ ≤ E₀ − τ‖v‖² − ½⟨Kδ, δ⟩ for every τ, v = δ/τ,
and no Newton iteration. Order one, with about two and a half times the error of implicit Euler on films.

The error estimate compares the step with the trapezoidal rule, δ − ½τ(v(x₀) + v(x₁)), v(x) = −G⁻¹ dE(x), and is filtered by
(I + τG⁻¹K)⁻¹: the leading error itself, also of what K is more than the hessian.
"""

from __future__ import annotations

from dataclasses import dataclass

from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step
from geoflow.steppers.stage import filtered, frozen, linearised


@dataclass(frozen=True)
class Lagged:
    """Order 1, unconditional decay, one symmetric positive definite solve a step. Needs a majorant."""

    needs_majorant = True
    unconditional = True
    order = 1

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """The velocity at the start."""
        return (flow.at(t).velocity(x),)

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """One solve with G + τK."""
        (v0,) = memory
        gram, then = frozen(flow, t, x, dt), flow.at(t + dt)
        new, residual, prepared, linear = linearised(flow, gram, t, x, dt)
        moved, v1 = new - then.place(x), then.velocity(new)
        return Step(
            x=new,
            energy=then.energy.value(new),
            dissipated=flow.norm(gram, moved) ** 2 / dt,
            work=flow.work(t, x, dt),
            error=filtered(then, gram, prepared, 1.0, new, moved - 0.5 * dt * (v0 + v1)),
            residual=flow.dual_norm(gram, residual),
            memory=(v1,),
            linear=linear,
        )
