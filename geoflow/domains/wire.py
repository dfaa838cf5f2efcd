"""A wire: the closed curve in space that holds a film, or several, and the heights it gives to a grid's held nodes.

Over an axis-aligned rectangle, one that is known by a formula keeps it, so that refining the grid refines the wire. Over any
other outline it is a polyline, dense where a formula gives its heights. The ways to make one are modules of their own, each
beside what it needs: `named`, `reading`, `given`, `outlined`, `silhouettes`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from geoflow.domains.frame import Frame
from geoflow.domains.grid import Grid
from geoflow.domains.heights import Bounds, Height, checked_bounds, heights_at
from geoflow.domains.outline import Outline
from geoflow.domains.polyline import RectangleLoop
from geoflow.errors import BadInput
from geoflow.exact.surfaces import MinimalSurface
from geoflow.formula import Formula
from geoflow.protocols import Array

SIDE = 1024  # points along a rectangle's side, where its height is a function


@dataclass(frozen=True, eq=False)
class Wire:
    """A closed curve over the edge of a rectangle, or any simple closed curves.

    Attributes
    ----------
    name : str
    bounds : (x0, x1, y0, y1)
        In the wire's own units; heights have the same unit.
    height : (x, y) → z
        Heights on the rectangle's edge, for arrays that broadcast.
    start : (x, y) → z or None
        Where its film starts by default; None means a Coons patch over a rectangle, else the harmonic film.
    exact : MinimalSurface or None
        The minimal surface it bounds, where that is known in closed form.
    about : str
        One line on what it is.
    path : t → ((x, y) → z), or None
        The heights at time t, for a wire that moves.
    shadow : Outline or None
        The outline that it is over; None means the edge of the rectangle.
    frame : Frame or None
        The axes that all of this is in, for a wire of points that is a graph over another plane than its own xy-plane.
    """

    name: str
    bounds: Bounds
    height: Height
    start: Height | None = None
    exact: MinimalSurface | None = None
    about: str = ""
    path: Callable[[float], Height] | None = None
    shadow: Outline | None = None
    frame: Frame | None = None

    @staticmethod
    def named(name: str) -> Wire:
        """One of the wires that ship; `Wire.names` lists them."""
        from geoflow.domains.named import MAKERS

        if not isinstance(name, str) or name not in MAKERS:
            raise BadInput("wire", name, f"there is no wire of that name; choose one of {', '.join(MAKERS)}")
        return MAKERS[name]()

    @staticmethod
    def names() -> tuple[str, ...]:
        """The wires that ship."""
        from geoflow.domains.named import MAKERS

        return tuple(MAKERS)

    @staticmethod
    def formula(text: str, bounds: Bounds = (-1.0, 1.0, -1.0, 1.0)) -> Wire:
        """The heights z(x, y) of a formula along the edge of a rectangle; in x, y and the time t it is a wire that moves.

        >>> Wire.formula("t - log(cos(x))").at(2.0).height(0.0, 1.0)
        array(2.)
        """
        heights = Formula(text, ("x", "y", "t"), field="wire")
        if "t" in heights.tape:
            return Wire.moving(text, lambda t, x, y: heights(x, y, t), bounds)
        return Wire(text, checked_bounds(bounds), Formula(text, ("x", "y"), field="wire"), about="a formula")

    @staticmethod
    def moving(
        name: str,
        height: Callable[[float, Array, Array], Array],
        bounds: Bounds = (-1.0, 1.0, -1.0, 1.0),
        outline: object = None,
    ) -> Wire:
        """A wire whose heights z = height(t, x, y) change with time, along the edge of a rectangle or along an outline.

        outline: as for `Wire.outline`; it brings its own bounds.

        >>> ring = Wire.moving("a rising ring", lambda t, x, y: t * (x * x + y * y < 2.0), outline="annulus").at(0.5)
        >>> float(ring.curves[1][0, 2])
        0.5
        """
        if not callable(height):
            given = "None" if height is None else type(height).__name__
            raise BadInput("height", given, "give a function (t, x, y) → z; Wire.formula takes a formula in x, y and t")
        if outline is not None:
            from geoflow.domains.outlined import moving

            return moving(name, height, outline)

        def path(t: float) -> Height:
            return lambda x, y: height(t, x, y)

        return Wire(name, checked_bounds(bounds), path(0.0), about="a wire that moves", path=path)

    @staticmethod
    def outline(outline: object, height: str | os.PathLike[str] | Height | Array | None = None) -> Wire:
        """A wire over any outline.

        Parameters
        ----------
        outline : "disc", "ellipse", "star", "annulus", points (k, 2) or (k, 3), a list of such loops, or a file of them
            Closed polylines; one inside of another bounds a hole.
        height : a formula in x and y, a function (x, y) → z, an array (ny, nx), a file of one or an image, or None
            Along the outline; with the time t in the formula it is a wire that moves. An array, row 0 at the bottom, is
            stretched over the rectangle around the outline and read bilinearly. None takes the third column of points, which
            may lie in any position in space: see ``Wire.frame``.

        >>> Wire.outline("disc", "sin(3*atan2(y, x))").shadow.area                # a polygon of 32768 corners
        3.14159263...
        """
        from geoflow.domains.outlined import outlined

        return outlined(outline, height)

    @staticmethod
    def silhouette(
        image: str | os.PathLike[str] | Array,
        height: str | os.PathLike[str] | Height | Array | None = None,
        *,
        level: float | str | None = None,
        bounds: Bounds | None = None,
        smooth: float = 2.0,
        specks: float = 0.01,
    ) -> Wire:
        """A wire over the silhouettes of a picture, with their holes; ``about`` says what was found and what was left out.

        Parameters
        ----------
        image : path, or pixels (ny, nx) or (ny, nx, 3 or 4), booleans or grey values, the top row first
            Light on dark or dark on light: what has less of the picture's edge is the silhouette. Where it reaches the edge,
            it is closed along it. What is transparent is white; black, where on white there would be nothing to be seen.
            Whole numbers are of 255 or 65535: in a larger type, of the first that none exceeds.
        height : as for `outline`
            A formula may have the word grey, the picture's grey value 0 … 1 there; an array is stretched over the picture.
        level : float, "edges" or None
            The grey value to cut at. None is half-way between the medians of Otsu's two classes, which is ½ for black and
            white. "edges", for uneven light, cuts where the picture is steepest (a watershed), to two pixels.
        bounds : (x0, x1, y0, y1) or None
            Of the picture; None is 2 units for its longer side, 0 in the middle.
        smooth : float, pixels
            Of the staircase, without shrinking: see ``geoflow.domains.smoothing``.
        specks : float
            Regions and holes smaller than that part of the largest region are left out.
        """
        from geoflow.domains.silhouettes import silhouette

        return silhouette(image, height, level, bounds, smooth, specks)

    @staticmethod
    def contour(
        field: object,
        level: float,
        bounds: Bounds | None = None,
        height: str | os.PathLike[str] | Height | Array | None = None,
        *,
        side: str | None = None,
        largest: bool = True,
        smooth: float = 0.0,
        specks: float = 0.01,
    ) -> Wire:
        """A wire over the contour of a height field at a level: a shore, a summit, a valley.

        Parameters
        ----------
        field : heights (ny, nx) with row 0 at y0, their file or image, or a wire that starts as such, as "terrain" does
        level : float
        bounds : (x0, x1, y0, y1) or None
            Of an array or a file; None is one unit a node.
        height : as for `outline`, or None
            A formula may have the word grey, the field there. None is the level, and the film then starts as the field.
        side : "above", "below" or None
            Of the level; None is where the largest region is that does not touch the field's edge.
        largest : bool
            The largest region alone, or all of them.
        smooth, specks
            As for `silhouette`, in nodes; a smooth field needs no smoothing.
        """
        from geoflow.domains.silhouettes import contour

        return contour(field, level, bounds, height, side, largest, smooth, specks)

    @staticmethod
    def of(surface: MinimalSurface) -> Wire:
        """The wire that a known minimal surface is bounded by."""
        return Wire(surface.name, surface.bounds, surface.height, None, surface, surface.equation)

    @staticmethod
    def read(path: str | os.PathLike[str], bounds: Bounds | None = None, up: str = "z", scale: float = 1.0) -> Wire:
        """A wire from a file.

        Parameters
        ----------
        path : str or path
            ``.npy``, ``.npz`` or an image: a height field (ny, nx); its edge is the wire and all of it the start. An image's
            grey values become heights from 0 to 1; ``about`` says how. ``.csv``, ``.txt``, ``.xyz``, ``.dat``: points x y z of
            a closed polyline, or of several with a blank line between; a header may name x, y, z in another order. ``.obj``,
            ``.ply``, ``.vtp``: closed polylines of edges in any order, or a surface, whose boundary they are. Polylines may lie
            in any position in space: one that is no graph over the xy-plane, or over the plane of its largest shadow a better one
            (far flatter, or without the dents in its shadow that a film may let go in), is turned to be that: see ``Wire.frame``.
        bounds : (x0, x1, y0, y1) or None
            Of a height field; None is one unit a node.
        up : "z", "y" or "x"
            The axis of points that points up: with "y" the point (x, y, z) becomes (x, −z, y), with "x" (y, z, x).
        scale : float
            Factor of the heights.
        """
        from geoflow.domains.reading import read_wire

        return read_wire(path, bounds, up, scale)

    @staticmethod
    def from_pyvista(mesh: object, name: str = "mesh") -> Wire:
        """The wire in a mesh of pyvista or VTK: the closed polylines of its line cells, or the boundary of its surface.

        ``Wire.from_pyvista(pyvista.Plane(i_size=2.0)).bounds`` are (−1, 1, −0.5, 0.5).
        """
        from geoflow.domains.reading import from_mesh

        return from_mesh(mesh, name)

    def at(self, t: float) -> Wire:
        """The wire at rest where it is at time t; itself if it does not move."""
        if self.path is None:
            return self
        height = self.path(t)
        shadow = None if self.shadow is None else self.shadow.lifted(heights_at(self.name, height, self.shadow.points))
        return replace(self, height=height, path=None, shadow=shadow)

    @property
    def curves(self) -> tuple[Array, ...]:
        """Its closed polylines in its own space, (k, 3) each, the first point not repeated; at time 0 if it moves."""
        if self.shadow is not None:
            loops = np.split(self.shadow.points, self.shadow.starts[1:])
        elif isinstance(self.height, RectangleLoop):
            loops = [self.height.points]
        else:
            x0, x1, y0, y1 = self.bounds
            corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])
            edge = np.concatenate([np.linspace(a, b, SIDE, endpoint=False) for a, b in zip(corners, corners[1:], strict=False)])
            loops = [np.column_stack([edge, heights_at(self.name, self.height, edge)])]
        return tuple(loop if self.frame is None else self.frame.back(loop) for loop in loops)

    def on(self, grid: Grid) -> Array:
        """Heights at the grid's held nodes, (ny, nx), zero inside. Refuses heights that are not finite, by place.

        On a grid that an outline cuts they are those of its outline.
        """
        if grid.cut is not None:
            return grid.cut.on(np.zeros(grid.shape))
        mask = grid.boundary
        x, y = np.broadcast_arrays(grid.x[None, :], grid.y[:, None])
        out = np.zeros(grid.shape)
        out[mask] = heights_at(self.name, self.height, np.stack([x[mask], y[mask]], axis=1))
        return out
