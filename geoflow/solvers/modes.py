"""The modes of a linear flow G v' = −H v: H e = λ G e with ⟨G eᵢ, eⱼ⟩ = δᵢⱼ, all of them, by LAPACK.

Symmetric H and G make the eigenvalues of G⁻¹H real and its eigenvectors orthogonal in the metric: no flow of a gradient turns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from geoflow.errors import BadInput, Indefinite
from geoflow.protocols import Array, Mask, Matrix
from geoflow.solvers.linear import held_rows
from geoflow.solvers.matrices import as_dense
from geoflow.solvers.stencil import Stencil

LARGEST = 2_000  # unknowns, for O(n³) work and O(n²) memory at every call


@dataclass(frozen=True, eq=False)
class Modes:
    """λ : (k,) increasing, and the vectors as columns, (n, k), zero where fixed; n rows as the matrix has, k of them free."""

    values: Array
    vectors: Array

    def apply(self, f: Array, p: Array) -> Array:
        """Σ f_k e_k ⟨p, e_k⟩ for a covector p and one factor for each mode, in the shape of p."""
        flat = p.reshape(len(self.vectors), -1)
        return (self.vectors @ (f[:, None] * (self.vectors.T @ flat))).reshape(p.shape)


def modes(hessian: Matrix, gram: Matrix, fixed: Mask | None = None) -> Modes:
    """All the modes of (H, G) on the free unknowns; fixed as for `solve`.

    Raises
    ------
    BadInput
        For more than `LARGEST` unknowns, or matrices that are known only by what they do.
    Indefinite
        When G is not positive definite, or a matrix is not finite.
    """
    size = hessian.shape[0]
    free = np.arange(size) if fixed is None else np.flatnonzero(~held_rows(fixed, size))
    if len(free) > LARGEST:
        raise BadInput(
            "unknowns", len(free), f"all modes are computed for up to {LARGEST}: take another method, such as SDIRK2()"
        )
    dense = []
    for matrix in (hessian, gram):
        if not isinstance(matrix, (np.ndarray, Stencil)) and not hasattr(matrix, "tocsr"):
            raise BadInput("matrix", type(matrix).__name__, "its modes are not to be had: take another method, such as SDIRK2()")
        dense.append(as_dense(matrix)[np.ix_(free, free)])
    try:
        values, inner = linalg.eigh(*dense)
    except (linalg.LinAlgError, ValueError) as error:
        raise Indefinite(f"no modes: {error}") from None
    vectors = np.zeros((size, len(free)))
    vectors[free] = inner
    return Modes(values, vectors)
