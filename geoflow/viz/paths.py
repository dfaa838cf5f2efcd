"""What is drawn as a path: runs that kept their states, or arrays of points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from geoflow.errors import BadInput
from geoflow.protocols import Array
from geoflow.trajectory import Trajectory

KEEP = "give evolve its t_eval, so that it keeps states on the way, or the states of gf.steps"


def paths(given: object, dimension: int, field: str = "trajectories") -> list[Array]:
    """Each path as finite points (k, d), k ≥ 1, one for each marble.

    Parameters
    ----------
    given : Trajectory or array, or a sequence of them
        A run of one point or of many, whose states were kept; or points (k, d), or (k, m, d) of m marbles.
    dimension : int
        d.
    field : str
        What refusals call it.
    """
    if isinstance(given, (Trajectory, np.ndarray)):
        given = (given,)
    if not isinstance(given, Iterable) or isinstance(given, (str, Mapping)):
        raise BadInput(field, type(given).__name__, "give a list of trajectories, or of arrays of points")
    found: list[Array] = []
    for one in given:
        points = states(one, field)
        if points.ndim not in (2, 3) or points.shape[-1] != dimension or not len(points):
            wanted = f"a path is (k, {dimension}), or (k, m, {dimension}) for m marbles"
            raise BadInput(field, f"array of shape {points.shape}", wanted)
        found += [points] if points.ndim == 2 else list(np.moveaxis(points, 1, 0))
    return found


def states(one: object, field: str) -> Array:
    """The states of one run (k, *x.shape), or of one array, all finite."""
    if isinstance(one, Trajectory):
        if len(one.t) > 2 and len(one.states) <= 2 and not np.array_equal(one.states[0], one.states[-1]):
            raise BadInput(field, f"a run of {len(one.t) - 1} steps that kept {len(one.states)} states", KEEP)
        return one.states
    try:
        points = np.asarray(one, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(field, type(one).__name__, "give a Trajectory, or an array of points") from None
    if not np.all(np.isfinite(points)):
        raise BadInput(field, "a point that is not finite", "every entry of a path is a finite number")
    return points


def named(runs: object, field: str = "runs") -> dict[str, Trajectory]:
    """Runs by name: one run is alone and needs none."""
    if isinstance(runs, Trajectory):
        return {"": runs}
    good = isinstance(runs, Mapping) and len(runs) > 0
    if not good or not all(isinstance(name, str) and isinstance(run, Trajectory) for name, run in runs.items()):  # type: ignore[attr-defined]
        raise BadInput(field, type(runs).__name__, "give a Trajectory, or a dictionary of names and Trajectories")
    return dict(runs)  # type: ignore[call-overload]
