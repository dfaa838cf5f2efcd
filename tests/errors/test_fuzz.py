"""Whatever is given: our own errors in one line, or a result. Over 20 000 cases in the slow suite, 300 in the quick one.

The rules are in `fire`, what they are tried with in `scraps`; what these tests found stands in `test_found_by_fuzzing`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

import geoflow as gf
from geoflow.domains.outline import Outline
from geoflow.formula import Formula
from tests.errors.fire import burn, call_main, held, refused_or_done, short_runs
from tests.errors.scraps import (
    BAD_NUMBERS,
    JUNK,
    arrays,
    as_text,
    files,
    film_commands,
    formulas,
    loops,
    mutated,
    point_commands,
)

__all__ = ["short_runs"]
SEEDS = range(1, 6)


def at_each_seed(quick: int, slow: int):
    """Parameters (examples, seed): one short run, and five long ones that share ``slow`` cases."""
    long = [pytest.param(slow // len(SEEDS), seed, marks=pytest.mark.slow, id=f"seed {seed}") for seed in SEEDS]
    return pytest.mark.parametrize(("examples", "seed"), [pytest.param(quick, 0, id="quick"), *long])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a wire and heights in it."""
    (tmp_path / "wire.csv").write_text("0,0,0\n1,0,1\n1,1,0\n0,1,1\n")
    np.save(tmp_path / "heights.npy", np.add.outer(np.arange(5.0), np.arange(6.0)) ** 0.5)
    return tmp_path


# ---- text ---------------------------------------------------------------------------------------------------------------

TEXTS = st.one_of(formulas(), formulas(), mutated(formulas()), JUNK)
X = np.array([-2.0, -1.0, -0.5, 0.0, 1e-3, 1.0, 3.0, 1e8, 1e200])
POINTS = np.stack([X, X[::-1]], axis=1)


@at_each_seed(60, 6000)
def test_formulas(examples: int, seed: int) -> None:
    def check(text: str, derived: bool) -> None:
        formula = refused_or_done(lambda: Formula(text))
        if not isinstance(formula, Formula):
            with pytest.raises(gf.BadInput):
                gf.Potential(text, variables=("x", "y"))
            return
        values = formula(POINTS[:, 0], POINTS[:, 1])  # as the potential has them: NumPy's powers depend on strides
        assert (values.shape, values.dtype) == (X.shape, np.float64)
        if derived:
            potential = gf.Potential(text, variables=("x", "y"))
            assert np.array_equal(potential.value(POINTS), values, equal_nan=True)
            assert refused_or_done(lambda: potential.differential(POINTS)).shape == POINTS.shape
            bends = refused_or_done(lambda: potential.hessian(POINTS))
            assert np.array_equal(bends, np.swapaxes(bends, -1, -2), equal_nan=True)

    burn(check, examples, seed, text=TEXTS, derived=st.integers(0, 5).map(lambda k: k == 1))


# ---- wires --------------------------------------------------------------------------------------------------------------


def flowed(wire: gf.Wire, n: int) -> gf.Trajectory:
    film = gf.soap_film(wire, n)
    return gf.evolve(film.flow, film.start, max_steps=2, record=film.records, raise_on_failure=False)


def check_run(run: object) -> None:
    """A refusal, or a run whose numbers are numbers."""
    if isinstance(run, gf.Trajectory):
        assert np.all(np.isfinite(run.x)) and np.all(np.isfinite(run.energy))
        assert all(np.all(np.isfinite(record.value)) for record in run.records.values())


@at_each_seed(60, 5000)
def test_files_of_wires(examples: int, seed: int, folder: Path) -> None:
    def check(given: tuple[str, bytes], n: int, command: bool) -> None:
        path = folder / f"given{given[0]}"
        path.write_bytes(given[1])
        try:
            if command:
                held(["film", path.name, "-n", str(n), "--relax", "--quiet"], folder)
            else:
                check_run(refused_or_done(lambda: flowed(gf.Wire.read(path), n)))
        finally:
            path.unlink()

    burn(check, examples, seed, given=files(), n=st.integers(3, 9), command=st.booleans())


@at_each_seed(30, 2500)
def test_loops_of_points(examples: int, seed: int) -> None:
    def check(given: list[np.ndarray], n: int, height: str | None) -> None:
        check_run(refused_or_done(lambda: flowed(gf.Wire.outline(given, height), n)))
        outline = refused_or_done(lambda: Outline.of(list(given)))
        if isinstance(outline, Outline):
            assert outline.area >= 0.0

    heights = st.one_of(st.none(), st.none(), formulas(leaves=3))
    burn(check, examples, seed, given=st.lists(loops(), min_size=1, max_size=3), n=st.integers(3, 12), height=heights)


