"""Formulas: what is on the list agrees with NumPy, everything else is refused in one line, and nothing is executed."""

import ast
import builtins
import os

import numpy as np
import pytest

import geoflow as gf
from geoflow.errors import BadInput
from geoflow.formula import FUNCTIONS, MAX_DEPTH, MAX_LENGTH, MAX_NODES, BadFormula, Formula
from geoflow.formula.reader import _Reader

HOSTILE = [  # text, what the line must name, column
    ("x^2 + 1", "'^' at column 2 is not power: write x**2", 2),
    ("(x + 1)^2", "write ** instead", 8),
    ("2x", "write 2*x", 2),
    ("2 y", "write 2*y", 3),
    ("2(x + 1)", "write 2*(…)", 2),
    ("(x)(y)", "(…)*(…)", 4),
    ("(x)y", "(…)*y", 4),
    ("x y", "write x*y", 3),
    ("x.5", "write x*.5", 2),
    ("x(y)", "'x' at column 1 is not a function: write x*(…)", 1),
    ("pi(x)", "'pi' at column 1 is not a function", 1),
    ("sin x", "write sin(x)", 1),
    ("sin + 1", "'sin' at column 1 is a function", 1),
    ("0x10", "write 0*x10", 2),
    ("1.2.3", "lacks a sign", 4),
    ("x + foo", "'foo' at column 5 is unknown: the variables are x, y", 5),
    ("z", "the variables are x, y", 1),
    ("sine(x)", "did you mean sin or sinh?", 1),
    ("arcsin(x)", "did you mean asin", 1),
    ("eval(x)", "'eval' at column 1", 1),
    ("where(x, y)", "'where' at column 1", 1),
    ("__import__('os').system('true')", "at column 12", 12),
    ("__import__(x)", "'__import__' at column 1", 1),
    ("x.real", "'.' at column 2", 2),
    ("(1).__class__", "'.' at column 4", 4),
    ("sin.__globals__", "'.' at column 4", 4),
    ("x[0]", "'[' at column 2", 2),
    ("[x]", "'[' at column 1", 1),
    ("{x}", "'{' at column 1", 1),
    ('"x"', "'\"' at column 1", 1),
    ("f'{x}'", "at column 2: a formula holds no text", 2),
    ("`x`", "'`' at column 1", 1),
    ("sin()", "'sin' at column 1 is given 0 and takes 1", 1),
    ("sin(x, y)", "is given 2 and takes 1 argument", 1),
    ("atan2(x)", "is given 1 and takes 2 arguments", 1),
    ("min(x)", "is given 1 and takes 2 or more", 1),
    ("sin(x=1)", "'=' at column 6", 6),
    ("sin(*x)", "'*x' at column 5", 5),
    ("sin(**x)", "at column", None),
    ("z = x", "'=' at column 3", 3),
    ("x == y", "'=' at column 3", 3),
    ("x < y", "'<' at column 3", 3),
    ("(x := 1)", "':' at column 4", 4),
    ("lambda x", "'lambda' at column 1", 1),
    ("lambda: 1", "':' at column 7", 7),
    ("(i for i in x)", "'for' at column 4", 4),
    ("x if y else 1", "'if' at column 3", 3),
    ("x and y", "'and' at column 3", 3),
    ("not x", "'not' at column 1", 1),
    ("yield x", "'yield' at column 1", 1),
    ("await x", "'await' at column 1", 1),
    ("None", "'None' at column 1", 1),
    ("True", "'True' at column 1", 1),
    ("...", "'.' at column 1", 1),
    ("x // y", "'//' at column 3", 3),
    ("x % y", "'%' at column 3", 3),
    ("x @ y", "'@' at column 3", 3),
    ("~x", "'~' at column 1", 1),
    ("x # y", "'#' at column 3", 3),
    ("x; y", "';' at column 2", 2),
    ("x\\", "'\\' at column 2", 2),
    ("x, y", "'x, y' at column 1", 1),
    ("()", "'()' at column 1", 1),
    ("x,", "',' at column 2", 2),
    ("x +", "'+' at column 3 has nothing after it", 3),
    ("* x", "'*' at column 1", 1),
    ("x */ y", "'/' at column 4", 4),
    ("sin(x", "'(' at column 4 is never closed", 4),
    ("x)", "')' at column 2 closes nothing", 2),
    (")x(", "')' at column 1 closes nothing", 1),
    ("007", "column 1", None),
    ("1__0", "something is missing or too much", None),
    ("1j", "'1j' at column 2 is complex", 1),
    ("2.5e3J", "is complex", 1),
    ("nan", "'nan' at column 1 is not a finite number", 1),
    ("-inf", "'inf' at column 2 is not a finite number", 2),
    ("1e999", "'1e999' at column 1 is too large", 1),
    ("9" * 400, "is too large for float64", 1),
    ("", "the formula is empty", 1),
    (" \t ", "the formula is empty", 1),
    ("x\x00", "U+0000 at column 2", 2),
    ("x\n+ y", "U+000A at column 2", 2),
    ("\x1b[31mx", "U+001B at column 1", 1),
    ("x\u200b", "U+200B at column 2", 2),
    ("x\ud800", "U+D800 at column 2", 2),
    ("x − 1", "write a plain minus -", 3),
    ("x²", "write **2", 2),
    ("x·y", "write * to multiply", 2),
    ("х + 1", "CYRILLIC SMALL LETTER HA", 1),
    ("π*x", "GREEK SMALL LETTER PI", 1),
    ("𝐥𝐚𝐦𝐛𝐝𝐚", "'lambda' at column 1 is unknown", 1),
    ("x + 1" + " " * MAX_LENGTH, "characters are too many", MAX_LENGTH + 1),
    ("a" * 10**5, "100000 characters are too many", MAX_LENGTH + 1),
    ("q" * 1500, "qqq… at column 1".replace("…", "…'"), 1),
    ("(" * 500 + "x" + ")" * 500, "nested too deep", MAX_DEPTH + 1),
    ("(" * 999, "nested too deep", MAX_DEPTH + 1),
    ("sin(" * 70 + "x" + ")" * 70, "nested too deep", None),
    ("-" * 1900 + "x", "nested too deep", None),
    ("x**" * 100 + "x", "nested too deep", None),
    ("+".join("x" * 251), f"more than {MAX_NODES}", None),
]


