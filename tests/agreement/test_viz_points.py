"""Pictures of point flows: each returns labelled axes, shows what it was given where it belongs, and is written whole."""

import subprocess
import sys
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest

import geoflow as gf
from geoflow import viz
from geoflow.viz.basins import BASINS, FATES
from geoflow.viz.levels import levels
from geoflow.viz.probe import Probe, can_render

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

NO_OPENGL = Probe(False, "matplotlib", "forced by the test")
PASS, PASS_BOX = gf.Potential("exp(x)*cos(y) - x - 1"), (-2.0, 2.0, -2.5, 2.5)
WELLS, WELLS_BOX = gf.Potential("(x**2 - 1)**2/4 + y**2/2"), (-2.0, 2.0, -1.0, 1.0)
VALLEY, VALLEY_BOX = gf.Potential("x**2 + 25*y**2"), (-1.2, 1.2, -0.6, 0.6)
MULLER_BROWN = gf.Potential(
    "-200*exp(-(x - 1)**2 - 10*y**2) - 100*exp(-x**2 - 10*(y - 0.5)**2)"
    "- 170*exp(-6.5*(x + 0.5)**2 + 11*(x + 0.5)*(y - 1.5) - 6.5*(y - 1.5)**2)"
    "+ 15*exp(0.7*(x + 1)**2 + 0.6*(x + 1)*(y - 1) + 0.7*(y - 1)**2)"
)
LINE = gf.Potential("x**4/4 - x**2/2 + x/8")
SLOPE = 0.25


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def flow(potential):
    return gf.GradientFlow(potential, gf.Euclidean())


def road(potential, start, t_end):
    return np.array([s.x for s in gf.steps(flow(potential), start, t_end)])


def curve(potential, points):
    points = np.asarray(points, dtype=float)
    return SimpleNamespace(points=points, value=potential.value(points))


def manifolds():
    """Those of the pass: y = 0, and x = ln(y / sin y)."""
    y = np.linspace(1e-3, 3.0, 100)
    up = np.column_stack([np.log(y / np.sin(y)), y])
    stable = SimpleNamespace(branches=(curve(PASS, [[0, 0], [-9, 0]]), curve(PASS, [[0, 0], [9, 0]])))
    return stable, SimpleNamespace(branches=(curve(PASS, up), curve(PASS, up * [1, -1])))


@pytest.fixture(scope="module")
def escapes():
    saddle = flow(gf.Potential("-x**2/8 + y**2/2 + x**4/4"))
    look = {"rtol": 1e-6, "t_eval": np.linspace(0.0, 60.0, 200)}
    return {
        "flow": gf.evolve(saddle, [1e-6, 1e-7], 60.0, **look),
        "ball": gf.evolve(saddle, [1e-6, 1e-7], 60.0, method=gf.HeavyBall(0.3), **look),
    }


def halves(ny=41, nx=81):
    """Basins of the double well as they must be: left, right, the ridge between; and a frame that flows away."""
    x = np.linspace(-2.0, 2.0, nx)
    labels = np.broadcast_to(np.where(x < 0, 0, np.where(x > 0, 1, -2)), (ny, nx)).copy()
    labels[:4], labels[:4, :4] = -1, -3
    return SimpleNamespace(labels=labels, minima=np.array([[-1.0, 0.0], [1.0, 0.0]]), bounds=WELLS_BOX)


def ride():
    return gf.evolve(flow(VALLEY), [1.0, 0.4], 2.0, rtol=1e-6, t_eval=np.linspace(0.0, 2.0, 41))


def draw_portrait(ax):
    at = gf.find_equilibria(PASS, PASS_BOX)
    return viz.portrait(PASS, PASS_BOX, [road(PASS, [0.5, 0.0], 20.0)], at, manifolds(), ax=ax)


def draw_graph(ax):
    return viz.portrait(LINE, (-1.7, 1.7), [road(LINE, [0.3], 9.0)], gf.find_equilibria(LINE, (-1.7, 1.7)), ax=ax)


def draw_descent(ax):
    points = road_of_descent(0.039)
    return viz.descent_against_flow(VALLEY, VALLEY_BOX, {"η = 0.039": points}, ride(), ax=ax)


def road_of_descent(eta):
    walk = gf.steps(flow(VALLEY), [1.0, 0.4], 12 * eta, method=gf.ExplicitEuler(), dt=eta, on_rise="report")
    return np.array([s.x for s in walk])


