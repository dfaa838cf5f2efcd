"""A film on a wire: the grid, the flow of its area in one of two metrics, and where it starts.

L2           ∂u/∂t = ∇·(∇u / √(1 + |∇u|²)),                    u = the wire's height on the boundary, which may move.
NormalL2     ∂u/∂t = √(1 + |∇u|²) ∇·(∇u / √(1 + |∇u|²)),       mean curvature flow

Both come to rest in the same minimal surface, by different roads.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from geoflow import easel
from geoflow.domains.grid import Grid
from geoflow.domains.surface import Surface
from geoflow.domains.wire import Wire
from geoflow.energies.graph_area import GraphArea
from geoflow.errors import BadInput
from geoflow.flow import GradientFlow
from geoflow.io.polydata import mesh_points, polydata
from geoflow.metrics import L2, NormalL2
from geoflow.monitor import AreaMonitor
from geoflow.protocols import Array
from geoflow.starts import Start, start_of
from geoflow.trajectory import Trajectory

if TYPE_CHECKING:
    from pyvista import PolyData

METRICS: dict[str, type[L2] | type[NormalL2]] = {"l2": L2, "mcf": NormalL2}
MARGIN = 1.0 / 128.0  # of a wire's longer side: by how much its grid is larger all around, if it is no rectangle
FAR = 1e100  # where what is no number is looked for
NEAR = 1e-4  # of a cell: how far a point over a node may be off it, for meshes that were in float32 on their way
MOST = 2**40  # nodes a side; more fit in no memory, and in the end in no float64
BYTES_PER_UNKNOWN = 500  # 240 at rest and 395 at the peak of an implicit step, measured, and some for what is kept and drawn


@dataclass(frozen=True, eq=False)
class Film:
    """What `soap_film` returns.

    Attributes
    ----------
    wire : Wire
    grid : Grid
    flow : GradientFlow
        Area in L² or NormalL2, held on the wire.
    start : (ny, nx)
        Heights at the start, the wire's on the boundary.
    """

    wire: Wire
    grid: Grid
    flow: GradientFlow
    start: Array

    @cached_property
    def exact(self) -> Array | None:
        """The minimal surface at the nodes, (ny, nx), where it is known in closed form; outside of an outline the start."""
        if self.wire.exact is None:
            return None
        if self.grid.cut is not None:
            return np.where(self.grid.boundary, self.start, self.wire.exact.height(*self.grid.points))
        return self.wire.exact.height(self.grid.x[None, :], self.grid.y[:, None])

    @property
    def records(self) -> dict[str, AreaMonitor]:
        """The area monitor, to hand to ``evolve(…, record=film.records)``."""
        return {"area": AreaMonitor(self.grid, at=None if self.grid.cut is None else self._grid_at)}

    def _grid_at(self, t: float) -> Grid:
        """The grid with the outline's heights at time t."""
        shadow = self.wire.at(t).shadow
        return self.grid if shadow is None or self.wire.path is None else self.grid.lifted(shadow)

    @property
    def metric_name(self) -> str:
        """ "l2", or "mcf" for mean curvature flow."""
        return next(name for name, kind in METRICS.items() if isinstance(self.flow.metric, kind))

    @property
    def flow_name(self) -> str:
        """What the flow is called, for titles and tables."""
        return {"l2": "L² gradient flow of area", "mcf": "mean curvature flow"}[self.metric_name]

    def followed(self, run: Trajectory) -> str:
        """What a run of this film followed, for titles and tables."""
        return "area in L², with momentum and friction" if run.with_momentum else self.flow_name

    @property
    def unknowns(self) -> int:
        """The number of nodes that may move."""
        return int(np.sum(~self.grid.boundary))

    def surface(self, u: Array, t: float = 0.0) -> Surface:
        """Heights u : (ny, nx) at time t as a surface in the wire's own space, with the wire. Other shapes are refused."""
        wire = self.wire
        surface = self._grid_at(t).surface(u)
        return surface if wire.frame is None else surface.moved(wire.frame.back)

    def to_pyvista(self, u: Array | None = None, t: float = 0.0) -> PolyData:
        """Heights u : (ny, nx) as a mesh of pyvista's, triangles with the point data ``height`` and ``change`` since the start.

        None takes the start. ``film.to_pyvista(run.x).plot(scalars="height")`` opens a window; `from_pyvista` takes a mesh back.
        """
        surface, begin = self.surface(self.start if u is None else u, t), self.surface(self.start)
        data = {"height": surface.heights, "change": surface.heights - begin.heights}
        return polydata(surface.points, surface.triangles, data)

    def from_pyvista(self, mesh: object) -> Array:
        """The heights (ny, nx) of a mesh whose points lie over those of this film, one over each node, in any order.

        Over an outline, points on the wire between nodes may be there as well or not; outside, the film's start is returned.

        Raises
        ------
        BadInput
            A mesh of something else, a point off the film's, a node without a point.
        """
        from scipy.spatial import KDTree

        points, own = mesh_points(mesh), self.grid.surface(self.start)
        seen = np.nan_to_num(points if self.wire.frame is None else self.wire.frame.into(points), nan=FAR, posinf=FAR, neginf=FAR)
        away, near = KDTree(own.points[:, :2]).query(seen[:, :2])
        if not np.all(away <= NEAR * min(self.grid.spacing)):
            worst = points[int(np.argmax(away))]
            raise BadInput("mesh", f"a point at ({worst[0]:g}, {worst[1]:g})", "its points lie over the nodes of the film")
        node, size = own.vertices[near], self.start.size
        times = np.bincount(node, minlength=size)[:size]
        wanted = own.vertices[own.vertices < size]
        if np.any(times[wanted] != 1):
            raise BadInput("mesh", f"{len(points)} points", f"it has one point over each of {len(wanted)} nodes")
        heights = self.start.copy()
        heights.flat[node[node < size]] = seen[node < size, 2]
        return heights

    def show(self, shown: object = None, **options: Any) -> Any:
        """Look at it, or at heights or a run of it: in a window, a notebook, or as a picture; see `geoflow.viz.show_film`."""
        return easel.draw("show_film", self, shown, **options)

    def plot(self, shown: object = None, path: object = None, **options: Any) -> Any:
        """A picture of it, or of heights or a run of it, or of several; see `geoflow.viz.draw_film`."""
        return easel.draw("draw_film", self, shown, path, **options)

    def coarser(self, u: Array) -> Film | None:
        """The film on every other node, starting from heights u : (ny, nx); None where the grid cannot be halved."""
        grid = self.grid.coarser() if self.grid.halves else None
        return None if grid is None else _film(self.wire, grid, self.grid.restrict(u), self.metric_name)


