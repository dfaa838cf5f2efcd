"""The outline of a domain in the plane, with heights: closed polylines, each the shadow of one loop of a wire.

A point belongs to the domain if a ray from it crosses the loops an odd number of times, so that a loop inside of another one
bounds a hole, whichever way round it is given. Loops are turned so that the domain lies on the left of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from geoflow.domains.tangles import crossing
from geoflow.errors import BadInput
from geoflow.protocols import Array, Mask
from geoflow.solvers.kernels import kernel

Integers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Places = tuple[Integers, Array]

TWO_HEIGHTS = "two heights over one place: a film that is a graph needs one"
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
            remedy = "the wire crosses, touches or runs back over itself there: a film that is a graph has a simple outline"
            raise BadInput(name, f"({x:g}, {y:g})", remedy)
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
        first, last = self._loop(a[0]), self._loop(b[0])
        low, high = self.starts[first], np.append(self.starts[1:], len(self.points))[first]
        (pa, upto_a), (pb, upto_b) = self._upto(*a), self._upto(*b)
        around = np.where(_before(b, a), self._sums[:, high] - self._sums[:, low], 0.0)
        length, swept = upto_b - upto_a + around
        origin = self.points[low, :2]
        return np.where(first == last, length, np.inf), swept + 0.5 * _cross(pb - origin, pa - origin)

    def rises(self, a: Places, b: Places) -> Array:
        """By how much the outline is above its chords on the mean, (k,), between places a and, onwards from them, places b.

        The mean is taken along the chord: over a plane the rise is its slope times the mean distance of outline and chord.
        """
        low = self.starts[self._loop(a[0])]
        size = np.append(self.starts[1:], len(self.points))[self._loop(a[0])] - low
        between = np.where(_before(b, a), size, 0) + b[0] - a[0]
        out = np.empty(len(between))
        _rises(self.points, self.at(*a), self.at(*b), a[0], between, low, size, out)
        return out

    def _loop(self, segment: Integers) -> Integers:
        return np.searchsorted(self.starts, segment, side="right") - 1

    def _upto(self, segment: Integers, fraction: Array) -> tuple[Array, Array]:
        """The points at places, (k, 2), and the sums up to there, (2, k): see `_sums`."""
        start, point = self.points[segment, :2], self.at(segment, fraction)[:, :2]
        return point, self._sums[:, segment] + _part(start, point, self.points[self.starts[self._loop(segment)], :2])

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
def _rises(points: Any, start: Any, stop: Any, first: Any, between: Any, low: Any, size: Any, out: Any) -> None:
    """By the trapezoidal rule from a start over the points between to a stop, in heights over the start's."""
    for k in range(out.shape[0]):
        x, y, z = start[k]
        dx, dy = stop[k, 0] - x, stop[k, 1] - y
        along, height, total = 0.0, 0.0, 0.0
        for step in range(1, between[k] + 2):
            point = points[low[k] + (first[k] - low[k] + step) % size[k]] if step <= between[k] else stop[k]
            further = ((point[0] - x) * dx + (point[1] - y) * dy) / (dx * dx + dy * dy) if step <= between[k] else 1.0
            total += 0.5 * (height + (point[2] - z)) * (further - along)
            along, height = further, point[2] - z
        out[k] = total - 0.5 * height


def _part(a: Array, b: Array, origin: Array) -> Array:
    """What the way from points a to b adds to the sums, (2, k)."""
    return np.array([np.hypot(*(b - a).T), 0.5 * _cross(a - origin, b - origin)])


def _before(a: Places, b: Places) -> Mask:
    """Whether places a come before places b on their loop."""
    return (a[0] < b[0]) | ((a[0] == b[0]) & (a[1] < b[1]))


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
