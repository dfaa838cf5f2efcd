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
from math import fsum

import numpy as np

from geoflow.domains.grid import Grid
from geoflow.energies import corner
from geoflow.protocols import Array
from geoflow.solvers.stencil import Stencil


@dataclass(frozen=True)
class GraphArea:
    """The area of the graph of heights u : (ny, nx) over a grid, in square units of the wire."""

    grid: Grid
    convex = True

    def value(self, u: Array, /) -> float:
        """A(u), to about 2 ε A."""
        rows = np.empty(self.grid.shape[0] - 1)
        corner.area_rows(self.grid.checked(u), *self.grid.spacing, rows)
        return fsum(rows) if np.all(np.isfinite(rows)) else float(np.sum(rows))

    def rounding(self, u: Array, /) -> float:
        """8 ε Σ w W."""
        return 8.0 * float(np.finfo(np.float64).eps) * self.value(u)

    def differential(self, u: Array, /) -> Array:
        """dA(u), (ny, nx)."""
        out = np.zeros(self.grid.shape)
        corner.area_differential(self.grid.checked(u), *self.grid.spacing, out)
        return out

    def hessian(self, u: Array, /) -> Stencil:
        """d²A(u): symmetric, positive definite once the wire is eliminated."""
        return self._matrix(u, corner.EXACT, None)

    def majorant(self, u: Array, /) -> Stencil:
        """K(u) ⪰ d²A(u), a five-point M-matrix; A(y) ≤ A(u) + dA(u)[y − u] + ½⟨K(u)(y − u), y − u⟩ for every y."""
        return self._matrix(u, corner.LAGGED, None)

    def dual(self, u: Array, /) -> Array:
        """g / W at the corners of the cells, (ny−1, nx−1, 8)."""
        p = np.empty((self.grid.shape[0] - 1, self.grid.shape[1] - 1, 8))
        corner.area_dual(self.grid.checked(u), *self.grid.spacing, p)
        return p

    def linearise(self, u: Array, p: Array, /) -> Stencil:
        """The primal-dual Newton matrix: positive definite while |p| ≤ 1, the hessian where p = g / W."""
        return self._matrix(u, corner.DUAL, p)

    def advance(self, u: Array, p: Array, du: Array, /) -> Array:
        """p after the primal step du from u, kept inside |p| ≤ 1."""
        out = np.empty_like(p)
        corner.area_dual_advance(self.grid.checked(u), self.grid.checked(du), *self.grid.spacing, p, out)
        return out

    def secant(self, u: Array, v: Array, /) -> Array:
        """Gᵀ(w (g_u + g_v) / (W_u + W_v)), (ny, nx): paired with v − u it is A(v) − A(u) to rounding."""
        return self._secant(u, v)[0]

    def secant_matrix(self, u: Array, v: Array, /) -> Stencil:
        """The symmetric part of the secant's derivative in v: positive semidefinite, half the hessian where v = u."""
        return self._matrix(v, corner.SECANT, self._secant(u, v)[1])

    def _secant(self, u: Array, v: Array) -> tuple[Array, Array]:
        out, p = np.zeros(self.grid.shape), np.empty((self.grid.shape[0] - 1, self.grid.shape[1] - 1, 12))
        corner.area_secant(self.grid.checked(u), self.grid.checked(v), *self.grid.spacing, p, out)
        return out, p

    def _matrix(self, u: Array, kind: int, p: Array | None) -> Stencil:
        arrays = [np.zeros(self.grid.shape) for _ in range(5)]
        dual = np.empty((1, 1, 8)) if p is None else p
        corner.area_matrix(self.grid.checked(u), *self.grid.spacing, kind, dual, *arrays)
        return Stencil(*arrays)
