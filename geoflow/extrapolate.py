"""The truth about space: what the grid does to a film's area, seen on three nested grids.

For smooth data the corner scheme's area is A_h = A + c h² + O(h⁴), so (4 A_h − A_2h) / 3 is of order four (Richardson 1911),
and log₂((A_4h − A_2h) / (A_2h − A_h)) is close to 2. Corners whose wire has two different slopes, kinks and features that the
grid does not resolve spoil that; the observed order shows it, and the error bar is widened.

Where an outline cuts the grid, corners of it that fall between the nodes are cut off, which is of order two as well but jumps with
where they fall; their area is known, and what the film has over it is added before anything is compared. A film that lets go of
its wire is bounded by a wall a few cells wide, (h² R)^(1/3) beside a radius R: its area converges like h^(2/3) to h, so
that A_h − (A_2h − A_h) is taken, and as much again is the bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log2

import numpy as np

from geoflow.detachment import detachment
from geoflow.films import Film
from geoflow.nested_films import NestedFilm, nested_films
from geoflow.protocols import Stepper, rounding
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
        (4 A_h − A_2h) / 3, or 2 A_h − A_2h where the film lets go of its wire or may do so.
    error : float
        Half the width of the error bar. An order near 2: the change that the last refinement made to the extrapolated
        area, about fifteen times what is left. Another order p: at least |A_h − A_2h|, the change of the plain area, and
        at least |A_h − A_2h| / (2ᵖ − 1), all changes to come. No order, or one below ½: three times the larger change. A film
        that lets go of its wire: |A_h − A_2h|.
    order : float or None
        Observed order of the area in h; None where two grids are all there are, or their areas agree to rounding.
    areas : tuple of float
        The plain discrete areas, from the finest grid to the coarsest.
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


def area_estimate(
    film: Film, run: Trajectory, method: Stepper | None = None, nested: tuple[NestedFilm, ...] | None = None
) -> AreaEstimate | None:
    """The area of the smooth film where a run ended, with a spatial error bar, from the film on one or two coarser grids.

    Parameters
    ----------
    film : Film
    run : Trajectory
        A run of ``film.flow`` from ``film.start``: to rest, by `relax` or `evolve`, or to a time, by `evolve`. To a time the
        coarser films take the very same steps, so that the bar is about space alone; this costs a third of the run.
    method : Stepper or None
        That of a run to a time, if it was not the default.
    nested : what `nested_films` made of them, where it is there already

    Returns
    -------
    AreaEstimate, or None where no coarser grid exists: three nested grids need cells in multiples of four.

    >>> import geoflow as gf
    >>> film = gf.soap_film(gf.Wire.named("enneper"), n=65)
    >>> print(gf.area_estimate(film, gf.relax(film.flow, film.start)))             # exact: 1.421361873
    1.4213619 ± 2e-7
    """
    films = nested_films(film, run, method) if nested is None else nested
    if len(films) == 1:
        return None
    noise = 4.0 * rounding(film.flow.energy, run.x, films[0].area)
    lets_go = run.status == "at rest" and detachment(film, run, films).status != "spanned"
    area, error, order, note = _extrapolated([level.area + level.missed for level in films], noise, lets_go)
    return AreaEstimate(area, error, order, tuple(level.area for level in films), note)


def _extrapolated(areas: list[float], noise: float, lets_go: bool) -> tuple[float, float, float | None, str]:
    """Area, error, order and note from areas on two or three nested grids that are good to some noise."""
    change, coarser = abs(areas[0] - areas[1]), abs(areas[1] - areas[-1])
    area = (4.0 * areas[0] - areas[1]) / 3.0
    order = _order(areas, noise)
    if lets_go:
        said = "the film lets go of its wire, or may do so, and a wall's area converges slowly: the error bar is widened"
        return 2.0 * areas[0] - areas[1], max(change, noise), order, said
    if len(areas) == 2:
        return area, max(change, noise), None, "two nested grids only: the order is not observed"
    if max(change, coarser) <= noise:
        return area, noise, None, ""
    shift = abs(area - (4.0 * areas[1] - areas[2]) / 3.0)
    if order is not None and abs(order - 2.0) <= CLEAN:
        return area, max(shift, noise), order, ""
    if order is None or order < SETTLING:
        said, rest = "the areas of three grids do not settle", DOUBT * max(change, coarser)
    else:
        said, rest = f"the observed order is {order:.2f}, not 2", change / min(2.0**order - 1.0, 1.0)
    why = "corner, kink or feature limits it; the error bar is widened"
    return area, max(shift, rest, noise), order, f"{said}: a {why}"


def _order(areas: list[float], noise: float) -> float | None:
    """log₂ of the ratio of the two changes; None where there is one, or they have no order."""
    if len(areas) == 2 or max(abs(areas[0] - areas[1]), abs(areas[1] - areas[2])) <= noise:
        return None
    ratio = (areas[2] - areas[1]) / (areas[1] - areas[0]) if areas[0] != areas[1] else np.inf
    return log2(ratio) if ratio > 0.0 and isfinite(ratio) else None
