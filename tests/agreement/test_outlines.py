"""Outlines and the grids that they cut: against a point-in-polygon test by other code, against themselves turned round, shifted
and mirrored, and against what they must refuse."""

import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from matplotlib.path import Path as Polygon

import geoflow as gf
from geoflow.domains import crossings, gaps
from geoflow.domains.crossings import SNAP
from geoflow.domains.outline import Outline
from geoflow.domains.wire import Wire
from geoflow.errors import TooCoarse
from geoflow.steppers.nested import guesses

ANGLE = np.arange(3000) * (2.0 * np.pi / 3000)


def ring(radius=1.0, centre=(0.0, 0.0), k=3000, height=0.0):
    angle = np.arange(k) * (2.0 * np.pi / k)
    x, y = centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)
    return np.column_stack([x, y, height + 0.0 * angle])


def polygon(*points):
    return np.column_stack([np.array(points, dtype=float), np.zeros(len(points))])


L_SHAPE = polygon((0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2))
STAR = polygon(*[(r * np.cos(a), r * np.sin(a)) for k in range(10) for r, a in [((1.0, 0.5)[k % 2], 0.1 + k * np.pi / 5)]])
SHAPES = {
    "disc": [ring()],
    "annulus": [ring(), ring(0.5)],
    "island in a hole": [ring(1.0), ring(0.75), ring(0.4)],
    "three holes": [ring(2.0), ring(0.5, (-1, 0)), ring(0.5, (1, 0)), ring(0.4, (0, 1.2))],
    "two discs": [ring(1.0, (-1.3, 0)), ring(1.0, (1.3, 0.1))],
    "L": [L_SHAPE],
    "star of straight lines": [STAR],
    "triangle": [polygon((0, 0), (3, 0.2), (1, 2))],
}


def enclosed(loops, x, y):
    """Even–odd, by Matplotlib."""
    points = np.column_stack([x.ravel(), y.ravel()])
    return np.sum([Polygon(loop[:, :2]).contains_points(points) for loop in loops], axis=0).reshape(x.shape) % 2 == 1


def shoelace(loop):
    x, y = loop[:, 0], loop[:, 1]
    return 0.5 * abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))


@pytest.mark.parametrize("n", [65, 150])
@pytest.mark.parametrize("name", SHAPES)
def test_inside_is_inside(name, n):
    """Every node that may move is inside, and every one outside is outside; those held lie on the wire, close by."""
    grid = gf.soap_film(Wire.outline(SHAPES[name]), n=n).grid
    x, y = np.meshgrid(grid.x, grid.y)
    truth, free, held = enclosed(SHAPES[name], x, y), grid.cut.inside, grid.cut.nodes.held
    unmoved = np.ones(x.shape, dtype=bool)
    unmoved.flat[held] = False
    np.testing.assert_array_equal(free[unmoved], truth[unmoved])
    px, py = grid.points
    assert np.max(np.hypot(px - x, py - y)) <= SNAP * grid.spacing[0] * (1 + 1e-9)
    assert np.array_equal(np.flatnonzero((px != x) | (py != y)), np.intersect1d(held, np.flatnonzero((px != x) | (py != y))))
    assert 20 < held.size < 0.2 * x.size
    assert np.array_equal(grid.boundary, ~free)


@pytest.mark.parametrize("name", SHAPES)
def test_the_way_round_does_not_matter(name):
    film = gf.soap_film(Wire.outline(SHAPES[name], lambda x, y: x * y), n=49)
    area = np.sum([s * shoelace(loop) for s, loop in zip(SIGNS.get(name, (1,)), SHAPES[name], strict=True)])
    assert film.wire.shadow.area == pytest.approx(area, rel=1e-13)
    energy = gf.relax(film.flow, film.start).energy[-1]
    for flip in (1, -1):
        loops = [np.roll(loop[::flip], 7, axis=0) for loop in SHAPES[name]][::flip]
        other = gf.soap_film(Wire.outline(loops, lambda x, y: x * y), n=49)
        assert other.wire.shadow.area == pytest.approx(area, rel=1e-13)
        assert gf.relax(other.flow, other.start).energy[-1] == pytest.approx(energy, rel=1e-12)


SIGNS = {"annulus": (1, -1), "island in a hole": (1, -1, 1), "three holes": (1, -1, -1, -1), "two discs": (1, 1)}


