"""Outlines by name, and outlines made dense enough to carry a height that is a function along them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from geoflow.errors import BadInput
from geoflow.protocols import Array

DENSE = 32_768  # points around a loop: its chords then lie within 5e-9 of a circle's radius


def _round(radius: Callable[[Array], Array], flat: float = 1.0) -> Array:
    """The curve r(θ), its y squeezed by a factor, (DENSE, 2)."""
    angle: Array = np.linspace(0.0, 2.0 * np.pi, DENSE, endpoint=False)
    return np.column_stack([radius(angle) * np.cos(angle), flat * radius(angle) * np.sin(angle)])


SHAPES: dict[str, Callable[[], list[Array]]] = {
    "disc": lambda: [_round(lambda a: 1.0 + 0.0 * a)],
    "ellipse": lambda: [_round(lambda a: 1.0 + 0.0 * a, 0.6)],
    "star": lambda: [_round(lambda a: 0.45 + 0.08 * np.cos(3.0 * a))],
    "annulus": lambda: [_round(lambda a: 2.0 + 0.0 * a), _round(lambda a: 1.0 + 0.0 * a)],
}
"""r = 1; semi-axes 1 and 0.6; r = 0.45 + 0.08 cos 3θ; 1 < r < 2."""


def outline_loops(given: object) -> list[Array]:
    """The loops (k, 2) or (k, 3) that a name, one array of points or a sequence of such arrays means."""
    if isinstance(given, str):
        if given not in SHAPES:
            raise BadInput("outline", given, f"there is no outline of that name; choose one of {', '.join(SHAPES)}")
        return SHAPES[given]()
    several = isinstance(given, Sequence) and len(given) > 0 and np.ndim(given[0]) == 2
    loops = []
    for loop in given if several else [given]:  # type: ignore[attr-defined]
        try:
            points = np.asarray(loop)
        except ValueError:
            points = np.empty(0)
        if points.ndim != 2 or points.shape[1] not in (2, 3) or points.dtype.kind not in "biuf":
            raise BadInput("outline", f"array of shape {points.shape}", "give points (k, 2) or (k, 3), or a list of such loops")
        loops.append(points.astype(np.float64))
    return loops
