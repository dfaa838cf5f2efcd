"""The exact-solution suite: what this installation computes, beside what is known. One row a case.

A fitted order is the slope of log(error) against log(spacing or step), by least squares over successive halvings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from geoflow.domains.grid import Grid
from geoflow.domains.wire import Wire
from geoflow.energies.dirichlet import Dirichlet
from geoflow.energies.graph_area import GraphArea
from geoflow.energies.potential import Potential
from geoflow.evolution import evolve
from geoflow.exact.surfaces import SURFACES
from geoflow.extrapolate import area_estimate
from geoflow.films import soap_film
from geoflow.flow import GradientFlow
from geoflow.metrics import L2, Euclidean
from geoflow.protocols import Array, Stepper
from geoflow.relaxation import relax
from geoflow.steppers.explicit_euler import ExplicitEuler
from geoflow.steppers.implicit_euler import ImplicitEuler
from geoflow.steppers.rk32 import RK32
from geoflow.steppers.sdirk2 import SDIRK2


@dataclass(frozen=True)
class Row:
    """One case: ``low ≤ found ≤ high`` is what makes it good."""

    case: str
    quantity: str
    found: float
    expected: str
    low: float
    high: float

    @property
    def good(self) -> bool:
        """Whether the case holds; a nan does not."""
        return bool(self.low <= self.found <= self.high)


def fitted_order(sizes: Array, errors: Array) -> float:
    """The slope of log(errors) against log(sizes).

    >>> h = np.array([0.4, 0.2, 0.1])
    >>> round(fitted_order(h, 3.0 * h**2), 12)
    2.0
    """
    return float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])


def rows(quick: bool) -> Iterator[Row]:
    """All cases in turn; quick leaves out the finest grids."""
    for name in SURFACES:
        yield from _space(name, (17, 33, 65, 129) if quick else (17, 33, 65, 129, 257))
    yield _enneper(129 if quick else 257)
    yield from _time()
    yield from _laws()
    yield _heat()
    yield _double_well()


def _order(case: str, quantity: str, found: float, expected: float, tolerance: float) -> Row:
    return Row(case, quantity, found, f"{expected:.0f} ± {tolerance:g}", expected - tolerance, expected + tolerance)


def _most(case: str, quantity: str, found: float, most: float) -> Row:
    return Row(case, quantity, found, f"≤ {most:.1e}", 0.0, most)


def _space(name: str, sizes: tuple[int, ...]) -> Iterator[Row]:
    heights, areas = [], []
    for n in sizes:
        film = soap_film(Wire.named(name), n)
        rest = relax(film.flow, film.start)
        assert film.exact is not None
        heights.append(float(np.max(np.abs(rest.x - film.exact))))
        areas.append(abs(float(rest.energy[-1]) - SURFACES[name].area))
    h = 1.0 / (np.array(sizes) - 1.0)
    yield _order(name, "order of the largest error in height", fitted_order(h, np.array(heights)), 2.0, 0.1)
    yield _order(name, "order of the error in area", fitted_order(h, np.array(areas)), 2.0, 0.1)


def _enneper(n: int) -> Row:
    film = soap_film(Wire.named("enneper"), n)
    found = area_estimate(film, relax(film.flow, film.start))
    error = float("nan") if found is None else abs(found.area - 1.421361873019667)
    return _most(f"enneper {n}²", "error of the extrapolated area", error, 1e-8)


def _bump(n: int, energy: Callable[[Grid], GraphArea | Dirichlet]) -> tuple[GradientFlow, Array]:
    grid = Grid((0.0, 1.0, 0.0, 1.0), (n, n))
    start = np.outer(np.sin(np.pi * grid.y), np.sin(np.pi * grid.x))
    return GradientFlow(energy(grid), L2(grid), grid.boundary), np.where(grid.boundary, 0.0, start)


def _time() -> Iterator[Row]:
    cases: tuple[tuple[str, Stepper, int, float, int], ...] = (
        ("implicit Euler", ImplicitEuler(), 33, 0.05, 16),
        ("SDIRK2", SDIRK2(), 33, 0.05, 8),
        ("explicit Euler", ExplicitEuler(), 9, 0.02, 20),
        ("explicit RK 3(2)", RK32(), 9, 0.02, 10),
    )
    for (name, method, n, t_end, first), order in zip(cases, (1.0, 2.0, 1.0, 3.0), strict=True):
        flow, start = _bump(n, GraphArea)
        fine: tuple[Stepper, int] = (SDIRK2(), 512) if n > 9 else (RK32(), 2560)
        reference = evolve(flow, start, t_end, method=fine[0], dt=t_end / fine[1]).x
        steps = first * 2 ** np.arange(4)
        errors = [float(np.max(np.abs(evolve(flow, start, t_end, method=method, dt=t_end / k).x - reference))) for k in steps]
        yield _order(name, "order in time", fitted_order(1.0 / steps, np.array(errors)), order, 0.15)


def _laws() -> Iterator[Row]:
    grid = Grid((-1.0, 1.0, -1.0, 1.0), (33, 33))
    flow = GradientFlow(GraphArea(grid), L2(grid), grid.boundary)
    start = np.where(grid.boundary, 0.0, np.random.default_rng(1).normal(size=grid.shape))
    for method in (ImplicitEuler(), SDIRK2()):
        rise, turned_down = 0.0, 0.0
        for dt in (1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6):
            run = evolve(flow, start, 3.0 * dt, method=method, dt=dt)
            rise = max(rise, float(np.max(np.diff(run.energy))) / float(run.energy[-1]))
            turned_down += float(np.sum(run.ledger.rejected))
        name = type(method).__name__
        yield _most(f"{name} on noise", "largest relative rise of area, τ = 1e-4 … 1e6", max(rise, 0.0), 2e-15)
        yield Row(f"{name} on noise", "steps turned down", turned_down, "0", 0.0, 0.0)


def _heat() -> Row:
    n, t_end = 33, 0.1
    flow, start = _bump(n, Dirichlet)
    rate = 4.0 * (n - 1) ** 2 * 2.0 * np.sin(0.5 * np.pi / (n - 1)) ** 2
    run = evolve(flow, start, t_end, rtol=1e-6)
    error = float(np.max(np.abs(run.x - np.exp(-rate * t_end) * start)))
    return _most("heat", "error of the decay of sin πx sin πy, rtol = 1e-6", error, 5e-6)


def _double_well() -> Row:
    energy = Potential(lambda x: (x[0] ** 2 - 1) ** 2 / 4, lambda x: x**3 - x, lambda x: np.array([[3 * x[0] ** 2 - 1]]))
    run = evolve(GradientFlow(energy, Euclidean()), [2.0], 1.0, rtol=1e-6)
    exact = 2.0 * np.e / np.sqrt(1.0 + 4.0 * np.expm1(2.0))
    return _most("marble in a double well", "error at t = 1, rtol = 1e-6", abs(float(run.x[0]) - exact), 5e-6)
