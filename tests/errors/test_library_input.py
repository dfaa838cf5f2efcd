"""What `evolve`, `relax`, `soap_film` and what they are given refuse: in one line that names the field, before any work."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import geoflow as gf
from geoflow.errors import BadInput, GeoflowError

ROOT = Path(__file__).parents[2]
BOWL = gf.Potential(lambda x: 0.5 * float(np.sum(x * x)), lambda x: 1.0 * x, lambda x: np.eye(x.size))
FLOW = gf.GradientFlow(BOWL, gf.Euclidean())
WIRE = gf.Wire.formula("x**2 - y**2")
FILM = gf.soap_film(WIRE, 9)


def refused(field: str, call: Callable, *args: object, **options: object) -> BadInput:
    """The refusal: a BadInput of one line, ``field = value: remedy``, that begins with the field's name."""
    with pytest.raises(BadInput) as caught:
        call(*args, **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.startswith(field)
    assert caught.value.field.startswith(field)
    assert message == message.strip()
    assert 10 < len(message) < 500
    assert len(caught.value.remedy) > 8
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, GeoflowError)
    return caught.value


def drain(*args: object, **options: object) -> None:
    list(gf.steps(*args, **options))


VERBS = [
    pytest.param(lambda flow, x, **o: gf.evolve(flow, x, 1.0, **o), id="evolve"),
    pytest.param(lambda flow, x, **o: drain(flow, x, 1.0, **o), id="steps"),
    pytest.param(gf.relax, id="relax"),
]
every_verb = pytest.mark.parametrize("verb", VERBS)

# ---- states -------------------------------------------------------------------------------------------------------------

STATES = {
    "nan": [1.0, np.nan],
    "inf": [np.inf, 1.0],
    "minus inf": [1.0, -np.inf],
    "complex": [1.0 + 0.0j, 2.0],
    "object": np.array([1.0, None]),
    "fractions": [Fraction(1, 2), Fraction(1, 3)],
    "string": ["1.0", "2.0"],
    "text": "1.0",
    "bytes": [b"1", b"2"],
    "dates": np.array(["2024-01-01"], dtype="datetime64[D]"),
    "records": np.zeros(2, dtype=[("a", float)]),
    "none": None,
    "0-d": 1.0,
    "0-d array": np.array(2.0),
    "empty": [],
    "empty 2-d": np.zeros((0, 3)),
    "dict": {"x": 1.0},
    "set": {1.0, 2.0},
}


@every_verb
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_states_that_are_no_states(state: object, verb: Callable) -> None:
    refused("x0", verb, FLOW, state)


def test_the_bad_entry_is_named() -> None:
    start = FILM.start.copy()
    start[3, 4] = np.nan
    assert "x0[3, 4] = nan" in str(refused("x0", gf.evolve, FILM.flow, start, 1.0))


@every_verb
@pytest.mark.parametrize("shape", [(9,), (8, 9), (9, 8), (81,), (1, 9), (9, 1), (1, 9, 9), (10, 10)])
def test_films_of_the_wrong_shape(shape: tuple, verb: Callable) -> None:
    assert "(9, 9)" in str(refused("x0", verb, FILM.flow, np.zeros(shape)))


@every_verb
@pytest.mark.parametrize("height", [1e300, -1e300])
def test_heights_whose_area_overflows(height: float, verb: Callable) -> None:
    start = FILM.start.copy()
    start[4, 4] = height
    assert "inf" in str(refused("GraphArea.value(x0)", verb, FILM.flow, start))


def test_the_largest_heights_that_are_taken() -> None:
    film = gf.soap_film(gf.Wire.formula("1e100*x"), 5)
    assert np.isfinite(film.flow.energy.value(film.start))
    refused("height of wire", gf.soap_film, gf.Wire.formula("1.01e100*x"), 5)


@pytest.mark.parametrize(
    "state",
    [
        [2, 1],
        (2, 1),
        np.array([2, 1], dtype=np.int8),
        np.array([2, 1], dtype=np.uint64),
        np.array([2.0, 1.0], dtype=np.float32),
        np.array([2.0, 1.0], dtype=np.float16),
        np.array([2.0, 1.0], dtype=np.longdouble),
        np.array([2.0, 1.0], dtype=">f8"),
        np.array([2.0, 0.0, 1.0, 0.0])[::2],
    ],
    ids=lambda s: str(getattr(s, "dtype", type(s).__name__)),
)
def test_other_real_numbers_become_float64(state: object) -> None:
    for run in (gf.evolve(FLOW, state, 1.0), gf.relax(FLOW, state)):
        assert run.x.dtype == np.float64
        assert run.x.dtype.isnative
        assert run.states[0].tolist() == [2.0, 1.0]
    assert gf.evolve(FLOW, state, 1.0).x.tobytes() == gf.evolve(FLOW, [2.0, 1.0], 1.0).x.tobytes()


