"""A film, or a run of it, as one page of HTML that turns under the mouse and plays: no network, no library, no WebGL.

The page holds places as 16-bit and colours as 8-bit numbers of each frame, and sixty lines of script that draw them on a canvas
by the same camera angles, lamps and painter's algorithm as `geoflow.viz.films_painter`. Notebooks show it in a frame of its own.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from math import radians
from pathlib import Path
from typing import Any

import numpy as np

from geoflow.io.atomic import atomic_path
from geoflow.viz.camera import AMBIENT, DIFFUSE, FILM_SHINE, LIGHTS, around
from geoflow.viz.look import LET_GO, MARK
from geoflow.viz.movies import RATE
from geoflow.viz.paint import Paint
from geoflow.viz.sampling import resampled
from geoflow.viz.scene import Scene
from geoflow.viz.sheet import Array
from geoflow.viz.shown import State
from geoflow.viz.ticks import labels_from, round_values

FINE = 60
"""Cells a side that a browser draws."""

TURN, TILT = -0.96, 0.54
TALL = 620
"""Pixels of the frame in a notebook."""


@dataclass(frozen=True)
class Viewer:
    """A page of HTML, whole in itself."""

    html: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, whole or not at all."""
        with atomic_path(Path(path)) as part:
            part.write_text(self.html, encoding="utf-8")

    def _repr_html_(self) -> str:
        return f'<iframe style="width: 100%; height: {TALL}px; border: 0" srcdoc="{escape(self.html, quote=True)}"></iframe>'


def viewer_of(scenes: Sequence[Scene], states: Sequence[State], paint: Paint, title: str) -> Viewer:
    """The page of scenes in one box, one a frame."""
    half = (scenes[0].high - scenes[0].low) / 2.0
    kept, patches = _shared(scenes[0], half)
    data: dict[str, Any] = {
        "title": title,
        "patches": _packed(patches.astype("<u4")),
        "frames": [_frame(scene, state, paint, half, kept) for scene, state in zip(scenes, states, strict=True)],
        "scale": half.tolist(),
        "reach": float(np.linalg.norm(half)),
        "box": _box(scenes[0].turns),
        "labels": _labels(scenes[0], half),
        "palette": _palette(paint),
        "ticks": _ticks(paint)[0],
        "label": _ticks(paint)[1],
        "marks": len(scenes[0].marks),
        "marked": LET_GO,
        "mark": MARK,
        "rate": RATE,
        "turn": TURN + radians(90.0 * scenes[0].turns),
        "tilt": TILT,
        "light": _light(),
    }
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
    page = files("geoflow.viz").joinpath("viewer.html").read_text(encoding="utf-8")
    return Viewer(page.replace("__TITLE__", escape(title)).replace("__DATA__", text))


def _corners(scene: Scene) -> tuple[Array, int]:
    """Place, normal and value of all corners of patches, (k, 7), cut so fine that one does not see them; 4·quadrilaterals."""
    times = max(1, round(FINE / max(1.0, len(scene.sheet.quads) ** 0.5)))
    quads, triangles = scene.sheet.patches(times)
    return np.concatenate([quads.reshape(-1, 7), triangles.reshape(-1, 7)]), 4 * len(quads)


def _shared(scene: Scene, half: Array) -> tuple[np.ndarray, np.ndarray]:
    """Which corners to keep, one for each place, and the patches (p, 4) of places in these; a triangle has its last one twice."""
    corners, cut = _corners(scene)
    rounded = np.round(corners[:, :3] / half * 1e5).astype(np.int64)
    _, kept, where = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    return kept, np.concatenate([where[:cut].reshape(-1, 4), where[cut:].reshape(-1, 3)[:, [0, 1, 2, 2]]])


def _frame(scene: Scene, state: State, paint: Paint, half: Array, kept: np.ndarray) -> dict[str, Any]:
    (low, high), corners = paint.limits, _corners(scene)[0][kept]
    level = np.clip(np.round(255.0 * (corners[:, 6] - low) / (high - low)), 0, 255).astype(np.uint8)
    wires = [resampled(wire, 2.0 * scene.thickness) for wire in (*scene.wires, *scene.marks)]
    return {
        "points": _places(corners[:, :3], half),
        "values": _packed(level),
        "lines": [_places(wire, half) for wire in wires],
        "caption": state.caption,
    }


def _places(points: Array, half: Array) -> str:
    """Points of the box as 16-bit numbers, ±32767 at its sides."""
    inside = points / half
    return _packed(np.round(np.clip(inside, -1.0, 1.0) * 32767).astype("<i2"))


def _packed(numbers: np.ndarray) -> str:
    return b64encode(np.ascontiguousarray(numbers).tobytes()).decode("ascii")


def _box(turns: int) -> list[list[list[int]]]:
    """The floor of the box and its upright edge to the left, as rings of corners of [−1, 1]³."""
    left, near, right, far = around(turns)
    return [[[*corner, -1] for corner in (left, near, right, far, left)], [[*left, -1], [*left, 1]]]


def _labels(scene: Scene, half: Array) -> list[list[Any]]:
    """Numbers and names along three edges of the box: text, and place in [−1, 1]³ or a little beyond."""
    found: list[list[Any]] = []
    (a, b), (c, d), _, _ = around(scene.turns)
    spots = ((0, lambda s: [s, 1.12 * d, -1.0]), (1, lambda s: [1.12 * c, s, -1.0]), (2, lambda s: [1.1 * a, 1.1 * b, s]))
    for (axis, spot), name in zip(spots, ("x", "y", "u"), strict=True):
        places, values = scene.ticks(axis, 4)
        texts, name = labels_from(values, name)
        found += [[text, *spot(float(place / half[axis]))] for text, place in zip(texts, places, strict=True)]
        found.append([name, *((1.1 * a, 1.1 * b, 1.3) if axis == 2 else [1.2 * v if abs(v) > 1.05 else v for v in spot(0.0)])])
    return found


def _palette(paint: Paint) -> list[list[int]]:
    from matplotlib import colormaps

    return np.round(255 * colormaps[paint.colours](np.linspace(0.0, 1.0, 256))[:, :3]).astype(int).tolist()


def _ticks(paint: Paint) -> tuple[list[list[Any]], str]:
    """Texts along the bar with their shares of its length, and its label."""
    low, high = paint.limits
    values = round_values(low, high, 5) if paint.flat is None else np.array([paint.flat])
    texts, label = labels_from(values, paint.label)
    return [[text, float((v - low) / (high - low))] for text, v in zip(texts, values, strict=True)], label


def _light() -> dict[str, Any]:
    """Lamps as (direction, half way to the eye, strength), in the camera's axes: see `geoflow.viz.films_painter`."""
    lamps = []
    for place, strength in LIGHTS:
        light = np.array(place) / np.linalg.norm(place)
        middle = light + np.array([0.0, 0.0, 1.0])
        lamps.append([light.tolist(), (middle / np.linalg.norm(middle)).tolist(), strength])
    gleam, power = FILM_SHINE
    return {"ambient": AMBIENT, "diffuse": DIFFUSE, "gleam": gleam, "power": 4 * power, "lamps": lamps}
