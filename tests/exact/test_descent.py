"""Gradient descent is explicit Euler: closed forms on quadratics, the limit 2/λ_max, the best step, and what a valley costs."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import minimize_scalar

import geoflow as gf
from geoflow.points.descent import count, gradient_descent, nesterov, polyak
from tests.laws.cases import evolve, slope

NEVER = 1e-300


def quadratic(values, seed=None):
    """½⟨x, Hx⟩ with the eigenvalues given: along the axes, or turned."""
    d = len(values)
    q = np.eye(d) if seed is None else np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]
    h = (q * np.asarray(values)) @ q.T
    return gf.Potential(lambda x: 0.5 * float(x @ h @ x), lambda x: h @ x, lambda x: h)


def valley(kappa):
    """The narrow valley: eigenvalues 1 along its floor and κ across."""
    return gf.GradientFlow(quadratic([1.0, kappa]), gf.Euclidean())


# ---- gradient descent beside the flow ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_both_closed_forms_and_their_distance_of_order_one(seed):
    rng = np.random.default_rng(seed)
    energy, root = quadratic([0.3, 1.0, 4.0], seed), rng.normal(size=(3, 3))
    metric = gf.InnerProduct(root @ root.T + np.eye(3))
    a, x0, t = np.linalg.solve(metric.matrix, energy.hessian(np.zeros(3))), rng.normal(size=3), 1.0
    flow, counts = gf.GradientFlow(energy, metric), np.array([32, 64, 128, 256, 512])
    flowed = evolve(flow, x0, t, method=gf.Exponential(), dt=t, rest_tol=NEVER).x
    np.testing.assert_allclose(flowed, expm(-t * a) @ x0, rtol=0, atol=1e-14)
    apart = []
    for n in counts:
        run = evolve(flow, x0, t, method=gf.ExplicitEuler(), dt=t / n, on_rise="report", rest_tol=NEVER)
        assert len(run.ledger) == n
        np.testing.assert_allclose(run.x, np.linalg.matrix_power(np.eye(3) - t / n * a, n) @ x0, rtol=0, atol=1e-13)
        apart.append(np.linalg.norm(run.x - flowed))
    assert slope(t / counts, apart) == pytest.approx(1.0, abs=0.05)
    lead = 0.5 * t * np.linalg.norm(a @ a @ expm(-t * a) @ x0)  # (I − ηA)^k − e^{−kηA} = −½η t A² e^{−tA} + O(η²)
    assert apart[-1] == pytest.approx(lead * t / counts[-1], rel=0.02)


def test_the_limit_of_the_step_from_both_sides():
    high, start = 25.0, [1.0, 1.0]
    flow = valley(high)
    below = evolve(flow, start, 500 * 1.9 / high, method=gf.ExplicitEuler(), dt=1.9 / high, on_rise="report", rest_tol=NEVER)
    assert np.linalg.norm(below.x) < 1e-15
    assert below.largest_increase == 0.0
    above = evolve(flow, start, 100 * 2.1 / high, method=gf.ExplicitEuler(), dt=2.1 / high, on_rise="report", rest_tol=NEVER)
    assert above.x[1] == pytest.approx((1.0 - 2.1) ** 100, rel=1e-9)  # 13780: it diverges, by 1.1 a step
    assert abs(above.x[0]) < 1e-3
    assert above.largest_increase > 1e8
    assert "a step raised the energy by" in above.message
    law = evolve(flow, start, 100 * 2.1 / high, method=gf.ExplicitEuler(), dt=2.1 / high, rest_tol=NEVER)
    assert law.largest_increase == 0.0  # the loop's own law halves what descent may not do
    assert np.linalg.norm(law.x) < 1e-3


def measured_factor(flow, dt, x0, skip=20, steps=40):
    """By what factor a step of gradient descent brings the distance from rest down, over its last steps."""
    run = gf.steps(flow, x0, method=gf.ExplicitEuler(), dt=dt, on_rise="report", rest_tol=NEVER, max_steps=skip + steps)
    sizes = [np.linalg.norm(now.x) for now in run]
    return float((sizes[-1] / sizes[skip]) ** (1.0 / steps))


@pytest.mark.parametrize("kappa", [3.0, 10.0, 40.0])
def test_the_best_step_and_its_rate(kappa):
    flow = gf.GradientFlow(quadratic([1.0, 0.5 * (1.0 + kappa), kappa], 4), gf.Euclidean())
    x0 = np.linalg.eigh(flow.energy.hessian(np.zeros(3)))[1] @ np.ones(3)
    best = minimize_scalar(lambda dt: measured_factor(flow, dt, x0), bounds=(0.5 / kappa, 2.2 / kappa), method="bounded")
    plan = gradient_descent(1.0, kappa)
    assert best.x == pytest.approx(2.0 / (1.0 + kappa), rel=0.02)
    assert best.fun == pytest.approx((kappa - 1.0) / (kappa + 1.0), rel=0.02)
    assert (plan.dt, plan.factor) == pytest.approx((2.0 / (1.0 + kappa), (kappa - 1.0) / (kappa + 1.0)))


# ---- the long narrow valley, counted -------------------------------------------------------------------------------------------


def counted(kappa, plan, factor=1e-3, **options):
    found = count(valley(kappa), [1.0, 1.0], plan.method, plan.dt, rest=[0.0, 0.0], factor=factor, **options)
    assert found.enough
    return found.iterations


def by_powers(kappa, factor=1e-3):
    """The least k with |(I − ηH)^k (1, 1)| ≤ factor |(1, 1)|, η = 2/(1 + κ): both modes fall by one and the same factor."""
    share, k = (kappa - 1.0) / (kappa + 1.0), 1
    while share**k > factor:
        k *= 2
    low = k // 2
    while k - low > 1:
        middle = (low + k) // 2
        low, k = (low, middle) if share**middle <= factor else (middle, k)
    return k


def test_descent_needs_as_many_steps_as_the_valley_is_narrow():
    for kappa in (1.0, 10.0, 100.0, 1e3):
        assert counted(kappa, gradient_descent(1.0, kappa)) == by_powers(kappa)
    assert counted(1e4, gradient_descent(1.0, 1e4), 0.1) == by_powers(1e4, 0.1)
    kappas = 10.0 ** np.arange(2, 7)
    assert slope(kappas, [by_powers(k) for k in kappas]) == pytest.approx(1.0, abs=0.01)
    assert by_powers(1e6) == 3453878  # κ/2 · ln 1000


@pytest.mark.slow
@pytest.mark.parametrize("kappa", [1e5, 1e6])
def test_descent_step_by_step_in_the_narrowest_valleys(kappa):
    assert counted(kappa, gradient_descent(1.0, kappa), 0.1, most=2_000_000) == by_powers(kappa, 0.1)


@pytest.mark.parametrize("plan", [polyak, nesterov])
def test_momentum_needs_its_root(plan):
    """The steep mode, started at rest, rings up before it falls as k factor^k: what that logarithm adds is seen in the slope."""
    kappas = 10.0 ** np.arange(2, 7)
    counts = [counted(k, plan(1.0, k)) for k in kappas]
    assert slope(kappas, counts) == pytest.approx(0.5, abs=0.045), counts
    assert counts[-1] < by_powers(1e6) / 300


@pytest.mark.parametrize("kappa", [10.0, 1e3, 1e6])
def test_polyaks_iterations_in_closed_form(kappa):
    """At the best step both modes have a double root ±ρ: x_k = (1 + (1 ∓ ρ) k) (±ρ)^k, from x₋₁ = x₀ = 1."""
    k, root = np.arange(20_000), polyak(1.0, kappa).factor
    floor, steep = (1.0 + (1.0 - root) * k) * root**k, (1.0 + (1.0 + root) * k) * root**k
    within = np.hypot(floor, steep) <= 1e-3 * np.sqrt(2.0)
    assert counted(kappa, polyak(1.0, kappa)) == int(np.argmax(within))


@pytest.mark.parametrize("plan", [polyak, nesterov])
@pytest.mark.parametrize("kappa", [4.0, 50.0, 400.0])
def test_momentum_at_its_best_has_the_factor_it_should(plan, kappa):
    """The spectral radius of two steps' recurrence x₊ = a x + b x₋, found from three steps of the method itself on each mode."""
    best, factors = plan(1.0, kappa), []
    for value in np.linspace(1.0, kappa, 41):
        flow = gf.GradientFlow(quadratic([value]), gf.Euclidean())
        x, memory, seen = np.ones(1), best.method.start(flow, 0.0, np.ones(1)), [1.0]
        for _ in range(3):
            step = best.method.step(flow, 0.0, x, best.dt, memory)
            x, memory = step.x, step.memory
            seen.append(float(x[0]))
        a, b = (1.0 + best.method.beta) * (1.0 - best.dt * value), -best.method.beta * (1.0 - best.dt * value)
        if plan is polyak:
            a, b = 1.0 + best.method.beta - best.dt * value, -best.method.beta
        assert seen[1:] == pytest.approx([a + b, a * (a + b) + b, a * (a * (a + b) + b) + b * (a + b)], abs=1e-14)
        factors.append(np.max(np.abs(np.roots([1.0, -a, -b]))))
    assert max(factors) == pytest.approx(best.factor, abs=2e-7)  # a double root is known to the root of rounding


