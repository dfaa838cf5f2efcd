"""The area's error bar on random films over random outlines, whose exact areas are known.

Surfaces are turned, scaled and moved pieces of Scherk's two surfaces, Enneper's, the helicoid and the catenoid upright and lying,
over discs, ellipses, stars and convex polygons, a quarter of them with a hole. Their areas come from exact slopes by Gauss's rule
along rays, and around by the trapezoidal rule or, for polygons, Gauss's rule edge by edge.
"""

from functools import cache

import numpy as np
import pytest
from scipy.optimize import brentq

import geoflow as gf
from geoflow.exact.surfaces import SURFACES

X, W = np.polynomial.legendre.leggauss(60)
X, W = 0.5 * (X + 1.0), 0.5 * W


def catenoid_height(x, y):
    return np.arccosh(np.hypot(x, y))


def catenoid_slopes(x, y):
    r = np.hypot(x, y)
    return x / (r * np.sqrt(r * r - 1.0)), y / (r * np.sqrt(r * r - 1.0))


def surface(rng):
    """Height, slopes, a centre (x, 0) and a radius around it in which the slopes are finite."""
    kind = rng.integers(6)
    if kind == 0:
        at = rng.uniform(1.6, 3.0)
        return catenoid_height, catenoid_slopes, at, rng.uniform(0.3, 1.0) * (at - 1.03)
    if kind == 1:
        at, s = rng.uniform(0.5, 2.0), SURFACES["helicoid"]
        return s.height, s.slopes, at, rng.uniform(0.3, 0.95) * at
    name, largest = (("scherk", 1.4), ("enneper", 0.6), ("fifth-scherk", 0.95), ("catenoid", 1.05))[kind - 2]
    return SURFACES[name].height, SURFACES[name].slopes, 0.0, rng.uniform(0.3, largest)


def radius(rng):
    """r(angle) ≤ 1 as a function, and the angles of its corners or None."""
    kind = rng.integers(4)
    if kind == 0:
        return lambda a: 1.0 + 0.0 * a, None
    if kind == 1:
        flat = rng.uniform(0.4, 0.95)
        return lambda a: flat / np.hypot(flat * np.cos(a), np.sin(a)), None
    if kind == 2:
        arms, deep = rng.integers(2, 6), rng.uniform(0.03, 0.18)
        return lambda a: (1.0 + deep * np.cos(arms * a)) / (1.0 + deep), None
    gaps = np.zeros(1)
    while np.min(gaps) < 0.25 or np.max(gaps) > 0.85 * np.pi:
        corners = np.sort(rng.uniform(0.0, 2.0 * np.pi, rng.integers(3, 9)))
        gaps = np.diff(corners, append=corners[0] + 2.0 * np.pi)

    def straight(a):
        a = np.mod(a - corners[0], 2.0 * np.pi) + corners[0]
        k = np.searchsorted(corners, a, side="right") - 1
        return np.cos(0.5 * gaps[k]) / np.cos(a - corners[k] - 0.5 * gaps[k])

    return straight, corners


