"""Pictures, movies and pages of films: none blank, clipped or unlabelled, colours that mean what they say, frames as asked."""

import json
import re
import shutil
import subprocess
import sys
import types
from base64 import b64decode

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

import geoflow as gf
from geoflow.viz.camera import fitted_camera
from geoflow.viz.courses import Course
from geoflow.viz.films import draw_film, show_film, view_film
from geoflow.viz.look import MARK, rgb
from geoflow.viz.page import frame_of
from geoflow.viz.paint import KINDS, filled, paint_of
from geoflow.viz.pictures import Picture
from geoflow.viz.probe import Probe, can_render
from geoflow.viz.reels import Reel
from geoflow.viz.shown import states_of
from geoflow.viz.viewer import Viewer

NO_OPENGL = Probe(False, "matplotlib", "forced by the test")
SIZES = [(360, 300), (800, 600), (1500, 700)]


def wavy(x, y):
    return 0.4 * (x**3 - 3 * x * y * y) + 0.3 * np.cos(3 * x) * (1 - x * x - y * y)


FILM = gf.soap_film(gf.Wire.outline("disc", "0.4*(x**3 - 3*x*y**2)"), 17, wavy)
RUN = gf.evolve(FILM.flow, FILM.start, 0.1, t_eval=np.linspace(0.0, 0.1, 6))
REST = gf.relax(FILM.flow, FILM.start)
ARC = np.linspace(0.2, 1.2, 40)
PART = np.stack([np.cos(ARC), np.sin(ARC), 0.4 * np.cos(3 * ARC)], axis=1)


def texts_of(picture):
    """Every text that is seen: (text, extent in pixels)."""
    figure = picture.figure
    figure.canvas.draw()
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    return [(t.get_text(), t.get_window_extent()) for t in found]


def check(picture, size, labels):
    """All labels are there, whole and clear of each other; nothing touches the edge."""
    pixels, texts = picture.pixels, texts_of(picture)
    assert pixels.shape == (size[1], size[0], 3)
    edge = np.concatenate([pixels[:3].ravel(), pixels[-3:].ravel(), pixels[:, :3].ravel(), pixels[:, -3:].ravel()])
    assert (edge == 255).all(), "something touches the edge of the page"
    said = [re.sub(r"\s+", " ", text) for text, _ in texts]
    for label in labels:
        assert any(label in text for text in said), label
    for k, (text, box) in enumerate(texts):
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= size[0] and box.y1 <= size[1], f"{text} is clipped"
        hidden = [other for other, place in texts[k + 1 :] if box.padded(-1.0).overlaps(place.padded(-1.0))]
        assert not hidden, (text, hidden)
    return pixels


def film_on(pixels, picture, axes, film, shown, most=240):
    """The share of the page's width or height that the film takes, whichever is more, having found it there."""
    states = states_of(film, shown)
    scene = Reel.of(states, KINDS["height"], (), most).scenes[0]
    camera = fitted_camera(scene.low, scene.high, frame_of(axes), scene.above, scene.turns)
    flat, _ = camera.project(scene.sheet.points[scene.sheet.quads].mean(axis=1))
    box = axes.bbox
    x = np.round(box.x0 + box.width / 2 + flat[:, 0] * box.height / 2).astype(int)
    y = pixels.shape[0] - np.round(box.y0 + box.height / 2 + flat[:, 1] * box.height / 2).astype(int)
    ground = pixels[y, x].min(axis=1) > 240
    assert ground.mean() < 0.02, "no film where it should be"
    return max(np.ptp(x) / box.width, np.ptp(y) / box.height)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("colour", ["height", "mean curvature"])
def test_no_picture_is_blank_clipped_or_unlabelled(size, colour):
    picture = draw_film(FILM, RUN, colour=colour, size=size, probe=NO_OPENGL)
    labels = ["Film on the wire", "L² gradient flow of area", "t = 0.1, area 3", "x", "y", "height u", KINDS[colour].label]
    pixels = check(picture, size, labels)
    share = film_on(pixels, picture, picture.figure.axes[0], FILM, RUN)
    assert 0.25 < share < 0.9, share
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 500


@pytest.mark.parametrize("height", ["100*x*y", "0.001*x*y", "x*y + 1e5"])
def test_the_camera_holds_films_of_any_height(height):
    film = gf.soap_film(gf.Wire.formula(height, (0.0, 3.0, 0.0, 1.0)), 33)
    picture = draw_film(film, size=SIZES[1], probe=NO_OPENGL)
    share = film_on(check(picture, SIZES[1], ["x", "y", "height u"]), picture, picture.figure.axes[0], film, None)
    assert 0.25 < share < 0.9, share


