"""The silhouette of a picture as a wire, and the contour of a height field: `Wire.silhouette` and `Wire.contour`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from geoflow.domains.heightfield import HeightField
from geoflow.domains.heights import Along, Bounds, checked_bounds
from geoflow.domains.outlined import carrying
from geoflow.domains.regions import largest_side, outside, regions
from geoflow.domains.smoothing import smoothed
from geoflow.domains.wire import Wire
from geoflow.errors import BadInput
from geoflow.io.arrays import IMAGES, grey_values, read_height_field, read_picture
from geoflow.protocols import Array

Level = float | str | None
BRUSH = 2  # pixels, a radius
NOISE = 300  # specks, from which on they are noise


def silhouette(
    image: object,
    height: object,
    level: Level = None,
    bounds: Bounds | None = None,
    smooth: float = 2.0,
    specks: float = 0.01,
    scale: float = 1.0,
) -> Wire:
    """See `Wire.silhouette`."""
    grey, name = _picture(image)
    _checked(smooth, specks)
    ny, nx = grey.shape
    box = (
        checked_bounds(bounds)
        if bounds is not None
        else (-nx / max(nx, ny), nx / max(nx, ny), -ny / max(nx, ny), ny / max(nx, ny))
    )
    values, cut, how = _cut(grey, level)
    above = outside(values, cut)
    found = regions(values, cut, above, False, specks)
    loops, width = smoothed(found.loops, smooth)
    px, py = (box[1] - box[0]) / nx, (box[3] - box[2]) / ny
    loops = [np.column_stack([box[0] + (loop[:, 0] + 0.5) * px, box[2] + (loop[:, 1] + 0.5) * py]) for loop in loops]
    middles = (box[0] + 0.5 * px, box[1] - 0.5 * px, box[2] + 0.5 * py, box[3] - 0.5 * py)
    shades = HeightField(middles, grey)
    which = f"{'light on dark' if above else 'dark on light'}, {how}"
    about = f"the silhouette of a picture of {nx} × {ny} pixels, {which}: {found.words}; {_smoothing(width, 'pixels')}"
    if found.specks >= NOISE and level != "edges":
        about += "; so many specks are noise: the level edges, or a larger smooth, keeps it out of the outline"
    return carrying(loops, name, lambda _: Along.of(height, middles, shades, scale), about)


def contour(
    field: object,
    level: float,
    bounds: Bounds | None = None,
    height: object = None,
    side: str | None = None,
    largest: bool = True,
    smooth: float = 0.0,
    specks: float = 0.01,
    scale: float = 1.0,
) -> Wire:
    """See `Wire.contour`."""
    values, name = _height_field(field, bounds)
    _checked(smooth, specks)
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not np.isfinite(level):
        raise BadInput("level", level, "give a finite number, a height of the field")
    if side not in (None, "above", "below"):
        raise BadInput("side", side, "choose above or below, or None for where the largest region off the edge is")
    z, (x0, x1, y0, y1) = values.heights, values.bounds
    above = largest_side(z, level) if side is None else side == "above"
    found = regions(z, level, above, largest, specks)
    ny, nx = z.shape
    loops, width = smoothed([_onto(loop, nx, ny) for loop in found.loops], smooth)
    loops = [loop * ((x1 - x0) / (nx - 1), (y1 - y0) / (ny - 1)) + (x0, y0) for loop in loops]
    where = f"{'above' if above else 'below'} {level:g}"
    about = f"where {name} is {where}: {found.words}" + (f"; {_smoothing(width, 'nodes')}" if smooth > 0.0 else "")
    if height is None:
        wire = carrying(
            loops, name, lambda _: Along(lambda t: lambda x, y: level + 0.0 * x, False, f"level {level:g}", ""), about
        )
        return replace(wire, start=values)
    return carrying(loops, name, lambda _: Along.of(height, values.bounds, values, scale), about)


def _onto(loop: Array, nx: int, ny: int) -> Array:
    """A loop in nodes with what is beyond the outermost nodes brought back to them, and no point twice."""
    inner = np.clip(loop, 0.0, (nx - 1.0, ny - 1.0))
    apart: Array = inner[np.any(np.abs(inner - np.roll(inner, 1, axis=0)) > 1e-12, axis=1)]
    return apart


def _smoothing(width: float, unit: str) -> str:
    return f"smoothed over {width:.2g} {unit}" if width > 0.0 else "not smoothed"


def _checked(smooth: float, specks: float) -> None:
    for name, value, most in (("smooth", smooth, 1e3), ("specks", specks, 1.0)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value <= most:
            raise BadInput(name, value, f"give a number from 0 to {most:g}")


def _picture(image: object) -> tuple[Array, str]:
    """Grey values with row 0 at the bottom, and a name."""
    if isinstance(image, (str, os.PathLike)):
        if Path(image).suffix.lower() not in IMAGES:
            raise BadInput("image", os.fspath(image), f"its suffix should be one of {' '.join(IMAGES)}")
        return read_picture(image), Path(image).name
    if not isinstance(image, np.ndarray):
        raise BadInput(
            "image",
            type(image).__name__,
            "give the path of a picture, or its pixels (ny, nx), or (ny, nx, 3 or 4), top row first",
        )
    grey, _ = grey_values(image, "image", seen=True)
    if not np.all(np.isfinite(grey)):
        raise BadInput("image", "a pixel that is not finite", "give finite grey values")
    return grey, "picture"


def _height_field(field: object, bounds: Bounds | None) -> tuple[HeightField, str]:
    """Values with bounds, and a name."""
    given, name = (field.start, field.name) if isinstance(field, Wire) else (field, "field")
    if isinstance(given, HeightField):
        if bounds is not None:
            raise BadInput("bounds", bounds, "the field brings its own: leave them out")
        return given, name
    if isinstance(given, (str, os.PathLike)):
        name = Path(given).name
        given, _ = read_height_field(given)
    if not isinstance(given, np.ndarray) or given.ndim != 2 or min(given.shape) < 3 or given.dtype.kind not in "biuf":
        raise BadInput(
            "field",
            type(field).__name__,
            "give heights (ny, nx), 3 or more each way, their file, or a wire that starts as a height field",
        )
    ny, nx = given.shape
    values = given.astype(np.float64)
    if not np.all(np.isfinite(values)):
        raise BadInput("field", "a value that is not finite", "fill the gaps of the field")
    return HeightField(checked_bounds(bounds or (0.0, nx - 1.0, 0.0, ny - 1.0)), values), name


def _cut(grey: Array, level: Level) -> tuple[Array, float, str]:
    """The values whose level set is the silhouette, the level, and how it was found."""
    if isinstance(level, (int, float)) and not isinstance(level, bool) and np.isfinite(level):
        return grey, float(level), f"cut at grey {level:g}"
    if level is not None and level != "edges":
        raise BadInput("level", level, "give a grey value, 'edges', or None for Otsu's threshold")
    if float(np.ptp(grey)) == 0.0:
        raise BadInput("image", f"grey {grey.flat[0]:g} everywhere", "give a picture with something in it")
    if level == "edges":
        return _watershed(grey), 0.5, "cut along its steepest edges"
    from skimage.filters import threshold_otsu

    split = threshold_otsu(grey)
    dark, light = float(np.median(grey[grey <= split])), float(np.median(grey[grey > split]))  # no mean: edges pull at it
    return grey, 0.5 * (dark + light), f"cut at grey {0.5 * (dark + light):.3g}"


def _watershed(grey: Array) -> Array:
    """1 in what is lighter, else 0, for uneven light: the lightest and the darkest of three classes grow until they meet.

    They meet where the picture is steepest: Otsu's thresholds for three classes, Sobel's slope, and its watershed (Meyer 1994).
    What is narrower than a disc of BRUSH, inlets and spurs that a dark stain or a bright scratch makes, is taken away.
    """
    from skimage.filters import sobel, threshold_multiotsu
    from skimage.morphology import isotropic_closing, isotropic_opening
    from skimage.segmentation import watershed

    low, high = threshold_multiotsu(grey, 3)
    seeds = np.where(grey < low, 1, np.where(grey > high, 2, 0))
    light = np.pad(watershed(sobel(grey), seeds) == 2, 4 * BRUSH, mode="edge")
    light = isotropic_opening(isotropic_closing(light, BRUSH), BRUSH)
    return light[4 * BRUSH : -4 * BRUSH, 4 * BRUSH : -4 * BRUSH].astype(np.float64)
