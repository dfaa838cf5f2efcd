"""The list of bad input, row by row, through the library and through the command line.

Each row: one refusal of one line that names what was given, before any work; from the command line with exit status 2 and nothing
written. What each reader and verb refuses in detail is tested beside it; here no door is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import geoflow as gf
from tests.errors.fire import check_sentence, held
from tests.errors.scraps import as_text, saved

ANGLE = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
SQUARE = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
ROUND = np.column_stack([np.cos(ANGLE), np.sin(ANGLE), 0.3 * np.cos(2.0 * ANGLE)])
FLOW = gf.GradientFlow(gf.Potential("x**2 + y**2/2"), gf.Euclidean())
HEIGHTS = np.ones((5, 6))


def spoilt(value: object, dtype: object = float) -> np.ndarray:
    array = HEIGHTS.astype(dtype)
    array[2, 3] = value
    return array


# ---- arrays: as a state, as a start, as the heights of a file -----------------------------------------------------------

ARRAYS = {
    "NaN": spoilt(np.nan),
    "Inf": spoilt(np.inf),
    "minus Inf": spoilt(-np.inf),
    "complex": HEIGHTS + 0j,
    "object": spoilt(None, object),
    "string": HEIGHTS.astype(str),
    "0-d": np.array(1.0),
    "1 × N": np.ones((1, 6)),
    "empty": np.zeros((0, 0)),
    "heights of 1e300": spoilt(1e300),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays(kind: str, tmp_path: Path) -> None:
    film = gf.soap_film(gf.Wire.formula("x", (0.0, 5.0, 0.0, 4.0)), 6)
    assert film.grid.shape == HEIGHTS.shape
    for refuse in (
        lambda: gf.evolve(film.flow, ARRAYS[kind], 1.0),
        lambda: gf.relax(film.flow, ARRAYS[kind]),
        lambda: gf.soap_film(film.wire, 6, ARRAYS[kind]),
        lambda: gf.Potential.from_grid(ARRAYS[kind], (0.0, 1.0, 0.0, 1.0)).value(np.array([0.5, 0.5])),
    ):
        if kind == "heights of 1e300" and "from_grid" in refuse.__code__.co_names:
            continue  # a landscape may be as high as float64 reaches
        with pytest.raises(gf.BadInput) as caught:
            refuse()
        check_sentence(str(caught.value))
        if kind in ("NaN", "Inf", "minus Inf") and "flow" in refuse.__code__.co_names:
            assert caught.value.field == "x0[2, 3]"
    for name, archive in (("h.npy", False), ("h.npz", True)):
        (tmp_path / name).write_bytes(saved(ARRAYS[kind], archive))
        assert name in held(["film", name, "-n", "6", "--json", "--out", "o"], tmp_path).stderr
        assert held(["film", "x", "-n", "6", "--start", name, "--out", "o"], tmp_path).status == 2


def test_shapes_that_do_not_match() -> None:
    film = gf.soap_film(gf.Wire.formula("x"), 5)
    for shape in ((5, 6), (4, 5), (25,), (5, 5, 1)):
        for refuse in (
            lambda s=shape: gf.evolve(film.flow, np.ones(s), 1.0),
            lambda s=shape: gf.soap_film(film.wire, 5, np.ones(s)),
        ):
            with pytest.raises(gf.BadInput):
                refuse()


# ---- numbers ------------------------------------------------------------------------------------------------------------

NUMBERS = {
    "zero": "0",
    "negative": "-1",
    "NaN": "nan",
    "Inf": "inf",
    "too small to invert": "1e-310",
    "beyond float64": "1e400",
}
FIELDS = {"dt": "--dt", "t_end": "--until", "rtol": "--rtol"}


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("name", FIELDS)
def test_times_steps_and_tolerances(name: str, kind: str, tmp_path: Path) -> None:
    with pytest.raises(gf.BadInput, match=f"^{name} = "):
        gf.evolve(FLOW, [1.0, 1.0], **{"t_end": 1.0, name: float(NUMBERS[kind])})
    assert FIELDS[name] in held(["film", "saddle", "-n", "5", FIELDS[name], NUMBERS[kind], "--out", "o"], tmp_path).stderr
    if name != "dt":
        command = ["point", "x**2", "--from", "1", FIELDS[name], NUMBERS[kind], "--out", "o"]
        outcome = held(command, tmp_path)
        assert outcome.status == 2 and FIELDS[name] in outcome.stderr


def test_reversed_and_negative_times() -> None:
    for times in ([1.0, 0.5], [0.5, 0.5], [-1.0, 1.0], [np.nan], [0.5, 3.0]):
        with pytest.raises(gf.BadInput, match=r"^t_eval = "):
            gf.evolve(FLOW, [1.0, 1.0], 2.0, t_eval=times)


def test_a_grid_too_large_for_memory(tmp_path: Path) -> None:
    for n in (10**6, 10**400):
        with pytest.raises(gf.BadInput, match="GiB"):
            gf.soap_film(gf.Wire.formula("x"), n)
    assert "GiB" in held(["film", "saddle", "-n", "1000000", "--out", "o"], tmp_path).stderr


# ---- wires --------------------------------------------------------------------------------------------------------------

EIGHT = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
WIRES: dict[str, list[np.ndarray]] = {
    "self-crossing": [EIGHT],
    "repeated points": [np.insert(SQUARE, 2, SQUARE[1], axis=0)],
    "zero length": [np.zeros((4, 3))],
    "on a line": [np.column_stack([np.arange(4.0), np.arange(4.0), np.ones(4)])],
    "two loops that cross": [ROUND, ROUND + np.array([0.5, 0.0, 0.0])],
    "two loops that are the same": [ROUND, ROUND],
    "fewer than three points": [SQUARE[:2]],
    "one point": [SQUARE[:1]],
    "a vertical part": [np.insert(ROUND, 3, ROUND[2] + np.array([0.0, 0.0, 1.0]), axis=0)],
    "up and down at a corner": [np.insert(SQUARE, 2, [SQUARE[1] + np.array([0.0, 0.0, 1.0]), SQUARE[1]], axis=0)],
    "not finite": [np.where(np.arange(12)[:, None] == 3, np.nan, ROUND)],
    "1e300": [ROUND * 1e300],
    "1e-300": [ROUND * 1e-300],
    "far away": [ROUND + 1e16],
}


@pytest.mark.parametrize("kind", WIRES)
def test_wires(kind: str, tmp_path: Path) -> None:
    with pytest.raises(gf.BadInput) as caught:
        gf.soap_film(gf.Wire.outline(WIRES[kind]), 17)
    check_sentence(str(caught.value))
    for end in ("\n", "\r\n"):
        (tmp_path / "wire.csv").write_bytes(as_text(WIRES[kind], ",", end))
        with pytest.raises(gf.BadInput):
            gf.Wire.read(tmp_path / "wire.csv")
        assert held(["film", "wire.csv", "-n", "9", "--json", "--out", "o"], tmp_path).status == 2


def test_an_open_wire(tmp_path: Path) -> None:
    """Points in a row are closed by their last side; edges that end somewhere are not."""
    (tmp_path / "wire.obj").write_text("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nl 1 2 3 4\n")
    with pytest.raises(gf.BadInput, match="closed"):
        gf.Wire.read(tmp_path / "wire.obj")
    assert "closed" in held(["film", "wire.obj"], tmp_path).stderr


@pytest.mark.parametrize("text", ["log(x)", "1/x", "0/0", "exp(1000*x)", "1e200*y", "tan(pi*x/2)*1e90"])
def test_formulas_without_a_height(text: str, tmp_path: Path) -> None:
    with pytest.raises(gf.BadInput):
        gf.soap_film(gf.Wire.formula(text), 9)
    assert "height of wire" in held(["film", text, "-n", "9", "--out", "o"], tmp_path).stderr


# ---- files --------------------------------------------------------------------------------------------------------------

SUFFIXES = (".csv", ".txt", ".xyz", ".dat", ".obj", ".ply", ".vtp", ".npy", ".npz", ".png")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "junk", "html", "cut"])
def test_files(kind: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"wire{suffix}"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        whole = {"empty": b"", "junk": bytes(range(256)) * 4, "html": b"<html><body>404</body></html>", "cut": b"ply\nformat"}
        path.write_bytes(whole[kind])
    with pytest.raises(gf.BadInput) as caught:
        gf.Wire.read(path)
    check_sentence(str(caught.value))
    assert path.name in held(["film", path.name, "-n", "9", "--out", "o"], tmp_path).stderr
    if suffix in (".npy", ".npz", ".png"):
        assert held(["film", "x", "-n", "9", "--start", path.name, "--out", "o"], tmp_path).status == 2


def test_wrong_suffixes(tmp_path: Path) -> None:
    for name, data in (("wire.stl", b"solid"), ("wire.npy", as_text([SQUARE])), ("wire.csv", saved(HEIGHTS, False))):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(gf.BadInput):
            gf.Wire.read(tmp_path / name)
        assert held(["film", name, "--out", "o"], tmp_path).status == 2


def test_unreadable_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads everything, so the refusal of the system is played."""
    (tmp_path / "wire.csv").write_bytes(as_text([SQUARE]))

    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", denied)
        with pytest.raises(gf.BadInput, match="Permission denied"):
            gf.Wire.read(tmp_path / "wire.csv")


