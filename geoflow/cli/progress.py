"""What a person sees while something flows: a bar on a terminal, a plain line now and then elsewhere; always on stderr."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Any

import numpy as np

from geoflow.ledger import Accepted

EVERY = 5.0  # seconds between plain lines
PATIENCE = 2.0  # seconds without a step before a plain line says why
COMPILING = "preparing: the first run after installation compiles its kernels"


class Progress:
    """A context manager, called with each accepted step.

    until: the time the flow goes to, if it is known. energy: what E is called. first: what happens before the first step.
    """

    def __init__(self, until: float | None, quiet: bool, energy: str = "area", first: str = COMPILING) -> None:
        self.until, self.quiet, self.energy, self.first = until, quiet, energy, first
        self.last = time.monotonic()
        self.bar: Any = None
        self.task: Any = None
        self.waiting: threading.Timer | None = None

    def __enter__(self) -> Progress:
        if not self.quiet and sys.stderr.isatty():
            from rich import progress
            from rich.console import Console

            columns = (progress.SpinnerColumn(), progress.TextColumn("{task.description}"), progress.BarColumn())
            end = (progress.TaskProgressColumn(), progress.TimeElapsedColumn())
            self.bar = progress.Progress(*columns, *end, console=Console(stderr=True), transient=True)
            self.task = self.bar.add_task(self.first, total=self.until)
            self.bar.start()
        elif not self.quiet:
            self.waiting = threading.Timer(PATIENCE, self._say)
            self.waiting.daemon = True
            self.waiting.start()
        return self

    def _say(self) -> None:
        print(self.first, file=sys.stderr, flush=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.bar is not None:
            self.bar.stop()
        if self.waiting is not None:
            self.waiting.cancel()

    def __call__(self, now: Accepted) -> None:
        """Show t, E, τ and the fraction done."""
        if self.quiet or now.row is None:
            return
        if self.waiting is not None:
            self.waiting.cancel()
        said = f"t = {now.t:.4g}  {self.energy} = {now.energy - now.kinetic:.9g}  τ = {now.row.tau:.2g}"
        if self.bar is not None:
            self.bar.update(self.task, description=said, completed=now.t if self.until else None)
        elif time.monotonic() - self.last > EVERY:
            share = f"  {100.0 * now.t / self.until:.0f} %" if self.until and np.isfinite(now.t) else ""
            print(said + share, file=sys.stderr, flush=True)
            self.last = time.monotonic()
