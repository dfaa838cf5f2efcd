"""One multigrid V-cycle for nine-point stencils, as the preconditioner of conjugate gradients.

Operator-dependent interpolation and Galerkin coarse operators (Dendy, J. Comput. Phys. 48, 1982), which keep nine points on
every level; alternating zebra-line Gauss–Seidel, forwards before and backwards after the coarse correction so that the
cycle is symmetric. Lines, because the Hessian of area is anisotropic by 1 + |∇u|² where a film is steep, along directions
that change from place to place. Coarse node (I, J) is fine node (2I, 2J); any array shape will do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from scipy import linalg

from geoflow.errors import Indefinite
from geoflow.protocols import Array, Mask
from geoflow.solvers.stencil import Stencil

COARSEST = 40  # unknowns below which a dense Cholesky factorisation is cheaper than another level


@numba.njit(cache=True, nogil=True)
def _padded(c: Any, e: Any, n: Any, ne: Any, nw: Any, full: Any) -> None:
    """full[i + 1, j + 1, k]: all nine couplings of node (i, j), k = 3(di + 1) + dj + 1, in a frame of zeros."""
    ny, nx = c.shape
    for i in range(ny):
        for j in range(nx):
            row = full[i + 1, j + 1]
            row[4] = c[i, j]
            row[5], full[i + 1, j + 2, 3] = e[i, j], e[i, j]
            row[7], full[i + 2, j + 1, 1] = n[i, j], n[i, j]
            row[8], full[i + 2, j + 2, 0] = ne[i, j], ne[i, j]
            row[6], full[i + 2, j, 2] = nw[i, j], nw[i, j]


@numba.njit(cache=True, nogil=True)
def _interpolation(full: Any, fixed: Any, weights: Any) -> None:
    """weights[I + 1, J + 1, k]: what fine node (2I, 2J) + offset k gets from coarse node (I, J); framed by zeros."""
    ny, nx = fixed.shape
    my, mx = weights.shape[0] - 2, weights.shape[1] - 2
    for i in range(0, ny, 2):  # coincident nodes, and those between two coarse nodes of one row
        for j in range(nx):
            if j % 2 == 0:
                weights[i // 2 + 1, j // 2 + 1, 4] = 0.0 if fixed[i, j] else 1.0
                continue
            a = full[i + 1, j + 1]
            west, east = max(-(a[0] + a[3] + a[6]), 0.0), max(-(a[2] + a[5] + a[8]), 0.0)
            total = max(a[1] + a[4] + a[7], west + east)
            if total > 0.0:
                weights[i // 2 + 1, j // 2 + 1, 5] = west / total
                weights[i // 2 + 1, j // 2 + 2, 3] = east / total
    for i in range(1, ny, 2):
        for j in range(0, nx, 2):  # between two coarse nodes of one column
            a = full[i + 1, j + 1]
            south, north = max(-(a[0] + a[1] + a[2]), 0.0), max(-(a[6] + a[7] + a[8]), 0.0)
            total = max(a[3] + a[4] + a[5], south + north)
            if total > 0.0:
                weights[i // 2 + 1, j // 2 + 1, 7] = south / total
                weights[i // 2 + 2, j // 2 + 1, 1] = north / total
    for i in range(1, ny, 2):
        for j in range(1, nx, 2):  # in the middle of four: the node's own equation, its edge neighbours interpolated
            if fixed[i, j]:
                continue
            a = full[i + 1, j + 1]
            for si in range(2):
                for sj in range(2):
                    di, dj = 2 * si - 1, 2 * sj - 1
                    w = weights[i // 2 + si + 1, j // 2 + sj + 1]
                    s = a[4 + 3 * di + dj] + a[4 + 3 * di] * w[4 - dj] + a[4 + dj] * w[4 - 3 * di]
                    w[4 - 3 * di - dj] = max(-s / a[4], 0.0)
    for big_i in range(my + 2):  # the frame took weights of coarse nodes that are not there
        weights[big_i, 0] = weights[big_i, mx + 1] = 0.0
    for big_j in range(mx + 2):
        weights[0, big_j] = weights[my + 1, big_j] = 0.0


@numba.njit(cache=True, nogil=True)
def _galerkin(full: Any, weights: Any, cc: Any, ce: Any, cn: Any, cne: Any, cnw: Any) -> None:
    """The five arrays of Pᵀ A P."""
    my, mx = cc.shape
    ny, nx = full.shape[0] - 2, full.shape[1] - 2
    t = np.empty((5, 5))
    for big_i in range(my):
        for big_j in range(mx):
            t[:] = 0.0  # row of Pᵀ A around fine node (2I, 2J)
            w = weights[big_i + 1, big_j + 1]
            for di in range(3):
                i = 2 * big_i + di
                for dj in range(3):
                    j = 2 * big_j + dj
                    if i > ny or j > nx or w[3 * di + dj] == 0.0:
                        continue
                    a = full[i, j]
                    for si in range(3):
                        for sj in range(3):
                            t[di + si, dj + sj] += w[3 * di + dj] * a[3 * si + sj]
            s = 0.0
            for di in range(3):
                for dj in range(3):
                    s += t[di + 1, dj + 1] * w[3 * di + dj]
            cc[big_i, big_j] = s if s > 0.0 else 1.0
            w = weights[big_i + 1, big_j + 2]
            s = 0.0
            for di in range(3):
                for dj in range(2):
                    s += t[di + 1, dj + 3] * w[3 * di + dj]
            ce[big_i, big_j] = s
            w = weights[big_i + 2, big_j + 1]
            s = 0.0
            for di in range(2):
                for dj in range(3):
                    s += t[di + 3, dj + 1] * w[3 * di + dj]
            cn[big_i, big_j] = s
            w = weights[big_i + 2, big_j + 2]
            cne[big_i, big_j] = t[3, 3] * w[0] + t[3, 4] * w[1] + t[4, 3] * w[3] + t[4, 4] * w[4]
            w = weights[big_i + 2, big_j]
            cnw[big_i, big_j] = t[3, 1] * w[2] + t[3, 0] * w[1] + t[4, 1] * w[5] + t[4, 0] * w[4]


@numba.njit(cache=True, nogil=True)
def _lines_x(c: Any, e: Any, n: Any, ne: Any, nw: Any, b: Any, u: Any, parity: int) -> None:
    """Solve exactly on every other row, the rows between held."""
    ny, nx = u.shape
    upper = np.empty(nx)
    for i in range(parity, ny, 2):
        row = u[i]
        for j in range(nx):
            s = b[i, j]
            if i + 1 < ny:
                s -= n[i, j] * u[i + 1, j]
                if j + 1 < nx:
                    s -= ne[i, j] * u[i + 1, j + 1]
                if j > 0:
                    s -= nw[i, j] * u[i + 1, j - 1]
            if i > 0:
                s -= n[i - 1, j] * u[i - 1, j]
                if j > 0:
                    s -= ne[i - 1, j - 1] * u[i - 1, j - 1]
                if j + 1 < nx:
                    s -= nw[i - 1, j + 1] * u[i - 1, j + 1]
            row[j] = s
        pivot = 1.0 / c[i, 0]
        row[0] *= pivot
        for j in range(1, nx):
            upper[j] = e[i, j - 1] * pivot
            pivot = 1.0 / (c[i, j] - e[i, j - 1] * upper[j])
            row[j] = (row[j] - e[i, j - 1] * row[j - 1]) * pivot
        for j in range(nx - 2, -1, -1):
            row[j] -= upper[j + 1] * row[j + 1]


@numba.njit(cache=True, nogil=True)
def _lines_y(c: Any, e: Any, n: Any, ne: Any, nw: Any, b: Any, u: Any, upper: Any, parity: int) -> None:
    """Solve exactly on every other column, the columns between held; all columns advance together, row by row."""
    ny, nx = u.shape
    pivot = np.empty(nx)
    for i in range(ny):
        for j in range(parity, nx, 2):
            s = b[i, j]
            if j + 1 < nx:
                s -= e[i, j] * u[i, j + 1]
                if i + 1 < ny:
                    s -= ne[i, j] * u[i + 1, j + 1]
                if i > 0:
                    s -= nw[i - 1, j + 1] * u[i - 1, j + 1]
            if j > 0:
                s -= e[i, j - 1] * u[i, j - 1]
                if i > 0:
                    s -= ne[i - 1, j - 1] * u[i - 1, j - 1]
                if i + 1 < ny:
                    s -= nw[i, j] * u[i + 1, j - 1]
            if i == 0:
                pivot[j] = 1.0 / c[i, j]
                u[i, j] = s * pivot[j]
            else:
                upper[i, j] = n[i - 1, j] * pivot[j]
                pivot[j] = 1.0 / (c[i, j] - n[i - 1, j] * upper[i, j])
                u[i, j] = (s - n[i - 1, j] * u[i - 1, j]) * pivot[j]
    for i in range(ny - 2, -1, -1):
        for j in range(parity, nx, 2):
            u[i, j] -= upper[i + 1, j] * u[i + 1, j]


@numba.njit(cache=True, nogil=True)
def _restrict(weights: Any, r: Any, out: Any) -> None:
    """out = Pᵀ r."""
    my, mx = out.shape
    ny, nx = r.shape
    for big_i in range(my):
        for big_j in range(mx):
            w, s = weights[big_i + 1, big_j + 1], 0.0
            for di in range(max(0, 1 - 2 * big_i), min(3, ny + 1 - 2 * big_i)):
                for dj in range(max(0, 1 - 2 * big_j), min(3, nx + 1 - 2 * big_j)):
                    s += w[3 * di + dj] * r[2 * big_i + di - 1, 2 * big_j + dj - 1]
            out[big_i, big_j] = s


@numba.njit(cache=True, nogil=True)
def _prolong_add(weights: Any, coarse: Any, u: Any) -> None:
    """u += P coarse."""
    my, mx = coarse.shape
    ny, nx = u.shape
    for big_i in range(my):
        for big_j in range(mx):
            w, v = weights[big_i + 1, big_j + 1], coarse[big_i, big_j]
            for di in range(max(0, 1 - 2 * big_i), min(3, ny + 1 - 2 * big_i)):
                for dj in range(max(0, 1 - 2 * big_j), min(3, nx + 1 - 2 * big_j)):
                    u[2 * big_i + di - 1, 2 * big_j + dj - 1] += w[3 * di + dj] * v


@dataclass(frozen=True, eq=False)
class Level:
    """One grid of the hierarchy: its matrix, and the interpolation from the next coarser one."""

    matrix: Stencil
    weights: Array
    work: Array


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """The levels of one matrix, finest first, and the Cholesky factor of the coarsest."""

    levels: tuple[Level, ...]
    factor: tuple[Array, bool]

    @classmethod
    def of(cls, matrix: Stencil, fixed: Mask) -> Hierarchy:
        """Build all levels of a matrix whose fixed rows are already those of the identity; fixed: (ny, nx) bool."""
        levels = []
        while matrix.c.size > COARSEST:
            coarse_shape = tuple((m + 1) // 2 for m in matrix.c.shape)
            weights = np.zeros((coarse_shape[0] + 2, coarse_shape[1] + 2, 9))
            full = np.zeros((matrix.c.shape[0] + 2, matrix.c.shape[1] + 2, 9))
            _padded(*matrix.arrays, full)
            _interpolation(full, fixed, weights)
            levels.append(Level(matrix, weights, np.empty(matrix.c.shape)))
            coarse = [np.empty(coarse_shape) for _ in range(5)]
            _galerkin(full, weights, *coarse)
            matrix, fixed = Stencil(*coarse), np.ascontiguousarray(fixed[::2, ::2])
        try:
            factor = linalg.cho_factor(matrix.tocsr().toarray(), lower=True)
        except linalg.LinAlgError as error:
            raise Indefinite("the coarsest multigrid operator is not positive definite") from error
        return cls(tuple(levels), factor)

    def cycle(self, b: Array, depth: int = 0) -> Array:
        """One V(1, 1) cycle from zero on A u = b; b and the result have the level's shape."""
        if depth == len(self.levels):
            return linalg.cho_solve(self.factor, b.ravel(), check_finite=False).reshape(b.shape)
        level = self.levels[depth]
        arrays, u = level.matrix.arrays, np.zeros_like(b)
        for parity in (0, 1):
            _lines_x(*arrays, b, u, parity)
        for parity in (0, 1):
            _lines_y(*arrays, b, u, level.work, parity)
        residual = b - level.matrix @ u
        coarse = np.empty((level.weights.shape[0] - 2, level.weights.shape[1] - 2))
        _restrict(level.weights, residual, coarse)
        _prolong_add(level.weights, self.cycle(coarse, depth + 1), u)
        for parity in (1, 0):
            _lines_y(*arrays, b, u, level.work, parity)
        for parity in (1, 0):
            _lines_x(*arrays, b, u, parity)
        return u
