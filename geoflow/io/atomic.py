"""Files and series of files, old-whole or new-whole: temporaries in the same folder, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from geoflow.errors import GeoflowError
from geoflow.io.files import shown

PREFIX: Final = ".geoflow-"


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Lend a temporary path to write to, and put what was written in place of ``path`` at the end.

    A link is followed; the mode of a file that is replaced is kept. If the body raises, the temporary file is
    removed and the old file stays as it was.

    Parameters
    ----------
    path : str or path
        Where the file shall be; its folder must exist.

    Yields
    ------
    Path
        An empty file in the same folder, named ``.geoflow-…`` with the same suffix; a process that is killed leaves it there,
        for `sweep` to find.

    Raises
    ------
    GeoflowError
        ``cannot write PATH: REASON`` for any ``OSError``, of the body too, and where ``path`` is no regular file.
    """
    try:
        target = Path(os.path.realpath(path))
        _check_target(target)
        temporary = _create(target)
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from error
    try:
        yield temporary
        _settle(temporary, target)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(folder: Path, stale: str, path: Path) -> Iterator[Path]:
    """Lend a temporary folder to write files to, which go into ``folder`` when all of them are there.

    What else in it matches the pattern ``stale`` is then removed. If the body raises, the temporary folder is removed, and
    ``folder`` stays as it was, or is not made.

    Parameters
    ----------
    folder : path
        It need not exist, the one that it is in must.
    stale : str
        A pattern as ``Path.glob`` has it.
    path : path
        The file that the folder belongs to, for whose leavings `sweep` looks.

    Raises
    ------
    GeoflowError
        ``cannot write FOLDER: REASON`` for any ``OSError``, of the body too.
    """
    target = Path(os.path.realpath(folder))
    temporary = target.with_name(f"{_stem(path)}{secrets.token_hex(8)}")
    try:
        temporary.mkdir()
        yield temporary
        target.mkdir(exist_ok=True)
        new = [file.replace(target / file.name) for file in sorted(temporary.iterdir())]
        for old in {*target.glob(stale)}.difference(new):
            old.unlink()
    except OSError as error:
        raise _cannot_write(folder, error) from error
    except GeoflowError as error:
        if isinstance(error.__cause__, OSError):  # of a file in a folder that is no more
            raise _cannot_write(folder, error.__cause__) from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def sweep(path: str | os.PathLike[str]) -> None:
    """Remove what killed writers of this very file left beside it; only for who knows that nobody else is writing it now."""
    target = Path(os.path.realpath(path))
    with contextlib.suppress(OSError):
        for stale in target.parent.glob(f"{_stem(target)}*"):
            if stale.is_dir():
                shutil.rmtree(stale)
            else:
                stale.unlink(missing_ok=True)


def _stem(target: Path) -> str:
    """How the names of a file's temporaries begin: by a digest of its own, which may be as long as names can be."""
    return f"{PREFIX}{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:8]}-"


def _check_target(target: Path) -> None:
    if target.is_dir():
        raise IsADirectoryError(0, "it is a folder")
    if target.exists() and not target.is_file():
        raise OSError(0, "it is a device or pipe, not a file")
    # The rename would succeed in a folder of ours; a file made read-only is meant to stay.
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(0, "it is read-only")


def _create(target: Path) -> Path:
    # Not tempfile.mkstemp: it makes files only their owner can read, whatever the umask says.
    temporary = target.with_name(f"{_stem(target)}{secrets.token_hex(8)}{target.suffix}")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return temporary


def _settle(temporary: Path, target: Path) -> None:
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    with contextlib.suppress(OSError):
        shutil.copymode(target, temporary)
    temporary.replace(target)
    # Some systems and file systems open or sync no folders; the file itself is already whole.
    with contextlib.suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _cannot_write(path: str | os.PathLike[str], error: Exception) -> GeoflowError:
    reason = getattr(error, "strerror", None) or str(error)
    return GeoflowError(f"cannot write {shown(path)}: {reason}")