def soap_film(wire: Wire, n: int = 129, start: Start = None, metric: str = "l2") -> Film:
    """A film on a wire, ready to flow.

    Parameters
    ----------
    wire : Wire
    n : int
        Nodes along the longer side, at least 3; the cells are near square.
    start : None, "coons", "flat", a formula in x and y, a function (x, y) → z, or heights (ny, nx)
        Inside only: on the boundary the film has the wire's heights. None is the wire's own start if it has one, else
        "coons", the Coons patch of the wire, which only rectangles have; over any other outline, the harmonic film. "flat"
        is the wire's mean height.
    metric : "l2" or "mcf"
        What the flow is steepest in: `L2`, or `NormalL2` for true mean curvature flow.

    Raises
    ------
    BadInput
        Also for a grid that would not fit into memory, with the estimate.

    >>> soap_film(Wire.named("helicoid"), n=33).grid.shape
    (33, 17)
    """
    if not isinstance(wire, Wire):
        raise BadInput("wire", type(wire).__name__, "give a Wire: Wire.named, Wire.formula or Wire.read make one")
    if not isinstance(metric, str) or metric not in METRICS:
        raise BadInput("metric", metric, f"choose one of {', '.join(METRICS)}")
    grid = Grid(wire.bounds, _shape(wire.bounds, n)) if wire.shadow is None else Grid.within(wire.shadow, *_around(wire, n))
    if grid.cut is not None:
        return _film(wire, grid, grid.cut.placed(start_of(wire, grid, None, start)), metric)
    edge = wire.on(grid)
    return _film(wire, grid, np.where(grid.boundary, edge, start_of(wire, grid, edge, start)), metric)


def _film(wire: Wire, grid: Grid, start: Array, metric: str) -> Film:
    area = GraphArea(grid)

    def path(t: float) -> tuple[GraphArea, Array]:
        now = wire.at(t)
        there = grid if now.shadow is None else grid.lifted(now.shadow)  # heights at cut points belong to the energy
        return area.on(there), now.on(there)

    moves = None if wire.path is None else path
    return Film(wire, grid, GradientFlow(area, METRICS[metric](grid), grid.boundary, moves), start)


def _around(wire: Wire, n: int) -> tuple[tuple[float, float, float, float], tuple[int, int]]:
    """Bounds a little larger than a wire's, and the shape of a grid on them: square cells, in numbers that halve well."""
    _shape(wire.bounds, n)
    x0, x1, y0, y1 = wire.bounds
    sides, cells = np.array([x1 - x0, y1 - y0]), int(n) - 1
    spacing = float(np.max(sides)) * (1.0 + 2.0 * MARGIN) / cells
    unit = max(min(cells & -cells, cells // 16), 1)
    count = np.maximum(unit * np.ceil((sides + 2.0 * MARGIN * np.max(sides)) / (spacing * unit) * (1.0 - 1e-12)), 2)
    nx, ny = (int(c) + 1 for c in count)
    _check_memory((ny, nx))
    x, y, wide, deep = 0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.5 * spacing * (nx - 1), 0.5 * spacing * (ny - 1)
    return (x - wide, x + wide, y - deep, y + deep), (ny, nx)


def _shape(bounds: tuple[float, float, float, float], n: int) -> tuple[int, int]:
    """(ny, nx) with n nodes along the longer side; exactly square cells if it can be, else a number each way that halves well."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 3:
        raise BadInput("n", n, "give a whole number of nodes along the longer side, at least 3")
    if n > MOST:
        raise BadInput(
            "n", n, f"over {MOST} nodes a side need over {BYTES_PER_UNKNOWN * MOST / 2**30:.3g} GiB: choose a smaller n"
        )
    width, depth = bounds[1] - bounds[0], bounds[3] - bounds[2]
    cells = (int(n) - 1) * min(width, depth) / max(width, depth)
    square = abs(cells - round(cells)) < 1e-9 * cells  # cells that come out square are kept, others made to halve well
    unit = 1 if square or n % 2 == 0 else 4 if n % 4 == 1 and cells >= 16 else 2
    short = 1 + max(unit * round(cells / unit), 2)
    shape = (short, int(n)) if width >= depth else (int(n), short)
    _check_memory(shape)
    return shape


def _check_memory(shape: tuple[int, int]) -> None:
    need = BYTES_PER_UNKNOWN * shape[0] * shape[1]
    try:
        have = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return
    if need > have:
        n, size = max(shape), f"about {need / 2**30:.3g} GiB for {shape[1]} × {shape[0]} nodes"
        raise BadInput("n", n, f"the grid needs {size} and this machine has {have / 2**30:.3g} GiB: choose a smaller n")
