"""What compiles the kernels: `kernel`, numba's compiler, whose machine code is kept between runs wherever that is possible.

It is kept beside the source, or in the user's cache folder if the package is read-only, or where NUMBA_CACHE_DIR says. Where
none of them can be written, on a full disk, or where what was kept is damaged, a kernel is compiled anew: that costs time only.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numba
from numba.core.caching import FunctionCache


class _Kept(FunctionCache):
    """Numba's files for one function, whose failures are no failures of the kernel."""

    def load_overload(self, signature: Any, context: Any) -> Any:
        """The compiled code, or None where there is none; a file that was cut short is emptied, so that the next one is kept."""
        try:
            return super().load_overload(signature, context)
        except Exception:  # unpickling raises anything
            with contextlib.suppress(OSError):
                self.flush()
            return None

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep it if there is room."""
        with contextlib.suppress(OSError):
            super().save_overload(signature, compiled)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call; it lets go of the interpreter's lock, and divides by zero as numpy does."""
    compiled: Any = numba.njit(nogil=True, error_model="numpy")(function)
    with contextlib.suppress(RuntimeError):  # no folder can be written
        compiled._cache = _Kept(function)
    return compiled


def kept_in() -> str | None:
    """The folder that kernels of this package are kept in, those of others being like it; None where they are kept nowhere."""
    try:
        return str(_Kept(kept_in).cache_path)
    except RuntimeError:
        return None
