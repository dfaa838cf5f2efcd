"""Two hands draw the same film: pyvista where it can, a painter's algorithm in matplotlib everywhere."""

import os
import sys

import numpy as np
import pytest

from geoflow.errors import BadInput, GeoflowError
from geoflow.viz.camera import fitted_camera
from geoflow.viz.films import draw_film
from geoflow.viz.page import FRAME
from geoflow.viz.probe import WINDOW, Probe, can_render, try_windows
from geoflow.viz.sampling import resampled
from geoflow.viz.scene import height_scale, make_scene
from geoflow.viz.ticks import number_labels, round_values

NO_OPENGL = Probe(False, "matplotlib", "forced by the test")
TITLE = "L² gradient flow of area, t = 0.5\narea 4.2345 ($ and _ are letters)"


def unit(f, nx=33, ny=33, lx=1.0, ly=1.0):
    x, y = np.linspace(0, lx, nx), np.linspace(0, ly, ny)
    return x, y, f(x / lx, y[:, None] / ly)


FILMS = {
    "saddle": unit(lambda x, y: (2 * x - 1) ** 2 - (2 * y - 1) ** 2),
    "flat": unit(lambda x, y: 0 * x * y + 0.25),
    "zero": unit(lambda x, y: 0 * x * y),
    "tall": unit(lambda x, y: 100 * np.sin(3 * x) * y),
    "thin": unit(lambda x, y: 0.001 * np.sin(3 * x) * y),
    "terrain": unit(lambda x, y: 4e3 + 500 * np.sin(20 * x + 9 * y) * np.cos(30 * y) * x, 70, 90, 30e3, 40e3),
    "wide": unit(lambda x, y: 0.3 * np.sin(9 * x) * (1 - y), 81, 21, 4.0, 1.0),
    "deep": unit(lambda x, y: 0.3 * np.sin(9 * y) * (1 - x), 21, 81, 1.0, 4.0),
    "strip": unit(lambda x, y: 0.4 * np.sin(9 * x) * y, 81, 21, 100.0, 1.0),
    "far": unit(lambda x, y: 1e6 + 1e-4 * x * y),
    "smallest": unit(lambda x, y: x * y, 2, 2),
    "large": unit(lambda x, y: 0.3 * np.sin(7 * x) * np.cos(5 * y), 1003, 450),
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


QUICK = ("saddle", "flat", "tall", "thin", "terrain")


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FILMS])
def test_every_film_is_drawn_and_both_hands_agree(name, tmp_path, capfd):
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    assert draw_film(one, *FILMS[name], title=TITLE, probe=NO_OPENGL) == "matplotlib"
    check(one)
    assert list(tmp_path.iterdir()) == [one]
    if not can_render().ok:
        return
    assert draw_film(two, *FILMS[name], title=TITLE) == "pyvista"
    check(two)
    assert capfd.readouterr() == ("", "")
    a, b = film_of(pixels(one)), film_of(pixels(two))
    # Beside the wire the two may differ by a pixel, and there are about 2500 such pixels.
    assert (a ^ b).sum() < 0.03 * (a | b).sum() + 2500
    both = a & b
    assert np.abs(pixels(one)[both] - pixels(two)[both]).mean() < 12
    assert set(tmp_path.iterdir()) == {one, two}


def test_colour_is_height(tmp_path):
    draw_film(tmp_path / "film.png", *unit(lambda x, y: x + 0 * y), title="", probe=NO_OPENGL)
    picture = pixels(tmp_path / "film.png")
    rows, columns = np.nonzero(film_of(picture))
    high, low = columns > np.percentile(columns, 90), columns < np.percentile(columns, 10)
    # Viridis: green outgrows blue with height.
    greener = picture[rows, columns, 1] - picture[rows, columns, 2]
    assert greener[high].mean() > 50 and greener[low].mean() < 0


def test_holes_are_left_white(tmp_path):
    x, y, u = unit(lambda x, y: 0.1 * x * y)
    whole, pierced = tmp_path / "whole.png", tmp_path / "pierced.png"
    draw_film(whole, x, y, u, title="", probe=NO_OPENGL)
    u[10:23, 10:23] = np.nan
    draw_film(pierced, x, y, u, title="", probe=NO_OPENGL)
    lost = 1 - film_of(pixels(pierced)).sum() / film_of(pixels(whole)).sum()
    assert 0.12 < lost < 0.24  # (14/32)² = 0.19, give or take perspective


