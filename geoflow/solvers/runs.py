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
    framed = np.zeros((mask.shape[0], mask.shape[1] + 1), dtype=bool)  # a false entry after each row, which ends its last run
    framed[:, :-1] = mask
    flat = framed.reshape(-1)
    changes = np.flatnonzero(np.not_equal(flat[1:], flat[:-1])) + 1
    if flat[0]:
        changes = np.append(0, changes)
    row, column = np.divmod(changes.reshape(-1, 2), framed.shape[1])
    first = np.searchsorted(row[:, 0], np.arange(len(mask)))
    number = np.arange(len(row)) - first[row[:, 0]]
    out = np.full((len(mask), int(np.max(number, initial=0)) + 1, 2), mask.shape[1], dtype=np.int64)
    out[row[:, 0], number] = column
    return out


@lru_cache(maxsize=64)
def full(rows: int, columns: int) -> np.ndarray:
    """The runs of a mask that is true everywhere. Not to be written on."""
    out = np.empty((rows, 1, 2), dtype=np.int64)
    out[:] = 0, columns
    return out


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
