"""A landscape given as heights on a grid: the bicubic spline through them, with its own derivatives.

    V(x, y) = Σ c_ij B_i(y) B_j(x)        (tensor product of cubic B-splines, not-a-knot: de Boor 1978; here FITPACK's)

V is twice continuously differentiable, goes through every height, and is of order four between smooth data. Outside of the
bounds it goes on linearly across each edge: with p the nearest point of the rectangle, e = x − p, and S the spline,

    V = S + S_x e_x + S_y e_y + S_xy e_x e_y  at p,

so that V and dV are continuous there. No data say that: a flow with ``bounds`` ends at the edge, where its marble leaves the map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from geoflow import checks
from geoflow.errors import BadInput
from geoflow.protocols import Array

FEWEST = 4  # nodes along a side, for a cubic


@dataclass(frozen=True, eq=False)
class Landscape:
    """V over a rectangle, vectorised: at points (…, 2) values (…), differentials (…, 2), hessians (…, 2, 2).

    Parameters
    ----------
    heights : (ny, nx)
        Row 0 at y0, x along the last axis; at least 4 × 4, finite.
    bounds : (x0, x1, y0, y1)
        In the unit of x and y; V is in the unit of the heights, so the gradient is in heights' units per unit of length.

    >>> x, y = np.linspace(0.0, 1.0, 6), np.linspace(0.0, 2.0, 5)
    >>> bowl = Landscape(x**2 + y[:, None]**3, (0.0, 1.0, 0.0, 2.0))
    >>> bowl.differential(np.array([0.3, 1.7])).round(12)
    array([0.6 , 8.67])
    """

    heights: Array
    bounds: tuple[float, float, float, float]
    vectorised = True

    def __post_init__(self) -> None:
        z = checks.real_array(self.heights, "z", "give an array of heights (ny, nx)").astype(np.float64)
        if z.ndim != 2 or min(z.shape) < FEWEST:
            raise BadInput("z", f"array of shape {z.shape}", "give heights (ny, nx), at least 4 × 4 of them: the spline is cubic")
        if not np.all(np.isfinite(z)):
            i, j = (int(k) for k in np.argwhere(~np.isfinite(z))[0])
            raise BadInput(f"z[{i}, {j}]", float(z[i, j]), "every height is a finite number: fill the holes first")
        low, high = checks.box(self.bounds, 2)
        object.__setattr__(self, "heights", z)
        object.__setattr__(self, "bounds", (float(low[0]), float(high[0]), float(low[1]), float(high[1])))

    @property
    def spacing(self) -> tuple[float, float]:
        """(hx, hy) of the data."""
        (ny, nx), (x0, x1, y0, y1) = self.heights.shape, self.bounds
        return (x1 - x0) / (nx - 1), (y1 - y0) / (ny - 1)

    @cached_property
    def _spline(self) -> Any:
        from scipy.interpolate import RectBivariateSpline

        (ny, nx), (x0, x1, y0, y1) = self.heights.shape, self.bounds
        return RectBivariateSpline(np.linspace(y0, y1, ny), np.linspace(x0, x1, nx), self.heights)

    def __call__(self, x: Array, /) -> Any:
        """V(x): a float, or for points (…, 2) an array (…)."""
        s, ex, ey = self._at(x)
        value = s(0, 0)
        if np.any(ex) or np.any(ey):
            value = value + s(1, 0) * ex + s(0, 1) * ey + s(1, 1) * ex * ey
        return float(value) if value.ndim == 0 else value

    def differential(self, x: Array, /) -> Array:
        """dV(x), in the shape of x."""
        s, ex, ey = self._at(x)
        along, across = s(1, 0), s(0, 1)
        if np.any(ex) or np.any(ey):
            twist = s(1, 1)
            along, across = along + twist * ey, across + twist * ex
        return np.stack([along, across], axis=-1)

    def hessian(self, x: Array, /) -> Array:
        """d²V(x): for points (…, 2) the symmetric matrices (…, 2, 2)."""
        s, ex, ey = self._at(x)
        twist, xx, yy = s(1, 1), s(2, 0), s(0, 2)
        if np.any(ex) or np.any(ey):
            xx = np.where(ex == 0.0, xx + s(2, 1) * ey, 0.0)
            yy = np.where(ey == 0.0, yy + s(1, 2) * ex, 0.0)
        return np.stack([np.stack([xx, twist], axis=-1), np.stack([twist, yy], axis=-1)], axis=-2)

    def _at(self, x: Array) -> tuple[Any, Array, Array]:
        """(m, n) → ∂ₓᵐ∂ᵧⁿ S at the nearest points of the rectangle; how far x is from there along x and along y."""
        points = np.asarray(x, dtype=np.float64)
        if points.ndim == 0 or points.shape[-1] != 2:
            raise BadInput("x", f"array of shape {points.shape}", "the last axis holds x, y: 2 entries")
        x0, x1, y0, y1 = self.bounds
        px, py = np.clip(points[..., 0], x0, x1), np.clip(points[..., 1], y0, y1)
        known: dict[tuple[int, int], Array] = {}

        def partial(m: int, n: int) -> Array:
            if (m, n) not in known:
                known[m, n] = np.reshape(self._spline.ev(py.ravel(), px.ravel(), dx=n, dy=m), px.shape)
            return known[m, n]

        return partial, points[..., 0] - px, points[..., 1] - py
