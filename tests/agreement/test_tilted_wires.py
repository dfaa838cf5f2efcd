"""Wires in any position in space: turned to be graphs and back, with the same area; and ends that are joined, or refused."""

import re

import numpy as np
import pytest
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

import geoflow as gf
from geoflow.domains.frame import Frame, frames, vector_area
from geoflow.domains.loops import closed_loops
from geoflow.domains.outline import Outline
from geoflow.domains.reentrant import dents
from geoflow.io.edges import JOIN

ANGLE = np.arange(1200) * (2.0 * np.pi / 1200)
RING = np.column_stack([np.cos(ANGLE), np.sin(ANGLE), 0.3 * np.cos(2.0 * ANGLE)])  # a saddle-bent ring
SHIFT = np.array([5.0, -3.0, 2.0])


def rotation(*angles):
    return Rotation.from_euler("xyz", angles, degrees=True).as_matrix()


def rest(wire, n=33):
    film = gf.soap_film(wire, n=n)
    return film, gf.relax(film.flow, film.start)


def apart(curves, others):
    """The largest distance between points of curves and the others, as sets."""
    a, b = np.concatenate(curves), np.concatenate(others)
    assert len(a) == len(b)
    return max(np.max(KDTree(a).query(b)[0]), np.max(KDTree(b).query(a)[0]))


# ------------------------------------------------------------------------------------------------------------ frames


def test_a_frame_is_a_rotation_that_turns_its_normal_up():
    rng = np.random.default_rng(4)
    for normal in [*rng.standard_normal((40, 3)), *np.eye(3), *-np.eye(3), (0.0, 1.0, 1e-14)]:
        frame = Frame.facing(np.asarray(normal), rng.standard_normal(3))
        r = frame.rotation
        np.testing.assert_allclose(r @ r.T, np.eye(3), rtol=0, atol=4e-16)
        assert np.linalg.det(r) == pytest.approx(1.0, rel=1e-15)
        up = np.asarray(normal) / np.linalg.norm(normal)
        np.testing.assert_allclose(np.abs(r @ up), (0.0, 0.0, 1.0), rtol=0, atol=1e-13)
        assert r[2, 2] >= 0.0
        points = rng.standard_normal((7, 5, 3))
        np.testing.assert_allclose(frame.back(frame.into(points)), points, rtol=0, atol=4e-15)
        np.testing.assert_array_equal(frame.into(frame.origin), np.zeros(3))
    assert np.array_equal(Frame.facing(np.array([0.0, -2.0, 0.0]), np.zeros(3)).rotation, [[1, 0, 0], [0, 0, -1], [0, 1, 0]])


def test_the_vector_area_is_the_shadows_area_whichever_way_loops_go():
    loops = [RING * 2.0, RING]
    assert abs(vector_area(loops)[2]) == pytest.approx(5.0 * np.pi, rel=1e-4)
    for turn in (rotation(40, 10, 70), rotation(90, 0, 0)):
        turned = [loops[0] @ turn.T + SHIFT, loops[1][::-1] @ turn.T + SHIFT]
        np.testing.assert_allclose(np.abs(turn.T @ vector_area(turned)), np.abs(vector_area(loops)), rtol=0, atol=1e-12)


# ----------------------------------------------------------------------------------------------- turned wires, their films

POSITIONS = [(90, 0, 0), (0, 90, 0), (75, 0, 0), (120, 0, 0), (50, 60, 70), (0, -100, 30), (89.999, 0, 45)]


@pytest.mark.parametrize("angles", POSITIONS, ids=str)
def test_a_turned_ring_has_the_same_film(angles):
    """To rounding, where it comes back to where it was in its plane, and else to O(h²): the grid lies otherwise."""
    flat, there = gf.Wire.outline(RING), RING @ rotation(*angles).T + SHIFT
    wire = gf.Wire.outline(there)
    assert flat.frame is None
    assert re.search(r"turned by [\d.]+° to be a (better )?graph: heights are along", wire.about)
    assert apart(wire.curves, [there]) < 1e-14 * 10
    errors = [abs(rest(wire, n)[1].energy[-1] / rest(flat, n)[1].energy[-1] - 1.0) for n in (33, 65)]
    if angles[1] == 0 and angles[2] == 0:
        assert max(errors) < 1e-14
    else:
        assert max(errors[0] / 5e-4, errors[1] / 1.3e-4) < 1.0
    film, run = rest(wire)
    surface = wire.frame.back(np.stack([*film.grid.points, run.x], axis=-1))[film.grid.boundary & (film.grid.node_area > 0)]
    dense = np.concatenate(
        [np.linspace(p, q, 20, endpoint=False) for p, q in zip(there, np.roll(there, -1, axis=0), strict=True)]
    )
    assert np.max(KDTree(dense).query(surface)[0]) < 3e-4  # held nodes lie on the wire, where it is


