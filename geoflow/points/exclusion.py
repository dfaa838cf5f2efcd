"""Proof that the zeros of f = dV in a box are those that were found: branch and prune, with Krawczyk's interval Newton method.

With m the middle of a cell X, r its half sides, H ⊇ d²V(X) and C ≈ H(m)⁻¹ (Krawczyk 1969; Neumaier 1990, ch. 5):
every zero in X lies in K = m − C f(m) + (I − C H)(X − m), and if K lies inside X there is exactly one. Where |I − C H| r < r
there is at most one. A cell goes if V is defined nowhere in it, if f or its mean value form excludes 0, if K misses it, or if
it lies in a cell that a found zero has for itself. What is left is halved across the side that widens K most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.formula.enclosures import Enclosures
from geoflow.protocols import Array, Mask

BATCH = 1024
WORK = 500_000  # cells times d, after which the rest stays open
SMALLEST = 1e-6  # of the box: a cell this small that does not go stays open
MANY_OPEN = 300
TRIED = 100  # of the cells that stay open, for a zero on their edge
RADII = 2.0 ** -np.arange(1.0, 34.0)
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Proof:
    """What is known of the box.

    alone : (k,) where a found zero is proven to be one, and the only one in a cell around it
    missing : (j, d) middles of cells with a zero that is none of those
    open : (i, d) middles of cells of which nothing is known
    cells : how many were examined
    """

    alone: Mask
    missing: Array
    open: Array
    cells: int


def prove(enclosures: Enclosures, found: Array, lo: Array, hi: Array) -> Proof:
    """Cells around the found zeros (k, d), and the exclusion of the rest of the box."""
    with np.errstate(all="ignore"):
        radius = _own_cells(enclosures, found, hi - lo)
        alone = np.any(radius > 0.0, axis=1)
        own = found[alone] - radius[alone], found[alone] + radius[alone]
        missing: list[Array] = []
        undecided: list[Array] = []
        cells, stack = 0, [(lo[None], hi[None])]
        while stack and cells * len(lo) < WORK and len(undecided) < MANY_OPEN:
            a, b = stack.pop()
            a, b, rest = a[:BATCH], b[:BATCH], (a[BATCH:], b[BATCH:])
            if len(rest[0]):
                stack.append(rest)
            cells += len(a)
            a, b, lonely, axis, small = _pruned(enclosures, a, b, own, SMALLEST * (hi - lo))
            missing += list(0.5 * (a + b)[lonely])
            undecided += list(0.5 * (a + b)[small & ~lonely])
            go_on = ~small & ~lonely
            if np.any(go_on):
                stack.append(halved(a[go_on], b[go_on], axis[go_on]))
        on_edges, undecided = _on_edges(enclosures, np.array(undecided).reshape(-1, len(lo)), lo, hi)
        undecided += [m for a, b in stack for m in 0.5 * (a + b)[:MANY_OPEN]]
    shape = (-1, len(lo))
    return Proof(alone, np.array(missing + on_edges).reshape(shape), np.array(undecided).reshape(shape), cells)


def _on_edges(E: Enclosures, undecided: Array, lo: Array, hi: Array) -> tuple[list[Array], list[Array]]:
    """Zeros on the edges of cells, each proven in a cell of its own around it; and the cells that are in none of these."""
    missing: list[Array] = []
    for _ in range(TRIED):
        if not len(undecided):
            break
        middle = undecided[:1]
        (f, _), (C, _), _, smooth = _krawczyk(E, middle, middle, middle)
        zero = middle[0] - C[0] @ f[0]
        radius = _own_cells(E, zero[None], hi - lo)[0] if smooth[0] else np.zeros_like(zero)
        its = np.all(np.abs(undecided - zero) + SMALLEST * (hi - lo) <= radius, axis=1)
        margin = 1e-9 * (hi - lo)
        if its[0] and np.all((zero > lo + margin) & (zero < hi - margin)):
            missing.append(zero)
            undecided = undecided[~its]
        else:
            undecided = np.roll(undecided, -1, axis=0)
    return missing, list(undecided)


def _own_cells(E: Enclosures, found: Array, side: Array) -> Array:
    """The largest half sides (k, d) of a cell around each found zero that holds it and no other zero; 0 where none is proven."""
    radius = np.zeros_like(found)
    for k, x in enumerate(found):
        r = RADII[:, None] * side
        (f, spread), (C, _), contraction, smooth = _krawczyk(E, x - r, x + r, x)
        off = np.einsum("nij,nj->ni", np.abs(C), np.abs(f) + spread)
        proven = smooth & np.all(off + np.einsum("nij,nj->ni", contraction, r) < r, axis=1)
        if np.any(proven):
            radius[k] = r[np.argmax(proven)]
    return radius


def _krawczyk(E: Enclosures, a: Array, b: Array, m: Array) -> tuple[tuple[Array, Array], tuple[Array, Array], Array, Mask]:
    """f(m) as middle and radius; C and the magnitude of H(X); |I − C H|; and where all this may be used. All outward."""
    m = np.broadcast_to(m, a.shape)
    low, high = E.gradient(m, m)
    f, spread = 0.5 * (low + high), 0.5 * (high - low) * (1.0 + 8.0 * EPS) + 1e-300
    low, high = E.hessian(a, b)
    _, smooth = E.value(a, b)
    smooth = (
        smooth & np.all(np.isfinite(low) & np.isfinite(high), axis=(1, 2)) & np.all(np.isfinite(f) & np.isfinite(spread), axis=1)
    )
    low, high = np.where(smooth[:, None, None], low, 0.0), np.where(smooth[:, None, None], high, 0.0)
    middle, half = 0.5 * (low + high), 0.5 * (high - low) * (1.0 + 4.0 * EPS) + 1e-300
    d = a.shape[1]
    identity = np.eye(d)
    flat = np.abs(np.linalg.det(middle)) <= 1e-12 * np.max(np.abs(middle), axis=(1, 2)) ** d
    C = np.linalg.inv(np.where(flat[:, None, None], identity, middle))  # any C is right; a singular one is of no use
    magnitude = np.abs(middle) + half
    rounded = 4.0 * (d + 2) * EPS * (identity + np.abs(C) @ magnitude)
    contraction = np.abs(identity - C @ middle) + np.abs(C) @ half + rounded
    return (f, spread), (C, magnitude), contraction, smooth


def _pruned(
    E: Enclosures, a: Array, b: Array, own: tuple[Array, Array], smallest: Array
) -> tuple[Array, Array, Mask, np.ndarray, Mask]:
    """The cells that are left, shrunk; which hold a zero that is nobody's; the axis to halve each across; which were small."""
    inside = np.any(np.all((a[:, None] >= own[0]) & (b[:, None] <= own[1]), axis=2), axis=1)
    a, b = a[~inside], b[~inside]
    low, high = E.gradient(a, b)
    empty = np.isnan(E.value(a, b)[0][0])
    kept = ~empty & np.all(~(low > 0.0) & ~(high < 0.0), axis=1)
    a, b = a[kept], b[kept]
    m = 0.5 * (a + b)
    r = np.maximum(b - m, m - a) * (1.0 + 2.0 * EPS)
    (f, spread), (C, magnitude), contraction, smooth = _krawczyk(E, a, b, m)
    gone = smooth & np.any(np.abs(f) > (spread + np.einsum("nij,nj->ni", magnitude, r)) * (1.0 + 1e-14), axis=1)
    shift = -np.einsum("nij,nj->ni", C, f)
    reach = np.einsum("nij,nj->ni", np.abs(C), spread + 1e-14 * np.abs(f)) + np.einsum("nij,nj->ni", contraction, r)
    reach = reach * (1.0 + 1e-14) + 4.0 * EPS * np.abs(m)
    inner, outer = m + shift - reach, m + shift + reach
    gone |= smooth & np.any((inner > b) | (outer < a), axis=1)
    sure = smooth & ~gone & np.all((inner > a) & (outer < b), axis=1)  # K inside X: exactly one zero, in K
    apart = np.all(np.any((inner[:, None] > own[1]) | (outer[:, None] < own[0]), axis=2), axis=1)
    known = np.any(np.all((inner[:, None] >= own[0]) & (outer[:, None] <= own[1]), axis=2), axis=1)
    use = smooth[:, None]
    new_a, new_b = np.where(use, np.maximum(a, inner), a), np.where(use, np.minimum(b, outer), b)
    widening = np.where(use, np.einsum("nij,nj,ni->nj", contraction, r, 1.0 / r), 0.0)
    axis = np.where(smooth & (np.max(widening, axis=1) > 0.0), np.argmax(widening, axis=1), np.argmax(r, axis=1))
    left = ~gone & ~(sure & known)
    return new_a[left], new_b[left], (sure & apart)[left], axis[left], np.all(b - a < smallest, axis=1)[left]


def halved(a: Array, b: Array, axis: np.ndarray) -> tuple[Array, Array]:
    """Each cell cut in two across its axis; first all lower halves, then all upper ones."""
    rows, middle = np.arange(len(a)), 0.5 * (a + b)
    upper, lower = a.copy(), b.copy()
    upper[rows, axis] = lower[rows, axis] = middle[rows, axis]
    return np.concatenate([a, upper]), np.concatenate([lower, b])
