"""``geoflow film -o report.html``: all there is to say of a run on one page, and the ledger as a picture by itself."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geoflow.cli.film_results import Results, film_title, played
from geoflow.cli.pages import LEDGER_CAPTION, embedded, heading, picture, table, vectors, write_page
from geoflow.errors import GeoflowError
from geoflow.saving import save_film
from geoflow.spectra import spectrum
from geoflow.steppers.heavy_ball import HeavyBall

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_UNKNOWNS = 300_000  # up to which λ₁ is worth its time: a second or two


def ledger_figure(results: Results) -> Figure:
    """The ledger of the run, on a figure of no window."""
    from matplotlib.figure import Figure

    from geoflow.viz.accounts import SIZE, ledger

    figure = Figure(figsize=SIZE)
    ledger(results.run, results.film, decay_rate(results), figure=figure)
    return figure


def decay_rate(results: Results) -> float | None:
    """How fast the energy must fall in the end, by the smallest eigenvalue at rest: 2λ₁; with momentum β − √(β² − 4λ₁), or β.

    None where the run did not flow to rest, and where finding out would take long.
    """
    film, run, method = results.film, results.run, results.method
    if run.status != "at rest" or not np.all(np.isfinite(run.t)) or film.unknowns > MOST_UNKNOWNS:
        return None
    try:
        lowest = float(spectrum(film.flow, run.x, 1).values[0])
    except GeoflowError:
        return None
    if not lowest > 0.0:
        return None
    if isinstance(method, HeavyBall):
        return float(method.beta - np.sqrt(max(method.beta**2 - 4.0 * lowest, 0.0)))
    return 2.0 * lowest


def _turning(results: Results) -> list[str]:
    """The film to be turned and, where frames were kept of it, played; nothing where it cannot be drawn so."""
    from geoflow.viz.films import view_film

    viewer = view_film(results.film, played(results), frames=24, frames_by=results.frames_by)
    how = "The same to be turned with the mouse, and played: the film as it flowed." if len(results.frames) > 1 else ""
    return [embedded(viewer.html, how or "The same to be turned with the mouse.")]


def write_report(path: Path, results: Results) -> None:
    """The page."""
    film, run, told = results.film, results.run, results.told
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "film.png"
        save_film(drawn, film, run.x, film_title(results), float(run.t[-1]), results.parts)
        film_picture = drawn.read_bytes()
    title = f"Film on the wire {film.wire.name}"
    lead = f"{film.wire.about}; {film.followed(run)}: {run.message}".lstrip("; ")
    seen = f"The film where the run ended, coloured by height; {film.grid.shape[1]} × {film.grid.shape[0]} nodes."
    parts = [
        picture(film_picture, "png", f"the film on the wire {film.wire.name}", seen),
        *_turning(results),
        heading("Result"),
        table(told.lines),
        heading("The ledger"),
        picture(vectors(ledger_figure(results)), "svg+xml", "the ledger of the run, six panels", LEDGER_CAPTION),
        *told.parts(results.summary),
    ]
    write_page(path, title, lead, parts)
