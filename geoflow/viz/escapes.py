"""How fast a saddle is left: the distance from it against time, with and without momentum.

Near a saddle with the eigenvalue λ < 0 the distance grows as e^{rt}: the flow by r = |λ|, a heavy ball of friction β by
r = (−β + √(β² + 4|λ|)) / 2. The rate that is told as measured is the slope of a straight line, fitted to ln ‖x − x*‖ where the
distance is above ten times its first value, when other modes have died, and below a hundredth of its largest, where the
potential is still a quadratic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from geoflow import checks
from geoflow.errors import BadInput
from geoflow.protocols import Array, Mask
from geoflow.trajectory import Trajectory
from geoflow.viz.look import INK, SERIES, axes_for, legend_below, log_upwards, name_axes
from geoflow.viz.paths import named, states

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AFTER, BEFORE, FEWEST = 10.0, 1e-2, 5


def escape(saddle: object, runs: object, rates: Mapping[str, float] | None = None, ax: Axes | None = None) -> Axes:
    """Draw the distance from a saddle, and tell the measured rates beside the predicted.

    Parameters
    ----------
    saddle : (d,) or Equilibrium
    runs : Trajectory, or mapping of name to Trajectory
        That start beside the saddle, a thousandth of the way that they will go or less, and kept their states (``t_eval``).
    rates : mapping of name to float, or None
        Predicted rates of some of the runs, in units of 1/time: dashed lines.
    ax : Axes or None
        None opens a figure of pyplot's.

    Raises
    ------
    BadInput
        Before anything is drawn.
    """
    at, found = checks.state(getattr(saddle, "x", saddle), "saddle"), named(runs)
    wanted = {} if rates is None else dict(rates)
    for name, rate in wanted.items():
        if name not in found:
            raise BadInput("rates", name, f"there is no such run: {', '.join(found)}")
        checks.positive(f"rates[{name!r}]", rate)
    told = {name: _measured(run, at) for name, run in found.items()}
    ax = axes_for(ax, (5.4, 3.8), lines=len(found))
    for k, (name, run) in enumerate(found.items()):
        distance, fitted, rate = told[name]
        colour, t = SERIES[k % len(SERIES)], run.t_states
        seen = distance > 0.0
        said = f"{name}: " if name else ""
        beside = f", predicted {wanted[name]:.4f}" if name in wanted else ""
        ax.plot(t[seen], distance[seen], color=colour, linewidth=1.7, label=f"{said}measured {rate:.4f}{beside}")
        if name in wanted:
            _guide(ax, t[fitted], distance[fitted], wanted[name])
    log_upwards(ax)
    name_axes(ax, "t", "distance from the saddle")
    legend_below(ax)
    return ax


def _measured(run: Trajectory, saddle: Array) -> tuple[Array, Mask, float]:
    """The distances (k,), which of them are fitted, and the rate."""
    x = states(run, "runs")
    if x.shape[1:] != saddle.shape:
        raise BadInput("runs", f"states of shape {x.shape[1:]}", f"the saddle is of shape {saddle.shape}")
    distance = np.linalg.norm((x - saddle).reshape(len(x), -1), axis=1)
    fitted = (distance >= AFTER * distance[0]) & (distance <= BEFORE * distance.max()) & (distance > 0.0)
    if int(fitted.sum()) < FEWEST:
        raise BadInput(
            "runs",
            f"one with {int(fitted.sum())} kept states between ten times its first distance and a hundredth of its largest",
            f"a rate is fitted to {FEWEST} at least: start closer to the saddle, or give evolve a denser t_eval",
        )
    return distance, fitted, float(np.polyfit(run.t_states[fitted], np.log(distance[fitted]), 1)[0])


def _guide(ax: Axes, t: Array, distance: Array, rate: float) -> None:
    """e^{rt} through the middle of what is fitted, a little longer than it."""
    middle, more = len(t) // 2, 0.15 * (t[-1] - t[0])
    ends = np.array([t[0] - more, t[-1] + more])
    ax.plot(ends, distance[middle] * np.exp(rate * (ends - t[middle])), color=INK, linewidth=1.1, linestyle="--", zorder=3.0)
