"""Level sets of a potential over a rectangle, so spaced that deep wells and steep walls both show.

The levels are quantiles of V over the rectangle at (1 − cos πk/n)/2, k = 0 … n (Chebyshev's points): bands of like area in
between, thinner ones where V is lowest and highest. Equal steps of V would give all of them to the steepest wall. Each is
rounded to what tells it from its neighbours.
"""

from __future__ import annotations

from math import ceil, floor, log10, pi
from typing import TYPE_CHECKING, Any

import numpy as np

from geoflow.checks import box
from geoflow.errors import BadInput
from geoflow.points.landscape import Landscape
from geoflow.protocols import Array
from geoflow.viz.look import GREY, INK, SMALL, TEXT, light_colours, name_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet

BANDS = 18
NODES = 240
"""Along the longer side of the rectangle."""

SLIVER = 4.0
"""Sides of such a proportion are no longer drawn to one scale."""


def plane(potential: object, bounds: object, dimensions: tuple[int, ...] = (2,)) -> tuple[Landscape, Array, Array]:
    """A potential of so many variables, and the corners (d,) of the box that it is drawn over."""
    land = Landscape.of(potential, bounds)
    if land.dimension not in dimensions:
        wanted = " or ".join(str(d) for d in dimensions)
        raise BadInput("potential", f"one of {land.dimension} variables", f"this is drawn of potentials of {wanted}")
    lo, hi = box(bounds, land.dimension)
    return land, lo, hi


def variables(land: Landscape) -> tuple[str, ...]:
    """The names of the variables; x and y, where functions have none."""
    return land.potential.variables or ("x", "y", "z", "w")[: land.dimension]


def one_scale(lo: Array, hi: Array) -> bool:
    """Whether both axes of a rectangle are drawn to one scale: they have one unit, but nobody sees anything in a sliver."""
    return bool(1.0 / SLIVER <= (hi[0] - lo[0]) / (hi[1] - lo[1]) <= SLIVER)


def paper(lo: Array, hi: Array, longer: float = 4.8) -> tuple[float, float]:
    """Width and height of a rectangle on paper, in inches."""
    width, height = longer * (hi - lo) / max(hi - lo)
    return (float(width), float(height)) if one_scale(lo, hi) else (longer, 0.75 * longer)


def frame_plane(ax: Axes, lo: Array, hi: Array) -> None:
    """Show a rectangle, to one scale if that can be."""
    ax.set(xlim=(lo[0], hi[0]), ylim=(lo[1], hi[1]), aspect="equal" if one_scale(lo, hi) else "auto")


def sampled(land: Landscape, lo: Array, hi: Array, nodes: int = NODES) -> tuple[Array, Array, Array]:
    """Nodes x (nx,) and y (ny,), and V (ny, nx): NaN where it is not finite."""
    sides = (hi - lo) / max(hi - lo)
    nx, ny = (max(nodes // 4, round(nodes * side)) for side in sides)
    x, y = np.linspace(lo[0], hi[0], nx), np.linspace(lo[1], hi[1], ny)
    values = land.values(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)).reshape(ny, nx)
    if not np.any(np.isfinite(values)):
        raise BadInput("bounds", [*lo, *hi], "the potential is nowhere finite in there")
    return x, y, np.where(np.isfinite(values), values, np.nan)


def levels(values: Array, count: int = BANDS) -> Array:
    """Increasing levels, ``count`` + 1 at most, from below the least value to above the greatest.

    >>> x, y = np.meshgrid(np.linspace(-1.0, 1.0, 201), np.linspace(-1.0, 1.0, 201))
    >>> levels(1000.0 * x**2 + y**2, 8)
    array([   0.,    2.,   20.,  100.,  300.,  500.,  700.,  940., 1001.])
    """
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    if not high - low > 1e-12 * max(abs(low), abs(high), 1e-300):
        half = max(0.5, 0.5 * abs(low))
        return np.array([low - half, low + half])
    share = (1.0 - np.cos(pi * np.arange(count + 1) / count)) / 2.0
    cuts = np.unique(np.quantile(known, share))
    inner = [_rounded(v, min(v - a, b - v)) for a, v, b in zip(cuts[:-2], cuts[1:-1], cuts[2:], strict=True)]
    return np.array([low, *sorted({v for v in inner if low < v < high}), high])


def _rounded(value: float, gap: float) -> float:
    """value to one digit of the gap between it and its neighbours."""
    digits = -floor(log10(gap))
    return round(value, digits) + 0.0


def level_sets(ax: Axes, land: Landscape, field: tuple[Array, Array, Array]) -> None:
    """Fill an axes with the level sets of a `sampled` V, and hang a colour bar on it; grey where V is not finite."""
    from matplotlib.colors import BoundaryNorm

    x, y, values = field
    cuts = levels(values)
    ax.set_facecolor("#e4e6ea")
    look: dict[str, Any] = {"norm": BoundaryNorm(cuts, 256), "cmap": light_colours(), "zorder": 0.0}
    filled = ax.contourf(x, y, values, cuts, **look)
    filled.set(edgecolor="face", linewidth=0.4)  # without it hairlines show between the bands of a PDF
    ax.contour(x, y, values, cuts[1:-1], colors="white", linewidths=0.6, alpha=0.75, linestyles="solid", zorder=0.5)
    frame_plane(ax, np.array([x[0], y[0]]), np.array([x[-1], y[-1]]))
    across, up = variables(land)
    name_axes(ax, across, up, italic=True)
    _bar(ax, filled, cuts)


def _bar(ax: Axes, filled: ContourSet, cuts: Array) -> None:
    """A colour bar as high as the axes, its ends rounded like the levels between them."""
    bar = ax.figure.colorbar(filled, cax=ax.inset_axes((1.035, 0.0, 0.032, 1.0)), spacing="uniform")
    ends = (_rounded(cuts[0], (cuts[1] - cuts[0]) / 10), _rounded(cuts[-1], (cuts[-1] - cuts[-2]) / 10))
    room = max(2.0, ax.bbox.height / ax.figure.dpi * 72.0 / (2.2 * SMALL))
    shown = np.arange(0, len(cuts), max(1, ceil((len(cuts) - 1) / min(room, 9.0))))
    texts = [f"{ends[0] if k == 0 else ends[1] if k == len(cuts) - 1 else cuts[k]:.10g}" for k in shown]
    bar.set_ticks(list(cuts[shown]), labels=[t.replace("e-0", "e-").replace("e+0", "e").replace("-", "−") for t in texts])
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=SMALL, labelcolor=INK, color=GREY, width=0.6, length=3)
    bar.ax.minorticks_off()
    bar.set_label("V", fontsize=TEXT, color=INK, style="italic")
