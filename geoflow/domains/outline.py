"""The outline of a domain in the plane, with heights: closed polylines, each the shadow of one loop of a wire.

A point belongs to the domain if a ray from it crosses the loops an odd number of times, so that a loop inside of another one
bounds a hole, whichever way round it is given. Loops are turned so that the domain lies on the left of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import hypot, inf
from typing import Any

import numpy as np

from geoflow.domains.tangles import crossing
from geoflow.errors import BadInput
from geoflow.protocols import Array
from geoflow.solvers.kernels import kernel

Integers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Places = tuple[Integers, Array]

TWO_HEIGHTS = "two heights over one place: a film that is a graph needs one"
CROSSED = "the wire crosses, touches or runs back over itself there: a film that is a graph has a simple outline"
REPEATS = "it repeats the point before: remove it"
FARTHEST = 1e100  # of a coordinate: products of three still are finite


@dataclass(frozen=True, eq=False)
class Outline:
    """Loops of points with heights, one loop after the other.

    A place on it is a segment k, from point k to the next one of its loop, and a fraction t of it, 0 ≤ t < 1.

    Attributes
    ----------
    points : (m, 3)
        x, y and the height.
    starts : (loops,)
        Where in ``points`` each loop begins.

    >>> Outline.of([np.array([[0.0, 0.0, 1.0], [4.0, 0.0, 1.0], [0.0, 3.0, 1.0]])]).area
    6.0
    """

    points: Array
    starts: Integers

    @classmethod
    def of(cls, loops: list[Array], name: str = "outline") -> Outline:
        """The outline of loops (k, 3), the first point repeated at the end or not. Errors name the point, counted from 1."""
        counted = [f"{name}, loop {k + 1}" if len(loops) > 1 else name for k in range(len(loops))]
        closed = [_closed(loop, said) for loop, said in zip(loops, counted, strict=True)]
        starts = np.cumsum([0, *(len(loop) for loop in closed[:-1])])
        self = cls(np.concatenate(closed), starts)
        crossed = crossing(self.points[:, :2], self.points[self.following, :2], self.following)
        if crossed is not None:
            x, y = crossed
            raise BadInput(name, f"({x:g}, {y:g})", CROSSED)
        turned = [loop if left else loop[::-1] for loop, left in zip(closed, self._domain_on_the_left(), strict=True)]
        return cls(np.concatenate(turned), starts)

    @cached_property
    def following(self) -> Integers:
        """The index of the next point of the same loop, (m,)."""
        following = np.arange(1, len(self.points) + 1)
        following[np.append(self.starts[1:], len(self.points)) - 1] = self.starts
        return following

    @property
    def curves(self) -> tuple[Array, ...]:
        """The loops as curves in space, the first point of each repeated at its end."""
        ends = np.append(self.starts[1:], len(self.points))
        return tuple(self.points[np.append(np.arange(a, b), a)] for a, b in zip(self.starts, ends, strict=True))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(x0, x1, y0, y1) of its points."""
        (x0, y0), (x1, y1) = self.points[:, :2].min(axis=0), self.points[:, :2].max(axis=0)
        return float(x0), float(x1), float(y0), float(y1)

    @property
    def area(self) -> float:
        """The area of the domain."""
        return float(np.sum(self._swept))

    @property
    def holes(self) -> int:
        """How many loops bound a hole."""
        return int(np.sum(np.add.reduceat(self._swept, self.starts) < 0.0))

    def lifted(self, heights: Array) -> Outline:
        """The same outline at other heights, (m,)."""
        return replace(self, points=np.column_stack([self.points[:, :2], heights]))

    def refined(self, most: int) -> Outline:
        """The same outline with points between its own, which it keeps, so that each loop has so many or more."""
        step = self.points[self.following] - self.points
        length = np.hypot(*step[:, :2].T)
        whole = np.add.reduceat(length, self.starts)[self._loop(np.arange(len(length)))]
        count = np.maximum(np.ceil(length * most / whole - 1e-6), 1).astype(np.int64)
        own, before = np.repeat(np.arange(len(length)), count), np.cumsum(count) - count
        t = (np.arange(len(own)) - before[own]) / count[own]
        return Outline(self.points[own] + t[:, None] * step[own], before[self.starts])

    def at(self, segment: Integers, fraction: Array) -> Array:
        """The points at k places, (k, 3)."""
        out = np.empty((len(segment), 3))
        _at(self.points, self.following, np.ascontiguousarray(segment), np.ascontiguousarray(fraction), out)
        return out

    def arcs(self, a: Places, b: Places) -> tuple[Array, Array]:
        """Length and bulge of the outline from places a onwards to places b, each (k,).

        The bulge is the area between it and its chord, positive where the domain is larger than the chord says. The length
        is inf where b is on another loop.
        """
        length, bulge = np.empty((2, len(a[0])))
        pa, pb, low, high = self.at(*a)[:, :2], self.at(*b)[:, :2], *self._ends(a[0])
        _arcs(self.points, self._sums, *a, pa, *b, pb, low, high, length, bulge)
        return length, bulge

    def rises(self, a: Places, b: Places) -> Array:
        """By how much the outline is above its chords on the mean, (k,), between places a and, onwards from them, places b.

        The mean is taken along the chord: over a plane the rise is its slope times the mean distance of outline and chord.
        """
        out, (low, high) = np.empty(len(a[0])), self._ends(a[0])
        _rises(self.points, self.at(*a), self.at(*b), *a, *b, low, high, out)
        return out

    def _loop(self, segment: Integers) -> Integers:
        return np.searchsorted(self.starts, segment, side="right") - 1

    def _ends(self, segment: Integers) -> tuple[Integers, Integers]:
        """Where in ``points`` the loops of segments begin and end."""
        loop = self._loop(segment)
        return self.starts[loop], np.append(self.starts[1:], len(self.points))[loop]

    @cached_property
    def _sums(self) -> Array:
        """Up to each point, (2, m + 1): the length, and the area that the ray from its loop's first point has swept."""
        parts = _part(self.points[:, :2], self.points[self.following, :2], self._origin)
        return np.concatenate([np.zeros((2, 1)), np.cumsum(parts, axis=1)], axis=1)

    @property
    def _origin(self) -> Array:
        """The first point of each point's loop, (m, 2)."""
        return self.points[np.repeat(self.starts, np.diff(np.append(self.starts, len(self.points)))), :2]

    @cached_property
    def _swept(self) -> Array:
        return _part(self.points[:, :2], self.points[self.following, :2], self._origin)[1]

    def _domain_on_the_left(self) -> list[bool]:
        """Of each loop, whether the domain lies on its left."""
        areas = np.add.reduceat(self._swept, self.starts)
        (x, y), (x_next, y_next) = self.points[:, :2].T, self.points[self.following, :2].T
        left = []
        for k, start in enumerate(self.starts):
            px, py = x[start], y[start]
            met = np.flatnonzero((y <= py) != (y_next <= py))
            beyond = x[met] + (py - y[met]) / (y_next[met] - y[met]) * (x_next[met] - x[met]) > px
            loop = np.searchsorted(self.starts, met[beyond], side="right") - 1
            around = np.bincount(loop, minlength=len(self.starts)) % 2
            left.append(bool((areas[k] > 0.0) == ((np.sum(around) - around[k]) % 2 == 0)))
        return left


