"""Where a film beside its wire would touch the vertical wall under the wire, read off one grid.

On a grid a vertical wall is not one cell wide but about (h² R)^(1/3), by what it costs to follow a curve of radius R with cells,
and the film beside it is displaced by as much. But a film that touches a wall is a smooth graph over that wall: its distance d
from it is a parabola of its height, d = (u − h*)² / 2R at first order. So the film is read at three distances, 1.5 … 3 such
widths along the normal, where it is a film and no wall; the parabola through the readings has its vertex at h*. Distances are
measured as R arccosh²(1 + d/R) / 2, which makes a parabola of every catenoid around the centre of curvature.

J = wire − h*, counted towards the wire, is a smooth function of the wire's heights: positive where the film lets go, by so much;
negative where the vertex lies beyond the wire, so that the film gets there with a finite slope.
"""

from __future__ import annotations

import numpy as np

from geoflow.domains.grid import Grid
from geoflow.domains.outline import Integers
from geoflow.domains.reentrant import Stations
from geoflow.protocols import Array, Mask

AWAY = np.array([1.5, 2.25, 3.0])  # widths of the wall: where the film is read
WIDTHS = (2.0, 6.0)  # spacings: the width of a wall at least and at most
AVERAGED = 3  # stations each way, over which the readings are averaged
STEEP = 0.5  # of the slope, or the drop, of a catenoid that touches a wall: a film with less touches none
ROUND = 2.0  # of the farthest reading: the radius of that catenoid's wall at most


def contact(loop: Stations, grid: Grid, u: Array) -> tuple[Array, Array]:
    """J at the stations of a loop, and the drop from the wire to the first reading, (k,) each, of a film u : (ny, nx).

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
