"""Zebra-line Gauss–Seidel for nine-point stencils: every other row, or column, is solved exactly, those between held.

Lines, because the Hessian of area is anisotropic by 1 + |∇u|² where a film is steep, along directions that change from
place to place (Trottenberg, Oosterlee and Schüller, *Multigrid*, 2001, section 5.1). Lines of one colour do not touch, so
their order does not matter.

All arrays are framed: node (i, j) lies at [i + 1, j + 1] of an array (ny + 3, nx + 3) whose frame is zero, so that no
kernel asks where it is. A matrix is nine such planes: c, e, n, ne, nw as in `Stencil`, then for the lines along x and along
y the multipliers l and the inverse pivots 1/d of L D Lᵀ.
"""

from __future__ import annotations

from typing import Any

import numba

C, E, N, NE, NW, LX, DX, LY, DY = range(9)
PLANES = 9


@numba.njit(cache=True, nogil=True, error_model="numpy")
def factor_x(a: Any, least: Any, first: int, last: int) -> None:
    """L D Lᵀ of all lines along x; least[i] becomes the smallest pivot of row i."""
    nx = a.shape[2] - 3
    one = a.dtype.type(1)
    for i in range(first, last):
        c, e, l, d = a[C, i], a[E, i], a[LX, i], a[DX, i]
        inverse, low = a[0, 0, 0], c[1]
        for j in range(1, nx + 1):
            l[j] = e[j - 1] * inverse
            pivot = c[j] - e[j - 1] * l[j]
            low = pivot if not pivot >= low else low
            inverse = one / pivot
            d[j] = inverse
        least[i] = low


@numba.njit(cache=True, nogil=True, error_model="numpy")
def factor_y(a: Any, least: Any, first: int, last: int) -> None:
    """L D Lᵀ of all lines along y; least[j] becomes the smallest pivot of column j."""
    ny, one = a.shape[1] - 3, a.dtype.type(1)
    for j in range(first, last):
        least[j] = a[C, 1, j]
    for i in range(1, ny + 1):
        c, n, l, d, below = a[C, i], a[N, i - 1], a[LY, i], a[DY, i], a[DY, i - 1]
        for j in range(first, last):
            l[j] = n[j] * below[j]
            pivot = c[j] - n[j] * l[j]
            least[j] = pivot if not pivot >= least[j] else least[j]
            d[j] = one / pivot


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _right_x(a: Any, b: Any, u: Any, i: int) -> None:
    """Row i of u becomes the right-hand side of its line: b less what the rows above and below pull."""
    nx = u.shape[1] - 3
    n, south = a[N, i], a[N, i - 1]
    ne, sw = a[NE, i], a[NE, i - 1]
    nw, se = a[NW, i], a[NW, i - 1]
    up, down, right, row = u[i + 1], u[i - 1], b[i], u[i]
    for j in range(1, nx + 1):
        straight = n[j] * up[j] + south[j] * down[j]
        rising = ne[j] * up[j + 1] + sw[j - 1] * down[j - 1]
        falling = nw[j] * up[j - 1] + se[j + 1] * down[j + 1]
        row[j] = right[j] - (straight + (rising + falling))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _line_x(a: Any, u: Any, i: int) -> None:
    nx = u.shape[1] - 3
    l, d, x = a[LX, i], a[DX, i], u[i]
    s = u[0, 0]
    for j in range(1, nx + 1):
        s = x[j] - l[j] * s
        x[j] = s
    s = u[0, 0]
    for j in range(nx, 0, -1):
        s = x[j] * d[j] - l[j + 1] * s
        x[j] = s


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _four_lines_x(a: Any, u: Any, i: int) -> None:
    """Rows i, i + 2, i + 4, i + 6 together: one recurrence alone would wait for its own last result."""
    nx = u.shape[1] - 3
    la, da, xa = a[LX, i], a[DX, i], u[i]
    lb, db, xb = a[LX, i + 2], a[DX, i + 2], u[i + 2]
    lc, dc, xc = a[LX, i + 4], a[DX, i + 4], u[i + 4]
    ld, dd, xd = a[LX, i + 6], a[DX, i + 6], u[i + 6]
    p = q = r = s = u[0, 0]
    for j in range(1, nx + 1):
        p = xa[j] - la[j] * p
        q = xb[j] - lb[j] * q
        r = xc[j] - lc[j] * r
        s = xd[j] - ld[j] * s
        xa[j] = p
        xb[j] = q
        xc[j] = r
        xd[j] = s
    p = q = r = s = u[0, 0]
    for j in range(nx, 0, -1):
        p = xa[j] * da[j] - la[j + 1] * p
        q = xb[j] * db[j] - lb[j + 1] * q
        r = xc[j] * dc[j] - lc[j + 1] * r
        s = xd[j] * dd[j] - ld[j + 1] * s
        xa[j] = p
        xb[j] = q
        xc[j] = r
        xd[j] = s


@numba.njit(cache=True, nogil=True, error_model="numpy")
def lines_x(a: Any, b: Any, u: Any, parity: int, first: int, last: int) -> None:
    """Solve A u = b exactly on the rows of one parity between first and last, the other rows held."""
    i = first + (first + parity) % 2
    while i + 6 < last:
        for k in range(4):
            _right_x(a, b, u, i + 2 * k)
        _four_lines_x(a, u, i)
        i += 8
    while i < last:
        _right_x(a, b, u, i)
        _line_x(a, u, i)
        i += 2


@numba.njit(cache=True, nogil=True, error_model="numpy")
def lines_y(a: Any, b: Any, u: Any, parity: int, first: int, last: int) -> None:
    """The same on the columns of one parity between first and last; all of them advance together, row by row."""
    ny = u.shape[0] - 3
    start = first + (first + parity) % 2
    for i in range(1, ny + 1):
        e, ne, sw, nw, se = a[E, i], a[NE, i], a[NE, i - 1], a[NW, i], a[NW, i - 1]
        l, right, row, down, up = a[LY, i], b[i], u[i], u[i - 1], u[i + 1]
        for j in range(start, last, 2):
            straight = e[j] * row[j + 1] + e[j - 1] * row[j - 1]
            rising = ne[j] * up[j + 1] + sw[j - 1] * down[j - 1]
            falling = nw[j] * up[j - 1] + se[j + 1] * down[j + 1]
            row[j] = right[j] - (straight + (rising + falling)) - l[j] * down[j]
    for i in range(ny, 0, -1):
        l, d, row, up = a[LY, i + 1], a[DY, i], u[i], u[i + 1]
        for j in range(start, last, 2):
            row[j] = row[j] * d[j] - l[j] * up[j]