@pytest.mark.parametrize("between", [" ", ",", ", ", ";", "\t"], ids=repr)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=repr)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order mark"])
def test_separators_line_ends_and_marks_are_taken(mark: bytes, end: str, between: str, tmp_path: Path) -> None:
    (tmp_path / "wire.csv").write_bytes(mark + as_text([SQUARE], between, end) + end.encode())
    assert gf.Wire.read(tmp_path / "wire.csv").bounds == (0.0, 1.0, 0.0, 1.0)


# ---- formulas -----------------------------------------------------------------------------------------------------------

FORMULAS = {
    "unknown names": "x + foo",
    "attributes": "x.real",
    "subscripts": "x[0]",
    "strings": "'x'",
    "calls off the list": "eval(x)",
    "imports": "__import__('os')",
    "100 000 characters": "x+" * 50_000 + "x",
    "deep nesting": "sin(" * 100 + "x" + ")" * 100,
    "deep brackets": "(" * 999 + "x" + ")" * 999,
    "x^2": "x^2",
    "empty": "",
    "a number too large": "1e999*x",
}


@pytest.mark.parametrize("kind", FORMULAS)
def test_formulas(kind: str, tmp_path: Path) -> None:
    text = FORMULAS[kind]
    doors: list[Callable] = [gf.Wire.formula, lambda t: gf.Potential(t).value([0.5, 0.5]), lambda t: gf.Wire.outline("disc", t)]
    doors.append(lambda t: gf.soap_film(gf.Wire.formula("x"), 5, f"{t} "))
    for door in doors:
        with pytest.raises(gf.BadInput) as caught:
            door(text)
        check_sentence(str(caught.value))
        assert kind != "x^2" or "x**2" in str(caught.value)
    for command in (["film", text, "-n", "5"], ["film", "x", "-n", "5", "--start", f"{text} "], ["point", text]):
        assert held([*command, "--out", "o"], tmp_path).status == 2