def test_the_given_axes_come_first():
    for angles in ((0, 0, 50), (30, 0, 0), (180, 0, 0)):
        assert gf.Wire.outline(RING @ rotation(*angles).T + SHIFT).frame is None
    steep = np.column_stack([RING[:, :2], 4.0 * np.cos(2.0 * ANGLE)])  # steep, but as flat as it gets
    assert gf.Wire.outline(steep).frame is None


@pytest.mark.parametrize("bend", [0.5, 1.0, 2.0, 3.0])
def test_a_bent_ring_has_one_film_however_it_is_turned(bend):
    """Its shadow is a disc in one plane, where anything is spanned; elsewhere it has a dent, and a film there may let go."""
    ring = np.column_stack([RING[:, :2], bend * np.cos(2.0 * ANGLE)])
    _, flat = rest(gf.Wire.outline(ring), 65)
    for angle in (30, 50, 70, 90):
        film, run = rest(gf.Wire.outline(ring @ rotation(angle, 0, 20).T), 65)
        assert film.wire.frame is not None and ("better graph" in film.wire.about or angle == 90)
        assert gf.detachment(film, run).status == "spanned"
        assert run.energy[-1] == pytest.approx(flat.energy[-1], rel=2e-3)


@pytest.mark.parametrize("tilt", [20, 35, 50])
def test_so_have_two_rings(tilt):
    """A hole is judged from within: its loop, too, has no dents over the plane of the largest shadow."""
    rings = [np.column_stack([r * RING[:, :2], b * np.cos(2.0 * ANGLE)]) for r, b in ((1.0, 1.0), (0.5, 0.2))]
    _, flat = rest(gf.Wire.outline(rings), 65)
    film, run = rest(gf.Wire.outline([ring @ rotation(tilt, 0, 0).T for ring in rings]), 65)
    assert film.wire.frame is not None and gf.detachment(film, run).status == "spanned"
    assert run.energy[-1] == pytest.approx(flat.energy[-1], rel=2e-3)


@pytest.mark.parametrize("noise", [1e-6, 1e-4])
def test_noise_on_a_wire_keeps_it_from_nothing(noise):
    ring = np.column_stack([RING[::4, :2], 2.0 * np.cos(2.0 * ANGLE[::4])]) @ rotation(50, 0, 0).T
    film, run = rest(gf.Wire.outline(ring + noise * np.random.default_rng(0).standard_normal(ring.shape)), 65)
    assert film.wire.frame is not None and gf.detachment(film, run).status == "spanned"


def test_how_far_loops_are_from_convex():
    a = ANGLE[::3]
    disc, box = np.column_stack([np.cos(a), np.sin(a)]), np.array([(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0)])
    star = np.column_stack([f(a) * (1.0 + 0.3 * np.cos(5.0 * a)) for f in (np.cos, np.sin)])
    over = lambda *loops: dents(Outline.of([np.column_stack([loop, 0.0 * loop[:, 0]]) for loop in loops]))  # noqa: E731
    for convex in ([disc], [box], [2.0 * disc, disc], [box[[0, 1, 2]]]):
        assert over(*convex) == pytest.approx(0.0, abs=1e-12)
    five = over(star)
    slope = np.unwrap(np.arctan2(*np.gradient(star, axis=0).T[::-1]))
    assert five == pytest.approx(-np.sum(np.minimum(np.diff(slope), 0.0)), rel=0.15)
    assert over(3.0 * star, star) == pytest.approx(2.0 * five, rel=1e-3)
    assert over(1e80 * star[::-1]) == pytest.approx(five, rel=1e-2)