def turned(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def random_film(seed):
    """A wire, its exact area, and whether its outline has corners."""
    rng = np.random.default_rng(seed)
    (height, slopes, at, size), (r, corners) = surface(rng), radius(rng)
    hole = rng.uniform(0.3, 0.6) if rng.random() < 0.25 else 0.0
    turn, around, scale, shift = (
        turned(rng.uniform(0.0, 7.0)),
        rng.uniform(0.0, 7.0),
        10.0 ** rng.uniform(-1, 1),
        rng.uniform(-1, 1, 2),
    )
    if corners is None:
        angle, weight = np.arange(800) * (2.0 * np.pi / 800), np.full(800, 2.0 * np.pi / 800)
    else:
        gaps = np.diff(corners, append=corners[0] + 2.0 * np.pi)
        angle, weight = (corners[:, None] + gaps[:, None] * X).ravel(), (gaps[:, None] * W).ravel()
    rim = size * r(angle)
    out = hole + (1.0 - hole) * X[:, None]
    p, q = slopes(at + out * rim * np.cos(angle + around), out * rim * np.sin(angle + around))
    area = scale**2 * np.sum((1.0 - hole) * W[:, None] * weight * rim * out * rim * np.sqrt(1.0 + p * p + q * q))
    a = np.arange(30_000) * (2.0 * np.pi / 30_000) if corners is None else corners

    def loop(share):
        own = share * size * np.stack([r(a) * np.cos(a + around), r(a) * np.sin(a + around)], axis=1)
        return scale * own @ turn.T + shift

    def lifted(x, y):
        own = (np.stack([x, y], axis=-1) - shift) / scale @ turn
        return scale * height(own[..., 0] + at, own[..., 1])

    return gf.Wire.outline([loop(1.0), *([loop(hole)] if hole else [])], lifted), float(area), corners is not None


@cache
def shares(seeds, n):
    """Of each film the error over the bar, the bar over the area, whether it has corners, and what is said of its wire."""
    rows = []
    for seed in seeds:
        wire, area, cornered = random_film(seed)
        try:
            film = gf.soap_film(wire, n)
        except gf.BadInput:  # too narrow for the grid
            continue
        run = gf.relax(film.flow, film.start)
        bar = gf.area_estimate(film, run)
        rows.append((abs(bar.area - area) / bar.error, bar.error / area, cornered, gf.detachment(film, run).status))
    return rows


def test_the_bar_holds_on_outlines():
    rows = shares(tuple(range(6)), 65)
    assert len(rows) == 6
    assert np.max([share for share, *_ in rows]) <= 1.0
    assert "detached" not in [status for *_, status in rows]


@pytest.mark.slow
@pytest.mark.parametrize(("n", "seeds"), [(65, 120), (129, 120), (257, 40)])
def test_the_bar_holds_on_many_outlines(n, seeds):
    """In 19 of 20, and it is not idle: half of them are within fifty times the error, and a thousandth of the area."""
    rows = shares(tuple(range(1000, 1000 + seeds)), n)
    assert len(rows) >= 0.9 * seeds
    for corners in (False, True):
        some = np.array([(share, bar) for share, bar, cornered, _ in rows if cornered == corners])
        print(
            n,
            "corners" if corners else "smooth",
            len(some),
            "held",
            np.mean(some[:, 0] <= 1.0),
            "bar/error",
            1 / np.median(some[:, 0]),
        )
        assert np.mean(some[:, 0] <= 1.0) >= 0.95
        assert np.median(some[:, 0]) >= 0.02
        assert np.median(some[:, 1]) <= 1e-3
    assert "detached" not in [status for *_, status in rows]
    assert np.mean([status == "undecided" for *_, status in rows]) <= 0.1


def test_what_cut_corners_miss_is_known():
    """All of what triangles and whole cells leave of an outline is accounted for, and its area over a plane is found."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        r, corners = None, None
        while corners is None:
            r, corners = radius(rng)
        points = np.stack([r(corners) * np.cos(corners), r(corners) * np.sin(corners)], axis=1)
        film = gf.soap_film(gf.Wire.outline(np.column_stack([points, points @ (0.5, -0.3)])), 65)
        cut, missed = film.grid.cut, film.grid.cut.triangles.missed
        hx, hy = film.grid.spacing
        whole = np.sum(cut.triangles.weight) + np.sum(cut.regular) * hx * hy
        lost = cut.outline.area - whole
        assert lost > 5e-5 * cut.outline.area
        assert film.grid.area == pytest.approx(whole, rel=1e-14)
        assert np.sum(missed) == pytest.approx(lost, rel=1e-8)
        run = gf.relax(film.flow, film.start)
        bar, exact = gf.area_estimate(film, run), np.sqrt(1.34) * cut.outline.area
        assert abs(bar.area - exact) <= min(bar.error, 1e-8 * abs(run.energy[-1] - exact))


@pytest.mark.parametrize("corners", [3, 5, 8, 12, 24, 32, 100, 2000])
@pytest.mark.parametrize("n", [33, 65])
def test_no_area_is_lost_where_an_outline_turns(corners, n):
    """However little, with or without a corner: cells, triangles and what these miss are all that it encloses."""
    angle = 4.186199275991463 + np.arange(corners) * (2.0 * np.pi / corners)
    film = gf.soap_film(gf.Wire.outline([np.column_stack([np.cos(angle), np.sin(angle)])], lambda x, y: 0.5 * x - 0.3 * y), n)
    flat, area = np.zeros(film.grid.shape), film.wire.shadow.area
    level = gf.soap_film(gf.Wire.outline([np.column_stack([np.cos(angle), np.sin(angle)])], "0*x"), n).flow.energy
    assert level.value(flat) + level.missed(flat) == pytest.approx(area, rel=1e-12)
    assert film.grid.area == pytest.approx(level.value(flat), rel=1e-14)
    bar, exact = gf.area_estimate(film, gf.relax(film.flow, film.start)), np.sqrt(1.34) * area
    assert abs(bar.area - exact) <= bar.error
    cornered = film.grid.cut.triangles.cornered  # a vertex moves by a tenth of a spacing at most: an octagon's by chance
    assert cornered or corners > 5
    assert not cornered or corners < 12
    assert bar.error <= 1e-11 or cornered


def annulus(inner, outer, gap):
    """A wire over an annulus, and the area of its catenoid, with that of its wall where the gap is too large for one."""

    def across(c):
        return c * (np.arccosh(outer / c) - np.arccosh(inner / c))

    def upto(r, c):
        return np.pi * (r * np.sqrt(r * r - c * c) + c * c * np.arccosh(r / c))

    contact = across(inner)
    c = inner if gap >= contact else brentq(lambda c: across(c) - gap, 1e-9, inner)
    a = np.arange(8192) * (2.0 * np.pi / 8192)
    loops = [np.column_stack([r * np.cos(a), r * np.sin(a), np.full(a.size, z)]) for r, z in ((outer, 0.0), (inner, gap))]
    return gf.Wire.outline(loops), upto(outer, c) - upto(inner, c) + 2.0 * np.pi * inner * max(gap - contact, 0.0), gap / contact


@pytest.mark.parametrize("gap", [1.5, 3.0])
def test_the_bar_of_a_film_that_lets_go(gap):
    """Catenoid and wall: at every n the truth is inside, and the bars shrink."""
    bars, (wire, exact, _) = [], annulus(1.0, 2.0, gap)
    for n in (65, 129):
        film = gf.soap_film(wire, n)
        bar = gf.area_estimate(film, gf.relax(film.flow, film.start))
        assert abs(bar.area - exact) <= bar.error
        assert "lets go" in bar.note
        bars.append(bar.error)
    assert bars[1] < 0.8 * bars[0]


@pytest.mark.slow
@pytest.mark.parametrize("n", [65, 129, 257])
def test_bars_of_many_annuli(n):
    """Gaps from nothing to three times what a catenoid spans, half of them near to that; none told wrong, bars in 19 of 20."""
    rng, shares = np.random.default_rng(n), []
    for k in range(40):
        inner, outer, part = rng.uniform(0.3, 0.7), 1.0, rng.uniform(0.9, 1.1) if k % 2 else rng.uniform(0.0, 3.0)
        wire, exact, part = annulus(inner, outer, part * inner * np.arccosh(outer / inner))
        film = gf.soap_film(wire, n)
        run = gf.relax(film.flow, film.start)
        bar, seen = gf.area_estimate(film, run), gf.detachment(film, run)
        assert seen.status in ("undecided", "detached" if part > 1.0 else "spanned")
        narrow = outer - inner < 18.0 * film.grid.spacing[0]  # no room for readings on the coarser grids
        assert seen.status != "undecided" or narrow or 0.8 < part < 1.2
        shares.append(abs(bar.area - exact) / bar.error)
    print(n, "annuli held", np.mean(np.array(shares) <= 1.0), "bar/error", 1.0 / np.median(shares))
    assert np.mean(np.array(shares) <= 1.0) >= 0.95
    assert np.median(shares) >= 0.02


KINKED = ["abs(x)", "abs(x) - abs(y)", "abs(x + 0.3*y - 0.2)", "x*y/(x**2 + y**2 + 0.003)"]


@pytest.mark.slow
@pytest.mark.parametrize("n", [33, 65, 129])
def test_bars_where_kinks_and_corners_rule(n):
    """Over a disc, an ellipse and a triangle, against four times as many nodes, whose own bar is far narrower."""
    triangle, held = np.array([(-1.0, -0.8), (1.0, -0.7), (0.1, 0.9)]), []
    for outline in ("disc", "ellipse", triangle):
        for height in KINKED:
            bar, truth = (area_bar(outline, height, k) for k in (n, 4 * n - 3))
            held.append(abs(bar.area - truth.area) <= bar.error + truth.error)
    print(n, "kinked held", np.mean(held))
    assert np.sum(~np.array(held)) <= 1


def area_bar(outline, height, n):
    film = gf.soap_film(gf.Wire.outline(outline, height), n)
    return gf.area_estimate(film, gf.relax(film.flow, film.start))
