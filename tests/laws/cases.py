"""One table of all energies, metrics and methods, and the corner scheme written a second time, in plain NumPy.

Every law is a loop over this table: a new energy becomes a line here and is tested by all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import fsum

import numpy as np

import geoflow as gf
from geoflow.domains.outline import Outline

EPS = float(np.finfo(np.float64).eps)
GRID = gf.Grid((0.0, 1.5, -0.5, 0.7), (7, 6))  # hx = 0.3, hy = 0.2
State = Callable[[np.random.Generator], np.ndarray]


# ---- the corner scheme, by other code than the library's --------------------------------------------------------------


def slopes(u: np.ndarray, hx: float, hy: float) -> tuple[np.ndarray, np.ndarray]:
    """Gradients (p, q) at the four corners of every cell, each (4, ny − 1, nx − 1)."""
    p, q = np.diff(u, axis=1) / hx, np.diff(u, axis=0) / hy
    return np.stack([p[:-1], p[:-1], p[1:], p[1:]]), np.stack([q[:, :-1], q[:, 1:], q[:, :-1], q[:, 1:]])


def area(u: np.ndarray, hx: float, hy: float) -> float:
    """The corner scheme's area: Σ (hx hy / 4) √(1 + p² + q²), summed exactly."""
    p, q = slopes(u, hx, hy)
    return 0.25 * hx * hy * fsum(np.sqrt(1.0 + p * p + q * q).ravel())


# ---- energies ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EnergyCase:
    name: str
    energy: gf.Potential | gf.GraphArea | gf.Dirichlet | gf.WeightedSum | gf.Volume
    state: State
    grid: gf.Grid | None = None
    quadratic: bool = False
    convex: bool = True
    majorant: bool = True
    dual: bool = False

    @property
    def seen(self) -> np.ndarray:
        """Where the energy sees the state: on a cut grid, at the nodes of the domain."""
        x = self.state(np.random.default_rng(0))
        return np.ones(x.shape, dtype=bool) if self.grid is None or self.grid.cut is None else self.grid.node_area > 0.0

    @property
    def fixed(self) -> np.ndarray | None:
        return None if self.grid is None else self.grid.boundary

    def __str__(self) -> str:
        return self.name


def on_grid(rng: np.random.Generator) -> np.ndarray:
    """A smooth film with slopes around one, and noise on it."""
    x, y = GRID.x[None, :], GRID.y[:, None]
    a, b, c = rng.normal(size=3)
    return a * np.sin(2.0 * x + b) * np.cos(3.0 * y) + c * x + 0.1 * rng.normal(size=GRID.shape)


def in_the_plane(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-2.0, 2.0, size=2)


def well(factor: float = 1.0) -> gf.Potential:
    """(x² − 1)²/4 + y²/2, times a factor: minima at (±1, 0), a saddle at the origin."""
    return gf.Potential(
        lambda x: factor * float(0.25 * (x[0] ** 2 - 1.0) ** 2 + 0.5 * x[1] ** 2),
        lambda x: factor * np.array([x[0] ** 3 - x[0], x[1]]),
        lambda x: factor * np.diag([3.0 * x[0] ** 2 - 1.0, 1.0]),
    )


def quartic_bowl() -> gf.Potential:
    """|x|⁴ + x y / 2."""
    return gf.Potential(
        lambda x: float((x @ x) ** 2 + 0.5 * x[0] * x[1]),
        lambda x: 4.0 * (x @ x) * x + 0.5 * x[::-1],
        lambda x: 4.0 * (x @ x) * np.eye(2) + 8.0 * np.outer(x, x) + 0.5 * np.eye(2)[::-1],
    )


ANGLE = np.arange(200) * (2.0 * np.pi / 200)
RING = np.column_stack([0.745 + 0.603 * np.cos(ANGLE), 0.1237 + 0.4552 * np.sin(ANGLE), 0.4 * np.sin(3.0 * ANGLE)])
CUT = gf.Grid.within(Outline.of([RING]), GRID.bounds, GRID.shape)  # 12 free nodes, cells of 1, 2, 3 and 4 triangles

