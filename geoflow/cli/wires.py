"""``geoflow wires``: the wires that ship."""

from __future__ import annotations

from geoflow.domains.wire import Wire


def wires() -> int:
    """Print name, rectangle and story of each."""
    for name in Wire.names():
        wire = Wire.named(name)
        x0, x1, y0, y1 = wire.bounds
        print(f"{name:14s} [{x0:g}, {x1:g}] × [{y0:g}, {y1:g}]   {wire.about}")
    return 0