@pytest.mark.parametrize("method", [gf.ImplicitEuler(), gf.SDIRK2(), gf.SDIRK3(), gf.Exponential()], ids=str)
def test_implicit_methods_do_not_see_how_narrow_it_is(method):
    counts = [count(valley(k), [1.0, 1.0], method, 2.0, rest=[0.0, 0.0]).iterations for k in 10.0 ** np.arange(7)]
    assert max(counts) - min(counts) <= 1, counts
    assert 2 <= max(counts) <= 8


def test_the_vanishing_gradient_on_the_floor():
    """κ = 10⁶: on the floor the slope is a millionth of the distance, and tells nothing of how far it is to go."""
    kappa = 1e6
    flow = gf.GradientFlow(quadratic([1.0 / kappa, 1.0]), gf.Euclidean())
    found = count(flow, [1.0, 1.0], gf.ExplicitEuler(), 1.0, factor=1e-5)  # stops by the slope alone
    assert (found.enough, found.iterations) == (True, 1)
    assert np.linalg.norm(found.x) == pytest.approx(1.0, abs=2e-6)
    assert found.slope == pytest.approx(1e-6, rel=1e-5)
    assert found.value == pytest.approx(5e-7, rel=1e-5)
    far = count(flow, [1.0, 1.0], gf.ExplicitEuler(), 1.0, factor=0.9 / np.sqrt(2.0), rest=[0.0, 0.0], most=1000)
    assert (far.enough, far.iterations) == (False, 1000)  # 105361 it would take to a tenth of the way
    run = evolve(flow, [1.0, 1.0], 5 * kappa)  # by time: SDIRK2 walks the floor in long steps
    assert abs(run.x[0] - np.exp(-5.0)) < 1e-3
    assert len(run.ledger) < 100


