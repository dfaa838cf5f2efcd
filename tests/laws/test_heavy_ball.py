"""Momentum keeps its books: E + ½‖v‖² falls by τβ‖w‖² in every step, recomputed from the states alone; and when it is at rest.

From rest, x₁ = x₀ + τw₁ and w = ½(v₀ + v₁) give every speed back from the states: vₙ = 2wₙ − vₙ₋₁.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import geoflow as gf
from geoflow.march import march
from geoflow.pace import Fixed
from geoflow.protocols import HasSecant
from tests.laws.cases import (
    AREA,
    ENERGIES,
    EPS,
    HEAT,
    DenseMetric,
    EnergyCase,
    area,
    bounded,
    dense,
    evolve,
    matrix_of,
    slope,
    well,
)


@dataclass(frozen=True, eq=False)
class Constant:
    """A dense metric that says it is constant."""

    matrix: np.ndarray
    constant = True

    def gram(self, x: np.ndarray) -> np.ndarray:
        return self.matrix


def metrics(case: EnergyCase) -> list:
    size = case.state(np.random.default_rng(0)).size
    return [gf.Euclidean(), Constant(dense(size).matrix), *([gf.L2(case.grid)] if case.grid else [])]


def balances(flow: gf.GradientFlow, seen: list, beta: float) -> np.ndarray:
    """(E₀ + ½‖v₀‖²) − (E₁ + ½‖v₁‖²) − τβ‖w‖² of each step, from the states, over their size; and the ledger is held to them."""
    gram, v, out = matrix_of(flow.metric.gram(seen[0].x)), np.zeros_like(seen[0].x), []

    def motion(speed: np.ndarray) -> float:
        return float(speed.ravel() @ gram @ speed.ravel())

    for before, after in zip(seen, seen[1:], strict=False):
        tau = after.row.tau
        w = (after.x - before.x) / tau
        new = 2.0 * w - v
        total = flow.energy.value(after.x) + 0.5 * motion(new)
        size = abs(flow.energy.value(after.x)) + 0.5 * motion(new) + 1.0
        # A speed that is read off the states is off by ε|x|/τ.
        reading = 8.0 * EPS * np.sqrt(motion(before.x)) / tau * (1.0 + np.sqrt(motion(new)))
        assert after.energy == pytest.approx(total, abs=1e-13 * size + 4.0 * reading * len(seen))
        assert after.row.dissipated == pytest.approx(tau * beta * motion(w), abs=1e-13 * size + tau * reading)
        out.append((before.energy - after.energy - tau * beta * motion(w)) / size)
        v = new
    return np.array(out)


PAIRS = [(case, k) for case in ENERGIES for k in range(2 + (case.grid is not None))]


@pytest.mark.parametrize(("case", "k"), PAIRS, ids=[f"{case}-{('euclidean', 'dense', 'l2')[k]}" for case, k in PAIRS])
def test_the_balance_is_exact_for_every_energy(case: EnergyCase, k: int) -> None:
    rng, flow = np.random.default_rng(70), gf.GradientFlow(case.energy, metrics(case)[k], case.fixed)
    for beta, tau in ((0.3, 0.01), (0.3, 0.1), (5.0, 0.1), (40.0, 0.3)):
        start = case.state(rng)
        seen = bounded(gf.steps(flow, start, t_end=8.0 * tau, method=gf.HeavyBall(beta), dt=tau))
        assert len(seen) >= 9
        defects = balances(flow, seen, beta)
        assert np.max(np.abs(defects)) <= 1e-12
        assert max(abs(s.row.defect) for s in seen[1:]) <= 1e-13 * max(abs(s.energy) + 1.0 for s in seen)
        assert min(s.row.dissipated for s in seen[1:]) > 0.0
        assert all(s.kinetic > 0.0 for s in seen[1:])
        assert np.all(np.diff([s.energy for s in seen]) < 0.0)
        if case.fixed is not None:
            assert all(s.x[case.fixed].tobytes() == start[case.fixed].tobytes() for s in seen)
            assert all(not np.any(s.memory[0][case.fixed]) for s in seen)


@pytest.mark.parametrize("tau", [1e-6, 1e-4])
def test_a_short_step_keeps_the_balance_too(tau: float) -> None:
    """Where a speed taken from the difference of two states would have lost ten digits, or eight."""
    flow = gf.GradientFlow(gf.Potential("(x**2 - 1)**2/4 + y**2/2"), gf.Euclidean())
    run = evolve(flow, [1.7, 0.4], 20.0 * tau, method=gf.HeavyBall(0.5), dt=tau)
    assert np.max(np.abs(run.ledger.defect)) <= 2e-14
    assert np.max(run.ledger.residual) <= 1e-9
    drop = run.energy[0] - flow.energy.value(run.x)
    v = -20.0 * tau * flow.energy.differential(np.array([1.7, 0.4]))
    assert drop == pytest.approx(0.5 * v @ v, rel=1e-2, abs=4.0 * EPS)


def test_noise_on_a_film_and_any_step() -> None:
    film = gf.soap_film(gf.Wire.named("saddle"), 17, lambda x, y: np.random.default_rng(71).normal(size=x.shape))
    for tau in (1e-3, 1e-2, 0.1, 1.0):
        seen = bounded(gf.steps(film.flow, film.start, t_end=6.0 * tau, method=gf.HeavyBall(4.0), dt=tau))
        assert len(seen) == 7
        assert all(s.row.rejected == 0 for s in seen[1:])
        assert np.max(np.abs(balances(film.flow, seen, 4.0))) <= 1e-12
        totals = [area(s.x, *film.grid.spacing) + s.kinetic for s in seen]
        assert totals == pytest.approx([s.energy for s in seen], rel=8.0 * EPS)
        assert np.all(np.diff(totals) < 0.0)


def test_the_energy_alone_may_rise_and_the_ledger_never_does() -> None:
    flow = gf.GradientFlow(gf.Potential("x**2/2"), gf.Euclidean())
    run = evolve(flow, [1.0], 7.0, method=gf.HeavyBall(0.1), dt=0.05, t_eval=list(0.05 * np.arange(1, 141)))
    alone = [flow.energy.value(x) for x in run.states]
    assert 0.3 < np.max(np.diff(alone)) / 0.05 < 0.5  # at most max |x v| = ½ in this valley
    assert np.all(np.diff(run.energy) < 0.0)
    assert run.largest_increase == 0.0


def test_many_marbles_are_one_flow() -> None:
    starts, beta, t = np.array([[0.3, 0.4], [-1.7, 0.2], [1.5, -1.0]]), 0.4, 2.0
    flow = gf.GradientFlow(gf.Marbles(gf.Potential("(x**2 - 1)**2/4 + y**2/2")), gf.Euclidean())

    def motion(t: float, z: np.ndarray) -> np.ndarray:
        x, v = z.reshape(2, 3, 2)
        return np.concatenate([v, -beta * v - flow.energy.differential(x)]).ravel()

    start = np.concatenate([starts, 0.0 * starts]).ravel()
    exact = solve_ivp(motion, (0.0, t), start, method="DOP853", rtol=1e-11, atol=1e-13).y[:6, -1].reshape(3, 2)
    taus = t / np.array([10, 20, 40, 80])
    runs = [evolve(flow, starts, t, method=gf.HeavyBall(beta), dt=tau) for tau in taus]
    assert max(np.max(np.abs(run.ledger.defect)) for run in runs) <= 1e-13
    assert slope(taus, [np.max(np.abs(run.x - exact)) for run in runs]) == pytest.approx(2.0, abs=0.15)


# ---- rest --------------------------------------------------------------------------------------------------------------


def trough() -> gf.Potential:
    """½ max(|x| − 1, 0)²: a valley with a floor two units wide, on which nothing but friction acts."""
    beyond = lambda x: np.sign(x) * np.maximum(np.abs(x) - 1.0, 0.0)  # noqa: E731
    return gf.Potential(lambda x: 0.5 * float(beyond(x) @ beyond(x)), beyond, lambda x: np.diag((np.abs(x) > 1.0) + 0.0))


def test_a_ball_that_crosses_a_valleys_floor_is_not_at_rest() -> None:
    flow = gf.GradientFlow(trough(), gf.Euclidean())
    for options in ({"dt": 0.05}, {"rtol": 1e-4}):
        run = evolve(flow, [4.0], method=gf.HeavyBall(0.2), **options)
        assert run.status == "at rest"
        crossing = [(s, abs(s.x[0]) < 1.0) for s in bounded(gf.steps(flow, [4.0], method=gf.HeavyBall(0.2), **options))]
        assert sum(flat for _, flat in crossing) > 10
        assert run.energy[-1] <= 4.0 * 8.0 * EPS
        assert min(s.x[0] for s, _ in crossing) < -1.5  # it went up the other side
        assert run.t[-1] > np.log(1e13) / 0.2 / 2.0


@pytest.mark.parametrize(("rest_tol", "beta", "dt"), [(1e-3, 0.1, 0.03), (None, 0.4, 0.1)])
def test_a_ball_that_turns_round_is_not_at_rest(rest_tol: float | None, beta: float, dt: float) -> None:
    flow, limit = gf.GradientFlow(gf.Potential("x**2/2"), gf.Euclidean()), rest_tol or 8.0 * EPS
    seen = bounded(gf.steps(flow, [1.0], method=gf.HeavyBall(beta), dt=dt, rest_tol=rest_tol))
    slope_left = [0.5 * s.x[0] ** 2 for s in seen]
    if rest_tol:
        assert sum(s.kinetic <= limit < drop for s, drop in zip(seen[1:], slope_left[1:], strict=True)) > 10  # turning
        assert sum(drop <= limit < s.kinetic for s, drop in zip(seen[1:], slope_left[1:], strict=True)) > 10  # on the floor
    still = [s.kinetic <= limit and drop <= limit for s, drop in zip(seen, slope_left, strict=True)]
    assert still.index(True) == len(seen) - 1  # it ends where both are gone, and at once
    assert seen[-1].t == pytest.approx(np.log(0.5 / limit) / beta, rel=0.15)


@pytest.mark.parametrize(("lam", "beta"), [(1.0, 0.3), (1.0, 2.0), (1.0, 6.0), (50.0, 1.0)])
def test_adaptive_steps_come_to_rest(lam: float, beta: float) -> None:
    """Also where it rings below every tolerance: steps that grew without bound would throw it from side to side for ever."""
    run = evolve(gf.GradientFlow(gf.Potential(f"{lam}*x**2/2"), gf.Euclidean()), [1.0], method=gf.HeavyBall(beta))
    slowest = np.min(np.abs(np.roots([1.0, beta, lam]).real))
    assert run.status == "at rest"
    assert run.energy[-1] <= 4.0 * 8.0 * EPS
    assert 0.8 < run.t[-1] * slowest / (0.5 * np.log(0.5 * lam / (8.0 * EPS))) < 1.6
    assert np.sum(run.ledger.rejected) <= 0.25 * len(run.ledger)


def test_a_pass_is_rest_only_for_a_ball_upon_it() -> None:
    flow = gf.GradientFlow(gf.Potential("(x**2 - 1)**2/4 + y**2/2"), gf.Euclidean())
    assert evolve(flow, [0.0, 0.0], method=gf.HeavyBall(1.0)).t[-1] == 0.0
    run = evolve(flow, [1e-9, 0.0], method=gf.HeavyBall(1.0))
    assert run.status == "at rest"
    np.testing.assert_allclose(run.x, [1.0, 0.0], atol=1e-7)


def test_a_film_comes_to_rest_where_it_does_without_momentum() -> None:
    film = gf.soap_film(gf.Wire.named("enneper"), 17)
    run, rest = evolve(film.flow, film.start, method=gf.HeavyBall(6.0)), gf.relax(film.flow, film.start)
    assert run.status == "at rest"
    np.testing.assert_allclose(run.x, rest.x, rtol=0, atol=3e-7)
    assert run.energy[-1] == pytest.approx(rest.energy[-1], rel=16.0 * EPS)


def test_nothing_is_hidden_between_two_steps() -> None:
    """A march that goes on from any step, by a new object, makes the same bits: with its speed, also from a valley's floor."""
    flow = gf.GradientFlow(trough(), gf.Euclidean())
    seen = bounded(gf.steps(flow, [4.0], t_end=12.0, method=gf.HeavyBall(0.2), dt=0.05))
    floor = next(k for k, s in enumerate(seen) if abs(s.x[0]) < 0.5)
    for k in (3, floor):
        again = bounded(march(flow, flow.begin(seen[k].x), gf.HeavyBall(0.2), Fixed(0.05), (12.0,), resume=seen[k]))
        assert len(again) == len(seen) - k > 100
        for one, other in zip(again, seen[k:], strict=True):
            assert (one.t, one.energy, one.kinetic, one.x.tobytes()) == (other.t, other.energy, other.kinetic, other.x.tobytes())


