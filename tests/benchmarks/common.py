"""What the benchmarks share: rows beside their bounds, medians, processes pinned to a core, peak memory.

Every script is run from the root of a checkout, as ``python tests/benchmarks/rest.py``; each says its sizes with ``--help``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported: no peer and no script gets threads of BLAS

RUNS = 5


def pin(threads: int = 1) -> None:
    """Keep this process, and its children, on the first so many cores; kernels run on as many threads."""
    os.environ["GEOFLOW_THREADS"] = str(threads)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(range(threads)))


def child(script: str | Path, *arguments: Any, threads: int = 1, python: str = sys.executable) -> Any:
    """What ``python script --child …`` prints last, read as JSON; the process is pinned to the first so many cores."""
    cores = ",".join(str(k) for k in range(threads))
    command = ["taskset", "-c", cores, python, str(script), "--child", *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "GEOFLOW_THREADS": str(threads)})
    if run.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{run.stderr}")
    return json.loads(run.stdout.splitlines()[-1])


def asked() -> list[str] | None:
    """The arguments of a child process; None in the process that the person started."""
    return sys.argv[2:] if sys.argv[1:2] == ["--child"] else None


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(work: Callable[[], object], runs: int = RUNS) -> float:
    """The median time of so many calls, after one that does not count."""
    work()
    return statistics.median(seconds(work) for _ in range(runs))


def medians(works: dict[str, Callable[[], object]], runs: int = RUNS) -> dict[str, float]:
    """The same of several, called in turn, so that a machine that slows down slows them all."""
    for work in works.values():
        work()
    rounds = [{name: seconds(work) for name, work in works.items()} for _ in range(runs)]
    return {name: statistics.median(r[name] for r in rounds) for name in works}


def peak_bytes() -> int:
    """The largest resident memory of this process so far (not ru_maxrss, in which Linux counts the parent's at the fork)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def row(case: str, measured: float | None, unit: str = "", must: float | None = None, aim: float | None = None) -> None:
    """Print a line: the case, what was measured, the bounds, and how it stands to them. A larger aim than must is a ≥."""
    more = must is not None and aim is not None and aim > must
    bounds = [f"{'≥' if more else '≤'} {b:g}" if b is not None else "" for b in (must, aim)]
    found = f"{measured:.4g} {unit}".strip() if measured is not None else "failed"
    line = f"{case:<58} | {found:>16} | {bounds[0]:>8} | {bounds[1]:>8} | {_verdict(measured, must, aim, more)}"
    print(line.rstrip(), flush=True)


def _verdict(measured: float | None, must: float | None, aim: float | None, more: bool) -> str:
    if measured is None:
        return "MISSED"
    for name, bound in (("met aim", aim), ("met", must)):
        if bound is not None and (measured >= bound if more else measured <= bound):
            return name
    return "" if must is None else "MISSED"


def options(about: str) -> argparse.Namespace:
    """What a script of several sizes is asked for: ``--quick``, and how many ``--runs``."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--runs", type=int, default=RUNS)
    return parser.parse_args()


def header(title: str) -> None:
    """Print what the columns are."""
    print(f"\n{title}\n{'case':<58} | {'median':>16} | {'must':>8} | {'aim':>8} |", flush=True)
