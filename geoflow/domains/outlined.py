"""Wires over an outline with a height given along it: `Wire.outline` and `Wire.moving`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from geoflow.domains.given import from_loops, over
from geoflow.domains.heights import Along, Bounds, heights_at
from geoflow.domains.loops import closed_loops, joined
from geoflow.domains.outline import Outline
from geoflow.domains.reading import in_order, read_points
from geoflow.domains.shapes import DENSE, SHAPES, outline_loops
from geoflow.domains.wire import Wire
from geoflow.errors import BadInput
from geoflow.io.arrays import IMAGES, SUFFIXES
from geoflow.io.files import MESHES, TEXTS, shown
from geoflow.protocols import Array

LEAST = 2048  # points around each of many loops: their chords lie within 1.2e-6 of a circle's radius


def outlined(outline: object, height: object, up: str = "z", scale: float = 1.0) -> Wire:
    """See `Wire.outline`; up and scale, of points and heights that come from files, are those of `Wire.read`."""
    gap, suffix = 0.0, Path(outline).suffix.lower() if isinstance(outline, (str, os.PathLike)) else ""
    if suffix in IMAGES:
        raise BadInput("outline", os.fspath(outline), "this is a picture: Wire.silhouette makes a wire of it")  # type: ignore[call-overload]
    if suffix in (*TEXTS, *MESHES):
        loops, gap = read_points(outline, up, scale if height is None else 1.0, least=2)  # type: ignore[arg-type]
        name, file = Path(outline).name, os.fspath(outline)  # type: ignore[arg-type, call-overload]
    elif suffix or isinstance(outline, os.PathLike):
        raise _no_outline(outline, suffix)  # type: ignore[arg-type]
    else:
        loops, name = outline_loops(outline), outline if isinstance(outline, str) else "outline"
        file = name
    with in_order(file, loops):
        return _over(loops, height, name, file, gap, suffix != "", scale)


def _over(loops: list[Array], height: object, name: str, file: str, gap: float, read: bool, scale: float) -> Wire:
    """A wire over loops, by their third column or by heights along them; read: from a file."""
    if height is None:
        if any(loop.shape[1] == 2 for loop in loops):
            remedy = (
                "give the height along the outline: a formula or a function of x and y, a file, or points with a third column"
            )
            raise BadInput("height", None, remedy)
        return from_loops(loops, name, file, f"{sum(map(len, loops))} points", gap, rectangle=read)
    return carrying(loops, name, lambda box: Along.of(height, box, None, scale), "a height along an outline", gap)


def _no_outline(path: str | os.PathLike[str], suffix: str) -> BadInput:
    """What to say of a file that has no outline in it."""
    points = f"points go in a file {' '.join((*TEXTS, *MESHES))}"
    if suffix in SUFFIXES:
        remedy = f"an array in a file holds heights, whose outline is a contour (Wire.contour, or WIRE with --level); {points}"
    elif not suffix:
        remedy = f"a path is of a file, and this has no suffix: a name, one of {', '.join(SHAPES)}, is given as text; {points}"
    else:
        remedy = f"it is none of {', '.join(SHAPES)}, nor a picture; {points}"
    return BadInput("outline", shown(path), remedy)


def carrying(loops: list[Array], name: str, height: Callable[[Bounds], Along], about: str, gap: float = 0.0) -> Wire:
    """A wire over loops (k, 2 or more) by heights along them, made dense enough to carry these."""
    closed, said = closed_loops([loop[:, :2] for loop in loops], name)
    given = Outline.of([np.column_stack([loop, np.zeros(len(loop))]) for loop in closed], name)
    along = height(given.bounds)
    full = f"{along.words} over {name}"
    shadow = given.refined(max(DENSE // len(closed), LEAST))
    shadow = shadow.lifted(heights_at(full, along.path(0.0), shadow.points))
    told = "; ".join(part for part in (about, along.about, said or joined(gap)) if part)
    wire = replace(over(shadow, full, told), height=along.path(0.0))
    return replace(wire, path=along.path) if along.moves else wire


def moving(name: str, height: Callable[[float, Array, Array], Array], outline: object) -> Wire:
    """See `Wire.moving`."""
    along = Along(lambda t: lambda x, y: height(t, x, y), True, name, "")
    wire = carrying(outline_loops(outline), outline if isinstance(outline, str) else "outline", lambda box: along, "")
    return replace(wire, name=name, about="a wire that moves")
