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
        for begin, end in runs[i]:
            if begin < end:
                low, high = at_x[begin], min(at_x[end - 1] + 4, nx)
                u0, u1, taken = u[k, low:high], u[k + 1, low:high], line[low:high]
                u2, u3 = u[min(k + 2, ny - 1), low:high], u[min(k + 3, ny - 1), low:high]
                for j in range(taken.shape[0]):
                    taken[j] = (a * u0[j] + b * u1[j]) + (c * u2[j] + d * u3[j])
                if 2 * nx == row.shape[0] + 1 and nx >= 4 and end - begin > 8:  # as it is nearly always
                    low, high = max(begin + begin % 2, 2), min(end - end % 2, row.shape[0] - 3)
                    _some(line, at_x, weights_x, begin, low, row)
                    _doubled(line[low // 2 - 1 :], weights_x[3], row[low:high])
                    _some(line, at_x, weights_x, high, end, row)
                else:
                    _some(line, at_x, weights_x, begin, end, row)


@kernel
def _some(line: Any, at: Any, weights: Any, begin: int, end: int, row: Any) -> None:
    """The wanted nodes begin ≤ j < end of a row."""
    for j in range(begin, end):
        m = at[j]
        row[j] = (weights[j, 0] * line[m] + weights[j, 1] * line[m + 1]) + (
            weights[j, 2] * line[m + 2] + weights[j, 3] * line[m + 3]
        )


@kernel
def _doubled(line: Any, weights: Any, row: Any) -> None:
    """The same where every other wanted node is a given one, beginning with one that is, far from the ends of the whole row."""
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    for k in range(row.shape[0] // 2):
        row[2 * k] = line[k + 1]
        row[2 * k + 1] = (a * line[k] + b * line[k + 1]) + (c * line[k + 2] + d * line[k + 3])
