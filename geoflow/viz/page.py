"""The page a surface is drawn on: box, ticks and names along three edges, colour bar, title, all clear of each other.

A page is an axes of matplotlib whose data coordinates are the camera's frame, half heights from its middle. Letters and lines
belong to a page 6 inches high; on a smaller one they shrink, but not as much as the page, and take more of its room.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geoflow.viz.camera import Camera, Frame, around, fitted_camera
from geoflow.viz.look import FAINT, GREY, INK, MARK, PANES
from geoflow.viz.paint import Paint
from geoflow.viz.scene import Array, Scene
from geoflow.viz.ticks import labels_from, number_labels, round_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

LEFT, RIGHT, BOTTOM, TOP = 0.23, 0.47, 0.17, 0.30
"""What a page 6 inches high leaves around the box, in half heights: for numbers, the colour bar, names, the title."""

BAR_FROM, BAR_WIDE, BAR = 0.34, 0.043, (0.24, 0.46)
"""Where the bar begins, from the right, and how wide it is, in half heights; its foot and its length over the page's height."""


@dataclass(frozen=True)
class Hand:
    """Who draws the surface: whether pyvista may try, and how many patches a side matplotlib draws."""

    by_pyvista: bool
    finest: int


def frame_of(axes: Axes, bar: bool = True, top: float = TOP) -> Frame:
    """Where on a page the box goes; without a colour bar there is as much room on the right as on the left."""
    half, more = _half_width(axes), _more(axes)
    return (-half + LEFT * more, half - (RIGHT if bar else 0.1) * more, -1.0 + BOTTOM * more, 1.0 - top * more)


def draw_scene(axes: Axes, scene: Scene, paint: Paint, names: tuple[str, str, str], hand: Hand, frame: Frame) -> str:
    """Draw a scene on an axes, in its box, and say which hand drew the surface.

    Parameters
    ----------
    axes : Axes
        Its limits and frame are set.
    scene : Scene
    paint : Paint
    names : (str, str, str)
        Of the three axes of the box.
    hand : Hand
    frame : (left, right, bottom, top)
        Where the box goes.
    """
    half = _half_width(axes)
    axes.set(xlim=(-half, half), ylim=(-1, 1), aspect="auto", autoscale_on=False)
    axes.set_axis_off()
    camera = fitted_camera(scene.low, scene.high, frame, scene.above, scene.turns)
    _box(axes, scene, camera, names)
    if hand.by_pyvista:
        from geoflow.viz.films_vtk import picture

        wide, high = (max(16, round(size)) for size in (axes.bbox.width, axes.bbox.height))
        seen = picture(scene, camera, wide, high, paint)
        if seen[..., 3].any():
            axes.imshow(seen, extent=(-half, half, -1, 1), aspect="auto", zorder=2)
            return "pyvista"
    from geoflow.viz.films_painter import patches

    axes.add_collection(patches(scene, camera, hand.finest, paint), autolim=False)
    return "matplotlib"


def draw_title(axes: Axes, title: str, stretch: float) -> None:
    """The title, centred at the top; a line below it when heights are drawn to another scale."""
    look: dict[str, Any] = {"ha": "center", "va": "top", "parse_math": False, "transform": axes.transAxes}
    first = axes.text(0.5, 1.0 - 0.0175 * _more(axes), title, color=INK, **look)
    fit(first, 0.94 * axes.bbox.width, _size(axes))
    if stretch != 1:
        below = axes.transAxes.inverted().transform(first.get_window_extent())[0, 1] - 0.008 * _more(axes)
        note = f"heights drawn ×{number_labels(np.array([stretch]))[0]}"
        axes.text(0.5, below, note, fontsize=9.5 * _size(axes), color=GREY, **look)


def draw_legend(axes: Axes, label: str) -> None:
    """What the marked parts of a wire are, in the lower left corner."""
    from matplotlib.lines import Line2D

    size = _size(axes)
    line = Line2D([], [], color=MARK, linewidth=3.0 * size, label=label)
    place = (0.012 * _more(axes) / _half_width(axes), 0.012 * _more(axes))
    axes.legend(
        handles=[line],
        loc="lower left",
        bbox_to_anchor=place,
        frameon=False,
        fontsize=9.5 * size,
        labelcolor=INK,
        borderaxespad=0,
    )


def _half_width(axes: Axes) -> float:
    """Of a page, in half heights."""
    return float(axes.bbox.width / axes.bbox.height)


def _more(axes: Axes) -> float:
    """How much more of a page letters take than on one of full size."""
    return _size(axes) * 6.0 * float(axes.figure.dpi) / float(axes.bbox.height)


def _size(axes: Axes) -> float:
    """Of letters and lines on a page, over that on one of full size: on a small one, not as small as the page."""
    return float((min(axes.bbox.height, 0.75 * axes.bbox.width) / axes.figure.dpi / 6.0) ** 0.55)


PIXEL = 2.0 / 1200.0
"""Of a page of full size, in half heights."""


