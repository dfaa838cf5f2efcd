"""The truth about space: what the grid does to a film's area, seen on three nested grids.

For smooth data the corner scheme's area is A_h = A + c h² + O(h⁴), so (4 A_h − A_2h) / 3 is of order four (Richardson 1911),
and log₂((A_4h − A_2h) / (A_2h − A_h)) is close to 2. Corners whose wire has two different slopes, kinks and features that the
grid does not resolve spoil that; the observed order shows it, and the error bar is widened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, log2

import numpy as np

from geoflow.errors import BadInput, GeoflowError
from geoflow.evolution import chosen
from geoflow.films import Film
from geoflow.march import march
from geoflow.pace import Replay
from geoflow.protocols import Stepper, rounding
from geoflow.relaxation import relax
from geoflow.trajectory import Trajectory

CLEAN = 0.1  # how far from 2 the observed order may be for the h² expansion to be believed
SETTLING = 0.5  # the least order at which what is still to come is summed as a geometric series
DOUBT = 3.0  # times the larger change, where the areas do not settle


@dataclass(frozen=True)
class AreaEstimate:
    """An area with its spatial error, printed as ``1.4213619 ± 2e-7``.

    Attributes
    ----------
    area : float
        (4 A_h − A_2h) / 3.
    error : float
        Half the width of the error bar. An order near 2: the change that the last refinement made to the extrapolated
        area, about fifteen times what is left. Another order p: at least |A_h − A_2h|, the change of the plain area, and
        at least |A_h − A_2h| / (2ᵖ − 1), all changes to come. No order, or one below ½: three times the larger change.
    order : float or None
        Observed order of the area in h; None where two grids are all there are, or their areas agree to rounding.
    areas : tuple of float
        The plain areas, from the finest grid to the coarsest.
    note : str
        A sentence if the bar had to be widened, else empty.
    """

    area: float
    error: float
    order: float | None
    areas: tuple[float, ...]
    note: str

    def __str__(self) -> str:
        if self.error == 0.0:
            return f"{self.area!r} ± 0"
        mantissa, exponent = f"{self.error:.0e}".split("e")
        return f"{self.area:.{max(-int(exponent), 0)}f} ± {mantissa}e{int(exponent)}"


def area_estimate(film: Film, run: Trajectory, method: Stepper | None = None) -> AreaEstimate | None:
    """The area of the smooth film where a run ended, with a spatial error bar, from the film on one or two coarser grids.

    Parameters
    ----------
    film : Film
    run : Trajectory
        A run of ``film.flow`` from ``film.start``: to rest, by `relax` or `evolve`, or to a time, by `evolve`. To a time the
        coarser films take the very same steps, so that the bar is about space alone; this costs a third of the run.
    method : Stepper or None
        That of a run to a time, if it was not the default.

    Returns
    -------
    AreaEstimate, or None where no coarser grid exists: three nested grids need cells in multiples of four.

    >>> import geoflow as gf
    >>> film = gf.soap_film(gf.Wire.named("enneper"), n=65)
    >>> print(gf.area_estimate(film, gf.relax(film.flow, film.start)))             # exact: 1.421361873
    1.4213619 ± 2e-7
    """
    if not run.success:
        raise BadInput("run", run.status, "give a run that came to rest or to its t_end")
    if run.x.shape != film.grid.shape:
        raise BadInput("run", f"states of shape {run.x.shape}", f"give a run of this film, {film.grid.shape}")
    areas = [film.flow.energy.value(run.x), *_coarser_areas(film, run, method)]
    if len(areas) == 1:
        return None
    area = (4.0 * areas[0] - areas[1]) / 3.0
    noise = 4.0 * rounding(film.flow.energy, run.x, areas[0])
    change = abs(areas[0] - areas[1])
    if len(areas) == 2:
        return AreaEstimate(area, max(change, noise), None, tuple(areas), "two nested grids only: the order is not observed")
    if max(change, abs(areas[1] - areas[2])) <= noise:
        return AreaEstimate(area, noise, None, tuple(areas), "")
    shift = abs(area - (4.0 * areas[1] - areas[2]) / 3.0)
    ratio = (areas[2] - areas[1]) / (areas[1] - areas[0]) if change > 0.0 else np.inf
    order = log2(ratio) if ratio > 0.0 and isfinite(ratio) else None
    if order is not None and abs(order - 2.0) <= CLEAN:
        return AreaEstimate(area, max(shift, noise), order, tuple(areas), "")
    if order is None or order < SETTLING:
        said, rest = "the areas of three grids do not settle", DOUBT * max(change, abs(areas[1] - areas[2]))
    else:
        said, rest = f"the observed order is {order:.2f}, not 2", change / min(2.0**order - 1.0, 1.0)
    why = "corner, kink or feature limits it; the error bar is widened"
    return AreaEstimate(area, max(shift, rest, noise), order, tuple(areas), f"{said}: a {why}")


def _coarser_areas(film: Film, run: Trajectory, method: Stepper | None) -> Iterator[float]:
    """The areas on every other node and on every fourth, as far as the grid can be halved."""
    at_rest = run.status == "at rest"
    heights = run.x if at_rest else film.start
    for _ in range(2):
        coarse = film.coarser(heights)
        if coarse is None:
            return
        film = coarse
        if at_rest:
            rest = relax(film.flow, film.start)
            heights = rest.x
            yield float(rest.energy[-1])
        else:
            heights = film.start
            yield _replayed(film, run, method)


def _replayed(film: Film, run: Trajectory, method: Stepper | None) -> float:
    """The area at the end of the same steps."""
    stepper = chosen(film.flow, method)
    if type(stepper).__name__ != run.method:
        raise BadInput("method", type(stepper).__name__, f"the run was made by {run.method}: give that")
    start = film.flow.begin(film.start)
    marching = march(film.flow, start, stepper, Replay(tuple(run.t)), (float(run.t[-1]),), on_rise="report")
    for now in marching:
        last = now
    if last.t < run.t[-1]:
        raise GeoflowError(f"the film on every other node stopped at t = {last.t:.6g}, before t = {run.t[-1]:.6g}")
    return last.energy - last.kinetic