# what draws, the names of both axes, words of the legend
PICTURES = {
    "portrait": (draw_portrait, ("x", "y"), {"trajectory", "saddle", "stable manifold", "unstable manifold"}),
    "graph": (draw_graph, ("x", "V"), {"trajectory", "minimum", "maximum"}),
    "descent": (draw_descent, ("x", "y"), {"flow", "η = 0.039"}),
    "energy": (
        lambda ax: viz.energy_history({"flow": ride()}, lowest=0.0, rate=4.0, ax=ax),
        ("t", "E − E*"),
        {"flow", "predicted, rate 4"},
    ),
    "gradient": (lambda ax: viz.gradient_history(flow(VALLEY), {"flow": ride()}, ax=ax), ("t", "‖gradient‖"), {"flow"}),
    "winners": (
        lambda ax: viz.win_lose([0.2, 0.8], [0.3, 0.9], [True, False], [[0.5, 0.5]], ax=ax),
        ("|λ|", "β"),
        {"predicted: |λ| + β = 1", "located", "momentum won", "momentum lost"},
    ),
    "basins": (
        lambda ax: viz.basins_map(halves(), np.add.outer(np.linspace(0, 1, 30) ** 2, np.linspace(0, 1, 50)), ax=ax),
        ("x", "y"),
        {"minimum", "flows away", "at a saddle or maximum", "undecided"},
    ),
}


def words(ax):
    return {text.get_text() for text in ax.get_legend().get_texts()}


def pixels(path):
    """(h, w, 3) bytes, first row on top."""
    return np.round(255 * matplotlib.image.imread(path)[..., :3]).astype(int)


def written(ax, tmp_path):
    """The picture of an axes that has a figure of its own: whole on its page, as PNG and as PDF."""
    viz.save_picture(tmp_path / "picture.pdf", ax)
    viz.save_picture(tmp_path / "picture.png", ax)
    content = (tmp_path / "picture.pdf").read_bytes()
    assert content.startswith(b"%PDF") and content.rstrip().endswith(b"%%EOF")
    picture = pixels(tmp_path / "picture.png")
    edge = np.concatenate([picture[:4].ravel(), picture[-4:].ravel(), picture[:, :4].ravel(), picture[:, -4:].ravel()])
    assert (edge == 255).all(), "something touches the edge of the page"
    assert 0.01 < np.mean(picture.min(axis=2) < 250) < 0.95
    return picture


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_is_whole_and_labelled(name, tmp_path):
    draw, names, said = PICTURES[name]
    ax = draw(None)
    assert isinstance(ax, Axes)
    assert (ax.get_xlabel(), ax.get_ylabel()) == names
    assert words(ax) == said
    written(ax, tmp_path)


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_takes_an_axes(name):
    draw, names, said = PICTURES[name]
    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.5), layout="constrained")
    assert draw(right) is right
    assert (right.get_xlabel(), right.get_ylabel()) == names and words(right) == said
    assert not left.has_data()
    figure.draw_without_rendering()
    legend, box = right.get_legend().get_window_extent(), right.xaxis.label.get_window_extent()
    assert not legend.overlaps(box) and legend.y0 >= 0
    assert plt.get_fignums() == [figure.number]


# ------------------------------------------------------------------------------------------------------- portraits


def test_levels_tell_wells_and_walls():
    x, y = np.meshgrid(np.linspace(-1.6, 1.3, 160), np.linspace(-0.4, 2.1, 140))
    values = MULLER_BROWN.value(np.stack([x, y], axis=-1))
    cuts = levels(values)
    assert (np.diff(cuts) > 0).all() and cuts[0] == values.min() and cuts[-1] == values.max() > 6000
    assert np.sum(cuts < -80) >= 3 and np.sum(cuts > 200) >= 3
    shares = np.histogram(values, cuts)[0] / values.size
    assert shares.min() > 1e-3 and shares.max() < 0.15
    assert len(levels(np.full((3, 3), 7.0))) == 2


