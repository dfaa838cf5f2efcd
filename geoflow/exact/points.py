"""Potentials whose points of rest, or whose flows x′ = −V′(x), are known in closed form or to all digits.

Müller and Brown 1979 and Himmelblau 1972, their digits by Newton's method in extended precision; the mountain pass is
V = eˣ cos y − x − 1; the others follow from separation of variables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geoflow.protocols import Array


@dataclass(frozen=True, eq=False)
class Landscape:
    """A potential and its points of rest.

    Attributes
    ----------
    name, formula : str
        V, in x and y.
    bounds : (x0, x1, y0, y1)
        A box that holds these points of rest and no others.
    minima, saddles, maxima : (k, 2)
    """

    name: str
    formula: str
    bounds: tuple[float, float, float, float]
    minima: Array
    saddles: Array
    maxima: Array


@dataclass(frozen=True, eq=False)
class Roll:
    """A way of a point down a potential of one variable, x(0) = x₀.

    Attributes
    ----------
    name, formula : str
        V, in x.
    position : (t, x₀) → x
    """

    name: str
    formula: str
    position: Callable[[float, float], float]


def _points(*rows: tuple[float, float]) -> Array:
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


MULLER_BROWN = " + ".join(
    f"({height!r})*exp({a!r}*(x - {x!r})**2 + {b!r}*(x - {x!r})*(y - {y!r}) + {c!r}*(y - {y!r})**2)"
    for height, a, b, c, x, y in (
        (-200.0, -1.0, 0.0, -10.0, 1.0, 0.0),
        (-100.0, -1.0, 0.0, -10.0, 0.0, 0.5),
        (-170.0, -6.5, 11.0, -6.5, -0.5, 1.5),
        (15.0, 0.7, 0.6, 0.7, -1.0, 1.0),
    )
)

LANDSCAPES = {
    landscape.name: landscape
    for landscape in (
        Landscape("pass", "exp(x)*cos(y) - x - 1", (-2.0, 2.0, -3.0, 3.0), _points(), _points((0.0, 0.0)), _points()),
        Landscape(
            "muller-brown",
            MULLER_BROWN,
            (-1.5, 1.2, -0.2, 2.0),
            _points(
                (-0.5582236346330243, 1.441725841804669),
                (0.6234994049308765, 0.02803775852868567),
                (-0.05001082299820606, 0.4666941048719721),
            ),
            _points((-0.8220015587327321, 0.6243128028148714), (0.212486582000662, 0.2929883251073678)),
            _points(),
        ),
        Landscape(
            "himmelblau",
            "(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
            (-5.0, 5.0, -5.0, 5.0),
            _points(
                (3.0, 2.0),
                (-2.805118086952745, 3.131312518250573),
                (-3.779310253377747, -3.2831859912861696),
                (3.5844283403304917, -1.8481265269644036),
            ),
            _points(
                (0.08667750455539636, 2.884254701174776),
                (-3.0730257507643897, -0.08135304428796751),
                (3.385154183607021, 0.07385187983774928),
                (-0.12796134673068008, -1.9537149802445763),
            ),
            _points((-0.2708445906673476, -0.9230385564799815)),
        ),
    )
}

ROLLS = {
    roll.name: roll
    for roll in (
        Roll("quartic", "x**4/4", lambda t, x: x / np.sqrt(1.0 + 2.0 * x * x * t)),
        Roll("double well", "(x**2 - 1)**2/4", lambda t, x: x * np.exp(t) / np.sqrt(1.0 + x * x * np.expm1(2.0 * t))),
        Roll("hill", "-x**2/2", lambda t, x: x * np.exp(t)),
        Roll("cubic", "-x**3/3", lambda t, x: x / (1.0 - x * t)),
    )
}