def _box(axes: Axes, scene: Scene, camera: Camera, names: tuple[str, str, str]) -> None:
    """Floor and two back walls with their grid; ticks and names along the three edges nearest the eye.

    The camera stands by the corner that is called near, so all of this is behind or beside the film, never before it.
    """
    from matplotlib.collections import LineCollection, PolyCollection

    (x0, y0, z0), (x1, y1, z1) = scene.low, scene.high
    first, second = (1, 0) if scene.turns % 2 else (0, 1)
    left, near, right, far = ((x1 if i > 0 else x0, y1 if j > 0 else y0) for i, j in around(scene.turns))
    edges = np.array([(*left, z1), (*left, z0), (*near, z0), (*right, z0)])
    frame, _ = camera.project(edges)
    long_z, long_first, long_second = np.linalg.norm(np.diff(frame, axis=0), axis=1) / (PIXEL * _more(axes))
    across, across_values = scene.ticks(first, int(np.clip(long_first / 100, 2, 6)))
    deep, deep_values = scene.ticks(second, int(np.clip(long_second / 80, 2, 6)))
    up, z_values = scene.ticks(2, int(np.clip(long_z / 50, 3, 6)))
    panes = np.array(
        [
            [(*left, z0), (*near, z0), (*right, z0), (*far, z0)],
            [(*left, z0), (*far, z0), (*far, z1), (*left, z1)],
            [(*far, z0), (*right, z0), (*right, z1), (*far, z1)],
        ]
    )
    lines = [[_at(first, t, near, z0), _at(first, t, right, z0), _at(first, t, right, z1)] for t in across]
    lines += [[_at(second, t, near, z0), _at(second, t, left, z0), _at(second, t, left, z1)] for t in deep]
    lines += [[(*left, t), (*far, t), (*right, t)] for t in up]
    axes.add_collection(PolyCollection(list(camera.project(panes)[0]), facecolors=PANES), autolim=False)
    grid, _ = camera.project(np.array(lines))
    axes.add_collection(LineCollection(list(grid), colors=FAINT, linewidths=0.6 * _size(axes)), autolim=False)
    axes.add_collection(LineCollection([frame], colors=GREY, linewidths=0.8 * _size(axes)), autolim=False)
    middles = (edges[:-1] + edges[1:]) / 2
    outward = [(*np.sign(np.subtract(a, b)), 0.0) for a, b in ((left, far), (near, left))]
    _edge(axes, camera, [_at(first, t, near, z0) for t in across], middles[1], outward[0], across_values, names[first])
    _edge(axes, camera, [_at(second, t, near, z0) for t in deep], middles[2], outward[1], deep_values, names[second])
    _edge(axes, camera, [(*left, t) for t in up], middles[0], None, z_values, names[2])


def _at(axis: int, t: float, corner: tuple[float, float], z: float) -> tuple[float, float, float]:
    """The place at t along an axis of the plan, otherwise at a corner of it."""
    return (t, corner[1], z) if axis == 0 else (corner[0], t, z)


def _edge(
    axes: Axes,
    camera: Camera,
    places: list[tuple[float, ...]],
    middle: Array,
    outward: tuple[float, ...] | None,
    values: Array,
    name: str,
) -> None:
    """Tick marks, their labels, and the name of one edge of the box, all clear of each other and of the edge.

    outward: away from the box; None of the upright edge, whose labels are to the left.
    """
    spots = np.vstack([np.array(places), middle])
    flat, _ = camera.project(spots)
    if outward is None:
        aside = np.tile([-1.0, 0.0], (len(flat), 1))
    else:
        aside = camera.project(spots + 0.01 * np.array(outward))[0] - flat
        aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    texts, name = labels_from(values, name)
    pixel = PIXEL * _more(axes)
    labels: list[Bbox] = []
    for spot, way, text in zip(flat[:-1], aside[:-1], texts, strict=True):
        axes.plot(*np.array([spot, spot + 9 * pixel * way]).T, color=GREY, linewidth=0.8 * _size(axes))
        written = _beside(axes, spot, way, 16 * pixel, text, fontsize=8.5 * _size(axes))
        extent = written.get_window_extent()
        if extent.count_overlaps(labels):
            written.remove()
        else:
            labels.append(extent)
    turned: dict[str, Any] = {"rotation": 90} if outward is None else {"style": "italic"}
    for gap in range(20, 400, 4):
        written = _beside(axes, flat[-1], aside[-1], gap * pixel, name, fontsize=9.5 * _size(axes), **turned)
        if not written.get_window_extent().padded(12 * pixel / _unit(axes)).count_overlaps(labels):
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


def colour_bar(axes: Axes, paint: Paint) -> None:
    """A bar at the right of a page, with round numbers and the label of the colours."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    wide, more = 2.0 * _half_width(axes), _more(axes)
    place = axes.inset_axes((1.0 - BAR_FROM * more / wide, BAR[0], BAR_WIDE * more / wide, BAR[1]))
    bar = axes.figure.colorbar(
        ScalarMappable(Normalize(*paint.limits), paint.colours), cax=place, extend=paint.beyond, extendfrac=0.04
    )
    values = round_values(*paint.limits, 6) if paint.flat is None else np.array([paint.flat])
    texts, label = labels_from(values, paint.label)
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
