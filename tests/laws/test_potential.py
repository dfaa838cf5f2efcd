"""Potentials by formula: value, differential and hessian, vectorised; and the judge of derivatives, on right and wrong ones."""

import numpy as np
import pytest

import geoflow as gf
from geoflow.derivative_check import _derivative
from geoflow.formula import FUNCTIONS, Formula
from geoflow.formula.derivatives import Derivatives
from geoflow.protocols import HasHessian
from tests.errors.fire import timely
from tests.laws.cases import ENERGIES, EnergyCase, well

RNG = np.random.default_rng(50)


def test_the_pass_of_the_book() -> None:
    """e^x cos y − x − 1: a saddle at the origin with eigenvalues ±1."""
    energy = gf.Potential("exp(x)*cos(y) - x - 1")
    origin = np.zeros(2)
    assert energy.value(origin) == 0.0
    np.testing.assert_array_equal(energy.differential(origin), [0.0, 0.0])
    np.testing.assert_allclose(np.linalg.eigvalsh(energy.hessian(origin)), [-1.0, 1.0], atol=1e-15)
    x, y = RNG.normal(size=2)
    exact = [np.exp(x) * np.cos(y) - 1.0, -np.exp(x) * np.sin(y)]
    np.testing.assert_allclose(energy.differential([x, y]), exact, rtol=1e-14)


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (0,), (2, 1, 3)])
def test_vectorised_over_leading_axes(shape: tuple) -> None:
    energy, points = gf.Potential("x**2*y + sin(z) + 2"), RNG.normal(size=(*shape, 3))
    values, slopes, bends = energy.value(points), energy.differential(points), energy.hessian(points)
    assert np.shape(values) == shape
    assert slopes.shape == (*shape, 3)
    assert bends.shape == (*shape, 3, 3)
    x, y, z = np.moveaxis(points, -1, 0)
    np.testing.assert_allclose(values, x * x * y + np.sin(z) + 2.0, rtol=1e-14)
    np.testing.assert_allclose(slopes, np.stack([2.0 * x * y, x * x, np.cos(z)], axis=-1), rtol=1e-14)
    for place in np.ndindex(shape):
        one = points[place]
        np.testing.assert_array_equal(bends[place], energy.hessian(one))
        np.testing.assert_array_equal(bends[place], bends[place].T)
    assert isinstance(gf.Potential("x").value([1.0]), float)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("y**2/2", ("x", "y")),
        ("x", ("x",)),
        ("sin(w)", ("x", "y", "z", "w")),
        ("x3*x1", ("x1", "x2", "x3")),
        ("exp(z) + 0*x", ("x", "y", "z")),
        ("3", ("x",)),
    ],
)
def test_variables_are_those_up_to_the_last_in_use(text: str, names: tuple) -> None:
    assert gf.Potential(text).variables == names
    assert gf.Potential(text).differential(np.full(len(names), 0.5)).shape == (len(names),)


def test_variables_may_be_named() -> None:
    energy = gf.Potential("a*b**2", variables=("b", "a"))
    np.testing.assert_array_equal(energy.differential([3.0, 2.0]), [12.0, 9.0])


@pytest.mark.parametrize("text", ["x1 + y", "q", "x + q", "__import__('os')", "x.y", "", "x^2"])
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(gf.BadInput) as error:
        gf.Potential(text)
    assert "\n" not in str(error.value)
    assert "^" in error.value.detail


def test_wrong_sizes_are_refused() -> None:
    energy = gf.Potential("x*y")
    for bad in (1.0, [1.0], [1.0, 2.0, 3.0], np.ones((2, 3))):
        for ask in (energy.value, energy.differential, energy.hessian):
            with pytest.raises(gf.BadInput, match="x, y"):
                ask(bad)
    with pytest.raises(gf.BadInput, match="x, y"):
        gf.evolve(gf.GradientFlow(energy, gf.Euclidean()), [1.0, 2.0, 3.0], 1.0)


