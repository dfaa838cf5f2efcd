"""The re-entrant parts of an outline: where the domain beside it is not convex, as far as a grid can tell.

With the domain on the left a turn to the right is re-entrant. The turning is seen over chords, short ones for what is curved and
longer ones for what is so gently, so that a fine polyline is judged as the curve that it means, and coordinates that were
rounded to six digits make no convex outline re-entrant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.domains.outline import Outline
from geoflow.protocols import Array, Mask

SHORTEST = 1.0 / 200.0  # of the outline's extent: chords are no shorter than this, nor than a spacing
LONGER = (1.0, 8.0)
CHORDS = 64  # a loop, over which it is asked how far it is from convex
TURN = 1e-3  # radians: a turn to the right by less is noise, or a radius of 40 times the extent
SKEW = 0.618  # the slope of a line along which no two corners of a drawing are level


@dataclass(frozen=True, eq=False)
class Stations:
    """Points along one loop of an outline, evenly spaced, first and last being neighbours, the sharpest corner between them.

    Attributes
    ----------
    points : (k, 3)
        On the outline, with its heights.
    normals : (k, 2)
        Unit vectors into the domain.
    radius : (k,)
        Of re-entrant curvature; inf where the outline is straight or turns to the left.
    step : float
        The way from one to the next along the outline.
    """

    points: Array
    normals: Array
    radius: Array
    step: float


def reentrant(outline: Outline, spacing: float) -> list[Stations]:
    """Stations one spacing of a grid apart, on each loop that is re-entrant anywhere; none where the domain is convex."""
    return [loop for loop in stations(outline, spacing) if np.any(np.isfinite(loop.radius))]


def dents(outline: Outline) -> float:
    """By how much the loops turn the wrong way in all, in radians, holes judged from within: 0 where all of them are convex.

    Seen over chords of a 64th of each loop: noise of 10⁻⁴ of a loop makes a tenth.
    """
    total = 0.0
    for loop in np.split(outline.points[:, :2], outline.starts[1:]):
        closed = np.concatenate([loop, loop[:1]])
        way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
        at = np.stack([np.interp(np.linspace(0.0, way[-1], CHORDS + 1), way, column) for column in closed.T], axis=1)
        side = np.diff(at, axis=0)
        after = np.roll(side, -1, axis=0)
        turn = np.arctan2(side[:, 0] * after[:, 1] - side[:, 1] * after[:, 0], np.sum(side * after, axis=1))
        total += max(0.5 * (float(np.sum(np.abs(turn))) - 2.0 * np.pi), 0.0)
    return total


def stations(outline: Outline, spacing: float) -> list[Stations]:
    """Stations one spacing of a grid apart, on each loop."""
    x0, x1, y0, y1 = outline.bounds
    chord = max(spacing, SHORTEST * max(x1 - x0, y1 - y0))
    ends = np.append(outline.starts[1:], len(outline.points))
    return [_along(outline.points[first:last], spacing, chord) for first, last in zip(outline.starts, ends, strict=True)]


def _along(loop: Array, spacing: float, chord: float) -> Stations:
    loop = np.roll(loop, -_sharpest(loop), axis=0)
    closed = np.concatenate([loop, loop[:1]])
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed[:, :2], axis=0).T))])
    count = max(int(np.ceil(way[-1] / spacing)), 16)
    step = way[-1] / count
    place = (np.arange(count) + 0.5) * step

    def at(s: Array) -> Array:
        return np.stack([np.interp(s % way[-1], way, column) for column in closed.T], axis=1)

    here, radius = at(place), np.full(count, np.inf)
    for length in (min(longer * chord, way[-1] / 8.0) for longer in reversed(LONGER)):
        before, after = at(place - length)[:, :2], at(place + length)[:, :2]
        (ax, ay), (bx, by) = (here[:, :2] - before).T, (after - here[:, :2]).T
        turn = np.arctan2(ax * by - ay * bx, ax * bx + ay * by)
        inwards = _eroded(turn < -TURN, int(np.rint(length / step)))
        radius = np.where(inwards, length / np.maximum(-turn, TURN), radius)
    tangent = (after - before) / np.maximum(np.hypot(*(after - before).T), 1e-300)[:, None]
    return Stations(here, np.stack([-tangent[:, 1], tangent[:, 0]], axis=1), radius, step)


def _sharpest(loop: Array) -> int:
    """The point of a loop where it turns to the right the most; of those that do it alike the first along a skew line."""
    (ax, ay), (bx, by) = (loop - np.roll(loop, 1, axis=0))[:, :2].T, (np.roll(loop, -1, axis=0) - loop)[:, :2].T
    turn = np.arctan2(ax * by - ay * bx, ax * bx + ay * by)
    alike = np.flatnonzero(turn <= np.min(turn) + TURN)
    return int(alike[np.argmin(loop[alike, 0] + SKEW * loop[alike, 1])])


def _eroded(turning: Mask, ends: int) -> Mask:
    """Stretches of a loop without their ends, where chords see what begins beside them; corners keep their middle."""
    for _ in range(ends):
        inner = turning & np.roll(turning, 1) & np.roll(turning, -1)
        turning = inner | (turning & ~(np.roll(inner, 1) | np.roll(inner, -1)))
    return turning
