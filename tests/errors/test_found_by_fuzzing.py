"""What fuzzing once brought down, in its smallest form."""

import numpy as np
import pytest

import geoflow as gf
from geoflow.domains.outline import Outline
from geoflow.errors import printable
from tests.errors.fire import call_main, check_sentence, held, timely

SQUARE = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])


@pytest.mark.parametrize(
    "arguments",
    [
        ["film", "saddle", "a\nb"],
        ["film", "saddle", "\x1b[31m"],
        ["film", "saddle", "--metric", "\x1b[31m"],
        ["film", "\x1b]0;title\x07.csv"],
        ["film", "\udcff.csv"],
        ["point", "x", "--from", "\u202e1"],
        ["point", "x", "-o", "\x07.vtp"],
        ["film", "saddle", "-o", "a\nb/c.csv"],
    ],
    ids=ascii,
)
def test_what_was_typed_comes_back_in_one_printable_line(arguments, tmp_path):
    assert held(arguments, tmp_path).status == 2


def test_text_of_files_comes_back_printable(tmp_path):
    path = tmp_path / "wire.obj"
    path.write_bytes(b"v 0 1b4\x03\x92U 0\nl 1 2 3 1\n")
    with pytest.raises(gf.BadInput, match="line 1") as caught:
        gf.Wire.read(path)
    check_sentence(str(caught.value))
    assert printable("\x00ä\u200b\n x") == "?ä? x"


def test_a_loop_so_far_from_the_origin_that_its_points_are_rounded(tmp_path):
    path = tmp_path / "wire.csv"
    np.savetxt(path, SQUARE[:3] * [2.0, 2.0, 1.0] + [1e16, 1e16, 0.0], fmt="%.17g")
    with pytest.raises(gf.BadInput, match="rounding shows"):
        gf.Wire.read(path)
    np.savetxt(path, SQUARE + np.array([1e7, 0.0, 0.0]), fmt="%.17g")
    assert gf.soap_film(gf.Wire.read(path), 5).grid.shape == (5, 5)
    assert held(["film", "x", "--bounds", "1e9", "1000000001", "0", "1"], tmp_path).status == 2


@pytest.mark.parametrize("far", [np.nan, np.inf, 1e300])
@pytest.mark.parametrize("door", [gf.Wire.outline, lambda points: Outline.of([points])], ids=["wire", "outline"])
def test_points_that_cannot_be_reckoned_with(door, far):
    points = SQUARE.copy()
    points[2, 1] = far
    with pytest.raises(gf.BadInput, match=r"point 3 = .*points are finite, up to 1e100"):
        door(points)


@pytest.mark.parametrize("size", [2.0**328, 2.0**265, 2.0**-265, 2.0**-328])  # powers of two: every comparison ends the same
def test_the_monitor_measures_wires_of_any_size(size):
    """The triangles' fourth powers overflowed, or were lost."""
    one = gf.soap_film(gf.Wire.outline(SQUARE[:3]), 9)
    usual = one.flow.energy.value(one.start)
    for wire, same in ((gf.Wire.formula("x", (0.0, size, 0.0, size)), np.sqrt(2.0)), (gf.Wire.outline(SQUARE[:3] * size), usual)):
        film = gf.soap_film(wire, 9)
        area = film.flow.energy.value(film.start)
        assert gf.AreaMonitor(film.grid)(0.0, film.start) == pytest.approx(area, rel=1e-12)
        assert area / size / size == pytest.approx(same, rel=1e-9)


def test_how_narrow_a_large_outline_is_overflows_nothing():
    """A slit so narrow that it would take more spacings than there are numbers."""
    slit = [(0.0, 1e-301), (0.0, 0.0)]
    sides = np.array([(-1e9, -1e9), (1e9, -1e9), (1e9, 1e9), (-1e9, 1e9), (-1e9, 1e-301), *slit, (-1e9, 0.0)])
    for n in (9, 65):
        with pytest.raises(gf.BadInput, match="wire near"), np.errstate(over="raise"):
            gf.soap_film(gf.Wire.outline(sides, "0.1*x"), n)


