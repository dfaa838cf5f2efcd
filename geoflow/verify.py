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
from geoflow.energies.volume import Volume
from geoflow.energies.weighted_sum import WeightedSum
from geoflow.evolution import evolve
from geoflow.exact.surfaces import SURFACES
from geoflow.extrapolate import area_estimate
from geoflow.films import Film, soap_film
from geoflow.flow import GradientFlow
from geoflow.metrics import L2, Euclidean, NormalL2
from geoflow.protocols import Array, Metric, Stepper
from geoflow.relaxation import relax
from geoflow.spectra import spectrum
from geoflow.steppers.explicit_euler import ExplicitEuler
from geoflow.steppers.heavy_ball import HeavyBall
from geoflow.steppers.implicit_euler import ImplicitEuler
from geoflow.steppers.lagged import Lagged
from geoflow.steppers.rk32 import RK32
from geoflow.steppers.sdirk2 import SDIRK2
from geoflow.steppers.sdirk3 import SDIRK3
from geoflow.steppers.secant import Secant


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
    yield from _enneper(129 if quick else 257)
    yield from _time()
    yield from _laws()
    yield from _moving()
    yield from _pressure()
    yield _metrics()
    yield _heat()
    yield _double_well()
    yield from _decay()
    yield from _momentum()


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


def _enneper(n: int) -> Iterator[Row]:
    film = soap_film(Wire.named("enneper"), n)
    found = area_estimate(film, relax(film.flow, film.start))
    assert found is not None
    error = abs(found.area - 1.421361873019667)
    yield _most(f"enneper {n}²", "error of the extrapolated area", error, 1e-8)
    yield Row(f"enneper {n}²", "its error over its error bar", error / found.error, "0.01 … 1", 0.01, 1.0)


def _bump(
    n: int, energy: Callable[[Grid], GraphArea | Dirichlet], metric: Callable[[Grid], Metric] = L2
) -> tuple[GradientFlow, Array]:
    grid = Grid((0.0, 1.0, 0.0, 1.0), (n, n))
    start = np.outer(np.sin(np.pi * grid.y), np.sin(np.pi * grid.x))
    return GradientFlow(energy(grid), metric(grid), grid.boundary), np.where(grid.boundary, 0.0, start)


# name, method, nodes a side, t_end, coarsest number of steps, orders in L² and in the normal metric
ORDERS: tuple[tuple[str, Stepper, int, float, int, float, float], ...] = (
    ("implicit Euler", ImplicitEuler(), 33, 0.05, 16, 1.0, 1.0),
    ("lagged", Lagged(), 33, 0.05, 64, 1.0, 1.0),
    ("explicit Euler", ExplicitEuler(), 9, 0.02, 20, 1.0, 1.0),
    ("SDIRK2", SDIRK2(), 33, 0.05, 8, 2.0, 2.0),
    ("SDIRK3", SDIRK3(), 33, 0.05, 8, 3.0, 2.0),
    ("secant", Secant(), 33, 0.05, 8, 2.0, 2.0),
    ("explicit RK 3(2)", RK32(), 9, 0.02, 10, 3.0, 3.0),
)


def _time() -> Iterator[Row]:
    for name, method, n, t_end, first, *orders in ORDERS:
        for words, metric, order in (("L²", L2, orders[0]), ("mean curvature flow", NormalL2, orders[1])):
            flow, start = _bump(n, GraphArea, metric)
            fine: tuple[Stepper, int] = (SDIRK3(), 1024) if n > 9 else (RK32(), 2560)
            reference = evolve(flow, start, t_end, method=fine[0], dt=t_end / fine[1]).x
            steps = first * 2 ** np.arange(4)
            runs = [evolve(flow, start, t_end, method=method, dt=t_end / k).x for k in steps]
            errors = np.array([np.max(np.abs(x - reference)) for x in runs])
            yield _order(name, f"order in time, {words}", fitted_order(1.0 / steps, errors), order, 0.15)


def _laws() -> Iterator[Row]:
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
            yield _most(name, "largest relative rise of area, τ = 1e-4 … 1e6", max(rise, 0.0), 2e-15)
            yield Row(name, "steps turned down", turned_down, "0", 0.0, 0.0)
        ledgers = [evolve(flow, start, 5.0 * dt, method=Secant(), dt=dt).ledger for dt in (1e-4, 1e-2, 1.0)]
        defect = max(float(np.max(np.abs(ledger.defect) / ledger.energy)) for ledger in ledgers)
        yield _most(f"Secant, {words}, noise", "largest relative defect of the balance, τ ≤ 1", defect, 1e-13)