@at_each_seed(20, 500)
def test_cut_files(examples: int, seed: int, folder: Path) -> None:
    """A whole file, cut anywhere, is refused or means the same kind of thing; never an error of another's making."""
    angle = np.linspace(0.0, 6.0, 9)
    ring = [np.column_stack([np.cos(angle), np.sin(angle), angle])]

    def check(cut: float) -> None:
        data = as_text(ring, ",", "\r\n")
        (folder / "cut.csv").write_bytes(data[: round(cut * len(data))])
        check_run(refused_or_done(lambda: flowed(gf.Wire.read(folder / "cut.csv"), 5)))

    burn(check, examples, seed, cut=st.floats(0.0, 1.0))


# ---- arrays and numbers -------------------------------------------------------------------------------------------------

OBJECTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 9),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    arrays(),
    st.lists(st.one_of(st.floats(), st.none(), st.text(max_size=2), st.lists(st.floats(), max_size=2)), max_size=3),
    st.sampled_from([10**400, {}, {1.0}, object(), gf.SDIRK2(), gf.Euclidean(), 1e-300, 1e300, 0.1, np.float32(0.5)]),
)
BOWL = gf.Potential(lambda x: 0.5 * float(np.sum(x * x)), lambda x: 1.0 * x, lambda x: np.eye(x.size))
WELL = gf.GradientFlow(gf.Potential("(x**2 - 1)**2/4 + y**2/2"), gf.Euclidean())
FILM = gf.soap_film(gf.Wire.formula("x**2 - y**2"), 9)
FLOWS = st.sampled_from([gf.GradientFlow(BOWL, gf.Euclidean()), WELL, FILM.flow])
NAMES = ("dt", "rtol", "t_eval", "rest_tol", "on_rise", "method")
SHORT = {"max_steps": 3, "raise_on_failure": False}


@at_each_seed(50, 3500)
def test_arrays(examples: int, seed: int) -> None:
    def check(given: object, door: str, flow: gf.GradientFlow) -> None:
        doors = {
            "evolve": lambda: gf.evolve(flow, given, 1.0, **SHORT),
            "relax": lambda: gf.relax(flow, given, raise_on_failure=False),
            "start": lambda: gf.soap_film(gf.Wire.formula("x*y"), 9, given).start,
            "landscape": lambda: gf.Potential.from_grid(given, (0.0, 1.0, 0.0, 1.0)).value(np.array([0.5, 0.5])),
            "metric": lambda: gf.InnerProduct(given),
            "outline": lambda: flowed(gf.Wire.outline(given, "x"), 5),
            "spectrum": lambda: gf.spectrum(flow, given),
            "equilibria": lambda: gf.find_equilibria(gf.Potential("x**2 + y**2"), given),
            "formula": lambda: Formula("x*y")(given, 1.0),
            "mask": lambda: gf.evolve(gf.GradientFlow(BOWL, gf.Euclidean(), given), [1.0, 2.0], 1.0, **SHORT),
        }
        check_run(refused_or_done(doors[door]))

    doors = "evolve relax start landscape metric outline spectrum equilibria formula mask".split()
    burn(check, examples, seed, given=st.one_of(arrays(), arrays(), OBJECTS), door=st.sampled_from(doors), flow=FLOWS)


@at_each_seed(30, 2000)
def test_options_of_the_verbs(examples: int, seed: int) -> None:
    def check(name: str, value: object, more: object) -> None:
        options = {"t_end": 1.0, **SHORT, name: value}
        check_run(refused_or_done(lambda: gf.evolve(WELL, [0.5, 1.0], **options)))
        refused_or_done(lambda: gf.soap_film(gf.Wire.formula("x*y"), **{"n": 5, "start": None, more: value}))
        if more != "n":
            refused_or_done(lambda: gf.Wire.formula("x*y", value))

    burn(check, examples, seed, name=st.sampled_from([*NAMES, "t_end"]), value=OBJECTS, more=st.sampled_from(["n", "metric"]))


# ---- the command line ---------------------------------------------------------------------------------------------------


@at_each_seed(40, 3000)
@pytest.mark.usefixtures("short_runs")
def test_film_commands(examples: int, seed: int, folder: Path) -> None:
    for method in ("sdirk2", "lagged", "secant", "heavyball"):  # may have to be compiled
        call_main(
            ["film", "saddle", "-n", "5", "--method", method, "--metric", "l2" if method == "heavyball" else "mcf", "--quiet"]
        )
    burn(lambda arguments: held(arguments, folder), examples, seed, arguments=film_commands())


@at_each_seed(15, 1000)
@pytest.mark.usefixtures("short_runs")
def test_point_commands(examples: int, seed: int, folder: Path) -> None:
    burn(lambda arguments: held(arguments, folder), examples, seed, arguments=point_commands())


@at_each_seed(20, 1000)
def test_other_commands(examples: int, seed: int, folder: Path) -> None:
    """Words at random behind a command; those that would do long work are given one that they refuse."""

    def check(command: str, words: list[str]) -> None:
        held([command, *words, "--nosuch"], folder)

    words = st.lists(st.one_of(BAD_NUMBERS, st.sampled_from(["--json", "--quick", "-o", "--out", "film", "-n"])), max_size=4)
    burn(check, examples, seed, command=st.sampled_from(["film", "point", "wires", "verify", "doctor", "flim"]), words=words)
