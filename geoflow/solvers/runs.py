"""Runs: where the true entries of a mask are, row by row, so that kernels pass over the others without looking at them.

An array (rows, k, 2): in row i the entries begin ≤ j < end of runs[i, 0], runs[i, 1] …, from left to right; a row that has
fewer than k runs has empty ones after them, at its end.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from geoflow.protocols import Mask
from geoflow.solvers.kernels import kernel


def runs(mask: Mask) -> np.ndarray:
    """The runs of a mask (rows, columns)."""
    out = np.empty((len(mask), max(_most(mask), 1), 2), dtype=np.int64)
    _fill(mask, out)
    return out


@lru_cache(maxsize=64)
def full(rows: int, columns: int) -> np.ndarray:
    """The runs of a mask that is true everywhere. Not to be written on."""
    out = np.empty((rows, 1, 2), dtype=np.int64)
    out[:] = 0, columns
    return out


@kernel
def _most(mask: Any) -> int:
    """How many runs a row has at most."""
    most = 0
    for i in range(mask.shape[0]):
        row, count, before = mask[i], 0, False
        for j in range(row.shape[0]):
            count += row[j] and not before
            before = row[j]
        most = max(most, count)
    return most


@kernel
def _fill(mask: Any, out: Any) -> None:
    for i in range(mask.shape[0]):
        row, count, before = mask[i], 0, False
        out[i] = mask.shape[1]
        for j in range(row.shape[0]):
            if row[j] != before:
                out[i, count, 1 if before else 0] = j
                count += before
                before = row[j]


@kernel
def beside(runs: Any, a: Any, value: float) -> None:
    """Write a value on a : (rows, columns) between the runs of all rows."""
    for i in range(a.shape[0]):
        _between(runs[i], a[i], value)


@kernel
def clear(runs: Any, row: Any) -> None:
    """Zero what is between the runs of a row."""
    _between(runs, row, 0.0)


@kernel
def _between(runs: Any, row: Any, value: float) -> None:
    before = 0
    for r in range(runs.shape[0] + 1):
        gap = row[before : runs[r, 0] if r < runs.shape[0] else row.shape[0]]
        for j in range(gap.shape[0]):  # which the compiler knows; it does not know of gap[:] = value
            gap[j] = value
        before = runs[r, 1] if r < runs.shape[0] else before
