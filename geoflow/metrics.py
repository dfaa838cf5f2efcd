"""Metrics: what turns a differential into a gradient, G⁻¹ dE.

* `Euclidean`: G = I, for points.
* `InnerProduct`: G = M, a constant symmetric positive definite matrix, for points.
* `L2`: ⟨v, w⟩ = ∫ v w over a grid, G = diag(node area). With `GraphArea` the flow is u_t = ∇·(∇u / √(1 + |∇u|²)).
* `NormalL2`: ⟨v, w⟩ = ∫ v w / √(1 + |∇u|²), the square of the normal speed over the surface: with `GraphArea` the surface
  moves by its mean curvature, u_t = √(1 + |∇u|²) ∇·(∇u / √(1 + |∇u|²)).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import sqrt
from typing import Any

import numpy as np
from scipy import sparse

from geoflow import checks
from geoflow.domains.grid import Grid
from geoflow.errors import BadInput
from geoflow.protocols import Array, Matrix
from geoflow.solvers import memory
from geoflow.solvers.kernels import kernel
from geoflow.solvers.sums import extent
from geoflow.solvers.threads import strips

NO_CUT = np.zeros((0, 0), dtype=bool)


def _diagonal(entries: Array) -> sparse.dia_array:
    flat = entries.reshape(1, -1)
    return sparse.dia_array((flat, [0]), shape=(flat.size, flat.size))


@lru_cache(maxsize=4)
def _identity(size: int) -> sparse.dia_array:
    """One for each size: making it would be half of a small step's time. Not to be written on."""
    ones = np.ones(size)
    ones.flags.writeable = False
    return _diagonal(ones)


def _positive(mass: Array, grid: Grid) -> Array:
    """Masses with that of a whole cell at nodes outside of the wire, which belong to nothing and never move."""
    if grid.cut is None:
        return mass
    out = memory.empty(mass.shape)
    strips(_filled, (0, len(mass)), mass.size, mass, grid.boundary, grid.spacing[0] * grid.spacing[1], out)
    return out


@kernel
def _filled(mass: Any, held: Any, cell: float, out: Any, first: int, last: int) -> None:
    for i in range(first, last):
        given, fixed, taken = mass[i], held[i], out[i]
        for j in range(taken.shape[0]):
            taken[j] = cell if fixed[j] and given[j] == 0.0 else given[j]


@dataclass(frozen=True)
class Euclidean:
    """G = I on the entries of x."""

    constant = True

    def gram(self, x: Array, /) -> sparse.dia_array:
        """The identity, one row for each entry of x."""
        return _identity(x.size)

    def scale(self, x: Array, /) -> float:
        """√Σ max(|xᵢ|, 1)²: a coordinate counts as at least one unit long, as in the usual ODE tolerance."""
        return float(np.linalg.norm(np.maximum(np.abs(x), 1.0)))


