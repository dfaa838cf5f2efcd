"""Heights given at the nodes of a rectangle, read between the nodes by bilinear interpolation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.protocols import Array


@dataclass(frozen=True, eq=False)
class HeightField:
    """A function (x, y) → height from an array.

    Parameters
    ----------
    bounds : (x0, x1, y0, y1)
    heights : (ny, nx)
        Row 0 at y0.
    """

    bounds: tuple[float, float, float, float]
    heights: Array

    def __call__(self, x: Array, y: Array) -> Array:
        """Heights at points inside of the bounds; x and y broadcast."""
        ny, nx = self.heights.shape
        x0, x1, y0, y1 = self.bounds
        j, s = _cell((np.asarray(x) - x0) / (x1 - x0) * (nx - 1), nx)
        i, t = _cell((np.asarray(y) - y0) / (y1 - y0) * (ny - 1), ny)
        z = self.heights
        return (1 - t) * ((1 - s) * z[i, j] + s * z[i, j + 1]) + t * ((1 - s) * z[i + 1, j] + s * z[i + 1, j + 1])


def _cell(position: Array, n: int) -> tuple[np.ndarray, Array]:
    """The cell that a position in node units lies in, and where in it, 0 … 1."""
    near = np.round(position)
    position = np.where(np.abs(position - near) < 1e-9 * n, near, position)  # a node means that node's bits
    index = np.clip(np.floor(position).astype(np.intp), 0, n - 2)
    return index, np.clip(position - index, 0.0, 1.0)