@pytest.mark.parametrize(("text", "named", "column"), HOSTILE, ids=[ascii(row[0])[:30] for row in HOSTILE])
def test_hostile_text_is_refused_in_one_line(text, named, column):
    with pytest.raises(BadInput) as caught:
        Formula(text, field="--start")
    message = str(caught.value)
    assert named in message
    assert message.startswith("--start = ")
    assert len(message.splitlines()) == 1 and len(message) < 400
    assert all(c.isprintable() for c in message)
    assert isinstance(caught.value, BadFormula)
    if column is not None:
        assert caught.value.column == column
    shown, caret = caught.value.detail.split("\n")
    assert caret.strip() == "^" and len(caret) <= len(shown) + 1 <= 101


DOORS = {
    "a height": lambda text: gf.Wire.formula(text),
    "a potential": lambda text: gf.Potential(text, variables=("x", "y")),
    "a start": lambda text: gf.soap_film(gf.Wire.formula("0"), 5, f"{text} "),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_refuses_it_with_a_caret(door):
    """The same 100 texts, wherever a number field is taken."""
    assert len(HOSTILE) >= 50
    refused = 0
    for text, _, column in HOSTILE:
        with pytest.raises(BadFormula) as caught:
            DOORS[door](text)
        assert "^" in caught.value.detail.split("\n")[1]
        assert len(str(caught.value).splitlines()) == 1
        refused += column is None or caught.value.column == column
    assert refused >= 50


@pytest.mark.parametrize("value", [None, 5, 1.5, b"x", ["x"], np.float64(1), 10**5000], ids=lambda v: type(v).__name__)
def test_what_is_not_text_is_refused(value):
    with pytest.raises(BadInput, match="a formula is text") as caught:
        Formula(value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("variables", ["xy", ("x", "x"), ("pi",), ("sin",), ("lambda",), ("a b",), (1,), None, ("ｘ",)], ids=repr)
def test_bad_variables_are_refused(variables):
    with pytest.raises(BadInput, match="variables = "):
        Formula("1", variables)


def test_the_caret_stands_under_the_place():
    with pytest.raises(BadFormula) as caught:
        Formula("  ｘ + sin(qq)")
    assert caught.value.column == 11
    assert caught.value.detail == "  ｘ + sin(qq)\n" + " " * 11 + "^"  # ｘ is two columns wide


def test_the_caret_stays_in_sight_in_a_long_text():
    with pytest.raises(BadFormula) as caught:
        Formula("+".join(["x"] * 200) + " + qq")
    shown, caret = caught.value.detail.split("\n")
    assert shown[len(caret) - 1 :] == "qq"


@pytest.mark.parametrize(
    "text",
    [
        "'a'",
        "b'a'",
        "1j",
        "True",
        "None",
        "...",
        "f'{x}'",
        "x.real",
        "x[0]",
        "x[:]",
        "[x]",
        "{x}",
        "{x: y}",
        "(x,)",
        "x == y",
        "x and y",
        "not x",
        "~x",
        "x ^ y",
        "x // y",
        "x % y",
        "x @ y",
        "x << y",
        "x if y else 1",
        "(z := x)",
        "lambda: x",
        "(i for i in x)",
        "[i for i in x]",
        "(yield x)",
        "sin(x, out=y)",
        "sin(*x)",
        "sin(x)(y)",
        "2(x)",
    ],
)
def test_the_walk_alone_refuses_what_the_scan_already_stops(text):
    with pytest.raises(BadFormula):
        list(_Reader(text, ("x", "y"), "formula").walk(ast.parse(text, mode="eval").body))


def test_nothing_is_executed(monkeypatch):
    ran = []
    monkeypatch.setattr(os, "system", ran.append)
    for name in ("eval", "exec", "compile", "__import__"):
        original = getattr(builtins, name)
        monkeypatch.setattr(builtins, name, _watched(original, name, ran))
    x = np.ones(3)
    for text in ("__import__('os').system('x')", "system('x')", "exec(x)", "().__class__", "(lambda: ran.append(1))()"):
        with pytest.raises(BadInput):
            Formula(text)
    Formula("sin(x)*y")(x, x)
    assert ran == []


def _watched(original, name, ran):
    def call(source, *args, **kwargs):
        only_parses = name == "compile" and kwargs.get("flags", args[2] if len(args) > 2 else 0) & 0x400
        if name != "__import__" and not only_parses:
            ran.append(name)
        if source == "os":
            ran.append("import os")
        return original(source, *args, **kwargs)

    return call


AGREE = [
    ("x**2 - y**2", lambda x, y: x**2 - y**2),
    ("(x**2 - 1)**2/4 + y**2/2", lambda x, y: (x**2 - 1) ** 2 / 4 + y**2 / 2),
    ("-x**2", lambda x, y: -(x**2)),
    ("2**3**x", lambda x, y: 2.0 ** (3.0**x)),
    ("x - y - 1", lambda x, y: (x - y) - 1),
    ("x/y/2", lambda x, y: (x / y) / 2),
    ("+x*-y", lambda x, y: x * -y),
    ("log(cos(y)/cos(x))", lambda x, y: np.log(np.cos(y) / np.cos(x))),
    ("sin(2*pi*x)*exp(-y) + e", lambda x, y: np.sin(2 * np.pi * x) * np.exp(-y) + np.e),
    ("atan2(y, x) + arctan2(x, y)", lambda x, y: np.arctan2(y, x) + np.arctan2(x, y)),
    ("min(x, y, 0.5) + max(x, y)", lambda x, y: np.minimum(np.minimum(x, y), 0.5) + np.maximum(x, y)),
    ("hypot(x, y)*sign(x)", lambda x, y: np.hypot(x, y) * np.sign(x)),
    ("ln(abs(x)) + sqrt(abs(y))", lambda x, y: np.log(np.abs(x)) + np.sqrt(np.abs(y))),
    ("tan(x) + asin(x) + acos(y) + atan(x)", lambda x, y: np.tan(x) + np.arcsin(x) + np.arccos(y) + np.arctan(x)),
    ("sinh(x) - cosh(y) + tanh(x)", lambda x, y: np.sinh(x) - np.cosh(y) + np.tanh(x)),
    ("asinh(x) + acosh(2 + y) + atanh(x)", lambda x, y: np.arcsinh(x) + np.arccosh(2 + y) + np.arctanh(x)),
    ("ｘ + .5e-1 + 1_000", lambda x, y: x + 0.05 + 1000),
    ("  x\t", lambda x, y: x),
]


@pytest.mark.parametrize(("text", "reference"), AGREE, ids=[row[0] for row in AGREE])
def test_formulas_agree_with_numpy_bit_for_bit(text, reference):
    x = np.linspace(-0.9, 0.8, 7)
    y = np.linspace(-0.7, 0.9, 5)[:, None]
    with np.errstate(all="ignore"):
        expected = np.broadcast_to(reference(x, y), (5, 7))
    assert np.isfinite(expected).any()
    np.testing.assert_array_equal(Formula(text)(x, y), expected)


def test_every_function_on_the_list_is_tried_above():
    assert [name for name in FUNCTIONS if not any(f"{name}(" in text for text, _ in AGREE) and name != "log"] == []


@pytest.mark.parametrize("shapes", [((), ()), ((3,), ()), ((4, 1), (3,)), ((0,), (1,)), ((2, 3), (2, 3))])
@pytest.mark.parametrize("text", ["1", "x", "pi", "x + y", "min(1, 2)"])
def test_result_has_the_broadcast_shape_and_its_own_memory(text, shapes):
    x, y = (np.ones(shape) for shape in shapes)
    result = Formula(text)(x, y)
    assert result.shape == np.broadcast_shapes(*shapes) and result.dtype == np.float64
    result[...] = 7
    assert not (x == 7).any()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/x", np.inf),
        ("0/x", np.nan),
        ("log(x)", -np.inf),
        ("10**10**10**10", np.inf),
        ("pi**1000", np.inf),
        ("(-8)**(1/3)", np.nan),
        ("sqrt(x - 1)", np.nan),
        ("exp(1000)", np.inf),
        ("9" * 300, 1e300),
    ],
)
def test_no_value_is_nan_or_infinity_without_a_warning(text, value):
    np.testing.assert_array_equal(Formula(text)(0, 0), value)


