"""Flow away to infinity: points that leave their bounds, and when a flow that leaves in finite time is gone.

Near a pass the clock is set by what a tolerance on x does not see: an unstable direction of size δ takes ln(1/δ)/|λ| to grow
up, and an error of growth shifts all that follows. So the time of a blow-up is asked for by itself, along

    dx/ds = v / (σ + ‖v‖),    dt/ds = 1 / (σ + ‖v‖),    v = −G⁻¹ dE(x),    σ = ‖v(x₀)‖,

whose solution exists for all s, and t(s) → T. Each entry of x is kept to a relative error (DOP853 of SciPy: Hairer, Nørsett
and Wanner 1993, II.10); the steps of the run itself could do so only by being as short everywhere.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoflow.flow import GradientFlow
from geoflow.ledger import Accepted
from geoflow.protocols import Array

SHARP = 1e-10  # relative: of each entry
MOST = 500  # steps of DOP853, twelve velocities each
LONGEST = 1e100  # times the scale: no way to a blow-up is as long, and DOP853 never comes back from a step that overflows
GONE = 1e-9  # of t: what a time in which the speed grows e-fold has shrunk to
FAST = 1e3  # times the speed at the start


def confine(flow: GradientFlow, now: Accepted) -> tuple[GradientFlow, Accepted, bool]:
    """The flow and what goes on with every point outside the bounds held where it is; and whether nothing is left to move."""
    gone = flow.outside(now.x)
    if not np.any(gone):
        return flow, now, False
    fixed = np.broadcast_to(gone[..., None], now.x.shape)
    if flow.fixed is not None:
        fixed = fixed | flow.fixed.reshape(flow.fixed.shape + (1,) * (now.x.ndim - flow.fixed.ndim))
    if np.all(fixed):
        return flow, now, True
    kept = tuple(np.where(fixed, 0.0, m) if m.shape == now.x.shape else m for m in now.memory)
    return replace(flow, fixed=np.array(fixed)), replace(now, memory=kept), False


def blow_up(flow: GradientFlow, t: float, x: Array) -> float | None:
    """When the flow from x at t reaches infinity, to about 1e-8 of it; None if it does not, or not in `MOST` steps."""
    from scipy.integrate import DOP853  # 0.2 s to import, and only a flow that leaves asks for it

    def speed(x: Array) -> tuple[Array, float]:
        v = flow.velocity(x)
        return v, flow.norm(flow.metric.gram(x), v)

    sigma = speed(x)[1]
    if flow.path is not None or not sigma > 0.0:
        return None

    def slopes(s: float, y: Array) -> Array:
        v, size = speed(y[:-1].reshape(x.shape))
        return np.append(v.ravel(), 1.0) / (sigma + size)

    with np.errstate(all="ignore"):
        try:
            first = flow.scale(x)
            road = DOP853(slopes, 0.0, np.append(x.ravel(), 0.0), np.inf, first_step=1e-3 * first, rtol=SHARP, atol=1e-30 * first)
            before, size = 0.0, sigma
            for _ in range(MOST):
                road.step()
                now, last, size = float(road.y[-1]), size, speed(road.y[:-1].reshape(x.shape))[1]
                if road.status != "running" or not np.isfinite(size) or road.t > LONGEST * first:
                    return None
                if size > FAST * sigma and now - before <= GONE * now * np.log(size / last):
                    return t + now
                before = now
        except Exception:  # an energy need not be defined beyond where the run itself went
            return None
    return None
