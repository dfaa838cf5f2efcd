"""Where a film lets go of its wire because no graph spans it: detachment.

Where the outline is re-entrant a minimal graph need not reach the heights of its wire. What has the least area then is a film
that meets the vertical wall under the wire at a height h* of its own, tangent to the wall, together with the wall between:
∫ |wire − h*| ds of it (Giusti, Minimal Surfaces and Functions of Bounded Variation, 1984, chapters 14 and 15). Beside parts of
the outline that do not turn inwards it always reaches the wire (Jenkins and Serrin, J. reine angew. Math. 229, 1968; Giusti,
theorem 15.9): a rectangle, a disc, any convex domain is spanned, whatever its wire, and such parts are not looked at.

The jump J = wire − h* is read off three nested grids (`contact`), at the same stations of the wire. It is believed as far as it
changed from grid to grid, and to FLOOR of the drop of the film beside its wall, which shrinks like h^(1/3). Where it is positive
beyond that the film lets go, and as far around as it is positive at all; where it is zero within that, it is undecided. One
grid alone decides nothing, unless the film is near the wire already at the nodes beside it.

Limits. At a corner that points into the domain a film lets go of the corner alone: length and area shrink with the spacing.
Where curvature fades out along the wire, as at an inflection, J is found too large at first, by a tenth of the area at 257².
A wire steeper than the grid can see looks like a wall where the outline is re-entrant. Where the domain beside a re-entrant
part is less than eighteen cells wide the coarser grids have no room for readings: undecided, unless the film is shallow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from geoflow.contact import contact
from geoflow.domains.outline import Integers
from geoflow.domains.reentrant import Stations, reentrant
from geoflow.errors import BadInput
from geoflow.films import Film
from geoflow.nested_films import NestedFilm, nested_films
from geoflow.protocols import Array, Mask
from geoflow.trajectory import Trajectory

FLOOR = 0.05  # of the drop of the film beside its wall, up to the first reading: twice what is seen on a wall that just touches
GRIDS = 3  # that jumps are read off
SEVERAL = 3  # places that a sentence names


@dataclass(frozen=True, eq=False)
class Detachment:
    """Whether a film spans its wire.

    Attributes
    ----------
    status : "spanned", "detached" or "undecided"
    length : float or None
        Length of wire, in the plane, that the film lets go of; None if undecided.
    area : float or None
        The integral of the jump along it: the area of the walls between wire and film; None if undecided.
    parts : tuple of (k, 3)
        The wire there, or where it is undecided: polylines, a whole loop closed.
    sentence : str
        What is the matter, and where.
    """

    status: Literal["spanned", "detached", "undecided"]
    length: float | None
    area: float | None
    parts: tuple[Array, ...]
    sentence: str


def detachment(film: Film, run: Trajectory, nested: tuple[NestedFilm, ...] | None = None) -> Detachment:
    """Where the film at rest lets go of its wire, from jumps beside the wire on three nested grids.

    Parameters
    ----------
    film : Film
    run : Trajectory
        To rest.
    nested : what ``nested_films`` made of them, where it is there already

    >>> import geoflow as gf
    >>> film = gf.soap_film(gf.Wire.outline("annulus", lambda x, y: 2.5 * (x * x + y * y < 2.0)), n=65)
    >>> found = gf.detachment(film, gf.relax(film.flow, film.start))
    >>> print(found.status, f"{found.length:.2f}")                                   # exact: 2π
    detached 6.28
    """
    if run.status != "at rest":
        raise BadInput("run", run.status, "give a run that came to rest: only then it is known what spans the wire")
    grid = film.grid
    if grid.cut is None:
        return _spanned("a rectangle is convex")
    loops = reentrant(grid.cut.outline, max(grid.spacing))
    if not loops:
        return _spanned("its outline is convex")
    films = (nested_films(film, run) if nested is None else nested)[:GRIDS]
    gone, doubtful = [], []
    for loop in loops:
        jump, doubt = _jumps(loop, films)
        gone += [(loop, part, jump) for part in _runs(jump > 0.0, jump > doubt)]
        near = np.isfinite(jump) & (np.abs(jump) <= doubt)
        doubtful += [(loop, part, jump) for part in _runs(near, near)]
    if not gone and not doubtful:
        return _spanned("its film reaches it everywhere")
    parts = tuple(_polyline(loop, part) for loop, part, _ in gone or doubtful)
    if not gone:
        said = "it is undecided whether a graph spans this wire: what the grids say agrees within their errors with both"
        return Detachment("undecided", None, None, parts, f"{said}, {_places(parts)}")
    length = float(sum(len(part) * loop.step for loop, part, _ in gone))
    area = float(sum(np.sum(jump[part]) * loop.step for loop, part, jump in gone))
    return Detachment("detached", length, area, parts, f"no graph spans this wire there: the film lets go {_places(parts)}")


def _spanned(why: str) -> Detachment:
    return Detachment("spanned", 0.0, 0.0, (), f"a graph spans this wire: {why}")


def _jumps(loop: Stations, films: tuple[NestedFilm, ...]) -> tuple[Array, Array]:
    """J at the stations and how far it may be off, (k,) each; J is −inf where the film is held for certain."""
    jumps, drops = np.array([contact(loop, nested.film.grid, nested.heights) for nested in films]).transpose(1, 0, 2)
    levels = np.maximum(jumps, -drops)  # of a vertex far beyond the wire no more is known
    doubt = np.full(levels[0].shape, np.inf)
    if len(films) > 1:
        change = np.maximum(np.abs(levels[0] - levels[1]), FLOOR * (drops[0] - levels[0]))
        doubt = np.where(np.isnan(change), np.inf, change)
    if len(films) > 2:
        doubt = np.fmax(doubt, 0.5 * np.abs(levels[1] - levels[2]))
    return np.where(np.isnan(jumps[0]), 0.0, jumps[0]), doubt


def _runs(mask: Mask, core: Mask) -> Iterator[Integers]:
    """Stretches of a loop, as indices in order, on which a mask holds and somewhere the core does."""
    if not np.any(core & mask):
        return
    if np.all(mask):
        yield np.arange(len(mask))
        return
    begin = int(np.argmin(mask))  # a station where it does not hold: no stretch goes across it
    order = (np.arange(len(mask)) + begin) % len(mask)
    edges = np.flatnonzero(np.diff(mask[order].astype(np.int8), append=0))
    for first, last in zip(edges[::2] + 1, edges[1::2] + 1, strict=True):
        part = order[first:last]
        if np.any(core[part]):
            yield part


def _polyline(loop: Stations, part: Integers) -> Array:
    points = loop.points[part]
    return np.concatenate([points, points[:1]]) if len(part) == len(loop.points) else points


def _places(parts: tuple[Array, ...]) -> str:
    """Where parts of a wire are, in words."""
    said = []
    for part in sorted(parts, key=len, reverse=True)[:SEVERAL]:
        (x, y), whole = part[len(part) // 2, :2], len(part) > 2 and np.array_equal(part[0], part[-1])
        said.append(f"all along the loop through ({x:.4g}, {y:.4g})" if whole else f"around ({x:.4g}, {y:.4g})")
    more = len(parts) - len(said)
    return ", ".join(said) + (f" and at {more} more place{'s' if more > 1 else ''}" if more else "")
