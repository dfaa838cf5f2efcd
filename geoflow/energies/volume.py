"""The volume under a film, E(u) = ∫ u: linear, so its own secant, with no second derivative.

With it, area − 2H · volume is the energy of a film under pressure, which comes to rest with ∇·(∇u / √(1 + |∇u|²)) = −2H: a
surface of constant mean curvature H.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from geoflow.domains.grid import Grid
from geoflow.protocols import Array
from geoflow.solvers.sums import dot


@dataclass(frozen=True)
class Volume:
    """∫ u of heights u : (ny, nx) over a grid, by the trapezoidal rule, in cubic units of the wire.

    Where the wire cuts cells, it holds a part of the volume itself.
    """

    grid: Grid
    convex = True
    linear = True

    def on(self, grid: Grid, /) -> Volume:
        """The same over another grid."""
        return Volume(grid)

    def value(self, u: Array, /) -> float:
        """Σ node area · u."""
        cut = self.grid.cut
        inner = dot(self.grid.node_area, self.grid.checked(u))
        return inner if cut is None else inner + cut.volume

    def rounding(self, u: Array, value: float, /) -> float:
        """8 ε Σ node area · |u|."""
        return 8.0 * float(np.finfo(np.float64).eps) * dot(self.grid.node_area, np.abs(self.grid.checked(u)))

    def differential(self, u: Array, /) -> Array:
        """The node areas, (ny, nx), whatever u is."""
        self.grid.checked(u)
        return self.grid.node_area.copy()

    def hessian(self, u: Array, /) -> sparse.dia_array:
        """Zero."""
        return sparse.dia_array((np.zeros((1, u.size)), [0]), shape=(u.size, u.size))

    def majorant(self, u: Array, /) -> sparse.dia_array:
        """Zero."""
        return self.hessian(u)

    def secant(self, u: Array, v: Array, /) -> Array:
        """The node areas."""
        return self.differential(u)

    def secant_matrix(self, u: Array, v: Array, /) -> sparse.dia_array:
        """Zero."""
        return self.hessian(u)
