"""What a run returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from geoflow.ledger import Ledger
from geoflow.protocols import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Record:
    """What a second witness measured along a run.

    Attributes
    ----------
    t, value : (k,)
        Times and measurements; the first and the last state are always measured.
    stride : int
        The largest number of steps between two measurements.
    seconds : float
        What the measuring cost.
    """

    t: Array
    value: Array
    stride: int
    seconds: float


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A run, finished or not.

    Attributes
    ----------
    t, energy : (steps + 1,)
        Times of the start and of all accepted steps, and E there, or E + ½‖v‖² of a method with momentum. ``relax`` takes its
        last steps at t = inf.
    x : state
        The last state.
    t_states, states : (k,), (k, *x.shape)
        The states asked for by ``t_eval``; without it the first and the last.
    ledger : Ledger
        One row for each accepted step.
    records : mapping of name to Record
    success : bool
    status : str
        "reached t_end", "at rest", "left the bounds"; or, of a run that is no success: "interrupted", "max_steps", "step floor",
        "not finite", "blew up".
    message : str
        A sentence, with the remedy in it if one is needed.
    error_bound : float or None
        A bound on the time error in the metric's norm, for the methods that have one.
    method : str
    seconds : float
    """

    t: Array
    energy: Array
    x: Array
    t_states: Array
    states: Array
    ledger: Ledger
    success: bool
    status: str
    message: str
    method: str
    seconds: float
    records: Mapping[str, Record] = field(default_factory=dict)
    error_bound: float | None = None

    def plot(self, film: object = None, rate: float | None = None) -> dict[str, Axes]:
        """Draw the ledger as a picture: what `geoflow.viz.ledger` draws and returns, with the same parameters.

        In a script follow it by ``matplotlib.pyplot.show()``, or by ``gf.viz.save_picture("ledger.png", …)``.
        """
        from geoflow.viz.accounts import ledger

        return ledger(self, film, rate)  # type: ignore[arg-type]

    @property
    def with_momentum(self) -> bool:
        """Whether it was the motion of a heavy ball, whose energies are E + ½‖v‖²."""
        return self.method == "HeavyBall"

    @property
    def largest_increase(self) -> float:
        """The largest rise of the energy in one step, beyond the work of a moving wire; 0 if it never rose."""
        return float(max(np.max(np.diff(self.energy) - self.ledger.work, initial=0.0), 0.0))
