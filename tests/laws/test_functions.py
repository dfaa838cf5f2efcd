"""Potentials as plain Python functions: derivatives taken by scipy.differentiate, and said to be."""

import numpy as np
import pytest
import sympy

import geoflow as gf
from geoflow.formula import Formula
from geoflow.formula.derivatives import expression
from geoflow.protocols import HasHessian

FORMULAS = {
    1: "(x**2 - 1)**2/4 + sin(3*x)",
    2: "(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
    3: "exp(x - y)*z**2 + x**2 + y**4",
    6: "x1**4 + x2**2*x3 + cos(x4) + x5*x6 + exp(x6/3)",
}


def plain(text: str) -> tuple[gf.Potential, gf.Potential]:
    """A formula, and the same as a function of one point that nothing else is known of."""
    formula = gf.Potential(text)

    def value(x: np.ndarray) -> float:
        assert x.shape == (len(formula.variables),)
        return formula.value(x)

    return formula, gf.Potential(value)


@pytest.mark.parametrize("d", FORMULAS)
def test_the_derivatives_are_right_in_every_dimension(d: int) -> None:
    formula, function = plain(FORMULAS[d])
    for x in np.random.default_rng(d).uniform(-1.5, 1.5, size=(2, d)):
        scale = max(1.0, abs(formula.value(x)))
        np.testing.assert_allclose(function.differential(x), formula.differential(x), rtol=1e-9, atol=1e-10 * scale)
        np.testing.assert_allclose(function.hessian(x), formula.hessian(x), rtol=1e-6, atol=1e-7 * scale)
        halfway = gf.Potential(function.value, formula.differential)
        np.testing.assert_allclose(halfway.hessian(x), formula.hessian(x), rtol=1e-9, atol=1e-9 * scale)
        assert np.array_equal(function.hessian(x), function.hessian(x).T)


def test_they_are_not_exact_and_that_can_be_seen() -> None:
    """Else the tests of the error would be tests of a formula in disguise."""
    formula, function = plain(FORMULAS[2])
    x = np.array([1.7, -0.4])
    gap = np.max(np.abs(function.differential(x) - formula.differential(x)))
    assert 0.0 < gap < 1e-9


def test_whose_they_are_is_said() -> None:
    formula, function = plain(FORMULAS[2])
    assert formula.derivatives == "exact"
    assert function.derivatives == gf.Marbles(function).derivatives == "by scipy.differentiate"
    assert gf.Potential(function.value, formula.differential, formula.hessian).derivatives == "given"
    half = gf.Potential(function.value, formula.differential)
    assert half.derivatives == "given, the hessian by scipy.differentiate"
    assert gf.offers(function, HasHessian)
    assert not gf.offers(half, HasHessian)
    flow = gf.GradientFlow(function, gf.Euclidean())
    assert gf.evolve(flow, [1.0, 1.0], 0.1).message.endswith("; derivatives by scipy.differentiate")
    assert "scipy" not in gf.evolve(gf.GradientFlow(formula, gf.Euclidean()), [1.0, 1.0], 0.1).message
    judged = gf.check_derivatives(function, [1.0, 1.3])
    assert judged.good
    assert "derivatives by scipy.differentiate" in str(judged)


def himmelblau(x: np.ndarray) -> float:
    return float((x[0] ** 2 + x[1] - 11.0) ** 2 + (x[0] + x[1] ** 2 - 7.0) ** 2)


def rosenbrock(x: np.ndarray) -> float:
    return float(100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2)


@pytest.mark.parametrize(("text", "function"), [(FORMULAS[2], himmelblau), ("100*(y - x**2)**2 + (1 - x)**2", rosenbrock)])
def test_such_a_marble_comes_to_rest_where_the_formula_does(text: str, function: object) -> None:
    """Its differential has an error, which must not keep it from being at rest."""
    flows = [gf.GradientFlow(gf.Potential(given), gf.Euclidean()) for given in (text, function)]
    exact, timed = (gf.evolve(flow, [-0.4, 0.9], 0.01, dt=0.001) for flow in flows)
    np.testing.assert_allclose(timed.x, exact.x, rtol=0, atol=1e-9)
    exact, rest = (gf.evolve(flow, [0.7, 0.6], max_steps=2000) for flow in flows)
    assert exact.status == rest.status == "at rest"
    np.testing.assert_allclose(rest.x, exact.x, rtol=0, atol=1e-6)
    assert len(rest.t) < 1.2 * len(exact.t)


def test_states_of_any_shape_and_functions_of_many_points() -> None:
    chain = gf.Potential(lambda x: float(np.sum(x**2)))
    x = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(chain.differential(x), 2.0 * x, atol=1e-10)
    np.testing.assert_allclose(chain.hessian(x), 2.0 * np.eye(6), atol=1e-6)

    def many(x: np.ndarray) -> np.ndarray:
        seen.append(x.shape)
        return x[..., 0] ** 2 * x[..., 1]

    many.vectorised, seen = True, []
    energy, points = gf.Potential(many), np.random.default_rng(3).normal(size=(4, 5, 2))
    x, y = points[..., 0], points[..., 1]
    np.testing.assert_allclose(energy.differential(points), np.stack([2.0 * x * y, x**2], axis=-1), atol=1e-9)
    assert len(seen) < 20  # for 20 points: all of them at once
    rows = [np.stack([2.0 * y, 2.0 * x], axis=-1), np.stack([2.0 * x, 0.0 * x], axis=-1)]
    np.testing.assert_allclose(energy.hessian(points), np.stack(rows, axis=-2), atol=1e-6)
    assert gf.Marbles(energy).value(points[0]) == pytest.approx(float(np.sum(x[0] ** 2 * y[0])))


def test_at_the_edge_of_its_domain_a_function_is_asked_closer_by() -> None:
    edge = gf.Potential(lambda x: float(np.log(x[0])) if x[0] > 0.0 else float("nan"))
    for x in (1.0, 1e-2, 1e-4):
        np.testing.assert_allclose(edge.differential(np.array([x])), [1.0 / x], rtol=1e-8)
        np.testing.assert_allclose(edge.hessian(np.array([x])), [[-1.0 / x**2]], rtol=1e-5)
    assert np.isnan(edge.differential(np.array([-1.0])))


def test_exponents_are_exact_to_sympy_and_factors_are_not() -> None:
    """Whole ones and halves, so that powers are added up and differentiated without rounding; 0.1 stays what it is."""
    whole, _ = expression(Formula("3*x**3 + 0.1*x**2.5 + x**-2*7"))
    powers = {power.exp for power in whole.atoms(sympy.Pow)}
    assert powers == {sympy.Integer(3), sympy.Rational(5, 2), sympy.Integer(-2)}
    assert {float(number) for number in whole.atoms(sympy.Float)} == {3.0, 0.1, 7.0}
