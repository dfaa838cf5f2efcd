"""How long the next step is: `Fixed`, `Adaptive` to a tolerance, `Replay` of another run, or `ToRest`."""

from __future__ import annotations

from dataclasses import dataclass
from math import frexp, ldexp
from typing import Protocol

import numpy as np

from geoflow.errors import BadInput, GeoflowError
from geoflow.flow import GradientFlow
from geoflow.ledger import Accepted
from geoflow.protocols import Array, Matrix, Step, is_convex

MOST_HALVINGS = 30  # of a first step on a moving wire: one that jumps at once is left to the error estimate
OUTGROWN = 10.0  # times its start: no film, which its wire bounds, gets there
GOLDEN = (1.0, 0.618, 0.382, 0.236, 0.146, 0.09)


class Pace(Protocol):
    """How long a step is."""

    def first(self, flow: GradientFlow, x: Array) -> float:
        """The length of the first step."""
        ...

    def judge(self, step: Step, error: float, tau: float, now: Accepted) -> tuple[bool, float, float]:
        """(accepted?, the next length, control) of a lawful step of length tau with ‖error‖ as given."""
        ...


@dataclass(frozen=True)
class Fixed:
    """Every step dt, or what is left to the next output time."""

    dt: float

    def first(self, flow: GradientFlow, x: Array) -> float:
        """dt."""
        return self.dt

    def judge(self, step: Step, error: float, tau: float, now: Accepted) -> tuple[bool, float, float]:
        """Always accepted; after a halving back towards dt."""
        return True, min(self.dt, 2.0 * max(tau, now.tau)), 1.0


@dataclass(frozen=True)
class Adaptive:
    """‖estimated error of a step‖ ≤ tolerance.

    An error of tol^((p+1)/p) in each step makes the error of the whole run proportional to tol, for a method of order p. The
    factor 15 was measured on films, at tol = 1e-4 … 1e-6: the error of a run is a tenth to a third of tol for SDIRK3, a fifth
    for SDIRK2, twice tol for implicit Euler, and five times tol for Lagged; in a metric that changes 2.5 and 1.5 times tol for
    the first two.

    A step that only its error limits (``free``) is as long as the last error allows, or less where the errors grow (as in
    Gustafsson, TOMS 20, 1994). Where stability limits it too, a proportional–integral controller keeps it from bouncing off
    that limit (Gustafsson, TOMS 17, 1991). ``until`` is where the run ends: no wire is looked at after it, and the last two
    steps share what is left, since the error of the last one has no time to decay. A state that has outgrown the scale of
    its start is judged by its own.
    """

    tolerance: float
    order: int
    until: float = np.inf
    scale: float = np.inf
    free: bool = False

    @classmethod
    def to(cls, rtol: float, scale: float, order: int, until: float = np.inf, free: bool = False) -> Adaptive:
        """The pace whose run has a time error of about rtol · scale."""
        return cls(scale * (15.0 * rtol) ** ((order + 1) / order), order, until, scale, free)

    def first(self, flow: GradientFlow, x: Array) -> float:
        """A hundredth of the time in which the start's speed would cross the flow's scale, or a moving wire does.

        Less for small tolerances: the error of a first step is about (10 · distance / scale)^(p+1) for films.
        """
        gram, scale, k = flow.metric.gram(x), flow.scale(x), self.order + 1
        near = min(0.01 * scale, 0.1 * scale ** (self.order / k) * self.tolerance ** (1.0 / k))
        speed = flow.norm(gram, flow.at(0.0).velocity(x))
        tau = near / speed if speed > 0.0 else 1.0
        if flow.path is None:
            return tau
        tau = min(tau, self.until)
        for _ in range(MOST_HALVINGS):
            if _swing(flow, gram, x, tau) <= near:
                break
            tau *= 0.5
        return tau

    def growth(self, flow: GradientFlow, x: Array) -> float:
        """How many times x is larger than ten starts; at least 1. A flow to infinity would else be cut ever finer."""
        return max(1.0, flow.scale(x) / (OUTGROWN * self.scale))

    def judge(self, step: Step, error: float, tau: float, now: Accepted) -> tuple[bool, float, float]:
        """Accepted if the error is within the tolerance; the next length aims at 0.9 of it."""
        if step.error is None:
            raise BadInput("method", "one without an error estimate", "its steps cannot be adapted: give dt")
        k = self.order + 1
        control = max(error / self.tolerance, 1e-10)
        if control > 1.0:
            return False, _rounded(tau * max(0.1, 0.9 * control ** (-1.0 / k))), control
        factor = 0.9 * control ** (-1.0 / k)
        if not self.free:
            factor *= control ** (0.3 / k) * now.control ** (0.4 / k)
        elif now.row is not None:
            factor *= min(1.0, tau / now.row.tau * (now.control / control) ** (1.0 / k))
        wanted = _rounded(tau * min(max(factor, 0.2), 5.0))
        # A step cut short by an output time says little about the length the flow could bear.
        wanted, left = max(wanted, now.tau) if tau < 0.99 * now.tau else wanted, self.until - (now.t + tau)
        wanted = min(wanted, step.longest)
        return True, 0.5 * left if wanted < left < 2.0 * wanted else wanted, control


def _rounded(tau: float) -> float:
    """tau to ten binary digits: the last digits of an estimate, which an iterative solve leaves open, choose no step."""
    if not 1e-300 < tau < 1e300:
        return tau
    mantissa, exponent = frexp(tau)
    return ldexp(round(mantissa * 1024.0), exponent - 10)


def _swing(flow: GradientFlow, gram: Matrix, x: Array, tau: float) -> float:
    """How far from x the held values get within τ, by a look at golden sections of it: no oscillation is back at all of them."""
    try:
        return max(flow.norm(gram, flow.at(part * tau).place(x) - x) for part in GOLDEN)
    except GeoflowError:  # there is no wire any more
        return np.inf


@dataclass(frozen=True)
class Replay:
    """The steps of another run, by its times: so that two runs differ in everything but time."""

    times: tuple[float, ...]

    def first(self, flow: GradientFlow, x: Array) -> float:
        """That run's first step."""
        return self._after(0.0)

    def judge(self, step: Step, error: float, tau: float, now: Accepted) -> tuple[bool, float, float]:
        """Always accepted; then on to that run's next time."""
        return True, self._after(now.t + tau), 1.0

    def _after(self, t: float) -> float:
        return next((s - t for s in self.times if s > t * (1.0 + 1e-12)), 1.0)


@dataclass(frozen=True)
class ToRest:
    """τ = ∞ at once for a convex energy; otherwise τ grows as the speed falls, so that it ends in a minimum, not a saddle.

    (Switched evolution relaxation: Mulder and van Leer, J. Comput. Phys. 59, 1985.)
    """

    def first(self, flow: GradientFlow, x: Array) -> float:
        """∞, or the time in which the start's speed would cross a tenth of the flow's scale."""
        if is_convex(flow.energy):
            return np.inf
        speed = flow.norm(flow.metric.gram(x), flow.velocity(x))
        return 0.1 * flow.scale(x) / speed if speed > 0.0 else 1.0

    def judge(self, step: Step, error: float, tau: float, now: Accepted) -> tuple[bool, float, float]:
        """Always accepted; the next step longer by the ratio of the speeds, at least doubled."""
        if not np.isfinite(tau):
            return True, np.inf, 1.0
        speed = step.dissipated / tau
        ratio = now.control / speed if speed > 0.0 and now.control < np.inf else 4.0
        return True, tau * min(max(np.sqrt(ratio), 2.0), 100.0), speed
