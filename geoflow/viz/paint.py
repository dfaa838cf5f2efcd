"""What the colours of a surface mean: which numbers, which map, and the two ends of its scale.

Height and speed have a map that grows evenly lighter (viridis, plasma), signed numbers Moreland's (2009) diverging one, made for
lit surfaces, its pale middle at 0. Where a few points are far beyond the others, the scale ends before them, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoflow.errors import BadInput
from geoflow.viz.sheet import Array, Integers

LEVEL = 1e-12
"""Range of heights over their size, below which they are one."""

STILL = 1e-9
"""Change over a film's rise, curvature and speed over rise per size², below which it is rounding, and drawn as 0."""

FEW, FAR = 0.5, 2.0
"""Percentage of points that the scale may leave out, if without them it is so many times as fine."""


@dataclass(frozen=True)
class Kind:
    """A field by name: its label, its map, whether 0 is in the middle or at the low end; its unit is rise·size to a power."""

    field: str
    label: str
    colours: str
    signed: bool
    power: int


KINDS = {
    "height": Kind("height", "height u", "viridis", False, 0),
    "mean curvature": Kind("mean_curvature", "mean curvature H", "coolwarm", True, -2),
    "speed": Kind("velocity", "speed |∂u/∂t|", "plasma", False, -2),
    "change": Kind("change", "change since the start", "coolwarm", True, 0),
}


@dataclass(frozen=True)
class Paint:
    """Attributes: the bar's label, the name of a map of matplotlib's, the numbers at its two ends, and which of these ends has
    points beyond it: "neither", "min", "max" or "both".
    """

    label: str
    colours: str
    limits: tuple[float, float]
    beyond: str = "neither"
    flat: float | None = None


def kind_of(name: object) -> Kind:
    """A kind of colours by name, or a refusal."""
    if not isinstance(name, str) or name not in KINDS:
        raise BadInput("colour", name, f"choose one of {', '.join(KINDS)}")
    return KINDS[name]


def height_paint(label: str, values: Array | float) -> Paint:
    """Of numbers that are heights."""
    return _between(label, "viridis", float(np.min(values)), float(np.max(values)))


def paint_of(kind: Kind, values: Sequence[Array], size: float, rise: float) -> Paint:
    """One scale for the values of several pictures.

    size, rise: of the plan, and between the lowest and the highest height: the lengths that units are made of.
    """
    every = np.concatenate([np.ravel(v) for v in values])
    if kind.field == "height":
        return height_paint(kind.label, every if rise > 0.0 else np.mean(every))
    unit = max(rise, LEVEL * size) * size**kind.power
    largest = float(np.max(np.abs(every)))
    if largest <= STILL * unit:
        half = 0.5 * unit
        return Paint(kind.label, kind.colours, (-half, half) if kind.signed else (0.0, half), flat=0.0)
    most = float(np.percentile(np.abs(every), 100.0 - FEW))
    top = most if largest > FAR * most > FAR * STILL * unit else largest
    low = -top if kind.signed else 0.0
    under, over = bool(np.min(every) < low), bool(np.max(every) > top)
    beyond = "both" if under and over else "min" if under else "max" if over else "neither"
    return Paint(kind.label, kind.colours, (low, top), beyond)


def _between(label: str, colours: str, low: float, high: float) -> Paint:
    if high - low <= LEVEL * max(abs(low), abs(high)):
        half = max(0.5, 1e-6 * abs(low))
        return Paint(label, colours, (low - half, low + half), flat=low)
    return Paint(label, colours, (low, high))


def filled(values: Array, triangles: Integers) -> Array:
    """A copy of values (k,) with those that are NaN as the mean of what is known around them; 0 where nothing is."""
    out = values.copy()
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    a, b = np.concatenate([ends, ends[:, ::-1]]).T
    while np.any(np.isnan(out)):
        into = np.isnan(out[a]) & np.isfinite(out[b])
        if not into.any():
            break
        count = np.bincount(a[into], minlength=len(out))
        total = np.bincount(a[into], out[b[into]], len(out))
        out[count > 0] = total[count > 0] / count[count > 0]
    return np.nan_to_num(out)
