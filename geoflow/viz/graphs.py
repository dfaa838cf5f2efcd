"""A potential of one variable as a graph: V over x, and below it which way −V′ points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoflow.points.landscape import Landscape
from geoflow.protocols import Array
from geoflow.viz.levels import variables
from geoflow.viz.look import FAINT, GREY, INK, name_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NODES, HEADS = 601, 25
WALLS = 1.5  # times the range of what is shown: how much more of V is


def draw_graph(ax: Axes, land: Landscape, lo: Array, hi: Array, shown: Array) -> None:
    """V over [lo, hi], each (1,), as high as its turning points and the heights to be shown (k,) ask: walls leave the picture."""
    x = np.linspace(lo, hi, NODES)
    values = on_graph(land, x)[:, 1]
    ax.plot(x[:, 0], values, color=INK, linewidth=1.6, zorder=1.0)
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    turns = known[1:-1][np.diff(np.sign(np.diff(known))) != 0.0]
    heights = np.concatenate([turns, shown[np.isfinite(shown)]])
    if len(heights) and np.ptp(heights) > 0.0:
        high = min(high, float(heights.max()) + WALLS * float(np.ptp(heights)))
    rise = high - low or 1.0
    ax.set(xlim=(lo[0], hi[0]), ylim=(low - 0.16 * rise, high + 0.06 * rise))
    ax.fill_between(x[:, 0], low - rise, values, color=FAINT, alpha=0.6, linewidth=0.0, zorder=0.0)
    at = lo + (hi - lo) * (np.arange(HEADS)[:, None] + 0.5) / HEADS
    ways = np.where(np.isfinite(land.values(at)), -land.slopes(at)[:, 0], 0.0)
    for marker, there in ((">", ways > 0.0), ("<", ways < 0.0)):
        heads = at[there, 0]
        ax.scatter(heads, np.full(len(heads), 0.05), s=16, marker=marker, color=GREY, transform=ax.get_xaxis_transform())
    name_axes(ax, variables(land)[0], "V", italic=True)


def on_graph(land: Landscape, x: Array) -> Array:
    """Points (k, 2) above x (k, 1); NaN where V is not finite."""
    values = land.values(x)
    return np.column_stack([x[:, 0], np.where(np.isfinite(values), values, np.nan)])
