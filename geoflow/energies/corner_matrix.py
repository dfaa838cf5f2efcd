"""The matrices of the corner scheme, Gᵀ D G into the five arrays of a stencil: see `corner` for the conventions.

D is diag(a (I − sym(p gᵀ) / W)) at every corner:

    LAGGED   a = w / W, without the p-term: the majorant
    EXACT    a = w / W, p = g / W: the hessian
    DUAL     a = w / W, p as given: the primal-dual Newton matrix
    SECANT   a = w / (W₀ + W), p = (g₀ + g) / (W₀ + W) as given
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from geoflow.energies.corner import quotients
from geoflow.solvers.kernels import kernel
from geoflow.solvers.runs import clear

LAGGED, EXACT, DUAL, SECANT = range(4)


@kernel
def _corner(gx: Any, gy: Any, px: Any, py: Any, s: Any, kind: int, weight: float, xx: Any, yy: Any, xy: Any) -> None:
    """xx, yy, xy = D_xx, D_yy, D_xy at one corner of each of some cells of a row."""
    if kind == LAGGED:
        for j in range(xx.shape[0]):
            a = weight / sqrt(1.0 + (gx[j] * gx[j] + gy[j] * gy[j]))
            xx[j] = a
            yy[j] = a
            xy[j] = 0.0
    elif kind == EXACT:
        for j in range(xx.shape[0]):
            t = 1.0 / sqrt(1.0 + (gx[j] * gx[j] + gy[j] * gy[j]))
            x, y, a = gx[j] * t, gy[j] * t, weight * t
            xx[j] = a * (t * t + y * y)  # not 1 − x², which would lose the digits of a steep film
            yy[j] = a * (t * t + x * x)
            xy[j] = -a * (x * y)
    else:
        for j in range(xx.shape[0]):
            x, y, p, q = gx[j], gy[j], px[j], py[j]
            w = sqrt(1.0 + (x * x + y * y))
            a = weight / (s[j] if kind == SECANT else w)
            f = a / w
            xx[j] = a - f * (p * x)
            yy[j] = a - f * (q * y)
            xy[j] = -0.5 * f * (p * y + q * x)


@kernel
def _cells(u: Any, rx: float, ry: float, kind: int, p: Any, i: int, begin: int, end: int, q: Any, d: Any, m: Any) -> None:
    """m = the couplings across the sides b, t, l, r and along the corners bl, br, tl, tr of these cells in row i."""
    weight, at, low, high = 0.25 / (rx * ry), i if kind >= 2 else 0, begin + 1, end + 1
    quotients(u, rx, ry, i, begin, end, q)
    for k in range(4):
        s = p[8 + k, at, begin:end] if kind == SECANT else p[0, at, begin:end]
        gx, gy, px, py = q[k // 2, low:high], q[2 + k % 2, low:high], p[k, at, begin:end], p[4 + k, at, begin:end]
        _corner(gx, gy, px, py, s, kind, weight, d[k, low:high], d[k + 4, low:high], d[k + 8, low:high])
    for side in range(4):  # the sides b, t are at two of the corners' D_xx, l, r at two of their D_yy
        one, other = (2 * side, 2 * side + 1) if side < 2 else (side + 2, side + 4)
        a, b, taken, scale = d[one, low:high], d[other, low:high], m[side, low:high], rx * rx if side < 2 else ry * ry
        for j in range(taken.shape[0]):
            taken[j] = (a[j] + b[j]) * scale
    for k in range(4):
        given, taken, scale = d[8 + k, low:high], m[4 + k, low:high], rx * ry
        for j in range(taken.shape[0]):
            taken[j] = given[j] * scale


@kernel
def _nodes(f: Any, g: Any, begin: int, end: int, c: Any, e: Any, n: Any, ne: Any, nw: Any) -> None:
    """The nodes begin ≤ j < end of a row of the stencil, from the couplings f of the cells below them and g of those above."""
    f1, f2, f3 = f[1, begin : end + 1], f[2, begin : end + 1], f[3, begin : end + 1]
    f6, f7 = f[6, begin : end + 1], f[7, begin : end + 1]
    g0, g2, g3 = g[0, begin : end + 1], g[2, begin : end + 1], g[3, begin : end + 1]
    g4, g5, g6, g7 = g[4, begin : end + 1], g[5, begin : end + 1], g[6, begin : end + 1], g[7, begin : end + 1]
    c, e, n, ne, nw = c[begin:end], e[begin:end], n[begin:end], ne[begin:end], nw[begin:end]
    for j in range(c.shape[0]):
        left, right = j, j + 1
        above = (g0[left] + g3[left] - 2.0 * g5[left]) + (g0[right] + g2[right] + 2.0 * g4[right])
        below = (f1[left] + f3[left] + 2.0 * f7[left]) + (f1[right] + f2[right] - 2.0 * f6[right])
        c[j] = above + below
        e[j] = (g5[right] - g4[right] - g0[right]) + (f6[right] - f7[right] - f1[right])
        n[j] = (g6[right] - g4[right] - g2[right]) + (g5[left] - g7[left] - g3[left])
        ne[j] = -(g5[right] + g6[right])
        nw[j] = g4[left] + g7[left]


@kernel
def area_matrix(
    u: Any,
    rx: float,
    ry: float,
    cells: Any,
    nodes: Any,
    known: Any,
    kind: int,
    p: Any,
    c: Any,
    e: Any,
    n: Any,
    ne: Any,
    nw: Any,
    first: int,
    last: int,
) -> None:
    """The rows of Gᵀ D G that belong to rows of nodes; p : (8 or 12, ny−1, nx−1), or (8, 1, nx−1) where none is needed."""
    ny, nx = u.shape
    q, d, m, nothing = np.zeros((4, nx + 1)), np.zeros((12, nx + 1)), np.zeros((2, 8, nx + 1)), np.zeros((8, nx + 1))
    for i in range(max(first - 1, 0), last):
        if i < ny - 1:
            for begin, end in cells[i]:
                _cells(u, rx, ry, kind, p, i, begin, end, q, d, m[i % 2])
            for k in range(8):
                clear(cells[i], m[i % 2, k, 1:nx])
        if i >= first:
            below, above = m[(i - 1) % 2] if i > 0 else nothing, m[i % 2] if i < ny - 1 else nothing
            for begin, end in nodes[i]:
                _nodes(below, above, begin, end, c[i], e[i], n[i], ne[i], nw[i])
            for plane in (c, e, n, ne, nw):
                clear(known[i], plane[i])