def test_a_portrait_shows_what_it_was_given():
    track = road(PASS, [0.5, 0.0], 20.0)
    ax = viz.portrait(PASS, PASS_BOX, [track], gf.find_equilibria(PASS, PASS_BOX), manifolds())
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert np.array_equal(lines["trajectory"].get_xydata(), track)
    assert lines["stable manifold"].get_linestyle() == "-" and lines["unstable manifold"].get_linestyle() == "--"
    assert np.array_equal(lines["stable manifold"].get_ydata(), [0.0, 0.0])
    marks = {c.get_label(): c.get_offsets() for c in ax.collections}
    assert np.allclose(marks["saddle"], [[0.0, 0.0]], atol=1e-9)
    assert ax.get_aspect() == 1.0 and ax.get_xlim() == PASS_BOX[:2] and ax.get_ylim() == PASS_BOX[2:]
    assert ax.child_axes[0].get_ylabel() == "V"


def test_arrows_point_down():
    ax = viz.portrait(PASS, PASS_BOX)
    (field,) = [c for c in ax.collections if hasattr(c, "U")]
    ways = np.column_stack([field.U, field.V])
    assert np.allclose(np.linalg.norm(ways, axis=1), 1.0) and len(ways) > 300
    assert (np.sum(ways * PASS.differential(np.column_stack([field.X, field.Y])), axis=1) < 0).all()
    assert ax.get_legend() is None


def test_colour_is_height(tmp_path):
    """Viridis: green outgrows blue as V does."""
    ax = viz.portrait(gf.Potential("x + 0*y"), (0.0, 1.0, 0.0, 1.0))
    picture = written(ax, tmp_path)
    h, w = picture.shape[:2]
    x0, x1, y = (ax.transAxes.transform(p) / ax.figure.bbox.size for p in ((0.06, 0.5), (0.94, 0.5), (0.5, 0.5)))
    rows = slice(int(h * (1 - y[1])) - 60, int(h * (1 - y[1])) + 60)
    low, high = (picture[rows, int(w * p[0]) - 20 : int(w * p[0]) + 20].mean(axis=(0, 1)) for p in (x0, x1))
    assert low[1] < low[2] and high[1] > high[2] + 40


def test_marbles_and_what_is_not_finite():
    starts = np.array([[0.3, 0.4], [-1.5, -0.6], [0.1, 0.9]])
    run = gf.evolve(flow(gf.Marbles(WELLS)), starts, 3.0, t_eval=np.linspace(0.0, 3.0, 30))
    ax = viz.portrait(WELLS, WELLS_BOX, [run])
    tracks = [line.get_xydata() for line in ax.get_lines() if line.get_color() != "white"]
    assert [track[0].tolist() for track in tracks] == starts.tolist()
    assert words(ax) == {"trajectories"}
    ax = viz.portrait(gf.Potential("x1 + x2 - log(x1) - log(x2)"), (-1.0, 20.0, -0.5, 3.0))
    assert ax.get_aspect() == "auto" and ax.get_xlabel() == "x1"
    (field,) = [c for c in ax.collections if hasattr(c, "U")]
    assert field.X.min() > 0 and field.Y.min() > 0


def test_functions_are_drawn_like_formulas():
    given = gf.Potential(lambda x: (x[0] ** 2 - 1) ** 2 / 4 + x[1] ** 2 / 2, lambda x: np.array([x[0] ** 3 - x[0], x[1]]))
    one, two = (viz.portrait(potential, WELLS_BOX) for potential in (given, WELLS))
    assert one.get_xlabel() == "x"
    ticks = [[t.get_text() for t in ax.child_axes[0].get_yticklabels()] for ax in (one, two)]
    assert ticks[0] == ticks[1] and len(ticks[0]) >= 5


# ---------------------------------------------------------------------------------------------- descent and histories


def test_iterates_and_histories_are_the_numbers():
    iterates, run = road_of_descent(0.039), ride()
    ax = viz.descent_against_flow(VALLEY, VALLEY_BOX, {"η": iterates}, run)
    lines = {line.get_label(): line.get_xydata() for line in ax.get_lines()}
    assert np.array_equal(lines["η"], iterates) and np.array_equal(lines["flow"], run.states)
    assert np.allclose(iterates[:, 1], 0.4 * (1 - 50 * 0.039) ** np.arange(13))
    ax = viz.energy_history(run, lowest=0.0, rate=4.0)
    drawn, guide = ax.get_lines()[:2]
    assert np.array_equal(drawn.get_xydata(), np.column_stack([run.t, run.energy])) and ax.get_yscale() == "log"
    slope = np.polyfit(guide.get_xdata(), np.log(guide.get_ydata()), 1)[0]
    assert abs(slope + 4.0) < 1e-9
    late = (drawn.get_xdata() > 0.5) & (drawn.get_xdata() < 1.9)
    assert abs(np.polyfit(drawn.get_xdata()[late], np.log(drawn.get_ydata()[late]), 1)[0] + 4.0) < 0.01
    ax = viz.gradient_history(flow(VALLEY), run)
    exact = np.hypot(2.0 * np.exp(-2.0 * run.t_states), 20.0 * np.exp(-50.0 * run.t_states))
    seen = run.t_states >= 0.5
    assert np.allclose(ax.get_lines()[0].get_ydata()[seen], exact[seen], rtol=1e-3)


