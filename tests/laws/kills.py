"""A process that kills others: ``python -m tests.laws.kills NAME KILLS SEED``, run in an empty folder.

It makes the run NAME of `runs` again and again in children of its own, each of which resumes from the checkpoint that the one
before left, if it left one, and kills each with SIGKILL, at a random moment or in the middle of the writing of a checkpoint,
KILLS times in all; the next one may end. Prints as JSON whether its run is the uninterrupted one to the last bit, how many were
killed before their end, and how many left a half-written file behind.

Children are forked, so that they need not import anything: a killed one costs what it ran.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

import geoflow as gf
from geoflow.io import container
from tests.laws.runs import evolved, told

CHECKPOINT, RESULT = Path("run.gfc"), Path("result.json")


def life(name: str, parts: int) -> None:
    """What a child does: the run, from where it was; it kills itself while it writes the so-manieth part of a file."""
    if parts:
        whole, count = container._bytes, iter(range(parts))

        def deadly(a: np.ndarray) -> memoryview | bytes:
            if next(count, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return whole(a)

        container._bytes = deadly
    run = evolved(name, checkpoint=gf.Checkpoint(CHECKPOINT, 0.0), resume=CHECKPOINT if CHECKPOINT.exists() else None)
    RESULT.write_text(json.dumps(told(run)))


def child(name: str, delay: float | None, parts: int) -> bool:
    """One life, ended after a delay; whether it came to its own end before."""
    pid = os.fork()
    if pid == 0:
        try:
            life(name, parts)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    if delay is not None:
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"a child failed with exit status {os.WEXITSTATUS(status)}")
    return not os.WIFSIGNALED(status)


def main(name: str, kills: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    expected = told(evolved(name))  # also so that what is compiled, is
    began = time.monotonic()
    assert child(name, None, 0)
    takes = time.monotonic() - began
    CHECKPOINT.unlink()
    killed, torn, equal = 0, 0, json.loads(RESULT.read_text()) == expected
    for k in range(kills):
        inside = int(random.integers(2, 40)) if k % 4 == 3 else 0
        ended = child(name, None if inside else float(random.uniform(0.0, 0.5 * takes)), inside)
        torn += bool(list(Path().glob(".geoflow-*")))
        killed += not ended
        if ended:  # a new run: there are kills left
            equal &= json.loads(RESULT.read_text()) == expected
            CHECKPOINT.unlink()
    assert child(name, None, 0)
    equal &= json.loads(RESULT.read_text()) == expected
    left = sorted(p.name for p in Path().iterdir())
    print(json.dumps({"equal": equal, "killed": killed, "torn": torn, "left": left, "takes": takes}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
