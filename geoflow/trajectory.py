"""What a run returns, and the file it can be kept in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from geoflow import easel
from geoflow.errors import BadInput
from geoflow.io.archives import read_archive, write_archive
from geoflow.io.files import shown
from geoflow.ledger import Ledger
from geoflow.protocols import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes


KIND, VERSION = "geoflow.Trajectory", 2  # of a file; the version changes when what is in it does


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
        drawn: dict[str, Axes] = easel.draw("ledger", self, film, rate)
        return drawn

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all of this to an ``.npz`` file, no pickle; `load` reads it back, every bit. NumPy alone reads its arrays too.

        Raises
        ------
        BadInput
            Another suffix.
        GeoflowError
            The file cannot be written; an old one is then left as it was.
        """
        arrays = {"kind": np.array(KIND), "version": np.array(VERSION)}
        arrays |= {name: np.asarray(getattr(self, name)) for name in PLAIN if getattr(self, name) is not None}
        arrays |= {f"ledger.{name}": column for name, column in self.ledger.columns().items()}
        arrays["records"] = np.array(list(self.records), dtype=np.str_)
        for k, record in enumerate(self.records.values()):
            arrays |= {f"record.{k}.{part.name}": np.asarray(getattr(record, part.name)) for part in fields(Record)}
        write_archive(path, arrays)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Trajectory:
        """Read what `save` wrote.

        Raises
        ------
        BadInput
            A file that cannot be read, is damaged, no trajectory, or of a later version.
        """
        arrays, name = read_archive(path), shown(path)
        if "kind" not in arrays or str(arrays["kind"]) != KIND:
            raise BadInput("file", name, "there is no trajectory in it: give one that Trajectory.save wrote")
        version = arrays["version"].tolist() if "version" in arrays else None
        if version != VERSION:
            raise BadInput(
                "file", name, f"it is of version {version}, and this program reads {VERSION}: use the one that wrote it"
            )
        try:
            return _loaded(arrays)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput("file", name, f"the trajectory in it is not whole ({error})") from None

    @property
    def with_momentum(self) -> bool:
        """Whether it was the motion of a heavy ball, whose energies are E + ½‖v‖²."""
        return self.method == "HeavyBall"

    @property
    def largest_increase(self) -> float:
        """The largest rise of the energy in one step, beyond the work of a moving wire; 0 if it never rose."""
        return float(max(np.max(np.diff(self.energy) - self.ledger.work, initial=0.0), 0.0))


PLAIN = tuple(part.name for part in fields(Trajectory) if part.name not in ("ledger", "records"))


def _loaded(arrays: Mapping[str, Array]) -> Trajectory:
    """A trajectory from the arrays of a file; KeyError or ValueError where they are not those of one."""
    ledger = Ledger(*(arrays[f"ledger.{part.name}"] for part in fields(Ledger)))
    records = {
        name: Record(*(_whole(arrays[f"record.{k}.{part.name}"]) for part in fields(Record)))
        for k, name in enumerate(arrays["records"].tolist())
    }
    plain = {name: _whole(arrays[name]) for name in PLAIN if name != "error_bound"}
    bound = float(arrays["error_bound"]) if "error_bound" in arrays else None
    run = Trajectory(**plain, ledger=ledger, records=records, error_bound=bound)
    steps, kept = len(ledger.t), len(run.t_states)
    shapes = {column.shape for column in ledger.columns().values()}
    wanted = run.t.shape == run.energy.shape == (steps + 1,) and shapes == {(steps,)} and len(run.states) == kept
    if not wanted or any(record.t.shape != record.value.shape for record in records.values()):
        raise ValueError("its parts do not fit together")
    return run


def _whole(array: Array) -> Any:
    """An array; a number or a text of none as Python's."""
    return array if array.ndim else array.item()
