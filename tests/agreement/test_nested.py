"""Between grids: cubic interpolation, and the guess that nested iteration makes of a film at rest."""

import numpy as np
import pytest

import geoflow as gf
from geoflow.steppers.nested import guesses

SHAPES = [(9, 9), (10, 17), (64, 21), (5, 6), (12, 401)]


def on(grid, f):
    return f(grid.x[None, :], grid.y[:, None])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_cubics_are_interpolated_exactly(shape):
    fine = gf.Grid((-1.0, 2.0, 0.0, 0.5), shape)
    coarse = fine.coarser()
    assert coarse.shape == (shape[0] // 2 + 1, shape[1] // 2 + 1)
    power = 3 if min(coarse.shape) >= 4 else 2  # three nodes carry a parabola

    def cubic(x, y):
        return x**power - 2.0 * y**power + 3.0 * x * y - y + 0.25

    exact = on(fine, cubic)
    assert np.max(np.abs(fine.prolong(on(coarse, cubic)) - exact)) <= 1e-13 * np.ptp(exact)
    assert np.max(np.abs(fine.restrict(exact) - on(coarse, cubic))) <= 1e-13 * np.ptp(exact)
    far = coarse.coarser()
    if far is not None:
        assert np.max(np.abs(fine.restrict(exact, far) - on(far, cubic))) <= 1e-13 * np.ptp(exact)


def test_shared_nodes_keep_their_bits_and_edges_come_from_edges():
    fine, rng = gf.Grid((0.0, 1.0, 0.0, 1.0), (17, 33)), np.random.default_rng(3)
    u = rng.normal(size=fine.coarser().shape)
    v = fine.prolong(u)
    np.testing.assert_array_equal(v[::2, ::2], u)
    np.testing.assert_array_equal(fine.restrict(v), u)
    np.testing.assert_array_equal(fine.restrict(v, fine.coarser().coarser()), u[::2, ::2])
    other = u.copy()
    other[1:-1, 1:-1] = rng.normal(size=other[1:-1, 1:-1].shape)
    np.testing.assert_array_equal(fine.prolong(other)[fine.boundary], v[fine.boundary])
    assert np.max(np.abs(fine.prolong(other) - v)) > 0.1


@pytest.mark.parametrize("name", ["enneper", "scherk", "helicoid"])
def test_the_guess_from_two_coarser_grids_is_of_fourth_order(name):
    """And the plain interpolation, the second guess, of second: both measured against the film at rest on the grid itself."""
    sizes, errors = np.array([129, 257, 513]), []
    for n in sizes:
        film = gf.soap_film(gf.Wire.named(name), int(n))
        rest, found = gf.relax(film.flow, film.start).x, guesses(film.flow, film.start, both=True)
        assert len(found) == 2
        np.testing.assert_array_equal(found[0][film.grid.boundary], film.start[film.grid.boundary])
        errors.append([np.sqrt(np.mean((u - rest) ** 2)) for u in found])
    orders = [float(np.polyfit(np.log(1.0 / (sizes - 1.0)), np.log(e), 1)[0]) for e in np.array(errors).T]
    assert orders[0] == pytest.approx(4.0, abs=0.4)
    assert orders[1] == pytest.approx(2.0, abs=0.1)
    assert errors[-1][0] < 0.05 * errors[-1][1]


@pytest.mark.parametrize(("name", "number"), [("helicoid", 1), ("saddle", 2)])
def test_the_second_guess_is_made_where_the_first_may_not_be_the_better_one(name, number):
    """Which is told by the next coarser grid."""
    film = gf.soap_film(gf.Wire.named(name), n=129)
    both, found = (guesses(film.flow, film.start, both=wanted) for wanted in (True, False))
    values = [film.flow.energy.value(u) for u in both]
    assert (len(both), len(found)) == (2, number) and (values[0] < values[1]) == (number == 1)
    for one, other in zip(both, found, strict=False):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("shape", [(60, 41), (33, 64), (7, 200)], ids=str)
def test_grids_that_do_not_halve_come_to_rest_too(shape):
    grid = gf.Grid((0.0, 1.0, 0.0, 1.0), shape)
    flow = gf.GradientFlow(gf.GraphArea(grid), gf.L2(grid), grid.boundary)
    start = on(grid, lambda x, y: np.sin(3.0 * x) * y + x * x)
    rest = gf.relax(flow, start)
    assert rest.status == "at rest"
    assert np.max(np.abs(flow.differential(rest.x))) < 1e-10
    assert rest.ledger.newton.sum() <= 6
    np.testing.assert_array_equal(rest.x[grid.boundary], start[grid.boundary])


def test_points_and_films_without_a_grid_have_no_coarser_flow():
    flow = gf.GradientFlow(gf.Potential("x**2 + y**2"), gf.Euclidean())
    assert flow.coarser() is None and guesses(flow, np.ones(2)) == ()
    film = gf.soap_film(gf.Wire.formula("t*x"), 17)
    assert film.flow.coarser() is None  # its wire moves
    total = gf.WeightedSum(((1.0, film.flow.energy), (0.5, gf.Volume(film.grid))))
    coarse = gf.GradientFlow(total, gf.L2(film.grid), film.grid.boundary).coarser()
    assert coarse.energy.grid.shape == (9, 9) and coarse.fixed.shape == (9, 9) and not coarse.fixed[1:-1, 1:-1].any()
