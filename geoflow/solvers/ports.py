"""Into the planes and vectors of a multigrid hierarchy, in the order of `rows`, and out of them again."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.solvers.kernels import kernel
from geoflow.solvers.rows import AT, BEGIN, EACH, END, HIGH, LOW, NODES, ODD, WEIGHTS_AT, run_of, weighed
from geoflow.solvers.sums import dot_of
from geoflow.solvers.transfer import OF_S, OF_W, split
from geoflow.solvers.zebra import C


@kernel
def load(c: Any, e: Any, n: Any, ne: Any, nw: Any, free: Any, scale: float, rows: Any, a: Any, first: int, last: int) -> None:
    """The first five planes from a stencil times scale in the `runs` of free nodes, and of the identity beside; framed rows."""
    ny, nx = c.shape
    row, couplings = np.zeros((5, nx + 4), a.dtype), (e, n, ne, nw)
    one, zero = a.dtype.type(1), a.dtype.type(0)
    row[0, nx + 1] = one  # a node of its own, where nx is odd
    for framed in range(first, last):
        i = framed - 1
        for run in range(0, rows.shape[1], EACH):
            begin, end = max(2 * rows[framed, run + BEGIN] - 2, 0), min(2 * rows[framed, run + END] - 2, nx)
            for plane in range(5):
                taken, nothing = row[plane, begin + 1 : end + 1], zero if plane else one
                for j in range(taken.shape[0]):
                    taken[j] = nothing
        for begin, end in free[i]:
            _put(c[i], scale, begin, end, row[0])
            for which in range(4):
                up, right = min(which, 1), (1, 0, 1, -1)[which]
                if i + up < ny and begin < end:
                    for low, high in free[i + up]:
                        _put(couplings[which][i], scale, max(begin, low - right), min(end, high - right), row[which + 1])
        for plane in range(5):
            split(row[plane], rows, framed, a[plane])


@kernel
def _put(given: Any, scale: float, begin: int, end: int, row: Any) -> None:
    """Columns begin ≤ j < end of a row, framed, times scale."""
    if begin < end:
        source, taken = given[begin:end], row[begin + 1 : end + 1]
        for j in range(taken.shape[0]):
            taken[j] = row.dtype.type(source[j] * scale)


@kernel
def clear(rows: Any, a: Any, b: Any, u: Any) -> None:
    """Nothing beside the runs of all rows: c = 1, all else zero."""
    one, zero = a.dtype.type(1), a.dtype.type(0)
    for i in range(len(rows)):
        for run in range(0, rows.shape[1], EACH):
            low, high = rows[i, run + LOW], rows[i, run + HIGH]
            while low < high:
                end, low_next = _gap(rows, i, low, high)
                for h in range(2):
                    at = rows[i, run + AT + h]
                    for k in range(at + low, at + end):
                        a[C, k], b[k], u[k] = one, zero, zero
                    for plane in range(C + 1, a.shape[0]):
                        for k in range(at + low, at + end):
                            a[plane, k] = zero
                low = low_next


@kernel
def clear_weights(rows: Any, coarse_rows: Any, p: Any) -> None:
    """No weights of nodes beside the runs of a fine grid's rows."""
    zero, count = p.dtype.type(0), len(rows)
    for i in range(len(coarse_rows)):
        stored = weighed(i, rows)
        for run in range(0, rows.shape[1], EACH):
            at = coarse_rows[i, run + WEIGHTS_AT]
            for fine, first, last in ((2 * i - 1, OF_W, OF_S), (2 * i, OF_S, p.shape[0])):
                low, high = rows[stored, run + LOW], rows[stored, run + HIGH]
                while low < high:
                    end, low_next = _gap(rows, fine if 0 < fine < count else 0, low, high)
                    for which in range(first, last):
                        for k in range(at + low, at + end):
                            p[which, k] = zero
                    low = low_next


@kernel
def _gap(rows: Any, i: int, low: int, high: int) -> tuple[int, int]:
    """Where the gap beside the runs of row i that begins at low ends, at the latest at high, and where the next one begins."""
    for run in range(0, rows.shape[1], EACH):
        begin, end = max(rows[i, run + BEGIN], low), min(rows[i, run + END], high)
        if begin < end:
            return begin, end
    return high, high


