"""`evolve`: a gradient flow through time, for states and energies of any kind."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from geoflow import checkpoints, checks
from geoflow.checkpoints import FIELD, Checkpoint, Keeper, Saved, reserved, with_start
from geoflow.checks import positive
from geoflow.errors import BadInput, FlowStopped
from geoflow.fingerprint import check_problem, check_state, fingerprint, value_at
from geoflow.flow import Beginning, GradientFlow
from geoflow.io.files import shown
from geoflow.ledger import Accepted
from geoflow.march import Ending, march
from geoflow.pace import Adaptive, Fixed, Pace
from geoflow.progress import watching
from geoflow.protocols import Array, HasHessian, HasMajorant, Stepper, offers
from geoflow.recording import Measure, Watcher, drive
from geoflow.steppers.lagged import Lagged
from geoflow.steppers.rk32 import RK32
from geoflow.steppers.sdirk2 import SDIRK2
from geoflow.trajectory import Trajectory

FROZEN = 2  # the order of an implicit step in a metric that it freezes
STAGES = 1e-2  # what part of a step's error its stages may be left with


def named(record: Mapping[str, Measure] | None) -> str:
    """What the energy of a run is called where it is told."""
    return "area" if record and "area" in record else "E"


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
    if getattr(method, "needs_constant_metric", False) and not getattr(flow.metric, "constant", False):
        name, kind = type(method).__name__, type(flow.metric).__name__
        raise BadInput("method", name, f"{kind} does not say constant = True: take a metric that does, or another method")
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
    checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | None = None,
    progress: Watcher | bool | None = None,
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
    checkpoint : Checkpoint, path or None
        Where the run is kept while it goes; a path alone writes there once a minute. A file that is there already is refused,
        unless the run resumes it.
    resume : path or None
        A checkpoint to go on from, to the same bits as if the run had never been stopped (``seconds``, and how often witnesses
        without a stride measured, are the clock's affair). All else is given as it was, the start too; ``max_steps`` may be
        more, and ``t_end`` later: what was done stays as it was, the last steps shortened to the old end too. A file of
        another problem, or a damaged one, is refused.
    progress : callable, bool or None
        Called with each accepted step. The memory of one that has ``saved() -> {name: array}`` and ``restore(saved)`` belongs
        to a checkpoint. True shows on stderr how far the run is, how fast the energy falls and what is left.
    raise_on_failure : bool
        False returns a failed run's trajectory where True raises it.

    Returns
    -------
    Trajectory
        A success where it reached t_end, is at rest, or left the flow's bounds, which is an end like any other.

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
    keep = checks.times(t_eval, "t_eval")
    plan = _plan(flow, x0, t_end, keep, method, dt, rtol, on_rise, rest_tol, max_steps)
    place = _place(checkpoint)
    with reserved(place, resume):
        problem = plan.problem() if place or resume is not None else {}
        past = None if resume is None else _past(plan, problem, keep, resume)
        keeper = None if place is None else Keeper(place, problem, partial(value_at, flow))
        with watching(progress, positive("t_end", t_end), named(record)) as watcher:
            run = drive(plan.march(past.now if past else None), plan.stepper, flow, keep, record or {}, watcher, keeper, past)
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
    resume: Accepted | None = None,
) -> Generator[Accepted, None, Ending]:
    """`evolve`, a step at a time: yields the start and each accepted step, and returns why it ended.

    resume : one of those steps, of the same problem, to go on from to the same bits; None begins at the start.

    >>> import geoflow as gf
    >>> bowl = gf.Potential(lambda x: 0.5 * float(x @ x), lambda x: x)
    >>> [f"{s.t:.1f}" for s in gf.steps(gf.GradientFlow(bowl, gf.Euclidean()), [1.0], t_end=0.3, dt=0.1)]
    ['0.0', '0.1', '0.2', '0.3']
    """
    if not (resume is None or isinstance(resume, Accepted)):
        raise BadInput("resume", resume, "give one of the steps that steps yielded; evolve takes the file of a checkpoint")
    return _plan(flow, x0, t_end, None, method, dt, rtol, on_rise, rest_tol, max_steps).march(resume)


class _Plan(NamedTuple):
    """A run not yet begun, all input checked."""

    flow: GradientFlow
    start: Beginning
    stepper: Stepper
    pace: Pace
    stops: tuple[float, ...]
    rest_tol: float | None
    on_rise: str
    max_steps: int | None
    method: Stepper
    steps: tuple[float | None, float]

    def march(self, resume: Accepted | None) -> Generator[Accepted, None, Ending]:
        options = self.rest_tol, resume, self.on_rise, self.max_steps
        return march(self.flow, self.start, self.stepper, self.pace, self.stops, *options)

    def problem(self) -> dict[str, str]:
        dt, rtol = self.steps
        options = {"dt": dt, "rtol": rtol, "on_rise": self.on_rise, "rest_tol": self.rest_tol}
        return fingerprint(self.flow, self.start, self.method, options)


def _plan(
    flow: GradientFlow,
    x0: object,
    t_end: float | None,
    keep: tuple[float, ...] | None,
    method: Stepper | None,
    dt: float | None,
    rtol: float,
    on_rise: str,
    rest_tol: float | None,
    max_steps: int | None,
) -> _Plan:
    """All that there is to say of a run before it begins; all input is checked here."""
    start = checked_flow(flow).begin(x0)
    asked = stepper = chosen(flow, method)
    stops = _stops(flow, positive("t_end", t_end), keep)
    pace, tol, most = (
        _pace(flow, start.x, stepper, dt, rtol, stops),
        positive("rest_tol", rest_tol),
        checks.whole("max_steps", max_steps),
    )
    if isinstance(pace, Adaptive) and callable(getattr(stepper, "within", None)):
        stepper = stepper.within(STAGES * pace.tolerance)  # type: ignore[attr-defined]
    rises = checks.choice("on_rise", on_rise, ("reject", "report"))
    if rises == "reject" and not getattr(stepper, "descends", True):
        name = type(stepper).__name__
        raise BadInput("on_rise", "reject", f'{name} is no descent: give on_rise="report", and the run tells how far E rose')
    return _Plan(flow, start, stepper, pace, stops, tol, rises, most, asked, (positive("dt", dt), float(rtol)))


def _place(checkpoint: Checkpoint | str | os.PathLike[str] | None) -> Checkpoint | None:
    return checkpoint if checkpoint is None or isinstance(checkpoint, Checkpoint) else Checkpoint(checkpoint)


def _past(plan: _Plan, problem: Mapping[str, str], keep: tuple[float, ...] | None, resume: str | os.PathLike[str]) -> Saved:
    """What a checkpoint holds, if it is of this problem and knows what is asked of it."""
    saved, name = checkpoints.read(resume), shown(resume)
    check_problem(saved.problem, problem, FIELD, name)
    check_state(plan.flow, saved.now.t, saved.now.x, saved.value, FIELD, name)
    if plan.stops and plan.stops[-1] < saved.now.t:
        raise BadInput("t_end", plan.stops[-1], f"the checkpoint {name} is of t = {saved.now.t!r} already: give a later time")
    known = {0.0, *(t for t, _ in saved.kept)}
    lost = [t for t in keep or () if t <= saved.now.t and t not in known]
    if lost:
        remedy = f"the checkpoint {name} is of t = {saved.now.t:.6g} and no state was kept then: leave it out, or start anew"
        raise BadInput("t_eval", lost[0], remedy)
    return with_start(saved, plan.start.x)


def _pace(flow: GradientFlow, x: Array, stepper: Stepper, dt: float | None, rtol: float, stops: tuple[float, ...]) -> Pace:
    fixed, relative = positive("dt", dt), checks.tolerance("rtol", rtol)
    if relative is None:
        raise BadInput("rtol", rtol, "give a positive finite number")
    if fixed is not None:
        return Fixed(fixed)
    until, free = stops[-1] if stops else np.inf, getattr(stepper, "unconditional", False)
    order = stepper.order if not free or getattr(flow.metric, "constant", False) else min(stepper.order, FROZEN)
    return Adaptive.to(relative, flow.scale(x), order, until, free)


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
