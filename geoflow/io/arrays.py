"""Height fields from ``.npy`` files; pickles are never opened.

The header is read and judged before any data, so that a file which promises more than it holds costs no memory.
"""

from __future__ import annotations

import io
import math
import os
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geoflow.errors import BadInput
from geoflow.io.files import read_bytes, shown

MAX_MAGNITUDE: Final = 1e100
LEAST_NODES: Final = 3
VERSIONS: Final = ((1, 0), (2, 0), (3, 0))

_NAMES: Final = {"c": "complex numbers", "O": "objects", "U": "text", "S": "text", "M": "dates", "m": "times"}


def read_height_field(path: str | os.PathLike[str]) -> NDArray[np.float64]:
    """Read heights on a grid, as saved by ``np.save``.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    ndarray (ny, nx), float64, C order
        x along the last axis, in the units of the file. Integers, booleans and other floats become float64.

    Raises
    ------
    BadInput
        A file that is missing, a folder, empty, unreadable, cut, or no ``.npy``; a pickle; complex, object, text or
        date arrays; not two-dimensional; fewer than 3 × 3 nodes; NaN, infinity or magnitudes above 1e100.
    """
    data = read_bytes(path)
    field = shown(path)
    shape, dtype, header = _header(data, field)
    if dtype.kind not in "biuf":
        kind = _NAMES.get(dtype.kind, f"records of type {dtype}")
        raise BadInput(field, str(dtype), f"the file holds {kind}: save heights as real numbers")
    if len(shape) != 2 or min(shape) < LEAST_NODES:
        remedy = f"heights are two-dimensional, (ny, nx), at least {LEAST_NODES} by {LEAST_NODES} nodes"
        raise BadInput(field, f"shape {shape}", remedy)
    wanted, found = math.prod(shape) * dtype.itemsize, len(data) - header
    if found != wanted:
        state = "cut short" if found < wanted else "followed by something else"
        raise BadInput(field, f"{found} bytes of data", f"its header promises {wanted}, so it is {state}")
    with np.errstate(over="ignore"):
        heights = np.load(io.BytesIO(data), allow_pickle=False).astype(np.float64, order="C", copy=False)
    _check_finite(heights, field)
    return heights


def _header(data: bytes, field: str) -> tuple[tuple[int, ...], np.dtype, int]:
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        if version not in VERSIONS:
            raise ValueError("unknown version")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
    except Exception:  # the header is a stranger's literal: NumPy raises ValueError, EOFError, TypeError, SyntaxError …
        remedy = "this is not a whole .npy file: write one with numpy.save (no pickle, no .npz, no text)"
        raise BadInput("file", field, remedy) from None
    return shape, dtype, stream.tell()


def _check_finite(heights: NDArray[np.float64], field: str) -> None:
    bad = ~(np.abs(heights) <= MAX_MAGNITUDE)
    if bad.any():
        row, column = np.unravel_index(np.argmax(bad), heights.shape)
        value = f"{heights[row, column]} at [{row}, {column}]"
        raise BadInput(field, value, f"heights must be finite, of magnitude up to {MAX_MAGNITUDE:g}")
