"""Linear functions on the triangles of cut cells: their gradients, and the way back from triangles to nodes.

With the height differences d₁, d₂ from a triangle's first corner to the other two, the gradient is g = S₁ d₁ + S₂ d₂: it is
the only place where it matters where nodes are. A constant is seen by no g, to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from geoflow.domains.cells import Triangles
from geoflow.domains.outline import Integers
from geoflow.protocols import Array
from geoflow.solvers.kernels import kernel

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

    def gradients(self, u: Array, heights: Array, raised: Array | None = None) -> Array:
        """g of heights u : (ny, nx) and of all cut points, vertices raised by (v,) above these if they are; (2, t)."""
        z = np.zeros(len(self.nodes) + len(self.cuts)) if raised is None else raised.copy()
        g = np.empty((2, self.weight.size))
        _raise(u.reshape(-1), self.nodes, heights, self.cuts, z)
        _gradients(z, self.corners, self.slopes, g)
        return g

    def gather(self, p: Array, out: Array) -> None:
        """Add Gᵀ p of p : (2, t) to out : (ny, nx)."""
        sums = np.zeros(len(self.nodes) + len(self.cuts))
        _gather(np.ascontiguousarray(p), self.corners, self.slopes, sums)
        _add(sums, self.nodes, out.reshape(-1))

    def thirds(self, values: Array) -> Array:
        """A third of what each triangle has, (t,), for each of its vertices, (v,)."""
        shares = np.broadcast_to(values / 3.0, self.corners.shape).ravel()
        return np.asarray(np.bincount(self.corners.ravel(), shares, len(self.nodes) + len(self.cuts)), dtype=np.float64)

    def couple(self, xx: Array, yy: Array, xy: Array, arrays: tuple[Array, ...]) -> None:
        """Add Gᵀ D G, with D the symmetric 2 × 2 matrices of the triangles, (t,) each, to the five arrays of a stencil."""
        sums = np.zeros((len(arrays), len(self.nodes)))
        _couple(xx, yy, xy, self.slopes, self._targets, sums.reshape(-1))
        for array, sum_of in zip(arrays, sums, strict=True):
            _add(sum_of, self.nodes, array.reshape(-1))

    @cached_property
    def _targets(self) -> Integers:
        """Where in five arrays over `nodes` the six entries of the triangles' matrices go, (6, t): −1 if not between nodes."""
        nx, k = self.shape[1], len(self.nodes)
        node = np.append(self.nodes, np.zeros(len(self.cuts), dtype=np.int64))
        parts = [np.where(c < k, c, -1) for c in self.corners]
        for a, b in PAIRS:
            low, high = np.minimum(self.corners[a], self.corners[b]), np.maximum(self.corners[a], self.corners[b])
            which = np.array([1, 4, 2, 3, 0])[np.searchsorted([1, nx - 1, nx, nx + 1], node[high] - node[low])]  # e, nw, n, ne
            parts.append(np.where(high < k, which * k + low, -1))
        return np.stack(parts)


@kernel
def _raise(u: Any, nodes: Any, heights: Any, cuts: Any, z: Any) -> None:
    """Add the heights of nodes and cut points to z."""
    for k in range(nodes.shape[0]):
        z[k] = u[nodes[k]] + z[k]
    for k in range(cuts.shape[0]):
        z[nodes.shape[0] + k] = heights[cuts[k]] + z[nodes.shape[0] + k]


@kernel
def _add(sums: Any, nodes: Any, out: Any) -> None:
    for k in range(nodes.shape[0]):
        out[nodes[k]] += sums[k]


@kernel
def _gradients(z: Any, corners: Any, slopes: Any, g: Any) -> None:
    for m in range(corners.shape[1]):
        first = z[corners[0, m]]
        one, two = z[corners[1, m]] - first, z[corners[2, m]] - first
        g[0, m] = slopes[0, 0, m] * one + slopes[0, 1, m] * two
        g[1, m] = slopes[1, 0, m] * one + slopes[1, 1, m] * two


@kernel
def _gather(p: Any, corners: Any, slopes: Any, out: Any) -> None:
    for corner in range(3):
        for m in range(corners.shape[1]):
            one = p[0, m] * slopes[0, 0, m] + p[1, m] * slopes[1, 0, m]
            two = p[0, m] * slopes[0, 1, m] + p[1, m] * slopes[1, 1, m]
            out[corners[corner, m]] += -(one + two) if corner == 0 else one if corner == 1 else two


@kernel
def _slope(slopes: Any, component: int, corner: int, m: int) -> float:
    """What the height of a triangle's corner does to a component of its gradient."""
    if corner == 0:
        return -(slopes[component, 0, m] + slopes[component, 1, m])
    return slopes[component, corner - 1, m]


@kernel
def _couple(xx: Any, yy: Any, xy: Any, slopes: Any, targets: Any, sums: Any) -> None:
    """Add the entries of Gᵀ D G: three of a triangle's corners with themselves, and three of its PAIRS."""
    for entry in range(6):
        one, other = (entry, entry) if entry < 3 else (entry - 3, (entry - 2) % 3)
        for m in range(targets.shape[1]):
            if targets[entry, m] >= 0:
                x, y = _slope(slopes, 0, one, m), _slope(slopes, 1, one, m)
                dx, dy = xx[m] * x + xy[m] * y, xy[m] * x + yy[m] * y
                sums[targets[entry, m]] += dx * _slope(slopes, 0, other, m) + dy * _slope(slopes, 1, other, m)
