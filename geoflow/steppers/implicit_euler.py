"""Implicit Euler, the minimising movement: x₁ minimises E(y) + ‖y − x₀‖² / 2τ.

For convex E the energy falls for every τ, E₀ − E₁ = τ‖v‖² + (a Bregman gap ≥ 0), and the gaps bound the error:
‖x(t_n) − xₙ‖² ≤ Σ τ (E₀ − E₁ − τ‖v‖²)  (Nochetto, Savaré and Verdi, Comm. Pure Appl. Math. 53, 2000). Where a wire moves, E₀
is that of the old film on the new wire. Order one. τ = ∞ asks for the minimiser of E itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step, is_convex
from geoflow.solvers.sums import moved
from geoflow.steppers.nested import bottom, guesses
from geoflow.steppers.stage import filtered, frozen, metric_error, solve_stage, speed, stage_tolerance, velocity


@dataclass(frozen=True)
class ImplicitEuler:
    """Order 1, unconditional decay, an a posteriori bound on its own time error. Needs a hessian.

    The bound holds for convex energies in constant metrics on wires that stand still, whatever the steps and the start; for
    others a run tells none. It is within six times the error where τ resolves the slowest mode, λ₁τ ≤ 0.1 and λ₁T ≥ 1, and the
    start is smooth; after a rough start or with longer steps it may be far above.
    """

    needs_hessian = True
    unconditional = True
    order = 1
    bounds_error = True
    bears_moving_wires = True

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """Nothing: the first step of finite length asks for the velocity, and one of length ∞ needs none."""
        return ()

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """x₁ = x + τ v with G v + dE(x₁) = 0."""
        if not np.isfinite(dt):
            return _rest(flow, x)
        gram, here, then = frozen(flow, t, x, dt), flow.at(t), flow.at(t + dt)
        v0, anchor = speed(flow, gram, t, x, memory or (here.velocity(x),)), then.place(x)
        guesses = (anchor, moved(anchor, dt, v0))
        stage = solve_stage(then, gram, dt, anchor, guesses, stage_tolerance(flow, gram, t, x, dt))
        v, error, dissipated = velocity(anchor, stage.x, dt), None, 0.0
        if not stage.failed:
            raw = 0.5 * dt * (v - v0) + metric_error(flow, gram, dt, ((here, x, v0), (then, stage.x, v)))
            error = filtered(then, gram, stage.prepared, 1.0 / dt, stage.x, raw)
            dissipated = dt * flow.norm(gram, v) ** 2
        return Step(
            x=stage.x,
            energy=then.energy.value(stage.x),
            dissipated=dissipated,
            work=flow.work(t, x, dt),
            error=error,
            residual=flow.dual_norm(gram, stage.residual),
            memory=(v,),
            newton=stage.newton,
            linear=stage.linear,
            failed=stage.failed,
        )


def _rest(flow: GradientFlow, x: Array) -> Step:
    """The step of length ∞: the minimiser of E, guessed from coarser grids if E is convex and lives on grids."""
    found = guesses(flow, x) if is_convex(flow.energy) else ()
    stage, _ = bottom(flow, x, found)
    return Step(
        x=stage.x,
        energy=stage.value if np.isfinite(stage.value) else flow.energy.value(stage.x),
        residual=flow.dual_norm(flow.metric.gram(stage.x), stage.residual),
        promised=stage.promised,
        memory=(np.zeros(x.shape),),  # nobody looks at it, and what is not looked at costs no memory
        newton=stage.newton,
        linear=stage.linear,
        failed=stage.failed,
    )
