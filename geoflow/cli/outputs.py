"""Where the results of ``geoflow film`` go: ``--out DIR``, the standard set, and any number of ``-o FILE``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geoflow.cli.report import flow_name
from geoflow.errors import BadInput, GeoflowError
from geoflow.films import Film
from geoflow.io.tables import write_csv, write_json
from geoflow.io.vtk import write_pvd, write_vtp
from geoflow.protocols import Array
from geoflow.saving import PICTURES, SUFFIXES, save_film
from geoflow.trajectory import Trajectory

KNOWN = (".json", ".pvd", *SUFFIXES)
ORDER = (".json", ".csv", ".vtp", ".obj", ".ply", ".stl", ".pvd", *PICTURES)  # numbers first: a failed drawing loses nothing


@dataclass(frozen=True)
class Results:
    """What a run leaves behind."""

    film: Film
    run: Trajectory
    frames: list[tuple[float, Array]]
    summary: dict[str, Any]


Writer = Callable[[Path, Results], None]


def prepare(out: str | None, files: Sequence[str]) -> list[tuple[Path, Writer]]:
    """All that will be written, in order, checked before any work; the directory of ``--out`` is made."""
    targets = [(Path(name), _writer(name)) for name in files]
    if out is not None:
        directory = _directory(out)
        targets += [(directory / name, _writer(name)) for name in ("summary.json", "film.vtp", "film.pvd", "film.png")]
        targets.append((directory / "ledger.csv", _ledger))
    return sorted(targets, key=lambda target: ORDER.index(target[0].suffix.lower()))


def write(targets: list[tuple[Path, Writer]], results: Results) -> None:
    """Write everything."""
    for path, writer in targets:
        try:
            writer(path, results)
        except Exception as error:
            if path.suffix.lower() not in PICTURES:
                raise
            # Whatever a drawing stack throws: the numbers are safe already.
            raise GeoflowError(f"all other results are written, but {path} could not be drawn: {error}") from error


def _writer(name: str) -> Writer:
    path, suffix = Path(name), Path(name).suffix.lower()
    if suffix not in KNOWN:
        raise BadInput("-o", name, f"its suffix should be one of {' '.join(KNOWN)}")
    if path.is_dir():
        raise BadInput("-o", name, "this is a folder: give a file, or use --out")
    if not path.parent.is_dir():
        raise BadInput("-o", name, f"there is no folder {path.parent}: make it first")
    special: dict[str, Writer] = {".json": _summary, ".pvd": _series}
    return special.get(suffix, _film)


def _directory(name: str) -> Path:
    directory = Path(name)
    if directory.exists() and not directory.is_dir():
        raise BadInput("--out", name, "this is a file: give a directory")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput("--out", name, f"it cannot be made ({error.strerror}): choose another directory") from error
    return directory


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
