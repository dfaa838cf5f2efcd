"""Where the results of a command go: ``--out DIR``, its standard set, and any number of ``-o FILE``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from geoflow.errors import BadInput, GeoflowError
from geoflow.io.atomic import sweep
from geoflow.io.lock import locked
from geoflow.saving import MOVIES, PICTURES

Writer = Callable[[Path, Any], None]
DRAWN = (*PICTURES, *MOVIES, ".html")
Targets = list[tuple[Path, Writer]]
LOCK = ".geoflow.lock"  # in the directory of --out, while a command writes there


@contextlib.contextmanager
def prepared(
    out: str | None, files: Sequence[str], kinds: Mapping[str, Writer], standard: Mapping[str, Writer]
) -> Iterator[Targets]:
    """All that will be written, in order, checked before any work; the directory of ``--out`` is made, and ours meanwhile.

    kinds: what writes a file of each suffix; numbers before pictures, so that a failed drawing loses nothing.
    standard: what writes each file of ``--out``. A directory that was made for a command which is then refused is taken away.
    """
    order = list(kinds)
    targets = [(Path(name), _writer(name, kinds)) for name in files]
    with contextlib.ExitStack() as held:
        if out is not None:
            directory = held.enter_context(_directory(out))
            targets += [(directory / name, writer) for name, writer in standard.items()]
            for name in standard:
                sweep(directory / name)
        yield sorted(targets, key=lambda target: order.index(target[0].suffix.lower()))


def write(targets: Targets, results: object, summary: dict[str, Any]) -> dict[Path, Exception]:
    """Write everything that can be; what cannot, with its reason: see `tell`.

    summary: a part of the results, whose ``files`` become those that are written; in a file of it as well, which is written
    once more where one that came after it could not be.
    """
    failed: dict[Path, Exception] = {}
    left, told = targets, -1
    while told < len(failed):
        told = len(failed)
        summary["files"] = [str(path) for path, _ in targets if path not in failed]
        for path, writer in left:
            try:
                writer(path, results)
            except Exception as error:  # whatever a disk says, or a drawing stack throws
                failed[path] = error
        left = [(path, writer) for path, writer in targets if path.suffix.lower() == ".json" and path not in failed]
    return failed


def tell(failed: Mapping[Path, Exception]) -> None:
    """Raise what kept results from being written, if anything did: numbers first."""
    for path, error in failed.items():
        if path.suffix.lower() not in DRAWN:
            raise error
    if failed:
        first, names = next(iter(failed.values())), " and ".join(map(str, failed))
        raise GeoflowError(f"all other results are written, but {names} could not be drawn: {first}") from first


def _writer(name: str, kinds: Mapping[str, Writer]) -> Writer:
    path, suffix = Path(name), Path(name).suffix.lower()
    if suffix not in kinds:
        raise BadInput("-o", name, f"its suffix should be one of {' '.join(kinds)}")
    if path.is_dir():
        raise BadInput("-o", name, "this is a folder: give a file, or use --out")
    if not path.parent.is_dir():
        raise BadInput("-o", name, f"there is no folder {path.parent}: make it first")
    return kinds[suffix]


@contextlib.contextmanager
def _directory(name: str) -> Iterator[Path]:
    directory = Path(name)
    if not name.strip():
        raise BadInput("--out", "''", "give a directory; . is this one")
    if directory.exists() and not directory.is_dir():
        raise BadInput("--out", name, "this is a file: give a directory")
    new = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput("--out", name, f"it cannot be made ({error.strerror}): choose another directory") from error
    try:
        with locked(directory / LOCK, "--out", name):
            yield directory
    except BadInput:
        with contextlib.suppress(OSError):  # something is in one
            for folder in new:
                folder.rmdir()
        raise