@pytest.mark.parametrize("text", ["+".join("x" * 240), "(" * 59 + "x" + ")" * 59, "x*y" + "+x*y" * 100])
def test_long_sums_and_the_allowed_depth_are_accepted(text):
    assert Formula(text)(1, 1) == text.count("x")


@pytest.mark.parametrize("value", [1j, "1", None, [[1], [1, 2]], np.array("2020", "M8[D]")], ids=repr)
def test_values_that_are_not_real_are_refused(value):
    with pytest.raises(BadInput, match="x = "):
        Formula("x")(value, 0)


def test_wrong_number_of_values_and_shapes_that_do_not_fit():
    with pytest.raises(BadInput, match=r"called with \(x, y\)"):
        Formula("x")(1)
    with pytest.raises(BadInput, match="broadcast"):
        Formula("x")(np.ones(2), np.ones(3))


def test_other_variables_and_no_variables():
    assert Formula("x1*x3", ("x1", "x2", "x3"))(2, 3, 5) == 10
    assert Formula("2*j", ["j"])(3) == 6
    assert Formula("pi", ())() == np.pi
    with pytest.raises(BadInput, match="there are no variables"):
        Formula("x", ())


def test_fold_replays_the_tape_left_to_right():
    shown = Formula("atan2(y, 2) - x**-1").fold(str, lambda name, args: f"{name}[{','.join(args)}]")
    assert shown == "-[atan2[y,2.0],**[x,negative[1.0]]]"


def test_formulas_are_values():
    assert Formula("x") == Formula("x") and hash(Formula("x")) == hash(Formula("x"))
    assert Formula("x") != Formula("x", ("x",))
