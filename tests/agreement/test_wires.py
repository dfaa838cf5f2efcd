"""Wires by name, by formula and from files: one curve, whichever way it is written down."""

import numpy as np
import pytest
from matplotlib.cbook import get_sample_data

import geoflow as gf
from geoflow.exact import SURFACES
from geoflow.starts import coons

# ------------------------------------------------------------------------------------------------- names, formulas


RECTANGLES = (*SURFACES, "saddle", "tent", "terrain")
OUTLINES = {  # nodes that they need, and unknowns of a film there, to a tenth
    "ring": (17, 165),
    "clover": (17, 150),
    "two-rings": (17, 110),
    "upright-ring": (17, 165),
    "horse": (145, 6_100),
    "coins": (65, 1_000),
    "summit": (129, 1_830),
    "lake": (193, 9_860),
}


def test_the_wires_that_ship():
    assert gf.Wire.names() == (*RECTANGLES, *OUTLINES)


@pytest.mark.parametrize("name", OUTLINES)
def test_every_named_wire_over_an_outline_holds_a_film(name):
    wire, (n, unknowns) = gf.Wire.named(name), OUTLINES[name]
    film = gf.soap_film(wire, n=n)
    assert wire.name == name
    assert 10 < len(wire.about) < 300 and "\n" not in wire.about
    assert film.unknowns == pytest.approx(unknowns, rel=0.1)
    run = gf.relax(film.flow, film.start)
    assert run.status == "at rest" and run.energy[-1] < run.energy[0] * (1.0 - 1e-5)


def test_the_catenoid_between_two_rings_is_known():
    """Its area is π (r √(r² − 1) + arccosh r) between the radii; a film's is of order two, its heights at the inner ring."""
    wire = gf.Wire.named("two-rings")
    r0, r1 = wire.exact.polar
    area = np.pi * np.subtract(*(r * np.sqrt(r * r - 1.0) + np.arccosh(r) for r in (r1, r0)))
    assert wire.exact.area == pytest.approx(area, rel=1e-13)
    errors = []
    for n in (33, 65, 129, 257):
        film = gf.soap_film(wire, n=n)
        run = gf.relax(film.flow, film.start)
        errors.append((run.energy[-1] - area, np.max(np.abs(run.x - film.exact))))
    slopes = np.polyfit(np.log([33.0, 65.0, 129.0, 257.0]), np.log(errors), 1)[0]
    assert abs(slopes[0] + 2.0) <= 0.05
    assert -2.15 <= slopes[1] <= -1.6


@pytest.mark.parametrize("name", RECTANGLES)
def test_every_named_wire_holds_a_film(name):
    wire = gf.Wire.named(name)
    film = gf.soap_film(wire, n=17)
    edge = film.grid.boundary
    assert (wire.name, film.grid.bounds) == (name, wire.bounds)
    assert wire.about
    assert "\n" not in wire.about
    assert max(film.grid.shape) == 17
    assert film.unknowns == (film.grid.shape[0] - 2) * (film.grid.shape[1] - 2)
    np.testing.assert_array_equal(film.flow.fixed, edge)
    np.testing.assert_array_equal(film.start[edge], wire.on(film.grid)[edge])
    assert np.all(np.isfinite(film.start))
    assert np.ptp(film.start[edge]) > 0.1
    assert not np.any(wire.on(film.grid)[~edge])
    hx, hy = film.grid.spacing
    assert max(hx, hy) < 1.1 * min(hx, hy)


@pytest.mark.parametrize("name", SURFACES)
def test_wires_of_exact_surfaces_know_their_film(name):
    film = gf.soap_film(gf.Wire.named(name), n=17)
    edge = film.grid.boundary
    assert film.wire.exact is SURFACES[name]
    np.testing.assert_array_equal(film.wire.on(film.grid)[edge], film.exact[edge])


@pytest.mark.parametrize("name", ["saddle", "tent", "terrain"])
def test_the_other_wires_know_no_exact_film(name):
    assert gf.soap_film(gf.Wire.named(name), n=9).exact is None


