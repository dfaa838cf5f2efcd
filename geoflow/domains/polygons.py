"""What an outline leaves of the cells it cuts: polygons, the chords of the outline among their edges, and triangles of them.

A polygon has three to five vertices, anticlockwise: a cell's inside and held corners, and the cut points on its edges. A
triangle is itself; a pentagon is a fan from the corner opposite its cut; a quadrilateral is the mean of its two diagonal
splits, or where one of them has an angle under SHARP, the better one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, radians, tan
from typing import Any

import numpy as np

from geoflow.domains.crossings import HELD, INSIDE, OUTSIDE, Nodes
from geoflow.domains.outline import Integers
from geoflow.protocols import Array, Mask
from geoflow.solvers.kernels import kernel

MOST = 5  # vertices
NONE = -1
SHARP = radians(15.0)
SURELY = 1.01 * tan(SHARP)  # tangent of an angle from which on none need be asked whether it is under SHARP
FAN = np.array([(0, 1, 2), (0, 2, 3), (0, 3, 4)])
SPLITS = np.array([(0, 1, 2), (0, 2, 3), (0, 1, 3), (1, 2, 3)])  # of a quadrilateral: two triangles along each diagonal
AFTER, BEFORE = (1, 2, 0), (2, 0, 1)


@dataclass(frozen=True, eq=False)
class Polygons:
    """What is left of m cells: rings of vertices, (m, 5), padded with NONE; and the flat index of each one's cell.

    A vertex is the flat index of a node, or ny nx + the index of a cut point, or an index into a list of these.
    """

    ring: Integers
    cell: Integers

    @classmethod
    def of(cls, nodes: Nodes) -> tuple[Polygons, int | None]:
        """Of all cells that are neither whole nor outside, those with three vertices or more; the first that makes no sense."""
        ring = np.full((4 * len(nodes.held) + 2 * len(nodes.edges), MOST), NONE)  # each such cell has one of these beside it
        cell = np.empty(len(ring), dtype=np.int64)
        count, confused = _rings(nodes.state, nodes.edges, ring, cell)
        return cls(ring[:count], cell[:count]), None if confused == NONE else confused

    @property
    def length(self) -> Integers:
        """How many vertices each has."""
        return np.count_nonzero(self.ring != NONE, axis=1)

    def take(self, which: Integers | Mask) -> Polygons:
        """Some of them."""
        return Polygons(self.ring[which], self.cell[which])

    def chords(self, wire: Mask) -> tuple[Integers, Integers]:
        """The edges of one polygon alone whose ends are both vertices on the wire, (c,) and (c,): where each begins and ends."""
        edges = np.empty((2, self.ring.size), dtype=np.int64)
        start, end = edges[:, : _chords(self.ring, wire, edges)]
        return start, end

    def split(self, x: Array, y: Array, least: float) -> tuple[Integers, Array, Array, Integers, Integers]:
        """Their triangles, by cell and slot, without those no larger than least, whose vertices are at x, y.

        Corners (t, 3), the share of the domain each has, its area, its cell and its number there, the slot, (t,) each.
        """
        room = len(SPLITS) * len(self.ring)
        corners, numbers, sizes = np.empty((room, 3), np.int64), np.empty((2, room), np.int64), np.empty((2, room))
        count = _split(self.ring, self.cell, x, y, least, corners, *numbers, *sizes)
        (cell, slot), (share, area) = numbers[:, :count], sizes[:, :count]
        return corners[:count], share, area, cell, slot


@kernel
def _mixed(state: Any, i: int, flags: Any) -> None:
    """Flag the cells of a row that are neither whole nor outside: INSIDE is a bit, HELD another one, OUTSIDE none."""
    low, high, low_next, high_next = state[i], state[i + 1], state[i, 1:], state[i + 1, 1:]
    for j in range(low_next.shape[0]):
        some = low[j] | high[j] | low_next[j] | high_next[j]
        flags[j] = some & HELD | some & INSIDE & ~(low[j] & high[j] & low_next[j] & high_next[j])


@kernel
def _rings(state: Any, edges: Any, ring: Any, kept: Any) -> tuple[int, int]:
    """Note the rings of cells; how many there are, and the first cell that has too many vertices, or a cut without a place."""
    ny, nx = state.shape
    words = np.zeros((nx + 7) // 8, np.uint64)  # eight cells each, of which most are like their neighbours
    flags, slots, upright = words.view(np.int8), np.empty(8, np.int64), np.searchsorted(edges, ny * nx)
    places, count = np.array([0, upright, 0, upright]), 0  # of the edges met last: bottom, right, top, left
    for i in range(ny - 1):
        _mixed(state, i, flags)
        for word in range(words.shape[0]):
            if words[word] == 0:
                continue
            for j in range(8 * word, min(8 * word + 8, nx - 1)):
                if not flags[j]:
                    continue
                if count == len(ring) or not _slots(state, edges, i, j, places, slots):
                    return count, i * (nx - 1) + j
                length = _ring(slots, ring[count])
                if length > MOST:
                    return count, i * (nx - 1) + j
                if length >= 3:
                    kept[count] = i * (nx - 1) + j
                    count += 1
    return count, NONE


@kernel
def _slots(state: Any, edges: Any, i: int, j: int, places: Any, slots: Any) -> bool:
    """A cell's corners and, between them, the cuts of its edges, or NONE; whether all cuts have a place."""
    ny, nx = state.shape
    node = i * nx + j
    for k in range(4):
        up, right, up_next, right_next = k // 2, (k + 1) // 2 % 2, (k + 1) % 4 // 2, (k + 2) // 2 % 2
        here, there = state[i + up, j + right], state[i + up_next, j + right_next]
        slots[2 * k], slots[2 * k + 1] = node + up * nx + right if here != OUTSIDE else NONE, NONE
        if here + there == INSIDE + OUTSIDE:
            edge = node + k // 2 * nx if k % 2 == 0 else ny * nx + node + (1 if k == 1 else 0)
            while places[k] < len(edges) and edges[places[k]] < edge:  # they grow along with the cells
                places[k] += 1
            if places[k] == len(edges) or edges[places[k]] != edge:
                return False
            slots[2 * k + 1] = ny * nx + places[k]
    return True


