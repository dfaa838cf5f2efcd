"""Long and large runs keep what they promise of memory: a ledger of 88 B a step, and no state but the first and the last.

`long_runs` makes them in processes of their own, whose memory nothing else has used.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.laws.test_kills import ENVIRONMENT

ROW = 88  # B, eleven numbers of the ledger


def told(name: str, size: int, folder: Path) -> dict:
    command = [sys.executable, "-m", "tests.laws.long_runs", name, str(size)]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(name, size, found)
    return found


@pytest.mark.parametrize(
    ("name", "steps"),
    [("point", 10_000), *(pytest.param(name, 100_000, marks=pytest.mark.slow) for name in ("film", "point"))],
)
def test_many_steps_do_not_grow_in_memory(name: str, steps: int, tmp_path: Path) -> None:
    """A list of rows that grows takes an eighth more than they do, and is copied once more for a checkpoint and at the end."""
    found = told(name, steps, tmp_path)
    assert found["steps"] == steps
    assert found["grew"] < 3 * ROW * steps + 2**21 < 0.2 * steps * found["state"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "most"), [("rk", 160), ("sdirk2", 420)])  # B an unknown; 138 and 395 were seen
def test_sixteen_million_unknowns_with_checkpoints(name: str, most: int, tmp_path: Path) -> None:
    """At 4097² nodes. Neither the writing nor the resuming adds to the peak, which is that of a step; in the file are x and v."""
    found = told(name, 4097, tmp_path)
    assert found["steps"] == 3 and found["fell"]
    assert found["peak"] < most * 4097**2
    assert abs(found["file"] / 4097**2 - 16.0) < 0.01
