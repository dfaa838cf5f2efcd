"""Where a film starts: the heights inside its wire, from a word, a formula, a function, an array, or the wire's own.

Over a rectangle the default is the Coons patch; over any other outline the harmonic film, which on large grids is that of a
coarser one, interpolated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from geoflow.checks import real_array
from geoflow.domains.grid import Grid
from geoflow.domains.wire import Wire
from geoflow.energies.dirichlet import Dirichlet
from geoflow.errors import BadInput
from geoflow.formula import Formula
from geoflow.protocols import Array
from geoflow.solvers import memory
from geoflow.solvers.kernels import kernel
from geoflow.solvers.linear import solve
from geoflow.solvers.threads import strips

Start = str | Array | Callable[[Array, Array], Array] | None
COARSE = 70_000  # nodes up to which the harmonic film is computed where it is wanted


def start_of(wire: Wire, grid: Grid, edge: Array | None, start: Start) -> Array:
    """The heights (ny, nx) of a start, a fresh array; `soap_film` says what it may be. Those on the boundary are of no account.

    edge: the wire's heights on a rectangle's edge; None within an outline.
    """
    if start is None:
        start = wire.start or "coons"
        if start == "coons" and grid.cut is not None:
            return harmonic(grid)
    if isinstance(start, str):
        if start == "coons":
            if edge is None:
                raise BadInput("start", start, "only a rectangle has a Coons patch: leave it out for the harmonic film")
            return coons(edge)
        if start == "flat":
            held = np.append(grid.cut.held[:, 2], grid.cut.heights) if grid.cut is not None else edge[grid.boundary]  # type: ignore[index]
            return np.full(grid.shape, float(np.mean(held)))
        if start.isidentifier() and start not in ("x", "y", "e", "pi"):
            raise BadInput("start", start, "give 'coons', 'flat', a formula or a function of x and y, or an array")
        start = Formula(start, ("x", "y"), field="start")
    heights = real_array(_called(start, grid) if callable(start) else start, "start", f"give {grid.shape} real heights")
    if callable(start) and heights.ndim == 0:
        heights = np.broadcast_to(heights, grid.shape)
    if heights.shape != grid.shape:
        raise BadInput("start", f"array of shape {heights.shape}", f"the grid has {grid.shape} nodes")
    heights = heights.astype(np.float64, order="C")
    bad = np.argwhere(~(np.abs(heights) <= 1e100) & ~grid.boundary)
    if bad.size:
        i, j = (int(k) for k in bad[0])
        where = f"({grid.x[j]:g}, {grid.y[i]:g})"
        raise BadInput(f"start at {where}", float(heights[i, j]), "heights are finite, up to 1e100")
    return heights


def _called(start: Callable[[Array, Array], Array], grid: Grid) -> Array:
    x, y = grid.points
    try:
        with np.errstate(all="ignore"):
            return start(x, y)
    except BadInput:
        raise
    except Exception as error:
        error.add_note("raised inside the function given as start, not by geoflow")
        raise


def harmonic(grid: Grid) -> Array:
    """The film of least Dirichlet energy within an outline, (ny, nx), that has its heights where the grid holds it; to 1e-4.

    A fine grid takes that of the next coarser one, interpolated, whose error is as small and whose price a quarter.
    """
    coarse = grid.coarser() if grid.shape[0] * grid.shape[1] > COARSE else None
    if coarse is not None and coarse.cut is not None:
        return grid.prolong(harmonic(coarse))
    assert grid.cut is not None
    edge, heat = grid.cut.on(np.zeros(grid.shape)), Dirichlet(grid)
    return edge - solve(heat.hessian(edge), heat.differential(edge), grid.boundary, 1e-4).x


def coons(edge: Array) -> Array:
    """The bilinearly blended Coons patch (1967) of heights given on the edge of an array (ny, nx)."""
    (ny, nx), out = edge.shape, memory.empty(edge.shape)
    strips(_coons, (0, ny), out.size, edge, np.linspace(0.0, 1.0, nx), np.linspace(0.0, 1.0, ny), out)
    return out


@kernel
def _coons(edge: Any, s: Any, t: Any, out: Any, first: int, last: int) -> None:
    bottom, top = edge[0], edge[-1]
    for i in range(first, last):
        left, right, row, a, b = edge[i, 0], edge[i, -1], out[i], 1.0 - t[i], t[i]
        for j in range(row.shape[0]):
            between_x = (1.0 - s[j]) * left + s[j] * right
            between_y = a * bottom[j] + b * top[j]
            corners = a * ((1.0 - s[j]) * bottom[0] + s[j] * bottom[-1]) + b * ((1.0 - s[j]) * top[0] + s[j] * top[-1])
            row[j] = between_x + between_y - corners
