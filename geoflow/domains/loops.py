"""Loops of points in space as users give them: closed, or joined where their ends nearly meet, or refused by name and place."""

from __future__ import annotations

import numpy as np

from geoflow.domains.outline import REPEATS, bounded
from geoflow.errors import BadInput
from geoflow.io.edges import JOIN, place
from geoflow.protocols import Array

SMALL = 0.1  # of the median side: a gap as small is no side of its own
WIDE = 4.0  # times the longest side: a gap as wide is no side that was left out


def closed_loops(loops: list[Array], name: str) -> tuple[list[Array], str]:
    """The loops (k, 2) or (k, 3) without a repeated first point, and a sentence on what was joined, or nothing.

    Errors name the loop and the point, counted from 1.
    """
    counted = [f"{name}, loop {k + 1}" if len(loops) > 1 else name for k in range(len(loops))]
    closed = [_closed(loop, said) for loop, said in zip(loops, counted, strict=True)]
    gaps = [gap for _, gap in closed if gap > 0.0]
    return [points for points, _ in closed], joined(max(gaps, default=0.0))


def joined(gap: float) -> str:
    """What is said of ends that were joined over a gap; nothing where there was none."""
    return f"its ends, {gap:.2g} apart, are joined" if gap > 0.0 else ""


def _closed(loop: Array, name: str) -> tuple[Array, float]:
    points = bounded(loop, name)
    explicit = len(points) > 1 and np.array_equal(points[0], points[-1])
    points = points[:-1] if explicit else points
    same = np.flatnonzero(np.all(np.diff(points, axis=0) == 0.0, axis=1))
    if same.size:
        raise BadInput(f"{name}, point {same[0] + 2}", points[same[0] + 1].tolist(), REPEATS)
    if len(points) < 3:
        raise BadInput(name, f"{len(points)} points", "a closed wire has at least three points")
    if np.array_equal(points[0], points[-1]):
        raise BadInput(f"{name}, point {len(points)}", points[-1].tolist(), "it repeats the first point twice: close it once")
    if explicit:
        return points, 0.0
    sides, gap = np.linalg.norm(np.diff(points, axis=0), axis=1), float(np.linalg.norm(points[0] - points[-1]))
    if gap <= JOIN * float(np.linalg.norm(np.ptp(points, axis=0))) and gap <= SMALL * float(np.median(sides)) and len(points) > 3:
        return points[:-1], gap
    if gap > WIDE * float(np.max(sides)):
        where = f"ends at {place(points[0])} and {place(points[-1])}, {gap:.3g} apart"
        raise BadInput(name, where, "a wire is closed: join its ends, or repeat the first point for a straight side between them")
    return points, 0.0
