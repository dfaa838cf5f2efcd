"""The area on the triangles of cut cells: Σ w √(1 + |g|²) once more, beside `corner` and `corner_matrix`.

Triangles are few, so one thread does it, in their own order. A dual keeps a triangle's vector where its cell has room for four
corners' vectors: no cell is cut into more than four triangles, and a cut cell is no cell of the corner scheme.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from geoflow.domains.cut import Cut
from geoflow.energies.corner_matrix import EXACT, LAGGED, SECANT
from geoflow.protocols import Array
from geoflow.solvers.kernels import kernel
from geoflow.solvers.stencil import Stencil


def roots(g: Array) -> Array:
    """W of gradients (2, t)."""
    return np.sqrt(1.0 + (g[0] * g[0] + g[1] * g[1]))


def area(cut: Cut, u: Array) -> float:
    """Σ w W."""
    return float(np.sum(_areas(cut.elements.weight, cut.gradients(u))))


def missed(cut: Cut, u: Array) -> float:
    """Σ W over the area of the domain that triangles miss."""
    return float(np.sum(_areas(cut.triangles.missed, cut.gradients(u))))


def add_differential(cut: Cut, u: Array, out: Array) -> None:
    """Add Gᵀ(w g / W) to out : (ny, nx)."""
    cut.elements.gather(_fluxes(cut.elements.weight, cut.gradients(u)), out)


def add_dual_differential(cut: Cut, p: Array, out: Array) -> None:
    """Add Gᵀ(w p) of a dual variable."""
    cut.elements.gather(cut.elements.weight * taken(cut, p), out)


def set_dual(cut: Cut, u: Array, p: Array) -> None:
    """p = g / W."""
    g = cut.gradients(u)
    _put(cut, g / roots(g), p)


def advance(cut: Cut, u: Array, du: Array, p: Array, out: Array) -> None:
    """out = p after one Newton step for W p = g, scaled back into |p| ≤ 1 where it left."""
    g, d = cut.gradients(u), cut.elements.gradients(du, np.zeros_like(cut.heights))
    w = roots(g)
    new = (g + d - taken(cut, p) * ((g[0] * d[0] + g[1] * d[1]) / w)) / w
    size = np.sqrt(new[0] * new[0] + new[1] * new[1])
    _put(cut, new * (1.0 / np.where(size > 1.0, size, 1.0)), out)


def set_secant(cut: Cut, u: Array, v: Array, p: Array) -> None:
    """p = (g_u + g_v) / (W_u + W_v), then W_u + W_v."""
    a, c = cut.gradients(u), cut.gradients(v)
    s = roots(a) + roots(c)
    _put(cut, (a + c) / s, p)
    p.reshape(3, -1)[2][cut.elements.room] = s


def add_matrix(cut: Cut, u: Array, kind: int, p: Array, matrix: Stencil) -> None:
    """Add Gᵀ D G, D as in `corner_matrix`."""
    g, weight = cut.gradients(u), cut.elements.weight
    if kind in (LAGGED, EXACT):
        xx, yy, xy = _coefficients(weight, g, kind == EXACT)
        cut.elements.couple(xx, yy, xy, matrix.arrays)
        return
    w = roots(g)
    a = weight / (p.reshape(3, -1)[2][cut.elements.room] if kind == SECANT else w)
    (x, y), (q, r), f = g, taken(cut, p), a / w
    cut.elements.couple(a - f * (q * x), a - f * (r * y), -0.5 * f * (q * y + r * x), matrix.arrays)


@kernel
def _areas(weight: Any, g: Any) -> Any:
    """w W."""
    out = np.empty(weight.shape[0])
    for m in range(out.shape[0]):
        out[m] = weight[m] * sqrt(1.0 + (g[0, m] * g[0, m] + g[1, m] * g[1, m]))
    return out


@kernel
def _fluxes(weight: Any, g: Any) -> Any:
    """w g / W."""
    out = np.empty(g.shape)
    for m in range(weight.shape[0]):
        root = sqrt(1.0 + (g[0, m] * g[0, m] + g[1, m] * g[1, m]))
        out[0, m], out[1, m] = weight[m] * g[0, m] / root, weight[m] * g[1, m] / root
    return out


@kernel
def _coefficients(weight: Any, g: Any, exact: bool) -> Any:
    """D_xx, D_yy and D_xy."""
    out = np.empty((3, weight.shape[0]))
    for m in range(weight.shape[0]):
        root = sqrt(1.0 + (g[0, m] * g[0, m] + g[1, m] * g[1, m]))
        a, t = weight[m] / root, 1.0 / root if exact else 0.0
        x, y = g[0, m] * t, g[1, m] * t
        out[0, m], out[1, m], out[2, m] = (a * (t * t + y * y), a * (t * t + x * x), -a * (x * y)) if exact else (a, a, 0.0)
    return out


def taken(cut: Cut, p: Array) -> Array:
    """The triangles' vectors out of a dual, (2, t)."""
    return p[:8].reshape(2, -1)[:, cut.elements.room]


def _put(cut: Cut, vectors: Array, p: Array) -> None:
    p[:8].reshape(2, -1)[:, cut.elements.room] = vectors
