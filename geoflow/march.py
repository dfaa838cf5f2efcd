"""The one loop through time. It moves states it knows nothing about, by any stepper, under one law:

a step that raises the energy beyond its rounding is never accepted; it is rejected and halved, and if halving does not help
the run ends with a sentence that says so. A wire that moves pays for a rise of its own, the step's work, and on such a wire
the law binds the methods for which that is a theorem. ``on_rise="report"`` lets a rise pass; the trajectory tells it. How
long the next step is, is a pace's affair: `Fixed`, `Adaptive`, `ToRest`. A flow may end by leaving, too: its bounds, which is
an end like any other, or all that can be computed, which is told.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from geoflow.endings import Ending, at_rest, blown_up, gone, idle, left_bounds
from geoflow.errors import GeoflowError
from geoflow.escape import confine
from geoflow.flow import Beginning, GradientFlow
from geoflow.ledger import Accepted, Row, Tally
from geoflow.pace import Adaptive, Pace
from geoflow.protocols import Array, HasHessian, Step, Stepper, is_convex, offers, rounding
from geoflow.solvers.linear import solve
from geoflow.solvers.memory import while_it_goes_on
from geoflow.solvers.newton import CLEAR, ENDLESS, NO_DESCENT
from geoflow.solvers.sums import extent, moved
from geoflow.steppers.discrete_gradient import FAILED

UPHILL = "the step would raise the energy"
TOO_FAST = "at such a speed no step is short enough"
INFINITE = "the step left the finite numbers"
BENT = (NO_DESCENT, ENDLESS, FAILED)  # what implicit methods say at a kink, where a hessian tells nothing
CEILING_RISE = (1.1, 2.0)  # a step; the second where only the error limits steps
SHORTEST = 1e-14  # of t: shorter steps say nothing but rounding
TINIEST = 1e-305  # no step is shorter: the inverses of its stages would overflow
FAR = 1e100  # states beyond are on their way out of float64's range
LARGE = 1_000  # unknowns from which a solve is worth avoiding
MAX_REJECTED = 100  # halvings in a row before the step floor is reached


@while_it_goes_on
def march(
    flow: GradientFlow,
    start: Beginning,
    stepper: Stepper,
    pace: Pace,
    stops: tuple[float, ...],
    rest_tol: float | None = None,
    resume: Accepted | None = None,
    on_rise: str = "reject",
    max_steps: int | None = None,
) -> Generator[Accepted, None, Ending]:
    """Yield the start and every accepted step; return the ending.

    Parameters
    ----------
    flow, start : the flow, and what it says of a state
    stepper, pace : the method, and how long its steps are
    stops : times to land on exactly, increasing; the last one ends the run. () runs until at rest.
    rest_tol : what drop of energy still to come counts as none; None means the energy's own rounding.
    resume : an `Accepted` of the same problem to go on from; start stays that of the whole run.
    on_rise : "reject" or "report"
    max_steps : accepted steps after which the run ends, as one that did not get where it should.
    """
    moving, (x0, energy, slope) = flow.path is not None, start
    with np.errstate(all="ignore"):
        now = resume or Accepted(0.0, x0, energy, None, pace.first(flow, x0), 1.0, np.inf, stepper.start(flow, 0.0, x0))
    if resume is None and not moving:
        now = replace(now, resting=_still(flow, now, rest_tol, slope))
    origin = flow, 0.0, x0
    remaining = [s for s in stops if s > now.t]
    lawful = on_rise == "reject" and (not moving or getattr(stepper, "bears_moving_wires", False))
    yield now
    while not now.resting and (remaining or not stops):
        if max_steps is not None and now.tally.steps >= max_steps:
            advice = f"give more, or a looser rtol or longer dt{now.tally.told()}"
            told = f"stopped after {now.tally.steps} steps at t = {now.t:.6g}, as max_steps says: {advice}"
            return Ending(False, "max_steps", told)
        flow, now, left = confine(flow, now)
        if left:
            return left_bounds(origin, now, now.tally.told())
        after = _advance(flow, stepper, pace, now, remaining[0] if remaining else np.inf, lawful)
        if after is None:
            return blown_up(origin, now)
        if isinstance(after, Ending):
            return after
        resting = not moving and _slowing_to_rest(flow, now, after, rest_tol)
        now = replace(after, tally=_counted(flow, now, after), resting=resting)
        yield now
        if remaining and now.t >= remaining[0]:
            remaining.pop(0)
    told = f"{gone(origin, now)}{now.tally.told()}"
    if now.resting:
        return at_rest(now.t, stops, told)
    return Ending(True, "reached t_end", f"reached t_end = {now.t:.6g}{told}")


def _counted(flow: GradientFlow, before: Accepted, after: Accepted) -> Tally:
    """The tally with one more step in it."""
    steps, halved, fault, rise = before.tally
    return Tally(steps + 1, halved + bool(after.fault), after.fault or fault, max(rise, _rise(flow, before, after)))


def _advance(
    flow: GradientFlow, stepper: Stepper, pace: Pace, now: Accepted, stop: float, lawful: bool
) -> Accepted | Ending | None:
    """The next accepted step, however often it has to be halved first; ``lawful`` if a rise of energy is a fault.

    None where the flow goes on only in steps that its time cannot resolve, and ever faster.
    """
    left, tau = stop - now.t, now.tau
    if tau > left * (1.0 - 1e-9):
        tau = left
    here = flow.at(now.t)
    noise = _noise(here, now)
    gram = here.metric.gram(now.x)
    reason, fault, ceiling = "", "", now.ceiling * CEILING_RISE[getattr(stepper, "unconditional", False)]
    with np.errstate(all="ignore"):
        growth = pace.growth(flow, now.x) if isinstance(pace, Adaptive) else 1.0
        if growth > FAR:
            return _stuck(here, now, tau, INFINITE)
    for rejected in range(MAX_REJECTED):
        if tau <= max(SHORTEST * now.t, TINIEST) < np.inf:
            break
        with np.errstate(all="ignore"):
            step = _step(_landing(flow, now.t, tau, stop) if tau == left else flow, stepper, now, tau)
            reason = _fault(step, now.energy, noise if lawful else np.inf)
            if not reason:
                error = float("nan") if step.error is None else flow.norm(gram, step.error)
                accepted, wanted, control = pace.judge(step, error / growth, tau, now)
        if reason or not accepted:
            ceiling = tau
        if reason:
            fault = reason
            tau = 0.5 * tau if np.isfinite(tau) else _first_finite(here, now.x)
            if _drowning(here, now, tau, noise, reason):
                break
            continue
        if not accepted:
            reason, tau = "the error estimate stays above its tolerance", min(wanted, 0.9 * tau)
            continue
        if fault and step.kinetic == 0.0 and np.array_equal(step.x, now.x):
            return idle(now, tau, fault)
        t = stop if tau == left else now.t + tau
        defect = now.energy - step.energy + step.work - step.dissipated
        numbers = t, tau, step.energy, step.dissipated, step.work, defect, noise, error, step.residual
        row = Row._make((*map(float, numbers), step.newton, step.linear, rejected))
        return Accepted(
            *(t, step.x, step.energy, row, min(wanted, 0.95 * ceiling), control, ceiling),
            *(step.memory, fault, step.promised, step.kinetic),
        )
    with np.errstate(all="ignore"):
        return _stuck(here, now, tau, reason)


def _landing(flow: GradientFlow, t: float, tau: float, stop: float) -> GradientFlow:
    """The flow whose moving wire at t + τ, which may miss stop by its last bit, is the wire at stop."""
    path, reached = flow.path, t + tau
    if path is None or reached == stop:
        return flow
    return replace(flow, path=lambda s: path(stop if s == reached else s))


def _step(flow: GradientFlow, stepper: Stepper, now: Accepted, tau: float) -> Step:
    try:
        return stepper.step(flow, now.t, now.x, tau, now.memory)
    except GeoflowError as error:
        return Step(x=now.x, failed=str(error))
    except Exception as error:
        error.add_note(f"raised while {type(stepper).__name__} moved a {type(flow.energy).__name__} at t = {now.t:.6g}")
        raise


def _fault(step: Step, energy: float, noise: float) -> str:
    """Why a step must not be accepted, or the empty string."""
    if step.failed:
        return step.failed
    account = (step.energy, step.kinetic, step.dissipated, step.work)
    if not (np.all(np.isfinite(account)) and np.all(np.isfinite(step.x))):
        return INFINITE
    if not step.energy <= energy + step.work + noise:
        return f"{UPHILL} by {step.energy - energy - step.work:.3g}"
    return ""


def _drowning(flow: GradientFlow, now: Accepted, tau: float, noise: float, reason: str) -> bool:
    """Whether a step cut down to tau could only pass because what it does drowns in rounding.

    One that went uphill, if the wanted one did so clearly. At a kink, which is approached by halves of what is left, nothing
    but rounding would end the halving, and steps that short would pass one after the other without end.
    """
    if not (reason.startswith(UPHILL) or reason in BENT):
        return False
    fall = flow.norm(flow.metric.gram(now.x), flow.velocity(now.x)) ** 2  # a unit of time
    if reason in BENT:
        return tau * fall <= CLEAR * noise
    return tau * fall <= 2.0 * noise and now.tau * fall > CLEAR * noise


def _first_finite(flow: GradientFlow, x: Array) -> float:
    """A long but finite step to fall back on from τ = ∞."""
    speed = flow.norm(flow.metric.gram(x), flow.velocity(x))
    return 1e3 * flow.scale(x) / speed if speed > 0.0 else 1.0


def _stuck(flow: GradientFlow, now: Accepted, tau: float, reason: str) -> Ending | None:
    speed = flow.norm(flow.metric.gram(now.x), flow.velocity(now.x))
    if np.isfinite(speed) and speed * max(now.t, tau) > 1e6 * flow.scale(now.x) and not is_convex(flow.energy):
        return None  # down a convex energy no flow blows up
    if reason == INFINITE:
        advice = "the last finite state is kept; start closer to the region of interest"
        if np.max(np.abs(now.x)) > FAR:
            advice = "it flows away to infinity; give the flow bounds, to end where it leaves them"
        return Ending(False, "not finite", f"not finite after t = {now.t:.6g}: {reason}; {advice}")
    advice = "check that the differential is the derivative of the energy, or loosen rtol"
    if reason.startswith(BENT):
        advice = f"the energy may have a kink here: an explicit method gets along it; or {advice}"
    return Ending(False, "step floor", f"step floor at t = {now.t:.6g}, τ = {tau:.3g}: {reason or TOO_FAST}; {advice}")


def _rise(flow: GradientFlow, before: Accepted, now: Accepted) -> float:
    """By how much the step taken raised the energy beyond its rounding and the wire's work; 0 if it did not."""
    rise = now.energy - before.energy - (now.row.work if now.row else 0.0)
    if not rise > 0.0:
        return 0.0
    return rise if rise > _noise(flow.at(before.t), before) else 0.0


