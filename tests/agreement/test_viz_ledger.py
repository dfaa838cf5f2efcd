"""The ledger as a picture: six panels that show the numbers of the run, whole on pages of any size."""

from dataclasses import replace

import matplotlib
import numpy as np
import pytest

import geoflow as gf
from geoflow import viz
from geoflow.ledger import Ledger, Row
from geoflow.trajectory import Record
from geoflow.viz.accounts_panels import MOST, thinned

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

BOWL = gf.GradientFlow(gf.Potential("x**2 + 25*y**2"), gf.Euclidean())
NAMES = ["energy", "decay", "lost", "steps", "balance", "errors"]


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def saddle(**options):
    return gf.soap_film(gf.Wire.formula("x*y"), 17, "x*y + cos(pi*x/2)*cos(pi*y/2)/2", **options)


def film_run():
    film = saddle()
    run = gf.evolve(film.flow, film.start, record={"area": gf.AreaMonitor(film.grid, 1)}, rtol=1e-3)
    return run, film, 2.0 * float(gf.spectrum(film.flow, run.x, 1).values[0])


def bounded():
    film = saddle()
    return gf.evolve(film.flow, film.start, 0.05, method=gf.ImplicitEuler(), dt=0.01, record=film.records), film, None


def relaxed():
    film = saddle()
    return gf.relax(film.flow, film.start, record=film.records), film, None


def rolling():
    film = saddle()
    return gf.evolve(film.flow, film.start, 1.0, method=gf.HeavyBall(1.0), dt=0.05, record=film.records), film, None


def moving():
    film = gf.soap_film(gf.Wire.formula("t*x*y"), 9)
    return gf.evolve(film.flow, film.start, 1.0, record=film.records), film, None


def marble(**options):
    return gf.evolve(BOWL, [1.0, 0.4], **{"t_end": 2.0, "dt": 0.05, **options}), None, 4.0


RUNS = {
    "film": film_run,
    "bounded": bounded,
    "relaxed": relaxed,
    "rolling": rolling,
    "moving": moving,
    "marble": marble,
    "two steps": lambda: marble(t_end=0.02, dt=0.01),
    "no step": lambda: (gf.evolve(BOWL, [0.0, 0.0], 1.0), None, None),
    "diverged": lambda: marble(t_end=9.0, method=gf.ExplicitEuler(), on_rise="report"),
    "stopped": lambda: marble(dt=None, max_steps=4, raise_on_failure=False),
}
SIZES = {"small": (6.0, 5.2), "normal": (10.0, 8.6), "large": (16.0, 12.0)}


def lines(ax):
    return {line.get_label(): line.get_xydata() for line in ax.get_lines()}


def faults(figure):
    """What leaves the page, hides something, or runs into its neighbour."""
    figure.draw_without_rendering()
    ink, page, out = figure.get_tightbbox(), figure.get_size_inches(), []
    if min(ink.x0, ink.y0) < 0.0 or ink.x1 > page[0] or ink.y1 > page[1]:
        out.append(f"{ink} leaves the page")
    for ax in figure.axes:
        legend = ax.get_legend()
        if legend is not None:
            box = legend.get_window_extent()
            out += [f"a legend hides {other}" for other in figure.axes if box.overlaps(other.bbox.padded(-1.0))]
        for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            seen = [tick.label1.get_window_extent() for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            boxes = [box.padded(-1.0) for box in seen if box.width > 0]
            out += [f"labels of {axis}" for one, two in zip(boxes[:-1], boxes[1:], strict=True) if one.overlaps(two)]
    return out


QUICK = ("bounded", "relaxed", "no step")


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in RUNS])
def test_each_run_is_drawn_whole_and_labelled(name, tmp_path):
    run, film, rate = RUNS[name]()
    figure = Figure(figsize=SIZES["normal"])
    panels = viz.ledger(run, film, rate, figure=figure)
    assert list(panels) == NAMES and list(panels.values()) == figure.axes
    for panel, ax in panels.items():
        said = [t.get_text() for t in ax.texts]
        assert ax.get_legend() is not None if ax.has_data() else len(said) == 1 and len(said[0]) > 10, panel
        assert not ax.has_data() or (ax.get_xlabel() in ("t", "step") and ax.get_ylabel()), panel
    words = figure.get_suptitle()
    assert run.method in words and run.status in words and f"{len(run.ledger)} step" in words
    assert film is None or (film.followed(run) in words and film.wire.name in words and "square of the wire's unit" in words)
    assert faults(figure) == []
    figure.set_layout_engine("none")  # it is laid out
    figure.savefig(tmp_path / "ledger.png", dpi=50)
    picture = matplotlib.image.imread(tmp_path / "ledger.png")[..., :3]
    assert 0.01 < np.mean(picture.min(axis=2) < 0.9) < 0.5
    assert min(picture[0].min(), picture[-1].min(), picture[:, 0].min(), picture[:, -1].min()) == 1.0


