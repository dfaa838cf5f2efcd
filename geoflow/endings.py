"""Why a run ended, in a sentence: that it came to rest, left its bounds, blew up, or cannot be moved.

Leaving the bounds is a success: it is what the flow does, as coming to rest is. A blow-up is none: at the time asked for,
the flow has no state.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoflow.escape import blow_up
from geoflow.flow import GradientFlow
from geoflow.ledger import Accepted
from geoflow.protocols import Array

Origin = tuple[GradientFlow, float, Array]  # the flow that a march began with, when and where


class Ending(NamedTuple):
    """Why a run ended."""

    success: bool
    status: str
    message: str


def at_rest(t: float, stops: tuple[float, ...], told: str = "") -> Ending:
    """The ending of a run that came to rest at a time, if that is finite; it may have been asked for more."""
    early = f", before t_end = {stops[-1]:.6g}; it stays there" if stops and t < stops[-1] else ""
    when = f" at t = {t:.6g}" if np.isfinite(t) else ""
    return Ending(True, "at rest", f"at rest{when}{early}: the drop of energy still to come is within its tolerance{told}")


def idle(now: Accepted, tau: float, fault: str) -> Ending:
    """The ending of a run that cannot be moved: longer steps fail, and this one leaves every bit of the state as it was."""
    why = f"{fault}; and shorter steps do not move a single bit, so coarse is float64 at such a state"
    return Ending(False, "step floor", f"step floor at t = {now.t:.6g}, τ = {tau:.3g}: {why}")


def blown_up(origin: Origin, now: Accepted) -> Ending:
    """The ending of a run whose time stands still while it speeds up, with the time to which it was heading."""
    flow, t, x = origin
    speed = flow.norm(flow.metric.gram(now.x), flow.velocity(now.x))
    when = blow_up(flow, t, x)
    own = "" if when is None or abs(when - now.t) <= 1e-5 * now.t else f" (in this run's own steps near t = {now.t:.6g})"
    told = f"the speed there is {speed:.3g} and still grows"
    return Ending(False, "blew up", f"blew up near t = {now.t if when is None else when:.6g}{own}: {told}")


def left_bounds(origin: Origin, now: Accepted, told: str) -> Ending:
    """The ending of a run none of whose points is left inside the bounds; of a single one also when it blows up, if it does."""
    flow, t, x = origin
    who = "the point is" if x.ndim == 1 else f"all {flow.outside(now.x).size} points are"
    when = blow_up(flow, t, x) if x.ndim == 1 else None
    later = "" if when is None else f", and the flow blows up near t = {when:.6g}"
    if when is not None and when <= now.t:
        later += ", which is sharper than this run's own steps"
    return Ending(True, "left the bounds", f"left the bounds at t = {now.t:.6g}: {who} outside{later}{told}")


def gone(origin: Origin, now: Accepted) -> str:
    """How many of many points left the bounds, and nothing if none did."""
    outside = origin[0].outside(now.x) if origin[0].bounds else np.zeros(1, dtype=np.bool_)
    return (
        f"; {np.count_nonzero(outside)} of {outside.size} points left the bounds, and were held there" if np.any(outside) else ""
    )
