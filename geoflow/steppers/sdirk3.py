"""SDIRK3: four implicit stages of order three under which every convex energy falls.

Stiffly accurate, one diagonal entry γ, L-stable. With D_ij = a_ij − a_{i−1,j} the symmetric part of D is positive definite
(its least eigenvalue is 0.001), so E₁ − E₀ ≤ −τ Σ ⟨D v, v⟩ for convex E and every τ: a property that Alexander's three-stage
method of the same order lacks. Stage order one: on a wire that moves, order two at least.

The error estimate is τ Σ eᵢ vᵢ over (v₀ … v₄), v₀ the speed at x. The five weights annihilate 1, c, c² and Ac, so that what
is left is of order τ⁴; on linear problems it is the leading error itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Step
from geoflow.steppers.stage import diagonally_implicit

GAMMA = 0.1237318308121882
ROWS = (
    (GAMMA,),
    (0.2982837904864407, GAMMA),
    (0.3111079387512717, 0.2546299190531994, GAMMA),
    (0.2746663291022748, 0.271085920122675, 0.3305159199628621, GAMMA),
)


def _estimate() -> tuple[float, ...]:
    """The weights (e₀ … e₄)."""
    a = np.zeros((5, 5))
    for k, row in enumerate(ROWS):
        a[k + 1, 1 : k + 2] = row
    c = a.sum(axis=1)
    conditions = np.stack([np.ones(5), c, c**2, a @ c])
    e = np.linalg.svd(conditions)[2][-1]
    # On x' = λx, the method's error is (b A³ 1 − 1/24) (τλ)⁴ x, and the combination e A³ 1 (τλ)⁴ x.
    ones = a @ a @ c
    return tuple(float(v) for v in e * (a[-1] @ ones - 1.0 / 24.0) / (e @ ones))


ESTIMATE = _estimate()


@dataclass(frozen=True)
class SDIRK3:
    """Order 3, unconditional decay for convex energies, L-stable. Needs a hessian.

    Order 2 in a metric that changes with the state, which is frozen for each step.
    """

    needs_hessian = True
    unconditional = True
    slack: float = 0.0
    order = 3

    def within(self, error: float) -> SDIRK3:
        """The same method, its stages solved only so well that this error may be left, in the metric's norm."""
        return SDIRK3(error)

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """The velocity at the start."""
        return (flow.at(t).velocity(x),)

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """Four stages of implicit Euler's kind, the last of them the new state."""
        return diagonally_implicit(flow, t, x, dt, memory, ROWS, ESTIMATE, self.slack)
