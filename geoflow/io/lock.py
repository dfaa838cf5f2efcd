"""One run at a time: a lock file that is held while a run writes into a folder or onto a file.

Where the system has ``flock`` it is the system that holds the lock, and lets go when the process is gone, however it went; a
file that is left lying about then means nothing. Elsewhere the file itself is the lock.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geoflow.errors import BadInput

try:
    import fcntl

    flock: Any = fcntl.flock
except ImportError:  # Windows
    flock = None


@contextlib.contextmanager
def locked(path: Path, field: str, value: str) -> Iterator[None]:
    """Hold the lock file ``path``, made for the purpose and removed at the end; field and value are what a refusal names.

    Raises
    ------
    BadInput
        Another run holds it, or it cannot be made.
    """
    try:
        file = _taken(path)
    except BlockingIOError as busy:
        raise BadInput(field, value, f"another run{busy.strerror} is writing there: wait for it, or give another") from None
    except FileExistsError:
        remedy = f"another run is writing there: wait for it, or remove {path.name} if there is none"
        raise BadInput(field, value, remedy) from None
    except OSError as error:
        raise BadInput(field, value, f"nothing can be written there ({error.strerror}): give another place") from None
    try:
        yield
    finally:
        if flock is None:  # an open file cannot be removed there
            os.close(file)
        with contextlib.suppress(OSError):
            path.unlink()  # before a lock is given up: whoever waits for this file sees that it is no longer the one
        if flock is not None:
            os.close(file)


def _taken(path: Path) -> int:
    """The lock file, open and ours; BlockingIOError, its text naming the process, if it is somebody else's."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | (0 if flock else os.O_EXCL), 0o666)
        try:
            if flock:
                _lock(file)
            if os.path.samestat(os.fstat(file), path.stat()):
                _sign(file, path)
                return file
        except FileNotFoundError:  # its last holder has just removed it
            pass
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _sign(file: int, path: Path) -> None:
    """Say in it who holds it; where even that has no room, it is taken away."""
    try:
        os.ftruncate(file, 0)
        os.write(file, b"%d\n" % os.getpid())
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def _lock(file: int) -> None:
    try:
        flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(file, 20).decode(errors="replace").strip()
        raise BlockingIOError(error.errno, f" (process {holder})" if holder else "") from None
    except OSError:  # a file system without locks
        return
