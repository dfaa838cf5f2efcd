"""The film of a run on its own grid, on every other node, every fourth and every eighth: what spatial errors are told from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from geoflow.energies.graph_area import GraphArea
from geoflow.errors import BadInput, GeoflowError
from geoflow.evolution import chosen
from geoflow.films import Film
from geoflow.march import march
from geoflow.pace import Replay
from geoflow.protocols import Array, Stepper
from geoflow.relaxation import relax
from geoflow.trajectory import Trajectory

LEVELS = 4
NEEDED = 3  # of these, where the grid can be halved; the fourth may fail


@dataclass(frozen=True, eq=False)
class NestedFilm:
    """A film where its run ended.

    Attributes
    ----------
    film : Film
    heights : (ny, nx)
    area : float
        Its discrete area.
    missed : float
        The area over what the grid cuts off where an outline turns, to be added: see `GraphArea.missed`.
    """

    film: Film
    heights: Array
    area: float
    missed: float


def nested_films(film: Film, run: Trajectory, method: Stepper | None = None) -> tuple[NestedFilm, ...]:
    """The film where a run ended, and the same on up to three coarser grids, as far as the grid can be halved.

    A run to rest is relaxed anew on each; one to a time takes the very same steps there.

    Parameters
    ----------
    film : Film
    run : Trajectory
        Of ``film.flow`` from ``film.start``, to rest or to a time.
    method : Stepper or None
        That of a run to a time, if it was not the default.
    """
    if not run.success:
        raise BadInput("run", run.status, "give a run that came to rest or to its t_end")
    if run.x.shape != film.grid.shape:
        raise BadInput("run", f"states of shape {run.x.shape}", f"give a run of this film, {film.grid.shape}")
    return tuple(_levels(film, run, method))


def _levels(film: Film, run: Trajectory, method: Stepper | None) -> Iterator[NestedFilm]:
    at_rest, t = run.status == "at rest", float(run.t[-1])
    yield _nested(film, run.x, film.flow.at(t).energy.value(run.x), t)
    heights = run.x if at_rest else film.start
    for level in range(1, LEVELS):
        coarse = film.coarser(heights)
        if coarse is None:
            return
        film = coarse
        try:
            heights, area = _rested(film) if at_rest else _replayed(film, run, method)
        except GeoflowError:
            if level < NEEDED:
                raise
            return
        yield _nested(film, heights, area, t)
        heights = heights if at_rest else film.start


def _rested(film: Film) -> tuple[Array, float]:
    """Heights and area of the film at rest."""
    rest = relax(film.flow, film.start)
    return rest.x, float(rest.energy[-1])


def _nested(film: Film, u: Array, area: float, t: float) -> NestedFilm:
    energy = film.flow.at(t).energy
    return NestedFilm(film, u, area, energy.missed(u) if isinstance(energy, GraphArea) else 0.0)


def _replayed(film: Film, run: Trajectory, method: Stepper | None) -> tuple[Array, float]:
    """Heights and area at the end of the same steps."""
    stepper = chosen(film.flow, method)
    if type(stepper).__name__ != run.method:
        raise BadInput("method", type(stepper).__name__, f"the run was made by {run.method}: give that")
    start = film.flow.begin(film.start)
    marching = march(film.flow, start, stepper, Replay(tuple(run.t)), (float(run.t[-1]),), on_rise="report")
    for now in marching:
        last = now
    if last.t < run.t[-1] and not last.resting:  # at rest it stays where it is
        raise GeoflowError(f"the film on every other node stopped at t = {last.t:.6g}, before t = {run.t[-1]:.6g}")
    return last.x, last.energy - last.kinetic