@pytest.mark.parametrize("opengl", [False, True])
@pytest.mark.parametrize("plane", ["0.3*x - 0.5*y", "0.9*x + 0.2*y", "-0.1*x - 0.8*y", "0.6*x - 0.1*y"])
def test_no_plane_is_drawn_edge_on(plane, opengl):
    if opengl and not can_render().ok:
        pytest.skip("no OpenGL here")
    film = gf.soap_film(gf.Wire.formula(plane, (0.0, 2.0, 0.0, 1.5)), 17)
    picture = draw_film(film, size=SIZES[1], probe=None if opengl else NO_OPENGL)
    pixels = check(picture, SIZES[1], ["x", "y", "height u"])
    film_on(pixels, picture, picture.figure.axes[0], film, None)
    half = pixels[:, : SIZES[1][0] * 3 // 4].astype(int)  # without the colour bar
    assert np.mean(np.ptp(half, axis=2) > 40) > 0.1, "a sliver"


def test_all_frames_are_seen_from_the_side_that_suits_the_worst_of_them():
    film = gf.soap_film(gf.Wire.formula("0.3*x - 0.5*y"), 17, "0.3*x - 0.5*y + 2*(1 - x*x)*(1 - y*y)")
    states = [film.start, gf.relax(film.flow, film.start).x]
    kind = KINDS["height"]
    alone = [Reel.of(states_of(film, state), kind, (), 17).scenes[0].turns for state in states]
    assert alone[0] == 0 and alone[1] != 0
    assert [scene.turns for scene in Reel.of(states_of(film, states), kind, (), 17).scenes] == [alone[1]] * 2
    page = view_film(film, states[1]).html
    turn = json.loads(re.search(r'json">(.*?)</script>', page, re.S)[1])["turn"]
    assert turn == pytest.approx(-0.96 + alone[1] * np.pi / 2)


def test_what_is_seen_well_is_seen_from_the_usual_side():
    for name in ("catenoid", "enneper", "tent", "upright-ring", "ring"):
        film = gf.soap_film(gf.Wire.named(name), 129)
        assert Reel.of(states_of(film, None), KINDS["height"], (), 129).scenes[0].turns == 0, name


@pytest.mark.parametrize("size", [(700, 360), (1500, 600), (1200, 1000), pytest.param(None, marks=pytest.mark.slow)])
def test_side_by_side_they_share_everything(size):
    shown = {"start": None, "on the way": RUN, "at rest": REST}
    picture = draw_film(FILM, shown, colour="height", size=size, probe=NO_OPENGL)
    pixels = check(picture, size or (3300, 1150), [*shown, "t = 0.1", "at rest, area", "Film on the wire", "height u"])
    assert pixels.std() > 5.0
    panels = [axes for axes in picture.figure.axes if len(axes.collections) > 3]
    assert len(panels) == 3
    assert sum(text == "height u" for text, _ in texts_of(picture)) == 4  # three boxes and one bar
    for panel, state in zip(panels, shown.values(), strict=True):
        box = panel.bbox
        inside = pixels[int(pixels.shape[0] - box.y1) : int(pixels.shape[0] - box.y0), int(box.x0) : int(box.x1)]
        coloured = np.ptp(inside.astype(int), axis=2) > 40
        rows, columns = np.nonzero(coloured)
        assert 0.25 < max(np.ptp(rows) / inside.shape[0], np.ptp(columns) / inside.shape[1]) < 0.95, state


def test_marked_parts_are_seen_and_told():
    magenta = np.round(255 * np.array(rgb(MARK)))

    def share(picture):
        return (np.abs(picture.pixels - magenta).max(axis=2) < 60).mean()

    marked = draw_film(FILM, REST, parts=[PART], size=(800, 600), probe=NO_OPENGL)
    check(marked, (800, 600), ["let go of by the film"])
    assert share(marked) > 1e-3 and share(draw_film(FILM, REST, size=(800, 600), probe=NO_OPENGL)) == 0.0


def test_signed_colours_are_centred_and_spikes_are_cut():
    rng = np.random.default_rng(5)
    values = rng.normal(size=10_000)
    paint = paint_of(KINDS["change"], [values, 2.0 * values], 1.0, 1.0)
    assert paint.limits[0] == -paint.limits[1] == -2.0 * np.max(np.abs(values)) and paint.beyond == "neither"
    values[7] = 1e6
    paint = paint_of(KINDS["mean curvature"], [values], 1.0, 1.0)
    assert paint.limits[0] == -paint.limits[1] and 2.0 < paint.limits[1] < 6.0 and paint.beyond == "both"
    values = np.abs(values)
    paint = paint_of(KINDS["speed"], [values], 1.0, 1.0)
    assert paint.limits[0] == 0.0 and paint.beyond == "max"
    still = paint_of(KINDS["mean curvature"], [1e-12 * values[:7]], 1.0, 1.0)
    assert still.flat == 0.0 and still.limits == (-0.5, 0.5)
    assert paint_of(KINDS["mean curvature"], [1e-8 * values[:7]], 1.0, 100.0).flat == 0.0  # rounding of a steep film
    assert paint_of(KINDS["speed"], [1e-10 * values[:7]], 1.0, 1e-6).flat is None  # but not of a low one
    assert paint_of(KINDS["height"], [values, values + 1.0], 1.0, 1.0).limits == (values.min(), values.max() + 1.0)


def test_what_is_not_known_is_what_is_around_it():
    triangles = np.array([[0, 1, 2], [1, 3, 2], [3, 4, 5]])
    out = filled(np.array([1.0, np.nan, 3.0, np.nan, np.nan, np.nan]), triangles)
    assert out == pytest.approx([1.0, 2.0 + 1.0 / 3.0, 3.0, 3.0, *out[4:]]) and np.all(np.isfinite(out))
    assert np.array_equal(filled(np.array([np.nan] * 3), triangles[:1]), np.zeros(3))


def test_frames_are_evenly_spaced_in_time_or_in_area():
    course = Course.of(FILM, RUN)
    frames = course.frames(11, "time")
    assert [f.t for f in frames] == pytest.approx(np.linspace(0.0, 0.1, 11), abs=1e-15)
    for k in (0, 2, 4, 10):
        np.testing.assert_array_equal(frames[k].u, RUN.states[k // 2])
    np.testing.assert_allclose(frames[1].u, 0.5 * (RUN.states[0] + RUN.states[1]), rtol=0, atol=1e-15)
    fine = gf.evolve(FILM.flow, FILM.start, 0.1, t_eval=np.linspace(0.0, 0.1, 201))
    area = np.array([f.area for f in Course.of(FILM, fine).frames(9, "area")])
    assert np.diff(area) == pytest.approx(np.full(8, (area[-1] - area[0]) / 8), rel=2e-3)
    np.testing.assert_array_equal(Course.of(FILM, REST).frames(3, "time")[-1].u, REST.x)  # at t = inf: by area


def test_a_moving_wire_is_on_its_way_between_states():
    film = gf.soap_film(gf.Wire.formula("x*y + t**2*x"), 9)
    run = gf.evolve(film.flow, film.start, 1.0, t_eval=[0.0, 0.5, 1.0])
    (_, frame, *_) = Course.of(film, run).frames(5, "time")
    assert frame.t == 0.25
    x, y = np.meshgrid(film.grid.x, film.grid.y)
    np.testing.assert_array_equal(frame.u[film.grid.boundary], (x * y + 0.25**2 * x)[film.grid.boundary])


def test_a_gif_moves(tmp_path):
    last = draw_film(FILM, RUN, tmp_path / "film.gif", frames=3, size=(320, 240), probe=NO_OPENGL)
    with Image.open(tmp_path / "film.gif") as movie:
        assert movie.n_frames == 3 and movie.size == (320, 240) and movie.info["loop"] == 0
        frames = []
        for k in range(3):
            movie.seek(k)
            frames.append(np.asarray(movie.convert("RGB")).astype(int))
    assert all((frame[:3] == 255).all() and frame.std() > 5 for frame in frames)
    assert (np.abs(frames[0] - frames[2]).max(axis=2) > 30).mean() > 0.01
    assert np.abs(frames[2] - last.pixels).mean() < 6.0
    assert [p.name for p in tmp_path.iterdir()] == ["film.gif"]


def test_an_mp4_needs_its_encoder(tmp_path, monkeypatch):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"old")
    monkeypatch.setattr("geoflow.viz.movies.find_spec", lambda name: None)
    with pytest.raises(gf.BadInput, match="extra `movie`") as caught:
        draw_film(FILM, RUN, path, probe=NO_OPENGL)
    assert "\n" not in str(caught.value) and path.read_bytes() == b"old"


def test_an_mp4_moves(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    draw_film(FILM, RUN, tmp_path / "film.mp4", frames=4, size=(321, 241), probe=NO_OPENGL)
    command = [
        ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        str(tmp_path / "film.mp4"),
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    seen = np.frombuffer(raw, np.uint8).reshape(-1, 240, 320, 3).astype(int)
    assert len(seen) == 4 and (seen[:, :3] > 250).all()
    assert np.abs(seen[0] - seen[-1]).mean() > 0.5


def data_of(viewer):
    text = re.search(r"<script type=\"application/json\">(.*?)</script>", viewer.html, flags=re.DOTALL).group(1)
    return json.loads(text)


def test_a_page_is_whole_in_itself_and_true(tmp_path):
    viewer = draw_film(FILM, RUN, tmp_path / "film.html", frames=5, parts=[PART])
    assert (tmp_path / "film.html").read_text(encoding="utf-8") == viewer.html
    assert not re.search(r"https?:|src=|href=|import |fetch\(|url\(", viewer.html)
    data = data_of(viewer)
    assert len(data["frames"]) == 5 and data["marks"] == 1 and data["frames"][-1]["caption"].startswith("t = 0.1, area 3.")
    last = data["frames"][-1]
    points = np.frombuffer(b64decode(last["points"]), "<i2").reshape(-1, 3) / 32767
    patches = np.frombuffer(b64decode(data["patches"]), "<u4").reshape(-1, 4)
    values = np.frombuffer(b64decode(last["values"]), np.uint8)
    assert np.array_equal(np.unique(patches), np.arange(len(points))) and len(values) == len(points)
    scene = Reel.of([*states_of(FILM, RUN)], KINDS["height"], [PART], 60).scenes[0]
    box = (scene.high - scene.low) / 2
    flat = points * box  # not the same box in height, but the same plan
    a, b, c, d = (flat[patches[:, k], :2] for k in range(4))
    triangle = patches[:, 2] == patches[:, 3]
    u, v = np.where(triangle[:, None], b - a, c - a), np.where(triangle[:, None], c - a, d - b)
    area = 0.5 * (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])
    surface = FILM.surface(RUN.x)
    corners = surface.points[surface.triangles][..., :2] * scene.scale[0]
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    assert (area > 0.0).all() and area.sum() == pytest.approx(0.5 * np.sum(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]), rel=1e-3)


STUB = """
const html = require("fs").readFileSync(process.argv[2], "utf8"), calls = {};
const data = html.match(/<script type="application.json">([\\s\\S]*?)<.script>/)[1];
const code = html.match(/<script>\\n([\\s\\S]*?)<.script>/)[1];
const pen = new Proxy({}, {get: (t, k) => k in t ? t[k] : (...a) => {
  if (a.some(v => typeof v === "number" && !isFinite(v))) { throw new Error(k + a); }
  calls[k] = (calls[k] || 0) + 1;
}});
const thing = more => ({on: {}, addEventListener(n, f) { this.on[n] = f; }, setPointerCapture() {}, ...more});
const canvas = thing({clientWidth: 800, clientHeight: 500, getContext: () => pen});
const button = thing({click() { this.on.click(); }});
const slider = thing({value: "0"}), told = {}, head = {};
const page = {canvas, button, input: slider, output: told, h1: head};
global.document = {querySelector: q => page[q] || {textContent: data}};
global.window = {addEventListener() {}, devicePixelRatio: 2};
let tick = null, ticks = 0;
global.setInterval = f => { tick = f; return 1; };
global.clearInterval = () => { tick = null; };
eval(code);
const first = {...calls, caption: told.textContent};
button.click();
while (tick && ticks < 99) { tick(); ticks++; }
const played = told.textContent;
canvas.on.pointerdown({clientX: 0, clientY: 0, pointerId: 1});
canvas.on.pointermove({clientX: 50, clientY: 9});
canvas.on.pointerup();
canvas.on.wheel({preventDefault() {}, deltaY: -200});
canvas.on.dblclick();
const label = button.textContent, caption = told.textContent, title = head.textContent;
console.log(JSON.stringify({first, played, ticks, at: slider.value, label, caption, title}));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_script_of_a_page_draws_and_plays(tmp_path):
    viewer = draw_film(FILM, RUN, tmp_path / "film.html", frames=5)
    (tmp_path / "stub.js").write_text(STUB)
    command = [shutil.which("node"), str(tmp_path / "stub.js"), str(tmp_path / "film.html")]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    patches = len(b64decode(data_of(viewer)["patches"])) // 16
    assert said["first"]["fill"] == patches
    assert said["first"]["caption"].startswith("t = 0,") and said["played"] == said["caption"]
    assert said["caption"].startswith("t = 0.1,")
    assert (said["ticks"], said["at"], said["label"]) == (5, 4, "play") and "gradient flow" in said["title"]


def test_how_a_film_is_shown(monkeypatch):
    assert isinstance(show_film(FILM, RUN, size=(320, 240), frames=3, probe=NO_OPENGL), Picture)
    shell = types.SimpleNamespace(get_ipython=lambda: type("ZMQInteractiveShell", (), {"__module__": "ipykernel.zmqshell"})())
    monkeypatch.setitem(sys.modules, "IPython", shell)
    seen = FILM.show(RUN, frames=3, size=(320, 240))
    assert isinstance(seen, Viewer) and seen._repr_html_().startswith("<iframe") and len(data_of(seen)["frames"]) == 3
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: None))
    opened = []
    plotter = types.SimpleNamespace(show=lambda: opened.append("shown"))
    monkeypatch.setattr("geoflow.viz.films.open_window", lambda reel, title: opened.append(len(reel.scenes)) or (plotter, None))
    assert FILM.show(RUN, frames=4, size=(320, 240), probe=Probe(True, "vtkXOpenGLRenderWindow", "")) is None
    assert opened == [4, "shown"]


def test_a_window_shows_each_frame():
    if not can_render().ok:
        pytest.skip("pyvista cannot draw here")
    from geoflow.viz.window import open_window

    reel = Reel.of(Course.of(FILM, RUN).frames(3, "time"), KINDS["change"], [PART], 60)
    plotter, show = open_window(reel, "a title", off_screen=True)
    plotter.show(auto_close=False)
    before = plotter.screenshot(return_img=True).astype(int)
    show(2)
    plotter.render()
    after = plotter.screenshot(return_img=True).astype(int)
    plotter.close()
    assert before.std() > 5 and np.abs(after - before).mean() > 1.0


def test_methods_that_draw():
    picture = FILM.plot(RUN, size=(320, 240), probe=NO_OPENGL)
    assert isinstance(picture, Picture) and picture._repr_png_().startswith(b"\x89PNG")
    axes = RUN.plot()["energy"]
    assert axes.get_xlabel() == "t"
    import matplotlib.pyplot as plt

    plt.close(axes.figure)


BAD = [
    ({"colour": "beauty"}, "colour = beauty"),
    ({"size": (10, 10)}, "size = (10, 10)"),
    ({"size": "large"}, "size = large"),
    ({"parts": [[[0, 0, 0]]]}, "parts = shape (1, 3)"),
    ({"shown": np.zeros((3, 3))}, "u = array of shape (3, 3)"),
    ({"shown": "start"}, "shown = str"),
    ({"film": [FILM, FILM], "shown": [None]}, "shown = 1 states of 2 films"),
    ({"film": "saddle"}, "film = str"),
    ({"path": "a.gif", "shown": FILM.start}, "shown = ndarray"),
    ({"path": "a.gif", "shown": RUN, "frames": 1}, "frames = 1"),
    ({"path": "a.html", "shown": RUN, "frames_by": "beauty"}, "frames_by = beauty"),
    ({"path": "a.html", "shown": [None, RUN]}, "shown = 2 states"),
    ({"path": "a.gif", "shown": gf.evolve(FILM.flow, FILM.start, 0.1)}, "kept 2 states"),
]


@pytest.mark.parametrize(("given", "said"), BAD, ids=[said for _, said in BAD])
def test_bad_input_is_refused_in_one_line_and_nothing_is_written(given, said, tmp_path):
    given = {"film": FILM, **given}
    if "path" in given:
        given["path"] = tmp_path / given["path"]
    with pytest.raises(gf.BadInput) as caught:
        draw_film(given.pop("film"), probe=NO_OPENGL, **given)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_one_state_makes_a_page_without_a_clock():
    assert len(data_of(view_film(FILM, REST))["frames"]) == 1
