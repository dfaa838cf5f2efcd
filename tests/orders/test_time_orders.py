"""Fitted orders in time on u_t = ∇·(∇u/√(1+|∇u|²)) and on mean curvature flow, from sin πx sin πy; adaptivity's promise; heat.

The reference knows no stepper of geoflow: DOP853 of SciPy at rtol 1e-12 on the semidiscrete flow.
"""

from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import geoflow as gf
from geoflow.ledger import Accepted
from geoflow.pace import Adaptive
from geoflow.steppers import sdirk3
from geoflow.steppers.stage import filtered
from tests.laws.cases import name_of

T = 0.1


@cache
def bump(n, energy=gf.GraphArea, metric=gf.L2):
    """(flow, start): sin πx sin πy on the unit square, n × n nodes, held at zero."""
    grid = gf.Grid((0.0, 1.0, 0.0, 1.0), (n, n))
    start = np.outer(np.sin(np.pi * grid.y), np.sin(np.pi * grid.x))
    start[grid.boundary] = 0.0
    return gf.GradientFlow(energy(grid), metric(grid), grid.boundary), start


@cache
def reference(n, metric=gf.L2):
    flow, start = bump(n, metric=metric)
    free = ~flow.fixed

    def speed(t, heights):
        u = np.zeros_like(start)
        u[free] = heights
        return -(flow.energy.differential(u) / flow.metric.gram(u).diagonal().reshape(u.shape))[free]

    end = solve_ivp(speed, (0.0, T), start[free], method="DOP853", rtol=1e-12, atol=1e-14)
    u = np.zeros_like(start)
    u[free] = end.y[:, -1]
    return u


def distance(flow, u, v):
    """‖u − v‖ in L², by the trapezoidal rule."""
    return float(np.sqrt(np.sum(flow.metric.grid.node_area * (u - v) ** 2)))


# Explicit methods need τ < 2/λ_max ≈ h²/4: a coarse grid. All have four halvings. Orders in L2 and in NormalL2, which is frozen
# for a step: nothing implicit is of more than order two there.
METHODS = {
    "ImplicitEuler": (gf.ImplicitEuler(), 33, (4, 8, 16, 32, 64), 1.0, 1.0),
    "Lagged": (gf.Lagged(), 33, (32, 64, 128, 256, 512), 1.0, 1.0),
    "SDIRK2": (gf.SDIRK2(), 33, (8, 16, 32, 64, 128), 2.0, 2.0),
    "SDIRK3": (gf.SDIRK3(), 33, (8, 16, 32, 64, 128), 3.0, 2.0),
    "Secant": (gf.Secant(), 33, (16, 32, 64, 128, 256), 2.0, 2.0),
    "Exponential": (gf.Exponential(), 9, (8, 16, 32, 64, 128), 2.0, 2.0),
    "ExplicitEuler": (gf.ExplicitEuler(), 9, (64, 128, 256, 512, 1024), 1.0, 1.0),
    "RK32": (gf.RK32(), 9, (64, 128, 256, 512, 1024), 3.0, 3.0),
}


@pytest.mark.parametrize("metric", [gf.L2, gf.NormalL2], ids=lambda m: m.__name__)
@pytest.mark.parametrize("name", METHODS)
def test_order(name, metric):
    method, n, steps, *orders = METHODS[name]
    expected = orders[metric is gf.NormalL2]
    flow, start = bump(n, metric=metric)
    runs = [gf.evolve(flow, start, T, method=method, dt=T / k) for k in steps]
    assert [len(run.ledger) for run in runs] == list(steps)
    errors = [distance(flow, run.x, reference(n, metric)) for run in runs]
    fitted = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert abs(fitted - expected) <= 0.15, errors
    assert np.all(np.abs(np.log2(np.divide(errors[:-1], errors[1:])) - expected) <= 0.25), errors


def test_the_tableau_of_sdirk3():
    """Order three, stiffly accurate, one diagonal entry, and what makes every convex energy fall: sym(D) positive definite."""
    a = np.zeros((4, 4))
    for k, row in enumerate(sdirk3.ROWS):
        a[k, : k + 1] = row
    b, c = a[-1], a.sum(axis=1)
    assert np.ptp(np.diag(a)) == 0.0
    conditions = [b.sum(), b @ c, b @ c**2, b @ a @ c]
    np.testing.assert_allclose(conditions, [1.0, 1.0 / 2.0, 1.0 / 3.0, 1.0 / 6.0], rtol=0, atol=1e-13)
    d = a - np.vstack([np.zeros(4), a[:-1]])
    assert 5e-4 < np.linalg.eigvalsh(0.5 * (d + d.T))[0] < 2e-3
    infinity = 1.0 - b @ np.linalg.solve(a, np.ones(4))
    assert abs(infinity) < 1e-12  # L-stable


