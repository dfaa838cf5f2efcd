"""What is said of an outline that a grid cannot follow where no grid in reason could: how near its strands come to each other.

Across a part of the domain a grid must have two spacings, or it refuses it; across a gap outside of it some 0.7 may do by luck:
see `crossings` and `cells`. What comes to a point is the narrower the closer one looks, and is looked at from a spacing on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoflow.domains.crossings import NARROW, TIP
from geoflow.domains.outline import Integers, Outline, Places
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
TOUCH = 1e-9  # of the longer side: strands no farther apart touch, to rounding


class Narrow(NamedTuple):
    """Where two strands of wire are how far apart, and how many spacings along the longer side that takes at least."""

    x: float
    y: float
    width: float
    spacings: float


def advised(refusal: TooCoarse, outline: Outline, spacing: float) -> TooCoarse:
    """A refusal as it is or, where a larger n is no advice, one that says what is."""
    found = narrowest(outline, refusal.place, spacing)
    if found is None:
        return refusal
    x, y, width, spacings = found
    if width <= TOUCH * _side(outline):
        remedy = "the wire touches itself there, to rounding, which no grid can follow: part the strands, or leave one out"
    else:
        others = "widen it, close it or round it off; a picture's outline smooth more, or cut it at another level"
        remedy = f"so narrow a gap, part or tip may take n = {float(f'{spacings:.1e}'):.0f} or more: {others}"
    return TooCoarse(f"wire near ({x:.6g}, {y:.6g})", f"strands {width:.3g} apart, spacing {spacing:.3g}", remedy, (x, y))


def narrowest(outline: Outline, place: tuple[float, float], spacing: float) -> Narrow | None:
    """The two strands that take the finest grid, if it is finer than FINEST, from a place on along what narrows."""
    widths, worst, here = (NARROW * _side(outline) / FINEST, WIDE * spacing), None, place
    for _ in range(WALK):
        near = (_nearest(outline, here, TIP * spacing, widest, spacing) for widest in widths)
        found = next((strands for strands in near if strands is not None), None)
        if found is None or (worst is not None and found.spacings <= MORE * worst.spacings):
            break
        worst, here = found, found[:2]
    if worst is None or worst.spacings <= FINEST:
        return None
    while worst.width > TOUCH * _side(outline):
        found = _nearest(outline, worst[:2], TIP * worst.width, MORE * worst.width, spacing)
        if found is None or found.spacings <= MORE * worst.spacings:
            break
        worst = found
    return worst


def _nearest(outline: Outline, place: tuple[float, float], reach: float, widest: float, bend: float) -> Narrow | None:
    """The two strands within reach of a place that take the finest grid, of those that are no farther apart than the widest.

    bend: what is no farther along the wire than that is on one strand.
    """
    from scipy.spatial import cKDTree

    segment, fraction = _places(outline, np.array(place), reach, widest / STEPS)
    at = outline.at(segment, fraction)[:, :2]
    a, b = cKDTree(at).query_pairs(widest, output_type="ndarray").T
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
    spacings = np.where(inside, NARROW, GAP) * _side(outline) / np.maximum(width, TINY)
    worst = int(np.argmax(spacings))
    x, y = 0.5 * (at[a[worst]] + at[b[worst]])
    return Narrow(float(x), float(y), float(width[worst]), float(spacings[worst]))


def _left(outline: Outline, segment: Integers, step: Array) -> Mask:
    """Whether steps (k, 2) from segments go to the left of them."""
    way = outline.points[outline.following[segment], :2] - outline.points[segment, :2]
    out: Mask = way[:, 0] * step[:, 1] - way[:, 1] * step[:, 0] > 0.0
    return out


def _side(outline: Outline) -> float:
    x0, x1, y0, y1 = outline.bounds
    return max(x1 - x0, y1 - y0)


def _places(outline: Outline, place: Array, reach: float, step: float) -> Places:
    """Places on the outline within reach of a point, about a step apart along it."""
    start = outline.points[:, :2]
    way = outline.points[outline.following, :2] - start
    length = np.hypot(*way.T)
    foot = np.sum((place - start) * way, axis=1) / length
    near = np.flatnonzero(_off(place, start, start + way) <= reach)
    low, high = np.maximum(foot[near] - reach, 0.0), np.minimum(foot[near] + reach, length[near])
    count = np.ceil((high - low) / step).astype(np.int64) + 1
    own = np.repeat(np.arange(len(near)), count)
    part = (np.arange(len(own)) - np.repeat(np.cumsum(count) - count, count)) / np.repeat(np.maximum(count - 1, 1), count)
    ahead = low[own] + part * (high - low)[own]
    _, which = np.unique(np.floor(((np.cumsum(length) - length)[near[own]] + ahead) / step), return_index=True)
    return near[own][which], (ahead / length[near[own]])[which]


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
