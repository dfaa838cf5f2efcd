"""What the indices of the equilibria in a box must sum to, seen from the box's boundary alone.

The degree of f = dV on a box B is the sum of sign det H over its zeros there, Σ (−1)^index, if f ≠ 0 on ∂B (Poincaré,
Hopf). In the plane it is the winding number of f along ∂B: on a piece of the boundary where one component of f keeps its
sign the angle of f turns by less than π, so the principal value of its change is the change. In d dimensions it is 1 where f
points outwards: if at each point of ∂B some component has fᵢ (x − m)ᵢ > 0, then (1 − t) f + t (x − m) never vanishes there.
"""

from __future__ import annotations

import numpy as np

from geoflow.formula.enclosures import Enclosures, enclosures
from geoflow.points.exclusion import halved
from geoflow.points.landscape import Landscape
from geoflow.protocols import Array, Mask

FINEST = 40  # halvings of a piece of the boundary
PIECES = 20_000
SMOOTH = 12  # halvings in search of where V is not smooth


def degree(land: Landscape, lo: Array, hi: Array) -> int | None:
    """The degree of dV on the box, or None where the boundary does not tell. For a formula this is proven.

    It says nothing of a box in which V has a pole, a kink or an edge of its domain: None where a formula may have one.
    """
    if land.formula and not _smooth(enclosures(land.potential.formula), lo, hi):
        return None
    if len(lo) == 1:
        left, right = np.sign(land.slopes(np.array([lo, hi]))[:, 0])
        return int(right - left) // 2 if left * right != 0.0 and np.isfinite(left * right) else None
    if len(lo) == 2:
        return winding(land, lo, hi)
    return 1 if land.formula and _outwards(enclosures(land.potential.formula), lo, hi) else None


def _smooth(E: Enclosures, lo: Array, hi: Array) -> bool:
    """Whether V is seen to be smooth all over a box, by halving what is not seen to be."""
    a, b = lo[None], hi[None]
    for _ in range(SMOOTH):
        rough = ~E.value(a, b)[1]
        a, b = a[rough], b[rough]
        if not len(a):
            return True
        if len(a) > PIECES // len(lo):
            return False
        a, b = halved(a, b, np.argmax((b - a) / (hi - lo), axis=1))
    return False


def winding(land: Landscape, lo: Array, hi: Array) -> int | None:
    """How often dV turns, in a walk anticlockwise around a box in the plane; None if that is not well seen."""
    corners = np.array([lo, [hi[0], lo[1]], hi, [lo[0], hi[1]], lo])
    a, b, turned = corners[:-1], corners[1:], 0.0
    for _ in range(FINEST):
        clear = _clear(land, a, b)
        turned += float(np.sum(_turns(land, a[clear], b[clear])))
        if not np.isfinite(turned):
            return None
        a, b = a[~clear], b[~clear]
        if not len(a):
            turns = turned / (2.0 * np.pi)
            return round(turns) if abs(turns - round(turns)) < 1e-6 else None
        if len(a) > PIECES:
            return None
        middle = 0.5 * (a + b)
        a, b = np.concatenate([a, middle]), np.concatenate([middle, b])
    return None


def _clear(land: Landscape, a: Array, b: Array) -> Mask:
    """Whether a component of dV keeps its sign from a to b: by intervals, or for functions as far as five points can tell."""
    if land.formula:
        E = enclosures(land.potential.formula)
        corners = np.minimum(a, b), np.maximum(a, b)
        low, high = E.gradient(*corners)
        return np.any((low > 0.0) | (high < 0.0), axis=1) & E.value(*corners)[1]
    s = np.linspace(0.0, 1.0, 5)[:, None, None]
    points = a + s * (b - a)
    f = land.slopes(points.reshape(-1, 2)).reshape(points.shape)
    bent = np.abs(np.diff(np.unwrap(np.arctan2(f[..., 1], f[..., 0]), axis=0), axis=0))
    return np.all(np.isfinite(bent) & (bent < 0.1), axis=0) & np.all(np.any(f != 0.0, axis=2), axis=0)


@np.errstate(all="ignore")  # slopes may be infinite there
def _turns(land: Landscape, a: Array, b: Array) -> Array:
    f, g = land.slopes(a), land.slopes(b)
    return np.arctan2(f[:, 0] * g[:, 1] - f[:, 1] * g[:, 0], np.sum(f * g, axis=1))


def _outwards(E: Enclosures, lo: Array, hi: Array) -> bool:
    """Whether on every piece of every face some component of dV is seen to point outwards."""
    d, m = len(lo), 0.5 * (lo + hi)
    a, b = np.tile(lo, (2 * d, 1)), np.tile(hi, (2 * d, 1))
    axes = np.arange(d)
    b[axes, axes], a[d + axes, axes] = lo, hi
    for _ in range(FINEST):
        low, high = E.gradient(a, b)
        outward = ((low > 0.0) & (a > m)) | ((high < 0.0) & (b < m))
        open_ = ~(np.any(outward, axis=1) & E.value(a, b)[1])
        a, b = a[open_], b[open_]
        if not len(a):
            return True
        if len(a) > PIECES // d:
            return False
        a, b = halved(a, b, np.argmax((b - a) / (hi - lo), axis=1))
    return False
