"""Where a film lets go of its wire because no graph spans it: detachment.

Where the outline is re-entrant a minimal graph need not reach the heights of its wire. What minimises the area then is a film
that meets the vertical wall under the wire at a height h* of its own, tangent to the wall, with the wall between them: the
area grows by ∫ |wire − h*| ds (Giusti, Minimal Surfaces and Functions of Bounded Variation, 1984, chapters 14 and 15). Beside
parts of the outline that do not turn inwards it always reaches the wire (Jenkins and Serrin 1968; Giusti, theorem 15.9), so
that a rectangle, a disc, any convex domain is spanned, whatever its wire: those parts are not looked at.

**The jump.** On a grid the wall is a few cells wide, by what it costs to follow a curve with cells about (h² R)^(1/3) at a
radius R of re-entrant curvature, and the film beside it is displaced by as much. But a film that touches a wall is a smooth
graph over that wall: its distance d from it is a parabola of its height. So three heights at distances of 1.5 … 3 such widths,
along the normal, give the parabola through them, and its vertex gives h*. Distances are measured as a catenoid around the centre
of curvature has them, R arccosh²(1 + d/R) / 2, which it makes a parabola exactly. J = wire − h*, positive towards the wire,
is a smooth function of the wire: positive where the film lets go, negative where the vertex lies beyond the wire, so that the film
arrives there with a finite slope.

**The doubt.** J is found on three nested grids, with the same stations along the wire. It is believed as far as it changed from
grid to grid, and to FLOOR of the drop of the film itself beside the wall. A change of sign within that is undecided, as is
a jump that only one grid can see. The widths shrink like h^(2/3), and so does what is undecided.

**Limits.** At a corner of the outline that points into the domain a film lets go of the corner alone: length and area shrink with the
spacing. Jumps of the wire's own, steeper than the grid can see, look like walls where the outline is re-entrant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from geoflow.domains.grid import Grid
from geoflow.domains.outline import Integers
from geoflow.domains.reentrant import Stations, stations
from geoflow.errors import BadInput
from geoflow.films import Film
from geoflow.nested_films import NestedFilm, nested_films
from geoflow.protocols import Array, Mask
from geoflow.trajectory import Trajectory

AWAY = np.array([1.5, 2.25, 3.0])  # widths of the wall: where the film is read
WIDTHS = (2.0, 6.0)  # spacings: the width of a wall at least and at most
AVERAGED = 3  # stations each way, over which the readings are averaged
STEEP = 0.5  # of the slope, or the drop, of a catenoid that touches a wall: a film with less touches none
ROUND = 2.0  # of the farthest reading: the radius of that catenoid's wall at most
FLOOR = 0.05  # of the drop of the film beside its wall, up to the first reading: twice what is seen on a wall that just touches
SEVERAL = 3  # places that a sentence names


@dataclass(frozen=True, eq=False)
class Detachment:
    """Whether a film spans its wire.

    Attributes
    ----------
    status : "spanned", "detached" or "undecided"
    length : float or None
        Length of wire, in the plane, that the film lets go of; None if undecided.
    area : float or None
        The integral of the jump along it: the area of the walls between wire and film; None if undecided.
    parts : tuple of (k, 3)
        The wire there, or where it is undecided: polylines, a whole loop closed.
    sentence : str
        What is the matter, and where.
    """

    status: Literal["spanned", "detached", "undecided"]
    length: float | None
    area: float | None
    parts: tuple[Array, ...]
    sentence: str


def detachment(film: Film, run: Trajectory, nested: tuple[NestedFilm, ...] | None = None) -> Detachment:
    """Where the film at rest lets go of its wire, from jumps beside the wire on three nested grids.

    Parameters
    ----------
    film : Film
    run : Trajectory
        To rest.
    nested : what `nested_films` made of them, where it is there already

    >>> import geoflow as gf
    >>> film = gf.soap_film(gf.Wire.outline("annulus", lambda x, y: 2.5 * (x * x + y * y < 2.0)), n=65)
    >>> found = gf.detachment(film, gf.relax(film.flow, film.start))
    >>> print(found.status, f"{found.length:.2f}")                                   # exact: 2π
    detached 6.28
    """
    if run.status != "at rest":
        raise BadInput("run", run.status, "give a run that came to rest: only then it is known what spans the wire")
    grid = film.grid
    if grid.cut is None:
        return _spanned("a rectangle is convex")
    loops = [loop for loop in stations(grid.cut.outline, max(grid.spacing)) if np.any(np.isfinite(loop.radius))]
    if not loops:
        return _spanned("its outline is convex")
    films = nested_films(film, run) if nested is None else nested
    gone, doubtful = [], []
    for loop in loops:
        jump, doubt = _jumps(loop, films)
        gone += [(loop, part, jump) for part in _runs(jump > 0.0, jump > doubt)]
        doubtful += [(loop, part, jump) for part in _runs(np.abs(jump) <= doubt, np.abs(jump) <= doubt)]
    if not gone and not doubtful:
        return _spanned("its film reaches it everywhere")
    parts = tuple(_polyline(loop, part) for loop, part, _ in gone or doubtful)
    if not gone:
        said = "it is undecided whether a graph spans this wire: what the grids say agrees within their errors with both"
        return Detachment("undecided", None, None, parts, f"{said}, {_places(parts)}")
    length = sum(len(part) * loop.step for loop, part, _ in gone)
    area = sum(float(np.sum(jump[part])) * loop.step for loop, part, jump in gone)
    return Detachment("detached", length, area, parts, f"no graph spans this wire there: the film lets go {_places(parts)}")


def _spanned(why: str) -> Detachment:
    return Detachment("spanned", 0.0, 0.0, (), f"a graph spans this wire: {why}")


def _jumps(loop: Stations, films: tuple[NestedFilm, ...]) -> tuple[Array, Array]:
    """J at the stations and how far it may be off, (k,) each; J is −inf where the film is held for certain."""
    jumps, drops = np.array([_read(loop, nested.film.grid, nested.heights) for nested in films]).transpose(1, 0, 2)
    levels = np.maximum(jumps, -drops)  # of a vertex far beyond the wire no more is known
    doubt = np.maximum(_change(levels[0], levels[1]), FLOOR * (drops[0] - levels[0])) if len(films) > 1 else _unknown(levels[0])
    if len(films) > 2:
        doubt = np.fmax(doubt, 0.5 * _change(levels[1], levels[2], 0.0))
    return np.where(np.isnan(jumps[0]), 0.0, jumps[0]), doubt


def _change(fine: Array, coarse: Array, unknown: float = np.inf) -> Array:
    change = np.abs(fine - coarse)
    return np.where(np.isnan(change), unknown, change)


def _unknown(level: Array) -> Array:
    return np.full(level.shape, np.inf)


def _read(loop: Stations, grid: Grid, u: Array) -> tuple[Array, Array]:
    """J on one grid, and the film's drop from the wire to the first reading, (k,) each.

    J is −inf where the outline is not re-entrant or the film too shallow to touch a wall, and NaN where the readings do not fit
    into the domain.
    """
    size = max(grid.spacing)
    with np.errstate(all="ignore"):
        width = size * np.clip(np.cbrt(loop.radius / size), *WIDTHS)
        distance = AWAY[:, None] * width
        drop = np.array([loop.points[:, 2] - _heights(grid, u, _inwards(loop, d)) for d in distance])
        drop = np.where(_fits(loop, grid, distance[-1]), drop, np.nan)
        drop = _averaged(np.sign(drop[-1]) * drop)
        radius = np.maximum(loop.radius, distance[-1])
        t = np.where(np.isinf(radius), distance, 0.5 * radius * np.arccosh(1.0 + distance / radius) ** 2)
        first, second = np.diff(t, axis=0) / np.diff(drop, axis=0)
        bend = (second - first) / (drop[2] - drop[0])
        jump = 0.5 * (drop[0] + drop[1]) - 0.5 * first / bend
        wall = np.minimum(radius, ROUND * distance[-1])
        touch = wall * np.diff(np.arccosh(1.0 + distance[:2] / wall), axis=0)[0]
        touching = (first > 0.0) & (second > 0.0) & (bend > 0.0) & (drop[1] - drop[0] > STEEP * touch)
    jump = np.where(np.isnan(drop[0]), np.nan, np.where(touching, jump, -np.inf))
    held = ~np.isfinite(loop.radius) | _shallow(loop, grid, u)
    return np.where(held, -np.inf, jump), np.where(np.isnan(drop[0]), 0.0, np.abs(drop[0]))


def _inwards(loop: Stations, distance: Array | float) -> Array:
    """Points at distances from the stations, (k, 2)."""
    return loop.points[:, :2] + loop.normals * np.broadcast_to(distance, len(loop.points))[:, None]


def _nodes(grid: Grid, points: Array) -> tuple[Integers, Integers, Array, Array]:
    """The nodes nearest to points, (i, j), and how far these are from there, in spacings."""
    hx, hy = grid.spacing
    x, y = (points[:, 0] - grid.bounds[0]) / hx, (points[:, 1] - grid.bounds[2]) / hy
    j = np.clip(np.rint(x), 1, grid.shape[1] - 2).astype(np.int64)
    i = np.clip(np.rint(y), 1, grid.shape[0] - 2).astype(np.int64)
    return i, j, x - j, y - i


def _heights(grid: Grid, u: Array, points: Array) -> Array:
    """Biquadratic interpolation, (k,): linear interpolation would flatten the parabola."""
    i, j, x, y = _nodes(grid, points)
    wx, wy = ((0.5 * t * (t - 1.0), 1.0 - t * t, 0.5 * t * (t + 1.0)) for t in (x, y))
    found: Array = sum(wy[p + 1] * wx[q + 1] * u[i + p, j + q] for p in (-1, 0, 1) for q in (-1, 0, 1))  # type: ignore[assignment]
    return found


def _fits(loop: Stations, grid: Grid, depth: Array) -> Mask:
    """Whether all nodes around the way inwards, from the first reading to the last, are free, (k,)."""
    free = grid.cut.inside  # type: ignore[union-attr]
    around = free.copy()
    for axis in (0, 1):
        around[1:-1, 1:-1] &= (np.roll(free, 1, axis) & np.roll(free, -1, axis))[1:-1, 1:-1]
    fits = np.isfinite(loop.radius)
    for share in np.linspace(AWAY[0] / AWAY[-1], 1.0, 12):
        i, j, x, y = _nodes(grid, _inwards(loop, np.where(fits, share * depth, 0.0)))
        fits &= around[i, j] & (np.abs(x) <= 0.5 + 1e-9) & (np.abs(y) <= 0.5 + 1e-9)
    return fits


def _shallow(loop: Stations, grid: Grid, u: Array) -> Mask:
    """Whether the film already is near the wire's height at the nodes beside it: no wall, and no need for readings, (k,)."""
    size = max(grid.spacing)
    i, j, _, _ = _nodes(grid, _inwards(loop, 1.5 * size))
    wall = np.minimum(loop.radius, WIDTHS[1] * size)
    enough = STEEP * wall * np.arccosh(1.0 + 1.5 * size / wall)
    return grid.cut.inside[i, j] & (np.abs(loop.points[:, 2] - u[i, j]) < enough)  # type: ignore[union-attr]


