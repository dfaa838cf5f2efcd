"""``geoflow wires``: the wires that ship."""

from __future__ import annotations

from geoflow.domains.wire import Wire


def wires() -> int:
    """Print name, the rectangle that it is over or in, and the story of each."""
    for name in Wire.names():
        wire = Wire.named(name)
        x0, x1, y0, y1 = wire.bounds
        over = "over" if wire.shadow is None else "  in"
        print(f"{name:14s} {over} [{x0:.4g}, {x1:.4g}] × [{y0:.4g}, {y1:.4g}]   {wire.about}")
    return 0
