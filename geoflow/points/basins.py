"""Basins of attraction: every start of a grid, labelled by where x' = −∇V(x) takes it.

Starts are followed by `swarm.follow`. A few of them find the minima; around each, the largest ball in which V rises along
every ray is a trap, and whoever enters one is done. Labels at the edges of basins, where errors decide, are computed a second
time with a hundredth of the tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from geoflow import checks
from geoflow.energies.potential import Marbles, Potential
from geoflow.errors import BadInput
from geoflow.points.swarm import AT_REST, LEFT, TIRED, Swarm, Traps
from geoflow.protocols import Array, Mask

RTOL, SHARPER = 1e-6, 1e-2  # the error of a step, in sides of the box; at edges so much of it
PILOTS = 256  # starts that look for minima
RAYS, RADII = 64, 0.5 ** (np.arange(60, -1, -1) / 6.0)  # where a trap is sampled, parts of its largest radius
SURE = 0.6  # of the radius that sampling found good
COARSE, FINE = 2.0**-16, 1e-7  # ends so close, in sides of the box, are one: before and after Newton's method
FLAT = 1e-7  # an eigenvalue of so much of the largest is none
NEARBY = 1e-3  # of a side: where V is compared around an end without curvature


@dataclass(frozen=True, eq=False)
class Basins:
    """Where every start of a grid ends.

    Attributes
    ----------
    labels : int array, (ny, nx), or of any dimension, x along the last axis
        k ≥ 0: in minima[k]. −1 (``LEFT``): out of the bounds, or away to infinity inside of them. −2 (``SADDLE``): at an
        equilibrium that is no minimum, from a start on its stable manifold, to rounding. −3 (``UNDECIDED``): still on the way
        after very many steps.
    minima : (k, d)
        The minima that starts end in, lowest first; of minima that form a curve, or more, the lowest that was met.
    values : (k,)
        V there.
    saddles : (j, d)
        The equilibria, saddles or maxima, that starts labelled −2 end at.
    bounds : (x0, x1, y0, y1, …)
    message : str
    """

    labels: np.ndarray
    minima: Array
    values: Array
    saddles: Array
    bounds: tuple[float, ...]
    message: str

    LEFT, SADDLE, UNDECIDED = -1, -2, -3

    def share(self, label: int) -> float:
        """The part of the starts that have a label."""
        return float(np.mean(self.labels == label))

    @property
    def starts(self) -> Array:
        """The starts, (*labels.shape, d)."""
        return _grid(self.bounds, self.labels.shape)


def basins(potential: object, bounds: object, shape: object) -> Basins:
    """Label each start of a grid by where it ends.

    Parameters
    ----------
    potential : Potential
        Of d variables. Formulas, heights and functions with ``vectorised = True`` are evaluated at all starts at once.
    bounds : (x0, x1, y0, y1, …), 2 d numbers
        The box: of the starts, which include its edges, and of the run. Whoever leaves it is labelled as having left.
    shape : (ny, nx), or (…, ny, nx) in d dimensions
        How many starts along each side, the last number along x.

    Raises
    ------
    BadInput

    >>> import geoflow as gf
    >>> found = basins(gf.Potential("(x**2 - 1)**2/4 + y**2/2"), (-2, 2, -1, 1), (3, 5))
    >>> found.minima.round(9).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    >>> found.labels[0].tolist()
    [0, 0, -2, 1, 1]
    """
    if not isinstance(potential, Potential):
        raise BadInput("potential", type(potential).__name__, 'give a Potential, such as Potential("x**2 + y**2")')
    sizes = _sizes(shape)
    lo, hi = checks.box(bounds, len(sizes))
    land, box = Marbles(potential), tuple(float(b) for pair in zip(lo, hi, strict=True) for b in pair)
    starts = _grid(box, sizes).reshape(-1, len(lo))
    checks.energy(land, starts[:1])
    traps = _traps(land, lo, hi, starts)
    fate, ends = Swarm(land, lo, hi, RTOL).follow(starts, traps)
    labels, *_ = _labelled(land, lo, hi, fate, ends, traps)
    doubtful = np.flatnonzero(_edges(labels.reshape(sizes)))
    sharper, there = Swarm(land, lo, hi, SHARPER * RTOL).follow(starts[doubtful], traps)
    told = doubtful[sharper != TIRED]  # where that takes too many steps, the first word stands
    fate[told], ends[told] = sharper[sharper != TIRED], there[sharper != TIRED]
    labels, minima, saddles = _labelled(land, lo, hi, fate, ends, traps)
    values = land.values(minima) if len(minima) else np.empty(0)
    return Basins(labels.reshape(sizes), minima, values, saddles, box, _told(labels, minima, potential))


def _sizes(shape: object) -> tuple[int, ...]:
    if not isinstance(shape, (tuple, list)) or not shape:
        raise BadInput("shape", shape, "give (ny, nx): a number of starts for each side, the last one along x")
    sizes = tuple(checks.whole("shape", n) or 0 for n in shape)
    if min(sizes) < 2:
        raise BadInput("shape", shape, "at least 2 starts along each side")
    return sizes


def _grid(bounds: tuple[float, ...], sizes: tuple[int, ...]) -> Array:
    """The nodes of a grid, (*sizes, d)."""
    axes = [np.linspace(a, b, n) for a, b, n in zip(bounds[::2], bounds[1::2], sizes[::-1], strict=True)]
    return np.stack(np.meshgrid(*axes[::-1], indexing="ij")[::-1], axis=-1)


def _edges(labels: np.ndarray) -> Mask:
    """Where a label differs from that of a neighbour."""
    edge = np.zeros(labels.shape, dtype=bool)
    for axis in range(labels.ndim):
        there = np.diff(labels, axis=axis) != 0
        ahead, behind = [[(0, 0)] * labels.ndim for _ in range(2)]
        ahead[axis], behind[axis] = (1, 0), (0, 1)
        edge |= np.pad(there, ahead) | np.pad(there, behind)
    return edge


def _traps(land: Marbles, lo: Array, hi: Array, starts: Array) -> Traps:
    """Traps around the minima that a few starts end in."""
    none = Traps.around(np.empty((0, len(lo))), np.empty(0))
    few = starts[:: max(1, len(starts) // PILOTS)]
    fate, ends = Swarm(land, lo, hi, RTOL).follow(few, none)
    minima = _labelled(land, lo, hi, fate, ends, none)[1]
    return Traps.around(minima, _radii(land, lo, hi, minima))


def _radii(land: Marbles, lo: Array, hi: Array, minima: Array) -> Array:
    """How large the ball around each minimum is in which ⟨∇V(x), x − m⟩ > 0, by sampling, (k,); 0 where there is none.

    Sampled, not proven: intervals would prove it for formulas alone, and basins are for data and functions too.
    """
    d = len(lo)
    angle = 2.0 * np.pi * np.arange(RAYS) / RAYS
    rays = np.random.default_rng(0).normal(size=(RAYS * d, d)) if d > 2 else np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    rays = np.array([[-1.0], [1.0]]) if d == 1 else rays / np.linalg.norm(rays, axis=1, keepdims=True)
    most = np.min(np.minimum(minima - lo, hi - minima), axis=1)
    radii, alive = np.zeros(len(minima)), np.arange(len(minima))
    for part in RADII:
        points = minima[alive, None] + (part * most[alive])[:, None, None] * rays
        with np.errstate(all="ignore"):
            slopes = land.differential(points.reshape(-1, d)).reshape(points.shape)
        alive = alive[np.all(np.sum(slopes * rays, axis=-1) > 0.0, axis=1)]
        radii[alive] = SURE * part * most[alive]
    return radii


def _labelled(
    land: Marbles, lo: Array, hi: Array, fate: np.ndarray, ends: Array, traps: Traps
) -> tuple[np.ndarray, Array, Array]:
    """Labels, minima and saddles from what `Swarm.follow` tells."""
    resting = np.flatnonzero(fate == AT_REST)
    found = np.concatenate([traps.centres, ends[resting]])
    place, x = _places(land, lo, hi, found)
    low = _lowest(land, hi - lo, x)
    joined = _joined(land, lo, hi, x)
    value = land.values(x) if len(x) else np.empty(0)
    # Of each group the lowest member; a group is a minimum if one of its members is.
    order = np.lexsort((*x.T[::-1], value))
    first = order[np.unique(joined[order], return_index=True)[1]]
    is_low = np.zeros(len(first), dtype=bool)
    np.logical_or.at(is_low, joined, low)
    same = np.round(value / max(float(np.ptp(value)), 1.0) / FINE) if len(value) else value  # what rounding alone would order
    minima = first[is_low][np.lexsort((*x[first[is_low]].T[::-1], same[first[is_low]]))]
    number = np.full(len(first) + 1, Basins.SADDLE)
    number[joined[minima]] = np.arange(len(minima))
    labels = np.where(fate == LEFT, Basins.LEFT, Basins.UNDECIDED)
    of = number[joined[place]] if len(place) else place
    labels[resting] = of[len(traps.centres) :]
    trapped = fate >= 0
    labels[trapped] = of[: len(traps.centres)][fate[trapped]]
    return labels, x[minima], x[first[~is_low]]


def _places(land: Marbles, lo: Array, hi: Array, found: Array) -> tuple[np.ndarray, Array]:
    """The distinct places that ends (m, d) are at, after Newton's method: which one each is at, (m,), and they, (k, d)."""
    cell = np.round((found - lo) / (hi - lo) / COARSE)
    _, first, which = np.unique(cell, axis=0, return_index=True, return_inverse=True)
    x = _polished(land, hi - lo, found[first])
    _, again, of = np.unique(np.round((x - lo) / (hi - lo) / FINE), axis=0, return_index=True, return_inverse=True)
    return of.ravel()[which.ravel()], x[again]


