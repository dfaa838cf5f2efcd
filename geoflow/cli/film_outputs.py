"""The files of ``geoflow film``: the film in any format it can be saved in, the summary, the ledger, the series of frames."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geoflow.cli.outputs import Writer
from geoflow.cli.report import flow_name
from geoflow.films import Film
from geoflow.io.tables import write_csv, write_json
from geoflow.io.vtk import write_pvd, write_vtp
from geoflow.protocols import Array
from geoflow.saving import PICTURES, SUFFIXES, save_film
from geoflow.trajectory import Trajectory


@dataclass(frozen=True)
class Results:
    """What a run leaves behind."""

    film: Film
    run: Trajectory
    frames: list[tuple[float, Array]]
    summary: dict[str, Any]


def _summary(path: Path, results: Results) -> None:
    write_json(path, results.summary)


def _ledger(path: Path, results: Results) -> None:
    write_csv(path, results.run.ledger.columns())


def _film(path: Path, results: Results) -> None:
    film, run = results.film, results.run
    when = "at rest" if not np.isfinite(run.t[-1]) else f"t = {run.t[-1]:.4g}" + (", at rest" if run.status == "at rest" else "")
    title = f"Film on the wire {film.wire.name}: {flow_name(film, run)}\n{when},  area {results.summary['area_end']:.7g}"
    save_film(path, film, run.x, title)


def _series(path: Path, results: Results) -> None:
    """The collection, and beside it a folder with one .vtp a frame; frames of an earlier run are taken away."""
    film = results.film
    folder = path.with_name(f"{path.stem}_frames")
    folder.mkdir(exist_ok=True)
    for stale in folder.glob("[0-9][0-9][0-9][0-9].vtp"):
        stale.unlink()
    entries = []
    for k, (t, u) in enumerate(results.frames):
        frame = folder / f"{k:04d}.vtp"
        write_vtp(frame, film.grid.x, film.grid.y, u, {"change": u - film.start})
        entries.append((t if np.isfinite(t) else float(k), f"{folder.name}/{frame.name}"))
    write_pvd(path, entries)


_SURFACES = [suffix for suffix in SUFFIXES if suffix not in PICTURES]
KINDS: dict[str, Writer] = {
    ".json": _summary,
    **dict.fromkeys(_SURFACES, _film),
    ".pvd": _series,
    **dict.fromkeys(PICTURES, _film),
}
STANDARD: dict[str, Writer] = {
    "summary.json": _summary,
    "ledger.csv": _ledger,
    "film.vtp": _film,
    "film.pvd": _series,
    "film.png": _film,
}
