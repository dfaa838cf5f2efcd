"""Layers of nodes around a set of nodes: first those beside it, along rows, columns and diagonals, then those beside these …"""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.domains.outline import Integers
from geoflow.protocols import Mask
from geoflow.solvers.kernels import kernel


def layers(known: Mask, most: int) -> tuple[np.ndarray, Integers]:
    """The layers 1 … most around the known nodes of a grid, (ny, nx), and the flat indices of their nodes, layer by layer.

    The first array is 0 at known nodes, and most + 1 where no layer comes.
    """
    layer = np.multiply(~known, most + 1, dtype=np.int8)
    near = known.copy()
    near[:, 1:] |= known[:, :-1]
    near[:, :-1] |= known[:, 1:]
    beside = near & ~known
    beside[1:] |= near[:-1] & ~known[1:]
    beside[:-1] |= near[1:] & ~known[:-1]
    first = np.flatnonzero(beside)
    nodes = np.empty(known.size - np.count_nonzero(known), dtype=np.int64)
    nodes[: len(first)] = first
    return layer, nodes[: _number(layer, most, nodes, len(first))].copy()


@kernel
def _number(layer: Any, most: int, nodes: Any, count: int) -> int:
    """Number the layers, the first of which are so many nodes; how many nodes all have, which become the first ones of nodes."""
    ny, nx = layer.shape
    first = 0
    for number in range(1, most + 1):
        last = count
        for k in range(first, last):
            layer[nodes[k] // nx, nodes[k] % nx] = number
        for k in range(first, last if number < most else first):
            i, j = nodes[k] // nx, nodes[k] % nx
            for y in range(max(i - 1, 0), min(i + 2, ny)):
                for x in range(max(j - 1, 0), min(j + 2, nx)):
                    if layer[y, x] == most + 1:
                        layer[y, x] = number + 1
                        nodes[count] = y * nx + x
                        count += 1
        first = last
    return count
