"""Fewer nodes or more of them, for drawing: thinned grids, bilinear films, evenly spaced wires, normals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def stride(n: int, most: int) -> NDArray[np.int64]:
    """Every so-manieth index of n, first and last included, about ``most`` at most."""
    step = -(-(n - 1) // (most - 1))
    return np.unique(np.append(np.arange(0, n, step), n - 1))


def refined(nodes: Array, finest: int) -> Array:
    """Bilinear interpolation of (ny, nx, c), the first two of c being x and y, to ``finest`` cells the long way."""
    ny, nx = nodes.shape[:2]
    wide, deep = np.ptp(nodes[0, :, 0]), np.ptp(nodes[:, 0, 1])
    for axis, n, side in ((0, ny, deep), (1, nx, wide)):
        cells = max(24, round(finest * side / max(wide, deep)))
        at = np.linspace(0.0, n - 1.0, cells + 1)
        lower = np.minimum(at.astype(int), n - 2)
        share = (at - lower).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        nodes = (1 - share) * np.take(nodes, lower, axis) + share * np.take(nodes, lower + 1, axis)
    return nodes


def upward_normals(points: Array) -> Array:
    """Normals (ny, nx, 3) of a height field (ny, nx, 3), not of unit length; one-sided slopes along edges and holes."""
    across, deep = _slopes(points[..., 2], points[0, :, 0], 1), _slopes(points[..., 2], points[:, 0, 1], 0)
    return np.stack([-across, -deep, np.ones_like(across)], axis=-1)


def _slopes(z: Array, nodes: Array, axis: int) -> Array:
    """Mean of the slopes before and behind each node, as far as there are any; else 0."""
    steps = np.moveaxis(np.diff(z, axis=axis), axis, -1) / np.diff(nodes)
    gap = np.full((*steps.shape[:-1], 1), np.nan)
    both = np.stack([np.concatenate([gap, steps], axis=-1), np.concatenate([steps, gap], axis=-1)])
    known = np.isfinite(both)
    mean = np.where(known, both, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.moveaxis(mean, -1, axis)


def resampled(line: Array, spacing: float) -> Array:
    """A polyline (k, 3) with points about ``spacing`` apart and its sharp corners kept."""
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    line, steps = line[np.append(True, steps > 0)], steps[steps > 0]
    if len(line) < 2:
        return line
    way = np.append(0.0, np.cumsum(steps))
    turns = way[sharp_corners(line)]
    knots = [np.linspace(a, b, max(2, round((b - a) / spacing) + 1)) for a, b in pairwise(turns)]
    at = np.unique(np.concatenate(knots))
    return np.column_stack([np.interp(at, way, c) for c in line.T])


def sharp_corners(line: Array) -> NDArray[np.int64]:
    """Indices where a polyline (k, 3) turns by more than 30°, its two ends included."""
    d = np.diff(line, axis=0)
    d = d / np.linalg.norm(d, axis=1, keepdims=True)
    turns = (d[1:] * d[:-1]).sum(axis=1) < np.cos(np.radians(30.0))
    return np.flatnonzero(np.concatenate([[True], turns, [True]]))