def test_a_formula_or_functions_the_same_run() -> None:
    by_text = gf.Potential("(x**2 - 1)**2/4 + y**2/2")
    runs = [gf.evolve(gf.GradientFlow(e, gf.Euclidean()), [0.3, 0.4], 2.0) for e in (by_text, well())]
    np.testing.assert_allclose(runs[0].x, runs[1].x, rtol=0, atol=1e-12)
    assert {r.method for r in runs} == {"SDIRK2"}
    plain = gf.Potential(well().value, well().differential)
    assert not gf.offers(plain, HasHessian)
    assert gf.offers(by_text, HasHessian)


def test_many_marbles_are_one_state() -> None:
    """Each goes its own way, and as it would alone."""
    energy, starts = gf.Potential("(x**2 - 1)**2/4 + y**2/2"), RNG.uniform(-2.0, 2.0, size=(6, 2))
    together = gf.evolve(gf.GradientFlow(gf.Marbles(energy), gf.Euclidean()), starts, 1.0, rtol=1e-6)
    for start, end in zip(starts, together.x, strict=True):
        alone = gf.evolve(gf.GradientFlow(energy, gf.Euclidean()), start, 1.0, rtol=1e-6)
        np.testing.assert_allclose(end, alone.x, rtol=0, atol=2e-5)
    functions = gf.Marbles(well())
    assert functions.value(starts) == pytest.approx(gf.Marbles(energy).value(starts), rel=1e-14)
    np.testing.assert_allclose(functions.differential(starts), gf.Marbles(energy).differential(starts), atol=1e-14)
    assert not gf.offers(gf.Marbles(gf.Potential(well().value, well().differential)), HasHessian)


def test_a_thousand_marbles_take_a_step_together() -> None:
    """One hessian of blocks, and a rounding that is every marble's own, however much their values cancel."""
    energy, starts = gf.Potential("x**2*y + cosh(y) - 1000"), RNG.normal(size=(1000, 2))
    many = gf.Marbles(energy)
    hessian = many.hessian(starts)
    assert hessian.shape == (2000, 2000)
    assert hessian.nnz == 4000
    np.testing.assert_array_equal(hessian.data[417], energy.hessian(starts[417]))
    lifted = gf.Marbles(gf.Potential("1e6*x", variables=("x", "y")))
    pair = np.array([[1.0, 0.0], [-1.0, 0.0]])
    assert lifted.value(pair) == 0.0
    assert lifted.rounding(pair, 0.0) == pytest.approx(16.0 * 1e6 * np.finfo(float).eps)
    run = gf.evolve(gf.GradientFlow(gf.Marbles(gf.Potential("(x**2 - 1)**2/4 + y**2/2")), gf.Euclidean()), starts, dt=0.2)
    assert run.status == "at rest"
    np.testing.assert_allclose(np.abs(run.x), np.broadcast_to([1.0, 0.0], run.x.shape), atol=2e-5)


# ---- derivatives of formulas --------------------------------------------------------------------------------------------