def test_without_a_minimum_it_says_so():
    ax = viz.energy_history(ride())
    assert ax.get_ylabel() == "E − lowest E reached" and (ax.get_lines()[0].get_ydata() > 0).all()


def test_noise_is_marked():
    bowl = flow(gf.Potential("1000 + x**2/2"))
    ax = viz.energy_history(gf.evolve(bowl, [1.0], 40.0, rtol=1e-6, rest_tol=1e-300), lowest=1000.0)
    assert "rounding of E" in words(ax)


def test_escape_tells_measured_beside_predicted(escapes, tmp_path):
    rates = {"flow": SLOPE, "ball": (-0.3 + np.sqrt(0.09 + 4 * SLOPE)) / 2}
    ax = viz.escape([0.0, 0.0], escapes, rates)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("t", "distance from the saddle", "log")
    for line in words(ax):
        name, _, rest = line.partition(": measured ")
        measured, _, predicted = rest.partition(", predicted ")
        assert abs(float(measured) / rates[name] - 1) < 0.01 and abs(float(predicted) - rates[name]) < 1e-4
    assert words(ax) and len(ax.get_lines()) == 4
    written(ax, tmp_path)
    _, own = plt.subplots()
    assert viz.escape([0.0, 0.0], escapes["flow"], ax=own) is own


def test_winners_are_on_their_side():
    rng = np.random.default_rng(5)
    lam, beta = rng.uniform(0.05, 1.4, (2, 60))
    won = (-beta + np.sqrt(beta**2 + 4 * lam)) / 2 > lam
    ax = viz.win_lose(lam, beta, won)
    (boundary,) = ax.get_lines()
    assert np.allclose(boundary.get_xydata().sum(axis=1), 1.0)
    marks = {c.get_label(): np.asarray(c.get_offsets()) for c in ax.collections}
    assert len(marks["momentum won"]) == won.sum() and (marks["momentum won"].sum(axis=1) < 1).all()
    assert (marks["momentum lost"].sum(axis=1) > 1).all()


# ------------------------------------------------------------------------------------------------------------ basins


def test_each_fate_has_its_colour():
    ax = viz.basins_map(halves())
    (image,) = ax.get_images()
    paint = np.asarray(image.get_array())
    wanted = {(20, 10): BASINS[0], (20, 70): BASINS[1], (20, 40): FATES[-2][1], (2, 40): FATES[-1][1], (1, 1): FATES[-3][1]}
    for (row, column), colour in wanted.items():
        assert np.allclose(paint[row, column], to_rgb(colour)), (row, column)
    assert image.origin == "lower" and ax.get_xlim() == (-2.0, 2.0)
    left, right, *_ = image.get_extent()
    assert np.isclose(right - left, 4.0 * 81 / 80)  # starts lie on nodes, the outermost on the edges


def test_neighbours_differ_however_many_there_are():
    seeds = np.random.default_rng(3).uniform(0.0, 1.0, (60, 2))
    nodes = np.stack(np.meshgrid(np.linspace(0, 1, 90), np.linspace(0, 1, 90)), axis=-1)
    labels = np.argmin(np.linalg.norm(nodes[:, :, None] - seeds, axis=-1), axis=-1)
    ax = viz.basins_map(SimpleNamespace(labels=labels, minima=seeds, bounds=(0, 1, 0, 1)))
    paint = np.asarray(ax.get_images()[0].get_array())
    for a, b, p, q in (
        (labels[1:], labels[:-1], paint[1:], paint[:-1]),
        (labels[:, 1:], labels[:, :-1], paint[:, 1:], paint[:, :-1]),
    ):
        assert (np.abs(p - q).sum(axis=-1)[a != b] > 0.05).all()
        assert (p == q).all(axis=-1)[a == b].all()


