"""Minimal graphs over rectangles, and one over an annulus, in closed form: ∇·(∇u / √(1 + |∇u|²)) = 0.

Scherk 1834, Enneper 1864 (on the rectangle of MINPACK-2's problem MSA), the catenoid (Euler 1744), the helicoid (Meusnier
1776) and Scherk's fifth surface. Areas come from the exact slopes by Gauss–Legendre quadrature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geoflow.protocols import Array

Height = Callable[[Array, Array], Array]
Slopes = Callable[[Array, Array], tuple[Array, Array]]


@dataclass(frozen=True, eq=False)
class MinimalSurface:
    """A minimal graph over a rectangle, or an annulus.

    Attributes
    ----------
    name, equation : str
    bounds : (x0, x1, y0, y1)
    height : (x, y) → u, arrays that broadcast
    slopes : (x, y) → (u_x, u_y)
    polar : (r₀, r₁) or None
        The annulus r₀ < r < r₁ that it is over, about 0, instead of the rectangle.
    """

    name: str
    equation: str
    bounds: tuple[float, float, float, float]
    height: Height
    slopes: Slopes
    polar: tuple[float, float] | None = None

    @cached_property
    def area(self) -> float:
        """∫ √(1 + |∇u|²) over the rectangle or the annulus, to rounding."""
        nodes, weights = np.polynomial.legendre.leggauss(100)
        if self.polar is not None:
            r0, r1 = self.polar
            r, angle = 0.5 * (r0 + r1 + (r1 - r0) * nodes)[:, None], np.arange(200) * (np.pi / 100.0)
            p, q = self.slopes(r * np.cos(angle), r * np.sin(angle))
            w = weights[:, None] * 0.5 * (r1 - r0) * r * (np.pi / 100.0)
            return float(np.sum(w * np.sqrt(1.0 + p * p + q * q)))
        x0, x1, y0, y1 = self.bounds
        x, y = 0.5 * (x0 + x1 + (x1 - x0) * nodes), 0.5 * (y0 + y1 + (y1 - y0) * nodes)
        p, q = self.slopes(x[None, :], y[:, None])
        w = np.outer(weights, weights) * 0.25 * (x1 - x0) * (y1 - y0)
        return float(np.sum(w * np.sqrt(1.0 + p * p + q * q)))


def scherk(half: float = 1.0) -> MinimalSurface:
    """u = ln(cos y / cos x) on [−half, half]², half < π/2; as half grows towards π/2 its slopes grow without bound."""
    return MinimalSurface(
        "scherk",
        "u = ln(cos y / cos x)",
        (-half, half, -half, half),
        lambda x, y: np.log(np.cos(y)) - np.log(np.cos(x)),
        lambda x, y: np.broadcast_arrays(np.tan(x), -np.tan(y)),  # type: ignore[arg-type, return-value]
    )


def _enneper_parameters(x: Array, y: Array) -> tuple[Array, Array]:
    """(a, b) with x = a + a b² − a³/3 and y = −b − a² b + b³/3, by Newton's method from (x, −y)."""
    x, y = np.broadcast_arrays(x, y)
    a, b = x.astype(np.float64), -y.astype(np.float64)
    for _ in range(12):
        f, g = a + a * b * b - a**3 / 3.0 - x, -b - a * a * b + b**3 / 3.0 - y
        faa, fab = 1.0 + b * b - a * a, 2.0 * a * b
        det = -(faa * (1.0 + a * a - b * b)) + fab * fab
        a = a - (-(1.0 + a * a - b * b) * f - fab * g) / det
        b = b - (fab * f + faa * g) / det
    return a, b


def _enneper_height(x: Array, y: Array) -> Array:
    a, b = _enneper_parameters(x, y)
    return a * a - b * b


def _enneper_slopes(x: Array, y: Array) -> tuple[Array, Array]:
    a, b = _enneper_parameters(x, y)
    n = 1.0 - a * a - b * b  # the surface's normal is along (−2a, −2b, n): its Gauss map is stereographic projection
    return 2.0 * a / n, 2.0 * b / n


def _strip_height(x: Array, y: Array) -> Array:
    return np.sqrt((1.1 * np.cosh(x / 1.1)) ** 2 - y * y)


def _strip_slopes(x: Array, y: Array) -> tuple[Array, Array]:
    u = _strip_height(x, y)
    return 1.1 * np.cosh(x / 1.1) * np.sinh(x / 1.1) / u, -y / u


def _fifth_slopes(x: Array, y: Array) -> tuple[Array, Array]:
    w = np.sqrt(1.0 - (np.sinh(x) * np.sinh(y)) ** 2)
    return np.cosh(x) * np.sinh(y) / w, np.sinh(x) * np.cosh(y) / w


SURFACES = {
    surface.name: surface
    for surface in (
        scherk(),
        MinimalSurface(
            "enneper",
            "x = a + ab² − a³/3, y = −b − a²b + b³/3, u = a² − b²",
            (-0.5, 0.5, -0.5, 0.5),
            _enneper_height,
            _enneper_slopes,
        ),
        MinimalSurface("catenoid", "u = √(c² cosh²(x/c) − y²), c = 1.1", (0.0, 1.0, 0.0, 1.0), _strip_height, _strip_slopes),
        MinimalSurface(
            "helicoid",
            "u = atan2(y, x)",
            (1.0, 2.0, -1.0, 1.0),
            lambda x, y: np.arctan2(y, x),
            lambda x, y: (-y / (x * x + y * y), x / (x * x + y * y)),
        ),
        MinimalSurface(
            "fifth-scherk",
            "u = asin(sinh x sinh y)",
            (-0.8, 0.8, -0.8, 0.8),
            lambda x, y: np.arcsin(np.sinh(x) * np.sinh(y)),
            _fifth_slopes,
        ),
    )
}


def _neck_height(x: Array, y: Array) -> Array:
    return np.arccosh(np.maximum(np.hypot(x, y), 1.0))


def _neck_slopes(x: Array, y: Array) -> tuple[Array, Array]:
    r = np.hypot(x, y)
    steep = 1.0 / (r * np.sqrt(r * r - 1.0))
    return x * steep, y * steep


RINGS = MinimalSurface("two-rings", "u = arccosh r", (-2.5, 2.5, -2.5, 2.5), _neck_height, _neck_slopes, (1.25, 2.5))
