"""The exact-solution suite: what this installation computes, beside what is known. One row a case, a chapter a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from geoflow.verify import at_rest, in_time, laws, manufactured, modes, moving, outlines, points
from geoflow.verify.rows import Row

__all__ = ["CHAPTERS", "Row", "rows"]

CHAPTERS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "at-rest": at_rest.rows,
    "outlines": outlines.rows,
    "in-time": lambda quick: in_time.rows(),
    "laws": lambda quick: laws.rows(),
    "moving": lambda quick: moving.rows(),
    "manufactured": lambda quick: manufactured.rows(),
    "points": lambda quick: points.rows(),
    "modes": lambda quick: modes.rows(),
}


def rows(quick: bool, only: str | None = None) -> Iterator[Row]:
    """All cases in turn, or those of one chapter; quick leaves out the finest grids."""
    for name, chapter in CHAPTERS.items():
        if only in (None, name):
            yield from chapter(quick)