Moving = Callable[[float, Array, Array], Array]


def _moving() -> Iterator[Row]:
    """What a wire carries along unchanged, and what shrinks on one."""
    yield from _carried("cap, L²", lambda t, x, y: t - np.sqrt(4.0 - x * x - y * y), 1.0, "l2")
    yield from _carried("cylinder, L²", lambda t, x, y: 0.5 * t - np.sqrt(4.0 - x * x) + 0.0 * y, 0.5, "l2")
    yield from _carried("grim reaper, mcf", lambda t, x, y: t - np.log(np.cos(x)) + 0.0 * y, 1.0, "mcf")
    yield from _shrinking("sphere, mcf", lambda t, x, y: np.sqrt(4.0 - 4.0 * t - x * x - y * y))
    yield from _shrinking("cylinder, mcf", lambda t, x, y: np.sqrt(4.0 - 2.0 * t - x * x) + 0.0 * y)


def _on(height: Moving, n: int, metric: str) -> Film:
    return soap_film(Wire.moving("moving", height), n, lambda x, y: height(0.0, x, y), metric)


def _carried(name: str, height: Moving, speed: float, metric: str) -> Iterator[Row]:
    """Order in space of the grid's own profile, and how far twelve steps of any length take it from that."""
    errors, sizes = [], np.array([9, 17, 33])
    for n in sizes:
        film = _on(height, int(n), metric)
        if metric == "l2":  # a translating film is one at rest under pressure
            energy = WeightedSum(((1.0, film.flow.energy), (speed, Volume(film.grid))))
            profile = relax(GradientFlow(energy, film.flow.metric, film.flow.fixed), film.start).x
        else:
            profile = evolve(film.flow, film.start, 8.0, dt=0.05).x - 8.0 * speed
        errors.append(float(np.max(np.abs(profile - film.start))))
    yield _order(f"translating {name}", "order in space", fitted_order(1.0 / (sizes - 1.0), np.array(errors)), 2.0, 0.1)
    drift = 0.0
    for method in (ImplicitEuler(), Lagged(), SDIRK2(), SDIRK3()):
        for dt in (0.1, 10.0, 1e3):
            run = evolve(film.flow, profile, 3.0 * dt, method=method, dt=dt)
            drift = max(drift, float(np.max(np.abs(run.x - profile - 3.0 * dt * speed))))
    yield _most(f"translating {name}", "drift, four methods, τ = 0.1 … 1000", drift, 1e-10)


def _shrinking(name: str, height: Moving) -> Iterator[Row]:
    film, t_end = _on(height, 17, "mcf"), 0.2
    reference = evolve(film.flow, film.start, t_end, dt=t_end / 1024).x
    cases: tuple[tuple[Stepper, float, float], ...] = (
        (ImplicitEuler(), 0.85, 1.15),
        (Lagged(), 0.85, 1.15),
        (SDIRK2(), 1.85, 2.15),
        (SDIRK3(), 1.8, 3.15),
    )
    for method, low, high in cases:
        steps = 8 * 2 ** np.arange(4)
        runs = [evolve(film.flow, film.start, t_end, method=method, dt=t_end / k).x for k in steps]
        found = fitted_order(1.0 / steps, np.array([np.max(np.abs(x - reference)) for x in runs]))
        expected = f"{low:g} … {high:g}"
        yield Row(f"shrinking {name}", f"order in time, {type(method).__name__}", found, expected, low, high)


def _pressure() -> Iterator[Row]:
    errors, sizes = [], np.array([17, 33, 65])
    for n in sizes:
        film = soap_film(Wire.formula("sqrt(1.44 - x**2 - y**2)", (-0.6, 0.6, -0.6, 0.6)), int(n))
        energy = WeightedSum(((1.0, film.flow.energy), (-2.0 / 1.2, Volume(film.grid))))
        rest = relax(GradientFlow(energy, film.flow.metric, film.flow.fixed), film.start)
        exact = np.sqrt(1.44 - film.grid.x[None, :] ** 2 - film.grid.y[:, None] ** 2)
        errors.append(float(np.max(np.abs(rest.x - exact))))
    yield _order("cap under pressure", "order in space", fitted_order(1.0 / (sizes - 1.0), np.array(errors)), 2.0, 0.1)


