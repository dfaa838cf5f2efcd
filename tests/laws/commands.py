"""A process that stops commands: ``python -m tests.laws.commands``, run in an empty folder.

Each command runs in a forked child, which need not import anything, until its checkpoint has been written a few times; then it
is sent signals, and, resumed, it runs to its end. Prints as JSON how each ended and what it said; the files stay in the folder.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from geoflow.checkpoints import Keeper
from geoflow.cli.main import main
from geoflow.energies.graph_area import GraphArea

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
KEPT = ["--checkpoint", "run.gfc", "--checkpoint-every", "0"]


def command(folder: str, arguments: list[str], signals: Sequence[int] = (), asleep: bool = False) -> dict:
    """One command in a folder, sent signals after a few steps. asleep: in the middle of a step that takes very long."""
    Path(folder).mkdir(exist_ok=True)
    path, pid = Path(folder) / "run.gfc", os.fork()
    if pid == 0:
        os.chdir(folder)
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        if signals:
            _fall_asleep() if asleep else _linger()
        status = main(arguments)
        sys.stdout.flush()
        os._exit(status)
    if signals:
        _wait_for(*((Path(folder) / "asleep", 1) if asleep else (path, 5)))
    for number in signals:
        os.kill(pid, number)
        time.sleep(0.2 if asleep else 0.0)
    began = time.monotonic()
    status = os.waitpid(pid, 0)[1]
    said = {name: (Path(folder) / name).read_text() for name in ("stdout", "stderr")}
    for name in said:
        (Path(folder) / name).unlink()
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    exit_status = None if killed else os.WEXITSTATUS(status)
    return {"killed": killed, "exit": exit_status, "waited": time.monotonic() - began, **said}


def whole(folder: str, arguments: list[str]) -> dict:
    """One command in this very process, so that what its children compile or import is there already."""
    Path(folder).mkdir()
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as said:
        status = main(arguments)
    return {"exit": status, "stdout": said.getvalue(), "stderr": ""}


def _wait_for(path: Path, writings: int) -> None:
    """A writing is a new file."""
    seen, deadline = set(), time.monotonic() + 60.0
    while len(seen) < writings and time.monotonic() < deadline:
        if path.exists():
            seen.add(path.stat().st_mtime_ns)
        time.sleep(0.0005)


def _linger() -> None:
    """After every checkpoint, so that the signal comes before the end on a busy machine, too."""
    at_once = Keeper.write

    def write(self: Keeper, *what: object) -> None:
        at_once(self, *what)
        time.sleep(0.05)

    Keeper.write = write


def _fall_asleep() -> None:
    """From the sixtieth differential on, each takes two minutes; a file says when that begins."""
    awake, count = GraphArea.differential, iter(range(60))

    def asleep(self: GraphArea, u: object) -> object:
        if next(count, None) is None:
            Path("asleep").touch()
            time.sleep(120.0)
        return awake(self, u)

    GraphArea.differential = asleep


def everything() -> dict:
    found = {}
    for name, arguments in (
        ("film", [*FILM, "-o", "ledger.csv", "-o", "film.pvd"]),
        ("point", [*POINT, "-o", "trajectories.csv"]),
    ):
        found[name] = whole(f"{name}, whole", arguments)
        found[f"{name}, killed"] = command(f"{name}, killed", [*arguments, *KEPT], [signal.SIGKILL])
        found[f"{name}, resumed"] = command(f"{name}, killed", [*arguments, *KEPT, "--resume"])
    for name, number in (("ctrl-c", signal.SIGINT), ("sigterm", signal.SIGTERM)):
        found[name] = command(name, [*FILM, *KEPT], [number])
        found[f"{name}, files"] = sorted(p.name for p in Path(name).iterdir())
        found[f"{name}, resumed"] = command(name, [*FILM, *KEPT, "--resume"])
        found[f"{name}, twice"] = command(f"{name} twice", [*FILM, *KEPT], [number, number], asleep=True)
        found[f"{name}, resumed again"] = command(f"{name} twice", [*FILM, *KEPT, "--resume"])
    return found


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell has what it starts in the background ignore
    print(json.dumps(everything()))
