"""Checkpoints that are refused, by name and with a remedy: damaged, foreign, newer, another problem's, in use, out of place."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import geoflow as gf
from geoflow import checkpoints
from geoflow.cli.main import main
from geoflow.io import atomic, container, lock
from tests.laws.runs import RUNS, evolved, told

NAME = "a heavy ball, fixed steps"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of five steps."""
    path = tmp_path_factory.mktemp("made") / "run.gfc"
    evolved(NAME, checkpoint=path, max_steps=5)
    return path


def refused(path: object, name: str = NAME, **more: object) -> str:
    with pytest.raises(gf.BadInput) as caught:
        evolved(name, resume=path, **more)
    assert str(caught.value).count("\n") == 0
    return str(caught.value)


def test_cut_anywhere(made: Path, tmp_path: Path) -> None:
    whole, path = made.read_bytes(), tmp_path / "cut.gfc"
    for length in (*range(1, len(whole), 97), len(whole) - 1):
        path.write_bytes(whole[:length])
        assert f"checkpoint = {path}: it is damaged" in refused(path), length
    path.write_bytes(b"")
    assert "no checkpoint of geoflow" in refused(path)
    path.write_bytes(whole + b"\0")
    assert "damaged" in refused(path)


def test_flipped_anywhere(made: Path, tmp_path: Path) -> None:
    """Read, not resumed: the first line that looks at a checkpoint refuses it."""
    whole, path = made.read_bytes(), tmp_path / "flipped.gfc"
    for k in (*range(30), *range(30, len(whole), 41), *range(len(whole) - 32, len(whole))):
        data = bytearray(whole)
        data[k] ^= 1 << (k % 8)
        path.write_bytes(data)
        with pytest.raises(gf.BadInput, match=r"damaged|no checkpoint of geoflow|its format is"):
            checkpoints.read(path)


def test_every_file_that_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.csv").write_text("0 0 0\n1 0 0\n")
    np.save(tmp_path / "array.npy", np.eye(3))
    os.mkfifo(tmp_path / "pipe")
    for name, said in (("folder", "no file"), ("text.csv", "no checkpoint"), ("array.npy", "no checkpoint"), ("pipe", "no file")):
        assert said in refused(tmp_path / name)
    assert "no such file to resume from" in refused(tmp_path / "missing.gfc")
    assert "cannot be read" in refused("a\0b")
    assert "resume = 3: give the path of a checkpoint" in refused(3)
    flow, x0, options = RUNS[NAME]()
    with pytest.raises(gf.BadInput, match="resume = a: give one of the steps"):
        gf.steps(flow, x0, **options, resume="a")


