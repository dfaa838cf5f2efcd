"""Where an outline crosses the lines of a grid, which nodes it encloses, and which nodes are moved onto it.

Snapping: a node that has a crossing within SNAP of a spacing on one of its four grid edges moves onto it. What is left to cut
then is no closer to a node than that, so that no cut leaves a sliver. Lengths are in spacings here: node (i, j) is at (j, i).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geoflow.domains.outline import Integers, Outline, Places
from geoflow.errors import TooCoarse
from geoflow.protocols import Array, Mask
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
    count = int(np.sum(np.abs(above[following] - above)))
    line, segment, at, fraction = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count), np.empty(count)
    _cross(along, across, above, following, line, segment, fraction, at)
    touching = np.flatnonzero(across == above)
    touches = Crossings(above[touching], along[touching], touching, np.zeros(len(touching)))
    return Crossings(line, _settled(at), segment, fraction), touches


@kernel
def _cross(along: Any, across: Any, above: Any, following: Any, line: Any, segment: Any, fraction: Any, at: Any) -> None:
    """The crossings of each segment with the lines between its ends, the lowest line first."""
    count = 0
    for k in range(along.shape[0]):
        after = following[k]
        for number in range(min(above[k], above[after]), max(above[k], above[after])):
            part = (number - across[k]) / (across[after] - across[k])
            line[count], segment[count], fraction[count] = number, k, part
            at[count] = along[k] + part * (along[after] - along[k])
            count += 1


def _settled(position: Array) -> Array:
    """Positions with those that mean an integer made one."""
    near = np.round(position)
    return np.where(np.abs(position - near) < 1e-9, near, position)


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
    """Sort the nodes of a grid. Refuses an outline that is too narrow for it, by place."""
    (x0, x1, y0, y1), (ny, nx) = bounds, shape
    x = _settled((outline.points[:, 0] - x0) / ((x1 - x0) / (nx - 1)))
    y = _settled((outline.points[:, 1] - y0) / ((y1 - y0) / (ny - 1)))
    (rows, on_rows), (columns, on_columns) = crossings(x, y, outline.following), crossings(y, x, outline.following)
    entering, leaving = _strands(rows)
    _refuse_narrow(outline, entering, leaving, (x1 - x0) / (nx - 1))
    _refuse_narrow(outline, *_strands(columns), (y1 - y0) / (ny - 1))
    held, place = _snapped(((rows, 1, nx), (on_rows, 1, nx), (columns, nx, 1), (on_columns, nx, 1)))
    state = np.full((ny, nx), OUTSIDE)
    _enclose(entering.line, np.ceil(entering.at), np.ceil(leaving.at), state)
    state.flat[held] = HELD
    edges, edge_place = _cut(state, rows, columns)
    return Nodes(state, held, place, edges, edge_place)


def _snapped(families: tuple[tuple[Crossings, int, int], ...]) -> tuple[Integers, Places]:
    """Nodes to be moved, and where to: each to the nearest crossing. A family: crossings, a node's stride along and across."""
    found = []
    for lines, along, across in families:
        near = np.round(lines.at)
        distance = np.abs(lines.at - near)
        close = distance <= SNAP
        node = near.astype(np.int64) * along + lines.line * across
        found.append((node[close], distance[close], lines.segment[close], lines.fraction[close]))
    node, distance, segment, fraction = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((distance, node))
    held, first = np.unique(node[order], return_index=True)
    return held, (segment[order][first], fraction[order][first])


def _cut(state: np.ndarray, rows: Crossings, columns: Crossings) -> tuple[Integers, Places]:
    """The edges from inside to outside, and a crossing on each of them."""
    ny, nx = state.shape
    flat = state.ravel()
    edge = np.concatenate(
        [rows.line * nx + np.floor(rows.at).astype(np.int64), ny * nx + np.floor(columns.at).astype(np.int64) * nx + columns.line]
    )
    start = edge % (ny * nx)
    end = np.minimum(start + np.where(edge < ny * nx, 1, nx), ny * nx - 1)
    between = np.flatnonzero((flat[start] != HELD) & (flat[end] != HELD) & (flat[start] != flat[end]))
    edges, first = np.unique(edge[between], return_index=True)
    segment = np.concatenate([rows.segment, columns.segment])[between][first]
    fraction = np.concatenate([rows.fraction, columns.fraction])[between][first]
    return edges, (segment, fraction)


def _strands(lines: Crossings) -> tuple[Crossings, Crossings]:
    """Where lines enter the domain, and where they leave it next."""
    order = np.lexsort((lines.at, lines.line))
    return lines.take(order[:-1:2]), lines.take(order[1::2])  # crossings of a line are even in number


@kernel
def _enclose(line: Any, begin: Any, end: Any, state: Any) -> None:
    """The nodes begin ≤ j < end of lines are inside."""
    for k in range(len(line)):
        row = state[line[k]]
        for j in range(int(begin[k]), min(int(end[k]), row.shape[0])):
            row[j] = INSIDE


def _refuse_narrow(outline: Outline, entering: Crossings, leaving: Crossings, size: float) -> None:
    """Refuse a part of the domain narrower than two spacings, measured along a grid line between two strands of wire."""
    close = np.flatnonzero(leaving.at - entering.at < NARROW)
    if not close.size:
        return
    a, b = entering.take(close), leaving.take(close)
    apart = np.minimum(outline.arcs(a.place, b.place)[0], outline.arcs(b.place, a.place)[0])
    bad = np.flatnonzero(apart > TIP * size)
    if bad.size:
        x, y = 0.5 * (outline.at(*a.place) + outline.at(*b.place))[bad[0], :2]
        width = (b.at - a.at)[bad[0]] * size
        remedy = "it is narrower than two spacings of the grid there: take a larger n"
        raise TooCoarse(f"wire near ({x:.6g}, {y:.6g})", f"{width:.3g} wide, spacing {size:.3g}", remedy)
