"""Draw one film: the surface coloured by height in its wire, with axes, a colour bar and a title that fits.

Film and wire come from pyvista where it can draw (see `geoflow.viz.probe`), else from a painter's algorithm; axes,
colour bar and letters are matplotlib's either way, placed by the same camera.
"""

from __future__ import annotations

import io
import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from geoflow.errors import BadInput
from geoflow.io.atomic import atomic_path
from geoflow.viz.camera import Camera, fitted_camera
from geoflow.viz.probe import Probe, can_render
from geoflow.viz.scene import Array, Scene, make_scene
from geoflow.viz.ticks import labels_from, number_labels, round_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

WIDTH, HEIGHT, DPI = 1600, 1200, 200
COLOURS = "viridis"
FRAME = (-1.10, 0.86, -0.83, 0.70)
"""Where the film's box goes: left, right, bottom, top in half heights from the middle of the page."""

INK, GREY, FAINT = "#2b2d33", "#6b7079", "#dcdfe4"
PANES = ("#f4f5f7", "#f9fafb", "#f7f8f9")
PIXEL = 2.0 / HEIGHT


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
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (".png", ".pdf"):
        raise BadInput("path", str(path), "a drawn film is a .png or a .pdf")
    by_pyvista = suffix == ".png" and (can_render() if probe is None else probe).ok
    scene = make_scene(x, y, u, wire, 400 if by_pyvista else 1000)
    figure, hand = _page(scene, title, label, by_pyvista, 240 if suffix == ".png" else 130)
    ink = io.BytesIO()
    figure.savefig(ink, format=suffix[1:], dpi=DPI)
    with atomic_path(path) as part:
        part.write_bytes(ink.getvalue())
    return hand


