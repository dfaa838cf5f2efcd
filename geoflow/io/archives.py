"""Named arrays in one ``.npz`` file, as ``numpy.load`` reads it too; no pickle is written and none is opened.

What is in the file is refused unless all of it is there to the last bit: the archive keeps a CRC-32 of each array.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geoflow.errors import BadInput
from geoflow.io.atomic import atomic_path
from geoflow.io.files import MAX_BYTES, read_bytes, shown

SUFFIX: Final = ".npz"
PLAIN: Final = "biufU"  # kinds of numbers and text; objects would be pickles


def write_archive(path: str | os.PathLike[str], arrays: Mapping[str, NDArray]) -> None:
    """Write arrays of numbers or text, of any shape, under their names.

    Raises
    ------
    BadInput
        Another suffix than ``.npz``; an array of something else.
    GeoflowError
        The file cannot be written; an old one is then left as it was.
    """
    if Path(path).suffix.lower() != SUFFIX:
        raise BadInput("path", os.fspath(path), f"its suffix should be {SUFFIX}")
    for name, array in arrays.items():
        if array.dtype.kind not in PLAIN:
            raise BadInput(name, f"an array of {array.dtype}", "only numbers and text are written")
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # NumPy before 2.2 types its names too narrowly


def read_archive(path: str | os.PathLike[str]) -> dict[str, NDArray]:
    """All arrays of a file, by name.

    Raises
    ------
    BadInput
        A file that is missing, a folder, empty, cut, altered, or none of NumPy's; a pickle in it.
    """
    data, name = read_bytes(path), shown(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_BYTES:
                raise BadInput("file", name, f"more than {MAX_BYTES} bytes unpacked: give a smaller one")
            # The whole of each member is read, or its checksum would not be looked at.
            return {m.filename.removesuffix(".npy"): _array(archive.read(m)) for m in members}
    except BadInput:
        raise
    except Exception:  # a stranger's archive: zipfile, zlib and NumPy raise whatever they like
        raise BadInput("file", name, "this is not a whole .npz file of numbers and text, or it was altered") from None


def _array(data: bytes) -> NDArray:
    stream = io.BytesIO(data)
    array: NDArray = np.load(stream, allow_pickle=False)
    if stream.read(1):
        raise ValueError("something follows the array")
    return array
