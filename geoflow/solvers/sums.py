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
def dot_of(a: Any, b: Any, first: int, last: int) -> float:
    """Σ a[j] b[j] over first ≤ j < last."""
    u, v = a[first:last], b[first:last]
    whole, over = u.shape[0] // 8 * 8, u.shape[0] % 8
    s, t, p, q, w, x, y, z = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0  # an array of eight would take twice the time
    for j in range(0, whole, 8):
        s += u[j] * v[j]
        t += u[j + 1] * v[j + 1]
        p += u[j + 2] * v[j + 2]
        q += u[j + 3] * v[j + 3]
        w += u[j + 4] * v[j + 4]
        x += u[j + 5] * v[j + 5]
        y += u[j + 6] * v[j + 6]
        z += u[j + 7] * v[j + 7]
    s += u[whole] * v[whole] if over > 0 else 0.0
    t += u[whole + 1] * v[whole + 1] if over > 1 else 0.0
    p += u[whole + 2] * v[whole + 2] if over > 2 else 0.0
    q += u[whole + 3] * v[whole + 3] if over > 3 else 0.0
    w += u[whole + 4] * v[whole + 4] if over > 4 else 0.0
    x += u[whole + 5] * v[whole + 5] if over > 5 else 0.0
    y += u[whole + 6] * v[whole + 6] if over > 6 else 0.0
    return ((s + t) + (p + q)) + ((w + x) + (y + z))


@kernel
def _dots(a: Any, b: Any, sums: Any, first: int, last: int) -> None:
    for k in range(first, last):
        sums[k] = dot_of(a, b, k * PIECE, min((k + 1) * PIECE, a.shape[0]))


@kernel
def _extend(z: Any, factor: float, p: Any, first: int, last: int) -> None:
    for k in range(first, last):
        given, taken = z[k * PIECE : (k + 1) * PIECE], p[k * PIECE : (k + 1) * PIECE]
        if factor == 0.0:
            for j in range(taken.shape[0]):
                taken[j] = given[j]
            continue
        for j in range(taken.shape[0]):
            taken[j] = given[j] + factor * taken[j]


@kernel
def _advance(alpha: float, p: Any, q: Any, x: Any, r: Any, anew: bool, sums: Any, first: int, last: int) -> None:
    for k in range(first, last):
        low, high = k * PIECE, min((k + 1) * PIECE, x.shape[0])
        if anew:
            for j in range(low, high):
                x[j] = 0.0
        for j in range(low, high):
            x[j] += alpha * p[j]
            r[j] -= alpha * q[j]
        sums[k] = dot_of(r, r, low, high)


@kernel
def _moved(x: Any, factor: float, v: Any, out: Any, first: int, last: int) -> None:
    for k in range(first, last):
        low, high = k * PIECE, min((k + 1) * PIECE, x.shape[0])
        a, b, c = x[low:high], v[low:high], out[low:high]
        for j in range(c.shape[0]):
            c[j] = a[j] + factor * b[j]


@kernel
def _quotients(a: Any, weights: Any, sums: Any, first: int, last: int) -> None:
    part = np.zeros(PIECE)
    for k in range(first, last):
        low, high = k * PIECE, min((k + 1) * PIECE, a.shape[0])
        given, weight = a[low:high], weights[low:high]
        for j in range(given.shape[0]):
            part[j] = given[j] / weight[j] if given[j] != 0.0 else 0.0
        sums[k] = dot_of(given, part, 0, given.shape[0])


@kernel
def _distance(x: Any, a: Any, weights: Any, sums: Any, first: int, last: int) -> None:
    gap, part = np.zeros(PIECE), np.zeros(PIECE)
    for k in range(first, last):
        low, high = k * PIECE, min((k + 1) * PIECE, x.shape[0])
        there, here, weight = x[low:high], a[low:high], weights[low:high]
        for j in range(there.shape[0]):
            gap[j] = there[j] - here[j]
            part[j] = weight[j] * gap[j]
        sums[k] = dot_of(part, gap, 0, there.shape[0])


