"""``geoflow film``: a wire goes in, the film flows, the minimal surface comes out, and a person sees it."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from geoflow.checks import positive, tolerance
from geoflow.cli.film_input import of_picture, read_start, read_wire
from geoflow.cli.film_outputs import KINDS, STANDARD, check_movies
from geoflow.cli.film_results import Results
from geoflow.cli.lines import print_lines
from geoflow.cli.live import Live, live_targets
from geoflow.cli.methods import METHODS
from geoflow.cli.outputs import Targets, prepared, tell, write
from geoflow.cli.report import files, summary, table
from geoflow.cli.resuming import place, resumed
from geoflow.cli.signals import Stop, heeded
from geoflow.cli.told import Told
from geoflow.detached import detachment
from geoflow.domains.wire import Wire
from geoflow.errors import BadInput, TooCoarse
from geoflow.evolution import evolve
from geoflow.extrapolate import area_estimate
from geoflow.films import Film, soap_film
from geoflow.ledger import Accepted
from geoflow.nested_films import nested_films
from geoflow.progress import Progress
from geoflow.protocols import Array, Stepper
from geoflow.relaxation import relax
from geoflow.saving import MOVIES
from geoflow.spectra import spectrum
from geoflow.starts import Start
from geoflow.steppers.heavy_ball import HeavyBall
from geoflow.trajectory import Trajectory

SIZES = (129, 193, 257, 385, 513, 769, 1025)  # to try where none is asked for
NO_BAR = "no error bar: nested grids need an even number of cells each way, at least four; -n 65 or 129 often gives that"
FROM = "was not asked for when this run was begun, so it starts at"
NO_COARSER = "no error bar: no coarser grid can follow the wire; a larger n gives one"
FRAMES = 24  # states kept for the film.pvd series, spread over the steps of a run


def film(options: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    _check(options)
    wire = read_wire(options)
    start, start_about = read_start(options.start, wire, options.scale)
    held = _held(wire, options, start)
    if wire.path is not None and options.until is None:
        raise BadInput("WIRE", wire.name, "it moves with t, so its film never is at rest: give --until T")
    with prepared(options.out, [*options.o, *live_targets(options.live)], KINDS, STANDARD) as targets:
        check_movies(targets)
        return _run(held, options, targets, start_about)


def _held(wire: Wire, options: argparse.Namespace, start: Start) -> Film:
    """The film on as many nodes as were asked for, or else on as many as it needs."""
    for n in SIZES[:-1] if options.n is None else ():
        with contextlib.suppress(TooCoarse):
            return soap_film(wire, n, start, options.metric)
    try:
        return soap_film(wire, SIZES[-1] if options.n is None else options.n, start, options.metric)
    except TooCoarse as refusal:
        raise of_picture(refusal, options) from None


def _run(held: Film, options: argparse.Namespace, targets: Targets, start_about: str) -> int:
    """Flow, write and tell; the exit status."""
    frames = Frames(wanted=any(path.suffix.lower() in (".pvd", *MOVIES, ".html") or "#" in path.stem for path, _ in targets))
    method = _method(options, held)
    with heeded(options.quiet) as stop:
        run = _flow(held, options, frames, method, stop)
    if frames.wanted and options.resume and frames.kept[0][0] > 0.0 and not options.quiet:
        print(f"geoflow: the series of frames {FROM} t = {frames.kept[0][0]:.4g}", file=sys.stderr)
    wanted = run.success and (run.status == "at rest" or options.error_bar)
    nested = nested_films(held, run, method) if wanted else None
    estimate = area_estimate(held, run, method, nested) if nested else None
    found = detachment(held, run, nested) if run.status == "at rest" else None
    result = summary(held, run, estimate, found)
    if run.with_momentum:
        result["method"] = repr(method)
    if wanted and estimate is None:
        result["area_note"] = NO_COARSER if held.grid.halves else NO_BAR
    lines = table(held, run, result, estimate, start_about, found)
    let_go = found.parts if found is not None and found.status == "detached" else ()
    by = options.frames_by or ("area" if options.until is None else "time")
    failed = write(targets, Results(held, run, frames.kept, result, method, Told.of(options, lines), by, let_go), result)
    if options.json:
        print(json.dumps(result))
    elif not options.quiet:
        print_lines([*lines, *files(held, run, result["files"])])
    if not run.success:
        print(f"geoflow: {run.message}", file=sys.stderr)
    tell(failed)
    return 0 if run.success else stop.status if run.status == "interrupted" else 1


def _check(options: argparse.Namespace) -> None:
    if options.relax and options.checkpoint is not None:
        raise BadInput("--relax", "with --checkpoint", "it goes straight to rest, in a few steps: leave one of them out")
    place(options), resumed(options)
    if options.relax and (options.dt is not None or options.method is not None):
        raise BadInput("--relax", "with --dt or --method", "relax goes straight to rest and has neither: leave them out")
    if options.method == "heavyball" and options.metric != "l2":
        raise BadInput("--metric", options.metric, "inertia needs a metric that does not change with the film: take l2")
    if options.beta is not None and options.method != "heavyball":
        raise BadInput("--beta", options.beta, "only heavyball has friction: add --method heavyball, or leave it out")
    for name in ("until", "dt", "beta"):
        positive(f"--{name}", getattr(options, name))
    tolerance("--rtol", options.rtol)


def _method(options: argparse.Namespace, held: Film) -> Stepper:
    if options.method != "heavyball":
        return METHODS[options.method or "sdirk2"]
    if options.beta is not None:
        return HeavyBall(options.beta)
    flow = held.flow.at(0.0)
    return HeavyBall(2.0 * float(np.sqrt(spectrum(flow, relax(flow, held.start).x, 1).values[0])))


def _flow(held: Film, options: argparse.Namespace, frames: Frames, method: Stepper, stop: Stop) -> Trajectory:
    live = Live(options.live, held, options.quiet)
    with Progress(options.until, options.quiet) as progress:
        watch = Watch(frames, progress, live, stop)
        if options.relax:
            return relax(held.flow, held.start, record=held.records, progress=watch, raise_on_failure=False)
        return evolve(
            held.flow,
            held.start,
            options.until,
            method=method,
            dt=options.dt,
            rtol=options.rtol,
            record=held.records,
            checkpoint=place(options),
            resume=resumed(options),
            progress=watch,
            raise_on_failure=False,
        )


@dataclass(frozen=True)
class Watch:
    """Looks at each step: keeps its film, shows it, and ends the run if it was told to."""

    frames: Frames
    progress: Progress
    live: Live
    stop: Stop

    def __call__(self, now: Accepted) -> None:
        """Keep, show, draw, look for a signal."""
        self.frames.add(now)
        self.progress(now)
        self.live(now)
        self.stop.check()

    def saved(self) -> dict[str, Array]:
        """The frames, for a checkpoint."""
        return self.frames.saved()

    def restore(self, saved: Mapping[str, Array]) -> None:
        """The frames of the run that goes on."""
        self.frames.restore(saved)


@dataclass
class Frames:
    """States along a run, at most FRAMES and the last: every other one is dropped when there are too many."""

    wanted: bool = True
    kept: list[tuple[float, Array]] = field(default_factory=list)
    seen: int = 0
    every: int = 1
    final: tuple[float, Array] | None = None

    def add(self, now: Accepted) -> None:
        """Keep this state if its turn has come."""
        if not self.wanted:
            return
        if self.final is not None and self.kept[-1][0] == self.final[0] and (self.seen - 1) % self.every:
            self.kept.pop()
        if len(self.kept) >= FRAMES:
            self.kept, self.every = self.kept[::2], 2 * self.every
        self.final = (now.t, now.x)
        self.kept.append(self.final)
        self.seen += 1

    def saved(self) -> dict[str, Array]:
        """All of this as arrays."""
        if not self.wanted:
            return {}
        times = np.array([t for t, _ in self.kept])
        return {"t": times, "count": np.array([self.seen, self.every]), **{f"frame {k}": u for k, (_, u) in enumerate(self.kept)}}

    def restore(self, saved: Mapping[str, Array]) -> None:
        """The frames as they were, if there were any and they are still wanted."""
        if not self.wanted or "count" not in saved:
            return
        self.kept = [(float(t), saved[f"frame {k}"]) for k, t in enumerate(saved["t"])]
        self.seen, self.every = (int(n) for n in saved["count"])
        self.final = self.kept[-1] if self.kept else None