def test_few_points_are_as_good_as_many():
    """A polygon of six points, and the same with ten thousand on its sides: the same heights, the same film."""
    few = np.column_stack([L_SHAPE[:, :2] @ np.array([[0.8, 0.6], [-0.6, 0.8]]), [0.0, 1.0, 0.3, -0.4, 0.2, 0.5]])
    t = np.linspace(0.0, 1.0, 1667, endpoint=False)[:, None]
    many = np.concatenate([(1 - t) * a + t * b for a, b in zip(few, np.roll(few, -1, axis=0), strict=True)])
    films = [gf.soap_film(Wire.outline(loop), n=65) for loop in (few, many)]
    one, other = (gf.relax(f.flow, f.start) for f in films)
    np.testing.assert_allclose(one.x, other.x, rtol=0, atol=1e-11)
    assert one.energy[-1] == pytest.approx(other.energy[-1], rel=1e-13)


def test_a_wire_over_grid_lines_is_the_rectangles_film():
    """A rectangle that is given as an outline on a grid that its sides are lines of: corner scheme and triangles agree."""
    wire = gf.Wire.formula("x**2 - y**2 + x", (0.0, 2.0, 0.0, 1.0))
    plain = gf.soap_film(wire, n=17)
    loop = []
    for a, b in zip(((0, 0), (2, 0), (2, 1), (0, 1)), ((2, 0), (2, 1), (0, 1), (0, 0)), strict=True):
        s = np.linspace(0.0, 1.0, 8 * (2 if a[1] == b[1] else 1), endpoint=False)[:, None]
        loop.append((1 - s) * np.array(a, float) + s * np.array(b, float))
    loop = np.concatenate(loop)
    loop = np.column_stack([loop, wire.height(loop[:, 0], loop[:, 1])])
    grid = gf.Grid.within(Outline.of([loop]), (-0.25, 2.25, -0.25, 1.25), (13, 21))
    rest = gf.relax(gf.GradientFlow(gf.GraphArea(grid), gf.L2(grid), grid.boundary), grid.cut.on(np.zeros(grid.shape)))
    other = gf.relax(plain.flow, plain.start)
    np.testing.assert_allclose(rest.x[2:-2, 2:-2], other.x, rtol=0, atol=2e-9)
    assert rest.energy[-1] == pytest.approx(other.energy[-1], rel=1e-13)
    np.testing.assert_allclose(grid.node_area[2:-2, 2:-2], plain.grid.node_area, rtol=1e-12)
    assert np.sum(grid.node_area) == pytest.approx(2.0, rel=1e-13)


