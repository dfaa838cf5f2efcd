"""Newton's method for one implicit stage: the minimiser y of

    Φ(y) = E(y) + ½ σ ⟨G (y − a), y − a⟩,        dΦ = dE(y) + σ G (y − a),        σ ≥ 0,

with the fixed unknowns held. An energy with a dual variable takes full primal-dual steps (Chan, Golub and Mulet 1999),
watched by Φ: a step that raises Φ is damped. Any other energy with a hessian takes Newton steps damped the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from geoflow.errors import GeoflowError
from geoflow.protocols import Array, Energy, HasDual, HasMajorant, Mask, Matrix, offers, rounding
from geoflow.solvers.krylov import Solution
from geoflow.solvers.linear import Prepared, prepare
from geoflow.solvers.matrices import combine, is_diagonal, matvec
from geoflow.solvers.sums import PIECE, distance, dot, moved, norm, pulled, scaled, zeroed

RTOL = 1e-11  # of the stage residual, relative to ‖dE‖ at the step's start
MAX_NEWTON = 200
LOOSEST = 1e-3  # relative residual to which Newton's linear systems are solved at least
FAR_BELOW = 1e-5  # the rounding of Φ: there a film's heights are good to 1e-10 or so
CLEAR = 1e3  # times the rounding of Φ: a fall promised so clearly has to be seen
NO_DESCENT = "Newton's method found no descent"
ENDLESS = f"Newton's method did not converge in {MAX_NEWTON} iterations"
TAME = 0.1  # a step that brings the residual down to this share needs no dual to tame the next one


@dataclass(frozen=True, eq=False)
class Minimum:
    """The minimiser (or the last iterate, if ``failed``), the residual dΦ(y) left over, and what it took.

    promised: the drop of Φ that Newton's model promises at most; inf if it was not asked.
    value: Φ(y). prepared: the last Newton matrix, ready to be solved with again; None if there was none.
    """

    x: Array
    residual: Array
    newton: int
    linear: int
    failed: str | None = None
    promised: float = np.inf
    prepared: Prepared | None = None
    value: float = np.nan


@dataclass(frozen=True, eq=False)
class Stage:
    """Φ and its derivatives at one σ, G and a."""

    energy: Energy
    gram: Matrix
    sigma: float
    anchor: Array
    fixed: Mask | None

    @cached_property
    def _weights(self) -> Array | None:
        """The diagonal of G, where it has no more, as large as a film, whose sums are worth a pass of their own."""
        if self.anchor.size <= PIECE or self.gram.shape[0] != self.anchor.size or not is_diagonal(self.gram):
            return None
        return self.gram.diagonal()

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
        if self._weights is not None:
            return 0.5 * self.sigma * distance(y, self.anchor, self._weights)
        d = y - self.anchor
        return 0.5 * self.sigma * dot(matvec(self.gram, d), d)

    def residual(self, y: Array) -> Array:
        """dΦ(y), zero on the fixed unknowns."""
        r = np.asarray(self.energy.differential(y), dtype=np.float64)
        if self.sigma != 0.0 and self._weights is not None:
            r = pulled(r, self.sigma, self._weights, y, self.anchor)
        elif self.sigma != 0.0:
            r = r + self.sigma * matvec(self.gram, y - self.anchor)
        return r if self.fixed is None else zeroed(r, self.fixed)

    def matrix(self, hessian: Matrix) -> Matrix:
        """σ G + hessian."""
        return combine((1.0, hessian), (self.sigma, self.gram))


@dataclass(eq=False)
class _Iteration:
    """Where Newton's method is: y, r = dΦ(y) and ‖r‖₂, Φ(y), the dual p (None where it is g / W), the work done.

    exact: whether the value is Φ(y) as it is computed there, or what it was before a step too short to tell. noise: its rounding.
    """

    stage: Stage
    y: Array
    r: Array
    size: float
    value: float
    exact: bool = True
    p: Any = None
    noise: float = np.inf
    prepared: Prepared | None = None
    solution: Solution | None = None
    near: bool = False
    newton: int = 0
    linear: int = 0

    def end(self, failed: str | None = None, promised: float = np.inf) -> Minimum:
        value = self.value if self.exact else np.nan
        return Minimum(self.y, self.r, self.newton, self.linear, failed, promised, self.prepared, value)

    def direction(self, rtol: float, floor: float, majorant: bool) -> Array:
        """d with A d = dΦ(y), to be taken off y: A the hessian, or the majorant in its place."""
        energy: Any = self.stage.energy
        if majorant:
            matrix = energy.majorant(self.y)
        else:
            matrix = energy.hessian(self.y) if self.p is None else energy.linearise(self.y, self.p)
        self.prepared = prepare(self.stage.matrix(matrix), self.stage.fixed, self.prepared if self.near else None)
        self.solution = self.prepared.solve(self.r, rtol, floor)
        self.linear += self.solution.iterations
        return self.solution.x

    def to_come(self, likely: bool) -> float:
        """The drop of Φ that the last matrix promises from here; inf if it is not ``likely`` to matter and costs work.

        Where the step left little but what its linear solve left, that one's own account will do; else one application of the
        approximate inverse is far cheaper than another iteration.
        """
        solution = self.solution
        assert solution is not None and self.prepared is not None
        if 0.0 < self.size <= 2.0 * solution.residual:
            return 0.5 * solution.left * (self.size / solution.residual) ** 2
        return 0.5 * self.prepared.inverse_norm(self.r) ** 2 if likely else np.inf

    def length(self, d: Array, predicted: float) -> tuple[float, Array] | None:
        """The largest of 1, ½, ¼ … times d by whose loss Φ falls, up to rounding, and where that leads; None if none does.

        A fall that was promised clearly has to be seen: at a kink, where no direction keeps what it promises, all lengths would
        pass in the end that are so short that nothing is seen of them.
        """
        if predicted <= self.noise:  # as it was when last asked: a bound, since Φ falls
            self.noise = self.stage.rounding(self.y, self.value)
        if predicted <= self.noise:
            self.exact = False  # but Φ stays what it was, to its rounding
            return 1.0, moved(self.y, -1.0, d)
        before, bonus = self.value, self.noise if predicted <= CLEAR * self.noise else 0.0
        for halvings in range(40):
            length = 0.5**halvings
            if length * predicted <= self.noise - bonus:
                break
            new = moved(self.y, -length, d)
            after = self.stage.value(new)
            if after <= before - 1e-4 * length * predicted + bonus:
                self.value, self.exact = after, True
                return length, new
        return None

    def step(self, new: Array, d: Array, length: float) -> None:
        """y becomes new = y − length · d, in which what is fixed keeps its bits, and the dual goes along."""
        energy, r = self.stage.energy, self.stage.residual(new)
        before, self.size = self.size, norm(r)
        self.near = length == 1.0 and self.size <= TAME * before
        if offers(energy, HasDual):
            # A dual tames the method far away; where it is near, p = g / W does, which costs no memory.
            old = None if self.near else energy.dual(self.y) if self.p is None else self.p  # type: ignore[attr-defined]
            self.p = None if self.near else energy.advance(self.y, old, scaled(-length, d))  # type: ignore[attr-defined]
        self.y, self.r, self.newton = new, r, self.newton + 1


def minimise(
    stage: Stage,
    guess: Array,
    value: float,
    tolerance: float,
    to_rounding: bool = False,
    prepared: Prepared | None = None,
    share: float = 0.0,
) -> Minimum:
    """Newton's method from a guess that has the held values, and Φ there.

    It ends where ‖dΦ‖₂ ≤ tolerance, or ≤ share of what it is at the guess, or where rounding has the last word;
    ``to_rounding`` also where the drop of Φ still to come drowns in its rounding. prepared: a matrix like the first one will
    be, to precondition it with.
    """
    r = stage.residual(guess)
    now = _Iteration(stage, guess, r, norm(r), value, prepared=prepared, near=prepared is not None)
    first = now.size
    if to_rounding:
        now.noise = stage.rounding(guess, value)
    tolerance, promised = max(tolerance, max(share, 1e-14) * first), np.inf  # from rest, the tolerance a start suggests is zero
    while now.newton < MAX_NEWTON:
        size = now.size
        if not np.isfinite(size):
            return now.end("Newton's method left the finite numbers")
        if size <= tolerance:
            return now.end(promised=promised)
        # Inexact Newton: no digit of the linear system is bought that the quadratic model cannot use.
        forcing = min(0.1, max(0.3 * tolerance / size, min(LOOSEST, 0.1 * size / first)))
        found, predicted, floor = None, 0.0, FAR_BELOW * now.noise if to_rounding and share == 0.0 else 0.0
        for majorant in (False, True):  # the majorant lies above Φ, so that its minimum always is a descent
            if found is None and (not majorant or offers(stage.energy, HasMajorant)):
                try:
                    d = now.direction(forcing, floor, majorant)
                except GeoflowError as error:
                    return now.end(f"no Newton step: {error}")
                predicted = dot(now.r, d)
                if predicted < 0.0:
                    return now.end("no Newton step: the hessian is not positive definite")
                found = now.length(d, predicted)
        if found is None:
            return now.end(NO_DESCENT)
        (length, new), before = found, (now.y, now.r, now.exact)
        now.step(new, d, length)
        promised = 0.5 * predicted
        if predicted <= now.noise and now.size > 0.25 * size:  # rounding has the last word
            if now.size >= size:
                now.y, now.r, now.exact = before
            return now.end(promised=promised)
        if to_rounding:
            now.noise = stage.rounding(now.y, now.value)
            promised = min(promised, now.to_come(predicted * (now.size / size) ** 2 <= FAR_BELOW * now.noise))
            if promised <= FAR_BELOW * now.noise:
                return now.end(promised=promised)
    return now.end(ENDLESS)