def test_a_newer_format_is_told_apart(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "newer.gfc"
    path.write_bytes(made.read_bytes().replace(b"checkpoint 1\n", b"checkpoint 12\n", 1))
    assert "its format is 12, and this geoflow knows 1" in refused(path)


FORGED = [
    {"arrays": [["x", "<f8", [10**15], False]]},
    {"arrays": [["x", "|O", [1], False]]},
    {"arrays": [["x", "<f8", [-1], False]]},
    {"arrays": "none"},
    {"arrays": []},
    [],
]


@pytest.mark.parametrize("header", FORGED, ids=str)
def test_a_forged_header_costs_no_memory(header: object, tmp_path: Path) -> None:
    """A whole file with a checksum that fits, whose header promises what it has not, or what no run writes."""
    text = json.dumps({"facts": {}, **header} if isinstance(header, dict) else header).encode()
    data = b"geoflow checkpoint 1\n" + len(text).to_bytes(8, "little") + text
    (tmp_path / "forged").write_bytes(data + hashlib.sha256(data).digest())
    assert "damaged" in (said := refused(tmp_path / "forged")) or "does not hold what a checkpoint does" in said


OTHER = {
    "the state's shape": {"x0": [0.3, 0.4, 0.5]},
    "the start": {"x0": [0.3, 0.41]},
    "E at the start": {"energy": gf.Potential("(x**2 - 1)**2/4 + y**2/2 + 1e-12")},
    "dE at the start": {"energy": gf.Potential("(x**2 - 1)**2/4 + y**2/2 + x - 0.3")},
    "the energy": {"energy": gf.WeightedSum(((1.0, gf.Potential("(x**2 - 1)**2/4 + y**2/2")),))},
    "the metric": {"metric": gf.InnerProduct(np.eye(2))},
    "the method": {"method": gf.HeavyBall(0.6)},
    "dt": {"dt": 0.21},
    "rtol": {"rtol": 1e-3},
    "rest_tol": {"rest_tol": 1e-3},
    "on_rise": {"on_rise": "report"},
    "bounds": {"bounds": (-3, 3, -3, 3)},
}


@pytest.mark.parametrize("what", OTHER)
def test_another_problem_is_refused_by_what_differs(what: str, made: Path) -> None:
    flow, x0, options = RUNS[NAME]()
    given = {"energy": flow.energy, "metric": flow.metric, "bounds": None, "x0": x0, **options, **OTHER[what]}
    if what == "the state's shape":
        given["energy"] = gf.Potential("x**2 + y**2 + z**2")
    other = gf.GradientFlow(given.pop("energy"), given.pop("metric"), bounds=given.pop("bounds"))
    with pytest.raises(gf.BadInput, match=f"checkpoint = .*it is of another problem, {what} being .* there and .* here"):
        gf.evolve(other, given.pop("x0"), **given, resume=made)


def test_a_metric_and_an_energy_that_differ_elsewhere_only(tmp_path: Path) -> None:
    """The metric by its speed at the start; an energy that is the same there, by its value at the state it has come to."""
    for one, two, what in (
        ((gf.Potential("x**2"), gf.InnerProduct([[1.0]])), (gf.Potential("x**2"), gf.InnerProduct([[2.0]])), "the speed at the"),
        (
            (gf.Potential("x**2"), gf.Euclidean()),
            (gf.Potential("x**2 + (x - 1)**4"), gf.Euclidean()),
            "at its state, t = 0.5, E is",
        ),
    ):
        path = tmp_path / what
        gf.evolve(gf.GradientFlow(*one), [1.0], 0.5, checkpoint=path)
        with pytest.raises(gf.BadInput, match=what):
            gf.evolve(gf.GradientFlow(*two), [1.0], 1.0, resume=path)


def test_a_wire_that_moves_otherwise(tmp_path: Path) -> None:
    one, two = (gf.soap_film(gf.Wire.formula(f"{k}*t*x*y"), 9) for k in (1, 2))
    gf.evolve(one.flow, one.start, 0.1, checkpoint=tmp_path / "a")
    with pytest.raises(gf.BadInput, match="the wire is elsewhere"):
        gf.evolve(two.flow, two.start, 0.2, resume=tmp_path / "a")


def test_times_that_are_over(made: Path) -> None:
    assert "t_end = 0.5: the checkpoint" in refused(made, t_end=0.5)
    assert "t_eval = 0.2: the checkpoint" in refused(made, t_eval=(0.2, 2.0))


# ---- where it is written --------------------------------------------------------------------------------------------------


def refused_place(place: object, said: str) -> None:
    with pytest.raises(gf.BadInput, match=said):
        evolved(NAME, checkpoint=place)


def test_places_that_cannot_be(tmp_path: Path) -> None:
    refused_place(tmp_path, "this is a folder")
    refused_place(tmp_path / "none" / "run.gfc", "nothing can be written there")
    refused_place("/proc/run.gfc", "nothing can be written there")
    refused_place(3, "give the path of a file")
    refused_place("", "give the path of a file")
    for every in (-1.0, np.nan, np.inf, "1"):
        with pytest.raises(gf.BadInput, match="every"):
            gf.Checkpoint("a", every)
    assert list(tmp_path.iterdir()) == []


def test_no_earlier_run_is_lost(made: Path, tmp_path: Path) -> None:
    before = made.read_bytes()
    for more in ({}, {"resume": tmp_path / "none"}):
        with pytest.raises(gf.BadInput):
            evolved(NAME, checkpoint=made, **more)
    refused_place(made, "there is one already: resume it, or remove it")
    (tmp_path / "wire.csv").write_text("mine")
    refused_place(tmp_path / "wire.csv", "there is one already")
    assert made.read_bytes() == before and (tmp_path / "wire.csv").read_text() == "mine"
    evolved(NAME, resume=made, checkpoint=tmp_path / "other.gfc")
    assert made.read_bytes() == before and len(checkpoints.read(tmp_path / "other.gfc").rows) > 5


def test_a_first_one_that_cannot_be_written_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "atomic_path", _full)
    refused_place(tmp_path / "a", "No space left on device: give another place")
    assert list(tmp_path.iterdir()) == []


def _full(path: object) -> object:
    raise gf.GeoflowError(f"cannot write {path}: {os.strerror(errno.ENOSPC)}")