def _noise(flow: GradientFlow, now: Accepted) -> float:
    """How far the energy may be off by rounding: E as it says itself, the motion's by 8 ε of it."""
    return rounding(flow.energy, now.x, now.energy - now.kinetic) + 8.0 * float(np.finfo(np.float64).eps) * now.kinetic


@np.errstate(all="ignore")
def _slowing_to_rest(flow: GradientFlow, before: Accepted, now: Accepted, rest_tol: float | None) -> bool:
    """Whether the drop still to come is negligible: first by the rate at which the speed falls, then by the hessian.

    E(t) − E(∞) = ‖v‖² / 2λ where the speed decays as e^{−λt}; two steps' mean speeds give λ for any method.
    """
    row, last = now.row, before.row
    assert row is not None
    if now.kinetic > 0.0:
        return _still(flow, now, rest_tol)
    limit = rounding(flow.energy, now.x, now.energy) if rest_tol is None else rest_tol
    if not np.isfinite(row.tau):
        drop = min(before.energy - now.energy, now.promised)
        return drop <= limit or _settled(flow, now.x, now.energy, rest_tol)
    speed = row.dissipated / row.tau
    if speed > 0.0:
        if last is None or last.dissipated == 0.0 or not np.isfinite(speed):
            return False
        rate = np.log(last.dissipated / last.tau / speed) / (row.tau + last.tau)
        if not (rate > 0.0 and speed <= 2.0 * rate * limit):
            return False
    # A method that tells no dissipation says nothing about rest: then only the differential or the hessian can.
    return _settled(flow, now.x, now.energy, rest_tol, default=speed > 0.0)