def test_heights_of_the_saddle_and_the_tent():
    grid = gf.soap_film(gf.Wire.named("saddle"), n=33).grid
    x, y, edge = grid.x[None, :], grid.y[:, None], grid.boundary
    np.testing.assert_allclose(gf.Wire.named("saddle").on(grid)[edge], (x * x - y * y)[edge], rtol=0, atol=1e-15)
    np.testing.assert_allclose(gf.Wire.named("tent").on(grid)[edge], (1 - np.abs(x) + 0 * y)[edge], rtol=0, atol=1e-15)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(gf.BadInput, match=r"wire = sadle: .*saddle") as error:
        gf.Wire.named("sadle")
    assert "\n" not in str(error.value)


def test_a_formula_gives_heights_on_its_own_rectangle():
    wire = gf.Wire.formula("-x*y + exp(y)", bounds=(0.0, 2.0, -1.0, 0.5))
    film = gf.soap_film(wire, n=21)
    x, y, edge = film.grid.x[None, :], film.grid.y[:, None], film.grid.boundary
    np.testing.assert_allclose(wire.on(film.grid)[edge], (-x * y + np.exp(y))[edge], rtol=1e-14, atol=1e-15)
    assert gf.Wire.formula("x**2 - y**2").bounds == (-1.0, 1.0, -1.0, 1.0)
    assert np.all(gf.Wire.formula("2").on(film.grid)[edge] == 2.0)  # a constant is a height too


@pytest.mark.parametrize("text", ["", "x**", "x + s", "__import__('os')", "1/(x - 1)", "log(x)"])
def test_formulas_that_give_no_heights_are_refused(text):
    with pytest.raises(gf.BadInput) as error:
        gf.soap_film(gf.Wire.formula(text), n=9)
    assert "\n" not in str(error.value)


# -------------------------------------------------------------------------------------------------------- polylines


def loop(height, cells, bounds=(-1.0, 1.0, -1.0, 1.0)):
    """Points (4·cells, 3) around a rectangle's edge, anticlockwise from (x0, y0), the first not repeated."""
    x0, x1, y0, y1 = bounds
    s, zero, one = np.arange(cells) / cells, np.zeros(cells), np.ones(cells)
    a = np.concatenate([s, one, 1.0 - s, zero])
    b = np.concatenate([zero, s, one, 1.0 - s])
    x, y = x0 * (1 - a) + x1 * a, y0 * (1 - b) + y1 * b
    return np.stack([x, y, height(x, y)], axis=1)


def written(path, points, join=" ", header=""):
    lines = [join.join(f"{v!r}" for v in map(float, point)) for point in points]
    path.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def saddle(x, y):
    return x * x - y * y


def test_a_sampled_saddle_is_the_formulas_saddle_up_to_its_sampling(tmp_path):
    """Chords of length s miss a parabola z = x² by s²/4 at most, and a film misses by no more than its wire."""
    exact = gf.soap_film(gf.Wire.named("saddle"), n=65)
    rest = gf.relax(exact.flow, exact.start).x
    errors = []
    for cells in (5, 11, 23, 47):
        film = gf.soap_film(gf.Wire.read(written(tmp_path / f"{cells}.csv", loop(saddle, cells))), n=65)
        assert film.wire.bounds == exact.wire.bounds
        edge = np.max(np.abs(film.wire.on(film.grid) - exact.wire.on(exact.grid)))
        errors.append(np.max(np.abs(gf.relax(film.flow, film.start).x - rest)))
        assert 0.9 * (2 / cells) ** 2 / 4 <= edge <= (2 / cells) ** 2 / 4 + 1e-12
        assert errors[-1] <= edge + 1e-9
    slope = np.polyfit(np.log([5, 11, 23, 47]), np.log(errors), 1)[0]
    assert abs(slope + 2.0) <= 0.1


