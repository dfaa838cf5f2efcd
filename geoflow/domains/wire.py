"""A wire: the closed curve in space that holds a film, or several, and the heights it gives to a grid's held nodes.

Over an axis-aligned rectangle, one that is known by a formula keeps it, so that refining the grid refines the wire. Over any
other outline it is a polyline, dense where a formula gives its heights.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import KDTree

from geoflow.domains.grid import Grid
from geoflow.domains.heightfield import HeightField
from geoflow.domains.outline import Outline
from geoflow.domains.polyline import RectangleLoop, is_rectangle
from geoflow.domains.shapes import DENSE, outline_loops
from geoflow.errors import BadInput
from geoflow.exact.surfaces import SURFACES, MinimalSurface
from geoflow.formula import Formula
from geoflow.io.arrays import SUFFIXES, read_height_field
from geoflow.io.edges import read_mesh_loops
from geoflow.io.text import read_loops
from geoflow.protocols import Array

Bounds = tuple[float, float, float, float]
Height = Callable[[Array, Array], Array]

TEXTS = (".csv", ".txt", ".xyz", ".dat")
MESHES = (".obj", ".ply", ".vtp")
UP: dict[str, Callable[[Array], Array]] = {
    "z": lambda p: p,
    "y": lambda p: np.stack([p[:, 0], 0.0 - p[:, 2], p[:, 1]], axis=1),
    "x": lambda p: p[:, [1, 2, 0]],
}
LARGEST = 1e100  # a wire higher than this has slopes whose squares overflow


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
        Where its film starts by default; None means a Coons patch.
    exact : MinimalSurface or None
        The minimal surface it bounds, where that is known in closed form.
    about : str
        One line on what it is.
    path : t → ((x, y) → z), or None
        The heights at time t, for a wire that moves.
    shadow : Outline or None
        The outline that it is over; None means the edge of the rectangle.
    """

    name: str
    bounds: Bounds
    height: Height
    start: Height | None = None
    exact: MinimalSurface | None = None
    about: str = ""
    path: Callable[[float], Height] | None = None
    shadow: Outline | None = None

    @staticmethod
    def named(name: str) -> Wire:
        """One of the wires that ship; `Wire.names` lists them."""
        makers = _makers()
        if not isinstance(name, str) or name not in makers:
            raise BadInput("wire", name, f"there is no wire of that name; choose one of {', '.join(makers)}")
        return makers[name]()

    @staticmethod
    def names() -> tuple[str, ...]:
        """The wires that ship."""
        return tuple(_makers())

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
    def moving(name: str, height: Callable[[float, Array, Array], Array], bounds: Bounds = (-1.0, 1.0, -1.0, 1.0)) -> Wire:
        """A wire whose heights z = height(t, x, y) along the edge of a rectangle change with time."""

        def path(t: float) -> Height:
            return lambda x, y: height(t, x, y)

        return Wire(name, checked_bounds(bounds), path(0.0), about="a wire that moves", path=path)

    def at(self, t: float) -> Wire:
        """The wire at rest where it is at time t; itself if it does not move."""
        if self.path is None:
            return self
        height = self.path(t)
        shadow = None if self.shadow is None else self.shadow.lifted(_heights(self.name, height, self.shadow.points))
        return replace(self, height=height, path=None, shadow=shadow)

    @staticmethod
    def outline(outline: object, height: str | Height | None = None) -> Wire:
        """A wire over any outline.

        Parameters
        ----------
        outline : "disc", "ellipse", "star", "annulus", points (k, 2) or (k, 3), or a list of such loops
            Closed polylines; one inside of another bounds a hole.
        height : a formula in x and y, a function (x, y) → z, or None
            Along the outline; with the time t in the formula it is a wire that moves. None takes the third column of points.

        >>> Wire.outline("disc", "sin(3*atan2(y, x))").shadow.area                # a polygon of 32768 corners
        3.14159263...
        """
        loops = outline_loops(outline)
        which = name = outline if isinstance(outline, str) else "outline"
        if height is None:
            if any(loop.shape[1] == 2 for loop in loops):
                raise BadInput("height", None, "give a formula or a function of x and y, or points with a third column")
            return _over(Outline.of(loops, name), name, f"{sum(map(len, loops))} points")
        path: Callable[[float], Height] | None = None
        if isinstance(height, str):
            formula = Formula(height, ("x", "y", "t"), field="height")
            if "t" in formula.tape:
                path = lambda t: lambda x, y: formula(x, y, t)  # noqa: E731
            name, height = f"{height} over {name}", lambda x, y: formula(x, y, 0.0)
        given = Outline.of([np.column_stack([loop[:, :2], np.zeros(len(loop))]) for loop in loops], which)
        shadow = given.refined(DENSE)
        shadow = shadow.lifted(_heights(name, height, shadow.points))
        return replace(_over(shadow, name, "a height along an outline"), height=height, path=path)

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
            grey values become heights from 0 to 1; `about` says how. ``.csv``, ``.txt``, ``.xyz``, ``.dat``: points x y z of
            a closed polyline, or of several with a blank line between. ``.obj``, ``.ply``, ``.vtp``: closed polylines of edges
            in any order, or a surface, whose boundary they are.
        bounds : (x0, x1, y0, y1) or None
            Of a height field; None is one unit a node.
        up : "z", "y" or "x"
            The axis of points that points up: with "y" the point (x, y, z) becomes (x, −z, y), with "x" (y, z, x).
        scale : float
            Factor of the heights.
        """
        if not isinstance(up, str) or up not in UP:
            raise BadInput("up", up, f"choose one of {', '.join(UP)}")
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not abs(scale) < np.inf or scale == 0.0:
            raise BadInput("scale", scale, "give a finite number, not zero")
        suffix, name = Path(path).suffix.lower(), Path(path).name
        if suffix in SUFFIXES:
            if up != "z":
                raise BadInput(
                    "up", up, "only a wire of points has axes to choose from, and this is a height field: leave it out"
                )
            heights, about = read_height_field(path)
            ny, nx = heights.shape
            field = HeightField(checked_bounds(bounds or (0.0, nx - 1.0, 0.0, ny - 1.0)), scale * heights)
            times = "" if scale == 1.0 else f", times {scale:g}"
            return Wire(name, field.bounds, field, field, None, f"the edge of a height field: {about}{times}")
        if suffix not in (*TEXTS, *MESHES):
            known = " ".join((*TEXTS, *MESHES, *SUFFIXES))
            raise BadInput("wire file", os.fspath(path), f"its suffix should be one of {known}")
        if bounds is not None:
            raise BadInput("bounds", bounds, "a wire given by its points brings its own bounds: leave them out")
        loops = read_loops(path) if suffix in TEXTS else read_mesh_loops(path)
        loops = tuple(UP[up](loop) * np.array([1.0, 1.0, scale]) for loop in loops)
        about = f"a polyline of {len(loops[0])} points" if len(loops) == 1 else f"{len(loops)} polylines"
        if len(loops) == 1 and is_rectangle(loops[0], os.fspath(path)):
            edge = RectangleLoop.of(loops[0], os.fspath(path))
            return Wire(name, edge.bounds, edge, None, None, about)
        return _over(Outline.of(list(loops), os.fspath(path)), name, about)

    def on(self, grid: Grid) -> Array:
        """Heights at the grid's held nodes, (ny, nx), zero inside. Refuses heights that are not finite, by place.

        On a grid that an outline cuts they are those of its outline.
        """
        if grid.cut is not None:
            return grid.cut.on(np.zeros(grid.shape))
        mask = grid.boundary
        x, y = np.broadcast_arrays(grid.x[None, :], grid.y[:, None])
        out = np.zeros(grid.shape)
        out[mask] = _heights(self.name, self.height, np.stack([x[mask], y[mask]], axis=1))
        return out


def _heights(name: str, height: Height, points: Array) -> Array:
    """The heights at points (k, 2 or more), or a refusal by place."""
    x, y = points[:, 0], points[:, 1]
    with np.errstate(all="ignore"):
        z = np.broadcast_to(np.asarray(height(x, y), dtype=np.float64), x.shape)
    bad = np.flatnonzero(~(np.abs(z) <= LARGEST))
    if bad.size:
        where = f"({x[bad[0]]:g}, {y[bad[0]]:g})"
        raise BadInput(f"height of wire {name} at {where}", float(z[bad[0]]), "wires have finite heights, up to 1e100")
    return z + 0.0


def _over(shadow: Outline, name: str, about: str) -> Wire:
    """A wire over an outline, by its own heights."""
    nearest = KDTree(shadow.points[:, :2])

    def height(x: Array, y: Array) -> Array:
        x, y = np.broadcast_arrays(x, y)
        found: Array = shadow.points[nearest.query(np.stack([x, y], axis=-1))[1], 2]
        return found

    return Wire(name, checked_bounds(shadow.bounds), height, about=about, shadow=shadow)


def checked_bounds(bounds: Bounds) -> Bounds:
    """(x0, x1, y0, y1) as floats with x0 < x1 and y0 < y1, or a refusal."""
    try:
        values = np.asarray(bounds)
    except ValueError:
        values = np.empty(0)
    if values.shape != (4,) or values.dtype.kind not in "iuf":
        raise BadInput("bounds", bounds, "give four numbers x0 x1 y0 y1")
    x0, x1, y0, y1 = (float(v) for v in values)
    if not (np.all(np.abs(values) <= LARGEST) and x0 < x1 and y0 < y1):
        raise BadInput("bounds", bounds, "give finite numbers up to 1e100 with x0 < x1 and y0 < y1")
    if max(x1 - x0, y1 - y0) > 1e4 * min(x1 - x0, y1 - y0):
        raise BadInput("bounds", bounds, "one side is over 10000 times the other: no grid of square cells fits both")
    return x0, x1, y0, y1


def terrain() -> Wire:
    """The Jacksboro fault, Tennessee: the elevation model that ships inside matplotlib, degrees turned into metres."""
    from matplotlib.cbook import get_sample_data

    loaded: Any = get_sample_data("jacksboro_fault_dem.npz")
    with loaded as data:
        north_first = np.asarray(data["elevation"], dtype=np.float64)
        step, latitude = float(data["dx"]), 0.5 * (float(data["ymin"]) + float(data["ymax"]))
    metres = 111_320.0 * step  # one step of latitude; of longitude, that times the cosine
    ny, nx = north_first.shape
    bounds = (0.0, (nx - 1) * metres * float(np.cos(np.radians(latitude))), 0.0, (ny - 1) * metres)
    field = HeightField(bounds, np.ascontiguousarray(north_first[::-1]))
    return Wire("terrain", bounds, field, field, None, "the edge of a mountain range, in metres; the mountains are the start")


def _saddle() -> Wire:
    def ripples(x: Array, y: Array) -> Array:
        return x * x - y * y + 0.25 * np.sin(3.0 * np.pi * x) * np.sin(2.0 * np.pi * y)

    wire = Wire.formula("x**2 - y**2")
    return Wire("saddle", wire.bounds, wire.height, ripples, None, "z = x² − y² on [−1, 1]², its film rippled at the start")


def _tent() -> Wire:
    def roof(x: Array, y: Array) -> Array:
        return 1.0 - np.abs(x) + 0.0 * y

    return Wire("tent", (-1.0, 1.0, -1.0, 1.0), roof, roof, None, "two gables, z = 1 − |x|, with the roof as the start")


def _makers() -> dict[str, Callable[[], Wire]]:
    exact: dict[str, Callable[[], Wire]] = {name: lambda s=s: Wire.of(s) for name, s in SURFACES.items()}  # type: ignore[misc]
    return {**exact, "saddle": _saddle, "tent": _tent, "terrain": terrain}