def test_the_estimate_of_sdirk3_is_the_leading_error_of_heat():
    e = np.array(sdirk3.ESTIMATE)
    a = np.zeros((5, 5))
    for k, row in enumerate(sdirk3.ROWS):
        a[k + 1, 1 : k + 2] = row
    c = a.sum(axis=1)
    np.testing.assert_allclose([e.sum(), e @ c, e @ c**2, e @ a @ c], 0.0, atol=1e-14)
    z = -1e-2  # y₁ = R(z) y₀ and its estimate, by the stages themselves
    v = z * np.linalg.solve(np.eye(5) - z * a, np.ones(5))
    error = 1.0 + a[-1] @ v - np.exp(z)
    assert e @ v == pytest.approx(error, rel=0.05)


def test_what_is_stiff_of_an_estimate_is_damped():
    """(σG + H)⁻¹ σG raw: λ/σ decides; a matrix at hand or one made for it, the same; raw where there is none."""
    bowl, raw = gf.GradientFlow(gf.Potential("x**2/2 + 50*y**2"), gf.Euclidean()), np.array([1.0, -2.0])
    gram, x = np.eye(2), np.array([0.3, 0.4])
    expected = raw * 10.0 / (10.0 + np.array([1.0, 100.0]))
    for stage in (None, gf.solvers.prepare(np.diag([11.0, 110.0]))):
        assert filtered(bowl, gram, stage, 10.0, x, raw) == pytest.approx(expected, rel=1e-12)
    hill = gf.GradientFlow(gf.Potential("-x**2/2 + 50*y**2"), gf.Euclidean())
    assert filtered(hill, gram, None, 0.5, x, raw) is raw  # σ below −λ: not positive definite


@pytest.mark.parametrize("method", [gf.ExplicitEuler(), gf.ImplicitEuler(), gf.SDIRK2(), gf.SDIRK3(), gf.Secant()], ids=name_of)
def test_the_estimate_of_a_step_is_its_leading_error(method):
    """x' = −λx, steps of 0.02 and 0.03 in turn, from the second on: by then a method that remembers a speed does."""
    rates = np.array([1.0, 2.0])
    bowl = gf.GradientFlow(gf.Potential("x**2/2 + y**2"), gf.Euclidean())
    t, x, memory = 0.0, np.ones(2), method.start(bowl, 0.0, np.ones(2))
    for dt in (0.02, 0.03, 0.02, 0.03):
        step = method.step(bowl, t, x, dt, memory)
        if t > 0.0:
            np.testing.assert_allclose(np.abs(step.error), np.abs(step.x - np.exp(-rates * dt) * x), rtol=0.05)
        t, x, memory = t + dt, step.x, step.memory


@pytest.mark.parametrize(("until", "wanted"), [(0.5, 0.5), (0.61, 0.255), (1.09, 0.495), (1.11, 0.5), (np.inf, 0.5)])
def test_the_last_two_steps_share_what_is_left(until, wanted):
    """A step of 0.1 without error may be followed by one of 0.5; by half of what is left if that is not enough for two."""
    step, now = gf.Step(x=np.zeros(1), energy=0.0, error=np.zeros(1)), Accepted(0.0, np.zeros(1), 0.0, None, 0.1, 1.0, np.inf, ())
    accepted, following, control = Adaptive(tolerance=1.0, order=2, until=until).judge(step, 0.0, 0.1, now)
    assert accepted
    assert following == pytest.approx(wanted, rel=1e-3)
    assert control <= 1e-10


def test_the_reference_is_exact_enough_to_judge_by():
    flow, start = bump(9)
    finest = gf.evolve(flow, start, T, method=gf.RK32(), dt=T / 2048)
    assert distance(flow, finest.x, reference(9)) < 3e-12  # RK32's own error, 10⁻¹⁰ / 4³


ADAPTIVE = [
    *((method, rtol) for method in (gf.SDIRK2(), gf.SDIRK3(), gf.Secant(), gf.RK32()) for rtol in (1e-3, 1e-4, 1e-5, 1e-6)),
    *((method, rtol) for method in (gf.ImplicitEuler(), gf.Lagged()) for rtol in (1e-3, 1e-4)),
]


@pytest.mark.parametrize("metric", [gf.L2, gf.NormalL2], ids=lambda m: m.__name__)
@pytest.mark.parametrize(("method", "rtol"), ADAPTIVE, ids=[f"{type(m).__name__} {rtol:g}" for m, rtol in ADAPTIVE])
def test_adaptive_steps_keep_the_error_near_rtol(method, rtol, metric):
    flow, start = bump(33, metric=metric)
    run = gf.evolve(flow, start, T, method=method, rtol=rtol)
    relative = distance(flow, run.x, reference(33, metric)) / flow.scale(start)
    assert run.t[-1] == T
    # The explicit pair runs at the rim of its stability, where its estimate is least sharp.
    assert relative <= (10.0 if isinstance(method, gf.RK32) else 5.0) * rtol
    if isinstance(method, gf.SDIRK2):
        assert relative >= rtol / 10.0  # no work is wasted on digits nobody asked for
    if isinstance(method, gf.SDIRK3) and rtol <= 1e-4:
        assert relative >= rtol / 20.0


UNHELD = [(gf.ImplicitEuler(), 1e-3, 1), (gf.Lagged(), 1e-3, 1), (gf.SDIRK2(), 1e-5, 2)]


