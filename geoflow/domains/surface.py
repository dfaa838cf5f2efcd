"""A film as a surface in space: points, triangles between them, and the wire.

Whole cells are cut from (j, i) to (j + 1, i + 1). The cells that an outline cuts have the triangles of `cells`, of two diagonal
splits the one whose smallest angle is larger, with every vertex where it truly is: nodes on the grid, held nodes and cut points
on the wire. (That vertices on the wire are moved out is a device of quadrature, and no part of the surface.) The same grid has
the same triangles at any heights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from geoflow.domains.cells import angles
from geoflow.domains.cut import Cut
from geoflow.domains.outline import Integers
from geoflow.protocols import Array, Mask


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles in space, seen counter-clockwise from above, or from where the heights of a turned wire point to.

    Attributes
    ----------
    points : (k, 3)
        All of them in use; in the units and axes of the wire.
    heights : (k,)
        Theirs over the grid.
    triangles : (t, 3)
        Places in ``points``. The first 2·``whole`` are the halves of whole cells, pair by pair: (a, b, c), (a, c, d).
    whole : int
    vertices : (k,)
        What each point is: the flat index of a node of the grid, or ny nx + the index of a cut point.
    shape : (ny, nx)
        Of the grid.
    wires : tuple of (m, 3)
        The closed curves that hold the film, the first point of each repeated at its end.
    """

    points: Array
    heights: Array
    triangles: Integers
    whole: int
    vertices: Integers
    shape: tuple[int, int]
    wires: tuple[Array, ...]

    def on_points(self, values: Array, at_cuts: Array | float = 0.0) -> Array:
        """A field at the nodes, (ny, nx) or (ny, nx, c), on the points, (k,) or (k, c).

        at_cuts: its value at the cut points, which are on the wire and no nodes: a number, or one for each, in order.
        """
        size = self.shape[0] * self.shape[1]
        out = values.reshape(size, *values.shape[2:])[np.minimum(self.vertices, size - 1)]
        out[self.vertices >= size] = at_cuts
        return out

    def moved(self, rigidly: Callable[[Array], Array]) -> Surface:
        """It where a motion takes points (…, 3)."""
        return replace(self, points=rigidly(self.points), wires=tuple(rigidly(wire) for wire in self.wires))

    @property
    def area(self) -> float:
        """Of the triangles."""
        a, b, c = (self.points[self.triangles[:, k]] for k in range(3))
        return float(0.5 * np.sum(np.linalg.norm(np.cross(b - a, c - a), axis=1)))


@dataclass(frozen=True, eq=False)
class Mesh:
    """The triangles of a grid without heights: places in ``vertices``, which are as those of a `Surface`."""

    vertices: Integers
    triangles: Integers
    whole: int

    @classmethod
    def of(cls, shape: tuple[int, int], cut: Cut | None, x: Array, y: Array) -> Mesh:
        """Of a grid (ny, nx), with the true places x, y of nodes and, after them, of cut points, (ny nx + c,)."""
        regular = np.ones((shape[0] - 1, shape[1] - 1), dtype=bool) if cut is None else cut.regular
        node = np.arange(shape[0] * shape[1]).reshape(shape)
        a, b, c, d = (part[regular] for part in (node[:-1, :-1], node[:-1, 1:], node[1:, 1:], node[1:, :-1]))
        triangles = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
        if cut is not None:
            corners = cut.triangles.vertices[cut.triangles.corners]
            triangles = np.concatenate([triangles, corners[_once(cut, x[corners], y[corners])]])
        vertices, corners = np.unique(triangles, return_inverse=True)
        return cls(vertices, corners.reshape(-1, 3), len(a))


def _once(cut: Cut, x: Array, y: Array) -> Mask:
    """Which of the triangles of cut cells, at x, y : (t, 3), cover each cell once."""
    found = cut.triangles
    shared = found.weight < found.area  # those that stand for a half, of cells with both splits
    split = 2 * found.cell + found.slot // 2
    cells = int(np.max(found.cell, initial=0)) + 1
    count = np.bincount(split[shared], minlength=2 * cells).reshape(-1, 2)
    sharpest = np.full(2 * cells, np.inf)
    np.minimum.at(sharpest, split, np.min(angles(x, y), axis=1))
    one, other = sharpest.reshape(-1, 2).T
    second = (count[:, 1] > count[:, 0]) | ((count[:, 1] == count[:, 0]) & (other > one))
    kept: Mask = ~shared | (second[found.cell] == (found.slot // 2 == 1))
    return kept
