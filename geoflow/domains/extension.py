"""Heights beyond the edge of a domain, as far as interpolation inside of it looks, by extrapolation from its nodes.

Layer by layer: a node next to known ones is the mean of the parabolas (or lines, or constants, where no direction has as many
known nodes) through the three nearest known nodes in each of the eight directions of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geoflow.domains.layers import layers
from geoflow.domains.outline import Integers
from geoflow.protocols import Array, Mask
from geoflow.solvers import memory
from geoflow.solvers.kernels import kernel

LAYERS = 3  # cubic interpolation looks two nodes beyond, and a node outside has to be reached along diagonals too


@dataclass(frozen=True, eq=False)
class Extension:
    """Which nodes are filled in.

    Attributes
    ----------
    layer : (ny, nx)
        Of each node: see `layers`.
    nodes : (k,)
        The flat indices of those that are filled in, layer by layer.
    """

    layer: np.ndarray
    nodes: Integers

    @classmethod
    def beyond(cls, known: Mask) -> Extension:
        """Around the known nodes of a grid, (ny, nx)."""
        return cls(*layers(known, LAYERS))

    def __call__(self, u: Array) -> Array:
        """A copy of u : (ny, nx) with its layers filled in."""
        out = memory.copy(u)
        _fill(self.layer, self.nodes, out)
        return out


@kernel
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
