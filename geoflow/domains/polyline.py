"""A closed polyline in space whose shadow is an axis-aligned rectangle, read as heights along the rectangle's edge.

Places on the edge are measured by arc length s in the plane, anticlockwise from the corner (x0, y0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.domains.outline import TWO_HEIGHTS
from geoflow.errors import BadInput
from geoflow.protocols import Array

TOLERANCE = 1e-9  # of the rectangle's size: how far from an edge a point may lie and still be on it


@dataclass(frozen=True, eq=False)
class RectangleLoop:
    """Heights at increasing places s along a rectangle's edge; the loop closes at s = perimeter.

    Attributes
    ----------
    bounds : (x0, x1, y0, y1)
    s, z : (k,)
    """

    bounds: tuple[float, float, float, float]
    s: Array
    z: Array

    @classmethod
    def of(cls, points: Array, name: str) -> RectangleLoop:
        """Check a loop (k, 3), closed by `closed_loops`, and unroll it along its rectangle; errors name the point, from 1."""
        bounds = _bounds(points, name)
        s = np.array([_place(bounds, p, f"{name}, point {k + 1}") for k, p in enumerate(points)])
        if np.sum(np.diff(s, append=s[0]) < 0.0) > np.sum(np.diff(s, append=s[0]) > 0.0):
            s, points = s[::-1], points[::-1]
        first = int(np.argmin(s))
        s, z = np.roll(s, -first), np.roll(points[:, 2], -first)
        if s[-1] == s[0]:
            where = f"({points[first][0]:g}, {points[first][1]:g})"
            raise BadInput(name, where, "the wire repeats this point: close it once" if z[-1] == z[0] else TWO_HEIGHTS)
        back = np.flatnonzero(np.diff(s) <= 0.0)
        if back.size:
            k = int(back[0])
            where = f"({_point(bounds, s[k])[0]:g}, {_point(bounds, s[k])[1]:g})"
            if s[k + 1] == s[k]:
                raise BadInput(name, where, TWO_HEIGHTS)
            raise BadInput(name, where, "the wire turns back over itself there: give its points once, in order")
        _check_corners(bounds, s, name)
        return cls(bounds, np.append(s, _perimeter(bounds)), np.append(z, z[0]))

    @property
    def points(self) -> Array:
        """The loop in space, (k, 3), first point not repeated."""
        return np.array([(*_point(self.bounds, s), z) for s, z in zip(self.s[:-1], self.z[:-1], strict=True)])

    def __call__(self, x: Array, y: Array) -> Array:
        """Heights at points on the edge; x and y broadcast."""
        x, y = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
        x0, x1, y0, y1 = self.bounds
        width, height = x1 - x0, y1 - y0
        to = np.stack([np.abs(y - y0), np.abs(x - x1), np.abs(y - y1), np.abs(x - x0)])
        along = np.stack([x - x0, width + y - y0, width + height + x1 - x, 2 * width + height + y1 - y])
        s = np.take_along_axis(along, np.argmin(to, axis=0)[None], axis=0)[0]
        return np.interp(s, self.s, self.z)


def is_rectangle(points: Array, name: str) -> bool:
    """Whether a loop (k, 3) lies over the edge of the rectangle around it, and has a point at each corner."""
    (x0, y0), (x1, y1) = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    if not (x0 < x1 and y0 < y1):
        raise BadInput(name, f"width {x1 - x0:g}, depth {y1 - y0:g}", "its shadow on the plane encloses no area")
    slack = TOLERANCE * max(x1 - x0, y1 - y0)
    beside_x = np.minimum(np.abs(points[:, 0] - x0), np.abs(points[:, 0] - x1)) <= slack
    beside_y = np.minimum(np.abs(points[:, 1] - y0), np.abs(points[:, 1] - y1)) <= slack
    middle = points[beside_x & beside_y, :2] > (0.5 * (x0 + x1), 0.5 * (y0 + y1))
    return bool(np.all(beside_x | beside_y)) and len(np.unique(middle, axis=0)) == 4


def _bounds(points: Array, name: str) -> tuple[float, float, float, float]:
    (x0, y0), (x1, y1) = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    if not (x0 < x1 and y0 < y1):
        raise BadInput(name, f"width {x1 - x0:g}, depth {y1 - y0:g}", "its shadow on the plane encloses no area")
    return float(x0), float(x1), float(y0), float(y1)


def _perimeter(bounds: tuple[float, float, float, float]) -> float:
    x0, x1, y0, y1 = bounds
    return 2.0 * (x1 - x0) + 2.0 * (y1 - y0)


def _corners(bounds: tuple[float, float, float, float]) -> Array:
    x0, x1, y0, y1 = bounds
    return np.cumsum([0.0, x1 - x0, y1 - y0, x1 - x0])


def _place(bounds: tuple[float, float, float, float], point: Array, name: str) -> float:
    """Arc length of a point on the edge, or a refusal."""
    x0, x1, y0, y1 = bounds
    x, y = float(point[0]), float(point[1])
    width, height = x1 - x0, y1 - y0
    slack = TOLERANCE * max(width, height)
    corners = _corners(bounds)
    for corner, (cx, cy) in zip(corners, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)), strict=True):
        if abs(x - cx) <= slack and abs(y - cy) <= slack:
            return float(corner)
    if abs(y - y0) <= slack:
        return x - x0
    if abs(x - x1) <= slack:
        return width + y - y0
    if abs(y - y1) <= slack:
        return width + height + x1 - x
    if abs(x - x0) <= slack:
        return 2 * width + height + y1 - y
    where = f"the rectangle [{x0:g}, {x1:g}] × [{y0:g}, {y1:g}]"
    raise BadInput(name, f"({x:g}, {y:g})", f"it is not on the edge of {where}, and only such wires are read so far")


def _point(bounds: tuple[float, float, float, float], s: float) -> tuple[float, float]:
    x0, x1, y0, y1 = bounds
    width, height = x1 - x0, y1 - y0
    if s < width:
        return x0 + s, y0
    if s < width + height:
        return x1, y0 + s - width
    if s < 2 * width + height:
        return x1 - (s - width - height), y1
    return x0, y1 - (s - 2 * width - height)


def _check_corners(bounds: tuple[float, float, float, float], s: Array, name: str) -> None:
    missing = [c for c in _corners(bounds) if c not in s]
    if missing:
        x, y = _point(bounds, float(missing[0]))
        raise BadInput(name, f"no point at the corner ({x:g}, {y:g})", "give the wire's height at all four corners")
