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
from geoflow.solvers.runs import clear, forget

LAGGED, EXACT, DUAL, SECANT = range(4)


@kernel
def _lagged(gx: Any, gy: Any, weight: float, count: int, xx: Any, yy: Any, xy: Any) -> None:
    """xx, yy, xy = D_xx, D_yy, D_xy at one corner of each of some cells of a row."""
    for j in range(count):
        a = weight / sqrt(1.0 + (gx[j] * gx[j] + gy[j] * gy[j]))
        xx[j] = a
        yy[j] = a
        xy[j] = 0.0


@kernel
def _exact(gx: Any, gy: Any, weight: float, count: int, xx: Any, yy: Any, xy: Any) -> None:
    for j in range(count):
        t = 1.0 / sqrt(1.0 + (gx[j] * gx[j] + gy[j] * gy[j]))
        x, y, a = gx[j] * t, gy[j] * t, weight * t
        xx[j] = a * (t * t + y * y)  # not 1 − x², which would lose the digits of a steep film
        yy[j] = a * (t * t + x * x)
        xy[j] = -a * (x * y)


@kernel
def _given(
    gx: Any, gy: Any, px: Any, py: Any, s: Any, secant: bool, weight: float, count: int, xx: Any, yy: Any, xy: Any
) -> None:
    for j in range(count):
        x, y, p, q = gx[j], gy[j], px[j], py[j]
        w = sqrt(1.0 + (x * x + y * y))
        a = weight / (s[j] if secant else w)
        f = a / w
        xx[j] = a - f * (p * x)
        yy[j] = a - f * (q * y)
        xy[j] = -0.5 * f * (p * y + q * x)


@kernel
def _cells(u: Any, rx: float, ry: float, kind: int, p: Any, i: int, begin: int, end: int, q: Any, d: Any, m: Any) -> None:
    """m = the couplings across the sides b, t, l, r and along the corners bl, br, tl, tr of these cells in row i.

    q and d are buffers whose rows begin with the first of these cells: a short run had better not take many slices.
    """
    weight, count = 0.25 / (rx * ry), end - begin
    quotients(u, rx, ry, i, begin, end, q, 0)
    for k in range(4):
        gx, gy, xx, yy, xy = q[k // 2], q[2 + k % 2], d[k], d[4 + k], d[8 + k]
        if kind == LAGGED:
            _lagged(gx, gy, weight, count, xx, yy, xy)
        elif kind == EXACT:
            _exact(gx, gy, weight, count, xx, yy, xy)
        else:
            s = p[8 + k, i, begin:end] if kind == SECANT else p[k, i, begin:end]
            _given(gx, gy, p[k, i, begin:end], p[4 + k, i, begin:end], s, kind == SECANT, weight, count, xx, yy, xy)
    for side in range(4):  # the sides b, t are at two of the corners' D_xx, l, r at two of their D_yy
        one, other = (2 * side, 2 * side + 1) if side < 2 else (side + 2, side + 4)
        a, b, taken, scale = d[one], d[other], m[side, begin + 1 : end + 1], rx * rx if side < 2 else ry * ry
        for j in range(count):
            taken[j] = (a[j] + b[j]) * scale
    for k in range(4):
        given, taken, scale = d[8 + k], m[4 + k, begin + 1 : end + 1], rx * ry
        for j in range(count):
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
                forget(cells, i, m[i % 2, k, 1:nx])
        if i >= first:
            below, above = m[(i - 1) % 2] if i > 0 else nothing, m[i % 2] if i < ny - 1 else nothing
            for begin, end in nodes[i]:
                _nodes(below, above, begin, end, c[i], e[i], n[i], ne[i], nw[i])
            for plane in (c, e, n, ne, nw):
                clear(known[i], plane[i])