AREA, HEAT = gf.GraphArea(GRID), gf.Dirichlet(GRID)
ENERGIES = (
    EnergyCase("area", AREA, on_grid, GRID, dual=True),
    EnergyCase("dirichlet", HEAT, on_grid, GRID, quadratic=True),
    EnergyCase("area, cut", gf.GraphArea(CUT), on_grid, CUT, dual=True),
    EnergyCase("dirichlet, cut", gf.Dirichlet(CUT), on_grid, CUT, quadratic=True),
    EnergyCase("area − volume, cut", gf.WeightedSum(((1.0, gf.GraphArea(CUT)), (-0.9, gf.Volume(CUT)))), on_grid, CUT, dual=True),
    EnergyCase("double well", well(), in_the_plane, convex=False, majorant=False),
    EnergyCase("area + dirichlet", gf.WeightedSum(((0.7, AREA), (0.4, HEAT))), on_grid, GRID, dual=True),
    EnergyCase("area − volume", gf.WeightedSum(((1.0, AREA), (-0.9, gf.Volume(GRID)))), on_grid, GRID, dual=True),
    EnergyCase("pass", gf.Potential("exp(x)*cos(y) - x - 1 + (x**2 + y**2)**2/4"), in_the_plane, convex=False, majorant=False),
    EnergyCase(
        "bowl − well", gf.WeightedSum(((1.5, quartic_bowl()), (-0.8, well()))), in_the_plane, convex=False, majorant=False
    ),
)


# ---- metrics ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class DenseMetric:
    """A metric as a user would write one: a dense symmetric positive definite matrix. Imports nothing from geoflow."""

    matrix: np.ndarray

    def gram(self, x: np.ndarray) -> np.ndarray:
        return self.matrix


def dense(size: int, seed: int = 5) -> DenseMetric:
    """QΛQᵀ with eigenvalues from 0.5 to 4."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))
    matrix = (q * np.geomspace(0.5, 4.0, size)) @ q.T
    return DenseMetric(0.5 * (matrix + matrix.T))


METRICS = ("euclidean", "l2", "normal l2", "dense")


def metric(name: str, case: EnergyCase) -> gf.Euclidean | gf.L2 | gf.NormalL2 | DenseMetric:
    if name == "euclidean":
        return gf.Euclidean()
    if name == "dense":
        return dense(case.state(np.random.default_rng(0)).size)
    assert case.grid is not None
    return gf.L2(case.grid) if name == "l2" else gf.NormalL2(case.grid)


PAIRS = [(case, name) for case in ENERGIES for name in METRICS if "l2" not in name or case.grid is not None]
PAIR_IDS = [f"{case}-{name}" for case, name in PAIRS]


# ---- methods ----------------------------------------------------------------------------------------------------------

IMPLICIT = (gf.ImplicitEuler(), gf.SDIRK2(), gf.SDIRK3())
DECAYING = (*IMPLICIT, gf.Lagged())  # convex energies fall by these for every τ
METHODS = (*IMPLICIT, gf.Secant(), gf.Exponential(), gf.ExplicitEuler(), gf.RK32())  # for every energy with a hessian


def methods(case: EnergyCase) -> tuple:
    """All methods that an energy has what they need for."""
    return (*METHODS, gf.Lagged()) if case.majorant else METHODS


def name_of(method: object) -> str:
    return type(method).__name__


def matrix_of(matrix: object) -> np.ndarray:
    """Any kind of matrix as a dense array."""
    return matrix if isinstance(matrix, np.ndarray) else matrix.tocsr().toarray()


def slope(h: np.ndarray | list[float], error: np.ndarray | list[float]) -> float:
    """The order p of error ~ h^p, fitted over all the steps given."""
    return float(np.polyfit(np.log(h), np.log(error), 1)[0])


# ---- runs that a fault cannot make endless ------------------------------------------------------------------------------

MOST = 5000  # steps; no run of these tests comes near


def bounded(marching: Iterable) -> list:
    """All that a march yields, unless that is endless."""
    seen = []
    for now in marching:
        seen.append(now)
        assert len(seen) <= MOST, f"more than {MOST} steps, at t = {now.t:.6g}"
    return seen


def _watcher() -> Callable[[object], None]:
    count = iter(range(MOST))

    def watch(now: object) -> None:
        assert next(count, None) is not None, f"more than {MOST} steps"

    return watch


def evolve(*args: object, **options: object) -> gf.Trajectory:
    """`gf.evolve`, unless it is endless."""
    return gf.evolve(*args, progress=_watcher(), **options)


def relax(*args: object, **options: object) -> gf.Trajectory:
    """`gf.relax`, unless it is endless."""
    return gf.relax(*args, progress=_watcher(), **options)
