"""Between two grids: operator-dependent interpolation and the Galerkin operator (Dendy, J. Comput. Phys. 48, 1982).

Coarse node (I, J) is fine node (2I, 2J); any array shape will do. A fine node between two coarse ones takes what its own
equation says, with the couplings across collapsed; a node in the middle of four takes it from its eight neighbours. The
coarse operator Pᵀ A P has nine points again.

Arrays of nodes are split and framed as in `zebra`, so that the coarse nodes' own columns are half 0 of a fine row and those
between them half 1, both with the coarse column's index k. P is eight planes (rows of coarse nodes framed, k): the weights of
fine node (2I, 2J + 1) from its west and east, of (2I + 1, 2J) from its south and north, of (2I + 1, 2J + 1) from the
south-west, south-east, north-west and north-east.

span and coarse_span are the spans, see `zebra`, of the fine and of the coarse grid; a fine node that is outside has weights
that are zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.solvers.kernels import kernel
from geoflow.solvers.zebra import NE, NOWHERE, NW, C, E, N, reach

OF_W, OF_E, OF_S, OF_N, OF_SW, OF_SE, OF_NW, OF_NE = range(8)
WEIGHTS = 8


@kernel
def split(row: Any, out: Any, first: int, last: int) -> None:
    """A framed row of consecutive columns into its two halves, between two split indices."""
    for k in range(first, last):
        out[0, k] = row[2 * k - 1]
        out[1, k] = row[2 * k]


@kernel
def _join(halves: Any, row: Any, first: int, last: int) -> None:
    """The two halves of a row as consecutive columns, framed, between two split indices."""
    for k in range(first, last):
        row[2 * k - 1] = halves[0, k]
        row[2 * k] = halves[1, k]


@kernel
def coarsened(span: Any, columns: int, coarse_span: Any) -> None:
    """coarse_span, from span: the coarse nodes that fine nodes may take something from."""
    coarse_span[:, 0], coarse_span[:, 1] = NOWHERE, 0
    for i in range(1, coarse_span.shape[0] - 2):
        low, high = reach(span, 2 * i - 2, 3, 1)
        if low < high:
            coarse_span[i, 0], coarse_span[i, 1] = (low + 1) // 2, min(high + 1, columns + 1) // 2 + 1


@kernel
def interpolate_edges(a: Any, span: Any, p: Any, first: int, last: int) -> None:
    """The weights of fine nodes between two coarse ones, for framed coarse rows from first to last."""
    one, zero = a.dtype.type(1), a[0, 0, 0, 0]
    for big in range(first, last):
        i = 2 * big - 1
        c, e, n, s, ne, nw = a[C, i, 1], a[E, i, 1], a[N, i, 1], a[N, i - 1, 1], a[NE, i, 1], a[NW, i, 1]
        w, sw, se = a[E, i, 0], a[NE, i - 1, 0], a[NW, i - 1, 0]
        of_w, of_e, of_s, of_n = p[OF_W, big], p[OF_E, big], p[OF_S, big], p[OF_N, big]
        for k in range(span[i, 0], span[i, 1]):
            west = max(-(w[k] + (sw[k] + nw[k])), zero)
            east = max(-(e[k] + (ne[k] + se[k + 1])), zero)
            total = max(c[k] + (n[k] + s[k]), west + east)
            scale = one / total if total > zero else zero
            of_w[k] = west * scale
            of_e[k] = east * scale
        i = 2 * big
        c, e, n, s, ne, nw = a[C, i, 0], a[E, i, 0], a[N, i, 0], a[N, i - 1, 0], a[NE, i, 0], a[NW, i, 0]
        w, sw, se = a[E, i, 1], a[NE, i - 1, 1], a[NW, i - 1, 1]
        for k in range(span[i, 0], span[i, 1]):
            south = max(-(s[k] + (sw[k - 1] + se[k])), zero)
            north = max(-(n[k] + (ne[k] + nw[k])), zero)
            total = max(c[k] + (e[k] + w[k - 1]), south + north)
            scale = one / total if total > zero else zero
            of_s[k] = south * scale
            of_n[k] = north * scale


@kernel
def interpolate_middles(a: Any, span: Any, p: Any, first: int, last: int) -> None:
    """The weights of fine nodes in the middle of four coarse ones, once those between two are known."""
    one, zero = a.dtype.type(1), a[0, 0, 0, 0]
    for big in range(first, last):
        i = 2 * big
        c, e, n, s, ne, nw = a[C, i, 1], a[E, i, 1], a[N, i, 1], a[N, i - 1, 1], a[NE, i, 1], a[NW, i, 1]
        w, sw, se = a[E, i, 0], a[NE, i - 1, 0], a[NW, i - 1, 0]
        low_w, low_e, high_w, high_e = p[OF_W, big], p[OF_E, big], p[OF_W, big + 1], p[OF_E, big + 1]
        of_s, of_n = p[OF_S, big], p[OF_N, big]
        of_sw, of_se, of_nw, of_ne = p[OF_SW, big], p[OF_SE, big], p[OF_NW, big], p[OF_NE, big]
        for k in range(span[i, 0], span[i, 1]):
            scale = one / c[k] if c[k] > zero else zero
            of_sw[k] = max(-(sw[k] + (s[k] * low_w[k] + w[k] * of_s[k])) * scale, zero)
            of_se[k] = max(-(se[k + 1] + (s[k] * low_e[k] + e[k] * of_s[k + 1])) * scale, zero)
            of_nw[k] = max(-(nw[k] + (n[k] * high_w[k] + w[k] * of_n[k])) * scale, zero)
            of_ne[k] = max(-(ne[k] + (n[k] * high_e[k] + e[k] * of_n[k + 1])) * scale, zero)


@kernel
def _add(f: Any, g: Any, shift: int, out: Any, first: int, last: int) -> None:
    """out[k] += f[k] · g[k − shift], shift −1, 0 or 1."""
    factor, taken = f[first:], out[first:]
    given = g[first - shift :]
    for k in range(last - first):
        taken[k] += factor[k] * given[k]


@kernel
def _gather(a: Any, i: int, w: Any, t: Any, di: int, first: int, last: int) -> None:
    """t += the rows of A of three fine nodes beside each other in fine row i, each by its weight; coarse columns first to last.

    w: (3, mx + 2), the weights of the nodes to the left, in the middle and to the right; t: (5, 5, mx + 2).
    """
    for dj in range(3):
        # The node is [h, k − own] of the two halves, and its neighbours [1 − h, k − west] and [1 − h, k − west + 1].
        f, h, own, west = w[dj], 1 - dj % 2, 1 if dj == 0 else 0, 0 if dj == 2 else 1
        low, mid, high = t[di], t[di + 1], t[di + 2]
        _add(f, a[NE, i - 1, 1 - h], west, low[dj], first, last)
        _add(f, a[N, i - 1, h], own, low[dj + 1], first, last)
        _add(f, a[NW, i - 1, 1 - h], west - 1, low[dj + 2], first, last)
        _add(f, a[E, i, 1 - h], west, mid[dj], first, last)
        _add(f, a[C, i, h], own, mid[dj + 1], first, last)
        _add(f, a[E, i, h], own, mid[dj + 2], first, last)
        _add(f, a[NW, i, h], own, high[dj], first, last)
        _add(f, a[N, i, h], own, high[dj + 1], first, last)
        _add(f, a[NE, i, h], own, high[dj + 2], first, last)


@kernel
def galerkin(a: Any, p: Any, coarse_span: Any, coarse: Any, first: int, last: int) -> None:
    """The first five planes of Pᵀ A P, for framed coarse rows from first to last."""
    mx, one, zero = p.shape[2] - 2, a.dtype.type(1), a[0, 0, 0, 0]
    t = np.zeros((5, 5, mx + 2), a.dtype)  # for each coarse node its row of Pᵀ A, on the 5 × 5 fine nodes around it
    w = np.ones((3, 3, mx + 2), a.dtype)  # and its column of P
    out = np.zeros((5, 2 * coarse.shape[3]), a.dtype)
    for i in range(first, last):
        begin, end = 2 * coarse_span[i, 0] - 1, min(2 * coarse_span[i, 1] - 1, mx + 1)
        for k in range(begin, end):
            w[0, 0, k], w[0, 1, k], w[0, 2, k] = p[OF_NE, i - 1, k - 1], p[OF_N, i - 1, k], p[OF_NW, i - 1, k]
            w[1, 0, k], w[1, 2, k] = p[OF_E, i, k - 1], p[OF_W, i, k]
            w[2, 0, k], w[2, 1, k], w[2, 2, k] = p[OF_SE, i, k - 1], p[OF_S, i, k], p[OF_SW, i, k]
        for di in range(5):
            for dj in range(5):
                row = t[di, dj]
                for k in range(begin, end):
                    row[k] = zero
        for di in range(3):
            _gather(a, 2 * i - 2 + di, w[di], t, di, begin, end)
        c, e, n, ne, nw = out[C], out[E], out[N], out[NE], out[NW]
        for k in range(begin, end):
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
        c[mx + 1] = one  # a node of its own, where the coarse columns are odd in number
        for plane in range(5):
            split(out[plane], coarse[plane, i], coarse_span[i, 0], coarse_span[i, 1])


@kernel
def _residual_row(a: Any, b: Any, u: Any, i: int, out: Any, first: int, last: int) -> None:
    """out = row i of b − A u, both halves, between two split indices."""
    if first >= last:
        return
    for h in range(2):
        o, east, west = 1 - h, first + h, first + h - 1  # the other half, and where in it the neighbours begin
        r, right, row, c = out[h, first:last], b[i, h, first:last], u[i, h, first:last], a[C, i, h, first:last]
        e, n, south, ne, nw = (
            a[E, i, h, first:last],
            a[N, i, h, first:],
            a[N, i - 1, h, first:],
            a[NE, i, h, first:],
            a[NW, i, h, first:],
        )
        e_west, sw, se = a[E, i, o, west:], a[NE, i - 1, o, west:], a[NW, i - 1, o, east:]
        up, down, u_east, u_west = u[i + 1, h, first:], u[i - 1, h, first:], u[i, o, east:], u[i, o, west:]
        up_east, up_west, down_east, down_west = u[i + 1, o, east:], u[i + 1, o, west:], u[i - 1, o, east:], u[i - 1, o, west:]
        for k in range(r.shape[0]):
            straight = (e[k] * u_east[k] + e_west[k] * u_west[k]) + (n[k] * up[k] + south[k] * down[k])
            rising = ne[k] * up_east[k] + sw[k] * down_west[k]
            falling = nw[k] * up_west[k] + se[k] * down_east[k]
            r[k] = right[k] - (c[k] * row[k] + (straight + (rising + falling)))


@kernel
def _gather_row(p: Any, i: int, low: Any, mid: Any, high: Any, begin: int, end: int, out: Any) -> None:
    """out = Pᵀ r for the coarse nodes begin ≤ k < end of row i, from the three fine rows of r around it."""
    west, taken = begin - 1, out[begin:end]
    of_w, of_e, of_s, of_n = p[OF_W, i, begin:end], p[OF_E, i, west:], p[OF_S, i, begin:], p[OF_N, i - 1, begin:]
    of_sw, of_se, of_nw, of_ne = p[OF_SW, i, begin:], p[OF_SE, i, west:], p[OF_NW, i - 1, begin:], p[OF_NE, i - 1, west:]
    own, odd, odd_west = mid[0, begin:], mid[1, begin:], mid[1, west:]
    north, north_east, north_west = high[0, begin:], high[1, begin:], high[1, west:]
    south, south_east, south_west = low[0, begin:], low[1, begin:], low[1, west:]
    for k in range(taken.shape[0]):
        beside = of_w[k] * odd[k] + of_e[k] * odd_west[k]
        above = of_s[k] * north[k] + (of_sw[k] * north_east[k] + of_se[k] * north_west[k])
        below = of_n[k] * south[k] + (of_nw[k] * south_east[k] + of_ne[k] * south_west[k])
        taken[k] = own[k] + (beside + (above + below))


@kernel
def restrict_residual(a: Any, span: Any, p: Any, b: Any, u: Any, coarse_span: Any, coarse: Any, first: int, last: int) -> None:
    """coarse = Pᵀ (b − A u), for framed coarse rows from first to last."""
    ny, mx = u.shape[0] - 3, p.shape[2] - 2
    rows = np.zeros((4, 2, mx + 2), u.dtype)  # the last one stays zero, for the row after the last
    out = np.zeros(2 * coarse.shape[2], u.dtype)
    below_it = 0
    if first > 1:
        _residual_row(a, b, u, 2 * first - 2, rows[0], span[2 * first - 2, 0], span[2 * first - 2, 1])
    for i in range(first, last):
        begin, end = 2 * coarse_span[i, 0] - 1, min(2 * coarse_span[i, 1] - 1, mx + 1)
        _residual_row(a, b, u, 2 * i - 1, rows[1], begin, end)
        above_it = 2 - below_it if 2 * i <= ny else 3
        if 2 * i <= ny:
            _residual_row(a, b, u, 2 * i, rows[above_it], span[2 * i, 0], span[2 * i, 1])
        if begin < end:
            _gather_row(p, i, rows[below_it], rows[1], rows[above_it], begin, end, out)
        split(out, coarse[i], coarse_span[i, 0], coarse_span[i, 1])
        below_it = above_it


@kernel
def prolong_add(span: Any, p: Any, coarse_span: Any, coarse: Any, u: Any, first: int, last: int) -> None:
    """u += P coarse, for the two fine rows of each framed coarse row from first to last."""
    rows = np.zeros((2, 2 * coarse.shape[2]), u.dtype)
    _join(coarse[first], rows[0], coarse_span[first, 0], coarse_span[first, 1])
    for i in range(first, last):
        low, high = rows[(i - first) % 2], rows[(i - first + 1) % 2]
        _join(coarse[i + 1], high, coarse_span[i + 1, 0], coarse_span[i + 1, 1])
        even, even_odd, odd, odd_odd = u[2 * i - 1, 0], u[2 * i - 1, 1], u[2 * i, 0], u[2 * i, 1]
        of_w, of_e, of_s, of_n = p[OF_W, i], p[OF_E, i], p[OF_S, i], p[OF_N, i]
        of_sw, of_se, of_nw, of_ne = p[OF_SW, i], p[OF_SE, i], p[OF_NW, i], p[OF_NE, i]
        for k in range(span[2 * i - 1, 0], span[2 * i - 1, 1]):
            even[k] += low[k]
            even_odd[k] += of_w[k] * low[k] + of_e[k] * low[k + 1]
        for k in range(span[2 * i, 0], span[2 * i, 1]):
            odd[k] += of_s[k] * low[k] + of_n[k] * high[k]
            from_below = of_sw[k] * low[k] + of_se[k] * low[k + 1]
            odd_odd[k] += from_below + (of_nw[k] * high[k] + of_ne[k] * high[k + 1])
