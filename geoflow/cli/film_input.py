"""What ``geoflow film`` is given: a wire by name, file or formula, and where its film starts."""

from __future__ import annotations

from pathlib import Path

from geoflow.domains.heightfield import HeightField
from geoflow.domains.wire import MESHES, TEXTS, Wire, checked_bounds
from geoflow.errors import BadInput
from geoflow.films import Start
from geoflow.formula import Formula
from geoflow.io.arrays import SUFFIXES, read_height_field


def read_wire(text: str, bounds: list[float] | None, up: str, scale: float) -> Wire:
    """A wire by name, file or formula."""
    box = None if bounds is None else checked_bounds((bounds[0], bounds[1], bounds[2], bounds[3]))
    if text in Wire.names():
        if box is not None:
            raise BadInput("--bounds", bounds, f"the wire {text} brings its own bounds: leave them out")
        return Wire.named(text)
    if Path(text).suffix.lower() in (*TEXTS, *MESHES, *SUFFIXES) or (text and _exists(text)):
        wire = Wire.read(text, box, up, scale)
        if wire.shadow is not None:
            remedy = "its shadow is no rectangle: such films are computed from Python so far, by gf.soap_film(gf.Wire.read(…), n)"
            raise BadInput("WIRE", text, remedy)
        return wire
    if text.replace("-", "").replace("_", "").isalpha() and text not in ("x", "y", "e", "pi", "-x", "-y"):
        names = ", ".join(Wire.names())
        raise BadInput("WIRE", text, f"neither a wire that ships ({names}), nor a file, nor a formula in x and y")
    return Wire.formula(text, box) if box else Wire.formula(text)


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except OSError:  # longer than names of files may be, as formulas are
        return False


def read_start(text: str | None, wire: Wire, scale: float) -> tuple[Start, str]:
    """Where the film starts, a word, a file or a formula; and what the heights of a file mean."""
    if text is None or text.strip() in ("flat", "coons"):
        return None if text is None else text.strip(), ""
    if Path(text).suffix.lower() in SUFFIXES:
        heights, about = read_height_field(text)
        times = "" if scale == 1.0 else f", times {scale:g}"
        return HeightField(wire.bounds, scale * heights), f"{Path(text).name}: {about}{times}"
    return Formula(text.strip(), ("x", "y"), field="--start"), ""