ARGUMENTS = {
    "asin": "0.6*sin(x*y)",
    "acos": "0.6*sin(x*y)",
    "atanh": "0.6*sin(x*y)",
    "acosh": "2 + x**2",
    "log": "1 + x**2*y**2",
    "sqrt": "1 + x**2*y**2",
    "atan2": "x + y, 2 + x*y",
    "hypot": "x + 3, y",
    "min": "x*y, x - y, 0.3",
    "max": "x*y, x - y, 0.3",
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_derivatives(name: str) -> None:
    for text in (f"{name}({ARGUMENTS.get(name, 'x + 2*y - x*y')})", f"x*{name}({ARGUMENTS.get(name, 'x*y + 0.3')})**2 - y"):
        for _ in range(5):
            found = gf.check_derivatives(gf.Potential(text, variables=("x", "y")), RNG.uniform(0.2, 1.2, size=2))
            assert found.good, f"{text}: {found}"
            assert found.hessian < 1e-6


@pytest.mark.parametrize(
    ("text", "slope"),
    [
        ("abs(x)", np.sign),
        ("x*abs(x)", lambda x: 2.0 * np.abs(x)),
        ("sign(x)*x**2", lambda x: 2.0 * np.abs(x)),
        ("max(x, 0)**2", lambda x: 2.0 * np.maximum(x, 0.0)),
        ("min(x, 1 - x)", lambda x: np.sign(0.5 - x)),
        ("x**x", lambda x: x**x * (np.log(x) + 1.0)),
        ("2**x", lambda x: np.log(2.0) * 2.0**x),
        ("x**3", lambda x: 3.0 * x**2),
        ("x**0.5", lambda x: 0.5 / np.sqrt(x)),
        ("x**-1.5", lambda x: -1.5 * x**-2.5),
        ("1/(1 + x**2)", lambda x: -2.0 * x / (1.0 + x**2) ** 2),
        ("exp(-x**2/2)", lambda x: -x * np.exp(-(x**2) / 2.0)),
        ("x*pi - e", lambda x: np.pi + 0.0 * x),
        ("7", lambda x: 0.0 * x),
    ],
)
def test_derivatives_by_hand(text: str, slope: object) -> None:
    x = np.linspace(0.1, 2.3, 12) if "x**x" in text or "0.5" in text or "1.5" in text else np.linspace(-2.05, 2.1, 12)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(Derivatives(Formula(text, ("x",))).gradient(x)[0], slope(x), rtol=1e-13, atol=1e-14)


def test_powers_at_zero() -> None:
    energy = gf.Potential("x**2 + y**3 + x*y")
    np.testing.assert_array_equal(energy.differential([0.0, 0.0]), [0.0, 0.0])
    np.testing.assert_array_equal(energy.hessian([0.0, 0.0]), [[2.0, 1.0], [1.0, 0.0]])


def test_where_there_is_no_derivative_there_is_nan_or_infinity_and_no_noise() -> None:
    for text in ("log(x)", "1/x", "sqrt(x)", "(-2)**x", "0**x + 1", "x/0", "log(-1)*x"):
        slope = gf.Potential(text).differential([0.0])
        assert not np.all(np.isfinite(slope)), text


WORST = {
    "giant numbers": "9**9**9*x + (3*x)**(10**9)",
    "towers": "2**x**x**x + ((x + 1)**50)**50",
    "nested sines": "sin(" * 55 + "x" + ")" * 55,
    "a product of many": "*".join(f"(x + {k}*y)" for k in range(30)),
    "a sum of many": "+".join(f"exp(-{k}*x**2)" for k in range(50)),
    "a chain of quotients": "x/" + "/".join(f"(x + {k}*y)" for k in range(1, 25)),
    "powers of powers": "(" * 30 + "x" + ")**x" * 30,
    "a longer product": "*".join(f"(x + {k}*y)" for k in range(70)),
    "a hundred factors": "*".join(f"(x + {k})" for k in range(100)),
    "nested angles": "atan2(" * 29 + "x*y" + ",x)" * 29,
}


@pytest.mark.parametrize("case", WORST)
def test_no_formula_hangs(case: str) -> None:
    def all_of_it() -> None:
        energy = gf.Potential(WORST[case], variables=("x", "y"))
        energy.differential([0.3, 0.7])
        energy.hessian([0.3, 0.7])

    timely(all_of_it)


# ---- the judge ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "df"), [(np.exp, np.exp), (np.sin, np.cos), (lambda x: 1.0 / x, lambda x: -1.0 / x**2)])
def test_the_judges_own_derivatives_are_good_to_twelve_digits(f, df) -> None:
    """Central differences, extrapolated: an error of h⁴ against rounding over h, ε to the power 4/5."""
    for x in (0.3, 0.7, 1.0, 2.0, 5.0):
        slope, _ = _derivative(lambda y: np.asarray(f(y[0])), np.array([x]), np.ones(1))
        assert float(slope) == pytest.approx(df(x), rel=1e-12)


@pytest.mark.parametrize("case", ENERGIES, ids=str)
def test_the_judge_finds_nothing_wrong_with_what_ships(case: EnergyCase) -> None:
    found = gf.check_derivatives(case.energy, case.state(np.random.default_rng(51)))
    assert found.good, str(found)
    assert found.verdict == "fine"
    assert type(case.energy).__name__ in str(found)


def test_the_judge_on_films_and_marbles() -> None:
    film = gf.soap_film(gf.Wire.named("saddle"), 17)
    u = film.start + 0.1 * RNG.normal(size=film.grid.shape)
    assert gf.check_derivatives(film.flow.energy, u).good
    assert gf.check_derivatives(gf.Marbles(gf.Potential("x**2*y")), RNG.normal(size=(4, 2))).good
    assert gf.check_derivatives(gf.Potential(lambda x: 3.0, lambda x: 0.0 * x), [1.0, 2.0]).good


class Planted:
    """Area with something wrong with it."""

    def __init__(self, fault: str) -> None:
        self.fault, self.area = fault, gf.GraphArea(gf.Grid((0.0, 1.0, 0.0, 1.0), (9, 9)))

    def value(self, u: np.ndarray) -> float:
        return self.area.value(u) * (1.0 + 1e-4 * (self.fault == "value"))

    def differential(self, u: np.ndarray) -> np.ndarray:
        p = self.area.differential(u)
        if self.fault == "factor":
            p *= 1.001
        elif self.fault == "a missing term":
            p = p + 0.01
        elif self.fault == "a sign":
            p[3, 4] *= -1.0
        elif self.fault == "turned":
            p += 0.01 * np.roll(u, 1, axis=0)
        return p

    def hessian(self, u: np.ndarray) -> object:
        return self.area.hessian(u).times(1.01 if self.fault == "hessian" else 1.0)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ("none", "fine"),
        ("value", "not the derivative"),
        ("factor", "not the derivative"),
        ("a missing term", "not the derivative"),
        ("a sign", "no gradient"),
        ("turned", "no gradient"),
        ("hessian", "wrong hessian"),
    ],
)
def test_the_judge_names_what_is_wrong(fault: str, verdict: str) -> None:
    found = gf.check_derivatives(Planted(fault), RNG.normal(size=(9, 9)))
    assert found.verdict == verdict
    assert found.good == (fault == "none")
    assert str(found).startswith("Planted: ")
    assert "\n" not in str(found)


