"""One-dimensional invariant manifolds: two curves that leave an equilibrium, with their length as the clock.

    dx/ds = ∇W / |∇W|,    x(0) = x* + δe + ½ δ² q

Dormand and Prince's method of order eight carries them, not `evolve`: a curve wants 1e-12 and no time, and of the methods
that keep the law of energy none is of an order that would pay for that. Seen from the saddle the manifold attracts, so that what
the start is off, O(δ³), is damped on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from geoflow.points.germ import Germ
from geoflow.points.search import newton_step
from geoflow.protocols import Array

LEAVE = 1e-4  # δ, in sides of the box
ARRIVE = 0.1  # of the slope at the start: below it the curve may be at another equilibrium
RTOL = 1e-12
LONGEST = 100.0  # diagonals of the box
SAMPLES = 401


@dataclass(frozen=True, eq=False)
class Curve:
    """A branch, from the saddle outwards.

    Attributes
    ----------
    points : (k, d)
        The saddle first, then equally spaced along the curve.
    length : (k,)
        Arc length from the saddle.
    value : (k,)
        V along the curve.
    end : str
        A sentence: it reached another equilibrium, or the bounds.
    """

    points: Array
    length: Array
    value: Array
    end: str


@dataclass(frozen=True, eq=False)
class Curves:
    """A one-dimensional manifold: its equilibrium, (d,), and the two branches."""

    saddle: Array
    branches: tuple[Curve, Curve]


def curves(germ: Germ, lo: Array, hi: Array) -> Curves:
    """Both branches of a germ with one direction, as far as the box goes."""
    return Curves(germ.x, (_branch(germ, lo, hi, -1.0), _branch(germ, lo, hi, 1.0)))


def _branch(germ: Germ, lo: Array, hi: Array, way: float) -> Curve:
    side = float(np.max(hi - lo))
    delta = LEAVE * side
    x, s, pieces = germ.at(np.array([[way * delta]]))[0], delta, []
    threshold = ARRIVE * germ.rates[0] * delta

    def field(s: float, x: Array) -> Array:
        p = germ.slopes(x[None])[0]
        return p / np.linalg.norm(p)

    def edge(s: float, x: Array) -> float:
        return float(min(np.min(x - lo), np.min(hi - x)))

    edge.terminal = True  # type: ignore[attr-defined]
    end = "it is longer than it was followed"
    while s < LONGEST * side:

        def slow(s: float, x: Array, least: float = threshold) -> float:
            return float(np.linalg.norm(germ.slopes(x[None])[0])) - least

        slow.terminal, slow.direction = True, -1.0  # type: ignore[attr-defined]
        run = solve_ivp(
            field, (s, LONGEST * side), x, "DOP853", dense_output=True, events=(edge, slow), rtol=RTOL, atol=RTOL * side
        )
        pieces.append(run.sol)
        s, x = float(run.t[-1]), run.y[:, -1]
        if run.status == 1 and len(run.t_events[0]):
            end = "it reached the bounds"
            break
        rest = _rest(germ, x)
        if rest is not None and np.linalg.norm(rest - x) <= 10.0 * delta:
            end = f"it reached the equilibrium at ({', '.join(f'{v:.6g}' for v in rest)})"
            return _sampled(germ, pieces, delta, s, rest, end)
        if run.status < 0:
            end = "it could not be followed further: dV is not smooth, or not finite, beyond"
            break
        threshold *= 1e-3  # a gentle stretch, no equilibrium
    return _sampled(germ, pieces, delta, s, None, end)


def _rest(germ: Germ, x: Array) -> Array | None:
    """The equilibrium next to x, if Newton's method sees one."""
    for _ in range(20):
        p = newton_step(germ.land, x[None])[0]
        x = x + p
        if not np.all(np.isfinite(p)):
            return None
        if np.max(np.abs(p)) <= 1e-14 * max(1.0, float(np.max(np.abs(x)))):
            return x
    return None


def _sampled(germ: Germ, pieces: list, start: float, end: float, rest: Array | None, said: str) -> Curve:
    s = np.linspace(start, end, SAMPLES - 1)
    points, length = [germ.x], [0.0]
    for here in s:
        piece = next(p for p in pieces if here <= p.t_max or p is pieces[-1])
        points.append(piece(here))
        length.append(float(here))
    if rest is not None:
        length.append(end + float(np.linalg.norm(rest - points[-1])))
        points.append(rest)
    x = np.array(points)
    return Curve(x, np.array(length), germ.land.values(x), said)