def _averaged(values: Array) -> Array:
    """Means of values (…, k) over stations of a loop nearby, as far as there are any."""
    there = ~np.isnan(values)
    total, count = np.zeros(values.shape), np.zeros(values.shape)
    for shift in range(-AVERAGED, AVERAGED + 1):
        total += np.roll(np.where(there, values, 0.0), shift, axis=-1)
        count += np.roll(there, shift, axis=-1)
    return np.where(there, total / np.maximum(count, 1.0), np.nan)


def _runs(mask: Mask, core: Mask) -> Iterator[Integers]:
    """Stretches of a loop, as indices in order, on which a mask holds and somewhere the core does."""
    if not np.any(core & mask):
        return
    if np.all(mask):
        yield np.arange(len(mask))
        return
    begin = int(np.argmin(mask))  # a station where it does not hold: no stretch goes across it
    order = (np.arange(len(mask)) + begin) % len(mask)
    edges = np.flatnonzero(np.diff(mask[order].astype(np.int8), append=0))
    for first, last in zip(edges[::2] + 1, edges[1::2] + 1, strict=True):
        part = order[first:last]
        if np.any(core[part]):
            yield part


def _polyline(loop: Stations, part: Integers) -> Array:
    points = loop.points[part]
    return np.concatenate([points, points[:1]]) if len(part) == len(loop.points) else points


def _places(parts: tuple[Array, ...]) -> str:
    """Where parts of a wire are, in words."""
    said = []
    for part in sorted(parts, key=len, reverse=True)[:SEVERAL]:
        (x, y), whole = part[len(part) // 2, :2], len(part) > 2 and np.array_equal(part[0], part[-1])
        said.append(f"all along the loop through ({x:.4g}, {y:.4g})" if whole else f"around ({x:.4g}, {y:.4g})")
    more = len(parts) - len(said)
    return ", ".join(said) + (f" and at {more} more place{'s' if more > 1 else ''}" if more else "")
