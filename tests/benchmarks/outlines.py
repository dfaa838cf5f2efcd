"""Outlines against a rectangle: ``python tests/benchmarks/outlines.py [--quick] [--runs N]``.

The time per unknown of `soap_film` and `relax` together, as a user waits for them, and of `relax` alone, for Scherk's surface
over a disc, a star, an ellipse, an annulus and an L on grids of 1025 nodes along the longer side, relative to the same over
a square; all in turn in one process on one thread. Unknowns are the nodes that may move, so that nodes outside of an outline,
which no film needs, count against it: the third column of figures says how many of the grid's nodes are unknowns. ``--quick``
takes an eighth of the nodes each way.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import numpy as np
from common import header, options, pin, row, seconds

import geoflow as gf
from geoflow.exact.surfaces import scherk

BOUND = 1.5
L = 1.2 * np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0)]) - 0.6


def ring(radius: float) -> np.ndarray:
    """A circle, (4096, 2)."""
    angle = np.arange(4096) * (2.0 * np.pi / 4096)
    return radius * np.column_stack([np.cos(angle), np.sin(angle)])


def wires() -> dict[str, gf.Wire]:
    """The same height over every outline, the square first."""
    height = scherk(1.5).height
    sides = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
    shapes = {"disc": "disc", "star": "star", "ellipse": "ellipse", "annulus": [ring(1.0), ring(0.5)], "L": L}
    square = gf.Wire("square", (-1.0, 1.0, -1.0, 1.0), height)
    turned = gf.Wire.outline(sides @ np.array([(0.8, 0.6), (-0.6, 0.8)]) * 0.7, height)
    return {"square": square, **{name: gf.Wire.outline(shape, height) for name, shape in shapes.items()}, "turned square": turned}


class Case:
    """One wire's film, and how long each try took."""

    def __init__(self, wire: gf.Wire, n: int) -> None:
        self.wire, self.n, self.both, self.alone = wire, n, [], []
        self.once()
        self.both.clear()
        self.alone.clear()

    def once(self) -> None:
        """Make the film, and let it come to rest."""
        kept: dict[str, object] = {}
        made = seconds(lambda: kept.update(film=gf.soap_film(self.wire, self.n)))
        film: gf.Film = kept["film"]  # type: ignore[assignment]
        self.alone.append(seconds(lambda: kept.update(run=gf.relax(film.flow, film.start))))
        self.both.append(made + self.alone[-1])
        run: gf.Trajectory = kept["run"]  # type: ignore[assignment]
        self.unknowns, self.share = film.unknowns, film.unknowns / film.start.size
        self.newton, self.linear = int(run.ledger.newton.sum()), int(run.ledger.linear.sum())


def main(n: int, runs: int) -> None:
    cases = {name: Case(wire, n) for name, wire in wires().items()}
    for _ in range(runs):
        for case in cases.values():
            case.once()
    each: Callable[[Case, list[float]], float] = lambda case, times: statistics.median(times) / case.unknowns  # noqa: E731
    square = cases["square"]
    header(f"time per unknown at {n}, medians of {runs}")
    for name, case in cases.items():
        told = f"{name} ({case.newton} Newton, {case.linear} CG, {case.share:.0%} unknowns)"
        row(told, 1e9 * each(case, case.both), "ns/unknown")
    for name, case in cases.items():
        if case is not square:
            row(f"{name}, film and rest, relative to the square", each(case, case.both) / each(square, square.both), "×", BOUND)
            row(f"{name}, rest alone", each(case, case.alone) / each(square, square.alone), "×", BOUND)


if __name__ == "__main__":
    arguments = options(__doc__)
    pin()
    main(129 if arguments.quick else 1025, arguments.runs)
