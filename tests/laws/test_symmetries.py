"""Runs commute with what changes nothing: a lift of the film, shifts, reflections, quarter turns, and x for y.

On a rectangle the moved film's run is the moved run to `SAME` of the film's range: a stage is solved to 1e-11 of its slope
(`solvers.newton.RTOL`), and that may be left in another digit; 4e-13 was seen. Over an outline cut points differ in their last
bits: energies agree to `CUT`, 8e-15 was seen. From the same start and with the same steps: harmonic starts are solved for to
1e-4 only, and adaptive runs solve their stages as well as their steps are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import geoflow as gf
from tests.laws.cases import name_of

SAME = 1e-11
CUT = 1e-13
METHODS = (gf.ImplicitEuler(), gf.SDIRK2(), gf.SDIRK3(), gf.Lagged(), gf.Secant(), gf.ExplicitEuler())
BOUNDS = (-0.3, 1.2, 0.4, 1.3)
SHAPE = (10, 15)
Fields = tuple[tuple[float, float, float, float], np.ndarray]


def _swap(bounds: tuple, u: np.ndarray) -> Fields:
    x0, x1, y0, y1 = bounds
    return (y0, y1, x0, x1), np.ascontiguousarray(u.T)


def _turned(bounds: tuple, u: np.ndarray) -> Fields:
    """(x, y) → (−y, x)."""
    x0, x1, y0, y1 = bounds
    return (-y1, -y0, x0, x1), np.ascontiguousarray(u.T[:, ::-1])


MOVES: dict[str, Callable[[tuple, np.ndarray], Fields]] = {
    "lifted": lambda b, u: (b, u + 3.0),
    "shifted in x": lambda b, u: ((b[0] + 2.0, b[1] + 2.0, b[2], b[3]), u),
    "shifted in y": lambda b, u: ((b[0], b[1], b[2] - 5.0, b[3] - 5.0), u),
    "reflected in x": lambda b, u: ((-b[1], -b[0], b[2], b[3]), np.ascontiguousarray(u[:, ::-1])),
    "reflected in y": lambda b, u: ((b[0], b[1], -b[3], -b[2]), np.ascontiguousarray(u[::-1])),
    "upside down": lambda b, u: (b, 0.0 - u),
    "x for y": _swap,
    "a quarter turn": _turned,
}


def run_on(bounds: tuple, start: np.ndarray, metric: str, method: object, dt: float) -> gf.Trajectory:
    grid = gf.Grid(bounds, start.shape)
    flow = gf.GradientFlow(gf.GraphArea(grid), {"l2": gf.L2, "mcf": gf.NormalL2}[metric](grid), grid.boundary)
    return gf.evolve(flow, start, 4.0 * dt, dt=dt, method=method)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("metric", ["l2", "mcf"])
@pytest.mark.parametrize("method", METHODS, ids=name_of)
def test_rectangles(method: object, metric: str, move: str) -> None:
    rng = np.random.default_rng(60)
    start = rng.normal(size=SHAPE)
    for dt in (1e-4, 0.3) if not isinstance(method, gf.ExplicitEuler) else (1e-4,):
        plain = run_on(BOUNDS, start, metric, method, dt)
        moved = run_on(*MOVES[move](BOUNDS, start), metric, method, dt)
        assert len(moved.ledger) == len(plain.ledger)
        away = np.max(np.abs(moved.x - MOVES[move](BOUNDS, plain.x)[1]))
        assert away <= SAME * np.ptp(start)
        assert moved.energy == pytest.approx(plain.energy, rel=1e-11)


# ---- outlines -----------------------------------------------------------------------------------------------------------

RINGS = {
    "polygon": np.array([[-0.9, -0.5], [0.2, -0.8], [0.9, -0.1], [0.5, 0.7], [-0.4, 0.9]]),
    "star": np.array(
        [[(0.7 + 0.25 * np.cos(5 * a)) * np.cos(a), (0.7 + 0.25 * np.cos(5 * a)) * np.sin(a)] for a in np.arange(0.1, 6.3, 0.1)]
    ),
}
TURNS = {
    "lifted": lambda x, y, z: (x, y, z + 3.0),
    "shifted": lambda x, y, z: (x + 3.0, y - 2.0, z),
    "reflected in x": lambda x, y, z: (-x, y, z),
    "reflected in y": lambda x, y, z: (x, -y, z),
    "upside down": lambda x, y, z: (x, y, -z),
    "x for y": lambda x, y, z: (y, x, z),
    "a quarter turn": lambda x, y, z: (-y, x, z),
}


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("ring", RINGS)
def test_outlines(ring: str, turn: str) -> None:
    """The same heights at the same points of the outline."""
    (x, y), ends = RINGS[ring].T, []
    wire = x, y, np.sin(3.0 * x) + y**2
    for points in (wire, TURNS[turn](*wire)):
        film = gf.soap_film(gf.Wire.outline(np.column_stack(points)), 33, "flat")
        ends.append(
            (
                film.flow.energy.value(film.start),
                gf.evolve(film.flow, film.start, 0.05, dt=0.01).energy[-1],
                gf.relax(film.flow, film.start).energy[-1],
            )
        )
    assert np.max(np.abs(np.array(ends[0]) / ends[1] - 1.0)) < CUT
