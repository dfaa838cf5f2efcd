"""A heavy ball: motion with inertia and friction instead of a flow straight down (Polyak, USSR Comput. Math. 4, 1964).

    G x″ + β G x′ + dE(x) = 0,        d/dt (E + ½‖x′‖²) = −β‖x′‖²,        x′ = 0 at the start.

By a discrete gradient d̄E (see `discrete_gradient`), with w the mean speed of a step:

    x₁ = x₀ + τ w,        w = ½(v₀ + v₁),        G (v₁ − v₀) / τ + β G w + d̄E(x₀, x₁) = 0,

so that E + ½‖v‖² falls by τβ‖w‖² exactly. E alone may rise. Order two, symmetric in time but for the friction. In a valley of
curvature λ the ball rings if β < 2√λ and creeps if β > 2√λ; from a saddle it escapes as e^{rt}, r = (−β + √(β² + 4|λ|)) / 2,
where the flow does as e^{|λ|t}.

The error estimate is τ³ x‴ / 12, what the trapezoidal rule leaves in x′ = v, filtered; in a valley where the ball rings, the
errors of the steps add up. A motion e^{st} is followed by steps of |sτ|² ≤ 4/3 only, be it ever so small: longer ones, which
no tolerance would mind, throw the ball from side to side, and it hardly loses its energy.

In a metric that changes with x, inertia would act by the metric's derivative too, which nobody gives: such a metric is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.checks import positive
from geoflow.errors import BadInput
from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step
from geoflow.steppers.discrete_gradient import mean_speed
from geoflow.steppers.stage import filtered

FOLLOWED = 0.5  # of ‖v₀‖ + ‖v₁‖: what τ‖a₁ − a₀‖ may be


@dataclass(frozen=True)
class HeavyBall:
    """Momentum with friction beta > 0, in units of 1/time: order 2, E + ½‖v‖² falls by τβ‖w‖² exactly. Needs a hessian.

    What a run's energies and its ledger tell is E + ½‖v‖²; E itself is ``flow.energy.value`` of the states. It starts from
    rest. The metric must be constant: `Euclidean`, `L2`, or one of your own that says ``constant = True``.

    >>> import geoflow as gf
    >>> bowl = gf.GradientFlow(gf.Potential("x**2/2"), gf.Euclidean())
    >>> run = gf.evolve(bowl, [1.0], t_end=2.0, method=gf.HeavyBall(2.0), rtol=1e-6)
    >>> print(f"{run.x[0]:.4f}")                                             # critical: (1 + t) e⁻ᵗ = 0.4060
    0.4060
    """

    beta: float
    needs_hessian = True
    needs_constant_metric = True
    order = 2

    def __post_init__(self) -> None:
        if positive("beta", self.beta) is None:
            raise BadInput("beta", self.beta, "give the friction, a positive finite number")

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """The speed and the acceleration at the start: from rest."""
        return np.zeros_like(x), flow.at(t).velocity(x)

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """One step, by Newton's method for its mean speed."""
        v0, a0 = memory
        gram, then, rho = flow.metric.gram(x), flow.at(t + dt), self.beta + 2.0 / dt
        found = mean_speed(flow, gram, t, x, dt, rho, 2.0 / dt * v0, 2.0 / dt / rho * v0)
        if found.failed:
            return Step(x=x, newton=found.newton, linear=found.linear, failed=found.failed)
        y, v1 = then.place(x) + dt * found.x, 2.0 * found.x - v0
        a1, kinetic = then.velocity(y) - self.beta * v1, 0.5 * flow.norm(gram, v1) ** 2
        turned, speeds = dt * flow.norm(gram, a1 - a0), flow.norm(gram, v0) + flow.norm(gram, v1)
        return Step(
            x=y,
            energy=then.energy.value(y) + kinetic,
            kinetic=kinetic,
            dissipated=dt * self.beta * flow.norm(gram, found.x) ** 2,
            work=flow.work(t, x, dt),
            error=filtered(then, gram, found.prepared, rho / dt, y, dt**2 / 12.0 * (a1 - a0)),
            longest=dt * float(np.sqrt(FOLLOWED * speeds / turned)) if turned > 0.0 else np.inf,
            residual=flow.dual_norm(gram, found.residual),
            memory=(v1, a1),
            newton=found.newton,
            linear=found.linear,
        )
