"""The exponential Rosenbrock–Euler method, exact for quadratic energies (Hochbruck and Ostermann, Acta Numer. 19, 2010, §2.4):

    x₁ = x₀ + τ φ₁(τJ) v₀,    v₀ = −G⁻¹ dE(x₀),    J = −G⁻¹ d²E(x₀),    φ₁(z) = (e^z − 1) / z.

Order two for any energy; e^{−τA} itself for a quadratic one, which is what explicit Euler's (I − τA) stands in for. The
φ-functions are taken on the modes of (d²E, G), all of them, so the method is for few unknowns. Dissipated is ∫‖v‖² dt of the
linear flow in closed form, so the balance of a quadratic energy is exact. The error is estimated by the correction of the
third-order pair, 2τ φ₃(τJ) (v(x₁) − v₀ − J(x₁ − x₀)) (ibid., (2.54)), zero for quadratics.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.errors import BadInput
from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step
from geoflow.solvers.matrices import matvec
from geoflow.solvers.modes import modes
from geoflow.steppers.stage import frozen, metric_error

SMALL = 0.5  # |z| below which φ₃ is summed


def phi1(z: Array) -> Array:
    """(e^z − 1) / z."""
    return np.divide(np.expm1(z), z, out=np.ones_like(z), where=z != 0.0)


def phi3(z: Array) -> Array:
    """(e^z − 1 − z − z²/2) / z³, by its series Σ z^k / (k + 3)! where that difference cancels."""
    near = np.where(np.abs(z) < SMALL, z, 0.0)
    series = np.zeros_like(z)
    for k in range(14, -1, -1):
        series = 1.0 + near * series / (k + 4.0)
    far = np.where(np.abs(z) < SMALL, 1.0, z)
    return np.where(np.abs(z) < SMALL, series / 6.0, (np.expm1(far) - far - 0.5 * far**2) / far**3)


@dataclass(frozen=True)
class Exponential:
    """Order 2, exact for quadratics at every τ, without stability limit. Needs a hessian; for up to 2000 unknowns at rest."""

    needs_hessian = True
    order = 2

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """Nothing is carried from step to step."""
        if flow.path is not None:
            raise BadInput("method", "Exponential", "it is for wires at rest: take another method, such as SDIRK2()")
        modes(flow.energy.hessian(x), flow.metric.gram(x), flow.fixed)  # type: ignore[attr-defined]  # what is refused is so here
        return ()

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """The linear flow of the quadratic that osculates E at x, for a time dt."""
        gram, hessian, p = frozen(flow, t, x, dt), flow.energy.hessian(x), flow.differential(x)  # type: ignore[attr-defined]
        found = modes(hessian, gram, flow.fixed)
        z = -dt * found.values
        moved = -dt * found.apply(phi1(z), p)
        new = x + moved
        v0, q = -found.apply(np.ones_like(z), p), flow.differential(new)
        gap = q - p - matvec(hessian, moved)  # dE(x₁) − dE(x₀) − d²E(x₀)(x₁ − x₀)
        ends = ((flow, x, v0), (flow, new, -found.apply(np.ones_like(z), q)))
        return Step(
            x=new,
            energy=flow.energy.value(new),
            dissipated=dt * flow.pair(p, found.apply(phi1(2.0 * z), p)),
            error=-2.0 * dt * found.apply(phi3(z), gap) + metric_error(flow, gram, dt, ends),
        )
