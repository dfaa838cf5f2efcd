"""How many steps down a valley: methods of descent at their best, counted in iterations.

For eigenvalues of G⁻¹H in [λ, Λ], κ = Λ/λ, a step brings the distance from rest down, at best and in the end, by

    gradient descent          τ = 2/(λ + Λ)                                               (κ − 1)/(κ + 1)
    Polyak's momentum         τ = 4/(√λ + √Λ)²,  β = ((√κ − 1)/(√κ + 1))²                 (√κ − 1)/(√κ + 1)
    Nesterov's momentum       τ = 4/(3Λ + λ),    β = (√(3κ + 1) − 2)/(√(3κ + 1) + 2)      1 − 2/√(3κ + 1)

(Lessard, Recht and Packard, SIAM J. Optim. 26, 2016, §2.2): κ steps against √κ. Implicit methods bear any τ, and count their
steps by τλ alone. On the floor of a valley ‖∇V‖ = λ d and V − V* = λ d²/2 at the distance d: a small slope says little.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np

from geoflow import checks
from geoflow.errors import BadInput
from geoflow.evolution import checked_flow, steps
from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Stepper
from geoflow.steppers.explicit_euler import ExplicitEuler
from geoflow.steppers.nesterov import Nesterov
from geoflow.steppers.polyak import Polyak

NEVER = 1e-300  # of energy still to come: iterations are counted to the end, whatever energy can tell


class Plan(NamedTuple):
    """A method, its step length, and the factor by which one step brings the distance from rest down in the end."""

    method: Stepper
    dt: float
    factor: float


def gradient_descent(low: float, high: float) -> Plan:
    """The best explicit Euler for eigenvalues in [low, high].

    >>> gradient_descent(1.0, 9.0)
    Plan(method=ExplicitEuler(), dt=0.2, factor=0.8)
    """
    low, high = _spectrum(low, high)
    return Plan(ExplicitEuler(), 2.0 / (low + high), (high - low) / (high + low))


def polyak(low: float, high: float) -> Plan:
    """The best heavy-ball iteration for a quadratic with eigenvalues in [low, high].

    >>> polyak(1.0, 9.0)
    Plan(method=Polyak(beta=0.25), dt=0.25, factor=0.5)
    """
    low, high = _spectrum(low, high)
    factor = (sqrt(high) - sqrt(low)) / (sqrt(high) + sqrt(low))
    return Plan(Polyak(factor**2), 4.0 / (sqrt(low) + sqrt(high)) ** 2, factor)


def nesterov(low: float, high: float) -> Plan:
    """The best accelerated gradient for a quadratic with eigenvalues in [low, high].

    >>> nesterov(1.0, 5.0)
    Plan(method=Nesterov(beta=0.3333333333333333), dt=0.25, factor=0.5)
    """
    low, high = _spectrum(low, high)
    root = sqrt(3.0 * high / low + 1.0)
    return Plan(Nesterov((root - 2.0) / (root + 2.0)), 4.0 / (3.0 * high + low), 1.0 - 2.0 / root)


class Count(NamedTuple):
    """What `count` found: the iterations, whether they were enough, and V, ‖∇V‖ and the state where they ended."""

    iterations: int
    enough: bool
    value: float
    slope: float
    x: Array


def count(
    flow: GradientFlow,
    x0: object,
    method: Stepper,
    dt: float,
    *,
    factor: float = 1e-3,
    rest: object = None,
    most: int = 100_000,
) -> Count:
    """Count the steps of length dt until the distance from rest, or else ‖∇V‖, is at most ``factor`` times that at the start.

    Parameters
    ----------
    flow : GradientFlow
    x0 : state
    method, dt : a method and its step length
    factor : float
    rest : state or None
        Where the flow comes to rest, if that is known: the distance, in the metric's norm, is what then has to fall.
    most : int
        Iterations after which it gives up; it does so, too, where the method diverges beyond the finite numbers.

    Raises
    ------
    BadInput
        As `evolve`.

    >>> import geoflow as gf
    >>> bowl = gf.GradientFlow(gf.Potential("x**2/2 + 9*y**2/2"), gf.Euclidean())
    >>> plans = [plan(1.0, 9.0) for plan in (gradient_descent, polyak, nesterov)]
    >>> [count(bowl, [1.0, 1.0], p.method, p.dt, rest=[0.0, 0.0]).iterations for p in plans]
    [31, 15, 19]
    """
    start = checked_flow(flow).state(x0)
    middle = None if rest is None else checks.state(rest, "rest")
    if middle is not None and middle.shape != start.shape:
        raise BadInput("rest", f"array of shape {middle.shape}", f"give a state of shape {start.shape}")
    share = checks.positive("factor", factor) or 0.0
    walk = steps(flow, start, method=method, dt=dt, on_rise="report", rest_tol=NEVER, max_steps=most)
    left, first, taken = np.inf, np.inf, -1
    for taken, now in enumerate(walk):
        left = _slope(flow, now.x) if middle is None else flow.norm(flow.metric.gram(now.x), now.x - middle)
        first = left if taken == 0 else first
        # A step that had to be cut, since a whole one left the finite numbers, is none of the method's.
        if left <= share * first or (now.row is not None and now.row.tau < 0.5 * dt * (1.0 + 1e-9)):
            break
    return Count(taken, bool(left <= share * first), now.energy, _slope(flow, now.x), now.x)


def _slope(flow: GradientFlow, x: Array) -> float:
    return flow.dual_norm(flow.metric.gram(x), flow.differential(x))


def _spectrum(low: object, high: object) -> tuple[float, float]:
    """Positive λ ≤ Λ."""
    least, most = checks.positive("low", low), checks.positive("high", high)
    if least is None or most is None or least > most:
        raise BadInput("low", low, f"give the least and the largest eigenvalue, both positive: low ≤ high, which is {high}")
    return least, most