def test_an_l_on_grid_lines_is_whole():
    """At its notch three corners of a cell are on the wire, and it is no part of the domain; at its tips it is."""
    for n in (9, 17):
        grid = gf.Grid.within(Outline.of([L_SHAPE]), (-0.5, 2.5, -0.5, 2.5), (3 * (n - 1) // 2 + 1,) * 2)
        assert np.sum(grid.cut.triangles.weight) + np.sum(grid.cut.regular) * grid.spacing[0] ** 2 == pytest.approx(
            3.0, rel=1e-13
        )
        assert gf.GraphArea(grid).value(grid.cut.on(np.zeros(grid.shape))) == pytest.approx(3.0, rel=1e-13)


def test_coarser_grids_know_where_the_film_will_be():
    film = gf.soap_film(Wire.outline("star", "x*y + x**3"), n=257)
    rest = gf.relax(film.flow, film.start)
    found = guesses(film.flow, film.start, both=True)
    excess = [film.flow.energy.value(g) / rest.energy[-1] - 1.0 for g in found]
    assert len(found) == 2
    assert 0.0 < min(excess) < max(excess) < 1e-6
    assert all(np.array_equal(g[film.grid.boundary], film.start[film.grid.boundary]) for g in found)
    assert rest.ledger.newton.sum() <= 3


def test_mirrored_films_are_mirrored():
    """Left and right, to rounding: the wire's mirror image lies on the grid's."""
    loop = np.column_stack([0.45 * np.cos(ANGLE) + 0.05 * np.cos(2 * ANGLE), 0.5 * np.sin(ANGLE), 0.2 * np.sin(ANGLE + 1.0)])
    one, other = (gf.soap_film(Wire.outline(p), n=65) for p in (loop, loop * np.array([-1.0, 1.0, 1.0])))
    a, b = gf.relax(one.flow, one.start), gf.relax(other.flow, other.start)
    np.testing.assert_allclose(a.x, b.x[:, ::-1], rtol=0, atol=1e-10)
    assert a.energy[-1] == pytest.approx(b.energy[-1], rel=1e-13)


def test_a_lifted_wire_lifts_the_film_and_changes_no_area():
    film = gf.soap_film(Wire.outline("star", "x*y"), n=33)
    outline = film.wire.shadow
    grid = film.grid.lifted(outline.lifted(outline.points[:, 2] + 5.0))
    assert grid.cut.elements is film.grid.cut.elements
    rough = np.random.default_rng(0).normal(size=grid.shape)
    low, high = gf.GraphArea(film.grid), gf.GraphArea(grid)
    assert high.value(rough + 5.0) == pytest.approx(low.value(rough), rel=1e-13)
    np.testing.assert_allclose(high.differential(rough + 5.0), low.differential(rough), rtol=0, atol=1e-13)
    heat = gf.Dirichlet(film.grid).value(rough)
    assert gf.Dirichlet(grid).value(rough + 5.0) == pytest.approx(heat, rel=1e-12)
    volume = gf.Volume(film.grid).value(rough)
    assert gf.Volume(grid).value(rough + 5.0) == pytest.approx(volume + 5.0 * outline.area, rel=1e-5)


def test_coarser_films_lie_in_the_same_outline():
    film = gf.soap_film(Wire.outline("star", "x*y"), n=129)
    coarse = film.coarser(film.start)
    assert coarse.grid.cut.outline is film.grid.cut.outline
    assert coarse.grid.shape == (65, 65)
    x, y = coarse.grid.points
    wire = coarse.grid.boundary & (coarse.grid.node_area > 0.0)
    np.testing.assert_allclose(coarse.start[wire], (x * y)[wire], rtol=0, atol=1e-8)
    estimate = gf.area_estimate(film, gf.relax(film.flow, film.start))
    assert abs(estimate.order - 2.0) < 0.1
    assert estimate.error < 1e-5


def test_heights_go_on_smoothly_beyond_the_wire():
    """What coarser grids hand up is good to O(h³) at the wire: a parabola to rounding."""
    for n, most in ((33, 1e-12), (65, 1e-12)):
        grid = gf.soap_film(Wire.outline("disc", "0"), n=n).grid
        x, y = np.meshgrid(grid.x, grid.y)
        smooth = 1.0 + x - 2.0 * y + x * y - 3.0 * y * y
        known = np.where(grid.cut.inside, smooth, 1e9)
        filled = grid.cut.extended(known)
        near = (filled < 1e8) & ~grid.cut.inside
        assert np.count_nonzero(near) > 3 * n
        assert np.max(np.abs(filled - smooth)[near]) < most


def test_a_hundred_thousand_points():
    loop = ring(1.0, k=100_000)
    film = gf.soap_film(Wire.outline(loop), n=65)
    assert len(film.wire.shadow.points) == 100_000
    assert film.wire.shadow.area == pytest.approx(np.pi, rel=1e-8)


def test_points_of_a_text_that_came_as_one_loop_are_told_how_loops_are_parted(tmp_path):
    loops = [ring(), ring(0.4)]
    order = np.random.default_rng(1).permutation(len(loops[0]))
    helps = "in a text points come in their order along the wire, and loops are parted by blank lines"
    for points, said in ((np.concatenate(loops), True), (loops[0][order], True), (loops[0], False)):
        path = tmp_path / "wire.csv"
        np.savetxt(path, np.column_stack([points[:, :2], points[:, 0]]))
        for make in (Wire.read, Wire.outline, partial(Wire.outline, height="x")):
            if said:
                with pytest.raises(gf.BadInput, match=f"crosses, touches.*; {helps}$"):
                    make(path)
            else:
                make(path)
    with pytest.raises(gf.BadInput, match="crosses, touches") as refused:
        Wire.outline(np.concatenate(loops)[:, :2], "x")
    assert helps not in refused.value.remedy


# ---- what is refused ------------------------------------------------------------------------------------------------------

BAD = {
    "crosses itself": ([polygon((0, 0), (1, 1), (1, 0), (0, 1))], r"\(0.5, 0.5\): the wire crosses"),
    "runs back": ([polygon((0, 0), (2, 0), (1, 0), (1, 1))], r"\(2, 0\): the wire crosses, touches or runs back"),
    "touches itself": ([polygon((0, 0), (2, 0), (2, 2), (1, 0), (0, 2))], r"\(1, 0\): the wire crosses, touches"),
    "loops that cross": ([ring(), ring(1.0, (0.5, 0.0))], r"\(0.25, (-)?0.968"),
    "the same loop twice": ([ring(), ring()], "crosses, touches"),
    "repeated point": ([polygon((0, 0), (1, 0), (1, 0), (0, 1))], "point 3.*repeats"),
    "closed twice": ([polygon((0, 0), (1, 0), (0, 1), (0, 0), (0, 0))], "repeats"),
    "vertical": ([np.insert(ring(1.0, k=40), 9, (*ring(1.0, k=40)[8, :2], 1.0), axis=0)], "point 10.*two heights"),
    "two points": ([polygon((0, 0), (1, 0))], "three points"),
    "nan": ([np.array([(0, 0, 0), (1, 0, np.nan), (0, 1, 0.0)])], "point 2.*finite"),
    "no area": ([polygon((0, 0), (1, 0), (2, 0))], "runs back"),
    "open": ([ring(1.0, k=3000)[:2500]], r"ends at \(1, 0, 0\) and \(0.4981[0-9]*, -0.867[0-9]*, 0\), 1 apart: a wire is closed"),
    "a second loop that is open": ([ring(2.0), ring(1.0, k=100)[:80]], "loop 2 = ends at .* apart"),
    "in the second loop": ([ring(), polygon((0, 0), (0.1, 0), (0.1, 0), (0, 0.1))], "loop 2, point 3.*repeats"),
}


@pytest.mark.parametrize("case", BAD)
def test_outlines_that_are_none(case):
    loops, why = BAD[case]
    with pytest.raises(gf.BadInput, match=why) as error:
        Wire.outline(loops)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


FINGER = polygon((0, 0), (4, 0), (4, 1.6), (8, 1.6), (8, 1.9), (4, 1.9), (4, 4), (0, 4))
SLIT = polygon((0, 0), (4, 0), (4, 2), (0.5, 2), (0.5, 2.03), (4, 2.03), (4, 4), (0, 4))
LOST = {
    "a finger": ([FINGER], 33, "narrower than two spacings", (4.0, 8.0, 1.6, 1.9)),
    "a ring": ([ring(1.0), ring(0.9)], 33, "narrower than two spacings", (-1.0, 1.0, -1.0, 1.0)),
    "a hole too small to see": ([ring(1.0), ring(0.004, (0.3, 0.31))], 33, "cannot follow|narrow", (0.29, 0.31, 0.3, 0.32)),
    "an island too small to see": ([ring(1.0), ring(0.01, (1.5, 0.0))], 33, "cannot follow|narrow", (1.48, 1.52, -0.02, 0.02)),
    "two discs that nearly touch": (
        [ring(1.0, (-1.005, 0.0)), ring(1.0, (1.005, 0.3))],
        65,
        "cannot follow",
        (-0.1, 0.1, -0.3, 0.5),
    ),
    "a slit": ([SLIT], 33, "cannot|narrow", (0.4, 4.1, 1.9, 2.2)),
    "a hole whose sides have no squares": ([ring(1.0), ring(1e-300, k=5)], 33, "cannot follow", (0.0, 0.0, 0.0, 0.0)),
}


@pytest.mark.parametrize("case", LOST)
def test_what_the_grid_is_too_coarse_for_is_refused_by_place(case):
    loops, n, why, (x0, x1, y0, y1) = LOST[case]
    with pytest.raises(gf.BadInput, match=why) as error:
        gf.soap_film(Wire.outline(loops), n=n)
    x, y = (float(v) for v in error.value.field.split("(")[1].rstrip(")").split(","))
    assert x0 - 0.02 <= x <= x1 + 0.02
    assert y0 - 0.02 <= y <= y1 + 0.02
    assert "larger n" in str(error.value)
    assert "\n" not in str(error.value)


def slit(width):
    return polygon((0, 0), (4, 0), (4, 2), (0.5, 2), (0.5, 2 + width), (4, 2 + width), (4, 4), (0, 4))


def finger(width):
    return polygon((0, 0), (4, 0), (4, 1.6), (8, 1.6), (8, 1.6 + width), (4, 1.6 + width), (4, 4), (0, 4))


def tip(degrees, turn=0.0):
    """A kite whose one end is so sharp; that and its other end are on a line through (0, 0)."""
    x, y = np.cos(0.5 * np.radians(degrees)), np.sin(0.5 * np.radians(degrees))
    kite = np.array([(0, 0), (x, -y), (1.0 + 2.0 * y, 0), (x, y)])
    return polygon(*(kite @ [(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))]))


def notch(degrees, turn=0.0):
    """A disc with so sharp a part of it taken away, down to (0, 0)."""
    angle = np.radians(np.linspace(0.5 * degrees, 360.0 - 0.5 * degrees, 400)) + turn
    return polygon((0, 0), *np.column_stack([np.cos(angle), np.sin(angle)]))


HOPELESS = {  # loops, how many nodes it takes at the least, and where it is narrow
    "a slit": ([slit(1e-3)], 2800, (0.5, 4.0, 2.0, 2.001)),
    "a finger": ([finger(1e-3)], 16000, (4.0, 8.0, 1.6, 1.601)),
    "discs that nearly touch": ([ring(1.0, (-1.000005, 0.1)), ring(1.0, (1.000005, 0.1))], 280000, (0.0, 0.0, 0.1, 0.1)),
    "a hole beside the wire": ([ring(1.0, k=4000), ring(0.5, (0.4999, 0.0), k=4000)], 40000, (1.0, 1.0, 0.0, 0.0)),
}


@pytest.mark.parametrize("n", [65, 257, 1025])
@pytest.mark.parametrize("case", HOPELESS)
def test_where_no_grid_in_reason_is_fine_enough_other_advice_is_given(case, n):
    loops, least, (x0, x1, y0, y1) = HOPELESS[case]
    with pytest.raises(
        TooCoarse, match=r"so narrow a gap, part or tip may take n = .* smooth more, or cut it at another level"
    ) as error:
        gf.soap_film(Wire.outline(loops), n=n)
    told, (x, y) = str(error.value), error.value.place
    assert "larger n" not in told and len(told) < 300
    assert f"({x:.6g}, {y:.6g})" in told and x0 - 0.03 <= x <= x1 + 0.03 and y0 - 0.03 <= y <= y1 + 0.03
    takes = float(told.split("n = ")[1].split()[0])
    assert takes == pytest.approx(least, rel=0.05)


TURNS = np.linspace(0.1, 6.2, 12)


@pytest.mark.parametrize("n", [33, 129, 513])
@pytest.mark.parametrize("shape", [tip, notch], ids=["tip", "notch"])
@pytest.mark.parametrize("degrees", [0.5, 5.0, 13.0, 20.0, 25.0])
def test_where_a_wire_comes_to_a_point_no_larger_n_is_advised(shape, degrees, n):
    """Whether one that is not so sharp is followed is luck, and with a finer grid it is no less."""
    refusals = []
    for turn in TURNS:
        try:
            gf.soap_film(Wire.outline([shape(degrees, turn)]), n=n)
        except TooCoarse as refusal:
            refusals.append(refusal)
    assert len(refusals) == len(TURNS) if degrees < (14.0 if shape is tip else 8.0) else len(refusals) < len(TURNS)
    for refusal in refusals:
        told = str(refusal)
        assert f" a point of {degrees:.3g}°: it comes to so sharp a point there" in told and "round it off" in told
        assert "below some 29°" in told and "n =" not in told and "larger n" not in told and len(told) < 300
        np.testing.assert_allclose(refusal.place, 0.0, rtol=0, atol=1e-9)


def test_points_of_thirty_degrees_are_followed():
    for turn in TURNS:
        assert gf.soap_film(Wire.outline([tip(30.0, turn)]), n=129).grid.cut is not None


def test_a_point_elsewhere_is_not_what_is_narrow_here():
    """A spur far shorter than the spacing where a slit ends, and a sharp tip far from a slit."""
    spur = polygon((0, 0), (4, 0), (4, 2), (0.5, 2), (0.499, 2.015), (0.5, 2.03), (4, 2.03), (4, 4), (0, 4))
    kite = tip(5.0) + np.array([5.0, 0.0, 0.0])
    for loops in ([spur], [kite, slit(0.03)]):
        with pytest.raises(TooCoarse) as error:
            gf.soap_film(Wire.outline(loops), n=65)
        assert ("so sharp a point" in str(error.value)) == (error.value.place[0] > 4.5)


def gear(teeth, k):
    angle = np.arange(k) * (2.0 * np.pi / k)
    r = 1.0 + 0.2 * np.sin(teeth * angle)
    return np.column_stack([r * np.cos(angle), r * np.sin(angle), 0.0 * angle])


@pytest.mark.parametrize("n", [9, 33, 129, 513])
def test_advice_takes_no_longer_than_it_is_worth(n, monkeypatch):
    """Hundreds of teeth beside each other have millions of pairs of places that are near: not all of them are looked at."""
    outline = Outline(gear(400, 100_000), np.array([0]))
    refusal = TooCoarse("wire", "spacing", "take a larger n", (0.0, 1.2))
    begun, pairs = time.process_time(), []
    arcs = Outline.arcs
    monkeypatch.setattr(Outline, "arcs", lambda self, a, b: (pairs.append(len(a[0])), arcs(self, a, b))[1])
    told = gaps.advised(refusal, outline, 2.4 / (n - 1))
    assert sum(pairs) <= 2 * gaps.WORK  # each both ways
    assert time.process_time() - begun < 2.0  # 0.15 s alone; without a limit 4 s at n = 9
    monkeypatch.setattr(gaps, "WORK", 1.0)
    assert gaps.advised(refusal, outline, 2.4 / (n - 1)) is refusal
    assert told is refusal or "may take n =" in str(told)


@pytest.mark.parametrize(
    "loops",
    [[slit(1e-13)], [finger(1e-13)], [ring(1.0, (-1.0, 0.1), 32), ring(1.0, (1.0 + 1e-14, 0.1), 32)]],
    ids=["a slit", "a finger", "discs"],
)
def test_a_wire_that_touches_itself_to_rounding_is_told_so(loops):
    for n in (65, 1025):
        with pytest.raises(TooCoarse, match=r"strands .*e-1[0-9] apart.* touches itself there, to rounding") as error:
            gf.soap_film(Wire.outline(loops), n=n)
        assert "larger n" not in str(error.value)


@pytest.mark.parametrize("width", [0.1, 0.03])
@pytest.mark.parametrize("shape", [slit, finger], ids=["slit", "finger"])
def test_no_fewer_nodes_than_are_said_will_do_and_twice_as_many_will(shape, width, monkeypatch):
    monkeypatch.setattr(gaps, "FINEST", 16)
    wire = Wire.outline([shape(width)])
    with pytest.raises(TooCoarse) as error:
        gf.soap_film(wire, n=17)
    takes = int(str(error.value).split("n = ")[1].split()[0])
    for n in np.linspace(17, 0.95 * takes, 8).astype(int):
        with pytest.raises(TooCoarse):
            gf.soap_film(wire, n=int(n))
    assert gf.soap_film(wire, n=2 * takes).grid.cut is not None


def test_chords_that_do_not_follow_each_other_are_refused(monkeypatch):
    """A sliver whose ends slip between the nodes: what is left of it is no closed loop of chords."""
    monkeypatch.setattr(crossings, "SNAP", 0.3)  # that one slips at which is chance
    sliver = polygon((-1.4, 0.8), (-1.0, 0.3), (-0.1, 0.1), (0.4, 0.3))
    with pytest.raises(gf.BadInput, match="cannot follow it there"):
        gf.Grid.within(Outline.of([np.column_stack([sliver[:, :2], np.zeros(4)])]), (-3.0, 3.0, -3.0, 3.0), (13, 13))


def test_a_loop_closed_twice_repeats_its_first_point():
    with pytest.raises(gf.BadInput, match=r"point 1 = .*repeats"):
        Outline.of([np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)])])


