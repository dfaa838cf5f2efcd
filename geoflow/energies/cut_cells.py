"""The area on the triangles of cut cells: Σ w √(1 + |g|²) once more, beside `corner` and `corner_matrix`.

Triangles are few, so NumPy does it, in their own order. A dual keeps a triangle's vector where its cell has room for four
corners' vectors: no cell is cut into more than four triangles, and a cut cell is no cell of the corner scheme.
"""

from __future__ import annotations

import numpy as np

from geoflow.domains.cut import Cut
from geoflow.energies.corner_matrix import EXACT, LAGGED, SECANT
from geoflow.protocols import Array
from geoflow.solvers.stencil import Stencil


def roots(g: Array) -> Array:
    """W of gradients (2, t)."""
    return np.sqrt(1.0 + (g[0] * g[0] + g[1] * g[1]))


def area(cut: Cut, u: Array) -> float:
    """Σ w W."""
    return float(np.sum(cut.elements.weight * roots(cut.gradients(u))))


def missed(cut: Cut, u: Array) -> float:
    """Σ W over the area of the domain that triangles miss."""
    return float(np.sum(cut.triangles.missed * roots(cut.gradients(u))))


def add_differential(cut: Cut, u: Array, out: Array) -> None:
    """Add Gᵀ(w g / W) to out : (ny, nx)."""
    g = cut.gradients(u)
    out.reshape(-1)[cut.elements.nodes] += cut.elements.gather(cut.elements.weight * g / roots(g))


def add_dual_differential(cut: Cut, p: Array, out: Array) -> None:
    """Add Gᵀ(w p) of a dual variable."""
    out.reshape(-1)[cut.elements.nodes] += cut.elements.gather(cut.elements.weight * taken(cut, p))


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
    g = cut.gradients(u)
    w = roots(g)
    a = cut.elements.weight / (p.reshape(3, -1)[2][cut.elements.room] if kind == SECANT else w)
    if kind == LAGGED:
        cut.elements.couple(a, a, np.zeros_like(a), matrix.arrays)
        return
    if kind == EXACT:
        t = 1.0 / w
        x, y = g * t
        cut.elements.couple(a * (t * t + y * y), a * (t * t + x * x), -a * (x * y), matrix.arrays)
        return
    (x, y), (q, r), f = g, taken(cut, p), a / w
    cut.elements.couple(a - f * (q * x), a - f * (r * y), -0.5 * f * (q * y + r * x), matrix.arrays)


def taken(cut: Cut, p: Array) -> Array:
    """The triangles' vectors out of a dual, (2, t)."""
    return p[:8].reshape(2, -1)[:, cut.elements.room]


def _put(cut: Cut, vectors: Array, p: Array) -> None:
    p[:8].reshape(2, -1)[:, cut.elements.room] = vectors
