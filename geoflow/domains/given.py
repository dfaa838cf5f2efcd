"""A wire from loops of points in space: over a rectangle, over any outline, or turned so that it is over one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from geoflow.domains.frame import STEEP, UPRIGHT, flatter, frames, leans, steepest
from geoflow.domains.heights import checked_bounds
from geoflow.domains.loops import closed_loops, joined
from geoflow.domains.outline import Outline
from geoflow.domains.polyline import RectangleLoop, is_rectangle
from geoflow.domains.reentrant import TURN, dents
from geoflow.domains.wire import Wire
from geoflow.errors import BadInput
from geoflow.protocols import Array

CONVEX = 0.25  # of what dents a shadow has over the given plane: one with so few over another is taken to be convex there
FINE = 1e-8  # of its distance from the origin: how large a wire must be


def over(shadow: Outline, name: str, about: str) -> Wire:
    """A wire over an outline, by the outline's own heights."""

    @cache
    def nearest() -> Any:  # made when it is first asked, which films never do
        from scipy.spatial import KDTree

        return KDTree(shadow.points[:, :2])

    def height(x: Array, y: Array) -> Array:
        x, y = np.broadcast_arrays(x, y)
        found: Array = shadow.points[nearest().query(np.stack([x, y], axis=-1))[1], 2]
        return found

    return Wire(name, checked_bounds(shadow.bounds), height, about=about, shadow=shadow)


def from_loops(loops: list[Array], name: str, file: str, about: str, gap: float = 0.0, rectangle: bool = True) -> Wire:
    """A wire from loops (k, 3) in any position in space; what was joined and turned is said in its `about`.

    The given axes come first. Where the shadow crosses itself or has vertical parts, or has dents, where a film may let go, that
    it has not over another plane, or where the wire leans and is far flatter there, it is the plane of the largest shadow, then
    xz and yz, but first of all one of them where it is over a rectangle. What is a graph over none of them is refused for what
    is wrong with it over the given one.

    file: what errors call it. gap: of ends that the file's reader has joined. rectangle: whether one over a rectangle's edge is
    that, or an outline like any other.
    """
    loops, said = closed_loops(loops, file)
    points = np.concatenate(loops)
    if not np.max(np.ptp(points, axis=0)) >= FINE * np.max(np.abs(points)):
        remedy = "it is so small that rounding shows so far from the origin: move it there"
        raise BadInput(file, points[0].tolist(), remedy)
    about = "; ".join(part for part in (about, said or joined(gap)) if part)
    wire: Wire | None = None
    lean = leans(loops)
    try:
        wire = _upright(loops, name, file, about, rectangle)
        if wire.shadow is None:
            return wire
        holes, dented = wire.shadow.holes, dents(wire.shadow)
        if dented < TURN and not lean:
            return wire
    except BadInput as error:
        refusal = error
    found, what = [], "graph" if wire is None else "better graph"
    least = UPRIGHT if wire is None else min(STEEP, steepest(loops))
    for k, frame in enumerate(frames(loops)):
        turned = [frame.into(loop) for loop in loops]
        if steepest(turned) < (STEEP if k else least):
            continue
        with suppress(BadInput):
            other = replace(_upright(turned, name, file, f"{about}; {frame.about(what)}", rectangle), frame=frame)
            if wire is None or (lean and flatter(turned, loops)) or _mends(other.shadow, holes, dented):
                found.append(other)
    if found:
        return next((turned for turned in found if turned.shadow is None), found[0])
    if wire is None:
        remedy = f"{refusal.remedy}; nor is it one over the plane of its largest shadow, xz or yz"
        raise BadInput(refusal.field, refusal.value, remedy) from None
    return wire


def _mends(shadow: Outline | None, holes: int, dented: float) -> bool:
    """Whether a shadow, None a rectangle, has hardly any of the dents that the given one has, and as many holes."""
    if dented < TURN or shadow is None:
        return dented >= TURN
    return shadow.holes == holes and dents(shadow) <= CONVEX * dented


def _upright(loops: list[Array], name: str, file: str, about: str, rectangle: bool) -> Wire:
    """A wire that is a graph over the xy-plane as it is, or a refusal."""
    if rectangle and len(loops) == 1 and is_rectangle(loops[0], file):
        edge = RectangleLoop.of(loops[0], file)
        return Wire(name, checked_bounds(edge.bounds), edge, None, None, about)
    return over(Outline.of(loops, file), name, about)
