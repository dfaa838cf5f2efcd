"""Large arrays from the memory of earlier ones that nobody holds any more.

Every Newton step needs the same few arrays again. Where they come from the operating system each time, it clears their pages
first, which takes a fifth of a solve, of a step on 2049² nodes half, and cannot be shared among threads. So the memory of the
last ones is kept, and handed out again once no array refers to it: a view keeps what it looks into, so NumPy's own references
tell. KEEP is kept for good; while a run goes on, whatever it needs at once and a little more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from math import prod
from threading import Lock
from typing import Any, ParamSpec, TypeVar

import numpy as np

from geoflow.protocols import Array

SMALL = 1 << 17  # bytes below which the allocator's own lists do as well
KEEP = 5 << 27  # bytes, in use or not: what a film of 1025² nodes needs to flow
ROOM = 1.25  # times what was in use at once, that a run may keep
SPARE = 1.5  # memory up to so many times as large as is asked for is handed out

_P = ParamSpec("_P")
_Y = TypeVar("_Y")
_R = TypeVar("_R")

_kept: dict[int, list[np.ndarray[Any, np.dtype[np.uint8]]]] = {}  # by size, the one used last at the end, and there at the front
_lock = Lock()
_runs, _most = 0, 0  # how many go on, and the bytes that were in use at once since the first of them began


def _renew() -> None:
    global _lock
    _lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)  # it may have been held by a thread that the child has not


def empty(shape: tuple[int, ...], dtype: Any = np.float64) -> Array:
    """An array of whatever was there, like ``numpy.empty``."""
    size = prod(shape) * np.dtype(dtype).itemsize
    if size < SMALL:
        return np.empty(shape, dtype)
    with _lock:
        found = _free(size)
        if found is None:
            found = np.empty(size, np.uint8)
            _keep(found)
        return found[:size].view(dtype).reshape(shape)


@contextmanager
def lasting() -> Iterator[None]:
    """Keep as much as is needed at once, until there is no more need."""
    global _runs, _most
    with _lock:
        _runs += 1
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if _runs == 0:
                _most = 0
                _forget(KEEP)


def while_it_goes_on(function: Callable[_P, Generator[_Y, None, _R]]) -> Callable[_P, Generator[_Y, None, _R]]:
    """A generator function whose memory is `lasting`, from the first of what it yields to its end."""

    @wraps(function)
    def generator(*args: _P.args, **kwargs: _P.kwargs) -> Generator[_Y, None, _R]:
        with lasting():
            return (yield from function(*args, **kwargs))

    return generator


def zeros(shape: tuple[int, ...]) -> Array:
    """An array of zeros in float64."""
    out = empty(shape)
    out.fill(0.0)
    return out


def copy(a: Array) -> Array:
    """A copy of a in C order."""
    out = empty(a.shape)
    out[...] = a
    return out


def _references(kept: list[Any], k: int) -> int:
    return sys.getrefcount(kept[k])


def _free(size: int) -> Any:
    """Memory of this size that nobody looks into, or else the smallest that is larger; from now on the latest used."""
    found = _unused(size)
    if found is not None:
        return found
    for larger in sorted(other for other in _kept if size < other <= SPARE * size):
        found = _unused(larger)
        if found is not None:
            break
    return found


def _unused(size: int) -> Any:
    """Memory of this very size that nobody looks into; from now on the latest used."""
    kept = _kept.get(size, [])
    for k in range(len(kept)):
        if _references(kept, k) == ALONE:
            kept.insert(0, kept.pop(k))
            _kept[size] = _kept.pop(size)
            return kept[0]
    return None


def _keep(new: Any) -> None:
    """Remember new memory, in place of what was unused longest if there is too much; not if that would not do."""
    global _most
    used = sum(size * sum(_references(kept, k) != ALONE for k in range(len(kept))) for size, kept in _kept.items())
    _most = max(_most, used + new.nbytes) if _runs else 0
    most = max(KEEP, int(ROOM * _most))
    if used + new.nbytes <= most:
        _forget(most - new.nbytes)
        _kept.setdefault(new.nbytes, []).insert(0, new)
        _kept[new.nbytes] = _kept.pop(new.nbytes)


def _forget(most: int) -> None:
    """Let go of what is unused, the sizes unused longest first, until no more is kept than this."""
    total = sum(size * len(kept) for size, kept in _kept.items())
    for size in list(_kept) if total > most else ():
        for k in reversed(range(len(_kept[size]))):
            if total > most and _references(_kept[size], k) == ALONE:
                del _kept[size][k]
                total -= size
        if not _kept[size]:
            del _kept[size]


ALONE = _references([np.empty(1, np.uint8)], 0)  # what Python counts where no array looks into it
