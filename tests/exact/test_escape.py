"""Flow away to infinity: the marble beside the pass of e^x cos y − x − 1, bounds, and blow-ups whose time is known.

At the pass, (0, 0), the eigenvalues are ±1. From (½, 0) the marble rolls into it along y = 0; from (½, 10⁻⁶) it leaves
beside it. The time of the blow-up is computed here once more by Taylor series: with w = x + i y the
flow is w' = 1 − conj(e^w).
"""

import numpy as np
import pytest

import geoflow as gf
from geoflow.escape import blow_up, confine
from geoflow.ledger import Accepted
from tests.laws.cases import EPS, evolve

PASS = gf.Potential("exp(x)*cos(y) - x - 1")
MARBLE = gf.GradientFlow(PASS, gf.Euclidean())
BOX = (-3.0, 3.0, -4.0, 4.0)
BOXED = gf.GradientFlow(PASS, gf.Euclidean(), bounds=BOX)
METHODS = (None, gf.RK32(), gf.SDIRK3(), gf.ImplicitEuler(), gf.Secant())
T = 14.46024065  # e: by the series below


def by_series(x, y, terms=30):
    """The time of the blow-up by Taylor series of w = x + i y and E = e^w, in steps of a fifth of the radius of convergence.

    w' = 1 − conj(E) and E' = E w', so wₖ₊₁ = −conj(Eₖ)/(k + 1), Eₖ₊₁ = Σ (j + 1) wⱼ₊₁ Eₖ₋ⱼ / (k + 1).
    """
    w, t = complex(x, y), 0.0
    for _ in range(5000):
        a, e = np.zeros(terms + 1, complex), np.zeros(terms + 1, complex)
        a[0], e[0] = w, np.exp(w)
        for k in range(terms):
            a[k + 1] = ((1.0 if k == 0 else 0.0) - np.conj(e[k])) / (k + 1)
            e[k + 1] = sum((j + 1) * a[j + 1] * e[k - j] for j in range(k + 1)) / (k + 1)
        h = 0.2 * min(abs(a[-1]) ** (-1 / terms), abs(a[-2]) ** (-1 / (terms - 1)))
        w, t = complex(np.polyval(a[::-1], h)), t + h
        if w.real > 20.0:  # there x' = e^x to 1e-8, and T − t = e^{−x}
            return t + np.exp(-w.real)
    raise AssertionError("it did not leave")


def test_the_blow_up_by_two_roads():
    assert by_series(0.5, 1e-6) == pytest.approx(T, rel=0, abs=2e-8)
    assert blow_up(MARBLE, 0.0, np.array([0.5, 1e-6])) == pytest.approx(T, rel=0, abs=2e-8)
    assert blow_up(MARBLE, 3.0, np.array([0.5, 0.1])) == pytest.approx(3.0 + by_series(0.5, 0.1), rel=0, abs=1e-7)


@pytest.mark.parametrize("method", METHODS[:3], ids=str)
def test_the_marble_beside_the_pass_blows_up_and_the_status_says_when(method):
    run = evolve(MARBLE, [0.5, 1e-6], 30.0, method=method, raise_on_failure=False)
    assert (run.success, run.status) == (False, "blew up")
    assert run.message.startswith("blew up near t = 14.4602")
    assert f"own steps near t = {run.t[-1]:.6g}" in run.message  # the tolerance on x leaves its clock off by 0.1
    assert 1e-3 < abs(run.t[-1] - T) < 0.15
    assert abs(run.x[1] - np.pi) < 1e-6


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_within_bounds_it_leaves_them_and_that_is_a_success(method):
    run = evolve(BOXED, [0.5, 1e-6], 30.0, method=method, rtol=1e-3)
    assert (run.success, run.status) == (True, "left the bounds")
    assert run.message.startswith(f"left the bounds at t = {run.t[-1]:.6g}: ")
    assert "blows up near t = 14.4602" in run.message
    assert run.x[0] > 3.0 >= run.states[0][0]  # the first state outside is the last
    assert run.largest_increase == 0.0


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize("flow", [MARBLE, BOXED], ids=["free", "boxed"])
def test_on_the_pass_it_stays_and_along_its_valley_it_comes_to_rest_there(flow, method):
    stays = evolve(flow, [0.0, 0.0], 30.0, method=method)
    assert (stays.status, len(stays.ledger), stays.x.tolist()) == ("at rest", 0, [0.0, 0.0])
    rolls = evolve(flow, [0.5, 0.0], 30.0, method=method, rtol=1e-3)
    assert (rolls.success, rolls.status) == (True, "at rest")
    assert abs(rolls.x[0]) < 1e-7
    assert rolls.x[1] == 0.0  # to the bit: the unstable direction gets nothing from rounding


# V, the start, the time: x' = x^p blows up at x₀^(1 − p) / (p − 1), x' = e^x at e^{−x₀}.
BLOW_UPS = {
    "square": ("-x**3/3", 1.0, 1.0),
    "cube": ("-x**4/4", 1.0, 0.5),
    "exponential": ("-exp(x)", 1.0, np.exp(-1.0)),
    "slow": ("-abs(x)**2.5/2.5", 1.0, 2.0),
}


@pytest.mark.parametrize("case", BLOW_UPS)
def test_blow_ups_in_closed_form(case):
    text, x, when = BLOW_UPS[case]
    flow = gf.GradientFlow(gf.Potential(text), gf.Euclidean())
    assert blow_up(flow, 0.0, np.array([x])) == pytest.approx(when, rel=1e-8)
    run = evolve(flow, [x], method=gf.RK32(), raise_on_failure=False)
    assert run.status == "blew up"
    assert run.message.startswith(f"blew up near t = {when:.6g}")


