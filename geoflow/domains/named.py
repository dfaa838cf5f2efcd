"""The wires that ship, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from geoflow.domains.heightfield import HeightField
from geoflow.domains.wire import Wire
from geoflow.exact.surfaces import RINGS, SURFACES
from geoflow.protocols import Array


def saddle() -> Wire:
    """x² − y² over a square, with ripples as the start."""

    def ripples(x: Array, y: Array) -> Array:
        return x * x - y * y + 0.25 * np.sin(3.0 * np.pi * x) * np.sin(2.0 * np.pi * y)

    wire = Wire.formula("x**2 - y**2")
    return Wire("saddle", wire.bounds, wire.height, ripples, None, "z = x² − y² on [−1, 1]², its film rippled at the start")


def tent() -> Wire:
    """Two gables, with the roof as the start."""

    def roof(x: Array, y: Array) -> Array:
        return 1.0 - np.abs(x) + 0.0 * y

    return Wire("tent", (-1.0, 1.0, -1.0, 1.0), roof, roof, None, "two gables, z = 1 − |x|, with the roof as the start")


def terrain() -> Wire:
    """The Jacksboro fault, Tennessee: the elevation model that ships inside matplotlib, degrees turned into metres."""
    from matplotlib.cbook import get_sample_data

    loaded: Any = get_sample_data("jacksboro_fault_dem.npz")
    with loaded as data:
        north_first = np.asarray(data["elevation"], dtype=np.float64)
        step, latitude = float(data["dx"]), 0.5 * (float(data["ymin"]) + float(data["ymax"]))
    metres = 111_320.0 * step  # one step of latitude; of longitude, that times the cosine
    ny, nx = north_first.shape
    bounds = (0.0, (nx - 1) * metres * float(np.cos(np.radians(latitude))), 0.0, (ny - 1) * metres)
    field = HeightField(bounds, np.ascontiguousarray(north_first[::-1]))
    return Wire("terrain", bounds, field, field, None, "the edge of a mountain range, in metres; the mountains are the start")


def _over(name: str, outline: object, height: str, about: str) -> Wire:
    return replace(Wire.outline(outline, height), name=name, about=about)


def two_rings() -> Wire:
    """A catenoid's two rings, one above the other."""
    inner, outer = RINGS.polar  # type: ignore[misc]
    angle = np.linspace(0.0, 2.0 * np.pi, 32_768, endpoint=False)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    about = f"two rings, of radius {outer:g} and {inner:g}, held apart: {RINGS.equation}"
    return replace(Wire.outline([outer * circle, inner * circle], RINGS.height), name=RINGS.name, exact=RINGS, about=about)


def tilted_ring() -> Wire:
    """A bent ring that stands upright in space."""
    angle = np.linspace(0.0, 2.0 * np.pi, 720, endpoint=False)
    ring = np.column_stack([np.cos(angle), 0.4 * np.cos(2.0 * angle), 1.0 + np.sin(angle)])
    wire = Wire.outline(ring)
    return replace(wire, name="upright-ring", about=f"a bent ring that stands on its edge; {wire.about.partition('; ')[2]}")


def horse() -> Wire:
    """The silhouette of a horse that ships with scikit-image, under a wave."""
    from skimage.data import horse as picture

    wire = Wire.silhouette(picture(), "0.15*sin(4*x)*cos(3*y)")
    return replace(wire, name="horse", about=f"a horse under a wave, from scikit-image's picture: {wire.about}")


def coins() -> Wire:
    """24 coins, of a photograph that ships with scikit-image, each a wire."""
    from skimage.data import coins as picture

    wire = Wire.silhouette(picture(), "0.1*sin(8*x)*cos(8*y)", level="edges", specks=0.1)
    return replace(wire, name="coins", about=f"24 coins under a wave, from scikit-image's photograph: {wire.about}")


def summit() -> Wire:
    """The contour around the highest ridge of the terrain; the ridge is the start."""
    wire = Wire.contour(terrain(), 880.0)
    return replace(
        wire, name="summit", about=f"the contour line of 880 m around a ridge, in metres; the ridge is the start: {wire.about}"
    )


def lake() -> Wire:
    """The valley of the terrain under water; its bed is the start."""
    wire = Wire.contour(terrain(), 320.0, side="below", smooth=2.0)
    about = f"the shore of a lake at 320 m, in metres; the bed is the start: {wire.about}"
    return replace(wire, name="lake", about=about)


MAKERS: dict[str, Callable[[], Wire]] = {
    **{name: lambda s=s: Wire.of(s) for name, s in SURFACES.items()},  # type: ignore[misc]
    "saddle": saddle,
    "tent": tent,
    "terrain": terrain,
    "ring": lambda: _over("ring", "disc", "0.5*sin(2*atan2(y, x))", "a bent ring, z = ½ sin 2θ on the unit circle"),
    "clover": lambda: _over("clover", "star", "0.2*cos(3*atan2(y, x))", "r = 0.45 + 0.08 cos 3θ, its three leaves raised"),
    "two-rings": two_rings,
    "upright-ring": tilted_ring,
    "horse": horse,
    "coins": coins,
    "summit": summit,
    "lake": lake,
}
