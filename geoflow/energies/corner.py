"""Kernels of the corner scheme on a rectangle of cells hx × hy.

With the bottom and top x-quotients b, t and the left and right y-quotients l, r of a cell, its area is

    (hx hy / 4) [ S(b, l) + S(b, r) + S(t, l) + S(t, r) ],    S(p, q) = √(1 + p² + q²):

bilinear elements with the corners as quadrature points, or the mean of the two diagonal splits into triangles. Each corner
is a quadrature point of weight w = hx hy / 4 with gradient g = (p, q), and W = √(1 + |g|²). Kernels take arrays and
spacings and know no grid; sums run row by row, so their bits do not depend on who runs which rows.

A dual variable is an array (ny−1, nx−1, 8): (p_x, p_y) at the corners bl, br, tl, tr.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numba

LAGGED, EXACT, DUAL, SECANT = 0, 1, 2, 3


@numba.njit(cache=True, nogil=True)
def area_rows(u: Any, hx: float, hy: float, rows: Any) -> None:
    """rows[i]: the area of the i-th row of cells."""
    ny, nx = u.shape
    for i in range(ny - 1):
        s = 0.0
        for j in range(nx - 1):
            b = ((u[i, j + 1] - u[i, j]) / hx) ** 2
            t = ((u[i + 1, j + 1] - u[i + 1, j]) / hx) ** 2
            l = 1.0 + ((u[i + 1, j] - u[i, j]) / hy) ** 2
            r = 1.0 + ((u[i + 1, j + 1] - u[i, j + 1]) / hy) ** 2
            s += (sqrt(b + l) + sqrt(b + r)) + (sqrt(t + l) + sqrt(t + r))
        rows[i] = s * (0.25 * hx * hy)


@numba.njit(cache=True, nogil=True)
def area_differential(u: Any, hx: float, hy: float, out: Any) -> None:
    """out = Gᵀ(w g / W); out comes in as zeros."""
    ny, nx = u.shape
    wx, wy = 0.25 * hy, 0.25 * hx  # w / hx and w / hy
    for i in range(ny - 1):
        for j in range(nx - 1):
            b = (u[i, j + 1] - u[i, j]) / hx
            t = (u[i + 1, j + 1] - u[i + 1, j]) / hx
            l = (u[i + 1, j] - u[i, j]) / hy
            r = (u[i + 1, j + 1] - u[i, j + 1]) / hy
            bl, br = 1.0 / sqrt(1.0 + b * b + l * l), 1.0 / sqrt(1.0 + b * b + r * r)
            tl, tr = 1.0 / sqrt(1.0 + t * t + l * l), 1.0 / sqrt(1.0 + t * t + r * r)
            fb, ft = wx * b * (bl + br), wx * t * (tl + tr)
            fl, fr = wy * l * (bl + tl), wy * r * (br + tr)
            out[i, j] -= fb + fl
            out[i, j + 1] += fb - fr
            out[i + 1, j] += fl - ft
            out[i + 1, j + 1] += ft + fr


@numba.njit(cache=True, nogil=True)
def area_secant(u: Any, v: Any, hx: float, hy: float, p: Any, out: Any) -> None:
    """out = Gᵀ(w s) with s = (g_u + g_v) / (W_u + W_v), a secant of area since W_v − W_u = s·(g_v − g_u).

    p, (ny−1, nx−1, 12), comes out with s at the four corners, and then the four W_u + W_v.
    """
    ny, nx = u.shape
    wx, wy = 0.25 * hy, 0.25 * hx
    for i in range(ny - 1):
        for j in range(nx - 1):
            b, bv = (u[i, j + 1] - u[i, j]) / hx, (v[i, j + 1] - v[i, j]) / hx
            t, tv = (u[i + 1, j + 1] - u[i + 1, j]) / hx, (v[i + 1, j + 1] - v[i + 1, j]) / hx
            l, lv = (u[i + 1, j] - u[i, j]) / hy, (v[i + 1, j] - v[i, j]) / hy
            r, rv = (u[i + 1, j + 1] - u[i, j + 1]) / hy, (v[i + 1, j + 1] - v[i, j + 1]) / hy
            for k in range(4):
                gx, gy = (b if k < 2 else t), (l if k % 2 == 0 else r)
                kx, ky = (bv if k < 2 else tv), (lv if k % 2 == 0 else rv)
                w = sqrt(1.0 + gx * gx + gy * gy) + sqrt(1.0 + kx * kx + ky * ky)
                p[i, j, 2 * k] = (gx + kx) / w
                p[i, j, 2 * k + 1] = (gy + ky) / w
                p[i, j, 8 + k] = w
            fb, ft = wx * (p[i, j, 0] + p[i, j, 2]), wx * (p[i, j, 4] + p[i, j, 6])
            fl, fr = wy * (p[i, j, 1] + p[i, j, 5]), wy * (p[i, j, 3] + p[i, j, 7])
            out[i, j] -= fb + fl
            out[i, j + 1] += fb - fr
            out[i + 1, j] += fl - ft
            out[i + 1, j + 1] += ft + fr


@numba.njit(cache=True, nogil=True)
def area_dual(u: Any, hx: float, hy: float, p: Any) -> None:
    """p = g / W at every corner."""
    ny, nx = u.shape
    for i in range(ny - 1):
        for j in range(nx - 1):
            b = (u[i, j + 1] - u[i, j]) / hx
            t = (u[i + 1, j + 1] - u[i + 1, j]) / hx
            l = (u[i + 1, j] - u[i, j]) / hy
            r = (u[i + 1, j + 1] - u[i, j + 1]) / hy
            for k in range(4):
                gx, gy = (b if k < 2 else t), (l if k % 2 == 0 else r)
                w = sqrt(1.0 + gx * gx + gy * gy)
                p[i, j, 2 * k] = gx / w
                p[i, j, 2 * k + 1] = gy / w


@numba.njit(cache=True, nogil=True)
def area_dual_advance(u: Any, du: Any, hx: float, hy: float, p: Any, out: Any) -> None:
    """One Newton step for W p = g at every corner, then scaled back into |p| ≤ 1 where it left."""
    ny, nx = u.shape
    for i in range(ny - 1):
        for j in range(nx - 1):
            b = (u[i, j + 1] - u[i, j]) / hx
            t = (u[i + 1, j + 1] - u[i + 1, j]) / hx
            l = (u[i + 1, j] - u[i, j]) / hy
            r = (u[i + 1, j + 1] - u[i, j + 1]) / hy
            db = (du[i, j + 1] - du[i, j]) / hx
            dt = (du[i + 1, j + 1] - du[i + 1, j]) / hx
            dl = (du[i + 1, j] - du[i, j]) / hy
            dr = (du[i + 1, j + 1] - du[i, j + 1]) / hy
            for k in range(4):
                gx, gy = (b if k < 2 else t), (l if k % 2 == 0 else r)
                dx, dy = (db if k < 2 else dt), (dl if k % 2 == 0 else dr)
                w = sqrt(1.0 + gx * gx + gy * gy)
                dw = (gx * dx + gy * dy) / w
                px = (gx + dx - p[i, j, 2 * k] * dw) / w
                py = (gy + dy - p[i, j, 2 * k + 1] * dw) / w
                shrink = 1.0 / max(1.0, sqrt(px * px + py * py))
                out[i, j, 2 * k] = px * shrink
                out[i, j, 2 * k + 1] = py * shrink


@numba.njit(cache=True, nogil=True)
def area_matrix(u: Any, hx: float, hy: float, kind: int, p: Any, c: Any, e: Any, n: Any, ne: Any, nw: Any) -> None:
    """Gᵀ diag(a (I − sym(p gᵀ) / W)) G into the five arrays of a stencil, which come in as zeros.

    kind LAGGED: a = w / W without the p-term (the majorant); EXACT: with p = g / W (the hessian); DUAL: with the given p;
    SECANT: p = (g₀ + g) / (W₀ + W) as given and a = w / (W₀ + W).
    """
    ny, nx = u.shape
    weight = 0.25 * hx * hy
    xx, yy, xy = 1.0 / (hx * hx), 1.0 / (hy * hy), 1.0 / (hx * hy)
    for i in range(ny - 1):
        for j in range(nx - 1):
            b = (u[i, j + 1] - u[i, j]) / hx
            t = (u[i + 1, j + 1] - u[i + 1, j]) / hx
            l = (u[i + 1, j] - u[i, j]) / hy
            r = (u[i + 1, j + 1] - u[i, j + 1]) / hy
            eb = et = el = er = 0.0
            mbl = mbr = mtl = mtr = 0.0
            for k in range(4):
                gx, gy = (b if k < 2 else t), (l if k % 2 == 0 else r)
                w = sqrt(1.0 + gx * gx + gy * gy)
                a = weight / w
                dxx = dyy = a
                dxy = 0.0
                if kind != LAGGED:
                    if kind == EXACT:
                        px, py = gx / w, gy / w
                    else:
                        px, py = p[i, j, 2 * k], p[i, j, 2 * k + 1]
                    if kind == SECANT:
                        a = weight / p[i, j, 8 + k]
                        dxx = dyy = a
                    dxx -= a * px * gx / w
                    dyy -= a * py * gy / w
                    dxy = -0.5 * a * (px * gy + py * gx) / w
                if k < 2:
                    eb += dxx
                else:
                    et += dxx
                if k % 2 == 0:
                    el += dyy
                else:
                    er += dyy
                if k == 0:
                    mbl = dxy * xy
                elif k == 1:
                    mbr = dxy * xy
                elif k == 2:
                    mtl = dxy * xy
                else:
                    mtr = dxy * xy
            eb, et, el, er = eb * xx, et * xx, el * yy, er * yy
            c[i, j] += eb + el + 2.0 * mbl
            c[i, j + 1] += eb + er - 2.0 * mbr
            c[i + 1, j] += et + el - 2.0 * mtl
            c[i + 1, j + 1] += et + er + 2.0 * mtr
            e[i, j] += -eb - mbl + mbr
            e[i + 1, j] += -et + mtl - mtr
            n[i, j] += -el - mbl + mtl
            n[i, j + 1] += -er + mbr - mtr
            ne[i, j] += -mbr - mtl
            nw[i, j + 1] += mbl + mtr
