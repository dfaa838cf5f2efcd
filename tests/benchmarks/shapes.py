"""Odd shapes against a square: ``python tests/benchmarks/shapes.py [--quick]``.

The time per unknown of `relax` on grids of 1000 × 777 and 1021 × 64 nodes (nx × ny) and on cells four times as wide as high,
relative to that of 1025², all in turn on one thread. ``--quick`` takes an eighth of the nodes each way.
"""

from __future__ import annotations

from collections.abc import Callable

from common import header, medians, options, pin, row
from numpy import where

import geoflow as gf

SHAPES = (  # (nx, ny), (hx, hy) in units of one spacing; the square comes first
    ((1025, 1025), (1.0, 1.0)),
    ((1000, 777), (1.0, 1.0)),
    ((1021, 64), (1.0, 1.0)),
    ((1025, 1025), (4.0, 1.0)),
    ((1025, 1025), (1.0, 4.0)),
)


def film(nodes: tuple[int, int], spacing: tuple[float, float], reach: float = 0.5) -> Callable[[], gf.Trajectory]:
    """`relax` of z = x² − y² + x³/3 on the wire, the longer side 2 · reach, from zero inside."""
    (nx, ny), (hx, hy) = nodes, spacing
    unit = reach / max((nx - 1) * hx, (ny - 1) * hy)
    x1, y1 = unit * (nx - 1) * hx, unit * (ny - 1) * hy
    grid = gf.Grid((-x1, x1, -y1, y1), (ny, nx))
    x, y = grid.x[None, :], grid.y[:, None]
    flow = gf.GradientFlow(gf.GraphArea(grid), gf.L2(grid), grid.boundary)
    start = where(grid.boundary, x * x - y * y + x**3 / 3.0, 0.0)
    return lambda: gf.relax(flow, start)


def main(divisor: int, runs: int) -> None:
    header("time per unknown, relative to a square")
    works, size, newton = {}, {}, {}
    for (nx, ny), (hx, hy) in SHAPES:
        nodes = (nx - 1) // divisor + 1, (ny - 1) // divisor + 1
        name = f"{nodes[0]} × {nodes[1]}" + (f", hx = {hx / hy:g} hy" if hx != hy else "")
        works[name], size[name] = film(nodes, (hx, hy)), nodes[0] * nodes[1]
        newton[name] = int(works[name]().ledger.newton.sum())
    each = {name: time / size[name] for name, time in medians(works, runs).items()}
    square = next(iter(each))
    for name in each:
        row(f"{name} ({newton[name]} Newton)", 1e9 * each[name], "ns/unknown")
    for name in list(each)[1:]:
        row(f"{name}, relative to {square}", each[name] / each[square], "×", 2.0, 1.2)


if __name__ == "__main__":
    arguments = options(__doc__)
    pin()
    main(8 if arguments.quick else 1, arguments.runs)
