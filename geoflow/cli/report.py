"""What a run of ``geoflow film`` tells: the summary and the table."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.cli.lines import wrote
from geoflow.detached import Detachment
from geoflow.extrapolate import AreaEstimate
from geoflow.films import Film
from geoflow.io.tables import plain
from geoflow.protocols import rounding
from geoflow.solvers.sums import norm
from geoflow.trajectory import Trajectory

AGREED = 1e-9  # relative: the monitor and the energy are the same to rounding, or one of them is wrong


def summary(film: Film, run: Trajectory, estimate: AreaEstimate | None, found: Detachment | None = None) -> dict[str, Any]:
    """The JSON object of a run; None where a thing is not known.

    estimate: of the area at the end, by nested grids; found: whether the film at rest spans its wire, by the same. With
    momentum the area itself may rise; what is said to be monotone then, and what increased, is area + ½‖v‖².
    """
    u, ledger, at_rest = run.x, run.ledger, run.status == "at rest"
    exact = film.exact if at_rest else None
    slack = 2.0 * rounding(film.flow.energy, film.start, float(run.energy[0]))
    watched = run.records["area"].value
    alone = film.wire.path is None and not run.with_momentum  # else the ledger knows of the work and of the motion
    seen = np.diff(watched) if alone else np.zeros(1)
    rise = max(run.largest_increase, float(np.max(seen, initial=0.0)))
    followed = bool(np.all(np.isfinite(ledger.tau)))
    result = {
        "area_start": run.energy[0],
        "area_end": film.flow.at(float(run.t[-1])).energy.value(u),
        "area_extrapolated": None if estimate is None else estimate.area,
        "area_error": None if estimate is None else estimate.error,
        "area_order": None if estimate is None else estimate.order,
        "area_note": None if estimate is None else estimate.note,
        "area_exact": film.wire.exact.area if film.wire.exact is not None else None,
        "error_max": None if exact is None else np.max(np.abs(u - exact)),
        "monotone": bool(rise <= slack),
        "largest_increase": rise,
        "steps": len(ledger),
        "rejected": int(np.sum(ledger.rejected)),
        "newton_iterations": int(np.sum(ledger.newton)),
        "linear_iterations": int(np.sum(ledger.linear)),
        "status": run.status,
        "message": run.message,
        "unknowns": film.unknowns,
        "n": max(film.grid.shape),
        "metric": film.metric_name,
        "method": run.method,
        "t_end": run.t[-1],
        "residual": norm(film.flow.at(float(run.t[-1])).differential(u)),
        "balance_defect": np.sum(np.abs(ledger.defect)) if followed else None,
        "error_bound": run.error_bound,
        "detached": None if found is None else found.status,
        "detached_length": None if found is None else found.length,
        "detached_area": None if found is None else found.area,
        "seconds": run.seconds,
        "files": [],
    }
    return plain(result)


def table(
    film: Film,
    run: Trajectory,
    result: dict[str, Any],
    estimate: AreaEstimate | None,
    start_about: str,
    found: Detachment | None = None,
) -> list[tuple[str, str]]:
    """What a person wants to know, in lines of (label, text). start_about: of a start that was read from a file, else empty."""
    ny, nx = film.grid.shape
    watched = run.records["area"]
    start, end = result["area_start"], result["area_end"]
    gap = abs(watched.value[-1] - end) / end
    lines = [
        ("film", f"{film.wire.name}, {nx} × {ny} nodes, {film.unknowns} unknowns"),
        ("wire", film.wire.about),
        *([("start", start_about)] if start_about else []),
        ("flow", f"{film.followed(run)}, {result['method']}"),
        ("ended", run.message),
        ("area", f"{start:.9g} → {end:.9g}  ({100.0 * (end - start) / start:+.3g} %)"),
    ]
    if estimate is not None:
        order = "" if estimate.order is None else f"  (observed order {estimate.order:.2f} on three nested grids)"
        lines.append(("smooth film", f"area = {estimate}{order}"))
        lines += [("", estimate.note)] if estimate.note else []
    elif result["area_note"]:
        lines.append(("smooth film", result["area_note"]))
    if found is not None and found.status != "spanned":
        lines.append((found.status, found.sentence))
        if found.length is not None and found.area is not None:
            lines.append(("", f"along {found.length:.4g} of the wire, above a wall of area {found.area:.4g}"))
    if result["area_exact"] is not None and run.status == "at rest":
        lines.append(("exact", f"{result['area_exact']:.10g}, largest error in height {result['error_max']:.2e}"))
    beyond = "" if film.wire.path is None else " beyond what the moving wire may raise it"
    rise = f"never rose{beyond}" if result["monotone"] else f"ROSE{beyond} by {result['largest_increase']:.2e}"
    often = "at every step" if watched.stride == 1 else f"at least every {watched.stride} steps"
    what = "area + ½‖v‖²" if run.with_momentum else "area"
    agreed = "within" if gap <= AGREED else "DISAGREES: off by"
    lines.append(("monitor", f"{what} {rise}; measured {often}; at the end {agreed} {gap:.0e} of the energy, relative"))
    if result["error_bound"] is not None:
        lines.append(("time error", f"at most {result['error_bound']:.2e} in L²"))
    steps = f"{result['steps']} step{'' if result['steps'] == 1 else 's'}"
    spent = f"{steps}, {result['rejected']} turned down, {result['newton_iterations']} Newton"
    lines.append(("work", f"{spent}, {result['linear_iterations']} linear iterations, {run.seconds:.2f} s"))
    return lines


def files(film: Film, run: Trajectory, names: list[str]) -> list[tuple[str, str]]:
    """Lines that say what was written, and what it lost."""
    return wrote([name + _loss(film, run, name) for name in names])


def _loss(film: Film, run: Trajectory, name: str) -> str:
    """What a format does to lengths, if it does."""
    if not name.lower().endswith(".stl"):
        return ""
    largest = max(float(np.max(np.abs(a))) for a in (film.grid.x, film.grid.y, run.x))
    return f"  (float32 by its format: lengths off by up to {largest * np.finfo(np.float32).eps / 2.0:.0e})"
