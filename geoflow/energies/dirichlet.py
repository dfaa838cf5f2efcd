"""The Dirichlet energy E(u) = ½ ∫ |∇u|², whose L² gradient flow is the heat equation u_t = Δu.

On the corner scheme it is the quadratic ½⟨K u, u⟩ with K = Gᵀ diag(w) G, the five-point Laplacian: the majorant of area at
a flat film. A flat film's area is |domain| + E(u) + O(|∇u|⁴).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geoflow.domains.grid import Grid
from geoflow.energies.graph_area import GraphArea
from geoflow.protocols import Array
from geoflow.solvers.stencil import Stencil
from geoflow.solvers.sums import dot


@dataclass(frozen=True)
class Dirichlet:
    """½ ∫ |∇u|² of heights u : (ny, nx) over a grid."""

    grid: Grid
    convex = True

    @cached_property
    def stiffness(self) -> Stencil:
        """K, the same for every u."""
        grid = self.grid
        if grid.cut is not None:  # a flat film needs a flat wire
            grid = grid.lifted(grid.cut.outline.lifted(np.zeros(len(grid.cut.outline.points))))
        return GraphArea(grid).majorant(np.zeros(grid.shape))

    def on(self, grid: Grid, /) -> Dirichlet:
        """The same over another grid."""
        return Dirichlet(grid)

    def value(self, u: Array, /) -> float:
        """½⟨K u, u⟩."""
        shifted = self._shifted(u)
        if self.grid.cut is None:
            return 0.5 * dot(self.stiffness @ shifted, shifted)
        pull, rest = self._wire(u)
        return 0.5 * dot(self.stiffness @ shifted, shifted) + dot(pull, shifted) + rest

    def rounding(self, u: Array, value: float, /) -> float:
        """8 ε Σ |(K u)_i u_i|, heights measured from the first node, and what rounding the heights themselves does."""
        shifted = self._shifted(u)
        products = float(np.sum(np.abs((self.stiffness @ shifted) * shifted)))
        slope = self.grid.jitter(u)
        return 8.0 * float(np.finfo(np.float64).eps) * products + 0.5 * self.grid.area * slope * slope

    def differential(self, u: Array, /) -> Array:
        """K u, (ny, nx), and what the wire's heights at cut points pull."""
        out = self.stiffness @ self._shifted(u)
        return out if self.grid.cut is None else out + self._wire(u)[0]

    def hessian(self, u: Array, /) -> Stencil:
        """K."""
        return self.stiffness

    def majorant(self, u: Array, /) -> Stencil:
        """K."""
        return self.stiffness

    def secant(self, u: Array, v: Array, /) -> Array:
        """K (u + v) / 2."""
        return 0.5 * (self.differential(u) + self.differential(v))

    def secant_matrix(self, u: Array, v: Array, /) -> Stencil:
        """K / 2."""
        return self.stiffness.times(0.5)

    def _wire(self, u: Array) -> tuple[Array, float]:
        """What the wire's heights at cut points add to a differential, and their own energy; heights as in `_shifted`."""
        cut = self.grid.cut
        assert cut is not None
        g, out = cut.elements.gradients(np.zeros_like(u), cut.heights - u[0, 0], cut.raised), np.zeros(self.grid.shape)
        cut.elements.gather(cut.elements.weight * g, out)
        return out, 0.5 * float(np.sum(cut.elements.weight * (g[0] * g[0] + g[1] * g[1])))

    def _shifted(self, u: Array) -> Array:
        # K knows no constants; without this a film far from height zero would lose digits.
        heights = self.grid.checked(u)
        return heights - heights[0, 0]
