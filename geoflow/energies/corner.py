"""Kernels of the corner scheme on a rectangle of cells hx × hy.

With the bottom and top x-quotients b, t and the left and right y-quotients l, r of a cell, its area is

    (hx hy / 4) [ S(b, l) + S(b, r) + S(t, l) + S(t, r) ],    S(p, q) = √(1 + p² + q²):

bilinear elements with the corners as quadrature points, or the mean of the two diagonal splits into triangles. Each corner
is a quadrature point of weight w = hx hy / 4 with gradient g = (p, q), and W = √(1 + |g|²).

Kernels know no grid: they take arrays, reciprocal spacings, and the rows that are theirs. A node gathers from the rows of
cells below and above it, which are worked out in a buffer, all columns at once; at a cut between two strips a row of cells
is worked out twice, so the bits do not depend on the cuts. Buffers and duals are planes over the corners bl, br, tl, tr; a
dual is an array (8, ny−1, nx−1): p_x at the four corners, then p_y.

cells : (ny−1, k, 2) and nodes : (ny, k, 2) say between which columns, see `runs`, the cells are that there are, and the nodes
that have one. The others count for nothing, and kernels go nowhere else but to write zeros: a differential and a matrix are
zero but on the runs of known : (ny, k, 2), which are those of nodes, or more where the rest is of no account.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from geoflow.solvers.kernels import kernel
from geoflow.solvers.runs import clear, forget


@kernel
def quotients(u: Any, rx: float, ry: float, i: int, begin: int, end: int, q: Any, at: int) -> None:
    """q = b, t, l, r of the cells begin ≤ j < end in row i, from column ``at`` of each row on."""
    low, high, b, t, l, r = u[i, begin : end + 1], u[i + 1, begin : end + 1], q[0, at:], q[1, at:], q[2, at:], q[3, at:]
    for j in range(end - begin):
        b[j] = (low[j + 1] - low[j]) * rx
        t[j] = (high[j + 1] - high[j]) * rx
        l[j] = (high[j] - low[j]) * ry
        r[j] = (high[j + 1] - low[j + 1]) * ry


@kernel
def _areas(q: Any, count: int, part: Any) -> None:
    """Σ W over the corners of each of so many cells, from the quotients at the beginning of q."""
    b, t, l, r = q[0], q[1], q[2], q[3]
    for j in range(count):
        bb, tt, ll, rr = b[j] * b[j], t[j] * t[j], 1.0 + l[j] * l[j], 1.0 + r[j] * r[j]
        part[j] = (sqrt(bb + ll) + sqrt(tt + rr)) + (sqrt(bb + rr) + sqrt(tt + ll))


@kernel
def area_rows(u: Any, rx: float, ry: float, cells: Any, sums: Any, first: int, last: int) -> None:
    """sums[i]: Σ W over the corners of the cells in row i."""
    q, part = np.zeros((4, u.shape[1])), np.zeros(u.shape[1])
    for i in range(first, last):
        length = 0
        for begin, end in cells[i]:
            quotients(u, rx, ry, i, begin, end, q, 0)
            _areas(q, end - begin, part[length:])
            length += end - begin
        if length == 0:
            part[0] = 0.0
        while length > 1:  # pairwise, so that the sum of a long row is as good as its terms
            half = length // 2
            for j in range(half):
                part[j] += part[length - half + j]
            length -= half
        sums[i] = part[0]


@kernel
def _scatter(f: Any, g: Any, begin: int, end: int, row: Any) -> None:
    """row[j] = what the nodes begin ≤ j < end gather from the fluxes f of the cells below them and g of those above."""
    out, f1, f2, f3 = row[begin:end], f[1, begin : end + 1], f[2, begin + 1 : end + 1], f[3, begin:end]
    g0, g2, g3 = g[0, begin : end + 1], g[2, begin + 1 : end + 1], g[3, begin:end]
    for j in range(out.shape[0]):
        below = (f1[j] - f1[j + 1]) + (f2[j] + f3[j])
        above = (g0[j] - g0[j + 1]) - (g2[j] + g3[j])
        out[j] = below + above


@kernel
def _gathered(rows: Any, i: int, ny: int, nothing: Any, nodes: Any, known: Any, out: Any) -> None:
    """Row i of a differential, from the fluxes of the rows of cells below and above it, each in its turn in ``rows``."""
    f, g = rows[(i - 1) % 2] if i > 0 else nothing, rows[i % 2] if i < ny - 1 else nothing
    for begin, end in nodes[i]:
        _scatter(f, g, begin, end, out[i])
    clear(known[i], out[i])


@kernel
def _fluxes(q: Any, wx: float, wy: float, begin: int, end: int) -> None:
    """q becomes the fluxes w g / W / h through the sides b, t, l, r of these cells, where it held the quotients."""
    b, t, l, r = q[0, begin + 1 : end + 1], q[1, begin + 1 : end + 1], q[2, begin + 1 : end + 1], q[3, begin + 1 : end + 1]
    for j in range(b.shape[0]):
        bb, tt, ll, rr = b[j] * b[j], t[j] * t[j], 1.0 + l[j] * l[j], 1.0 + r[j] * r[j]
        bl, br, tl, tr = 1.0 / sqrt(bb + ll), 1.0 / sqrt(bb + rr), 1.0 / sqrt(tt + ll), 1.0 / sqrt(tt + rr)
        b[j] *= wx * (bl + br)
        t[j] *= wx * (tl + tr)
        l[j] *= wy * (bl + tl)
        r[j] *= wy * (br + tr)


@kernel
def area_differential(u: Any, rx: float, ry: float, cells: Any, nodes: Any, known: Any, out: Any, first: int, last: int) -> None:
    """out = Gᵀ(w g / W), rows of nodes."""
    ny, nx = u.shape
    wx, wy = 0.25 / ry, 0.25 / rx  # w / hx and w / hy
    rows, nothing = np.zeros((2, 4, nx + 1)), np.zeros((4, nx + 1))
    for i in range(max(first - 1, 0), last):
        if i < ny - 1:
            q = rows[i % 2]
            for begin, end in cells[i]:
                quotients(u, rx, ry, i, begin, end, q, begin + 1)
                _fluxes(q, wx, wy, begin, end)
            for k in range(4):
                forget(cells, i, q[k, 1:nx])
        if i >= first:
            _gathered(rows, i, ny, nothing, nodes, known, out)


@kernel
def area_secant(u: Any, v: Any, rx: float, ry: float, p: Any, first: int, last: int) -> None:
    """p = s = (g_u + g_v) / (W_u + W_v) at the corners, then the four W_u + W_v: (12, ny−1, nx−1); rows of cells.

    It is the dual of a secant of area, since W_v − W_u = s·(g_v − g_u).
    """
    nx = u.shape[1]
    a, c = np.zeros((4, nx + 1)), np.zeros((4, nx + 1))
    for i in range(first, last):
        quotients(u, rx, ry, i, 0, nx - 1, a, 1)
        quotients(v, rx, ry, i, 0, nx - 1, c, 1)
        for k in range(4):
            ax, ay, cx, cy, px, py, w = a[k // 2], a[2 + k % 2], c[k // 2], c[2 + k % 2], p[k, i], p[4 + k, i], p[8 + k, i]
            for j in range(1, nx):
                s = sqrt(1.0 + (ax[j] * ax[j] + ay[j] * ay[j])) + sqrt(1.0 + (cx[j] * cx[j] + cy[j] * cy[j]))
                px[j - 1] = (ax[j] + cx[j]) / s
                py[j - 1] = (ay[j] + cy[j]) / s
                w[j - 1] = s


@kernel
def dual_differential(p: Any, rx: float, ry: float, cells: Any, nodes: Any, known: Any, out: Any, first: int, last: int) -> None:
    """out = Gᵀ(w p) of a dual variable, rows of nodes."""
    ny, nx = out.shape
    wx, wy = 0.25 / ry, 0.25 / rx
    rows, nothing = np.zeros((2, 4, nx + 1)), np.zeros((4, nx + 1))
    for i in range(max(first - 1, 0), last):
        if i < ny - 1:
            f = rows[i % 2]
            for j in range(1, nx):
                f[0, j] = wx * (p[0, i, j - 1] + p[1, i, j - 1])
                f[1, j] = wx * (p[2, i, j - 1] + p[3, i, j - 1])
                f[2, j] = wy * (p[4, i, j - 1] + p[6, i, j - 1])
                f[3, j] = wy * (p[5, i, j - 1] + p[7, i, j - 1])
            for k in range(4):
                clear(cells[i], f[k, 1:nx])
        if i >= first:
            _gathered(rows, i, ny, nothing, nodes, known, out)


@kernel
def area_dual(u: Any, rx: float, ry: float, p: Any, first: int, last: int) -> None:
    """p = g / W at every corner, rows of cells."""
    nx = u.shape[1]
    q = np.zeros((4, nx + 1))
    for i in range(first, last):
        quotients(u, rx, ry, i, 0, nx - 1, q, 1)
        for k in range(4):
            gx, gy, px, py = q[k // 2], q[2 + k % 2], p[k, i], p[4 + k, i]
            for j in range(1, nx):
                w = sqrt(1.0 + (gx[j] * gx[j] + gy[j] * gy[j]))
                px[j - 1] = gx[j] / w
                py[j - 1] = gy[j] / w


@kernel
def area_dual_advance(u: Any, du: Any, rx: float, ry: float, p: Any, out: Any, first: int, last: int) -> None:
    """out = p after one Newton step for W p = g at every corner, scaled back into |p| ≤ 1 where it left; rows of cells."""
    nx = u.shape[1]
    q, d = np.zeros((4, nx + 1)), np.zeros((4, nx + 1))
    for i in range(first, last):
        quotients(u, rx, ry, i, 0, nx - 1, q, 1)
        quotients(du, rx, ry, i, 0, nx - 1, d, 1)
        for k in range(4):
            gx, gy, dx, dy, px, py = q[k // 2], q[2 + k % 2], d[k // 2], d[2 + k % 2], p[k, i], p[4 + k, i]
            new_x, new_y = out[k, i], out[4 + k, i]
            for j in range(1, nx):
                w = sqrt(1.0 + (gx[j] * gx[j] + gy[j] * gy[j]))
                dw = (gx[j] * dx[j] + gy[j] * dy[j]) / w
                x = (gx[j] + dx[j] - px[j - 1] * dw) / w
                y = (gy[j] + dy[j] - py[j - 1] * dw) / w
                size = sqrt(x * x + y * y)
                shrink = 1.0 / (size if size > 1.0 else 1.0)
                new_x[j - 1] = x * shrink
                new_y[j - 1] = y * shrink