def test_a_wire_that_nests_otherwise_is_another_wire():
    """Two rings side by side over the given plane, one within the other over another: two discs, not a ring."""
    rings = [np.column_stack([r * RING[:, :2], b * np.cos(2.0 * ANGLE)]) for r, b in ((1.0, 1.0), (0.5, 0.2))]
    wire = gf.Wire.outline([ring @ rotation(69, 0, 0).T for ring in rings])
    assert wire.frame is None and wire.shadow.holes == 0
    assert gf.Wire.outline(rings).shadow.holes == 1


def test_dents_that_no_plane_takes_away_are_no_reason_to_turn():
    star = gf.Wire.outline("star", "0.3*x + 0.2*y").curves[0][::64]
    assert gf.Wire.outline(star).frame is None


def test_the_choice_is_the_same_every_time_and_for_every_way_to_write_the_wire():
    there = RING @ rotation(50, 60, 70).T
    known = gf.Wire.outline(there).frame.rotation
    for points in (there[::-1], np.roll(there, 77, axis=0), np.vstack([there, there[:1]])):
        np.testing.assert_allclose(gf.Wire.outline(points).frame.rotation, known, rtol=0, atol=1e-14)


def test_a_wire_within_a_vertical_plane():
    """A flat ring in the plane x = const has its own area, and a rectangle there stays a rectangle, on its own grid."""
    circle = np.column_stack([0.0 * ANGLE + 3.0, np.cos(ANGLE), np.sin(ANGLE)])
    film, run = rest(gf.Wire.outline(circle), 65)
    assert run.energy[-1] == pytest.approx(np.pi, rel=1e-5)
    assert "heights are along (1, 0, 0)" in film.wire.about


def test_a_rectangle_that_stands_upright(tmp_path):
    s = np.linspace(0.0, 1.0, 9)
    side = [(a, b) for a, b in zip(((0, 0), (2, 0), (2, 1), (0, 1)), ((2, 0), (2, 1), (0, 1), (0, 0)), strict=True)]
    edge = np.concatenate([np.outer(1 - s[:-1], a) + np.outer(s[:-1], b) for a, b in side])
    flat = np.column_stack([edge, edge[:, 0] * (2 - edge[:, 0]) * (edge[:, 1] - 0.5)])
    there = flat[:, [0, 2, 1]]  # y is the height now
    for points, name in ((flat, "flat.csv"), (there, "there.csv")):
        np.savetxt(tmp_path / name, points, delimiter=",")
    wires = [gf.Wire.read(tmp_path / name) for name in ("flat.csv", "there.csv")]
    assert wires[0].frame is None and wires[1].frame is not None
    assert wires[1].shadow is None
    a, b = (rest(wire, 33)[1].energy[-1] for wire in wires)
    assert a == pytest.approx(b, rel=1e-13)
    assert apart(wires[1].curves, [there]) < 1e-14
    film, run = rest(wires[1], 9)
    gf.save_film(tmp_path / "a.obj", film, run.x)
    again = gf.Wire.read(tmp_path / "a.obj")  # written where it stands
    gaps = np.min(np.linalg.norm(again.curves[0][:, None] - there, axis=2), axis=1)
    assert again.frame is not None and len(gaps) == 24 and np.max(gaps) < 1e-14  # every node of the edge is a point of the wire


def test_several_loops_are_turned_together(tmp_path):
    annulus = [np.column_stack([r * np.cos(ANGLE), r * np.sin(ANGLE), 0.0 * ANGLE + np.arccosh(r)]) for r in (2.5, 1.25)]
    turn = rotation(90, 0, 0)
    path = tmp_path / "rings.txt"
    path.write_text("\n\n".join("\n".join(f"{x!r} {y!r} {z!r}" for x, y, z in (loop @ turn.T).tolist()) for loop in annulus))
    film, run = rest(gf.Wire.read(path), 65)
    flat = rest(gf.Wire.outline(annulus), 65)[1].energy[-1]
    assert len(film.wire.curves) == 2
    assert apart(film.wire.curves, [loop @ turn.T for loop in annulus]) < 1e-13
    assert run.energy[-1] == pytest.approx(flat, rel=1e-12)


def test_meshes_and_up_are_turned_too(tmp_path):
    there = RING @ rotation(90, 0, 0).T
    lines = [f"v {x!r} {y!r} {z!r}" for x, y, z in there.tolist()] + [f"l {k + 1} {(k + 1) % 1200 + 1}" for k in range(1200)]
    (tmp_path / "a.obj").write_text("\n".join(lines))
    assert gf.Wire.read(tmp_path / "a.obj").frame is not None
    assert gf.Wire.read(tmp_path / "a.obj", up="y").frame is None