@pytest.mark.parametrize(("text", "end"), [("-x", 3.0), ("-x**2/2", np.log(4.0)), ("-2*x**1.5/3", 2.0)])
def test_what_flows_away_without_end_does_not_blow_up(text, end):
    flow = gf.GradientFlow(gf.Potential(text), gf.Euclidean())
    assert blow_up(flow, 0.0, np.array([1.0])) is None
    boxed = gf.GradientFlow(flow.energy, gf.Euclidean(), bounds=(0.0, 4.0))
    run = evolve(boxed, [1.0], rtol=1e-6)  # no time given: at rest it never is
    assert (run.success, run.status) == (True, "left the bounds")
    assert run.t[-2] < end < run.t[-1]
    assert "blows up" not in run.message


def test_marbles_that_left_are_held_and_have_no_speed_any_more():
    many = gf.GradientFlow(gf.Marbles(PASS), gf.Euclidean(), bounds=BOX)
    x, speeds = np.array([[0.5, 0.0], [3.5, 1.0], [0.0, -4.5]]), np.arange(2.0, 8.0).reshape(3, 2)
    now = Accepted(0.0, x, 0.0, None, 0.1, 1.0, np.inf, (speeds, np.array([0.1])))
    flow, kept, over = confine(many, now)
    assert (flow.fixed.tolist(), over) == ([[False] * 2, [True] * 2, [True] * 2], False)
    assert [m.tolist() for m in kept.memory] == [[[2.0, 3.0], [0.0, 0.0], [0.0, 0.0]], [0.1]]


def test_without_bounds_a_flow_to_infinity_is_told_by_its_name():
    run = evolve(gf.GradientFlow(gf.Potential("-x"), gf.Euclidean()), [1.0], raise_on_failure=False)
    assert (run.success, run.status) == (False, "not finite")
    assert "flows away to infinity; give the flow bounds" in run.message


def test_of_many_marbles_each_is_held_where_it_leaves():
    starts = [[0.5, 1e-2], [0.5, 0.0], [-0.5, 0.3], [0.3, -0.1]]
    alone = [evolve(BOXED, start, 30.0, rtol=1e-6) for start in starts]
    many = gf.GradientFlow(gf.Marbles(PASS), gf.Euclidean(), bounds=BOX)
    for method in (gf.SDIRK2(), gf.RK32(), gf.ExplicitEuler()):
        seen = []
        run = gf.evolve(many, starts, 30.0, method=method, rtol=1e-3, max_steps=5000, progress=seen.append)
        assert (run.success, run.status) == (True, "at rest")
        assert "; 3 of 4 points left the bounds, and were held there" in run.message
        assert run.x[1].tolist() == pytest.approx([0.0, 0.0], abs=1e-6)  # √ of the rounding of E, which the held ones share
        states = np.array([s.x for s in seen])
        outside = np.any(np.abs(states) > [3.0, 4.0], axis=-1)
        for k, one in enumerate(alone):
            assert (one.status == "left the bounds") == outside[-1, k]
            if outside[-1, k]:
                first = int(np.argmax(outside[:, k]))
                assert np.all(states[first:, k] == states[first, k])  # to the bit
                assert abs(seen[first].t - one.t[-1]) < 0.3
        assert run.largest_increase <= 8.0 * EPS * np.max(np.abs(run.energy))


def test_where_all_have_left_the_run_ends():
    many = gf.GradientFlow(gf.Marbles(PASS), gf.Euclidean(), bounds=BOX)
    run = evolve(many, [[0.5, 0.2], [0.5, -0.1]], 30.0)
    assert (run.success, run.status) == (True, "left the bounds")
    assert "all 2 points are outside" in run.message
    held = gf.GradientFlow(gf.Marbles(PASS), gf.Euclidean(), np.array([True, False]), bounds=BOX)
    run = evolve(held, [[0.5, 0.2], [0.5, -0.1]], 30.0)
    assert run.status == "left the bounds"
    assert run.x[0].tolist() == [0.5, 0.2]


def test_relax_looks_for_a_minimum_and_leaving_is_none():
    with pytest.raises(gf.FlowStopped, match="left the bounds"):
        gf.relax(BOXED, [0.5, 0.5])


WRONG = [(1.0,), (0.0, 0.0), (2.0, 1.0), (0.0, np.inf), "0 1", (0.0, 1.0, 2.0), [[0.0, 1.0]], ()]


@pytest.mark.parametrize("bounds", WRONG, ids=str)
def test_bounds_that_are_none_are_refused(bounds):
    with pytest.raises(gf.BadInput, match=r"^bounds = "):
        gf.GradientFlow(PASS, gf.Euclidean(), bounds=bounds)


def test_bounds_and_states_belong_together():
    with pytest.raises(gf.BadInput, match=r"^x0 = .*start inside the bounds"):
        evolve(BOXED, [3.5, 0.0], 1.0)
    with pytest.raises(gf.BadInput, match=r"^bounds = .*2 numbers for 1 dimension$"):
        evolve(gf.GradientFlow(gf.Potential("x**2"), gf.Euclidean(), bounds=BOX), [1.0], 1.0)
    film = gf.soap_film(gf.Wire.named("scherk"), n=9)
    with pytest.raises(gf.BadInput, match=r"^bounds = .*a film has its wire"):
        gf.GradientFlow(film.flow.energy, film.flow.metric, film.flow.fixed, bounds=BOX)