def test_a_rotation_is_no_gradient() -> None:
    field = gf.Potential(lambda x: 0.5 * float(x @ x), lambda x: np.array([x[0] - x[1], x[1] + x[0]]))
    assert gf.check_derivatives(field, [0.3, -0.7]).verdict == "no gradient"
    entry = gf.Potential(lambda x: float(x[0] ** 2 + x[1]), lambda x: np.array([2.0 * x[0], 2.0]))
    found = gf.check_derivatives(entry, [0.3, -0.7])
    assert found.verdict == "not the derivative"
    assert "entry [1] it is 2 and should be 1" in str(found)


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e10])
def test_the_judge_is_not_misled_by_a_large_constant(offset: float) -> None:
    state = [0.3, -0.8, 1.7]
    right = gf.Potential(lambda x: offset + float(x @ x) / 2.0, lambda x: 1.0 * x)
    assert gf.check_derivatives(right, state).verdict == "fine"
    wrong = gf.Potential(lambda x: offset + float(x @ x) / 2.0, lambda x: 1.01 * x)
    assert gf.check_derivatives(wrong, state).verdict == "not the derivative"


def test_the_judge_near_the_end_of_the_numbers() -> None:
    for factor, verdict in ((1.0, "fine"), (2.0, "not the derivative")):
        steep = gf.Potential(lambda x: float(np.exp(700.0 + x[0])), lambda x, c=factor: c * np.exp(700.0 + x))
        assert gf.check_derivatives(steep, [0.3]).verdict == verdict
    found = gf.check_derivatives(gf.Potential("sqrt(x)"), [1e-9])
    assert (found.verdict, found.good) == ("undecided", False)
    assert "its value is not finite near the state (along entry [0])" in str(found)


def test_the_judge_refuses_what_is_no_state() -> None:
    for bad in (np.nan, [], [[1.0, np.inf]], "x"):
        with pytest.raises(gf.BadInput):
            gf.check_derivatives(gf.Potential("x**2"), bad)
