"""Metrics: what turns a differential into a gradient, G⁻¹ dE.

* `Euclidean`: G = I, for points.
* `L2`: ⟨v, w⟩ = ∫ v w over a grid, G = diag(node area). With `GraphArea` the flow is u_t = ∇·(∇u / √(1 + |∇u|²)).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from geoflow.domains.grid import Grid
from geoflow.protocols import Array


def _diagonal(entries: Array) -> sparse.dia_array:
    flat = entries.reshape(1, -1)
    return sparse.dia_array((flat, [0]), shape=(flat.size, flat.size))


@dataclass(frozen=True)
class Euclidean:
    """G = I on the entries of x."""

    constant = True

    def gram(self, x: Array, /) -> sparse.dia_array:
        """The identity, one row for each entry of x."""
        return _diagonal(np.ones(x.size))

    def scale(self, x: Array, /) -> float:
        """√Σ max(|xᵢ|, 1)²: a coordinate counts as at least one unit long, as in the usual ODE tolerance."""
        return float(np.linalg.norm(np.maximum(np.abs(x), 1.0)))


@dataclass(frozen=True)
class L2:
    """∫ v w over a grid: G = diag(node area)."""

    grid: Grid
    constant = True

    @cached_property
    def _gram(self) -> sparse.dia_array:
        return _diagonal(self.grid.node_area)

    def gram(self, x: Array, /) -> sparse.dia_array:
        """diag(node area), the same for every x."""
        return self._gram

    def scale(self, x: Array, /) -> float:
        """(max x − min x) √area, the same for a shifted film; a flat film's height, or 1, where that is zero."""
        size = float(np.ptp(x)) or float(np.max(np.abs(x))) or 1.0
        return size * float(np.sqrt(np.sum(self.grid.node_area)))
