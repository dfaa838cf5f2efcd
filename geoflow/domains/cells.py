"""The cells that an outline cuts, as triangles.

A cell whose corners are not all inside keeps, in order, its inside and held corners and the cut points on its edges: a
polygon of three to five vertices. A triangle is itself; a pentagon is a fan from the corner opposite its cut; a quadrilateral
is the mean of its two diagonal splits, as a cell of the corner scheme is, or where one of them has an angle under SHARP, the
better one.

Between two neighbouring vertices on it the outline bulges beyond its chord. So these vertices are moved out, by the mean
distance between outline and chords there, and raised by what the outline's mean height is above the chords': the triangles
then cover as much as the outline encloses, and meet its heights on the mean, while planes are still seen as planes. It halves
the error of straight chords, and leaves a clean h² to extrapolate from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from geoflow.domains.chords import beyond_chords, gathered, moved_out
from geoflow.domains.crossings import INSIDE, OUTSIDE, TIP, Nodes
from geoflow.domains.outline import Integers, Outline, Places
from geoflow.errors import TooCoarse
from geoflow.protocols import Array, Mask
from geoflow.solvers import memory

SHARP = np.radians(15.0)
PATTERNS = {
    3: np.array([(0, 1, 2)]),
    4: np.array([(0, 1, 2), (0, 2, 3), (0, 1, 3), (1, 2, 3)]),  # both splits
    5: np.array([(0, 1, 2), (0, 2, 3), (0, 3, 4)]),  # from the corner opposite the cut
}
FLAT = 1e-9  # of a cell
NONE = -1


@dataclass(frozen=True, eq=False)
class Polygons:
    """What is left of the cells: rings of vertices, padded with NONE, anticlockwise; and the flat index of each one's cell.

    A vertex is the flat index of a node, or ny nx + the index of a cut point.
    """

    ring: Integers
    cell: Integers

    @property
    def length(self) -> Integers:
        """How many vertices each has."""
        return np.count_nonzero(self.ring != NONE, axis=1)

    def take(self, which: Integers | Mask) -> Polygons:
        """Some of them."""
        return Polygons(self.ring[which], self.cell[which])


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
        The area of the domain beyond each that none stands for, where the outline has a corner on the way; negative where
        the corner is a re-entrant one.
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

    def raised(self, outline: Outline) -> Array:
        """By how much each vertex is above the heights of the outline, which may be another than the one that was cut, (v,)."""
        return gathered(self.ends, self.share * outline.rises(*self.chords), len(self.vertices))


def regular(nodes: Nodes) -> Mask:
    """The cells whose four corners are inside, (ny − 1, nx − 1)."""
    inside = nodes.state == INSIDE
    return inside[:-1, :-1] & inside[:-1, 1:] & inside[1:, :-1] & inside[1:, 1:]


def triangles(outline: Outline, bounds: tuple[float, float, float, float], nodes: Nodes, whole: Mask) -> Triangles:
    """Triangulate what is left of the cells that are not whole. Refuses an outline that the grid cannot follow, by place."""
    vertices, polygons = _numbered(_polygons(bounds, nodes, whole), nodes.state.size + len(nodes.edges))
    x, y, segment, fraction = _placed(outline, bounds, nodes, vertices)
    polygons = polygons.take(_in_the_domain(outline, polygons, x, y, segment, fraction))
    ends, bulge = _chords(outline, bounds, nodes, polygons, segment, fraction)
    (out_x, out_y), share_of, missed = moved_out(x, y, ends, bulge, size := _spacing(bounds, nodes))
    x, y = x + out_x, y + out_y
    chords = (segment[ends[0]], fraction[ends[0]]), (segment[ends[1]], fraction[ends[1]])
    parts = [_split(polygons.take(polygons.length == count), pattern, x, y) for count, pattern in PATTERNS.items()]
    corners, portion, cell, slot = (np.concatenate(p) for p in zip(*parts, strict=True))
    area = 0.5 * _doubled(x[corners], y[corners])
    kept = np.flatnonzero(area > FLAT * size * size)  # what is flatter has no free corner
    order = kept[np.argsort(4 * cell[kept] + slot[kept], kind="stable")]
    corners, portion, area = corners[order], portion[order], area[order]
    beyond = portion * beyond_chords(corners, ends[0] * len(x) + ends[1], missed, len(x))
    return Triangles(vertices, x, y, corners, portion * area, area, cell[order], slot[order], chords, ends, share_of, beyond)


def _numbered(polygons: Polygons, size: int) -> tuple[Integers, Polygons]:
    """The vertices that occur, increasing, of so many that there may be, and the polygons with indices into these."""
    occurs, place = np.zeros(size + 1, dtype=bool), memory.empty((size + 1,), np.int64)
    occurs[polygons.ring] = True  # that of NONE is the last
    vertices: Integers = np.flatnonzero(occurs[:-1])
    place[vertices], place[NONE] = np.arange(len(vertices)), NONE
    return vertices, Polygons(np.asarray(place[polygons.ring], dtype=np.int64), polygons.cell)


def _polygons(bounds: tuple[float, float, float, float], nodes: Nodes, whole: Mask) -> Polygons:
    """The rings of all cells with a corner that is not outside, but for those that are `regular` and those left with an edge."""
    ny, nx = nodes.state.shape
    some = nodes.state != OUTSIDE
    beside = some[:, :-1] | some[:, 1:]
    cell = np.flatnonzero((beside[:-1] | beside[1:]) > whole)
    i, j = np.divmod(cell, nx - 1)
    corner = (i * nx + j)[:, None] + np.array([0, 1, nx + 1, nx])
    edge = corner[:, [0, 1, 3, 0]] + ny * nx * np.array([0, 1, 0, 1])
    state = nodes.state.ravel()[corner]
    is_cut = state + state[:, [1, 2, 3, 0]] == INSIDE + OUTSIDE
    at = np.minimum(np.searchsorted(nodes.edges, edge), max(len(nodes.edges) - 1, 0))
    slots = np.full((len(cell), 8), NONE)
    slots[:, 0::2] = np.where(state != OUTSIDE, corner, NONE)
    slots[:, 1::2] = np.where(is_cut, ny * nx + at, NONE)
    there = slots != NONE
    length = np.count_nonzero(there, axis=1)
    confused = (length > 5) | np.any(is_cut & (nodes.edges[at] != edge), axis=1) if len(nodes.edges) else length > 5
    if np.any(confused):
        raise _lost(bounds, nodes, *_middle(bounds, nodes, corner[np.argmax(confused)]))
    first = np.where(length == 5, (2 * np.argmax(state == OUTSIDE, axis=1) + 4) % 8, 0)
    some = np.flatnonzero(length >= 3)
    order = _taken()[first[some], np.packbits(there[some], axis=1)[:, 0]]
    return Polygons(np.take_along_axis(slots[some], order, axis=1), cell[some])


@cache
def _taken() -> Integers:
    """The first five slots of a cell from one on, those that are taken before others, (8, 256, 5).

    The first index is the slot to begin with, the second has a bit for each slot that is taken, the first one's the highest.
    """
    turned = (np.arange(8)[:, None] + np.arange(8)) % 8
    empty = np.arange(256)[:, None, None] >> (7 - turned) & 1 == 0
    order = np.argsort(np.swapaxes(empty, 0, 1), axis=2, kind="stable")
    return np.take_along_axis(turned[:, None], order, axis=2)[..., :5]


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
    after = polygons.ring[:, [1, 2, 3, 4, 0]]
    after = np.where(after != NONE, after, polygons.ring[:, :1])
    wire = np.append(segment >= 0, False)  # that of NONE is the last
    both = wire[polygons.ring] & wire[after]
    start, end = polygons.ring[both], after[both]
    _, where, times = np.unique(
        np.minimum(start, end) * len(segment) + np.maximum(start, end), return_index=True, return_counts=True
    )
    start, end = start[where[times == 1]], end[where[times == 1]]
    length, bulge = outline.arcs((segment[start], fraction[start]), (segment[end], fraction[end]))
    limit = TIP * _spacing(bounds, nodes)
    if not len(start):
        raise _lost(bounds, nodes, *outline.points[0, :2])
    if np.any(length > limit):
        worst = start[np.argmax(length > limit)]
        raise _lost(bounds, nodes, *outline.at(segment[[worst]], fraction[[worst]])[0, :2])
    order = np.lexsort((fraction[start], segment[start]))
    loop = np.searchsorted(outline.starts, segment[start[order]], side="right")
    same = np.append(loop[1:] == loop[:-1], False)
    broken = np.flatnonzero(same & (np.roll(start[order], -1) != end[order]))
    if broken.size:
        there = end[order[broken[0]]]
        raise _lost(bounds, nodes, *outline.at(segment[[there]], fraction[[there]])[0, :2])
    missing = np.setdiff1d(np.arange(1, len(outline.starts) + 1), loop)
    if missing.size:
        raise _lost(bounds, nodes, *outline.points[outline.starts[missing[0] - 1], :2])
    return np.stack([start, end]), bulge


def _split(polygons: Polygons, pattern: Integers, x: Array, y: Array) -> tuple[Integers, Array, Integers, Integers]:
    """Corners (t, 3), the share of the domain each has, cell and slot."""
    corners = polygons.ring[:, pattern]
    share = np.ones(corners.shape[:2])
    if len(pattern) == 4:
        sine, cosine = _turns(x[corners], y[corners])
        sharp = np.flatnonzero(np.any(sine <= 1.01 * np.tan(SHARP) * np.maximum(cosine, 0.0), axis=(1, 2)))  # they are few
        sharpest = np.min(np.arctan2(sine[sharp], cosine[sharp]), axis=-1)
        one, other = np.min(sharpest[:, :2], axis=1), np.min(sharpest[:, 2:], axis=1)
        better = np.minimum(one, other) < SHARP
        part = np.where(better & (one > other + 1e-9), 1.0, np.where(better & (other > one + 1e-9), 0.0, 0.5))
        share *= 0.5
        share[sharp] = np.column_stack([part, part, 1.0 - part, 1.0 - part])
    slot = np.broadcast_to(np.arange(len(pattern)), share.shape)
    cell = np.broadcast_to(polygons.cell[:, None], share.shape)
    kept = share > 0.0
    return corners[kept], share[kept], cell[kept], slot[kept]


def angles(x: Array, y: Array) -> Array:
    """The angles of triangles whose corners are along the last axis, in radians."""
    return np.arctan2(*_turns(x, y))


def _turns(x: Array, y: Array) -> tuple[Array, Array]:
    """Sines and cosines of the angles of triangles, times the lengths of the two sides beside each."""
    after, before = [1, 2, 0], [2, 0, 1]
    ax, ay, bx, by = x[..., after] - x, y[..., after] - y, x[..., before] - x, y[..., before] - y
    return ax * by - ay * bx, ax * bx + ay * by


def _doubled(x: Array, y: Array) -> Array:
    """Twice the signed area of triangles, (t, 3) → (t,)."""
    return (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])


def _spacing(bounds: tuple[float, float, float, float], nodes: Nodes) -> float:
    (x0, x1, y0, y1), (ny, nx) = bounds, nodes.state.shape
    return max((x1 - x0) / (nx - 1), (y1 - y0) / (ny - 1))


def _middle(bounds: tuple[float, float, float, float], nodes: Nodes, corner: Integers) -> tuple[float, float]:
    (x0, x1, y0, y1), (ny, nx) = bounds, nodes.state.shape
    i, j = np.divmod(corner, nx)
    return x0 + float(np.mean(j)) * (x1 - x0) / (nx - 1), y0 + float(np.mean(i)) * (y1 - y0) / (ny - 1)


def _lost(bounds: tuple[float, float, float, float], nodes: Nodes, x: float, y: float) -> TooCoarse:
    size = (bounds[1] - bounds[0]) / (nodes.state.shape[1] - 1)
    remedy = "the grid cannot follow it there, where it is narrow or turns sharply: take a larger n"
    return TooCoarse(f"wire near ({x:.6g}, {y:.6g})", f"spacing {size:.3g}", remedy)