@pytest.mark.parametrize("size", [1e-101, 1e-300])
def test_wires_whose_area_underflows_are_refused(size):
    with pytest.raises(gf.BadInput, match="below 1e-100"):
        gf.Wire.formula("x", (0.0, size, 0.0, size))
    with pytest.raises(gf.BadInput):
        gf.Wire.outline(SQUARE * size)


def test_a_potential_without_a_slope_anywhere():
    found = gf.find_equilibria(gf.Potential("acosh(x - 10)"), (-5.0, 5.0))
    assert found.points == ()


def test_a_potential_whose_slope_has_no_square():
    """Beside the poles of tan it is as steep as float64 reaches."""
    found = gf.find_equilibria(gf.Potential("sinh(tan(x))"), (-9.0, 3.1))
    assert all(np.isfinite(p.value) for p in found.points)


@pytest.mark.parametrize("metric", [np.zeros((3, 3)), [], {}, None, 3, "L2"], ids=repr)
def test_metrics_by_no_name(metric):
    with pytest.raises(gf.BadInput, match="metric = "):
        gf.soap_film(gf.Wire.formula("x"), 5, metric=metric)


def test_more_nodes_than_float64_counts():
    with pytest.raises(gf.BadInput, match=r"^n = 1000.* GiB: choose a smaller n"):
        gf.soap_film(gf.Wire.formula("x"), 10**400)


@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 1e-301])
def test_numbers_whose_inverses_overflow(tiny):
    flow = gf.GradientFlow(gf.Potential("x**2"), gf.Euclidean())
    for name in ("dt", "t_end", "rtol", "rest_tol"):
        with pytest.raises(gf.BadInput, match=f"{name} = .*from 1e-300 on"):
            gf.evolve(flow, [1.0], **{"t_end": 1.0, name: tiny})
    assert call_main(["film", "t*x", "-n", "5", "--until", repr(tiny)]).status == 2
    assert gf.evolve(flow, [1.0], 1e-300).success


@pytest.mark.parametrize("rtol", [2e204, 1e-200])
def test_tolerances_whose_powers_overflow_or_vanish(rtol, tmp_path):
    with pytest.raises(gf.BadInput, match=r"^rtol = .*from 1e-100 to 1e\+100"):
        gf.evolve(gf.GradientFlow(gf.Potential("x**2"), gf.Euclidean()), [1.0], 1.0, rtol=rtol)
    for command in (["film", "saddle", "-n", "5"], ["point", "x**2", "--from", "1"]):
        assert held([*command, "--rtol", repr(rtol), "--out", "o"], tmp_path).status == 2


def test_no_directory_is_not_this_directory(tmp_path):
    outcome = held(["film", "saddle", "-n", "5", "--relax", "--out", ""], tmp_path)
    assert outcome.status == 2
    assert "--out" in outcome.stderr


def test_a_dissipation_that_is_no_number_stops_the_run():
    """E was finite at a state of 1e153, its slope's square was not: the ledger said nan."""
    flow = gf.GradientFlow(gf.Potential("y**2/2 - x**2/2"), gf.Euclidean())
    seen = list(gf.steps(flow, [1e153, 1.0], 3.0, dt=1.0, method=gf.Exponential(), max_steps=9))
    for now in seen[1:]:
        assert np.all(np.isfinite([now.row.dissipated, now.row.defect, now.row.energy]))
    run = gf.evolve(flow, [1e153, 1.0], 9.0, dt=1.0, method=gf.Exponential(), raise_on_failure=False)
    assert (run.success, run.status) == (False, "not finite")


def test_a_start_too_fast_for_any_step_is_told():
    run = gf.relax(gf.GradientFlow(gf.Potential("exp(x**2)"), gf.Euclidean()), [20.0], raise_on_failure=False)
    assert run.status == "step floor"
    assert "at such a speed no step is short enough" in run.message


def test_a_slope_that_never_ends_blows_up_nowhere(tmp_path):
    """The road to a blow-up grew tenfold a step, until DOP853 did not come back from a step that overflowed."""
    assert held(["point", "-y", "--from", "1,-1", "--quiet"], tmp_path).status == 0


