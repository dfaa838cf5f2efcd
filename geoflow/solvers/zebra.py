"""Zebra-line Gauss–Seidel for nine-point stencils: every other row, or column, is solved exactly, those between held.

Lines, because the Hessian of area is anisotropic by 1 + |∇u|² where a film is steep, along directions that change from
place to place (Trottenberg, Oosterlee and Schüller, *Multigrid*, 2001, section 5.1). Lines of one colour do not touch, so
their order does not matter.

Loops touch few arrays and begin at zero: where the compiler cannot prove arrays apart and indices positive, it computes one
entry at a time.

All arrays are split and framed. A row holds its even columns first and its odd columns after them, so that a colour of
columns, and the nodes that a coarser grid shares, lie side by side in memory: node (i, 2k) at [i + 1, 0, k + 1], node
(i, 2k + 1) at [i + 1, 1, k + 1] of an array (ny + 3, 2, (nx + 1) // 2 + 2). The frame is zero, so that no kernel asks where it
is; an odd column too many, where nx is odd, is a node of its own, with the equation 1 · u = 0. In half h the eastern neighbour
of [h, k] is [1 − h, k + h], and the western one [1 − h, k + h − 1].

A matrix is nine such planes: c, e, n, ne, nw as in `Stencil`, then for the lines along x and along y the multipliers l and the
inverse pivots 1/d of L D Lᵀ.

span : (ny + 3, 2) says between which split indices the unknowns of each framed row are. Outside of them nothing is coupled to
anything, c = 1, and all the other planes, right-hand sides and solutions are zero: kernels leave it alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.solvers.kernels import kernel

C, E, N, NE, NW, LX, DX, LY, DY = range(9)
PLANES = 9
NOWHERE = 1 << 30  # where a row begins that has no unknowns, and ends at 0


@kernel
def reach(span: Any, i: int, count: int, step: int) -> tuple[int, int]:
    """Between which split indices the unknowns of so many rows from i on, step apart, are."""
    low, high = span[i, 0], span[i, 1]
    for r in range(1, count):
        low, high = min(low, span[i + step * r, 0]), max(high, span[i + step * r, 1])
    return low, high


@kernel
def factor_x(a: Any, span: Any, least: Any, first: int, last: int) -> None:
    """L D Lᵀ of all lines along x; least[i] becomes the smallest pivot of row i."""
    one, rows = a.dtype.type(1), 8
    inverse, coupling = np.zeros(rows, a.dtype), np.zeros(rows, a.dtype)
    for begin in range(first, last, rows):  # eight together: one recurrence alone would wait for its own last division
        count = min(rows, last - begin)
        for r in range(count):
            inverse[r] = coupling[r] = a[0, 0, 0, 0]
            least[begin + r] = a[C, begin + r, 0, 1]
        low, high = reach(span, begin, count, 1)
        for k in range(low, high):
            for h in range(2):
                for r in range(count):
                    i = begin + r
                    l = coupling[r] * inverse[r]
                    pivot = a[C, i, h, k] - coupling[r] * l
                    least[i] = pivot if not pivot >= least[i] else least[i]
                    inverse[r], coupling[r] = one / pivot, a[E, i, h, k]
                    a[LX, i, h, k] = l
                    a[DX, i, h, k] = inverse[r]


@kernel
def factor_y(a: Any, span: Any, least: Any, first: int, last: int) -> None:
    """L D Lᵀ of the lines along y with split index k; least[k] becomes the smallest of their pivots."""
    one = a.dtype.type(1)
    for k in range(first, last):
        least[k] = a[C, 1, 0, k]
    for i in range(1, a.shape[1] - 2):
        begin, end = max(first, span[i, 0]), min(last, span[i, 1])
        if begin >= end:
            continue
        low = least[begin:end]
        for h in range(2):
            c, n, below = a[C, i, h, begin:end], a[N, i - 1, h, begin:end], a[DY, i - 1, h, begin:end]
            l, d = a[LY, i, h, begin:end], a[DY, i, h, begin:end]
            for k in range(low.shape[0]):
                l[k] = n[k] * below[k]
                pivot = c[k] - n[k] * l[k]
                low[k] = pivot if not pivot >= low[k] else low[k]
                d[k] = one / pivot


@kernel
def _right_x(a: Any, span: Any, b: Any, u: Any, i: int, fresh: bool) -> None:
    """Row i of u becomes the right-hand side of its line: b less what the rows above and below pull; fresh: these are zero."""
    first, last = span[i, 0], span[i, 1]
    for h in range(2):
        if fresh:
            given, taken = b[i, h], u[i, h]
            for k in range(first, last):
                taken[k] = given[k]
            continue
        if first >= last:
            continue
        o, east, west = 1 - h, first + h, first + h - 1  # the other half, and where in it the neighbours begin
        row, right, n, south = u[i, h, first:last], b[i, h, first:last], a[N, i, h, first:], a[N, i - 1, h, first:]
        up, down, up_east, up_west = u[i + 1, h, first:], u[i - 1, h, first:], u[i + 1, o, east:], u[i + 1, o, west:]
        down_east, down_west = u[i - 1, o, east:], u[i - 1, o, west:]
        ne, nw, sw, se = a[NE, i, h, first:], a[NW, i, h, first:], a[NE, i - 1, o, west:], a[NW, i - 1, o, east:]
        for k in range(row.shape[0]):
            row[k] = right[k] - (n[k] * up[k] + south[k] * down[k])
        for k in range(row.shape[0]):
            rising = ne[k] * up_east[k] + sw[k] * down_west[k]
            row[k] -= rising + (nw[k] * up_west[k] + se[k] * down_east[k])


@kernel
def _line_x(a: Any, span: Any, u: Any, i: int) -> None:
    l, d, x = a[LX, i], a[DX, i], u[i]
    s = u[0, 0, 0]
    for k in range(span[i, 0], span[i, 1]):
        s = x[0, k] - l[0, k] * s
        x[0, k] = s
        s = x[1, k] - l[1, k] * s
        x[1, k] = s
    s = u[0, 0, 0]
    for k in range(span[i, 1] - 1, span[i, 0] - 1, -1):
        s = x[1, k] * d[1, k] - l[0, k + 1] * s
        x[1, k] = s
        s = x[0, k] * d[0, k] - l[1, k] * s
        x[0, k] = s


@kernel
def _four_lines_x(a: Any, span: Any, u: Any, i: int) -> None:
    """Rows i, i + 2, i + 4, i + 6 together: one recurrence alone would wait for its own last result."""
    la, lb, lc, ld = a[LX, i], a[LX, i + 2], a[LX, i + 4], a[LX, i + 6]
    da, db, dc, dd = a[DX, i], a[DX, i + 2], a[DX, i + 4], a[DX, i + 6]
    xa, xb, xc, xd = u[i], u[i + 2], u[i + 4], u[i + 6]
    first, last = reach(span, i, 4, 2)
    p = q = r = s = u[0, 0, 0]
    for k in range(first, last):
        for h in range(2):
            p = xa[h, k] - la[h, k] * p
            q = xb[h, k] - lb[h, k] * q
            r = xc[h, k] - lc[h, k] * r
            s = xd[h, k] - ld[h, k] * s
            xa[h, k] = p
            xb[h, k] = q
            xc[h, k] = r
            xd[h, k] = s
    p = q = r = s = u[0, 0, 0]
    for k in range(last - 1, first - 1, -1):
        for back in range(2):
            h, east = 1 - back, k + 1 - back
            p = xa[h, k] * da[h, k] - la[back, east] * p
            q = xb[h, k] * db[h, k] - lb[back, east] * q
            r = xc[h, k] * dc[h, k] - lc[back, east] * r
            s = xd[h, k] * dd[h, k] - ld[back, east] * s
            xa[h, k] = p
            xb[h, k] = q
            xc[h, k] = r
            xd[h, k] = s


@kernel
def lines_x(a: Any, span: Any, b: Any, u: Any, parity: int, fresh: bool, first: int, last: int) -> None:
    """Solve A u = b exactly on the framed rows of one parity between first and last, the other rows held.

    fresh: the others count as zero, whatever is there.
    """
    i = first + (first + parity) % 2
    while i + 6 < last:
        for k in range(4):
            _right_x(a, span, b, u, i + 2 * k, fresh)
        _four_lines_x(a, span, u, i)
        i += 8
    while i < last:
        _right_x(a, span, b, u, i, fresh)
        _line_x(a, span, u, i)
        i += 2


@kernel
def lines_y(a: Any, span: Any, b: Any, u: Any, h: int, first: int, last: int) -> None:
    """The same on the columns of half h with split index from first to last; all of them advance together, row by row."""
    o = 1 - h  # the other half
    for i in range(1, u.shape[0] - 2):
        begin, end = max(first, span[i, 0]), min(last, span[i, 1])
        if begin >= end:
            continue
        east = begin + h  # where in the other half the eastern neighbours begin; the western ones one before
        west = east - 1
        row, right, l, low = u[i, h, begin:end], b[i, h, begin:end], a[LY, i, h, begin:end], u[i - 1, h, begin:end]
        e_east, e_west, u_east, u_west = a[E, i, h, begin:end], a[E, i, o, west:], u[i, o, east:], u[i, o, west:]
        for k in range(row.shape[0]):
            row[k] = right[k] - (e_east[k] * u_east[k] + e_west[k] * u_west[k]) - l[k] * low[k]
        ne, ne_up, nw, nw_up = a[NE, i, h, begin:end], u[i + 1, o, east:], a[NW, i, h, begin:end], u[i + 1, o, west:]
        for k in range(row.shape[0]):
            row[k] -= ne[k] * ne_up[k] + nw[k] * nw_up[k]
        sw, sw_down, se, se_down = a[NE, i - 1, o, west:], u[i - 1, o, west:], a[NW, i - 1, o, east:], u[i - 1, o, east:]
        for k in range(row.shape[0]):
            row[k] -= sw[k] * sw_down[k] + se[k] * se_down[k]
    for i in range(u.shape[0] - 3, 0, -1):
        begin, end = max(first, span[i, 0]), min(last, span[i, 1])
        if begin >= end:
            continue
        row, d, l, up = u[i, h, begin:end], a[DY, i, h, begin:end], a[LY, i + 1, h, begin:end], u[i + 1, h, begin:end]
        for k in range(row.shape[0]):
            row[k] = row[k] * d[k] - l[k] * up[k]


@kernel
def sweep_x(a: Any, span: Any, b: Any, u: Any, parity: int, fresh: bool, first: int, last: int) -> None:
    """`lines_x` with this parity and then the other; of the other, the rows beside a cut wait for those across it."""
    lines_x(a, span, b, u, parity, fresh, first, last)
    lines_x(a, span, b, u, 1 - parity, False, first + 1 if first > 1 else first, last - 1 if last < u.shape[0] - 2 else last)


@kernel
def sweep_y(a: Any, span: Any, b: Any, u: Any, h: int, first: int, last: int) -> None:
    """`lines_y` on this half and then the other; of the other, the column beside a cut waits for that across it."""
    lines_y(a, span, b, u, h, first, last)
    if h == 0:
        lines_y(a, span, b, u, 1, first, last - 1 if last < u.shape[2] - 1 else last)
    else:
        lines_y(a, span, b, u, 0, first + 1 if first > 1 else first, last)
