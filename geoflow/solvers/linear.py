"""Solves with matrices of every kind.

Fixed unknowns are eliminated, never penalised: their entries of a solution are exactly zero. Positive definiteness is asked
for and checked where the method can see it (Cholesky, the pivots' signs, the curvature along a search direction).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.sparse import linalg as splinalg

from geoflow.errors import Indefinite
from geoflow.protocols import Array, Mask, Matrix
from geoflow.solvers.direct import Blocks, Diagonal, Direct, cholesky, factorise
from geoflow.solvers.krylov import Solution, Unconverged, conjugate_gradients, probed_diagonal
from geoflow.solvers.matrices import as_dense, as_sparse, diagonal, is_blocks, is_diagonal
from geoflow.solvers.multigrid import Hierarchy
from geoflow.solvers.stencil import Stencil
from geoflow.solvers.sums import dot, extend, norm

DENSE = 100  # unknowns up to which a dense factorisation is the quickest (and BLAS does not call for threads)
DIRECT_STENCIL = 300  # unknowns up to which a stencil is factorised: its solutions then are as symmetric as the problem
DIRECT_SPARSE = 200_000  # unknowns above which a sparse matrix without a grid is left to diagonally preconditioned CG
BORROWED = 15  # iterations that the hierarchy of another matrix is given
PATIENCE = 60  # iterations that single precision in the preconditioner is given


class Solver(Protocol):
    """A matrix made ready, for any number of right-hand sides."""

    def solve(self, b: Array, rtol: float, floor: float) -> Solution:
        """x with A x = b on the free unknowns and 0 on the fixed ones, b : (n, k)."""
        ...


@dataclass(frozen=True, eq=False)
class Prepared:
    """A matrix made ready by `prepare`."""

    solver: Solver
    size: int

    def solve(self, b: Array, rtol: float = 1e-12, floor: float = 0.0) -> Solution:
        """Solve A x = b on the free unknowns, with x = 0 on the fixed ones: see `solve`, and for floor `conjugate_gradients`."""
        found = self.solver.solve(np.asarray(b, dtype=np.float64).reshape(self.size, -1), rtol, floor)
        return replace(found, x=found.x.reshape(b.shape))

    def inverse_norm(self, b: Array) -> float:
        """√(b · A⁻¹ b), b zero where fixed, with A⁻¹ or, where that is an iteration, with one step of it: to a few percent."""
        if isinstance(self.solver, Multigrid):
            hierarchy = self.solver.hierarchy
            r = b.reshape(-1) if hierarchy.plain else hierarchy.vector(b)
            with hierarchy.lock:
                return float(np.sqrt(max(hierarchy.precondition(r, norm(b)), 0.0)))
        return float(np.sqrt(max(dot(b, self.solve(b).x), 0.0)))


def prepare(matrix: Matrix, fixed: Mask | None = None, like: Prepared | None = None) -> Prepared:
    """Make a matrix ready to be solved with: factorised, or with its multigrid hierarchy. Arguments as for `solve`.

    like: a matrix prepared before that is close to this one, with the same fixed unknowns. Its hierarchy is used as long as
    that does; a factorisation is made anew.
    """
    size = matrix.shape[0]
    if like is not None and isinstance(like.solver, Multigrid) and isinstance(matrix, Stencil) and like.size == size:
        return Prepared(Multigrid(matrix, like.solver.fixed, like.solver.hierarchy), size)
    rows = None if fixed is None else held_rows(fixed, size)
    return Prepared(_solver(matrix, rows), size)


def solve(matrix: Matrix, b: Array, fixed: Mask | None = None, rtol: float = 1e-12) -> Solution:
    """Solve A x = b on the free unknowns, with x = 0 on the fixed ones.

    Parameters
    ----------
    matrix : Matrix, n rows
        Symmetric positive definite on the free unknowns.
    b : covector
        Any shape with n rows when reshaped to (n, −1).
    fixed : bool array or None
        In the shape of b or of its leading axis.
    rtol : float
        ‖A x − b‖₂ ≤ rtol ‖b‖₂ where the method is iterative; direct solves are as good as rounding.

    Raises
    ------
    Indefinite
        When A turns out not to be positive definite.
    """
    return prepare(matrix, fixed).solve(b, rtol)


def held_rows(fixed: Mask, size: int) -> Mask:
    """The mask of fixed rows, (n,), from one in the shape of the state or of its leading axis."""
    flat = np.asarray(fixed, dtype=bool).ravel()
    return np.repeat(flat, size // flat.size) if flat.size < size else flat


def _solver(matrix: Matrix, rows: Mask | None) -> Solver:
    size = matrix.shape[0]
    if is_diagonal(matrix):
        return Diagonal(matrix.diagonal(), rows)
    if is_blocks(matrix):
        return Blocks(matrix.data, rows)
    if isinstance(matrix, Stencil) and size > DIRECT_STENCIL:
        fixed = np.zeros(size, dtype=bool) if rows is None else rows
        return Multigrid(matrix, np.ascontiguousarray(fixed.reshape(matrix.c.shape)))
    if isinstance(matrix, splinalg.LinearOperator) or (size > DIRECT_SPARSE and not isinstance(matrix, np.ndarray)):
        return Krylov.of(matrix, None if rows is None else (~rows).astype(np.float64))
    free = np.arange(size) if rows is None else np.flatnonzero(~rows)
    if isinstance(matrix, np.ndarray) or size <= DENSE:
        return Direct(free, cholesky(as_dense(matrix)[np.ix_(free, free)]))
    return Direct(free, factorise(as_sparse(matrix)[free][:, free]))


def _side_by_side(columns: list[Solution]) -> Solution:
    """The solutions for all columns of a right-hand side as one."""
    x = columns[0].x.reshape(-1, 1) if len(columns) == 1 else np.stack([c.x.ravel() for c in columns], axis=1)
    residual = float(np.sqrt(sum(c.residual**2 for c in columns)))
    return Solution(x, sum(c.iterations for c in columns), residual, sum(c.left for c in columns))


class Multigrid:
    """A stencil and a hierarchy: one borrowed from a matrix like it, or its own, in single precision, as long as they do."""

    def __init__(self, matrix: Stencil, fixed: Mask, borrowed: Hierarchy | None = None) -> None:
        self.matrix, self.fixed, self.borrowed = matrix, fixed, borrowed is not None
        self.hierarchy = borrowed or self._own()

    def _own(self) -> Hierarchy:
        try:
            return Hierarchy.of(self.matrix, self.fixed)
        except Indefinite:
            return Hierarchy.of(self.matrix, self.fixed, np.float64)

    def solve(self, b: Array, rtol: float, floor: float) -> Solution:
        """By conjugate gradients, a column at a time."""
        columns = [b[:, k].reshape(self.fixed.shape) for k in range(b.shape[1])]
        return _side_by_side([self._column(column, rtol, floor) for column in columns])

    def _column(self, b: Array, rtol: float, floor: float) -> Solution:
        if self.borrowed:
            try:
                return conjugate_gradients(self, b, rtol, BORROWED, floor)
            except (Unconverged, Indefinite):
                self.hierarchy, self.borrowed = self._own(), False
        if self.hierarchy.flat.dtype == np.float32:
            try:
                return conjugate_gradients(self, b, rtol, PATIENCE, floor)
            except (Unconverged, Indefinite):
                self.hierarchy = Hierarchy.of(self.matrix, self.fixed, np.float64)
        return conjugate_gradients(self, b, rtol, floor=floor)

    def vector(self, like: Array | None = None) -> Array:
        """In the order of the hierarchy's vectors, zero where fixed, where nothing else is ever written."""
        return self.hierarchy.vector(like)

    def array(self, vector: Array) -> Array:
        """Of shape (ny, nx)."""
        return self.hierarchy.array(vector)

    def apply(self, p: Array, q: Array) -> float:
        """q = A p where not fixed, and p · q."""
        return self.matrix.apply_free(p, self.hierarchy.free, self.hierarchy.rows(0), q)

    def turn(self, r: Array, size: float, before: float, p: Array) -> float:
        """p = z + (r · z / before) p where not fixed, z ≈ A⁻¹ r by a V-cycle; and r · z."""
        with self.hierarchy.lock:
            rho = self.hierarchy.precondition(r, size)
            self.hierarchy.leave(size, rho / before, p)
        return rho


