"""Matrices of every kind: their sums, and what they do to a vector."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import linalg as splinalg

from geoflow.protocols import Array, Matrix
from geoflow.solvers import memory
from geoflow.solvers.stencil import Stencil
from geoflow.solvers.sums import PIECE


def is_diagonal(matrix: Matrix) -> bool:
    """Whether a matrix is a dia_array with the main diagonal alone, or a csr_array with one entry a row, on the diagonal."""
    if isinstance(matrix, sparse.dia_array):
        return len(matrix.offsets) == 1 and matrix.offsets[0] == 0
    n = matrix.shape[0]
    if not isinstance(matrix, sparse.csr_array) or matrix.nnz != n:
        return False
    return np.array_equal(matrix.indices, np.arange(n)) and np.array_equal(matrix.indptr, np.arange(n + 1))


def diagonal(matrix: Matrix) -> Array | None:
    """The diagonal; of a LinearOperator what its own method ``diagonal()`` says, None where it has none."""
    own = getattr(matrix, "diagonal", None)
    return np.asarray(own(), dtype=np.float64) if callable(own) else None


def is_blocks(matrix: Matrix) -> bool:
    """Whether a matrix is a bsr_array with one square block in each row of blocks, on the diagonal: many small systems."""
    if not isinstance(matrix, sparse.bsr_array) or matrix.blocksize[0] != matrix.blocksize[1]:
        return False
    n = matrix.shape[0] // matrix.blocksize[0]
    return np.array_equal(matrix.indices, np.arange(n)) and np.array_equal(matrix.indptr, np.arange(n + 1))


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
        return _operators(total, factor, matrix)
    if isinstance(total, Stencil) and isinstance(matrix, Stencil):
        return total.plus(factor, matrix)
    if isinstance(matrix, Stencil) and is_diagonal(total):
        return matrix.times(factor).plus_diagonal(1.0, total.diagonal())
    if isinstance(total, Stencil) and is_diagonal(matrix):
        return total.plus_diagonal(factor, matrix.diagonal())
    if is_blocks(total) and (is_diagonal(matrix) or (is_blocks(matrix) and matrix.blocksize == total.blocksize)):
        return _blocks(total.data + factor * _block_data(matrix, total.blocksize[0]))
    if is_diagonal(total) and is_blocks(matrix):
        return _blocks(factor * matrix.data + _block_data(total, matrix.blocksize[0]))
    if any(isinstance(m, np.ndarray) for m in kinds):
        return as_dense(total) + factor * as_dense(matrix)
    if is_diagonal(total) and is_diagonal(matrix):
        entries = total.diagonal() + factor * matrix.diagonal()
        return sparse.dia_array((entries[None], [0]), shape=total.shape)
    return sparse.csr_array(as_sparse(total) + factor * as_sparse(matrix))


def _blocks(data: Array) -> sparse.bsr_array:
    """The block-diagonal matrix of blocks (m, d, d)."""
    m, d = data.shape[:2]
    return sparse.bsr_array((data, np.arange(m), np.arange(m + 1)), shape=(m * d, m * d))


def _block_data(matrix: Matrix, d: int) -> Array:
    """The blocks (m, d, d) of a block-diagonal or a diagonal matrix."""
    return matrix.data if is_blocks(matrix) else matrix.diagonal().reshape(-1, d)[:, :, None] * np.eye(d)


def _operators(total: Matrix, factor: float, matrix: Matrix) -> splinalg.LinearOperator:
    """total + factor · matrix, one of them a LinearOperator; with a diagonal where both have one."""
    if is_diagonal(matrix):
        shift = factor * matrix.diagonal()  # what a sum of operators does in three passes more

        def matvec(v: Array) -> Array:
            return total.matvec(v) + shift.reshape(v.shape) * v

        both = splinalg.LinearOperator(total.shape, matvec=matvec, dtype=np.float64)
    else:
        both = _operator(total) + factor * _operator(matrix)
    if callable(getattr(total, "diagonal", None)) and callable(getattr(matrix, "diagonal", None)):
        both.diagonal = lambda: total.diagonal() + factor * matrix.diagonal()
    return both


def _operator(matrix: Matrix) -> splinalg.LinearOperator:
    return splinalg.aslinearoperator(as_sparse(matrix) if isinstance(matrix, Stencil) else matrix)


def as_sparse(matrix: Matrix) -> sparse.csr_array:
    """The matrix as a csr_array."""
    return matrix.tocsr() if isinstance(matrix, Stencil) else sparse.csr_array(matrix)


def as_dense(matrix: Matrix) -> Array:
    """The matrix as an ndarray."""
    if isinstance(matrix, np.ndarray):
        return matrix
    # SciPy's way leads through two other kinds: for a point that was a third of a step's time.
    return np.diag(matrix.diagonal()) if is_diagonal(matrix) else matrix.toarray()


def matvec(matrix: Matrix, x: Array) -> Array:
    """A x in the shape of x; the n rows of A act on ``x.reshape(n, -1)``."""
    if is_diagonal(matrix):
        columns = x.reshape(matrix.shape[0], -1)
        out = None if x.size <= PIECE else memory.empty(columns.shape)
        return np.multiply(matrix.diagonal()[:, None], columns, out=out).reshape(x.shape)
    return (matrix @ x.reshape(matrix.shape[0], -1)).reshape(x.shape)
