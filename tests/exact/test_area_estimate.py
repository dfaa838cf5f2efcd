"""The spatial error bar: it holds the truth, it is not idle, and it widens where the grid's order is not two."""

from functools import cache

import numpy as np
import pytest

import geoflow as gf
from geoflow import extrapolate
from geoflow.exact import SURFACES


@cache
def at_rest(name, n):
    film = gf.soap_film(gf.Wire.named(name) if name in gf.Wire.names() else gf.Wire.formula(name), n)
    return film, gf.relax(film.flow, film.start)


@pytest.mark.parametrize("n", [33, 65, 129])
@pytest.mark.parametrize("name", SURFACES)
def test_the_bar_holds_the_exact_area(name, n):
    film, run = at_rest(name, n)
    found = gf.area_estimate(film, run)
    error = abs(found.area - film.wire.exact.area)
    assert error <= found.error
    assert found.error <= 30.0 * error  # not idle either
    assert found.error < 0.15 * abs(run.energy[-1] - film.wire.exact.area)  # and far below that of the plain area
    assert abs(found.order - 2.0) <= 0.1
    assert found.note == ""
    assert found.areas[0] == run.energy[-1]
    assert len(found.areas) == 4


def test_how_it_prints():
    film, run = at_rest("enneper", 65)
    found = gf.area_estimate(film, run)
    assert str(found) == "1.4213619 ± 2e-7"
    assert str(gf.AreaEstimate(1234.5678, 30.0, None, (), "")) == "1235 ± 3e1"
    assert str(gf.AreaEstimate(2.0, 0.0, None, (), "")) == "2.0 ± 0"
    assert str(gf.AreaEstimate(0.00123456, 3e-7, None, (), "")) == "0.0012346 ± 3e-7"
    assert str(gf.AreaEstimate(1.4213619e-100, 2e-107, None, (), "")) == "1.4213619e-100 ± 2e-107"
    assert str(gf.AreaEstimate(1.4213619e160, 2e153, None, (), "")) == "1.4213619e+160 ± 2e153"


@pytest.mark.parametrize("name", ["tent", "4*abs(x) - 4*abs(y)", "exp(-10*(x - 0.3)**2)*y", "abs(x - 0.3)", "sin(pi*x)*y"])
@pytest.mark.parametrize("n", [33, 65])
def test_where_corners_or_kinks_rule_it_says_so_and_the_bar_still_holds(name, n):
    film, run = at_rest(name, n)
    found = gf.area_estimate(film, run)
    fine, finest = gf.area_estimate(*at_rest(name, 257)), gf.area_estimate(*at_rest(name, 129))
    truth = fine.area
    assert abs(fine.area - finest.area) < 0.5 * found.error  # the reference is good enough to judge by
    assert "widened" in found.note
    assert found.error >= abs(found.areas[0] - found.areas[1])
    assert abs(found.area - truth) <= found.error


@pytest.mark.parametrize(("points", "seed"), [(3, 0), (20, 1), (20, 2)])
@pytest.mark.parametrize("n", [33, 65])
def test_areas_that_do_not_settle_have_wide_bars(points, seed, n):
    """Wires of so many random points a side: kinks between the nodes, so that three areas show no order at all."""
    z = 0.5 * np.random.default_rng(seed).normal(size=4 * points)
    around = np.linspace(0.0, 4.0, 4 * points + 1)

    def height(x, y):
        place = np.where(y == 0.0, x, np.where(x == 1.0, 1.0 + y, np.where(y == 1.0, 3.0 - x, 4.0 - y)))
        return np.interp(place, around, np.append(z, z[0]))

    wire = gf.Wire("random", (0.0, 1.0, 0.0, 1.0), height)
    found, truth = (gf.area_estimate(f, gf.relax(f.flow, f.start)) for f in (gf.soap_film(wire, k) for k in (n, 257)))
    assert truth.error < found.error
    assert abs(found.area - truth.area) <= found.error
    assert "widened" in found.note


def test_a_plane_is_exact_to_rounding():
    film = gf.soap_film(gf.Wire.formula("x + 2*y"), 33, lambda x, y: x + 2.0 * y + np.sin(3.0 * x))
    found = gf.area_estimate(film, gf.relax(film.flow, film.start))
    assert abs(found.area - 4.0 * np.sqrt(6.0)) <= found.error < 1e-12
    assert (found.order, found.note) == (None, "")


def test_fewer_grids():
    assert gf.area_estimate(*at_rest("scherk", 16)) is None
    two = gf.area_estimate(*at_rest("scherk", 35))
    assert two.order is None
    assert "two nested grids" in two.note
    assert abs(two.area - SURFACES["scherk"].area) <= two.error == abs(two.areas[0] - two.areas[1])


@pytest.mark.parametrize("metric", ["l2", "mcf"])
@pytest.mark.parametrize("method", [gf.SDIRK2(), gf.ImplicitEuler(), gf.Secant()], ids=lambda m: type(m).__name__)
def test_at_a_time_the_coarser_films_take_the_same_steps(method, metric):
    """The truth is the same steps on a grid twice as fine, extrapolated: time is left out of it."""
    found = {}
    for n in (33, 65, 129):
        film = gf.soap_film(gf.Wire.formula("0.5*x*x - 0.3*y*y*x"), n, metric=metric)
        run = gf.evolve(film.flow, film.start, 0.05, method=method, dt=0.005)
        found[n] = gf.area_estimate(film, run, method)
    assert abs(found[65].area - found[129].area) <= found[65].error
    assert found[65].error < found[33].error
    assert found[129].areas[1] == pytest.approx(found[65].areas[0], rel=1e-14)