BOUNDS = (0.0, 3.0, -1.0, 1.0)
POINTS = loop(lambda x, y: np.sin(3 * x) + y * y * x, 10, BOUNDS)
WAYS = {
    "as it is": POINTS,
    "closed": np.vstack([POINTS, POINTS[:1]]),
    "backwards": POINTS[::-1],
    "backwards and closed": np.vstack([POINTS[::-1], POINTS[-1:]]),
    **{f"from point {k}": np.roll(POINTS, -k, axis=0) for k in (1, 9, 10, 25, 39)},
    "from point 17, backwards, closed": np.vstack([np.roll(POINTS[::-1], 22, axis=0), np.roll(POINTS[::-1], 22, axis=0)[:1]]),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_wire_however_it_is_written(tmp_path, way):
    grid = gf.Grid(BOUNDS, (17, 26))
    plain = gf.Wire.read(written(tmp_path / "plain.csv", POINTS))
    other = gf.Wire.read(written(tmp_path / "other.csv", WAYS[way]))
    assert other.bounds == plain.bounds == BOUNDS
    np.testing.assert_array_equal(other.on(grid), plain.on(grid))
    x, y = grid.x[None, :], grid.y[:, None]
    smooth = (np.sin(3 * x) + y * y * x)[grid.boundary]
    assert 1e-4 < np.max(np.abs(plain.on(grid)[grid.boundary] - smooth)) < 9 * 0.3**2 / 8 * 1.05


@pytest.mark.parametrize(("suffix", "join"), [(".csv", ","), (".csv", "; "), (".txt", "\t"), (".xyz", "  "), (".DAT", " , ")])
def test_separators_headers_and_suffixes(tmp_path, suffix, join):
    header = "# a wire\nx" + join + "y" + join + "z\n\n"
    wire = gf.Wire.read(written(tmp_path / f"wire{suffix}", POINTS, join, header))
    grid = gf.Grid(BOUNDS, (9, 12))
    np.testing.assert_array_equal(wire.on(grid), gf.Wire.read(written(tmp_path / "plain.csv", POINTS)).on(grid))
    assert wire.name == f"wire{suffix}"
    assert "40 points" in wire.about


def test_four_corners_are_enough(tmp_path):
    corners = np.array([(0.0, 0.0, 1.0), (2.0, 0.0, 0.0), (2.0, 1.0, 5.0), (0.0, 1.0, -1.0)])
    wire = gf.Wire.read(written(tmp_path / "four.csv", corners))
    grid = gf.Grid(wire.bounds, (5, 9))
    x, y = grid.x[None, :] / 2, grid.y[:, None]
    bilinear = (1 - y) * (1 - x) + y * (5 * x - (1 - x))
    np.testing.assert_allclose(wire.on(grid)[grid.boundary], bilinear[grid.boundary], rtol=0, atol=1e-14)


def test_points_off_the_edge_by_rounding_are_on_it(tmp_path):
    wobbly = POINTS.copy()
    wobbly[1:, :2] += 1e-10 * np.random.default_rng(0).uniform(-1, 1, (len(POINTS) - 1, 2))
    grid = gf.Grid(BOUNDS, (9, 12))
    wire = gf.Wire.read(written(tmp_path / "wobbly.csv", wobbly))
    plain = gf.Wire.read(written(tmp_path / "plain.csv", POINTS))
    np.testing.assert_allclose(wire.height(3.0, grid.y), plain.height(3.0, grid.y), rtol=0, atol=1e-8)


def changed(index, point):
    points = POINTS.copy()
    points[index] = point
    return points


def inserted(index, *points):
    return np.insert(POINTS, index, points, axis=0)


REFUSED = {
    "turning back": (POINTS[[0, 1, 3, 2, *range(4, 40)]], "turns back"),
    "turning back backwards": (POINTS[[0, 1, 3, 2, *range(4, 40)]][::-1], "turns back"),
    "twice around": (np.vstack([POINTS, POINTS]), "turns back|two heights"),
    "two heights over one place": (inserted(6, POINTS[5] + [0, 0, 1]), "two heights"),
    "two heights over a corner": (inserted(11, POINTS[10] + [0, 0, 1]), "two heights"),
    "closed at another height": (np.append(POINTS, POINTS[:1] + np.array([0, 0, 1]), axis=0), "two heights|turns back"),
    "repeated point": (inserted(6, POINTS[5]), "point 7.*repeats"),
    "closed twice": (np.vstack([POINTS, POINTS[:1], POINTS[:1]]), "repeats the first point twice"),
    "open": (POINTS[:-9] * [1, 1, 0], r"ends at \(0, -1, 0\) and \(0, 1, 0\), 2 apart: a wire is closed"),
    "a dent that crosses the other side": (changed(3, (0.9, 1.5, 0.0)), "crosses"),
    "a figure of eight": (POINTS[[0, 20, 10, 30]], "crosses|turns back"),
    "two points": (POINTS[[0, 20]], "three points"),
    "one point": (POINTS[:1], "three points"),
    "a needle": (np.array([(2, 1, 0), (2, 1, 1), (2, 1, 2), (2, 1, 3)]), "no area"),
}


NO_RECTANGLE = {  # what the points say is the wire, and its area
    "a corner cut off": (np.delete(POINTS, 10, axis=0), 6.0 - 0.5 * 0.3 * 0.2),
    "the first corner cut off": (np.delete(POINTS, 0, axis=0), 6.0 - 0.5 * 0.3 * 0.2),
    "a dent": (changed(3, (0.9, -0.5, 0.0)), 6.0 - 0.5 * 0.6 * 0.5),
    "a dent of a millionth": (changed(13, (3.0 - 1e-6, -0.4, 0.0)), 6.0 - 0.5 * 0.4 * 1e-6),
    "three points": (POINTS[[0, 10, 20]] * [1, 1, 0.3], 3.0),
    "three points, closed": (POINTS[[0, 10, 20, 0]] * [1, 1, 0.3], 3.0),
}


@pytest.mark.parametrize("case", NO_RECTANGLE)
def test_polylines_over_no_rectangle_are_outlines(tmp_path, case):
    points, area = NO_RECTANGLE[case]
    for k, given in enumerate((points, points[::-1])):
        wire = gf.Wire.read(written(tmp_path / f"{k}.csv", given))
        assert wire.bounds == BOUNDS
        assert wire.shadow.area == pytest.approx(area, rel=1e-14)
    assert gf.Wire.read(written(tmp_path / "whole.csv", POINTS)).shadow is None


@pytest.mark.parametrize("case", REFUSED)
def test_polylines_that_are_no_wire_are_refused(tmp_path, case):
    points, why = REFUSED[case]
    path = written(tmp_path / "bad.csv", points)
    with pytest.raises(gf.BadInput, match=why) as error:
        gf.Wire.read(path)
    assert "\n" not in str(error.value)
    assert path.name in str(error.value)


def test_files_that_are_no_wire_are_refused(tmp_path):
    two = written(tmp_path / "two.csv", POINTS)
    two.write_text(two.read_text() + "\n" + two.read_text())
    cases = [
        (two, {}, "crosses"),
        (written(tmp_path / "wire.stl", POINTS), {}, "suffix"),
        (written(tmp_path / "wire", POINTS), {}, "suffix"),
        (tmp_path / "nowhere.csv", {}, "nowhere"),
        (tmp_path / "nowhere.npy", {}, "nowhere"),
        (written(tmp_path / "words.csv", POINTS, header="1 2 three\n"), {}, "line 1"),
    ]
    for path, options, why in cases:
        with pytest.raises(gf.BadInput, match=why) as error:
            gf.Wire.read(path, **options)
        assert "\n" not in str(error.value)
        assert path.name in str(error.value)
    with pytest.raises(gf.BadInput, match="bounds"):
        gf.Wire.read(written(tmp_path / "fine.csv", POINTS), bounds=BOUNDS)


# ---------------------------------------------------------------------------------------------------- height fields


@pytest.mark.parametrize("shape", [(17, 33), (33, 17), (12, 30), (25, 25)], ids=str)
def test_a_height_field_is_start_and_wire(tmp_path, shape):
    heights = np.random.default_rng(2).standard_normal(shape)
    np.save(tmp_path / "field.npy", heights)
    wire = gf.Wire.read(tmp_path / "field.npy")
    assert wire.bounds == (0.0, shape[1] - 1.0, 0.0, shape[0] - 1.0)
    film = gf.soap_film(wire, n=max(shape))
    np.testing.assert_array_equal(film.start, heights)
    np.testing.assert_array_equal(wire.on(film.grid), np.where(film.grid.boundary, heights, 0.0))


def test_a_height_field_is_bilinear_between_its_nodes(tmp_path):
    x, y = np.meshgrid(np.linspace(-1, 1, 11), np.linspace(0, 3, 16))
    np.save(tmp_path / "field.npy", (2 + x - 3 * y + x * y).astype(np.float32))
    film = gf.soap_film(gf.Wire.read(tmp_path / "field.npy", bounds=(-1.0, 1.0, 0.0, 3.0)), n=40)
    x, y = film.grid.x[None, :], film.grid.y[:, None]
    np.testing.assert_allclose(film.start, 2 + x - 3 * y + x * y, rtol=0, atol=1e-6)


def test_terrain_is_the_model_that_ships_with_matplotlib():
    with get_sample_data("jacksboro_fault_dem.npz") as data:
        north_first, step = np.asarray(data["elevation"], dtype=float), float(data["dx"])
        latitude = 0.5 * float(data["ymin"] + data["ymax"])
    wire = gf.Wire.named("terrain")
    x0, x1, y0, y1 = wire.bounds
    assert (x0, y0) == (0.0, 0.0)
    # A degree of latitude at 36.6° N is 110.97 km on WGS 84, of longitude 89.48 km; a sphere is within half a percent.
    assert x1 == pytest.approx(402 * step * 89.48e3, rel=5e-3)
    assert y1 == pytest.approx(343 * step * 110.97e3, rel=5e-3)
    assert 36.4 < latitude < 36.8
    assert wire.start.heights.shape == north_first.shape == (344, 403)
    np.testing.assert_array_equal(wire.height(np.linspace(x0, x1, 403), np.full(403, y1)), north_first[0])
    np.testing.assert_array_equal(wire.height(np.linspace(x0, x1, 403), np.full(403, y0)), north_first[-1])
    np.testing.assert_array_equal(wire.height(np.full(344, x0), np.linspace(y0, y1, 344)), north_first[::-1, 0])
    assert (wire.start.heights.min(), wire.start.heights.max()) == (236.0, 1076.0)
    film = gf.soap_film(wire, n=129)
    assert film.start.min() >= 236.0
    assert 1000.0 < film.start.max() <= 1076.0


# ----------------------------------------------------------------------------------------------------------- starts


def grid_points():
    return np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 14))


