"""The regions of a field of values (ny, nx) that are above a level, or below, and the loops that bound them.

Loops are contours to a fraction of a node by linear interpolation (marching squares; `skimage.measure.find_contours`), and never
touch: where four nodes leave it open, the lower side is connected. What touches the field's edge is closed along it, half a node
beyond the last nodes, where the edge of a picture is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geoflow.errors import BadInput
from geoflow.protocols import Array, Mask

TIE = 1e-9  # of the range of values: as close to the level counts as on it
BESIDE = 1e-6  # of the range: where what is on the level is moved to, so that no contour runs through a node
LEAST = 8  # nodes: what is smaller is a speck


@dataclass(frozen=True, eq=False)
class Regions:
    """What `regions` found.

    Attributes
    ----------
    loops : list of (k, 2)
        x and y in nodes, row 0 at y = 0.
    words : str
    specks : int
        Regions that were left out, and holes that were filled.
    """

    loops: list[Array]
    words: str
    specks: int


def regions(field: Array, level: float, above: bool, largest: bool, specks: float) -> Regions:
    """The regions above a level, or below, without specks and pinholes.

    specks: of the area of the largest region; a region or a hole that is smaller, or than 8 nodes, is none. largest: take the
    largest region alone.
    """
    from skimage.measure import find_contours

    v, reach = (field - level) * (1.0 if above else -1.0), float(np.max(np.abs(field - level)))
    v = np.where(np.abs(v) <= TIE * reach, -BESIDE * reach, v)
    if not np.any(v > 0.0):
        span = f"values go from {field.min():g} to {field.max():g}"
        raise BadInput("level", level, f"nothing is {'above' if above else 'below'} it: {span}")
    wanted, said, left = _cleaned(v > 0.0, largest, specks)
    v = np.where(wanted == (v > 0.0), v, -v)
    around = np.pad(v, 1, mode="edge")
    ring = np.ones(around.shape, dtype=bool)
    ring[1:-1, 1:-1] = False
    around[ring & (around > 0.0)] *= -1.0
    loops = [_distinct(contour[:-1, ::-1] - 1.0) for contour in find_contours(around, 0.0)]
    edge = ", closed along the edge" if np.any(_rim(wanted)) else ""
    return Regions([loop for loop in loops if len(loop) >= 3], f"{said}{edge}", left)


def _cleaned(inside: Mask, largest: bool, specks: float) -> tuple[Mask, str, int]:
    """A mask without specks and pinholes, what is in it in words, and how many of these there were."""
    from skimage.measure import label

    parts: Any = label(inside, connectivity=1)
    size = np.bincount(parts.ravel())
    size[0] = 0
    most = int(np.max(size))
    least = max(specks * most, min(LEAST, most))
    kept = np.arange(len(size)) == np.argmax(size) if largest else size >= least
    wanted = kept[parts] & inside
    beyond: Any = label(np.pad(~wanted, 1, constant_values=True), connectivity=2)
    holes = np.bincount(beyond.ravel())
    pin, around = holes < least, int(beyond[0, 0])
    pin[[0, around]] = False
    wanted = wanted | pin[beyond][1:-1, 1:-1]
    left = int(np.count_nonzero(size) - np.count_nonzero(kept))
    open_holes = int(np.count_nonzero(np.delete(holes >= least, [0, around]))) if len(holes) > 2 else 0
    count = int(np.count_nonzero(kept))
    said = [_counted(count, "region")]
    said += [_counted(open_holes, "hole")] if open_holes else []
    said += [f"{_counted(left, 'other region' if largest else 'speck')} left out"] if left else []
    pins = int(np.count_nonzero(pin))
    said += [f"{_counted(pins, 'pinhole')} filled"] if pins else []
    return wanted, ", ".join(said), left + pins


def outside(field: Array, level: float) -> bool:
    """Whether what is above a level has less of the field's edge than what is below."""
    return bool(np.mean(_rim(field > level)) <= 0.5)


def largest_side(field: Array, level: float) -> bool:
    """Whether the largest region that does not touch the field's edge is above the level; if all touch it, see `outside`."""
    from skimage.measure import label

    best = []
    for mask in (field > level, field < level):
        parts: Any = label(mask, connectivity=1)
        size = np.bincount(parts.ravel())
        size[np.unique(_rim(parts))] = size[0] = 0
        best.append(int(np.max(size)))
    return best[0] > best[1] if max(best) >= LEAST else outside(field, level)


def _rim(field: np.ndarray) -> np.ndarray:
    return np.concatenate([field[0], field[-1], field[1:-1, 0], field[1:-1, -1]])


def _distinct(loop: Array) -> Array:
    """A loop without points that repeat the one before."""
    apart: Array = loop[np.any(np.abs(loop - np.roll(loop, 1, axis=0)) > 1e-12, axis=1)]
    return apart


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