@pytest.mark.parametrize("metric", [gf.L2, gf.NormalL2], ids=lambda m: m.__name__)
@pytest.mark.parametrize(("method", "rtol", "order"), UNHELD, ids=[type(m).__name__ for m, _, _ in UNHELD])
def test_only_their_error_limits_implicit_steps(method, rtol, order, metric):
    """Each step takes a good part of the error it may make, none is turned down, and the last two share what was left."""
    flow, start = bump(33, metric=metric)
    ledger = gf.evolve(flow, start, T, method=method, rtol=rtol).ledger
    allowed = flow.scale(start) * (15.0 * rtol) ** ((order + 1) / order)
    assert np.sum(ledger.rejected) == 0
    assert np.all(ledger.error[2:-2] > 0.35 * allowed)
    assert np.all(ledger.error <= allowed)
    assert ledger.tau[-1] == pytest.approx(ledger.tau[-2], rel=1e-9)


def test_in_a_changing_metric_sdirk3_is_held_to_the_order_it_has_there():
    """Its error follows rtol over two decades; taken for one of order three, it grew from 4.5 to 10.6 times rtol."""
    flow, start = bump(33, metric=gf.NormalL2)
    ends = [gf.evolve(flow, start, T, method=gf.SDIRK3(), rtol=rtol).x for rtol in (1e-4, 1e-5, 1e-6)]
    errors = [distance(flow, u, reference(33, gf.NormalL2)) for u in ends]
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 10.0, rtol=0.2)


@pytest.mark.parametrize(("method", "most"), [(gf.SDIRK2(), 80), (gf.SDIRK3(), 45)], ids=["SDIRK2", "SDIRK3"])
def test_a_sudden_change_costs_few_steps_and_few_rejections(method, most):
    """x' = 5.5 − 4.5 tanh 50x: from speed 10 to speed 1 within a fiftieth, and then for long the same.

    Held down for long after a step was turned down, SDIRK2 needs 99 proposals and SDIRK3 60; never held down, 136 and 65.
    """
    slope = gf.Potential("-5.5*x + 0.09*log(cosh(50*x))")
    run = gf.evolve(gf.GradientFlow(slope, gf.Euclidean()), [-3.0], 2.0, method=method, rtol=1e-5)
    assert len(run.ledger) + np.sum(run.ledger.rejected) <= most

    def clock(x):
        return 0.55 * x + 0.009 * np.log(5.5 * np.cosh(50.0 * x) - 4.5 * np.sinh(50.0 * x))  # ∫ dx / speed

    late = clock(run.x[0]) - clock(-3.0) - 2.0  # in time, and in x: the speed there is 1
    assert 1e-7 < abs(late) < 3e-5


# One step of each method multiplies a mode of decay rate λ by R(λτ).
GAMMA = 1.0 - 1.0 / np.sqrt(2.0)
FACTORS = {
    "ImplicitEuler": (gf.ImplicitEuler(), 33, lambda z: 1 / (1 + z)),
    "SDIRK2": (gf.SDIRK2(), 33, lambda z: (1 - (1 - 2 * GAMMA) * z) / (1 + GAMMA * z) ** 2),
    "ExplicitEuler": (gf.ExplicitEuler(), 9, lambda z: 1 - z),
    "RK32": (gf.RK32(), 9, lambda z: 1 - z + z**2 / 2 - z**3 / 6),
    "Lagged": (gf.Lagged(), 33, lambda z: 1 / (1 + z)),
    "Exponential": (gf.Exponential(), 9, lambda z: np.exp(-z)),
    "Secant": (gf.Secant(), 33, lambda z: (1 - z / 2) / (1 + z / 2)),
}


def rate(n):
    """The discrete decay rate of sin πx sin πy under the five-point Laplacian."""
    h = 1.0 / (n - 1)
    return 2.0 * (4.0 / h**2) * np.sin(0.5 * np.pi * h) ** 2


@pytest.mark.parametrize("name", FACTORS)
def test_heat_decays_by_each_methods_own_factor(name):
    method, n, factor = FACTORS[name]
    flow, start = bump(n, gf.Dirichlet)
    run = gf.evolve(flow, start, T, method=method, dt=T / 40)
    np.testing.assert_allclose(run.x, factor(rate(n) * T / 40) ** 40 * start, rtol=0, atol=1e-11)


def test_heat_decays_at_the_discrete_rate():
    flow, start = bump(33, gf.Dirichlet)
    times = (0.01, 0.03, T)
    run = gf.evolve(flow, start, T, rtol=1e-6, t_eval=times)
    for t, u in zip(times, run.states, strict=True):
        exact = np.exp(-rate(33) * t)
        amplitude = float(np.sum(u * start) / np.sum(start * start))
        assert 1e-9 < abs(amplitude - exact) < 5e-6
        np.testing.assert_allclose(u, amplitude * start, rtol=0, atol=1e-9)  # the mode keeps its shape
    assert abs(rate(33) - 2 * np.pi**2) < 0.002 * 2 * np.pi**2
