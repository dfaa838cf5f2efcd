"""Points: where they rest, how they roll, and the manifolds of their passes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoflow.energies.potential import Potential
from geoflow.escape import blow_up
from geoflow.evolution import evolve
from geoflow.exact.points import LANDSCAPES, ROLLS, Landscape
from geoflow.flow import GradientFlow
from geoflow.metrics import Euclidean
from geoflow.points.curves import Curves
from geoflow.points.equilibria import find_equilibria
from geoflow.points.manifolds import stable_manifold, unstable_manifold
from geoflow.spectra import spectrum
from geoflow.steppers.explicit_euler import ExplicitEuler
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
    yield from _numbers()
    yield from _conserved()
    yield _descent()


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
    road = stable_manifold(energy, [0.0, 0.0], box)
    assert isinstance(road, Curves)
    off = [float(np.max(np.abs(branch.points[:, 1]))) for branch in road.branches]
    yield most("pass of eˣ cos y − x − 1", "distance of the stable curve from y = 0", max(off), 1e-9)
    flow = GradientFlow(energy, Euclidean())
    run = evolve(flow, [0.5, 0.0], 30.0, rtol=1e-6)
    yield most("marble from (½, 0)", "distance from the pass where it stops", float(np.max(np.abs(run.x))), 1e-6)
    when = blow_up(flow, 0.0, np.array([0.5, 1e-6]))
    off_by = np.nan if when is None else abs(when - 14.46024065)
    yield most("marble from (½, 1e-6)", "error of the time of its blow-up", off_by, 1e-7)


def _numbers() -> Iterator[Row]:
    """Heights of Müller and Brown's points of rest, and the eigenvalues of Rosenbrock's valley at its minimum."""
    known, land = (
        (-146.699517209954, -108.1667241168524, -80.76781812965903, -40.6648435086574, -72.24894011232521),
        "muller-brown",
    )
    energy = Potential(LANDSCAPES[land].formula)
    points = np.concatenate([LANDSCAPES[land].minima, LANDSCAPES[land].saddles])
    off = float(np.max(np.abs(energy.value(points) - known)))
    yield most(f"points of rest, {land}", "largest error of their heights", off, 1e-11)
    flow = GradientFlow(Potential("(1 - x)**2 + 100*(y - x**2)**2"), Euclidean())
    values = spectrum(flow, np.array([1.0, 1.0])).values
    off = float(np.max(np.abs(values / (0.399360767487633, 1001.600639232512) - 1.0)))
    yield most("valley of Rosenbrock", "largest relative error of its eigenvalues", off, 1e-11)


def _descent() -> Row:
    """Gradient descent is explicit Euler: by its best step 2/(λ₁ + λ₂) it shrinks by (κ − 1)/(κ + 1) each time."""
    flow, steps = GradientFlow(Potential("x**2/2 + 5*y**2"), Euclidean()), 20
    run = evolve(flow, [1.0, 1.0], steps * 2.0 / 11.0, method=ExplicitEuler(), dt=2.0 / 11.0)
    off = np.max(np.abs(run.x / (9.0 / 11.0) ** steps - 1.0))
    return most("gradient descent, κ = 10", "relative error after 20 best steps", float(off), 1e-12)


def _conserved() -> Iterator[Row]:
    """Down V = Re (z³)/3 the flow keeps Im (z³)/3, since both are harmonic and conjugate; down V = x²y²/2 it keeps x² − y²."""
    start = np.array([0.6, 0.3])
    run = evolve(GradientFlow(Potential("x**2*y**2/2"), Euclidean()), start, 5.0, method=SDIRK3(), rtol=1e-7)
    change = abs(float(run.x[0] ** 2 - run.x[1] ** 2) - 0.27)
    yield most("marble, x²y²/2", "change of x² − y², which is conserved", change, 1e-6)
    run = evolve(GradientFlow(Potential("(x**3 - 3*x*y**2)/3"), Euclidean()), start, 1.0, method=SDIRK3(), rtol=1e-7)
    kept = [float(3.0 * x * x * y - y**3) / 3.0 for x, y in (start, run.x)]
    yield most("marble, Re z³/3", "change of Im z³/3, which is conserved", abs(kept[1] - kept[0]), 1e-6)
