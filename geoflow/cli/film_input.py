"""What ``geoflow film`` is given: a wire by name, file, formula, outline or contour, and where its film starts."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from geoflow.domains.heightfield import HeightField
from geoflow.domains.heights import Bounds, checked_bounds, no_points
from geoflow.domains.outlined import outlined
from geoflow.domains.silhouettes import contour, silhouette
from geoflow.domains.wire import Wire
from geoflow.errors import BadInput, TooCoarse
from geoflow.formula import Formula
from geoflow.io.arrays import IMAGES, SUFFIXES, read_height_field
from geoflow.io.files import MESHES, TEXTS
from geoflow.starts import Start

SMOOTH = 2.0  # nodes, of a contour of data, whose every node may have a kink
SAMPLES = 1025  # nodes along the longer side of a formula whose contour is taken


def read_wire(options: argparse.Namespace) -> Wire:
    """The wire that the options ask for."""
    wire, outline, height, level = (_text(getattr(options, name)) for name in ("wire", "outline", "height", "level"))
    if (wire is None) == (outline is None):
        given = "missing" if wire is None else f"{wire} with --outline {outline}"
        raise BadInput("WIRE", given, "give a name, a file or a formula, or an outline by --outline: one of the two")
    _check_files(options, wire, outline, height)
    bounds = options.bounds
    box = None if bounds is None else checked_bounds((bounds[0], bounds[1], bounds[2], bounds[3]))
    if outline is not None:
        return _outline(outline, height, level, box, options)
    if level is not None:
        return _contour(wire or "", height, level, box, options)
    if height is not None:
        raise BadInput("--height", height, "a WIRE has heights of its own: it goes with --outline, or with --level")
    return _wire(wire or "", box, options)


def _text(given: str | None) -> str | None:
    return None if given is None else given.strip()


def _check_files(options: argparse.Namespace, wire: str | None, outline: str | None, height: str | None) -> None:
    """Refuse options for files where there are none."""
    suffix, along, start = (Path(text or "").suffix.lower() for text in (wire or outline, height, (options.start or "").strip()))
    if options.up != "z" and suffix not in (*TEXTS, *MESHES):
        raise BadInput("--up", options.up, "only a wire of points from a file has axes to choose from: leave it out")
    read = suffix in (*TEXTS, *MESHES) or (wire is not None and suffix in SUFFIXES) or along in SUFFIXES or start in SUFFIXES
    if options.scale != 1.0 and not read:
        remedy = "it multiplies heights that are read from files, and there are none: leave it out"
        raise BadInput("--scale", options.scale, remedy)


def _wire(text: str, box: Bounds | None, options: argparse.Namespace) -> Wire:
    """A wire by name, file or formula."""
    if text in Wire.names():
        if box is not None:
            raise BadInput("--bounds", options.bounds, f"the wire {text} brings its own bounds: leave them out")
        return Wire.named(text)
    if Path(text).suffix.lower() in (*TEXTS, *MESHES, *SUFFIXES) or (text and _exists(text)):
        return Wire.read(text, box, options.up, options.scale)
    if text.replace("-", "").replace("_", "").isalpha() and text not in ("x", "y", "e", "pi", "-x", "-y"):
        names = ", ".join(Wire.names())
        raise BadInput("WIRE", text, f"neither a wire that ships ({names}), nor a file, nor a formula in x and y")
    return Wire.formula(text, box) if box else Wire.formula(text)


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except OSError:  # longer than names of files may be, as formulas are
        return False


def _outline(text: str, height: str | None, level: str | None, box: Bounds | None, options: argparse.Namespace) -> Wire:
    """A wire over an outline by name or file, or over the silhouettes of a picture."""
    if Path(text).suffix.lower() in IMAGES:
        cut = level if level is None or level == "edges" else _number("--level", level)
        return silhouette(text, height, cut, box, scale=options.scale)
    for name, given in (("--level", level), ("--bounds", box)):
        if given is not None:
            raise BadInput(name, given, "it belongs to a picture, and the outline is none: leave it out")
    return outlined(text, height, options.up, options.scale)


def of_picture(refusal: TooCoarse, options: argparse.Namespace) -> TooCoarse:
    """A refusal by the grid and, where the outline is that of a picture, which may be noisy, what helps then."""
    if Path(_text(options.outline) or "").suffix.lower() not in IMAGES:
        return refusal
    smooth = "a larger smooth of Wire.silhouette in Python"
    helps = smooth if _text(options.level) == "edges" else f"--level edges, or {smooth}"
    return TooCoarse(refusal.field, refusal.value, f"{refusal.remedy}; if the picture is noisy: {helps}", refusal.place)


def _contour(text: str, height: str | None, level: str, box: Bounds | None, options: argparse.Namespace) -> Wire:
    """A wire along the contour of a height field: of a wire that starts as one, a file, or a formula."""
    side, _, at = level.rpartition(" ")
    if side.strip() not in ("", "above", "below"):
        raise BadInput("--level", level, "give a number, or above or below and a number")
    wire, smooth = _wire(text, box, options), SMOOTH
    if not isinstance(wire.start, HeightField):
        if not isinstance(wire.height, Formula):
            remedy = f"{text} is no height field: give terrain, an array, a picture, or a formula in x and y"
            raise BadInput("--level", level, remedy)
        x0, x1, y0, y1 = wire.bounds
        cell = max(x1 - x0, y1 - y0) / (SAMPLES - 1)
        x, y = (np.linspace(a, b, max(round((b - a) / cell) + 1, 3)) for a, b in ((x0, x1), (y0, y1)))
        with np.errstate(all="ignore"):
            heights = np.broadcast_to(wire.height(x[None, :], y[:, None]), (len(y), len(x)))
        wire, smooth = replace(wire, start=HeightField(wire.bounds, heights)), 0.0
    return contour(wire, _number("--level", at), None, height, side.strip() or None, smooth=smooth, scale=options.scale)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput(
            name, text, "give a number; for a picture the word edges will do, for heights below 2.5 or above 2.5"
        ) from None


def read_start(text: str | None, wire: Wire, scale: float) -> tuple[Start, str]:
    """Where the film starts, a word, a file or a formula; and what the heights of a file mean."""
    if text is None or text.strip() in ("flat", "coons"):
        return None if text is None else text.strip(), ""
    if Path(text).suffix.lower() in SUFFIXES:
        heights, about = read_height_field(text)
        times = "" if scale == 1.0 else f", times {scale:g}"
        return HeightField(wire.bounds, scale * heights), f"{Path(text).name}: {about}{times}"
    no_points(text, "--start", "a start is a formula in x and y, flat, coons")
    return Formula(text.strip(), ("x", "y"), field="--start"), ""
