"""Inner products, and the vector operations of conjugate gradients, in one pass through memory each.

Arrays of any shape are taken as one long row and cut into pieces of a fixed length; a piece is added up in eight partial
sums, and the pieces by NumPy's pairwise sum. No BLAS, whose threads and bits change with the machine's load.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.protocols import Array, Mask
from geoflow.solvers import memory
from geoflow.solvers.kernels import kernel
from geoflow.solvers.threads import strips

PIECE = 4096


@kernel
def _dot(a: Any, b: Any, first: int, last: int) -> float:
    """Σ a[j] b[j] over first ≤ j < last."""
    part = np.zeros(8)
    whole = first + (last - first) // 8 * 8
    for j in range(first, whole, 8):
        for k in range(8):
            part[k] += a[j + k] * b[j + k]
    for j in range(whole, last):
        part[j - whole] += a[j] * b[j]
    return ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]))


@kernel
def _dots(a: Any, b: Any, sums: Any, first: int, last: int) -> None:
    for k in range(first, last):
        sums[k] = _dot(a, b, k * PIECE, min((k + 1) * PIECE, a.shape[0]))


@kernel
def _extend(z: Any, factor: float, p: Any, first: int, last: int) -> None:
    for j in range(first * PIECE, min(last * PIECE, z.shape[0])):
        p[j] = z[j] + factor * p[j]


@kernel
def _advance(alpha: float, p: Any, q: Any, x: Any, r: Any, sums: Any, first: int, last: int) -> None:
    for k in range(first, last):
        low, high = k * PIECE, min((k + 1) * PIECE, x.shape[0])
        for j in range(low, high):
            x[j] += alpha * p[j]
            r[j] -= alpha * q[j]
        sums[k] = _dot(r, r, low, high)


@kernel
def _zeroed(p: Any, fixed: Any, out: Any, first: int, last: int) -> None:
    for k in range(first, last):
        low, high = k * PIECE, min((k + 1) * PIECE, fixed.shape[0])
        held, given, taken = fixed[low:high], p[low:high], out[low:high]
        for j in range(taken.shape[0]):
            taken[j] = 0.0 if held[j] else given[j]


def _pieces(size: int) -> int:
    return -(-size // PIECE)


def _flat(a: Array) -> Array:
    return np.ascontiguousarray(a, dtype=np.float64).reshape(-1)


def dot(a: Array, b: Array) -> float:
    """Σ aᵢ bᵢ over arrays of one shape."""
    u, v = _flat(a), _flat(b)
    sums = np.empty(_pieces(u.size))
    strips(_dots, (0, len(sums)), u.size, u, v, sums)
    return float(np.sum(sums))


def norm(a: Array) -> float:
    """√Σ aᵢ², for an array of any shape."""
    return float(np.sqrt(dot(a, a)))


def zeroed(p: Array, fixed: Mask) -> Array:
    """A copy of p that is zero where fixed, a mask in the shape of p or of its leading axes."""
    out, held = memory.empty(p.shape), np.ascontiguousarray(fixed).reshape(-1)
    if held.size < p.size:
        held = np.repeat(held, p.size // held.size)
    strips(_zeroed, (0, _pieces(p.size)), p.size, _flat(p), held, out.reshape(-1))
    return out


def extend(z: Array, factor: float, p: Array) -> None:
    """p = z + factor · p, for contiguous arrays of one shape."""
    strips(_extend, (0, _pieces(z.size)), z.size, z.reshape(-1), factor, p.reshape(-1))


def advance(alpha: float, p: Array, q: Array, x: Array, r: Array) -> float:
    """x += alpha · p and r −= alpha · q, for contiguous arrays of one shape; the new ‖r‖."""
    sums = np.empty(_pieces(x.size))
    flat = (a.reshape(-1) for a in (p, q, x, r))
    strips(_advance, (0, len(sums)), x.size, alpha, *flat, sums)
    return float(np.sqrt(np.sum(sums)))