@kernel
def _ring(slots: Any, ring: Any) -> int:
    """The vertices among the slots of a cell, of five from the corner opposite the cut; how many there are."""
    length, outside, taken = 0, 0, 0
    for k in range(8):
        length += slots[k] != NONE
    while outside < 8 and slots[outside] != NONE:
        outside += 2
    first = (outside + 4) % 8 if length == MOST else 0
    for k in range(8):
        slot = slots[(first + k) % 8]
        if slot != NONE and taken < MOST:
            ring[taken] = slot
            taken += 1
    for k in range(length if length >= 3 else 0, MOST):
        ring[k] = NONE
    return length


@kernel
def _chords(ring: Any, wire: Any, edges: Any) -> int:
    """Note the edges that occur once; how many these are."""
    last, before = np.full(len(wire), NONE), np.full(ring.size, NONE)  # the last edge from each vertex, and the one before each
    twice, count = np.zeros(ring.size, np.uint8), 0
    for p in range(ring.shape[0]):
        for k in range(ring.shape[1]):
            start = ring[p, k]
            if start == NONE or not wire[start]:
                continue
            end = ring[p, k + 1] if k + 1 < ring.shape[1] and ring[p, k + 1] != NONE else ring[p, 0]
            if not wire[end]:
                continue
            for a, b in ((start, end), (end, start)):
                other = last[a]
                while other != NONE:
                    if edges[1, other] == b:
                        twice[other] = twice[count] = 1
                    other = before[other]
            edges[0, count], edges[1, count] = start, end
            before[count], last[start] = last[start], count
            count += 1
    once = 0
    for k in range(count):
        if not twice[k]:
            edges[0, once], edges[1, once] = edges[0, k], edges[1, k]
            once += 1
    return once


@kernel
def _split(ring: Any, cells: Any, x: Any, y: Any, least: float, corners: Any, cell: Any, slot: Any, share: Any, area: Any) -> int:
    """Note the triangles of each polygon; how many there are."""
    count = 0
    for p in range(ring.shape[0]):
        length = 0
        while length < ring.shape[1] and ring[p, length] != NONE:
            length += 1
        one = _part(ring[p], x, y) if length == 4 else 1.0
        for number in range(4 if length == 4 else length - 2):
            portion = one if length != 4 or number < 2 else 1.0 - one
            pattern = SPLITS[number] if length == 4 else FAN[number]
            a, b, c = ring[p, pattern[0]], ring[p, pattern[1]], ring[p, pattern[2]]
            size = 0.5 * ((x[b] - x[a]) * (y[c] - y[a]) - (x[c] - x[a]) * (y[b] - y[a]))
            if portion > 0.0 and size > least:
                corners[count, 0], corners[count, 1], corners[count, 2] = a, b, c
                cell[count], slot[count], share[count], area[count] = cells[p], number, portion, size
                count += 1
    return count


@kernel
def _part(ring: Any, x: Any, y: Any) -> float:
    """The part that a quadrilateral's first split has in its mean."""
    sharp = False
    for number in range(4):
        for k in range(3):
            sine, cosine = _turn(ring, SPLITS[number], k, x, y)
            sharp = sharp or sine <= SURELY * max(cosine, 0.0)
    if not sharp:
        return 0.5
    sharpest = np.full(2, np.inf)
    for number in range(4):
        for k in range(3):
            sine, cosine = _turn(ring, SPLITS[number], k, x, y)
            sharpest[number // 2] = min(sharpest[number // 2], atan2(sine, cosine))
    if not min(sharpest[0], sharpest[1]) < SHARP or abs(sharpest[0] - sharpest[1]) <= 1e-9:
        return 0.5
    return 1.0 if sharpest[0] > sharpest[1] else 0.0


@kernel
def _turn(ring: Any, pattern: Any, k: int, x: Any, y: Any) -> tuple[float, float]:
    """Sine and cosine of the angle at a triangle's corner, times the lengths of the two sides beside it."""
    own, after, before = ring[pattern[k]], ring[pattern[AFTER[k]]], ring[pattern[BEFORE[k]]]
    ax, ay, bx, by = x[after] - x[own], y[after] - y[own], x[before] - x[own], y[before] - y[own]
    return ax * by - ay * bx, ax * bx + ay * by