# ---- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beta", [0.0, -1.0, np.nan, np.inf, None, "1", True])
def test_friction_is_a_positive_number(beta: object) -> None:
    with pytest.raises(gf.BadInput, match="beta"):
        gf.HeavyBall(beta)


def test_a_metric_that_changes_is_refused() -> None:
    film = gf.soap_film(gf.Wire.named("saddle"), 9, metric="mcf")
    with pytest.raises(gf.BadInput, match="NormalL2 does not say constant = True"):
        gf.evolve(film.flow, film.start, 1.0, method=gf.HeavyBall(1.0))
    with pytest.raises(gf.BadInput, match="DenseMetric does not say constant = True"):
        gf.evolve(gf.GradientFlow(well(), DenseMetric(np.eye(2))), [1.0, 1.0], 1.0, method=gf.HeavyBall(1.0))
    with pytest.raises(gf.BadInput, match="no hessian"):
        bare = gf.Potential(lambda x: float(x @ x), lambda x: 2.0 * x)
        gf.evolve(gf.GradientFlow(bare, gf.Euclidean()), [1.0], 1.0, method=gf.HeavyBall(1.0))


def test_both_kinds_of_discrete_gradient_were_tried() -> None:
    assert gf.offers(AREA, HasSecant) and gf.offers(HEAT, HasSecant) and not gf.offers(well(), HasSecant)