@kernel
def pack(a: Any, free: Any, rows: Any, v: Any, first: int, last: int) -> None:
    """A vector v from an array of nodes a, in the runs of free nodes."""
    for i in range(first, last):
        for begin, end in free[i]:
            if begin < end:
                at = rows[i + 1, run_of(rows[i + 1], begin) + NODES]
                given, taken = a[i, begin:end], v[at + begin : at + end]
                for k in range(taken.shape[0]):
                    taken[k] = given[k]


@kernel
def unpack(v: Any, free: Any, rows: Any, a: Any, first: int, last: int) -> None:
    """An array of nodes a from a vector v, in the runs of free nodes."""
    for i in range(first, last):
        for begin, end in free[i]:
            if begin < end:
                at = rows[i + 1, run_of(rows[i + 1], begin) + NODES]
                given, taken = v[at + begin : at + end], a[i, begin:end]
                for k in range(taken.shape[0]):
                    taken[k] = given[k]


@kernel
def enter(r: Any, scale: float, rows: Any, nx: int, b: Any, first: int, last: int) -> None:
    """b = scale · r of a vector r, framed rows."""
    for i in range(first, last):
        for run in range(0, rows.shape[1], EACH):
            begin, end = 2 * rows[i, run + BEGIN] - 2, min(2 * rows[i, run + END] - 2, nx)
            if begin >= end:
                break
            count, given = (end - begin) // 2, r[rows[i, run + NODES] + begin : rows[i, run + NODES] + end]
            even, odd = b[rows[i, run + AT] + begin // 2 + 1 :], b[rows[i, run + ODD] + begin // 2 + 1 :]
            for k in range(count):
                even[k] = given[2 * k] * scale
                odd[k] = given[2 * k + 1] * scale
            if 2 * count < end - begin:
                even[count] = given[2 * count] * scale


@kernel
def products(u: Any, scale: float, rows: Any, nx: int, r: Any, sums: Any, first: int, last: int) -> None:
    """sums[i]: the products of a vector r and scale · u in the runs of row i, added up eight at a time; framed rows."""
    z = np.zeros(nx)
    for i in range(first, last):
        total = 0.0
        for run in range(0, rows.shape[1], EACH):
            begin, end = 2 * rows[i, run + BEGIN] - 2, min(2 * rows[i, run + END] - 2, nx)
            if begin >= end:
                break
            count, taken = (end - begin) // 2, z[begin:end]
            even, odd = u[rows[i, run + AT] + begin // 2 + 1 :], u[rows[i, run + ODD] + begin // 2 + 1 :]
            for k in range(count):
                taken[2 * k] = even[k] * scale
                taken[2 * k + 1] = odd[k] * scale
            if 2 * count < end - begin:
                taken[2 * count] = even[count] * scale
            total += dot_of(r[rows[i, run + NODES] + begin :], taken, 0, end - begin)
        sums[i - 1] = total


@kernel
def leave(u: Any, scale: float, rows: Any, nx: int, factor: float, p: Any, first: int, last: int) -> None:
    """p = scale · u + factor · p of a vector p in the runs, framed rows; what p was does not matter to 0 · p."""
    for i in range(first, last):
        for run in range(0, rows.shape[1], EACH):
            begin, end = 2 * rows[i, run + BEGIN] - 2, min(2 * rows[i, run + END] - 2, nx)
            if begin >= end:
                break
            count, taken = (end - begin) // 2, p[rows[i, run + NODES] + begin : rows[i, run + NODES] + end]
            even, odd = u[rows[i, run + AT] + begin // 2 + 1 :], u[rows[i, run + ODD] + begin // 2 + 1 :]
            if factor == 0.0:
                for k in range(taken.shape[0]):
                    taken[k] = 0.0
            for k in range(count):
                taken[2 * k] = even[k] * scale + factor * taken[2 * k]
                taken[2 * k + 1] = odd[k] * scale + factor * taken[2 * k + 1]
            if 2 * count < end - begin:
                taken[2 * count] = even[count] * scale + factor * taken[2 * count]
