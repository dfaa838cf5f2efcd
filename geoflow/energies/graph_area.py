"""The area of a film u(x, y): A(u) = ∫ √(1 + |∇u|²), discretised by the corner scheme.

    differential  Gᵀ(w g / W)
    hessian       Gᵀ diag( w (I/W − g gᵀ/W³) ) G
    majorant      Gᵀ diag( w / W ) G                              lagged diffusivity
    dual          p = g / W, |p| < 1                              Chan, Golub and Mulet, SIAM J. Sci. Comput. 20 (1999)
    secant        Gᵀ(w (g₀ + g₁) / (W₀ + W₁))                     discrete gradient: its pairing with u₁ − u₀ is A₁ − A₀

The energy is discretised and then differentiated, so all of it is exactly variational, and convex. Order two in u and in A
for compatible data.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, hypot
from typing import Any

import numpy as np

from geoflow.domains.grid import Grid
from geoflow.energies import corner, corner_matrix, cut_cells
from geoflow.protocols import Array
from geoflow.solvers import memory
from geoflow.solvers.stencil import Stencil
from geoflow.solvers.threads import strips

Runs = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class GraphArea:
    """The area of the graph of heights u : (ny, nx) over a grid, in square units of the wire."""

    grid: Grid
    convex = True

    def on(self, grid: Grid, /) -> GraphArea:
        """The same over another grid."""
        return GraphArea(grid)

    def value(self, u: Array, /) -> float:
        """A(u), to about 2 ε A."""
        sums = np.empty(self.grid.shape[0] - 1)
        self._rows(corner.area_rows, 1, self.grid.checked(u), *self._reciprocal, self.grid.runs[0], sums)
        hx, hy = self.grid.spacing
        cells = 0.25 * hx * hy * (fsum(sums) if np.all(np.isfinite(sums)) else float(np.sum(sums)))
        return cells if self.grid.cut is None else cells + cut_cells.area(self.grid.cut, u)

    def missed(self, u: Array, /) -> float:
        """The area over what the grid cuts off where an outline turns, flat beyond its last triangles; 0 on a rectangle.

        It is no part of the energy: a constant weight there would keep planes from being at rest.
        """
        return 0.0 if self.grid.cut is None else cut_cells.missed(self.grid.cut, u)

    def rounding(self, u: Array, value: float, /) -> float:
        """8 ε Σ w W, and what rounding the heights themselves does to the area of a flat film: ∫ √(1 + |∇e|²) − 1."""
        slope = self.grid.jitter(u)
        rough = self.grid.area * slope * (slope / (1.0 + hypot(1.0, slope)))
        return 8.0 * float(np.finfo(np.float64).eps) * value + rough

    def differential(self, u: Array, /) -> Array:
        """dA(u), (ny, nx)."""
        return self._differential(u, self.grid.runs)

    def hessian(self, u: Array, /) -> Stencil:
        """d²A(u): symmetric, positive definite once the wire is eliminated."""
        return self._matrix(u, corner_matrix.EXACT, None, self.grid.runs)

    def at_rim(self, u: Array, /) -> tuple[Array, Stencil]:
        """dA(u) and d²A(u) at the nodes of the grid's rim; elsewhere they are of no account."""
        assert self.grid.cut is not None
        runs = self.grid.cut.rim_runs
        return self._differential(u, runs), self._matrix(u, corner_matrix.EXACT, None, runs)

    def majorant(self, u: Array, /) -> Stencil:
        """K(u) ⪰ d²A(u), a five-point M-matrix; A(y) ≤ A(u) + dA(u)[y − u] + ½⟨K(u)(y − u), y − u⟩ for every y."""
        return self._matrix(u, corner_matrix.LAGGED, None, self.grid.runs)

    def dual(self, u: Array, /) -> Array:
        """g / W at the corners of the cells, (8, ny−1, nx−1): p_x at bl, br, tl, tr, then p_y."""
        p = memory.empty((8, self.grid.shape[0] - 1, self.grid.shape[1] - 1))
        self._rows(corner.area_dual, 1, self.grid.checked(u), *self._reciprocal, p)
        if self.grid.cut is not None:
            cut_cells.set_dual(self.grid.cut, u, p)
        return p

    def linearise(self, u: Array, p: Array, /) -> Stencil:
        """The primal-dual Newton matrix: positive definite while |p| ≤ 1, the hessian where p = g / W."""
        return self._matrix(u, corner_matrix.DUAL, p, self.grid.runs)

    def advance(self, u: Array, p: Array, du: Array, /) -> Array:
        """p after the primal step du from u, kept inside |p| ≤ 1."""
        out = memory.empty(p.shape)
        self._rows(corner.area_dual_advance, 1, self.grid.checked(u), self.grid.checked(du), *self._reciprocal, p, out)
        if self.grid.cut is not None:
            cut_cells.advance(self.grid.cut, u, du, p, out)
        return out

    def secant(self, u: Array, v: Array, /) -> Array:
        """Gᵀ(w (g_u + g_v) / (W_u + W_v)), (ny, nx): paired with v − u it is A(v) − A(u) to rounding."""
        out = memory.empty(self.grid.shape)
        p = self._secant(u, v)
        self._rows(corner.dual_differential, 0, p, *self._reciprocal, *self.grid.runs, out)
        if self.grid.cut is not None:
            cut_cells.add_dual_differential(self.grid.cut, p, out)
        return out

    def secant_matrix(self, u: Array, v: Array, /) -> Stencil:
        """The symmetric part of the secant's derivative in v: positive semidefinite, half the hessian where v = u."""
        return self._matrix(v, corner_matrix.SECANT, self._secant(u, v), self.grid.runs)

    def _secant(self, u: Array, v: Array) -> Array:
        p = memory.empty((12, self.grid.shape[0] - 1, self.grid.shape[1] - 1))
        self._rows(corner.area_secant, 1, self.grid.checked(u), self.grid.checked(v), *self._reciprocal, p)
        if self.grid.cut is not None:
            cut_cells.set_secant(self.grid.cut, u, v, p)
        return p

    def _differential(self, u: Array, runs: Runs) -> Array:
        out = memory.empty(self.grid.shape)
        self._rows(corner.area_differential, 0, self.grid.checked(u), *self._reciprocal, *runs, out)
        if self.grid.cut is not None:
            cut_cells.add_differential(self.grid.cut, u, out)
        return out

    def _matrix(self, u: Array, kind: int, p: Array | None, runs: Runs) -> Stencil:
        arrays = [memory.empty(self.grid.shape) for _ in range(5)]
        dual = np.empty((8, 1, self.grid.shape[1] - 1)) if p is None else p
        self._rows(corner_matrix.area_matrix, 0, self.grid.checked(u), *self._reciprocal, *runs, kind, dual, *arrays)
        matrix = Stencil(*arrays)
        if self.grid.cut is not None:
            cut_cells.add_matrix(self.grid.cut, u, kind, dual, matrix)
        return matrix

    @property
    def _reciprocal(self) -> tuple[float, float]:
        hx, hy = self.grid.spacing
        return 1.0 / hx, 1.0 / hy

    def _rows(self, kernel: Any, fewer: int, *arguments: Any) -> None:
        """A kernel over all rows of nodes, or of cells, of which there is one fewer."""
        ny, nx = self.grid.shape
        strips(kernel, (0, ny - fewer), ny * nx, *arguments)