def _polished(land: Marbles, side: Array, x: Array) -> Array:
    """The zeros of dV close to x : (k, d), by Newton's method; x where that leads away."""
    with np.errstate(all="ignore"):
        new = x
        for _ in range(8 if len(x) else 0):
            bends, slopes = land.blocks(new), land.differential(new)
            fine = np.all(np.isfinite(bends), axis=(1, 2)) & np.all(np.isfinite(slopes), axis=1)
            inverse = np.linalg.pinv(np.where(fine[:, None, None], bends, 0.0), rcond=FLAT, hermitian=True)
            new = new - np.where(fine[:, None], np.einsum("mij,mj->mi", inverse, slopes), 0.0)
    near = np.all(np.abs(new - x) <= NEARBY * side, axis=1)
    return np.where(near[:, None], new, x)


def _lowest(land: Marbles, side: Array, x: Array) -> Mask:
    """Whether each place is a minimum: by its curvature, and where that is zero in some direction, by V around it."""
    if not len(x):
        return np.zeros(0, dtype=bool)
    d = len(side)
    with np.errstate(all="ignore"):
        values = np.linalg.eigvalsh(np.nan_to_num(land.blocks(x)))
        around = np.concatenate([np.eye(d), -np.eye(d), np.random.default_rng(0).normal(size=(RAYS * d, d))])
        around *= NEARBY * float(np.min(side)) / np.linalg.norm(around, axis=1, keepdims=True)
        here = land.values(x)
        noise = 8.0 * np.finfo(np.float64).eps * np.maximum(np.abs(here), 1.0)
        flat = values[:, 0] <= FLAT * values[:, -1]
        low = ~flat
        for k in np.flatnonzero(flat & (values[:, 0] >= -FLAT * np.abs(values).max(axis=1))):
            low[k] = not np.any(land.values(x[k] + around) < here[k] - noise[k])
    return low


