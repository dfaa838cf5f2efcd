"""The six panels of `geoflow.viz.ledger`, each drawn from the columns of a run on an axes of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geoflow.films import Film
from geoflow.protocols import Array
from geoflow.trajectory import Trajectory
from geoflow.viz.histories import guide
from geoflow.viz.look import FAINT, GREY, INK, SERIES, TEXT, legend_above, log_upwards, name_axes
from geoflow.viz.ticks import labels_from, round_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RED, BLUE, GREEN, *_ = SERIES
MOST = 1200  # pieces a curve of many steps is cut into, each drawn by its extremes
FEW = 60  # steps that are marked one by one
UNEVEN = 30.0  # longest step over shortest from which time is drawn logarithmically
NOISE = 4.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class View:
    """A run as its panels see it: what is drawn across, and what its numbers are called."""

    run: Trajectory
    film: Film | None = None
    rate: float | None = None

    @cached_property
    def counted(self) -> bool:
        """Whether steps are counted since times are no use: `relax` goes to t = ∞."""
        return not np.all(np.isfinite(self.run.t))

    @cached_property
    def x(self) -> Array:
        """(steps + 1,): times, or counts."""
        return np.arange(len(self.run.t), dtype=np.float64) if self.counted else self.run.t

    @cached_property
    def uneven(self) -> bool:
        """Whether steps differ so much that only a logarithm of time shows all of them; the last one was cut to fit."""
        tau = self.run.ledger.tau[:-1]
        return not self.counted and len(tau) > 2 and float(tau.max()) > UNEVEN * float(tau.min())

    @property
    def name(self) -> str:
        """Of the energy."""
        area = self.film is not None or "area" in self.run.records
        return ("area" if area else "E") + (" + ½‖v‖²" if self.run.with_momentum else "")

    @property
    def noise(self) -> float:
        """The rounding of the energy, about."""
        return NOISE * float(np.max(np.abs(self.run.energy)))

    @cached_property
    def dissipated(self) -> Array:
        """(steps,): by each step; nan where τ = ∞, which has no speed."""
        return np.where(np.isfinite(self.run.ledger.tau), self.run.ledger.dissipated, np.nan)

    @cached_property
    def witness(self) -> tuple[NDArray[np.int64], Array]:
        """Places (k,) among the energies where the second witness measured the area, and what it found there."""
        record = self.run.records.get("area")
        if record is None:
            return np.empty(0, dtype=np.int64), np.empty(0)
        if len(record.t) == len(self.run.t):
            return np.arange(len(record.t), dtype=np.int64), record.value
        # Of several measurements at t = ∞ only the last has a place that is known for sure.
        place = np.searchsorted(self.run.t, record.t).astype(np.int64)
        place[-1] = len(self.run.t) - 1
        sure = np.isfinite(record.t)
        sure[-1] = True
        return place[sure], record.value[sure]


def draw_energy(ax: Axes, view: View) -> None:
    """The energy at every step, and the area as the second witness measured it."""
    run = view.run
    first = 1 if view.uneven else 0  # t = 0 is nowhere on a logarithmic axis
    _curve(ax, view.x[first:], run.energy[first:], RED, view.name if view.run.with_momentum else f"{view.name}, by the energy")
    place, area = view.witness
    place, area = place[place >= first], area[place >= first]
    kept = place if len(place) <= FEW else place[np.unique(np.linspace(0, len(place) - 1, FEW).astype(int))]
    if len(place):
        measured = dict(zip(place.tolist(), area.tolist(), strict=True))
        look: dict[str, Any] = {"markersize": 4.5, "markerfacecolor": "none", "markeredgewidth": 1.0, "zorder": 3.0}
        _dots(ax, view.x[kept], np.array([measured[k] for k in kept.tolist()]), "o", BLUE, "area, by the monitor", **look)
    if view.uneven:
        ax.axhline(run.energy[0], color=GREY, linewidth=0.9, linestyle=":", zorder=1.0, label="at t = 0")
    _finish(ax, view, view.name)
    _label_upwards(ax, view.name)


def draw_decay(ax: Axes, view: View) -> None:
    """The energy above its lowest, logarithmic, in linear time, where e^{−2λ₁t} is straight; beside it what theory predicts."""
    energy, lowest, x = view.run.energy, float(np.min(view.run.energy)), view.x
    above = energy - lowest
    seen = above > NOISE * np.maximum(np.abs(energy), abs(lowest))
    if np.sum(seen) < 2:
        what = f"a single fall to the lowest, by {float(np.max(above)):.3g}"
        _nothing(ax, what if np.any(seen) else "the energy does not change")
        return
    _curve(ax, x[seen], above[seen], RED, f"{view.name} above its lowest")
    if view.rate is not None and not view.counted and np.sum(seen) > 1:
        guide(ax, x[seen], above[seen], view.rate, 10.0 * view.noise)
    _finish(ax, view, f"{view.name} − lowest", log=True, uneven=False)


def draw_lost(ax: Axes, view: View) -> None:
    """What the energy has lost since the start, the wire's work taken into account, and what the steps have dissipated."""
    run = view.run
    if not len(run.ledger):
        _nothing(ax, "no step was taken")
        return
    first = 1 if view.uneven else 0
    with np.errstate(all="ignore"):
        work, spent = (np.cumsum(np.append(0.0, column)) for column in (run.ledger.work, view.dissipated))
        lost = run.energy[0] - run.energy + work
    x, moves = view.x[first:], bool(np.any(work))
    lost, work, spent = lost[first:], work[first:], spent[first:]
    _curve(ax, x, lost, RED, "lost" + (" and worked for" if moves else ""), linewidth=2.6, alpha=0.45)
    if np.any(np.isfinite(view.dissipated)):  # a step of τ = ∞ has no speed
        _curve(ax, x, spent, INK, "dissipated" + ("" if run.with_momentum else ", Σ τ‖v‖²"), linestyle="--", linewidth=1.1)
    if moves:
        _curve(ax, x, work, GREEN, "work of the wire, at most")
    ax.margins(y=0.12)
    _finish(ax, view, f"{view.name}, since the start")
    _label_upwards(ax, f"{view.name}, since the start")


