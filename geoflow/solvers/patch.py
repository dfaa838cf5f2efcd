"""Some unknowns of a nine-point stencil, solved for while all others are held: conjugate gradients on a list of them.

For thin sets, whose matrices are so well conditioned that the diagonal is preconditioner enough. One thread does it, in the
order of the list. Unknowns that are neighbours in a row are a piece; the list has their neighbours as well, whose entries
stay zero, so that those of a piece in its own row and in the ones below and above it are beside each other, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geoflow.protocols import Array, Mask
from geoflow.solvers.kernels import kernel
from geoflow.solvers.stencil import Stencil

MOST = 200


@dataclass(frozen=True, eq=False)
class Patch:
    """Unknowns of an array (ny, nx), none of them on its edge.

    Attributes
    ----------
    around : (ny, nx)
        True at the unknowns and at their neighbours.
    nodes : (k,)
        The flat indices of these, increasing.
    pieces : (m, 4)
        Where in this list the neighbour before a piece is, and those below and above that one; and the length of the piece.
    """

    around: Mask
    nodes: np.ndarray
    pieces: np.ndarray

    @classmethod
    def of(cls, mask: Mask) -> Patch:
        """The patch of a mask (ny, nx)."""
        nx, beside = mask.shape[1], mask.copy()
        beside[:, 1:] |= mask[:, :-1]
        beside[:, :-1] |= mask[:, 1:]
        around = beside.copy()
        around[1:] |= beside[:-1]
        around[:-1] |= beside[1:]
        nodes, flat = np.flatnonzero(around), mask.reshape(-1)
        before, last = np.flatnonzero(flat[1:] > flat[:-1]), np.flatnonzero(flat[1:] < flat[:-1])
        places = [np.searchsorted(nodes, before + step) for step in (0, -nx, nx)]
        return cls(around, nodes, np.stack([*places, last - before], axis=1).astype(np.uintp))

    def move(self, u: Array, matrix: Stencil, b: Array, fixed: Mask | None, rtol: float) -> None:
        """Subtract x from u : (ny, nx) on the patch, A x = b there, to ‖A x − b‖₂ ≤ rtol ‖b‖₂, and 0 where fixed.

        Of A and b, (ny, nx), only what is on the patch and around it is looked at. u stays as it is where A turns out not to be
        positive definite, or does not let itself be solved with.
        """
        free = np.ones(len(self.nodes), dtype=bool) if fixed is None else ~fixed.reshape(-1)[self.nodes]
        listed, x = np.empty((6, len(self.nodes))), np.zeros(len(self.nodes))
        for given, taken in zip((*matrix.arrays, b), listed, strict=True):
            np.take(given.reshape(-1), self.nodes, out=taken, mode="clip")  # clip, which never has to, spares a copy
        if _solve(*listed, free, self.pieces, rtol, x):
            _subtract(x, self.nodes, u.reshape(-1))


@kernel
def _subtract(x: Any, nodes: Any, u: Any) -> None:
    for k in range(nodes.shape[0]):
        u[nodes[k]] -= x[k]


@kernel
def _times(c: Any, e: Any, n: Any, ne: Any, nw: Any, p: Any, free: Any, pieces: Any, q: Any) -> None:
    """q = A p on all pieces, zero where not free."""
    one = np.uintp(1)
    for m in range(pieces.shape[0]):
        for j in range(pieces[m, 3]):
            w, sw, nw_ = pieces[m, 0] + j, pieces[m, 1] + j, pieces[m, 2] + j
            k, south, north = w + one, sw + one, nw_ + one
            straight = (e[k] * p[k + one] + e[w] * p[w]) + (n[k] * p[north] + n[south] * p[south])
            rising = ne[k] * p[north + one] + ne[sw] * p[sw]
            falling = nw[k] * p[nw_] + nw[south + one] * p[south + one]
            q[k] = free[k] * (c[k] * p[k] + (straight + (rising + falling)))


@kernel
def _dot(a: Any, b: Any) -> float:
    """Σ a[j] b[j], in four partial sums."""
    s, t, u, v, whole = 0.0, 0.0, 0.0, 0.0, a.shape[0] // 4 * 4
    for j in range(0, whole, 4):
        s += a[j] * b[j]
        t += a[j + 1] * b[j + 1]
        u += a[j + 2] * b[j + 2]
        v += a[j + 3] * b[j + 3]
    for j in range(whole, a.shape[0]):
        s += a[j] * b[j]
    return (s + t) + (u + v)


@kernel
def _solve(c: Any, e: Any, n: Any, ne: Any, nw: Any, b: Any, free: Any, pieces: Any, rtol: float, x: Any) -> bool:
    """Conjugate gradients from zero with the diagonal as preconditioner; whether they came to their end."""
    size = len(b)
    p, q, r, z, scale = np.zeros(size), np.zeros(size), np.zeros(size), np.empty(size), np.zeros(size)
    one = np.uintp(1)  # unsigned numbers alone are no places counted from the end
    for m in range(pieces.shape[0]):
        for j in range(pieces[m, 3]):
            k = pieces[m, 0] + j + one
            if free[k]:
                r[k], scale[k] = b[k], 1.0 / c[k]
    rho, left = np.inf, _dot(r, r)
    enough = rtol * rtol * left
    for _ in range(MOST):
        if left <= enough:
            return True
        for k in range(size):
            z[k] = scale[k] * r[k]
        before, rho = rho, _dot(z, r)
        for k in range(size):
            p[k] = z[k] + rho / before * p[k]
        _times(c, e, n, ne, nw, p, free, pieces, q)
        curvature = _dot(p, q)
        if not (rho > 0.0 and curvature > 0.0):
            return False
        along = rho / curvature
        for k in range(size):
            x[k] += along * p[k]
            r[k] -= along * q[k]
        left = _dot(r, r)
    return False
