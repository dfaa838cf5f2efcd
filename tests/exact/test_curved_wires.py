"""Films in curved wires against minimal graphs in closed form, and the cut grids under them.

Scherk's surface over a disc, an ellipse and a star, and the catenoid u = arccosh r over the annulus 1.5 < r < 3. Areas over
these domains come from the exact slopes by Gauss's rule along rays and the trapezoidal rule around, to 1e-14.
"""

from functools import cache

import numpy as np
import pytest

import geoflow as gf
from geoflow.domains.cells import angles
from geoflow.domains.outline import Outline
from geoflow.exact.surfaces import scherk
from geoflow.solvers.linear import solve

ANGLE = np.arange(40_000) * (2.0 * np.pi / 40_000)
SCHERK = scherk(1.5)
RADII = {"disc": lambda a: 1.0 + 0.0 * a, "ellipse": lambda a: 1.0 + 0.0 * a, "star": lambda a: 0.45 + 0.08 * np.cos(3.0 * a)}
FLAT = {"disc": 1.0, "ellipse": 0.6, "star": 1.0}
CATENOID_AREA = 23.90297708391144  # shared: recomputed below


def arccosh(x, y):
    return np.arccosh(np.hypot(x, y))


def ring(radius, centre=(0.0, 0.0), k=ANGLE.size):
    angle = np.arange(k) * (2.0 * np.pi / k)
    return np.column_stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)])


def height(name):
    return arccosh if name == "annulus" else SCHERK.height


def wire(name):
    return gf.Wire.outline([ring(1.5), ring(3.0)] if name == "annulus" else name, height(name))


@cache
def area(name):
    s, ws = np.polynomial.legendre.leggauss(60)
    s, ws, angle = 0.5 * (s + 1.0)[:, None], 0.5 * ws[:, None], np.arange(400) * (2.0 * np.pi / 400)
    if name == "annulus":
        r = 1.5 + 1.5 * s + 0.0 * angle
        return float(np.sum(ws * 1.5 * r * np.sqrt(1.0 + 1.0 / (r * r - 1.0))) * 2.0 * np.pi / 400)
    radius, flat = RADII[name](angle), FLAT[name]
    p, q = SCHERK.slopes(s * radius * np.cos(angle), flat * s * radius * np.sin(angle))
    return float(np.sum(ws * flat * s * radius**2 * np.sqrt(1.0 + p * p + q * q)) * 2.0 * np.pi / 400)


@cache
def rest(name, n):
    """h, the L² and the largest error over the free nodes, the area."""
    film = gf.soap_film(wire(name), n=n)
    run = gf.relax(film.flow, film.start)
    assert run.status == "at rest"
    assert np.array_equal(run.x[film.grid.boundary], film.start[film.grid.boundary])
    x, y = film.grid.points
    free = film.grid.cut.inside
    error = np.zeros(film.grid.shape)
    error[free] = run.x[free] - height(name)(x[free], y[free])
    weight = film.grid.node_area / np.sum(film.grid.node_area)
    return film.grid.spacing[0], float(np.sqrt(np.sum(weight * error**2))), float(np.max(np.abs(error))), float(run.energy[-1])


def order(h, error):
    return np.polyfit(np.log(h), np.log(error), 1)[0]


NAMES = ("disc", "ellipse", "star", "annulus")


def test_the_areas_that_films_are_measured_by():
    assert area("annulus") == pytest.approx(CATENOID_AREA, rel=1e-14)
    sides = np.linspace(-1.0, 1.0, 2001)
    x, y = np.meshgrid(0.5 * (sides[1:] + sides[:-1]), 0.5 * (sides[1:] + sides[:-1]))
    inside = x * x + y * y < 1.0
    p, q = SCHERK.slopes(x, y)
    assert np.sum(np.sqrt(1.0 + p * p + q * q)[inside]) * 1e-6 == pytest.approx(area("disc"), rel=1e-4)


SIZES = (33, 65, 129, 257)


@pytest.mark.parametrize("sizes", [SIZES, pytest.param((*SIZES, 513), marks=pytest.mark.slow)], ids=["to 257", "to 513"])
@pytest.mark.parametrize("name", NAMES)
def test_films_are_of_order_two(name, sizes):
    """In the mean, at worst and in the area, whose h² is clean: its extrapolation is ten times better and more."""
    h, mean, largest, areas = np.array([rest(name, n) for n in sizes]).T
    exact = area(name)
    assert -0.15 <= order(h, mean) - 2.0 <= (0.25 if name == "disc" else 0.15)  # symmetry helps the disc on coarse grids
    assert 1.7 <= order(h, largest) <= 2.15
    assert abs(order(h, np.abs(areas - exact)) - 2.0) <= 0.05
    extrapolated = (4.0 * areas[1:] - areas[:-1]) / 3.0
    assert np.all(np.abs(extrapolated - exact) <= 0.1 * np.abs(areas[1:] - exact))


