"""Where an outline comes to a point, between two of its segments, that is too sharp for any grid.

However fine a grid is, beside such a point the domain is narrower than NARROW spacings over more than TIP spacings along the
wire, or a gap outside of it is too narrow to be seen: it is refused, or followed by luck. See `crossings`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoflow.domains.crossings import NARROW, TIP
from geoflow.domains.outline import Outline
from geoflow.protocols import Array

SHARP = 2.0 * np.arcsin(NARROW / TIP)  # 29°: of 160 grids over tips of 30° none is refused, of 28° some, of 14° all
OPEN = 1.5  # times as much may the strands be apart in direction from afar
TRIED = 8  # points: the nearest


class Point(NamedTuple):
    """Where a wire comes to a point, and its angle in degrees."""

    x: float
    y: float
    degrees: float


def pointed(outline: Outline, place: tuple[float, float], spacing: float) -> Point | None:
    """The nearest point of the wire that is too sharp, if the strands that meet in it are what is narrow at a place."""
    at, following = outline.points[:, :2], outline.following
    before = np.empty_like(following)
    before[following] = np.arange(len(following))
    angle = _between(at[before] - at, at[following] - at)
    sharp = np.flatnonzero(angle < SHARP)
    away = np.hypot(*(at[sharp] - place).T)
    order = np.argsort(away)[:TRIED]
    for vertex, distance in zip(sharp[order], away[order], strict=True):
        strands = _strands(outline, int(vertex), max(float(distance), NARROW * spacing))
        along = strands * (distance / np.maximum(np.hypot(*strands.T), distance))[:, None]
        aside = float(np.min(np.hypot(*(at[vertex] + along - place).T)))
        near = distance <= NARROW * spacing or aside <= NARROW * spacing
        if near and float(_between(*strands[:, None])[0]) < OPEN * SHARP:
            x, y = at[vertex]
            return Point(float(x), float(y), float(np.degrees(angle[vertex])))
    return None


def _between(one: Array, other: Array) -> Array:
    """The angles, 0 … π, between steps (k, 2), whose squares may underflow."""
    one, other = (step / np.hypot(*step.T)[:, None] for step in (one, other))
    out: Array = np.arctan2(np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]), np.sum(one * other, axis=1))
    return out


def _strands(outline: Outline, vertex: int, reach: float) -> Array:
    """The steps from a point to what is so far from it along the wire, behind it and ahead, (2, 2); a third round at most."""
    loop = int(np.searchsorted(outline.starts, vertex, side="right")) - 1
    begin, end = (int(k) for k in np.append(outline.starts, len(outline.points))[loop : loop + 2])
    ring = np.roll(outline.points[begin:end, :2], begin - vertex, axis=0)
    ring = np.concatenate([ring, ring[:1]])
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))])
    reach = min(reach, arc[-1] / 3.0)
    ends = np.array([[np.interp(at, arc, ring[:, axis]) for axis in (0, 1)] for at in (arc[-1] - reach, reach)])
    out: Array = ends - ring[0]
    return out
