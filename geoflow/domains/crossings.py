"""Where an outline crosses the lines of a grid, which nodes it encloses, and which nodes are moved onto it.

Snapping: a node that has a crossing within SNAP of a spacing on one of its four grid edges moves onto it. What is left to cut
then is no closer to a node than that, so that no cut leaves a sliver. Lengths are in spacings here: node (i, j) is at (j, i).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geoflow.domains.outline import Integers, Outline, Places
from geoflow.errors import BadInput, TooCoarse
from geoflow.protocols import Array, Mask
from geoflow.solvers import memory
from geoflow.solvers.kernels import kernel

SNAP = 1.0 / 3.0  # of a spacing; slivers have angles of at least atan SNAP, and less moves fewer nodes by less
NARROW = 2.0  # spacings: what a part of the domain must be wide at least
TIP = 8.0  # spacings along the wire within which it comes round a tip, and is not another part of it
OUTSIDE, INSIDE, HELD = np.int8(0), np.int8(1), np.int8(2)


@dataclass(frozen=True, eq=False)
class Crossings:
    """Crossings of an outline with the rows of a grid, or its columns: (k,) each.

    Attributes
    ----------
    line : which row, or column
    at : how far along it
    segment, fraction : the place on the outline
    """

    line: Integers
    at: Array
    segment: Integers
    fraction: Array

    def take(self, which: Integers | Mask) -> Crossings:
        """Some of them."""
        return Crossings(self.line[which], self.at[which], self.segment[which], self.fraction[which])

    @property
    def place(self) -> Places:
        """(segment, fraction)."""
        return self.segment, self.fraction


def crossings(along: Array, across: Array, following: Integers) -> tuple[Crossings, Crossings]:
    """Crossings of an outline's segments with the lines across = 0, 1, 2 …, and its points that lie on such a line.

    A segment crosses the lines from its lower end, which counts, to its upper end, which does not, so that a point on a line
    is crossed once where the outline passes through, and twice or never where it only touches.
    """
    above = np.ceil(across).astype(np.int64)
    count, touching = _counts(across, above, following)
    found = Crossings(np.empty(count, np.int64), np.empty(count), np.empty(count, np.int64), np.empty(count))
    touches = Crossings(np.empty(touching, np.int64), np.empty(touching), np.empty(touching, np.int64), np.zeros(touching))
    _cross(along, across, above, following, found.line, found.segment, found.fraction, found.at)
    _touch(along, across, above, touches.line, touches.segment, touches.at)
    return found, touches


@kernel
def _counts(across: Any, above: Any, following: Any) -> tuple[int, int]:
    """How many crossings there are, and how many points on lines."""
    count, touching = 0, 0
    for k in range(across.shape[0]):
        count += abs(above[following[k]] - above[k])
        touching += across[k] == above[k]
    return count, touching


@kernel
def _cross(along: Any, across: Any, above: Any, following: Any, line: Any, segment: Any, fraction: Any, at: Any) -> None:
    """The crossings of each segment with the lines between its ends, the lowest line first."""
    count = 0
    for k in range(along.shape[0]):
        after = following[k]
        for number in range(min(above[k], above[after]), max(above[k], above[after])):
            part = (number - across[k]) / (across[after] - across[k])
            line[count], segment[count], fraction[count] = number, k, part
            at[count] = _settled(along[k] + part * (along[after] - along[k]))
            count += 1


@kernel
def _touch(along: Any, across: Any, above: Any, line: Any, segment: Any, at: Any) -> None:
    """The points that lie on lines."""
    count = 0
    for k in range(along.shape[0]):
        if across[k] == above[k]:
            line[count], segment[count], at[count] = above[k], k, along[k]
            count += 1


@kernel
def _settled(position: float) -> float:
    """A position, or the integer that it means."""
    near = np.rint(position)
    return near if abs(position - near) < 1e-9 else position


@kernel
def _in_spacings(points: Any, axis: int, origin: float, spacing: float) -> Any:
    """One coordinate of points."""
    out = np.empty(points.shape[0])
    for k in range(out.shape[0]):
        out[k] = _settled((points[k, axis] - origin) / spacing)
    return out


@dataclass(frozen=True, eq=False)
class Nodes:
    """What the outline says of the nodes of a grid.

    Attributes
    ----------
    state : (ny, nx)
        OUTSIDE, INSIDE, or HELD: moved onto the outline.
    held : (m,)
        The flat indices of the held nodes, increasing, and the places they moved to.
    edges : (k,)
        The edges from an inside to an outside node, increasing, and the places where they are cut: edge i nx + j is the one
        from node (i, j) to (i, j + 1), edge ny nx + i nx + j the one to (i + 1, j).
    """

    state: np.ndarray
    held: Integers
    held_place: Places
    edges: Integers
    edge_place: Places


def nodes(outline: Outline, bounds: tuple[float, float, float, float], shape: tuple[int, int]) -> Nodes:
    """Sort the nodes of a grid. Refuses an outline that is too narrow for it, by place, or goes beyond it."""
    (x0, x1, y0, y1), (ny, nx) = bounds, shape
    hx, hy = (x1 - x0) / (nx - 1), (y1 - y0) / (ny - 1)
    x, y = _in_spacings(outline.points, 0, x0, hx), _in_spacings(outline.points, 1, y0, hy)
    if not (np.min(x) >= 0.0 and np.max(x) <= nx - 1 and np.min(y) >= 0.0 and np.max(y) <= ny - 1):
        raise BadInput("bounds", bounds, f"the outline goes beyond them: its own are {outline.bounds}")
    (rows, on_rows), (columns, on_columns) = crossings(x, y, outline.following), crossings(y, x, outline.following)
    order = _by_line(rows.line, rows.at, ny)
    _refuse_narrow(outline, rows, order, hx)
    _refuse_narrow(outline, columns, _by_line(columns.line, columns.at, nx), hy)
    held, place = _snapped(((rows, 1, nx), (on_rows, 1, nx), (columns, nx, 1), (on_columns, nx, 1)))
    state = memory.empty((ny, nx), np.int8)
    _enclose(rows.line, rows.at, order, held, state)
    edges, edge_place = _cut(state, rows, columns)
    return Nodes(state, held, place, edges, edge_place)


@kernel
def _by_line(line: Any, at: Any, lines: int) -> Any:
    """The order of crossings from line to line and, on each, along it: where it enters the domain, leaves it, enters it …"""
    begin, count, order = np.zeros(lines + 1, np.int64), np.zeros(lines, np.int64), np.empty(line.shape[0], np.int64)
    for k in range(line.shape[0]):
        begin[line[k] + 1] += 1
    for i in range(lines):
        begin[i + 1] += begin[i]
    for k in range(line.shape[0]):
        first, place = begin[line[k]], begin[line[k]] + count[line[k]]
        count[line[k]] += 1
        while place > first and at[order[place - 1]] > at[k]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = k
    return order


def _snapped(families: tuple[tuple[Crossings, int, int], ...]) -> tuple[Integers, Places]:
    """Nodes to be moved, and where to: each to the nearest crossing. A family: crossings, a node's stride along and across."""
    found = [_close(f.line, f.at, f.segment, f.fraction, along, across, SNAP) for f, along, across in families]
    node, distance, segment, fraction = (np.concatenate(parts) for parts in zip(*found, strict=True))
    which = _nearest(node, distance, np.argsort(node, kind="stable"))
    return node[which], (segment[which], fraction[which])


