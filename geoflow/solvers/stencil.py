"""The matrix of a symmetric nine-point stencil on a rectangular array of unknowns.

Five arrays say it all, since the coupling to the left is the left neighbour's coupling to the right::

    north-west  north  north-east
         .        |        /            (A u)_ij = c_ij u_ij + e_ij u_i,j+1 + n_ij u_i+1,j + ne_ij u_i+1,j+1 + nw_ij u_i+1,j-1
         .     centre -- east                     + the mirror images of the four
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from geoflow.protocols import Array
from geoflow.solvers import memory
from geoflow.solvers.kernels import kernel
from geoflow.solvers.rows import NODES, run_of, whole
from geoflow.solvers.runs import full
from geoflow.solvers.sums import dot_of, moved
from geoflow.solvers.threads import strips


@kernel
def _row(
    c: Any, e: Any, n: Any, ne: Any, nw: Any, rows: Any, run: int, u: Any, nothing: Any, i: int, begin: int, end: int, out: Any
) -> None:
    """out = (A u)_ij for begin ≤ j < end, of vectors, in this run; nothing is a row of zeros, for what lies outside."""
    ny, nx = c.shape
    at, above, below = rows[i + 1, run + NODES], rows[i + 2, run + NODES], rows[i, run + NODES]
    south, south_west, south_east = (n[i - 1], ne[i - 1], nw[i - 1]) if i > 0 else (nothing, nothing, nothing)
    centre, east, north, north_east, north_west = c[i], e[i], n[i], ne[i], nw[i]
    low = max(begin, 1)
    west, count = low - 1, max(min(end, nx - 1) - low, 0)
    taken, x_west = out[at + low : at + low + count], u[at + west :]
    high, under = u[above + west :] if i + 1 < ny else nothing[west:], u[below + west :] if i > 0 else nothing[west:]
    own, e_west, n_own, s_own = centre[low:], east[west:], north[low:], south[low:]
    ne_own, nw_own, sw, se = north_east[low:], north_west[low:], south_west[west:], south_east[low + 1 :]
    for j in range(count):
        straight = (e_west[j + 1] * x_west[j + 2] + e_west[j] * x_west[j]) + (n_own[j] * high[j + 1] + s_own[j] * under[j + 1])
        rising = ne_own[j] * high[j + 2] + sw[j] * under[j]
        falling = nw_own[j] * high[j] + se[j] * under[j + 2]
        taken[j] = own[j] * x_west[j + 1] + (straight + (rising + falling))
    for side in range(2):
        j = side * (nx - 1)
        if begin <= j < end and (side == 0 or nx > 1):
            up, down = u[above + j :] if i + 1 < ny else nothing, u[below + j :] if i > 0 else nothing
            straight, diagonal = north[j] * up[0] + south[j] * down[0], 0.0
            if j + 1 < nx:
                straight += east[j] * u[at + j + 1]
                diagonal += north_east[j] * up[1] + south_east[j + 1] * down[1]
            if j > 0:
                up, down = u[above + j - 1 :] if i + 1 < ny else nothing, u[below + j - 1 :] if i > 0 else nothing
                straight += east[j - 1] * u[at + j - 1]
                diagonal += south_west[j - 1] * down[0] + north_west[j] * up[0]
            out[at + j] = centre[j] * u[at + j] + (straight + diagonal)


@kernel
def _apply(
    c: Any, e: Any, n: Any, ne: Any, nw: Any, runs: Any, rows: Any, u: Any, out: Any, sums: Any, first: int, last: int
) -> None:
    """out = A u in the runs, of vectors, and sums[i] the products u · out of row i; None of them where there is no room."""
    nothing = np.zeros(c.shape[1])
    for i in range(first, last):
        total = 0.0
        for begin, end in runs[i]:
            if begin < end:
                run = run_of(rows[i + 1], begin)
                at = rows[i + 1, run + NODES] + begin
                _row(c, e, n, ne, nw, rows, run, u, nothing, i, begin, end, out)
                total += dot_of(u[at:], out[at:], 0, end - begin) if len(sums) else 0.0
        if len(sums):
            sums[i] = total


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
        u = np.ascontiguousarray(x, dtype=np.float64).reshape(-1)
        out, (ny, nx) = memory.empty(u.shape), self.c.shape
        strips(_apply, (0, ny), u.size, *self.arrays, full(ny, nx), whole(ny, nx), u, out, np.empty(0))
        return out.reshape(np.shape(x))

    def apply_free(self, u: Array, free: np.ndarray, rows: np.ndarray, out: Array) -> float:
        """out = A u in the `runs` of free nodes, and nowhere else, and u · A u.

        u and out are vectors, (k,), whose order the `rows` tell; u is zero where a node is not free.
        """
        sums = np.empty(len(self.c))
        strips(_apply, (0, len(self.c)), u.size, *self.arrays, free, rows, u, out, sums)
        return float(np.sum(sums))

    def diagonal(self) -> Array:
        """The diagonal, (N,)."""
        return self.c.ravel()

    def plus_diagonal(self, factor: float, diagonal: Array) -> Stencil:
        """A + factor · diag(diagonal); diagonal has N entries."""
        return Stencil(moved(self.c, factor, diagonal.reshape(self.c.shape)), self.e, self.n, self.ne, self.nw)

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
        pairs = self._pairs()
        entries = [self.c.ravel(), *(a for a, _, _ in pairs), *(a for a, _, _ in pairs)]
        k = np.arange(self.c.size)
        rows = [k, *(i for _, i, _ in pairs), *(j for _, _, j in pairs)]
        columns = [k, *(j for _, _, j in pairs), *(i for _, i, _ in pairs)]
        data, row, column = (np.concatenate(parts) for parts in (entries, rows, columns))
        return sparse.csr_array(sparse.coo_array((data, (row, column)), shape=self.shape))

    def toarray(self) -> Array:
        """The same matrix as a dense array, (N, N)."""
        out = np.diag(self.c.ravel())
        for entries, i, j in self._pairs():
            out[i, j] = out[j, i] = entries
        return out

    def _pairs(self) -> list[tuple[Array, np.ndarray, np.ndarray]]:
        """The couplings e, n, ne, nw with the numbers of the two nodes of each."""
        k = np.arange(self.c.size).reshape(self.c.shape)
        pairs = (
            (self.e[:, :-1], k[:, :-1], k[:, 1:]),
            (self.n[:-1], k[:-1], k[1:]),
            (self.ne[:-1, :-1], k[:-1, :-1], k[1:, 1:]),
            (self.nw[:-1, 1:], k[:-1, 1:], k[1:, :-1]),
        )
        return [(a.ravel(), i.ravel(), j.ravel()) for a, i, j in pairs]
