"""One energy, two metrics: the same rest, and on the way there everything that tells the L² flow from mean curvature flow.

L²           u_t = ∇·(∇u / W),        normal L²    u_t = W ∇·(∇u / W),        W = √(1 + |∇u|²)
"""

from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import geoflow as gf


@pytest.mark.parametrize("name", ["scherk", "saddle", "tent"])
def test_the_same_rest_by_both_roads(name):
    ends = {}
    for metric in ("l2", "mcf"):
        film = gf.soap_film(gf.Wire.named(name), 33, start="flat", metric=metric)
        assert film.metric_name == metric
        ends[metric] = gf.evolve(film.flow, film.start)
        assert ends[metric].status == "at rest"
        assert ends[metric].largest_increase == 0.0
        assert ends[metric].error_bound is None
    l2, mcf = ends["l2"], ends["mcf"]
    assert np.max(np.abs(l2.x - mcf.x)) <= 1e-6 * np.ptp(l2.x)
    assert l2.energy[-1] == pytest.approx(mcf.energy[-1], rel=1e-12)
    ways = [gf.evolve(gf.soap_film(gf.Wire.named(name), 33, "flat", m).flow, film.start, 0.1).x for m in ("l2", "mcf")]
    assert np.max(np.abs(ways[0] - ways[1])) > 1e-2


@pytest.mark.parametrize(("metric", "rate"), [("l2", 1.94552), ("mcf", 2.3071)])
def test_the_last_of_the_area_falls_at_the_rate_known(metric, rate):
    """A − A* ~ e^{−2λt} on Scherk's wire over [−1, 1]²."""
    film = gf.soap_film(gf.Wire.named("scherk"), 65, start=lambda x, y: 0.2 * np.cos(x) * np.cos(y), metric=metric)
    rest = gf.relax(film.flow, film.start)
    run = gf.evolve(film.flow, film.start, 2.0, rtol=1e-5, t_eval=[1.0, 1.5, 2.0])
    excess = np.array([film.flow.energy.value(u) for u in run.states]) - rest.energy[-1]
    found = -np.log(excess[2] / excess[1]) / (2.0 * 0.5)
    assert found == pytest.approx(rate, rel=3e-3)


# ---- small films ------------------------------------------------------------------------------------------------------------


@cache
def shrunk(metric, amplitude, n=33, t=0.02):
    """The amplitude of sin πx sin πy that is left of amplitude · sin πx sin πy at time t, over the amplitude."""
    wire = gf.Wire.formula("0", (0.0, 1.0, 0.0, 1.0))
    film = gf.soap_film(wire, n, lambda x, y: amplitude * np.sin(np.pi * x) * np.sin(np.pi * y), metric)
    mode = np.sin(np.pi * film.grid.x[None, :]) * np.sin(np.pi * film.grid.y[:, None])
    end = gf.evolve(film.flow, film.start, t, method=gf.SDIRK3(), dt=t / 40).x
    return float(np.sum(mode * end) / np.sum(mode * mode)) / amplitude


@pytest.mark.parametrize("metric", ["l2", "mcf"])
def test_small_films_forget_their_metric(metric):
    h, t = 1.0 / 32.0, 0.02
    rate = 2.0 * (4.0 / h**2) * np.sin(0.5 * np.pi * h) ** 2
    assert shrunk(metric, 1e-4) == pytest.approx(np.exp(-rate * t), rel=1e-6)


@pytest.mark.parametrize(("metric", "cubic"), [("l2", 5.0 / 8.0), ("mcf", 1.0 / 4.0)])
def test_what_small_films_remember_is_cubic(metric, cubic):
    """Projected on its mode, u = a sin πx sin πy obeys a' = −2π²a + k a³ + O(a⁵), where with g = |∇u|²

    L²:         u_t = Δu − ½ ∇·(g ∇u),    k a³ = ½ ∫ g² / a · 4        =  (5/8) π⁴ a³
    normal L²:  u_t = Δu + ½ g Δu − ½ ∇·(g ∇u),    the new term takes (3/8) π⁴ a³ of it away.
    """
    x = (np.arange(400) + 0.5) / 400
    sx, cx = np.sin(np.pi * x)[None, :], np.cos(np.pi * x)[None, :]
    sy, cy = np.sin(np.pi * x)[:, None], np.cos(np.pi * x)[:, None]
    g = np.pi**2 * ((cx * sy) ** 2 + (sx * cy) ** 2)
    flux = 0.5 * 4.0 * np.mean(g * g)  # ½ ∫ g ∇u·∇φ, over ∫ φ² = ¼
    bent = 0.5 * 4.0 * np.mean(g * (-2.0 * np.pi**2) * (sx * sy) ** 2)
    k = flux if metric == "l2" else flux + bent
    assert k == pytest.approx(cubic * np.pi**4, rel=1e-4)
    t, small = 0.02, 0.02
    lam = 2.0 * np.pi**2
    expected = k * (1.0 - np.exp(-2.0 * lam * t)) / (2.0 * lam)  # of (a(t) e^{λt} − a₀) / a₀³
    found = (shrunk(metric, small) / shrunk(metric, 1e-4) - 1.0) / small**2
    assert found == pytest.approx(expected, rel=0.03)


