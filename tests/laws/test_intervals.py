"""Interval arithmetic encloses: on random boxes, wide and narrow, at every kind of function; and it is not idle about it."""

import numpy as np
import pytest

from geoflow.formula import FUNCTIONS, OPERATORS, Formula
from geoflow.formula.derivatives import derivatives
from geoflow.formula.enclosures import enclosures
from geoflow.formula.intervals import EXTENSIONS

RNG = np.random.default_rng(500)
TEXTS = [
    "x**2 - y",
    "exp(x)*cos(y) - x - 1",
    "sin(x*y)/(x + 3) + tan(y)",
    "asin(x/5) + acos(y/9)*atan(x)",
    "atan2(y, x)*x",
    "sinh(x)*cosh(y) - tanh(x*y)",
    "asinh(x) + acosh(y + 5) + atanh(x/7)",
    "log(x + 4)*sqrt(y + 4)",
    "abs(x)*y + sign(y)*x**3",
    "min(x, y, 1)*max(x, -y)",
    "hypot(x, y) + 0.1*x",
    "x**-3 + y**5",
    "(x + 5)**y",
    "(x + 4)**2.5 + (x + 3.5)**(1/3) + pi*y**100",
    "log(x) + sqrt(y)",
    "-x**-0.5*+y",
    "e**x/7",
]


def test_every_word_of_the_language_is_here_and_tried() -> None:
    assert set(EXTENSIONS) == set(FUNCTIONS) | set(OPERATORS)
    tried = {entry.name for text in TEXTS for entry in Formula(text).tape if hasattr(entry, "name")}
    assert tried == set(EXTENSIONS)


@pytest.mark.parametrize("text", TEXTS)
def test_values_and_derivatives_lie_in_their_enclosures(text: str) -> None:
    formula = Formula(text)
    E, D = enclosures(formula), derivatives(formula)
    centre, reach = RNG.uniform(-3.0, 3.0, (800, 2)), 10.0 ** RNG.uniform(-12.0, 0.3, (800, 2))
    lo, hi = centre - reach, centre + reach
    bounds = [E.value(lo, hi)[0], E.gradient(lo, hi), E.hessian(lo, hi)]
    inside = 0
    for _ in range(20):
        part = RNG.random((800, 2))
        x = np.clip(lo + np.where(RNG.random((800, 2)) < 0.3, np.round(part), part) * (hi - lo), lo, hi)
        value = formula(*x.T)
        here = np.isfinite(value)
        inside += int(np.sum(here))
        given = [value, np.moveaxis(D.gradient(*x.T), 0, -1), np.moveaxis(D.hessian(*x.T), (0, 1), (-2, -1))]
        for (low, high), v in zip(bounds, given, strict=True):
            checked = np.isfinite(v) & here.reshape(-1, *[1] * (v.ndim - 1))
            assert np.all((low <= v) & (v <= high) | ~checked)
    assert inside > 3000


@pytest.mark.parametrize("text", [t for t in TEXTS if "min" not in t and "sign" not in t])
def test_enclosures_shrink_with_their_boxes(text: str) -> None:
    """A box of half side r around a point has an enclosure of width O(r): a factor of 10 in r is one in the width."""
    formula = Formula(text)
    E, centre = enclosures(formula), RNG.uniform(0.2, 1.4, (200, 2))
    widths = []
    for r in (1e-3, 1e-4, 1e-5):
        (low, high), smooth = E.value(centre - r, centre + r)
        assert np.all(smooth)
        widths.append(np.median(high - low))
    assert 8.0 < widths[0] / widths[1] < 12.5
    assert 8.0 < widths[1] / widths[2] < 12.5


def test_numbers_are_rounded_outwards() -> None:
    """0.1 + 0.2 − 0.3 is 2⁻⁵⁵·(1/1) in exact arithmetic on the doubles: 0.1, 0.2, 0.3 sum to 2.7756e-17, which is inside."""
    (low, high), _ = enclosures(Formula("x + y - 0.3")).value(np.array([[0.1, 0.2]]), np.array([[0.1, 0.2]]))
    exact = sum(int(v * 2**60) * s for v, s in ((0.1, 1), (0.2, 1), (0.3, -1))) / 2**60
    assert low[0] <= exact <= high[0]
    assert 0.0 < high[0] - low[0] < 1e-15


@pytest.mark.parametrize(
    ("text", "box", "bounds"),
    [
        ("1/x", (-1.0, 2.0), (-np.inf, np.inf)),
        ("1/x", (0.0, 2.0), (0.5, np.inf)),
        ("log(x)", (-1.0, 1.0), (-np.inf, 0.0)),
        ("log(x)", (-2.0, -1.0), (np.nan, np.nan)),
        ("sqrt(x)", (-4.0, 4.0), (0.0, 2.0)),
        ("x**2", (-1.0, 2.0), (0.0, 4.0)),
        ("x**3", (-1.0, 2.0), (-1.0, 8.0)),
        ("sin(x)", (1.0, 2.0), (np.sin(1.0), 1.0)),
        ("cos(x)", (3.0, 4.0), (-1.0, np.cos(4.0))),
        ("sin(x)", (1e300, 2e300), (-1.0, 1.0)),
        ("tan(x)", (1.0, 2.0), (-np.inf, np.inf)),
        ("exp(x)", (700.0, 800.0), (np.exp(700.0), np.inf)),
        ("asin(x)", (0.5, 3.0), (np.arcsin(0.5), np.pi / 2)),
        ("acosh(x)", (-1.0, 0.5), (np.nan, np.nan)),
        ("abs(x)", (-3.0, 2.0), (0.0, 3.0)),
        ("0*exp(exp(x))", (0.0, 9.0), (0.0, 0.0)),
    ],
)
def test_known_ranges(text: str, box: tuple, bounds: tuple) -> None:
    (low, high), _ = enclosures(Formula(text, ("x",))).value(np.array([[box[0]]]), np.array([[box[1]]]))
    np.testing.assert_allclose([low[0], high[0]], bounds, rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize(
    "text", ["abs(x)", "sign(x)", "sqrt(x)", "log(x)", "1/x", "x**0.5", "max(x, -x)", "hypot(x, 0)", "x**-1", "asin(x + 1)"]
)
def test_kinks_poles_and_edges_are_no_place_for_mean_values(text: str) -> None:
    E = enclosures(Formula(text, ("x",)))
    smooth = E.value(np.array([[-0.5], [0.5]]), np.array([[0.5], [0.9]]))[1]
    assert not smooth[0]
    assert smooth[1] or text.startswith("asin")