def test_a_disk_that_fills_on_the_way_costs_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on and tells it; the old checkpoint is whole."""
    path, whole = tmp_path / "a", evolved(NAME)
    steps = iter(range(100))
    settle = atomic._settle

    def fills(temporary: Path, target: Path) -> None:
        if next(steps) > 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        settle(temporary, target)

    monkeypatch.setattr(atomic, "_settle", fills)
    run = evolved(NAME, checkpoint=gf.Checkpoint(path, 0.0))
    assert run.x.tobytes() == whole.x.tobytes() and run.success
    assert "; the checkpoint is of step 3 still: cannot write" in run.message and "No space left" in run.message
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    monkeypatch.undo()
    assert told(evolved(NAME, resume=path)) == told(whole)


def test_what_killed_writers_left_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "run.gfc"
    with atomic.atomic_path(path) as temporary:
        stale = temporary.with_name(temporary.name.replace(temporary.name[-10:-4], "abcdef"))
        stale.write_text("half")
    with atomic.atomic_path(tmp_path / "other.gfc") as temporary:
        theirs = temporary.with_name(f"{temporary.stem}1.gfc")
        theirs.write_text("of another file, which may be being written")
    path.unlink()
    evolved(NAME, checkpoint=path, max_steps=2)
    assert theirs.exists() and not stale.exists()


# ---- one at a time ----------------------------------------------------------------------------------------------------------


def test_two_runs_onto_one_file(tmp_path: Path) -> None:
    """In one process, by threads and one inside the other; a lock that its owner left behind is none."""
    path, said = tmp_path / "run.gfc", []
    (tmp_path / "run.gfc.lock").write_text("1\n")

    def second(now: object) -> None:
        try:
            evolved(NAME, checkpoint=tmp_path / "x" / ".." / "run.gfc", resume=path)
        except gf.BadInput as refusal:
            said.append(str(refusal))

    (tmp_path / "x").mkdir()
    evolved(NAME, checkpoint=path, max_steps=2, progress=second)
    assert len(said) == 3 and all(f"another run (process {os.getpid()}) is writing there" in s for s in said)
    thread = threading.Thread(target=evolved, args=(NAME,), kwargs={"checkpoint": path, "resume": path})
    thread.start()
    thread.join()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.gfc", "x"]


def test_a_lock_by_the_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no locks."""
    monkeypatch.setattr(lock, "flock", None)
    first, second = (lock.locked(tmp_path / "l", "--out", "o") for _ in range(2))
    with first, pytest.raises(gf.BadInput, match="--out = o: another run is writing there: wait for it, or remove l"), second:
        pass
    with lock.locked(tmp_path / "l", "--out", "o"):
        pass
    assert list(tmp_path.iterdir()) == []


HOLD = """
import sys
from pathlib import Path
from geoflow.io.lock import locked
with locked(Path(sys.argv[1]), "a", "b"):
    print("held", flush=True)
    input()
"""


def test_two_processes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another process holds a checkpoint's file and a directory: each is refused by name; killed, it holds neither."""
    for held, arguments, said in (
        ("a.gfc.lock", ["--checkpoint", str(tmp_path / "a.gfc")], "checkpoint = "),
        ("out/.geoflow.lock", ["--out", str(tmp_path / "out")], "--out = "),
    ):
        (tmp_path / "out").mkdir(exist_ok=True)
        command = ["film", "saddle", "-n", "5", "--until", "0.01", "--quiet", *arguments]
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path / held)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout.readline() == "held\n"
            assert main(command) == 2
            stderr = capsys.readouterr().err
            assert stderr.count("\n") == 1 and f"{said}" in stderr and f"another run (process {process.pid})" in stderr
            process.kill()
        assert main([*command[:-2], "--checkpoint", str(tmp_path / "a.gfc")] if held[0] == "a" else command[:-2]) == 0
    assert not list(tmp_path.glob("*.lock"))


# ---- the command line -------------------------------------------------------------------------------------------------------

