"""Where momentum wins: the plane of gentleness and friction, cut by a straight line.

A heavy ball leaves a saddle by (−β + √(β² + 4|λ|)) / 2, the flow by |λ|. The first is larger if and only if |λ| + β < 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoflow import checks
from geoflow.errors import BadInput
from geoflow.protocols import Array
from geoflow.viz.look import NAVY, SERIES, axes_for, legend_below, name_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WON, LOST = SERIES[2], SERIES[0]


def win_lose(steepness: object, friction: object, won: object, located: object | None = None, ax: Axes | None = None) -> Axes:
    """Draw the map of (|λ|, β): the predicted boundary |λ| + β = 1, and on which side runs with momentum were faster.

    Parameters
    ----------
    steepness : (m,)
        |λ| of the saddle, positive, in units of 1/time.
    friction : (m,)
        β, positive, likewise.
    won : (m,) of bool
        Whether the heavy ball was measured to leave faster than the flow.
    located : (k, 2) or None
        Points (|λ|, β) of the boundary, as measured.
    ax : Axes or None
        None opens a figure of pyplot's.

    Raises
    ------
    BadInput
        Before anything is drawn.
    """
    lam, beta = _column(steepness, "steepness"), _column(friction, "friction")
    faster = np.asarray(won)
    if faster.dtype != np.bool_ or not lam.shape == beta.shape == faster.shape:
        got = f"{faster.dtype} of shape {faster.shape}"
        raise BadInput("won", got, f"give a boolean for each of the {len(lam)} steepnesses and {len(beta)} frictions")
    found = np.empty((0, 2)) if located is None else checks.state(located, "located")
    if found.ndim != 2 or found.shape[1] != 2:
        raise BadInput("located", f"array of shape {found.shape}", "give pairs (|λ|, β), (k, 2)")
    right, top = (1.06 * max(1.15, float(v.max())) for v in (np.append(lam, found[:, 0]), np.append(beta, found[:, 1])))
    ax = axes_for(ax, (4.6, 4.6 * min(1.4, max(0.5, top / right))))
    ax.set(xlim=(0.0, right), ylim=(0.0, top))
    ax.fill([0, 1, 0], [0, 0, 1], color=WON, alpha=0.13, linewidth=0.0)
    ax.fill([1, right, right, 0, 0], [0, 0, top, top, 1], color=LOST, alpha=0.10, linewidth=0.0)
    ax.plot([0, 1], [1, 0], color=NAVY, linewidth=1.8, zorder=2.0, label="predicted: |λ| + β = 1")
    if len(found):
        ax.scatter(
            found[:, 0],
            found[:, 1],
            s=40,
            marker="D",
            facecolor="none",
            edgecolor=NAVY,
            linewidth=1.2,
            zorder=4.0,
            label="located",
            clip_on=False,
        )
    for name, which, marker, colour in (("momentum won", faster, "o", WON), ("momentum lost", ~faster, "X", LOST)):
        if which.any():
            ax.scatter(
                lam[which],
                beta[which],
                s=30,
                marker=marker,
                color=colour,
                edgecolor="white",
                linewidth=0.6,
                zorder=3.0,
                label=name,
            )
    name_axes(ax, "|λ|", "β")
    legend_below(ax)
    return ax


def _column(given: object, field: str) -> Array:
    values = checks.state(given, field)
    if values.ndim != 1 or not np.all(values > 0.0):
        raise BadInput(field, f"array of shape {values.shape}", "give a list of positive numbers")
    return values
