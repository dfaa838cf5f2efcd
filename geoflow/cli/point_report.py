"""What ``geoflow point`` tells: the summary and the table."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.checks import box
from geoflow.cli.lines import column, in_columns
from geoflow.cli.point_input import Problem
from geoflow.cli.point_outputs import Track
from geoflow.io.tables import plain
from geoflow.points.equilibria import Equilibria, Equilibrium
from geoflow.protocols import Array

EPS = float(np.finfo(np.float64).eps)
SHOWN = 40  # equilibria
ABREAST = 4  # variables, of which all are shown
SAME = 1e-3  # of the box: a trajectory that came to rest so near an equilibrium is at rest in it


def summary(problem: Problem, found: Equilibria, tracks: list[Track], seconds: float) -> dict[str, Any]:
    """The JSON object of a run; None where a thing is not known."""
    names = ("x", "value", "eigenvalues", "kind", "index")
    trajectories = [
        {
            "start": track.x[0],
            "end": track.run.x,
            "status": track.run.status,
            "t_end": track.run.t[-1],
            "value": problem.potential.value(track.run.x),
        }
        for track in tracks
    ]
    result = {
        "formula": problem.formula,
        "variables": problem.variables,
        "bounds": problem.bounds,
        "equilibria": [{name: getattr(p, name) for name in names} for p in found.points],
        "index_sum": found.index_sum,
        "index_expected": found.index_expected,
        "index_consistent": found.index_consistent,
        "complete": found.complete,
        "completeness": found.message,
        "trajectories": trajectories,
        "endings": [track.run.message for track in tracks],
        "seconds": seconds,
        "files": [],
    }
    return plain(result)


def table(
    problem: Problem, found: Equilibria, tracks: list[Track], result: dict[str, Any], undrawn: str
) -> list[tuple[str, str]]:
    """What a person wants to know, in lines of (label, text). undrawn: why there is no portrait, else empty."""
    default = "  (the default; --bounds sets others)" if problem.usual else ""
    lines = [
        ("V", problem.formula),
        ("bounds", _bounds(problem) + default),
        *_equilibria(problem, found),
        ("complete", _complete(found)),
        ("index", _index(found)),
    ]
    for k, track in enumerate(tracks):
        lines += _trajectory(problem, found, track, f"trajectory {k + 1}" if len(tracks) > 1 else "trajectory")
    if any(track.run.status in ("left the bounds", "blew up") for track in tracks):
        lines.append(("", "to flow away towards infinity is an end like any other"))
    steps = f"{sum(len(track.run.ledger) for track in tracks)} steps, " if tracks else ""
    lines.append(("work", f"{steps}{result['seconds']:.2f} s"))
    return [*lines, ("portrait", f"none: {undrawn}")] if undrawn else lines


def _bounds(problem: Problem) -> str:
    sides = list(zip(problem.bounds[::2], problem.bounds[1::2], strict=True))
    if len(set(sides)) > 1:
        return ", ".join(f"{a:g} ≤ {name} ≤ {b:g}" for name, (a, b) in zip(problem.variables, sides, strict=True))
    names = problem.variables if len(sides) <= ABREAST else (problem.variables[0], "…", problem.variables[-1])
    return f"{sides[0][0]:g} ≤ {', '.join(names)} ≤ {sides[0][1]:g}"


def _equilibria(problem: Problem, found: Equilibria) -> list[tuple[str, str]]:
    """A row for each, under the names of the columns; as many digits as they are known to."""
    points = found.points[:SHOWN]
    if not points:
        return [("equilibria", "none")]
    side = np.ptp(np.array(problem.bounds).reshape(-1, 2), axis=1)
    x, eigenvalues = np.array([p.x for p in points]), np.array([p.eigenvalues for p in points])
    names = list(problem.variables)
    some, many = range(len(names)), len(names) > ABREAST
    first, ends = (range(ABREAST - 1), (0, 1, -1)) if many else (some, tuple(some))
    columns = [
        ["kind", *(p.kind for p in points)],
        ["index", *(str(p.index) for p in points)],
        *([names[k], *column(x[:, k], 1e-10 * side[k])] for k in first),
        *([["…"] * (len(points) + 1)] if many else []),
        ["V", *column(np.array([p.value for p in points]), _noise(problem, points))],
    ]
    shown = eigenvalues[:, ends]
    spectra = np.reshape(column(shown.ravel(), 1e-10 * float(np.max(np.abs(eigenvalues)))), shown.shape).T.tolist()
    if many:
        spectra.insert(2, ["…"] * len(points))
    columns += [["" if k else "eigenvalues", *texts] for k, texts in enumerate(spectra)]
    rows = in_columns(columns)
    total = f"{len(found.points)}" if len(points) == len(found.points) else f"{len(found.points)}, the lowest {SHOWN} of them:"
    return [("equilibria", total), ("", rows[0]), *((str(k), row) for k, row in enumerate(rows[1:], 1))]


def _noise(problem: Problem, points: tuple[Equilibrium, ...]) -> float:
    """What rounding makes of V over the box: a value below is none."""
    side = np.ptp(np.array(problem.bounds).reshape(-1, 2), axis=1)
    return EPS * max((float(np.max(np.abs(p.eigenvalues) * np.max(side) ** 2)) for p in points), default=0.0)


def _complete(found: Equilibria) -> str:
    said = {True: "yes", False: "NO", None: "not known"}[found.complete]
    return f"{said}: {found.message}"


def _index(found: Equilibria) -> str:
    total = "Σ (−1)^index is not known" if found.index_sum is None else f"Σ (−1)^index = {found.index_sum}"
    if found.index_expected is None:
        return f"{total}; the degree of dV is not to be seen on the bounds"
    told = f"the degree of dV, seen on the bounds, is {found.index_expected}"
    return f"{total}; {told}" + {True: ": they agree", False: ": THEY DISAGREE", None: ""}[found.index_consistent]


def _trajectory(problem: Problem, found: Equilibria, track: Track, label: str) -> list[tuple[str, str]]:
    run, values = track.run, [problem.potential.value(x) for x in (track.x[0], track.run.x)]
    floor = _noise(problem, found.points)
    before, after = (f"{v if abs(v) > floor else 0.0:.7g}" for v in values)
    way = f"{_place(track.x[0])} → {_place(run.x, 1e-7 * float(np.ptp(problem.bounds)))},  V = {before} → {after}"
    message = run.message
    if run.status == "at rest":
        near = _nearest(problem, found, run.x)
        where = "" if near is None else f", in equilibrium {near + 1}, {_named(found.points[near])}"
        message = f"at rest at t = {run.t[-1]:.5g}{where}"
    return [(label, way), ("", message)]


def _named(p: Equilibrium) -> str:
    return "a degenerate one" if p.kind == "degenerate" else f"a {p.kind}"


def _nearest(problem: Problem, found: Equilibria, x: Array) -> int | None:
    """Which equilibrium a point is in, counted from 0."""
    lo, hi = box(problem.bounds, len(x))
    away = [float(np.max(np.abs(p.x - x) / (hi - lo))) for p in found.points]
    return int(np.argmin(away)) if away and min(away) <= SAME else None


def _place(x: Array, floor: float = 0.0) -> str:
    shown = [f"{v if abs(v) > floor else 0.0:.6g}" for v in x[:ABREAST]]
    return f"({', '.join(shown)}{', …' if len(x) > ABREAST else ''})"
