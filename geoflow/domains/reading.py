"""Wires from files: `Wire.read`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from geoflow.domains.given import from_loops
from geoflow.domains.heightfield import HeightField
from geoflow.domains.heights import Bounds, checked_bounds
from geoflow.domains.outline import CROSSED
from geoflow.domains.wire import Wire
from geoflow.errors import BadInput
from geoflow.io.arrays import SUFFIXES, read_height_field
from geoflow.io.edges import mesh_loops, read_mesh_loops
from geoflow.io.files import MESHES, TEXTS
from geoflow.io.text import PART, read_loops
from geoflow.protocols import Array

UP: dict[str, Callable[[Array], Array]] = {
    "z": lambda p: p,
    "y": lambda p: np.stack([p[:, 0], 0.0 - p[:, 2], p[:, 1]], axis=1),
    "x": lambda p: p[:, [1, 2, 0]],
}


def read_wire(path: str | os.PathLike[str], bounds: Bounds | None, up: str, scale: float) -> Wire:
    """See `Wire.read`."""
    suffix = Path(path).suffix.lower()
    if suffix in SUFFIXES:
        return _field(path, bounds, up, scale)
    if suffix not in (*TEXTS, *MESHES):
        known = " ".join((*TEXTS, *MESHES, *SUFFIXES))
        raise BadInput("wire file", os.fspath(path), f"its suffix should be one of {known}")
    if bounds is not None:
        raise BadInput("bounds", bounds, "a wire given by its points brings its own bounds: leave them out")
    loops, gap = read_points(path, up, scale)
    with in_order(path, loops):
        return from_loops(loops, Path(path).name, os.fspath(path), _about(loops), gap)


def from_mesh(mesh: object, name: str) -> Wire:
    """See `Wire.from_pyvista`."""
    loops, gap = mesh_loops(mesh)
    return from_loops(list(loops), name, "mesh", _about(loops), gap)


def _about(loops: Sequence[Array]) -> str:
    return f"a polyline of {len(loops[0])} points" if len(loops) == 1 else f"{len(loops)} polylines"


def read_points(path: str | os.PathLike[str], up: str, scale: float, least: int = 3) -> tuple[list[Array], float]:
    """Loops of points from a text or a mesh file, and the gap that was closed; least: columns that a text has."""
    _check(up, scale)
    if Path(path).suffix.lower() in TEXTS:
        loops, gap = read_loops(path, least), 0.0
    else:
        loops, gap = read_mesh_loops(path)
    if any(loop.shape[1] < 3 for loop in loops):
        if up != "z" or scale != 1.0:
            raise BadInput(
                "up" if up != "z" else "scale", up if up != "z" else scale, "the points have no third column: leave it out"
            )
        return [loop[:, :2] for loop in loops], gap
    return [UP[up](loop) * np.array([1.0, 1.0, scale]) for loop in loops], gap


@contextmanager
def in_order(path: str | os.PathLike[str], loops: Sequence[Array]) -> Iterator[None]:
    """Say of the points of a text that came as one loop, where it crosses itself, how loops are parted and points are ordered."""
    try:
        yield
    except BadInput as error:
        if len(loops) > 1 or Path(path).suffix.lower() not in TEXTS or not error.remedy.startswith(CROSSED):
            raise
        remedy = f"{error.remedy}; in a text points come in their order along the wire, and {PART}"
        raise BadInput(error.field, error.value, remedy) from None


def _check(up: str, scale: float) -> None:
    if not isinstance(up, str) or up not in UP:
        raise BadInput("up", up, f"choose one of {', '.join(UP)}")
    if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not abs(scale) < np.inf or scale == 0.0:
        raise BadInput("scale", scale, "give a finite number, not zero")


def _field(path: str | os.PathLike[str], bounds: Bounds | None, up: str, scale: float) -> Wire:
    """A height field: its edge is the wire, all of it the start."""
    _check(up, scale)
    if up != "z":
        remedy = "only a wire of points has axes to choose from, and this is a height field: leave it out"
        raise BadInput("up", up, remedy)
    heights, about = read_height_field(path)
    ny, nx = heights.shape
    field = HeightField(checked_bounds(bounds or (0.0, nx - 1.0, 0.0, ny - 1.0)), scale * heights)
    times = "" if scale == 1.0 else f", times {scale:g}"
    return Wire(Path(path).name, field.bounds, field, field, None, f"the edge of a height field: {about}{times}")
