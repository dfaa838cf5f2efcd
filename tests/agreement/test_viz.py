"""Two hands draw the same film: pyvista where it can, a painter's algorithm in matplotlib everywhere."""

import os
import sys

import numpy as np
import pytest

import geoflow as gf
from geoflow.errors import BadInput, GeoflowError
from geoflow.viz.camera import fitted_camera
from geoflow.viz.films import draw_film
from geoflow.viz.paint import kind_of
from geoflow.viz.probe import WINDOW, Probe, can_render, try_windows
from geoflow.viz.reels import Reel
from geoflow.viz.sampling import resampled
from geoflow.viz.scene import height_scale, make_scenes
from geoflow.viz.sheet import Sheet
from geoflow.viz.shown import states_of
from geoflow.viz.ticks import number_labels, round_values

NO_OPENGL = Probe(False, "matplotlib", "forced by the test")
TITLE = "L² gradient flow of area, t = 0.5\narea 4.2345 ($ and _ are letters)"


def over(f, n=33, lx=1.0, ly=1.0):
    """A film of heights f(x/lx, y/ly) over [0, lx] × [0, ly], on a wire of the same heights."""

    def height(x, y):
        return f(x / lx, y / ly)

    return gf.soap_film(gf.Wire("made up", (0.0, lx, 0.0, ly), height), n, height)


def around(outline, height, n=33):
    """A film of heights over an outline."""
    return gf.soap_film(gf.Wire.outline(outline, height), n, lambda x, y: height(x, y) + 0.0 * x * y)


ANGLE = np.linspace(0.0, 2.0 * np.pi, 200, endpoint=False)
CIRCLE = np.stack([np.cos(ANGLE), np.sin(ANGLE)], axis=1)

FILMS = {
    "saddle": over(lambda x, y: (2 * x - 1) ** 2 - (2 * y - 1) ** 2),
    "flat": over(lambda x, y: 0 * x * y + 0.25),
    "zero": over(lambda x, y: 0 * x * y),
    "tall": over(lambda x, y: 100 * np.sin(3 * x) * y),
    "thin": over(lambda x, y: 0.001 * np.sin(3 * x) * y),
    "terrain": over(lambda x, y: 4e3 + 500 * np.sin(20 * x + 9 * y) * np.cos(30 * y) * x, 90, 30e3, 40e3),
    "wide": over(lambda x, y: 0.3 * np.sin(9 * x) * (1 - y), 81, 4.0, 1.0),
    "deep": over(lambda x, y: 0.3 * np.sin(9 * y) * (1 - x), 81, 1.0, 4.0),
    "strip": over(lambda x, y: 0.4 * np.sin(9 * x) * y, 201, 100.0, 1.0),
    "far": over(lambda x, y: 1e6 + 1e-4 * x * y),
    "smallest": over(lambda x, y: x * y, 3),
    "large": over(lambda x, y: 0.3 * np.sin(7 * x) * np.cos(5 * y), 1003, 1.0, 0.45),
    "disc": around("disc", lambda x, y: x * x - y * y + 0.2 * x),
    "star": around("star", lambda x, y: 3.0 * x * y, 17),
    "annulus": around("annulus", lambda x, y: 0.4 * np.sqrt(x * x + y * y), 65),
    "two parts": around([CIRCLE, 0.6 * CIRCLE + [2.5, 0.4]], lambda x, y: 0.3 * np.sin(2 * x) + 0.1 * y, 65),
    "large disc": around("disc", lambda x, y: 0.4 * np.sin(7 * x) * np.cos(5 * y), 601),
}


def pixels(path):
    """(h, w, 3) bytes, first row on top."""
    from matplotlib.image import imread

    return np.round(255 * imread(path)[..., :3]).astype(int)


def film_of(picture):
    """Where the film is: the coloured pixels left of the colour bar; wire, axes and letters are grey."""
    coloured = np.ptp(picture, axis=2) > 24
    coloured[:, int(0.86 * coloured.shape[1]) :] = False
    return coloured


def check(path):
    picture = pixels(path)
    h, w = picture.shape[:2]
    assert (w, h) == (1600, 1200)
    edge = np.concatenate([picture[:8].ravel(), picture[-8:].ravel(), picture[:, :8].ravel(), picture[:, -8:].ravel()])
    assert (edge == 255).all(), "something touches the edge of the page"
    rows, columns = np.nonzero(film_of(picture))
    share = max(np.ptp(rows) / h, np.ptp(columns) / w)
    assert 0.25 < share < 0.9, share
    assert len(rows) > 0.002 * w * h


def draw(path, film, title="", probe=None):
    return draw_film(film, film.start, path, title=title or " ", probe=probe).hand


