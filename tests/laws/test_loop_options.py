"""What a user may ask of the loop: to report a rise instead of turning it down, to stop after so many steps."""

from dataclasses import dataclass

import numpy as np
import pytest

import geoflow as gf
from tests.laws.cases import AREA, GRID, on_grid

RATES = np.array([1.0, 10.0])
BOWL = gf.GradientFlow(gf.Potential("x**2/2 + 5*y**2"), gf.Euclidean())


@pytest.mark.parametrize("eta", [0.05, 0.19, 0.21, 0.5])
def test_gradient_descent_beyond_its_limit_may_be_watched(eta: float) -> None:
    """x_k = (1 − ηλ)^k x₀ exactly; past η = 2/λ_max = 0.2 the energy rises for ever."""
    options = {"t_end": 20 * eta, "dt": eta, "method": gf.ExplicitEuler(), "rest_tol": 1e-300}
    run = gf.evolve(BOWL, [1.0, 1e-3], on_rise="report", **options)
    exact = (1.0 - eta * RATES) ** 20 * [1.0, 1e-3]
    np.testing.assert_allclose(run.x, exact, rtol=1e-10)
    assert len(run.ledger) == 20
    assert np.sum(run.ledger.rejected) == 0
    rises = np.max(np.diff(run.energy)) > 0.0
    assert rises == (run.largest_increase > 0.0) == ("raised the energy" in run.message) == (eta > 0.2)
    kept = gf.evolve(BOWL, [1.0, 1e-3], **options)
    assert kept.largest_increase <= 1e-14
    assert (np.sum(kept.ledger.rejected) > 0) == (eta > 0.2)


def test_a_rise_is_reported_by_default_never() -> None:
    run = gf.evolve(BOWL, [1.0, 1.0], 2.0, dt=0.5, method=gf.ExplicitEuler())
    assert run.largest_increase <= 1e-14
    assert "had to be shortened" in run.message
    assert "raise the energy" in run.message


def test_whatever_ends_a_run_says_that_steps_were_shortened() -> None:
    options = {"dt": 0.5, "method": gf.ExplicitEuler()}
    run = gf.evolve(BOWL, [1.0, 1.0], **options)
    assert run.status == "at rest"
    assert f"{np.count_nonzero(run.ledger.rejected)} steps had to be shortened, the last because" in run.message
    few = gf.evolve(BOWL, [1.0, 1.0], 2.0, max_steps=1, raise_on_failure=False, **options)
    assert "1 step had to be shortened" in few.message
    still = gf.evolve(BOWL, [1.0, 1.0], method=gf.ExplicitEuler(), dt=0.05)
    assert "shortened" not in still.message


def test_a_rise_without_end_is_watched_until_it_overflows() -> None:
    """The dissipation overflows before the energy does."""
    run = gf.evolve(
        BOWL, [1.0, 1e-3], 1e6, dt=300.0, method=gf.ExplicitEuler(), on_rise="report", max_steps=60, raise_on_failure=False
    )
    assert run.largest_increase > 1e300
    assert np.all(np.isfinite(run.x))


@dataclass(frozen=True)
class Plateau:
    """x far above zero, where it is lost: 10²⁰ + x, which by its own word has no rounding."""

    def value(self, x: np.ndarray) -> float:
        return 1e20 + float(x[0])

    def differential(self, x: np.ndarray) -> np.ndarray:
        return np.ones(1)

    def rounding(self, x: np.ndarray, value: float) -> float:
        return 0.0


def test_an_energy_that_stays_has_not_risen() -> None:
    run = gf.evolve(gf.GradientFlow(Plateau(), gf.Euclidean()), [1.0], 0.5, dt=0.1, method=gf.ExplicitEuler())
    assert (run.status, len(run.ledger), np.sum(run.ledger.rejected)) == ("reached t_end", 5, 0)
    assert run.x == pytest.approx([0.5], rel=1e-14)


@pytest.mark.parametrize("most", [1, 7])
def test_max_steps(most: int) -> None:
    with pytest.raises(gf.FlowStopped) as caught:
        gf.evolve(BOWL, [1.0, 1.0], 10.0, dt=0.01, max_steps=most)
    run = caught.value.trajectory
    assert (run.status, run.success) == ("max_steps", False)
    assert len(run.ledger) == most
    assert run.t[-1] == pytest.approx(0.01 * most)
    assert f"stopped after {most} steps" in run.message
    enough = gf.evolve(BOWL, [1.0, 1.0], 0.07, dt=0.01, max_steps=7)
    assert enough.status == "reached t_end"
    marching = gf.steps(BOWL, [1.0, 1.0], 10.0, dt=0.01, max_steps=most)
    assert len(list(marching)) == most + 1


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, "3"])
def test_bad_max_steps(bad: object) -> None:
    with pytest.raises(gf.BadInput, match="max_steps"):
        gf.evolve(BOWL, [1.0, 1.0], 1.0, max_steps=bad)


@pytest.mark.parametrize("bad", ["ignore", None, 3])
def test_bad_on_rise(bad: object) -> None:
    with pytest.raises(gf.BadInput, match="on_rise"):
        gf.evolve(BOWL, [1.0, 1.0], 1.0, on_rise=bad)


class Majorised:
    """Area with a majorant and without a hessian."""

    def value(self, u: np.ndarray) -> float:
        return AREA.value(u)

    def differential(self, u: np.ndarray) -> np.ndarray:
        return AREA.differential(u)

    def majorant(self, u: np.ndarray) -> object:
        return AREA.majorant(u)


@pytest.mark.parametrize("metric", [gf.L2(GRID), gf.NormalL2(GRID)], ids=["l2", "normal l2"])
def test_a_majorant_is_enough_for_an_implicit_method(metric: object) -> None:
    start = on_grid(np.random.default_rng(70))
    run = gf.evolve(gf.GradientFlow(Majorised(), metric, GRID.boundary), start, 0.5)
    assert run.method == "Lagged"
    assert run.largest_increase == 0.0
    rest = gf.relax(gf.GradientFlow(AREA, metric, GRID.boundary), start)
    far = gf.evolve(gf.GradientFlow(Majorised(), metric, GRID.boundary), start, 50.0, dt=5.0)
    assert np.max(np.abs(far.x - rest.x)) < 1e-3


def test_lagged_needs_a_majorant() -> None:
    with pytest.raises(gf.BadInput, match="majorant"):
        gf.evolve(BOWL, [1.0, 1.0], 1.0, method=gf.Lagged())