@kernel
def _close(line: Any, at: Any, segment: Any, fraction: Any, along: int, across: int, near_enough: float) -> Any:
    """The nodes that have one of these crossings close to them, how close, and its place."""
    count, size = 0, line.shape[0]
    node, distance, its_segment, its_fraction = np.empty(size, np.int64), np.empty(size), np.empty(size, np.int64), np.empty(size)
    for k in range(size):
        near = np.rint(at[k])
        if abs(at[k] - near) <= near_enough:
            node[count], distance[count] = int(near) * along + line[k] * across, abs(at[k] - near)
            its_segment[count], its_fraction[count] = segment[k], fraction[k]
            count += 1
    return node[:count], distance[:count], its_segment[:count], its_fraction[:count]


@kernel
def _nearest(node: Any, distance: Any, order: Any) -> Any:
    """Of each node, in order, the entry that is nearest, or the first one of these."""
    out, count = np.empty(order.shape[0], np.int64), 0
    for k in order:
        if count and node[out[count - 1]] == node[k]:
            if distance[k] < distance[out[count - 1]]:
                out[count - 1] = k
        else:
            out[count] = k
            count += 1
    return out[:count]


def _cut(state: np.ndarray, rows: Crossings, columns: Crossings) -> tuple[Integers, Places]:
    """The edges from inside to outside, and a crossing on each of them."""
    ny, nx = state.shape
    (edge, which), (upright, of_columns) = (
        _edges(state.reshape(-1), lines.line, lines.at, *strides)
        for lines, strides in ((rows, (1, nx, 1, 0)), (columns, (nx, 1, nx, ny * nx)))
    )
    edges, first = np.unique(np.concatenate([edge, upright]), return_index=True)
    segment = np.concatenate([rows.segment[which], columns.segment[of_columns]])[first]
    fraction = np.concatenate([rows.fraction[which], columns.fraction[of_columns]])[first]
    return edges, (segment, fraction)


