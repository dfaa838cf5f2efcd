"""Draw one film: the surface coloured by height in its wire, with axes, a colour bar and a title that fits.

Film and wire come from pyvista where it can draw (see `geoflow.viz.probe`), else from a painter's algorithm; axes,
colour bar and letters are matplotlib's either way, placed by the same camera.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from geoflow.viz.page import HEIGHT, WIDTH, draw_scene, draw_title
from geoflow.viz.probe import Probe, can_render
from geoflow.viz.save import DPI, picture_suffix, save_picture
from geoflow.viz.scene import make_scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_film(
    path: str | os.PathLike[str],
    x: ArrayLike,
    y: ArrayLike,
    u: ArrayLike,
    *,
    title: str,
    wire: tuple[ArrayLike, ...] | None = None,
    label: str = "height u",
    probe: Probe | None = None,
) -> str:
    """Draw a film to a file, which is replaced only when the picture is complete.

    Parameters
    ----------
    path : path
        ``.png`` (1600 × 1200) or ``.pdf`` (vectors, always by matplotlib).
    x : (nx,), y : (ny,)
        Node coordinates, increasing; any unit.
    u : (ny, nx)
        Heights; NaN where there is no film. Heights out of proportion to the plan are drawn to another scale, which
        the picture names.
    title : str
        One or more lines; set smaller or broken until they fit.
    wire : tuple of (k, 3), optional
        Polylines x, y, z, in the units of the film; the boundary of ``u`` if not given.
    label : str
        What the colours are.
    probe : Probe, optional
        What may draw; asked of `can_render` if not given.

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
    scene = make_scene(x, y, u, wire, 400 if by_pyvista else 1000)
    page = _page()
    hand = draw_scene(page, scene, label, ("x", "y"), by_pyvista, 240 if suffix == ".png" else 130)
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
