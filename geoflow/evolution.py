"""`evolve`: a gradient flow through time, for states and energies of any kind."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from geoflow.checks import positive, real_array
from geoflow.errors import BadInput, FlowStopped
from geoflow.flow import GradientFlow
from geoflow.ledger import Accepted, Ledger, Row
from geoflow.march import Ending, march
from geoflow.pace import Adaptive, Fixed, Pace
from geoflow.protocols import Array, HasHessian, HasMajorant, Stepper, is_convex, offers
from geoflow.steppers.lagged import Lagged
from geoflow.steppers.rk32 import RK32
from geoflow.steppers.sdirk2 import SDIRK2
from geoflow.trajectory import Record, Trajectory

Measure = Callable[[float, Array], float]
Watcher = Callable[[Accepted], None]
MONITOR_SHARE = 0.08  # of a run's time that records may take unless they fix a stride


def checked_flow(flow: object) -> GradientFlow:
    """flow itself, if it is one."""
    if not isinstance(flow, GradientFlow):
        raise BadInput("flow", type(flow).__name__, "give a GradientFlow; a film has one in film.flow")
    return flow


def chosen(flow: GradientFlow, method: Stepper | None) -> Stepper:
    """The method asked for, if the energy has what it needs.

    None chooses the best it offers: SDIRK2 with a hessian, Lagged with a majorant, else RK32.
    """
    energy = flow.at(0.0).energy
    able = offers(energy, HasHessian)
    if method is not None and (isinstance(method, type) or not callable(getattr(method, "step", None))):
        raise BadInput("method", method, "give an instance of a method, such as SDIRK2(), or None")
    if method is None:
        return SDIRK2() if able else Lagged() if offers(energy, HasMajorant) else RK32()
    if getattr(method, "needs_hessian", False) and not able:
        name = type(method).__name__
        raise BadInput("method", name, f"{type(energy).__name__} has no hessian(x): give one, or take RK32()")
    if getattr(method, "needs_majorant", False) and not offers(energy, HasMajorant):
        name = type(method).__name__
        raise BadInput("method", name, f"{type(energy).__name__} has no majorant(x): give one, or take another method")
    return method


def evolve(
    flow: GradientFlow,
    x0: object,
    t_end: float | None = None,
    *,
    method: Stepper | None = None,
    dt: float | None = None,
    rtol: float = 1e-4,
    t_eval: Sequence[float] | None = None,
    record: Mapping[str, Measure] | None = None,
    on_rise: str = "reject",
    rest_tol: float | None = None,
    max_steps: int | None = None,
    progress: Watcher | None = None,
    raise_on_failure: bool = True,
) -> Trajectory:
    """Flow downhill from x0 to t_end, or until at rest.

    Parameters
    ----------
    flow : GradientFlow
    x0 : array
        The start, in any real type; it becomes float64.
    t_end : float or None
        A positive time; None flows until at rest, which a film on a moving wire never is.
    method : Stepper or None
        None takes the best the energy offers.
    dt : float or None
        A fixed step. None adapts the steps to ``rtol``.
    rtol : float
        The time error to keep to, relative to the start's range in the metric's norm.
    t_eval : increasing times or None
        Where to keep states; ``evolve`` lands on them exactly. None keeps the first and the last.
    record : mapping of name to f(t, x) -> float
        Second witnesses, such as ``film.records``; an attribute ``stride`` fixes how often one measures.
    on_rise : "reject" or "report"
        What becomes of a step that raises the energy: it is halved, or passes and is told in ``largest_increase``.
    rest_tol : float or None
        Stop when the drop of energy still to come is below this; None means below its rounding.
    max_steps : int or None
        The run fails after so many steps.
    progress : callable or None
        Called with each accepted step.
    raise_on_failure : bool
        False returns a failed run's trajectory where True raises it.

    Returns
    -------
    Trajectory

    Raises
    ------
    BadInput
        Before any work.
    FlowStopped
        The run failed; its ``trajectory`` holds all up to the last good state.

    >>> import geoflow as gf
    >>> well = gf.Potential(lambda x: 0.25 * float(x @ x) ** 2, lambda x: (x @ x) * x)
    >>> run = gf.evolve(gf.GradientFlow(well, gf.Euclidean()), [1.0, 0.0], t_end=4.0, rtol=1e-6)
    >>> print(run.status, f"{run.x[0]:.4f}")                           # exact: 1 / √(1 + 2t) = 0.3333
    reached t_end 0.3333
    """
    x = checked_flow(flow).state(x0)
    stepper = chosen(flow, method)
    keep = _times(t_eval)
    stops = _stops(flow, positive("t_end", t_end), keep)
    pace, tol, most = _pace(flow, x, stepper, dt, rtol), positive("rest_tol", rest_tol), _whole(max_steps)
    marching = march(flow, x, stepper, pace, stops, tol, on_rise=_rises(on_rise), max_steps=most)
    run = drive(marching, stepper, flow, keep, record or {}, progress)
    if not run.success and raise_on_failure:
        raise FlowStopped(run)
    return run


def steps(
    flow: GradientFlow,
    x0: object,
    t_end: float | None = None,
    *,
    method: Stepper | None = None,
    dt: float | None = None,
    rtol: float = 1e-4,
    on_rise: str = "reject",
    rest_tol: float | None = None,
    max_steps: int | None = None,
) -> Generator[Accepted, None, Ending]:
    """`evolve`, a step at a time: yields the start and each accepted step, and returns why it ended.

    >>> import geoflow as gf
    >>> bowl = gf.Potential(lambda x: 0.5 * float(x @ x), lambda x: x)
    >>> [f"{s.t:.1f}" for s in gf.steps(gf.GradientFlow(bowl, gf.Euclidean()), [1.0], t_end=0.3, dt=0.1)]
    ['0.0', '0.1', '0.2', '0.3']
    """
    x = checked_flow(flow).state(x0)
    stepper = chosen(flow, method)
    pace, tol, most = _pace(flow, x, stepper, dt, rtol), positive("rest_tol", rest_tol), _whole(max_steps)
    stops = _stops(flow, positive("t_end", t_end), None)
    return march(flow, x, stepper, pace, stops, tol, on_rise=_rises(on_rise), max_steps=most)


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
            states=np.array(list(kept.values())),
            ledger=ledger,
            success=ending.success,
            status=ending.status,
            message=ending.message,
            method=type(stepper).__name__,
            seconds=time.perf_counter() - self.began,
            records={w.name: w.close() for w in self.witnesses},
            error_bound=ledger.error_bound() if certified else None,
        )


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


def _pace(flow: GradientFlow, x: Array, stepper: Stepper, dt: float | None, rtol: float) -> Pace:
    fixed, relative = positive("dt", dt), positive("rtol", rtol)
    if relative is None:
        raise BadInput("rtol", rtol, "give a positive finite number")
    return Fixed(fixed) if fixed is not None else Adaptive.to(relative, flow.scale(x), stepper.order)


def _times(t_eval: Sequence[float] | None) -> tuple[float, ...] | None:
    """The times to keep states at, checked."""
    if t_eval is None:
        return None
    times = real_array(t_eval, "t_eval", "give a list of times")
    if times.ndim != 1 or times.size == 0:
        raise BadInput("t_eval", t_eval, "give a list of times")
    times = times.astype(np.float64)
    if not np.all(np.isfinite(times)) or times[0] < 0.0 or np.any(np.diff(times) <= 0.0):
        raise BadInput("t_eval", t_eval, "give finite times ≥ 0 in increasing order")
    return tuple(float(t) for t in times)


def _rises(on_rise: str) -> str:
    if on_rise not in ("reject", "report"):
        raise BadInput("on_rise", on_rise, "give 'reject' or 'report'")
    return on_rise


def _whole(max_steps: int | None) -> int | None:
    if max_steps is None:
        return None
    if isinstance(max_steps, bool) or not isinstance(max_steps, (int, np.integer)) or max_steps < 1:
        raise BadInput("max_steps", max_steps, "give a whole number of steps, at least 1, or None")
    return int(max_steps)


def _stops(flow: GradientFlow, end: float | None, keep: tuple[float, ...] | None) -> tuple[float, ...]:
    """The times to land on: those to keep, and the end."""
    if end is None:
        if flow.path is not None:
            raise BadInput("t_end", None, "the wire moves, so its film never is at rest: give a time")
        if keep:
            raise BadInput("t_eval", keep[-1], "give a t_end too, at or after the last time to keep")
        return ()
    if keep and keep[-1] > end:
        raise BadInput("t_eval", keep[-1], f"give no time after t_end = {end:g}")
    return (*(t for t in keep or () if 0.0 < t < end), end)
