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
from geoflow.protocols import Array
from geoflow.solvers.stencil import Stencil

COARSEST = 300  # unknowns below which a dense Cholesky factorisation is cheaper than another level


@numba.njit(cache=True, nogil=True, inline="always")
def _entry(c: Any, e: Any, n: Any, ne: Any, nw: Any, i: int, j: int, di: int, dj: int) -> float:
    """The coupling of node (i, j) with (i + di, j + dj); zero outside of the array."""
    ny, nx = c.shape
    if i < 0 or i >= ny or j < 0 or j >= nx:
        return 0.0
    k, l = i + di, j + dj
    if k < 0 or k >= ny or l < 0 or l >= nx:
        return 0.0
    if di == 0:
        if dj == 0:
            return c[i, j]
        return e[i, j] if dj > 0 else e[i, l]
    if di < 0:
        i, j, dj = k, l, -dj
    if dj == 0:
        return n[i, j]
    return ne[i, j] if dj > 0 else nw[i, j]


@numba.njit(cache=True, nogil=True)
def _interpolation(c: Any, e: Any, n: Any, ne: Any, nw: Any, fixed: Any, weights: Any) -> None:
    """weights[k, I, J]: what fine node (2I, 2J) + offset k gets from coarse node (I, J); k = 3(di + 1) + dj + 1."""
    ny, nx = c.shape
    my, mx = weights.shape[1:]
    for i in range(0, ny, 2):  # coincident nodes, and those between two coarse nodes of one row
        for j in range(nx):
            if j % 2 == 0:
                weights[4, i // 2, j // 2] = 0.0 if fixed[i, j] else 1.0
                continue
            west = east = rest = 0.0
            for d in range(-1, 2):
                west -= _entry(c, e, n, ne, nw, i, j, d, -1)
                east -= _entry(c, e, n, ne, nw, i, j, d, 1)
                rest += _entry(c, e, n, ne, nw, i, j, d, 0)
            west, east = max(west, 0.0), max(east, 0.0)
            total = max(rest, west + east)
            if total > 0.0:
                weights[5, i // 2, j // 2] = west / total
                if j + 1 < nx:
                    weights[3, i // 2, j // 2 + 1] = east / total
    for i in range(1, ny, 2):
        for j in range(0, nx, 2):  # between two coarse nodes of one column
            south = north = rest = 0.0
            for d in range(-1, 2):
                south -= _entry(c, e, n, ne, nw, i, j, -1, d)
                north -= _entry(c, e, n, ne, nw, i, j, 1, d)
                rest += _entry(c, e, n, ne, nw, i, j, 0, d)
            south, north = max(south, 0.0), max(north, 0.0)
            total = max(rest, south + north)
            if total > 0.0:
                weights[7, i // 2, j // 2] = south / total
                if i + 1 < ny:
                    weights[1, i // 2 + 1, j // 2] = north / total
    for i in range(1, ny, 2):
        for j in range(1, nx, 2):  # in the middle of four: the node's own equation, its edge neighbours interpolated
            if fixed[i, j]:
                continue
            centre = c[i, j]
            for si in range(2):
                for sj in range(2):
                    big_i, big_j = i // 2 + si, j // 2 + sj
                    if big_i >= my or big_j >= mx:
                        continue
                    di, dj = 2 * si - 1, 2 * sj - 1
                    w = _entry(c, e, n, ne, nw, i, j, di, dj)
                    w += _entry(c, e, n, ne, nw, i, j, di, 0) * weights[4 - dj, big_i, big_j]
                    w += _entry(c, e, n, ne, nw, i, j, 0, dj) * weights[4 - 3 * di, big_i, big_j]
                    weights[4 - 3 * di - dj, big_i, big_j] = max(-w / centre, 0.0)


@numba.njit(cache=True, nogil=True)
def _galerkin(
    c: Any, e: Any, n: Any, ne: Any, nw: Any, weights: Any, cc: Any, ce: Any, cn: Any, cne: Any, cnw: Any
) -> None:
    """The five arrays of Pᵀ A P."""
    my, mx = cc.shape
    t = np.empty((5, 5))
    for big_i in range(my):
        for big_j in range(mx):
            t[:] = 0.0  # row of Pᵀ A around fine node (2I, 2J)
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    w = weights[3 * (di + 1) + dj + 1, big_i, big_j]
                    if w == 0.0:
                        continue
                    i, j = 2 * big_i + di, 2 * big_j + dj
                    for si in range(-1, 2):
                        for sj in range(-1, 2):
                            t[di + si + 2, dj + sj + 2] += w * _entry(c, e, n, ne, nw, i, j, si, sj)
            for k in range(5):
                oi = 0 if k < 2 else 1
                oj = (0, 1, 0, 1, -1)[k]
                if big_i + oi >= my or big_j + oj >= mx or big_j + oj < 0:
                    continue
                s = 0.0
                for di in range(-1, 2 - oi):
                    for dj in range(-1, 2):
                        col = 2 * oj + dj + 2
                        if 0 <= col < 5:
                            s += t[2 * oi + di + 2, col] * weights[3 * (di + 1) + dj + 1, big_i + oi, big_j + oj]
                if k == 0:
                    cc[big_i, big_j] = s if s > 0.0 else 1.0
                elif k == 1:
                    ce[big_i, big_j] = s
                elif k == 2:
                    cn[big_i, big_j] = s
                elif k == 3:
                    cne[big_i, big_j] = s
                else:
                    cnw[big_i, big_j] = s


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
    my, mx = out.shape
    ny, nx = r.shape
    for big_i in range(my):
        for big_j in range(mx):
            s = 0.0
            for di in range(-1, 2):
                i = 2 * big_i + di
                if i < 0 or i >= ny:
                    continue
                for dj in range(-1, 2):
                    j = 2 * big_j + dj
                    if 0 <= j < nx:
                        s += weights[3 * (di + 1) + dj + 1, big_i, big_j] * r[i, j]
            out[big_i, big_j] = s


@numba.njit(cache=True, nogil=True)
def _prolong_add(weights: Any, coarse: Any, u: Any) -> None:
    my, mx = coarse.shape
    ny, nx = u.shape
    for big_i in range(my):
        for big_j in range(mx):
            v = coarse[big_i, big_j]
            for di in range(-1, 2):
                i = 2 * big_i + di
                if i < 0 or i >= ny:
                    continue
                for dj in range(-1, 2):
                    j = 2 * big_j + dj
                    if 0 <= j < nx:
                        u[i, j] += weights[3 * (di + 1) + dj + 1, big_i, big_j] * v


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
    def of(cls, matrix: Stencil, fixed: Array) -> Hierarchy:
        """Build all levels of a matrix whose fixed rows are already those of the identity; fixed: (ny, nx) bool."""
        levels = []
        while matrix.c.size > COARSEST:
            coarse_shape = tuple((m + 1) // 2 for m in matrix.c.shape)
            weights = np.zeros((9, *coarse_shape))
            _interpolation(*matrix.arrays, fixed, weights)
            levels.append(Level(matrix, weights, np.empty(matrix.c.shape)))
            coarse = [np.zeros(coarse_shape) for _ in range(5)]
            _galerkin(*matrix.arrays, weights, *coarse)
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
        coarse = np.empty(level.weights.shape[1:])
        _restrict(level.weights, residual, coarse)
        _prolong_add(level.weights, self.cycle(coarse, depth + 1), u)
        for parity in (1, 0):
            _lines_y(*arrays, b, u, level.work, parity)
        for parity in (1, 0):
            _lines_x(*arrays, b, u, parity)
        return u
