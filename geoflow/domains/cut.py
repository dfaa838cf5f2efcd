"""What an outline makes of a grid: which nodes may move, which cells are whole, and triangles for the rest.

Snap and cut: nodes close to the outline move onto it and are held there; cells that it still crosses, or that have a moved
corner, become triangles. Cut points carry the outline's heights, so the unknowns stay the inside nodes of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from geoflow.domains import cells, crossings
from geoflow.domains.elements import Elements
from geoflow.domains.extension import Extension
from geoflow.domains.outline import Outline
from geoflow.protocols import Array, Mask
from geoflow.solvers import memory
from geoflow.solvers.patch import Patch
from geoflow.solvers.runs import beside, common, complement, full, grown, runs, spread

RIM = 8  # nodes: cuts differ from grid to grid, and what that does to a film is felt so far


@dataclass(frozen=True, eq=False)
class Cut:
    """An outline over the nodes of a rectangle.

    Attributes
    ----------
    outline : Outline
    nodes : Nodes
        Inside, outside or held; and the places of held nodes and of cut points.
    triangles : Triangles
    elements : Elements
        The same, for linear functions.
    regular : (ny − 1, nx − 1)
        True at the whole cells.
    """

    outline: Outline
    nodes: crossings.Nodes
    triangles: cells.Triangles
    elements: Elements
    regular: Mask

    @classmethod
    def of(cls, outline: Outline, bounds: tuple[float, float, float, float], shape: tuple[int, int]) -> Cut:
        """Cut a grid. Refuses an outline that it cannot follow, by place."""
        nodes = crossings.nodes(outline, bounds, shape)
        found = cells.triangles(outline, bounds, nodes)
        return cls(outline, nodes, found, Elements.of(shape, found), cells.regular(nodes))

    def lifted(self, outline: Outline) -> Cut:
        """The same cut of the same outline at other heights."""
        return replace(self, outline=outline)

    @cached_property
    def inside(self) -> Mask:
        """The nodes that may move, (ny, nx)."""
        return self.nodes.state == crossings.INSIDE

    @cached_property
    def runs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where the whole cells are, and twice the nodes that have one: see `runs` and `corner`."""
        whole = runs(self.regular)
        ny, nx = self.inside.shape
        touched = spread(whole, (ny, nx), below=1, right=1)
        return whole, touched, touched

    @cached_property
    def _cells_around(self) -> np.ndarray:
        """How many regular cells each node has, (ny, nx)."""
        count, whole = np.zeros(self.inside.shape, dtype=np.uint8), self.regular.view(np.uint8)
        for part in (count[:-1, :-1], count[:-1, 1:], count[1:, :-1], count[1:, 1:]):
            part += whole
        return count

    @cached_property
    def rim_runs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where the whole cells of the `rim` are, and its nodes with those around them; the rest is of no account."""
        around, (ny, nx) = self.rim.around, self.inside.shape
        apart = spread(complement(around, nx), (ny - 1, nx - 1), above=1, left=1)
        return common(complement(apart, nx - 1), self.runs[0], nx - 1), around, full(ny, nx)

    @cached_property
    def points(self) -> Array:
        """The outline's points at the cut points, (k, 3)."""
        return self.outline.at(*self.nodes.edge_place)

    @cached_property
    def heights(self) -> Array:
        """The outline's heights at the cut points, (k,)."""
        return self.points[:, 2]

    @cached_property
    def held(self) -> Array:
        """The outline's points at the held nodes, (m, 3)."""
        return self.outline.at(*self.nodes.held_place)

    def on(self, u: Array) -> Array:
        """A copy of u : (ny, nx) with the outline's heights at the held nodes, and outside a height that nothing sees."""
        return self.placed(memory.copy(u))

    def placed(self, u: Array) -> Array:
        """u : (ny, nx) itself with these heights in it."""
        beside(self.free, u, self._middle)
        np.put(u, self.nodes.held, self.held[:, 2])
        return u

    @cached_property
    def free(self) -> np.ndarray:
        """The `runs` of the nodes that may move."""
        return runs(self.inside)

    @cached_property
    def _middle(self) -> float:
        """Halfway between the outline's lowest and highest points."""
        z = self.outline.points[:, 2]
        return float(0.5 * np.min(z) + 0.5 * np.max(z))

    def gradients(self, u: Array) -> Array:
        """The gradients of heights u : (ny, nx) on the triangles, (2, t)."""
        return self.elements.gradients(u, self.heights, self.raised)

    @cached_property
    def raised(self) -> Array:
        """By how much the vertices of triangles are above the outline's heights, (v,): see `cells`."""
        return self.triangles.raised(self.outline)

    @property
    def volume(self) -> float:
        """The volume that belongs to the outline: under its cut points and what is raised, a third of each triangle each."""
        e, heights = self.elements, self.raised.copy()
        heights[len(e.nodes) :] += self.heights[e.cuts]
        return float(np.sum(e.thirds(e.weight) * heights))

    def area(self, cell: float) -> float:
        """The area of all regular cells and of what the triangles stand for."""
        return float(np.count_nonzero(self.regular)) * cell + float(np.sum(self.elements.weight))

    def node_area(self, cell: float) -> Array:
        """The area that belongs to each node, (ny, nx): a quarter of each regular cell and a third of each triangle."""
        out = np.multiply(self._cells_around, 0.25 * cell, out=memory.empty(self.inside.shape))
        out.flat[self.elements.nodes] += self.elements.thirds(self.elements.weight)[: len(self.elements.nodes)]
        return out

    @cached_property
    def _extension(self) -> Extension:
        return Extension.beyond(self.inside)

    @cached_property
    def rim(self) -> Patch:
        """The nodes that may move within a few nodes of those that may not."""
        (ny, nx), free = self.inside.shape, self.free
        return Patch.of(common(free, grown(complement(free, nx), (ny, nx), RIM), nx), (ny, nx))

    def extended(self, u: Array) -> Array:
        """A copy of u : (ny, nx) that goes on smoothly beyond the outline, as far as cubic interpolation looks."""
        return self._extension(u)
