"""A film's surface is what the wire bounds: no gap, no overlap, no loose end, its edge on the wire to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geoflow as gf
from geoflow.domains.cells import angles
from geoflow.fields import fields

T = np.linspace(0.0, 2.0 * np.pi, 300, endpoint=False)


def round_(r, z=0.0, cx=0.0, cy=0.0):
    r = r + 0.0 * T
    return np.stack([cx + r * np.cos(T), cy + r * np.sin(T), z + 0.0 * T], axis=1)


SQUARE = np.array([[0, 0, 0], [1, 0, 1], [1, 1, 0], [0, 1, 1.0]])
TURN = np.array([[np.cos(0.3), -np.sin(0.3), 0], [np.sin(0.3), np.cos(0.3), 0], [0, 0, 1]])
OUTLINES = {
    "disc": [round_(1, 0.2 * np.sin(3 * T))],
    "flower": [round_(1 + 0.35 * np.cos(5 * T), 0.1 * np.cos(T))],
    "annulus": [round_(2, 0.3 * np.sin(T)), round_(1)],
    "isle in a lake": [round_(2), round_(1.5, 0.2), round_(0.8, 0.4 * np.cos(2 * T))],
    "two parts": [round_(1, 0.3), round_(0.7, 0.2 * np.sin(2 * T), 3.0, 0.4)],
    "square": [SQUARE @ TURN.T],
    "diamond": [np.array([[0, -1, 0], [1, 0, 1], [0, 1, 0], [-1, 0, 1.0]])],
    "corner": [np.array([[0, 0, 0], [2, 0, 0.5], [2, 1, 0], [1, 1, 0], [1, 2, 0.5], [0, 2, 0.0]])],
}


def check(film):
    """Every edge within is passed once each way; those of the rim form one loop a wire, all of it on the wire."""
    surface = film.surface(film.start)
    points, triangles, k = surface.points, surface.triangles, len(surface.points)
    assert np.array_equal(np.unique(triangles), np.arange(k))
    a, b, c = (points[triangles[:, i], :2] for i in range(3))
    doubled = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert doubled.min() > 0.05 * film.grid.spacing[0] * film.grid.spacing[1]
    ways = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    there, back = ways @ [k, 1], ways @ [1, k]
    assert len(np.unique(there)) == len(there)
    rim = ways[~np.isin(there, back)]
    following = dict(rim.tolist())
    assert len(following) == len(rim) and set(following) == set(following.values())  # no T-junction, no pinch
    loops, left = 0, set(following)
    while left:
        first = here = next(iter(left))
        while True:
            left.discard(here)
            here = following[here]
            if here == first:
                break
        loops += 1
    assert loops == len(surface.wires)
    x, y = points[rim[:, 0], :2].T
    x_next, y_next = points[rim[:, 1], :2].T
    assert np.sum(doubled) == pytest.approx(np.sum(x * y_next - y * x_next), rel=1e-12)  # covered once
    on_wire = surface.on_points(film.grid.boundary.astype(float), 1.0) > 0
    assert on_wire[rim].all()
    cut = film.grid.cut
    exact = np.concatenate([cut.held[np.isin(cut.nodes.held, surface.vertices)], cut.points])
    assert {p.tobytes() for p in points[on_wire]} <= {p.tobytes() for p in exact}
    assert len(np.unique(points, axis=0)) == k
    return surface


@pytest.mark.parametrize("n", [33, 48, 65, 129])
@pytest.mark.parametrize("name", OUTLINES)
def test_no_gap_no_overlap_no_loose_end(name, n):
    check(gf.soap_film(gf.Wire.outline(OUTLINES[name]), n))


def test_of_two_splits_the_one_with_the_larger_smallest_angle():
    film = gf.soap_film(gf.Wire.outline(OUTLINES["flower"]), 48)
    cut, surface = film.grid.cut, film.surface(film.start)
    chosen = {tuple(sorted(triangle)) for triangle in surface.vertices[surface.triangles].tolist()}
    place = dict(zip(surface.vertices.tolist(), surface.points[:, :2], strict=True))
    found, both = cut.triangles, 0
    for cell in np.unique(found.cell):
        here = np.flatnonzero((found.cell == cell) & (found.weight < found.area))
        if len(here) == 4:
            corners = found.vertices[found.corners[here]].tolist()
            sharpest = [min(angles(*np.array([place[v] for v in three]).T)) for three in corners]
            first, second = min(sharpest[:2]), min(sharpest[2:])
            taken = [tuple(sorted(three)) in chosen for three in corners]
            assert taken == ([True, True, False, False] if first >= second else [False, False, True, True])
            both += 1
    assert both > 20


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-0.12, 0.12), min_size=8, max_size=8), st.integers(25, 70))
def test_of_any_wavy_outline(waves, n):
    radius = 1.0 + sum(w * f((k + 2) * T) for k, (w, f) in enumerate(zip(waves, [np.cos, np.sin] * 4, strict=True)))
    wire = gf.Wire.outline(round_(np.maximum(radius, 0.4), 0.1 * np.cos(2 * T)))
    try:
        film = gf.soap_film(wire, n)
    except gf.BadInput:
        return  # too narrow somewhere for so few nodes
    check(film)


def test_a_rectangle_keeps_its_triangles():
    film = gf.soap_film(gf.Wire.formula("x*y", (0.0, 3.0, 0.0, 2.0)), 4)
    surface = film.surface(film.start)
    assert surface.triangles[:4].tolist() == [[0, 1, 5], [0, 5, 4], [1, 2, 6], [1, 6, 5]]
    assert len(surface.triangles) == 2 * surface.whole == 12 and np.array_equal(surface.vertices, np.arange(12))
    assert np.array_equal(surface.points[:, 2], film.start.ravel())
    (wire,) = surface.wires
    assert np.array_equal(wire[0], wire[-1]) and len(wire) == 11
    assert np.array_equal(surface.on_points(np.arange(12.0).reshape(3, 4)), np.arange(12.0))


def test_its_area_is_the_films_to_second_order():
    """The mean of two splits and chords that are moved out, against one split and straight chords."""
    exact, gaps = np.pi * (5.0**1.5 - 1.0) / 6.0, []  # z = r² over the disc: π/6 ((1 + 4)^{3/2} − 1)
    for n in (17, 33, 65, 129, 257):
        film = gf.soap_film(gf.Wire.outline("disc", "x**2 + y**2"), n, "x**2 + y**2")
        gaps.append(exact - film.surface(film.start).area)
    assert min(gaps) > 0.0
    slope = np.polyfit(np.log([16, 32, 64, 128, 256]), np.log(gaps), 1)[0]
    assert slope == pytest.approx(-2.0, abs=0.15)


@pytest.mark.parametrize("shape", ["disc", None])
def test_mean_curvature_of_a_cap_is_of_second_order(shape):
    """z = √(4 − x² − y²), H = −½."""
    errors, formula = [], "sqrt(4 - x**2 - y**2)"
    for n in (17, 33, 65, 129):
        wire = gf.Wire.outline(shape, formula) if shape else gf.Wire.formula(formula)
        film = gf.soap_film(wire, n, lambda x, y: np.sqrt(np.maximum(4.0 - x * x - y * y, 0.0)))
        surface, known = fields(film, film.start)
        found = known["mean_curvature"]
        on_wire = surface.on_points(film.grid.boundary.astype(float), 1.0) > 0
        assert np.all(np.isnan(found[on_wire]))
        assert np.isfinite(found).mean() > 1.0 - 12.0 / n
        within = np.hypot(surface.points[:, 0], surface.points[:, 1]) < 0.7
        errors.append(np.sqrt(np.mean((found[within] + 0.5) ** 2)))
        assert np.nanmax(np.abs(found + 0.5)) < 0.02 / n
    slope = np.polyfit(np.log([16, 32, 64, 128]), np.log(errors), 1)[0]
    assert slope == pytest.approx(-2.0, abs=0.15)
