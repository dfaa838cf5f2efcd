"""What may happen to a caller, whatever is given: the rules, held around one call.

A case that takes longer than `PATIENCE` of processor time is run once more, since the first may have compiled something; one
that takes longer than `HANGS` is cut off.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import geoflow as gf
from geoflow.cli.main import main
from geoflow.errors import GeoflowError

PATIENCE, HANGS = 5.0, 60.0  # seconds of processor time
MOST_STEPS = 60  # of a run from the command line
STATUSES = (0, 1, 2, 130)


class Outcome(NamedTuple):
    status: int
    stdout: str
    stderr: str


def burn(check: Callable, examples: int, seed: int, **given_by: st.SearchStrategy) -> None:
    """Run a check on so many cases, the same ones every time."""
    allowed = settings(
        max_examples=examples, deadline=None, database=None, print_blob=False, suppress_health_check=list(HealthCheck)
    )

    def one(**case: object) -> None:
        check(**case)

    hypothesis.seed(seed)(allowed(given(**given_by)(one)))()


# ---- the rules ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def cut_off() -> Iterator[None]:
    """No hang: after `HANGS` seconds of processor time an error is raised wherever the code is."""

    def stop(number: int, frame: object) -> None:
        raise TimeoutError(f"hangs: over {HANGS:g} s")

    old = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, HANGS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, old)


def timely(call: Callable[[], object]) -> object:
    """The result of a call, which must not take long."""
    spent: list[float] = []
    for _ in range(2):
        began = time.process_time()
        with cut_off():
            result = call()
        spent.append(time.process_time() - began)
        if spent[-1] <= PATIENCE:
            return result
    raise AssertionError(f"slow: {spent[0]:.1f} s and {spent[1]:.1f} s of processor time")


def check_sentence(message: str) -> None:
    """One line that a terminal can show."""
    assert len(message.splitlines()) == 1, message
    assert all(c.isprintable() for c in message), ascii(message)
    assert len(message) < 1500


def refused_or_done(call: Callable[[], object]) -> object:
    """The result of a call of the library, or its refusal: one of our own errors, in one line."""

    def guarded() -> object:
        try:
            return call()
        except GeoflowError as error:
            return error

    result = timely(guarded)
    if isinstance(result, GeoflowError):
        check_sentence(str(result))
    return result


def listing(folder: Path) -> dict[str, bytes]:
    """All that is in a folder: of folders nothing, of files their bytes."""
    return {str(p): b"" if p.is_dir() else p.read_bytes() for p in sorted(folder.rglob("*"))}


def call_main(arguments: list[str]) -> Outcome:
    """Run the command line as a process would: strict UTF-8 on stdout, what VTK says on the descriptors counted in."""
    out, err = io.BytesIO(), io.BytesIO()
    stdout = io.TextIOWrapper(out, "utf-8", "strict", write_through=True)
    stderr = io.TextIOWrapper(err, "utf-8", "backslashreplace", write_through=True)
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr), spilt(err):
        try:
            status = main(arguments)
        except SystemExit as stop:
            status = stop.code
        stdout.flush()
        stderr.flush()
    return Outcome(status, out.getvalue().decode(), err.getvalue().decode())


@contextlib.contextmanager
def spilt(err: io.BytesIO) -> Iterator[None]:
    """What is written to the descriptors of stdout and stderr, past Python, is added to err."""
    sys.__stderr__.flush()
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    kept = os.dup(1), os.dup(2)
    os.dup2(writer, 1)
    os.dup2(writer, 2)
    try:
        yield
    finally:
        for number, old in zip((1, 2), kept, strict=True):
            os.dup2(old, number)
            os.close(old)
        with contextlib.suppress(BlockingIOError):
            err.write(os.read(reader, 65536))
        os.close(reader)
        os.close(writer)


def held(arguments: list[str], folder: Path) -> Outcome:
    """Run the command line in a folder and hold it to the rules."""
    before = listing(folder)
    here = Path.cwd()
    os.chdir(folder)
    try:
        outcome = timely(lambda: call_main(arguments))
    finally:
        os.chdir(here)
    assert isinstance(outcome, Outcome)
    status, stdout, stderr = outcome
    assert status in STATUSES
    assert "Traceback" not in stderr
    if status == 2:
        assert stdout == ""
        assert stderr.startswith("geoflow: ")
        assert stderr.endswith("\n")
        check_sentence(stderr[:-1])
        assert listing(folder) == before
    elif status in (1, 130):
        assert stderr.splitlines()[-1].startswith("geoflow: ")
    if status in (0, 1, 130) and "--json" in arguments and (stdout or status != 1):
        assert isinstance(json.loads(stdout, parse_constant=no_number), dict)
        assert stdout.count("\n") == 1
    if status == 2 or "--quiet" in arguments:
        said = stderr.splitlines()
        assert all(line.startswith("geoflow: ") for line in said), said
    return outcome


def no_number(name: str) -> float:
    raise AssertionError(f"{name} is no JSON")


@pytest.fixture
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs from the command line end after `MOST_STEPS`: long ones are lawful, and not what is tried here."""

    def bounded(*args: object, **options: object) -> gf.Trajectory:
        return gf.evolve(*args, **{**options, "max_steps": MOST_STEPS})

    for module in ("film", "point"):
        monkeypatch.setattr(f"geoflow.cli.{module}.evolve", bounded)
