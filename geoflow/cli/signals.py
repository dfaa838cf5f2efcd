"""Ctrl-C and SIGTERM: while something flows the first one ends it after the step it is at, and a second one at once.

Only the command line looks at signals. At any other time both end a command as Ctrl-C does; the exit status is 128 + the
signal's number, as a shell has it for a process that a signal ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

HEEDED = (signal.SIGINT, signal.SIGTERM)
NOTED = b"geoflow: stopping after this step; once more stops at once\n"


class Terminated(KeyboardInterrupt):
    """SIGTERM, where it may interrupt what is going on."""


def status_of(interrupt: KeyboardInterrupt) -> int:
    """The exit status of a command that was interrupted."""
    return 128 + (signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT)


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM raises `Terminated`, as Ctrl-C raises KeyboardInterrupt."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Terminated

    with _handled(end, (signal.SIGTERM,)):
        yield


@dataclass
class Stop:
    """The signal that came while something flowed, if one did. ``check``, called after each step, raises what it means."""

    number: int = 0

    def check(self) -> None:
        """KeyboardInterrupt, or the kind of it that means SIGTERM."""
        if self.number:
            raise Terminated if self.number == signal.SIGTERM else KeyboardInterrupt

    @property
    def status(self) -> int:
        """The exit status of a run that was interrupted."""
        return 128 + (self.number or signal.SIGINT)


@contextlib.contextmanager
def heeded(quiet: bool) -> Iterator[Stop]:
    """Note a first signal, for `Stop.check`; a second one ends the process at once, whatever it is doing."""
    stop = Stop()

    def note(number: int, frame: FrameType | None) -> None:
        stop.number = number
        for each in _wanted(HEEDED):
            signal.signal(each, signal.SIG_DFL)
        if not quiet:
            with contextlib.suppress(OSError):
                os.write(2, NOTED)  # print may be just what was interrupted

    with _handled(note, HEEDED):
        yield stop


@contextlib.contextmanager
def _handled(handler: Callable[[int, FrameType | None], None], signals: tuple[signal.Signals, ...]) -> Iterator[None]:
    """A handler for as long as this lasts; none where only the main thread may set one, and this is another."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in _wanted(signals)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, signal.SIG_DFL if old is None else old)


def _wanted(signals: tuple[signal.Signals, ...]) -> list[signal.Signals]:
    """Those that whoever started the process did not have it ignore, as a shell does for what goes on in the background."""
    return [number for number in signals if signal.getsignal(number) != signal.SIG_IGN]
