"""Runs that are killed with SIGKILL at random moments and resumed are the runs that were never stopped, to the last bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import geoflow as gf
from tests.laws.commands import FILM, KEPT, POINT
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
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300)
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


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """The folder in which commands were stopped, and how each ended."""
    folder = tmp_path_factory.mktemp("commands")
    command = [sys.executable, "-m", "tests.laws.commands"]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def numbers(found: dict) -> dict:
    """The JSON that a command printed, but for what the clock says."""
    assert found["exit"] == 0, found["stderr"]
    return {key: value for key, value in json.loads(found["stdout"]).items() if key not in ("seconds", "files")}


@pytest.mark.parametrize(("name", "files"), [("film", ("ledger.csv", "film.pvd")), ("point", ("trajectories.csv",))])
def test_a_command_killed_and_resumed(name: str, files: tuple[str, ...], commands: tuple[Path, dict]) -> None:
    """Its numbers, its tables and its series of frames are those of the uninterrupted one, byte for byte."""
    folder, found = commands
    assert found[f"{name}, killed"]["killed"] == signal.SIGKILL
    assert numbers(found[f"{name}, resumed"]) == numbers(found[name])
    for file in files:
        one, two = ((folder / f"{name}, {k}" / file).read_bytes() for k in ("whole", "killed"))
        assert one == two
    frames = [[p.read_bytes() for p in sorted((folder / f"{name}, {k}").glob("film_frames/*"))] for k in ("whole", "killed")]
    assert frames[0] == frames[1] and (name == "point" or len(frames[0]) > 10)


@pytest.mark.parametrize(("name", "status"), [("ctrl-c", 130), ("sigterm", 143)])
def test_a_signal_ends_a_command_after_its_step(name: str, status: int, commands: tuple[Path, dict]) -> None:
    """The partial result is told, the checkpoint is of its last step, and resumed it is the uninterrupted run."""
    _, found = commands
    part = json.loads(found[name]["stdout"])
    assert found[name]["exit"] == status and part["status"] == "interrupted" and 4 <= part["steps"] < 30
    said = found[name]["stderr"]
    assert "stopping after this step" in said and "resume run.gfc to go on" in said
    assert found[f"{name}, files"] == ["run.gfc"]
    whole = numbers(found["film"])
    assert numbers(found[f"{name}, resumed"]) == whole and whole["steps"] == 30


@pytest.mark.parametrize(("name", "number"), [("ctrl-c", signal.SIGINT), ("sigterm", signal.SIGTERM)])
def test_a_second_signal_ends_it_at_once(name: str, number: int, commands: tuple[Path, dict]) -> None:
    """Also in the middle of a step that takes very long; what was written before is whole."""
    _, found = commands
    assert (found[f"{name}, twice"]["killed"], found[f"{name}, twice"]["stdout"]) == (number, "")
    assert found[f"{name}, twice"]["waited"] < 100.0
    assert numbers(found[f"{name}, resumed again"]) == numbers(found["film"])


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [FILM, POINT], ids=["film", "point"])
def test_a_command_of_its_own_killed_and_resumed(arguments: list[str], tmp_path: Path) -> None:
    """Not forked, but as a shell starts it; four times, at random moments."""
    command, random, killed = [sys.executable, "-m", "geoflow", *arguments, *KEPT], np.random.default_rng(11), 0
    options = {"cwd": tmp_path, "env": ENVIRONMENT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    began = time.monotonic()
    whole = json.loads(subprocess.run(command[:-4], check=True, **options).stdout)
    takes = time.monotonic() - began
    for _ in range(4):
        again = ["--resume"] if (tmp_path / "run.gfc").exists() else []
        with subprocess.Popen([*command, *again], **options) as process:
            time.sleep(random.uniform(0.5, 1.0) * takes)
            process.kill()
        killed += process.returncode == -signal.SIGKILL
    again = ["--resume"] if (tmp_path / "run.gfc").exists() else []
    last = json.loads(subprocess.run([*command, *again], check=True, **options).stdout)
    for result in (whole, last):
        del result["seconds"]
    assert last == whole and killed >= 1
