"""A height field as triangles: what every writer of surfaces writes.

A node (j, i) becomes the point (x, y, u), Z up. Each cell of four nodes is cut from (j, i) to (j+1, i+1), and every
triangle runs counter-clockwise seen from above. Points that no triangle uses are left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoflow.errors import BadInput


class Triangles(NamedTuple):
    """A surface: points (k, 3), triangles (m, 3) of places in them, and which nodes of the field the points are, (k,)."""

    points: NDArray[np.float64]
    triangles: NDArray[np.int64]
    nodes: NDArray[np.int64]


def triangulated(x: ArrayLike, y: ArrayLike, u: ArrayLike) -> Triangles:
    """Heights u (ny, nx) over nodes x (nx,) or (ny, nx), y (ny,) or (ny, nx), as triangles.

    A node with a NaN height lies outside the film. Raises `BadInput` for shapes that do not fit, values that are not real
    numbers, infinities, and where no triangle is left.
    """
    heights = real("u", u)
    if heights.ndim != 2 or min(heights.shape) < 2:
        raise BadInput("u", f"shape {heights.shape}", "heights are (ny, nx), at least 2 by 2 nodes")
    points = _points(real("x", x), real("y", y), heights)
    nodes, corners = np.unique(_triangles(points, heights.shape), return_inverse=True)
    return Triangles(points[nodes], corners.reshape(-1, 3), nodes)


def real(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """An array of real numbers as float64, or a refusal."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise BadInput(name, f"{array.dtype} {array.shape}", "give an array of real numbers")
    return array.astype(np.float64, copy=False)


def _points(x: NDArray[np.float64], y: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    ny, nx = u.shape
    for name, coordinates, length in (("x", x, nx), ("y", y, ny)):
        if coordinates.shape not in ((length,), u.shape):
            remedy = f"the nodes of heights {u.shape} have coordinates ({length},) or {u.shape}"
            raise BadInput(name, f"shape {coordinates.shape}", remedy)
        if not np.isfinite(coordinates).all():
            raise BadInput(name, "NaN or infinity", "coordinates of nodes are finite")
    if np.isinf(u).any():
        raise BadInput("u", "infinity", "heights are finite, or NaN outside the film")
    across, along = np.broadcast_to(x, u.shape), y[:, None] if y.ndim == 1 else y
    return np.stack([across.ravel(), np.broadcast_to(along, u.shape).ravel(), u.ravel()], axis=1)


def _triangles(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    node = np.arange(points.shape[0]).reshape(shape)
    a, b, c, d = node[:-1, :-1], node[:-1, 1:], node[1:, 1:], node[1:, :-1]
    triangles = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
    triangles = triangles[np.isfinite(points[triangles, 2]).all(axis=1)]
    if not len(triangles):
        raise BadInput("u", "NaN", "no cell has three finite heights: there is nothing to write")
    first, second, third = (points[triangles[:, k], :2] for k in range(3))
    p, q = second - first, third - first
    clockwise = p[:, 0] * q[:, 1] < p[:, 1] * q[:, 0]
    triangles[clockwise] = triangles[clockwise][:, ::-1]
    return triangles
