"""One multigrid V-cycle for nine-point stencils, as the preconditioner of conjugate gradients.

Operator-dependent interpolation and Galerkin coarse operators, which keep nine points on every level; alternating zebra-line
Gauss–Seidel, forwards before and backwards after the coarse correction so that the cycle is symmetric.

The hierarchy is held in single precision, which halves the memory that a cycle moves; conjugate gradients around it are in
double precision, so that no digit of a solution is lost. Where single precision does not do (slopes of thousands make entries
that differ by more than its seven digits), `linear` asks for a hierarchy in double precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from scipy import linalg

from geoflow.errors import Indefinite
from geoflow.protocols import Array, Mask
from geoflow.solvers import memory, transfer, zebra
from geoflow.solvers.kernels import kernel
from geoflow.solvers.ports import empty, enter, leave, load
from geoflow.solvers.stencil import Stencil
from geoflow.solvers.threads import shared, strips
from geoflow.solvers.transfer import WEIGHTS, prolong_add, restrict_residual
from geoflow.solvers.zebra import NOWHERE, PLANES, lines_x, lines_y, sweep_x, sweep_y

COARSEST = 40  # unknowns below which a dense inverse is cheaper than another level
NY, NX, AT_A, AT_B, AT_U, AT_P, AT_SPAN = range(7)


@kernel
def _planes(flat: Any, table: Any, level: int) -> Any:
    ny, half, at = table[level, NY] + 3, (table[level, NX] + 1) // 2 + 2, table[level, AT_A]
    return flat[at : at + 18 * ny * half].reshape((9, ny, 2, half))


@kernel
def _plane(flat: Any, table: Any, level: int, which: int) -> Any:
    ny, half, at = table[level, NY] + 3, (table[level, NX] + 1) // 2 + 2, table[level, which]
    return flat[at : at + 2 * ny * half].reshape((ny, 2, half))


@kernel
def _weights(flat: Any, table: Any, level: int) -> Any:
    ny, nx, at = table[level + 1, NY] + 3, table[level + 1, NX] + 2, table[level, AT_P]
    return flat[at : at + 8 * ny * nx].reshape((8, ny, nx))


@kernel
def _span(spans: Any, table: Any, level: int) -> Any:
    at = table[level, AT_SPAN]
    return spans[at : at + table[level, NY] + 3]


@kernel
def _solve_coarsest(b: Any, u: Any, inverse: Any, ny: int, nx: int) -> None:
    for i in range(ny * nx):
        s = b[0, 0, 0]
        for j in range(ny * nx):
            s += inverse[i, j] * b[j // nx + 1, j % nx % 2, j % nx // 2 + 1]
        u[i // nx + 1, i % nx % 2, i % nx // 2 + 1] = s


@kernel
def _below(flat: Any, spans: Any, table: Any, inverse: Any, top: int) -> None:
    """A V(1, 1) cycle on the levels from top on: u from b, in one thread and without a word to the interpreter.

    One loop down and up again, so that each kernel is called, and compiled, in one place.
    """
    coarsest = table.shape[0] - 1
    for stage in range(2 * (coarsest - top) + 1):
        down = stage <= coarsest - top
        level = top + stage if down else 2 * coarsest - top - stage
        b, u = _plane(flat, table, level, AT_B), _plane(flat, table, level, AT_U)
        if level == coarsest:
            _solve_coarsest(b, u, inverse, table[level, NY], table[level, NX])
            continue
        a, p, rows = _planes(flat, table, level), _weights(flat, table, level), table[level + 1, NY] + 1
        right, other = _plane(flat, table, level + 1, AT_B), _plane(flat, table, level + 1, AT_U)
        span, below = _span(spans, table, level), _span(spans, table, level + 1)
        if not down:
            prolong_add(span, p, below, other, u, 1, rows)
        for turn in range(4):
            which = turn if down else 3 - turn
            if which < 2:
                lines_x(a, span, b, u, which, down and turn == 0, 1, table[level, NY] + 1)
            else:
                lines_y(a, span, b, u, which - 2, 1, u.shape[2] - 1)
        if down:
            restrict_residual(a, span, p, b, u, below, right, 1, rows)


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """All levels of one matrix in one array, and the inverse of the coarsest.

    table: a row for each level, finest first: ny, nx, where in ``flat`` its matrix, right-hand side, solution and the weights
    of the next coarser level begin, and where in ``spans`` its spans, see `zebra`. scale: what the matrix was multiplied by.
    """

    flat: Array
    spans: np.ndarray
    table: np.ndarray
    inverse: Array
    scale: float

    @classmethod
    def of(cls, matrix: Stencil, fixed: Mask, dtype: type = np.float32) -> Hierarchy:
        """Build all levels of a matrix whose fixed unknowns are left out; fixed : (ny, nx) bool."""
        shapes = [matrix.c.shape]
        while shapes[-1][0] * shapes[-1][1] > COARSEST:
            shapes.append(((shapes[-1][0] + 1) // 2, (shapes[-1][1] + 1) // 2))
        table, size = _table(shapes)
        largest = float(np.max(matrix.c))
        if not 0.0 < largest < np.inf:
            raise Indefinite("a stencil has no positive diagonal")
        self = cls(memory.empty((size,), dtype), _spans(fixed, table), table, np.zeros((0, 0), dtype), 1.0 / largest)
        self._clear()
        strips(load, (1, shapes[0][0] + 1), matrix.c.size, *matrix.arrays, fixed, self.scale, self.matrix(0))
        for level, (ny, nx) in enumerate(shapes[:-1]):
            a, p, coarse = self.matrix(level), self.weights(level), self.matrix(level + 1)
            span, below = self.span(level), self.span(level + 1)
            rows = (1, shapes[level + 1][0] + 1)
            least_x: Array = np.ones(ny + 3, dtype)
            least_y: Array = np.ones(a.shape[3], dtype)
            strips(zebra.factor_x, (1, ny + 1), ny * nx, a, span, least_x)
            strips(zebra.factor_y, (1, a.shape[3] - 1), ny * nx, a, span, least_y)
            if not (np.all(least_x > 0.0) and np.all(least_y > 0.0)):
                raise Indefinite("a line of a stencil is not positive definite")
            strips(transfer.interpolate_edges, rows, ny * nx, a, span, p)
            strips(transfer.interpolate_middles, rows, ny * nx, a, span, p)
            strips(transfer.galerkin, rows, ny * nx, a, p, below, coarse)
        return cls(self.flat, self.spans, table, _inverse(self.matrix(len(shapes) - 1), shapes[-1][1]).astype(dtype), self.scale)

    def _clear(self) -> None:
        """Zero where no kernel writes: the frames, and what belongs to a column too many."""
        for level, (ny, nx) in enumerate(self.table[:, :2]):
            self.plane(level, AT_B)[:] = self.plane(level, AT_U)[:] = 0.0
            planes = self.matrix(level)
            planes[:, 0] = planes[:, ny + 1 :] = planes[..., 0] = planes[..., -1] = 0.0
            if level == len(self.table) - 1:
                planes[:, 1 : ny + 1, :, 1:-1] = 0.0
                planes[zebra.C, 1 : ny + 1, :, 1:-1] = 1.0
            if level:
                weights = self.weights(level - 1)
                weights[:, 0] = weights[:, ny + 1 :] = weights[..., 0] = weights[..., nx + 1 :] = 0.0
                empty(self.matrix(level - 1), self.span(level - 1), weights, 1, 2 * int(ny) + 1)

    def precondition(self, r: Array, size: float) -> tuple[Array, float]:
        """One V(1, 1) cycle from zero: z ≈ A⁻¹ r of shape (ny, nx), and r · z; size = ‖r‖₂."""
        ny, scale = len(r), 1.0 / size if 0.0 < size < np.inf else 1.0
        z, sums = memory.empty(r.shape), np.empty(ny)
        strips(enter, (1, ny + 1), r.size, r, scale, self.span(0), self.plane(0, AT_B))
        self._cycle(0)
        strips(leave, (1, ny + 1), r.size, self.plane(0, AT_U), self.scale / scale, r, z, sums)
        return z, float(np.sum(sums))

    def _cycle(self, level: int) -> None:
        ny, nx = (int(m) for m in self.table[level, :2])
        if not shared(ny * nx) or level == len(self.table) - 1:
            _below(self.flat, self.spans, self.table, self.inverse, level)
            return
        a, b, u, p = self.matrix(level), self.plane(level, AT_B), self.plane(level, AT_U), self.weights(level)
        right, start = self.plane(level + 1, AT_B), self.plane(level + 1, AT_U)
        span, below = self.span(level), self.span(level + 1)
        rows, columns, coarse = (1, ny + 1), (1, u.shape[2] - 1), (1, int(self.table[level + 1, NY]) + 1)
        for cut in strips(sweep_x, rows, ny * nx, a, span, b, u, 0, True):
            lines_x(a, span, b, u, 1, False, cut - 1, cut + 1)
        for cut in strips(sweep_y, columns, ny * nx, a, span, b, u, 0):
            lines_y(a, span, b, u, 1, cut - 1, cut)
        strips(restrict_residual, coarse, ny * nx, a, span, p, b, u, below, right)
        self._cycle(level + 1)
        strips(prolong_add, coarse, ny * nx, span, p, below, start, u)
        for cut in strips(sweep_y, columns, ny * nx, a, span, b, u, 1):
            lines_y(a, span, b, u, 0, cut, cut + 1)
        for cut in strips(sweep_x, rows, ny * nx, a, span, b, u, 1, False):
            lines_x(a, span, b, u, 0, False, cut - 1, cut + 1)

    def matrix(self, level: int) -> Array:
        """The nine planes of a level."""
        return self._view(self.table[level, AT_A], (PLANES, *_plane_shape(*self.table[level, :2])))

    def span(self, level: int) -> np.ndarray:
        """The spans of a level's rows."""
        at = int(self.table[level, AT_SPAN])
        return self.spans[at : at + int(self.table[level, NY]) + 3]

    def weights(self, level: int) -> Array:
        """The eight planes of the interpolation from the next coarser level."""
        ny, nx = self.table[level + 1, :2]
        return self._view(self.table[level, AT_P], (WEIGHTS, ny + 3, nx + 2))

    def plane(self, level: int, which: int) -> Array:
        """The right-hand side or the solution of a level."""
        return self._view(self.table[level, which], _plane_shape(*self.table[level, :2]))

    def _view(self, at: int, shape: tuple[int, ...]) -> Array:
        return self.flat[at : at + prod(shape)].reshape(shape)


