"""Chords of an outline between vertices on it: how far the vertices are moved out, and what is beyond all the same.

See `cells`. A chord goes from a vertex to the next one on the outline; its bulge is the area between them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.domains.outline import Integers
from geoflow.protocols import Array
from geoflow.solvers.kernels import kernel

FARTHEST = 0.1  # of a spacing: a circle of radius R moves its vertices by h² / 12 R or so


def moved_out(x: Array, y: Array, ends: Integers, bulge: Array, size: float) -> tuple[tuple[Array, Array], Array, Array, bool]:
    """How far each vertex moves, the shares of chords' ends in what these rise, (2, c), and the bulge that they miss, (c,).

    Where an outline has a corner on the way, not all of its bulge is followed: whether there is such a one.
    """
    start, end = ends
    dx, dy = x[end] - x[start], y[end] - y[start]
    length = np.hypot(dx, dy)
    with np.errstate(over="ignore"):
        follow = np.minimum(1.0, FARTHEST * size * length / np.maximum(np.abs(bulge), 1e-300))
    share = length / gathered(ends, np.stack([length, length]), len(x))[ends]
    distance = follow * bulge / length**2
    moves = gathered(ends, share * (distance * dy), len(x)), gathered(ends, share * (-distance * dx), len(x))
    missed = (1.0 - follow) * bulge + _unmet(ends, dx, dy, follow * bulge, *moves)
    return moves, share * follow, missed, bool(np.any(follow < 1.0))


def _unmet(ends: Integers, dx: Array, dy: Array, wanted: Array, out_x: Array, out_y: Array) -> Array:
    """What of the area wanted between chords and those of moved vertices these do not cover, (c,).

    Where chords turn, a vertex cannot move across both of them: of second order in how much they turn. On a chord the moved one
    encloses ½ (m₁ + m₂) × d + ½ m₁ × m₂ besides, with the moves m of its ends; what the first part lacks is told by vertices.
    """
    (ax, bx), (ay, by) = out_x[ends], out_y[ends]
    covered = np.stack([0.5 * (dy * ax - dx * ay), 0.5 * (dy * bx - dx * by)])
    at_vertex = gathered(ends, 0.5 * wanted - covered, len(out_x))
    return 0.5 * np.sum(at_vertex[ends], axis=0) - 0.5 * (ax * by - ay * bx)


def gathered(ends: Integers, values: Array, size: int) -> Array:
    """Values at the ends of chords, (2, c), summed up at each of so many vertices."""
    return np.asarray(np.bincount(ends.ravel(), values.ravel(), size), dtype=np.float64)


def beyond_chords(corners: Integers, ends: Integers, missed: Array, size: int) -> Array:
    """What chords, (c,), miss, at the triangles that have them as edges, (t,); no two chords begin at one of so many vertices."""
    chord = np.full(size, -1)
    chord[ends[0]] = np.arange(ends.shape[1])
    out = np.zeros(len(corners))
    _beyond(corners, chord, ends[1], missed, out)
    return out


@kernel
def _beyond(corners: Any, chord: Any, end: Any, missed: Any, out: Any) -> None:
    """chord: which of them begins at a vertex, −1 for none; end: where they end."""
    for m in range(out.shape[0]):
        for k in range(3):
            c = chord[corners[m, k]]
            if c >= 0 and end[c] == corners[m, (k + 1) % 3]:
                out[m] += missed[c]
