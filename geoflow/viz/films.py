"""Draw one film: the surface coloured by height in its wire, with axes, a colour bar and a title that fits.

Film and wire come from pyvista where it can draw (see `geoflow.viz.probe`), else from a painter's algorithm; axes,
colour bar and letters are matplotlib's either way, placed by the same camera.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from geoflow.films import Film
from geoflow.viz.page import HEIGHT, WIDTH, draw_scene, draw_title
from geoflow.viz.probe import Probe, can_render
from geoflow.viz.save import DPI, picture_suffix, save_picture
from geoflow.viz.scene import make_scene
from geoflow.viz.sheet import Array, Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FINEST, VECTORS = 240, 130
"""Patches a side where matplotlib draws: into pixels, and into a PDF, whose size grows with them."""

MOST = 400
"""Cells a side where pyvista draws."""


def draw_film(
    path: str | os.PathLike[str], film: Film, u: Array, *, title: str, t: float = 0.0, probe: Probe | None = None
) -> str:
    """Draw a film to a file, which is replaced only when the picture is complete.

    Parameters
    ----------
    path : path
        ``.png`` (1600 × 1200) or ``.pdf`` (vectors, always by matplotlib).
    film : Film
    u : (ny, nx)
        Heights. Out of proportion to the plan they are drawn to another scale, which the picture names.
    title : str
        One or more lines; set smaller or broken until they fit.
    t : float
        Their time, which tells where a wire is that moves.
    probe : Probe, optional
        What may draw; asked of ``can_render`` if not given.

    Returns
    -------
    str
        Which hand drew: ``"pyvista"`` or ``"matplotlib"``.

    Raises
    ------
    BadInput
        When the suffix, a shape or a height cannot be drawn; nothing is written then.
    """
    suffix = picture_suffix(path)
    by_pyvista = suffix == ".png" and (can_render() if probe is None else probe).ok
    finest = FINEST if suffix == ".png" else VECTORS
    surface = film.surface(u, t)
    scene = make_scene(Sheet.of(surface, surface.heights, MOST if by_pyvista else finest), surface.wires)
    page = _page()
    hand = draw_scene(page, scene, "height u", ("x", "y"), by_pyvista, finest)
    draw_title(page, title, scene.stretch)
    save_picture(path, page)
    return hand


def _page() -> Axes:
    """An empty page of full size, of no window: pyplot never hears of it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure.add_axes((0, 0, 1, 1))
