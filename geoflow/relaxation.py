"""`relax`: straight to rest, without following the flow there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from geoflow.checks import positive
from geoflow.errors import BadInput, FlowStopped, GeoflowError
from geoflow.evolution import checked_flow, named
from geoflow.flow import GradientFlow
from geoflow.march import march
from geoflow.pace import ToRest
from geoflow.progress import watching
from geoflow.protocols import Array, HasHessian, is_convex, offers
from geoflow.recording import Measure, Watcher, drive
from geoflow.solvers.linear import solve
from geoflow.steppers.implicit_euler import ImplicitEuler
from geoflow.trajectory import Trajectory


def relax(
    flow: GradientFlow,
    x0: object,
    *,
    record: Mapping[str, Measure] | None = None,
    rest_tol: float | None = None,
    progress: Watcher | bool | None = None,
    raise_on_failure: bool = True,
) -> Trajectory:
    """The minimum that x0 lies above, by implicit Euler with τ → ∞, under the same law as `evolve`.

    A convex energy takes τ = ∞ at once, which is Newton's method; any other starts with a finite τ that grows as the speed
    falls, so that the end is a minimum and not a saddle; one that starts on a saddle, or on a way into it, may stay there, and
    the message says so. Needs a hessian.

    Parameters and errors are those of `evolve`; the trajectory's times are pseudo-times, the last of them often inf.

    >>> import geoflow as gf
    >>> film = gf.soap_film(gf.Wire.named("scherk"), n=33)
    >>> rest = gf.relax(film.flow, film.start)
    >>> print(rest.status, f"{rest.energy[-1]:.3f}")                          # smooth surface: 5.698
    at rest 5.696
    """
    if checked_flow(flow).path is not None:
        raise BadInput("flow", "one whose wire moves", "relax it where the wire is at one time: relax(flow.at(t), x0)")
    start = flow.begin(x0)
    if not offers(flow.energy, HasHessian):
        raise BadInput("energy", type(flow.energy).__name__, "relax needs a hessian(x); without one, use evolve")
    stepper = ImplicitEuler()
    marching = march(flow, start, stepper, ToRest(), (), positive("rest_tol", rest_tol))
    with watching(progress, None, named(record)) as watcher:
        run = drive(marching, stepper, flow, None, record or {}, watcher)
    if run.status == "left the bounds":  # an end of the flow, but not the minimum that was asked for
        run = replace(run, success=False)
    elif run.status == "at rest" and not is_convex(flow.energy):
        run = replace(run, message=f"{run.message}{_doubt(flow, run.x)}")
    if not run.success and raise_on_failure:
        raise FlowStopped(run)
    return run


def _doubt(flow: GradientFlow, x: Array) -> str:
    """What there is to say of an end that second derivatives do not show to be a minimum; nothing of any other."""
    try:
        solve(flow.energy.hessian(x), flow.differential(x), flow.fixed)  # type: ignore[attr-defined]
    except GeoflowError:
        return "; the hessian is not positive definite there, so this may be a saddle: start beside it"
    return ""