def _still(flow: GradientFlow, now: Accepted, rest_tol: float | None, slope: Array | None = None) -> bool:
    """Whether neither the motion nor the slope has a drop in it: a turning point has the one, a valley's floor the other.

    slope: dE there, where it is known.
    """
    energy = now.energy - now.kinetic
    limit = rounding(flow.energy, now.x, energy) if rest_tol is None else rest_tol
    return now.kinetic <= limit and _settled(flow, now.x, energy, rest_tol, slope)


@np.errstate(all="ignore")
def _far_from_rest(flow: GradientFlow, x: Array, p: Array, limit: float) -> bool:
    """Whether already the best step along −dE promises more than the limit: it costs no solve to ask that."""
    rate = flow.pair(p, p)
    little = 1e-6 * extent(x) * float(np.sqrt(x.size / rate))
    curvature = (rate - flow.pair(flow.energy.differential(moved(x, -little, p)), p)) / little  # p is zero where x is held
    return bool(0.5 * rate * rate > limit * curvature > 0.0)


def _settled(
    flow: GradientFlow, x: Array, energy: float, rest_tol: float | None, slope: Array | None = None, default: bool = False
) -> bool:
    """Whether Newton's model promises a drop below the tolerance; ``default`` where there is no such model.

    slope: dE(x), where it is known.
    """
    p = flow.differential(x) if slope is None else slope
    if not np.any(p):
        return True
    if not offers(flow.energy, HasHessian):
        return default
    limit = rounding(flow.energy, x, energy) if rest_tol is None else rest_tol
    if x.size > LARGE and _far_from_rest(flow, x, p, limit):
        return False
    try:
        dx = solve(flow.energy.hessian(x), -p, flow.fixed, 1e-2).x  # type: ignore[attr-defined]
    except GeoflowError:  # no minimum; a pass, or infinity, where differences of speeds are rounding
        return default and bool(np.max(np.abs(x)) < FAR)
    return bool(-0.5 * flow.pair(p, dx) <= limit)
