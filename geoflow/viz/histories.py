"""How runs come to rest: energy above its minimum, and the norm of the gradient, against time.

Logarithmic upwards, where E − E* ~ e^{−2λ₁t} is a straight line. What lies below the rounding of E, ε|E|, is noise, and a
dotted line says where that begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoflow.checks import positive
from geoflow.errors import BadInput
from geoflow.evolution import checked_flow
from geoflow.flow import GradientFlow
from geoflow.protocols import Array
from geoflow.trajectory import Trajectory
from geoflow.viz.look import GREY, INK, SERIES, axes_for, legend_below, log_upwards, name_axes
from geoflow.viz.paths import KEEP, named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (5.4, 3.6)


def energy_history(runs: object, lowest: float | None = None, rate: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw the energy above its minimum at every step.

    Parameters
    ----------
    runs : Trajectory, or mapping of name to Trajectory
        Of a method with momentum it is E + ½‖v‖².
    lowest : float or None
        The minimum E*, in the unit of the energy. None takes the lowest energy that any of the runs reached, and says so;
        its curve then dives at its end.
    rate : float or None
        A predicted decay, drawn as a dashed line e^{−rate·t} through the first run: 2λ₁, in units of 1/time.
    ax : Axes or None
        None opens a figure of pyplot's.

    Raises
    ------
    BadInput
        Before anything is drawn.
    """
    found = named(runs)
    predicted = positive("rate", rate)
    if lowest is not None and not (isinstance(lowest, (int, float, np.number)) and np.isfinite(lowest)):
        raise BadInput("lowest", lowest, "give the energy at the minimum, a finite number, or None")
    energies = np.concatenate([run.energy for run in found.values()])
    base = float(energies.min()) if lowest is None else float(lowest)
    if not np.any(energies > base):
        raise BadInput("lowest", base, "no run has an energy above it")
    ax = axes_for(ax, SIZE)
    curves = {name: (run.t, run.energy - base) for name, run in found.items()}
    _draw(ax, curves)
    noise = float(np.finfo(float).eps * np.abs(energies).max())
    if predicted is not None:
        guide(ax, *next(iter(curves.values())), predicted, 10.0 * noise)
    if ax.get_ylim()[0] < noise < ax.get_ylim()[1]:
        ax.axhline(noise, color=GREY, linewidth=0.9, linestyle=":", zorder=1.0, label="rounding of E")
    name_axes(ax, "t", "E − lowest E reached" if lowest is None else "E − E*", italic=False)
    legend_below(ax)
    return ax


def gradient_history(flow: GradientFlow, runs: object, ax: Axes | None = None) -> Axes:
    """Draw the norm of the gradient, √⟨dE, G⁻¹dE⟩ over what is not held, at the states that runs have kept.

    Parameters
    ----------
    flow : GradientFlow
        That of the runs.
    runs : Trajectory, or mapping of name to Trajectory
        With three states at least: give `evolve` its ``t_eval``.
    ax : Axes or None
        None opens a figure of pyplot's.

    Raises
    ------
    BadInput
        Before anything is drawn.
    """
    checked_flow(flow)
    found = named(runs)
    for run in found.values():
        if len(run.states) < 3:
            raise BadInput("runs", f"a run that kept {len(run.states)} states", KEEP)
    curves = {name: _slopes(flow, run) for name, run in found.items()}
    ax = axes_for(ax, SIZE)
    _draw(ax, curves)
    name_axes(ax, "t", "‖gradient‖")
    legend_below(ax)
    return ax


def _slopes(flow: GradientFlow, run: Trajectory) -> tuple[Array, Array]:
    """Times and norms; what comes after a run is at rest are copies of its last state."""
    moving = run.t_states <= run.t[-1]
    t, found = run.t_states[moving], []
    for time, x in zip(t, run.states[moving], strict=True):
        now = flow.at(float(time))
        found.append(now.dual_norm(now.metric.gram(x), now.differential(x)))
    return t, np.array(found)


def _draw(ax: Axes, curves: dict[str, tuple[Array, Array]]) -> None:
    """Curves on a logarithmic axis, as far as they are positive at finite times."""
    for k, (name, (t, value)) in enumerate(curves.items()):
        seen = np.isfinite(t) & (value > 0.0)
        ax.plot(t[seen], value[seen], color=SERIES[k % len(SERIES)], linewidth=1.6, label=name or None, zorder=2.0)
    log_upwards(ax)


def guide(ax: Axes, t: Array, value: Array, rate: float, floor: float = 0.0) -> None:
    """e^{−rate·t} through a curve where it falls most nearly at that rate, no lower than the curve goes; floor: of its noise."""
    seen = np.flatnonzero(np.isfinite(t) & (value > max(floor, 0.0)))
    if len(seen) < 2:
        return
    falls = -np.diff(np.log(value[seen])) / np.diff(t[seen])
    touch = seen[int(np.argmin(np.abs(falls - rate)))]
    over = np.linspace(t[seen[0]], t[seen[-1]], 200)
    line = value[touch] * np.exp(-rate * (over - t[touch]))
    keep = (line >= np.min(value[seen])) & (line <= np.max(value[seen]))
    ax.plot(over[keep], line[keep], color=INK, linewidth=1.1, linestyle="--", zorder=3.0, label=f"predicted, rate {rate:.5g}")
