"""The Galerkin operator Pᵀ A P of a coarse grid, which has nine points again; P is that of `transfer`.

Loops touch few arrays, see `zebra`: sums of many products are taken a few at a time.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from geoflow.solvers.rows import AT, BEGIN, EACH, END, WEIGHTS_AT
from geoflow.solvers.transfer import OF_E, OF_N, OF_NE, OF_NW, OF_S, OF_SE, OF_SW, OF_W, split
from geoflow.solvers.zebra import NE, NW, C, E, N


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add(f: Any, g: Any, out: Any, first: int, last: int) -> None:
    """out[k] += f[k] · g[k − first]."""
    factor, taken = f[first:last], out[first:last]
    for k in range(taken.shape[0]):
        taken[k] += factor[k] * g[k]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gather(a: Any, rows: Any, i: int, run: int, w: Any, t: Any, di: int, first: int, last: int) -> None:
    """t += the rows of A of three fine nodes beside each other in fine row i, each by its weight; coarse columns first to last.

    w: (3, mx + 2), the weights of the nodes to the left, in the middle and to the right; t: (5, 5, mx + 2).
    """
    for dj in range(3):
        # The node is [h, k − own] of the two halves, and its neighbours [1 − h, k − west] and [1 − h, k − west + 1].
        f, h, own, west = w[dj], 1 - dj % 2, 1 if dj == 0 else 0, 0 if dj == 2 else 1
        low, mid, high = t[di], t[di + 1], t[di + 2]
        here, beside = rows[i, run + AT + h] + first - own, rows[i, run + AT + 1 - h] + first - west
        under, under_beside = rows[i - 1, run + AT + h] + first - own, rows[i - 1, run + AT + 1 - h] + first - west
        _add(f, a[NE, under_beside:], low[dj], first, last)
        _add(f, a[N, under:], low[dj + 1], first, last)
        _add(f, a[NW, under_beside + 1 :], low[dj + 2], first, last)
        _add(f, a[E, beside:], mid[dj], first, last)
        _add(f, a[C, here:], mid[dj + 1], first, last)
        _add(f, a[E, here:], mid[dj + 2], first, last)
        _add(f, a[NW, here:], high[dj], first, last)
        _add(f, a[N, here:], high[dj + 1], first, last)
        _add(f, a[NE, here:], high[dj + 2], first, last)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def galerkin(a: Any, rows: Any, p: Any, coarse_rows: Any, mx: int, coarse: Any, first: int, last: int) -> None:
    """The first five planes of Pᵀ A P, for framed coarse rows from first to last; mx: the coarse columns."""
    one = a.dtype.type(1)
    t = np.zeros((5, 5, mx + 2), a.dtype)  # for each coarse node its row of Pᵀ A, on the 5 × 5 fine nodes around it
    w = np.ones((3, 3, mx + 2), a.dtype)  # and its column of P
    out = np.zeros((5, mx + 4), a.dtype)
    for i in range(first, last):
        for run in range(0, rows.shape[1], EACH):
            if coarse_rows[i, run + BEGIN] < coarse_rows[i, run + END]:
                begin, end = 2 * coarse_rows[i, run + BEGIN] - 1, min(2 * coarse_rows[i, run + END] - 1, mx + 1)
                _product(a, rows, p, coarse_rows, i, run, begin, end, t, w, out)
        out[C, mx + 1] = one  # a node of its own, where the coarse columns are odd in number
        for plane in range(5):
            split(out[plane], coarse_rows, i, coarse[plane])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _product(
    a: Any, rows: Any, p: Any, coarse_rows: Any, i: int, run: int, begin: int, end: int, t: Any, w: Any, out: Any
) -> None:
    """The columns begin ≤ k < end of row i of Pᵀ A P, by way of t and w."""
    zero, one = a.dtype.type(0), a.dtype.type(1)
    own, above, below = (
        coarse_rows[i, run + WEIGHTS_AT] + begin,
        coarse_rows[i + 1, run + WEIGHTS_AT] + begin,
        coarse_rows[i - 1, run + WEIGHTS_AT] + begin,
    )
    west, below_west = own - 1, below - 1
    _copy(p[OF_NE, below_west:], w[0, 0, begin:end])
    _copy(p[OF_N, below:], w[0, 1, begin:end])
    _copy(p[OF_NW, below:], w[0, 2, begin:end])
    _copy(p[OF_E, west:], w[1, 0, begin:end])
    _copy(p[OF_W, own:], w[1, 2, begin:end])
    _copy(p[OF_SE, west:], w[2, 0, begin:end])
    _copy(p[OF_S, own:], w[2, 1, begin:end])
    _copy(p[OF_SW, own:], w[2, 2, begin:end])
    for di in range(5):
        for dj in range(5):
            row = t[di, dj, begin:end]
            for k in range(row.shape[0]):
                row[k] = zero
    for di in range(1 if i == 1 else 0, 3):  # framed row 0 has no nodes
        _gather(a, rows, 2 * i - 2 + di, run, w[di], t, di, begin, end)
    c, e, n, ne, nw = (out[C, begin:end], out[E, begin:end], out[N, begin:end], out[NE, begin:end], out[NW, begin:end])
    _three(t[1, 1, begin:], w[0, 0, begin:], t[1, 2, begin:], w[0, 1, begin:], t[1, 3, begin:], w[0, 2, begin:], c)
    _and_one(t[2, 1, begin:], w[1, 0, begin:], t[2, 2, begin:], t[2, 3, begin:], w[1, 2, begin:], c)
    _and_three(t[3, 1, begin:], w[2, 0, begin:], t[3, 2, begin:], w[2, 1, begin:], t[3, 3, begin:], w[2, 2, begin:], c)
    for k in range(c.shape[0]):
        c[k] = c[k] if c[k] > zero else one
    below_ne, own_e, own_se = p[OF_NE, below:], p[OF_E, own:], p[OF_SE, own:]
    _two(t[2, 4, begin:], t[1, 3, begin:], below_ne, t[2, 3, begin:], own_e, t[3, 3, begin:], own_se, e)
    _and_two(t[1, 4, begin:], p[OF_N, below + 1 :], t[3, 4, begin:], p[OF_S, own + 1 :], e)
    west_ne, own_n, own_nw = p[OF_NE, west:], p[OF_N, own:], p[OF_NW, own:]
    _two(t[4, 2, begin:], t[3, 1, begin:], west_ne, t[3, 2, begin:], own_n, t[3, 3, begin:], own_nw, n)
    _and_two(t[4, 1, begin:], p[OF_E, above - 1 :], t[4, 3, begin:], p[OF_W, above:], n)
    own_ne, east_n, above_e = p[OF_NE, own:], p[OF_N, own + 1 :], p[OF_E, above:]
    _two(t[4, 4, begin:], t[3, 3, begin:], own_ne, t[3, 4, begin:], east_n, t[4, 3, begin:], above_e, ne)
    west_nw, west_n, above_w = p[OF_NW, west:], p[OF_N, west:], p[OF_W, above - 1 :]
    _two(t[4, 0, begin:], t[3, 1, begin:], west_nw, t[3, 0, begin:], west_n, t[4, 1, begin:], above_w, nw)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _copy(given: Any, taken: Any) -> None:
    for k in range(taken.shape[0]):
        taken[k] = given[k]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _three(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, out: Any) -> None:
    for k in range(out.shape[0]):
        out[k] = (a[k] * b[k] + c[k] * d[k]) + e[k] * f[k]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _and_three(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, out: Any) -> None:
    for k in range(out.shape[0]):
        out[k] += (a[k] * b[k] + c[k] * d[k]) + e[k] * f[k]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _and_one(a: Any, b: Any, c: Any, d: Any, e: Any, out: Any) -> None:
    for k in range(out.shape[0]):
        out[k] += (a[k] * b[k] + c[k]) + d[k] * e[k]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _two(t: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, out: Any) -> None:
    for k in range(out.shape[0]):
        out[k] = (t[k] + a[k] * b[k]) + (c[k] * d[k] + e[k] * f[k])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _and_two(a: Any, b: Any, c: Any, d: Any, out: Any) -> None:
    for k in range(out.shape[0]):
        out[k] += a[k] * b[k] + c[k] * d[k]
