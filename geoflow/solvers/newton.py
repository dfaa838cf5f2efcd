"""Newton's method for one implicit stage: the minimiser y of

    Φ(y) = E(y) + ½ σ ⟨G (y − a), y − a⟩,        dΦ = dE(y) + σ G (y − a),        σ ≥ 0,

with the fixed unknowns held. An energy with a dual variable takes full primal-dual steps (Chan, Golub and Mulet 1999),
watched by Φ: a step that raises Φ is damped. Any other energy with a hessian takes Newton steps damped the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geoflow.errors import GeoflowError
from geoflow.protocols import Array, Energy, HasDual, HasMajorant, Mask, Matrix, offers, rounding
from geoflow.solvers.linear import Prepared, prepare
from geoflow.solvers.matrices import combine, matvec
from geoflow.solvers.sums import dot, norm

RTOL = 1e-11  # of the stage residual, relative to ‖dE‖ at the step's start
MAX_NEWTON = 200
LOOSEST = 1e-3  # relative residual to which Newton's linear systems are solved at least
FAR_BELOW = 1e-6  # the rounding of Φ: there a film's heights are good to 1e-11 or so
TAME = 0.1  # a step that brings the residual down to this share needs no dual to tame the next one


@dataclass(frozen=True, eq=False)
class Minimum:
    """The minimiser (or the last iterate, if ``failed``), the residual dΦ(y) left over, and what it took.

    promised: the drop of Φ that Newton's model promises at most; inf if it was not asked.
    prepared: the last Newton matrix, ready to be solved with again; None if there was none.
    """

    x: Array
    residual: Array
    newton: int
    linear: int
    failed: str | None = None
    promised: float = np.inf
    prepared: Prepared | None = None


@dataclass(frozen=True, eq=False)
class Stage:
    """Φ and its derivatives at one σ, G and a."""

    energy: Energy
    gram: Matrix
    sigma: float
    anchor: Array
    fixed: Mask | None

    def value(self, y: Array) -> float:
        """Φ(y)."""
        return self.energy.value(y) + self._distance(y)

    def rounding(self, y: Array, value: float) -> float:
        """How far Φ(y) = value may be off: E as it says itself, the distance to the anchor by 8 ε of it."""
        distance = self._distance(y)
        return rounding(self.energy, y, value - distance) + 8.0 * float(np.finfo(np.float64).eps) * distance

    def _distance(self, y: Array) -> float:
        """½ σ ⟨G (y − a), y − a⟩."""
        if self.sigma == 0.0:
            return 0.0
        d = y - self.anchor
        return 0.5 * self.sigma * dot(matvec(self.gram, d), d)

    def residual(self, y: Array) -> Array:
        """dΦ(y), zero on the fixed unknowns."""
        r = np.asarray(self.energy.differential(y), dtype=np.float64)
        if self.sigma != 0.0:
            r = r + self.sigma * matvec(self.gram, y - self.anchor)
        if self.fixed is not None:
            held = self.fixed.reshape(self.fixed.shape + (1,) * (r.ndim - self.fixed.ndim))
            r = np.where(held, 0.0, r)
        return r

    def matrix(self, hessian: Matrix) -> Matrix:
        """σ G + hessian."""
        return combine((1.0, hessian), (self.sigma, self.gram))


@dataclass(eq=False)
class _Iteration:
    """Where Newton's method is: y, the dual p (None where it is g / W), r = dΦ(y), Φ(y), its rounding, the work done."""

    stage: Stage
    y: Array
    r: Array
    value: float
    p: Any = None
    noise: float = np.inf
    prepared: Prepared | None = None
    near: bool = False
    newton: int = 0
    linear: int = 0

    def end(self, failed: str | None = None, promised: float = np.inf) -> Minimum:
        return Minimum(self.y, self.r, self.newton, self.linear, failed, promised, self.prepared)

    def direction(self, rtol: float, floor: float, majorant: bool) -> Array:
        """The solution of Newton's equation, or of that with the majorant in place of the hessian."""
        energy: Any = self.stage.energy
        if majorant:
            matrix = energy.majorant(self.y)
        else:
            matrix = energy.hessian(self.y) if self.p is None else energy.linearise(self.y, self.p)
        self.prepared = prepare(self.stage.matrix(matrix), self.stage.fixed, self.prepared if self.near else None)
        solution = self.prepared.solve(-self.r, rtol, floor)
        self.linear += solution.iterations
        return solution.x

    def length(self, dy: Array, predicted: float) -> float | None:
        """The largest of 1, ½, ¼ … by which Φ falls, up to rounding; None if none of them does."""
        if predicted <= self.noise:  # as it was when last asked: a bound, since Φ falls
            self.noise = self.stage.rounding(self.y, self.value)
        if predicted <= self.noise:
            return 1.0  # and Φ stays what it was, to its rounding
        before = self.value
        for halvings in range(40):
            length = 0.5**halvings
            after = self.stage.value(self.y + length * dy)
            if after <= before - 1e-4 * length * predicted + self.noise:
                self.value = after
                return length
        return None

    def step(self, dy: Array, length: float) -> None:
        """y += length · dy, and the dual along with it."""
        energy, size, new = self.stage.energy, norm(self.r), self.y + length * dy
        if self.stage.fixed is not None:
            new[self.stage.fixed] = self.y[self.stage.fixed]
        r = self.stage.residual(new)
        self.near = length == 1.0 and norm(r) <= TAME * size
        if offers(energy, HasDual):
            # A dual tames the method far away; where it is near, p = g / W does, which costs no memory.
            old = None if self.near else energy.dual(self.y) if self.p is None else self.p  # type: ignore[attr-defined]
            self.p = None if self.near else energy.advance(self.y, old, length * dy)  # type: ignore[attr-defined]
        self.y, self.r, self.newton = new, r, self.newton + 1