@pytest.mark.parametrize("side", range(4))
def test_an_outline_beyond_the_grid_is_refused(side):
    """Kernels write where its crossings say."""
    bounds = [-1.0, 1.0, -1.0, 1.0]
    angle = np.arange(100) * 2.0 * np.pi / 100
    ring = Outline.of([np.column_stack([np.cos(angle), np.sin(angle), np.zeros(100)])])
    assert gf.Grid.within(ring, tuple(bounds), (33, 33)).cut.inside.sum() > 700
    bounds[side] *= 0.999
    with pytest.raises(gf.BadInput, match="the outline goes beyond them"):
        gf.Grid.within(ring, tuple(bounds), (33, 33))


def test_discs_apart_by_a_spacing_are_two_films():
    film = gf.soap_film(Wire.outline([ring(1.0, (-1.04, 0.0)), ring(1.0, (1.04, 0.3))], lambda x, y: x * y), n=65)
    parts = [gf.soap_film(Wire.outline(ring(1.0, c), lambda x, y: x * y), n=33) for c in ((-1.04, 0.0), (1.04, 0.3))]
    areas = [gf.relax(f.flow, f.start).energy[-1] for f in (film, *parts)]
    assert areas[0] == pytest.approx(areas[1] + areas[2], rel=1e-3)