@pytest.mark.parametrize(
    "surface",
    [
        lambda x, y: 1 + 2 * x - y + 3 * x * y,
        lambda x, y: (1 - x) * np.sin(5 * y) + x * np.exp(y),
        lambda x, y: (1 - y) * np.sin(5 * x) + y * np.exp(x),
        lambda x, y: np.sin(4 * x) + np.cos(7 * y),
    ],
    ids=["bilinear", "ruled along x", "ruled along y", "a sum"],
)
def test_a_coons_patch_reproduces(surface):
    u = surface(*grid_points())
    edge = u.copy()
    edge[1:-1, 1:-1] = np.nan  # the patch may look at the edge alone
    np.testing.assert_allclose(coons(edge), u, rtol=0, atol=1e-14)


def test_a_coons_patch_keeps_its_edge():
    edge = np.random.default_rng(3).standard_normal((9, 14))
    patch = coons(edge)
    for side in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        np.testing.assert_allclose(patch[side], edge[side], rtol=0, atol=1e-14)
    assert np.max(np.abs(patch - edge)) > 0.5


def test_the_default_saddle_has_area_to_lose():
    film = gf.soap_film(gf.Wire.named("saddle"), n=65)
    run = gf.relax(film.flow, film.start)
    assert run.energy[0] >= 1.1 * run.energy[-1]
    flat = gf.relax(film.flow, gf.soap_film(film.wire, n=65, start="flat").start)
    assert flat.energy[-1] == pytest.approx(run.energy[-1], rel=1e-12)
