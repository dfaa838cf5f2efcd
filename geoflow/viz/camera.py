"""Where one stands to look at a film: a mild perspective, from above and aside, that holds the whole box.

A point p with camera coordinates (r, s, d) (right, up, depth) falls on (r, s)/(d·tan(α/2)), in half heights of the
frame from its middle. Both drawing hands and all labels use this one formula, so they agree to the pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, log, radians, sin, tan

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

VIEW_ANGLE = 18.0
"""Vertical opening α of the lens, in degrees; narrow, so that a square still looks like one."""

LIGHTS = (((-0.6, 0.8, 0.8), 0.50), ((0.9, -0.5, 0.7), 0.30), ((0.0, 0.0, 1.0), 0.22))
"""Key, fill and head light: where from (right, up, away) and how strong."""

AMBIENT, DIFFUSE = 0.32, 0.86
FILM_SHINE, WIRE_SHINE = (0.16, 7.0), (1.0, 5.0)
"""Strength and exponent of the gleam (Phong's)."""

METAL = (0.23, 0.24, 0.27)
"""Colour of the wire."""

Frame = tuple[float, float, float, float]
"""left, right, bottom, top in half heights of the frame from its middle."""


@dataclass(frozen=True, eq=False)
class Camera:
    """A camera at ``position``, looking along ``−away``; all (3,), display coordinates, orthonormal axes."""

    position: Array
    right: Array
    up: Array
    away: Array

    def project(self, points: Array) -> tuple[Array, Array]:
        """Places in the frame (…, 2), in half heights from its middle, and depths (…) of points (…, 3)."""
        seen = points - self.position
        depth = -(seen @ self.away)
        flat = np.stack([seen @ self.right, seen @ self.up], axis=-1)
        return flat / (depth * tan(radians(VIEW_ANGLE / 2)))[..., None], depth


def fitted_camera(low: Array, high: Array, frame: Frame, above: float = 34.0, turns: int = 0) -> Camera:
    """The camera that sees the box from ``low`` to ``high`` (3,) just fill the frame, after so many quarter turns around it.

    Fixed-point iteration: move sideways until the picture of the box is centred, then back or forth until it fits.
    """
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    right, up, away = view_axes(low, high, above, turns)
    left, r, bottom, top = frame
    centre, distance = (low + high) / 2, 10.0 * float(np.linalg.norm(high - low))
    for _ in range(60):
        camera = Camera(centre + distance * away, right, up, away)
        flat, _depth = camera.project(corners)
        a, b = flat.min(axis=0), flat.max(axis=0)
        off = (a + b) / 2 - np.array([left + r, bottom + top]) / 2
        centre = centre + distance * tan(radians(VIEW_ANGLE / 2)) * (off[0] * right + off[1] * up)
        distance *= max((b[0] - a[0]) / (r - left), (b[1] - a[1]) / (top - bottom))
    return Camera(centre + distance * away, right, up, away)


def around(turns: int) -> tuple[tuple[int, int], ...]:
    """The corners of the plan as a camera sees them after quarter turns, left, near, right and far: −1 or 1 along x and y."""
    ring = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return tuple(ring[(k + turns) % 4] for k in range(4))


def view_axes(low: Array, high: Array, above: float, turns: int = 0) -> tuple[Array, Array, Array]:
    """Right, up and away of a camera that stands before the longer side, by the corner (x_max, y_min).

    turns: quarter turns from there, counter-clockwise seen from above: it stands by the next corner, before the side to its left.
    """
    lx, ly, lz = high - low
    if turns % 2:
        lx, ly = ly, lx
    longer = float(np.clip(log(lx / ly) / log(3.0), -1.0, 1.0))
    aside = radians(-55.0 - (17.0 if longer > 0 else 37.0) * longer + 90.0 * turns)
    above = radians(above - 8.0 * min(1.0, lz / max(lx, ly)))
    away = np.array([cos(above) * cos(aside), cos(above) * sin(aside), sin(above)])
    right = np.array([-sin(aside), cos(aside), 0.0])
    return right, np.cross(away, right), away