QUICK = ("saddle", "flat", "tall", "terrain", "disc", "annulus")


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FILMS])
def test_every_film_is_drawn_and_both_hands_agree(name, tmp_path, capfd):
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    assert draw(one, FILMS[name], TITLE, NO_OPENGL) == "matplotlib"
    check(one)
    assert list(tmp_path.iterdir()) == [one]
    if not can_render().ok:
        return
    assert draw(two, FILMS[name], TITLE) == "pyvista"
    check(two)
    assert capfd.readouterr() == ("", "")
    a, b = film_of(pixels(one)), film_of(pixels(two))
    # Beside the wire the two may differ by a pixel, and there are about 2500 such pixels.
    assert (a ^ b).sum() < 0.03 * (a | b).sum() + 2500
    both = a & b
    assert np.abs(pixels(one)[both] - pixels(two)[both]).mean() < 12
    assert set(tmp_path.iterdir()) == {one, two}


def test_colour_is_height(tmp_path):
    draw(tmp_path / "film.png", over(lambda x, y: x + 0 * y), "", NO_OPENGL)
    picture = pixels(tmp_path / "film.png")
    rows, columns = np.nonzero(film_of(picture))
    high, low = columns > np.percentile(columns, 90), columns < np.percentile(columns, 10)
    # Viridis: green outgrows blue with height.
    greener = picture[rows, columns, 1] - picture[rows, columns, 2]
    assert greener[high].mean() > 50 and greener[low].mean() < 0


def test_holes_are_left_white(tmp_path):
    whole, pierced = tmp_path / "whole.png", tmp_path / "pierced.png"
    draw(whole, around(2.0 * CIRCLE, lambda x, y: 0.1 * x), "", NO_OPENGL)
    draw(pierced, around([2.0 * CIRCLE, CIRCLE], lambda x, y: 0.1 * x), "", NO_OPENGL)
    lost = 1 - film_of(pixels(pierced)).sum() / film_of(pixels(whole)).sum()
    assert 0.2 < lost < 0.32  # a quarter, give or take perspective, and some of both wires


def test_pdf_is_vectors(tmp_path):
    path = tmp_path / "film.pdf"
    assert draw(path, FILMS["saddle"], "t", Probe(True, "", "")) == "matplotlib"
    content = path.read_bytes()
    assert content.startswith(b"%PDF") and content.rstrip().endswith(b"%%EOF") and b"/Subtype /Image" not in content


def test_a_long_title_fits(tmp_path):
    draw(tmp_path / "film.png", FILMS["flat"], "mean curvature flow of a very long name " * 6, NO_OPENGL)
    check(tmp_path / "film.png")


def test_a_refused_film_leaves_the_old_picture(tmp_path):
    path, film = tmp_path / "film.png", FILMS["flat"]
    path.write_bytes(b"old")
    for bad in (film.start[1:], film.start * np.inf, film.start * np.nan, film.start * 1e305):
        with pytest.raises(BadInput):
            draw_film(film, bad, path, probe=NO_OPENGL)
    with pytest.raises(BadInput):
        draw(tmp_path / "film.jpeg2", film, "", NO_OPENGL)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [tmp_path / "film.png"]


def test_a_failed_write_leaves_nothing(tmp_path):
    (tmp_path / "film.png").mkdir()
    with pytest.raises(GeoflowError, match=r"cannot write .* it is a folder"):
        draw(tmp_path / "film.png", FILMS["flat"], "", NO_OPENGL)
    assert list(tmp_path.iterdir()) == [tmp_path / "film.png"]


CHILDREN = {
    "crashes": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    "exits": ("import sys; sys.exit(7)", "exit code 7"),
    "draws nothing": (r"print('geoflow\tblank\tvtkWindow')", "blank"),
    "lacks pyvista": (r"print('geoflow\timport\tImportError\tlibGL.so.1 is missing')", "libGL.so.1"),
    "talks nonsense": (r"import sys; sys.stdout.buffer.write(b'\xff\xfe\n\ngeoflow\n')", "exit code 0"),
    "dies after drawing": (r"import sys; print('geoflow\tseen\tvtkWindow'); sys.exit(1)", "exit code 1"),
    "hangs": ("import time; time.sleep(60)", "took longer"),
}


@pytest.mark.parametrize("what", CHILDREN)
def test_a_child_that_fails_gives_one_line(what, monkeypatch):
    monkeypatch.delenv(WINDOW, raising=False)
    code, reason = CHILDREN[what]
    found = try_windows(["vtkEGLRenderWindow", None], [sys.executable, "-c", code], timeout=1.0 if what == "hangs" else 60)
    assert not found.ok and found.backend == "matplotlib"
    assert reason in found.reason and "\n" not in found.reason
    assert WINDOW not in os.environ


def test_no_child_at_all():
    found = try_windows([None], ["/no/such/program"])
    assert not found.ok and "no child process" in found.reason


def test_the_window_that_worked_is_remembered(monkeypatch):
    monkeypatch.setenv(WINDOW, "vtkSomethingElse")
    says = r"import os; print('geoflow', 'seen', os.environ['VTK_DEFAULT_OPENGL_WINDOW'], 'a card', sep='\t')"
    found = try_windows(["vtkEGLRenderWindow"], [sys.executable, "-c", says])
    assert found == Probe(True, "vtkEGLRenderWindow", "vtkEGLRenderWindow draws with a card")
    if sys.platform.startswith("linux"):
        assert os.environ[WINDOW] == "vtkEGLRenderWindow"


