"""The matrix of a symmetric nine-point stencil on a rectangular array of unknowns.

Five arrays say it all, since the coupling to the left is the left neighbour's coupling to the right::

    north-west  north  north-east
         .        |        /            (A u)_ij = c_ij u_ij + e_ij u_i,j+1 + n_ij u_i+1,j + ne_ij u_i+1,j+1 + nw_ij u_i+1,j-1
         .     centre -- east                     + the mirror images of the four
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from scipy import sparse

from geoflow.protocols import Array, Mask


@numba.njit(cache=True, nogil=True)
def _apply(c: Any, e: Any, n: Any, ne: Any, nw: Any, u: Any, out: Any) -> None:
    ny, nx = u.shape
    for i in range(ny):
        for j in range(nx):
            s = c[i, j] * u[i, j]
            if j + 1 < nx:
                s += e[i, j] * u[i, j + 1]
            if j > 0:
                s += e[i, j - 1] * u[i, j - 1]
            if i + 1 < ny:
                s += n[i, j] * u[i + 1, j]
                if j + 1 < nx:
                    s += ne[i, j] * u[i + 1, j + 1]
                if j > 0:
                    s += nw[i, j] * u[i + 1, j - 1]
            if i > 0:
                s += n[i - 1, j] * u[i - 1, j]
                if j > 0:
                    s += ne[i - 1, j - 1] * u[i - 1, j - 1]
                if j + 1 < nx:
                    s += nw[i - 1, j + 1] * u[i - 1, j + 1]
            out[i, j] = s


@dataclass(frozen=True, eq=False)
class Stencil:
    """A symmetric matrix with nine entries a row, on unknowns of shape (ny, nx).

    Attributes
    ----------
    c, e, n, ne, nw : (ny, nx)
        Coupling of node (i, j) with itself, (i, j+1), (i+1, j), (i+1, j+1), (i+1, j−1). Couplings that would leave the
        array are stored as zero.
    """

    c: Array
    e: Array
    n: Array
    ne: Array
    nw: Array

    __array_ufunc__ = None

    @property
    def shape(self) -> tuple[int, int]:
        """(N, N) with N = ny·nx."""
        return self.c.size, self.c.size

    def __matmul__(self, x: Array) -> Array:
        """A x for x of shape (N,), (N, 1) or (ny, nx); the result has the shape of x."""
        u = np.ascontiguousarray(x, dtype=np.float64).reshape(self.c.shape)
        out = np.empty_like(u)
        _apply(self.c, self.e, self.n, self.ne, self.nw, u, out)
        return out.reshape(np.shape(x))

    def diagonal(self) -> Array:
        """The diagonal, (N,)."""
        return self.c.ravel()

    def plus_diagonal(self, factor: float, diagonal: Array) -> Stencil:
        """A + factor · diag(diagonal); diagonal has N entries."""
        return Stencil(self.c + factor * diagonal.reshape(self.c.shape), self.e, self.n, self.ne, self.nw)

    def times(self, factor: float) -> Stencil:
        """factor · A."""
        return Stencil(*(factor * a for a in self.arrays))

    def plus(self, factor: float, other: Stencil) -> Stencil:
        """A + factor · other, on the same array of unknowns."""
        return Stencil(*(a + factor * b for a, b in zip(self.arrays, other.arrays, strict=True)))

    @property
    def arrays(self) -> tuple[Array, Array, Array, Array, Array]:
        """(c, e, n, ne, nw)."""
        return self.c, self.e, self.n, self.ne, self.nw

    def tocsr(self) -> sparse.csr_array:
        """The same matrix as a csr_array, (N, N)."""
        k = np.arange(self.c.size).reshape(self.c.shape)
        pairs = (
            (self.e[:, :-1], k[:, :-1], k[:, 1:]),
            (self.n[:-1], k[:-1], k[1:]),
            (self.ne[:-1, :-1], k[:-1, :-1], k[1:, 1:]),
            (self.nw[:-1, 1:], k[:-1, 1:], k[1:, :-1]),
        )
        entries = [self.c, *(a for a, _, _ in pairs), *(a for a, _, _ in pairs)]
        rows = [k, *(i for _, i, _ in pairs), *(j for _, _, j in pairs)]
        columns = [k, *(j for _, _, j in pairs), *(i for _, i, _ in pairs)]
        data, row, column = (np.concatenate([a.ravel() for a in parts]) for parts in (entries, rows, columns))
        return sparse.csr_array(sparse.coo_array((data, (row, column)), shape=self.shape))

    def free_of(self, fixed: Mask | None) -> Stencil:
        """The matrix with the rows and columns of fixed unknowns replaced by those of the identity."""
        if fixed is None:
            return self
        m = (~fixed).astype(np.float64)
        c, e, n, ne, nw = (a.copy() for a in self.arrays)
        c *= m
        c += 1.0 - m
        e[:, :-1] *= m[:, :-1] * m[:, 1:]
        n[:-1] *= m[:-1] * m[1:]
        ne[:-1, :-1] *= m[:-1, :-1] * m[1:, 1:]
        nw[:-1, 1:] *= m[:-1, 1:] * m[1:, :-1]
        return Stencil(c, e, n, ne, nw)
