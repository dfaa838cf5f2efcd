"""Between two grids: operator-dependent interpolation and the Galerkin operator (Dendy, J. Comput. Phys. 48, 1982).

Coarse node (I, J) is fine node (2I, 2J); any array shape will do. A fine node between two coarse ones takes what its own
equation says, with the couplings across collapsed; a node in the middle of four takes it from its eight neighbours. The
coarse operator Pᵀ A P has nine points again.

Arrays of nodes are in the order of `rows`, split and framed, so that the coarse nodes' own columns are half 0 of a fine row and
those between them half 1, both with the coarse column's index k. P is eight planes, in which column k of the framed coarse row
i is entry WEIGHTS_AT + k, see `rows`: the weights of fine node (2I, 2J + 1) from its west and east, of (2I + 1, 2J) from its
south and north, of (2I + 1, 2J + 1) from the south-west, south-east, north-west and north-east. A fine node beside the runs has
weights that are zero.

rows and coarse_rows are those of the fine and of the coarse grid.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.solvers.kernels import kernel
from geoflow.solvers.rows import AT, BEGIN, EACH, END, ODD, WEIGHTS_AT
from geoflow.solvers.zebra import NE, NW, C, E, N

OF_W, OF_E, OF_S, OF_N, OF_SW, OF_SE, OF_NW, OF_NE = range(8)
WEIGHTS = 8


@kernel
def split(row: Any, rows: Any, i: int, out: Any) -> None:
    """A row of consecutive columns, framed, into the runs of row i of a plane."""
    for run in range(0, rows.shape[1], EACH):
        first, count = rows[i, run + BEGIN], rows[i, run + END] - rows[i, run + BEGIN]
        if count <= 0:
            return
        even, odd, given = out[rows[i, run + AT] + first :], out[rows[i, run + ODD] + first :], row[2 * first - 1 :]
        for k in range(count):
            even[k] = given[2 * k]
            odd[k] = given[2 * k + 1]


@kernel
def _join(plane: Any, rows: Any, i: int, row: Any) -> None:
    """The runs of row i of a plane as consecutive columns, framed."""
    for run in range(0, rows.shape[1], EACH):
        first, count = rows[i, run + BEGIN], rows[i, run + END] - rows[i, run + BEGIN]
        if count <= 0:
            return
        even, odd, taken = plane[rows[i, run + AT] + first :], plane[rows[i, run + ODD] + first :], row[2 * first - 1 :]
        for k in range(count):
            taken[2 * k] = even[k]
            taken[2 * k + 1] = odd[k]


@kernel
def interpolate_edges(a: Any, rows: Any, p: Any, coarse_rows: Any, first: int, last: int) -> None:
    """The weights of fine nodes between two coarse ones, for framed coarse rows from first to last."""
    one, zero = a.dtype.type(1), a.dtype.type(0)
    for i in range(2 * first - 1, 2 * last - 1):
        across = i % 2  # whether the coarse nodes are to the west and the east; else to the south and the north
        for run in range(0, rows.shape[1], EACH):
            begin, count = rows[i, run + BEGIN], rows[i, run + END] - rows[i, run + BEGIN]
            if count <= 0:
                break
            own, under = rows[i, run + AT + across] + begin, rows[i - 1, run + AT + across] + begin
            west, south_west = (
                rows[i, run + ODD - across] + begin - 1 + across,
                rows[i - 1, run + ODD - across] + begin - 1 + across,
            )
            at = coarse_rows[(i + 1) // 2, run + WEIGHTS_AT] + begin
            c, ne, nw, sw, se = a[C, own:], a[NE, own:], a[NW, own:], a[NE, south_west:], a[NW, south_west + 1 :]
            # What is on either side, and where the two corners of that side are; then what is across.
            if across:
                low, high, aside, other = a[E, west:], a[E, own:], a[N, own:], a[N, under:]
                low_one, low_two, high_one, high_two = sw, nw, ne, se
            else:
                low, high, aside, other = a[N, under:], a[N, own:], a[E, own:], a[E, west:]
                low_one, low_two, high_one, high_two = sw, se, ne, nw
            of_low, of_high = p[OF_W if across else OF_S, at:], p[OF_E if across else OF_N, at:]
            for k in range(count):
                before = max(-(low[k] + (low_one[k] + low_two[k])), zero)
                behind = max(-(high[k] + (high_one[k] + high_two[k])), zero)
                total = max(c[k] + (aside[k] + other[k]), before + behind)
                scale = one / total if total > zero else zero
                of_low[k] = before * scale
                of_high[k] = behind * scale


@kernel
def interpolate_middles(a: Any, rows: Any, p: Any, coarse_rows: Any, first: int, last: int) -> None:
    """The weights of fine nodes in the middle of four coarse ones, once those between two are known."""
    one, zero = a.dtype.type(1), a.dtype.type(0)
    for big in range(first, last):
        i = 2 * big
        for run in range(0, rows.shape[1], EACH):
            begin, count = rows[i, run + BEGIN], rows[i, run + END] - rows[i, run + BEGIN]
            if count <= 0:
                break
            own, even, under = rows[i, run + ODD] + begin, rows[i, run + AT] + begin, rows[i - 1, run + AT] + begin
            at, above = coarse_rows[big, run + WEIGHTS_AT] + begin, coarse_rows[big + 1, run + WEIGHTS_AT] + begin
            c, e, n, s = a[C, own:], a[E, own:], a[N, own:], a[N, rows[i - 1, run + ODD] + begin :]
            ne, nw, w, sw, se = a[NE, own:], a[NW, own:], a[E, even:], a[NE, under:], a[NW, under + 1 :]
            low_w, low_e, high_w, high_e = p[OF_W, at:], p[OF_E, at:], p[OF_W, above:], p[OF_E, above:]
            of_s, of_n, east_s, east_n = p[OF_S, at:], p[OF_N, at:], p[OF_S, at + 1 :], p[OF_N, at + 1 :]
            of_sw, of_se, of_nw, of_ne = p[OF_SW, at:], p[OF_SE, at:], p[OF_NW, at:], p[OF_NE, at:]
            for k in range(count):
                scale = one / c[k] if c[k] > zero else zero
                of_sw[k] = max(-(sw[k] + (s[k] * low_w[k] + w[k] * of_s[k])) * scale, zero)
                of_se[k] = max(-(se[k] + (s[k] * low_e[k] + e[k] * east_s[k])) * scale, zero)
                of_nw[k] = max(-(nw[k] + (n[k] * high_w[k] + w[k] * of_n[k])) * scale, zero)
                of_ne[k] = max(-(ne[k] + (n[k] * high_e[k] + e[k] * east_n[k])) * scale, zero)


@kernel
def _residual_row(a: Any, rows: Any, b: Any, u: Any, i: int, run: int, out: Any, first: int, last: int) -> None:
    """out = row i of b − A u, both halves, between two split indices."""
    for h in range(2):
        # Where the row, the one above and the one below are, and in their other halves the neighbours to the west.
        own, over, under = rows[i, run + AT + h] + first, rows[i + 1, run + AT + h] + first, rows[i - 1, run + AT + h] + first
        shift = first + h - 1
        west, over_west, under_west = (
            rows[i, run + AT + 1 - h] + shift,
            rows[i + 1, run + AT + 1 - h] + shift,
            rows[i - 1, run + AT + 1 - h] + shift,
        )
        r, right, row, c = out[h, first:last], b[own:], u[own:], a[C, own:]
        e, n, south, ne, nw = a[E, own:], a[N, own:], a[N, under:], a[NE, own:], a[NW, own:]
        e_west, sw, se = a[E, west:], a[NE, under_west:], a[NW, under_west + 1 :]
        up, down, u_east, u_west = u[over:], u[under:], u[west + 1 :], u[west:]
        up_east, up_west, down_east, down_west = u[over_west + 1 :], u[over_west:], u[under_west + 1 :], u[under_west:]
        for k in range(r.shape[0]):
            straight = (e[k] * u_east[k] + e_west[k] * u_west[k]) + (n[k] * up[k] + south[k] * down[k])
            rising = ne[k] * up_east[k] + sw[k] * down_west[k]
            falling = nw[k] * up_west[k] + se[k] * down_east[k]
            r[k] = right[k] - (c[k] * row[k] + (straight + (rising + falling)))


@kernel
def _gather_row(p: Any, at: int, under: int, low: Any, mid: Any, high: Any, begin: int, end: int, out: Any) -> None:
    """out = Pᵀ r for the coarse nodes begin ≤ k < end of a row, from the three fine rows of r around it.

    at and under: where in the planes of P the row's node begin and the one below it, whose fine row is the low one, are.
    """
    west, taken = begin - 1, out[begin:end]
    of_w, of_e, of_s, of_n = p[OF_W, at:], p[OF_E, at - 1 :], p[OF_S, at:], p[OF_N, under:]
    of_sw, of_se, of_nw, of_ne = p[OF_SW, at:], p[OF_SE, at - 1 :], p[OF_NW, under:], p[OF_NE, under - 1 :]
    own, odd, odd_west = mid[0, begin:], mid[1, begin:], mid[1, west:]
    north, north_east, north_west = high[0, begin:], high[1, begin:], high[1, west:]
    south, south_east, south_west = low[0, begin:], low[1, begin:], low[1, west:]
    for k in range(taken.shape[0]):
        beside = of_w[k] * odd[k] + of_e[k] * odd_west[k]
        above_it = of_s[k] * north[k] + (of_sw[k] * north_east[k] + of_se[k] * north_west[k])
        below_it = of_n[k] * south[k] + (of_nw[k] * south_east[k] + of_ne[k] * south_west[k])
        taken[k] = own[k] + (beside + (above_it + below_it))


@kernel
def restrict_residual(
    a: Any, rows: Any, p: Any, b: Any, u: Any, coarse_rows: Any, mx: int, coarse: Any, first: int, last: int
) -> None:
    """coarse = Pᵀ (b − A u), for framed coarse rows from first to last; mx: the coarse columns."""
    kept = np.zeros((4, 2 * (mx + 2)), u.dtype).reshape(4, 2, mx + 2)  # residuals of fine rows, each in its turn, modulo 4
    out = np.zeros((1, mx + 4), u.dtype)[0]
    for fine in range(2 * first - 2, 2 * last - 1):
        i = (fine + 1) // 2
        for run in range(0, rows.shape[1], EACH):
            begin, end = rows[fine, run + BEGIN], rows[fine, run + END]
            if fine % 2:  # the coarse row's own one
                begin, end = 2 * coarse_rows[i, run + BEGIN] - 1, min(2 * coarse_rows[i, run + END] - 1, mx + 1)
            if begin < end and fine > 0:
                _residual_row(a, rows, b, u, fine, run, kept[fine % 4], begin, end)
        if fine % 2 or fine < 2 * first:
            continue
        i = fine // 2
        for run in range(0, rows.shape[1], EACH):
            begin, end = 2 * coarse_rows[i, run + BEGIN] - 1, min(2 * coarse_rows[i, run + END] - 1, mx + 1)
            if begin < end:
                at, below = coarse_rows[i, run + WEIGHTS_AT] + begin, coarse_rows[i - 1, run + WEIGHTS_AT] + begin
                _gather_row(p, at, below, kept[(fine - 2) % 4], kept[(fine - 1) % 4], kept[fine % 4], begin, end, out)
        split(out, coarse_rows, i, coarse)


@kernel
def prolong_add(rows: Any, p: Any, coarse_rows: Any, mx: int, coarse: Any, u: Any, first: int, last: int) -> None:
    """u += P coarse, for the two fine rows of each framed coarse row from first to last; mx: the coarse columns."""
    joined = np.zeros((2, mx + 4), u.dtype)
    for i in range(first, last + 1):
        _join(coarse, coarse_rows, i, joined[i % 2])
        for side in range(2 if i > first else 0):
            fine = 2 * i - 3 + side
            for run in range(0, rows.shape[1], EACH):
                begin, count = rows[fine, run + BEGIN], rows[fine, run + END] - rows[fine, run + BEGIN]
                if count <= 0:
                    break
                at, even, odd = (
                    coarse_rows[i - 1, run + WEIGHTS_AT] + begin,
                    u[rows[fine, run + AT] + begin :],
                    u[rows[fine, run + ODD] + begin :],
                )
                low, low_east = joined[(i - 1) % 2, begin:], joined[(i - 1) % 2, begin + 1 :]
                if fine % 2:
                    of_w, of_e = p[OF_W, at:], p[OF_E, at:]
                    for k in range(count):
                        even[k] += low[k]
                        odd[k] += of_w[k] * low[k] + of_e[k] * low_east[k]
                    continue
                high, high_east = joined[i % 2, begin:], joined[i % 2, begin + 1 :]
                of_s, of_n, of_sw, of_se = p[OF_S, at:], p[OF_N, at:], p[OF_SW, at:], p[OF_SE, at:]
                of_nw, of_ne = p[OF_NW, at:], p[OF_NE, at:]
                for k in range(count):
                    even[k] += of_s[k] * low[k] + of_n[k] * high[k]
                    from_below = of_sw[k] * low[k] + of_se[k] * low_east[k]
                    odd[k] += from_below + (of_nw[k] * high[k] + of_ne[k] * high_east[k])
