"""Sums of matrices and solves with them: the only doors to linear algebra.

Fixed unknowns are eliminated, never penalised: their entries of a solution are exactly zero. Positive definiteness is asked
for and checked where the method can see it (Cholesky, the pivots' signs, the curvature along a search direction).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse import linalg as splinalg

from geoflow.errors import GeoflowError, Indefinite
from geoflow.protocols import Array, Mask, Matrix
from geoflow.solvers.multigrid import Hierarchy
from geoflow.solvers.stencil import Stencil
from geoflow.solvers.sums import dot, norm

DIRECT_STENCIL = 1_000  # unknowns above which multigrid takes over (33²: 1.1 ms against 4.4 ms by factorisation)
DIRECT_SPARSE = 200_000  # unknowns above which a sparse matrix without a grid is left to diagonally preconditioned CG
MAX_CG = 1_000


@dataclass(frozen=True, eq=False)
class Solution:
    """x in the shape of b, and the iterations it took (1 for a direct solve)."""

    x: Array
    iterations: int


def is_diagonal(matrix: Matrix) -> bool:
    """Whether a matrix is a dia_array with the main diagonal alone."""
    return isinstance(matrix, sparse.dia_array) and list(matrix.offsets) == [0]


def combine(*terms: tuple[float, Matrix]) -> Matrix:
    """Σ factor · matrix, in the cheapest common kind.

    Parameters
    ----------
    terms : pairs (factor, matrix)
        All of one size (n, n). A factor of zero leaves its matrix out.
    """
    kept = [(float(f), m) for f, m in terms if f != 0.0] or [(0.0, terms[0][1])]
    total = _scaled(*kept[0])
    for factor, matrix in kept[1:]:
        total = _add(total, factor, matrix)
    return total


def _scaled(factor: float, matrix: Matrix) -> Matrix:
    if factor == 1.0:
        return matrix
    return matrix.times(factor) if isinstance(matrix, Stencil) else factor * matrix


def _add(total: Matrix, factor: float, matrix: Matrix) -> Matrix:
    kinds = (total, matrix)
    if any(isinstance(m, splinalg.LinearOperator) for m in kinds):
        return _operator(total) + factor * _operator(matrix)
    if isinstance(total, Stencil) and isinstance(matrix, Stencil):
        return total.plus(factor, matrix)
    if isinstance(matrix, Stencil) and is_diagonal(total):
        return matrix.times(factor).plus_diagonal(1.0, total.diagonal())
    if isinstance(total, Stencil) and is_diagonal(matrix):
        return total.plus_diagonal(factor, matrix.diagonal())
    if any(isinstance(m, np.ndarray) for m in kinds):
        return _dense(total) + factor * _dense(matrix)
    if is_diagonal(total) and is_diagonal(matrix):
        return sparse.dia_array(total + factor * matrix)
    return sparse.csr_array(_sparse(total) + factor * _sparse(matrix))


def _operator(matrix: Matrix) -> splinalg.LinearOperator:
    return splinalg.aslinearoperator(_sparse(matrix) if isinstance(matrix, Stencil) else matrix)


def _sparse(matrix: Matrix) -> sparse.csr_array:
    return matrix.tocsr() if isinstance(matrix, Stencil) else sparse.csr_array(matrix)


def _dense(matrix: Matrix) -> Array:
    return matrix if isinstance(matrix, np.ndarray) else _sparse(matrix).toarray()


def matvec(matrix: Matrix, x: Array) -> Array:
    """A x in the shape of x; the n rows of A act on ``x.reshape(n, -1)``."""
    if is_diagonal(matrix):
        return (matrix.diagonal()[:, None] * x.reshape(matrix.shape[0], -1)).reshape(x.shape)
    return (matrix @ x.reshape(matrix.shape[0], -1)).reshape(x.shape)


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
    size = matrix.shape[0]
    rows = None if fixed is None else _rows(fixed, size)
    columns = b.reshape(size, -1)
    if is_diagonal(matrix):
        diagonal = matrix.diagonal() if rows is None else np.where(rows, 1.0, matrix.diagonal())
        if not np.all(diagonal > 0.0):
            raise Indefinite("a diagonal matrix has an entry that is not positive")
        x = columns / diagonal[:, None]
        if rows is not None:
            x[rows] = 0.0
        return Solution(x.reshape(b.shape), 0)
    if isinstance(matrix, Stencil) and size > DIRECT_STENCIL:
        return _solve_stencil(matrix, columns, rows, rtol, b.shape)
    if isinstance(matrix, splinalg.LinearOperator) or size > DIRECT_SPARSE:
        return _solve_iteratively(matrix, columns, rows, rtol, b.shape)
    free = slice(None) if rows is None else np.flatnonzero(~rows)
    x = np.zeros_like(columns)
    if isinstance(matrix, np.ndarray):
        x[free] = _cholesky(matrix if rows is None else matrix[np.ix_(~rows, ~rows)], columns[free])
    else:
        whole = _sparse(matrix)
        x[free] = _factorise(whole if rows is None else whole[free][:, free], columns[free])
    return Solution(x.reshape(b.shape), 1)


def _rows(fixed: Mask, size: int) -> Mask:
    """The mask of fixed rows, (n,), from one in the shape of the state or of its leading axis."""
    flat = np.asarray(fixed, dtype=bool).ravel()
    return np.repeat(flat, size // flat.size) if flat.size < size else flat


def _cholesky(matrix: Array, b: Array) -> Array:
    try:
        return linalg.cho_solve(linalg.cho_factor(matrix, lower=True), b)
    except linalg.LinAlgError as error:  # before ValueError, of which it is one
        raise Indefinite("a dense matrix is not positive definite") from error
    except ValueError as error:
        raise GeoflowError("a linear system left the finite numbers") from error


def _factorise(matrix: sparse.csr_array, b: Array) -> Array:
    # SuperLU without pivoting off the diagonal is L D Lᵀ in effect, so the signs of U's diagonal are the inertia; where a
    # pivot is too small it leaves the diagonal all the same, which a positive definite matrix never makes it do.
    options = {"SymmetricMode": True}
    try:
        lu = splinalg.splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
    except RuntimeError as error:
        raise Indefinite("a sparse matrix is singular") from error
    if not np.array_equal(lu.perm_r, lu.perm_c) or not np.all(lu.U.diagonal() > 0.0):
        raise Indefinite("a sparse matrix is not positive definite")
    return lu.solve(b)


def _solve_stencil(matrix: Stencil, b: Array, rows: Mask | None, rtol: float, shape: tuple[int, ...]) -> Solution:
    grid = matrix.c.shape
    fixed = np.zeros(grid, dtype=bool) if rows is None else rows.reshape(grid)
    reduced = matrix.free_of(fixed)
    hierarchy = Hierarchy.of(reduced, fixed)
    x, iterations = np.zeros_like(b), 0
    for k in range(b.shape[1]):
        right = np.where(fixed, 0.0, b[:, k].reshape(grid))
        column, count = conjugate_gradients(lambda v: reduced @ v, right, hierarchy.cycle, rtol)
        x[:, k] = np.where(fixed, 0.0, column).ravel()
        iterations += count
    return Solution(x.reshape(shape), iterations)


def _solve_iteratively(matrix: Matrix, b: Array, rows: Mask | None, rtol: float, shape: tuple[int, ...]) -> Solution:
    free = np.ones(len(b)) if rows is None else (~rows).astype(np.float64)
    if isinstance(matrix, splinalg.LinearOperator):
        scale = np.ones(len(b))
    else:
        diagonal = matrix.diagonal()
        if not np.all(diagonal[free > 0.0] > 0.0):
            raise Indefinite("a sparse matrix has a diagonal entry that is not positive")
        scale = 1.0 / np.where(free > 0.0, diagonal, 1.0)
    x, iterations = np.zeros_like(b), 0
    for k in range(b.shape[1]):
        column, count = conjugate_gradients(lambda v: free * (matrix @ (free * v)), free * b[:, k], lambda r: scale * r, rtol)
        x[:, k] = column
        iterations += count
    return Solution(x.reshape(shape), iterations)


def conjugate_gradients(
    apply: Callable[[Array], Array], b: Array, precondition: Callable[[Array], Array], rtol: float
) -> tuple[Array, int]:
    """Preconditioned conjugate gradients (Hestenes and Stiefel 1952) from zero: (x, iterations).

    Stops at ‖b − A x‖₂ ≤ rtol ‖b‖₂, or where rounding stops it from falling. Raises `Indefinite` on a direction of
    curvature that is not positive, and `GeoflowError` after ``MAX_CG`` iterations.
    """
    x, r = np.zeros_like(b), b.copy()
    target, best, stalled = rtol * norm(b), np.inf, 0
    p: Array = np.zeros_like(b)
    rho_old: Any = None
    for iteration in range(MAX_CG):
        size = norm(r)
        if not np.isfinite(size):
            raise Indefinite("conjugate gradients left the finite numbers")
        stalled = 0 if size < 0.9 * best else stalled + 1
        best = min(best, size)
        if size <= target or (stalled >= 20 and size <= 1e-10 * norm(b)):
            return x, iteration
        z = precondition(r)
        rho = dot(r, z)
        p = z if rho_old is None else z + (rho / rho_old) * p
        q = apply(p)
        curvature = dot(p, q)
        if not curvature > 0.0 or not rho > 0.0:
            raise Indefinite("conjugate gradients met a direction of negative curvature")
        alpha = rho / curvature
        x += alpha * p
        r -= alpha * q
        rho_old = rho
    raise GeoflowError(f"conjugate gradients did not converge in {MAX_CG} iterations")