@kernel
def _pulled(p: Any, factor: float, weights: Any, x: Any, a: Any, out: Any, first: int, last: int) -> None:
    for k in range(first, last):
        low, high = k * PIECE, min((k + 1) * PIECE, x.shape[0])
        given, weight, there, here, taken = p[low:high], weights[low:high], x[low:high], a[low:high], out[low:high]
        for j in range(taken.shape[0]):
            taken[j] = given[j] + factor * (weight[j] * (there[j] - here[j]))


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
    if u.size <= PIECE:  # one piece, its own sum
        return dot_of(u, v, 0, u.size)
    sums = np.empty(_pieces(u.size))
    strips(_dots, (0, len(sums)), u.size, u, v, sums)
    return float(np.sum(sums))


def norm(a: Array) -> float:
    """√Σ aᵢ², for an array of any shape."""
    return float(np.sqrt(dot(a, a)))


def norm_over(a: Array, weights: Array) -> float:
    """√Σ aᵢ² / wᵢ over the entries of an array that are not zero, for as many positive weights."""
    sums = np.empty(_pieces(a.size))
    strips(_quotients, (0, len(sums)), a.size, _flat(a), _flat(weights), sums)
    return float(np.sqrt(np.sum(sums)))


def distance(x: Array, a: Array, weights: Array) -> float:
    """Σ wᵢ (xᵢ − aᵢ)², for arrays of one size."""
    sums = np.empty(_pieces(x.size))
    strips(_distance, (0, len(sums)), x.size, _flat(x), _flat(a), _flat(weights), sums)
    return float(np.sum(sums))


def pulled(p: Array, factor: float, weights: Array, x: Array, a: Array) -> Array:
    """pᵢ + factor · wᵢ (xᵢ − aᵢ), for arrays of one size; in the shape of p."""
    out = memory.empty(p.shape)
    strips(_pulled, (0, _pieces(p.size)), p.size, _flat(p), factor, *map(_flat, (weights, x, a)), out.reshape(-1))
    return out


def zeroed(p: Array, fixed: Mask) -> Array:
    """A copy of p that is zero where fixed, a mask in the shape of p or of its leading axes."""
    out, held = memory.empty(p.shape), np.ascontiguousarray(fixed).reshape(-1)
    if held.size < p.size:
        held = np.repeat(held, p.size // held.size)
    strips(_zeroed, (0, _pieces(p.size)), p.size, _flat(p), held, out.reshape(-1))
    return out


def extent(x: Array) -> float:
    """The length that a shift of x does not change: max x − min x; where that is zero max |x|, or 1."""
    return float(np.ptp(x)) or float(np.max(np.abs(x))) or 1.0


def moved(x: Array, factor: float, v: Array) -> Array:
    """x + factor · v, for arrays of one shape."""
    if x.size <= PIECE:
        return x + factor * v
    out = memory.empty(x.shape)
    strips(_moved, (0, _pieces(x.size)), x.size, _flat(x), factor, _flat(v), out.reshape(-1))
    return out


def scaled(factor: float, v: Array) -> Array:
    """factor · v."""
    return np.multiply(factor, v, out=None if v.size <= PIECE else memory.empty(v.shape))


def combined(x: Array | None, *terms: tuple[float, Array]) -> Array:
    """x + (Σ factor · v), for arrays of one shape, the sum from left to right; without x at least one term."""
    if not terms:
        assert x is not None
        return x
    total = scaled(*terms[0])
    for factor, v in terms[1:]:
        total = moved(total, factor, v)
    return total if x is None else moved(x, 1.0, total)


def extend(z: Array, factor: float, p: Array) -> None:
    """p = z + factor · p, for contiguous arrays of one shape; what p was does not matter to 0 · p."""
    strips(_extend, (0, _pieces(z.size)), z.size, z.reshape(-1), factor, p.reshape(-1))


def advance(alpha: float, p: Array, q: Array, x: Array, r: Array, anew: bool = False) -> float:
    """x += alpha · p and r −= alpha · q, for contiguous arrays of one shape; the new ‖r‖. anew: as if x had been zero."""
    sums = np.empty(_pieces(x.size))
    flat = (a.reshape(-1) for a in (p, q, x, r))
    strips(_advance, (0, len(sums)), x.size, alpha, *flat, anew, sums)
    return float(np.sqrt(np.sum(sums)))
