"""The corner scheme against minimal graphs in closed form, and those closed forms against the minimal surface equation.

(1 + u_y²) u_xx − 2 u_x u_y u_xy + (1 + u_x²) u_yy = 0
"""

from functools import cache

import numpy as np
import pytest

import geoflow as gf
from geoflow.exact import SURFACES
from geoflow.exact.surfaces import RINGS, scherk

NAMES = ("scherk", "enneper", "catenoid", "helicoid", "fifth-scherk")
SIZES = (17, 33, 65, 129)

# Computed once with 30 digits and by a second method (shared/verification.md).
AREAS = {
    "scherk": (SURFACES["scherk"], 5.697512211587057),
    "scherk on half the square": (scherk(0.5), 1.087245963837639),
    "scherk on 1.2 the square": (scherk(1.2), 9.949824998707556),
    "steep scherk": (scherk(1.4), 18.63924897220182),
    "enneper": (SURFACES["enneper"], 1.421361873019667),
    "helicoid": (SURFACES["helicoid"], 2.386674209972408),
    "two rings": (RINGS, np.pi * (2.5 * np.sqrt(5.25) + np.arccosh(2.5) - 0.9375 - np.arccosh(1.25))),
}


@cache
def rest(name, n):
    film = gf.soap_film(gf.Wire.named(name), n=n)
    return film, gf.relax(film.flow, film.start)


def order(h, error):
    """The slope of log error against log h, by least squares."""
    return np.polyfit(np.log(h), np.log(error), 1)[0]


def central(f, step=2e-3):
    """f'(0) by central differences of order six, for a function of a displacement."""
    return (45 * (f(step) - f(-step)) - 9 * (f(2 * step) - f(-2 * step)) + (f(3 * step) - f(-3 * step))) / (60 * step)


def inside(surface, k=200, seed=0):
    """Random points of the rectangle, away from its edge."""
    x0, x1, y0, y1 = surface.bounds
    s, t = np.random.default_rng(seed).uniform(0.02, 0.98, (2, k))
    return x0 + s * (x1 - x0), y0 + t * (y1 - y0)


def equation(slopes, x, y):
    """The left side of the minimal surface equation over W³, second derivatives by differences of the slopes: 2H."""
    p, q = slopes(x, y)
    u_xx, v_xy = (central(lambda d, k=k: slopes(x + d, y)[k]) for k in (0, 1))
    u_xy, u_yy = (central(lambda d, k=k: slopes(x, y + d)[k]) for k in (0, 1))
    np.testing.assert_allclose(u_xy, v_xy, rtol=0, atol=1e-8 * np.max(np.abs(v_xy) + 1))  # slopes of one height
    return ((1 + q * q) * u_xx - 2 * p * q * u_xy + (1 + p * p) * u_yy) / (1 + p * p + q * q) ** 1.5


@pytest.mark.parametrize("name", NAMES)
def test_orders_in_height_and_area_are_two(name):
    films = [rest(name, n) for n in SIZES]
    h = [film.grid.spacing[0] for film, _ in films]
    heights = [np.max(np.abs(run.x - film.exact)) for film, run in films]
    areas = [abs(run.energy[-1] - film.wire.exact.area) for film, run in films]
    assert abs(order(h, heights) - 2.0) <= 0.1
    assert abs(order(h, areas) - 2.0) <= 0.1
    assert all(run.status == "at rest" for _, run in films)
    assert heights[-1] < 1e-5
    assert areas[-1] < 2e-4


@pytest.mark.parametrize("name", NAMES)
def test_order_of_the_extrapolated_area_is_four(name):
    films = [rest(name, n) for n in SIZES]
    errors = [abs(gf.area_estimate(film, run).area - film.wire.exact.area) for film, run in films]
    assert abs(order([film.grid.spacing[0] for film, _ in films], errors) - 4.0) <= 0.3


def test_enneper_at_129():
    film, run = rest("enneper", 129)
    assert 3e-6 < np.max(np.abs(run.x - film.exact)) <= 3.5e-6
    assert f"{run.energy[-1]:.5f}" == "1.42134"
    assert abs(gf.area_estimate(film, run).area - 1.421361873019667) <= 1e-8


def test_no_coarser_grid_no_extrapolated_area():
    film = gf.soap_film(gf.Wire.named("scherk"), n=16)
    assert gf.area_estimate(film, gf.relax(film.flow, film.start)) is None


@pytest.mark.parametrize("case", AREAS)
def test_areas_to_the_digits_known(case):
    surface, area = AREAS[case]
    assert abs(surface.area - area) <= 1e-12 * area


@pytest.mark.parametrize("surface", [*SURFACES.values(), scherk(1.4)], ids=lambda s: f"{s.name} {s.bounds[1]}")
def test_slopes_are_those_of_the_height(surface):
    x, y = inside(surface)
    p, q = surface.slopes(x, y)
    scale = 1e-9 * max(np.max(np.abs(p)), np.max(np.abs(q)), 1.0)
    np.testing.assert_allclose(p, central(lambda d: surface.height(x + d, y)), rtol=0, atol=scale)
    np.testing.assert_allclose(q, central(lambda d: surface.height(x, y + d)), rtol=0, atol=scale)
    assert np.ptp(p) > 0.1
    assert np.ptp(q) > 0.1


@pytest.mark.parametrize("surface", [*SURFACES.values(), scherk(1.4)], ids=lambda s: f"{s.name} {s.bounds[1]}")
def test_surfaces_are_minimal(surface):
    assert np.max(np.abs(equation(surface.slopes, *inside(surface)))) < 1e-8


def test_a_saddle_is_not_minimal():
    x, y = inside(SURFACES["scherk"])
    curvature = equation(lambda x, y: (2 * x, -2 * y), x, y)
    np.testing.assert_allclose(curvature, 8 * (y * y - x * x) / (1 + 4 * x * x + 4 * y * y) ** 1.5, atol=1e-10)
    assert np.max(np.abs(curvature)) > 0.5
