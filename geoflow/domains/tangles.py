"""Where a closed polyline crosses itself, or another one: segments are compared with those that share a box with them.

The boxes are a coarse grid over all, fine enough that few segments share one (Franklin, Cartographica 21, 1984).
"""

from __future__ import annotations

import numpy as np

from geoflow.protocols import Array

FINEST = 4096  # boxes a side


def crossing(a: Array, b: Array, following: np.ndarray) -> tuple[float, float] | None:
    """A place where two of the segments from a to b, (m, 2) each, meet; None if only neighbours do, and only at their ends.

    following: the index of each segment's next one.
    """
    back = np.flatnonzero(_turn(a, b, b[following]) == 0.0)
    onwards = np.sum((b[back] - a[back]) * (b[following[back]] - b[back]), axis=1)
    if np.any(onwards < 0.0):
        x, y = b[back[np.argmax(onwards < 0.0)]]
        return float(x), float(y)
    members, boxes = _boxed(a, b)
    for shift in range(1, len(members)):
        together = np.flatnonzero(boxes[shift:] == boxes[:-shift])
        if not together.size:
            break
        k, l = members[together], members[together + shift]
        apart = (following[k] != l) & (following[l] != k)
        found = _meet(a, b, k[apart], l[apart])
        if found is not None:
            return found
    return None


def _turn(p: Array, q: Array, r: Array) -> Array:
    """Twice the signed area of the triangles p q r."""
    return (q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0])


def _meet(a: Array, b: Array, k: np.ndarray, l: np.ndarray) -> tuple[float, float] | None:
    """A common point of segments k and l, or None."""
    overlap = np.all(
        (np.minimum(a[k], b[k]) <= np.maximum(a[l], b[l])) & (np.minimum(a[l], b[l]) <= np.maximum(a[k], b[k])), axis=1
    )
    k, l = k[overlap], l[overlap]
    from_k, to_k = _turn(a[l], b[l], a[k]), _turn(a[l], b[l], b[k])
    astride = np.sign(from_k) * np.sign(to_k) <= 0.0
    astride &= np.sign(_turn(a[k], b[k], a[l])) * np.sign(_turn(a[k], b[k], b[l])) <= 0.0
    hit = np.flatnonzero(astride)
    if not hit.size:
        return None
    first = hit[np.argmin(k[hit])]
    span = from_k[first] - to_k[first]
    t = from_k[first] / span if span != 0.0 else 0.0
    x, y = a[k[first]] + t * (b[k[first]] - a[k[first]])
    return float(x), float(y)


def _boxed(a: Array, b: Array) -> tuple[np.ndarray, np.ndarray]:
    """Segments and the boxes that they may touch, sorted by box."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    origin, size = low.min(axis=0), np.maximum(np.ptp(np.concatenate([low, high]), axis=0), 1e-300)
    sides = min(max(len(a) // 4, 1), FINEST)
    while True:
        first, last = (np.minimum((c - origin) / size * sides, sides - 1).astype(np.int64) for c in (low, high))
        wide, tall = (last - first + 1).T
        if sides == 1 or np.sum(wide * tall) <= 16 * len(a):
            break
        sides = (sides + 1) // 2
    members = np.repeat(np.arange(len(a)), wide * tall)
    within = np.arange(len(members)) - np.repeat(np.cumsum(wide * tall) - wide * tall, wide * tall)
    boxes = (first[members, 1] + within // wide[members]) * sides + first[members, 0] + within % wide[members]
    order = np.argsort(boxes, kind="stable")
    return members[order], boxes[order]