@kernel
def _at(points: Any, following: Any, segment: Any, fraction: Any, out: Any) -> None:
    for k in range(out.shape[0]):
        a, b, t = points[segment[k]], points[following[segment[k]]], fraction[k]
        for c in range(3):
            out[k, c] = (1.0 - t) * a[c] + t * b[c]


@kernel
def _before(segment: int, fraction: float, other: int, part: float) -> bool:
    """Whether a place comes before another one on their loop."""
    return segment < other or (segment == other and fraction < part)


@kernel
def _arcs(
    points: Any,
    sums: Any,
    seg_a: Any,
    t_a: Any,
    a: Any,
    seg_b: Any,
    t_b: Any,
    b: Any,
    low: Any,
    high: Any,
    length: Any,
    bulge: Any,
) -> None:
    """See `Outline.arcs`; a and b are the points at the places, sums `Outline._sums`, and low and high the ends of a's loops."""
    for k in range(length.shape[0]):
        first, last, begin, end = seg_a[k], seg_b[k], low[k], high[k]
        x, y = points[begin, 0], points[begin, 1]
        ax, ay, bx, by = a[k, 0] - x, a[k, 1] - y, b[k, 0] - x, b[k, 1] - y
        way_a, swept_a = _upto(points, sums, first, ax, ay, x, y)
        way_b, swept_b = _upto(points, sums, last, bx, by, x, y)
        whole = _before(last, t_b[k], first, t_a[k])
        way = way_b - way_a + (sums[0, end] - sums[0, begin] if whole else 0.0)
        swept = swept_b - swept_a + (sums[1, end] - sums[1, begin] if whole else 0.0)
        length[k], bulge[k] = way if begin <= last < end else inf, swept + 0.5 * (bx * ay - by * ax)


