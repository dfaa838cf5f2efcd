"""Chords of an outline between vertices on it: how far the vertices are moved out, and what is beyond all the same.

See `cells`. A chord goes from a vertex to the next one on the outline; its bulge is the area between them.
"""

from __future__ import annotations

import numpy as np

from geoflow.domains.outline import Integers
from geoflow.protocols import Array

FARTHEST = 0.1  # of a spacing: a circle of radius R moves its vertices by h² / 12 R or so


def moved_out(x: Array, y: Array, ends: Integers, bulge: Array, size: float) -> tuple[tuple[Array, Array], Array, Array]:
    """How far each vertex moves, the shares of chords' ends in what these rise, (2, c), and the bulge that they miss, (c,).

    Where an outline has a corner on the way, not all of its bulge is followed.
    """
    start, end = ends
    dx, dy = x[end] - x[start], y[end] - y[start]
    length = np.hypot(dx, dy)
    with np.errstate(over="ignore"):
        follow = np.minimum(1.0, FARTHEST * size * length / np.maximum(np.abs(bulge), 1e-300))
    share = length / gathered(ends, np.stack([length, length]), len(x))[ends]
    distance = follow * bulge / length**2
    moves = gathered(ends, share * (distance * dy), len(x)), gathered(ends, share * (-distance * dx), len(x))
    return moves, share * follow, (1.0 - follow) * bulge


def gathered(ends: Integers, values: Array, size: int) -> Array:
    """Values at the ends of chords, (2, c), summed up at each of so many vertices."""
    return np.asarray(np.bincount(ends.ravel(), values.ravel(), size), dtype=np.float64)


def beyond_chords(corners: Integers, chords: Integers, missed: Array, size: int) -> Array:
    """What chords miss, at the triangles that have them as edges; a chord is start · size + end."""
    some = np.flatnonzero(missed)  # those at corners of an outline
    if not some.size:
        return np.zeros(len(corners))
    some = some[np.argsort(chords[some])]
    edges, chords = corners * size + corners[:, [1, 2, 0]], chords[some]
    at = np.minimum(np.searchsorted(chords, edges), len(chords) - 1)
    return np.asarray(np.sum(np.where(chords[at] == edges, missed[some][at], 0.0), axis=1), dtype=np.float64)
