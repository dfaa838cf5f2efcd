"""The ledger of a run as one picture of six panels: did the energy fall, did the books balance, how long were the steps?

    E₀ − E + work = Σ dissipated + Σ defect

Left: the energy, and beside it a second witness; what was lost and what was dissipated; the defect of each step. Right: the
distance to rest, which falls as e^{−2λ₁t} in the end; the lengths of the steps and where proposals were turned down; errors in
time. The road of `relax` has no times, so its panels count steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoflow.checks import positive
from geoflow.errors import BadInput
from geoflow.films import Film
from geoflow.trajectory import Trajectory
from geoflow.viz.accounts_panels import View, draw_balance, draw_decay, draw_energy, draw_errors, draw_lost, draw_steps
from geoflow.viz.look import INK, SMALL, TEXT, axes_for, letters
from geoflow.viz.page import fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

PAD = 0.08  # inches: letters reach a little beyond what a layout knows of them
SIZE = (10.0, 8.6)
"""Of a new figure, in inches."""

PANELS = {
    "energy": draw_energy,
    "decay": draw_decay,
    "lost": draw_lost,
    "steps": draw_steps,
    "balance": draw_balance,
    "errors": draw_errors,
}


def ledger(
    run: Trajectory,
    film: Film | None = None,
    rate: float | None = None,
    title: str | None = None,
    figure: Figure | SubFigure | None = None,
) -> dict[str, Axes]:
    """Draw the ledger of a run.

    Parameters
    ----------
    run : Trajectory
        Of a film, of points, with momentum or without, finished or not. More than a few thousand steps are thinned to their
        extremes, so that nothing that stands out is lost.
    film : Film or None
        Whose run it is: names wire and metric, and the units, those of the wire.
    rate : float or None
        The decay that theory predicts, drawn as a dashed line e^{−rate·t}: 2λ₁ with λ₁ = ``gf.spectrum(flow, run.x).values[0]``,
        in units of 1/time.
    title : str or None
        None says what flowed, by which method, and how it ended.
    figure : Figure, SubFigure of matplotlib, or None
        An empty one to draw on; None opens one of pyplot's.

    Returns
    -------
    dict of str to Axes
        ``energy``, ``decay``, ``lost``, ``steps``, ``balance``, ``errors``.

    Raises
    ------
    BadInput
        Before anything is drawn.

    >>> import geoflow as gf
    >>> from matplotlib.figure import Figure
    >>> bowl = gf.GradientFlow(gf.Potential("x**2/2"), gf.Euclidean())
    >>> panels = gf.viz.ledger(gf.evolve(bowl, [1.0], t_end=3.0), rate=2.0, figure=Figure())
    >>> panels["energy"].get_ylabel(), panels["decay"].get_yscale()
    ('E', 'log')
    """
    if not isinstance(run, Trajectory):
        raise BadInput("run", type(run).__name__, "give the Trajectory that evolve or relax returns")
    if film is not None and not isinstance(film, Film):
        raise BadInput("film", type(film).__name__, "give the Film whose run it is, or None")
    view = View(run, film, positive("rate", rate))
    page = _page(figure)
    panels = {}
    for ax, (name, draw) in zip(page.subplots(3, 2).ravel(), PANELS.items(), strict=True):
        draw(axes_for(ax, (0.0, 0.0)), view)
        _sized(ax, letters(page))
        panels[name] = ax
    said = _title(view) if title is None else title
    fit(page.suptitle(said, color=INK, parse_math=False), 0.96 * page.bbox.width, 0.85 * letters(page))
    return panels


def _page(figure: object) -> Figure | SubFigure:
    """The figure given, if it is one; else a new one of pyplot's."""
    from matplotlib.figure import Figure, SubFigure

    if figure is None:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=SIZE)
    if not isinstance(figure, (Figure, SubFigure)):
        raise BadInput("figure", type(figure).__name__, "give a Figure or a SubFigure of matplotlib, or None")
    if isinstance(figure, Figure) and figure.get_layout_engine() is None:
        figure.set_layout_engine("constrained", w_pad=PAD, h_pad=PAD)
    return figure


def _sized(ax: Axes, size: float) -> None:
    """Letters of a panel on a smaller or a larger page; those of its legend are that large already."""
    ax.tick_params(which="both", labelsize=SMALL * size, labelcolor=INK)
    for text in (ax.xaxis.label, ax.yaxis.label, *ax.texts):
        text.set_fontsize(TEXT * size)


def _title(view: View) -> str:
    """What flowed, in which units, and how it ended."""
    run, film = view.run, view.film
    first = "" if film is None else f"Film on the wire {film.wire.name}: {film.followed(run)}\n"
    steps, turned = len(run.ledger), int(run.ledger.rejected.sum())
    refused = f"{turned} proposal{'s' * (turned != 1)} turned down" if turned else "none turned down"
    count = f"{steps:,}".replace(",", "\u2009")
    unit = "" if film is None else f"; {'area' if run.with_momentum else 'area and t'} in the square of the wire's unit"
    return f"{first}{run.method}: {count} step{'s' * (steps != 1)}, {refused}; {run.status}{unit}"