def test_booleans_become_float64_and_minus_zero_zero() -> None:
    assert FLOW.state([True, False]).tolist() == [1.0, 0.0]
    assert FLOW.state([True, False]).dtype == np.float64
    assert FLOW.state([-0.0, 1.0]).tobytes() == np.array([0.0, 1.0]).tobytes()


def test_float32_films_and_fortran_order() -> None:
    for start in (FILM.start.astype(np.float32), np.asfortranarray(FILM.start), FILM.start.tolist()):
        run = gf.evolve(FILM.flow, start, 1e-3)
        assert run.x.dtype == np.float64
        assert run.x.flags.c_contiguous
        assert run.x == pytest.approx(gf.evolve(FILM.flow, FILM.start, 1e-3).x, abs=1e-7)


# ---- numbers ------------------------------------------------------------------------------------------------------------

NO_POSITIVE_NUMBER = {
    "zero": 0.0,
    "minus zero": -0.0,
    "negative": -1.0,
    "nan": np.nan,
    "inf": np.inf,
    "minus inf": -np.inf,
    "true": True,
    "false": False,
    "numpy true": np.bool_(True),
    "string": "0.1",
    "list": [0.1],
    "array": np.array(0.1),
    "complex": 0.1 + 0j,
}


@pytest.mark.parametrize("value", NO_POSITIVE_NUMBER.values(), ids=NO_POSITIVE_NUMBER)
@pytest.mark.parametrize("name", ["dt", "t_end", "rtol", "rest_tol"])
def test_numbers_that_are_not_positive_and_finite(name: str, value: object) -> None:
    for verb in (gf.evolve, drain):
        options = {"t_end": 1.0, name: value}
        refused(name, verb, FLOW, [1.0, 2.0], **options)


@pytest.mark.parametrize("value", NO_POSITIVE_NUMBER.values(), ids=NO_POSITIVE_NUMBER)
def test_relax_refuses_the_same_rest_tol_as_evolve(value: object) -> None:
    refused("rest_tol", gf.relax, FLOW, [1.0, 2.0], rest_tol=value)


@pytest.mark.parametrize("value", [1, np.float32(0.5), np.int64(1), 0.5], ids=lambda v: type(v).__name__)
def test_numbers_of_any_real_type_are_taken(value: object) -> None:
    run = gf.evolve(FLOW, [1.0, 2.0], value, dt=value)
    assert run.t.tolist() == [0.0, float(value)]


TIMES = {
    "reversed": [1.0, 0.5],
    "repeated": [0.5, 0.5],
    "negative": [-0.1, 0.5],
    "nan": [0.1, np.nan],
    "inf": [0.1, np.inf],
    "beyond t_end": [0.5, 2.5],
    "empty": [],
    "scalar": 0.5,
    "string": "0.5",
    "strings": ["0.1", "0.5"],
    "2-d": [[0.1, 0.5]],
    "complex": [0.1 + 0j],
    "none inside": [0.1, None],
}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_output_times(times: object) -> None:
    refused("t_eval", gf.evolve, FLOW, [1.0, 2.0], 2.0, t_eval=times)


def test_output_times_without_an_end() -> None:
    refused("t_eval", gf.evolve, FLOW, [1.0, 2.0], t_eval=[0.5])


def test_the_limits_of_output_times() -> None:
    assert gf.evolve(FLOW, [1.0, 2.0], 2.0, t_eval=(0, 2)).t_states.tolist() == [0.0, 2.0]
    assert gf.evolve(FLOW, [1.0, 2.0], 2.0, t_eval=np.array([1, 2])).t_states.tolist() == [1.0, 2.0]


# ---- methods, flows, records --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [gf.ImplicitEuler(), gf.SDIRK2()], ids=["ImplicitEuler", "SDIRK2"])
def test_implicit_methods_need_a_hessian(method: object) -> None:
    bare = gf.GradientFlow(gf.Potential(BOWL.value, BOWL.differential), gf.Euclidean())
    assert "hessian" in str(refused("", gf.evolve, bare, [1.0, 2.0], 1.0, method=method))


def test_relax_needs_a_hessian() -> None:
    bare = gf.GradientFlow(gf.Potential(BOWL.value, BOWL.differential), gf.Euclidean())
    assert "hessian" in str(refused("energy", gf.relax, bare, [1.0, 2.0]))


@pytest.mark.parametrize("energy", [None, 3.0, "area", np.sin, object()], ids=["none", "number", "text", "ufunc", "object"])
def test_energies_without_methods(energy: object) -> None:
    assert "value" in str(refused("energy", gf.GradientFlow, energy, gf.Euclidean()))


