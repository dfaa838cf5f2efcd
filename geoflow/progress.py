"""What a person sees while something flows: a bar on a terminal, a plain line now and then elsewhere; always on stderr.

Time left is a guess from how the run went of late. With dt/dw = r the time that flows in a second and g the rate at which r
itself grows, since steps grow towards rest, Δt takes w = log(1 + g Δt / r) / g seconds. Until rest the time to go is that in
which the speed's square ‖v‖², falling as e^{−2λt} as it did of late, gets down to 2λ 8ε|E|: the rest is rounding then.
"""

from __future__ import annotations

import contextlib
import math
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np

from geoflow.errors import BadInput
from geoflow.ledger import Accepted

EVERY = 10.0  # seconds between plain lines
OFTEN = 0.1  # seconds between two looks of the bar
APART = 0.4  # seconds between two samples, 25 of which a guess looks at
PATIENCE = 2.0  # seconds without a step before a plain line says why
COMPILING = "preparing: the first run after installation compiles its kernels"
NOISE = 8.0 * float(np.finfo(np.float64).eps)
Sample = tuple[float, float, float, float]  # seconds, t, ‖v‖², E


class Progress:
    """A context manager, called with each accepted step.

    until: the time the flow goes to, if it is known. energy: what E is called. first: what happens before the first step.
    """

    def __init__(self, until: float | None, quiet: bool, energy: str = "area", first: str = COMPILING) -> None:
        self.until, self.quiet, self.energy, self.first = until, quiet, energy, first
        self.last = self.looked = time.monotonic()
        self.samples: deque[Sample] = deque(maxlen=25)
        self.bar: Any = None
        self.task: Any = None
        self.waiting: threading.Timer | None = None

    def __enter__(self) -> Progress:
        if not self.quiet and sys.stderr.isatty():
            from rich import progress
            from rich.console import Console

            columns = (progress.SpinnerColumn(), progress.TextColumn("{task.description}"), progress.BarColumn(bar_width=20))
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
        """Show t, E, how fast it falls, τ, the fraction done and what is left."""
        if self.quiet or now.row is None:
            return
        if self.waiting is not None:
            self.waiting.cancel()
        clock = time.monotonic()
        if clock - self.looked < OFTEN:
            return
        self.looked = clock
        speed = now.row.dissipated / now.row.tau if np.isfinite(now.row.tau) else math.nan
        if not self.samples or clock - self.samples[-1][0] >= APART:
            self.samples.append((clock, now.t, speed, now.energy - now.kinetic))
        if self.bar is not None:
            left = seconds_left(self.samples, self.until)
            self.bar.update(self.task, description=self._said(now, speed, left), completed=now.t if self.until else None)
        elif clock - self.last > EVERY:
            share = f"  {100.0 * now.t / self.until:.0f} %" if self.until and np.isfinite(now.t) else ""
            print(self._said(now, speed, seconds_left(self.samples, self.until)) + share, file=sys.stderr, flush=True)
            self.last = clock

    def _said(self, now: Accepted, speed: float, left: float | None) -> str:
        tau = now.row.tau if now.row else 0.0
        falls = f"  −d/dt = {speed:.2g}" if math.isfinite(speed) and now.kinetic == 0.0 else ""
        when = f"  {shown(left)} left" if left is not None else ""
        return f"t = {now.t:.4g}  {self.energy} = {now.energy - now.kinetic:.9g}{falls}  τ = {tau:.2g}{when}"


def seconds_left(samples: deque[Sample], until: float | None) -> float | None:
    """A guess, or None where there is nothing to guess from; samples: seconds, t, ‖v‖², E, oldest first.

    >>> steady = deque((w, 2.0 * w, 1.0, 5.0) for w in range(10))
    >>> seconds_left(steady, 28.0)
    5.0
    """
    if len(samples) < 4:
        return None
    old, middle, new = samples[0], samples[len(samples) // 2], samples[-1]
    before, after = middle[0] - old[0], new[0] - middle[0]
    if not min(before, after, middle[1] - old[1], new[1] - middle[1]) > 0.0:
        return None
    rate = (new[1] - middle[1]) / after
    growth = math.log(rate * before / (middle[1] - old[1])) / (0.5 * (before + after))
    togo = _time_to_rest(middle, new) if until is None else until - new[1]
    if togo is None or not math.isfinite(togo):
        return None
    togo = max(togo, 0.0)
    if abs(growth) * (before + after) < 1e-3:
        return togo / rate
    now = rate * growth * after / -math.expm1(-growth * after)  # rate is a mean over what was seen last
    grown = 1.0 + growth * togo / now
    return math.log(grown) / growth if grown > 0.0 else None


def _time_to_rest(then: Sample, now: Sample) -> float | None:
    """In how much time of the flow the fall that is left drowns in rounding; None unless the flow slows down."""
    if not (then[2] > now[2] > 0.0):
        return None
    decay = math.log(then[2] / now[2]) / (now[1] - then[1])
    return max(math.log(now[2] / (decay * NOISE * max(abs(now[3]), 1e-300))) / decay, 0.0)


def shown(seconds: float) -> str:
    """A guess of some seconds, no finer than it is.

    >>> [shown(s) for s in (0.2, 8.4, 200.0, 9000.0, 3e5, 1e12)]
    ['about 1 s', 'about 8 s', 'about 3 min', 'about 2.5 h', 'about 3 days', 'over a year']
    """
    if seconds > 3.2e7:
        return "over a year"
    for least, unit, name in ((86_400.0 * 2, 86_400.0, "days"), (5_400.0, 3_600.0, "h"), (90.0, 60.0, "min")):
        if seconds >= least:
            return f"about {seconds / unit:.{1 if name == 'h' and seconds < 36_000 else 0}f} {name}"
    return f"about {max(round(seconds), 1)} s"


def watching(
    progress: Callable[[Accepted], None] | bool | None, until: float | None, energy: str
) -> contextlib.AbstractContextManager[Callable[[Accepted], None] | None]:
    """A watcher as `evolve` is given one: True is a `Progress`, None and False are none."""
    if progress is True:
        return Progress(until, quiet=False, energy=energy)
    if progress is not None and progress is not False and not callable(progress):
        raise BadInput("progress", type(progress).__name__, "give True, or a function that is called with each step")
    return contextlib.nullcontext(progress or None)
