"""Points, line elements and faces of a Wavefront OBJ file, in full precision; errors name the line, and points as it does.

OBJ counts points from 1, and from −1 backwards from the line: −1 is the last one before it. A point may be named before it comes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from geoflow.errors import BadInput

Cells = list[NDArray[np.int64]]


def read_obj(data: bytes, name: str) -> tuple[NDArray[np.float64], Cells, Cells]:
    """Points (n, 3), line elements and faces as lists of places (k,) from 0 on; everything else in the file is left alone."""
    points: list[list[float]] = []
    cells: dict[str, Cells] = {"l": [], "f": []}
    farthest, where = 0, ("", "")
    for number, line in _lines(data):
        words = line.partition("#")[0].split()
        said = f"{name}, line {number}", line.strip()[:60]
        try:
            if words[:1] == ["v"]:
                points.append([float(word) for word in words[1:4]])
                if len(points[-1]) < 3:
                    raise ValueError("two coordinates")
            elif words and words[0] in cells:
                named = [int(word.partition("/")[0]) for word in words[1:]]
                _check(named, len(points), said)
                cells[words[0]].append(np.array([p - 1 if p > 0 else len(points) + p for p in named], dtype=np.int64))
                if max(named, default=0) > farthest:
                    farthest, where = max(named), said
        except BadInput:
            raise
        except (ValueError, OverflowError):
            raise BadInput(*said, "a point is `v x y z`, an edge `l 1 2 …`, a face `f 1 2 3 …`") from None
    if farthest > len(points):
        raise BadInput(*where, f"there is no point {farthest}: the file has {len(points)} points")
    return np.array(points, dtype=np.float64).reshape(-1, 3), cells["l"], cells["f"]


def _check(named: list[int], before: int, said: tuple[str, str]) -> None:
    if 0 in named:
        raise BadInput(*said, "0 is no point: OBJ counts them from 1")
    if min(named, default=0) < -before:
        raise BadInput(*said, f"there is no point {min(named)}: {before} stand before this line")


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; one that ends in a backslash goes on in the next, if that is not of a comment."""
    begun, before = 0, ""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        begun = begun or number
        if line.endswith("\\") and "#" not in line:
            before += line[:-1] + " "
        else:
            yield begun, before + line
            begun, before = 0, ""
    if before:
        yield begun, before
