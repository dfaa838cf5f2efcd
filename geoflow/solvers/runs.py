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

SEVERAL = 4  # runs of a row that there is room for at first


def runs(mask: Mask) -> np.ndarray:
    """The runs of a mask (rows, columns)."""
    return _trimmed(_read, len(mask), np.ascontiguousarray(mask).view(np.int8))


def complement(runs: np.ndarray, columns: int) -> np.ndarray:
    """The runs of all other entries of rows with so many columns."""
    return _trimmed(_others, len(runs), runs, columns)


def common(one: np.ndarray, other: np.ndarray, columns: int) -> np.ndarray:
    """The runs of what is in both, of rows with so many columns."""
    return _trimmed(_both, len(one), one, other, columns)


def spread(runs: np.ndarray, shape: tuple[int, int], below: int = 0, above: int = 0, left: int = 0, right: int = 0) -> np.ndarray:
    """The runs of an array of this shape whose entry (i, j) is true if one of i − below … i + above, j − right … j + left is."""
    return _trimmed(_union, shape[0], runs, shape[1], below, above, left, right)


def grown(runs: np.ndarray, shape: tuple[int, int], by: int) -> np.ndarray:
    """The runs of an array of this shape with all that is so near, along rows, columns and diagonals."""
    for _ in range(by):
        runs = spread(runs, shape, 1, 1, 1, 1)
    return runs


def _trimmed(kernel: Any, rows: int, *arguments: Any) -> np.ndarray:
    """What a kernel notes, row by row: it says how many runs a row has at most, and notes as many as there is room for."""
    room = SEVERAL
    while True:
        out = np.empty((rows, room, 2), dtype=np.int64)
        most = kernel(*arguments, out)
        if most <= room:
            return np.ascontiguousarray(out[:, : max(most, 1)])
        room = most


@kernel
def _note(row: Any, count: int, begin: int, end: int) -> int:
    """Note a run of a row after those that it has, if it is one; how many it has then."""
    if begin < end:
        if count < row.shape[0]:
            row[count, 0], row[count, 1] = begin, end
        count += 1
    return count


@kernel
def _end(row: Any, count: int, columns: int, most: int) -> int:
    """Note that a row has no further runs; the most that any row has."""
    for r in range(count, row.shape[0]):
        row[r] = columns
    return max(most, count)


@kernel
def _read(mask: Any, out: Any) -> int:
    columns, most = mask.shape[1], 0
    words = np.zeros(columns // 8 + 1, np.uint64)  # eight entries each, most of which are like the one before
    row, same = words.view(np.int8), (np.uint64(0), np.uint64(0x0101010101010101))
    for i in range(mask.shape[0]):
        given = mask[i]
        for j in range(given.shape[0]):
            row[j] = given[j]
        count, begin, inside = 0, 0, 0
        for word in range(words.shape[0]):
            if words[word] == same[inside]:
                continue
            for j in range(8 * word, min(8 * word + 8, columns)):
                if row[j] != inside:
                    if inside:
                        count = _note(out[i], count, begin, j)
                    begin, inside = j, 1 - inside
        most = _end(out[i], _note(out[i], count, begin, columns) if inside else count, columns, most)
    return most


@kernel
def _others(runs: Any, columns: int, out: Any) -> int:
    most = 0
    for i in range(runs.shape[0]):
        count, before = 0, 0
        for r in range(runs.shape[1]):
            begin, end = runs[i, r]
            if begin < end:
                count, before = _note(out[i], count, before, begin), end
        most = _end(out[i], _note(out[i], count, before, columns), columns, most)
    return most


@kernel
def _both(one: Any, other: Any, columns: int, out: Any) -> int:
    most = 0
    for i in range(one.shape[0]):
        count = 0
        for r in range(one.shape[1]):
            for s in range(other.shape[1]):
                begin, end = max(one[i, r, 0], other[i, s, 0]), min(one[i, r, 1], other[i, s, 1])
                count = _note(out[i], count, begin, end)
        most = _end(out[i], count, columns, most)
    return most


@kernel
def _union(runs: Any, columns: int, below: int, above: int, left: int, right: int, out: Any) -> int:
    most, next_of = 0, np.zeros(below + above + 1, np.int64)
    for i in range(out.shape[0]):
        first, last, count, begin, end = max(i - below, 0), min(i + above + 1, runs.shape[0]), 0, 0, 0
        next_of[:] = 0
        while True:
            leftmost, at = columns + left, -1
            for k in range(first, last):  # the next run of each row, of all of them the leftmost one
                r = next_of[k - first]
                if r < runs.shape[1] and runs[k, r, 0] < runs[k, r, 1] and runs[k, r, 0] < leftmost:
                    leftmost, at = runs[k, r, 0], k
            if at < 0:
                break
            low, high = max(leftmost - left, 0), min(runs[at, next_of[at - first], 1] + right, columns)
            next_of[at - first] += 1
            if low > end or begin == end:
                count, begin, end = _note(out[i], count, begin, end), low, high
            else:
                end = max(end, high)
        most = _end(out[i], _note(out[i], count, begin, end), columns, most)
    return most


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
def forget(runs: Any, i: int, row: Any) -> None:
    """Zero what is in the runs of row i − 2, but not in those of row i: in a buffer that every other row takes its turn in."""
    for begin, end in runs[max(i - 2, 0)]:
        at = begin
        for r in range(runs.shape[1]):
            if runs[i, r, 1] > at and runs[i, r, 0] < end:
                for j in range(at, runs[i, r, 0]):
                    row[j] = 0.0
                at = runs[i, r, 1]
        for j in range(at, end):
            row[j] = 0.0


@kernel
def _between(runs: Any, row: Any, value: float) -> None:
    before = 0
    for r in range(runs.shape[0] + 1):
        gap = row[before : runs[r, 0] if r < runs.shape[0] else row.shape[0]]
        for j in range(gap.shape[0]):  # which the compiler knows; it does not know of gap[:] = value
            gap[j] = value
        before = runs[r, 1] if r < runs.shape[0] else before
