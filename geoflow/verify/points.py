"""Points: where they rest, how they roll, and the manifolds of their passes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoflow.energies.potential import Potential
from geoflow.evolution import evolve
from geoflow.exact.points import LANDSCAPES, ROLLS, Landscape
from geoflow.flow import GradientFlow
from geoflow.metrics import Euclidean
from geoflow.points.curves import Curves
from geoflow.points.equilibria import find_equilibria
from geoflow.points.manifolds import unstable_manifold
from geoflow.steppers.rk32 import RK32
from geoflow.steppers.sdirk3 import SDIRK3
from geoflow.verify.rows import Row, most


def rows() -> Iterator[Row]:
    """This chapter's."""
    for landscape in LANDSCAPES.values():
        yield from _rest(landscape)
    for name, x0, t in (("quartic", 1.5, 3.0), ("double well", 2.0, 1.0), ("hill", 0.1, 3.0), ("cubic", 1.0, 0.9)):
        roll = ROLLS[name]
        run = evolve(GradientFlow(Potential(roll.formula), Euclidean()), [x0], t, method=RK32(), rtol=1e-6)
        exact = roll.position(t, x0)
        yield most(f"marble, {name}", f"relative error at t = {t:g}, rtol = 1e-6", abs(float(run.x[0]) / exact - 1.0), 2e-5)
    yield from _pass()
    yield _conserved()


def _rest(landscape: Landscape) -> Iterator[Row]:
    found = find_equilibria(Potential(landscape.formula), landscape.bounds)
    known = {"minimum": landscape.minima, "saddle": landscape.saddles, "maximum": landscape.maxima}
    count = sum(map(len, known.values()))
    right = sum(p.kind in known and len(known[p.kind]) > 0 for p in found.points)
    name = f"points of rest, {landscape.name}"
    yield Row(name, "how many, of their kind, proven to be all", float(right * bool(found.complete)), f"{count}", count, count)
    off = [np.min(np.max(np.abs(known[p.kind] - p.x), axis=1)) for p in found.points]
    yield most(name, "largest distance from the known ones", float(np.max(off)), 1e-13)


def _pass() -> Iterator[Row]:
    """The pass of eˣ cos y − x − 1: its curves are y = 0 and x = ln(y / sin y); beside it a marble runs to infinity."""
    energy, box = Potential(LANDSCAPES["pass"].formula), LANDSCAPES["pass"].bounds
    curves = unstable_manifold(energy, [0.0, 0.0], box)
    assert isinstance(curves, Curves)
    ways = [branch.points[1:].T for branch in curves.branches]
    off = [float(np.max(np.abs(x - np.log(y / np.sin(y))))) for x, y in ways]
    yield most("pass of eˣ cos y − x − 1", "distance of the unstable curve from ln(y / sin y)", max(off), 1e-9)


def _conserved() -> Row:
    """Down V = Re (z³)/3 the flow keeps Im (z³)/3, since both are harmonic and conjugate."""
    start = np.array([0.6, 0.3])
    run = evolve(GradientFlow(Potential("(x**3 - 3*x*y**2)/3"), Euclidean()), start, 1.0, method=SDIRK3(), rtol=1e-7)
    kept = [float(3.0 * x * x * y - y**3) / 3.0 for x, y in (start, run.x)]
    return most("marble, Re z³/3", "change of Im z³/3, which is conserved", abs(kept[1] - kept[0]), 1e-6)