@pytest.mark.parametrize("size", ["small", *(pytest.param(size, marks=pytest.mark.slow) for size in ("normal", "large"))])
def test_a_page_of_any_size_is_whole(size):
    title = None if size == "large" else "a film on a wire of a very long name, such as files in folders have " * 3
    figure = Figure(figsize=SIZES[size], dpi=100)
    viz.ledger(*film_run(), title, figure=figure)
    assert faults(figure) == []


def test_faults_are_found():
    figure = Figure(figsize=SIZES["normal"])
    panels = viz.ledger(*bounded(), figure=figure)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    panels["energy"].text(1.0, 0.5, "far " * 90, transform=panels["energy"].transAxes)
    panels["decay"].legend(loc="center")
    panels["steps"].set_xticks(np.linspace(0.01, 0.05, 90))
    said = faults(figure)
    assert all(any(word in text for text in said) for word in ("leaves", "hides", "labels"))


def test_panels_show_the_numbers_of_the_run():
    run, film, rate = film_run()
    panels = viz.ledger(run, film, rate, figure=Figure())
    book, after = run.ledger, run.t[1:]
    energy = lines(panels["energy"])
    assert np.array_equal(energy["area, by the energy"], np.column_stack([after, run.energy[1:]]))
    x, y = energy["area, by the monitor"].T
    record = run.records["area"]
    assert len(x) == len(record.t) - 1 > 10 and np.array_equal(x, record.t[1:]) and np.array_equal(y, record.value[1:])
    lost = lines(panels["lost"])
    assert np.allclose(lost["lost"][:, 1], run.energy[0] - run.energy[1:], rtol=1e-14)
    assert np.allclose(lost["dissipated, Σ τ‖v‖²"][-1, 1], np.sum(book.dissipated))
    assert np.array_equal(lines(panels["steps"])["τ of each step"], np.column_stack([after, book.tau]))
    balance = lines(panels["balance"])
    assert np.allclose(balance["Σ |defect|"][-1, 1], np.sum(np.abs(book.defect)))
    assert np.array_equal(lines(panels["errors"])["estimate of each step"][:, 1], book.error[book.error > 0])
    for name in ("steps", "balance", "errors", "decay"):
        assert panels[name].get_yscale() == "log"


def test_the_prediction_is_a_straight_line_at_its_rate_and_the_film_follows_it():
    film = saddle()
    run = gf.evolve(film.flow, film.start, 2.0)
    rate = 2.0 * float(gf.spectrum(film.flow, gf.relax(film.flow, film.start).x, 1).values[0])
    drawn = lines(viz.ledger(run, film, rate, figure=Figure())["decay"])
    guide = drawn[f"predicted, rate {rate:.5g}"]
    assert abs(np.polyfit(guide[:, 0], np.log(guide[:, 1]), 1)[0] + rate) < 1e-9
    t, above = drawn["area above its lowest"].T
    between = np.interp(t, guide[:, 0], np.log(guide[:, 1]))
    seen = (t > 0.2) & (t < 1.2)
    assert np.sum(seen) >= 5 and np.max(np.abs(np.log(above[seen]) - between[seen])) < 0.2


def test_the_prediction_touches_the_curve_where_it_falls_at_its_rate():
    """y decays as e^{−50t}, x as e^{−2t}: at the start the energy falls 25 times as fast as at the end."""
    run, _, rate = marble(t_end=3.0, dt=None, rtol=1e-5)
    drawn = lines(viz.ledger(run, rate=rate, figure=Figure())["decay"])
    t, above = drawn["E above its lowest"].T
    guide = drawn["predicted, rate 4"]
    seen = (t > 0.3) & (t < 1.5)
    between = np.interp(t[seen], guide[:, 0], np.log(guide[:, 1]))
    assert np.sum(seen) > 5 and np.max(np.abs(np.log(above[seen]) - between)) < 0.02


