"""The rows of a multigrid hierarchy: where in memory they are, and between which columns their unknowns.

Arrays of nodes are split and framed. A row holds its even columns first and its odd columns after them, so that a colour of
columns, and the nodes that a coarser grid shares, lie side by side in memory: node (i, 2k) has the framed row i + 1, half 0 and
the split index k + 1, node (i, 2k + 1) half 1 and the same index. The frame is zero, so that no kernel asks where it is; an odd
column too many, where nx is odd, is a node of its own, with the equation 1 · u = 0. In half h the eastern neighbour of [h, k]
is [1 − h, k + h], and the western one [1 − h, k + h − 1].

Of a row no more is stored than there are unknowns near it, one row behind the other, without large holes: memory is read
without gaps, and half as many unknowns take half as long. rows : (ny + 3, EACH · runs) says of each framed row, for each of the
runs of its unknowns, from left to right,

    BEGIN, END    between which split indices it is; nowhere, begin = end, if the row has fewer runs than others
    LOW, HIGH     which split indices are stored because of it; none if one of the runs before it has them all stored
    AT, ODD       that [0, k] is entry AT + k of a plane, and [1, k] entry ODD + k, as far as they are stored
    WEIGHTS_AT    that column k of this row, of a coarse grid, is entry WEIGHTS_AT + k of a plane of weights, see `transfer`
    NODES         that column j of this row, of the finest grid, is entry NODES + j of a vector, see `vectors`

Whatever a kernel looks at for the sake of a run, in rows TOGETHER up or down and on the next grid too, it finds by the same
run's numbers there: where rows near each other have different runs, all is stored. Beside the runs nothing is coupled to
anything: kernels leave it alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from geoflow.solvers.kernels import kernel

BEGIN, END, LOW, HIGH, AT, ODD, WEIGHTS_AT, NODES, EACH = range(9)
TOGETHER = 8  # rows that a kernel may take side by side, over all of their runs
GAP = 16  # split indices between two runs that are not worth a loop of their own
MOST = 4  # runs of a row
SELDOM = 0.1  # of all nodes, that vectors may hold in vain before it is worth while to leave them out
BESIDE = 4  # split indices that kernels look beyond a run, on a finer grid than the one whose run it is


def finest(free: np.ndarray, columns: int) -> np.ndarray:
    """The rows of a grid with so many columns, whose free nodes are in these `runs`, (ny, k, 2)."""
    rows = np.zeros((len(free) + 3, EACH * MOST), dtype=np.int64)
    most = _read(free, rows)
    return np.ascontiguousarray(rows[:, : EACH * max(most, 1)])


def next_coarser(rows: np.ndarray, columns: int) -> np.ndarray:
    """The rows of the next coarser grid, which has so many columns: the nodes that these rows may take something from."""
    out = np.zeros(((len(rows) - 2) // 2 + 3, rows.shape[1]), dtype=np.int64)
    _coarsen(rows, columns, out)
    return out


@kernel
def _note(row: Any, begin: int, end: int) -> None:
    """Note a run to the right of those that a row has, or as part of the last one."""
    run = 0
    while run < row.shape[0] and row[run + BEGIN] < row[run + END]:
        run += EACH
    if run and (begin - row[run - EACH + END] < GAP or run == row.shape[0]):
        row[run - EACH + END] = max(end, row[run - EACH + END])
    else:
        row[run + BEGIN], row[run + END] = begin, end


@kernel
def _read(free: Any, rows: Any) -> int:
    """Note the runs of all rows, from those of a mask; the most that a row has."""
    most = 0
    for i in range(free.shape[0]):
        for r in range(free.shape[1]):
            if free[i, r, 0] < free[i, r, 1]:
                _note(rows[i + 1], free[i, r, 0] // 2 + 1, (free[i, r, 1] - 1) // 2 + 2)
        most = max(most, _count(rows, i + 1))
    return most


@kernel
def _coarsen(rows: Any, columns: int, out: Any) -> None:
    line = np.zeros((columns + 1) // 2 + 3, np.uint8)  # the last of which stays 0
    for i in range(1, out.shape[0] - 2):
        line[:] = 0
        for fine in range(2 * i - 2, 2 * i + 1):
            for run in range(0, rows.shape[1], EACH):
                begin, end = rows[fine, run + BEGIN], rows[fine, run + END]
                if begin < end:
                    line[(begin + 1) // 2 : min(end + 1, columns + 1) // 2 + 1] = 1
        begin = 0
        for k in range(1, line.shape[0]):
            if line[k] > line[k - 1]:
                begin = k
            elif line[k] < line[k - 1]:
                _note(out[i], begin, k)


@kernel
def placed(rows: Any, columns: int, finer: Any, coarser: Any) -> tuple[int, int]:
    """Say where everything is, on a grid of so many columns; the length of a plane, and of a plane of weights.

    finer and coarser: the rows of the next grids, the finer ones placed before; empty where there is none. Of the coarsest
    grid's rows all is stored.
    """
    size, weights, width = 0, 0, (columns + 1) // 2 + 2
    for i in range(rows.shape[0]):
        if len(coarser):
            _store(rows, i, width, coarser)
        else:
            rows[i, LOW], rows[i, HIGH] = 0, width
        for run in range(0, rows.shape[1], EACH):
            low, high = rows[i, run + LOW], rows[i, run + HIGH]
            if low < high or run == 0:
                rows[i, run + AT], rows[i, run + ODD] = size - low, size + (high - low) - low
                size += 2 * (high - low)
            else:
                rows[i, run + AT], rows[i, run + ODD] = rows[i, run - EACH + AT], rows[i, run - EACH + ODD]
        for run in range(0, rows.shape[1] if len(finer) else 0, EACH):
            low, high = finer[weighed(i, finer), run + LOW], finer[weighed(i, finer), run + HIGH]
            if low < high or run == 0:
                rows[i, run + WEIGHTS_AT] = weights - low
                weights += high - low
            else:
                rows[i, run + WEIGHTS_AT] = rows[i, run - EACH + WEIGHTS_AT]
    return size, weights


def vectors(rows: np.ndarray, columns: int, size: int) -> int:
    """Say where in a vector the nodes of the finest grid are; the length of a vector. size: that of a plane.

    A vector is the grid, row by row; or, where many of its nodes are far from all runs, what planes store of each row, where they
    store it, but in the order of columns, of which the split index k is 2k − 2 and 2k − 1. Beside the runs it is zero.
    """
    nodes = (len(rows) - 3) * columns
    apart = size < (1.0 - SELDOM) * nodes
    _lay(rows, columns, apart)
    return size if apart else nodes


@kernel
def _lay(rows: Any, columns: int, apart: bool) -> None:
    for i in range(rows.shape[0]):
        for run in range(0, rows.shape[1], EACH):
            if not apart:
                rows[i, run + NODES] = (i - 1) * columns
            elif rows[i, run + LOW] < rows[i, run + HIGH] or run == 0:
                rows[i, run + NODES] = rows[i, run + AT] - rows[i, run + LOW] + 2
            else:
                rows[i, run + NODES] = rows[i, run - EACH + NODES]


@lru_cache(maxsize=64)
def whole(ny: int, columns: int) -> np.ndarray:
    """The rows of a grid all of whose nodes are unknowns, as far as vectors need them. Not to be written on."""
    rows = np.zeros((ny + 3, EACH), dtype=np.int64)
    rows[:, BEGIN], rows[:, END] = 1, (columns - 1) // 2 + 2
    _lay(rows, columns, False)
    return rows


@kernel
def run_of(row: Any, j: int) -> int:
    """Where in a row the numbers of the run begin that column j is in."""
    run = 0
    while not row[run + BEGIN] <= j // 2 + 1 < row[run + END]:
        run += EACH
    return run


@kernel
def weighed(i: int, finer: Any) -> int:
    """Which row of the next finer grid says what is stored of the weights in row i."""
    return min(2 * i, finer.shape[0] - 1)


@kernel
def _count(rows: Any, i: int) -> int:
    """How many runs a row has."""
    count = 0
    for run in range(0, rows.shape[1], EACH):
        count += rows[i, run + BEGIN] < rows[i, run + END]
    return count


@kernel
def _store(rows: Any, i: int, width: int, coarser: Any) -> None:
    """Say which split indices of row i are stored: those near the runs of all rows around it."""
    first, last, count, apart = max(i - TOGETHER, 0), min(i + TOGETHER + 1, rows.shape[0]), _count(rows, i), True
    for run in range(0, rows.shape[1], EACH):
        low, high = width, 0
        for near in range(first, last):
            if rows[near, run + BEGIN] < rows[near, run + END]:
                low, high = min(low, rows[near, run + BEGIN]), max(high, rows[near, run + END])
        low, high = (max(low - BESIDE, 0), min(high + BESIDE, width)) if low < high else (0, 0)
        rows[i, run + LOW], rows[i, run + HIGH] = low, high
        apart = apart and (run == 0 or low >= high or low >= rows[i, run - EACH + HIGH])
    for near in range(first, last):
        apart = apart and _count(rows, near) == count
    for near in range(first // 2, min(last // 2 + 2, coarser.shape[0])):
        apart = apart and _count(coarser, near) == count
    for run in range(EACH, 0 if apart else rows.shape[1], EACH):
        if rows[i, run + LOW] < rows[i, run + HIGH]:
            if rows[i, LOW] >= rows[i, HIGH]:
                rows[i, LOW] = rows[i, run + LOW]
            rows[i, LOW], rows[i, HIGH] = min(rows[i, LOW], rows[i, run + LOW]), max(rows[i, HIGH], rows[i, run + HIGH])
            rows[i, run + LOW] = rows[i, run + HIGH] = 0


@kernel
def together(rows: Any, first: int, last: int, out: Any) -> None:
    """out : (runs, 2), the runs of the rows from first to last as one; a single one where they do not match."""
    matching = True
    for r in range(out.shape[0]):
        begin, end = 0, 0
        for i in range(first, last):
            run = EACH * r
            if rows[i, run + BEGIN] < rows[i, run + END]:
                begin = rows[i, run + BEGIN] if begin == end else min(begin, rows[i, run + BEGIN])
                end = max(end, rows[i, run + END])
        matching = matching and (r == 0 or begin == end or begin >= out[r - 1, 1])
        out[r, 0], out[r, 1] = begin, end
    if not matching:
        for r in range(1, out.shape[0]):
            if out[r, 0] < out[r, 1]:
                out[0, 0], out[0, 1] = min(out[0, 0], out[r, 0]), max(out[0, 1], out[r, 1])
            out[r, 0] = out[r, 1] = 0
