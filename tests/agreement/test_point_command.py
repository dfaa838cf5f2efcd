"""``geoflow point`` tells what the library finds, and what is known: in JSON, in the table, in the files."""

import csv
import json

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import geoflow as gf
from geoflow.cli import point_outputs
from geoflow.cli.main import main

PASS = "exp(x)*cos(y) - x - 1"
HIMMELBLAU = "(x**2+y-11)**2+(x+y**2-7)**2"
KEYS = """formula variables bounds equilibria index_sum index_expected index_consistent complete completeness trajectories endings
seconds files""".split()


def call(capsys, *arguments):
    try:
        status = main(["point", *map(str, arguments)])
    except SystemExit as stop:
        status = stop.code
    return status, *capsys.readouterr()


def asked(capsys, *arguments):
    status, stdout, _ = call(capsys, *arguments, "--json")
    return status, json.loads(stdout)


@pytest.fixture(scope="module")
def beside_the_pass():
    """The flow itself, by other code, to 1e-12: t where x, which rises after the pass, is at a given value."""

    def slope(t, p):
        return [1.0 - np.exp(p[0]) * np.cos(p[1]), np.exp(p[0]) * np.sin(p[1])]

    def at(x):
        def there(t, p):
            return p[0] - x

        there.terminal, there.direction = True, 1.0
        run = solve_ivp(slope, (0.0, 20.0), [0.5, 1e-6], method="DOP853", rtol=1e-12, atol=1e-20, events=there)
        return float(run.t_events[0][0])

    return at


def test_the_pass(capsys, beside_the_pass):
    status, result = asked(capsys, PASS, "--from", "0.5,0", "--from", "0.5,1e-6")
    assert status == 0 and list(result) == KEYS and result["bounds"] == [-5, 5, -5, 5] and result["variables"] == ["x", "y"]
    (saddle,) = result["equilibria"]
    assert list(saddle) == ["x", "value", "eigenvalues", "kind", "index"]
    assert np.allclose(saddle["x"], 0.0, atol=1e-9) and np.allclose(saddle["eigenvalues"], [-1.0, 1.0], atol=1e-9)
    assert (saddle["kind"], saddle["index"], result["index_sum"], result["index_expected"]) == ("saddle", 1, -1, -1)
    assert result["index_consistent"] is True and result["complete"] is True
    into, past = result["trajectories"]
    assert list(into) == list(past) == ["start", "end", "status", "t_end", "value"]
    assert into["status"] == "at rest" and into["end"][1] == 0.0 and abs(into["end"][0]) < 1e-6
    assert past["status"] == "left the bounds" and past["start"] == [0.5, 1e-6]
    assert abs(past["t_end"] - beside_the_pass(past["end"][0])) < 2e-3 and 14.4 < past["t_end"] < 14.4603
    assert past["value"] == gf.Potential(PASS).value(past["end"]) < -100.0
    assert "blows up near t = 14.4602" in result["endings"][1]


def test_the_equilibria_are_the_librarys(capsys):
    status, result = asked(capsys, HIMMELBLAU)
    found = gf.find_equilibria(gf.Potential(HIMMELBLAU), (-5, 5, -5, 5))
    assert status == 0 and len(result["equilibria"]) == len(found.points) == 9
    for told, p in zip(result["equilibria"], found.points, strict=True):
        assert told == {
            "x": p.x.tolist(),
            "value": p.value,
            "eigenvalues": p.eigenvalues.tolist(),
            "kind": p.kind,
            "index": p.index,
        }
    assert [p["kind"] for p in result["equilibria"]].count("saddle") == 4
    assert abs(result["equilibria"][-1]["value"] - 181.61652152258) < 1e-9 and result["complete"] is True
    assert result["trajectories"] == [] and result["files"] == []


def test_what_is_not_known_is_null(capsys):
    status, result = asked(capsys, "x**3 - 3*x*y**2")
    assert status == 0 and result["complete"] is None and "degenerate" in result["completeness"]
    assert [(p["kind"], p["index"]) for p in result["equilibria"]] == [("degenerate", 0)] and result["index_sum"] == -2
    curve = asked(capsys, "y**2")[1]
    assert curve["index_sum"] is curve["index_expected"] is curve["index_consistent"] is curve["complete"] is None


