"""Basins of attraction as a map: a colour for each minimum, one of its own for what flows away, and the relief beneath.

Neighbouring basins have different colours however many there are: each takes the first of eight, in the order of size, that
none of its neighbours has (Welsh and Powell, Computer J. 10, 1967).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geoflow import checks
from geoflow.errors import BadInput
from geoflow.protocols import Array
from geoflow.viz.levels import frame_plane, paper
from geoflow.viz.look import INK, axes_for, legend_below, name_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Labels = NDArray[np.int64]

BASINS = ("#8ec1da", "#f0c27b", "#a8d5a2", "#c9b3e0", "#f2a7a0", "#e3dc8f", "#9fd8cb", "#d9b99b")
FATES = {-1: ("flows away", "#8d939c"), -2: ("at a saddle or maximum", "#1b1e25"), -3: ("undecided", "#ffffff")}
LIGHT_FROM, LIGHT_UP = 315.0, 45.0
"""Azimuth and altitude of the light on the relief, in degrees: from the north-west, as on all maps."""


def basins_map(basins: Any, heights: object | None = None, names: tuple[str, str] = ("x", "y"), ax: Axes | None = None) -> Axes:
    """Draw which starts end where.

    Parameters
    ----------
    basins : Basins
        What `basins` returned for a rectangle; of it ``labels`` (ny, nx), ``minima`` (k, 2) and ``bounds``
        are drawn. k ≥ 0 is a minimum, −1 flows away, −2 stays at a saddle or maximum, −3 is undecided.
    heights : (my, mx) or None
        V on the same rectangle, row 0 at y0: shaded relief below the colours.
    names : (str, str)
        Of the variables.
    ax : Axes or None
        None opens a figure of pyplot's.

    Raises
    ------
    BadInput
        Before anything is drawn.
    """
    labels, minima, lo, hi = _checked(basins)
    relief = None if heights is None else _heights(heights)
    colours, fates = _colours(labels)
    if relief is not None:
        colours = _shaded(colours, relief, lo, hi)
    ax = axes_for(ax, paper(lo, hi))
    half = (hi - lo) / (np.array(labels.shape[::-1]) - 1) / 2.0  # starts are at the nodes, the outermost ones on the edges
    if relief is not None and colours.shape[:2] == relief.shape:
        half = (hi - lo) / (np.array(relief.shape[::-1]) - 1) / 2.0
    extent = (lo[0] - half[0], hi[0] + half[0], lo[1] - half[1], hi[1] + half[1])
    ax.imshow(colours, extent=extent, origin="lower", interpolation="nearest", zorder=0.0)
    frame_plane(ax, lo, hi)
    if len(minima):
        look: dict[str, Any] = {
            "s": 34,
            "facecolor": INK,
            "edgecolor": "white",
            "linewidth": 0.9,
            "zorder": 5.0,
            "clip_on": False,
        }
        ax.scatter(minima[:, 0], minima[:, 1], label="minimum", **look)
    for fate in fates:
        name, colour = FATES[fate]
        ax.scatter([], [], s=60, marker="s", facecolor=colour, edgecolor="#8d939c", linewidth=0.6, label=name)
    name_axes(ax, *names, italic=True)
    legend_below(ax)
    return ax


def _checked(basins: Any) -> tuple[Labels, Array, Array, Array]:
    """Labels, the minima inside, and the corners of the rectangle."""
    if not all(hasattr(basins, part) for part in ("labels", "minima", "bounds")):
        raise BadInput("basins", type(basins).__name__, "give what basins(potential, bounds, shape) returned")
    labels = np.asarray(basins.labels)
    if labels.ndim != 2 or min(labels.shape) < 2 or labels.dtype.kind not in "iu":
        raise BadInput("basins", f"labels of shape {labels.shape}", "a map shows the basins of a rectangle, labels (ny, nx)")
    if labels.min() < min(FATES):
        raise BadInput("basins", int(labels.min()), "labels are at least −3")
    lo, hi = checks.box(basins.bounds, 2)
    minima = np.asarray(basins.minima, dtype=np.float64).reshape(-1, 2)
    return labels.astype(np.int64), minima[np.all((minima >= lo) & (minima <= hi), axis=1)], lo, hi


def _heights(given: object) -> Array:
    heights = checks.state(given, "heights")
    if heights.ndim != 2 or min(heights.shape) < 2:
        raise BadInput("heights", f"array of shape {heights.shape}", "give V on a grid, (my, mx)")
    return heights


def _colours(labels: Labels) -> tuple[Array, list[int]]:
    """Paint (ny, nx, 3), and the fates other than basins that there are."""
    from matplotlib.colors import to_rgb

    which, counts = np.unique(labels, return_counts=True)
    kinds = dict(zip(which[which >= 0].tolist(), _told_apart(labels, which[which >= 0], counts[which >= 0]), strict=True))
    paint = [to_rgb(FATES[k][1]) if k < 0 else to_rgb(BASINS[kinds[k]]) for k in which.tolist()]
    fates = [k for k in FATES if k in which]
    return np.array(paint)[np.searchsorted(which, labels)], fates


def _told_apart(labels: Labels, which: Labels, counts: Labels) -> list[int]:
    """The number of a colour for each basin, so that neighbours differ; as they come while there are enough of them."""
    if len(which) <= len(BASINS):
        return list(range(len(which)))
    sides = [(labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])]
    pairs = np.unique(np.concatenate([np.stack([a[a != b], b[a != b]], axis=1) for a, b in sides]), axis=0)
    beside: dict[int, set[int]] = {k: set() for k in which.tolist()}
    for a, b in pairs.tolist():
        if a >= 0 and b >= 0:
            beside[a].add(b)
            beside[b].add(a)
    given: dict[int, int] = {}
    for k in which[np.argsort(-counts, kind="stable")].tolist():
        taken = {given[other] for other in beside[k] if other in given}
        free = [colour for colour in range(len(BASINS)) if colour not in taken]
        given[k] = min(free, key=lambda colour: sum(used == colour for used in given.values())) if free else 0
    return [given[k] for k in which.tolist()]


def _shaded(colours: Array, heights: Array, lo: Array, hi: Array) -> Array:
    """The colours in the light that falls on the relief, on the finer of both grids."""
    from matplotlib.colors import LightSource

    shape = heights.shape if heights.size > colours.shape[0] * colours.shape[1] else colours.shape[:2]
    colours, heights = _on_grid(colours, shape, nearest=True), _on_grid(heights, shape, nearest=False)
    dx, dy = (hi - lo) / (np.array(shape[::-1]) - 1)
    # So much taller that the usual slope leans by 45°, whatever the unit of V.
    rise = np.hypot(*np.gradient(heights, dy, dx))
    usual = float(np.quantile(rise, 0.8)) or 1.0
    light = LightSource(LIGHT_FROM, LIGHT_UP)  # it takes row 0 to be the northernmost, hence −dy
    return light.shade_rgb(colours, heights / usual, blend_mode="soft", dx=dx, dy=-dy)


def _on_grid(values: Array, shape: tuple[int, ...], nearest: bool) -> Array:
    """Values (ny, nx, …) on another grid of the same rectangle."""
    for axis in (0, 1):
        n, m = values.shape[axis], shape[axis]
        at = np.linspace(0.0, n - 1.0, m)
        if nearest:
            values = np.take(values, np.round(at).astype(int), axis)
        elif n != m:
            low = np.minimum(at.astype(int), n - 2)
            share = (at - low).reshape((-1, 1) if axis == 0 else (1, -1))
            values = (1.0 - share) * np.take(values, low, axis) + share * np.take(values, low + 1, axis)
    return values