def _plane_shape(ny: int, nx: int) -> tuple[int, int, int]:
    """The shape of a split and framed plane over ny × nx nodes: see `zebra`."""
    return int(ny) + 3, 2, (int(nx) + 1) // 2 + 2


def _table(shapes: list[tuple[int, ...]]) -> tuple[np.ndarray, int]:
    """The table of a hierarchy, and the length of its array."""
    table, at = np.zeros((len(shapes), 7), np.int64), 0
    for level, (ny, nx) in enumerate(shapes):
        plane = prod(_plane_shape(ny, nx))
        table[level, :AT_SPAN] = ny, nx, at, at + PLANES * plane, at + (PLANES + 1) * plane, at + (PLANES + 2) * plane
        table[level, AT_SPAN] = sum(shape[0] + 3 for shape in shapes[:level])
        at += (PLANES + 2) * plane
        if level + 1 < len(shapes):
            at += WEIGHTS * (shapes[level + 1][0] + 3) * (shapes[level + 1][1] + 2)
    return table, at


def _spans(fixed: Mask, table: np.ndarray) -> np.ndarray:
    """The spans of all levels, finest first, from a mask of what is left out of the finest."""
    spans = np.full((int(table[-1, AT_SPAN] + table[-1, NY]) + 3, 2), (NOWHERE, 0), dtype=np.int64)
    free = ~fixed
    some = np.flatnonzero(np.any(free, axis=1))
    spans[some + 1, 0] = np.argmax(free[some], axis=1) // 2 + 1
    spans[some + 1, 1] = (free.shape[1] - 1 - np.argmax(free[some, ::-1], axis=1)) // 2 + 2
    for level in range(len(table) - 1):
        transfer.coarsened(_span(spans, table, level), int(table[level + 1, NX]), _span(spans, table, level + 1))
    return spans


def _inverse(a: Array, nx: int) -> Array:
    """The inverse of the matrix of a level with nx columns, which must be positive definite."""
    joined = np.zeros((5, a.shape[1] - 3, 2 * a.shape[3] - 4))
    joined[:, :, 0::2], joined[:, :, 1::2] = a[:5, 1:-2, 0, 1:-1], a[:5, 1:-2, 1, 1:-1]
    dense = Stencil(*(np.ascontiguousarray(plane) for plane in joined[:, :, :nx])).toarray()
    try:
        return linalg.cho_solve(linalg.cho_factor(dense, lower=True), np.eye(len(dense)))
    except ValueError as error:
        raise Indefinite("the coarsest multigrid operator is not positive definite") from error
