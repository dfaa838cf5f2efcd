"""Films at rest on rectangles: exact minimal surfaces, a cap under pressure, the same film from two metrics."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoflow.domains.wire import Wire
from geoflow.energies.volume import Volume
from geoflow.energies.weighted_sum import WeightedSum
from geoflow.evolution import evolve
from geoflow.exact.surfaces import SURFACES, scherk
from geoflow.extrapolate import area_estimate
from geoflow.films import soap_film
from geoflow.flow import GradientFlow
from geoflow.relaxation import relax
from geoflow.verify.rows import Row, fitted_order, most, order


def rows(quick: bool) -> Iterator[Row]:
    """This chapter's; quick leaves out the finest grids."""
    for name in SURFACES:
        yield from _space(name, (17, 33, 65, 129, 257) if quick else (17, 33, 65, 129, 257, 513))
    yield _steep()
    yield from _enneper(129 if quick else 257)
    yield from _pressure()
    yield _metrics()


def _space(name: str, sizes: tuple[int, ...]) -> Iterator[Row]:
    heights, areas = [], []
    for n in sizes:
        film = soap_film(Wire.named(name), n)
        rest = relax(film.flow, film.start)
        assert film.exact is not None
        heights.append(float(np.max(np.abs(rest.x - film.exact))))
        areas.append(abs(float(rest.energy[-1]) - SURFACES[name].area))
    h = 1.0 / (np.array(sizes) - 1.0)
    yield order(name, "order of the largest error in height", fitted_order(h, np.array(heights)), 2.0, 0.1)
    yield order(name, "order of the error in area", fitted_order(h, np.array(areas)), 2.0, 0.1)


def _steep() -> Row:
    """Slopes up to 5.8."""
    film = soap_film(Wire.of(scherk(1.4)), 129)
    found = area_estimate(film, relax(film.flow, film.start))
    assert found is not None
    return most("scherk on [−1.4, 1.4]²", "error of the extrapolated area", abs(found.area - 18.63924897220182), 1e-6)


def _enneper(n: int) -> Iterator[Row]:
    film = soap_film(Wire.named("enneper"), n)
    found = area_estimate(film, relax(film.flow, film.start))
    assert found is not None
    error = abs(found.area - 1.421361873019667)
    yield most(f"enneper {n}²", "error of the extrapolated area", error, 1e-8)
    yield Row(f"enneper {n}²", "its error over its error bar", error / found.error, "0.01 … 1", 0.01, 1.0)


def _pressure() -> Iterator[Row]:
    errors, sizes = [], np.array([9, 17, 33, 65, 129])
    for n in sizes:
        film = soap_film(Wire.formula("sqrt(1.44 - x**2 - y**2)", (-0.6, 0.6, -0.6, 0.6)), int(n))
        energy = WeightedSum(((1.0, film.flow.energy), (-2.0 / 1.2, Volume(film.grid))))
        rest = relax(GradientFlow(energy, film.flow.metric, film.flow.fixed), film.start)
        exact = np.sqrt(1.44 - film.grid.x[None, :] ** 2 - film.grid.y[:, None] ** 2)
        errors.append(float(np.max(np.abs(rest.x - exact))))
    yield order("cap under pressure", "order in space", fitted_order(1.0 / (sizes - 1.0), np.array(errors)), 2.0, 0.1)


def _metrics() -> Row:
    films = [soap_film(Wire.named("saddle"), 33, metric=metric) for metric in ("l2", "mcf")]
    ends = [evolve(film.flow, film.start).x for film in films]
    gap = float(np.max(np.abs(ends[0] - ends[1]))) / float(np.ptp(ends[0]))
    return most("two metrics", "distance of their films at rest, relative", gap, 1e-6)
