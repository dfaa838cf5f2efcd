"""What is said of an outline that a grid cannot follow where no grid in reason could: how near its strands come to each other.

Across a part of the domain a grid must have two spacings, or it refuses it; across a gap outside of it some 0.7 may do by luck:
see `crossings` and `cells`. What comes to a point is followed by no grid: see `tips`. Who looks has a limit, WORK, so that
outlines with very many strands are refused as soon as others, with what was found by then, or without.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geoflow.domains.crossings import NARROW, TIP
from geoflow.domains.outline import Integers, Outline, Places
from geoflow.domains.tips import SHARP, Point, pointed
from geoflow.errors import TooCoarse
from geoflow.protocols import Array, Mask

FINEST = 2048  # spacings along the longer side: more are not taken without a reason
GAP = 0.7  # spacings that a gap must be wide at least
WIDE = 2.5  # spacings: where nothing is as narrow as that, what is so wide is followed to where it is narrower
WALK = 64  # times 8 spacings: no farther
MORE = 1.01  # times what was found before: less is not looked for
STEPS = 4  # places that are compared along as much wire as the widest that is looked for is wide
BEND = 6.4, 4.0  # times as far along the wire as across: less is a bend of the domain, or of a gap; a tip of 18° is no bend
TINY = 1e-300  # what is divided by at the least
WORK = 2e5  # pairs of places that are compared at most in all; other work is counted as so many of them as take as long
POINTS, SAMPLES = 0.05, 1.0  # pairs that a point of the outline takes, and a place that is to be compared
TOUCH = 1e-9  # of the longer side: strands no farther apart touch, to rounding


class Narrow(NamedTuple):
    """Where two strands of wire are how far apart, and how many spacings along the longer side that takes at least."""

    x: float
    y: float
    width: float
    spacings: float


def advised(refusal: TooCoarse, outline: Outline, spacing: float) -> TooCoarse:
    """A refusal as it is or, where a larger n is no advice, one that says what is."""
    point = pointed(outline, refusal.place, spacing)
    if point is not None:
        return _pointed(point)
    found = narrowest(outline, refusal.place, spacing)
    if found is None:
        return refusal
    x, y, width, spacings = found
    point = pointed(outline, (x, y), width)
    if point is not None:
        return _pointed(point)
    if width <= TOUCH * _side(outline):
        remedy = "the wire touches itself there, to rounding, which no grid can follow: part the strands, or leave one out"
    else:
        others = "widen it, close it or round it off; a picture's outline smooth more, or cut it at another level"
        remedy = f"so narrow a gap, part or tip may take n = {float(f'{spacings:.1e}'):.0f} or more: {others}"
    return TooCoarse(f"wire near ({x:.6g}, {y:.6g})", f"strands {width:.3g} apart, spacing {spacing:.3g}", remedy, (x, y))


def _pointed(point: Point) -> TooCoarse:
    x, y, degrees = point
    least = f"below some {np.degrees(SHARP):.0f}° no grid is sure to follow it, however fine"
    remedy = f"it comes to so sharp a point there, and {least}: round it off; a picture's outline smooth more"
    return TooCoarse(f"wire near ({x:.6g}, {y:.6g})", f"a point of {degrees:.3g}°", remedy, (x, y))


def narrowest(outline: Outline, place: tuple[float, float], spacing: float) -> Narrow | None:
    """The two strands that take the finest grid, if it is finer than FINEST, from a place on along what narrows."""
    search, side = _Search.of(outline), _side(outline)
    widths, worst, here = (NARROW * side / FINEST, WIDE * spacing), None, place
    with suppress(_Enough):
        for _ in range(WALK):
            near = (search.nearest(here, TIP * spacing, widest, spacing) for widest in widths)
            found = next((strands for strands in near if strands is not None), None)
            if found is None or (worst is not None and found.spacings <= MORE * worst.spacings):
                break
            worst, here = found, found[:2]
        while worst is not None and worst.spacings > FINEST and worst.width > TOUCH * side:
            found = search.nearest(worst[:2], TIP * worst.width, MORE * worst.width, spacing)
            if found is None or found.spacings <= MORE * worst.spacings:
                break
            worst = found
    return None if worst is None or worst.spacings <= FINEST else worst


class _Enough(Exception):
    """The work that an advice is worth is done."""


@dataclass
class _Search:
    """Looks for strands beside each other, until the work that it may do is done.

    start, way : (m, 2), middle : (2, m), length, before : (m,)
        Where the outline's segments start, what they are, where their middles are, how long they are, and what is before them.
    left : the work
    """

    outline: Outline
    start: Array
    way: Array
    middle: Array
    length: Array
    before: Array
    left: float

    @classmethod
    def of(cls, outline: Outline) -> _Search:
        start = outline.points[:, :2]
        way = outline.points[outline.following, :2] - start
        length: Array = np.hypot(*way.T)
        return cls(outline, start, way, np.ascontiguousarray((start + 0.5 * way).T), length, np.cumsum(length) - length, WORK)

    def _do(self, work: float) -> None:
        self.left -= work
        if self.left < 0.0:
            raise _Enough

    def nearest(self, place: tuple[float, float], reach: float, widest: float, bend: float) -> Narrow | None:
        """The two strands within reach of a place that take the finest grid, of those no farther apart than the widest.

        bend: what is no farther along the wire than that is on one strand.
        """
        from scipy.spatial import cKDTree

        outline, (segment, fraction) = self.outline, self._places(np.array(place), reach, widest / STEPS)
        at = outline.at(segment, fraction)[:, :2]
        tree = cKDTree(at)
        self._do(0.5 * (float(tree.count_neighbors(tree, widest)) - len(at)))
        a, b = tree.query_pairs(widest, output_type="ndarray").T
        one, other, step = (segment[a], fraction[a]), (segment[b], fraction[b]), at[b] - at[a]
        inside = _left(outline, segment[a], step) & _left(outline, segment[b], -step)  # where the domain is
        along = np.minimum(outline.arcs(one, other)[0], outline.arcs(other, one)[0])
        strands = (along > bend) & (along > np.where(inside, *BEND) * np.hypot(*step.T))
        if not np.any(strands):
            return None
        a, b, inside = a[strands], b[strands], inside[strands]
        k, l = segment[a], segment[b]
        beside = (outline.following[k] == l) | (outline.following[l] == k)
        width = np.where(beside, np.hypot(*(at[b] - at[a]).T), _between(outline, k, l))
        spacings = np.where(inside, NARROW, GAP) / np.maximum(width / _side(outline), TINY)
        worst = int(np.argmax(spacings))
        x, y = 0.5 * (at[a[worst]] + at[b[worst]])
        return Narrow(float(x), float(y), float(width[worst]), float(spacings[worst]))

    def _places(self, place: Array, reach: float, step: float) -> Places:
        """Places on the outline within reach of a point, about a step apart along it."""
        self._do(POINTS * len(self.start))
        near = np.flatnonzero(np.hypot(self.middle[0] - place[0], self.middle[1] - place[1]) <= reach + 0.5 * self.length)
        self._do(POINTS * len(near))
        near = near[_off(place, self.start[near], self.start[near] + self.way[near]) <= reach]
        length = self.length[near]
        foot = np.sum((place - self.start[near]) * self.way[near], axis=1) / length
        low, high = np.maximum(foot - reach, 0.0), np.minimum(foot + reach, length)
        ends = np.ceil((high - low) / step)
        self._do(SAMPLES * float(np.sum(ends + 1.0)))
        count = ends.astype(np.int64) + 1
        own = np.repeat(np.arange(len(near)), count)
        part = (np.arange(len(own)) - np.repeat(np.cumsum(count) - count, count)) / np.repeat(np.maximum(count - 1, 1), count)
        ahead = low[own] + part * (high - low)[own]
        _, which = np.unique(np.floor((self.before[near[own]] + ahead) / step), return_index=True)
        return near[own][which], (ahead / length[own])[which]


def _left(outline: Outline, segment: Integers, step: Array) -> Mask:
    """Whether steps (k, 2) from segments go to the left of them."""
    way = outline.points[outline.following[segment], :2] - outline.points[segment, :2]
    out: Mask = way[:, 0] * step[:, 1] - way[:, 1] * step[:, 0] > 0.0
    return out


def _side(outline: Outline) -> float:
    x0, x1, y0, y1 = outline.bounds
    return max(x1 - x0, y1 - y0)


def _between(outline: Outline, k: Integers, l: Integers) -> Array:
    """The distance of segments k and l, which do not cross."""
    p, q = outline.points[:, :2], outline.points[outline.following, :2]
    ends = ((p[k], p[l], q[l]), (q[k], p[l], q[l]), (p[l], p[k], q[k]), (q[l], p[k], q[k]))
    least: Array = np.min([_off(point, start, end) for point, start, end in ends], axis=0)
    return least


def _off(point: Array, start: Array, end: Array) -> Array:
    """The distance of points from segments."""
    way = end - start
    part = np.clip(np.sum((point - start) * way, axis=1) / np.maximum(np.sum(way * way, axis=1), TINY), 0.0, 1.0)
    out: Array = np.hypot(*(start + part[:, None] * way - point).T)
    return out