BAD = [
    (["film", "saddle", "--resume"], "--checkpoint FILE"),
    (["film", "saddle", "--checkpoint", "missing.gfc", "--resume"], "missing.gfc"),
    (["film", "saddle", "--checkpoint-every", "1"], "--checkpoint-every"),
    (["film", "saddle", "--checkpoint", "a", "--checkpoint-every", "-1"], "--checkpoint-every"),
    (["film", "saddle", "--checkpoint", "a", "--checkpoint-every", "nan"], "--checkpoint-every"),
    (["film", "saddle", "--relax", "--checkpoint", "a"], "--relax"),
    (["film", "saddle", "--checkpoint", "none/a"], "none/a"),
    (["film", "saddle", "--checkpoint", "."], "folder"),
    (["point", "x**2", "--checkpoint", "a"], "one --from"),
    (["point", "x**2", "--from", "1", "--from", "2", "--checkpoint", "a"], "one --from"),
    (["point", "x**2", "--from", "1", "--resume"], "--checkpoint FILE"),
    (["point", "x**2", "--from", "1", "--checkpoint", "missing.gfc", "--resume"], "missing.gfc"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_is_one_line_exit_2_and_writes_nothing(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*arguments, "--out", "o/p"]) == 2
    stdout, stderr = capsys.readouterr()
    assert stdout == "" and stderr.count("\n") == 1 and named in stderr
    assert list(tmp_path.iterdir()) == []


CHANGED = {
    "wire": (["tent", "-n", "9"], "the start"),
    "n": (["saddle", "-n", "17"], "the state's shape"),
    "metric": (["saddle", "-n", "9", "--metric", "mcf"], "the metric"),
    "method": (["saddle", "-n", "9", "--method", "euler"], "the method"),
    "dt": (["saddle", "-n", "9", "--dt", "0.01"], "dt"),
    "rtol": (["saddle", "-n", "9", "--rtol", "1e-3"], "rtol"),
    "start": (["saddle", "-n", "9", "--start", "flat"], "the start"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_another_film_is_refused(
    what: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    end = ["--until", "0.02", "--checkpoint", "a.gfc", "--quiet"]
    assert main(["film", "saddle", "-n", "9", *end]) == 0
    before = Path("a.gfc").read_bytes()
    arguments, named = CHANGED[what]
    assert main(["film", *arguments, *end, "--resume", "--out", "o"]) == 2
    assert f"another problem, {named} being " in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["a.gfc"] and Path("a.gfc").read_bytes() == before


class Other:
    """A watcher with a memory of its own."""

    def __call__(self, now: object) -> None:
        pass

    def saved(self) -> dict[str, np.ndarray]:
        return {"other": np.zeros(3)}

    def restore(self, saved: object) -> None:
        pass


@pytest.mark.parametrize("watcher", [None, Other()], ids=["unwatched", "watched by another"])
def test_a_run_begun_in_python_is_resumed_by_a_command(
    watcher: object, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the command alone would have kept on the way, frames and places, begins where it resumes, and that is said."""
    monkeypatch.chdir(tmp_path)
    flow = gf.GradientFlow(gf.Potential("x**2 + y**2/2"), gf.Euclidean(), bounds=(-5, 5, -5, 5))
    given = {"method": gf.SDIRK3(), "rtol": 1e-6, "progress": watcher}
    for steps in (None, 4):
        Path("p.gfc").unlink(missing_ok=True)
        gf.evolve(flow, [1.0, 1.0], 2.0, **given, checkpoint="p.gfc", max_steps=steps, raise_on_failure=False)
        command = ["point", "x**2 + y**2/2", "--from", "1,1", "--until", "2", "--checkpoint", "p.gfc", "--resume"]
        assert main([*command, "--json", "-o", "t.csv"]) == 0
        found = json.loads(capsys.readouterr().out)["trajectories"][0]
        assert found["start"] == [1.0, 1.0] and found["t_end"] == 2.0 and Path("t.csv").read_text().count("\n") > 2
    film = gf.soap_film(gf.Wire.named("saddle"), 9)
    gf.evolve(film.flow, film.start, 0.1, method=gf.SDIRK2(), progress=watcher, checkpoint="f.gfc")
    command = ["film", "saddle", "-n", "9", "--until", "0.2", "--checkpoint", "f.gfc", "--resume", "--json", "-o", "f.pvd"]
    assert main(command) == 0
    assert "was not asked for when this run was begun" in capsys.readouterr().err


def test_sigterm_where_nothing_flows_ends_a_command_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("geoflow.cli.point.find_equilibria", lambda *given: os.kill(os.getpid(), signal.SIGTERM))
    assert main(["point", "x**2", "--from", "1"]) == 143
    assert capsys.readouterr().err == "geoflow: interrupted\n" and signal.getsignal(signal.SIGTERM) is before


def test_a_command_in_a_thread_of_its_own_leaves_signals_alone(capsys: pytest.CaptureFixture[str]) -> None:
    status = []
    thread = threading.Thread(target=lambda: status.append(main(["film", "saddle", "-n", "5", "--until", "0.01", "--json"])))
    thread.start()
    thread.join()
    assert status == [0] and json.loads(capsys.readouterr().out)["status"] == "reached t_end"
