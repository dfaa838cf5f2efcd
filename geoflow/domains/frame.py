"""A wire turned so that it is a graph, or a better one, over another plane than its own xy-plane, and turned back.

The plane is that of the largest shadow: its normal is the vector area ½ Σ pₖ × pₖ₊₁ of the loops (Newell; Sutherland, Sproull &
Schumacker, ACM Computing Surveys 6, 1974), since the shadow on a plane of normal n has the area n · A.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geoflow.protocols import Array

LEAN = 0.7  # shadow over largest shadow: a wire that leans more than 45° is turned even where it is a graph, if
FLAT = 0.5  # … the range of its heights is so much smaller then
STEEP = 0.25  # shadow of a side over its length: a plane that sides are steeper over is no better than one where they are not
UPRIGHT = 0.15  # … and where they are so steep, as a hair that stands on a wire is, not even that of the largest shadow will do
LEVEL = 1e-12  # a component of a normal that is as small is none


@dataclass(frozen=True, eq=False)
class Frame:
    """Axes of a wire's own.

    Attributes
    ----------
    rotation : (3, 3)
        Its rows are the axes, in the wire's own space: x, y and up.
    origin : (3,)
        What becomes 0.
    """

    rotation: Array
    origin: Array

    @staticmethod
    def facing(normal: Array, origin: Array) -> Frame:
        """The frame whose up is a normal, or its opposite if that points down: the least turn from the given axes."""
        n = np.where(np.abs(normal) <= LEVEL * np.max(np.abs(normal)), 0.0, normal)
        n = n / np.linalg.norm(n)
        n = n if tuple(n[::-1]) > (0.0, 0.0, 0.0) else -n
        across = np.array([[0.0, 0.0, -n[0]], [0.0, 0.0, -n[1]], [n[0], n[1], 0.0]])  # v ↦ (n × e₃) × v, turning n up
        return Frame(np.eye(3) + across + across @ across / (1.0 + n[2]), np.asarray(origin, dtype=np.float64))

    def into(self, points: Array) -> Array:
        """Points (…, 3) of the wire's own space in these axes."""
        return (points - self.origin) @ self.rotation.T

    def back(self, points: Array) -> Array:
        """Points (…, 3) in these axes where they are in the wire's own space."""
        return points @ self.rotation + self.origin

    def about(self, what: str) -> str:
        """One line on what was turned, to be what."""
        n = np.round(self.rotation[2], 6) + 0.0
        angle = float(np.degrees(np.arccos(np.clip(self.rotation[2, 2], -1.0, 1.0))))
        return f"turned by {angle:.3g}° to be a {what}: heights are along ({n[0]:.3g}, {n[1]:.3g}, {n[2]:.3g})"


def vector_area(loops: list[Array]) -> Array:
    """The sum of the loops' vector areas, (3,), each turned round to point the way of the largest."""
    middle = loops[0].mean(axis=0)
    areas = [0.5 * np.sum(np.cross(p - middle, np.roll(p, -1, axis=0) - middle), axis=0) for p in loops]
    largest = max(areas, key=lambda a: float(a @ a))
    return np.sum([a if a @ largest >= 0.0 else -a for a in areas], axis=0)


def _brought_to_size_one(loops: list[Array]) -> list[Array]:
    """The loops' shapes: areas of wires of 1e80 have squares that overflow."""
    points = np.concatenate(loops)
    return [(p - points.mean(axis=0)) / float(np.max(np.ptp(points, axis=0))) for p in loops]


def leans(loops: list[Array]) -> bool:
    """Whether the shadow on the given xy-plane is much smaller than the largest one."""
    area = vector_area(_brought_to_size_one(loops))
    return bool(abs(area[2]) < LEAN * np.linalg.norm(area))


def frames(loops: list[Array]) -> Iterator[Frame]:
    """Other axes to try, the best first: up along the vector area, along y, along x."""
    points, area = np.concatenate(loops), vector_area(_brought_to_size_one(loops))
    middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
    if np.linalg.norm(area) > LEVEL:
        yield Frame.facing(area, middle)
    yield Frame.facing(np.array([0.0, 1.0, 0.0]), middle)
    yield Frame.facing(np.array([1.0, 0.0, 0.0]), middle)


def flatter(turned: list[Array], loops: list[Array]) -> bool:
    """Whether the heights of turned loops go over less than half the range of those of the given ones."""
    after, before = (float(np.ptp(np.concatenate(each)[:, 2])) for each in (turned, loops))
    return after < FLAT * before


def steepest(loops: list[Array]) -> float:
    """The least shadow on the xy-plane of a side over its length; 0 is upright."""
    least = 1.0
    for loop in loops:
        step = np.roll(loop, -1, axis=0) - loop
        length = np.linalg.norm(step, axis=1)
        flat = np.hypot(step[:, 0], step[:, 1])[length > 0.0] / length[length > 0.0]
        least = min(least, float(np.min(flat, initial=1.0)))
    return least