def test_what_was_turned_down_is_marked_where_it_was():
    rough = gf.Potential("cos(6*x) + cos(5*y) + x**2")
    run = gf.evolve(gf.GradientFlow(rough, gf.Euclidean()), [1.0, 0.4], 2.0)
    turned = run.ledger.rejected > 0
    assert 0 < np.sum(turned) < len(run.ledger)
    (marks,) = (v for k, v in lines(viz.ledger(run, figure=Figure())["steps"]).items() if "turned down" in k)
    assert np.array_equal(marks, np.column_stack([run.t[1:], run.ledger.tau])[turned])


def test_the_bound_grows_to_the_runs():
    run, film, _ = bounded()
    bound = lines(viz.ledger(run, film, figure=Figure())["errors"])["bound on all"][:, 1]
    assert np.all(np.diff(bound) > 0.0) and bound[-1] == run.error_bound
    shorter = gf.evolve(film.flow, film.start, 0.03, method=gf.ImplicitEuler(), dt=0.01)
    assert np.isclose(shorter.error_bound, bound[2], rtol=1e-12)


def test_momentum_is_said_and_the_monitor_sees_the_area_alone():
    run, film, _ = rolling()
    panels = viz.ledger(run, film, figure=Figure())
    assert panels["energy"].get_ylabel() == "area + ½‖v‖²"
    assert "|monitor − energy|" not in lines(panels["balance"])
    assert "with momentum" in panels["energy"].figure.get_suptitle() and run.with_momentum
    assert gf.HeavyBall.__name__ == run.method


@pytest.mark.parametrize("gap", [None, 0.0, 1e-13])
def test_a_run_straight_to_rest_tells_no_balance_that_it_has_not(gap):
    """The ledger's defect of a step of τ = ∞ is all that was lost: it is neither dissipated nor balanced."""
    run, _, _ = relaxed()
    t, area = np.array([0.0, np.inf]), run.energy[[0, -1]]
    run = replace(run, records={} if gap is None else {"area": Record(t, area + np.array([0.0, gap]), 1, 0.0)})
    assert len(run.ledger) == 1 and run.ledger.defect[0] > 1e-3
    panels = viz.ledger(run, figure=Figure())
    assert list(lines(panels["lost"])) == ["lost"]
    told = [text.get_text() for text in panels["balance"].texts]
    seen = "no speed, and no dissipation to balance: τ = ∞" + ("\nthe monitor finds the same area" if gap == 0.0 else "")
    assert told == ([seen] if gap != 1e-13 else [])
    assert gap != 1e-13 or set(lines(panels["balance"])) == {"|monitor − energy|", "rounding"}
    assert panels["decay"].texts[0].get_text() == f"a single fall to the lowest, by {run.energy[0] - run.energy[1]:.3g}"


def test_a_long_run_is_thinned_and_keeps_what_stands_out():
    n = 100_000
    rows = [Row(1e-3 * (k + 1), 1e-3, 1.0 / (k + 2), 1e-6, 0.0, 1e-9, 1e-16, 1e-7, 0.0, 1, 1, 0) for k in range(n)]
    rows[54_321] = rows[54_321]._replace(tau=7e-2, defect=1e-2)
    run, _, _ = marble()
    book = Ledger.of(np.array(rows))
    long = replace(run, ledger=book, t=np.append(0.0, book.t), energy=np.append(1.0, book.energy))
    panels = viz.ledger(long, figure=Figure())
    for ax in panels.values():
        assert all(len(xy) <= 2 * MOST + 2 for xy in lines(ax).values())
    tau = lines(panels["steps"])["τ of each step"]
    assert tau[:, 1].max() == 7e-2 and tau[np.argmax(tau[:, 1]), 0] == book.t[54_321]
    assert lines(panels["balance"])["|defect|"][:, 1].max() == 1e-2
    assert thinned(np.arange(10.0)).tolist() == list(range(10))


def test_plot_is_the_picture_and_opens_a_window_of_pyplot(tmp_path):
    run, _, _ = marble()
    panels = run.plot(rate=4.0)
    assert list(panels) == NAMES and plt.get_fignums() == [panels["energy"].figure.number]
    viz.save_picture(tmp_path / "ledger.pdf", panels)
    assert (tmp_path / "ledger.pdf").read_bytes().startswith(b"%PDF")
    part = plt.figure(figsize=(12, 5), layout="constrained").subfigures(1, 2)[0]
    assert list(viz.ledger(run, figure=part)) == NAMES


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (([1.0],), "run"),
        ((marble()[0], "film"), "film"),
        ((marble()[0], None, -1.0), "rate"),
        ((marble()[0], None, None, None, "page"), "figure"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, field):
    with pytest.raises(gf.BadInput, match=f"^{field}"):
        viz.ledger(*arguments)
    assert plt.get_fignums() == []