def test_a_trajectory_is_the_flow(capsys):
    status, result = asked(capsys, "x**2/2 + y**2", "--from", "2,-1", "--until", "1")
    (track,) = result["trajectories"]
    exact = [2.0 * np.exp(-1.0), -np.exp(-2.0)]
    assert status == 0 and (track["status"], track["t_end"]) == ("reached t_end", 1.0)
    assert 0.0 < np.max(np.abs(np.subtract(track["end"], exact))) < 1e-5
    assert abs(track["value"] - (exact[0] ** 2 / 2.0 + exact[1] ** 2)) < 1e-5


def test_a_looser_tolerance_and_another_method(capsys):
    ends = {}
    for options in ((), ("--rtol", "1e-2"), ("--method", "rk"), ("--method", "sdirk2")):
        result = asked(capsys, "x**2/2", "--from", "1", "--until", "1", *options)[1]
        ends[options] = abs(result["trajectories"][0]["end"][0] - np.exp(-1.0))
    assert ends["--rtol", "1e-2"] > 10.0 * ends[()] and len(set(ends.values())) == 4
    assert max(ends[()], ends["--method", "rk"], ends["--method", "sdirk2"]) < 1e-5


def test_momentum(capsys):
    """Critical damping, x = (1 + t) e⁻ᵗ; what is told is V, not V + ½v²."""
    options = ("--from", "1", "--until", "2", "--method", "heavyball", "--beta", "2", "--rtol", "1e-6")
    (track,) = asked(capsys, "x**2/2", *options)[1]["trajectories"]
    assert abs(track["end"][0] - 3.0 * np.exp(-2.0)) < 1e-5
    assert abs(track["value"] - 0.5 * track["end"][0] ** 2) < 1e-14


def test_flowing_away_is_an_end_like_any_other(capsys):
    status, result = asked(capsys, "log(x)", "--from", "1")  # x = √(1 − 2t)
    assert status == 0 and result["trajectories"][0]["status"] == "blew up"
    assert abs(result["trajectories"][0]["t_end"] - 0.5) < 1e-5 and "blew up near t = 0.5" in result["endings"][0]
    status, stdout, _ = call(capsys, "-x**2", "--from", "-1e-3", "--bounds", "-2", "2")
    assert status == 0 and "left the bounds at t = 3.8" in stdout and "like any other" in stdout  # ln(2000) / 2 = 3.80


def test_the_default_bounds_hold_every_start(capsys):
    for start, reach in (("4.9", 5.0), ("5", 10.0), ("-12", 20.0)):
        assert asked(capsys, "x**2", "--from", start, "--until", ".1")[1]["bounds"] == [-reach, reach]
    assert asked(capsys, "x**2", "--bounds", "-1", "3e0")[1]["bounds"] == [-1.0, 3.0]


def test_numbered_variables(capsys):
    formula = "x1**4/4 - x1**2/2 + " + " + ".join(f"x{k}**2" for k in range(2, 7))
    status, stdout, _ = call(capsys, formula, "--from", "1e-3,1,1,1,1,1")
    assert status == 0 and "-5 ≤ x1, …, x6 ≤ 5" in stdout and "(0.001, 1, 1, 1, …) → (1, 0, 0, 0, …)" in stdout
    rows = [line.split() for line in stdout.splitlines()]
    assert "1 minimum 0 -1 0 0 … -0.25 2 2 … 2".split() in rows and "3 saddle 1 0 0 0 … 0.00 -1 2 … 2".split() in rows


def test_the_table(capsys):
    status, stdout, _ = call(capsys, HIMMELBLAU, "--from", "0,0")
    lines = stdout.splitlines()
    head = next(k for k, line in enumerate(lines) if "eigenvalues" in line)
    rows = lines[head + 1 : head + 10]
    assert status == 0 and len({len(row) for row in rows}) == 1 and rows[-1].split()[:3] == ["9", "maximum", "2"]
    assert len({row.index(".") for row in rows}) == 1  # decimal points stand one above the other
    number = next(row.split()[0] for row in rows if "3.00000000   2.00000000" in row)
    assert f"in equilibrium {number}, a minimum" in stdout and "V = 170 → 0" in stdout
    assert "-5 ≤ x, y ≤ 5  (the default; --bounds sets others)" in stdout and "yes: interval arithmetic" in stdout
    assert "Σ (−1)^index = 1; " in stdout and "they agree" in stdout


