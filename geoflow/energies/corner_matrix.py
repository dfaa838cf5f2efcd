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

import numba
import numpy as np

from geoflow.energies.corner import only, quotients

LAGGED, EXACT, DUAL, SECANT = range(4)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _corner(gx: Any, gy: Any, px: Any, py: Any, s: Any, kind: int, weight: float, d: Any, at: int) -> None:
    """d[at], d[at + 4], d[at + 8] = D_xx, D_yy, D_xy at one corner of each cell of a row."""
    xx, yy, xy = d[at], d[at + 4], d[at + 8]
    if kind == LAGGED:
        for j in range(1, gx.shape[0] - 1):
            a = weight / sqrt(1.0 + (gx[j] * gx[j] + gy[j] * gy[j]))
            xx[j] = a
            yy[j] = a
            xy[j] = 0.0
    elif kind == EXACT:
        for j in range(1, gx.shape[0] - 1):
            t = 1.0 / sqrt(1.0 + (gx[j] * gx[j] + gy[j] * gy[j]))
            x, y, a = gx[j] * t, gy[j] * t, weight * t
            xx[j] = a * (t * t + y * y)  # not 1 − x², which would lose the digits of a steep film
            yy[j] = a * (t * t + x * x)
            xy[j] = -a * (x * y)
    else:
        for j in range(1, gx.shape[0] - 1):
            x, y, p, q = gx[j], gy[j], px[j - 1], py[j - 1]
            w = sqrt(1.0 + (x * x + y * y))
            a = weight / (s[j - 1] if kind == SECANT else w)
            f = a / w
            xx[j] = a - f * (p * x)
            yy[j] = a - f * (q * y)
            xy[j] = -0.5 * f * (p * y + q * x)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cells(u: Any, rx: float, ry: float, whole: Any, kind: int, p: Any, i: int, q: Any, d: Any, m: Any) -> None:
    """m = the couplings across the sides b, t, l, r and along the corners bl, br, tl, tr of the cells in row i."""
    weight = 0.25 / (rx * ry)
    quotients(u, rx, ry, i, q)
    for k in range(4):
        at = i if kind >= 2 else 0
        s = p[8 + k, at] if kind == SECANT else p[0, at]
        _corner(q[k // 2], q[2 + k % 2], p[k, at], p[4 + k, at], s, kind, weight, d, k)
    xx, yy, xy = rx * rx, ry * ry, rx * ry
    for j in range(1, q.shape[1] - 1):
        m[0, j] = (d[0, j] + d[1, j]) * xx
        m[1, j] = (d[2, j] + d[3, j]) * xx
        m[2, j] = (d[4, j] + d[6, j]) * yy
        m[3, j] = (d[5, j] + d[7, j]) * yy
    for k in range(4):
        given, taken = d[8 + k], m[4 + k]
        for j in range(1, q.shape[1] - 1):
            taken[j] = given[j] * xy
    only(whole, i, m)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _nodes(f: Any, g: Any, c: Any, e: Any, n: Any, ne: Any, nw: Any) -> None:
    """One row of nodes of the stencil, from the couplings f of the cells below it and g of those above."""
    for j in range(c.shape[0]):
        left, right = j, j + 1
        above = (g[0, left] + g[3, left] - 2.0 * g[5, left]) + (g[0, right] + g[2, right] + 2.0 * g[4, right])
        below = (f[1, left] + f[3, left] + 2.0 * f[7, left]) + (f[1, right] + f[2, right] - 2.0 * f[6, right])
        c[j] = above + below
        e[j] = (g[5, right] - g[4, right] - g[0, right]) + (f[6, right] - f[7, right] - f[1, right])
        n[j] = (g[6, right] - g[4, right] - g[2, right]) + (g[5, left] - g[7, left] - g[3, left])
        ne[j] = -(g[5, right] + g[6, right])
        nw[j] = g[4, left] + g[7, left]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def area_matrix(
    u: Any,
    rx: float,
    ry: float,
    whole: Any,
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
    if first > 0:
        _cells(u, rx, ry, whole, kind, p, first - 1, q, d, m[(first - 1) % 2])
    for i in range(first, last):
        if i < ny - 1:
            _cells(u, rx, ry, whole, kind, p, i, q, d, m[i % 2])
        _nodes(m[(i - 1) % 2] if i > 0 else nothing, m[i % 2] if i < ny - 1 else nothing, c[i], e[i], n[i], ne[i], nw[i])
