"""What is written down of a run: times, energies, the ledger, the states asked for, and what second witnesses measure."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from geoflow.checkpoints import Keeper, Saved
from geoflow.flow import GradientFlow
from geoflow.ledger import Accepted, Ledger, Row
from geoflow.march import Ending
from geoflow.protocols import Array, Stepper, is_convex
from geoflow.solvers import memory
from geoflow.trajectory import Record, Trajectory

Measure = Callable[[float, Array], float]
Watcher = Callable[[Accepted], None]
MONITOR_SHARE = 0.08  # of a run's time that records may take unless they fix a stride
WIDTH = len(Row._fields)


@runtime_checkable
class HasMemory(Protocol):
    """A watcher whose memory belongs to a checkpoint."""

    def saved(self) -> Mapping[str, Array]:
        """What it remembers."""
        ...

    def restore(self, saved: Mapping[str, Array], /) -> None:
        """Take what a watcher of its kind remembered."""
        ...


def drive(
    marching: Generator[Accepted, None, Ending],
    stepper: Stepper,
    flow: GradientFlow,
    keep: tuple[float, ...] | None,
    record: Mapping[str, Measure],
    progress: Watcher | None,
    keeper: Keeper | None = None,
    past: Saved | None = None,
) -> Trajectory:
    """Run a march to its end and gather the trajectory; Ctrl-C ends it with what there is.

    keep: the times whose states are kept; None keeps the first and the last. keeper: writes checkpoints. past: the one whose
    ``now`` the march begins with; what it tells has been watched before.
    """
    log, now = _Log(record, keep, time.perf_counter()), None
    if past is not None and past.watched and isinstance(progress, HasMemory):
        progress.restore(past.watched)
    try:
        while True:
            now = next(marching)
            if past is not None and log.now is None:
                log.restore(past)
            else:
                log.add(now)
                if progress is not None:
                    progress(now)
            if keeper is not None and keeper.due():
                keeper.write(now, log.saved(progress))
    except StopIteration as stop:
        ending: Ending = stop.value
    except KeyboardInterrupt:
        now = log.settled()
        if now is None:
            raise
        ending = Ending(False, "interrupted", f"interrupted at t = {now.t:.6g}; the state reached is kept")
    assert now is not None
    if keeper is None:
        return log.close(now, ending, stepper, flow)
    keeper.write(now, log.saved(progress))
    return log.close(now, ending._replace(message=ending.message + keeper.told(ending.status)), stepper, flow)


@dataclass
class _Log:
    """What a run has told so far; a row of the ledger takes 96 B."""

    record: Mapping[str, Measure]
    keep: tuple[float, ...] | None
    began: float
    now: Accepted | None = None
    first: float = np.nan
    rows: array[float] = field(default_factory=lambda: array("d"))
    kept: list[tuple[float, Array]] = field(default_factory=list)
    witnesses: list[_Witness] = field(default_factory=list)

    def add(self, now: Accepted) -> None:
        if now.row is None:
            self.first, self.witnesses = now.energy, [_Witness(name, measure) for name, measure in self.record.items()]
        else:
            self.rows.extend(now.row)
        if now.row is None if self.keep is None else now.t in self.keep:
            self.kept.append((now.t, now.x))
        for witness in self.witnesses:
            witness.see(now, time.perf_counter() - self.began, len(self.witnesses))
        self.now = now

    def settled(self) -> Accepted | None:
        """The last state that was taken down whole, and nothing of what an interruption may have left of the next."""
        if self.now is not None:
            del self.rows[WIDTH * self.now.tally.steps :]
            self.kept = [(t, x) for t, x in self.kept if t <= self.now.t]
            for witness in self.witnesses:
                witness.forget(self.now.t)
        return self.now

    def saved(self, watcher: Watcher | None) -> dict[str, Any]:
        """What belongs into a checkpoint."""
        return {
            "first": self.first,
            "rows": self._table(),
            "kept": tuple((t, x) for t, x in self.kept if t > 0.0),
            "records": {w.name: w.saved() for w in self.witnesses},
            "watched": watcher.saved() if isinstance(watcher, HasMemory) else {},
            "seconds": time.perf_counter() - self.began,
        }

    def restore(self, past: Saved) -> None:
        """Take what an earlier part of the run has told; a witness that was not there measures from here."""
        self.now, self.first, self.began = past.now, past.first, self.began - past.seconds
        self.rows.frombytes(past.rows.tobytes())
        self.kept = [(t, x) for t, x in past.kept if (t == 0.0 if self.keep is None else t in self.keep)]
        self.witnesses = [_Witness(name, measure) for name, measure in self.record.items()]
        for witness in self.witnesses:
            witness.restore(past)

    def close(self, now: Accepted, ending: Ending, stepper: Stepper, flow: GradientFlow) -> Trajectory:
        for witness in self.witnesses:
            witness.last(now)
        kept = dict(self.kept)
        if self.keep is None:
            kept[now.t] = now.x
        elif ending.status == "at rest":
            kept.update({t: now.x for t in self.keep if t > now.t})
        ledger = Ledger.of(self._table())
        certified = (
            getattr(stepper, "bounds_error", False)
            and flow.path is None
            and is_convex(flow.energy)
            and getattr(flow.metric, "constant", False)
            and np.all(np.isfinite(ledger.tau))
        )
        return Trajectory(
            t=np.append(0.0, ledger.t),
            energy=np.append(self.first, ledger.energy),
            x=now.x,
            t_states=np.array(list(kept)),
            states=_stacked(list(kept.values())),
            ledger=ledger,
            success=ending.success,
            status=ending.status,
            message=_said(ending, flow),
            method=type(stepper).__name__,
            seconds=time.perf_counter() - self.began,
            records={w.name: w.close() for w in self.witnesses},
            error_bound=ledger.error_bound() if certified else None,
        )

    def _table(self) -> Array:
        """The rows so far, (steps, 12), in memory of their own."""
        return np.array(self.rows, dtype=np.float64).reshape(-1, WIDTH)


def _stacked(states: list[Array]) -> Array:
    """All states in one array, (k, …)."""
    out = memory.empty((len(states), *states[0].shape)) if states else np.empty(0)
    for k, x in enumerate(states):
        out[k] = x
    return out


@dataclass
class _Witness:
    """One record, measuring as often as its stride or its share of the run's time allows."""

    name: str
    measure: Measure
    t: array[float] = field(default_factory=lambda: array("d"))
    value: array[float] = field(default_factory=lambda: array("d"))
    since: int = 0
    stride: int = 1
    spent: float = 0.0

    def see(self, now: Accepted, elapsed: float, share: int) -> None:
        self.since += 1
        stride = getattr(self.measure, "stride", None)
        each = self.spent / max(len(self.t), 1)
        due = self.since >= stride if stride else self.spent + each <= MONITOR_SHARE / share * elapsed
        if now.row is None or due:
            self._take(now)

    def last(self, now: Accepted) -> None:
        if self.t[-1] != now.t:
            self._take(now)

    def forget(self, after: float) -> None:
        """Drop what was measured after a time, or is half written down."""
        whole = min(len(self.t), len(self.value))
        while whole and self.t[whole - 1] > after:
            whole -= 1
        del self.t[whole:], self.value[whole:]

    def saved(self) -> tuple[Array, dict[str, float]]:
        return np.array([self.t, self.value]), {"since": self.since, "stride": self.stride, "spent": self.spent}

    def restore(self, past: Saved) -> None:
        if self.name not in past.records:
            self._take(past.now)
            return
        (t, value), numbers = past.records[self.name]
        self.t, self.value = array("d", t), array("d", value)
        self.since, self.stride, self.spent = int(numbers["since"]), int(numbers["stride"]), numbers["spent"]

    def close(self) -> Record:
        return Record(np.array(self.t), np.array(self.value), self.stride, self.spent)

    def _take(self, now: Accepted) -> None:
        began = time.perf_counter()
        self.value.append(float(self.measure(now.t, now.x)))
        self.t.append(now.t)
        self.stride, self.since = max(self.stride, self.since), 0
        self.spent += time.perf_counter() - began


def _said(ending: Ending, flow: GradientFlow) -> str:
    """The ending's message, and whose the derivatives were where they have an error of their own."""
    by = str(getattr(flow.energy, "derivatives", ""))
    return f"{ending.message}; derivatives {by}" if by.startswith("by ") else ending.message