def minimise(
    stage: Stage, guess: Array, value: float, tolerance: float, to_rounding: bool = False, prepared: Prepared | None = None
) -> Minimum:
    """Newton's method from a guess that has the held values, and Φ there.

    It ends where ‖dΦ‖₂ ≤ tolerance, or where rounding has the last word; ``to_rounding`` also where the drop of Φ still to
    come drowns in its rounding. prepared: a matrix like the first one will be, to precondition it with.
    """
    now = _Iteration(stage, guess, stage.residual(guess), value, prepared=prepared, near=prepared is not None)
    first = size = norm(now.r)
    if to_rounding:
        now.noise = stage.rounding(guess, value)
    tolerance, promised = max(tolerance, 1e-14 * first), np.inf  # from rest, the tolerance a start suggests is zero
    while now.newton < MAX_NEWTON:
        if not np.isfinite(size):
            return now.end("Newton's method left the finite numbers")
        if size <= tolerance:
            return now.end(promised=promised)
        # Inexact Newton: no digit of the linear system is bought that the quadratic model cannot use.
        forcing = min(LOOSEST, max(0.1 * tolerance / size, 0.1 * size / first))
        length, predicted, floor = None, 0.0, 0.1 * FAR_BELOW * now.noise if to_rounding else 0.0
        for majorant in (False, True):  # the majorant lies above Φ, so that its minimum always is a descent
            if length is None and (not majorant or offers(stage.energy, HasMajorant)):
                try:
                    dy = now.direction(forcing, floor, majorant)
                except GeoflowError as error:
                    return now.end(f"no Newton step: {error}")
                predicted = -dot(now.r, dy)
                if predicted < 0.0:
                    return now.end("no Newton step: the hessian is not positive definite")
                length = now.length(dy, predicted)
        if length is None:
            return now.end("Newton's method found no descent")
        before = now.y, now.r
        now.step(dy, length)
        last, size = size, norm(now.r)
        promised = 0.5 * predicted
        if predicted <= now.noise and size > 0.25 * last:  # rounding has the last word
            if size >= last:
                now.y, now.r = before
            return now.end(promised=promised)
        if to_rounding:
            now.noise = stage.rounding(now.y, now.value)
            if predicted * (size / last) ** 2 <= FAR_BELOW * now.noise:
                # One application of the last matrix' approximate inverse is far cheaper than another iteration.
                promised = min(promised, 0.5 * now.prepared.inverse_norm(now.r) ** 2)  # type: ignore[union-attr]
            if promised <= FAR_BELOW * now.noise:
                return now.end(promised=promised)
    return now.end(f"Newton's method did not converge in {MAX_NEWTON} iterations")