NO_GRAPH = {
    "a knot": (
        np.column_stack([(2 + np.cos(3 * ANGLE)) * f(2 * ANGLE) for f in (np.cos, np.sin)] + [np.sin(3 * ANGLE)]),
        "crosses",
    ),
    "a figure of eight": (np.column_stack([np.sin(2 * ANGLE), np.cos(ANGLE), 0.0 * ANGLE]), r"\(.*\).*crosses"),
    "a hair": (np.insert(RING, 9, RING[8] + (0, 0, 1), axis=0), "point 10.*two heights"),
    "a line": (np.column_stack([ANGLE, 2.0 * ANGLE, -ANGLE]), "apart: a wire is closed"),
    "a line and back": (np.column_stack([np.cos(ANGLE[1:]), 2.0 * np.cos(ANGLE[1:]), -np.cos(ANGLE[1:])]), "runs back|no area"),
}


@pytest.mark.parametrize("case", NO_GRAPH)
def test_what_is_a_graph_over_no_plane_is_refused_by_place(case):
    points, why = NO_GRAPH[case]
    for turn in (np.eye(3), rotation(30, 0, 20)):
        with pytest.raises(gf.BadInput, match=why if np.array_equal(turn, np.eye(3)) else None) as error:
            gf.Wire.outline(points @ turn.T)
        assert "\n" not in str(error.value) and len(str(error.value)) < 300
        assert "outline" in error.value.field
        if "apart" not in str(error.value):
            assert "nor is it one over" in str(error.value)


def test_coaxial_rings_are_a_graph_over_no_plane():
    rings = [RING * (1, 1, 0) + (0, 0, z) for z in (0.0, 0.5)]
    with pytest.raises(gf.BadInput, match=r"crosses, touches.*nor is it one over"):
        gf.Wire.outline(rings)
    assert len(list(frames(rings))) == 3


# ------------------------------------------------------------------------------------------------------------- curves


def test_curves_of_rectangles_and_outlines():
    (edge,) = gf.Wire.named("enneper").curves
    assert edge.shape == (4096, 3)
    np.testing.assert_array_equal(edge[:, 2], gf.Wire.named("enneper").height(edge[:, 0], edge[:, 1]))
    assert {(x, y) for x, y, _ in edge.tolist()} >= {(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)}
    steps = np.hypot(*np.diff(np.vstack([edge, edge[:1]])[:, :2], axis=0).T)
    assert np.sum(steps) == pytest.approx(4.0, rel=1e-12)
    assert [len(c) for c in gf.Wire.outline("annulus", "x").curves] == [32768, 32768]
    square = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
    (few,) = gf.Wire.outline(square, "x**2").curves
    assert len(few) == 32768 and np.max(np.hypot(*np.diff(few[:, :2], axis=0).T)) == pytest.approx(4.0 / 32768, rel=1e-9)
    moving = gf.Wire.outline("disc", "t + 0*x")
    assert np.all(moving.curves[0][:, 2] == 0.0) and np.all(moving.at(2.0).curves[0][:, 2] == 2.0)


def test_a_polylines_curve_is_its_points(tmp_path):
    corners = np.array([(0.0, 0.0, 1.0), (2.0, 0.0, 0.0), (2.0, 1.0, 5.0), (0.0, 1.0, -1.0)])
    np.savetxt(tmp_path / "four.csv", corners, delimiter=",")
    np.testing.assert_allclose(gf.Wire.read(tmp_path / "four.csv").curves[0], corners, rtol=0, atol=1e-15)


# ------------------------------------------------------------------------------------------------- moving along outlines


def test_moving_wires_over_outlines_are_the_formulas():
    one = gf.Wire.moving("a gap", lambda t, x, y: t * (x * x + y * y < 2.0), outline="annulus")
    other = gf.Wire.outline("annulus", "t*(2 - sqrt(x**2 + y**2))")
    films = [gf.soap_film(wire, 33) for wire in (one, other)]
    runs = [gf.evolve(film.flow, film.start, 0.1, dt=0.01) for film in films]
    np.testing.assert_allclose(runs[0].x, runs[1].x, rtol=0, atol=1e-12)
    assert one.name == "a gap" and one.shadow.area == pytest.approx(3.0 * np.pi, rel=1e-6)
    with pytest.raises(gf.BadInput, match="outline"):
        gf.Wire.moving("a", lambda t, x, y: t, outline="disk")


