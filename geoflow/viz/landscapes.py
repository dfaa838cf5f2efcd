"""A potential of two variables as a surface, and the tracks that marbles left on it.

Drawn like a film (see `geoflow.viz.films`): by pyvista where it can draw, else by a painter's algorithm, with tracks in place
of the wire. On the axes the surface of the one is an image, that of the other is made of polygons.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import binary_dilation

from geoflow.checks import real_array
from geoflow.errors import BadInput
from geoflow.points.landscape import Landscape
from geoflow.protocols import Array
from geoflow.viz.levels import plane, sampled, variables
from geoflow.viz.look import TRACK, axes_for, rgb
from geoflow.viz.page import Hand, colour_bar, draw_scene, draw_title, frame_of
from geoflow.viz.paint import height_paint
from geoflow.viz.paths import paths
from geoflow.viz.probe import Probe, can_render
from geoflow.viz.scene import make_scenes
from geoflow.viz.sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FINEST = 240
TALL, ABOVE = 0.75, 50.0
"""Lower and seen from higher than a film: one wants to look into the valleys."""


def landscape(
    potential: object,
    bounds: object,
    trajectories: object = (),
    top: float | None = None,
    ax: Axes | None = None,
    probe: Probe | None = None,
) -> Axes:
    """Draw V over a rectangle, coloured by height, with the tracks of marbles, each lying where its track ends.

    Parameters
    ----------
    potential : Potential
        Of two variables.
    bounds : (x0, x1, y0, y1)
        The rectangle.
    trajectories : sequence of Trajectory or (k, 2) or (k, m, 2)
        Runs that kept their states (``t_eval``), or points. A track ends where it leaves what is drawn.
    top : float or None
        V above it is cut off, so that walls do not hide the valleys. Heights out of proportion to the plan are drawn to another
        scale, which the picture names.
    ax : Axes or None
        None opens a figure of pyplot's. Letters shrink with the axes.
    probe : Probe or None
        What may draw; asked of ``can_render`` if not given.

    Raises
    ------
    BadInput
        Before anything is drawn.
    """
    land, lo, hi = plane(potential, bounds)
    tracks = paths(trajectories, 2)
    x, y, values = sampled(land, lo, hi)
    if top is not None:
        values = _cut(values, top)
    lifted = [line for track in tracks if len(line := _lifted(land, track, lo, hi, top))]
    by_pyvista = (can_render() if probe is None else probe).ok
    moved = tuple(line for line in lifted if (np.ptp(line, axis=0) > 0.0).any())
    sheet = Sheet.over(x, y, values)
    (scene,) = make_scenes([(sheet, moved, ())], TALL)
    ends = np.array([line[-1] for line in lifted]).reshape(-1, 3)
    resting = (ends - scene.centre) * scene.scale + np.array([0.0, 0.0, 0.8 * scene.radius])
    scene = replace(scene, marbles=resting, paint=rgb(TRACK), above=ABOVE)
    ax = axes_for(_page() if ax is None else ax, (8.0, 6.0))
    paint = height_paint("V", sheet.values)
    draw_scene(ax, scene, paint, (variables(land)[0], variables(land)[1], "V"), Hand(by_pyvista, FINEST), frame_of(ax))
    colour_bar(ax, paint)
    draw_title(ax, "", scene.stretch)
    return ax


def _cut(values: Array, top: object) -> Array:
    """Heights, with NaN above ``top``."""
    limit = real_array(top, "top", "give a number")
    low = float(np.nanmin(values))
    if limit.ndim != 0 or not float(limit) > low:
        raise BadInput("top", top, f"give a number above the lowest V of the rectangle, {low:.6g}")
    with np.errstate(invalid="ignore"):
        below = values <= float(limit)
        rim = binary_dilation(below, np.ones((3, 3), dtype=bool))  # nodes that make the cut level, not a saw
        return np.where(rim, np.minimum(values, float(limit)), np.nan)


def _page() -> Axes:
    """A new figure of pyplot's, all of it a page but for a strip for a title."""
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(8.0, 6.4)).add_axes((0.0, 0.0, 1.0, 6.0 / 6.4))


def _lifted(land: Landscape, track: Array, lo: Array, hi: Array, top: float | None) -> Array:
    """The beginning of a path (k, 2) that is seen, on the surface: (j, 3), j ≤ k."""
    heights = land.values(track)
    seen = np.all((track >= lo) & (track <= hi), axis=1) & np.isfinite(heights)
    if top is not None:
        seen &= heights <= float(top)
    first_out = int(np.argmin(seen)) if not seen.all() else len(seen)
    return np.column_stack([track, heights])[:first_out]
