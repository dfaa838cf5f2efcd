"""Numbers as CSV and JSON, every float64 to its full round-trip repr, written atomically."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geoflow.errors import BadInput
from geoflow.io.atomic import atomic_path


def write_csv(path: str | os.PathLike[str], columns: Mapping[str, ArrayLike]) -> None:
    """Write columns of equal length under a header of their names.

    Parameters
    ----------
    path : str or path
    columns : mapping of str to (k,) array
        Real numbers, booleans or text. Not-a-number is written ``nan``, infinity ``inf``.

    Raises
    ------
    BadInput
        Columns that are not one-dimensional, not of equal length, or neither real numbers nor text.
    GeoflowError
        The file cannot be written; an old one is then left as it was.
    """
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    for name, array in arrays.items():
        if array.ndim != 1 or array.dtype.kind not in "biufU":
            raise BadInput(f"column {name}", f"{array.dtype} {array.shape}", "a column is (k,) real numbers or text")
    if len({len(array) for array in arrays.values()}) > 1:
        lengths = ", ".join(f"{name}: {len(array)}" for name, array in arrays.items())
        raise BadInput("columns", lengths, "columns must have equal length")
    rows = zip(*(_cells(array) for array in arrays.values()), strict=True)
    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(arrays)
        writer.writerows(rows)


def _cells(array: np.ndarray) -> list[Any]:
    # float32 is widened first: its own repr would read back as another float64.
    return (array.astype(np.float64) if array.dtype.kind == "f" else array).tolist()


def write_json(path: str | os.PathLike[str], obj: object) -> None:
    """Write ``plain(obj)`` as JSON, indented, with a final newline.

    Parameters
    ----------
    path : str or path
    obj : mappings, sequences, arrays, numbers, text, paths or None

    Raises
    ------
    BadInput
        Something in ``obj`` has no JSON.
    GeoflowError
        The file cannot be written; an old one is then left as it was.
    """
    text = json.dumps(plain(obj), indent=2, allow_nan=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def plain(obj: object) -> Any:
    """Turn nested data into what JSON knows; arrays become lists, NaN and infinity None.

    Parameters
    ----------
    obj : mappings, sequences, arrays of any shape, numbers, text, paths or None

    Returns
    -------
    dict, list, str, int, float, bool or None

    Raises
    ------
    BadInput
        Something in ``obj`` has no JSON (a complex number, an object).

    >>> import numpy as np
    >>> plain({"t": np.arange(2.0), "area": np.float64("nan")})
    {'t': [0.0, 1.0], 'area': None}
    """
    if isinstance(obj, np.ndarray | np.generic):
        obj = (obj.astype(np.float64) if obj.dtype.kind == "f" else obj).tolist()
    match obj:
        case None | bool() | str():
            return obj
        case int():
            return int(obj)
        case float():
            return float(obj) if math.isfinite(obj) else None
        case Mapping():
            return {str(key): plain(value) for key, value in obj.items()}
        case list() | tuple():
            return [plain(value) for value in obj]
        case PurePath():
            return str(obj)
    raise BadInput("json", f"<{type(obj).__name__}>", "only numbers, text, lists and mappings can be written")
