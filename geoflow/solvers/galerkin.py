"""The Galerkin operator Pᵀ A P of a coarse grid, which has nine points again; P is that of `transfer`.

What is done with many planes is done by one loop for all of them, see the tables: each loop is compiled once, and touches few
arrays, see `zebra`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.solvers.kernels import kernel
from geoflow.solvers.rows import AT, BEGIN, EACH, END, WEIGHTS_AT
from geoflow.solvers.transfer import OF_E, OF_N, OF_NE, OF_NW, OF_S, OF_SE, OF_SW, OF_W, split
from geoflow.solvers.zebra import NE, NW, C, E, N

ONE = 4
WEIGHTS = np.array(  # which plane of P, and of how many rows up and columns to the east; ONE, the fifth, is 1 everywhere
    [
        *((OF_NE, -1, -1), (OF_N, -1, 0), (OF_NW, -1, 0), (OF_E, 0, -1), (-1, 0, 0), (OF_W, 0, 0), (OF_SE, 0, -1), (OF_S, 0, 0)),
        *((OF_SW, 0, 0), (OF_NE, -1, 0), (OF_E, 0, 0), (OF_SE, 0, 0), (OF_N, -1, 1), (OF_S, 0, 1), (OF_NE, 0, -1), (OF_N, 0, 0)),
        *((OF_NW, 0, 0), (OF_E, 1, -1), (OF_W, 1, 0), (OF_NE, 0, 0), (OF_N, 0, 1), (OF_E, 1, 0), (OF_NW, 0, -1), (OF_N, 0, -1)),
        (OF_W, 1, -1),
    ]
)
COUPLINGS = np.array(  # of a node with the nine around it: the plane, and of how many rows up and columns to the east
    [
        *((NE, -1, -1), (N, -1, 0), (NW, -1, 1)),
        *((E, 0, -1), (C, 0, 0), (E, 0, 0)),
        *((NW, 0, 0), (N, 0, 0), (NE, 0, 0)),
    ]
)
SUMS = np.array(  # into which plane what is added: pairs t · w, a pair of −1 being nothing; the first sum of a plane sets it
    [
        *((C, 6, 0, 7, 1, 8, 2, -1, -1), (C, 11, 3, 12, ONE, 13, 5, -1, -1), (C, 16, 6, 17, 7, 18, 8, -1, -1)),
        *((E, 14, ONE, 8, 9, 13, 10, 18, 11), (E, 9, 12, 19, 13, -1, -1, -1, -1)),
        *((N, 22, ONE, 16, 14, 17, 15, 18, 16), (N, 21, 17, 23, 18, -1, -1, -1, -1)),
        *((NE, 24, ONE, 18, 19, 19, 20, 23, 21), (NW, 20, ONE, 16, 22, 15, 23, 21, 24)),
    ]
)


@kernel
def _add(f: Any, g: Any, out: Any, first: int, last: int) -> None:
    """out[k] += f[k] · g[k − first]."""
    factor, taken = f[first:last], out[first:last]
    for k in range(taken.shape[0]):
        taken[k] += factor[k] * g[k]


@kernel
def _gather(a: Any, rows: Any, i: int, run: int, w: Any, t: Any, di: int, first: int, last: int) -> None:
    """t += the rows of A of three fine nodes beside each other in fine row i, each by its weight; coarse columns first to last.

    w: (3, mx + 2), the weights of the nodes to the left, in the middle and to the right; t: (25, mx + 2).
    """
    for dj in range(3):
        for m in range(COUPLINGS.shape[0]):
            column = dj - 1 + COUPLINGS[m, 2]  # of the node that keeps the coupling, from fine column 2k on
            at = rows[i + COUPLINGS[m, 1], run + AT + (column & 1)] + first + (column >> 1)
            _add(w[dj], a[COUPLINGS[m, 0], at:], t[5 * (di + m // 3) + dj + m % 3], first, last)


@kernel
def galerkin(a: Any, rows: Any, p: Any, coarse_rows: Any, mx: int, coarse: Any, first: int, last: int) -> None:
    """The first five planes of Pᵀ A P, for framed coarse rows from first to last; mx: the coarse columns."""
    one, zero = a.dtype.type(1), a.dtype.type(0)
    t = np.zeros((25, mx + 2), a.dtype)  # for each coarse node its row of Pᵀ A, on the 5 × 5 fine nodes around it
    w = np.zeros((WEIGHTS.shape[0], mx + 2), a.dtype)  # and of P its column, and what else is needed
    out = np.zeros((5, mx + 4), a.dtype)
    for k in range(w.shape[1]):
        w[ONE, k] = one
    for i in range(first, last):
        for run in range(0, rows.shape[1], EACH):
            if coarse_rows[i, run + BEGIN] >= coarse_rows[i, run + END]:
                continue
            begin, end = 2 * coarse_rows[i, run + BEGIN] - 1, min(2 * coarse_rows[i, run + END] - 1, mx + 1)
            for m in range(WEIGHTS.shape[0]):
                if m != ONE:
                    at = coarse_rows[i + WEIGHTS[m, 1], run + WEIGHTS_AT] + begin + WEIGHTS[m, 2]
                    given, taken = p[WEIGHTS[m, 0], at:], w[m, begin:end]
                    for k in range(taken.shape[0]):
                        taken[k] = given[k]
            for m in range(t.shape[0]):
                taken = t[m, begin:end]
                for k in range(taken.shape[0]):
                    taken[k] = zero
            for di in range(1 if i == 1 else 0, 3):  # framed row 0 has no nodes
                _gather(a, rows, 2 * i - 2 + di, run, w[3 * di : 3 * di + 3], t, di, begin, end)
            before = -1
            for m in range(SUMS.shape[0]):
                taken = out[SUMS[m, 0], begin:end]
                _sum(t, w, SUMS[m], begin, taken, SUMS[m, 0] == before)
                before = SUMS[m, 0]
            centre = out[C, begin:end]
            for k in range(centre.shape[0]):
                centre[k] = centre[k] if centre[k] > zero else one
        out[C, mx + 1] = one  # a node of its own, where the coarse columns are odd in number
        for plane in range(5):
            split(out[plane], coarse_rows, i, coarse[plane])


@kernel
def _sum(t: Any, w: Any, pairs: Any, begin: int, out: Any, more: bool) -> None:
    """out = the products of two to four pairs, or out + that if there is more in it."""
    zero = out.dtype.type(0)
    a, b, c, d = t[pairs[1], begin:], w[pairs[2], begin:], t[pairs[3], begin:], w[pairs[4], begin:]
    if pairs[5] < 0:
        for k in range(out.shape[0]):
            out[k] = (out[k] if more else zero) + (a[k] * b[k] + c[k] * d[k])
        return
    e, f = t[pairs[5], begin:], w[pairs[6], begin:]
    if pairs[7] < 0:
        for k in range(out.shape[0]):
            out[k] = (out[k] if more else zero) + ((a[k] * b[k] + c[k] * d[k]) + e[k] * f[k])
        return
    g, h = t[pairs[7], begin:], w[pairs[8], begin:]
    for k in range(out.shape[0]):
        out[k] = (a[k] * b[k] + c[k] * d[k]) + (e[k] * f[k] + g[k] * h[k])
