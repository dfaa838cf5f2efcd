"""``geoflow point``: a potential goes in; where points rest in it, and the ways of points that flow down it, come out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from geoflow.cli.outputs import Targets, prepare, write
from geoflow.cli.point_input import Problem, read
from geoflow.cli.point_outputs import KINDS, STANDARD, Results, Track
from geoflow.cli.point_report import print_table, summary
from geoflow.cli.progress import Progress
from geoflow.errors import BadInput
from geoflow.evolution import evolve
from geoflow.flow import GradientFlow
from geoflow.ledger import Accepted
from geoflow.metrics import Euclidean
from geoflow.points.equilibria import find_equilibria
from geoflow.protocols import Array
from geoflow.saving import PICTURES
from geoflow.steppers.heavy_ball import HeavyBall

ENDS = ("reached t_end", "at rest", "left the bounds", "blew up")  # of a flow; any other is a failure of the run


def point(options: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    began = time.perf_counter()
    problem = read(options)
    targets, undrawn = _targets(problem, options)
    energy = "V + ½v²" if isinstance(problem.method, HeavyBall) else "V"
    with Progress(problem.until, options.quiet, energy, "looking for equilibria") as progress:
        found = find_equilibria(problem.potential, problem.bounds)
        tracks: list[Track] = []
        for start in problem.starts:
            if not tracks or tracks[-1].run.status != "interrupted":
                tracks.append(_follow(problem, start, progress))
    result = summary(problem, found, tracks, [str(path) for path, _ in targets], time.perf_counter() - began)
    write(targets, Results(problem, found, tracks, result))
    if options.json:
        print(json.dumps(result))
    elif not options.quiet:
        print_table(problem, found, tracks, result, undrawn)
    for track in tracks:
        if track.run.status not in ENDS:
            print(f"geoflow: from {','.join(f'{v:g}' for v in track.x[0])}: {track.run.message}", file=sys.stderr)
    stops = [track.run.status for track in tracks]
    return 130 if "interrupted" in stops else 0 if set(stops) <= set(ENDS) else 1


def _targets(problem: Problem, options: argparse.Namespace) -> tuple[Targets, str]:
    """What will be written, and why no portrait is, if one would belong to it."""
    if len(problem.variables) <= 2:
        return prepare(options.out, options.o, KINDS, STANDARD), ""
    why = f"V has {len(problem.variables)} variables, and only of one or two is there a portrait"
    for name in options.o:
        if Path(name).suffix.lower() in PICTURES:
            raise BadInput("-o", name, f"{why}: leave it out")
    standard = {name: writer for name, writer in STANDARD.items() if Path(name).suffix not in PICTURES}
    return prepare(options.out, options.o, KINDS, standard), why if options.out else ""


def _follow(problem: Problem, start: Array, progress: Progress) -> Track:
    t: list[float] = []
    x: list[Array] = []

    def watch(now: Accepted) -> None:
        t.append(now.t)
        x.append(now.x)
        progress(now)

    run = evolve(
        GradientFlow(problem.potential, Euclidean(), bounds=problem.bounds),
        start,
        problem.until,
        method=problem.method,
        rtol=problem.rtol,
        progress=watch,
        raise_on_failure=False,
    )
    return Track(run, np.array(t), np.array(x))
