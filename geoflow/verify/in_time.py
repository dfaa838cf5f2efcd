"""Orders in time of all methods in both metrics, against the same method with many more steps; and exact decay."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoflow.energies.dirichlet import Dirichlet
from geoflow.energies.graph_area import GraphArea
from geoflow.evolution import evolve
from geoflow.metrics import L2, NormalL2
from geoflow.protocols import Array, Stepper
from geoflow.steppers.explicit_euler import ExplicitEuler
from geoflow.steppers.implicit_euler import ImplicitEuler
from geoflow.steppers.lagged import Lagged
from geoflow.steppers.rk32 import RK32
from geoflow.steppers.sdirk2 import SDIRK2
from geoflow.steppers.sdirk3 import SDIRK3
from geoflow.steppers.secant import Secant
from geoflow.verify.bumps import bump
from geoflow.verify.rows import Row, fitted_order, most, order

# name, method, nodes a side, t_end, coarsest number of steps, orders in L² and in the normal metric
ORDERS: tuple[tuple[str, Stepper, int, float, int, float, float], ...] = (
    ("implicit Euler", ImplicitEuler(), 33, 0.05, 16, 1.0, 1.0),
    ("lagged", Lagged(), 33, 0.05, 32, 1.0, 1.0),
    ("explicit Euler", ExplicitEuler(), 9, 0.02, 20, 1.0, 1.0),
    ("SDIRK2", SDIRK2(), 33, 0.05, 8, 2.0, 2.0),
    ("SDIRK3", SDIRK3(), 33, 0.05, 8, 3.0, 2.0),
    ("secant", Secant(), 33, 0.05, 8, 2.0, 2.0),
    ("explicit RK 3(2)", RK32(), 9, 0.02, 10, 3.0, 3.0),
)


def rows() -> Iterator[Row]:
    """This chapter's."""
    yield from _orders()
    yield _heat()
    yield from _small()


def _orders() -> Iterator[Row]:
    for words, metric, which in (("L²", L2, 0), ("mean curvature flow", NormalL2, 1)):
        references: dict[int, Array] = {}
        for name, method, n, t_end, first, *expected in ORDERS:
            flow, start = bump(n, GraphArea, metric)
            if n not in references:
                fine: tuple[Stepper, int] = (SDIRK3(), 1024) if n > 9 else (RK32(), 2560)
                references[n] = evolve(flow, start, t_end, method=fine[0], dt=t_end / fine[1]).x
            steps = first * 2 ** np.arange(5)
            runs = [evolve(flow, start, t_end, method=method, dt=t_end / k).x for k in steps]
            errors = np.array([np.max(np.abs(x - references[n])) for x in runs])
            yield order(name, f"order in time, {words}", fitted_order(1.0 / steps, errors), expected[which], 0.15)


def _rate(n: int) -> float:
    """2π² of sin πx sin πy, on a grid of n nodes a side."""
    return float(4.0 * (n - 1) ** 2 * 2.0 * np.sin(0.5 * np.pi / (n - 1)) ** 2)


def _small() -> Iterator[Row]:
    """ε sin πx sin πy: of ε e^{−2π²t} sin πx sin πy the film is off by ε³."""
    n, t_end = 17, 0.05
    for words, metric in (("L²", L2), ("mean curvature flow", NormalL2)):
        errors, sizes = [], np.array([0.4, 0.2, 0.1, 0.05, 0.025])
        for size in sizes:
            flow, start = bump(n, GraphArea, metric)
            end = evolve(flow, size * start, t_end, method=SDIRK3(), dt=t_end / 20).x
            errors.append(np.max(np.abs(end - size * np.exp(-_rate(n) * t_end) * start)) / size)
        found = fitted_order(sizes, np.array(errors))
        yield order(f"small films, {words}", "order in ε of their distance from heat's", found, 2.0, 0.15)


def _heat() -> Row:
    n, t_end = 33, 0.1
    flow, start = bump(n, Dirichlet)
    run = evolve(flow, start, t_end, rtol=1e-6)
    error = float(np.max(np.abs(run.x - np.exp(-_rate(n) * t_end) * start)))
    return most("heat", "error of the decay of sin πx sin πy, rtol = 1e-6", error, 5e-6)