@dataclass(frozen=True, eq=False)
class Krylov:
    """A matrix known by what it does, or too large to factorise, its diagonal, told or probed, the preconditioner."""

    matrix: Matrix
    free: Array | None
    scale: Array | None = None

    @classmethod
    def of(cls, matrix: Matrix, free: Array | None) -> Krylov:
        """free: 1 for the free unknowns, 0 for the fixed ones; None where all are free."""
        entries = diagonal(matrix)
        if entries is None:
            plain = cls(matrix, free)
            entries = probed_diagonal(plain._with_identity, matrix.shape[0])
            if entries is None:
                return plain
        if free is not None:
            entries = np.where(free > 0.0, entries, 1.0)
        if not np.all(entries > 0.0):
            raise Indefinite("a matrix has a diagonal entry that is not positive")
        return cls(matrix, free, 1.0 / entries)

    def solve(self, b: Array, rtol: float, floor: float) -> Solution:
        """By conjugate gradients, a column at a time."""
        return _side_by_side([conjugate_gradients(self, column, rtol, floor=floor) for column in b.T])

    def _with_identity(self, p: Array) -> Array:
        """A p, on the fixed unknowns p."""
        if self.free is None:
            return self.matrix @ p
        return self.free * (self.matrix @ (self.free * p)) + (1.0 - self.free) * p

    def apply(self, p: Array, q: Array) -> float:
        """q = A p, zero where fixed, and p · q."""
        q[:] = self.matrix @ p
        if self.free is not None:
            q *= self.free
        return dot(p, q)

    def vector(self, like: Array | None = None) -> Array:
        """Of shape (n,), zero where fixed."""
        if like is None:
            return np.zeros(self.matrix.shape[0])
        return np.array(like) if self.free is None else self.free * like

    def array(self, vector: Array) -> Array:
        """The same."""
        return vector

    def turn(self, r: Array, size: float, before: float, p: Array) -> float:
        """p = z + (r · z / before) p, z = r over the diagonal; and r · z."""
        z = r if self.scale is None else self.scale * r
        rho = dot(r, z)
        extend(z, rho / before, p)
        return rho