def test_relief_is_lit_from_the_north_west():
    """A cone on one basin: bright where it faces the light, dark on its other side, flat ground in between."""
    x, y = np.meshgrid(np.linspace(-1, 1, 101), np.linspace(-1, 1, 101))
    cone = np.maximum(0.0, 0.8 - np.hypot(x, y))
    one = SimpleNamespace(labels=np.zeros((11, 11), dtype=int), minima=np.empty((0, 2)), bounds=(-1, 1, -1, 1))
    paint = np.asarray(viz.basins_map(one, cone).get_images()[0].get_array())
    assert paint.shape == (101, 101, 3)
    brightness = paint.sum(axis=-1)
    north_west, south_east, ground = brightness[65, 35], brightness[35, 65], brightness[2, 2]
    assert north_west > ground > south_east and north_west - south_east > 0.3


# --------------------------------------------------------------------------------------------------------- landscapes


def red(picture):
    return (picture[..., 0] > 110) & (picture[..., 0] > 2 * picture[..., 1]) & (picture[..., 0] > 2 * picture[..., 2])


@pytest.mark.parametrize("hand", ["matplotlib", "pyvista"])
def test_a_landscape_shows_its_marbles(hand, tmp_path):
    probe = NO_OPENGL if hand == "matplotlib" else can_render()
    if not probe.ok and hand == "pyvista":
        pytest.skip(probe.reason)
    ax = viz.landscape(WELLS, WELLS_BOX, [road(WELLS, [0.05, 0.9], 9.0), road(WELLS, [1.0, 0.0], 1.0)], probe=probe)
    assert isinstance(ax, Axes) and bool(ax.get_images()) == (hand == "pyvista")
    said = {text.get_text() for text in ax.texts}
    assert {"x", "y", "V"} <= said and ax.child_axes[0].get_ylabel() == "V"
    picture = written(ax, tmp_path)
    tracks = red(picture)
    assert tracks.sum() > 1500
    resting = viz.landscape(WELLS, WELLS_BOX, [np.array([[1.0, 0.0]])], probe=probe)
    viz.save_picture(tmp_path / "ball.png", resting)
    rows, columns = np.nonzero(red(pixels(tmp_path / "ball.png")))
    assert 200 < len(rows) < 1500 and max(np.ptp(rows), np.ptp(columns)) < 60  # one ball, and nothing else is red


def test_a_landscape_takes_an_axes():
    figure, own = plt.subplots(figsize=(4, 3))
    assert viz.landscape(WELLS, WELLS_BOX, ax=own, probe=NO_OPENGL) is own
    sizes = [text.get_fontsize() for text in own.texts if text.get_text() == "x"]
    assert 5.5 < sizes[0] < 8.0 and plt.get_fignums() == [figure.number]  # smaller than on a page of full size, and legible


def test_a_landscape_is_cut_at_its_top(tmp_path):
    ax = viz.landscape(MULLER_BROWN, (-1.6, 1.3, -0.4, 2.1), [road(MULLER_BROWN, [0.9, 0.5], 0.1)], top=50.0, probe=NO_OPENGL)
    bar = ax.child_axes[0]
    assert bar.get_ylim()[1] == 50.0 and -147.0 < bar.get_ylim()[0] < -146.0
    assert "heights drawn ×0.005" in {text.get_text() for text in ax.texts}
    written(ax, tmp_path)


# ---------------------------------------------------------------------------------------------------------- refusals

CUBE = gf.Potential("x**2 + y**2 + z**2")
SHORT = SimpleNamespace(labels=np.zeros((2, 2), dtype=int), minima=np.empty((0, 2)))

