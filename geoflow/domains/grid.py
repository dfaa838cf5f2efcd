"""A rectangle of nodes, all of it the domain of a film, or the part that an outline cuts out of it.

Heights u have shape (ny, nx), y along the first axis and x along the last. The grid owns the node coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import hypot

import numpy as np

from geoflow.domains.cut import Cut
from geoflow.domains.gaps import advised
from geoflow.domains.nested import interpolated
from geoflow.domains.outline import Outline
from geoflow.domains.surface import Mesh, Surface
from geoflow.errors import BadInput, TooCoarse
from geoflow.protocols import Array, Mask
from geoflow.solvers.patch import Patch
from geoflow.solvers.runs import full

FEWEST = 9  # nodes each way that a grid within an outline has at least, if it is another one's coarser grid
WORTHWHILE = 40  # nodes each way of a coarser grid within an outline that saves more than it takes to cut it


@dataclass(frozen=True)
class Grid:
    """ny × nx nodes, evenly spaced on [x0, x1] × [y0, y1].

    Parameters
    ----------
    bounds : (x0, x1, y0, y1)
        In the units of the wire.
    shape : (ny, nx)
        At least 3 nodes each way.
    cut : Cut or None
        What an outline leaves of it, made by `within`; None is all of it.

    >>> Grid((0.0, 1.0, 0.0, 2.0), (5, 3)).spacing
    (0.5, 0.5)
    """

    bounds: tuple[float, float, float, float]
    shape: tuple[int, int]
    cut: Cut | None = None

    @staticmethod
    def within(outline: Outline, bounds: tuple[float, float, float, float], shape: tuple[int, int]) -> Grid:
        """A grid whose domain an outline inside of its bounds encloses. Refuses one that it cannot follow, by place."""
        grid = Grid(bounds, shape)
        try:
            return replace(grid, cut=Cut.of(outline, bounds, shape))
        except TooCoarse as refusal:
            raise advised(refusal, outline, max(grid.spacing)) from None

    def __post_init__(self) -> None:
        x0, x1, y0, y1 = self.bounds
        if not (np.all(np.isfinite(self.bounds)) and x0 < x1 and y0 < y1):
            raise BadInput("bounds", self.bounds, "give finite x0 < x1 and y0 < y1")
        if min(self.shape) < 3:
            raise BadInput("shape", self.shape, "a grid needs at least 3 nodes each way")

    @property
    def spacing(self) -> tuple[float, float]:
        """(hx, hy)."""
        x0, x1, y0, y1 = self.bounds
        return (x1 - x0) / (self.shape[1] - 1), (y1 - y0) / (self.shape[0] - 1)

    @cached_property
    def x(self) -> Array:
        """Node coordinates along x, (nx,)."""
        return np.linspace(self.bounds[0], self.bounds[1], self.shape[1])

    @cached_property
    def y(self) -> Array:
        """Node coordinates along y, (ny,)."""
        return np.linspace(self.bounds[2], self.bounds[3], self.shape[0])

    @cached_property
    def boundary(self) -> Mask:
        """True at the nodes that are held, (ny, nx): those on the wire, and those outside of it."""
        if self.cut is not None:
            return ~self.cut.inside
        mask = np.zeros(self.shape, dtype=bool)
        mask[[0, -1], :] = mask[:, [0, -1]] = True
        return mask

    @property
    def points(self) -> tuple[Array, Array]:
        """x and y of all nodes, (ny, nx) each: those on an outline where it is."""
        x, y = np.broadcast_arrays(self.x[None, :], self.y[:, None])
        if self.cut is not None:
            x, y = x.copy(), y.copy()
            x.flat[self.cut.nodes.held], y.flat[self.cut.nodes.held] = self.cut.held[:, 0], self.cut.held[:, 1]
        return x, y

    @cached_property
    def mesh(self) -> Mesh:
        """The triangles of a film over it."""
        return Mesh.of(self.shape, self.cut, *self._places)

    @property
    def _places(self) -> tuple[Array, Array]:
        """x and y of all nodes and, after them, of all cut points, (ny nx + c,) each."""
        x, y = self.points
        if self.cut is None:
            return x.ravel(), y.ravel()
        cuts = self.cut.points
        return np.concatenate([x.ravel(), cuts[:, 0]]), np.concatenate([y.ravel(), cuts[:, 1]])

    def surface(self, u: Array) -> Surface:
        """Heights u : (ny, nx) over the grid, as a surface in space."""
        u, mesh, (x, y) = self.checked(u), self.mesh, self._places
        z = u.ravel() if self.cut is None else np.concatenate([u.ravel(), self.cut.heights])
        every = np.stack([x, y, z], axis=1)
        wires = (every[_around(self.shape)],) if self.cut is None else self.cut.outline.curves
        points = every[mesh.vertices]
        return Surface(points, points[:, 2], mesh.triangles, mesh.whole, mesh.vertices, self.shape, wires)

    @cached_property
    def node_area(self) -> Array:
        """The area of the domain that belongs to each node, (ny, nx): a quarter of each cell, a third of each triangle."""
        hx, hy = self.spacing
        if self.cut is not None:
            return self.cut.node_area(hx * hy)
        wx, wy = np.full(self.shape[1], hx), np.full(self.shape[0], hy)
        wx[[0, -1]] *= 0.5
        wy[[0, -1]] *= 0.5
        return np.outer(wy, wx)

    @cached_property
    def area(self) -> float:
        """The area of the plane that the film lies over: of all cells and triangles."""
        (x0, x1, y0, y1), (hx, hy) = self.bounds, self.spacing
        return (x1 - x0) * (y1 - y0) if self.cut is None else self.cut.area(hx * hy)

    @property
    def runs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where its whole cells are, and twice the nodes that have one: see ``solvers.runs`` and ``energies.corner``."""
        ny, nx = self.shape
        return (full(ny - 1, nx - 1), full(ny, nx), full(ny, nx)) if self.cut is None else self.cut.runs

    def checked(self, u: Array) -> Array:
        """u as C-ordered float64 if it has the grid's shape, or a refusal: kernels trust the shapes they are given."""
        if np.shape(u) != self.shape:
            raise BadInput("u", f"array of shape {np.shape(u)}", f"heights on this grid have the shape {self.shape}")
        return np.ascontiguousarray(u, dtype=np.float64)

    def jitter(self, u: Array) -> float:
        """|∇e| for errors e of one unit in the last place of the heights u: what float64 leaves open far from zero."""
        hx, hy = self.spacing
        e = float(np.finfo(np.float64).eps) * max(abs(float(np.max(u))), abs(float(np.min(u))))
        return hypot(e / hx, e / hy)

    @property
    def halves(self) -> bool:
        """Whether the nodes of `coarser` are every other node of this grid."""
        return self.shape[0] % 2 == 1 and self.shape[1] % 2 == 1 and min(self.shape) >= 5

    def coarser(self) -> Grid | None:
        """The grid with half as many cells each way, rounded up; None where there are fewer than four, or within an outline
        fewer than eight, or too few to follow it.
        """
        return self._coarser

    @property
    def bottom(self) -> bool:
        """Whether work that goes down to coarser grids had better end here."""
        return self.cut is not None and min(self.shape) // 2 + 1 < WORTHWHILE

    @cached_property
    def _coarser(self) -> Grid | None:
        ny, nx = self.shape
        if min(ny, nx) < 5:
            return None
        coarse = Grid(self.bounds, (ny // 2 + 1, nx // 2 + 1))
        if self.cut is None:
            return coarse
        if min(coarse.shape) < FEWEST:
            return None
        try:
            coarse = replace(coarse, cut=Cut.of(self.cut.outline, coarse.bounds, coarse.shape))
        except BadInput:
            return None
        return coarse if np.any(coarse.cut.inside) else None  # type: ignore[union-attr]

    @property
    def rim(self) -> Patch | None:
        """Where heights brought from another grid are rough: beside an outline, which grids cut differently; None without one."""
        return None if self.cut is None else self.cut.rim

    def lifted(self, outline: Outline) -> Grid:
        """The same grid within the same outline at other heights."""
        assert self.cut is not None
        return replace(self, cut=self.cut.lifted(outline))

    def restrict(self, u: Array, to: Grid | None = None) -> Array:
        """Heights (ny, nx) at the nodes of `coarser`, or of a grid coarser than that: those of its nodes that are this grid's
        too, by cubic interpolation where not all of them are.
        """
        coarse = self.coarser() if to is None else to
        assert coarse is not None
        down, across = ((m - 1) / (k - 1) for m, k in zip(self.shape, coarse.shape, strict=True))
        if down.is_integer() and across.is_integer():
            out = u[:: int(down), :: int(across)]
        else:
            out = interpolated(u if self.cut is None else self.cut.extended(u), coarse.shape)
        return np.ascontiguousarray(out) if coarse.cut is None else coarse.cut.on(out)

    def restrict_mask(self, mask: Mask) -> Mask:
        """A mask of held nodes (ny, nx) at the nodes of `coarser`, each as the node nearest to it; with its own boundary."""
        coarse = self.coarser()
        assert coarse is not None
        if self.cut is not None:
            mask = mask & self.cut.inside
        if self.halves:
            out = np.ascontiguousarray(mask[::2, ::2])
        else:
            i, j = (np.round(np.linspace(0, m - 1, k)).astype(np.intp) for m, k in zip(self.shape, coarse.shape, strict=True))
            out = np.ascontiguousarray(mask[np.ix_(i, j)])
        return out if self.cut is None else out | coarse.boundary

    def prolong(self, u: Array) -> Array:
        """Heights on the nodes of `coarser`, or of any grid over the same rectangle, at this grid's nodes, to O(h⁴)."""
        if self.cut is None:
            return interpolated(u, self.shape)
        coarse = self.coarser()
        known = u if coarse is None or coarse.cut is None or u.shape != coarse.shape else coarse.cut.extended(u)
        return self.cut.placed(interpolated(known, self.shape, self.cut.free))


def _around(shape: tuple[int, int]) -> Array:
    """The flat indices of the nodes on the edge of a rectangle, anticlockwise, the first one repeated at the end."""
    node = np.arange(shape[0] * shape[1]).reshape(shape)
    return np.concatenate([node[0], node[1:, -1], node[-1, -2::-1], node[-2::-1, 0]])
