"""``geoflow point`` refuses what it cannot take: one line, exit 2, nothing written; and says how runs ended that failed."""

import json

import pytest

from geoflow.cli.main import main


def call(capsys, *arguments):
    try:
        status = main([str(a) for a in arguments])
    except SystemExit as stop:
        status = stop.code
    return status, *capsys.readouterr()


BAD = [
    ([], "FORMULA"),
    ([""], "empty"),
    (["x^2"], "x**2"),
    (["x + q"], "'q' at column 5 is unknown: the variables are x, y, z, w"),
    (["x1 + y"], "'y' at column 6"),
    (["foo(x)"], "foo"),
    (["__import__('os')"], "column"),
    (["sin(" * 100 + "x" + ")" * 100], "nested too deep"),
    (["3 + pi"], "no variable"),
    (["x", "--from", ""], "--from"),
    (["x", "--from", "1,2"], "--from = 1,2"),
    (["x*y", "--from", "1"], "2 numbers, x,y"),
    (["x*y", "--from", "-1,2,3"], "--from = -1,2,3"),
    (["x*y", "--from", "1,nan"], "--from"),
    (["x*y", "--from", "1,y"], "--from"),
    (["x*y", "--from", "1;2"], "--from"),
    (["x*y", "--from", "1e308,0"], "--from = 1e308,0"),
    (["x*y", "--bounds", "0", "1"], "4 numbers"),
    (["x*y", "--bounds", "0", "1", "1", "1"], "--bounds = 0 1 1 1"),
    (["x", "--bounds", "1", "-1"], "--bounds = 1 -1"),
    (["x", "--bounds", "0", "inf"], "--bounds"),
    (["--bounds", "0", "1", "x**2"], "FORMULA comes before --bounds"),
    (["x**2", "--bounds", "-1", "1", "--from", "-1.5"], "outside"),
    (["log(x)", "--from", "-1"], "--from = -1"),
    (["sqrt(x)", "--from", "0"], "dV"),
    (["x**2", "--from", "1", "--until", "0"], "--until"),
    (["x**2", "--from", "1", "--until", "nan"], "--until"),
    (["x**2", "--from", "1", "--rtol", "-1"], "--rtol"),
    (["x**2", "--from", "1", "--method", "lagged"], "lagged"),
    (["x**2", "--from", "1", "--method", "heavyball"], "--beta"),
    (["x**2", "--from", "1", "--method", "heavyball", "--beta", "-1"], "--beta"),
    (["x**2", "--from", "1", "--beta", "1"], "heavyball"),
    (["x**2", "--until", "1"], "--from"),
    (["x**2", "--method", "rk"], "--from"),
    (["x**2", "-o", "a.vtp"], "a.vtp"),
    (["x**2", "-o", "none/a.csv"], "folder"),
    (["x + y + z", "-o", "a.png"], "3 variables"),
    (["x**2", "--relax"], "--relax"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD, ids=[" ".join(a)[:60] or "nothing" for a, _ in BAD])
def test_bad_input_is_one_line_exit_2_and_writes_nothing(arguments, named, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, stdout, stderr = call(capsys, "point", *arguments, "--out", "o")
    assert status == 2
    assert stdout == ""
    assert stderr.count("\n") == 1 and named in stderr and "Traceback" not in stderr
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_formula_gets_a_caret_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    status, _, stderr = call(capsys, "point", "-x**2 + 3*q*x")
    text, caret = stderr.splitlines()[-2:]
    assert status == 2 and text[caret.index("^")] == "q"


def test_a_run_that_fails_is_told_and_exits_1(capsys):
    """√x ends at 0 in finite time, t = 4/3, with no state beyond; the other run is not lost by it."""
    arguments = ("sqrt(x) + (y - 1)**2", "--bounds", "0", "2", "-2", "2", "--from", "1,1", "--until", "2", "--quiet", "--json")
    status, stdout, stderr = call(capsys, "point", *arguments)
    ended = json.loads(stdout)["trajectories"][0]
    assert status == 1 and stderr.count("\n") == 1 and stderr.startswith("geoflow: from 1,1: ")
    assert ended["status"] not in ("at rest", "reached t_end", "left the bounds") and abs(ended["t_end"] - 4.0 / 3.0) < 1e-3


def test_an_interrupted_run_exits_130_with_what_there_is(capsys, monkeypatch):
    from geoflow.cli import point

    class Interrupting(point.Progress):
        def __call__(self, now):
            if now.row is not None:
                raise KeyboardInterrupt

    monkeypatch.setattr(point, "Progress", Interrupting)
    status, stdout, stderr = call(capsys, "point", "x**2/2", "--from", "1", "--from", "2", "--json")
    result = json.loads(stdout)
    assert status == 130 and "interrupted" in stderr and result["equilibria"][0]["kind"] == "minimum"
    assert [track["status"] for track in result["trajectories"]] == ["interrupted"]  # the second was not begun


def test_interrupted_before_any_run(capsys, monkeypatch, tmp_path):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("geoflow.cli.point.find_equilibria", interrupt)
    status, stdout, stderr = call(capsys, "point", "x**2/2", "--json", "-o", tmp_path / "a.json")
    assert (status, stdout, stderr) == (130, "", "geoflow: interrupted\n") and list(tmp_path.iterdir()) == []
