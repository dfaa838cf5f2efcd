"""The re-entrant parts of an outline: where the domain beside it is not convex, as far as a grid can tell.

The outline's turning is seen over chords of a few spacings, so that a fine polyline, or one with a little noise, is judged as
the curve that it means. With the domain on the left a turn to the right is re-entrant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.domains.outline import Outline
from geoflow.protocols import Array, Mask

CHORD = 1.0  # spacings
TURN = 1e-4  # radians: a turn to the right by less is noise, of 1e-4 of a spacing, or a radius of 20 000 spacings


@dataclass(frozen=True, eq=False)
class Stations:
    """Points along one loop of an outline, evenly spaced, first and last being neighbours.

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


def stations(outline: Outline, spacing: float) -> list[Stations]:
    """Stations one spacing apart on each loop."""
    ends = np.append(outline.starts[1:], len(outline.points))
    return [_along(outline.points[first:last], spacing) for first, last in zip(outline.starts, ends, strict=True)]


def _along(loop: Array, spacing: float) -> Stations:
    closed = np.concatenate([loop, loop[:1]])
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed[:, :2], axis=0).T))])
    count = max(int(np.ceil(way[-1] / spacing)), 8)
    place, chord = np.arange(count) * (way[-1] / count), min(CHORD * spacing, way[-1] / 8.0)

    def at(s: Array) -> Array:
        return np.stack([np.interp(s % way[-1], way, column) for column in closed.T], axis=1)

    here, before, after = at(place), at(place - chord)[:, :2], at(place + chord)[:, :2]
    (ax, ay), (bx, by) = (here[:, :2] - before).T, (after - here[:, :2]).T
    turn = np.arctan2(ax * by - ay * bx, ax * bx + ay * by)
    tangent = after - before
    normals = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) / np.maximum(np.hypot(*tangent.T), 1e-300)[:, None]
    radius = np.where(_eroded(turn < -TURN), chord / np.maximum(-turn, TURN), np.inf)
    return Stations(here, normals, radius, way[-1] / count)


def _eroded(turning: Mask) -> Mask:
    """Stretches of a loop without their ends, where chords see what begins beside them; those of two stations or fewer whole."""
    before, after = np.roll(turning, 1), np.roll(turning, -1)
    inner = turning & before & after
    return inner | (turning & ~(np.roll(inner, 1) | np.roll(inner, -1)))
