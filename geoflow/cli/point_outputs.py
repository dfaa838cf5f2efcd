"""The files of ``geoflow point``: the summary, the trajectories as a table, the portrait."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geoflow.checks import box
from geoflow.cli.outputs import Writer
from geoflow.cli.point_input import Problem
from geoflow.cli.told import Told
from geoflow.io.tables import write_csv, write_json
from geoflow.points.equilibria import Equilibria
from geoflow.protocols import Array
from geoflow.saving import PICTURES
from geoflow.trajectory import Trajectory


@dataclass(frozen=True, eq=False)
class Track:
    """A trajectory with all its steps: t (k,), x (k, d)."""

    run: Trajectory
    t: Array
    x: Array


@dataclass(frozen=True, eq=False)
class Results:
    """What was found."""

    problem: Problem
    equilibria: Equilibria
    tracks: list[Track]
    summary: dict[str, Any]
    told: Told


def _summary(path: Path, results: Results) -> None:
    write_json(path, results.summary)


def _trajectories(path: Path, results: Results) -> None:
    """A row for each step: which trajectory, counted from 1, t, the variables, V."""
    problem, tracks = results.problem, results.tracks
    x = np.concatenate([np.empty((0, len(problem.variables))), *(track.x for track in tracks)])
    columns = {
        "which": np.repeat(np.arange(1, len(tracks) + 1), [len(track.t) for track in tracks]),
        "t": np.concatenate([np.empty(0), *(track.t for track in tracks)]),
        **dict(zip(problem.variables, x.T, strict=True)),
        "V": problem.potential.value(x),
    }
    write_csv(path, columns)


def _portrait(path: Path, results: Results) -> None:
    import matplotlib

    matplotlib.use("agg")  # into files only: no window system is asked for
    from matplotlib import pyplot

    from geoflow.viz import portrait, save_picture

    problem, tracks = results.problem, [track.x for track in results.tracks]
    ax = portrait(problem.potential, problem.bounds, tracks, results.equilibria, _manifolds(results))
    text = problem.formula if len(problem.formula) <= 70 else f"{problem.formula[:67]}…"
    ax.set_title(f"V = {text}", fontsize=9.5, parse_math=False)
    save_picture(path, ax)
    pyplot.close(ax.get_figure(root=True))


def _report(path: Path, results: Results) -> None:
    from geoflow.cli.point_page import write_report

    write_report(path, results, None if len(results.problem.variables) > 2 else _portrait)


def _manifolds(results: Results) -> list[object]:
    """The curves into and out of each saddle in the plane."""
    from geoflow.points.manifolds import stable_manifold, unstable_manifold

    problem = results.problem
    if len(problem.variables) != 2:
        return []
    lo, hi = box(problem.bounds, 2)
    saddles = [p for p in results.equilibria.points if p.kind == "saddle" and np.all((p.x > lo) & (p.x < hi))]
    return [follow(problem.potential, p, problem.bounds) for p in saddles for follow in (stable_manifold, unstable_manifold)]


KINDS: dict[str, Writer] = {".json": _summary, ".csv": _trajectories, **dict.fromkeys(PICTURES, _portrait), ".html": _report}
STANDARD: dict[str, Writer] = {"summary.json": _summary, "trajectories.csv": _trajectories, "portrait.png": _portrait}
