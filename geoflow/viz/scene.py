"""A film made ready to be drawn: centred, brought to unit size, with its wire and ticks.

Display coordinates are X = (x − x_c)/s, Y = (y − y_c)/s, Z = k (u − u_c)/s with s = √(lx·ly), the plan's size. The
factor k is 1 unless the heights are out of proportion to the plan; then it is a round number, and the picture says so.
Centring comes first because graphics cards compute in float32: a terrain at 4 000 000 m north would tremble.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import floor, log10

import numpy as np
from numpy.typing import NDArray

from geoflow.errors import BadInput
from geoflow.viz.camera import METAL, view_axes
from geoflow.viz.paint import LEVEL
from geoflow.viz.sheet import Sheet
from geoflow.viz.ticks import round_values

Array = NDArray[np.float64]

TALL, THIN = 1.5, 0.1
"""Height range over plan size, beyond which heights are drawn to another scale."""

SOLVED = 1e-8
"""Range of heights over the plan, below which a film on a level wire is level, too: no landscape of what solvers leave."""

MARKED = 1.7
"""A marked part's radius over a wire's."""

EDGE_ON = 0.2
"""Part of a film's area that is seen, below which one looks for another side to see it from: of a plane, 11.5° from edge-on."""

MARGIN = 0.05
"""Distance between the film and its box, in display units."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A film in display coordinates, with what is needed to label it in its own.

    Attributes
    ----------
    sheet : Sheet
        The film in display coordinates, with its own heights or what else its colours are.
    wires : tuple of (k, 3)
        The wires in display coordinates.
    centre, scale : (3,)
        display = (true − centre)·scale.
    low, high : (3,)
        The box around film and wires, in display coordinates, margin included.
    marks : tuple of (k, 3)
        Parts of the wires to be marked, in display coordinates.
    marbles : (m, 3)
        Balls to draw, in display coordinates.
    paint : (3,)
        Red, green and blue of wires and marbles.
    above : float
        How high the camera stands over the plan, in degrees; lower where there is more to see from the side.
    turns : int
        Quarter turns around the box that the camera has made: see `well_seen`.
    """

    sheet: Sheet
    wires: tuple[Array, ...]
    centre: Array
    scale: Array
    low: Array
    high: Array
    marks: tuple[Array, ...] = ()
    marbles: Array = field(default_factory=lambda: np.empty((0, 3)))
    paint: tuple[float, float, float] = METAL
    above: float = 34.0
    turns: int = 0

    @property
    def stretch(self) -> float:
        """The factor k by which heights are drawn larger than the plan."""
        return float(self.scale[2] / self.scale[0])

    def seen(self, turns: int) -> float:
        """The part of the film's area that is seen after quarter turns: 1 of a plane face on, 0 of one edge-on."""
        _, _, away = view_axes(self.low, self.high, self.above, turns)
        area = self.sheet.areas
        return float(np.sum(np.abs(area @ away)) / max(float(np.sum(np.linalg.norm(area, axis=1))), 1e-300))

    @property
    def rise(self) -> float:
        """Between the lowest and the highest of all that is in the box, in the film's own units."""
        return float((self.high[2] - self.low[2] - 2.0 * MARGIN) / self.scale[2])

    @property
    def thickness(self) -> float:
        """The wire's radius in display units."""
        return 0.0042 * float(np.linalg.norm(self.high - self.low))

    @property
    def radius(self) -> float:
        """A marble's, in display units."""
        return 3.0 * self.thickness

    def ticks(self, axis: int, count: int) -> tuple[Array, Array]:
        """Round values along an axis, ``count`` + 1 at most: in display coordinates, and in the film's own."""
        ends = np.array([self.low[axis] + MARGIN, self.high[axis] - MARGIN])
        if ends[1] - ends[0] > 1e-9:
            low, high = ends / self.scale[axis] + self.centre[axis]
            values = round_values(low, high, count)
        else:
            values = self.centre[axis : axis + 1]
        return (values - self.centre[axis]) * self.scale[axis], values


def make_scenes(
    parts: Sequence[tuple[Sheet, tuple[Array, ...], tuple[Array, ...]]], tall: float = TALL, true: bool = False
) -> list[Scene]:
    """Bring surfaces, with their wires and marks, (k, 3) each, to common display coordinates in one box.

    tall: height range over plan size, beyond which heights are drawn to another scale; true: never, since up is no height.

    Raises
    ------
    BadInput
        When a height is not finite, or none is there, or one too large to draw.
    """
    for sheet, _, _ in parts:
        if not len(sheet.points) or not np.isfinite(sheet.points).all():
            raise BadInput("u", "infinite or no heights", "a film to draw has finite heights")
        if np.max(np.abs(sheet.points)) > 1e300:
            raise BadInput("u", float(np.max(np.abs(sheet.points))), "a height to draw is at most 1e300")
    every = [line for sheet, wires, marks in parts for line in (sheet.points, *wires, *marks)]
    low, high = np.min([a.min(axis=0) for a in every], axis=0), np.max([a.max(axis=0) for a in every], axis=0)
    size = float(np.sqrt(high[0] - low[0]) * np.sqrt(high[1] - low[1]))
    magnitude = float(max(abs(low[2]), abs(high[2])))
    edges, largest = [line[:, 2] for _, wires, _ in parts for line in wires], max(size, magnitude)
    level = bool(edges) and float(np.ptp(np.concatenate(edges))) <= LEVEL * largest
    flat = high[2] - low[2] <= (SOLVED if level else LEVEL) * largest
    k = 1.0 if true or flat else height_scale(high[2] - low[2], size, magnitude, tall)
    if flat:
        low[2] = high[2]
    centre, scale = low / 2 + high / 2, np.array([1.0, 1.0, k]) / size
    box = {"low": (low - centre) * scale - MARGIN, "high": (high - centre) * scale + MARGIN}
    return [
        Scene(
            sheet=sheet.moved(centre, scale),
            wires=tuple((w - centre) * scale for w in wires),
            centre=centre,
            scale=scale,
            marks=tuple((m - centre) * scale for m in marks),
            **box,
        )
        for sheet, wires, marks in parts
    ]


def well_seen(scenes: list[Scene]) -> list[Scene]:
    """The scenes from the usual side or, where one is nearly edge-on there, all from the side that shows most of each."""
    least = [min(scene.seen(turns) for scene in scenes) for turns in range(4)]
    turns = 0 if least[0] >= EDGE_ON else int(np.argmax(least))
    return [replace(scene, turns=turns) for scene in scenes]


def height_scale(rise: float, size: float, magnitude: float = 0.0, tall: float = TALL) -> float:
    """The factor heights are drawn with: 1 if in proportion to the plan, else a round number.

    >>> [height_scale(rise, 1.0) for rise in (1.0, 100.0, 0.001, 0.0)]
    [1.0, 0.01, 500.0, 1.0]
    """
    if rise <= LEVEL * max(size, magnitude) or THIN <= rise / size <= tall:
        return 1.0
    wanted = (tall / 1.5 if rise > tall * size else 0.35) * size / rise
    power = 10.0 ** floor(log10(wanted))
    return min((m * power for m in (1.0, 2.0, 5.0, 10.0)), key=lambda k: abs(log10(k / wanted)))