def test_the_table_says_that_others_are_missing_and_never_lists_too_many(capsys):
    status, stdout, _ = call(capsys, "sin(x)*sin(y)", "--bounds", "0.5", "22.5", "0.5", "22.5")
    assert status == 0 and "the lowest 40 of them" in stdout and sum("minimum" in line for line in stdout.splitlines()) <= 41


def test_quiet_says_nothing(capsys):
    assert call(capsys, "x**2", "--from", "1", "--quiet") == (0, "", "")


def test_files(capsys, tmp_path):
    folder = tmp_path / "o"
    formula = "x**4/4 - x**2/2 + y**2/2 + z**2"
    status, stdout, _ = call(capsys, formula, "--from", "1.5,1,1", "--from", "0,1,-1", "--until", "1", "--out", folder)
    assert status == 0 and sorted(p.name for p in folder.iterdir()) == ["summary.json", "trajectories.csv"]
    assert "portrait  none: V has 3 variables" in stdout and str(folder / "trajectories.csv") in stdout
    result = json.loads((folder / "summary.json").read_text())
    with (folder / "trajectories.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["which", "t", "x", "y", "z", "V"] and {row["which"] for row in rows} == {"1", "2"}
    for k, track in enumerate(result["trajectories"]):
        own = [row for row in rows if row["which"] == str(k + 1)]
        for row, place in ((own[0], "start"), (own[-1], "end")):
            assert [float(row[name]) for name in "xyz"] == track[place]
        V = np.array([float(row["V"]) for row in own])
        assert len(V) > 3 and np.all(np.diff(V) < 0.0) and V[-1] == track["value"] and float(own[-1]["t"]) == 1.0
    again = json.loads(call(capsys, formula, "--json", "-o", tmp_path / "a.json", "-o", tmp_path / "a.csv")[1])
    assert json.loads((tmp_path / "a.json").read_text()) == again
    assert again["files"] == [str(tmp_path / "a.json"), str(tmp_path / "a.csv")] and again["equilibria"] == result["equilibria"]
    assert (tmp_path / "a.csv").read_text() == "which,t,x,y,z,V\n"


@pytest.mark.parametrize(("formula", "start", "curves"), [("x**4/4 - x**2/2", "0.5", 0), (PASS, "0.5,0.5", 2)])
def test_pictures(formula, start, curves, capsys, tmp_path, monkeypatch):
    """What is drawn is what was found: all steps of each trajectory, the equilibria, the curves through each saddle."""
    from geoflow import viz

    given, draw = [], viz.portrait

    def spy(*arguments):
        given.append(arguments)
        return draw(*arguments)

    monkeypatch.setattr(viz, "portrait", spy)
    png, pdf = tmp_path / "p.png", tmp_path / "p.pdf"
    status, result = asked(capsys, formula, "--from", start, "--until", "1", "-o", png, "-o", pdf)
    assert status == 0 and png.read_bytes()[:4] == b"\x89PNG" and pdf.read_bytes()[:4] == b"%PDF"
    for _, bounds, (track,), equilibria, manifolds in given:
        assert list(bounds) == result["bounds"] and len(track) > 5
        assert [track[0].tolist(), track[-1].tolist()] == [result["trajectories"][0][end] for end in ("start", "end")]
        assert len(equilibria.points) == len(result["equilibria"]) and len(manifolds) == curves
    if curves:  # y = 0 runs into the pass, x = ln(y / sin y) out of it
        into, out = (np.concatenate([branch.points for branch in one.branches]) for one in given[0][4])
        y = out[np.abs(out[:, 1]) > 1e-3]
        assert np.max(np.abs(into[:, 1])) < 1e-6 and np.max(np.abs(y[:, 0] - np.log(y[:, 1] / np.sin(y[:, 1])))) < 1e-6


def test_a_failed_drawing_loses_no_numbers(capsys, tmp_path, monkeypatch):
    def fail(path, results):
        raise RuntimeError("no ink")

    monkeypatch.setitem(point_outputs.STANDARD, "portrait.png", fail)
    monkeypatch.setitem(point_outputs.KINDS, ".pdf", fail)
    status, _, stderr = call(capsys, "x**2", "--from", "1", "-o", tmp_path / "first.pdf", "--out", tmp_path / "o")
    assert status == 1 and "could not be drawn: no ink" in stderr
    assert sorted(p.name for p in (tmp_path / "o").iterdir()) == ["summary.json", "trajectories.csv"]
