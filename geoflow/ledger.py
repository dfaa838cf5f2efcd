"""The ledger: one row for every accepted step, so that a run can be checked without running it again.

    defect = E₀ − E₁ + work − dissipated,        dissipated = τ Σ bᵢ ‖vᵢ‖²

is how far a step is from the exact balance of energy. The work of a wire that moves is that of moving it at once, with the film
as it was, before the film follows: more than the work along the way, all the more the finer the grid, and the defect has what is
too much in it. What is called energy here is what may not rise: E, or E + ½‖v‖² where a method has momentum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geoflow.protocols import Array


class Row(NamedTuple):
    """One accepted step. Energies in the energy's unit, times in the flow's; nan where a method has no estimate."""

    t: float
    tau: float
    energy: float
    dissipated: float
    work: float
    defect: float
    rounding: float
    error: float
    residual: float
    newton: int
    linear: int
    rejected: int


@dataclass(frozen=True, eq=False)
class Ledger:
    """The rows of a run as columns, each an array of shape (steps,).

    Attributes
    ----------
    t, tau : time at the end of the step, its length
    energy, dissipated, work, defect : the balance of energy; the work being an upper bound
    rounding : how far the energy before the step may be off by rounding, which is what a rise is judged by
    error : the estimated time error of the step, in the metric's norm
    residual : ‖dE + G v‖ in the dual norm at the step's last stage
    newton, linear : iterations spent
    rejected : proposals turned down before this one was accepted
    """

    t: Array
    tau: Array
    energy: Array
    dissipated: Array
    work: Array
    defect: Array
    rounding: Array
    error: Array
    residual: Array
    newton: Array
    linear: Array
    rejected: Array

    @classmethod
    def of(cls, rows: Array) -> Ledger:
        """Columns from rows, (steps, 12)."""
        return cls(*(np.array(column) for column in rows.T))

    def __len__(self) -> int:
        return len(self.t)

    def columns(self) -> dict[str, Array]:
        """Name → column, in order, for any table library.

        ``pandas.DataFrame(run.ledger.columns())``, ``polars.DataFrame(run.ledger.columns())``, ``astropy.table.Table(…)``; or
        as an array of NumPy's with named fields, ``numpy.rec.fromarrays(list(columns.values()), names=list(columns))``.
        """
        return {name: getattr(self, name) for name in Row._fields}

    def error_bound(self) -> float:
        """Implicit Euler's a posteriori bound on ‖x(t_n) − xₙ‖ over all steps, for a convex energy; 0 before any step.

        √Σ τ (defect + ‖r‖ ‖τv‖) + Σ τ‖r‖ with the residuals r of the stage equations: each step is an exact step of
        the energy tilted by its residual (Nochetto, Savaré and Verdi 2000, and a perturbation of the right-hand side).

        The energies may be off by their rounding. In Σ τ (E₀ − E₁) each counts only by how much τ changes at it, so with steps
        of one length the sum is off by that of the first and the last, whatever the number of steps. As much is added under
        the root: no film is so flat that its defects drown and its bound with them, but there the bound is not sharp.
        """
        return float(self.error_bounds()[-1]) if len(self) else 0.0

    def error_bounds(self) -> Array:
        """The bound at the end of each step, (steps,)."""
        with np.errstate(invalid="ignore"):
            moved = np.sqrt(self.tau * self.dissipated)
            gaps = np.cumsum(self.tau * (self.defect + self.residual * moved))
            noise = np.cumsum(np.abs(np.diff(self.tau, prepend=0.0)) * self.rounding) + self.tau * self.rounding
            bound = np.sqrt(np.maximum(gaps, 0.0) + noise) + np.cumsum(self.tau * self.residual)
        return np.where(np.isfinite(np.cumsum(self.tau)), np.maximum.accumulate(bound), np.nan)


class Tally(NamedTuple):
    """What a run has come through so far: accepted steps, and what its last sentence will tell of them.

    halved: how many of them had to be shortened, fault: the last reason. rise: by how much one raised the energy at most.
    """

    steps: int = 0
    halved: int = 0
    fault: str = ""
    rise: float = 0.0

    def told(self) -> str:
        """Of the steps that were halved on the way, and of those that went uphill; nothing if none did."""
        many = "s" * (self.halved > 1)
        shortened = f"; {self.halved} step{many} had to be shortened, the last because {self.fault}" if self.halved else ""
        return shortened + (f"; a step raised the energy by {self.rise:.3g}, as it was allowed to" if self.rise else "")


NOTHING = Tally()


@dataclass(frozen=True, eq=False)
class Accepted:
    """All there is to know between two steps; the loop goes on from here to the same bits. Its numbers are Python's own.

    Attributes
    ----------
    t, x, energy : the state reached
    row : its line in the ledger; None at the start
    tau : the length the next step would like to have, not clipped to any output time
    control : the last step's error over its tolerance
    ceiling : a length that steps had better not exceed, since a longer one was just turned down
    memory : what the method carries from step to step
    promised : the drop of energy still to come that the method's own model promised; inf if it has not asked
    fault : why the last longer proposal for this step was unlawful or failed; empty if none did
    kinetic : the part ½‖v‖² of the energy; 0 without momentum
    resting : whether the drop of energy still to come is within its tolerance
    tally : what the run has come through
    """

    t: float
    x: Array
    energy: float
    row: Row | None
    tau: float
    control: float
    ceiling: float
    memory: tuple[Array, ...]
    fault: str = ""
    promised: float = np.inf
    kinetic: float = 0.0
    resting: bool = False
    tally: Tally = NOTHING

    def __post_init__(self) -> None:
        for name in ("t", "energy", "tau", "control", "ceiling", "promised", "kinetic"):
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "resting", bool(self.resting))
