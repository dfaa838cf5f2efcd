"""Some unknowns of a nine-point stencil, solved for while all others are held: conjugate gradients on a list of them.

For thin sets, whose matrices are so well conditioned that the diagonal is preconditioner enough. One thread does it, in the
order of the list.
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
    """k unknowns of an array (ny, nx), none of them on its edge.

    Attributes
    ----------
    nodes : (k,)
        Their flat indices.
    beside : (k, 8)
        The places in this list of the neighbours of each: east, west, north, south, north-east, south-west, north-west,
        south-east; k where one is not in it.
    """

    nodes: np.ndarray
    beside: np.ndarray

    @classmethod
    def of(cls, nodes: np.ndarray, shape: tuple[int, int]) -> Patch:
        """The patch of some nodes, flat indices (k,) in any order."""
        nx, nodes = shape[1], np.sort(nodes)
        place = np.full(shape[0] * nx, len(nodes), dtype=np.int32)
        place[nodes] = np.arange(len(nodes), dtype=np.int32)
        return cls(nodes, place[nodes[:, None] + np.array([1, -1, nx, -nx, nx + 1, -nx - 1, nx - 1, 1 - nx])])

    def solve(self, matrix: Stencil, b: Array, fixed: Mask | None, rtol: float) -> Array | None:
        """x, (k,), with A x = b on the patch, to ‖A x − b‖₂ ≤ rtol ‖b‖₂; b : (ny, nx), zero where fixed, as is x.

        None where A turns out not to be positive definite, or does not let itself be solved with.
        """
        entries, x = np.empty((len(self.nodes), 9)), np.zeros(len(self.nodes))
        held = np.zeros(b.shape, dtype=bool) if fixed is None else fixed
        c, e, n, ne, nw = (a.reshape(-1) for a in matrix.arrays)
        _entries(c, e, n, ne, nw, held.reshape(-1), self.nodes, b.shape[1], entries)
        return x if _solve(entries, self.beside, b.reshape(-1)[self.nodes], rtol, x) else None

    def moved(self, u: Array, factor: float, x: Array) -> Array:
        """A copy of u : (ny, nx) with factor · x, x : (k,), added on the patch."""
        out = u.copy()
        out.reshape(-1)[self.nodes] += factor * x
        return out


@kernel
def _entries(c: Any, e: Any, n: Any, ne: Any, nw: Any, fixed: Any, nodes: Any, nx: int, entries: Any) -> None:
    """The rows of a stencil at the nodes, each entry beside its neighbour in `Patch.beside`; of a fixed one, the identity's."""
    for k in range(len(nodes)):
        m, row = nodes[k], entries[k]
        if fixed[m]:
            row[:] = 0.0
            row[8] = 1.0
            continue
        row[0], row[1], row[2], row[3] = e[m], e[m - 1], n[m], n[m - nx]
        row[4], row[5], row[6], row[7], row[8] = ne[m], ne[m - nx - 1], nw[m], nw[m - nx + 1], c[m]


@kernel
def _solve(entries: Any, beside: Any, b: Any, rtol: float, x: Any) -> bool:
    """Conjugate gradients from zero with the diagonal as preconditioner; whether they came to their end."""
    size = len(b)
    p, q, r = np.zeros(size + 1), np.empty(size), b.copy()  # p has a zero for the neighbours that are not there
    rho, start = np.inf, np.sqrt(np.sum(b * b))
    for _ in range(MOST):
        if np.sqrt(np.sum(r * r)) <= rtol * start:
            return True
        before, rho = rho, 0.0
        for k in range(size):
            rho += r[k] * r[k] / entries[k, 8]
        curvature = 0.0
        for k in range(size):
            p[k] = r[k] / entries[k, 8] + rho / before * p[k]
        for k in range(size):
            row, near = entries[k], beside[k]
            s = row[8] * p[k]
            for m in range(8):
                s += row[m] * p[near[m]]
            q[k] = s
            curvature += s * p[k]
        if not (rho > 0.0 and curvature > 0.0):
            return False
        for k in range(size):
            x[k] += rho / curvature * p[k]
            r[k] -= rho / curvature * q[k]
    return False