def test_pdf_is_vectors(tmp_path):
    path = tmp_path / "film.pdf"
    assert draw_film(path, *FILMS["saddle"], title="t", probe=Probe(True, "", "")) == "matplotlib"
    content = path.read_bytes()
    assert content.startswith(b"%PDF") and content.rstrip().endswith(b"%%EOF") and b"/Subtype /Image" not in content


def test_a_long_title_fits(tmp_path):
    draw_film(tmp_path / "film.png", *FILMS["flat"], title="mean curvature flow of a very long name " * 6, probe=NO_OPENGL)
    check(tmp_path / "film.png")


def test_own_wire_is_inside_the_page(tmp_path):
    angle = np.linspace(0, 2 * np.pi, 60)
    ring = np.column_stack([0.5 + 0.8 * np.cos(angle), 0.5 + 0.8 * np.sin(angle), 0.5 * np.sin(3 * angle)])
    draw_film(tmp_path / "film.png", *FILMS["zero"], title="", wire=(ring,), probe=NO_OPENGL)
    check(tmp_path / "film.png")


def test_a_refused_film_leaves_the_old_picture(tmp_path):
    path = tmp_path / "film.png"
    path.write_bytes(b"old")
    x, y, u = FILMS["flat"]
    for bad in ((x[::-1], y, u), (x, y, u[1:]), (x, y, u * np.inf), (x, y, u * np.nan), (x, y, u * 1e305)):
        with pytest.raises(BadInput):
            draw_film(path, *bad, title="", probe=NO_OPENGL)
    for wire in (np.zeros((3, 3)), np.zeros((3, 2)), [[0, 0, 0], [1, 0, np.nan]]):
        with pytest.raises(BadInput):
            draw_film(path, x, y, u, title="", wire=(wire,), probe=NO_OPENGL)
    with pytest.raises(BadInput):
        draw_film(tmp_path / "film.jpeg2", x, y, u, title="", probe=NO_OPENGL)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [tmp_path / "film.png"]


def test_a_failed_write_leaves_nothing(tmp_path):
    (tmp_path / "film.png").mkdir()
    with pytest.raises(GeoflowError, match=r"cannot write .* it is a folder"):
        draw_film(tmp_path / "film.png", *FILMS["flat"], title="", probe=NO_OPENGL)
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


@pytest.mark.parametrize("name", FILMS)
def test_the_camera_holds_the_box(name):
    scene = make_scene(*FILMS[name], None, 400)
    camera = fitted_camera(scene.low, scene.high, FRAME)
    corners = np.array(
        [[x, y, z] for x, y, z in np.array(np.meshgrid(*zip(scene.low, scene.high, strict=True))).T.reshape(-1, 3)]
    )
    flat, depth = camera.project(corners)
    left, right, bottom, top = FRAME
    size = np.ptp(flat, axis=0) / (right - left, top - bottom)
    assert size.max() == pytest.approx(1, abs=1e-6) and (depth > 0).all()
    assert flat.min(axis=0) + flat.max(axis=0) == pytest.approx([left + right, bottom + top], abs=1e-6)
    assert np.allclose([camera.right @ camera.up, camera.up @ camera.away, np.linalg.norm(camera.up)], [0, 0, 1])


def test_the_scene_keeps_edges_and_proportions():
    x, y, u = FILMS["large"]
    scene = make_scene(x, y, u, None, 400)
    assert max(scene.heights.shape) <= 401
    corners = [scene.heights[i, j] for i in (0, -1) for j in (0, -1)]
    assert corners == [u[i, j] for i in (0, -1) for j in (0, -1)]
    assert scene.stretch == 1 and np.ptp(scene.points[..., 0]) == pytest.approx(1)
    assert make_scene(*FILMS["tall"], None, 400).stretch == 0.01
    assert make_scene(*FILMS["terrain"], None, 400).stretch == 10
    for rise in np.logspace(-9, 9, 200):
        assert 0.1 <= rise * height_scale(rise, 1.0) <= 1.6


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
