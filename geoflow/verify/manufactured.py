"""Films that are pushed along a chosen way, u = e^{−t} sin 2x cos y, by the force that the equation of motion asks for there.

    L²                    f = u_t − D / W³,        D = (1 + u_y²) u_xx − 2 u_x u_y u_xy + (1 + u_x²) u_yy
    mean curvature flow   f = u_t − D / W²

The force is a linear energy, −Σ G f u, that changes with time, with G the metric along the chosen way; the wire moves as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from geoflow.domains.grid import Grid
from geoflow.energies.graph_area import GraphArea
from geoflow.energies.weighted_sum import WeightedSum
from geoflow.evolution import evolve
from geoflow.flow import GradientFlow
from geoflow.metrics import L2, NormalL2
from geoflow.protocols import Array, Energy
from geoflow.verify.rows import Row, fitted_order, order


@dataclass(frozen=True, eq=False)
class Push:
    """−Σ p u, for a covector p : (ny, nx)."""

    p: Array
    convex = True
    linear = True

    def value(self, u: Array, /) -> float:
        """−Σ p u."""
        return -float(np.sum(self.p * u))

    def differential(self, u: Array, /) -> Array:
        """−p."""
        return -self.p

    def hessian(self, u: Array, /) -> sparse.dia_array:
        """Zero."""
        return sparse.dia_array((np.zeros((1, u.size)), [0]), shape=(u.size, u.size))

    def majorant(self, u: Array, /) -> sparse.dia_array:
        """Zero."""
        return self.hessian(u)


def rows() -> Iterator[Row]:
    """Spacing and step are halved together."""
    sizes, t_end = np.array([9, 13, 17, 25, 33]), 0.5
    for words, metric, power in (("L²", L2, 3), ("mean curvature flow", NormalL2, 2)):
        errors = []
        for n in sizes:
            grid = Grid((0.0, 1.0, 0.0, 1.0), (int(n), int(n)))
            flow = GradientFlow(GraphArea(grid), metric(grid), grid.boundary, path=_Way(grid, power))
            run = evolve(flow, _height(grid, 0.0), t_end, dt=t_end / float(n - 1))
            errors.append(float(np.max(np.abs(run.x - _height(grid, t_end)))))
        found = fitted_order(1.0 / (sizes - 1.0), np.array(errors))
        yield order(f"manufactured, {words}", "order in space and time together", found, 2.0, 0.1)


def _height(grid: Grid, t: float) -> Array:
    return np.exp(-t) * np.outer(np.cos(grid.y), np.sin(2.0 * grid.x))


@dataclass(frozen=True, eq=False)
class _Way:
    """The energy at time t, and the heights of the wire."""

    grid: Grid
    power: int

    def __call__(self, t: float) -> tuple[Energy, Array]:
        x, y = self.grid.x[None, :], self.grid.y[:, None]
        u, a = _height(self.grid, t), np.exp(-t)
        ux, uy = 2.0 * a * np.cos(2.0 * x) * np.cos(y), -a * np.sin(2.0 * x) * np.sin(y)
        uxx, uxy, uyy = -4.0 * u, -2.0 * a * np.cos(2.0 * x) * np.sin(y), -u
        w = np.sqrt(1.0 + ux * ux + uy * uy)
        turned = (1.0 + uy * uy) * uxx - 2.0 * ux * uy * uxy + (1.0 + ux * ux) * uyy
        force = -u - turned / w**self.power
        mass = self.grid.node_area * (1.0 if self.power == 3 else 1.0 / w)
        return WeightedSum(((1.0, GraphArea(self.grid)), (1.0, Push(mass * force)))), u
