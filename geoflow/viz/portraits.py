"""The portrait of a flow x' = −∇V(x): level sets, arrows of equal length along −∇V, paths, and where they rest.

The arrows tell directions only: beside steep walls nothing else would be seen of ∇V.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from geoflow.errors import BadInput
from geoflow.points.equilibria import Equilibria
from geoflow.points.landscape import Landscape
from geoflow.protocols import Array
from geoflow.viz.graphs import draw_graph, on_graph
from geoflow.viz.levels import level_sets, paper, plane, sampled
from geoflow.viz.look import INK, NAVY, TRACK, axes_for, legend_below
from geoflow.viz.paths import paths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ARROWS = 23
"""Along the longer side, at most."""

KINDS: dict[str, dict[str, Any]] = {
    "minimum": {"marker": "o", "s": 46, "facecolor": INK},
    "saddle": {"marker": "X", "s": 58, "facecolor": INK},
    "maximum": {"marker": "^", "s": 56, "facecolor": INK},
    "degenerate": {"marker": "D", "s": 38, "facecolor": "#f2b134"},
}
"""A shape for each kind, so that it can be told without colour."""


def portrait(
    potential: object,
    bounds: object,
    trajectories: object = (),
    equilibria: Equilibria | None = None,
    manifolds: Iterable[object] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw a potential and what flows down it: of two variables its level sets, of one its graph.

    Parameters
    ----------
    potential : Potential
    bounds : (x0, x1, y0, y1), or (x0, x1)
        What is drawn; a plane has both axes to one scale, unless one side is more than four times the other.
    trajectories : sequence of Trajectory or (k, d) or (k, m, d)
        Runs of a point or of m marbles that kept their states (``t_eval``), or points; a ring marks each start.
    equilibria : Equilibria or None
        What `find_equilibria` returned: a mark for each kind.
    manifolds : sequence of Curves
        What `stable_manifold` and `unstable_manifold` returned: the stable ones solid, the unstable ones dashed.
    ax : Axes or None
        None opens a figure of pyplot's.

    Raises
    ------
    BadInput
        Before anything is drawn.
    """
    land, lo, hi = plane(potential, bounds, (1, 2))
    d = land.dimension
    tracks, marks, curves = paths(trajectories, d), _marks(equilibria, d), _branches(manifolds, d)
    if d == 1:
        ax = axes_for(ax, (4.8, 3.2))
        tracks, marks = [on_graph(land, t) for t in tracks], {kind: on_graph(land, x) for kind, x in marks.items()}
        shown = [points[:, 1] for points in (*tracks, *marks.values()) if len(points)]
        draw_graph(ax, land, lo, hi, np.concatenate(shown) if shown else np.empty(0))
    else:
        field = sampled(land, lo, hi)
        ax = axes_for(ax, paper(lo, hi), bar=True)
        level_sets(ax, land, field)
        _arrows(ax, land, lo, hi)
        _draw_branches(ax, curves)
    _draw_tracks(ax, tracks)
    _draw_marks(ax, marks, lo, hi)
    legend_below(ax)
    return ax


def _draw_tracks(ax: Axes, tracks: list[Array]) -> None:
    """Paths (k, 2) with a ring at each start."""
    name = "trajectory" if len(tracks) == 1 else "trajectories"
    for k, track in enumerate(tracks):
        label = name if k == 0 else None
        ax.plot(*track.T, color="white", linewidth=3.0, alpha=0.6, zorder=3.0, solid_capstyle="round")
        ax.plot(*track.T, color=TRACK, linewidth=1.5, zorder=3.1, solid_capstyle="round", label=label)
        ax.scatter(track[0, 0], track[0, 1], s=26, facecolor="white", edgecolor=TRACK, linewidth=1.4, zorder=4.0)


def _draw_marks(ax: Axes, marks: dict[str, Array], lo: Array, hi: Array) -> None:
    """A mark at each equilibrium in the picture, and a line in the legend for each kind."""
    d = len(lo)
    for kind, points in marks.items():
        inside = points[np.all((points[:, :d] >= lo) & (points[:, :d] <= hi), axis=1)]
        if len(inside):
            look = {**KINDS[kind], "edgecolor": "white", "linewidth": 0.9, "zorder": 5.0, "clip_on": False}
            ax.scatter(inside[:, 0], inside[:, 1], label=kind, **look)


def _marks(equilibria: object, dimension: int) -> dict[str, Array]:
    if equilibria is None:
        return {}
    if not isinstance(equilibria, Equilibria):
        raise BadInput("equilibria", type(equilibria).__name__, "give what find_equilibria returned, or None")
    if any(len(p.x) != dimension for p in equilibria.points):
        raise BadInput("equilibria", f"points of {len(equilibria.points[0].x)} entries", "these belong to another potential")
    found = {kind: [p.x for p in equilibria.points if p.kind == kind] for kind in KINDS}
    return {kind: np.array(points) for kind, points in found.items() if points}


def _arrows(ax: Axes, land: Landscape, lo: Array, hi: Array) -> None:
    """Directions of −∇V, of one length on paper, where V is finite."""
    width, height = hi - lo if ax.get_aspect() != "auto" else np.ones(2)
    ax.apply_aspect()
    most = np.clip(max(ax.bbox.size) / ax.figure.dpi / 0.21, 12, ARROWS)
    nx, ny = (max(4, round(most * side / max(width, height))) for side in (width, height))
    x, y = (a + (b - a) * (np.arange(n) + 0.5) / n for a, b, n in zip(lo, hi, (nx, ny), strict=True))
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    ways = -land.slopes(points)
    with np.errstate(all="ignore"):
        ways = ways / np.linalg.norm(ways, axis=1, keepdims=True)
    sound = np.all(np.isfinite(ways), axis=1) & np.isfinite(land.values(points))
    look: dict[str, Any] = {
        "color": INK,
        "alpha": 0.42,
        "width": 0.0022,
        "headwidth": 4.2,
        "headlength": 4.6,
        "headaxislength": 4.2,
    }
    ax.quiver(
        *points[sound].T, *ways[sound].T, angles="xy", pivot="mid", scale=nx / 0.55, scale_units="width", units="width",
        zorder=1.0, **look,
    )  # fmt: skip


def _branches(manifolds: object, dimension: int) -> list[tuple[str, Array]]:
    """Curves (k, 2) with their kinds: V rises away from a saddle along its stable manifold, and falls along the unstable one."""
    if not isinstance(manifolds, Iterable):
        manifolds = (manifolds,)
    found = []
    for one in manifolds:
        curves = getattr(one, "branches", None)
        if curves is None or dimension != 2 or any(np.shape(c.points)[1:] != (2,) for c in curves):
            raise BadInput(
                "manifolds", type(one).__name__, "a portrait in the plane shows curves: give one-dimensional manifolds"
            )
        found += [("stable" if c.value[-1] > c.value[0] else "unstable", np.asarray(c.points)) for c in curves]
    return found


def _draw_branches(ax: Axes, curves: list[tuple[str, Array]]) -> None:
    for kind, style in (("stable", "-"), ("unstable", (0.0, (4.0, 2.2)))):
        for k, points in enumerate([points for which, points in curves if which == kind]):
            label = f"{kind} manifold" if k == 0 else None
            ax.plot(*points.T, color="white", linewidth=3.2, alpha=0.6, zorder=2.0)
            ax.plot(*points.T, color=NAVY, linewidth=1.7, linestyle=style, zorder=2.1, label=label)
