"""One multigrid V-cycle for nine-point stencils, as the preconditioner of conjugate gradients.

Operator-dependent interpolation and Galerkin coarse operators, which keep nine points on every level; alternating zebra-line
Gauss–Seidel, forwards before and backwards after the coarse correction so that the cycle is symmetric.

The hierarchy is held in single precision, which halves the memory that a cycle moves; conjugate gradients around it are in
double precision, so that no digit of a solution is lost. Where single precision does not do (slopes of thousands make entries
that differ by more than its seven digits), `linear` asks for a hierarchy in double precision.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import numpy as np
from scipy import linalg

from geoflow.errors import Indefinite
from geoflow.protocols import Array, Mask
from geoflow.solvers import memory, transfer, zebra
from geoflow.solvers.galerkin import galerkin
from geoflow.solvers.kernels import kernel
from geoflow.solvers.ports import clear, clear_weights, enter, leave, load, pack, products, unpack
from geoflow.solvers.rows import AT, finest, next_coarser, placed, vectors
from geoflow.solvers.runs import beside, runs
from geoflow.solvers.stencil import Stencil
from geoflow.solvers.threads import shared, strips
from geoflow.solvers.transfer import WEIGHTS, prolong_add, restrict_residual
from geoflow.solvers.zebra import PLANES, lines_x, lines_y

COARSEST = 40  # unknowns below which a dense inverse is cheaper than another level
NY, NX, SIZE, WEIGHT_SIZE, AT_A, AT_B, AT_U, AT_P, AT_ROWS = range(9)


@kernel
def _planes(flat: Any, table: Any, level: int) -> Any:
    at, size = table[level, AT_A], table[level, SIZE]
    return flat[at : at + PLANES * size].reshape((PLANES, size))


@kernel
def _sides(flat: Any, table: Any, level: int) -> Any:
    """The right-hand side and the solution of a level."""
    b, u, size = table[level, AT_B], table[level, AT_U], table[level, SIZE]
    return flat[b : b + size], flat[u : u + size]


@kernel
def _weights(flat: Any, table: Any, level: int) -> Any:
    at, size = table[level, AT_P], table[level, WEIGHT_SIZE]
    return flat[at : at + WEIGHTS * size].reshape((WEIGHTS, size))


@kernel
def _rows(rows: Any, table: Any, level: int) -> Any:
    at = table[level, AT_ROWS]
    return rows[at : at + table[level, NY] + 3]


@kernel
def _solve_coarsest(b: Any, u: Any, rows: Any, inverse: Any, ny: int, nx: int) -> None:
    for i in range(ny * nx):
        s = b.dtype.type(0)
        for j in range(ny * nx):
            s += inverse[i, j] * b[rows[j // nx + 1, AT + j % nx % 2] + j % nx // 2 + 1]
        u[rows[i // nx + 1, AT + i % nx % 2] + i % nx // 2 + 1] = s


@kernel
def _below(flat: Any, rows: Any, table: Any, inverse: Any, top: int) -> None:
    """A V(1, 1) cycle on the levels from top on: u from b, in one thread and without a word to the interpreter.

    One loop down and up again, so that each kernel is called, and compiled, in one place.
    """
    coarsest = table.shape[0] - 1
    for stage in range(2 * (coarsest - top) + 1):
        down = stage <= coarsest - top
        level = top + stage if down else 2 * coarsest - top - stage
        own, (b, u) = _rows(rows, table, level), _sides(flat, table, level)
        if level == coarsest:
            _solve_coarsest(b, u, own, inverse, table[level, NY], table[level, NX])
            continue
        a, p, below = _planes(flat, table, level), _weights(flat, table, level), _rows(rows, table, level + 1)
        right, other = _sides(flat, table, level + 1)
        last, columns = table[level + 1, NY] + 1, table[level + 1, NX]
        if not down:
            prolong_add(own, p, below, columns, other, u, 1, last)
        for turn in range(2):
            if down == (turn == 0):
                lines_x(a, own, b, u, turn, down, True, 1, table[level, NY] + 1)
            else:
                lines_y(a, own, b, u, 1 - turn, True, columns + 2, 1, columns + 2)
        if down:
            restrict_residual(a, own, p, b, u, below, columns, right, 1, last)


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """All levels of one matrix in one array, and the inverse of the coarsest.

    table: a row for each level, finest first: ny, nx, the length of a plane and of a plane of weights, where in ``flat`` its
    matrix, right-hand side, solution and the weights of the next coarser level begin, and where in ``all_rows`` its `rows`.
    size: the length of a vector, see `rows`. scale: what the matrix was multiplied by. free : (ny, k, 2), the `runs` of its free
    unknowns. lock: for a thread to have while it does not want others to precondition, which all happens in the same memory.
    """

    flat: Array
    all_rows: np.ndarray
    table: np.ndarray
    size: int
    inverse: Array
    scale: float
    free: np.ndarray
    lock: Any = field(default_factory=Lock)

    @classmethod
    def of(cls, matrix: Stencil, fixed: Mask, dtype: type = np.float32) -> Hierarchy:
        """Build all levels of a matrix whose fixed unknowns are left out; fixed : (ny, nx) bool."""
        largest = float(np.max(matrix.c))
        if not 0.0 < largest < np.inf:
            raise Indefinite("a stencil has no positive diagonal")
        free = runs(~fixed)
        all_rows, table, size = _layout(free, fixed.shape)
        ny, nx = (int(m) for m in table[0, :2])
        length = vectors(all_rows[: ny + 3], nx, int(table[0, SIZE]))
        self = cls(memory.empty((size,), dtype), all_rows, table, length, np.zeros((0, 0), dtype), 1.0 / largest, free)
        strips(load, (1, ny + 1), ny * nx, *matrix.arrays, free, self.scale, self.rows(0), self.matrix(0))
        self._clear(0)
        for level, (ny, nx) in enumerate(table[:-1, :2]):
            a, rows, p, below = self.matrix(level), self.rows(level), self.weights(level), self.rows(level + 1)
            coarse, columns, last = self.matrix(level + 1), int(table[level + 1, NX]), int(table[level + 1, NY]) + 1
            least_x: Array = np.ones(ny + 3, dtype)
            least_y: Array = np.ones(columns + 2, dtype)
            strips(zebra.factor_x, (1, ny + 1), ny * nx, a, rows, least_x)
            strips(zebra.factor_y, (1, columns + 2), ny * nx, a, rows, least_y)
            if not (np.all(least_x > 0.0) and np.all(least_y > 0.0)):
                raise Indefinite("a line of a stencil is not positive definite")
            self._clear(level + 1)
            strips(transfer.interpolate_edges, (1, last), ny * nx, a, rows, p, below)
            strips(transfer.interpolate_middles, (1, last), ny * nx, a, rows, p, below)
            strips(galerkin, (1, last), ny * nx, a, rows, p, below, columns, coarse)
        inverse = _inverse(self.matrix(len(table) - 1), self.rows(len(table) - 1), *(int(m) for m in table[-1, :2]))
        return replace(self, inverse=inverse.astype(dtype))

    def _clear(self, level: int) -> None:
        """Nothing beside the runs of a level, where no kernel writes, and none of the weights from the level above."""
        clear(self.rows(level), self.matrix(level), self.plane(level, AT_B), self.plane(level, AT_U))
        if level in (0, len(self.table) - 1):  # what goes in and the dense inverse do not know of a column too many
            self.plane(level, AT_B)[:] = self.plane(level, AT_U)[:] = 0.0
        if level:
            clear_weights(self.rows(level - 1), self.rows(level), self.weights(level - 1))

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx) of the finest grid."""
        return int(self.table[0, NY]), int(self.table[0, NX])

    @property
    def plain(self) -> bool:
        """Whether vectors are the arrays of all nodes, row by row."""
        return self.size == self.shape[0] * self.shape[1]

    def vector(self, like: Array | None = None) -> Array:
        """A vector, (size,): the free entries of an array (ny, nx), or whatever was there, but zero where A is fixed."""
        out = memory.empty((self.size,)) if self.plain else memory.zeros((self.size,))
        if self.plain:
            beside(self.free, out.reshape(self.shape), 0.0)
        if like is not None:
            strips(pack, (0, self.shape[0]), out.size, np.ascontiguousarray(like), self.free, self.rows(0), out)
        return out

    def array(self, vector: Array) -> Array:
        """The array (ny, nx) of a vector, which it may look into."""
        if self.plain:
            return vector.reshape(self.shape)
        out = memory.empty(self.shape)
        beside(self.free, out, 0.0)
        strips(unpack, (0, self.shape[0]), vector.size, vector, self.free, self.rows(0), out)
        return out

    def precondition(self, r: Array, size: float) -> float:
        """One V(1, 1) cycle from zero, z ≈ A⁻¹ r for a vector r, which `leave` lets out; r · z. size = ‖r‖₂."""
        (ny, nx), rows, sums = self.shape, self.rows(0), np.empty(self.shape[0])
        strips(enter, (1, ny + 1), r.size, r, 1.0 / _scale(size), rows, nx, self.plane(0, AT_B))
        self._cycle(0)
        solution = self.plane(0, AT_U)
        strips(products, (1, ny + 1), r.size, solution, self.scale / (1.0 / _scale(size)), rows, nx, r, sums)
        return float(np.sum(sums))

    def leave(self, size: float, factor: float, p: Array) -> None:
        """p = z + factor · p for a vector p, z from the last `precondition`, of a residual of that size."""
        scale, (ny, nx) = self.scale / (1.0 / _scale(size)), self.shape
        strips(leave, (1, ny + 1), p.size, self.plane(0, AT_U), scale, self.rows(0), nx, factor, p)

    def _cycle(self, level: int) -> None:
        ny, nx = (int(m) for m in self.table[level, :2])
        if not shared(ny * nx) or level == len(self.table) - 1:
            _below(self.flat, self.all_rows, self.table, self.inverse, level)
            return
        a, b, u, p = self.matrix(level), self.plane(level, AT_B), self.plane(level, AT_U), self.weights(level)
        right, start = self.plane(level + 1, AT_B), self.plane(level + 1, AT_U)
        own, below, mx = self.rows(level), self.rows(level + 1), int(self.table[level + 1, NX])
        lines, columns, coarse = (1, ny + 1), (1, mx + 2), (1, int(self.table[level + 1, NY]) + 1)
        for cut in strips(lines_x, lines, ny * nx, a, own, b, u, 0, True, True):
            lines_x(a, own, b, u, 1, False, False, cut - 1, cut + 1)
        for cut in strips(lines_y, columns, ny * nx, a, own, b, u, 0, True, mx + 2):
            lines_y(a, own, b, u, 1, False, mx + 2, cut - 1, cut)
        strips(restrict_residual, coarse, ny * nx, a, own, p, b, u, below, mx, right)
        self._cycle(level + 1)
        strips(prolong_add, coarse, ny * nx, own, p, below, mx, start, u)
        for cut in strips(lines_y, columns, ny * nx, a, own, b, u, 1, True, mx + 2):
            lines_y(a, own, b, u, 0, False, mx + 2, cut, cut + 1)
        for cut in strips(lines_x, lines, ny * nx, a, own, b, u, 1, False, True):
            lines_x(a, own, b, u, 0, False, False, cut - 1, cut + 1)

    def matrix(self, level: int) -> Array:
        """The nine planes of a level."""
        return self._view(AT_A, level, PLANES, int(self.table[level, SIZE]))

    def rows(self, level: int) -> np.ndarray:
        """The `rows` of a level."""
        at = int(self.table[level, AT_ROWS])
        return self.all_rows[at : at + int(self.table[level, NY]) + 3]

    def weights(self, level: int) -> Array:
        """The eight planes of the interpolation from the next coarser level."""
        return self._view(AT_P, level, WEIGHTS, int(self.table[level, WEIGHT_SIZE]))

    def plane(self, level: int, which: int) -> Array:
        """The right-hand side or the solution of a level."""
        return self._view(which, level, 1, int(self.table[level, SIZE]))[0]

    def _view(self, which: int, level: int, planes: int, size: int) -> Array:
        at = int(self.table[level, which])
        return self.flat[at : at + planes * size].reshape(planes, size)


