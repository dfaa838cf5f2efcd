"""The area monitor: a second witness of a film's area, by other code than the energy's.

A height field is lifted to triangles, strip by strip, over both diagonal splits of every cell, and measured by
scikit-image's ``mesh_surface_area``. The corner scheme is the mean of the two splits exactly, so the two roads must agree
to rounding. The triangles of cells that a wire cuts are lifted from where their corners are, and scaled to the area of the
plane that each stands for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from math import frexp

import numpy as np

from geoflow.domains.cut import Cut
from geoflow.domains.grid import Grid
from geoflow.domains.outline import Integers
from geoflow.protocols import Array

SMALL = 1e-50  # what is smaller, or larger than its inverse, is scaled before it is measured
STRIP_NODES = 16_384  # nodes lifted at a time: few enough to stay in cache, and under 20 B an unknown for large films


@dataclass(frozen=True)
class AreaMonitor:
    """Measures u : (ny, nx) over a grid, in square units of the wire; called as ``monitor(t, u)``.

    Parameters
    ----------
    grid : Grid
    stride : int or None
        Measure every stride-th step; None measures as often as costs at most 8 % of the run.
    at : t → Grid, or None
        The grid at time t, where an outline's heights move.
    """

    grid: Grid
    stride: int | None = None
    at: Callable[[float], Grid] | None = None

    def __post_init__(self) -> None:
        import_module("skimage.measure")  # here, so that the first measurement is not charged for it

    def __call__(self, t: float, u: Array) -> float:
        """The mean area of the two lifted triangulations."""
        ny, nx = self.grid.shape
        rows = min(max(STRIP_NODES // nx, 1), ny - 1)
        faces, cut = _faces(rows, nx), (self.grid if self.at is None else self.at(t)).cut
        total = 0.0 if cut is None else _lifted(cut, u)
        for first in range(0, ny - 1, rows):
            last = min(first + rows, ny - 1)
            here = faces if last - first == rows else _faces(last - first, nx)
            if cut is not None:
                here = here[np.tile(cut.regular[first:last].ravel(), 4)]
            total += self._strip(u, first, last, here) if len(here) else 0.0
        return total

    def _strip(self, u: Array, first: int, last: int, faces: Array) -> float:
        heights = u[first : last + 1]
        points = np.empty((heights.size, 3))
        points[:, 0] = np.tile(self.grid.x, len(heights))
        points[:, 1] = np.repeat(self.grid.y[first : last + 1], heights.shape[1])
        points[:, 2] = heights.ravel()
        return 0.5 * _measured(points, faces)


def _measured(points: Array, faces: Array | Integers) -> float:
    """Their area, by scikit-image; very large and very small ones first scaled by a power of two: it needs fourth powers."""
    from skimage.measure import mesh_surface_area

    size = float(np.max(np.abs(points), initial=0.0))
    scale = 1.0 if SMALL < size < 1.0 / SMALL or size == 0.0 else 2.0 ** -frexp(size)[1]
    return float(mesh_surface_area(points if scale == 1.0 else scale * points, faces)) / scale / scale


def _faces(rows: int, nx: int) -> Array:
    """Both diagonal splits of rows × (nx − 1) cells: four triangles a cell, (4·cells, 3)."""
    a = (np.arange(rows)[:, None] * nx + np.arange(nx - 1)).ravel()
    b, c, d = a + 1, a + nx, a + nx + 1
    triangles = [(a, b, d), (a, d, c), (a, b, c), (b, d, c)]
    return np.concatenate([np.stack(t, axis=1) for t in triangles])


def _lifted(cut: Cut, u: Array) -> float:
    """The area of the triangles of cut cells."""
    found, nodes = cut.triangles, u.size
    z = np.where(found.vertices < nodes, u.ravel()[np.minimum(found.vertices, nodes - 1)], 0.0)
    z[found.vertices >= nodes] = cut.heights[found.vertices[found.vertices >= nodes] - nodes]
    points = np.stack([found.x, found.y, z + cut.raised], axis=1)[found.corners]
    points = (points - points[:, :1]) * np.sqrt(found.weight / found.area)[:, None, None]
    return _measured(points.reshape(-1, 3), np.arange(3 * len(points)).reshape(-1, 3))
