"""What is drawn of a surface: points with a value each, quadrilaterals and triangles; cut finer or coarser as a picture needs.

The four nodes of a cell bound a bilinear patch, and on a coarse grid one sees that two triangles are something else. So whole
cells stay quadrilaterals until they are cut finer, and only the cells that a wire cuts are triangles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoflow.domains.surface import Surface

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Patches of a surface.

    Attributes
    ----------
    points : (k, 3)
    values : (k,)
        For colour.
    quads : (q, 4), triangles : (t, 3)
        Places in ``points``, counter-clockwise seen from above.
    """

    points: Array
    values: Array
    quads: Integers
    triangles: Integers

    @classmethod
    def of(cls, surface: Surface, values: Array, most: int) -> Sheet:
        """A film's surface, with values (k,) at its points.

        Grids with more than ``most`` cells a side are thinned: blocks of whole cells become one; beside the wire all stay.
        """
        halves = surface.triangles[: 2 * surface.whole].reshape(-1, 6)
        rest = surface.triangles[2 * surface.whole :]
        step = -(-(max(surface.shape) - 1) // most)
        quads = halves[:, [0, 1, 2, 5]]
        if step > 1:
            quads = _blocks(surface, quads, step)
        return cls(surface.points, values, quads, rest)._compact()

    @classmethod
    def over(cls, x: Array, y: Array, u: Array) -> Sheet:
        """Heights u (ny, nx) over nodes x (nx,), y (ny,), coloured by height; NaN where there is nothing."""
        points = np.stack([*np.broadcast_arrays(x, y[:, None]), u], axis=-1).reshape(-1, 3)
        node = np.arange(u.size).reshape(u.shape)
        quads = np.stack([node[:-1, :-1], node[:-1, 1:], node[1:, 1:], node[1:, :-1]], axis=-1).reshape(-1, 4)
        whole = np.isfinite(points[quads, 2]).all(axis=1)
        return cls(points, points[:, 2], quads[whole], np.empty((0, 3), np.int64))._compact()

    def moved(self, centre: Array, scale: Array) -> Sheet:
        """The same patches at (points − centre)·scale."""
        return replace(self, points=(self.points - centre) * scale)

    @property
    def normals(self) -> Array:
        """At the points, upwards, not of unit length: the sum over the patches around, each by its area, (k, 3)."""
        out, areas = np.zeros_like(self.points), np.split(self.areas, [len(self.quads)])
        for faces, normal in zip((self.quads, self.triangles), areas, strict=True):
            for corner in range(faces.shape[1]):
                for axis in range(3):
                    out[:, axis] += np.bincount(faces[:, corner], normal[:, axis], len(out))
        return out

    @property
    def areas(self) -> Array:
        """Of quadrilaterals and triangles, upwards, twice the area long, (q + t, 3)."""
        p, out = self.points, []
        for faces, first, second in ((self.quads, (0, 2), (1, 3)), (self.triangles, (0, 1), (0, 2))):
            a, b = (p[faces[:, ends[1]]] - p[faces[:, ends[0]]] for ends in (first, second))
            out.append(np.cross(a, b))
        return np.concatenate(out)

    def patches(self, times: int) -> tuple[Array, Array]:
        """All patches, each cut into times² of its kind: quadrilaterals (q, 4, 7) and triangles (t, 3, 7).

        A corner is its place, its normal and its value, interpolated.
        """
        every = np.concatenate([self.points, self.normals, self.values[:, None]], axis=1)
        corners = every[self.quads], every[self.triangles]
        return corners if times == 1 else (_quartered(corners[0], times), _split(corners[1], times))

    def _compact(self) -> Sheet:
        """Without the points that no patch has."""
        used, where = np.unique(np.concatenate([self.quads.ravel(), self.triangles.ravel()]), return_inverse=True)
        cut = self.quads.size
        return Sheet(self.points[used], self.values[used], where[:cut].reshape(-1, 4), where[cut:].reshape(-1, 3))


def _blocks(surface: Surface, quads: Integers, step: int) -> Integers:
    """Quadrilaterals of step × step whole cells where there are so many, and the cells that are left."""
    ny, nx = surface.shape
    point = np.full(ny * nx, -1)
    nodes = surface.vertices < ny * nx
    point[surface.vertices[nodes]] = np.flatnonzero(nodes)
    place = surface.vertices[quads[:, 0]]
    cells = np.zeros((ny, nx), dtype=bool)  # by their first node
    cells.flat[place] = True
    rows, columns = (ny - 1) // step, (nx - 1) // step
    full = cells[: rows * step, : columns * step].reshape(rows, step, columns, step).all(axis=(1, 3))
    i, j = (step * k for k in np.nonzero(full))
    corners = np.stack([i * nx + j, i * nx + j + step, (i + step) * nx + j + step, (i + step) * nx + j], axis=1)
    taken = np.zeros((ny, nx), dtype=bool)
    taken[: rows * step, : columns * step] = np.repeat(np.repeat(full, step, axis=0), step, axis=1)
    return np.concatenate([point[corners], quads[~taken.flat[place]]])


def _quartered(corners: Array, times: int) -> Array:
    """Bilinear patches (q, 4, c) cut into times² each."""
    a, b, c, d = (corners[:, k, None, None] for k in range(4))
    t = np.linspace(0.0, 1.0, times + 1)
    s, t = t[:, None, None], t[:, None]
    fine = (1 - s) * ((1 - t) * a + t * b) + s * ((1 - t) * d + t * c)
    parts = (fine[:, :-1, :-1], fine[:, :-1, 1:], fine[:, 1:, 1:], fine[:, 1:, :-1])
    return np.stack(parts, axis=-2).reshape(-1, 4, corners.shape[-1])


def _split(corners: Array, times: int) -> Array:
    """Triangles (t, 3, c) cut into times² each."""
    i, j = np.nonzero(np.add.outer(np.arange(times), np.arange(times)) < times)
    upper = np.stack([np.stack([i, j]), np.stack([i + 1, j]), np.stack([i, j + 1])])
    inner = i + j < times - 1
    i, j = i[inner], j[inner]
    lower = np.stack([np.stack([i + 1, j + 1]), np.stack([i, j + 1]), np.stack([i + 1, j])])
    weights = np.concatenate([upper, lower], axis=2) / times  # corner, direction, triangle
    weights = np.concatenate([1.0 - weights.sum(axis=1, keepdims=True), weights], axis=1)
    return np.einsum("vdn,tdc->tnvc", weights, corners).reshape(-1, 3, corners.shape[-1])