def test_a_finger_is_no_more_refused_where_the_grid_resolves_it():
    """Its width is 0.3 of 8: two spacings from n = 55 on."""
    assert gf.soap_film(Wire.outline([FINGER]), n=65).unknowns > 100


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("disk", "x"), "choose one of disc"),
        (("disc",), "height"),
        (
            (Path("disc"), "x"),
            r"disc: a path is of a file, .* one of disc, ellipse, star, annulus, is given as text; points go in",
        ),
        ((Path("disc.shape"), "x"), "it is none of disc"),
        (([(0, 0), (1, 0)], "x"), "three points"),
        ((np.zeros((3, 4)), "x"), r"\(3, 4\)"),
        ((np.array([("a", "b")]), "x"), "outline"),
        (("disc", "log(x)"), "height of wire.*finite"),
        (("disc", "x^2"), r"x\*\*2"),
        (([], "x"), "outline"),
    ],
)
def test_outlines_with_nonsense(arguments, why):
    with pytest.raises(gf.BadInput, match=why):
        Wire.outline(*arguments)


def test_starts_over_outlines():
    wire = Wire.outline("disc", "3 + x")
    assert np.all(gf.soap_film(wire, n=17, start="flat").start[8, 8] == pytest.approx(3.0, abs=0.02))
    with pytest.raises(gf.BadInput, match="Coons"):
        gf.soap_film(wire, n=17, start="coons")
    inside = gf.soap_film(wire, n=17, start=lambda x, y: np.sqrt(1.0 - x * x - y * y))  # nan outside does not matter
    assert np.all(np.isfinite(inside.start))
    assert inside.start[8, 8] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "how", [np.asfortranarray, lambda a: np.repeat(a, 2, axis=1)[:, ::2], lambda a: lambda x, y: a.T.copy().T]
)
def test_how_a_start_lies_in_memory_changes_no_bit(how):
    """MATLAB's files give columns, and so do transposed arrays: the wire's heights are held all the same."""
    wire = Wire.outline("disc", "1 + x*y")
    given = gf.soap_film(wire, 33).start + 0.1
    film, same = gf.soap_film(wire, 33, given), gf.soap_film(wire, 33, how(given))
    np.testing.assert_array_equal(same.start, film.start)
    np.testing.assert_array_equal(film.start.flat[film.grid.cut.nodes.held], film.grid.cut.held[:, 2])
    assert same.start.flags.c_contiguous


def test_heights_are_placed_in_any_array():
    cut = gf.soap_film(Wire.outline("disc", "1 + x*y"), 33).grid.cut
    u = np.zeros((33, 33))
    np.testing.assert_array_equal(cut.placed(np.asfortranarray(u)), cut.placed(u))


def test_a_flat_start_needs_no_node_on_the_wire():
    diamond = np.array([[0, -1, 0], [1, 0, 1], [0, 1, 0], [-1, 0, 1.0]])
    film = gf.soap_film(gf.Wire.outline(diamond), 10, "flat")
    assert len(film.grid.cut.held) == 0
    assert film.start[~film.grid.boundary] == pytest.approx(0.5, abs=1e-12)
