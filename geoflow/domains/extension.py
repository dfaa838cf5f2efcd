"""Heights beyond the edge of a domain, as far as interpolation inside of it looks, by extrapolation from its nodes.

Layer by layer: a node next to known ones is the mean of the parabolas (or lines, or constants, where no direction has as many
known nodes) through the three nearest known nodes in each of the eight directions of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.domains.outline import Integers
from geoflow.protocols import Array, Mask

LAYERS = 3  # cubic interpolation looks two nodes beyond, and a node outside has to be reached along diagonals too
DIRECTIONS = tuple((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j)
WEIGHTS = np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (2.0, -1.0, 0.0), (3.0, -3.0, 1.0)])


@dataclass(frozen=True, eq=False)
class Extension:
    """For each layer: the flat indices of its nodes (k,), and of the nodes they come from, with weights, (k, 24) each."""

    layers: tuple[tuple[Integers, Integers, Array], ...]

    @classmethod
    def beyond(cls, known: Mask) -> Extension:
        """Around the known nodes of a grid, (ny, nx)."""
        known, layers = np.pad(known, LAYERS), []
        width = known.shape[1]
        for _ in range(LAYERS):
            near = np.zeros_like(known)
            for i, j in DIRECTIONS:
                near[1:-1, 1:-1] |= known[1 + i : known.shape[0] - 1 + i, 1 + j : width - 1 + j]
            near[:LAYERS] = near[-LAYERS:] = near[:, :LAYERS] = near[:, -LAYERS:] = False
            target = np.flatnonzero(near & ~known)
            sources = target[:, None, None] + np.array([[k * (i * width + j) for k in (1, 2, 3)] for i, j in DIRECTIONS])
            order = np.sum(np.cumprod(known.ravel()[sources], axis=2), axis=2)
            best = order == np.max(order, axis=1, keepdims=True)
            weights = np.where(best[:, :, None], WEIGHTS[order], 0.0) / np.sum(best, axis=1)[:, None, None]
            row, column = np.divmod(np.where(weights != 0.0, sources, target[:, None, None]), width)
            flat = (row - LAYERS) * (width - 2 * LAYERS) + column - LAYERS
            at = (target // width - LAYERS) * (width - 2 * LAYERS) + target % width - LAYERS
            layers.append((at, flat.reshape(len(at), 24), weights.reshape(len(at), 24)))
            known = known | near
        return cls(tuple(layers))

    def __call__(self, u: Array) -> Array:
        """A copy of u : (ny, nx) with its layers filled in."""
        out = u.copy()
        flat = out.reshape(-1)
        for target, sources, weights in self.layers:
            flat[target] = np.sum(weights * flat[sources], axis=1)
        return out
