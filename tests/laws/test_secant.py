"""Discrete gradients, and the method that keeps the balance of energy exactly: E₀ − E₁ = τ‖v‖², step by step."""

from dataclasses import dataclass

import numpy as np
import pytest

import geoflow as gf
from geoflow.protocols import HasSecant
from tests.laws.cases import AREA, EPS, GRID, HEAT, area, bounded, evolve, matrix_of, quartic_bowl, slope, well

PAIR = gf.WeightedSum(((0.7, AREA), (0.4, HEAT), (-0.3, gf.Volume(GRID))))


def states(steepness: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(60)
    u = steepness * rng.normal(size=GRID.shape)
    return u, u + 0.1 * steepness * rng.normal(size=GRID.shape)


@pytest.mark.parametrize("steepness", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("energy", [AREA, HEAT, PAIR, gf.Volume(GRID)], ids=["area", "dirichlet", "sum", "volume"])
def test_a_secant_takes_the_difference_of_energies_apart(energy: object, steepness: float) -> None:
    u, v = states(steepness)
    assert gf.offers(energy, HasSecant)
    covector = energy.secant(u, v)
    difference = energy.value(v) - energy.value(u)
    size = max(float(np.sum(np.abs(covector * (v - u)))), abs(energy.value(v)), 1e-3)
    assert np.sum(covector * (v - u)) == pytest.approx(difference, abs=64.0 * EPS * size)
    assert abs(difference) > 1e6 * EPS * size
    np.testing.assert_allclose(covector, energy.secant(v, u), rtol=0, atol=1e-13 * np.max(np.abs(covector)))
    np.testing.assert_allclose(energy.secant(u, u), energy.differential(u), rtol=0, atol=1e-13 * np.max(np.abs(covector)))


@pytest.mark.parametrize("energy", [AREA, HEAT, PAIR], ids=["area", "dirichlet", "sum"])
def test_the_secant_matrix_is_the_symmetric_part_of_its_derivative(energy: object) -> None:
    u, v = states(1.0)
    matrix, h = matrix_of(energy.secant_matrix(u, v)), 1e-6
    jacobian = np.empty_like(matrix)
    for k in range(u.size):
        e = np.zeros(u.size)
        e[k] = h
        step = e.reshape(u.shape)
        jacobian[:, k] = ((energy.secant(u, v + step) - energy.secant(u, v - step)) / (2.0 * h)).ravel()
    np.testing.assert_allclose(matrix, 0.5 * (jacobian + jacobian.T), rtol=0, atol=1e-8)
    assert np.array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix)[0] > -1e-12
    assert matrix_of(energy.secant_matrix(u, u)) == pytest.approx(0.5 * matrix_of(energy.hessian(u)), abs=1e-13)


@pytest.mark.parametrize("metric", ["l2", "mcf"])
@pytest.mark.parametrize(("start", "taus"), [("smooth", (1e-3, 0.03, 1.0)), ("noise", (1e-4, 1e-2, 0.1, 1.0))])
def test_the_balance_is_exact_at_every_step(start: str, taus: tuple, metric: str) -> None:
    rng = np.random.default_rng(61)
    makers = {"smooth": None, "noise": lambda x, y: rng.normal(size=x.shape)}
    for tau in taus:
        film = gf.soap_film(gf.Wire.named("saddle"), 33, makers[start], metric)
        seen = bounded(gf.steps(film.flow, film.start, t_end=6.0 * tau, method=gf.Secant(), dt=tau))
        assert len(seen) >= 6
        for before, after in zip(seen, seen[1:], strict=False):
            drop = area(before.x, *film.grid.spacing) - area(after.x, *film.grid.spacing)
            assert abs(drop - after.row.dissipated) <= 1e-13 * after.energy
            assert abs(after.row.defect) <= 1e-13 * after.energy
            assert after.row.rejected == 0
            assert after.row.dissipated > 0.0


@pytest.mark.parametrize(("tau", "ends"), [(1e2, True), (1e4, False)])
def test_noise_and_steps_beyond_its_reach_are_turned_down_and_said(tau: float, ends: bool) -> None:
    grid = gf.Grid((-1.0, 1.0, -1.0, 1.0), (33, 33))
    start = np.where(grid.boundary, 0.0, np.random.default_rng(1).normal(size=grid.shape))
    flow = gf.GradientFlow(gf.GraphArea(grid), gf.L2(grid), grid.boundary)
    run = gf.evolve(flow, start, 3.0 * tau, method=gf.Secant(), dt=tau, max_steps=12, raise_on_failure=False)
    assert run.largest_increase == 0.0
    assert np.all(np.abs(run.ledger.defect) <= 1e-13 * run.ledger.energy)
    assert np.sum(run.ledger.rejected) > 0
    assert run.success == ends
    assert run.status == ("reached t_end" if ends else "max_steps")
    assert "had to be shortened" in run.message
    assert "secant equation" in run.message


@dataclass(frozen=True)
class Plain:
    """An energy with value, differential and hessian, and no secant of its own."""

    energy: gf.GraphArea

    def value(self, u: np.ndarray) -> float:
        return self.energy.value(u)

    def differential(self, u: np.ndarray) -> np.ndarray:
        return self.energy.differential(u)

    def hessian(self, u: np.ndarray) -> object:
        return self.energy.hessian(u)


def test_gonzalez_for_an_energy_without_a_secant() -> None:
    film = gf.soap_film(gf.Wire.named("saddle"), 17)
    plain = gf.GradientFlow(Plain(film.flow.energy), film.flow.metric, film.flow.fixed)
    assert not gf.offers(plain.energy, HasSecant)
    runs = [evolve(flow, film.start, 0.2, method=gf.Secant(), dt=0.01) for flow in (plain, film.flow)]
    for run in runs:
        assert np.all(np.abs(run.ledger.defect) <= 1e-13 * run.ledger.energy)
        assert np.sum(run.ledger.rejected) == 0
    distance = np.max(np.abs(runs[0].x - runs[1].x))
    assert 1e-9 < distance < 1e-3  # two discrete gradients, both of order two


@pytest.mark.parametrize(("energy", "start"), [(well(), (0.3, 0.4)), (well(), (1.7, -0.2)), (quartic_bowl(), (1.0, -0.5))])
@pytest.mark.parametrize("tau", [0.01, 0.1, 0.5])
def test_the_balance_is_exact_for_potentials(energy: object, start: tuple, tau: float) -> None:
    run = evolve(gf.GradientFlow(energy, gf.Euclidean()), start, 2.0, method=gf.Secant(), dt=tau)
    assert np.all(np.abs(run.ledger.defect) <= 1e-13 * np.maximum(1.0, np.abs(run.ledger.energy)))
    assert run.largest_increase == 0.0
    assert len(run.ledger) >= 4


def test_gonzalez_is_of_order_two() -> None:
    flow, t, taus = gf.GradientFlow(gf.Potential("(x**2 - 1)**2/4"), gf.Euclidean()), 2.0, 2.0 / np.array([8, 16, 32, 64])
    exact = 0.3 * np.exp(t) / np.sqrt(1.0 + 0.09 * np.expm1(2.0 * t))
    errors = [abs(evolve(flow, [0.3], t, method=gf.Secant(), dt=tau).x[0] - exact) for tau in taus]
    assert slope(taus, errors) == pytest.approx(2.0, abs=0.15)
