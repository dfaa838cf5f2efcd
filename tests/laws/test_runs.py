"""Runs say of every mask what it says itself."""

from __future__ import annotations

import numpy as np
import pytest

from geoflow.solvers.runs import clear, full, runs


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