ROSENBROCK = gf.Potential(
    lambda x: float((1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2),
    lambda x: np.array([-2.0 * (1.0 - x[0]) - 400.0 * x[0] * (x[1] - x[0] ** 2), 200.0 * (x[1] - x[0] ** 2)]),
    lambda x: np.array([[2.0 - 400.0 * (x[1] - 3.0 * x[0] ** 2), -400.0 * x[0]], [-400.0 * x[0], 200.0]]),
)
LOW, HIGH = 0.399360767487633, 1001.600639232512  # at (1, 1)


def test_the_curved_valley_of_rosenbrock():
    """Its narrowness at rest is 2508, and that is what descent is as slow as, all along."""
    flow, start, rest, dt = gf.GradientFlow(ROSENBROCK, gf.Euclidean()), [-1.2, 1.0], [1.0, 1.0], 1e-3
    near, nearer = (count(flow, start, gf.ExplicitEuler(), dt, factor=f, rest=rest) for f in (1e-2, 1e-3))
    rate = np.log(10.0) / (nearer.iterations - near.iterations)
    assert rate == pytest.approx(-np.log1p(-dt * LOW), rel=0.02)
    assert nearer.iterations > 10_000
    by_slope = count(flow, start, gf.ExplicitEuler(), dt, factor=1e-2)
    assert by_slope.slope < 0.01 * 233.0
    assert np.linalg.norm(by_slope.x - rest) > 1.5  # on the floor, on the far side still, and the slope a hundredth
    with_momentum = count(flow, start, gf.Polyak(0.95), dt, factor=1e-3, rest=rest)
    assert with_momentum.enough
    assert with_momentum.iterations < nearer.iterations / 10
    implicit = gf.relax(flow, start)
    assert np.linalg.norm(implicit.x - rest) < 1e-7
    assert len(implicit.ledger) < 60


# ---- momentum is no descent, and says so ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [gf.Polyak(0.9), gf.Nesterov(0.9)], ids=str)
def test_momentum_has_to_be_allowed_to_rise_and_then_tells_it(method):
    flow = valley(4.0)
    with pytest.raises(gf.BadInput, match=r"^on_rise = reject: \w+ is no descent: give on_rise=\"report\""):
        evolve(flow, [1.0, 1.0], 5.0, method=method, dt=0.1)
    with pytest.raises(gf.BadInput, match="its steps cannot be adapted: give dt"):
        evolve(flow, [1.0, 1.0], 5.0, method=method, on_rise="report")
    run = evolve(flow, [1.0, 1.0], 5.0, method=method, dt=0.1, on_rise="report")
    assert run.largest_increase > 1e-3
    assert "a step raised the energy by" in run.message
    rest = evolve(flow, [1.0, 1.0], method=method, dt=0.1, on_rise="report")
    assert rest.status == "at rest"
    assert np.linalg.norm(rest.x) < 1e-6


def test_polyaks_function_falls_where_his_momentum_is_small():
    """V + (β/2τ)|x₁ − x₀|² does not rise for τ ≤ 2(1 − β)/λ_max, whatever V does."""
    flow, beta, high = gf.GradientFlow(quadratic([1.0, 7.0, 30.0], 2), gf.Euclidean()), 0.8, 30.0
    for dt, falls in ((2.0 * (1.0 - beta) / high, True), (2.0 * (1.0 + beta) / high * 0.99, False)):
        seen = list(gf.steps(flow, [1.0, -2.0, 0.5], method=gf.Polyak(beta), dt=dt, on_rise="report", max_steps=200))
        pairs = zip(seen[1:], seen[:-1], strict=True)
        total = np.array([now.energy + 0.5 * beta / dt * np.sum((now.x - last.x) ** 2) for now, last in pairs])
        assert (np.max(np.diff(total)) <= 1e-14 * total[0]) == falls


WRONG = [(gf.Polyak, 1.0), (gf.Polyak, -0.1), (gf.Nesterov, 1.0), (gf.Nesterov, -0.1), (gf.Nesterov, np.nan)]


@pytest.mark.parametrize(("method", "beta"), WRONG)
def test_momenta_that_are_none(method, beta):
    with pytest.raises(gf.BadInput, match=r"^beta = "):
        method(beta)


@pytest.mark.parametrize("plan", [gradient_descent, polyak, nesterov])
@pytest.mark.parametrize("ends", [(0.0, 1.0), (2.0, 1.0), (-1.0, 1.0), (1.0, np.inf)])
def test_eigenvalues_that_are_no_valley(plan, ends):
    with pytest.raises(gf.BadInput):
        plan(*ends)


def test_counts_that_cannot_be():
    with pytest.raises(gf.BadInput, match=r"^rest = array of shape \(3,\)"):
        count(valley(2.0), [1.0, 1.0], gf.ExplicitEuler(), 0.1, rest=[0.0, 0.0, 0.0])
    with pytest.raises(gf.BadInput, match=r"^factor = "):
        count(valley(2.0), [1.0, 1.0], gf.ExplicitEuler(), 0.1, factor=0.0)
    few = count(valley(100.0), [1.0, 1.0], gf.ExplicitEuler(), 0.01, rest=[0.0, 0.0], most=5)
    assert (few.iterations, few.enough) == (5, False)
    gone = count(valley(100.0), [1.0, 1.0], gf.ExplicitEuler(), 1.0, rest=[0.0, 0.0])
    assert not gone.enough
