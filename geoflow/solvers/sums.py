"""Inner products that do not depend on how many threads run: NumPy's pairwise sums instead of BLAS, which also is faster
here, since BLAS starts threads for vectors that are too short to share.
"""

from __future__ import annotations

import numpy as np

from geoflow.protocols import Array


def dot(a: Array, b: Array) -> float:
    """Σ aᵢ bᵢ over arrays of one shape, summed pairwise."""
    return float(np.sum(a * b))


def norm(a: Array) -> float:
    """√Σ aᵢ², for an array of any shape."""
    return float(np.sqrt(np.sum(a * a)))
