"""The area monitor: a second witness of a film's area, by other code than the energy's.

A height field is lifted to triangles, strip by strip, over both diagonal splits of every cell, and measured by
scikit-image's ``mesh_surface_area``. The corner scheme is the mean of the two splits exactly, so the two roads must agree
to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import numpy as np

from geoflow.domains.grid import Grid
from geoflow.protocols import Array

STRIP_NODES = 16_384  # nodes lifted at a time: few enough to stay in cache, and under 20 B an unknown for large films


@dataclass(frozen=True)
class AreaMonitor:
    """Measures u : (ny, nx) over a grid, in square units of the wire; called as ``monitor(t, u)``.

    Parameters
    ----------
    grid : Grid
    stride : int or None
        Measure every stride-th step; None measures as often as costs at most 8 % of the run.
    """

    grid: Grid
    stride: int | None = None

    def __post_init__(self) -> None:
        import_module("skimage.measure")  # here, so that the first measurement is not charged for it

    def __call__(self, t: float, u: Array) -> float:
        """The mean area of the two lifted triangulations."""
        ny, nx = self.grid.shape
        rows = min(max(STRIP_NODES // nx, 1), ny - 1)
        faces = _faces(rows, nx)
        total = 0.0
        for first in range(0, ny - 1, rows):
            last = min(first + rows, ny - 1)
            total += self._strip(u, first, last, faces if last - first == rows else _faces(last - first, nx))
        return total

    def _strip(self, u: Array, first: int, last: int, faces: Array) -> float:
        from skimage.measure import mesh_surface_area

        heights = u[first : last + 1]
        points = np.empty((heights.size, 3))
        points[:, 0] = np.tile(self.grid.x, len(heights))
        points[:, 1] = np.repeat(self.grid.y[first : last + 1], heights.shape[1])
        points[:, 2] = heights.ravel()
        return 0.5 * float(mesh_surface_area(points, faces))


def _faces(rows: int, nx: int) -> Array:
    """Both diagonal splits of rows × (nx − 1) cells: four triangles a cell, (4·cells, 3)."""
    a = (np.arange(rows)[:, None] * nx + np.arange(nx - 1)).ravel()
    b, c, d = a + 1, a + nx, a + nx + 1
    triangles = [(a, b, d), (a, d, c), (a, b, c), (b, d, c)]
    return np.concatenate([np.stack(t, axis=1) for t in triangles])
