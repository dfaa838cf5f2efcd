"""Films on wires that move with them, beside `geoflow.exact.MOTIONS`: what is carried along unchanged, and what shrinks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoflow.domains.wire import Wire
from geoflow.energies.volume import Volume
from geoflow.energies.weighted_sum import WeightedSum
from geoflow.evolution import evolve
from geoflow.exact.motions import MOTIONS, Motion
from geoflow.films import Film, soap_film
from geoflow.flow import GradientFlow
from geoflow.protocols import Stepper
from geoflow.relaxation import relax
from geoflow.steppers.implicit_euler import ImplicitEuler
from geoflow.steppers.lagged import Lagged
from geoflow.steppers.sdirk2 import SDIRK2
from geoflow.steppers.sdirk3 import SDIRK3
from geoflow.verify.rows import Row, fitted_order, most, order


def rows() -> Iterator[Row]:
    """This chapter's."""
    for motion in MOTIONS.values():
        if motion.speed is None:
            yield from _shrinking(motion)
        else:
            yield from _carried(motion, motion.speed)


def _on(motion: Motion, n: int) -> Film:
    wire = Wire.moving(motion.name, motion.height, motion.bounds)
    return soap_film(wire, n, lambda x, y: motion.height(0.0, x, y), motion.metric)


def _carried(motion: Motion, speed: float) -> Iterator[Row]:
    """Order in space of the grid's own profile, and how far twelve steps of any length take it from that."""
    errors, sizes = [], np.array([9, 17, 33, 65, 129])
    for n in sizes:
        film = _on(motion, int(n))
        if motion.metric == "l2":  # a translating film is one at rest under pressure
            energy = WeightedSum(((1.0, film.flow.energy), (speed, Volume(film.grid))))
            profile = relax(GradientFlow(energy, film.flow.metric, film.flow.fixed), film.start).x
        else:
            profile = evolve(film.flow, film.start, 8.0, dt=0.5).x - 8.0 * speed
        errors.append(float(np.max(np.abs(profile - film.start))))
    yield order(
        f"translating {motion.name}, {motion.metric}",
        "order in space",
        fitted_order(1.0 / (sizes - 1.0), np.array(errors)),
        2.0,
        0.1,
    )
    drift = 0.0
    for method in (ImplicitEuler(), Lagged(), SDIRK2(), SDIRK3()):
        for dt in (0.1, 10.0, 1e3):
            run = evolve(film.flow, profile, 3.0 * dt, method=method, dt=dt)
            drift = max(drift, float(np.max(np.abs(run.x - profile - 3.0 * dt * speed))))
    yield most(f"translating {motion.name}, {motion.metric}", "drift, four methods, τ = 0.1 … 1000", drift, 1e-10)


def _shrinking(motion: Motion) -> Iterator[Row]:
    yield _shrinking_in_space(motion, 0.2)
    film, t_end = _on(motion, 17), 0.2
    reference = evolve(film.flow, film.start, t_end, dt=t_end / 512).x
    cases: tuple[tuple[Stepper, float, float], ...] = (
        (ImplicitEuler(), 0.85, 1.15),
        (Lagged(), 0.85, 1.15),
        (SDIRK2(), 1.85, 2.15),
        (SDIRK3(), 1.8, 3.15),
    )
    for method, low, high in cases:
        steps = 8 * 2 ** np.arange(5)
        runs = [evolve(film.flow, film.start, t_end, method=method, dt=t_end / k).x for k in steps]
        found = fitted_order(1.0 / steps, np.array([np.max(np.abs(x - reference)) for x in runs]))
        expected = f"{low:g} … {high:g}"
        yield Row(f"{motion.name}, {motion.metric}", f"order in time, {type(method).__name__}", found, expected, low, high)


def _shrinking_in_space(motion: Motion, t_end: float) -> Row:
    errors, sizes = [], np.array([9, 13, 17, 25, 33])
    for n in sizes:
        film = _on(motion, int(n))
        run = evolve(film.flow, film.start, t_end, method=SDIRK3(), dt=t_end / 16)
        errors.append(float(np.max(np.abs(run.x - motion.height(t_end, film.grid.x[None, :], film.grid.y[:, None])))))
    found = fitted_order(1.0 / (sizes - 1.0), np.array(errors))
    return order(f"{motion.name}, {motion.metric}", "order in space, beside the exact film", found, 2.0, 0.1)
