"""Manifolds of saddles: curves and a surface that are known, where they end, and that marbles do on them what they should."""

import dataclasses

import numpy as np
import pytest
from scipy.integrate import quad

import geoflow as gf
from geoflow.points import rings
from tests.exact.test_equilibria import PASS, mueller_brown

SPACE = "-(exp(x)*cos(y) - x - 1) + z**2"  # stable: x = ln(y / sin y), all z; unstable: y = z = 0
BOX = (-2, 2, -2.5, 2.5, -1, 1)


def gorge(y: np.ndarray) -> np.ndarray:
    return np.log(y / np.sin(y))


@pytest.fixture(scope="module")
def sheet():
    return gf.stable_manifold(gf.Potential(SPACE), [0, 0, 0], BOX, n=24)


def test_the_stable_curve_of_the_pass_is_the_axis() -> None:
    road = gf.stable_manifold(gf.Potential(PASS), [0, 0], (-2, 2, -3, 3))
    for branch, end in zip(road.branches, (-2.0, 2.0), strict=True):
        assert np.max(np.abs(branch.points[:, 1])) < 1e-12
        np.testing.assert_allclose(branch.points[[0, -1], 0], [0.0, end], atol=1e-12)
        np.testing.assert_allclose(branch.length, np.abs(branch.points[:, 0]), atol=1e-12)
        assert np.all(np.diff(branch.value) > 0.0)
        assert branch.end == "it reached the bounds"


def test_the_unstable_curve_of_the_pass() -> None:
    """x = ln(y / sin y), and as long as that is: both its place and its clock are right."""
    fall = gf.unstable_manifold(gf.Potential(PASS), [0, 0], (-2, 2, -3, 3))
    for branch, way in zip(fall.branches, (-1.0, 1.0), strict=True):
        x, y = branch.points[1:].T
        assert np.max(np.abs(x - gorge(y))) < 1e-9
        assert abs(x[-1] - 2.0) < 1e-12
        assert 2.7 < way * y[-1] < 2.8
        exact = quad(lambda s: np.hypot(1.0, 1.0 / s - 1.0 / np.tan(s)), 1e-9, way * y[-1], epsabs=1e-12)[0]
        assert abs(branch.length[-1] - exact) < 1e-8
        assert np.all(np.diff(branch.value) < 0.0)


def test_the_quadratic_correction_is_right() -> None:
    """At a distance s from the saddle the germ is off by O(s³): with the correction left out, by O(s²)."""
    from geoflow.points.germ import germ
    from geoflow.points.landscape import Landscape

    energy = gf.Potential(PASS)
    g = germ(Landscape(energy, 2), -1.0, np.zeros(2), np.full(2, 1.0))
    off = [np.abs(np.diff([gorge(p[1]), p[0]])[0]) for p in g.at(np.array([[0.2], [0.1], [0.05]]))]
    assert 14.0 < off[0] / off[1] < 18.0  # even in s: the next term is s⁴
    assert 14.0 < off[1] / off[2] < 18.0
    np.testing.assert_allclose(g.bend[:, 0, 0], [1.0 / 3.0, 0.0], atol=1e-7)  # ln(y / sin y) = y²/6 + …


def test_unstable_curves_join_the_equilibria_of_mueller_brown() -> None:
    energy, box = gf.Potential(mueller_brown()), (-1.5, 1.2, -0.2, 2)
    rest = gf.find_equilibria(energy, box)
    ends = []
    for saddle in [p for p in rest.points if p.kind == "saddle"]:
        for branch in gf.unstable_manifold(energy, saddle, box).branches:
            near = [np.linalg.norm(branch.points[-1] - p.x) for p in rest.points]
            ends.append(int(np.argmin(near)))
            assert min(near) < 1e-10
            assert branch.end.startswith("it reached the equilibrium at (")
            assert np.all(np.diff(branch.value[:-1]) < 0.0)
            slope = energy.differential(branch.points[100:300])  # a trajectory: it runs along dV
            along = np.diff(branch.points[99:301], axis=0)
            cosine = np.sum(slope * (along[1:] + along[:-1]), axis=1) / np.linalg.norm(along[1:] + along[:-1], axis=1)
            np.testing.assert_allclose(cosine / np.linalg.norm(slope, axis=1), -1.0, atol=1e-4)
    assert sorted(ends) == [0, 1, 2, 2]


def test_the_surface_lies_where_it_should(sheet) -> None:
    x, y, z = sheet.points[1:].T
    assert np.max(np.abs(x - gorge(y))) < 1e-9
    assert np.max(np.abs(y)) == pytest.approx(2.5, abs=1e-9)
    assert np.max(np.abs(z)) == pytest.approx(1.0, abs=1e-9)
    energy = gf.Potential(SPACE)
    np.testing.assert_allclose(sheet.value, energy.value(sheet.points), rtol=1e-14)


