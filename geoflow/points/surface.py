"""Two-dimensional invariant manifolds as triangle meshes: rings of equal energy around an equilibrium, W as the clock.

    dx/dW = ∇W / |∇W|²

Every vertex lies on a trajectory that starts on the germ, on a small ring W = W* + ε, and is named by its angle there. A ring
that has stretched gets trajectories between, each carried out from the small ring and not interpolated, so that all
vertices are as exact as the first; where it has shrunk some end. A trajectory also ends at the bounds, or at another equilibrium.
Between two rings the angles say who is whose neighbour; of two diagonals the shorter is taken. (Krauskopf et al. 2005 compare
such methods, for vector fields that have no energy to be rings of.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from geoflow.points.germ import Germ
from geoflow.points.rings import Chain, sewn, thinned
from geoflow.protocols import Array, Mask

LEAVE = 1e-3  # the long half axis of the small ring, in sides of the box
FIRST = 8  # trajectories
RTOL = 1e-10
STOP = 0.05  # of the slope one triangle away from the equilibrium: below it another equilibrium is reached
ANGLE = 1e-13  # between trajectories: closer ones that part company cannot be told apart
GENTLE = 0.3  # of the median slope of a ring: the gentlest that the rise to the next ring heeds
MOST_RINGS = 1000


@dataclass(frozen=True, eq=False)
class Surface:
    """A two-dimensional manifold.

    Attributes
    ----------
    saddle : (d,)
        The equilibrium, which is the first vertex.
    points : (m, d)
        Vertices. A marble flows from each into the saddle, or, on an unstable manifold, out of it.
    triangles : (k, 3)
        Rows of points, all turning the same way.
    value : (m,)
        V at the vertices: equal along a ring.
    """

    saddle: Array
    points: Array
    triangles: np.ndarray
    value: Array

    def to_pyvista(self) -> Any:
        """A ``pyvista.PolyData`` with V as point data "V"; d = 3."""
        import pyvista as pv

        faces = np.column_stack([np.full(len(self.triangles), 3), self.triangles]).ravel()
        mesh = pv.PolyData(self.points, faces)
        mesh.point_data["V"] = self.value
        return mesh


def surface(germ: Germ, lo: Array, hi: Array, spacing: float) -> Surface:
    """The manifold of a germ with two directions, as far as the box goes."""
    sheet = _Sheet(germ, lo, hi, spacing)
    theta = 0.1 + 2.0 * np.pi * np.arange(FIRST + 1) / FIRST  # off the axes, where symmetric potentials have their equilibria
    level = sheet.start + 0.5 * float(np.min(germ.rates)) * spacing**2
    points, alive = sheet.carried(theta[:-1], level)
    ids = sheet.added(points)
    seam = np.append(np.arange(FIRST), 0)
    chain = Chain(theta, ids[seam], points[seam], alive[seam])
    chains = sheet.refined(chain, level, None)
    for piece in chains:
        sheet.triangles += [(0, a, b) for a, b in zip(piece.ids[:-1], piece.ids[1:], strict=True)]
    for _ in range(MOST_RINGS):
        runs = [run for piece in chains for run in piece.runs()]
        if not runs:
            break
        slopes = np.concatenate([np.linalg.norm(germ.slopes(r.x[r.alive]), axis=1) for r in runs])
        rise = spacing * float(np.clip(1.5 * np.min(slopes), GENTLE * np.median(slopes), np.median(slopes)))
        chains = [piece for run in runs for piece in sheet.next_ring(run, level, level + rise)]
        level += rise
    x = np.concatenate(sheet.points)
    return Surface(germ.x, x, np.array(sheet.triangles, dtype=np.int64).reshape(-1, 3), germ.land.values(x))


class _Sheet:
    """The mesh while it grows."""

    def __init__(self, germ: Germ, lo: Array, hi: Array, spacing: float) -> None:
        self.germ, self.lo, self.hi, self.spacing = germ, lo, hi, spacing
        self.points: list[Array] = [germ.x[None]]
        self.triangles: list[tuple[int, int, int]] = []
        self.count = 1
        self.slow = STOP * spacing * float(np.min(germ.rates))
        self.base = float(germ.values(germ.x[None])[0])
        self.start = self.base + 0.5 * float(np.min(germ.rates)) * (LEAVE * float(np.max(hi - lo))) ** 2

    def added(self, points: Array) -> np.ndarray:
        """New vertices, and their rows."""
        self.points.append(points)
        self.count += len(points)
        return np.arange(self.count - len(points), self.count)

    def carried(self, theta: Array, level: float) -> tuple[Array, Mask]:
        """The trajectories of these angles, from the small ring up to a level."""
        half = np.sqrt(2.0 * (self.start - self.base) / self.germ.rates)
        x = self.germ.at(half * np.stack([np.cos(theta), np.sin(theta)], axis=1))
        for _ in range(3):  # onto the level itself, along the gradient
            p = self.germ.slopes(x)
            x = x + (self.start - self.germ.values(x))[:, None] * p / np.sum(p * p, axis=1, keepdims=True)
        return self.risen(x, self.start, level)

    def risen(self, x: Array, level: float, top: float) -> tuple[Array, Mask]:
        """Points (m, d) carried up from one level to another; and which were not stopped by the bounds or an equilibrium."""
        x, alive = x.copy(), np.ones(len(x), dtype=bool)
        shape = (-1, x.shape[1])

        def field(level: float, y: Array) -> Array:
            p = self.germ.slopes(y.reshape(shape))
            return (p / np.sum(p * p, axis=1, keepdims=True)).ravel()

        def resting(level: float, y: Array) -> float:
            return float(np.min(np.linalg.norm(self.germ.slopes(y.reshape(shape)), axis=1))) - self.slow

        resting.terminal, resting.direction = True, -1.0  # type: ignore[attr-defined]
        while level < top and np.any(alive):
            scale = RTOL * float(np.max(self.hi - self.lo))
            with np.errstate(all="ignore"):
                run = solve_ivp(
                    field, (level, top), x[alive].ravel(), "DOP853", dense_output=True, events=resting, rtol=RTOL, atol=scale
                )
            ended = run.y[:, -1].reshape(shape)
            outside = np.any((ended < self.lo) | (ended > self.hi), axis=1)
            ended[outside] = self._exits(run.sol, level, float(run.t[-1]), shape, outside)
            slope = np.linalg.norm(self.germ.slopes(ended), axis=1)
            arrived = slope <= 1.001 * (self.slow if run.status == 1 else np.min(slope)) if run.status else slope < 0.0
            x[alive] = ended
            alive[alive] = ~outside & ~arrived
            level = float(run.t[-1])
        return x, alive

    def _exits(self, path: Any, level: float, top: float, shape: tuple, outside: Mask) -> Array:
        """Where trajectories leave the box, by bisection on the way from one level to another."""
        rows = np.flatnonzero(outside)
        low, high = np.full(len(rows), level), np.full(len(rows), top)
        for _ in range(50 if len(rows) else 0):
            middle = 0.5 * (low + high)
            x = np.stack([path(t).reshape(shape)[k] for k, t in zip(rows, middle, strict=True)])
            out = np.any((x < self.lo) | (x > self.hi), axis=1)
            low, high = np.where(out, low, middle), np.where(out, middle, high)
        return np.array([path(t).reshape(shape)[k] for k, t in zip(rows, low, strict=True)]).reshape(shape)

    def refined(self, chain: Chain, level: float, rise: float | None) -> list[Chain]:
        """The chain with trajectories put in where neighbours are too far apart; in pieces where they part company."""
        parted: Mask = np.zeros(len(chain.theta) - 1, dtype=bool)
        while True:
            gap = np.linalg.norm(np.diff(chain.x, axis=0), axis=1)
            wide = chain.alive[:-1] & chain.alive[1:] & ~parted & (gap > 1.5 * self._target(chain, rise))
            parted |= wide & (np.diff(chain.theta) < ANGLE)
            where = np.flatnonzero(wide & ~parted)
            if not len(where):
                return chain.split(parted)
            theta = 0.5 * (chain.theta[where] + chain.theta[where + 1])
            points, alive = self.carried(theta, level)
            parted[where[~alive]] = True
            where, theta, points = where[alive], theta[alive], points[alive]
            chain = chain.with_more(where + 1, theta, self.added(points), points)
            parted = np.insert(parted, where, False)

    def _target(self, chain: Chain, rise: float | None) -> Array:
        """How long the edges of a ring should be: as far as the last ring is away, within bounds; of the first, None, 0.7."""
        if rise is None:
            return np.full(len(chain.theta) - 1, 0.7 * self.spacing)
        away = rise / np.linalg.norm(self.germ.slopes(chain.x), axis=1)
        return np.clip(0.5 * (away[1:] + away[:-1]), 0.3 * self.spacing, 1.5 * self.spacing)

    def next_ring(self, run: Chain, level: float, top: float) -> list[Chain]:
        """A run of trajectories carried up by one ring, and the strip of triangles between."""
        living = run.living()
        moved, alive = self.risen(living.x, level, top)
        if living.closed:
            moved[-1], alive[-1] = moved[0], alive[0]
        upper = Chain(living.theta, living.ids, moved, alive)
        upper = thinned(upper, self._target(upper, top - level))
        ids = self.added(upper.x[:-1] if living.closed else upper.x)
        upper = Chain(upper.theta, np.append(ids, ids[0]) if living.closed else ids, upper.x, upper.alive)
        pieces = self.refined(upper, top, top - level)
        for piece in pieces:
            self.triangles += sewn(run, piece)
        return pieces
