"""``geoflow point -o report.html``: the portrait, what was found, and the ledger of each trajectory, on one page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from geoflow.cli.pages import LEDGER_CAPTION, heading, picture, table, vectors, write_page
from geoflow.errors import GeoflowError
from geoflow.flow import GradientFlow
from geoflow.metrics import Euclidean
from geoflow.spectra import spectrum
from geoflow.steppers.heavy_ball import HeavyBall

if TYPE_CHECKING:
    from geoflow.cli.point_outputs import Results, Track

LEDGERS = 4  # trajectories, of which the ledger is shown


def write_report(path: Path, results: Results, portrait: Callable[[Path, Results], None] | None) -> None:
    """The page. portrait: draws it to a .png; None where there is none."""
    formula, tracks = results.problem.formula, results.tracks
    parts = []
    if portrait is not None:
        with tempfile.TemporaryDirectory() as folder:
            portrait(Path(folder) / "portrait.png", results)
            drawn = (Path(folder) / "portrait.png").read_bytes()
        seen = "Level sets of the potential, the points at rest, and the ways of the points that flow."
        parts = [picture(drawn, "png", f"the portrait of V = {formula}", seen)]
    parts += [heading("Result"), table(results.told.lines, mono=True)]
    for track in tracks[:LEDGERS]:
        start = ", ".join(f"{value:g}" for value in track.x[0])
        parts += [heading(f"The ledger of the way from ({start})"), _ledger(results, track)]
    if len(tracks) > LEDGERS:
        parts.append(f"<p>The ledgers of {len(tracks) - LEDGERS} more are not shown.</p>")
    motion = isinstance(results.problem.method, HeavyBall)
    lead = "x″ + βx′ = −∇V(x), momentum and friction" if motion else "x′ = −∇V(x), in the Euclidean metric"
    write_page(path, f"V = {formula}", lead, [*parts, *results.told.parts(results.summary)])


def _ledger(results: Results, track: Track) -> str:
    from matplotlib.figure import Figure

    from geoflow.viz.accounts import SIZE, ledger

    figure = Figure(figsize=SIZE)
    ledger(track.run, None, _rate(results, track), figure=figure)
    return picture(vectors(figure), "svg+xml", "the ledger of a trajectory, six panels", LEDGER_CAPTION)


def _rate(results: Results, track: Track) -> float | None:
    """2λ₁ where the point came to rest in a minimum."""
    if track.run.status != "at rest" or isinstance(results.problem.method, HeavyBall):
        return None
    try:
        found = spectrum(GradientFlow(results.problem.potential, Euclidean()), track.run.x, 1)
    except GeoflowError:
        return None
    return 2.0 * float(found.values[0]) if found.kind == "minimum" else None
