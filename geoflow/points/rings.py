"""Chains of points along a ring, named by angles: taken apart, thinned out, and sewn to the chain below with triangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.protocols import Array, Mask

TURN = 2.0 * np.pi


@dataclass(frozen=True, eq=False)
class Chain:
    """Neighbours along a ring, by rising angle: theta (n,), rows of the mesh ids (n,), x (n, d), and which go on, alive (n,).

    A closed ring repeats its first point, a turn later, as its last.
    """

    theta: Array
    ids: np.ndarray
    x: Array
    alive: Mask

    @property
    def closed(self) -> bool:
        """Whether the last point is the first."""
        return len(self.ids) > 1 and self.ids[0] == self.ids[-1]

    def part(self, rows: slice | np.ndarray) -> Chain:
        """Some of it."""
        return Chain(self.theta[rows], self.ids[rows], self.x[rows], self.alive[rows])

    def from_row(self, k: int) -> Chain:
        """A closed ring that begins, and ends, at another of its points."""
        rows = np.concatenate([np.arange(k, len(self.ids) - 1), np.arange(0, k + 1)])
        turned = self.part(rows)
        late = np.arange(len(rows)) >= len(self.ids) - 1 - k
        return Chain(turned.theta + TURN * late, turned.ids, turned.x, turned.alive)

    def runs(self) -> list[Chain]:
        """The stretches that go on, each with the ended neighbours at its ends; a closed ring stays whole if all of it does."""
        if not np.any(self.alive):
            return []
        if np.all(self.alive):
            return [self]
        chain = self.from_row(int(np.argmin(self.alive))) if self.closed else self
        edges = np.flatnonzero(np.diff(np.concatenate([[False], chain.alive, [False]]).astype(int)))
        ends = zip(edges[::2], edges[1::2], strict=True)
        return [chain.part(slice(max(a - 1, 0), min(b + 1, len(chain.ids)))) for a, b in ends]

    def living(self) -> Chain:
        """Without the ended neighbours."""
        return self.part(np.flatnonzero(self.alive))

    def split(self, parted: Mask) -> list[Chain]:
        """The pieces between which neighbours have parted company."""
        if not np.any(parted):
            return [self]
        chain, cuts = self, np.flatnonzero(parted)
        if self.closed:
            chain = self.from_row(int(cuts[0]) + 1)
            chain = chain.part(slice(0, -1))  # from after the first cut round to before it
            cuts = cuts[1:] - cuts[0] - 1
        starts = np.concatenate([[0], cuts + 1])
        return [chain.part(slice(a, b)) for a, b in zip(starts, [*starts[1:], len(chain.ids)], strict=True)]

    def with_more(self, where: np.ndarray, theta: Array, ids: np.ndarray, x: Array) -> Chain:
        """With points put in before these rows."""
        return Chain(
            np.insert(self.theta, where, theta),
            np.insert(self.ids, where, ids),
            np.insert(self.x, where, x, axis=0),
            np.insert(self.alive, where, True),
        )


def thinned(chain: Chain, target: Array) -> Chain:
    """Without points that are closer to the one before than half of what they should be; both ends stay."""
    kept, last = [0], len(chain.ids) - 1
    for k in range(1, last):
        room = 0.5 * target[k - 1]
        if np.linalg.norm(chain.x[k] - chain.x[kept[-1]]) >= room and np.linalg.norm(chain.x[last] - chain.x[k]) >= room:
            kept.append(k)
    return chain.part(np.array([*kept, last] if last else [0]))


def sewn(lower: Chain, upper: Chain) -> list[tuple[int, int, int]]:
    """The triangles between a ring and a piece of the next, which turn as the angles do."""
    a, b = _beside(lower, upper), upper
    i = j = 0
    triangles = []
    while i < len(a.ids) - 1 or j < len(b.ids) - 1:
        if i == len(a.ids) - 1:
            step = True
        elif j == len(b.ids) - 1:
            step = False
        elif a.theta[i + 1] == b.theta[j + 1]:
            step = bool(np.linalg.norm(b.x[j + 1] - a.x[i]) < np.linalg.norm(a.x[i + 1] - b.x[j]))
        else:
            step = bool(b.theta[j + 1] < a.theta[i + 1])
        if step:
            triangles.append((int(a.ids[i]), int(b.ids[j]), int(b.ids[j + 1])))
            j += 1
        else:
            triangles.append((int(a.ids[i]), int(b.ids[j]), int(a.ids[i + 1])))
            i += 1
    return triangles


def _beside(lower: Chain, upper: Chain) -> Chain:
    """The part of the lower chain that the upper one has grown from."""
    if lower.closed and upper.theta[0] > lower.theta[0]:  # the piece may run on over the seam
        again = lower.part(slice(1, None))
        lower = Chain(
            np.append(lower.theta, again.theta + TURN),
            np.append(lower.ids, again.ids),
            np.append(lower.x, again.x, axis=0),
            np.append(lower.alive, again.alive),
        )
    first, last = upper.theta[0], upper.theta[-1]
    inside = (lower.theta >= first) & (lower.theta <= last)
    rows = np.flatnonzero(inside)
    if not len(rows):
        rows = np.array([int(np.argmin(np.abs(lower.theta - 0.5 * (first + last))))])
    before, after = rows[0], rows[-1] + 1
    if before > 0 and not lower.alive[before - 1]:
        before -= 1
    if after < len(lower.ids) and not lower.alive[after]:
        after += 1
    return lower.part(slice(before, after))