@pytest.mark.parametrize("method", [gf.SDIRK2(), gf.SDIRK3(), gf.ImplicitEuler(), gf.Secant()], ids=lambda m: type(m).__name__)
@pytest.mark.parametrize(
    ("text", "start"), [("max(x, y)", [0.0, 1e-6]), ("max(x, y)", [1.0, 0.3]), ("abs(x)", [1.0]), ("hypot(x, y)", [1.0, 2.0])]
)
def test_at_a_kink_implicit_methods_give_up_and_say_so(text, start, method):
    """They went on without end in steps that only rounding let pass, each after seconds of Newton, or ended "at rest"."""
    flow = gf.GradientFlow(gf.Potential(text), gf.Euclidean())
    run = timely(lambda: gf.evolve(flow, start, method=method, max_steps=1000, raise_on_failure=False))
    assert (run.success, run.status) == (False, "step floor")
    assert "the energy may have a kink here" in run.message
    assert len(run.ledger) < 60


def test_an_explicit_method_gets_along_a_kink():
    """Down the diagonal at half the speed: V falls by t / 2."""
    flow = gf.GradientFlow(gf.Potential("max(x, y)"), gf.Euclidean())
    run = gf.evolve(flow, [1.0, 1.0], 1.0, method=gf.RK32())
    assert np.max(np.abs(run.x - 0.5)) < 1e-3 and abs(run.energy[-1] - 0.5) < 1e-3


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
@pytest.mark.parametrize("axis", range(3))
def test_an_outline_of_points_that_are_nowhere(axis: int, bad: float) -> None:
    """Found with the oldest hypothesis; it was a warning of numpy's where nothing of the kind was refused before."""
    points = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    points[2, axis] = bad
    with pytest.raises(gf.BadInput, match=r"outline, point 3 = .*: points are finite, up to 1e100"):
        Outline.of([points])


@pytest.mark.parametrize(
    "other", ["v 0 0 0\nv 0 0 1\nl 3 4\n", "v 0 0 0\nv 1e6 0 0\nv 0 1e6 0\nl 3 4 5 3\n"], ids=["edge", "loop"]
)
def test_an_edge_too_short_to_be_seen_is_no_loop(other, tmp_path):
    """Its ends, which nearly meet beside the whole's size, were joined, and it was gone: a wire without a point, or unsaid."""
    path = tmp_path / "wire.obj"
    path.write_text(f"v 1e6 1e6 1e6\nv 1e6 1e6 1000001\n{other}l 1 2\n")
    with pytest.raises(gf.BadInput, match=r"ends at .* apart: a wire is closed: join its ends"):
        gf.Wire.read(path)


@pytest.mark.parametrize("text", ["((y)**(y))**((y)**2)", "((y)**(y))**((y)**(y))"])
def test_a_search_where_slopes_are_no_numbers_warns_of_nothing(text, tmp_path):
    """SciPy's trust region divided by them."""
    outcome = held(["point", text], tmp_path)
    assert (outcome.status, outcome.stderr) == (0, "")


@pytest.mark.parametrize("tolerance", [1.7976931348623157e308, 1e300, 1e-300])
def test_rest_however_little_or_much_it_takes(tolerance):
    """The drop still to come is compared with it: a product overflowed."""
    well = gf.GradientFlow(gf.Potential("(x**2 - 1)**2/4 + y**2/2"), gf.Euclidean())
    film = gf.soap_film(gf.Wire.named("saddle"), n=33)
    for flow, start in ((well, [0.5, 1.0]), (film.flow, film.start)):
        for method in (gf.SDIRK2(), gf.ImplicitEuler()):
            run = gf.evolve(flow, start, 1.0, dt=0.05, rest_tol=tolerance, method=method)
            assert (run.status == "at rest") == (tolerance > 1.0)
        assert gf.relax(flow, start, rest_tol=tolerance).success


