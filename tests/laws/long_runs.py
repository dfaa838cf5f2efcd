"""A process that makes one long or one large run and tells the memory it took: ``python -m tests.laws.long_runs NAME SIZE``.

    film    SIZE explicit steps of a film of 33² nodes, a checkpoint every second
    point   SIZE explicit steps of a point in 500 dimensions
    NAME    any other: a few steps of a film of SIZE² nodes by that method, a checkpoint after each, and one step more of a run
            that resumes the last

Prints, as JSON, in bytes: of the first two by how much the resident memory grew after a hundredth of the steps; of the others
the peak beyond that of the same with 65² nodes, and the file. Run in an empty folder.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np

import geoflow as gf

CHECKPOINT = Path("run.gfc")
PAGE = os.sysconf("SC_PAGE_SIZE")
NEVER = 1e-300  # of energy still to come: the run does not end at rest


class Growth:
    """A watcher of the resident memory, from a step on."""

    def __init__(self, since: int) -> None:
        self.since, self.first, self.most = since, 0, 0

    def __call__(self, now: object) -> None:
        if self.since > 0:
            self.since -= 1
            return
        resident = PAGE * int(Path("/proc/self/statm").read_text().split()[1])
        self.first, self.most = self.first or resident, max(self.most, resident)


def long(name: str, steps: int) -> dict[str, object]:
    """So many steps, all of one length."""
    checkpoint = None
    if name == "film":
        film = gf.soap_film(gf.Wire.named("enneper"), 33)
        flow, start, checkpoint = film.flow, film.start, gf.Checkpoint(CHECKPOINT, 1.0)
    else:
        slopes = np.geomspace(1e-3, 1.0, 500)
        bowl = gf.Potential(lambda x: 0.5 * float(slopes @ (x * x)), lambda x: slopes * x)
        flow, start = gf.GradientFlow(bowl, gf.Euclidean()), np.ones(500)
    watch, options = Growth(steps // 100), {"dt": 1e-6, "method": gf.ExplicitEuler(), "rest_tol": NEVER}
    run = gf.evolve(flow, start, 1e-6 * steps, progress=watch, checkpoint=checkpoint, **options)
    return {"steps": len(run.ledger), "state": start.nbytes, "grew": watch.most - watch.first}


def large(name: str, n: int) -> dict[str, object]:
    """Two adaptive steps, and a third after a resumption."""
    method = {"sdirk2": gf.SDIRK2, "rk": gf.RK32}[name]()

    def few(n: int, steps: int, resume: Path | None = None) -> gf.Trajectory:
        film = gf.soap_film(gf.Wire.named("enneper"), n)
        checkpoint = gf.Checkpoint(CHECKPOINT, 0.0)
        options = {"method": method, "max_steps": steps, "checkpoint": checkpoint, "resume": resume}
        return gf.evolve(film.flow, film.start, 1.0, raise_on_failure=False, **options)

    few(65, 2)
    few(65, 3, CHECKPOINT)
    CHECKPOINT.unlink()
    idle = peak()
    few(n, 2)
    run = few(n, 3, CHECKPOINT)
    fell = bool(np.all(np.diff(run.energy) < 0.0))
    return {"steps": len(run.ledger), "fell": fell, "peak": peak() - idle, "file": CHECKPOINT.stat().st_size}


def peak() -> int:
    """The largest resident memory so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    made = long if sys.argv[1] in ("film", "point") else large
    print(json.dumps(made(sys.argv[1], int(sys.argv[2]))))
