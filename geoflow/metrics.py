"""Metrics: what turns a differential into a gradient, G⁻¹ dE.

* `Euclidean`: G = I, for points.
* `L2`: ⟨v, w⟩ = ∫ v w over a grid, G = diag(node area). With `GraphArea` the flow is u_t = ∇·(∇u / √(1 + |∇u|²)).
* `NormalL2`: ⟨v, w⟩ = ∫ v w / √(1 + |∇u|²), the square of the normal speed over the surface: with `GraphArea` the surface
  moves by its mean curvature, u_t = √(1 + |∇u|²) ∇·(∇u / √(1 + |∇u|²)).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numba
import numpy as np
from scipy import sparse

from geoflow.domains.grid import Grid
from geoflow.protocols import Array


def _diagonal(entries: Array) -> sparse.dia_array:
    flat = entries.reshape(1, -1)
    return sparse.dia_array((flat, [0]), shape=(flat.size, flat.size))


@dataclass(frozen=True)
class Euclidean:
    """G = I on the entries of x."""

    constant = True

    def gram(self, x: Array, /) -> sparse.dia_array:
        """The identity, one row for each entry of x."""
        return _diagonal(np.ones(x.size))

    def scale(self, x: Array, /) -> float:
        """√Σ max(|xᵢ|, 1)²: a coordinate counts as at least one unit long, as in the usual ODE tolerance."""
        return float(np.linalg.norm(np.maximum(np.abs(x), 1.0)))


@dataclass(frozen=True)
class L2:
    """∫ v w over a grid: G = diag(node area)."""

    grid: Grid
    constant = True

    @cached_property
    def _gram(self) -> sparse.dia_array:
        return _diagonal(self.grid.node_area)

    def gram(self, x: Array, /) -> sparse.dia_array:
        """diag(node area), the same for every x."""
        return self._gram

    def scale(self, x: Array, /) -> float:
        """(max x − min x) √area, the same for a shifted film; a flat film's height, or 1, where that is zero."""
        size = float(np.ptp(x)) or float(np.max(np.abs(x))) or 1.0
        return size * float(np.sqrt(np.sum(self.grid.node_area)))


@dataclass(frozen=True)
class NormalL2:
    """∫ v w / √(1 + |∇u|²) over a grid: G(u) = diag(Σ over the corners of cells at a node of (hx hy / 4) / W).

    True mean curvature flow of a graph, as a gradient flow: v / W is the normal speed of the surface and W dx dy its area,
    so ∫ v² / W is the square of the normal speed, integrated over the surface. Changes with u; an implicit step freezes it
    at a midpoint predicted beforehand.
    """

    grid: Grid

    def gram(self, x: Array, /) -> sparse.dia_array:
        """diag(node average of area / W) at heights x : (ny, nx)."""
        out = np.zeros(self.grid.shape)
        _normal_mass(self.grid.checked(x), *self.grid.spacing, out)
        return _diagonal(out)

    def scale(self, x: Array, /) -> float:
        """As for `L2`: (max x − min x) √area of the plane."""
        return L2(self.grid).scale(x)


@numba.njit(cache=True, nogil=True)
def _normal_mass(u: Any, hx: float, hy: float, out: Any) -> None:
    ny, nx = u.shape
    weight = 0.25 * hx * hy
    for i in range(ny - 1):
        for j in range(nx - 1):
            b = ((u[i, j + 1] - u[i, j]) / hx) ** 2
            t = ((u[i + 1, j + 1] - u[i + 1, j]) / hx) ** 2
            l = 1.0 + ((u[i + 1, j] - u[i, j]) / hy) ** 2
            r = 1.0 + ((u[i + 1, j + 1] - u[i, j + 1]) / hy) ** 2
            out[i, j] += weight / sqrt(b + l)
            out[i, j + 1] += weight / sqrt(b + r)
            out[i + 1, j] += weight / sqrt(t + l)
            out[i + 1, j + 1] += weight / sqrt(t + r)
