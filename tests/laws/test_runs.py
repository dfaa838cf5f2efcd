"""Runs say of every mask what it says itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from geoflow.solvers.runs import clear, common, complement, forget, full, grown, runs, spread


def _mask(found: np.ndarray, columns: int) -> np.ndarray:
    """The mask that runs stand for."""
    out = np.zeros((len(found), columns), dtype=bool)
    for i, row in enumerate(found):
        for begin, end in row:
            out[i, begin:end] = True
    return out


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_runs_are_the_mask_and_clear_is_the_rest(share):
    rng = np.random.default_rng(1)
    for shape in ((1, 1), (7, 1), (1, 9), (12, 33)):
        mask = rng.random(shape) < share
        found = runs(mask)
        assert np.array_equal(_mask(found, shape[1]), mask)
        assert np.all(found[:, 1:, 0] >= found[:, :-1, 1])  # from left to right
        rows = rng.random(shape) + 1.0
        left = rows.copy()
        for i in range(len(rows)):
            clear(found[i], left[i])
        assert np.array_equal(left, np.where(mask, rows, 0.0))


def test_a_full_mask_has_one_run_a_row():
    assert np.array_equal(full(5, 8), runs(np.ones((5, 8), dtype=bool)))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_sets_of_runs_are_those_of_masks(share):
    """Word for word: runs that touch are one, and rows that have fewer have empty ones at their end."""
    rng = np.random.default_rng(2)
    for shape in ((1, 1), (7, 1), (1, 9), (12, 33), (9, 16)):
        one, other = rng.random(shape) < share, rng.random(shape) < 0.5
        found, columns = runs(one), shape[1]
        assert np.array_equal(complement(found, columns), runs(~one))
        assert np.array_equal(_mask(common(found, runs(other), columns), columns), one & other)
        assert np.array_equal(grown(found, shape, 2), runs(maximum_filter(one, 5, mode="constant")))
        # The nodes that have one of these cells, and the cells that have one of these nodes.
        nodes, cells = np.zeros((shape[0] + 1, columns + 1), dtype=bool), np.zeros((shape[0] - 1, columns - 1), dtype=bool)
        for i in (0, 1):
            for j in (0, 1):
                nodes[i : i + shape[0], j : j + columns] |= one
                cells |= one[i : shape[0] - 1 + i, j : columns - 1 + j]
        assert np.array_equal(spread(found, nodes.shape, below=1, right=1), runs(nodes))
        if cells.size:
            assert np.array_equal(spread(found, cells.shape, above=1, left=1), runs(cells))


def test_buffers_forget_what_two_rows_before_left_there():
    rng = np.random.default_rng(3)
    mask = rng.random((40, 50)) < 0.5
    found, buffer = runs(mask), np.zeros((2, 50))
    for i in range(len(mask)):
        buffer[i % 2, mask[i]] = i + 1.0
        forget(found, i, buffer[i % 2])
        assert np.array_equal(buffer[i % 2], np.where(mask[i], i + 1.0, 0.0))