def test_can_render_never_raises_and_asks_once():
    assert can_render() is can_render()
    assert can_render().reason and "\n" not in can_render().reason


def scene_of(film):
    surface = film.surface(film.start)
    return make_scenes([(Sheet.of(surface, surface.heights, 400), surface.wires, ())])[0]


@pytest.mark.parametrize("frame", [(-1.1, 0.86, -0.83, 0.7), (-0.3, 0.2, -0.9, 0.9), (-3.0, 3.0, -0.4, 0.5)])
@pytest.mark.parametrize("name", FILMS)
def test_the_camera_holds_the_box(name, frame):
    scene = scene_of(FILMS[name])
    camera = fitted_camera(scene.low, scene.high, frame)
    corners = np.array(
        [[x, y, z] for x, y, z in np.array(np.meshgrid(*zip(scene.low, scene.high, strict=True))).T.reshape(-1, 3)]
    )
    flat, depth = camera.project(corners)
    left, right, bottom, top = frame
    size = np.ptp(flat, axis=0) / (right - left, top - bottom)
    assert size.max() == pytest.approx(1, abs=1e-6) and (depth > 0).all()
    assert flat.min(axis=0) + flat.max(axis=0) == pytest.approx([left + right, bottom + top], abs=1e-6)
    assert np.allclose([camera.right @ camera.up, camera.up @ camera.away, np.linalg.norm(camera.up)], [0, 0, 1])


def test_the_scene_keeps_proportions():
    scene = scene_of(FILMS["large"])
    assert scene.stretch == 1 and np.ptp(scene.sheet.points[:, 0]) == pytest.approx(1 / np.sqrt(0.45), rel=1e-12)
    assert scene_of(FILMS["tall"]).stretch == 0.01
    assert scene_of(FILMS["terrain"]).stretch == 10
    for rise in np.logspace(-9, 9, 200):
        assert 0.1 <= rise * height_scale(rise, 1.0) <= 1.6


def test_a_level_film_is_no_landscape_of_what_solvers_leave():
    film = gf.soap_film(gf.Wire.outline("disc", "5 + 0*x"), 33)
    bump = np.where(film.grid.boundary, 0.0, np.random.default_rng(0).random(film.start.shape))
    reels = [Reel.of(states_of(film, 5.0 + size * bump), kind_of("height"), (), 33) for size in (1e-10, 1e-6)]
    assert reels[0].scenes[0].stretch == 1.0 and reels[0].paint.flat == pytest.approx(5.0, abs=1e-9)
    assert reels[1].scenes[0].stretch > 1e4 and reels[1].paint.flat is None


def plan_area(*patches):
    """Of polygons (m, k, 2 or more), all of them counter-clockwise."""
    areas = []
    for corners in patches:
        a, b = corners, np.roll(corners, -1, axis=1)
        areas.append(0.5 * np.sum(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0], axis=1))
    assert all((area > 0).all() for area in areas)
    return sum(area.sum() for area in areas)


@pytest.mark.parametrize("name", ["saddle", "disc", "star", "annulus", "two parts"])
@pytest.mark.parametrize("most", [7, 20, 400])
def test_thinned_or_refined_a_sheet_covers_the_same(name, most):
    surface = FILMS[name].surface(FILMS[name].start)
    corners = surface.points[surface.triangles]
    sheet = Sheet.of(surface, surface.heights, most)
    patches = sheet.points[sheet.quads], sheet.points[sheet.triangles]
    assert plan_area(*patches) == pytest.approx(plan_area(corners), rel=1e-12)
    assert set(map(tuple, sheet.points)) <= set(map(tuple, surface.points))
    assert len(sheet.quads) < surface.whole if most < 16 else len(sheet.quads) <= surface.whole
    for times in (1, 2, 5):
        quads, triangles = sheet.patches(times)
        assert len(quads) == times**2 * len(sheet.quads) and len(triangles) == times**2 * len(sheet.triangles)
        assert plan_area(quads, triangles) == pytest.approx(plan_area(corners), rel=1e-12)
        assert (np.concatenate([quads.reshape(-1, 7), triangles.reshape(-1, 7)])[:, 5] > 0).all()  # normals point up


def test_ticks_tell_values_apart():
    for low, high in ((-1, 1), (0, 0.001), (236, 1076), (0, 30e3), (1000, 1000.00002), (-3e-9, 2e-9), (1e7, 3e7)):
        values = round_values(low, high, 5)
        assert 2 <= len(values) <= 6 and values[0] >= low - 1e-6 * (high - low) and values[-1] <= high + 1e-6 * (high - low)
        labels = number_labels(values)
        assert len(set(labels)) == len(values)
        read = [float(t.replace("−", "-").replace("\u2009", "")) for t in labels]
        assert read == pytest.approx(list(values), abs=1e-3 * (high - low))


def test_resampling_keeps_corners():
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=float)
    line = resampled(square, 0.03)
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    assert steps.sum() == pytest.approx(4) and steps.max() < 0.035
    assert all((line == corner).all(axis=1).any() for corner in square)
