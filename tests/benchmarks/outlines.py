"""Outlines against a rectangle: ``python tests/benchmarks/outlines.py [--quick] [--runs N]``.

The time per unknown of `soap_film` and `relax` together, as a user waits for them, and of `relax` alone, of films over a disc, a
star, an ellipse, an annulus, an L and a turned square on grids of 1025 nodes along the longer side, relative to the same over a
square; in one process on one thread, all shapes in turn, and each again and again, when it finds its memory as it left it. One
height is Scherk's surface, turned against the axes: along them it is its own Coons patch, and a film over the square would
start from rest. The other is farther from minimal, and so from what coarser grids can guess. Then the same of a Newton step from
the start, with its linear solve at 1e-8, which depends on no guess, and of a step through time; all shapes in turn, each after
one of its own. Unknowns are the nodes that may move, so that nodes outside of an outline, which no film needs, count against it:
the third figure says how many of the grid's nodes are unknowns. ``--quick`` takes an eighth of the nodes each way.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import numpy as np
from common import header, options, pin, row, seconds

import geoflow as gf
from geoflow.exact.surfaces import scherk
from geoflow.solvers.linear import prepare

BOUND, DT = 1.5, 5e-4
Height = Callable[[np.ndarray, np.ndarray], np.ndarray]
L = 1.2 * np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0)]) - 0.6


def ring(radius: float) -> np.ndarray:
    """A circle, (4096, 2)."""
    angle = np.arange(4096) * (2.0 * np.pi / 4096)
    return radius * np.column_stack([np.cos(angle), np.sin(angle)])


def turned_scherk(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A minimal surface, with slopes of up to 5.8 over the square."""
    return scherk(1.5).height(0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x)


def monkey_saddle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Three hills and three valleys around, with slopes of up to 6 over the square."""
    return x**3 - 3.0 * x * y**2


def wires(height: Height = turned_scherk) -> dict[str, gf.Wire]:
    """The same height over every outline, the square first."""
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

    def begin(self) -> None:
        """Forget what earlier tries took."""
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


class Task:
    """Something that is done with one wire's film, and how long each try took."""

    def __init__(self, film: gf.Film, do: Callable[[gf.Film], str]) -> None:
        self.do, self.film, self.took = do, film, []
        self.told = do(film)

    def once(self) -> None:
        """Do it twice, the second time finding its memory as the first one left it: that one counts."""
        self.do(self.film)
        self.took.append(seconds(lambda: self.do(self.film)))


def newton(film: gf.Film) -> str:
    """A Newton step from the start: energy, slope, matrix and hierarchy, and conjugate gradients at 1e-8."""
    energy: gf.GraphArea = film.flow.energy  # type: ignore[assignment]
    energy.value(film.start)
    found = prepare(energy.hessian(film.start), film.flow.fixed).solve(energy.differential(film.start), 1e-8)
    return f"{found.iterations} CG"


def through_time(film: gf.Film) -> str:
    """One step of a flow through time."""
    ledger = gf.evolve(film.flow, film.start, DT, dt=DT).ledger
    return f"{int(ledger.newton.sum())} Newton, {int(ledger.linear.sum())} CG"


def compare_tasks(title: str, what: str, films: dict[str, gf.Film], do: Callable[[gf.Film], str], runs: int) -> None:
    """Print what a task took, per unknown, and beside the square's."""
    tasks = {name: Task(film, do) for name, film in films.items()}
    for _ in range(runs):
        for task in tasks.values():
            task.once()
    each = {name: statistics.median(task.took) / task.film.unknowns for name, task in tasks.items()}
    header(f"{what}, {title}")
    for name, task in tasks.items():
        row(f"{name} ({task.told})", 1e9 * each[name], "ns/unknown")
    for name in list(tasks)[1:]:
        row(f"{name}, {what}, relative to the square", each[name] / each["square"], "×", BOUND)


def compare(title: str, cases: dict[str, Case]) -> None:
    """Print what each try took, per unknown, and beside the square's."""
    each: Callable[[Case, list[float]], float] = lambda case, times: statistics.median(times) / case.unknowns  # noqa: E731
    square = cases["square"]
    header(title)
    for name, case in cases.items():
        told = f"{name} ({case.newton} Newton, {case.linear} CG, {case.share:.0%} unknowns)"
        row(told, 1e9 * each(case, case.both), "ns/unknown")
    for name, case in cases.items():
        if case is not square:
            row(f"{name}, film and rest, relative to the square", each(case, case.both) / each(square, square.both), "×", BOUND)
            row(f"{name}, rest alone", each(case, case.alone) / each(square, square.alone), "×", BOUND)


def main(n: int, runs: int) -> None:
    for height in (turned_scherk, monkey_saddle):
        cases = {name: Case(wire, n) for name, wire in wires(height).items()}
        said = f"{height.__name__.replace('_', ' ')} at {n}, medians of {runs}"
        turns = [case for _ in range(runs) for case in cases.values()]
        for order, told in (
            (turns, "each after a film of another shape"),
            (sorted(turns, key=id), "each after one of its own shape"),
        ):
            for case in cases.values():
                case.begin()
            for case in order:
                case.once()
            compare(f"{said}, {told}", cases)
        del cases
        films = {name: gf.soap_film(wire, n) for name, wire in wires(height).items()}
        compare_tasks(said, "a Newton step", films, newton, runs)
        compare_tasks(said, f"a step of {DT:g} through time", films, through_time, runs)


if __name__ == "__main__":
    arguments = options(__doc__)
    pin()
    main(129 if arguments.quick else 1025, arguments.runs)
