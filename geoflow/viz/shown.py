"""What is to be shown of films: one state or several, from arrays of heights, runs, and names for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoflow.errors import BadInput
from geoflow.fields import fields
from geoflow.films import Film
from geoflow.trajectory import Trajectory
from geoflow.viz.paint import KINDS, Kind, filled
from geoflow.viz.sheet import Array, Sheet

Marks = tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class State:
    """Heights ``u`` (ny, nx) of a film at time ``t``: inf at rest by `relax`, None where nobody says. A name; whether at rest."""

    film: Film
    u: Array
    t: float | None = None
    name: str = ""
    at_rest: bool = False

    @property
    def time(self) -> float:
        """Which tells where a wire is that moves: 0 where nobody says."""
        return 0.0 if self.t is None else self.t

    @property
    def area(self) -> float:
        """Of the film."""
        return self.film.flow.at(self.time).energy.value(self.u)

    @property
    def caption(self) -> str:
        """Its time and area."""
        rest = "at rest" if self.at_rest or self.t == np.inf else ""
        when = [f"t = {self.t:.4g}"] if self.t is not None and np.isfinite(self.t) else []
        return ", ".join([*when, *([rest] if rest else []), f"area {self.area:.7g}"])

    def sheet(self, kind: Kind, most: int) -> tuple[Sheet, Marks]:
        """What is drawn of it, coloured by a field, and its wires. Grids with more cells a side are thinned."""
        if kind is KINDS["height"]:  # which asks nothing of the flow
            surface = self.film.surface(self.u, self.time)
            return Sheet.of(surface, surface.heights, most), surface.wires
        surface, known = fields(self.film, self.u, self.time)
        values = filled(known[kind.field], surface.triangles)
        return Sheet.of(surface, values if kind.signed else np.abs(values), most), surface.wires


def states_of(film: object, shown: object, t: float | None = None) -> list[State]:
    """The states to show side by side.

    film: one, or as many as there are states. shown: None for the start; heights or a Trajectory, whose last state it is; or a
    sequence of these, or a mapping from names to them.
    """
    if isinstance(shown, Mapping):
        names, items = [str(name) for name in shown], list(shown.values())
    elif isinstance(shown, Sequence) and not isinstance(shown, str) and any(map(_is_state, shown)):
        names, items = [""] * len(shown), list(shown)
    else:
        names, items = [""], [shown]
    films: list[Any] = list(film) if isinstance(film, Sequence) else [film] * len(items)
    if not films or not all(isinstance(one, Film) for one in films):
        raise BadInput("film", type(film).__name__, "give a Film, such as gf.soap_film makes, or a list of them")
    if len(items) == 1 and len(films) > 1 and shown is None:
        names, items = [one.wire.name for one in films], [None] * len(films)
    if len(films) != len(items):
        raise BadInput("shown", f"{len(items)} states of {len(films)} films", "give one film, or one for each state")
    return [_state(one, item, name, t) for one, item, name in zip(films, items, names, strict=True)]


def _is_state(one: object) -> bool:
    return one is None or isinstance(one, Trajectory) or np.ndim(one) == 2  # type: ignore[arg-type]


def _state(film: Film, shown: object, name: str, t: float | None) -> State:
    if shown is None:
        return State(film, film.start, 0.0 if t is None else t, name)
    if isinstance(shown, Trajectory):
        run: Trajectory = shown
        return State(film, _heights(film, run.x), float(run.t[-1]), name, run.status == "at rest")
    return State(film, _heights(film, shown), t, name)


def _heights(film: Film, u: object) -> Array:
    try:
        heights = np.asarray(u, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput("shown", type(u).__name__, "give heights (ny, nx), a Trajectory, or several of these") from None
    return film.grid.checked(heights)
