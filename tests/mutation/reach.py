"""Which functions of geoflow does a test call, and for how long does it run? And: these tests, in this order.

`python -m tests.mutation` starts pytest with this file as a plugin. With REACH_RECORD=FILE every test that passed adds a line to
FILE: its name, its seconds, the places `module.py:line` where the functions begin that it called in this process, whether it
started another process, and whether a fixture serves it together with others. With REACH_ORDER=FILE only the tests listed
there run, as listed, within REACH_SECONDS of processor time.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import CodeType, FrameType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HOME = f"{ROOT / 'geoflow'}{os.sep}"
STARTS = subprocess.Popen.__init__.__code__
RECORD, ORDER, SECONDS = (os.environ.pop(name, "") for name in ("REACH_RECORD", "REACH_ORDER", "REACH_SECONDS"))
called: dict[int, CodeType] = {}  # by identity: hashing a code object reads all of it
outcomes: dict[str, bool] = {}


def _called(frame: FrameType, event: str, argument: object) -> None:
    called[id(frame.f_code)] = frame.f_code


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    if not RECORD:
        return (yield)
    called.clear()
    threading.settrace(_called)
    sys.settrace(_called)
    began = time.perf_counter()
    try:
        done = yield
    finally:
        seconds = time.perf_counter() - began
        sys.settrace(None)
        threading.settrace(None)
    codes = list(called.values())
    places = sorted(
        f"{Path(code.co_filename[len(HOME) :]).as_posix()}:{code.co_firstlineno}"
        for code in codes
        if code.co_filename.startswith(HOME)
    )
    fixtures = getattr(item, "_fixtureinfo", None)
    several = [one for many in (fixtures.name2fixturedefs.values() if fixtures else ()) for one in many]
    line = {
        "test": item.nodeid,
        "seconds": round(seconds, 4),
        "places": places,
        "starts": STARTS in codes,
        "shared": any(one.baseid and one.scope != "function" for one in several),
    }
    if outcomes.pop(item.nodeid, False):
        with Path(RECORD).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    return done


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call":
        outcomes[report.nodeid] = report.passed


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if ORDER:
        place = {name: k for k, name in enumerate(json.loads(Path(ORDER).read_text(encoding="utf-8")))}
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in place])
        items[:] = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])
        resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS), int(SECONDS) + 5))