REFUSED = {
    "no potential": (lambda: viz.portrait("x**2", (0, 1)), "potential"),
    "three variables": (lambda: viz.portrait(CUBE, (0, 1, 0, 1, 0, 1)), "potential"),
    "bounds": (lambda: viz.portrait(WELLS, (0, 1, 1, 0)), "bounds"),
    "nowhere finite": (lambda: viz.portrait(gf.Potential("log(x) + y"), (-2, -1, 0, 1)), "bounds"),
    "no path": (lambda: viz.portrait(WELLS, WELLS_BOX, [np.zeros((5, 3))]), "trajectories"),
    "a list of points": (lambda: viz.portrait(WELLS, WELLS_BOX, [[0.0, 0.0], [1.0, 1.0]]), "trajectories"),
    "nan": (lambda: viz.portrait(WELLS, WELLS_BOX, [[[0.0, np.nan]]]), "trajectories"),
    "ends only": (lambda: viz.portrait(WELLS, WELLS_BOX, [gf.evolve(flow(WELLS), [0.3, 0.4], 2.0)]), "trajectories"),
    "equilibria": (lambda: viz.portrait(WELLS, WELLS_BOX, (), [0.0, 0.0]), "equilibria"),
    "others' equilibria": (lambda: viz.portrait(WELLS, WELLS_BOX, (), gf.find_equilibria(LINE, (-2, 2))), "equilibria"),
    "manifolds": (lambda: viz.portrait(WELLS, WELLS_BOX, manifolds=[np.zeros((4, 2))]), "manifolds"),
    "manifolds of a line": (lambda: viz.portrait(LINE, (-1, 1), manifolds=manifolds()), "manifolds"),
    "ax": (lambda: viz.portrait(WELLS, WELLS_BOX, ax="axes"), "ax"),
    "no names": (lambda: viz.descent_against_flow(VALLEY, VALLEY_BOX, road_of_descent(0.01), ride()), "descents"),
    "two flows": (lambda: viz.descent_against_flow(VALLEY, VALLEY_BOX, {"a": np.zeros((3, 2))}, np.zeros((3, 2, 2))), "flow"),
    "no run": (lambda: viz.energy_history([ride()]), "runs"),
    "no runs": (lambda: viz.energy_history({}), "runs"),
    "above all": (lambda: viz.energy_history(ride(), lowest=1e9), "lowest"),
    "rate": (lambda: viz.energy_history(ride(), rate=-1.0), "rate"),
    "gradient of ends": (lambda: viz.gradient_history(flow(WELLS), gf.evolve(flow(WELLS), [0.3, 0.4], 2.0)), "runs"),
    "no flow": (lambda: viz.gradient_history(WELLS, ride()), "flow"),
    "no escape": (lambda: viz.escape([0.0, 0.0], ride()), "runs"),
    "another saddle": (lambda: viz.escape([0.0], ride()), "runs"),
    "another run's rate": (lambda: viz.escape([0.0, 0.0], ride(), {"ball": 1.0}), "rates"),
    "won": (lambda: viz.win_lose([0.1, 0.2], [0.1, 0.2], [1, 0]), "won"),
    "negative": (lambda: viz.win_lose([-0.1], [0.2], [True]), "steepness"),
    "located": (lambda: viz.win_lose([0.1], [0.2], [True], [0.5, 0.5]), "located"),
    "no basins": (lambda: viz.basins_map(np.zeros((3, 3), dtype=int)), "basins"),
    "no bounds": (lambda: viz.basins_map(SHORT), "basins"),
    "real labels": (lambda: viz.basins_map(SimpleNamespace(labels=np.zeros((3, 3)), minima=[], bounds=(0, 1, 0, 1))), "basins"),
    "heights": (lambda: viz.basins_map(halves(), np.zeros(5)), "heights"),
    "top": (lambda: viz.landscape(WELLS, WELLS_BOX, top=-1.0, probe=NO_OPENGL), "top"),
    "suffix": (lambda: viz.save_picture("picture.jpeg2", None), "path"),
    "no axes": (lambda: viz.save_picture("picture.png", None), "ax"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_before_anything_is_drawn(name):
    draw, field = REFUSED[name]
    with pytest.raises(gf.BadInput) as refusal:
        draw()
    assert refusal.value.field == field
    assert plt.get_fignums() == []


# ------------------------------------------------------------------------------------------------------------ the door


def test_pictures_are_reached_by_name_and_cost_nothing_before():
    assert gf.viz is viz and set(viz.__all__) == set(viz._HOMES) and dir(viz) == sorted(viz.__all__)
    assert all(getattr(viz, name).__name__ == name and getattr(viz, name).__doc__ for name in viz.__all__)
    # A module of the same name would hide the function once it is imported.
    assert not set(viz.__all__) & set(viz._HOMES.values())
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        viz.nothing  # noqa: B018
    code = "import sys, geoflow as gf; gf.viz; dir(gf.viz); print(*sys.modules)"
    child = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert {"matplotlib", "pyvista", "scipy"} & set(child.stdout.split()) == set()
