"""The start that many chapters share: one bump on a flat wire."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from geoflow.domains.grid import Grid
from geoflow.energies.dirichlet import Dirichlet
from geoflow.energies.graph_area import GraphArea
from geoflow.flow import GradientFlow
from geoflow.metrics import L2
from geoflow.protocols import Array, Metric


def bump(
    n: int, energy: Callable[[Grid], GraphArea | Dirichlet], metric: Callable[[Grid], Metric] = L2
) -> tuple[GradientFlow, Array]:
    """sin πx sin πy over the unit square, n nodes a side, held at zero; the flow and the start."""
    grid = Grid((0.0, 1.0, 0.0, 1.0), (n, n))
    start = np.outer(np.sin(np.pi * grid.y), np.sin(np.pi * grid.x))
    return GradientFlow(energy(grid), metric(grid), grid.boundary), np.where(grid.boundary, 0.0, start)
