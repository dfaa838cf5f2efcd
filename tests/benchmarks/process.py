"""Whole processes: ``python tests/benchmarks/process.py [--runs 5]``, on one core.

The command ``geoflow film enneper -n 129 --relax --json`` from start to end, with its kernels compiled before; `import geoflow`,
which is a bare Python with that import less one without it; and the same command in a fresh compile cache, as after
installation, its stderr once a pipe and once a terminal, to see whether it says that it compiles.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import threading

from common import RUNS, header, medians, pin, row, seconds

FILM = [sys.executable, "-m", "geoflow", "film", "enneper", "-n", "129", "--relax", "--json"]


def run(command: list[str], **options: object) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)  # type: ignore[call-overload]


def cold(terminal: bool) -> tuple[float, str]:
    """A run in a fresh compile cache: its time, and what it wrote to stderr, a terminal or a pipe."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    heard: list[bytes] = []

    def listen() -> None:
        with contextlib.suppress(OSError):  # a terminal's other end closes with an error
            while part := os.read(ours, 65536):
                heard.append(part)

    with tempfile.TemporaryDirectory() as fresh:
        listener = threading.Thread(target=listen)
        listener.start()
        time = seconds(lambda: run(FILM, stderr=theirs, env={**os.environ, "NUMBA_CACHE_DIR": fresh}))
        os.close(theirs)
        listener.join()
    os.close(ours)
    return time, b"".join(heard).decode(errors="replace")


def main(runs: int, cold_runs: int) -> None:
    header("whole processes")
    bare, importing = [sys.executable, "-c", "pass"], [sys.executable, "-c", "import geoflow"]
    times = medians({"bare": lambda: run(bare), "import": lambda: run(importing), "film": lambda: run(FILM)}, runs)
    row("geoflow film enneper -n 129 --relax --json", times["film"], "s", 2.5, 1.2)
    row("import geoflow, less a bare python", times["import"] - times["bare"], "s", 0.15, 0.05)
    colds = [cold(terminal=k % 2 == 0) for k in range(cold_runs)]
    row(f"the same command, cold compile cache (median of {cold_runs})", statistics.median(c[0] for c in colds), "s", 25.0, 8.0)
    for (_, said), where in zip(colds, ("terminal", "pipe"), strict=False):
        print(f"stderr on a {where}: {'says' if 'compil' in said.lower() else 'DOES NOT SAY'} that it compiles")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--cold-runs", type=int, default=3)
    arguments = parser.parse_args()
    pin()
    main(arguments.runs, arguments.cold_runs)
