"""What is written down of a run: times, energies, the ledger, the states asked for, and what second witnesses measure."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

import numpy as np

from geoflow.flow import GradientFlow
from geoflow.ledger import Accepted, Ledger, Row
from geoflow.march import Ending
from geoflow.protocols import Array, Stepper, is_convex
from geoflow.solvers import memory
from geoflow.trajectory import Record, Trajectory

Measure = Callable[[float, Array], float]
Watcher = Callable[[Accepted], None]
MONITOR_SHARE = 0.08  # of a run's time that records may take unless they fix a stride


def drive(
    marching: Generator[Accepted, None, Ending],
    stepper: Stepper,
    flow: GradientFlow,
    keep: tuple[float, ...] | None,
    record: Mapping[str, Measure],
    progress: Watcher | None,
) -> Trajectory:
    """Run a march to its end and gather the trajectory; Ctrl-C ends it with what there is.

    keep: the times whose states are kept; None keeps the first and the last.
    """
    began = time.perf_counter()
    log, now = _Log(record, keep, began), None
    try:
        while True:
            now = next(marching)
            log.add(now)
            if progress is not None:
                progress(now)
    except StopIteration as stop:
        ending: Ending = stop.value
    except KeyboardInterrupt:
        if now is None:
            raise
        ending = Ending(False, "interrupted", f"interrupted at t = {now.t:.6g}; the state reached is kept")
    assert now is not None
    return log.close(now, ending, stepper, flow)


@dataclass
class _Log:
    """What a run has told so far."""

    record: Mapping[str, Measure]
    keep: tuple[float, ...] | None
    began: float
    t: list[float] = field(default_factory=list)
    energy: list[float] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    kept: list[tuple[float, Array]] = field(default_factory=list)
    witnesses: list[_Witness] = field(default_factory=list)

    def add(self, now: Accepted) -> None:
        if now.row is None:
            self.witnesses = [_Witness(name, measure) for name, measure in self.record.items()]
        else:
            self.rows.append(now.row)
        self.t.append(now.t)
        self.energy.append(now.energy)
        if now.row is None if self.keep is None else now.t in self.keep:
            self.kept.append((now.t, now.x))
        for witness in self.witnesses:
            witness.see(now, time.perf_counter() - self.began, len(self.witnesses))

    def close(self, now: Accepted, ending: Ending, stepper: Stepper, flow: GradientFlow) -> Trajectory:
        for witness in self.witnesses:
            witness.last(now)
        kept = dict(self.kept)
        if self.keep is None:
            kept[now.t] = now.x
        elif ending.status == "at rest":
            kept.update({t: now.x for t in self.keep if t > now.t})
        ledger = Ledger.of(self.rows)
        certified = (
            getattr(stepper, "bounds_error", False)
            and flow.path is None
            and is_convex(flow.energy)
            and getattr(flow.metric, "constant", False)
            and np.all(np.isfinite(ledger.tau))
        )
        return Trajectory(
            t=np.array(self.t),
            energy=np.array(self.energy),
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
    t: list[float] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
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