def _page(scene: Scene, title: str, label: str, by_pyvista: bool, finest: int) -> tuple[Figure, str]:
    """The whole picture, and which hand drew the film on it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(-WIDTH / HEIGHT, WIDTH / HEIGHT), ylim=(-1, 1), frame_on=False)
    axes.set_axis_off()
    camera = fitted_camera(scene.low, scene.high, FRAME)
    low, high = scene.range
    half = max(0.5, 1e-6 * abs(low))
    limits = (low - half, low + half) if scene.flat else (low, high)
    _box(axes, scene, camera, label)
    hand = "matplotlib"
    if by_pyvista:
        from geoflow.viz.films_vtk import picture

        film = picture(scene, camera, WIDTH, HEIGHT, COLOURS, limits)
        if film[..., 3].any():
            figure.figimage(film, zorder=2)
            hand = "pyvista"
    if hand == "matplotlib":
        from geoflow.viz.films_painter import patches

        axes.add_collection(patches(scene, camera, finest, COLOURS, limits), autolim=False)
    _colour_bar(figure, scene, limits, label)
    _title(figure, title, scene.stretch)
    return figure, hand


def _box(axes: Axes, scene: Scene, camera: Camera, label: str) -> None:
    """Floor and two back walls with their grid; ticks and names along the three edges nearest the eye.

    The camera stands by the corner (x_max, y_min), so all of this is behind or beside the film, never before it.
    """
    from matplotlib.collections import LineCollection, PolyCollection

    (x0, y0, z0), (x1, y1, z1) = scene.low, scene.high
    edges = np.array([(x0, y0, z1), (x0, y0, z0), (x1, y0, z0), (x1, y1, z0)])
    frame, _ = camera.project(edges)
    long_z, long_x, long_y = np.linalg.norm(np.diff(frame, axis=0), axis=1) / PIXEL
    across, x_values = scene.ticks(0, int(np.clip(long_x / 100, 2, 6)))
    deep, y_values = scene.ticks(1, int(np.clip(long_y / 80, 2, 6)))
    up, z_values = scene.ticks(2, int(np.clip(long_z / 50, 3, 6)))
    panes = np.array(
        [
            [(x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0)],
            [(x0, y0, z0), (x0, y1, z0), (x0, y1, z1), (x0, y0, z1)],
            [(x0, y1, z0), (x1, y1, z0), (x1, y1, z1), (x0, y1, z1)],
        ]
    )
    lines = [[(t, y0, z0), (t, y1, z0), (t, y1, z1)] for t in across]
    lines += [[(x1, t, z0), (x0, t, z0), (x0, t, z1)] for t in deep]
    lines += [[(x0, y0, t), (x0, y1, t), (x1, y1, t)] for t in up]
    axes.add_collection(PolyCollection(list(camera.project(panes)[0]), facecolors=PANES), autolim=False)
    grid, _ = camera.project(np.array(lines))
    axes.add_collection(LineCollection(list(grid), colors=FAINT, linewidths=0.6), autolim=False)
    axes.add_collection(LineCollection([frame], colors=GREY, linewidths=0.8), autolim=False)
    middles = (edges[:-1] + edges[1:]) / 2
    _edge(axes, camera, [(t, y0, z0) for t in across], middles[1], (0, -1, 0), x_values, "x")
    _edge(axes, camera, [(x1, t, z0) for t in deep], middles[2], (1, 0, 0), y_values, "y")
    _edge(axes, camera, [(x0, y0, t) for t in up], middles[0], (-1, 0, 0), z_values, label)


def _edge(
    axes: Axes,
    camera: Camera,
    places: list[tuple[float, ...]],
    middle: Array,
    outward: tuple[float, float, float],
    values: Array,
    name: str,
) -> None:
    """Tick marks, their labels, and the name of one edge of the box, all clear of each other and of the edge."""
    spots = np.vstack([np.array(places), middle])
    flat, _ = camera.project(spots)
    aside = camera.project(spots + 0.01 * np.array(outward, dtype=float))[0] - flat
    upright = outward[0] < 0
    aside = np.tile([-1.0, 0.0], (len(flat), 1)) if upright else aside / np.linalg.norm(aside, axis=1, keepdims=True)
    texts, name = labels_from(values, name)
    labels: list[Bbox] = []
    for spot, way, text in zip(flat[:-1], aside[:-1], texts, strict=True):
        axes.plot(*np.array([spot, spot + 9 * PIXEL * way]).T, color=GREY, linewidth=0.8)
        written = _beside(axes, spot, way, 16 * PIXEL, text, fontsize=8.5)
        extent = written.get_window_extent()
        if extent.count_overlaps(labels):
            written.remove()
        else:
            labels.append(extent)
    turned: dict[str, Any] = {"rotation": 90} if upright else {"style": "italic"}
    for gap in range(20, 400, 4):
        written = _beside(axes, flat[-1], aside[-1], gap * PIXEL, name, fontsize=9.5, **turned)
        if not written.get_window_extent().padded(12).count_overlaps(labels):
            break
        written.remove()


def _beside(axes: Axes, spot: Array, way: Array, gap: float, text: str, **look: Any) -> Text:
    """Write a text so that its box begins ``gap`` away from a spot."""
    written = axes.text(spot[0], spot[1], text, ha="center", va="center", color=INK, parse_math=False, **look)
    extent = written.get_window_extent()
    size = np.array([extent.width, extent.height]) * PIXEL
    # Distance from the middle of a rectangle to its edge, the way we go.
    inside = float(np.min(size / 2 / np.maximum(np.abs(way), 1e-9)))
    place = spot + (gap + inside) * way
    written.set_position((place[0], place[1]))
    return written


def _colour_bar(figure: Figure, scene: Scene, limits: tuple[float, float], label: str) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    axes = figure.add_axes((0.873, 0.24, 0.016, 0.46))
    bar = figure.colorbar(ScalarMappable(Normalize(*limits), COLOURS), cax=axes)
    values = np.array([scene.range[0]]) if scene.flat else round_values(*scene.range, 6)
    texts, label = labels_from(values, label)
    bar.set_ticks(list(values), labels=texts)
    bar.outline.set_visible(False)
    if bar.solids is not None:
        bar.solids.set(rasterized=False, edgecolor="face")
    bar.ax.tick_params(labelsize=8.5, labelcolor=INK, color=GREY, width=0.6, length=3)
    bar.set_label(label, fontsize=9.5, color=INK, labelpad=7, parse_math=False)


def _title(figure: Figure, title: str, stretch: float) -> None:
    """The title, centred at the top; a line below it when heights are drawn to another scale."""
    first = figure.text(0.5, 0.965, title, ha="center", va="top", fontsize=13, color=INK, parse_math=False)
    _fit(first, 0.94 * WIDTH)
    if stretch != 1:
        below = first.get_window_extent().y0 / HEIGHT - 0.012
        note = f"heights drawn ×{number_labels(np.array([stretch]))[0]}"
        figure.text(0.5, below, note, ha="center", va="top", fontsize=9.5, color=GREY, parse_math=False)


def _fit(text: Text, width: float) -> None:
    """Make a text smaller, then break its lines, until it is at most so many pixels wide."""
    for size in (13, 12, 11, 10):
        text.set_fontsize(size)
        if text.get_window_extent().width <= width:
            return
    letters = max(len(line) for line in text.get_text().splitlines())
    columns = max(20, int(letters * width / text.get_window_extent().width * 0.95))
    text.set_text("\n".join(textwrap.fill(line, columns) for line in text.get_text().splitlines()[:4]))
