"""Stable and unstable manifolds of an equilibrium of x' = −∇V(x), in the Euclidean metric.

The stable manifold is all starts from which a marble rolls into the equilibrium; the unstable one is where it goes after the
slightest push. They have the directions of the positive and of the negative eigenvalues of d²V. One direction makes two
curves (`geoflow.points.curves`), two make a surface (`geoflow.points.surface`).
"""

from __future__ import annotations

import numpy as np

from geoflow import checks
from geoflow.errors import BadInput
from geoflow.points.curves import Curves, curves
from geoflow.points.germ import germ
from geoflow.points.landscape import Landscape
from geoflow.points.search import newton_step
from geoflow.points.surface import Surface, surface
from geoflow.protocols import Array

GIVEN = 1e-3  # of the box: how far from the equilibrium the saddle may be given


def stable_manifold(potential: object, saddle: object, bounds: object, n: int = 24) -> Curves | Surface:
    """All that rolls into a saddle, as far as a box goes.

    Parameters
    ----------
    potential : Potential
    saddle : (d,) or Equilibrium
        An equilibrium with one or two positive eigenvalues; it is made exact by Newton's method.
    bounds : (x0, x1, y0, y1, …)
        The box that the manifold is followed in, 2 d numbers.
    n : int
        For a surface: its triangles are about as long as the box's longest side over n.

    Returns
    -------
    Curves, met to about 1e-11 of the box; or Surface.

    Raises
    ------
    BadInput

    >>> import geoflow as gf
    >>> road = gf.stable_manifold(gf.Potential("exp(x)*cos(y) - x - 1"), [0, 0], (-2, 2, -3, 3))
    >>> [(b.points[-1].round(9) + 0.0).tolist() for b in road.branches], road.branches[0].end
    ([[-2.0, 0.0], [2.0, 0.0]], 'it reached the bounds')
    """
    return _manifold(potential, saddle, bounds, n, 1.0)


def unstable_manifold(potential: object, saddle: object, bounds: object, n: int = 24) -> Curves | Surface:
    """Where a marble goes from a saddle after the slightest push. Arguments and result as for `stable_manifold`.

    >>> import geoflow as gf
    >>> fall = gf.unstable_manifold(gf.Potential("(x**2 - 1)**2/4 + y**2/2"), [0, 0], (-2, 2, -1, 1))
    >>> [b.end for b in fall.branches]
    ['it reached the equilibrium at (-1, 0)', 'it reached the equilibrium at (1, 0)']
    """
    return _manifold(potential, saddle, bounds, n, -1.0)


def _manifold(potential: object, saddle: object, bounds: object, n: int, sign: float) -> Curves | Surface:
    land = Landscape.of(potential, bounds)
    lo, hi = checks.box(bounds, land.dimension)
    size = checks.whole("n", n)
    if size is None or size < 4:
        raise BadInput("n", n, "give a whole number, at least 4")
    found = germ(land, sign, _exact(land, saddle, lo, hi), hi - lo)
    k = len(found.rates)
    if k == 1:
        return curves(found, lo, hi)
    if k == 2:
        return surface(found, lo, hi, float(np.max(hi - lo)) / size)
    which = "stable" if sign > 0.0 else "unstable"
    raise BadInput("saddle", found.x.tolist(), f"its {which} manifold has {k} dimensions: only curves and surfaces are followed")


def _exact(land: Landscape, saddle: object, lo: Array, hi: Array) -> Array:
    """The equilibrium that is meant, by Newton's method."""
    given = checks.state(getattr(saddle, "x", saddle), "saddle")
    if given.shape != (land.dimension,):
        raise BadInput("saddle", f"array of shape {given.shape}", f"give a point of {land.dimension} entries")
    x = given
    for _ in range(20):
        x = x + newton_step(land, x[None])[0]
    if not np.all(np.abs(x - given) <= GIVEN * (hi - lo)):  # false for nan
        raise BadInput("saddle", given.tolist(), "there is no equilibrium there: take one from find_equilibria")
    if np.any(x <= lo) or np.any(x >= hi):
        raise BadInput("bounds", [*lo, *hi], "the saddle lies inside the box")
    return x