def test_energies_without_a_differential() -> None:
    class Half:
        def value(self, x: np.ndarray) -> float:
            return 0.0

    assert "differential" in str(refused("energy", gf.GradientFlow, Half(), gf.Euclidean()))
    assert "Half" in str(refused("energy", gf.GradientFlow, Half(), gf.Euclidean()))
    refused("potential", gf.Potential, None, lambda x: x)
    refused("derivative", gf.Potential, lambda x: 0.0, 3.0)
    refused("derivative", gf.Potential, lambda x: 0.0, None, lambda x: 0.0)
    refused("derivative", gf.Potential, "x**2", lambda x: x)


@pytest.mark.parametrize("metric", [None, 1.0, np.eye(2), "L2"], ids=["none", "number", "matrix", "text"])
def test_metrics_without_a_gram(metric: object) -> None:
    assert "gram" in str(refused("metric", gf.GradientFlow, BOWL, metric))


HELD = {
    "indices": [0],
    "a list": [True, False],
    "integers": np.array([1, 0]),
    "strings": np.array(["a", "b"]),
    "too long": np.array([True, False, False]),
    "too many axes": np.array([[True, False]]),
}


@pytest.mark.parametrize("fixed", HELD.values(), ids=HELD)
def test_masks_that_are_no_masks(fixed: object) -> None:
    """Refused, or (a list of booleans) taken for what it says: the first entry is held and the second is not."""
    try:
        run = gf.evolve(gf.GradientFlow(BOWL, gf.Euclidean(), fixed), [1.0, 2.0], 1.0)
    except BadInput as error:
        assert len(str(error).splitlines()) == 1
        assert error.field in ("fixed", "x0")
    else:
        assert fixed == [True, False]
        assert run.x[0] == 1.0
        assert run.x[1] == pytest.approx(2.0 * np.exp(-1.0), abs=1e-3)


# ---- energies of the user's own -----------------------------------------------------------------------------------------

VALUES = {
    "an array": lambda x: np.array([1.0]),
    "the state": lambda x: x,
    "nan": lambda x: np.nan,
    "inf": lambda x: np.inf,
    "complex": lambda x: 1.0 + 0.0j,
    "numpy complex": lambda x: np.complex128(1.0),
}


@every_verb
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_values_that_are_no_energies(value: Callable, verb: Callable) -> None:
    energy = gf.Potential(value, BOWL.differential, BOWL.hessian)
    refused("Potential.value(x0)", verb, gf.GradientFlow(energy, gf.Euclidean()), [1.0, 2.0])


DIFFERENTIALS = {
    "too short": lambda x: x[:1],
    "too long": lambda x: np.ones(3),
    "a column": lambda x: x[:, None],
    "a number": lambda x: 1.0,
    "nan": lambda x: x * np.nan,
    "inf": lambda x: np.array([1.0, np.inf]),
    "complex": lambda x: x + 0j,
    "object": lambda x: np.array([1.0, None]),
    "strings": lambda x: np.array(["a", "b"]),
    "none": lambda x: None,
}


@every_verb
@pytest.mark.parametrize("differential", DIFFERENTIALS.values(), ids=DIFFERENTIALS)
def test_differentials_that_are_none(differential: Callable, verb: Callable) -> None:
    energy = gf.Potential(BOWL.value, differential, BOWL.hessian)
    refused("Potential.differential(x0)", verb, gf.GradientFlow(energy, gf.Euclidean()), [1.0, 2.0])


def test_a_list_is_a_differential() -> None:
    energy = gf.Potential(BOWL.value, lambda x: [float(v) for v in x])
    assert gf.evolve(gf.GradientFlow(energy, gf.Euclidean()), [1.0, 2.0], 1.0).success


class Faulty:
    """An energy with a fault of its own, at the start or where x has fallen below a half."""

    def __init__(self, where: str, late: bool) -> None:
        self.where, self.late = where, late

    def _trip(self, here: str, x: np.ndarray) -> None:
        if here == self.where and (not self.late or x[0] < 0.5):
            raise ZeroDivisionError("my own fault")

    def value(self, x: np.ndarray) -> float:
        self._trip("value", x)
        return 0.5 * float(x @ x)

    def differential(self, x: np.ndarray) -> np.ndarray:
        self._trip("differential", x)
        return 1.0 * x


@pytest.mark.parametrize("where", ["value", "differential"])
@pytest.mark.parametrize("late", [False, True], ids=["at the start", "later"])
def test_an_energy_that_raises_is_named(where: str, late: bool) -> None:
    """Its exception comes through as it is, with a note that says whose code raised it."""
    with pytest.raises(ZeroDivisionError, match="my own fault") as caught:
        gf.evolve(gf.GradientFlow(Faulty(where, late), gf.Euclidean()), [1.0, 2.0], 5.0)
    notes = caught.value.__notes__
    assert len(notes) == 1
    assert "Faulty" in notes[0]
    assert len(notes[0].splitlines()) == 1
    assert "start" in notes[0] if not late else "t = " in notes[0]


# ---- sums ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [np.nan, np.inf, -np.inf], ids=str)
def test_weights(weight: object) -> None:
    refused("weight", gf.WeightedSum, ((1.0, BOWL), (weight, BOWL)))


