"""Reads a whole file as bytes, or refuses it in one line; shared by the readers. And what files of points end in."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from geoflow.errors import BadInput

MAX_BYTES: Final = 2**32
TEXTS: Final = (".csv", ".txt", ".xyz", ".dat")
MESHES: Final = (".obj", ".ply", ".vtp")


def shown(path: str | os.PathLike[str]) -> str:
    """Return the path as one printable line.

    >>> shown("a\\nb.csv")
    'a?b.csv'
    """
    return "".join(c if c.isprintable() else "?" for c in os.fspath(path))


def read_bytes(path: str | os.PathLike[str], limit: int = MAX_BYTES) -> bytes:
    """Read a file of at most ``limit`` bytes.

    Parameters
    ----------
    path : str or path
    limit : int, bytes
        A larger file is refused.

    Returns
    -------
    bytes, not empty

    Raises
    ------
    BadInput
        Missing, a folder, a device or pipe, unreadable, empty or too large.
    """
    try:
        status = Path(path).stat()
        _check(status, shown(path), limit)
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise BadInput("file", shown(path), "there is no such file: check the path") from None
    except BadInput:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput("file", shown(path), f"it cannot be read ({reason}): check path and permissions") from None


def _check(status: os.stat_result, name: str, limit: int) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise BadInput("file", name, "this is a folder: give a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise BadInput("file", name, "this is a device or pipe, which may never end: give a file")
    if status.st_size == 0:
        raise BadInput("file", name, "the file is empty: give one with data")
    if status.st_size > limit:
        raise BadInput("file", name, f"it has {status.st_size} bytes, and at most {limit} are read: give a smaller one")