@kernel
def _edges(state: Any, line: Any, at: Any, along: int, across: int, step: int, number: int) -> Any:
    """The edges from inside to outside among those that crossings are on, counted from a number on, and which crossings."""
    edge, which, count = np.empty(line.shape[0], np.int64), np.empty(line.shape[0], np.int64), 0
    for k in range(line.shape[0]):
        start = int(np.floor(at[k])) * along + line[k] * across
        one, other = state[start], state[min(start + step, state.shape[0] - 1)]
        if one != HELD and other != HELD and one != other:
            edge[count], which[count] = number + start, k
            count += 1
    return edge[:count], which[:count]


@kernel
def _enclose(line: Any, at: Any, order: Any, held: Any, state: Any) -> None:
    """Whether nodes are inside or outside, from the crossings of rows, or held."""
    flat = state.reshape(-1)
    for k in range(flat.shape[0]):
        flat[k] = OUTSIDE
    for k in range(0, order.shape[0] - 1, 2):  # crossings of a line are even in number
        row = state[line[order[k]]]
        for j in range(int(np.ceil(at[order[k]])), min(int(np.ceil(at[order[k + 1]])), row.shape[0])):
            row[j] = INSIDE
    for node in held:
        flat[node] = HELD


def _refuse_narrow(outline: Outline, lines: Crossings, order: Integers, size: float) -> None:
    """Refuse a part of the domain narrower than two spacings, measured along a grid line between two strands of wire."""
    entering, leaving = order[:-1:2], order[1::2]
    close = np.flatnonzero(lines.at[leaving] - lines.at[entering] < NARROW)
    if not close.size:
        return
    a, b = lines.take(entering[close]), lines.take(leaving[close])
    apart = np.minimum(outline.arcs(a.place, b.place)[0], outline.arcs(b.place, a.place)[0])
    bad = np.flatnonzero(apart > TIP * size)
    if bad.size:
        x, y = (float(c) for c in 0.5 * (outline.at(*a.place) + outline.at(*b.place))[bad[0], :2])
        width = (b.at - a.at)[bad[0]] * size
        remedy = "it is narrower than two spacings of the grid there: take a larger n"
        raise TooCoarse(f"wire near ({x:.6g}, {y:.6g})", f"{width:.3g} wide, spacing {size:.3g}", remedy, (x, y))
