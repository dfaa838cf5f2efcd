"""A film's area at rest, extrapolated to the smooth surface.

The corner scheme's area has a clean expansion A_h = A + c h² + O(h⁴) for compatible data, so (4 A_h − A_2h) / 3 is of order
four (Richardson 1911).
"""

from __future__ import annotations

from geoflow.films import Film
from geoflow.protocols import Array
from geoflow.relaxation import relax


def extrapolated_area(film: Film, rest: Array) -> float | None:
    """(4 A_h − A_2h) / 3 from heights at rest (ny, nx) and the rest of the film on every other node.

    None where the grid has an odd number of cells and so no coarser one.
    """
    coarse = film.coarser(rest)
    if coarse is None:
        return None
    area = film.flow.energy.value(rest)
    return (4.0 * area - float(relax(coarse.flow, coarse.start).energy[-1])) / 3.0
