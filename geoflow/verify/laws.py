"""The laws on noise, at every step length: the area falls, and Secant keeps the books to rounding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoflow.domains.grid import Grid
from geoflow.energies.graph_area import GraphArea
from geoflow.evolution import evolve
from geoflow.flow import GradientFlow
from geoflow.metrics import L2, NormalL2
from geoflow.steppers.implicit_euler import ImplicitEuler
from geoflow.steppers.lagged import Lagged
from geoflow.steppers.sdirk2 import SDIRK2
from geoflow.steppers.sdirk3 import SDIRK3
from geoflow.steppers.secant import Secant
from geoflow.verify.rows import Row, most


def rows() -> Iterator[Row]:
    """This chapter's."""
    grid = Grid((-1.0, 1.0, -1.0, 1.0), (33, 33))
    start = np.where(grid.boundary, 0.0, np.random.default_rng(1).normal(size=grid.shape))
    for words, metric in (("L²", L2(grid)), ("mcf", NormalL2(grid))):
        flow = GradientFlow(GraphArea(grid), metric, grid.boundary)
        for method in (ImplicitEuler(), Lagged(), SDIRK2(), SDIRK3()):
            rise, turned_down = 0.0, 0.0
            for dt in (1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6):
                run = evolve(flow, start, 3.0 * dt, method=method, dt=dt)
                rise = max(rise, float(np.max(np.diff(run.energy))) / float(run.energy[-1]))
                turned_down += float(np.sum(run.ledger.rejected))
            name = f"{type(method).__name__}, {words}, noise"
            yield most(name, "largest relative rise of area, τ = 1e-4 … 1e6", max(rise, 0.0), 2e-15)
            yield Row(name, "steps turned down", turned_down, "0", 0.0, 0.0)
        ledgers = [evolve(flow, start, 5.0 * dt, method=Secant(), dt=dt).ledger for dt in (1e-4, 1e-2, 1.0)]
        defect = max(float(np.max(np.abs(ledger.defect) / ledger.energy)) for ledger in ledgers)
        yield most(f"Secant, {words}, noise", "largest relative defect of the balance, τ ≤ 1", defect, 1e-13)