# --------------------------------------------------------------------------------------------------------------- joins


@pytest.mark.parametrize("gap", [1e-3, 1e-9])
def test_ends_that_nearly_meet_are_joined_and_said(gap, tmp_path):
    ring = RING[::12]
    last = ring[0] + (0.0, -gap, 0.0)
    np.savetxt(tmp_path / "a.csv", np.vstack([ring, last]), delimiter=",", fmt="%.17g")
    lines = [f"v {x!r} {y!r} {z!r}" for x, y, z in [*ring.tolist(), last.tolist()]] + ["l " + " ".join(map(str, range(1, 102)))]
    (tmp_path / "a.obj").write_text("\n".join(lines))
    exact = gf.Wire.outline(ring)
    for wire in (gf.Wire.read(tmp_path / "a.csv"), gf.Wire.read(tmp_path / "a.obj"), gf.Wire.outline(np.vstack([ring, last]))):
        assert f"its ends, {gap:.2g} apart, are joined" in wire.about
        assert wire.shadow.area == pytest.approx(exact.shadow.area, rel=1e-3)
        assert len(wire.curves[0]) == 100
    assert "joined" not in exact.about
    assert "joined" in gf.Wire.outline(tmp_path / "a.csv", "x").about


def test_a_gap_of_just_a_thousandth_is_joined():
    """Around a box of 3 × 4 the largest gap that is none is 0.005, and no more."""
    corners = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [3.0, 4.0, 0.0], [0.0, 4.0, 0.0]])
    for gap, many in ((JOIN * 5.0, 4), (np.nextafter(JOIN * 5.0, 1.0), 5)):
        loops, said = closed_loops([np.vstack([corners, [[0.0, gap, 0.0]]])], "wire")
        assert (len(loops[0]), "joined" in said) == (many, many == 4)


def test_pieces_of_a_mesh_whose_ends_nearly_meet_are_one_wire(tmp_path):
    ring = RING[::12]
    halves = np.concatenate([ring[:51], ring[50:] + 2e-4, ring[:1]])
    text = "".join(f"v {x!r} {y!r} {z!r}\n" for x, y, z in halves.tolist())
    (tmp_path / "a.obj").write_text(text + f"l {' '.join(map(str, range(1, 52)))}\nl {' '.join(map(str, range(52, 103)))}\n")
    wire = gf.Wire.read(tmp_path / "a.obj")
    assert "its ends, 0.00035 apart, are joined" in wire.about
    assert len(wire.curves) == 1


def test_open_wires_are_refused_with_their_gap(tmp_path):
    half = RING[:600:6]
    np.savetxt(tmp_path / "half.csv", half, delimiter=",")
    for given in (lambda: gf.Wire.read(tmp_path / "half.csv"), lambda: gf.Wire.outline(half, "x"), lambda: gf.Wire.outline(half)):
        with pytest.raises(
            gf.BadInput, match=r"ends at \(1, 0.* and \(-0.999.*apart: a wire is closed: join its ends, or repeat"
        ):
            given()
    closed = gf.Wire.outline(np.vstack([half, half[:1]]))  # a straight side that is asked for
    assert closed.shadow.area == pytest.approx(np.pi / 2.0, rel=3e-2)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_the_points_are_they_are_a_wire_or_refused_in_one_line(seed):
    """Random closed curves of a few modes, in any position, now and then with a point repeated, moved or left out."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0.0, 2.0 * np.pi, rng.integers(1, 60)))
    modes = rng.standard_normal((3, 4)) / np.array([1.0, 4.0, 8.0, 16.0])
    points = np.stack([sum(m[k] * np.cos((k + 1) * angle + 2.0 * c) for k in range(4)) for c, m in enumerate(modes)], axis=1)
    if seed % 3 == 0 and len(points) > 2:
        points[rng.integers(len(points))] = points[rng.integers(len(points))]
    if seed % 7 == 0:
        points = np.round(points)
    try:
        wire = gf.Wire.outline(points)
    except gf.BadInput as error:
        assert "\n" not in str(error)
        return
    assert apart(wire.curves, [points[: len(wire.curves[0])]]) < 1e-12
    assert wire.shadow.area > 0.0
