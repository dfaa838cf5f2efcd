"""The states of a film along a run, evenly spaced in time or in the area that it loses: the frames of a movie.

Between two states that a run has kept heights are interpolated, linearly in the clock that is chosen. Where a run went
straight to rest, outside of time, nothing moved on the way: then the nearest of its states is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geoflow.errors import BadInput
from geoflow.films import Film
from geoflow.trajectory import Trajectory
from geoflow.viz.paths import states
from geoflow.viz.sheet import Array
from geoflow.viz.shown import State

CLOCKS = ("time", "area")


@dataclass(frozen=True, eq=False)
class Course:
    """States u (k, ny, nx) of a film at times t (k,), which may end with inf, and whether the last is at rest."""

    film: Film
    t: Array
    u: Array
    at_rest: bool

    @classmethod
    def of(cls, film: object, shown: object) -> Course:
        """That of a run which kept its states."""
        if not isinstance(film, Film):
            raise BadInput("film", type(film).__name__, "a movie is of one film")
        if not isinstance(shown, Trajectory):
            raise BadInput("shown", type(shown).__name__, "a movie is of a run, a Trajectory that kept its states (t_eval)")
        kept = states(shown, "shown")
        film.grid.checked(kept[-1])
        moving = (shown.t_states <= shown.t[-1]) if np.isfinite(shown.t[-1]) else np.ones(len(kept), dtype=bool)
        return cls(film, shown.t_states[moving], kept[moving], shown.status == "at rest")

    def frames(self, count: int, by: str) -> list[State]:
        """So many states, evenly spaced; in area, where a run has taken its last steps outside of time."""
        clock = self._clock(by)
        at = np.interp(np.linspace(clock[0], clock[-1], count), clock, np.arange(len(clock), dtype=float))
        before = np.minimum(at.astype(int), len(self.u) - 1)
        after = np.minimum(before + 1, len(self.u) - 1)
        share = at - before
        found = []
        for k, (i, j, s) in enumerate(zip(before, after, share, strict=True)):
            t, u = self._between(int(i), int(j), float(s))
            found.append(State(self.film, u, t, at_rest=self.at_rest and k == count - 1))
        return found

    def _clock(self, by: str) -> Array:
        if by == "time" and np.isfinite(self.t).all():
            return self.t
        value: Callable[[int], float] = lambda k: self.film.flow.at(float(self.t[k])).energy.value(self.u[k])  # noqa: E731
        areas = np.array([value(k) for k in range(len(self.u))])
        return np.append(0.0, np.cumsum(np.abs(np.diff(areas))))

    def _between(self, i: int, j: int, share: float) -> tuple[float | None, Array]:
        if share == 0.0 or not np.isfinite(self.t[j]):
            k = i if share < 0.5 else j
            return (float(self.t[k]) if np.isfinite(self.t[k]) else None), self.u[k]
        t = float((1.0 - share) * self.t[i] + share * self.t[j])
        return t, self.film.flow.at(t).place((1.0 - share) * self.u[i] + share * self.u[j])


def checked_frames(count: object, by: object) -> tuple[int, str]:
    """How many frames and by which clock, or a refusal."""
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or not 2 <= count <= 2000:
        raise BadInput("frames", count, "give a whole number of frames, from 2 to 2000")
    if not isinstance(by, str) or by not in CLOCKS:
        raise BadInput("frames_by", by, f"choose one of {', '.join(CLOCKS)}")
    return int(count), by