@dataclass(frozen=True, eq=False)
class InnerProduct:
    """⟨v, w⟩ = vᵀ M w on the entries of a point: G = M.

    Parameters
    ----------
    matrix : (d, d)
        Symmetric positive definite. Marbles (m, d) get one such block each.

    >>> flow = InnerProduct([[2.0, 0.0], [0.0, 8.0]])
    >>> flow.gram(np.zeros((2, 2))).toarray().diagonal().tolist()
    [2.0, 8.0, 2.0, 8.0]
    """

    matrix: Array
    constant = True

    def __post_init__(self) -> None:
        given = checks.real_array(self.matrix, "matrix", "a metric is a square array of real numbers")
        m = np.array(given, dtype=np.float64)
        if m.ndim != 2 or m.shape[0] != m.shape[1] or m.size == 0:
            raise BadInput("matrix", f"array of shape {m.shape}", "a metric is a square array of real numbers")
        if not np.all(np.isfinite(m)) or np.max(np.abs(m - m.T)) > 1e-14 * np.max(np.abs(m)):
            raise BadInput("matrix", m.tolist(), "a metric is finite and symmetric")
        if not np.linalg.eigvalsh(m)[0] > 0.0:
            raise BadInput("matrix", float(np.linalg.eigvalsh(m)[0]), "its least eigenvalue: a metric is positive definite")
        object.__setattr__(self, "matrix", 0.5 * (m + m.T))

    def gram(self, x: Array, /) -> Matrix:
        """M for a point (d,); one block M for each marble of (m, d)."""
        if x.shape[-1] != len(self.matrix):
            raise BadInput("x", f"array of shape {x.shape}", f"the metric is of dimension {len(self.matrix)}")
        return (
            self.matrix
            if x.ndim == 1
            else sparse.block_diag([sparse.csr_array(self.matrix)] * (x.size // x.shape[-1]), format="csr")
        )

    def scale(self, x: Array, /) -> float:
        """√Σ Mᵢᵢ max(|xᵢ|, 1)²: as for `Euclidean`, each coordinate's unit as long as M says."""
        return float(np.sqrt(np.sum(np.diag(self.matrix) * np.maximum(np.abs(x), 1.0) ** 2)))


@dataclass(frozen=True)
class L2:
    """∫ v w over a grid: G = diag(node area)."""

    grid: Grid
    constant = True

    def on(self, grid: Grid, /) -> L2:
        """The same over another grid."""
        return L2(grid)

    @cached_property
    def _gram(self) -> sparse.dia_array:
        return _diagonal(_positive(self.grid.node_area, self.grid))

    def gram(self, x: Array, /) -> sparse.dia_array:
        """diag(node area), the same for every x."""
        return self._gram

    def scale(self, x: Array, /) -> float:
        """(max x − min x) √area, the same for a shifted film; a flat film's height, or 1, where that is zero."""
        return extent(x) * float(np.sqrt(self.grid.area))


@dataclass(frozen=True)
class NormalL2:
    """∫ v w / √(1 + |∇u|²) over a grid: G(u) = diag(Σ over the corners of cells at a node of (hx hy / 4) / W),
    where the wire cuts cells Σ over triangles of a third of theirs.

    True mean curvature flow of a graph, as a gradient flow: v / W is the normal speed of the surface and W dx dy its area,
    so ∫ v² / W is the square of the normal speed, integrated over the surface. Changes with u; an implicit step freezes it
    at a midpoint predicted beforehand.
    """

    grid: Grid

    def on(self, grid: Grid, /) -> NormalL2:
        """The same over another grid."""
        return NormalL2(grid)

    def gram(self, x: Array, /) -> sparse.dia_array:
        """diag(node average of area / W) at heights x : (ny, nx)."""
        out, (hx, hy) = memory.empty(self.grid.shape), self.grid.spacing
        cut = self.grid.cut
        whole = NO_CUT if cut is None else cut.regular
        strips(_normal_mass, (0, len(out)), out.size, self.grid.checked(x), 1.0 / hx, 1.0 / hy, whole, out)
        if cut is not None:
            nodes, g = cut.elements.nodes, cut.gradients(x)
            masses = cut.elements.weight / np.sqrt(1.0 + (g[0] * g[0] + g[1] * g[1]))
            out.reshape(-1)[nodes] += cut.elements.thirds(masses)[: len(nodes)]
        return _diagonal(_positive(out, self.grid))

    def scale(self, x: Array, /) -> float:
        """As for `L2`: (max x − min x) √area of the plane."""
        return L2(self.grid).scale(x)


@kernel
def _normal_mass(u: Any, rx: float, ry: float, whole: Any, out: Any, first: int, last: int) -> None:
    """out = Σ (hx hy / 4) / W over the corners of cells at each node, rows of nodes."""
    ny, nx = u.shape
    weight = 0.25 / (rx * ry)
    part = np.full(nx, weight)
    for i in range(first, last):
        row, mass = u[i], out[i]
        for j in range(nx):
            mass[j] = 0.0
        for k in (i - 1, i + 1):
            if not 0 <= k < ny:
                continue
            other = u[k]
            if whole.shape[0] > 0:
                there = whole[min(i, k)]
                for j in range(nx - 1):
                    part[j] = weight if there[j] else 0.0
            for j in range(nx - 1):
                slope, left, right = (row[j + 1] - row[j]) * rx, (other[j] - row[j]) * ry, (other[j + 1] - row[j + 1]) * ry
                mass[j] += part[j] / sqrt(1.0 + (slope * slope + left * left))
                mass[j + 1] += part[j] / sqrt(1.0 + (slope * slope + right * right))
