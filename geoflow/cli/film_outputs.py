"""The files of ``geoflow film``: the film in any format, the summary, the ledger, the series of frames, the report."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from geoflow.cli.film_results import Results, film_title, played
from geoflow.cli.outputs import Targets, Writer
from geoflow.io.atomic import atomic_folder, atomic_path
from geoflow.io.tables import write_csv, write_json
from geoflow.io.vtk import write_curves, write_pvd
from geoflow.saving import MOVIES, PICTURES, SURFACES, save_film


def _summary(path: Path, results: Results) -> None:
    write_json(path, results.summary)


def _ledger(path: Path, results: Results) -> None:
    write_csv(path, results.run.ledger.columns())


def _film(path: Path, results: Results) -> None:
    """The film at the end; where the name has a #, all frames, with its number in place of every row of them."""
    if "#" in path.stem:
        _frames(path, results)
        return
    save_film(path, results.film, results.run.x, film_title(results), float(results.run.t[-1]), results.parts)


def _frames(path: Path, results: Results) -> list[Path]:
    """A file for each frame, counted from 1."""
    made = []
    for k, (t, u) in enumerate(results.frames, 1):
        made.append(path.with_name(_numbered(path.name, k)))
        save_film(made[-1], results.film, u, t=t)
    return made


def _numbered(name: str, k: int) -> str:
    """A number in place of every row of #, as many digits long as the row.

    >>> _numbered("film_####.obj", 12)
    'film_0012.obj'
    """
    return re.sub("#+", lambda row: f"{k:0{len(row.group())}d}", name)


def _ledger_picture(path: Path, results: Results) -> None:
    from geoflow.cli.film_report import ledger_figure
    from geoflow.viz.save import save_picture

    save_picture(path, ledger_figure(results).axes[0])


def _report(path: Path, results: Results) -> None:
    from geoflow.cli.film_report import write_report

    write_report(path, results)


def _series(path: Path, results: Results) -> None:
    """The collection, and beside it a folder with one .vtp a frame; those of an earlier run go when all new ones are there."""
    folder = path.with_name(f"{path.stem}_frames")
    times = [t if np.isfinite(t) else float(k) for k, (t, _) in enumerate(results.frames)]
    with atomic_path(path) as part, atomic_folder(folder, "[0-9][0-9][0-9][0-9].vtp", path) as new:
        made = _frames(new / "####.vtp", results)
        write_pvd(part, [(t, f"{folder.name}/{frame.name}") for t, frame in zip(times, made, strict=True)])


def _movie(path: Path, results: Results) -> None:
    """The frames, and between them what interpolation gives, as a movie."""
    from geoflow.viz.films import draw_film

    title = f"Film on the wire {results.film.wire.name}: {results.film.followed(results.run)}"
    draw_film(results.film, played(results), path, title=title, frames_by=results.frames_by)


def check_movies(targets: Targets) -> None:
    """Refuse before any work what cannot be encoded here."""
    from geoflow.viz.movies import check_movie

    for path, _ in targets:
        check_movie(path)


def _wire(path: Path, results: Results) -> None:
    """The wire where it is at the end."""
    write_curves(path, results.film.surface(results.run.x, float(results.run.t[-1])).wires)


KINDS: dict[str, Writer] = {
    ".json": _summary,
    **dict.fromkeys(SURFACES, _film),
    ".pvd": _series,
    **dict.fromkeys(PICTURES, _film),
    **dict.fromkeys(MOVIES, _movie),
    ".html": _report,
}
STANDARD: dict[str, Writer] = {
    "summary.json": _summary,
    "ledger.csv": _ledger,
    "film.vtp": _film,
    "wire.vtp": _wire,
    "film.pvd": _series,
    "film.png": _film,
    "ledger.png": _ledger_picture,
}