# ---- corners: self-similar solutions ----------------------------------------------------------------------------------------

POWER = {"l2": 1.5, "mcf": 1.0}
SLOPE = 2.0


@cache
def similar(metric):
    """f with u = √t f(x/√t) from u(0, x) = SLOPE |x|:  ½ (f − ξ f') = f'' / (1 + f'²)^p,  f'(0) = 0, f' → SLOPE.

    By shooting from f(0): the slope far out grows with it.
    """

    def shoot(height, dense=False):
        def right(s, f):
            return [f[1], 0.5 * (f[0] - s * f[1]) * (1.0 + f[1] ** 2) ** POWER[metric]]

        return solve_ivp(right, (0.0, 12.0), [height, 0.0], method="DOP853", rtol=1e-11, atol=1e-12, dense_output=dense)

    height = brentq(lambda h: shoot(h).y[1, -1] - SLOPE, 0.2, 4.0, xtol=1e-12)
    f = shoot(height, dense=True)
    return height, lambda s: np.where(np.abs(s) < 12.0, f.sol(np.minimum(np.abs(s), 12.0))[0], SLOPE * np.abs(s))


def test_the_two_similar_solutions_differ():
    heights = {metric: similar(metric)[0] for metric in POWER}
    assert heights["l2"] < heights["mcf"] - 0.1  # mean curvature flow rounds a corner off faster


@pytest.mark.parametrize("metric", POWER)
def test_a_corner_is_smoothed_as_its_own_metric_says(metric):
    """From time 0.02 on, when the grid sees the rounding, on a wire that moves as the solution does."""
    t0, t1, errors, others = 0.02, 0.08, [], []

    def solution(which, t, x):
        return np.sqrt(t) * similar(which)[1](np.ravel(x) / np.sqrt(t)).reshape(np.shape(x))

    for n in (33, 65, 129):
        wire = gf.Wire.moving("corner", lambda t, x, y: solution(metric, t0 + t, x), (-1.0, 1.0, -0.25, 0.25))
        film = gf.soap_film(wire, n, lambda x, y: solution(metric, t0, x), metric)
        run = gf.evolve(film.flow, film.start, t1 - t0, method=gf.SDIRK2(), dt=(t1 - t0) / 60)
        x = np.broadcast_to(film.grid.x, film.grid.shape)
        errors.append(np.max(np.abs(run.x - solution(metric, t1, x))))
        other = "mcf" if metric == "l2" else "l2"
        others.append(np.max(np.abs(run.x - solution(other, t1, x))))
    assert errors[-1] < 5e-4
    assert errors[0] > 3.0 * errors[1] > 9.0 * errors[2]  # second order in space
    assert others[-1] > 0.03


@pytest.mark.parametrize("metric", POWER)
def test_from_the_corner_itself(metric):
    """The wire is a|x| + what the rounding adds; the film starts sharp."""
    wire = gf.Wire.moving(
        "corner",
        lambda t, x, y: np.sqrt(t) * similar(metric)[1](x / np.sqrt(t)) if t > 0.0 else SLOPE * np.abs(x),
        (-1.0, 1.0, -0.25, 0.25),
    )
    film = gf.soap_film(wire, 129, lambda x, y: SLOPE * np.abs(x), metric)
    run = gf.evolve(film.flow, film.start, 0.05, rtol=1e-4)
    middle = run.x[film.grid.shape[0] // 2]
    heights = {m: np.sqrt(0.05) * similar(m)[0] for m in POWER}
    found = float(middle[64])
    assert abs(found - heights[metric]) < 0.02 * abs(heights["mcf"] - heights["l2"]) + 2e-3