def _scale(size: float) -> float:
    """What residuals of that size are divided by, so that single precision holds them."""
    return size if 0.0 < size < np.inf else 1.0


def _layout(free: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, int]:
    """The rows of all levels, finest first, the table of the hierarchy, and the length of its array."""
    shapes = [shape]
    while shapes[-1][0] * shapes[-1][1] > COARSEST:
        shapes.append(((shapes[-1][0] + 1) // 2, (shapes[-1][1] + 1) // 2))
    rows = [finest(free, shape[1])]
    for shape in shapes[1:]:
        rows.append(next_coarser(rows[-1], shape[1]))
    table, at, row = np.zeros((len(shapes), 9), np.int64), 0, 0
    none = rows[0][:0]
    sizes = [
        placed(own, shape[1], finer, coarser)
        for own, shape, finer, coarser in zip(rows, shapes, [none, *rows[:-1]], [*rows[1:], none], strict=True)
    ]
    for level, (ny, nx) in enumerate(shapes):
        size, weights = sizes[level][0], sizes[level + 1][1] if level + 1 < len(shapes) else 0
        table[level] = ny, nx, size, weights, at, at + PLANES * size, at + (PLANES + 1) * size, at + (PLANES + 2) * size, row
        at += (PLANES + 2) * size + WEIGHTS * weights
        row += ny + 3
    return np.concatenate(rows), table, at


def _inverse(a: Array, rows: np.ndarray, ny: int, nx: int) -> Array:
    """The inverse of the matrix of a level, all of whose rows are stored; it must be positive definite."""
    node = np.arange(nx)
    places = rows[1 : ny + 1, AT : AT + 2][:, node % 2] + node // 2 + 1
    dense = Stencil(*(a[plane][places].astype(np.float64) for plane in range(5))).toarray()
    try:
        return linalg.cho_solve(linalg.cho_factor(dense, lower=True), np.eye(len(dense)))
    except ValueError as error:
        raise Indefinite("the coarsest multigrid operator is not positive definite") from error