@pytest.mark.parametrize("height", [1e4, 1e20, 1e50, 1e100])
def test_a_film_of_any_height_comes_down(height):
    """Far up, the rounding of its heights was taken to move its area by the square of what it can: nothing was seen to fall."""
    heights = np.arange(20.0).reshape(4, 5)
    heights[1, 1] = height
    film = gf.soap_film(gf.Wire.formula("x", (0.0, 4.0, 0.0, 3.0)), 5, heights)
    area = film.flow.energy.value(film.start)
    assert film.flow.energy.rounding(film.start, area) < 1e-13 * area
    for verb in (gf.relax, lambda flow, x0: gf.evolve(flow, x0, method=gf.ImplicitEuler())):
        run = timely(lambda verb=verb: verb(film.flow, film.start))
        assert (
            run.status == "at rest" and run.energy[-1] == pytest.approx(np.sqrt(2.0) * 12.0, rel=1e-9) and len(run.ledger) < 100
        )


def test_a_film_on_its_way_down_from_far_up_is_not_blowing_up(tmp_path):
    """Its time stood still beside the first step's, of 1e102; a convex energy's flow goes on for ever."""
    heights = np.arange(20.0).reshape(4, 5)
    heights[1, 1] = 1e100
    np.save(tmp_path / "heights.npy", heights)
    outcome = held(["film", "heights.npy", "-n", "7", "--relax"], tmp_path)
    assert "blew up" not in outcome.stdout + outcome.stderr
    assert (outcome.status, "step floor" in outcome.stderr) in ((0, False), (1, True))


def test_a_state_of_which_no_bit_moves_ends_its_run():
    """Where long steps fail and short ones do nothing, they were taken without end."""

    class Wall(gf.Potential):
        def hessian(self, x):
            return np.full((1, 1), -1.0) if abs(x[0]) < 1e20 else np.zeros((1, 1))

    flow = gf.GradientFlow(Wall("x"), gf.Euclidean())
    run = timely(lambda: gf.evolve(flow, [1e20], method=gf.ImplicitEuler(), dt=1e5, raise_on_failure=False))
    assert (run.success, run.status) == (False, "step floor")
    assert "do not move a single bit" in run.message and len(run.ledger) < 100


def test_slopes_that_are_infinite_beside_ones_that_are_zero(tmp_path):
    """The walk around the box multiplied them."""
    outcome = held(["point", "-(y)**(3e5)", "--bounds", "-6.76", "3.62", "-5.47", "7.49"], tmp_path)
    assert (outcome.status, outcome.stderr) == (0, "") and "the degree of dV is not to be seen" in outcome.stdout


@pytest.mark.parametrize("size", [1e-90, 1.0, 1e99])
def test_wires_of_any_size_come_to_rest_and_not_by_rounding(size):
    """The square of a large wire's rounding overflowed: its film was at rest wherever it began."""
    loop = SQUARE * [1.0, 1.0, 0.7]
    film = gf.soap_film(gf.Wire.outline(np.array([*loop, [-0.3, 0.5, 0.2]]) * size), 17)
    area = film.flow.energy.value(film.start)
    assert 0.0 < film.flow.energy.rounding(film.start, area) < 1e-13 * area
    run = timely(lambda: gf.relax(film.flow, film.start))
    assert len(run.ledger) == 1 and run.energy[-1] < (1.0 - 1e-5) * area


@pytest.mark.parametrize("size", [1e-60, 1e90, 1e100])
def test_a_large_film_comes_to_the_rest_of_a_small_one(size):
    """A rate that was squared left Python's floats, which raise where NumPy's do not."""
    small, film = (gf.soap_film(gf.Wire("x y", (-s, s, -s, s), lambda x, y, s=s: x / s * y), 65) for s in (1.0, size))
    run = timely(lambda: gf.relax(film.flow, film.start))
    assert run.status == "at rest"
    assert run.energy[-1] / size / size == pytest.approx(gf.relax(small.flow, small.start).energy[-1], rel=1e-13)


def test_a_steep_start_is_refused_in_numbers(tmp_path):
    outcome = held(["point", "log(x)", "--from=-2.77e-306"], tmp_path)
    assert outcome.status == 2 and "start where both are finite" in outcome.stderr
