"""Runs that are killed with SIGKILL at random moments and resumed are the runs that were never stopped, to the last bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import geoflow as gf
from tests.laws.runs import RUNS

ROOT = Path(gf.__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "GEOFLOW_THREADS": "1", "OMP_NUM_THREADS": "1"}
QUICK = ("a film, adaptive", "a heavy ball, fixed steps")
SLOW = (
    "a film, adaptive", "a film, fixed steps", "a film, secant", "mean curvature", "a moving wire", "a moving wire, heavy ball",
    "a heavy film", "a disc that moves", "a point, sdirk3", "steps that are halved", "marbles, some of them leave",
    "heavy marbles, some of them leave",
)  # fmt: skip


def killed(name: str, kills: int, seed: int, folder: Path) -> dict:
    command = [sys.executable, "-m", "tests.laws.kills", name, str(kills), str(seed)]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["equal"]
    assert found["left"] == ["result.json", "run.gfc"]  # what killed writers left is swept, and the lock given back
    return found


@pytest.mark.parametrize("name", QUICK)
def test_killed_and_resumed(name: str, tmp_path: Path) -> None:
    assert killed(name, 8, 1, tmp_path)["killed"] >= 3


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_killed_often_and_resumed(name: str, tmp_path: Path) -> None:
    """Twelve runs, sixteen moments each; some in the middle of a file."""
    assert name in RUNS
    found = killed(name, 16, 7, tmp_path)
    assert found["killed"] >= 9 and found["torn"] >= 1


# ---- the command line -------------------------------------------------------------------------------------------------------

FILM = ["film", "saddle", "-n", "17", "--until", "0.3", "--dt", "0.01", "--json"]
POINT = [
    "point",
    "(x**2 - 1)**2/4 + y**2/2",
    "--from",
    "0.3,0.4",
    "--until",
    "4",
    "--method",
    "heavyball",
    "--beta",
    "1",
    "--json",
]


def start(command: list[str], folder: Path, *more: str) -> subprocess.Popen:
    arguments = [sys.executable, "-m", "geoflow", *command, *more]
    return subprocess.Popen(arguments, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen) -> dict:
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    return {key: value for key, value in json.loads(stdout).items() if key not in ("seconds", "files")}


def wait_for(path: Path, steps: int) -> None:
    """Until a checkpoint of so many writings is there; a writing is a new file."""
    seen, deadline = set(), time.monotonic() + 60.0
    while len(seen) < steps:
        assert time.monotonic() < deadline
        if path.exists():
            seen.add(path.stat().st_mtime_ns)
        time.sleep(0.0005)


@pytest.mark.parametrize(
    ("command", "files"), [(FILM, ("ledger.csv", "film.pvd")), (POINT, ("trajectories.csv",))], ids=["film", "point"]
)
def test_the_command_line_killed_and_resumed(command: list[str], files: tuple[str, ...], tmp_path: Path) -> None:
    """Its numbers, its tables and its series of frames are those of the uninterrupted run, byte for byte."""
    ways = [option for name in files for option in ("-o", name)]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = start(command, tmp_path / "a", *ways)
    kept = ("--checkpoint", "run.gfc", "--checkpoint-every", "0", *ways)
    first = start(command, tmp_path / "b", *kept)
    wait_for(tmp_path / "b" / "run.gfc", 5)
    first.kill()
    first.communicate()
    assert first.returncode == -signal.SIGKILL
    assert ended(start(command, tmp_path / "b", *kept, "--resume")) == ended(whole)
    for name in files:
        one, two = ((tmp_path / k / name).read_bytes() for k in "ab")
        assert one == two
    frames = [[p.read_bytes() for p in sorted((tmp_path / k).glob("film_frames/*"))] for k in "ab"]
    assert frames[0] == frames[1] and (not frames[0] or len(frames[0]) > 10)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"])
def test_a_signal_ends_a_run_after_its_step(number: int, status: int, tmp_path: Path) -> None:
    """The partial result is told, the checkpoint is of its last step, and resumed it is the uninterrupted run."""
    kept = ("--checkpoint", "run.gfc", "--checkpoint-every", "0")
    process = start(FILM, tmp_path, *kept)
    wait_for(tmp_path / "run.gfc", 5)
    process.send_signal(number)
    stdout, stderr = process.communicate()
    part = json.loads(stdout)
    assert process.returncode == status and part["status"] == "interrupted" and 4 <= part["steps"] < 30
    assert "stopping after this step" in stderr and "resume run.gfc to go on" in stderr
    assert len(gf.checkpoints.read(tmp_path / "run.gfc").rows) == part["steps"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.gfc"]
    again = ended(start(FILM, tmp_path, *kept, "--resume"))
    assert (again["status"], again["steps"]) == ("reached t_end", 30)
