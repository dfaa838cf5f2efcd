"""The exact-solution suite: what this installation computes, beside what is known. One row a case, a chapter a module."""

from __future__ import annotations

from collections.abc import Iterator

from geoflow.verify import at_rest, in_time, laws, modes, moving, outlines, points
from geoflow.verify.rows import Row

__all__ = ["Row", "rows"]


def rows(quick: bool) -> Iterator[Row]:
    """All cases in turn; quick leaves out the finest grids."""
    yield from at_rest.rows(quick)
    yield from outlines.rows(quick)
    yield from in_time.rows()
    yield from laws.rows()
    yield from moving.rows()
    yield from points.rows()
    yield from modes.rows()
