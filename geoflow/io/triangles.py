"""What every writer of surfaces is given, checked: points, triangles, numbers at the points, and curves.

Seen from above triangles run counter-clockwise, Z up; that, and that every point is in use, is up to who makes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoflow.errors import BadInput

Points = NDArray[np.float64]
Corners = NDArray[np.int64]


def real(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """An array of real numbers as float64, or a refusal."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise BadInput(name, f"{array.dtype} {array.shape}", "give an array of real numbers")
    return array.astype(np.float64, copy=False)


def checked_points(name: str, values: ArrayLike) -> Points:
    """Finite points (k, 3), or a refusal."""
    points = real(name, values)
    if points.ndim != 2 or points.shape[1] != 3:
        raise BadInput(name, f"shape {points.shape}", "points are (k, 3)")
    if not np.isfinite(points).all():
        raise BadInput(name, "NaN or infinity", "the coordinates of points are finite")
    return points


def checked_triangles(points: ArrayLike, triangles: ArrayLike) -> tuple[Points, Corners]:
    """Points (k, 3) and triangles (t, 3), t ≥ 1, of places in them, or a refusal."""
    places, corners = checked_points("points", points), np.asarray(triangles)
    if corners.dtype.kind not in "iu" or corners.ndim != 2 or corners.shape[1] != 3 or not len(corners):
        raise BadInput("triangles", f"{corners.dtype} {corners.shape}", "triangles are whole numbers (t, 3), one or more")
    if int(corners.min()) < 0 or int(corners.max()) >= len(places):
        bad = int(corners.min()) if int(corners.min()) < 0 else int(corners.max())
        raise BadInput("triangles", f"point {bad}", f"there are {len(places)} points, counted from 0")
    return places, corners.astype(np.int64, copy=False)


def checked_data(count: int, data: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.float64]]:
    """Numbers at so many points, (k,) or (k, c) each, or a refusal."""
    found = {}
    for name, values in data.items():
        array = real(f"point_data {name}", values)
        if array.ndim not in (1, 2) or len(array) != count:
            raise BadInput(f"point_data {name}", f"shape {array.shape}", f"give an array ({count},) or ({count}, c)")
        found[name] = np.ascontiguousarray(array)
    return found


def checked_curves(curves: Sequence[ArrayLike]) -> list[Points]:
    """Polylines of two or more finite points each, or a refusal."""
    found = [checked_points("curve", curve) for curve in curves]
    if any(len(curve) < 2 for curve in found):
        raise BadInput("curve", "one point", "a curve has two or more points")
    return found
