"""Into the planes of a multigrid hierarchy, in the order of `rows`, and out of them again."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from geoflow.solvers.rows import AT, BEGIN, EACH, END, HIGH, LOW, WEIGHTS_AT, weighed
from geoflow.solvers.transfer import OF_S, OF_W, split
from geoflow.solvers.zebra import C


@numba.njit(cache=True, nogil=True, error_model="numpy")
def load(c: Any, e: Any, n: Any, ne: Any, nw: Any, fixed: Any, scale: float, rows: Any, a: Any, first: int, last: int) -> None:
    """The first five planes from a stencil times scale, fixed rows and columns those of the identity; framed rows."""
    ny, nx = c.shape
    row = np.zeros((5, nx + 4), a.dtype)
    one, zero = a.dtype.type(1), a.dtype.type(0)
    row[0, nx + 1] = one  # a node of its own, where nx is odd
    for framed in range(first, last):
        i = framed - 1
        held, over = fixed[i], fixed[min(i + 1, ny - 1)]
        for run in range(0, rows.shape[1], EACH):
            begin, end = max(2 * rows[framed, run + BEGIN] - 2, 0), min(2 * rows[framed, run + END] - 2, nx)
            inner = min(end, nx - 1)
            for j in range(begin, end):
                row[0, j + 1] = one if held[j] else a.dtype.type(c[i, j] * scale)
            for j in range(begin, inner):
                row[1, j + 1] = zero if held[j] or held[j + 1] else a.dtype.type(e[i, j] * scale)
            if i + 1 < ny:
                for j in range(begin, end):
                    row[2, j + 1] = zero if held[j] or over[j] else a.dtype.type(n[i, j] * scale)
                for j in range(begin, inner):
                    row[3, j + 1] = zero if held[j] or over[j + 1] else a.dtype.type(ne[i, j] * scale)
                for j in range(max(begin, 1), end):
                    row[4, j + 1] = zero if held[j] or over[j - 1] else a.dtype.type(nw[i, j] * scale)
            else:
                for plane in range(2, 5):
                    for j in range(begin, end):
                        row[plane, j + 1] = zero
        for plane in range(5):
            split(row[plane], rows, framed, a[plane])


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gap(rows: Any, i: int, low: int, high: int) -> tuple[int, int]:
    """Where the gap beside the runs of row i that begins at low ends, at the latest at high, and where the next one begins."""
    for run in range(0, rows.shape[1], EACH):
        begin, end = max(rows[i, run + BEGIN], low), min(rows[i, run + END], high)
        if begin < end:
            return begin, end
    return high, high


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _set(row: Any, value: Any) -> None:
    for k in range(row.shape[0]):  # which the compiler knows; it does not know of row[:] = value
        row[k] = value


@numba.njit(cache=True, nogil=True, error_model="numpy")
def enter(r: Any, scale: float, rows: Any, b: Any, first: int, last: int) -> None:
    """b = scale · r, framed rows."""
    nx = r.shape[1]
    for i in range(first, last):
        given = r[i - 1]
        for run in range(0, rows.shape[1], EACH):
            for h in range(2):
                begin, end = rows[i, run + BEGIN], min(rows[i, run + END], (nx + 1 - h) // 2 + 1)
                if begin < end:
                    right, taken = b[rows[i, run + AT + h] + begin :], given[2 * begin - 2 + h :]
                    for k in range(end - begin):
                        right[k] = taken[2 * k] * scale


@numba.njit(cache=True, nogil=True, error_model="numpy")
def leave(u: Any, scale: float, rows: Any, r: Any, z: Any, sums: Any, first: int, last: int) -> None:
    """z = scale · u, and sums[i] the products r · z of row i, added up eight at a time; framed rows."""
    nx = z.shape[1]
    part = np.zeros(8)
    for i in range(first, last):
        out, right, before = z[i - 1], r[i - 1], 0
        for k in range(8):
            part[k] = 0.0
        for run in range(0, rows.shape[1], EACH):
            begin, end = min(max(2 * rows[i, run + BEGIN] - 2, before), nx), min(2 * rows[i, run + END] - 2, nx)
            if begin >= end:
                break
            for h in range(2):
                given, taken = u[rows[i, run + AT + h] + begin // 2 + 1 :], out[begin + h :]
                for k in range((end - begin + 1 - h) // 2):
                    taken[2 * k] = given[k] * scale
            _add_products(right[begin:end], out[begin:end], part)
            _set(out[before:begin], 0.0)
            before = end
        _set(out[before:], 0.0)
        sums[i - 1] = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add_products(a: Any, b: Any, part: Any) -> None:
    whole = a.shape[0] - a.shape[0] % 8
    for j in range(0, whole, 8):
        for k in range(8):
            part[k] += a[j + k] * b[j + k]
    for j in range(whole, a.shape[0]):
        part[j - whole] += a[j] * b[j]
