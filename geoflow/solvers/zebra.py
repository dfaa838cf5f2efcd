"""Zebra-line Gauss–Seidel for nine-point stencils: every other row, or column, is solved exactly, those between held.

Lines, because the Hessian of area is anisotropic by 1 + |∇u|² where a film is steep, along directions that change from
place to place (Trottenberg, Oosterlee and Schüller, *Multigrid*, 2001, section 5.1). Lines of one colour do not touch, so
their order does not matter.

Loops touch few arrays and begin at zero: where the compiler cannot prove arrays apart and indices positive, it computes one
entry at a time.

Arrays are planes of nodes in the order of `rows`, split and framed, so that the neighbours of a run of nodes are runs too.
A matrix is nine planes: c, e, n, ne, nw as in `Stencil`, then for the lines along x and along y the multipliers l and the
inverse pivots 1/d of L D Lᵀ. Beside the runs of a row c = 1, and all the other planes, right-hand sides and solutions are
zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.solvers.kernels import kernel
from geoflow.solvers.rows import AT, BEGIN, EACH, END, ODD, TOGETHER, together

C, E, N, NE, NW, LX, DX, LY, DY = range(9)
PLANES = 9
BLOCK = 16  # rows


@kernel
def factor_x(a: Any, rows: Any, least: Any, first: int, last: int) -> None:
    """L D Lᵀ of all lines along x; least[i] becomes the smallest pivot of row i."""
    one = a.dtype.type(1)
    inverse, coupling, runs = np.zeros(TOGETHER, a.dtype), np.zeros(TOGETHER, a.dtype), np.zeros((_runs(rows), 2), np.int64)
    for begin in range(first, last, TOGETHER):  # one recurrence alone would wait for its own last division
        count = min(TOGETHER, last - begin)
        together(rows, begin, begin + count, runs)
        for run in range(0, rows.shape[1], EACH):
            for r in range(count):
                inverse[r] = coupling[r] = a.dtype.type(0)
            for k in range(runs[run // EACH, 0], runs[run // EACH, 1]):
                for h in range(2):
                    for r in range(count):
                        i = begin + r
                        at = rows[i, run + AT + h] + k
                        l = coupling[r] * inverse[r]
                        pivot = a[C, at] - coupling[r] * l
                        least[i] = pivot if not pivot >= least[i] else least[i]
                        inverse[r], coupling[r] = one / pivot, a[E, at]
                        a[LX, at] = l
                        a[DX, at] = inverse[r]


@kernel
def _runs(rows: Any) -> int:
    """How many runs a row may have."""
    return rows.shape[1] // EACH


@kernel
def factor_y(a: Any, rows: Any, least: Any, first: int, last: int) -> None:
    """L D Lᵀ of the lines along y with split index k; least[k] becomes the smallest of their pivots."""
    one = a.dtype.type(1)
    for i in range(1, len(rows) - 2):
        for run in range(0, rows.shape[1], EACH):
            begin, end = max(first, rows[i, run + BEGIN]), min(last, rows[i, run + END])
            if begin >= end:
                continue
            low, count = least[begin:end], end - begin
            for h in range(2):
                own, under = rows[i, run + AT + h] + begin, rows[i - 1, run + AT + h] + begin
                c, n, below = a[C, own : own + count], a[N, under : under + count], a[DY, under : under + count]
                l, d = a[LY, own : own + count], a[DY, own : own + count]
                for k in range(count):
                    l[k] = n[k] * below[k]
                    pivot = c[k] - n[k] * l[k]
                    low[k] = pivot if not pivot >= low[k] else low[k]
                    d[k] = one / pivot


@kernel
def _right_x(a: Any, rows: Any, b: Any, u: Any, i: int, fresh: bool) -> None:
    """Row i of u becomes the right-hand side of its line: b less what the rows above and below pull; fresh: these are zero."""
    for run in range(0, rows.shape[1], EACH):
        first, count = rows[i, run + BEGIN], rows[i, run + END] - rows[i, run + BEGIN]
        if count <= 0:
            return
        for h in range(2):
            own = rows[i, run + AT + h] + first
            row, right = u[own : own + count], b[own : own + count]
            if fresh:
                for k in range(row.shape[0]):
                    row[k] = right[k]
                continue
            # Where the row above and the row below are, and in their other halves the neighbours to the west.
            over, under = rows[i + 1, run + AT + h] + first, rows[i - 1, run + AT + h] + first
            over_west, under_west = rows[i + 1, run + AT + 1 - h] + first + h - 1, rows[i - 1, run + AT + 1 - h] + first + h - 1
            n, south, up, down = a[N, own:], a[N, under:], u[over:], u[under:]
            for k in range(row.shape[0]):
                row[k] = right[k] - (n[k] * up[k] + south[k] * down[k])
            ne, nw, sw, se = a[NE, own:], a[NW, own:], a[NE, under_west:], a[NW, under_west + 1 :]
            up_east, up_west, down_east, down_west = u[over_west + 1 :], u[over_west:], u[under_west + 1 :], u[under_west:]
            for k in range(row.shape[0]):
                rising = ne[k] * up_east[k] + sw[k] * down_west[k]
                row[k] -= rising + (nw[k] * up_west[k] + se[k] * down_east[k])


@kernel
def _halves(plane: Any, rows: Any, i: int, run: int, first: int, count: int) -> Any:
    """Both halves of row i of a plane, so many entries from a split index on that is in a run."""
    even, odd = rows[i, run + AT] + first, rows[i, run + ODD] + first
    return plane[even : even + count], plane[odd : odd + count]


@kernel
def _line_x(a: Any, rows: Any, u: Any, i: int) -> None:
    for run in range(0, rows.shape[1], EACH):
        first, count = rows[i, run + BEGIN], rows[i, run + END] - rows[i, run + BEGIN]
        if count <= 0:
            return
        l0, l1 = _halves(a[LX], rows, i, run, first, count + 1)
        d0, d1 = _halves(a[DX], rows, i, run, first, count)
        x0, x1 = _halves(u, rows, i, run, first, count)
        s = u.dtype.type(0)
        for k in range(count):
            s = x0[k] - l0[k] * s
            x0[k] = s
            s = x1[k] - l1[k] * s
            x1[k] = s
        s = u.dtype.type(0)
        for k in range(count - 1, -1, -1):
            s = x1[k] * d1[k] - l0[k + 1] * s
            x1[k] = s
            s = x0[k] * d0[k] - l1[k] * s
            x0[k] = s


@kernel
def _four_lines_x(a: Any, rows: Any, u: Any, i: int, runs: Any) -> None:
    """Rows i, i + 2, i + 4, i + 6 together: one recurrence alone would wait for its own last result."""
    together(rows, i, i + 7, runs)
    l, d = a[LX], a[DX]
    for run in range(0, rows.shape[1], EACH):
        first, count = runs[run // EACH, 0], runs[run // EACH, 1] - runs[run // EACH, 0]
        if count <= 0:
            continue
        la0, la1 = _halves(l, rows, i, run, first, count + 1)
        lb0, lb1 = _halves(l, rows, i + 2, run, first, count + 1)
        lc0, lc1 = _halves(l, rows, i + 4, run, first, count + 1)
        ld0, ld1 = _halves(l, rows, i + 6, run, first, count + 1)
        xa0, xa1 = _halves(u, rows, i, run, first, count)
        xb0, xb1 = _halves(u, rows, i + 2, run, first, count)
        xc0, xc1 = _halves(u, rows, i + 4, run, first, count)
        xd0, xd1 = _halves(u, rows, i + 6, run, first, count)
        p = q = r = s = u.dtype.type(0)
        for k in range(count):
            p, q, r, s = xa0[k] - la0[k] * p, xb0[k] - lb0[k] * q, xc0[k] - lc0[k] * r, xd0[k] - ld0[k] * s
            xa0[k], xb0[k], xc0[k], xd0[k] = p, q, r, s
            p, q, r, s = xa1[k] - la1[k] * p, xb1[k] - lb1[k] * q, xc1[k] - lc1[k] * r, xd1[k] - ld1[k] * s
            xa1[k], xb1[k], xc1[k], xd1[k] = p, q, r, s
        da0, da1 = _halves(d, rows, i, run, first, count)
        db0, db1 = _halves(d, rows, i + 2, run, first, count)
        dc0, dc1 = _halves(d, rows, i + 4, run, first, count)
        dd0, dd1 = _halves(d, rows, i + 6, run, first, count)
        p = q = r = s = u.dtype.type(0)
        for k in range(count - 1, -1, -1):
            p, q = xa1[k] * da1[k] - la0[k + 1] * p, xb1[k] * db1[k] - lb0[k + 1] * q
            r, s = xc1[k] * dc1[k] - lc0[k + 1] * r, xd1[k] * dd1[k] - ld0[k + 1] * s
            xa1[k], xb1[k], xc1[k], xd1[k] = p, q, r, s
            p, q = xa0[k] * da0[k] - la1[k] * p, xb0[k] * db0[k] - lb1[k] * q
            r, s = xc0[k] * dc0[k] - lc1[k] * r, xd0[k] * dd0[k] - ld1[k] * s
            xa0[k], xb0[k], xc0[k], xd0[k] = p, q, r, s


@kernel
def lines_x(a: Any, rows: Any, b: Any, u: Any, parity: int, fresh: bool, both: bool, first: int, last: int) -> None:
    """Solve A u = b exactly on the framed rows of one parity between first and last, the other rows held; then on these, if both.

    fresh: the others count as zero, whatever is there, until it is their turn, when the rows beside a cut wait for those across
    it. BLOCK rows at a time, so that the others find in the cache what the first ones took.
    """
    runs = np.zeros((_runs(rows), 2), np.int64)
    low, stop = first + 1 if first > 1 else first, last - 1 if last < len(rows) - 2 else last
    block = BLOCK if both else last - first
    for turn in range(2 * ((last - first + block - 1) // block) if both else 1):
        other, begin = turn % 2, first + turn // 2 * block
        end = min(begin + block, last)
        high = stop if end == last else end - 1
        i, until, colour = (low, high, 1 - parity) if other else (begin, end, parity)
        i, waiting = i + (i + colour) % 2, 0
        while i < until:
            _right_x(a, rows, b, u, i, fresh and not other)
            waiting, i = waiting + 1, i + 2
            if waiting == 4:
                _four_lines_x(a, rows, u, i - 8, runs)
                waiting = 0
        for k in range(waiting, 0, -1):
            _line_x(a, rows, u, i - 2 * k)
        low = high if other else low


@kernel
def lines_y(a: Any, rows: Any, b: Any, u: Any, h: int, both: bool, columns: int, first: int, last: int) -> None:
    """The same on the columns of half h with split index from first to last; all of them advance together, row by row.

    columns: where the split indices end.
    """
    for turn in range(2 if both else 1):
        if turn == 1 and h == 0:  # whose eastern neighbours in half 0 are [0, k + 1]
            h, last = 1, last - 1 if last < columns else last
        elif turn == 1:  # whose western neighbours in half 1 are [1, k − 1]
            h, first = 0, first + 1 if first > 1 else first
        for i in range(1, len(rows) - 2):
            for run in range(0, rows.shape[1], EACH):
                begin, end = max(first, rows[i, run + BEGIN]), min(last, rows[i, run + END])
                if begin >= end:
                    continue
                count, own, under = end - begin, rows[i, run + AT + h] + begin, rows[i - 1, run + AT + h] + begin
                shift = begin + h - 1  # where in the other half the western neighbours begin
                other = run + AT + 1 - h
                west, over, below = rows[i, other] + shift, rows[i + 1, other] + shift, rows[i - 1, other] + shift
                row, right, l, low = (
                    u[own : own + count],
                    b[own : own + count],
                    a[LY, own : own + count],
                    u[under : under + count],
                )
                e_east, e_west, u_east, u_west = a[E, own : own + count], a[E, west:], u[west + 1 :], u[west:]
                for k in range(row.shape[0]):
                    row[k] = right[k] - (e_east[k] * u_east[k] + e_west[k] * u_west[k]) - l[k] * low[k]
                ne, ne_up, nw, nw_up = a[NE, own : own + count], u[over + 1 :], a[NW, own : own + count], u[over:]
                for k in range(row.shape[0]):
                    row[k] -= ne[k] * ne_up[k] + nw[k] * nw_up[k]
                sw, sw_down, se, se_down = a[NE, below:], u[below:], a[NW, below + 1 :], u[below + 1 :]
                for k in range(row.shape[0]):
                    row[k] -= sw[k] * sw_down[k] + se[k] * se_down[k]
        for i in range(len(rows) - 3, 0, -1):
            for run in range(0, rows.shape[1], EACH):
                begin, end = max(first, rows[i, run + BEGIN]), min(last, rows[i, run + END])
                if begin >= end:
                    continue
                count, own, over = end - begin, rows[i, run + AT + h] + begin, rows[i + 1, run + AT + h] + begin
                row, d, l, up = u[own : own + count], a[DY, own : own + count], a[LY, over : over + count], u[over : over + count]
                for k in range(row.shape[0]):
                    row[k] = row[k] * d[k] - l[k] * up[k]
