"""Into the split and framed arrays of a multigrid hierarchy, see `zebra`, and out of them again."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.solvers.kernels import kernel
from geoflow.solvers.transfer import split


@kernel
def load(c: Any, e: Any, n: Any, ne: Any, nw: Any, fixed: Any, scale: float, a: Any, first: int, last: int) -> None:
    """The first five planes from a stencil times scale, fixed rows and columns those of the identity; framed rows."""
    ny, nx = c.shape
    row = np.zeros((5, 2 * a.shape[3]), a.dtype)
    one, zero = a.dtype.type(1), a[0, 0, 0, 0]
    row[0, nx + 1] = one  # a node of its own, where nx is odd
    for framed in range(first, last):
        i = framed - 1
        held, over = fixed[i], fixed[min(i + 1, ny - 1)]
        for j in range(nx):
            row[0, j + 1] = one if held[j] else a.dtype.type(c[i, j] * scale)
        for j in range(nx - 1):
            row[1, j + 1] = zero if held[j] or held[j + 1] else a.dtype.type(e[i, j] * scale)
        if i + 1 < ny:
            for j in range(nx):
                row[2, j + 1] = zero if held[j] or over[j] else a.dtype.type(n[i, j] * scale)
            for j in range(nx - 1):
                row[3, j + 1] = zero if held[j] or over[j + 1] else a.dtype.type(ne[i, j] * scale)
                row[4, j + 2] = zero if held[j + 1] or over[j] else a.dtype.type(nw[i, j + 1] * scale)
        else:
            for plane in range(2, 5):
                for j in range(row.shape[1]):
                    row[plane, j] = zero
        for plane in range(5):
            split(row[plane], a[plane, framed], 1, a.shape[3] - 1)


@kernel
def empty(a: Any, span: Any, p: Any, first: int, last: int) -> None:
    """Nothing outside of the spans, of the matrix in framed rows and of the weights of their nodes: c = 1, all else zero."""
    one, zero = a.dtype.type(1), a[0, 0, 0, 0]
    for i in range(first, last):
        low, high = (span[i, 0], span[i, 1]) if span[i, 0] < span[i, 1] else (a.shape[3] - 1, a.shape[3] - 1)
        for plane in range(a.shape[0]):
            for h in range(2):
                row, value = a[plane, i, h], one if plane == 0 else zero
                row[1:low] = value
                row[high : a.shape[3] - 1] = value
        for which in range(2, 8) if i % 2 == 0 else range(2):
            row = p[which, (i + 1) // 2]
            row[1:low] = zero
            row[high : row.shape[0] - 1] = zero


@kernel
def enter(r: Any, scale: float, span: Any, b: Any, first: int, last: int) -> None:
    """b = scale · r, framed rows."""
    for row in range(first, last):
        given, nx = r[row - 1], r.shape[1]
        for h in range(2):
            right = b[row, h]
            for k in range(span[row, 0] - 1, min(span[row, 1] - 1, (nx + 1 - h) // 2)):
                right[k + 1] = given[2 * k + h] * scale


@kernel
def leave(u: Any, scale: float, r: Any, z: Any, sums: Any, first: int, last: int) -> None:
    """z = scale · u, and sums[i] the products r · z of row i, added up eight at a time; framed rows."""
    nx = z.shape[1]
    part = np.zeros(8)
    for row in range(first, last):
        out, right = z[row - 1], r[row - 1]
        for h in range(2):
            given = u[row, h]
            for k in range((nx + 1 - h) // 2):
                out[2 * k + h] = given[k + 1] * scale
        for k in range(8):
            part[k] = 0.0
        whole = nx - nx % 8
        for j in range(0, whole, 8):
            for k in range(8):
                part[k] += right[j + k] * out[j + k]
        for j in range(whole, nx):
            part[j - whole] += right[j] * out[j]
        sums[row - 1] = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]))
