"""A page with films on it: side by side, under one title, beside one colour bar; of no window, so pyplot never hears of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from geoflow.errors import BadInput
from geoflow.viz.look import LET_GO
from geoflow.viz.page import TOP, Hand, colour_bar, draw_legend, draw_scene, draw_title, frame_of
from geoflow.viz.paint import Paint
from geoflow.viz.save import DPI, save_picture
from geoflow.viz.scene import Scene
from geoflow.viz.shown import State

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE, BESIDE = (1600, 1200), (1000, 1000)
"""Pixels of a picture of one film, and what each of several takes."""

SMALLEST, LARGEST = 200, 10_000
"""Pixels a side that a picture may have."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure of matplotlib, of no window, and which hand drew its surfaces: "pyvista" or "matplotlib". Notebooks show it."""

    figure: Figure
    hand: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a ``.png`` or ``.pdf``, whole or not at all."""
        save_picture(path, self.figure.axes[0])

    @property
    def pixels(self) -> np.ndarray:
        """(h, w, 3) bytes, first row on top."""
        canvas = self.figure.canvas
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3].copy()  # type: ignore[attr-defined]

    def _repr_png_(self) -> bytes:
        ink = BytesIO()
        self.figure.savefig(ink, format="png", dpi=DPI)
        return ink.getvalue()


def picture_of(
    scenes: Sequence[Scene], states: Sequence[State], paint: Paint, title: str, size: tuple[int, int], hand: Hand
) -> Picture:
    """A page with scenes side by side, one colour bar and one title."""
    page = new_page(size)
    if len(scenes) == 1:
        panels, above = [page], TOP
        frames = [frame_of(page)]
    else:
        panels, above = _panels(page, len(scenes)), 0.16 if any(state.name for state in states) else 0.04
        frames = [frame_of(panel, False, above) for panel in panels]
    drawn = ""
    for panel, scene, frame, state in zip(panels, scenes, frames, states, strict=True):
        up = "height u" if state.film.wire.frame is None else "z"
        drawn = draw_scene(panel, scene, paint, ("x", "y", up), hand, frame)
        if len(scenes) > 1:
            draw_title(panel, f"{state.name}\n{state.caption}" if state.name else state.caption, 1.0)
    if len(scenes) > 1:
        page.set_axis_off()
    colour_bar(page, paint)
    draw_title(page, title, scenes[0].stretch)
    if scenes[0].marks:
        draw_legend(page, LET_GO)
    return Picture(page.figure, drawn)  # type: ignore[arg-type]


def title_of(states: Sequence[State]) -> str:
    """The wire and the flow; of a single state also its time and area."""
    films = [state.film for state in states]
    wires, flows = (list(dict.fromkeys(names)) for names in zip(*((f.wire.name, f.flow_name) for f in films), strict=True))
    first = f"Film on the wire {wires[0]}" if len(wires) == 1 else f"Films on the wires {', '.join(wires)}"
    return f"{first}: {' and '.join(flows)}" + (f"\n{states[0].caption}" if len(states) == 1 else "")


def checked_size(size: object, count: int) -> tuple[int, int]:
    """Width and height in pixels, or a refusal."""
    if size is None:
        rows, columns = _layout(count)
        return SIZE if count == 1 else (BESIDE[0] * columns + 300, BESIDE[1] * rows + 150)
    good = isinstance(size, Sequence) and len(size) == 2 and all(isinstance(n, (int, np.integer)) for n in size)
    if not good or not all(SMALLEST <= n <= LARGEST for n in size):  # type: ignore[attr-defined]
        raise BadInput("size", size, f"give width and height in pixels, whole numbers from {SMALLEST} to {LARGEST}")
    return int(size[0]), int(size[1])  # type: ignore[index]


def _layout(count: int) -> tuple[int, int]:
    """Rows and columns of panels."""
    columns = count if count <= 3 else int(np.ceil(np.sqrt(count)))
    return -(-count // columns), columns


def _panels(page: Axes, count: int) -> list[Axes]:
    """Axes side by side, between the title above and the colour bar on the right."""
    rows, columns = _layout(count)
    _, right, _, top = frame_of(page)
    half = page.bbox.width / page.bbox.height
    x0, x1, y0, y1 = 0.0, (right + half + 0.05) / (2.0 * half), 0.0, (top + 1.0) / 2.0 + 0.04
    wide, high = (x1 - x0) / columns, (y1 - y0) / rows
    places = [(x0 + wide * (k % columns), y1 - high * (1 + k // columns), wide, high) for k in range(count)]
    return [page.figure.add_axes(place) for place in places]


def new_page(size: tuple[int, int]) -> Axes:
    """An empty page of no window: pyplot never hears of it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size[0] / DPI, size[1] / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure.add_axes((0, 0, 1, 1))