def draw_steps(ax: Axes, view: View) -> None:
    """The length of each step, and where longer ones were turned down."""
    tau, turned, x = view.run.ledger.tau, view.run.ledger.rejected > 0, view.x[1:]
    if not np.any(np.isfinite(tau)):
        _nothing(ax, "every step had τ = ∞: straight to rest" if len(tau) else "no step was taken")
        return
    finite = np.isfinite(tau)
    _curve(ax, x[finite], tau[finite], BLUE, "τ of each step")
    if np.any(turned & finite):
        kept = np.flatnonzero(turned & finite)
        kept = kept[np.unique(np.linspace(0, len(kept) - 1, MOST).astype(int))]
        look: dict[str, Any] = {"markersize": 5.5, "markeredgewidth": 1.3, "zorder": 3.0}
        _dots(ax, x[kept], tau[kept], "x", RED, f"{int(np.sum(view.run.ledger.rejected))} turned down before", **look)
    _finish(ax, view, "τ", log=True)


def draw_balance(ax: Axes, view: View) -> None:
    """How far each step was from the exact balance of energy, their sum, and how far the two witnesses are apart."""
    run = view.run
    with np.errstate(all="ignore"):
        defect = np.abs(run.ledger.defect + 0.0 * view.dissipated)
        total = np.cumsum(defect)
    place, area = view.witness
    gap = np.abs(area - run.energy[place]) if not run.with_momentum else np.empty(0)
    drawn = _curve(ax, view.x[1:], defect, BLUE, "|defect|", positive=True)
    drawn |= _curve(ax, view.x[1:], total, RED, "Σ |defect|", positive=True)
    if len(gap):
        kept = np.unique(np.linspace(0, len(place) - 1, FEW).astype(int))
        drawn |= _dots(ax, view.x[place[kept]], gap[kept], ".", GREEN, "|monitor − energy|", positive=True, markersize=5.0)
    if not drawn:
        straight = "no speed, and no dissipation to balance: τ = ∞" + ("\nthe monitor finds the same area" if len(gap) else "")
        told = "the books balance to the last bit" if np.any(np.isfinite(defect)) else straight
        _nothing(ax, told if len(defect) else "no step was taken")
        return
    ax.axhline(view.noise, color=GREY, linewidth=0.9, linestyle=":", zorder=1.0, label="rounding")
    _finish(ax, view, f"{view.name}, off by", log=True)


