"""The primal-dual Newton method finds one film from every finite start, in tens of iterations and one step τ = ∞."""

from functools import cache

import numpy as np
import pytest

import geoflow as gf
from geoflow.exact.surfaces import scherk
from geoflow.solvers.newton import Stage, minimise

WIRES = {
    "saddle": "x**2 - y**2",
    "saddle 100 high": "100*(x**2 - y**2)",
    "tent 10 high": "10*(1 - abs(x))",
    "waves": "3*sin(5*pi*x)*y + x",
}


def noise(height):
    return lambda x, y: height * np.random.default_rng(12).standard_normal(x.shape)


def spike(x, y):
    heights = np.zeros(x.shape)
    heights[x.shape[0] // 2, x.shape[1] // 3] = 1000.0
    return heights


STARTS = {
    "zero": lambda x, y: 0.0 * x,
    "flat": "flat",
    "coons": "coons",
    "noise 1": noise(1.0),
    "noise 10": noise(10.0),
    "noise 100": noise(100.0),
    "noise 1e6": noise(1e6),
    "spike": spike,
    "jump": lambda x, y: np.where(x > 0.1, 5.0, -5.0),
    "chessboard": lambda x, y: 10.0 * (-1.0) ** (np.arange(x.shape[0])[:, None] + np.arange(x.shape[1])),
}


@cache
def rest(wire, start, n):
    film = gf.soap_film(gf.Wire.formula(WIRES[wire]), n=n, start=STARTS[start])
    return film, gf.relax(film.flow, film.start)


def check(wire, start, n):
    film, run = rest(wire, start, n)
    _, other = rest(wire, "zero" if start == "coons" else "coons", n)
    assert run.status == "at rest"
    assert abs(run.energy[-1] - other.energy[-1]) <= 1e-12 * run.energy[-1]
    assert np.max(np.abs(film.flow.differential(run.x))) <= 1e-9  # each of its terms is of size h
    assert np.max(np.abs(run.x - other.x)) <= 1e-5 * np.ptp(run.x)
    assert run.ledger.newton.sum() <= 60
    edge = film.grid.boundary
    np.testing.assert_array_equal(run.x[edge], film.wire.on(film.grid)[edge])
    assert run.largest_increase == 0.0


@pytest.mark.parametrize("n", [33, 65, pytest.param(129, marks=pytest.mark.slow)])
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("wire", WIRES)
def test_one_film_from_every_start(wire, start, n):
    check(wire, start, n)


@pytest.mark.parametrize("wire", WIRES)
def test_a_convex_energy_comes_to_rest_in_one_infinite_step(wire):
    _, run = rest(wire, "noise 10", 33)
    np.testing.assert_array_equal(run.ledger.tau, [np.inf])


@pytest.mark.parametrize("start", ["coons", "flat", "zero", "noise 10"])
@pytest.mark.parametrize("n", [33, 65, pytest.param(129, marks=pytest.mark.slow)])
def test_very_steep_scherk(n, start):
    """Slopes up to 48 at the wire, too steep for these grids: the film is found, and its error falls slowly."""
    film = gf.soap_film(gf.Wire.of(scherk(1.55)), n=n, start=STARTS[start])
    run = gf.relax(film.flow, film.start)
    assert run.status == "at rest"
    assert run.ledger.newton.sum() <= 60
    assert np.max(np.abs(film.flow.differential(run.x))) <= 1e-9
    assert np.max(np.abs(run.x - film.exact)) <= {33: 0.09, 65: 0.05, 129: 0.021}[n]
    assert 0 < film.wire.exact.area - run.energy[-1] < {33: 0.12, 65: 0.033, 129: 0.0083}[n]


@pytest.mark.parametrize("n", [33, 65])
def test_newton_is_quick_near_the_film(n):
    """From the Coons patch of a smooth wire, as from the film itself: a handful of iterations, then none."""
    film = gf.soap_film(gf.Wire.named("enneper"), n=n)
    run = gf.relax(film.flow, film.start)
    assert run.ledger.newton.sum() <= 6
    again = gf.relax(film.flow, run.x)
    assert again.status == "at rest"
    assert again.ledger.newton.sum() <= 1
    np.testing.assert_allclose(again.x, run.x, rtol=0, atol=1e-12)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("wire", WIRES)
def test_newtons_method_gets_there_alone(wire, start):
    """Without coarser grids, which forget the start: the primal-dual steps from where the film is."""
    film, run = rest(wire, "coons", 33)
    rough = gf.soap_film(gf.Wire.formula(WIRES[wire]), n=33, start=STARTS[start]).start
    stage = Stage(film.flow.energy, None, 0.0, rough, film.flow.fixed)
    found = minimise(stage, rough, stage.value(rough), 0.0, to_rounding=True)
    assert found.failed is None
    assert found.newton <= 60
    assert np.max(np.abs(found.x - run.x)) <= 1e-6 * np.ptp(run.x)


@pytest.mark.parametrize("offset", [1e8, -1e12])
def test_a_film_far_from_height_zero_comes_to_rest(offset):
    """Where heights have fewer digits than the film needs, rounding has the last word, and soon."""
    near = gf.soap_film(gf.Wire.formula("x*y"), n=33)
    far = gf.soap_film(gf.Wire.formula(f"x*y + {offset:.0f}"), n=33)
    run, other = gf.relax(far.flow, far.start), gf.relax(near.flow, near.start)
    assert run.status == "at rest"
    assert run.ledger.newton.sum() <= 8
    assert np.max(np.abs(run.x - offset - other.x)) <= 8.0 * np.spacing(abs(offset))
    moved = gf.evolve(far.flow, far.start, 0.1)
    assert moved.success and len(moved.t) < 50
