"""What a wire's height may be given as: a formula, a function, an array or a file, and heights at points, checked."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geoflow.domains.heightfield import HeightField
from geoflow.errors import BadInput
from geoflow.formula import Formula
from geoflow.io.arrays import SUFFIXES, read_height_field
from geoflow.io.files import MESHES, TEXTS, shown
from geoflow.protocols import Array

Bounds = tuple[float, float, float, float]
Height = Callable[[Array, Array], Array]

SMALLEST = 1e-100  # a shorter side has an area that underflows
LARGEST = 1e100  # a wire higher than this has slopes whose squares overflow
GIVE = "give a formula in x and y, a function (x, y) → z, an array of heights (ny, nx), or a file of one"


@dataclass(frozen=True, eq=False)
class Along:
    """Heights along an outline.

    Attributes
    ----------
    path : t → ((x, y) → z)
    moves : bool
        Whether they depend on t.
    words : str
        What they are, in short.
    about : str
        What is to be said of them besides, or nothing.
    """

    path: Callable[[float], Height]
    moves: bool
    words: str
    about: str

    @staticmethod
    def of(height: object, box: Bounds, grey: Height | None = None, scale: float = 1.0) -> Along:
        """Read a height: see `Wire.outline`. An array or a file is stretched over the box and read bilinearly.

        grey: what the word means in a formula. scale: a factor of heights that come from a file.
        """
        no_points(height, "height", "a height is a formula in x and y")
        if isinstance(height, os.PathLike) or (isinstance(height, str) and Path(height.strip()).suffix.lower() in SUFFIXES):
            path = Path(height.strip() if isinstance(height, str) else height)
            field, about = read_height_field(path)
            times = "" if scale == 1.0 else f", times {scale:g}"
            return _at_rest(HeightField(box, scale * field), path.name, f"{path.name} stretched over it: {about}{times}")
        if isinstance(height, str):
            return _formula(height, grey)
        if isinstance(height, np.ndarray):
            ny, nx = height.shape if height.ndim == 2 else (0, 0)
            return _at_rest(HeightField(box, _field(height)), "heights", f"{nx} × {ny} heights stretched over it")
        if callable(height):
            return _at_rest(height, "a function", "")
        raise BadInput("height", "None" if height is None else type(height).__name__, GIVE)


def _at_rest(height: Height, words: str, about: str) -> Along:
    return Along(lambda t: height, False, words, about)


def _formula(text: str, grey: Height | None) -> Along:
    if grey is None:
        formula = Formula(text, ("x", "y", "t"), field="height")
        return Along(lambda t: lambda x, y: formula(x, y, t), "t" in formula.tape, text.strip(), "")
    shaded = Formula(text, ("x", "y", "t", "grey"), field="height")
    return Along(lambda t: lambda x, y: shaded(x, y, t, grey(x, y)), "t" in shaded.tape, text.strip(), "")


def _field(heights: Array) -> Array:
    if heights.ndim != 2 or min(heights.shape) < 2 or heights.dtype.kind not in "biuf":
        raise BadInput(
            "height", f"array of {heights.dtype}, shape {heights.shape}", "give real heights (ny, nx), 2 or more each way"
        )
    return heights.astype(np.float64)


def no_points(given: object, field: str, wanted: str) -> None:
    """Refuse a file of points where heights are wanted at places that are known: they would have to be found between them."""
    if isinstance(given, (str, os.PathLike)) and Path(given).suffix.strip().lower() in (*TEXTS, *MESHES):
        remedy = (
            f"{wanted}, or an array (.npy .npz) or a picture in a file, stretched over it; points x y z are a wire, not heights"
        )
        raise BadInput(field, shown(given), remedy)


def heights_at(name: str, height: Height, points: Array) -> Array:
    """The heights at points (k, 2 or more), or a refusal by place."""
    x, y = points[:, 0], points[:, 1]
    z = _called(f"height of wire {name}", height, x, y)
    bad = np.flatnonzero(~(np.abs(z) <= LARGEST))
    if bad.size:
        where = f"({x[bad[0]]:g}, {y[bad[0]]:g})"
        raise BadInput(f"height of wire {name} at {where}", float(z[bad[0]]), "wires have finite heights, up to 1e100")
    return z + 0.0


def _called(field: str, height: Height, x: Array, y: Array) -> Array:
    """What a function gives at x and y, (k,) each, as real heights, (k,), or a refusal; what it raises says that it did."""
    remedy = "give a function of arrays x and y that returns real heights, one a point, or one for all"
    if not callable(height):
        raise BadInput(field, "None" if height is None else type(height).__name__, remedy)
    try:
        with np.errstate(all="ignore"):
            value: Any = height(x, y)
    except BadInput:
        raise
    except Exception as error:
        error.add_note(f"raised inside the function given as {field}, not by geoflow")
        raise
    told = "None" if value is None else type(value).__name__
    try:
        z = np.asarray(value)
    except (ValueError, TypeError):
        raise BadInput(field, told, remedy) from None
    if z.dtype.kind == "O" and all(_real(each) for each in z.flat):
        z = z.astype(np.float64)
    if z.dtype.kind not in "biuf":
        raise BadInput(field, f"array of {z.dtype}" if z.ndim else told, remedy)
    if z.shape != x.shape and z.size != 1:
        raise BadInput(field, f"array of shape {z.shape}", f"{remedy}: here x and y have shape {x.shape}")
    with np.errstate(all="ignore"):
        heights: Array = np.broadcast_to(z.astype(np.float64).reshape(() if z.size == 1 else x.shape), x.shape)
    return heights


def _real(value: Any) -> bool:
    """Whether an object is a number that float() takes without leaving out a part of it."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.ndim == 0 and value.dtype.kind in "biuf"
    try:
        return hasattr(value, "__float__") and isinstance(float(value), float)
    except Exception:  # a stranger's number: it raises whatever it likes
        return False


def checked_bounds(bounds: Bounds) -> Bounds:
    """(x0, x1, y0, y1) as floats with x0 < x1 and y0 < y1, or a refusal."""
    try:
        values = np.asarray(bounds)
    except ValueError:
        values = np.empty(0)
    if values.shape != (4,) or values.dtype.kind not in "iuf":
        raise BadInput("bounds", bounds, "give four numbers x0 x1 y0 y1")
    x0, x1, y0, y1 = (float(v) for v in values)
    if not (np.all(np.abs(values) <= LARGEST) and x0 < x1 and y0 < y1):
        raise BadInput("bounds", bounds, "give finite numbers up to 1e100 with x0 < x1 and y0 < y1")
    if not min(x1 - x0, y1 - y0) >= max(SMALLEST, 1e-8 * float(np.max(np.abs(values)))):
        remedy = "a side is below 1e-100, or so short that rounding shows so far from the origin: move or scale the wire"
        raise BadInput("bounds", bounds, remedy)
    if max(x1 - x0, y1 - y0) > 1e4 * min(x1 - x0, y1 - y0):
        raise BadInput("bounds", bounds, "one side is over 10000 times the other: no grid of square cells fits both")
    return x0, x1, y0, y1