def _joined(land: Marbles, lo: Array, hi: Array, x: Array) -> np.ndarray:
    """Which group each place belongs to, (k,): places without curvature in some direction are one where they are close."""
    if not len(x):
        return np.zeros(0, dtype=int)
    with np.errstate(all="ignore"):
        values = np.abs(np.linalg.eigvalsh(np.nan_to_num(land.blocks(x))))
    flat = np.flatnonzero(np.min(values, axis=1) <= 1e3 * FLAT * np.max(values, axis=1))
    cells, which = np.unique(np.round((x[flat] - lo) / (hi - lo) / NEARBY), axis=0, return_inverse=True)
    pairs = KDTree(cells).query_pairs(20.5, p=np.inf, output_type="ndarray") if len(cells) else np.empty((0, 2), dtype=int)
    links = sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(cells), len(cells)))
    groups = np.arange(len(x)) + len(cells)
    if len(cells):
        groups[flat] = csgraph.connected_components(links, directed=False)[1][which.ravel()]
    return np.unique(groups, return_inverse=True)[1].ravel()


def _told(labels: np.ndarray, minima: Array, potential: Potential) -> str:
    """A sentence of counts."""
    parts = [f"{labels.size} starts: {int(np.sum(labels >= 0))} end in {len(minima)} minim{'um' if len(minima) == 1 else 'a'}"]
    for label, what in (
        (Basins.LEFT, "leave the bounds"),
        (Basins.SADDLE, "end at an equilibrium that is no minimum"),
        (Basins.UNDECIDED, "are undecided"),
    ):
        if count := int(np.sum(labels == label)):
            parts.append(f"{count} {what}")
    by = f"; derivatives {potential.derivatives}" if potential.derivatives.startswith("by ") else ""
    return ", ".join(parts) + by