@pytest.mark.parametrize("terms", [(), []], ids=str)
def test_sums_of_nothing(terms: object) -> None:
    refused("terms", gf.WeightedSum, terms)


# ---- films and wires ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "n", [2, 1, 0, -5, 3.0, 33.0, 2.5, np.nan, np.inf, "33", None, True, [33], 33 + 0j, np.float64(33)], ids=str
)
def test_numbers_of_nodes(n: object) -> None:
    refused("n", gf.soap_film, WIRE, n)


@pytest.mark.parametrize("n", [10**6, 10**6 + 1, 10**9, np.int64(10**7)], ids=str)
def test_grids_too_large_for_memory_say_how_large(n: int) -> None:
    error = refused("n", gf.soap_film, WIRE, n)
    assert f"n = {int(n)}" in str(error)
    assert "GiB" in error.remedy
    assert "smaller n" in error.remedy


def test_the_smallest_grids() -> None:
    assert gf.soap_film(WIRE, 3).grid.shape == (3, 3)
    assert gf.soap_film(WIRE, np.int32(4)).grid.shape == (4, 4)
    assert gf.evolve(gf.soap_film(WIRE, 3).flow, gf.soap_film(WIRE, 3).start).success


@pytest.mark.parametrize("name", ["", "Scherk", "soap", "scherk ", "../scherk"], ids=repr)
def test_unknown_wires(name: str) -> None:
    message = str(refused("wire", gf.Wire.named, name))
    assert "scherk" in message
    assert "enneper" in message


@pytest.mark.parametrize("name", [None, 3], ids=str)
def test_wire_names_that_are_no_text(name: object) -> None:
    refused("wire", gf.Wire.named, name)


@pytest.mark.parametrize(
    ("text", "says"),
    [("x + foo", "foo"), ("z", "z"), ("x^2", "x**2"), ("x.real", "'.'"), ("", ""), ("x +", ""), ("__import__('os')", "")],
)
def test_wire_formulas(text: str, says: str) -> None:
    assert says in str(refused("wire", gf.Wire.formula, text))


@pytest.mark.parametrize("text", [None, 3.0, b"x", ["x"]], ids=str)
def test_wire_formulas_that_are_no_text(text: object) -> None:
    refused("wire", gf.Wire.formula, text)


@pytest.mark.parametrize("text", ["log(x)", "sqrt(y)", "1/0", "0/0", "1/x", "exp(1000)", "1e200*y", "asin(2*x)", "x**0.5"])
def test_wires_without_heights(text: str) -> None:
    """Refused when the formula is read or when the film is made, by the name of the wire, without a warning."""
    with pytest.raises(BadInput) as caught, warnings.catch_warnings():
        warnings.simplefilter("error")
        gf.soap_film(gf.Wire.formula(text), 9)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert "wire" in caught.value.field


def test_a_wire_without_height_is_refused_by_place() -> None:
    assert "at (-1, -1)" in str(refused("height of wire log(x)", gf.soap_film, gf.Wire.formula("log(x)"), 9))