# At 129²: the mean and the largest error, and that of the area over the area; measured, to a fifth.
AT_129 = {
    "disc": (3.6e-6, 3.9e-5, 1.74e-5),  # 8e-5 is asked for
    "ellipse": (1.92e-5, 4.5e-5, 1.81e-5),
    "star": (1.93e-6, 6.2e-6, 4.75e-6),
    "annulus": (1.22e-4, 3.9e-4, 1.81e-5),
}


@pytest.mark.parametrize("name", NAMES)
def test_errors_at_129(name):
    _, mean, largest, found = rest(name, 129)
    assert (mean, largest, found / area(name) - 1.0) == pytest.approx(AT_129[name], rel=0.2)


@pytest.mark.parametrize("name", NAMES)
def test_triangles_tile_the_domain_without_slivers(name):
    """All weights together are the outline's area to O(h⁴), and no triangle that can move has an angle under 12°."""
    missed, sizes = [], (17, 33, 65, 129, 257)
    for n in (17, 33, 65, 129, 257):
        grid = gf.soap_film(wire(name), n=n).grid
        found = grid.cut.triangles
        whole = np.sum(found.weight) + np.sum(grid.cut.regular) * grid.spacing[0] * grid.spacing[1]
        missed.append(abs(whole / grid.cut.outline.area - 1.0))
        assert np.all(found.weight > 0.0)
        nodes = grid.shape[0] * grid.shape[1]
        ids = found.vertices[found.corners]
        free = np.any((ids < nodes) & grid.cut.inside.ravel()[np.minimum(ids, nodes - 1)], axis=1)
        assert np.degrees(np.min(angles(found.x[found.corners[free]], found.y[found.corners[free]]))) >= 12.0
        assert np.min(np.bincount(found.slot, minlength=4)) > 0
        assert found.slot.max() == 3
    assert order([1.0 / (n - 1) for n in sizes], missed) > 3.0
    assert missed[-1] < 1e-8


@pytest.mark.parametrize("way", ["shifted", "turned"])
def test_where_the_wire_lies_on_the_grid_changes_the_area_by_little(way):
    """By O(h²): with the spacing halved twice, the areas of eight positions scatter less than a tenth as much."""
    spread = []
    for n in (33, 129):
        areas = []
        for k in range(8):
            turn, shift = (0.07 * k, (0.0, 0.0)) if way == "turned" else (0.0, (0.3 * k / n, 0.17 * k / n))
            a = ANGLE[::4]
            r = 0.45 + 0.08 * np.cos(3.0 * a)
            z = 0.1 * np.cos(2.0 * a) + 0.05 * np.sin(3.0 * a)
            loop = np.column_stack([shift[0] + r * np.cos(a + turn), shift[1] + r * np.sin(a + turn), z])
            grid = gf.Grid.within(Outline.of([loop]), (-0.7, 0.7, -0.7, 0.7), (n, n))
            flow = gf.GradientFlow(gf.GraphArea(grid), gf.L2(grid), grid.boundary)
            areas.append(gf.relax(flow, grid.cut.on(np.zeros(grid.shape))).energy[-1])
        spread.append(np.ptp(areas))
    assert 1e-9 < spread[1] < 0.1 * spread[0] < 2e-4


@pytest.mark.parametrize("name", NAMES)
def test_a_flat_and_a_tilted_film_have_their_plane_area(name):
    """Linear heights are seen exactly by every triangle, and their film is at rest: the patch test."""
    for tilt in (0.0, 3.0):
        shape = [ring(1.5), ring(3.0)] if name == "annulus" else name
        film = gf.soap_film(gf.Wire.outline(shape, lambda x, y, t=tilt: 7.0 + t * x - 0.5 * t * y), n=41)
        x, y = film.grid.points
        plane = np.where(film.grid.node_area > 0.0, 7.0 + tilt * x - 0.5 * tilt * y, film.start)
        slope = np.sqrt(1.0 + 1.25 * tilt * tilt)
        grid = film.grid
        whole = np.sum(grid.cut.triangles.weight) + np.sum(grid.cut.regular) * grid.spacing[0] * grid.spacing[1]
        assert whole == pytest.approx(film.wire.shadow.area, rel=1e-5)
        assert film.flow.energy.value(plane) == pytest.approx(slope * whole, rel=1e-12)
        assert np.max(np.abs(film.flow.differential(plane))) < 1e-12
        assert np.max(np.abs(gf.relax(film.flow, film.start).x - plane)) < 1e-7


