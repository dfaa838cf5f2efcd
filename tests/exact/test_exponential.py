"""`Exponential`: e^{−tA} on quadratics in any metric, its balance of energy, its φ-functions, what it refuses."""

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.linalg import expm

import geoflow as gf
from geoflow.steppers.exponential import phi1, phi3
from tests.laws.cases import evolve


def quadratic(rng, d, low=-0.5, high=40.0):
    """(energy, metric, G⁻¹H, the point at rest): ½⟨H(x − m), x − m⟩, eigenvalues of H from low to high."""
    q, _ = np.linalg.qr(rng.normal(size=(d, d)))
    h = (q * np.linspace(low, high, d)) @ q.T
    h = 0.5 * (h + h.T)
    m, root = rng.normal(size=d), rng.normal(size=(d, d))
    g = gf.InnerProduct(root @ root.T + 0.5 * np.eye(d))
    energy = gf.Potential(lambda x: 0.5 * float((x - m) @ h @ (x - m)), lambda x: h @ (x - m), lambda x: h)
    return energy, g, np.linalg.solve(g.matrix, h), m


@pytest.mark.parametrize("seed", range(6))
def test_it_is_exact_for_quadratics_in_any_metric_and_any_step(seed):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 8))
    energy, metric, a, m = quadratic(rng, d, low=-0.5 if seed % 2 else 0.05)
    flow, start = gf.GradientFlow(energy, metric), m + rng.normal(size=d)
    for t, dt in ((0.7, 0.7), (0.7, 0.1), (5.0, 2.5)):
        run = evolve(flow, start, t, method=gf.Exponential(), dt=dt, rest_tol=1e-300)
        exact = m + expm(-t * a) @ (start - m)
        np.testing.assert_allclose(run.x, exact, rtol=0, atol=2e-11 * np.linalg.norm(exact - m) + 1e-12)
        scale = np.max(np.abs(run.energy)) + np.sum(run.ledger.dissipated)
        assert np.max(np.abs(run.ledger.defect)) <= 1e-11 * scale  # E₀ − E₁ = ∫‖v‖² dt in closed form
        assert np.sum(run.ledger.dissipated) > 1e-3 * scale
        assert np.max(run.ledger.error) <= 1e-11 * metric.scale(start)


def test_its_first_adaptive_steps_are_as_long_as_they_like_on_a_quadratic():
    rng = np.random.default_rng(3)
    energy, metric, a, m = quadratic(rng, 4, low=0.1, high=1e6)
    run = evolve(gf.GradientFlow(energy, metric), m + 1.0, 3.0, method=gf.Exponential(), rtol=1e-8)
    np.testing.assert_allclose(run.x, m + expm(-3.0 * a) @ np.ones(4), rtol=0, atol=1e-8)
    assert len(run.ledger) < 28  # from 2e-10 on, each step up to five times the last


def test_its_error_estimate_is_its_leading_error():
    well = gf.Potential("(x**2 - 1)**2/4 + y**2/2 + x*y/3")
    flow, start = gf.GradientFlow(well, gf.InnerProduct([[2.0, 0.3], [0.3, 1.0]])), np.array([0.3, 0.8])
    for dt, within in ((0.1, 0.1), (0.01, 0.012), (0.001, 0.003)):
        step = gf.Exponential().step(flow, 0.0, start, dt, ())
        true = evolve(flow, start, dt, method=gf.SDIRK3(), rtol=1e-10).x - step.x
        assert np.linalg.norm(step.error - true) <= within * np.linalg.norm(true)


def test_held_entries_and_marbles():
    rng = np.random.default_rng(0)
    energy, metric, a, m = quadratic(rng, 3, low=0.2)
    start, free = m + 1.0, [0, 2]
    flow = gf.GradientFlow(energy, metric, np.array([False, True, False]))
    run = evolve(flow, start, 1.0, method=gf.Exponential(), dt=0.5, rest_tol=1e-300)
    h = energy.hessian(start)
    inner = np.linalg.solve(metric.matrix[np.ix_(free, free)], h[np.ix_(free, free)])
    rest = start.copy()
    rest[free] -= np.linalg.solve(h[np.ix_(free, free)], energy.differential(start)[free])
    exact = rest[free] + expm(-inner) @ (start - rest)[free]
    np.testing.assert_allclose(run.x[free], exact, rtol=0, atol=1e-12)
    assert run.x[1] == start[1]
    two = gf.GradientFlow(gf.Marbles(energy), metric)
    run = evolve(two, [start, m - 1.0], 1.0, method=gf.Exponential(), dt=1.0, rest_tol=1e-300)
    np.testing.assert_allclose(run.x, [m + expm(-a) @ np.ones(3), m - expm(-a) @ np.ones(3)], rtol=0, atol=1e-12)


@pytest.mark.parametrize("z", [0.0, 1e-300, -1e-9, 1e-4, -0.3, 0.499, 0.501, -0.501, 2.0, -7.0, -700.0, -1e9, 30.0])
def test_the_phi_functions(z):
    mp.dps = 60
    exact, e = mpf(z), mp.exp(mpf(z))
    one = mp.expm1(exact) / exact if z else 1
    three = (e - 1 - exact - exact**2 / 2) / exact**3 if abs(z) > 1e-12 else mpf(1) / 6 + exact / 24
    assert phi1(np.array([z]))[0] == pytest.approx(float(one), rel=4e-16)
    assert phi3(np.array([z]))[0] == pytest.approx(float(three), rel=2e-14)


def test_what_it_refuses():
    flow = gf.GradientFlow(gf.Potential(lambda x: 0.5 * float(x @ x), lambda x: x), gf.Euclidean())
    with pytest.raises(gf.BadInput, match="has no hessian"):
        evolve(flow, [1.0], 1.0, method=gf.Exponential())
    film = gf.soap_film(gf.Wire.named("scherk"), n=65)
    with pytest.raises(gf.BadInput, match=r"^unknowns = 3969: all modes are computed for up to 2000"):
        evolve(film.flow, film.start, 0.1, method=gf.Exponential())


WRONG = {
    "not square": [[1.0, 0.0]],
    "not symmetric": [[1.0, 0.1], [0.2, 1.0]],
    "not definite": [[1.0, 2.0], [2.0, 1.0]],
    "not finite": [[np.nan]],
    "words": [["a"]],
    "empty": np.zeros((0, 0)),
}


@pytest.mark.parametrize("case", WRONG)
def test_matrices_that_are_no_inner_product(case):
    with pytest.raises(gf.BadInput, match=r"^matrix = "):
        gf.InnerProduct(WRONG[case])


def test_an_inner_product_of_another_dimension():
    with pytest.raises(gf.BadInput, match="the metric is of dimension 1"):
        evolve(gf.GradientFlow(gf.Potential("x**2 + y**2"), gf.InnerProduct([[2.0]])), [1.0, 0.0], 1.0)