HEIGHTS = {  # functions of arrays x and y, and what is said of their heights
    "nothing": (lambda x, y: None, "None"),
    "text": (lambda x, y: "high", "str"),
    "complex": (lambda x, y: x + 1j * y, "array of complex128"),
    "a complex number": (lambda x, y: 1j, "complex"),
    "objects": (lambda x, y: np.full(x.shape, None), "array of object"),
    "texts": (lambda x, y: np.full(x.shape, "1"), "array of <U1"),
    "objects that are texts": (lambda x, y: np.full(x.shape, "1", dtype=object), "array of object"),
    "objects that are NumPy's texts": (lambda x, y: np.full(x.shape, np.str_("1"), dtype=object), "array of object"),
    "complex objects": (np.frompyfunc(lambda a, b: complex(a, b), 2, 1), "array of object"),
    "objects that are NumPy's complex numbers": (np.frompyfunc(lambda a, b: np.complex128(a), 2, 1), "array of object"),
    "one in many that is none": (lambda x, y: np.where(x == x[3], None, x), "array of object"),
    "lists": (np.frompyfunc(lambda a, b: [a], 2, 1), "array of object"),
    "arrays": (np.frompyfunc(lambda a, b: np.array([a]), 2, 1), "array of object"),
    "a number too large": (lambda x, y: 10**400, "int"),
    "too few": (lambda x, y: np.zeros(7), "array of shape (7,)"),
    "a column": (lambda x, y: x[:, None], ", 1)"),
    "rows of no one length": (lambda x, y: [[0.0], [0.0, 1.0]], "list"),
    "another function": (lambda x, y: np.sin, "ufunc"),
}
WAYS = {
    "outline": lambda f: gf.Wire.outline("disc", f),
    "a wire by hand": lambda f: gf.soap_film(gf.Wire("hand", (-1.0, 1.0, -1.0, 1.0), f), 9),
    "its curves": lambda f: gf.Wire("hand", (-1.0, 1.0, -1.0, 1.0), f).curves,
    "moving": lambda f: gf.soap_film(gf.Wire.moving("hand", lambda t, x, y: f(x, y)), 9).flow.at(0.5),
    "a moving outline": lambda f: gf.Wire.moving("hand", lambda t, x, y: f(x, y), outline="star"),
    "silhouette": lambda f: gf.Wire.silhouette(np.pad(np.ones((20, 20)), 9), f),
    "contour": lambda f: gf.Wire.contour(np.pad(np.ones((20, 20)), 9), 0.5, height=f),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", HEIGHTS)
def test_functions_whose_heights_are_none(case: str, way: str) -> None:
    function, told = HEIGHTS[case]
    error = refused("height of wire", WAYS[way], function)
    assert told in str(error.value)
    assert "real" in error.remedy and "x and y" in error.remedy


NUMBERS = {  # functions of arrays x and y, and the same in floats
    "products": (np.frompyfunc(lambda a, b: a * b, 2, 1), lambda x, y: x * y),
    "fractions": (np.frompyfunc(lambda a, b: Fraction(a), 2, 1), lambda x, y: x),
    "a fraction": (lambda x, y: Fraction(1, 2), lambda x, y: 0.5),
    "decimals": (np.frompyfunc(lambda a, b: Decimal(b), 2, 1), lambda x, y: y),
    "a long number": (lambda x, y: 10**25, lambda x, y: 1e25),
    "long numbers": (lambda x, y: [10**25] * len(x), lambda x, y: 1e25),
    "truths": (lambda x, y: np.array(x > 0.0, dtype=object), lambda x, y: x > 0.0),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_heights_that_are_real_numbers_of_any_type(case: str) -> None:
    given, known = NUMBERS[case]
    for way in ("outline", "silhouette"):
        np.testing.assert_array_equal(WAYS[way](given).curves[0], WAYS[way](known).curves[0])
    np.testing.assert_array_equal(WAYS["its curves"](given)[0], WAYS["its curves"](known)[0])


@pytest.mark.parametrize("way", WAYS)
def test_a_height_that_raises_is_named(way: str) -> None:
    """The error is the user's own, with a note on whose code it was; refusals of geoflow's own stay as they are."""

    def broken(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        raise KeyError("no such map")

    with pytest.raises(KeyError, match="no such map") as caught:
        WAYS[way](broken)
    assert any("the function given as height of wire" in note and "not by geoflow" in note for note in caught.value.__notes__)
    with pytest.raises(TypeError, match="argument") as few:
        WAYS[way](lambda x: x)
    assert "not by geoflow" in few.value.__notes__[-1]
    refused("wire", WAYS[way], lambda x, y: gf.Wire.named("nowhere").height(x, y))


@pytest.mark.parametrize("height", [None, "x*y", 1.0, np.zeros((9, 9))], ids=["none", "text", "number", "array"])
def test_heights_of_a_wire_made_by_hand_that_are_no_functions(height: object) -> None:
    refused("height of wire hand", gf.soap_film, gf.Wire("hand", (-1.0, 1.0, -1.0, 1.0), height), 9)
    for outline in (None, "disc"):
        refused("height", gf.Wire.moving, "hand", height, outline=outline)


def test_heights_that_are_taken() -> None:
    for height in (
        lambda x, y: 1,
        lambda x, y: x > y,
        lambda x, y: [0.0] * len(x),
        lambda x, y: np.float32(x),
        lambda x, y: (2.0,),
    ):
        assert gf.soap_film(gf.Wire("hand", (-1.0, 1.0, -1.0, 1.0), height), 9).start.dtype == np.float64
        assert gf.Wire.outline("disc", height).shadow.points.dtype == np.float64


BOUNDS = {
    "reversed x": (1.0, -1.0, 0.0, 1.0),
    "reversed y": (0.0, 1.0, 1.0, 0.0),
    "no width": (1.0, 1.0, 0.0, 1.0),
    "nan": (0.0, np.nan, 0.0, 1.0),
    "inf": (0.0, np.inf, 0.0, 1.0),
    "three": (0.0, 1.0, 0.0),
    "text": "0 1 0 1",
    "strings": ("0", "1", "0", "1"),
    "none": None,
    "complex": (0.0, 1.0 + 0j, 0.0, 1.0),
    "a ribbon": (0.0, 1e5, 0.0, 1.0),
    "pairs": ((0.0, 1.0), (0.0, 1.0)),
}


@pytest.mark.parametrize("bounds", BOUNDS.values(), ids=BOUNDS)
def test_bounds(bounds: object) -> None:
    refused("bounds", gf.Wire.formula, "x", bounds)


def test_bounds_of_a_wire_made_by_hand() -> None:
    refused("bounds", gf.soap_film, gf.Wire("hand", (1.0, 0.0, 0.0, 1.0), lambda x, y: x), 9)


STARTS = {
    "a wrong name": "hill",
    "a wrong shape": np.zeros((9, 8)),
    "a row": np.zeros((1, 9)),
    "a vector": np.zeros(9),
    "0-d": np.array(1.0),
    "empty": np.zeros((0, 0)),
    "nan": np.full((9, 9), np.nan),
    "inf": np.full((9, 9), np.inf),
    "too high": np.full((9, 9), 1e300),
    "complex": np.zeros((9, 9), dtype=complex),
    "object": np.full((9, 9), None),
    "strings": np.full((9, 9), "1"),
    "nan function": lambda x, y: x * np.nan,
    "pole": lambda x, y: 1.0 / x,
    "complex function": lambda x, y: x + 1j * y,
    "function of no shape": lambda x, y: None,
    "a number": 3.0,
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_starts(start: object) -> None:
    refused("start", gf.soap_film, WIRE, 9, start)


def test_starts_that_are_taken() -> None:
    for start in (None, "coons", "flat", np.zeros((9, 9), dtype=int), lambda x, y: 0, lambda x, y: x > y, np.full((9, 9), 1e99)):
        film = gf.soap_film(WIRE, 9, start)
        assert film.start.dtype == np.float64
        assert np.array_equal(film.start[film.grid.boundary], FILM.start[FILM.grid.boundary])


def test_a_start_may_be_anything_on_the_wire() -> None:
    """On the boundary the film has the wire's heights, so what is given there does not count."""
    start = np.where(FILM.grid.boundary, np.nan, 0.0)
    assert np.all(np.isfinite(gf.soap_film(WIRE, 9, start).start))


@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (2, 2), (0, 0), (-3, 5)], ids=str)
def test_grids(shape: tuple) -> None:
    refused("shape", gf.Grid, (0.0, 1.0, 0.0, 1.0), shape)


@pytest.mark.parametrize("bounds", [(1.0, 0.0, 0.0, 1.0), (0.0, np.nan, 0.0, 1.0), (0.0, 1.0, 0.0, np.inf)], ids=str)
def test_grids_with_bad_bounds(bounds: tuple) -> None:
    refused("bounds", gf.Grid, bounds, (5, 5))


# ---- before any work ----------------------------------------------------------------------------------------------------


def test_a_refusal_comes_before_the_first_step() -> None:
    """`evolve` asks nothing of the energy but its value and differential at the start, and counts no step."""
    calls = []

    def value(x: np.ndarray) -> float:
        calls.append(1)
        return 0.5 * float(x @ x)

    flow = gf.GradientFlow(gf.Potential(value, lambda x: x), gf.Euclidean())
    for options in ({"t_end": -1.0}, {"t_end": 1.0, "t_eval": [2.0]}, {"t_end": 1.0, "dt": 0.0}, {"rest_tol": -1.0}):
        calls.clear()
        with pytest.raises(BadInput):
            gf.evolve(flow, [1.0, 2.0], **options)
        assert len(calls) <= 1


def test_steps_refuses_when_called_and_not_when_first_asked() -> None:
    refused("t_end", gf.steps, FLOW, [1.0, 2.0], -1.0)
    refused("x0", gf.steps, FLOW, [np.nan, 2.0], 1.0)


def test_long_values_are_shortened() -> None:
    message = str(refused("start", gf.soap_film, WIRE, 9, "x" * 10_000))
    assert len(message) < 300
    assert "\n" not in str(refused("wire", gf.Wire.named, "two\nlines"))


# ---- mistakes of all kinds, each of them once let through --------------------------------------------------------------


@every_verb
def test_ragged_states(verb: Callable) -> None:
    refused("x0", verb, FLOW, [[1.0, 2.0], [3.0]])


@every_verb
def test_a_film_with_an_axis_too_many(verb: Callable) -> None:
    refused("x0", verb, FILM.flow, np.zeros((9, 9, 2)))


@pytest.mark.parametrize("shape", [(8, 9), (5, 5), (81,), (9, 9, 2)], ids=str)
@pytest.mark.parametrize("energy", [gf.GraphArea, gf.Dirichlet])
def test_a_wrong_shape_with_nothing_held(shape: tuple, energy: type) -> None:
    """No mask says what shape a state has, but the grid does."""
    flow = gf.GradientFlow(energy(FILM.grid), gf.L2(FILM.grid))
    refused("", gf.evolve, flow, np.zeros(shape), 1.0)


def test_a_state_larger_than_the_grid_corrupts_no_memory() -> None:
    """In a process of its own, for it may die."""
    code = (
        "import numpy as np, geoflow as gf; grid = gf.Grid((0.0, 1.0, 0.0, 1.0), (9, 9))\n"
        "try: gf.evolve(gf.GradientFlow(gf.GraphArea(grid), gf.L2(grid)), np.zeros((40, 40)), 1.0)\n"
        "except gf.BadInput as error: print('refused:', error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, f"exit {done.returncode}: {done.stderr[-200:]}"
    assert done.stdout.startswith("refused:")


@every_verb
def test_a_state_at_which_the_users_energy_overflows(verb: Callable) -> None:
    """NumPy's own warning of the overflow must not get in the way of the refusal."""
    refused("Potential.value(x0)", verb, FLOW, np.array([1e300, 0.0]))


@pytest.mark.parametrize("value", [10**400, np.complex128(0.1)], ids=["huge int", "numpy complex"])
@pytest.mark.parametrize("name", ["dt", "t_end", "rtol", "rest_tol"])
def test_numbers_that_are_no_floats(name: str, value: object) -> None:
    refused(name, gf.evolve, FLOW, [1.0, 2.0], **{"t_end": 1.0, name: value})


def test_a_bad_rtol_is_refused_beside_a_dt_too() -> None:
    refused("rtol", gf.evolve, FLOW, [1.0, 2.0], 1.0, dt=0.1, rtol=-1.0)


def test_ragged_output_times() -> None:
    refused("t_eval", gf.evolve, FLOW, [1.0, 2.0], 2.0, t_eval=[[0.1], [0.2, 0.3]])


@pytest.mark.parametrize("method", ["SDIRK2", gf.SDIRK2, 2, {}], ids=["a name", "a class", "a number", "a dict"])
def test_methods_that_are_no_methods(method: object) -> None:
    refused("method", gf.evolve, FLOW, [1.0, 2.0], 1.0, method=method)


def test_an_adaptive_run_needs_an_error_estimate() -> None:
    """A method may have none, and then dt must be given (`Step.error`)."""

    class NoEstimate:
        order = 1

        def start(self, flow: gf.GradientFlow, t: float, x: np.ndarray) -> tuple:
            return ()

        def step(self, flow: gf.GradientFlow, t: float, x: np.ndarray, dt: float, memory: tuple) -> gf.Step:
            p = flow.differential(x)
            return gf.Step(x=x - dt * p, energy=flow.energy.value(x - dt * p), dissipated=dt * flow.pair(p, p))

    assert gf.evolve(FLOW, [1.0, 2.0], 1.0, method=NoEstimate(), dt=0.1).status == "reached t_end"
    assert "dt" in str(refused("", gf.evolve, FLOW, [1.0, 2.0], 1.0, method=NoEstimate()))


@every_verb
@pytest.mark.parametrize("flow", [FILM, BOWL, None, "film"], ids=["a film", "an energy", "none", "text"])
def test_flows_that_are_no_flows(flow: object, verb: Callable) -> None:
    refused("flow", verb, flow, FILM.start)


def test_classes_are_no_energies_and_no_metrics() -> None:
    """`gf.Euclidean` where `gf.Euclidean()` was meant."""
    refused("metric", gf.GradientFlow, BOWL, gf.Euclidean)
    refused("energy", gf.GradientFlow, gf.GraphArea, gf.L2(FILM.grid))


GRAMS = {
    "indefinite": np.diag([1.0, -1.0]),
    "zero": np.zeros((2, 2)),
    "too large": np.eye(3),
    "nan": np.full((2, 2), np.nan),
    "not a matrix": np.ones(2),
    "a number": 1.0,
}


@pytest.mark.parametrize("gram", GRAMS.values(), ids=GRAMS)
def test_metrics_that_are_no_metrics(gram: object) -> None:
    class Odd:
        def gram(self, x: np.ndarray) -> object:
            return gram

    refused("Odd.gram(x0)", gf.evolve, gf.GradientFlow(BOWL, Odd()), [1.0, 2.0], 1.0)


MORE_VALUES = {
    "short complex": lambda x: np.complex64(1.0),
    "0-d complex": lambda x: np.array(1.0 + 0j),
    "none": lambda x: None,
    "text": lambda x: "1.0",
}


@pytest.mark.parametrize("value", MORE_VALUES.values(), ids=MORE_VALUES)
def test_values_that_are_no_energies_either(value: Callable) -> None:
    energy = gf.Potential(value, BOWL.differential, BOWL.hessian)
    refused("Potential.value(x0)", gf.evolve, gf.GradientFlow(energy, gf.Euclidean()), [1.0, 2.0])


def test_ragged_differentials() -> None:
    energy = gf.Potential(BOWL.value, lambda x: [[1.0], [2.0, 3.0]])
    refused("Potential.differential(x0)", gf.evolve, gf.GradientFlow(energy, gf.Euclidean()), [1.0, 2.0])


HESSIANS = {
    "too large": lambda x: np.eye(3),
    "not square": lambda x: np.ones((2, 3)),
    "a vector": lambda x: np.ones(2),
    "a number": lambda x: 1.0,
    "none": lambda x: None,
    "a list": lambda x: [[1.0, 0.0], [0.0, 1.0]],
    "nan": lambda x: np.full((2, 2), np.nan),
    "complex": lambda x: np.eye(2) + 0j,
}


@pytest.mark.parametrize("hessian", HESSIANS.values(), ids=HESSIANS)
def test_hessians_that_are_none(hessian: Callable) -> None:
    """Refused, or for a list of lists, taken for the matrix that it is."""
    flow = gf.GradientFlow(gf.Potential(BOWL.value, BOWL.differential, hessian), gf.Euclidean())
    if isinstance(hessian(np.zeros(2)), list):
        try:
            gf.evolve(flow, [1.0, 2.0])
        except BadInput as error:
            assert error.field == "Potential.hessian(x0)"
    else:
        refused("Potential.hessian(x0)", gf.evolve, flow, [1.0, 2.0])


def test_a_hessian_that_raises_is_named() -> None:
    def fault(x: np.ndarray) -> np.ndarray:
        raise KeyError("my own fault")

    flow = gf.GradientFlow(gf.Potential(BOWL.value, BOWL.differential, fault), gf.Euclidean())
    for verb in (lambda: gf.evolve(flow, [1.0, 2.0], 1.0), lambda: gf.relax(flow, [1.0, 2.0])):
        with pytest.raises(KeyError) as caught:
            verb()
        assert "Potential" in "".join(getattr(caught.value, "__notes__", []))


@pytest.mark.parametrize("late", ["nan", "inf"])
def test_an_energy_that_turns_bad_on_the_way_stops_the_run(late: str) -> None:
    energy = gf.Potential(lambda x: 0.5 * float(x @ x) if x[0] > 0.5 else float(late), lambda x: x if x[0] > 0.5 else x * np.nan)
    flow = gf.GradientFlow(energy, gf.Euclidean())
    marching, taus, now, ending = gf.steps(flow, [1.0, 2.0], 5.0), [], None, None
    for _ in range(1000):  # not a `for` over the march: it may never end
        try:
            now = next(marching)
            taus.append(now.row.tau if now.row else np.inf)
        except StopIteration as stop:
            ending = stop.value
            break
    assert now is not None
    assert np.all(np.isfinite(now.x))
    assert now.x[0] == pytest.approx(0.5, abs=1e-2)
    assert ending is not None, f"1000 steps, the last of them of τ = {taus[-1]:.2g} at t = {now.t:.17g}: no end in sight"
    assert (ending.success, ending.status) == (False, "not finite")


@pytest.mark.parametrize("weight", ["1.0", None, 1j, [1.0]], ids=str)
def test_weights_that_are_no_numbers(weight: object) -> None:
    refused("weight", gf.WeightedSum, ((1.0, BOWL), (weight, BOWL)))


@pytest.mark.parametrize("terms", [None, BOWL, (BOWL, BOWL), ((1.0, BOWL, 2.0),), ((BOWL, 1.0),)], ids=range(5))
def test_terms(terms: object) -> None:
    """The field is "terms", or "weight" where an energy stands in a weight's place."""
    with pytest.raises(BadInput) as caught:
        gf.WeightedSum(terms)
    assert caught.value.field in ("terms", "weight")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("energy", [None, 2.0, gf.Euclidean()], ids=["none", "number", "metric"])
def test_terms_without_methods(energy: object) -> None:
    with pytest.raises(BadInput) as caught:
        gf.GradientFlow(gf.WeightedSum(((1.0, BOWL), (1.0, energy))), gf.Euclidean())
    assert "value" in str(caught.value)


@pytest.mark.parametrize("wire", ["scherk", None, np.zeros((9, 9)), gf.Wire.named], ids=["name", "none", "heights", "function"])
def test_wires_that_are_no_wires(wire: object) -> None:
    refused("wire", gf.soap_film, wire, 9)


@pytest.mark.parametrize("name", [["scherk"], {"scherk": 1}], ids=str)
def test_wire_names_that_cannot_be_looked_up(name: object) -> None:
    refused("wire", gf.Wire.named, name)


@pytest.mark.parametrize("bounds", [((0.0, 1.0), 0.0, 1.0), (-1e308, 1e308, -1e308, 1e308)], ids=["ragged", "huge"])
def test_bounds_either(bounds: object) -> None:
    """On [−1e308, 1e308]² the width overflows."""
    refused("bounds", gf.Wire.formula, "x", bounds)


@pytest.mark.parametrize(
    "start", [lambda x, y: np.zeros(4), [[0.0] * 9] * 8 + [[0.0]]], ids=["function of a wrong shape", "ragged"]
)
def test_starts_either(start: object) -> None:
    refused("start", gf.soap_film, WIRE, 9, start)


def raising(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    raise ZeroDivisionError("my own fault")


def test_a_start_that_raises_is_named() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        gf.soap_film(WIRE, 9, raising)
    assert "start" in "".join(getattr(caught.value, "__notes__", []))
