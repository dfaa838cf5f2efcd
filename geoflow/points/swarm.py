"""Many marbles at once, each with steps of its own, followed until it is known where they end.

    x' = −∇V(x)        for every row of x : (m, d)

The pair of `RK32`, row by row, on whole arrays: where the steps of `evolve` are one for all, a marble on a steep slope would
hold up a thousand others. A row that stays long goes on by Shampine and Reichelt's Rosenbrock pair (SIAM J. Sci. Comput. 18,
1997, ode23s), W = I + γτ d²V solved block by block: L-stable, so no narrow valley holds it. Either way a step is accepted if
its error is within the tolerance and V does not rise beyond its rounding.

A marble in a trap, a ball around a minimum m in which ⟨∇V(x), x − m⟩ > 0, comes ever closer to m, so it is followed no further.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from scipy.spatial import KDTree

from geoflow.energies.potential import Marbles
from geoflow.protocols import Array, Mask
from geoflow.solvers.threads import strips
from geoflow.steppers.rk32 import bogacki_shampine

LEFT, AT_REST, TIRED = -1, -2, -3
CHUNK = 16_384  # rows that go together: a few arrays of so many fit into a core's cache
LOOK = 4  # steps between two looks at who is done
PATIENT = 300  # steps until a row goes on by the L-stable pair
MOST = 2_000  # steps
STRIDE = 0.05  # the longest step, in sides of the box: no trap and no pass is jumped over unseen
STILL = 1e-9  # a step so short, in sides of the box, is rest
WILD = 1e6  # or the end of the numbers, where the speed is so many times the usual one at the starts
GAMMA, E32 = 1.0 / (2.0 + sqrt(2.0)), 6.0 + sqrt(2.0)


@dataclass(frozen=True, eq=False)
class Traps:
    """Balls around minima, (k, d) and (k,), that no marble leaves."""

    centres: Array
    radii: Array
    tree: KDTree | None = field(default=None, repr=False)

    @classmethod
    def around(cls, centres: Array, radii: Array) -> Traps:
        """The traps that are there: those of positive radius."""
        return cls(centres, radii, KDTree(centres) if np.any(radii > 0.0) else None)

    def holding(self, x: Array) -> np.ndarray:
        """The number of the trap that each row of x is in, of those whose centre is the nearest; −1 for none."""
        if self.tree is None:
            return np.full(len(x), -1)
        distance, nearest = self.tree.query(x, distance_upper_bound=float(np.max(self.radii)))
        near = np.minimum(nearest, len(self.radii) - 1)
        return np.where(distance < self.radii[near], near, -1)


@dataclass(frozen=True, eq=False)
class Swarm:
    """A potential, the box (d,), (d,) that its marbles are followed in, and the error a step may have, in sides of the box."""

    land: Marbles
    lo: Array
    hi: Array
    rtol: float

    def follow(self, starts: Array, traps: Traps) -> tuple[np.ndarray, Array]:
        """Where each start : (m, d) ends: the number of a trap, LEFT, AT_REST or TIRED, (m,); and the last place, (m, d)."""
        fate, ends = np.full(len(starts), TIRED), np.array(starts)
        chunks = -(-len(starts) // CHUNK)

        def some(first: int, last: int) -> None:
            for k in range(first, last):  # every so many-th start: the chunks then take about the same time
                fate[k::chunks], ends[k::chunks] = self._follow(starts[k::chunks], traps)

        if self.land.potential.derivatives == "exact":
            strips(some, (0, chunks), starts.size)
        else:
            some(0, chunks)  # a user's function may not bear being called from two threads
        return fate, ends

    def _follow(self, starts: Array, traps: Traps) -> tuple[np.ndarray, Array]:
        """`follow` for one chunk."""
        fate, ends = np.full(len(starts), TIRED), np.array(starts)
        with np.errstate(all="ignore"):
            rows = _Rows.at(self, starts)
            usual = float(np.nanmedian(rows.pace)) or 1.0
            for step in range(MOST):
                if step % LOOK == 0:
                    found = traps.holding(rows.x)
                    found = np.where(found >= 0, found, TIRED)
                    still = rows.pace * rows.tau <= STILL
                    found[still] = np.where(rows.pace[still] > WILD * usual, LEFT, AT_REST)
                    found[np.any((rows.x < self.lo) | (rows.x > self.hi), axis=1) | ~np.isfinite(rows.pace)] = LEFT
                    done = found != TIRED
                    if np.any(done):
                        fate[rows.which[done]], ends[rows.which[done]] = found[done], rows.x[done]
                        rows = rows.keep(~done)
                    if len(rows.which) == 0:
                        return fate, ends
                rows = rows.stepped(self, step >= PATIENT)
        ends[rows.which] = rows.x
        return fate, ends


@dataclass(frozen=True, eq=False)
class _Rows:
    """Marbles on their way: which they are, x, v = −∇V, V, the next step τ, and |v| in sides of the box a unit of time."""

    which: np.ndarray
    x: Array
    v: Array
    value: Array
    tau: Array
    pace: Array

    @classmethod
    def at(cls, swarm: Swarm, starts: Array) -> _Rows:
        x = np.array(starts, order="F")  # coordinate by coordinate, as formulas read it
        v = -swarm.land.differential(x)
        pace = _widest(v, swarm.hi - swarm.lo)
        return cls(np.arange(len(x)), x, v, swarm.land.values(x), np.where(pace > 0.0, 0.2 * STRIDE / pace, 1.0), pace)

    def keep(self, mask: Mask) -> _Rows:
        x, v = (np.array(a.T[:, mask]).T for a in (self.x, self.v))
        return _Rows(self.which[mask], x, v, self.value[mask], self.tau[mask], self.pace[mask])

    def stepped(self, swarm: Swarm, stiff: bool) -> _Rows:
        """After one step each; a row whose step is not accepted stays, and tries a shorter one next."""
        side, tau = swarm.hi - swarm.lo, self.tau[:, None]

        def arrive(c: float, y: Array) -> tuple[Array, Array]:
            return y, -swarm.land.differential(y)

        if stiff:
            new, v, error = _rosenbrock(swarm.land, self.x, tau, self.v)
        else:
            new, (*_, v), error = bogacki_shampine(arrive, self.x, tau, self.v)
        value = swarm.land.values(new)
        ratio = _widest(error, side) / swarm.rtol
        rise = value - self.value - 8.0 * np.finfo(np.float64).eps * np.maximum(np.abs(self.value), 1.0)
        good = (ratio <= 1.0) & (rise <= 0.0)  # false for nan
        factor = np.clip(0.9 * np.maximum(ratio, 1e-10) ** (-1.0 / 3.0), 0.2, 5.0)
        factor = np.where(good, factor, np.where(ratio > 1.0, np.minimum(factor, 0.9), 0.25))
        kept = good[:, None]
        x, v = np.where(kept, new, self.x), np.where(kept, v, self.v)
        pace = _widest(v, side)
        longest = np.where(pace > 0.0, STRIDE / pace, np.inf)
        return _Rows(self.which, x, v, np.where(good, value, self.value), np.minimum(self.tau * factor, longest), pace)


def _widest(a: Array, side: Array) -> Array:
    """The largest entry of each row of a : (m, d), in sides of the box; rows lie side by side in memory, so along them."""
    return np.max(np.abs(a.T) / side[:, None], axis=0)


def _rosenbrock(land: Marbles, x: Array, tau: Array, v0: Array) -> tuple[Array, Array, Array]:
    """One step of ode23s for each row: the new states, the speeds there, the errors; nan where W is singular."""
    w = np.eye(x.shape[1]) + GAMMA * tau[:, :, None] * land.blocks(x)
    fine = np.all(np.isfinite(w), axis=(1, 2))
    fine[fine] = np.linalg.det(w[fine]) != 0.0  # a batch of inverses stops at the first matrix that has none
    inverse = np.linalg.inv(np.where(fine[:, None, None], w, np.eye(x.shape[1])))

    def solve(b: Array) -> Array:
        return np.where(fine[:, None], np.einsum("mij,mj->mi", inverse, b), np.nan)

    k1 = solve(v0)
    v1 = -land.differential(x + 0.5 * tau * k1)
    k2 = solve(v1 - k1) + k1
    new = x + tau * k2
    v2 = -land.differential(new)
    k3 = solve(v2 - E32 * (k2 - v1) - 2.0 * (k1 - v0))
    return new, v2, tau / 6.0 * (k1 - 2.0 * k2 + k3)
