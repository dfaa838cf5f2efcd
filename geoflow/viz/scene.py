"""A film made ready to be drawn: thinned, centred, brought to unit size, with its wire, ticks and colour range.

Display coordinates are X = (x − x_c)/s, Y = (y − y_c)/s, Z = k (u − u_c)/s with s = √(lx·ly), the plan's size. The
factor k is 1 unless the heights are out of proportion to the plan; then it is a round number, and the picture says so.
Centring comes first because graphics cards compute in float32: a terrain at 4 000 000 m north would tremble.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor, log10

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoflow.errors import BadInput
from geoflow.viz.camera import METAL
from geoflow.viz.sampling import stride
from geoflow.viz.ticks import round_values

Array = NDArray[np.float64]

TALL, THIN = 1.5, 0.1
"""Height range over plan size, beyond which heights are drawn to another scale."""

LEVEL = 1e-12
"""Height range over plan size or height, below which a film is flat."""

MARGIN = 0.05
"""Distance between the film and its box, in display units."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A film in display coordinates, with what is needed to label it in its own.

    Attributes
    ----------
    points : (ny, nx, 3)
        The film in display coordinates; NaN in the third column where there is no film.
    heights : (ny, nx)
        The film's own heights, for colour.
    wires : tuple of (k, 3)
        The wires in display coordinates.
    centre, scale : (3,)
        display = (true − centre)·scale.
    low, high : (3,)
        The box around film and wires, in display coordinates, margin included.
    range : (2,)
        Lowest and highest height of the film; equal when it is flat.
    marbles : (m, 3)
        Balls to draw, in display coordinates.
    paint : (3,)
        Red, green and blue of wires and marbles.
    above : float
        How high the camera stands over the plan, in degrees; lower where there is more to see from the side.
    """

    points: Array
    heights: Array
    wires: tuple[Array, ...]
    centre: Array
    scale: Array
    low: Array
    high: Array
    range: tuple[float, float]
    marbles: Array = field(default_factory=lambda: np.empty((0, 3)))
    paint: tuple[float, float, float] = METAL
    above: float = 34.0

    @property
    def stretch(self) -> float:
        """The factor k by which heights are drawn larger than the plan."""
        return float(self.scale[2] / self.scale[0])

    @property
    def thickness(self) -> float:
        """The wire's radius in display units."""
        return 0.0042 * float(np.linalg.norm(self.high - self.low))

    @property
    def radius(self) -> float:
        """A marble's, in display units."""
        return 3.0 * self.thickness

    @property
    def flat(self) -> bool:
        """Whether the film has one height."""
        return self.range[0] == self.range[1]

    def ticks(self, axis: int, count: int) -> tuple[Array, Array]:
        """Round values along an axis, ``count`` + 1 at most: in display coordinates, and in the film's own."""
        ends = np.array([self.low[axis] + MARGIN, self.high[axis] - MARGIN])
        if ends[1] - ends[0] > 1e-9:
            low, high = ends / self.scale[axis] + self.centre[axis]
            values = round_values(low, high, count)
        else:
            values = self.centre[axis : axis + 1]
        return (values - self.centre[axis]) * self.scale[axis], values


