"""States of films made ready to be drawn together: one box, one camera, one scale of colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from geoflow.errors import BadInput
from geoflow.films import Film
from geoflow.trajectory import Trajectory
from geoflow.viz.courses import Course, checked_frames
from geoflow.viz.paint import Kind, Paint, paint_of
from geoflow.viz.scene import Scene, make_scenes, well_seen
from geoflow.viz.shown import State, states_of


@dataclass(frozen=True, eq=False)
class Reel:
    """Scenes of states, in one box, seen from one side, with one scale of colours."""

    scenes: list[Scene]
    states: list[State]
    paint: Paint

    @classmethod
    def of(cls, states: list[State], kind: Kind, parts: Sequence[ArrayLike], most: int) -> Reel:
        """With marked parts of the wire, in the film's axes; grids of more cells a side are thinned."""
        frame = states[0].film.wire.frame
        marks = tuple(_marked(part) if frame is None else frame.back(_marked(part)) for part in parts)
        sheets = [state.sheet(kind, most) for state in states]
        scenes = well_seen(make_scenes([(sheet, wires, marks) for sheet, wires in sheets], true=frame is not None))
        size, rise = 1.0 / float(scenes[0].scale[0]), scenes[0].rise
        return cls(scenes, states, paint_of(kind, [sheet.values for sheet, _ in sheets], size, rise))


def _marked(part: ArrayLike) -> np.ndarray:
    """A part of a wire to be marked, or a refusal."""
    line = np.asarray(part, dtype=np.float64)
    if line.ndim != 2 or line.shape[1] != 3 or len(line) < 2 or not np.isfinite(line).all():
        raise BadInput("parts", f"shape {line.shape}", "a part of a wire is two or more finite points, (k, 3)")
    return line


def frames_of(film: object, shown: object, frames: int, by: str, t: float | None = None) -> list[State]:
    """The frames of a run that kept its states; of anything else that can be drawn, of one film, the one state that it is."""
    count, by = checked_frames(frames, by)
    if not isinstance(film, Film):
        raise BadInput("film", type(film).__name__, "what moves or turns is one film")
    if isinstance(shown, Trajectory) and len(shown.states) > 2:
        return Course.of(film, shown).frames(count, by)
    states = states_of(film, shown, t)
    if len(states) > 1:
        raise BadInput("shown", f"{len(states)} states", "what moves or turns is one film: give a run, or one state")
    return states
