"""An invariant manifold near its equilibrium: the tangent space of some eigenvectors, bent by the quadratic correction.

    x(s) = x* + Σ sᵢ eᵢ + ½ Σ sᵢ sⱼ qᵢⱼ + O(|s|³),    (λᵢ + λⱼ − H) qᵢⱼ = P d³W(eᵢ, eⱼ)

for the flow of W with H = d²W(x*), H eᵢ = λᵢ eᵢ; P projects onto the other eigenvectors. It follows from x' = ∇W, with
sᵢ' = λᵢ sᵢ to this order. W is V for a stable manifold, −V for an unstable one: away from x* it rises on both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.errors import BadInput
from geoflow.points.landscape import Landscape
from geoflow.protocols import Array

STEP = 1e-4  # of the box, of the differences that d³W is taken from


@dataclass(frozen=True, eq=False)
class Germ:
    """``x`` : (d,); ``rates`` λ : (k,); ``tangent`` e : (d, k); ``bend`` q : (d, k, k); W = sign · V."""

    land: Landscape
    sign: float
    x: Array
    rates: Array
    tangent: Array
    bend: Array

    def at(self, s: Array) -> Array:
        """Points (m, d) at parameters (m, k)."""
        return self.x + s @ self.tangent.T + 0.5 * np.einsum("dij,mi,mj->md", self.bend, s, s)

    def slopes(self, points: Array) -> Array:
        """dW, (m, d)."""
        return self.sign * self.land.slopes(points)

    def values(self, points: Array) -> Array:
        """W, (m,)."""
        return self.sign * self.land.values(points)


def germ(land: Landscape, sign: float, x: Array, side: Array) -> Germ:
    """The manifold of the directions in which W = sign · V is convex at the equilibrium x."""
    H = sign * land.bends(x[None], sharp=True)[0]
    values, vectors = np.linalg.eigh(H)
    if np.min(np.abs(values)) <= 1e-7 * np.max(np.abs(values)):
        raise BadInput("saddle", x.tolist(), "d²V has the eigenvalue zero there: its manifolds are not told by its derivatives")
    chosen = values > 0.0
    vectors = vectors * np.where(vectors[np.argmax(np.abs(vectors), axis=0), np.arange(len(x))] < 0.0, -1.0, 1.0)
    rates, tangent, across = values[chosen], vectors[:, chosen], vectors[:, ~chosen]
    reach, k = STEP * float(np.max(side)), len(rates)
    third = np.empty((len(x), k, k))
    for i in range(k):
        ahead, behind = land.bends(np.stack([x + reach * tangent[:, i], x - reach * tangent[:, i]]))
        third[:, i] = sign * (ahead - behind) @ tangent / (2.0 * reach)
    sums = rates[:, None] + rates - values[~chosen][:, None, None]  # never zero: what is subtracted is negative
    bend = np.einsum("da,aij->dij", across, np.einsum("da,dij->aij", across, third) / sums)
    return Germ(land, sign, x, rates, tangent, 0.5 * (bend + np.swapaxes(bend, 1, 2)))
