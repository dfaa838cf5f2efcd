"""Kernels on all cores: a range of rows cut into strips, one thread each.

The kernels are compiled, release the interpreter's lock and write rows that are theirs alone; every sum is taken row by
row, in an order that no cut changes. So the bits of a result do not depend on the number of threads. GEOFLOW_THREADS sets
that number; without it, it is the number of cores this process may run on.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from geoflow.errors import BadInput

SHARED = 100_000  # entries below which a second thread costs more than it brings


@cache
def threads() -> int:
    """How many threads kernels run on."""
    asked = os.environ.get("GEOFLOW_THREADS", "")
    if not asked:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not (asked.isascii() and asked.isdigit() and int(asked) >= 1):
        raise BadInput("GEOFLOW_THREADS", asked, "give a whole number of threads, at least 1")
    return int(asked)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads() - 1, thread_name_prefix="geoflow")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked child has the pool, but not its threads


def shared(size: int) -> bool:
    """Whether work on so many entries is cut into strips."""
    return size >= SHARED and threads() > 1


def strips(kernel: Callable[..., Any], rows: tuple[int, int], size: int, *arguments: Any) -> list[int]:
    """kernel(*arguments, first, last) over all rows[0] ≤ row < rows[1]; size is the number of entries it touches.

    Returns the rows before which they were cut.
    """
    first, last = rows
    if not shared(size):
        kernel(*arguments, first, last)
        return []
    cuts = [first + (last - first) * k // threads() for k in range(threads() + 1)]
    others = [_pool().submit(kernel, *arguments, a, b) for a, b in zip(cuts[1:-1], cuts[2:], strict=True)]
    kernel(*arguments, cuts[0], cuts[1])
    for other in others:
        other.result()
    return cuts[1:-1]
