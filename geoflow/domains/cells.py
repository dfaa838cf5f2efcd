"""The cells that an outline cuts, as triangles.

A cell whose corners are not all inside keeps, in order, its inside and held corners and the cut points on its edges: a
polygon of three to five vertices, which is split into triangles: see `polygons`.

Between two neighbouring vertices on it the outline bulges beyond its chord. So these vertices are moved out, by the mean
distance between outline and chords there, and raised by what the outline's mean height is above the chords': the triangles
then cover as much as the outline encloses, and meet its heights on the mean, while planes are still seen as planes. It halves
the error of straight chords, and leaves a clean h² to extrapolate from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geoflow.domains.chords import beyond_chords, gathered, moved_out
from geoflow.domains.crossings import INSIDE, TIP, Nodes
from geoflow.domains.outline import Integers, Outline, Places
from geoflow.domains.polygons import NONE, Polygons
from geoflow.errors import TooCoarse
from geoflow.protocols import Array, Mask
from geoflow.solvers import memory
from geoflow.solvers.kernels import kernel

FLAT = 1e-9  # of a cell


@dataclass(frozen=True, eq=False)
class Triangles:
    """The triangles of all cut cells.

    Attributes
    ----------
    vertices : (v,)
        The vertices that occur, as in `Polygons`, increasing.
    x, y : (v,)
        Where they are, those on the outline moved out.
    corners : (t, 3)
        Indices into these, anticlockwise.
    weight, area : (t,)
        The area of the domain that each stands for, a half of its own for the two splits, and its own.
    cell, slot : (t,)
        The flat index of its cell, and its number there, 0 … 3.
    chords : places and places, (c,) each
        Where on the outline the chords begin and end.
    ends : (2, c)
        Their vertices.
    share : (2, c)
        What share these have in the rise of each: see `Outline.rises`.
    missed : (t,)
        The area of the domain beyond each that none stands for: most of all where the outline has a corner on the way; negative
        where that is a re-entrant one.
    cornered : bool
        Whether there is a corner, or a turn as sharp, that the vertices do not follow.
    """

    vertices: Integers
    x: Array
    y: Array
    corners: Integers
    weight: Array
    area: Array
    cell: Integers
    slot: Integers
    chords: tuple[Places, Places]
    ends: Integers
    share: Array
    missed: Array
    cornered: bool

    def raised(self, outline: Outline) -> Array:
        """By how much each vertex is above the heights of the outline, which may be another than the one that was cut, (v,)."""
        return gathered(self.ends, self.share * outline.rises(*self.chords), len(self.vertices))


def regular(nodes: Nodes) -> Mask:
    """The cells whose four corners are inside, (ny − 1, nx − 1)."""
    ny, nx = nodes.state.shape
    out = memory.empty((ny - 1, nx - 1), np.int8)
    _regular(nodes.state, out)
    return out.view(np.bool_)


@kernel
def _regular(state: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        low, high, low_next, high_next, row = state[i], state[i + 1], state[i, 1:], state[i + 1, 1:], out[i]
        for j in range(row.shape[0]):
            both = low[j] & high[j] & low_next[j] & high_next[j]
            row[j] = both & INSIDE


def triangles(outline: Outline, bounds: tuple[float, float, float, float], nodes: Nodes) -> Triangles:
    """Triangulate what is left of the cells that are not whole. Refuses an outline that the grid cannot follow, by place."""
    vertices, polygons = _numbered(_polygons(bounds, nodes), nodes.state.size + len(nodes.edges))
    x, y, segment, fraction = _placed(outline, bounds, nodes, vertices)
    polygons = polygons.take(_in_the_domain(outline, polygons, x, y, segment, fraction))
    ends, bulge = _chords(outline, bounds, nodes, polygons, segment, fraction)
    (out_x, out_y), share_of, missed, cornered = moved_out(x, y, ends, bulge, size := _spacing(bounds, nodes))
    x, y = x + out_x, y + out_y
    chords = (segment[ends[0]], fraction[ends[0]]), (segment[ends[1]], fraction[ends[1]])
    corners, portion, area, cell, slot = polygons.split(x, y, FLAT * size * size)  # what is flatter has no free corner
    beyond = portion * beyond_chords(corners, ends, missed, len(x))
    return Triangles(vertices, x, y, corners, portion * area, area, cell, slot, chords, ends, share_of, beyond, cornered)


def _numbered(polygons: Polygons, size: int) -> tuple[Integers, Polygons]:
    """The vertices that occur, increasing, of so many that there may be, and the polygons with indices into these."""
    occurs, place = np.zeros(size + 1, dtype=bool), memory.empty((size + 1,), np.int64)
    occurs[polygons.ring] = True  # that of NONE is the last
    vertices: Integers = np.flatnonzero(occurs[:-1])
    place[vertices], place[NONE] = np.arange(len(vertices)), NONE
    return vertices, Polygons(np.asarray(place[polygons.ring], dtype=np.int64), polygons.cell)


def _polygons(bounds: tuple[float, float, float, float], nodes: Nodes) -> Polygons:
    """What is left of the cells that are not whole."""
    polygons, confused = Polygons.of(nodes)
    if confused is not None:
        raise _lost(bounds, nodes, *_middle(bounds, nodes, *divmod(confused, nodes.state.shape[1] - 1)))
    return polygons


def _placed(
    outline: Outline, bounds: tuple[float, float, float, float], nodes: Nodes, vertices: Integers
) -> tuple[Array, Array, Integers, Array]:
    """x, y of vertices, and their segments and fractions on the outline, −1 and 0 where they are inside."""
    (x0, x1, y0, y1), (ny, nx) = bounds, nodes.state.shape
    segment, fraction = np.full(len(vertices), -1), np.zeros(len(vertices))
    on = np.minimum(np.searchsorted(nodes.held, vertices), max(len(nodes.held) - 1, 0))
    held = nodes.held[on] == vertices if len(nodes.held) else np.zeros(len(vertices), dtype=bool)
    cut = vertices >= ny * nx
    for where, index, place in ((held, on[held], nodes.held_place), (cut, vertices[cut] - ny * nx, nodes.edge_place)):
        segment[where], fraction[where] = place[0][index], place[1][index]
    i, j = np.divmod(np.where(cut, 0, vertices), nx)
    x, y = np.linspace(x0, x1, nx)[j], np.linspace(y0, y1, ny)[i]
    wire = segment >= 0
    x[wire], y[wire] = outline.at(segment[wire], fraction[wire])[:, :2].T
    return x, y, segment, fraction


def _in_the_domain(outline: Outline, polygons: Polygons, x: Array, y: Array, segment: Integers, fraction: Array) -> Mask:
    """Which polygons the outline passes on the right: those with an inside corner, and others if it goes round them so."""
    kept = np.ones(len(polygons.ring), dtype=bool)
    bare = np.flatnonzero(np.all((polygons.ring == NONE) | (segment[polygons.ring] >= 0), axis=1))
    ends = np.append(outline.starts[1:], len(outline.points))
    for k in bare:  # they are few
        ring = polygons.ring[k, : polygons.length[k]]
        loop = np.searchsorted(outline.starts, segment[ring], side="right") - 1
        size = ends[loop[0]] - outline.starts[loop[0]]
        ahead = segment[ring] + fraction[ring] - (segment[ring[0]] + fraction[ring[0]])
        ring = ring[np.argsort((ahead + 0.5 * size) % size)]
        px, py = x[ring] - x[ring[0]], y[ring] - y[ring[0]]
        kept[k] = np.all(loop == loop[0]) and np.sum(px[:-1] * py[1:] - px[1:] * py[:-1]) > 0.0
    return kept


def _chords(
    outline: Outline,
    bounds: tuple[float, float, float, float],
    nodes: Nodes,
    polygons: Polygons,
    segment: Integers,
    fraction: Array,
) -> tuple[Integers, Array]:
    """The edges of polygons that are chords of the outline, from vertices to vertices, (2, c), and the bulge of each.

    One after the other they have to go round the whole outline, or the grid has lost some of it.
    """
    start, end = polygons.chords(segment >= 0)
    order = np.lexsort((fraction[start], segment[start]))
    start, end = start[order], end[order]
    length, bulge = outline.arcs((segment[start], fraction[start]), (segment[end], fraction[end]))
    limit = TIP * _spacing(bounds, nodes)
    if not len(start):
        raise _lost(bounds, nodes, *outline.points[0, :2])
    if np.any(length > limit):
        worst = start[np.argmax(length > limit)]
        raise _lost(bounds, nodes, *outline.at(segment[[worst]], fraction[[worst]])[0, :2])
    loop = np.searchsorted(outline.starts, segment[start], side="right")
    same = np.append(loop[1:] == loop[:-1], False)
    broken = np.flatnonzero(same & (np.roll(start, -1) != end))
    if broken.size:
        there = end[broken[0]]
        raise _lost(bounds, nodes, *outline.at(segment[[there]], fraction[[there]])[0, :2])
    missing = np.setdiff1d(np.arange(1, len(outline.starts) + 1), loop)
    if missing.size:
        raise _lost(bounds, nodes, *outline.points[outline.starts[missing[0] - 1], :2])
    return np.stack([start, end]), bulge


def angles(x: Array, y: Array) -> Array:
    """The angles of triangles whose corners are along the last axis, in radians."""
    return np.arctan2(*_turns(x, y))


def _turns(x: Array, y: Array) -> tuple[Array, Array]:
    """Sines and cosines of the angles of triangles, times the lengths of the two sides beside each."""
    after, before = [1, 2, 0], [2, 0, 1]
    ax, ay, bx, by = x[..., after] - x, y[..., after] - y, x[..., before] - x, y[..., before] - y
    return ax * by - ay * bx, ax * bx + ay * by


def _spacing(bounds: tuple[float, float, float, float], nodes: Nodes) -> float:
    (x0, x1, y0, y1), (ny, nx) = bounds, nodes.state.shape
    return max((x1 - x0) / (nx - 1), (y1 - y0) / (ny - 1))


def _middle(bounds: tuple[float, float, float, float], nodes: Nodes, i: int, j: int) -> tuple[float, float]:
    (x0, x1, y0, y1), (ny, nx) = bounds, nodes.state.shape
    return x0 + (j + 0.5) * (x1 - x0) / (nx - 1), y0 + (i + 0.5) * (y1 - y0) / (ny - 1)


def _lost(bounds: tuple[float, float, float, float], nodes: Nodes, x: float, y: float) -> TooCoarse:
    size = (bounds[1] - bounds[0]) / (nodes.state.shape[1] - 1)
    remedy = "the grid cannot follow it there, where it is narrow or turns sharply: take a larger n"
    return TooCoarse(f"wire near ({x:.6g}, {y:.6g})", f"spacing {size:.3g}", remedy, (float(x), float(y)))