def test_the_harmonic_start_is_the_harmonic_film():
    film = gf.soap_film(gf.Wire.outline("disc", "x**3 - 3*x*y**2"), n=129)
    x, y = film.grid.points
    error = np.abs(film.start - (x**3 - 3.0 * x * y**2))[film.grid.cut.inside]
    assert 1e-7 < np.max(error) < 1e-3


@pytest.mark.parametrize("name", ["disc", "star", "annulus"])
def test_multigrid_does_not_feel_the_cuts(name):
    """Conjugate gradients to 1e-8 take at most two iterations more for each doubling of n."""
    taken = []
    for n in (33, 65, 129, 257):
        film = gf.soap_film(wire(name), n=n)
        hessian = film.flow.energy.hessian(gf.relax(film.flow, film.start).x)
        load = np.where(film.grid.boundary, 0.0, np.random.default_rng(n).normal(size=film.grid.shape))
        taken.append(solve(hessian, load, film.grid.boundary, 1e-8).iterations)
    assert 3 <= taken[0] <= 8
    assert np.max(np.diff(taken)) <= 2


@pytest.mark.parametrize("metric", ["l2", "mcf"])
def test_both_flows_come_to_rest_in_the_same_film(metric):
    film = gf.soap_film(gf.Wire.outline("annulus", "x*y + 0.3*sin(3*x)"), n=33, start="flat", metric=metric)
    run = gf.evolve(film.flow, film.start, record=film.records)
    assert run.status == "at rest"
    assert run.largest_increase <= 1e-13 * run.energy[0]
    assert run.energy[-1] == pytest.approx(gf.relax(film.flow, film.start).energy[-1], rel=1e-12)
    at = np.searchsorted(run.t, run.records["area"].t)
    np.testing.assert_allclose(run.records["area"].value, run.energy[at], rtol=1e-12)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("name", NAMES)
def test_both_witnesses_agree_on_random_films(name, size):
    film = gf.soap_film(wire(name), n=129)
    rough = np.where(film.grid.boundary, film.start, size * np.random.default_rng(3).standard_normal(film.grid.shape))
    assert gf.AreaMonitor(film.grid)(0.0, rough) == pytest.approx(film.flow.energy.value(rough), rel=1e-12)


MOVING = {
    "a cap is carried, in L²": (
        "l2",
        "t - sqrt(4 - x**2 - y**2)",
        lambda t, x, y: t - np.sqrt(4.0 - x * x - y * y),
        (17, 33, 65),
    ),
    "a sphere shrinks, by mean curvature": (
        "mcf",
        "sqrt(2.25 - 4*t - x**2 - y**2)",
        lambda t, x, y: np.sqrt(2.25 - 4.0 * t - x * x - y * y),
        (17, 33),
    ),
}


@pytest.mark.parametrize("case", MOVING)
def test_films_in_wires_that_move(case):
    metric, formula, exact, sizes = MOVING[case]
    errors = []
    for n in sizes:
        start = formula.replace("4*t", "0").replace("t -", "0 -")
        film = gf.soap_film(gf.Wire.outline("disc", formula), n=n, start=start, metric=metric)
        run = gf.evolve(film.flow, film.start, t_end=0.1, dt=0.1 / 32, record=film.records)
        seen = run.records["area"]
        np.testing.assert_allclose(seen.value, run.energy[np.searchsorted(run.t, seen.t)], rtol=1e-12)  # where the wire is then
        free = film.grid.cut.inside
        wire = film.grid.boundary & (film.grid.node_area > 0.0)
        x, y = film.grid.points
        errors.append(np.mean(np.abs(run.x[free] - exact(0.1, x[free], y[free]))))
        np.testing.assert_allclose(run.x[wire], exact(0.1, x[wire], y[wire]), rtol=0, atol=1e-7)
    assert abs(order([1.0 / n for n in sizes], errors) - 2.0) < 0.4
    assert errors[-1] < 5e-4