def draw_errors(ax: Axes, view: View) -> None:
    """Errors in time: each step's estimate, and the bound on all of them where the method has one; else the residuals."""
    run, x = view.run, view.x[1:]
    drawn = _curve(ax, x, run.ledger.error, BLUE, "estimate of each step", positive=True)
    if run.error_bound is not None:
        drawn |= _curve(ax, x, run.ledger.error_bounds(), RED, "bound on all", positive=True)
    if drawn:
        _finish(ax, view, "time error", log=True)
        return
    if _curve(ax, x, run.ledger.residual, BLUE, "residual ‖dE + G v‖ of each step", positive=True):
        _finish(ax, view, "residual", log=True)
        return
    _nothing(ax, "the method estimates no error" if len(run.ledger) else "no step was taken")


def thinned(y: Array, most: int = MOST) -> NDArray[np.int64]:
    """Places, increasing, of the least and the greatest of y (k,) in each of so many equal pieces; all where there are few.

    >>> thinned(np.array([0.0, 5.0, 1.0, 1.0, 2.0, -3.0, 2.0, 2.0]), most=2)
    array([0, 1, 4, 5, 7])
    """
    if len(y) <= 2 * most:
        return np.arange(len(y), dtype=np.int64)
    edges = np.linspace(0, len(y), most + 1).astype(int)
    pieces = [(a, y[a:b]) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    found = {0, len(y) - 1}
    found.update(int(a + np.argmin(piece)) for a, piece in pieces)
    found.update(int(a + np.argmax(piece)) for a, piece in pieces)
    return np.array(sorted(found), dtype=np.int64)


def _curve(ax: Axes, x: Array, y: Array, colour: str, label: str, positive: bool = False, **look: Any) -> bool:
    """A curve through what is finite, thinned to its extremes; whether there was anything to draw."""
    seen = np.isfinite(y) & (y > 0.0) if positive else np.isfinite(y)
    x, y = x[seen], y[seen]
    if not len(y):
        return False
    kept = thinned(y)
    marked = {"marker": "o", "markersize": 2.6} if len(y) <= FEW and "linestyle" not in look else {}
    ax.plot(x[kept], y[kept], color=colour, label=label, **{"linewidth": 1.4, "zorder": 2.0, **marked, **look})
    return True


def _dots(ax: Axes, x: Array, y: Array, marker: str, colour: str, label: str, positive: bool = False, **look: Any) -> bool:
    """Marks alone; whether there were any."""
    seen = np.isfinite(y) & (y > 0.0) if positive else np.isfinite(y)
    if np.any(seen):
        ax.plot(x[seen], y[seen], linestyle="none", marker=marker, color=colour, label=label, **look)
    return bool(np.any(seen))


def _finish(ax: Axes, view: View, name: str, log: bool = False, uneven: bool = True) -> None:
    """Scales, grid, names, and the legend above."""
    from matplotlib.ticker import MaxNLocator

    ax.grid(color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    if log:
        drawn = np.concatenate([line.get_ydata() for line in ax.get_lines()])
        if drawn.max() < 1.001 * drawn.min():  # a constant is no scale
            ax.set_ylim(0.5 * drawn.min(), 2.0 * drawn.max())
        log_upwards(ax)
    if uneven and view.uneven:
        ax.set_xscale("log")
    elif view.counted:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    else:
        ax.locator_params(axis="x", nbins=6)
    name_axes(ax, "step" if view.counted else "t", name)
    legend_above(ax)


def _label_upwards(ax: Axes, name: str) -> None:
    """Round values on a linear axis, a long base that they share taken into its name."""
    low, high = (float(v) for v in ax.get_ylim())
    if not high - low > 1e-14 * max(abs(low), abs(high)):
        return
    values = round_values(low, high, 6)
    texts, named = labels_from(values, name)
    ax.set_yticks(list(values), labels=texts)
    ax.set_ylim(low, high)
    ax.set_ylabel(named)


def _nothing(ax: Axes, why: str) -> None:
    """A panel without numbers says why."""
    ax.set(xticks=[], yticks=[])
    ax.text(0.5, 0.5, why, transform=ax.transAxes, ha="center", va="center", fontsize=TEXT, color=GREY, parse_math=False)
