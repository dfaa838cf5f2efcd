"""Some unknowns of a nine-point stencil, solved for while all others are held: conjugate gradients on a list of them.

For thin sets, whose matrices are so well conditioned that the diagonal is preconditioner enough: S A S is solved with,
S² = 1 / c, which has ones on its diagonal. One thread does it, in the order of the list. Unknowns that are neighbours in a row
are a piece; the list has their neighbours as well, whose entries stay zero, so that those of a piece in its own row and in the
ones below and above it are beside each other, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from geoflow.protocols import Array, Mask
from geoflow.solvers.kernels import kernel
from geoflow.solvers.runs import grown
from geoflow.solvers.stencil import Stencil
from geoflow.solvers.sums import dot_of

MOST = 200


@dataclass(frozen=True, eq=False)
class Patch:
    """Unknowns of an array (ny, nx), none of them on its edge.

    Attributes
    ----------
    around : (ny, k, 2)
        The `runs` of the unknowns and of their neighbours.
    nodes : (k,)
        The flat indices of these, increasing.
    pieces : (m, 4)
        Where in this list the neighbour before a piece is, and those below and above that one; and the length of the piece.
    """

    around: np.ndarray
    nodes: np.ndarray
    pieces: np.ndarray

    @classmethod
    def of(cls, unknowns: np.ndarray, shape: tuple[int, int]) -> Patch:
        """The patch of the unknowns in these `runs`, (ny, k, 2), of an array of this shape."""
        around = grown(unknowns, shape, 1)
        nodes = np.empty(int(np.sum(around[..., 1] - around[..., 0])), dtype=np.int64)
        pieces = np.empty((np.count_nonzero(unknowns[..., 0] < unknowns[..., 1]), 4), dtype=np.uintp)
        _list(around, unknowns, shape[1], nodes, pieces)
        return cls(around, nodes, pieces)

    def move(self, u: Array, matrix: Stencil, b: Array, fixed: Mask | None, rtol: float) -> None:
        """Subtract x from u : (ny, nx) on the patch, A x = b there, to ‖A x − b‖ ≤ rtol ‖b‖, ‖r‖² = Σ r² / c, and 0 where fixed.

        Of A and b, (ny, nx), only what is on the patch and around it is looked at. u stays as it is where A turns out not to be
        positive definite, or does not let itself be solved with.
        """
        size = len(self.nodes)
        taken, scaled, scale, x = np.empty((6, size)), np.zeros((4, size)), np.zeros(size), np.zeros(size)
        for given, row in zip((*matrix.arrays, b), taken, strict=True):
            _take(given, self.around, row)
        free = np.ones(size, dtype=bool) if fixed is None else ~fixed.reshape(-1)[self.nodes]
        if _scale(*taken[:5], free, self.pieces, scale, *scaled) and _solve(*scaled, scale * taken[5], self.pieces, rtol, x):
            _subtract(scale * x, self.nodes, u.reshape(-1))


@kernel
def _list(around: Any, unknowns: Any, nx: int, nodes: Any, pieces: Any) -> None:
    """List the nodes in runs, and the pieces of the unknowns."""
    places, count = np.empty(around.shape[:2], np.int64), 0  # of each run in the list
    for i in range(around.shape[0]):
        for r in range(around.shape[1]):
            places[i, r] = count
            for j in range(around[i, r, 0], around[i, r, 1]):
                nodes[count] = i * nx + j
                count += 1
    piece = 0
    for i in range(unknowns.shape[0]):
        for begin, end in unknowns[i]:
            if begin < end:
                for k in range(3):
                    row, r = i + (0, -1, 1)[k], 0
                    while around[row, r, 1] < begin:
                        r += 1
                    pieces[piece, k] = places[row, r] + (begin - 1 - around[row, r, 0])
                pieces[piece, 3] = end - begin
                piece += 1


@kernel
def _take(a: Any, around: Any, taken: Any) -> None:
    count = 0
    for i in range(around.shape[0]):
        for begin, end in around[i]:
            given, row = a[i, begin:end], taken[count:]
            for j in range(given.shape[0]):
                row[j] = given[j]
            count += given.shape[0]


@kernel
def _subtract(x: Any, nodes: Any, u: Any) -> None:
    for k in range(nodes.shape[0]):
        u[nodes[k]] -= x[k]


@kernel
def _scale(
    c: Any, e: Any, n: Any, ne: Any, nw: Any, free: Any, pieces: Any, scale: Any, e_to: Any, n_to: Any, ne_to: Any, nw_to: Any
) -> bool:
    """scale = 1 / √c at the unknowns that are free, else 0, and the couplings of S A S; whether c > 0 there."""
    one = np.uintp(1)  # unsigned numbers alone are no places counted from the end
    for m in range(pieces.shape[0]):
        for j in range(pieces[m, 3]):
            k = pieces[m, 0] + j + one
            if free[k]:
                if not c[k] > 0.0:
                    return False
                scale[k] = 1.0 / sqrt(c[k])
    for m in range(pieces.shape[0]):
        for j in range(pieces[m, 3]):
            k, north = pieces[m, 0] + j + one, pieces[m, 2] + j + one
            e_to[k], n_to[k] = e[k] * scale[k] * scale[k + one], n[k] * scale[k] * scale[north]
            ne_to[k], nw_to[k] = ne[k] * scale[k] * scale[north + one], nw[k] * scale[k] * scale[north - one]
    return True


@kernel
def _times(e: Any, n: Any, ne: Any, nw: Any, p: Any, pieces: Any, q: Any) -> None:
    """q = A p on all pieces, for A with ones on its diagonal."""
    one = np.uintp(1)
    for m in range(pieces.shape[0]):
        before, below, above, length = pieces[m, 0], pieces[m, 1], pieces[m, 2], pieces[m, 3]
        for j in range(length):
            w, sw, nw_ = before + j, below + j, above + j
            k, south, north = w + one, sw + one, nw_ + one
            straight = (e[k] * p[k + one] + e[w] * p[w]) + (n[k] * p[north] + n[south] * p[south])
            rising = ne[k] * p[north + one] + ne[sw] * p[sw]
            falling = nw[k] * p[nw_] + nw[south + one] * p[south + one]
            q[k] = p[k] + (straight + (rising + falling))


@kernel
def _solve(e: Any, n: Any, ne: Any, nw: Any, r: Any, pieces: Any, rtol: float, x: Any) -> bool:
    """Conjugate gradients from zero, r the right-hand side; whether they came to their end."""
    size = len(r)
    p, q, rho, before = np.zeros(size), np.zeros(size), dot_of(r, r, 0, size), np.inf
    enough = rtol * rtol * rho
    for _ in range(MOST):
        if rho <= enough:
            return True
        for k in range(size):
            p[k] = r[k] + rho / before * p[k]
        _times(e, n, ne, nw, p, pieces, q)
        curvature = dot_of(p, q, 0, size)
        if not (rho > 0.0 and curvature > 0.0):
            return False
        along = rho / curvature
        for k in range(size):
            x[k] += along * p[k]
            r[k] -= along * q[k]
        before, rho = rho, dot_of(r, r, 0, size)
    return False
