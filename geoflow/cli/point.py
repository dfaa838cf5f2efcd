"""``geoflow point``: a potential goes in; where points rest in it, and the ways of points that flow down it, come out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from array import array
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from geoflow.checkpoints import read as read_checkpoint
from geoflow.cli.lines import print_lines, wrote
from geoflow.cli.outputs import Targets, prepared, tell, write
from geoflow.cli.point_input import Problem, read
from geoflow.cli.point_outputs import KINDS, STANDARD, Results, Track
from geoflow.cli.point_report import summary, table
from geoflow.cli.resuming import place, resumed
from geoflow.cli.signals import Stop, heeded
from geoflow.cli.told import Told
from geoflow.errors import BadInput
from geoflow.evolution import evolve
from geoflow.flow import GradientFlow
from geoflow.ledger import Accepted
from geoflow.metrics import Euclidean
from geoflow.points.equilibria import find_equilibria
from geoflow.progress import Progress
from geoflow.protocols import Array
from geoflow.saving import PICTURES
from geoflow.steppers.heavy_ball import HeavyBall

ENDS = ("reached t_end", "at rest", "left the bounds", "blew up")  # of a flow; any other is a failure of the run


def point(options: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    began = time.perf_counter()
    problem = read(options)
    if (options.checkpoint is not None or options.resume) and len(problem.starts) != 1:
        raise BadInput(
            "--checkpoint", options.checkpoint, f"it keeps one run, and there are {len(problem.starts)}: give one --from"
        )
    place(options)
    if (past := resumed(options)) is not None:
        read_checkpoint(past)  # what is none is refused before the search, which may take long
    output, undrawn = _targets(problem, options)
    with output as targets:
        return _run(problem, options, targets, undrawn, began)


def _run(problem: Problem, options: argparse.Namespace, targets: Targets, undrawn: str, began: float) -> int:
    """Look for equilibria, follow, write and tell; the exit status."""
    energy = "V + ½v²" if isinstance(problem.method, HeavyBall) else "V"
    with Progress(problem.until, options.quiet, energy, "looking for equilibria") as progress:
        found = find_equilibria(problem.potential, problem.bounds)
        tracks: list[Track] = []
        with heeded(options.quiet) as stop:
            for start in problem.starts:
                if not tracks or tracks[-1].run.status != "interrupted":
                    tracks.append(_follow(problem, start, options, Way(len(start), progress, stop)))
    result = summary(problem, found, tracks, time.perf_counter() - began)
    lines = table(problem, found, tracks, result, undrawn)
    failed = write(targets, Results(problem, found, tracks, result, Told.of(options, lines)), result)
    if options.json:
        print(json.dumps(result))
    elif not options.quiet:
        print_lines([*lines, *wrote(result["files"])])
    for track in tracks:
        if track.run.status not in ENDS:
            print(f"geoflow: from {','.join(f'{v:g}' for v in track.x[0])}: {track.run.message}", file=sys.stderr)
    tell(failed)
    stops = [track.run.status for track in tracks]
    return stop.status if "interrupted" in stops else 0 if set(stops) <= set(ENDS) else 1


def _targets(problem: Problem, options: argparse.Namespace) -> tuple[AbstractContextManager[Targets], str]:
    """What will be written, and why no portrait is, if one would belong to it."""
    if len(problem.variables) <= 2:
        return prepared(options.out, options.o, KINDS, STANDARD), ""
    why = f"V has {len(problem.variables)} variables, and only of one or two is there a portrait"
    for name in options.o:
        if Path(name).suffix.lower() in PICTURES:
            raise BadInput("-o", name, f"{why}: leave it out")
    standard = {name: writer for name, writer in STANDARD.items() if Path(name).suffix not in PICTURES}
    return prepared(options.out, options.o, KINDS, standard), why if options.out else ""


def _follow(problem: Problem, start: Array, options: argparse.Namespace, way: Way) -> Track:
    run = evolve(
        GradientFlow(problem.potential, Euclidean(), bounds=problem.bounds),
        start,
        problem.until,
        method=problem.method,
        rtol=problem.rtol,
        checkpoint=place(options),
        resume=resumed(options),
        progress=way,
        raise_on_failure=False,
    )
    t, x = way.so_far
    if len(t) == 0 or t[0] > 0.0:  # the checkpoint was made in Python, and nobody kept the way there
        t, x = np.concatenate([run.t_states[:1], t, run.t_states[-1:]]), np.concatenate([run.states[:1], x, run.states[-1:]])
    return Track(run, t, x)


@dataclass
class Way:
    """Looks at each step of a point in so many dimensions: keeps its way, shows it, and ends the run if it was told to."""

    dimension: int
    progress: Progress
    stop: Stop
    numbers: array[float] = field(default_factory=lambda: array("d"))  # t and x, step after step

    def __call__(self, now: Accepted) -> None:
        """Keep, show, look for a signal."""
        self.numbers.extend((now.t, *now.x))
        self.progress(now)
        self.stop.check()

    @property
    def so_far(self) -> tuple[Array, Array]:
        """t (k,) and x (k, d)."""
        table = np.array(self.numbers).reshape(-1, 1 + self.dimension)
        return table[:, 0], table[:, 1:]

    def saved(self) -> dict[str, Array]:
        """The way, for a checkpoint."""
        return {"way": np.array(self.numbers)}

    def restore(self, saved: Mapping[str, Array]) -> None:
        """The way so far of the run that goes on."""
        self.numbers = array("d", saved.get("way", ()))
