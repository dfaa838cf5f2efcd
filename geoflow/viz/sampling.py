"""Wires made ready to be drawn: evenly spaced points, and where the sharp corners are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


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


def turns_sharply(before: Array, here: Array, after: Array) -> bool:
    """Whether a polyline turns there by more than 30°."""
    return len(sharp_corners(np.stack([before, here, after]))) > 2
