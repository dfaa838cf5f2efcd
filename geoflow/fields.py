"""What is known of a film at its points: height, change, mean curvature, velocity.

    H = ½ ∇·(∇u / √(1 + |∇u|²)) = −½ dA / (area of the plane that belongs to a node),    v = −G⁻¹ dE

H is positive where the film is a bowl; a sphere of radius R has −1/R on top. It is right to O(h²) at nodes of four whole cells;
next to cut cells the quotient does not converge, and on the wire there is none, so both are NaN.
"""

from __future__ import annotations

import numpy as np

from geoflow.domains.grid import Grid
from geoflow.domains.surface import Surface
from geoflow.films import Film
from geoflow.protocols import Array, Mask

FIELDS = ("height", "change", "mean_curvature", "velocity")


def fields(film: Film, u: Array, t: float = 0.0) -> tuple[Surface, dict[str, Array]]:
    """A film's surface and, in the order of FIELDS, numbers at its points, (k,) each.

    Parameters
    ----------
    film : Film
    u : (ny, nx)
    t : float
        Which tells where a wire is that moves.

    Returns
    -------
    surface : Surface
    values : mapping of name to (k,)
        The height u; its change since the start; the mean curvature in 1/length; the upward velocity of the gradient flow, which
        is 0 on the wire, or NaN on one that moves.
    """
    surface, begin = film.surface(u, t), film.surface(film.start)
    u, flow, free = film.grid.checked(u), film.flow.at(t), ~film.grid.boundary
    with np.errstate(divide="ignore", invalid="ignore"):
        curvature = np.where(_whole(film.grid), -0.5 * flow.differential(u) / film.grid.node_area, np.nan)
    on_wire = 0.0 if film.wire.path is None else np.nan
    values = (
        surface.heights,
        surface.heights - begin.heights,
        surface.on_points(curvature, np.nan),
        surface.on_points(np.where(free, flow.velocity(u), on_wire), on_wire),
    )
    return surface, dict(zip(FIELDS, values, strict=True))


def _whole(grid: Grid) -> Mask:
    """The nodes that may move and have four whole cells, (ny, nx)."""
    whole = ~grid.boundary
    if grid.cut is not None:
        cells = grid.cut.regular
        whole[1:-1, 1:-1] &= cells[:-1, :-1] & cells[:-1, 1:] & cells[1:, :-1] & cells[1:, 1:]
    return whole
