"""Linear functions on the triangles of cut cells: their gradients, and the way back from triangles to nodes.

With the height differences d₁, d₂ from a triangle's first corner to the other two, the gradient is g = S₁ d₁ + S₂ d₂: it is
the only place where it matters where nodes are. A constant is seen by no g, to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geoflow.domains.cells import Triangles
from geoflow.domains.outline import Integers
from geoflow.protocols import Array

PAIRS = ((0, 1), (1, 2), (2, 0))


@dataclass(frozen=True, eq=False)
class Elements:
    """t triangles on k nodes and some cut points, of a grid of nodes (ny, nx).

    Attributes
    ----------
    shape : (ny, nx)
    nodes : (k,)
        Flat indices, increasing.
    cuts : (v − k,)
        Indices of the cut points, increasing.
    corners : (3, t)
        Indices into nodes, or k + indices into cuts.
    slopes : (2, 2, t)
        S: of which component, for which difference.
    weight : (t,)
    room : (t,)
        Where in a flattened array (4, ny − 1, nx − 1) a triangle keeps a number of its own: no cell has more than four.
    """

    shape: tuple[int, int]
    nodes: Integers
    cuts: Integers
    corners: Integers
    slopes: Array
    weight: Array
    room: Integers

    @classmethod
    def of(cls, shape: tuple[int, int], found: Triangles) -> Elements:
        """The elements of triangles."""
        size, cells = shape[0] * shape[1], (shape[0] - 1) * (shape[1] - 1)
        k = int(np.searchsorted(found.vertices, size))
        x, y = found.x[found.corners].T, found.y[found.corners].T
        slopes = np.array([[y[2] - y[0], y[0] - y[1]], [x[0] - x[2], x[1] - x[0]]]) / (2.0 * found.area)
        room = found.slot * cells + found.cell
        corners = np.ascontiguousarray(found.corners.T)
        return cls(shape, found.vertices[:k], found.vertices[k:] - size, corners, slopes, found.weight, room)

    def gradients(self, u: Array, heights: Array, raised: Array | float = 0.0) -> Array:
        """g of heights u : (ny, nx) and of all cut points, vertices raised by (v,) above these; (2, t)."""
        z = (np.concatenate([u.ravel()[self.nodes], heights[self.cuts]]) + raised)[self.corners]
        return self.slopes[:, 0] * (z[1] - z[0]) + self.slopes[:, 1] * (z[2] - z[0])

    def gather(self, p: Array) -> Array:
        """Gᵀ p of p : (2, t), for each node, (k,)."""
        f = p[0] * self.slopes[0] + p[1] * self.slopes[1]
        return self._collected(np.stack([-(f[0] + f[1]), f[0], f[1]]))[: len(self.nodes)]

    def thirds(self, values: Array) -> Array:
        """A third of what each triangle has, (t,), for each of its vertices, (v,)."""
        return self._collected(np.broadcast_to(values / 3.0, self.corners.shape))

    def _collected(self, values: Array) -> Array:
        return np.asarray(np.bincount(self.corners.ravel(), values.ravel(), len(self.nodes) + len(self.cuts)), dtype=np.float64)

    def couple(self, xx: Array, yy: Array, xy: Array, arrays: tuple[Array, ...]) -> None:
        """Add Gᵀ D G, with D the symmetric 2 × 2 matrices of the triangles, (t,) each, to the five arrays of a stencil."""
        x, y = (np.stack([-(s[0] + s[1]), s[0], s[1]]) for s in self.slopes)
        dx, dy = xx * x + xy * y, xy * x + yy * y
        entries = [dx[k] * x[k] + dy[k] * y[k] for k in range(3)] + [dx[a] * x[b] + dy[a] * y[b] for a, b in PAIRS]
        kept, where = self._targets
        sums = np.bincount(where, np.concatenate(entries)[kept], len(arrays) * len(self.nodes)).reshape(len(arrays), -1)
        for array, sum_of in zip(arrays, sums, strict=True):
            array.reshape(-1)[self.nodes] += sum_of

    @cached_property
    def _targets(self) -> tuple[Integers, Integers]:
        """Which entries of the triangles' matrices are between nodes, and where in five arrays over `nodes` they go."""
        nx, k = self.shape[1], len(self.nodes)
        node = np.append(self.nodes, np.zeros(len(self.cuts), dtype=np.int64))
        parts = [np.where(c < k, c, -1) for c in self.corners]
        for a, b in PAIRS:
            low, high = np.minimum(self.corners[a], self.corners[b]), np.maximum(self.corners[a], self.corners[b])
            which = np.array([1, 4, 2, 3, 0])[np.searchsorted([1, nx - 1, nx, nx + 1], node[high] - node[low])]  # e, nw, n, ne
            parts.append(np.where(high < k, which * k + low, -1))
        target = np.concatenate(parts)
        kept = np.flatnonzero(target >= 0)
        return kept, target[kept]
