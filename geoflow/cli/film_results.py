"""What a run of ``geoflow film`` leaves behind, for all that is written of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geoflow.cli.told import Told
from geoflow.films import Film
from geoflow.protocols import Array, Stepper
from geoflow.trajectory import Trajectory


@dataclass(frozen=True)
class Results:
    """What a run leaves behind; ``frames_by`` is what the frames of a movie are evenly spaced in, "time" or "area", ``parts``
    of the wire the film has let go of.
    """

    film: Film
    run: Trajectory
    frames: list[tuple[float, Array]]
    summary: dict[str, Any]
    method: Stepper
    told: Told
    frames_by: str = "area"
    parts: tuple[Array, ...] = ()


def played(results: Results) -> Trajectory:
    """The run with the frames that were kept of it, to be shown in motion."""
    times, states = zip(*results.frames, strict=True)
    return replace(results.run, t_states=np.array(times), states=np.stack(states))


def film_title(results: Results) -> str:
    """Of a picture of the film where the run ended."""
    film, run = results.film, results.run
    when = "at rest" if not np.isfinite(run.t[-1]) else f"t = {run.t[-1]:.4g}" + (", at rest" if run.status == "at rest" else "")
    return f"Film on the wire {film.wire.name}: {film.followed(run)}\n{when}, area {results.summary['area_end']:.7g}"
