"""Films in motion, in closed form, on wires that move with them.

    "l2"    u_t =   ∇·(∇u / W),    W = √(1 + |∇u|²)
    "mcf"   u_t = W ∇·(∇u / W)                            mean curvature flow

In the first every graph of constant mean curvature H travels at the speed 2H; in the second Calabi's grim reaper travels, and
spheres and cylinders shrink (Huisken 1984; Mullins 1956 has the reaper).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geoflow.protocols import Array


@dataclass(frozen=True, eq=False)
class Motion:
    """A film over a rectangle that moves as its flow says.

    Attributes
    ----------
    name, equation : str
    metric : "l2" or "mcf"
    bounds : (x0, x1, y0, y1)
    height : (t, x, y) → u, arrays that broadcast; for 0 ≤ t ≤ until
    until : float
        How long it exists, a little less; inf for ever.
    speed : float or None
        dz/dt of a film that travels unchanged; None of one that shrinks.
    """

    name: str
    equation: str
    metric: str
    bounds: tuple[float, float, float, float]
    height: Callable[[float, Array, Array], Array]
    until: float
    speed: float | None


_SQUARE = (-1.0, 1.0, -1.0, 1.0)

MOTIONS = {
    motion.name: motion
    for motion in (
        Motion(
            "cap",
            "u = t − √(4 − x² − y²)",
            "l2",
            _SQUARE,
            lambda t, x, y: t - np.sqrt(4.0 - x * x - y * y),
            np.inf,
            1.0,
        ),
        Motion(
            "cylinder",
            "u = t/2 − √(4 − x²)",
            "l2",
            _SQUARE,
            lambda t, x, y: 0.5 * t - np.sqrt(4.0 - x * x) + 0.0 * y,
            np.inf,
            0.5,
        ),
        Motion(
            "grim reaper",
            "u = t − ln cos x",
            "mcf",
            _SQUARE,
            lambda t, x, y: t - np.log(np.cos(x)) + 0.0 * y,
            np.inf,
            1.0,
        ),
        Motion(
            "shrinking sphere",
            "u = √(4 − 4t − x² − y²)",
            "mcf",
            _SQUARE,
            lambda t, x, y: np.sqrt(4.0 - 4.0 * t - x * x - y * y),
            0.4,
            None,
        ),
        Motion(
            "shrinking cylinder",
            "u = √(4 − 2t − x²)",
            "mcf",
            _SQUARE,
            lambda t, x, y: np.sqrt(4.0 - 2.0 * t - x * x) + 0.0 * y,
            1.4,
            None,
        ),
    )
}