@kernel
def _upto(points: Any, sums: Any, segment: int, px: float, py: float, x: float, y: float) -> tuple[float, float]:
    """The sums up to a point on a segment; x, y is the first point of its loop, which the point is counted from."""
    sx, sy = points[segment, 0] - x, points[segment, 1] - y
    return sums[0, segment] + hypot(px - sx, py - sy), sums[1, segment] + 0.5 * (sx * py - sy * px)


@kernel
def _rises(points: Any, start: Any, stop: Any, seg_a: Any, t_a: Any, seg_b: Any, t_b: Any, low: Any, high: Any, out: Any) -> None:
    """By the trapezoidal rule from a start over the points between to a stop, in heights over the start's."""
    for k in range(out.shape[0]):
        size = high[k] - low[k]
        between = seg_b[k] - seg_a[k] + (size if _before(seg_b[k], t_b[k], seg_a[k], t_a[k]) else 0)
        x, y, z = start[k]
        dx, dy = stop[k, 0] - x, stop[k, 1] - y
        along, height, total = 0.0, 0.0, 0.0
        for step in range(1, between + 2):
            point = points[low[k] + (seg_a[k] - low[k] + step) % size] if step <= between else stop[k]
            further = ((point[0] - x) * dx + (point[1] - y) * dy) / (dx * dx + dy * dy) if step <= between else 1.0
            total += 0.5 * (height + (point[2] - z)) * (further - along)
            along, height = further, point[2] - z
        out[k] = total - 0.5 * height


def _part(a: Array, b: Array, origin: Array) -> Array:
    """What the way from points a to b adds to the sums, (2, k)."""
    return np.array([np.hypot(*(b - a).T), 0.5 * _cross(a - origin, b - origin)])


def _cross(a: Array, b: Array) -> Array:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def finite(loop: Array, name: str) -> Array:
    """The points of a loop, (k, 2) or (k, 3), as float64, all of them numbers that can be reckoned with; or a refusal."""
    points = np.asarray(loop, dtype=np.float64)
    bad = np.flatnonzero(~np.all(np.abs(points) <= FARTHEST, axis=1))
    if bad.size:
        raise BadInput(f"{name}, point {bad[0] + 1}", points[bad[0]].tolist(), "points are finite, up to 1e100")
    return points


def _closed(loop: Array, name: str) -> Array:
    """A loop (k, 3) without the repeated first point; refused if it has too few, or two heights over one place."""
    points = finite(loop, name)
    if len(points) > 1 and np.array_equal(points[0], points[-1]):
        points = points[:-1]
    if len(points) < 3:
        raise BadInput(name, f"{len(points)} points", "a closed wire has at least three points")
    step = points[(np.arange(len(points)) + 1) % len(points)] - points
    same = np.flatnonzero(np.all(step[:, :2] == 0.0, axis=1))
    if same.size:
        k = int(same[0]) + 2 if same[0] + 1 < len(points) else 1
        vertical = step[same[0], 2] != 0.0
        remedy = TWO_HEIGHTS if vertical else REPEATS
        raise BadInput(f"{name}, point {k}", points[k - 1].tolist(), remedy)
    return points + 0.0