def make_scene(
    x: ArrayLike, y: ArrayLike, u: ArrayLike, wire: tuple[ArrayLike, ...] | None, most: int, tall: float = TALL
) -> Scene:
    """Check a film and bring it to display coordinates.

    Parameters
    ----------
    x : (nx,), y : (ny,)
        Node coordinates, increasing.
    u : (ny, nx)
        Heights; NaN where there is no film.
    wire : tuple of (k, 3), optional
        Polylines; the boundary of ``u`` if None.
    most : int
        Grids with more nodes a side are thinned by a stride; the last row and column stay.
    tall : float
        Height range over plan size, beyond which heights are drawn to another scale.

    Raises
    ------
    BadInput
        When a shape does not fit, a coordinate does not increase, or a height is infinite.
    """
    x, y, u = _checked(x, y, u)
    wires = boundary(x, y, u) if wire is None else tuple(_polyline(w) for w in wire)
    corners = np.vstack([[x[0], y[0], np.nanmin(u)], [x[-1], y[-1], np.nanmax(u)], *wires])
    low, high = corners.min(axis=0), corners.max(axis=0)
    size = float(np.sqrt(high[0] - low[0]) * np.sqrt(high[1] - low[1]))
    k = height_scale(high[2] - low[2], size, float(np.abs(corners[:, 2]).max()), tall)
    if high[2] - low[2] <= LEVEL * max(size, float(np.abs(corners[:, 2]).max())):
        low[2] = high[2]
    centre, scale = low / 2 + high / 2, np.array([1.0, 1.0, k]) / size
    jx, iy = stride(len(x), most), stride(len(y), most)
    thin = u[np.ix_(iy, jx)]
    points = np.stack([*np.broadcast_arrays(x[jx], y[iy, None]), thin], axis=-1)
    least, greatest = float(np.nanmin(u)), float(np.nanmax(u))
    if greatest - least <= LEVEL * max(size, abs(least), abs(greatest)):
        greatest = least
    return Scene(
        points=(points - centre) * scale,
        heights=thin,
        wires=tuple((w - centre) * scale for w in wires),
        centre=centre,
        scale=scale,
        low=(low - centre) * scale - MARGIN,
        high=(high - centre) * scale + MARGIN,
        range=(least, greatest),
    )


def height_scale(rise: float, size: float, magnitude: float = 0.0, tall: float = TALL) -> float:
    """The factor heights are drawn with: 1 if in proportion to the plan, else a round number.

    >>> [height_scale(rise, 1.0) for rise in (1.0, 100.0, 0.001, 0.0)]
    [1.0, 0.01, 500.0, 1.0]
    """
    if rise <= LEVEL * max(size, magnitude) or THIN <= rise / size <= tall:
        return 1.0
    wanted = (tall / 1.5 if rise > tall * size else 0.35) * size / rise
    power = 10.0 ** floor(log10(wanted))
    return min((m * power for m in (1.0, 2.0, 5.0, 10.0)), key=lambda k: abs(log10(k / wanted)))


def boundary(x: Array, y: Array, u: Array) -> tuple[Array, ...]:
    """The boundary of a height field as one closed polyline (2 nx + 2 ny − 3, 3); none where it has gaps."""
    rows = np.concatenate([u[0], u[1:, -1], u[-1, -2::-1], u[-2::-1, 0]])
    nx, ny = len(x), len(y)
    along = np.concatenate([x, np.full(ny - 1, x[-1]), x[-2::-1], np.full(ny - 1, x[0])])
    across = np.concatenate([np.full(nx, y[0]), y[1:], np.full(nx - 1, y[-1]), y[-2::-1]])
    return (np.column_stack([along, across, rows]),) if np.isfinite(rows).all() else ()


def _checked(x: ArrayLike, y: ArrayLike, u: ArrayLike) -> tuple[Array, Array, Array]:
    x, y, u = (np.asarray(a, dtype=np.float64) for a in (x, y, u))
    for name, nodes in (("x", x), ("y", y)):
        if nodes.ndim != 1 or len(nodes) < 2 or not np.isfinite(nodes).all() or not (np.diff(nodes) > 0).all():
            raise BadInput(name, nodes, "give two or more finite node coordinates in increasing order")
    if u.shape != (len(y), len(x)):
        raise BadInput("u", f"shape {u.shape}", f"heights are (ny, nx) = ({len(y)}, {len(x)})")
    if np.isinf(u).any() or np.isnan(u).all():
        raise BadInput("u", "infinite or no heights", "a film to draw needs finite heights; NaN means no film there")
    if np.nanmax(np.abs(u)) > 1e300:
        raise BadInput("u", float(np.nanmax(np.abs(u))), "a height to draw is at most 1e300")
    return x, y, u


def _polyline(points: ArrayLike) -> Array:
    line = np.asarray(points, dtype=np.float64)
    if line.ndim != 2 or line.shape[1] != 3 or len(line) < 2 or not np.isfinite(line).all():
        raise BadInput("wire", f"shape {line.shape}", "a wire is two or more finite points, (k, 3)")
    if not (np.ptp(line, axis=0) > 0).any():
        raise BadInput("wire", line[0].tolist(), "a wire needs two different points")
    return line
