"""Heights beyond the edge of a domain, as far as interpolation inside of it looks, by extrapolation from its nodes.

Layer by layer: a node next to known ones is the mean of the parabolas (or lines, or constants, where no direction has as many
known nodes) through the three nearest known nodes in each of the eight directions of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from geoflow.domains.outline import Integers
from geoflow.protocols import Array, Mask
from geoflow.solvers import memory

LAYERS = 3  # cubic interpolation looks two nodes beyond, and a node outside has to be reached along diagonals too
BEYOND = LAYERS + 1


@dataclass(frozen=True, eq=False)
class Extension:
    """Which nodes are filled in.

    Attributes
    ----------
    layer : (ny, nx)
        0 at known nodes, 1 … LAYERS at those that are filled in, one layer after the other; more at all others.
    nodes : (k,)
        The flat indices of these, layer by layer.
    """

    layer: np.ndarray
    nodes: Integers

    @classmethod
    def beyond(cls, known: Mask) -> Extension:
        """Around the known nodes of a grid, (ny, nx)."""
        layer = np.where(known, np.int8(0), np.int8(BEYOND))
        nodes = np.empty(known.size - np.count_nonzero(known), dtype=np.int64)
        return cls(layer, nodes[: _layers(layer, nodes)].copy())

    def __call__(self, u: Array) -> Array:
        """A copy of u : (ny, nx) with its layers filled in."""
        out = memory.copy(u)
        _fill(self.layer, self.nodes, out)
        return out


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _beside(layer: Any, i: int, j: int) -> bool:
    """Whether a node is beside a known one."""
    for y in range(max(i - 1, 0), min(i + 2, layer.shape[0])):
        for x in range(max(j - 1, 0), min(j + 2, layer.shape[1])):
            if layer[y, x] == 0:
                return True
    return False


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _layers(layer: Any, nodes: Any) -> int:
    """Number the layers around the nodes that are zero; how many nodes they have, which become the first ones of nodes."""
    ny, nx = layer.shape
    count = 0
    for i in range(ny):
        for j in range(nx):
            if layer[i, j] > 0 and _beside(layer, i, j):
                nodes[count] = i * nx + j
                count += 1
    first = 0
    for number in range(1, BEYOND):
        last = count
        for k in range(first, last):
            layer[nodes[k] // nx, nodes[k] % nx] = number
        for k in range(first, last if number < LAYERS else first):
            i, j = nodes[k] // nx, nodes[k] % nx
            for y in range(max(i - 1, 0), min(i + 2, ny)):
                for x in range(max(j - 1, 0), min(j + 2, nx)):
                    if layer[y, x] == BEYOND:
                        layer[y, x] = number + 1
                        nodes[count] = y * nx + x
                        count += 1
        first = last
    return count


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fill(layer: Any, nodes: Any, u: Any) -> None:
    """u at the nodes, from nodes of lower layers."""
    ny, nx = u.shape
    for node in nodes:
        i, j = node // nx, node % nx
        best, total, lines = 0, 0.0, 0
        for direction in range(9):
            di, dj, order = direction // 3 - 1, direction % 3 - 1, 0
            while order < 3 and (di != 0 or dj != 0):
                y, x = i + (order + 1) * di, j + (order + 1) * dj
                if not (0 <= y < ny and 0 <= x < nx and layer[y, x] < layer[i, j]):
                    break
                order += 1
            if order > best:
                best, total, lines = order, 0.0, 0
            if order == best and order > 0:
                a = u[i + di, j + dj]
                b = u[i + 2 * di, j + 2 * dj] if order > 1 else 0.0
                c = u[i + 3 * di, j + 3 * dj] if order > 2 else 0.0
                total += a if order == 1 else 2.0 * a - b if order == 2 else 3.0 * (a - b) + c
                lines += 1
        u[i, j] = total / lines
