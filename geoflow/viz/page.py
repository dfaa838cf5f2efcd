"""The page a surface is drawn on: box, ticks and names along three edges, colour bar, title, all clear of each other.

A page is an axes of matplotlib whose data coordinates are the camera's frame, 4 : 3, half heights from its middle. Sizes of
letters and lines belong to a page 6 inches high.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from geoflow.viz.camera import Camera, fitted_camera
from geoflow.viz.look import FAINT, GREY, INK, PANES
from geoflow.viz.scene import Array, Scene
from geoflow.viz.ticks import labels_from, number_labels, round_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

WIDTH, HEIGHT = 1600, 1200
COLOURS = "viridis"
FRAME = (-1.10, 0.86, -0.83, 0.70)
"""Where the box goes: left, right, bottom, top in half heights from the middle of the page."""

PIXEL = 2.0 / HEIGHT


def draw_scene(axes: Axes, scene: Scene, label: str, names: tuple[str, str], by_pyvista: bool, finest: int) -> str:
    """Draw a scene on an axes, with its box and its colour bar, and say which hand drew the surface.

    Parameters
    ----------
    axes : Axes
        Its limits, aspect and frame are set.
    scene : Scene
    label, names : str, (str, str)
        What the colours are, and the names of the two axes of the plan.
    by_pyvista : bool
        Whether pyvista may try.
    finest : int
        Patches along the longer side where matplotlib draws.
    """
    axes.set(xlim=(-WIDTH / HEIGHT, WIDTH / HEIGHT), ylim=(-1, 1), aspect="equal", autoscale_on=False)
    axes.set_axis_off()
    axes.apply_aspect()
    camera = fitted_camera(scene.low, scene.high, FRAME, scene.above)
    low, high = scene.range
    half = max(0.5, 1e-6 * abs(low))
    limits = (low - half, low + half) if scene.flat else (low, high)
    _box(axes, scene, camera, (*names, label))
    _colour_bar(axes, scene, limits, label)
    if by_pyvista:
        from geoflow.viz.films_vtk import picture

        seen = picture(scene, camera, WIDTH, HEIGHT, COLOURS, limits)
        if seen[..., 3].any():
            axes.imshow(seen, extent=(-WIDTH / HEIGHT, WIDTH / HEIGHT, -1, 1), aspect="equal", zorder=2)
            return "pyvista"
    from geoflow.viz.films_painter import patches

    axes.add_collection(patches(scene, camera, finest, COLOURS, limits), autolim=False)
    return "matplotlib"


def draw_title(axes: Axes, title: str, stretch: float) -> None:
    """The title, centred at the top; a line below it when heights are drawn to another scale."""
    look: dict[str, Any] = {"ha": "center", "va": "top", "parse_math": False, "transform": axes.transAxes}
    first = axes.text(0.5, 0.965, title, color=INK, **look)
    fit(first, 0.94 * axes.bbox.width, _size(axes))
    if stretch != 1:
        below = axes.transAxes.inverted().transform(first.get_window_extent())[0, 1] - 0.012
        note = f"heights drawn ×{number_labels(np.array([stretch]))[0]}"
        axes.text(0.5, below, note, fontsize=9.5 * _size(axes), color=GREY, **look)


def _size(axes: Axes) -> float:
    """Of letters and lines on a page, over that on one of full size: on a small one, not as small as the page."""
    return float((axes.bbox.height / axes.figure.dpi / 6.0) ** 0.5)


def _box(axes: Axes, scene: Scene, camera: Camera, names: tuple[str, str, str]) -> None:
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
    axes.add_collection(LineCollection(list(grid), colors=FAINT, linewidths=0.6 * _size(axes)), autolim=False)
    axes.add_collection(LineCollection([frame], colors=GREY, linewidths=0.8 * _size(axes)), autolim=False)
    middles = (edges[:-1] + edges[1:]) / 2
    _edge(axes, camera, [(t, y0, z0) for t in across], middles[1], (0, -1, 0), x_values, names[0])
    _edge(axes, camera, [(x1, t, z0) for t in deep], middles[2], (1, 0, 0), y_values, names[1])
    _edge(axes, camera, [(x0, y0, t) for t in up], middles[0], (-1, 0, 0), z_values, names[2])


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
        axes.plot(*np.array([spot, spot + 9 * PIXEL * way]).T, color=GREY, linewidth=0.8 * _size(axes))
        written = _beside(axes, spot, way, 16 * PIXEL, text, fontsize=8.5 * _size(axes))
        extent = written.get_window_extent()
        if extent.count_overlaps(labels):
            written.remove()
        else:
            labels.append(extent)
    turned: dict[str, Any] = {"rotation": 90} if upright else {"style": "italic"}
    for gap in range(20, 400, 4):
        written = _beside(axes, flat[-1], aside[-1], gap * PIXEL, name, fontsize=9.5 * _size(axes), **turned)
        if not written.get_window_extent().padded(12 * PIXEL / _unit(axes)).count_overlaps(labels):
            break
        written.remove()


def _beside(axes: Axes, spot: Array, way: Array, gap: float, text: str, **look: Any) -> Text:
    """Write a text so that its box begins ``gap`` away from a spot."""
    written = axes.text(spot[0], spot[1], text, ha="center", va="center", color=INK, parse_math=False, **look)
    extent = written.get_window_extent()
    size = np.array([extent.width, extent.height]) * _unit(axes)
    # Distance from the middle of a rectangle to its edge, the way we go.
    inside = float(np.min(size / 2 / np.maximum(np.abs(way), 1e-9)))
    place = spot + (gap + inside) * way
    written.set_position((place[0], place[1]))
    return written


def _unit(axes: Axes) -> float:
    """A pixel of the screen in half heights of the page."""
    return 2.0 / float(axes.bbox.height)


def _colour_bar(axes: Axes, scene: Scene, limits: tuple[float, float], label: str) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    place = axes.inset_axes((0.873, 0.24, 0.016, 0.46))
    bar = axes.figure.colorbar(ScalarMappable(Normalize(*limits), COLOURS), cax=place)
    values = np.array([scene.range[0]]) if scene.flat else round_values(*scene.range, 6)
    texts, label = labels_from(values, label)
    bar.set_ticks(list(values), labels=texts)
    bar.outline.set_visible(False)
    if bar.solids is not None:
        bar.solids.set(rasterized=False, edgecolor="face")
    size = _size(axes)
    bar.ax.tick_params(labelsize=8.5 * size, labelcolor=INK, color=GREY, width=0.6 * size, length=3 * size)
    bar.set_label(label, fontsize=9.5 * size, color=INK, labelpad=7 * size, parse_math=False)


def fit(text: Text, width: float, scale: float) -> None:
    """Make a text smaller, then break its lines, until it is at most so many pixels wide."""
    for size in (13, 12, 11, 10):
        text.set_fontsize(size * scale)
        if text.get_window_extent().width <= width:
            return
    letters = max(len(line) for line in text.get_text().splitlines())
    columns = max(20, int(letters * width / text.get_window_extent().width * 0.95))
    text.set_text("\n".join(textwrap.fill(line, columns) for line in text.get_text().splitlines()[:4]))
