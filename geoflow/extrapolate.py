"""The truth about space: what the grid does to a film's area, seen on nested grids.

For smooth data the corner scheme's area is A_h = A + c h² + O(h⁴), so (4 A_h − A_2h) / 3 is of order four (Richardson 1911),
and log₂((A_4h − A_2h) / (A_2h − A_h)) is close to 2. Corners whose wire has two different slopes, kinks and features that the
grid does not resolve spoil that; the observed order shows it, and the error bar is widened.

Three grids may agree by chance, above all where a kink or a jump of the wire falls between the nodes of each grid otherwise. A
fourth one tells: a bar is at least what it was on the grid before, brought down as far as such an error falls from grid to grid.

Where an outline cuts the grid, corners of it that fall between the nodes are cut off: an error of order two as well, but one
that jumps with where they fall. Their area is known, and what the film has over it is added before anything is compared. A
film that lets go of its wire ends in a wall (h² R)^(1/3) wide beside a radius R (`contact`): its area converges like h^(2/3)
to h, so A_h − (A_2h − A_h) is taken for it, and about as much again is the bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log2, sqrt

import numpy as np

from geoflow.detached import detachment
from geoflow.films import Film
from geoflow.nested_films import NestedFilm, nested_films
from geoflow.protocols import Stepper, rounding
from geoflow.trajectory import Trajectory

CLEAN = 0.1  # how far from 2 the observed order may be for the h² expansion to be believed
SETTLING = 0.5  # the least order at which what is still to come is summed as a geometric series
DOUBT = 3.0  # times the larger change, where the areas do not settle
HALVED = 0.5  # of the change before the last: what the last one is where a corner rules, unless it is smaller by chance
FALL = (16.0, 4.0, 2.0)  # of errors of order four, two and one from grid to grid
RULED = 1.5  # the order below which an error is taken to be of order one
ABOVE = 0.25  # how far above 2 the order on the coarser grids may be besides: films that are smooth come down to 2 from there
FEW = 17  # nodes each way that the fourth grid has at least, for its order to mean something
SURVEYED = 0.25  # of the last change, and of the one before it a quarter of that: what corners leave, in a survey of polygons
CUT_OFF = 0.5  # of the area over what corners of an outline have beyond a grid's triangles: how well it is known
OUTLINED = 1e-12  # of the area: what an outline's own area is rounded by
PLAIN = (-4, 16)  # exponents of ten between which an area is printed without one
CHANCE = 0.3  # times √(spacing / side): of the last change so much may be in order by chance where an outline cuts the grid


@dataclass(frozen=True)
class AreaEstimate:
    """An area with its spatial error, printed as ``1.4213619 ± 2e-7``.

    Attributes
    ----------
    area : float
        (4 A_h − A_2h) / 3, or 2 A_h − A_2h where the film lets go of its wire or may do so.
    error : float
        Half the width of the error bar, from three grids. An order near 2: the change that the last refinement made to the
        extrapolated area, about fifteen times what is left. Another order p: at least |A_h − A_2h|, the change of the plain
        area, and at least |A_h − A_2h| / (2ᵖ − 1), all changes to come; above 2, where the last change is small by chance, at
        least half of the one before. No order, or one below ½: three times the larger change. An outline with corners: at least
        |A_h − A_2h|, and a quarter of the change before. A film that lets go of its wire, or may do so: |A_h − A_2h|, and half
        of the change before. Over any outline: at least |A_h − A_2h| times 0.3 √(spacing / the grid's longer side). Where there
        is a fourth grid, the three coarser ones tell as much: at least the change of the extrapolated area that they show, by 16
        if their order is 1.9 … 2.25, or by 4; where the order is not near 2, at least their bar by 4, or by 2 if an order is
        below 1.5. Fewer than 17 nodes each way tell no order: by 16 then, or by 2 if the finer order is below 1.5. Over corners
        by 4 where it would be less.
    order : float or None
        Observed order of the area in h on the three finest grids; None where there are two, or their areas agree to rounding.
    areas : tuple of float
        The plain discrete areas, from the finest grid to the coarsest, up to four.
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
        mantissa, last = f"{self.error:.0e}".split("e")
        first = f"{self.area:.0e}".split("e")[1]
        plain = PLAIN[0] <= int(first) < PLAIN[1]
        area = f"{self.area:.{max(-int(last), 0)}f}" if plain else f"{self.area:.{max(int(first) - int(last), 0)}e}"
        return f"{area} ± {mantissa}e{int(last)}"


def area_estimate(
    film: Film, run: Trajectory, method: Stepper | None = None, nested: tuple[NestedFilm, ...] | None = None
) -> AreaEstimate | None:
    """The area of the smooth film where a run ended, with a spatial error bar, from the film on up to three coarser grids.

    Parameters
    ----------
    film : Film
    run : Trajectory
        A run of ``film.flow`` from ``film.start``: to rest, by `relax` or `evolve`, or to a time, by `evolve`. To a time the
        coarser films take the very same steps, so that the bar is about space alone; this costs a third of the run.
    method : Stepper or None
        That of a run to a time, if it was not the default.
    nested : what ``nested_films`` made of them, where it is there already

    Returns
    -------
    AreaEstimate, or None where no coarser grid exists: four nested grids need cells in multiples of eight.

    >>> import geoflow as gf
    >>> film = gf.soap_film(gf.Wire.named("enneper"), n=65)
    >>> print(gf.area_estimate(film, gf.relax(film.flow, film.start)))             # exact: 1.421361873
    1.4213619 ± 2e-7
    """
    films = nested_films(film, run, method) if nested is None else nested
    if len(films) == 1:
        return None
    plain, areas = tuple(level.area for level in films), tuple(level.area + level.missed for level in films)
    noise = 4.0 * rounding(film.flow.energy, run.x, films[0].area) + (0.0 if film.grid.cut is None else OUTLINED * films[0].area)
    order, change = _order(areas, noise), abs(areas[0] - areas[1])
    found = detachment(film, run, films).status if run.status == "at rest" else "spanned"
    if found != "spanned":
        said = "the film lets go of its wire, or may do so, and a wall's area converges slowly: the error bar is widened"
        bar = max(change, HALVED * abs(areas[1] - areas[min(len(areas), 3) - 1]), noise)
        return AreaEstimate(2.0 * areas[0] - areas[1], bar, order, plain, said)
    cornered = any(level.film.grid.cut is not None and level.film.grid.cut.triangles.cornered for level in films)
    few = min(films[-1].film.grid.shape) < FEW
    error, note = _heeding(areas, order, noise, abs(films[0].missed) if cornered else None, few)
    least = noise if film.grid.cut is None else max(noise, CHANCE / sqrt(max(film.grid.shape) - 1) * change)
    return AreaEstimate((4.0 * areas[0] - areas[1]) / 3.0, max(error, least), order, plain, note)


def _heeding(areas: tuple[float, ...], order: float | None, noise: float, cut_off: float | None, few: bool) -> tuple[float, str]:
    """`_bar` of the three finest grids, heeding what it was on the three coarsest ones; few: whether a fourth has few nodes."""
    error, note = _bar(areas[:3], order, noise, cut_off)
    if len(areas) < 4:
        return error, note
    before, shift = _order(areas[1:], noise), _shift(areas[1:])
    if (few and not _ruled(order)) or (_near_two(order) and _near_two(before, ABOVE)):
        return max(error, shift / FALL[0]), note
    ruled = _ruled(order) or _ruled(before)
    known = _near_two(order) or cut_off is not None  # that it is of order two, if with a factor that jumps from grid to grid
    least = shift / FALL[1] if known else _bar(areas[1:], before, noise, cut_off)[0] / FALL[2 if ruled else 1]
    told = "no order" if before is None else f"order {before:.2f}, not 2"
    said = f"the coarser grids show {told}: a corner, kink or feature may limit it; the error bar is widened"
    return (error, note) if least <= error else (least, note or said)


def _near_two(order: float | None, above: float = CLEAN) -> bool:
    return order is not None and -CLEAN <= order - 2.0 <= above


def _ruled(order: float | None) -> bool:
    """Whether a corner, kink or jump may rule the error."""
    return order is None or order < RULED


def _shift(areas: tuple[float, ...]) -> float:
    """What the finest of three grids changes of the extrapolated area."""
    return abs(4.0 * areas[0] - 5.0 * areas[1] + areas[2]) / 3.0


def _bar(areas: tuple[float, ...], order: float | None, noise: float, cut_off: float | None) -> tuple[float, str]:
    """The error of (4 A_h − A_2h) / 3, and a sentence if it is more than a clean order two would have.

    Areas on two or three nested grids, the finest first; cut_off: what the finest misses of an outline with corners, else None.
    """
    change, coarser = abs(areas[0] - areas[1]), abs(areas[1] - areas[-1])
    if len(areas) == 2:
        return max(change, CUT_OFF * (cut_off or 0.0)), "two nested grids only: the order is not observed"  # agreeing by chance
    if max(change, coarser) <= noise:
        return noise, ""
    shift, widened = _shift(areas), "the error bar is widened"
    series = 0.0 if order is None else DOUBT * change if order < SETTLING else change / min(2.0**order - 1.0, 1.0)
    if cut_off is not None:
        said = "the outline's corners fall between the nodes, on each grid otherwise"
        unclear = series if order is not None and order < 1.0 else 0.0
        return max(shift, unclear, SURVEYED * change, 0.25 * SURVEYED * coarser), f"{said}: {widened}"
    if _near_two(order):
        return shift, ""
    if order is None or order < SETTLING:
        said, series = "the areas of three grids do not settle", DOUBT * max(change, coarser)
    else:
        said = f"the observed order is {order:.2f}, not 2"
        series = max(series, HALVED * coarser if order > 2.0 else 0.0)
    coarse = "the grids are still coarse for the film"
    why = coarse if order is not None and order > 2.0 else f"a corner, kink or feature limits it, or {coarse}"
    return max(shift, series), f"{said}: {why}; {widened}"


def _order(areas: tuple[float, ...], noise: float) -> float | None:
    """log₂ of the ratio of the two changes; None where there is one, or they have no order."""
    if len(areas) == 2 or max(abs(areas[0] - areas[1]), abs(areas[1] - areas[2])) <= noise:
        return None
    ratio = (areas[2] - areas[1]) / (areas[1] - areas[0]) if areas[0] != areas[1] else np.inf
    return log2(ratio) if ratio > 0.0 and isfinite(ratio) else None