def test_the_surface_is_a_mesh_without_holes_or_folds(sheet) -> None:
    """Each inner edge once in each direction, a disk, of nearly the area of the exact surface, of triangles worth the name."""
    directed = np.concatenate([sheet.triangles[:, [0, 1]], sheet.triangles[:, [1, 2]], sheet.triangles[:, [2, 0]]])
    assert len(np.unique(directed, axis=0)) == len(directed)
    edges, times = np.unique(np.sort(directed, axis=1), axis=0, return_counts=True)
    assert set(times) == {1, 2}
    assert len(np.unique(sheet.triangles)) == len(sheet.points)
    assert len(sheet.points) - len(edges) + len(sheet.triangles) == 1
    corners = sheet.points[sheet.triangles]
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    areas = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    exact = 4.0 * quad(lambda s: np.hypot(1.0, 1.0 / s - 1.0 / np.tan(s)), 1e-9, 2.5)[0]
    assert 0.98 * exact < np.sum(areas) < exact
    shape = 4.0 * np.sqrt(3.0) * areas / np.sum(sides**2, axis=1)  # 1 for an equilateral triangle
    assert np.median(shape) > 0.7
    assert np.quantile(shape, 0.05) > 0.2
    assert np.max(sides) < 3.0 * 5.0 / 24


def test_every_point_of_the_surface_flows_to_the_saddle(sheet) -> None:
    flow = gf.GradientFlow(gf.Marbles(gf.Potential(SPACE)), gf.Euclidean())
    run = gf.evolve(flow, sheet.points, 9.0, method=gf.RK32(), rtol=1e-7, t_eval=np.linspace(0.5, 9.0, 18))
    assert np.max(np.min(np.linalg.norm(run.states, axis=2), axis=0)) < 2e-3
    beside = sheet.points + np.array([0.02, 0.0, 0.0])  # and those beside it do not
    run = gf.evolve(flow, beside[1:], 4.0, method=gf.RK32(), rtol=1e-5, t_eval=np.linspace(0.25, 4.0, 16), raise_on_failure=False)
    assert np.median(np.min(np.linalg.norm(run.states, axis=2), axis=0)) > 1e-2


def test_a_curve_that_is_longer_than_it_is_followed_says_so(monkeypatch) -> None:
    monkeypatch.setattr("geoflow.points.curves.LONGEST", 0.05)  # sides of the box, instead of a hundred
    for branch in gf.unstable_manifold(gf.Potential("exp(x)*cos(y) - x - 1"), [0, 0], (-2, 2, -2, 2)).branches:
        assert branch.end == "it is longer than it was followed"
        assert branch.length[-1] == pytest.approx(0.05 * 4.0, rel=1e-3)


def test_a_piece_that_grew_between_two_points_is_sewn_to_the_nearer() -> None:
    """No point of the ring below lies between its angles: one does, the one beside their middle."""
    angles, upper = np.arange(5) * 0.5, np.array([1.1, 1.2])
    below = rings.Chain(angles, np.arange(5), np.zeros((5, 3)), np.ones(5, dtype=bool))
    piece = rings.Chain(upper, np.array([10, 11]), np.ones((2, 3)), np.ones(2, dtype=bool))
    assert rings.sewn(below, piece) == [(2, 10, 11)]
    assert rings.sewn(below, dataclasses.replace(piece, theta=upper + 0.3)) == [(3, 10, 11)]


def test_surfaces_go_past_other_equilibria() -> None:
    """The stable manifold of (1, 1, 0) is the quarter x, y > 0 of z = 0, with a top and two passes of its own on its edge."""
    quarter = gf.stable_manifold(gf.Potential("((x**2 - 1)**2 + (y**2 - 1)**2 + (z**2 - 1)**2)/4"), (1, 1, 0), (-2, 2) * 3)
    assert np.max(np.abs(quarter.points[:, 2])) < 1e-12
    assert np.all((quarter.points[:, :2] > 0.0) & (quarter.points[:, :2] <= 2.0 + 1e-12))
    corners = quarter.points[quarter.triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2]
    assert 3.7 < 0.5 * abs(np.sum(normal)) < 4.0
    assert np.sum(np.abs(normal)) < 1.01 * abs(np.sum(normal))


def test_the_unstable_surface_of_a_saddle_with_two_ways_down_and_its_pyvista_mesh() -> None:
    found = gf.unstable_manifold(gf.Potential(f"-({SPACE})"), [0, 0, 0], BOX, n=8)
    x, y, _ = found.points[1:].T
    assert np.max(np.abs(x - gorge(y))) < 1e-9
    assert np.all(found.value[1:] < 0.0)
    mesh = found.to_pyvista()
    assert (mesh.n_points, mesh.n_cells) == (len(found.points), len(found.triangles))
    np.testing.assert_array_equal(mesh.point_data["V"], found.value)


@pytest.mark.parametrize(
    ("text", "saddle", "box", "field"),
    [
        (PASS, [0.5, 0.0], (-2, 2, -3, 3), "saddle"),  # no equilibrium there
        (PASS, [0.0, 0.0, 0.0], (-2, 2, -3, 3), "saddle"),
        (PASS, [0.0, 0.0], (1, 2, -3, 3), "bounds"),
        ("x**3 - 3*x*y**2", [0.0, 0.0], (-1, 1, -1, 1), "saddle"),  # degenerate
        ("x**2 + y**2 + z**2", [0.0, 0.0, 0.0], (-1, 1) * 3, "saddle"),  # three dimensions
    ],
)
def test_bad_input(text: str, saddle: list, box: tuple, field: str) -> None:
    with pytest.raises(gf.BadInput) as refused:
        gf.stable_manifold(gf.Potential(text), saddle, box)
    assert refused.value.field == field
    with pytest.raises(gf.BadInput):
        gf.stable_manifold(gf.Potential(PASS), [0, 0], (-2, 2, -3, 3), n=2)
