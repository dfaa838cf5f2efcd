"""Checkpoints: all that a run needs to go on to the same bits, in a file that is old-whole or new-whole.

    (t, x, the next τ before any output time clips it, the controller's error and ceiling, the method's memory, counters, ledger)

and what has been written down so far: the states kept, what witnesses measured, what a watcher remembers. The start is not in
it, since whoever resumes gives it again.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from geoflow import checks
from geoflow.errors import BadInput, GeoflowError
from geoflow.io.atomic import sweep
from geoflow.io.container import read_arrays, write_arrays
from geoflow.io.files import shown
from geoflow.io.lock import locked
from geoflow.ledger import Accepted, Row, Tally
from geoflow.protocols import Array

FIELD = "checkpoint"  # what refusals call it
NUMBERS = ("t", "energy", "tau", "control", "ceiling", "fault", "promised", "kinetic", "resting")


@dataclass(frozen=True)
class Checkpoint:
    """Where a run is kept while it goes, so that one that was stopped, however, goes on to the same bits.

    Parameters
    ----------
    path : str or path
        A file that is not there yet, or the one that the run resumes. ``path.lock`` is beside it while the run goes.
    every : float, seconds
        It is written after the first step that ends so long after the last writing, 0: after every step; and at the start and
        at the end. One takes as long as the disk does for the state, the method's memory (one to three states) and 96 B a step.
    """

    path: str | os.PathLike[str]
    every: float = 60.0

    def __post_init__(self) -> None:
        if not isinstance(self.path, (str, os.PathLike)) or not os.fspath(self.path):
            raise BadInput(FIELD, self.path, "give the path of a file")
        if self.every != 0.0:
            checks.positive("every", self.every)


@dataclass(frozen=True, eq=False)
class Saved:
    """What a checkpoint holds.

    Attributes
    ----------
    problem : what it is a run of; see `fingerprint`
    value : E(x)
    now : where to go on
    first : the energy at the start
    rows : (steps, 12), the ledger
    kept : (t, state) of those asked for so far, but for the start
    records : of each witness (t, value) as (2, k), and the numbers that decide when it measures next
    watched : what a watcher remembers
    seconds : that the run has taken
    """

    problem: Mapping[str, str]
    value: float
    now: Accepted
    first: float
    rows: Array
    kept: tuple[tuple[float, Array], ...]
    records: Mapping[str, tuple[Array, Mapping[str, float]]]
    watched: Mapping[str, Array]
    seconds: float


def write(path: str | os.PathLike[str], saved: Saved) -> None:
    """Write a checkpoint; an old one is there, whole, until the new one is."""
    now, kept, records = saved.now, saved.kept, saved.records
    facts = {
        "problem": dict(saved.problem),
        "value": saved.value,
        "now": {name: getattr(now, name) for name in NUMBERS},
        "tally": list(now.tally),
        "first": saved.first,
        "kept": [t for t, _ in kept],
        "records": {name: dict(numbers) for name, (_, numbers) in records.items()},
        "seconds": saved.seconds,
    }
    arrays = {
        "x": now.x,
        "rows": saved.rows,
        **{f"memory {k}": np.asarray(m) if isinstance(m, np.generic) else m for k, m in enumerate(now.memory)},
        **{f"kept {k}": x for k, (_, x) in enumerate(kept)},
        **{f"record {name}": measured for name, (measured, _) in records.items()},
        **{f"watched {name}": a for name, a in saved.watched.items()},
    }
    write_arrays(path, facts, arrays)


def read(path: str | os.PathLike[str]) -> Saved:
    """Read a checkpoint, or refuse what is none."""
    if not isinstance(path, (str, os.PathLike)):
        raise BadInput("resume", path, "give the path of a checkpoint")
    facts, arrays = read_arrays(path, FIELD)

    def numbered(kind: str) -> list[Array]:
        return [arrays[f"{kind} {k}"] for k in range(sum(name.startswith(f"{kind} ") for name in arrays))]

    try:
        rows, now = arrays["rows"], facts["now"]
        if rows.ndim != 2 or rows.shape[1] != len(Row._fields):
            raise ValueError("a ledger of other columns")
        row = Row._make((*rows[-1, :-3].tolist(), *map(int, rows[-1, -3:]))) if len(rows) else None
        accepted = Accepted(
            x=arrays["x"], row=row, memory=tuple(numbered("memory")), tally=Tally(*facts["tally"]), **{n: now[n] for n in NUMBERS}
        )
        return Saved(
            problem=facts["problem"],
            value=facts["value"],
            now=accepted,
            first=facts["first"],
            rows=rows,
            kept=tuple(zip(facts["kept"], numbered("kept"), strict=True)),
            records={name: (arrays[f"record {name}"], numbers) for name, numbers in facts["records"].items()},
            watched={name.removeprefix("watched "): a for name, a in arrays.items() if name.startswith("watched ")},
            seconds=facts["seconds"],
        )
    except (KeyError, TypeError, ValueError):
        raise BadInput(FIELD, shown(path), "it does not hold what a checkpoint does: leave resume out to start anew") from None


@contextlib.contextmanager
def reserved(place: Checkpoint | None, resume: str | os.PathLike[str] | None) -> Iterator[None]:
    """Hold a checkpoint's file for one run: nobody else writes it meanwhile, and no earlier run is lost by it."""
    if place is None:
        yield
        return
    target = Path(os.path.realpath(place.path))
    if target.is_dir():
        raise BadInput(FIELD, shown(place.path), "this is a folder: give a file")
    with locked(target.with_name(f"{target.name}.lock"), FIELD, shown(place.path)):
        same = resume is not None and os.path.realpath(resume) == str(target)
        if target.exists() and not same:
            raise BadInput(FIELD, shown(place.path), "there is one already: resume it, or remove it to start anew")
        sweep(target)
        yield


@dataclass
class Keeper:
    """Writes the checkpoints of one run. A first one that cannot be written stops the run; a later one is told at its end."""

    place: Checkpoint
    problem: Mapping[str, str]
    value: Callable[[float, Array], float]
    written: int = -1
    at: float = -np.inf
    failed: str = ""

    def due(self) -> bool:
        """Whether it is time again."""
        return time.monotonic() >= self.at + self.place.every

    def write(self, now: Accepted, log: Mapping[str, Any]) -> None:
        """Write what the run has come to, if it is not written yet. log: the rest of `Saved`."""
        if now.tally.steps == self.written:
            return
        saved = Saved(problem=self.problem, value=self.value(now.t, now.x), now=now, **log)
        try:
            write(self.place.path, saved)
            self.written, self.failed = now.tally.steps, ""
        except GeoflowError as error:
            if self.written < 0:
                if isinstance(error, BadInput):  # a memory that is no array
                    raise
                raise BadInput(FIELD, shown(self.place.path), f"{error}: give another place") from error
            self.failed = f"; the checkpoint is of step {self.written} still: {error}"
        self.at = time.monotonic()

    def told(self, status: str) -> str:
        """What the end of a run says of its checkpoint: nothing, if it is written and the run was not stopped."""
        return self.failed or (f"; resume {shown(self.place.path)} to go on" if status == "interrupted" else "")


def with_start(saved: Saved, x0: Array) -> Saved:
    """What was read, with the start among the states that were kept."""
    return replace(saved, kept=((0.0, x0), *saved.kept))
