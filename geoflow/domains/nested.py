"""From one grid to another over the same rectangle: cubic interpolation, a line at a time along each axis.

Lagrange's polynomial through the four nearest nodes (the error is O(h⁴)), shifted inwards at the ends; with three nodes,
through those. A node that both grids have keeps its bits, and the edge is made from the edge alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from geoflow.protocols import Array
from geoflow.solvers import memory
from geoflow.solvers.kernels import kernel
from geoflow.solvers.runs import full
from geoflow.solvers.threads import strips


def interpolated(u: Array, shape: tuple[int, int], where: np.ndarray | None = None) -> Array:
    """Heights u : (ny, nx) on evenly spaced nodes, at as many nodes of the same rectangle as shape says.

    where: the `runs` of those that are wanted; at the others is what was there.
    """
    out = memory.empty(shape)
    at_y, weights_y = _places(u.shape[0], shape[0])
    at_x, weights_x = _places(u.shape[1], shape[1])
    wanted = full(*shape) if where is None else where
    strips(_interpolate, (0, shape[0]), out.size, np.ascontiguousarray(u), at_y, weights_y, at_x, weights_x, wanted, out)
    return out


@lru_cache(maxsize=128)  # nested iteration asks for the same few again and again
def _places(given: int, wanted: int) -> tuple[np.ndarray, Array]:
    """For each wanted node the first of the given nodes around it, (wanted,), and their weights, (wanted, 4)."""
    position = np.arange(wanted) * (given - 1) / (wanted - 1)
    near = np.round(position)
    position = np.where(np.abs(position - near) < 1e-9 * given, near, position)
    points = min(given, 4)
    first = np.clip(np.floor(position).astype(np.int64) - 1, 0, given - points)
    t, weights = position - first, np.zeros((wanted, 4))
    for k in range(points):
        others = [m for m in range(points) if m != k]
        weights[:, k] = np.prod([(t - m) / (k - m) for m in others], axis=0)
    return np.minimum(first, max(given - 4, 0)), weights


@kernel
def _interpolate(
    u: Any, at_y: Any, weights_y: Any, at_x: Any, weights_x: Any, runs: Any, out: Any, first: int, last: int
) -> None:
    ny, nx = u.shape
    line = np.zeros(max(nx, 4))
    for i in range(first, last):
        k, row = at_y[i], out[i]
        a, b, c, d = weights_y[i, 0], weights_y[i, 1], weights_y[i, 2], weights_y[i, 3]
        u0, u1, u2, u3 = u[k], u[k + 1], u[min(k + 2, ny - 1)], u[min(k + 3, ny - 1)]
        for begin, end in runs[i]:
            for j in range(at_x[begin], min(at_x[end - 1] + 4, nx)) if begin < end else range(0):
                line[j] = (a * u0[j] + b * u1[j]) + (c * u2[j] + d * u3[j])
            for j in range(begin, end):
                m = at_x[j]
                row[j] = (weights_x[j, 0] * line[m] + weights_x[j, 1] * line[m + 1]) + (
                    weights_x[j, 2] * line[m + 2] + weights_x[j, 3] * line[m + 3]
                )
