"""Between two grids: operator-dependent interpolation and the Galerkin operator (Dendy, J. Comput. Phys. 48, 1982).

Coarse node (I, J) is fine node (2I, 2J); any array shape will do. A fine node between two coarse ones takes what its own
equation says, with the couplings across collapsed; a node in the middle of four takes it from its eight neighbours. The
coarse operator Pᵀ A P has nine points again. Arrays are framed as in `zebra`: node (I, J) at [I + 1, J + 1].

P is eight planes over the coarse nodes: the weights of fine node (2I, 2J + 1) from its west and east, of (2I + 1, 2J) from
its south and north, of (2I + 1, 2J + 1) from the south-west, south-east, north-west and north-east.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from geoflow.solvers.zebra import NE, NW, C, E, N

OF_W, OF_E, OF_S, OF_N, OF_SW, OF_SE, OF_NW, OF_NE = range(8)
WEIGHTS = 8


@numba.njit(cache=True, nogil=True, error_model="numpy")
def interpolate_edges(a: Any, p: Any, first: int, last: int) -> None:
    """The weights of fine nodes between two coarse ones, for framed coarse rows from first to last."""
    mx, one, zero = p.shape[2] - 3, a.dtype.type(1), a[0, 0, 0]
    for k in range(first, last):
        i = 2 * k - 1
        c, e, n, s = a[C, i], a[E, i], a[N, i], a[N, i - 1]
        ne, sw, nw, se = a[NE, i], a[NE, i - 1], a[NW, i], a[NW, i - 1]
        of_w, of_e, of_s, of_n = p[OF_W, k], p[OF_E, k], p[OF_S, k], p[OF_N, k]
        for big in range(1, mx + 1):
            j = 2 * big
            west = max(-(e[j - 1] + (sw[j - 1] + nw[j])), zero)
            east = max(-(e[j] + (ne[j] + se[j + 1])), zero)
            total = max(c[j] + (n[j] + s[j]), west + east)
            scale = one / total if total > zero else zero
            of_w[big] = west * scale
            of_e[big] = east * scale
        i = 2 * k
        c, e, n, s = a[C, i], a[E, i], a[N, i], a[N, i - 1]
        ne, sw, nw, se = a[NE, i], a[NE, i - 1], a[NW, i], a[NW, i - 1]
        for big in range(1, mx + 1):
            j = 2 * big - 1
            south = max(-(s[j] + (sw[j - 1] + se[j + 1])), zero)
            north = max(-(n[j] + (ne[j] + nw[j])), zero)
            total = max(c[j] + (e[j] + e[j - 1]), south + north)
            scale = one / total if total > zero else zero
            of_s[big] = south * scale
            of_n[big] = north * scale


@numba.njit(cache=True, nogil=True, error_model="numpy")
def interpolate_middles(a: Any, p: Any, first: int, last: int) -> None:
    """The weights of fine nodes in the middle of four coarse ones, once those between two are known."""
    mx, one, zero = p.shape[2] - 3, a.dtype.type(1), a[0, 0, 0]
    for k in range(first, last):
        i = 2 * k
        c, e, n, s = a[C, i], a[E, i], a[N, i], a[N, i - 1]
        ne, sw, nw, se = a[NE, i], a[NE, i - 1], a[NW, i], a[NW, i - 1]
        low_w, low_e, high_w, high_e = p[OF_W, k], p[OF_E, k], p[OF_W, k + 1], p[OF_E, k + 1]
        of_s, of_n = p[OF_S, k], p[OF_N, k]
        of_sw, of_se, of_nw, of_ne = p[OF_SW, k], p[OF_SE, k], p[OF_NW, k], p[OF_NE, k]
        for big in range(1, mx + 1):
            j = 2 * big
            scale = one / c[j] if c[j] > zero else zero
            of_sw[big] = max(-(sw[j - 1] + (s[j] * low_w[big] + e[j - 1] * of_s[big])) * scale, zero)
            of_se[big] = max(-(se[j + 1] + (s[j] * low_e[big] + e[j] * of_s[big + 1])) * scale, zero)
            of_nw[big] = max(-(nw[j] + (n[j] * high_w[big] + e[j - 1] * of_n[big])) * scale, zero)
            of_ne[big] = max(-(ne[j] + (n[j] * high_e[big] + e[j] * of_n[big + 1])) * scale, zero)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _every_other(source: Any, shift: int, f: Any, out: Any) -> None:
    """out[k] += f[k] · source[2k + shift], for k ≥ 1 where that entry exists; all others have f[k] = 0."""
    first = 1 if shift >= -2 else 2
    given, factor, taken = source[2 * first + shift :], f[first:], out[first:]
    for k in range(f.shape[0] - 2 - first):
        taken[k] += factor[k] * given[2 * k]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gather(a: Any, i: int, w: Any, t: Any, di: int) -> None:
    """t += the rows of A of three fine nodes beside each other in fine row i, each by its weight; all coarse columns at once.

    w: (3, mx + 3), the weights of the nodes to the left, in the middle and to the right; t: (5, 5, mx + 3).
    """
    for dj in range(3):
        f, j = w[dj], dj - 2
        _every_other(a[NE, i - 1], j - 1, f, t[di, dj])
        _every_other(a[N, i - 1], j, f, t[di, dj + 1])
        _every_other(a[NW, i - 1], j + 1, f, t[di, dj + 2])
        _every_other(a[E, i], j - 1, f, t[di + 1, dj])
        _every_other(a[C, i], j, f, t[di + 1, dj + 1])
        _every_other(a[E, i], j, f, t[di + 1, dj + 2])
        _every_other(a[NW, i], j, f, t[di + 2, dj])
        _every_other(a[N, i], j, f, t[di + 2, dj + 1])
        _every_other(a[NE, i], j, f, t[di + 2, dj + 2])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def galerkin(a: Any, p: Any, coarse: Any, first: int, last: int) -> None:
    """The first five planes of Pᵀ A P, for framed coarse rows from first to last."""
    mx, one, zero = coarse.shape[2] - 3, a.dtype.type(1), a[0, 0, 0]
    t = np.zeros((5, 5, mx + 3), a.dtype)  # for each coarse node its row of Pᵀ A, on the 5 × 5 fine nodes around it
    w = np.ones((3, 3, mx + 3), a.dtype)  # and its column of P
    for i in range(first, last):
        for k in range(1, mx + 1):
            w[0, 0, k], w[0, 1, k], w[0, 2, k] = p[OF_NE, i - 1, k - 1], p[OF_N, i - 1, k], p[OF_NW, i - 1, k]
            w[1, 0, k], w[1, 2, k] = p[OF_E, i, k - 1], p[OF_W, i, k]
            w[2, 0, k], w[2, 1, k], w[2, 2, k] = p[OF_SE, i, k - 1], p[OF_S, i, k], p[OF_SW, i, k]
        for di in range(5):
            for dj in range(5):
                row = t[di, dj]
                for k in range(1, mx + 1):
                    row[k] = zero
        for di in range(3):
            _gather(a, 2 * i - 2 + di, w[di], t, di)
        c, e, n, ne, nw = coarse[C, i], coarse[E, i], coarse[N, i], coarse[NE, i], coarse[NW, i]
        for k in range(1, mx + 1):
            s = (t[1, 1, k] * w[0, 0, k] + t[1, 2, k] * w[0, 1, k]) + t[1, 3, k] * w[0, 2, k]
            s += (t[2, 1, k] * w[1, 0, k] + t[2, 2, k]) + t[2, 3, k] * w[1, 2, k]
            s += (t[3, 1, k] * w[2, 0, k] + t[3, 2, k] * w[2, 1, k]) + t[3, 3, k] * w[2, 2, k]
            c[k] = s if s > zero else one
            s = (t[2, 4, k] + t[1, 3, k] * p[OF_NE, i - 1, k]) + (t[2, 3, k] * p[OF_E, i, k] + t[3, 3, k] * p[OF_SE, i, k])
            e[k] = s + (t[1, 4, k] * p[OF_N, i - 1, k + 1] + t[3, 4, k] * p[OF_S, i, k + 1])
            s = (t[4, 2, k] + t[3, 1, k] * p[OF_NE, i, k - 1]) + (t[3, 2, k] * p[OF_N, i, k] + t[3, 3, k] * p[OF_NW, i, k])
            n[k] = s + (t[4, 1, k] * p[OF_E, i + 1, k - 1] + t[4, 3, k] * p[OF_W, i + 1, k])
            s = t[4, 4, k] + t[3, 3, k] * p[OF_NE, i, k]
            ne[k] = s + (t[3, 4, k] * p[OF_N, i, k + 1] + t[4, 3, k] * p[OF_E, i + 1, k])
            s = t[4, 0, k] + t[3, 1, k] * p[OF_NW, i, k - 1]
            nw[k] = s + (t[3, 0, k] * p[OF_N, i, k - 1] + t[4, 1, k] * p[OF_W, i + 1, k - 1])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _residual_row(a: Any, b: Any, u: Any, i: int, out: Any) -> None:
    """out = row i of b − A u."""
    nx = u.shape[1] - 3
    c, e, n, south = a[C, i], a[E, i], a[N, i], a[N, i - 1]
    ne, sw, nw, se = a[NE, i], a[NE, i - 1], a[NW, i], a[NW, i - 1]
    right, row, up, down = b[i], u[i], u[i + 1], u[i - 1]
    for j in range(1, nx + 1):
        straight = (e[j] * row[j + 1] + e[j - 1] * row[j - 1]) + (n[j] * up[j] + south[j] * down[j])
        rising = ne[j] * up[j + 1] + sw[j - 1] * down[j - 1]
        falling = nw[j] * up[j - 1] + se[j + 1] * down[j + 1]
        out[j] = right[j] - (c[j] * row[j] + (straight + (rising + falling)))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def restrict_residual(a: Any, p: Any, b: Any, u: Any, coarse: Any, first: int, last: int) -> None:
    """coarse = Pᵀ (b − A u), for framed coarse rows from first to last."""
    ny, mx = u.shape[0] - 3, coarse.shape[1] - 3
    rows = np.zeros((4, u.shape[1]), u.dtype)  # the last one stays zero, for the row after the last
    below_it = 0
    if first > 1:
        _residual_row(a, b, u, 2 * first - 2, rows[0])
    for k in range(first, last):
        _residual_row(a, b, u, 2 * k - 1, rows[1])
        above_it = 2 - below_it if 2 * k <= ny else 3
        if 2 * k <= ny:
            _residual_row(a, b, u, 2 * k, rows[above_it])
        low, mid, high, out = rows[below_it], rows[1], rows[above_it], coarse[k]
        below_it = above_it
        of_w, of_e, of_s, of_n = p[OF_W, k], p[OF_E, k], p[OF_S, k], p[OF_N, k - 1]
        of_sw, of_se, of_nw, of_ne = p[OF_SW, k], p[OF_SE, k], p[OF_NW, k - 1], p[OF_NE, k - 1]
        for big in range(1, mx + 1):
            j = 2 * big - 1
            beside = of_w[big] * mid[j + 1] + of_e[big - 1] * mid[j - 1]
            above = of_s[big] * high[j] + (of_sw[big] * high[j + 1] + of_se[big - 1] * high[j - 1])
            below = of_n[big] * low[j] + (of_nw[big] * low[j + 1] + of_ne[big - 1] * low[j - 1])
            out[big] = mid[j] + (beside + (above + below))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def prolong_add(p: Any, coarse: Any, u: Any, first: int, last: int) -> None:
    """u += P coarse, for the two fine rows of each framed coarse row from first to last."""
    mx = coarse.shape[1] - 3
    for k in range(first, last):
        low, high, even, odd = coarse[k], coarse[k + 1], u[2 * k - 1], u[2 * k]
        of_w, of_e, of_s, of_n = p[OF_W, k], p[OF_E, k], p[OF_S, k], p[OF_N, k]
        of_sw, of_se, of_nw, of_ne = p[OF_SW, k], p[OF_SE, k], p[OF_NW, k], p[OF_NE, k]
        for big in range(1, mx + 1):
            j = 2 * big - 1
            even[j] += low[big]
            even[j + 1] += of_w[big] * low[big] + of_e[big] * low[big + 1]
            odd[j] += of_s[big] * low[big] + of_n[big] * high[big]
            from_below = of_sw[big] * low[big] + of_se[big] * low[big + 1]
            odd[j + 1] += from_below + (of_nw[big] * high[big] + of_ne[big] * high[big + 1])
