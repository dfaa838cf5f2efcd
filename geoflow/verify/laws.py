"""The laws: on noise the area falls at every step length, and Secant keeps the books to rounding; how fast it falls at least,
how well implicit Euler knows its own error, and that no film knows which way is up, left or right.
"""

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
from geoflow.verify.bumps import bump
from geoflow.verify.rows import Row, most


def rows() -> Iterator[Row]:
    """This chapter's."""
    yield from _noise()
    yield _rate()
    yield _bound()
    yield _symmetries()


def _noise() -> Iterator[Row]:
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


def _rate() -> Row:
    """Implicit Euler on convex energies: E(xₙ) − E* ≤ ‖x₀ − x*‖² / 2tₙ."""
    flow, start = bump(17, GraphArea)
    run = evolve(flow, start, 10.0, method=ImplicitEuler(), dt=0.02)
    away = flow.norm(flow.metric.gram(start), start) ** 2
    found = float(np.max((run.energy[1:] - 1.0) * 2.0 * run.t[1:])) / away  # at rest it is flat, of area 1
    return most("implicit Euler", "2tₙ (E(xₙ) − E*) over ‖x₀ − x*‖²", found, 1.0)


def _bound() -> Row:
    flow, start = bump(17, GraphArea)
    t_end, steps = 0.1, 40  # λ₁ = 2π²
    run = evolve(flow, start, t_end, method=ImplicitEuler(), dt=t_end / steps, t_eval=list(np.linspace(0.0, t_end, steps + 1)))
    fine = evolve(flow, start, t_end, method=SDIRK3(), dt=t_end / (8 * steps), t_eval=list(run.t_states))
    gram = flow.metric.gram(start)
    error = max(flow.norm(gram, a - b) for a, b in zip(run.states, fine.states, strict=True))
    return Row("implicit Euler", "its error bound over its error", (run.error_bound or np.nan) / error, "1 … 6", 1.0, 6.0)


def _symmetries() -> Row:
    """A film is lifted, mirrored, turned, and its axes are swapped; so is its run."""
    grid = Grid((-1.0, 1.0, -1.0, 1.0), (17, 17))
    start = np.random.default_rng(2).normal(size=grid.shape)
    off = 0.0
    for metric in (L2(grid), NormalL2(grid)):
        flow = GradientFlow(GraphArea(grid), metric, grid.boundary)
        end = evolve(flow, start, 0.1, dt=0.02).x
        for moved in (lambda u: u + 3.0, lambda u: -u, np.fliplr, np.flipud, np.rot90, np.transpose):
            other = evolve(flow, np.ascontiguousarray(moved(start)), 0.1, dt=0.02).x
            off = max(off, float(np.max(np.abs(other - moved(end)))))
    return most("six symmetries, both metrics", "largest distance after five steps", off, 1e-13)