def _metrics() -> Row:
    films = [soap_film(Wire.named("saddle"), 33, metric=metric) for metric in ("l2", "mcf")]
    ends = [evolve(film.flow, film.start).x for film in films]
    gap = float(np.max(np.abs(ends[0] - ends[1]))) / float(np.ptp(ends[0]))
    return _most("two metrics", "distance of their films at rest, relative", gap, 1e-6)


def _heat() -> Row:
    n, t_end = 33, 0.1
    flow, start = _bump(n, Dirichlet)
    rate = 4.0 * (n - 1) ** 2 * 2.0 * np.sin(0.5 * np.pi / (n - 1)) ** 2
    run = evolve(flow, start, t_end, rtol=1e-6)
    error = float(np.max(np.abs(run.x - np.exp(-rate * t_end) * start)))
    return _most("heat", "error of the decay of sin πx sin πy, rtol = 1e-6", error, 5e-6)


def _double_well() -> Row:
    energy = Potential("(x**2 - 1)**2/4")
    run = evolve(GradientFlow(energy, Euclidean()), [2.0], 1.0, rtol=1e-6)
    exact = 2.0 * np.e / np.sqrt(1.0 + 4.0 * np.expm1(2.0))
    return _most("marble in a double well", "error at t = 1, rtol = 1e-6", abs(float(run.x[0]) - exact), 5e-6)


def _decay() -> Iterator[Row]:
    """λ₁ of films at rest, and the rate 2λ₁ of E − E* on a run that is bent off it by its first two modes."""
    flat, scherk = Wire.formula("0", (0.0, 1.0, 0.0, 1.0)), Wire.named("scherk")
    sizes = np.array([9, 17, 33, 65])
    films = [soap_film(flat, int(n)) for n in sizes]
    errors = [2.0 * np.pi**2 - spectrum(film.flow, film.start, 1).values[0] for film in films]
    yield _order("flat film", "order of the first eigenvalue", fitted_order(1.0 / (sizes - 1.0), np.array(errors)), 2.0, 0.1)
    for name, film, known in (
        ("flat film, L²", films[2], 2.0 * np.pi**2),
        ("scherk, L²", soap_film(scherk, 33), 1.94552),
        ("scherk, mcf", soap_film(scherk, 33, metric="mcf"), 2.3071),
    ):
        rest = relax(film.flow, film.start).x
        modes = spectrum(film.flow, rest).vectors
        bend, t = modes[0] + 0.5 * modes[1], (3.0 / known, 5.0 / known)
        run = evolve(film.flow, rest + 0.3 * bend / np.max(np.abs(bend)), t[1], rtol=1e-6, t_eval=t, rest_tol=1e-300)
        before, after = (film.flow.energy.value(u) - film.flow.energy.value(rest) for u in run.states)
        found = float(np.log(before / after)) / (t[1] - t[0]) / (2.0 * known)
        yield Row(name, "rate of decay of E − E* over 2λ₁", found, "1 ± 0.01", 0.99, 1.01)


def _momentum() -> Iterator[Row]:
    """sin πx sin πy under heat's energy: u = (cos ωt + (β/2ω) sin ωt) e^{−βt/2} times the start, ω² = λ − β²/4."""
    n, t_end, beta = 17, 0.5, 3.0
    flow, start = _bump(n, Dirichlet)
    omega = np.sqrt(4.0 * (n - 1) ** 2 * 2.0 * np.sin(0.5 * np.pi / (n - 1)) ** 2 - 0.25 * beta**2)
    exact = (np.cos(omega * t_end) + 0.5 * beta / omega * np.sin(omega * t_end)) * np.exp(-0.5 * beta * t_end)
    steps = 10 * 2 ** np.arange(4)
    runs = [evolve(flow, start, t_end, method=HeavyBall(beta), dt=t_end / k) for k in steps]
    errors = np.array([np.max(np.abs(run.x - exact * start)) for run in runs])
    yield _order("heavy ball", "order in time", fitted_order(1.0 / steps, errors), 2.0, 0.15)
    defect = max(float(np.max(np.abs(run.ledger.defect))) for run in runs)
    yield _most("heavy ball", "largest defect of E + ½‖v‖², of a start with E = 2.5", defect, 1e-13)
