"""Named arrays and a few facts in one file, which is read whole or refused: what checkpoints are written in. No pickles.

    geoflow checkpoint 1 ⏎ | length of the header, 8 bytes | header, JSON | the arrays' bytes, one after another | SHA-256

The checksum is of all that is before it. Arrays go from memory to the file and back as they are, without a copy of any.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from geoflow.errors import BadInput
from geoflow.io.atomic import atomic_path
from geoflow.io.files import shown

MAGIC: Final = b"geoflow checkpoint "
VERSION: Final = 1
CHUNK: Final = 1 << 20  # bytes
KINDS: Final = "biufc"  # of numbers


def write_arrays(path: str | os.PathLike[str], facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write facts that JSON knows, floats to their last bit, and arrays of numbers with their order in memory.

    Raises
    ------
    BadInput
        An array of anything but numbers.
    GeoflowError
        The file cannot be written; an old one is then left as it was.
    """
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in KINDS:
            kind = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
            raise BadInput(name, str(kind), "only arrays of numbers can be kept in a file")
    entries = [[name, a.dtype.str, list(a.shape), _fortran(a)] for name, a in arrays.items()]
    header = json.dumps({"facts": dict(facts), "arrays": entries}).encode()
    digest = hashlib.sha256()
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for part in (MAGIC + b"%d\n" % VERSION, len(header).to_bytes(8, "little"), header, *map(_bytes, arrays.values())):
            digest.update(part)
            file.write(part)
        file.write(digest.digest())


def read_arrays(path: str | os.PathLike[str], field: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The facts and arrays of a file, each array in memory of its own.

    Raises
    ------
    BadInput
        About ``field``: a file that is missing, a folder, no such file, of a newer format, cut short or changed.
    """
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise BadInput(field, shown(path), "this is no file: give one that a run with a checkpoint wrote")
        with Path(path).open("rb") as file:
            return _read(file, field, shown(path))
    except FileNotFoundError:
        remedy = "there is no such file to resume from: check the path, or leave resume out to start anew"
        raise BadInput(field, shown(path), remedy) from None
    except (OSError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput(field, shown(path), f"it cannot be read ({reason}): check path and permissions") from None


def _read(file: BinaryIO, field: str, name: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    damaged = BadInput(field, name, "it is damaged, cut short or changed since it was written: leave resume out to start anew")
    size, first = os.fstat(file.fileno()).st_size, file.read(len(MAGIC))
    if first != MAGIC:
        if first and MAGIC.startswith(first):
            raise damaged
        raise BadInput(field, name, "this is no checkpoint of geoflow: give a file that a run with a checkpoint wrote")
    version = file.readline(16)
    if version.strip().isdigit() and int(version) > VERSION:
        remedy = f"its format is {int(version)}, and this geoflow knows {VERSION}: resume with the newer one that wrote it"
        raise BadInput(field, name, remedy)
    if not _intact(file, size):
        raise damaged
    file.seek(len(MAGIC) + len(version))
    length = int.from_bytes(file.read(8), "little")
    if length > size:
        raise damaged
    try:
        header = json.loads(file.read(length))
        entries = [(str(n), np.dtype(d), tuple(map(int, s)), bool(f)) for n, d, s, f in header["arrays"]]
        if any(d.kind not in KINDS or min(s, default=0) < 0 for _, d, s, _ in entries):
            raise ValueError
        if file.tell() + sum(d.itemsize * math.prod(s) for _, d, s, _ in entries) + 32 != size:
            raise ValueError
        facts = dict(header["facts"])
    except (ValueError, TypeError, KeyError):  # a checksum that fits what no run wrote
        raise damaged from None
    return facts, {name: _array(file, dtype, shape, fortran) for name, dtype, shape, fortran in entries}


def _intact(file: BinaryIO, size: int) -> bool:
    """Whether the file ends with the checksum of all that is before."""
    digest, left = hashlib.sha256(), size - 32
    file.seek(0)
    while left > 0 and (part := file.read(min(CHUNK, left))):
        digest.update(part)
        left -= len(part)
    return left == 0 and file.read() == digest.digest()


def _fortran(a: np.ndarray) -> bool:
    return bool(a.flags.f_contiguous and not a.flags.c_contiguous)


def _bytes(a: np.ndarray) -> memoryview | bytes:
    """What an array looks like in memory; a copy only of one that is in no one piece."""
    whole = np.ascontiguousarray(a.T if _fortran(a) else a)
    return whole.reshape(-1).view(np.uint8).data if whole.size else b""


def _array(file: BinaryIO, dtype: np.dtype, shape: tuple[int, ...], fortran: bool) -> np.ndarray:
    out = np.empty(shape[::-1] if fortran else shape, dtype)
    if out.size:
        file.readinto(out.reshape(-1).view(np.uint8).data)  # type: ignore[attr-defined]
    return out.T if fortran else out
