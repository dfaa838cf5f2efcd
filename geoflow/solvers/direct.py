"""Matrices that are solved with at once: diagonal ones, many small ones side by side, and whatever is factorised.

Each has the methods of `linear.Solver`. Where a matrix is not positive definite, they say so before anything is solved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse
from scipy.sparse import linalg as splinalg

from geoflow.errors import GeoflowError, Indefinite
from geoflow.protocols import Array, Mask
from geoflow.solvers.krylov import Solution


class Diagonal:
    """A diagonal matrix."""

    def __init__(self, diagonal: Array, rows: Mask | None) -> None:
        kept = diagonal if rows is None else np.where(rows, np.inf, diagonal)
        if not np.min(kept) > 0.0:
            raise Indefinite("a diagonal matrix has an entry that is not positive")
        self.diagonal = kept[:, None]

    def solve(self, b: Array, rtol: float, floor: float) -> Solution:
        """b over the diagonal."""
        return Solution(b / self.diagonal, 0)


class Blocks:
    """Many small systems, (m, d, d), on the diagonal of one matrix: factorised and solved side by side."""

    def __init__(self, blocks: Array, rows: Mask | None) -> None:
        kept = np.ones(blocks.shape[:2], dtype=bool) if rows is None else ~rows.reshape(blocks.shape[:2])
        both = kept[:, :, None] & kept[:, None, :]
        try:
            # A batch of factorisations stops at the first block that has none, which is all that is to be known of it.
            factors = np.linalg.cholesky(np.where(both, blocks, np.eye(blocks.shape[1])))
        except np.linalg.LinAlgError as error:
            raise Indefinite("a block of a block-diagonal matrix is not positive definite") from error
        self.inverse, self.kept = np.linalg.inv(factors), kept.reshape(-1, 1)

    def solve(self, b: Array, rtol: float, floor: float) -> Solution:
        """L⁻ᵀ L⁻¹ b, block by block."""
        m, d = self.inverse.shape[:2]
        y = self.inverse @ (self.kept * b).reshape(m, d, -1)
        return Solution(self.kept * (np.swapaxes(self.inverse, 1, 2) @ y).reshape(b.shape), 1)


@dataclass(frozen=True, eq=False)
class Direct:
    """A factorisation of the rows and columns ``free``."""

    free: np.ndarray
    inverse: Callable[[Array], Array]

    def solve(self, b: Array, rtol: float, floor: float) -> Solution:
        """By substitution."""
        x = np.zeros_like(b)
        x[self.free] = self.inverse(b[self.free])
        return Solution(x, 1)


def cholesky(matrix: Array) -> Callable[[Array], Array]:
    """b ↦ A⁻¹ b, by the factors L Lᵀ of a dense matrix."""
    try:
        factor = linalg.cho_factor(matrix, lower=True)
    except linalg.LinAlgError as error:  # before ValueError, of which it is one
        raise Indefinite("a dense matrix is not positive definite") from error
    except ValueError as error:
        raise GeoflowError("a linear system left the finite numbers") from error
    return lambda b: linalg.cho_solve(factor, b, check_finite=False)


def factorise(matrix: sparse.csr_array) -> Callable[[Array], Array]:
    """b ↦ A⁻¹ b, by the factors of a sparse matrix."""
    # SuperLU without pivoting off the diagonal is L D Lᵀ in effect, so the signs of U's diagonal are the inertia; where a
    # pivot is too small it leaves the diagonal all the same, which a positive definite matrix never makes it do.
    options = {"SymmetricMode": True}
    try:
        lu = splinalg.splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
    except RuntimeError as error:
        raise Indefinite("a sparse matrix is singular") from error
    if not np.array_equal(lu.perm_r, lu.perm_c) or not np.all(lu.U.diagonal() > 0.0):
        raise Indefinite("a sparse matrix is not positive definite")
    return lu.solve