def test_at_a_time_with_adaptive_steps_and_a_moving_wire():
    exact = {}
    for n in (33, 65):
        film = gf.soap_film(gf.Wire.formula("t - log(cos(x))"), n, gf.Formula("-log(cos(x))"), "mcf")
        run = gf.evolve(film.flow, film.start, 0.5)
        found = gf.area_estimate(film, run)
        exact[n] = abs(found.area - 4.0 * np.arctanh(np.sin(1.0)))  # ∫∫ sec x
        assert exact[n] <= found.error
    assert exact[65] < exact[33]


def test_what_is_asked_of_a_run():
    film, run = at_rest("scherk", 33)
    other, _ = at_rest("scherk", 16)
    with pytest.raises(gf.BadInput, match="run"):
        gf.area_estimate(other, run)
    film, _ = at_rest("tent", 33)
    stopped = gf.evolve(film.flow, film.start, 1.0, max_steps=2, raise_on_failure=False)
    with pytest.raises(gf.BadInput, match="max_steps"):
        gf.area_estimate(film, stopped)
    followed = gf.evolve(film.flow, film.start + 0.0, 0.01, method=gf.SDIRK3())
    with pytest.raises(gf.BadInput, match="SDIRK3"):
        gf.area_estimate(film, followed)


# ------------------------------------------------------------------------------------------------------ the fourth grid


def heeded(areas, few=False, cut_off=None):
    return extrapolate._heeding(tuple(areas), extrapolate._order(tuple(areas[:3]), 0.0), 0.0, cut_off, few)


def settling(orders, shifts_to=0.0):
    """Four areas, the finest first, whose changes go like 2 to these orders, the finest change being 1."""
    return np.concatenate([[0.0], np.cumsum([1.0, 2.0 ** orders[0], 2.0 ** sum(orders)])]) + shifts_to


def test_a_clean_expansion_keeps_its_bar():
    """A + c h² + d h⁴: what the last refinement changes is a sixteenth of what the one before did."""
    h = 0.5 ** np.arange(5, 1, -1)
    areas = 2.0 + h**2 + 0.1 * h**4
    error, note = heeded(areas)
    assert (error, note) == (pytest.approx(abs(4 * areas[0] - 5 * areas[1] + areas[2]) / 3, rel=1e-9), "")


@pytest.mark.parametrize(
    ("orders", "few", "least"),
    [
        ((2.0, 2.05), False, (4.0 * (2.0**2.05 - 4.0) / 3.0) / 16.0),  # both near two, the last shift zero by chance
        ((2.0, 2.2), False, (4.0 * (2.0**2.2 - 4.0) / 3.0) / 16.0),  # smooth films are often above two where they are coarse
        ((2.0, 2.3), False, (4.0 * (2.0**2.3 - 4.0) / 3.0) / 4.0),
        ((2.0, 1.8), False, (4.0 * (4.0 - 2.0**1.8) / 3.0) / 4.0),
        ((2.0, 1.0), False, 8.0 / 3.0 / 4.0),
        ((2.0, 1.0), True, 8.0 / 3.0 / 16.0),  # the fourth grid is too coarse to blame the film
        ((3.0, 1.7), False, 8.0 / 4.0),
        ((1.7, 3.0), False, 2.0**4.7 / 2.0 / 4.0),
        ((1.7, 1.0), False, 2.0**1.7 / 2.0),
        ((1.0, 0.0), False, 3.0 * 2.0 / 2.0),
        ((1.0, 0.0), True, 3.0 * 2.0 / 2.0),
        ((1.7, 0.0), True, 2.0**1.7 * (1.0 - 4.0) / 3.0 / -16.0),
    ],
)
def test_what_three_grids_agree_on_by_chance_a_fourth_one_doubts(orders, few, least):
    """Against its rule, written out by hand: of areas whose last change is 1."""
    error, note = heeded(settling(orders), few)
    three, _ = extrapolate._bar(tuple(settling(orders)[:3]), orders[0], 0.0, None)
    assert error == pytest.approx(max(three, least), rel=1e-12)
    assert bool(note) == ((error > three and not few and orders not in ((2.0, 2.05), (2.0, 2.2))) or orders[0] != 2.0)


def test_over_corners_only_the_shift_is_heeded():
    error, _ = heeded(settling((1.0, 0.0)), cut_off=0.0)
    three, _ = extrapolate._bar((0.0, 1.0, 3.0), 1.0, 0.0, 0.0)
    assert error == pytest.approx(max(three, 2.0 * 3.0 / 3.0 / 4.0), rel=1e-12)


def test_how_many_nodes_the_fourth_grid_needs(monkeypatch):
    heeding, told = extrapolate._heeding, []
    monkeypatch.setattr(extrapolate, "_heeding", lambda *given: told.append(given[-1]) or heeding(*given))
    for n in (65, 129):
        film, run = at_rest("enneper", n)
        gf.area_estimate(film, run)
    assert told == [True, False]


@pytest.mark.parametrize("n", [5, 9, 17])
def test_a_coarser_film_that_is_at_rest_at_once_stays_there(n):
    film = gf.soap_film(gf.Wire.named("enneper"), n)
    run = gf.evolve(film.flow, film.start, 0.02)
    found = gf.area_estimate(film, run)
    assert len(found.areas) == {5: 2, 9: 3, 17: 4}[n]
    fine = gf.soap_film(gf.Wire.named("enneper"), 129)
    assert abs(found.area - gf.evolve(fine.flow, fine.start, 0.02).energy[-1]) <= found.error + 1e-4
