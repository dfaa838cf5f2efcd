"""The laws where nobody chose the case: random energies, metrics, methods, steps of 10⁻⁵ … 10⁵, wires of 10⁻⁴ … 10⁴, any grid.

What a run says of itself is computed again from its states: on rectangles the energy in plain NumPy, over outlines the area
by the monitor's triangles; the balance of each step from those energies; dissipation from the difference of states.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import geoflow as gf
from geoflow.protocols import rounding
from tests.laws.cases import DECAYING, EPS, METHODS, slopes

STATUSES = {"reached t_end", "at rest", "left the bounds", "max_steps", "step floor", "not finite", "blew up"}
SUCCESSES = {"reached t_end", "at rest", "left the bounds"}
SEEDS = range(1, 6)


def burn(check, examples: int, first: int, **given_by) -> None:
    allowed = settings(
        max_examples=examples, deadline=None, database=None, print_blob=False, suppress_health_check=list(HealthCheck)
    )

    def one(**case: object) -> None:
        check(**case)

    hypothesis.seed(first)(allowed(given(**given_by)(one)))()


def at_each_seed(quick: int, slow: int):
    long = [pytest.param(slow // len(SEEDS), seed, marks=pytest.mark.slow, id=f"seed {seed}") for seed in SEEDS]
    return pytest.mark.parametrize(("examples", "seed"), [pytest.param(quick, 0, id="quick"), *long])


# ---- cases --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """A film's domain, heights, energy and metric, by numbers that shrink well."""

    domain: str
    shape: tuple[int, int]
    log_wire: float
    log_noise: float
    weights: tuple[float, float, float]  # of area, Dirichlet's energy and volume
    metric: str
    seed: int


def powers(low: int, high: int) -> st.SearchStrategy[float]:
    """Tenths between two whole numbers: unlike floats, spread evenly."""
    return st.integers(10 * low, 10 * high).map(lambda k: k / 10.0)


SHARES = st.sampled_from([0.0, 0.0, 1.0, 1.0, 0.3, 2.5, -0.1, -0.7])
RECIPES = st.builds(
    Recipe,
    domain=st.sampled_from(["rectangle"] * 6 + ["disc", "star", "annulus", "polygon"]),
    shape=st.one_of(
        st.tuples(st.integers(3, 12), st.integers(3, 12)),
        st.tuples(st.integers(3, 4), st.integers(20, 40)),
        st.tuples(st.integers(20, 40), st.integers(3, 4)),
    ),
    log_wire=powers(-4, 4),
    log_noise=powers(-4, 4),
    weights=st.one_of(st.just((1.0, 0.0, 0.0)), st.tuples(SHARES, SHARES, SHARES).filter(any)),
    metric=st.sampled_from(["l2", "mcf", "euclidean"]),
    seed=st.integers(0, 2**32 - 1),
)
STEPPERS = st.one_of(st.sampled_from((*METHODS, gf.Lagged())), powers(-2, 2).map(lambda p: gf.HeavyBall(10.0**p)))


def polygon(rng: np.random.Generator) -> np.ndarray:
    """A simple polygon: random radii, none of them much shorter than the others, at increasing angles."""
    k = int(rng.integers(3, 9))
    angle = 2.0 * np.pi * (np.arange(k) + rng.uniform(-0.3, 0.3, k)) / k
    radius = rng.uniform(0.6, 1.0, k)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def film_of(recipe: Recipe) -> tuple[gf.GradientFlow, np.ndarray]:
    """The flow and its start."""
    rng, (ny, nx) = np.random.default_rng(recipe.seed), recipe.shape
    high, noise = 10.0**recipe.log_wire, 10.0**recipe.log_noise
    if recipe.domain == "rectangle":
        side = rng.uniform(0.2, 2.0, 2)
        grid = gf.Grid((0.0, side[0], -1.0, side[1] - 1.0), (ny, nx))
        edge = high * rng.normal(size=grid.shape)
    else:
        outline = polygon(rng) if recipe.domain == "polygon" else recipe.domain
        a, b, c = rng.normal(size=3)
        wire = gf.Wire.outline(outline, lambda x, y: high * (a * np.sin(3.0 * x + b) + c * x * y))
        try:
            film = gf.soap_film(wire, (13 if recipe.domain == "annulus" else 9) + min(ny, nx) % 8)
        except gf.BadInput:  # a sliver that the grid cannot follow
            assert recipe.domain == "polygon"
            hypothesis.reject()
        grid, edge = film.grid, film.start
    start = np.where(grid.boundary, edge, noise * rng.normal(size=grid.shape)) + 0.0
    kinds = (gf.GraphArea, gf.Dirichlet, gf.Volume)
    terms = tuple((w, kind(grid)) for w, kind in zip(recipe.weights, kinds, strict=True) if w)
    energy = terms[0][1] if len(terms) == 1 and terms[0][0] == 1.0 else gf.WeightedSum(terms)
    metric = {"l2": gf.L2, "mcf": gf.NormalL2}[recipe.metric](grid) if recipe.metric != "euclidean" else gf.Euclidean()
    return gf.GradientFlow(energy, metric, grid.boundary), start


# ---- energies once more -------------------------------------------------------------------------------------------------


def again(flow: gf.GradientFlow, weights: tuple[float, float, float], x: np.ndarray) -> tuple[float, float]:
    """E(x) by other code where there is some, and how far rounding may move it in two of their computations."""
    grid = flow.energy.grid
    if grid.cut is not None:
        if weights == (1.0, 0.0, 0.0):
            value = gf.AreaMonitor(grid)(0.0, x)
            return value, 4.0 * rounding(flow.energy, x, value) + 1e-12 * value
        return float(flow.energy.value(x)), 0.0
    hx, hy = grid.spacing
    p, q = slopes(x, hx, hy)
    squares, w = 0.25 * hx * hy * (p * p + q * q), 0.25 * hx * hy * np.sqrt(1.0 + p * p + q * q)
    mass = np.outer(*(h * np.array([0.5, *np.ones(m - 2), 0.5]) for m, h in zip(x.shape, (hy, hx), strict=True)))
    parts = fsum(w.ravel()), 0.5 * fsum(squares.ravel()), fsum((mass * x).ravel())
    largest = float(np.max(np.abs(x)))
    lost = 0.5 * np.sum(mass) * (EPS * largest) ** 2 * (1.0 / hx**2 + 1.0 / hy**2)
    # Σ |(K u)ᵢ uᵢ| is what Dirichlet's energy, as ½⟨K u, u⟩, may be off by: K's rows are differences over h² times mass.
    stiff = 4.0 * largest * float(np.sum(np.abs(p)) / hx + np.sum(np.abs(q)) / hy) * 0.25 * hx * hy
    sizes = parts[0], stiff, fsum((mass * np.abs(x)).ravel())
    value = sum(c * part for c, part in zip(weights, parts, strict=True))
    return value, sum(abs(c) * (32.0 * EPS * size + 8.0 * lost) for c, size in zip(weights, sizes, strict=True))


def check_books(flow: gf.GradientFlow, before, after, method: object, own: bool) -> None:
    """One row of the ledger against the two states that it lies between. own: whether the metric is one and the same."""
    row = after.row
    assert (row.t, row.energy, row.work) == (after.t, after.energy, 0.0)
    assert row.tau > 0.0 and row.dissipated >= 0.0 and row.rejected >= 0
    assert row.defect == before.energy - after.energy + row.work - row.dissipated
    assert after.t == before.t + row.tau or abs(after.t - before.t - row.tau) <= 2.0 * EPS * after.t
    if own and isinstance(method, (gf.ImplicitEuler, gf.Lagged, gf.ExplicitEuler, gf.Secant)):
        mass = flow.metric.gram(before.x).diagonal().reshape(before.x.shape)
        moved = np.where(flow.fixed, 0.0, after.x - before.x)
        spent = float(np.sum(mass * moved**2)) / row.tau
        off = 4.0 * EPS * np.sqrt(np.sum(mass * (np.abs(before.x) + np.abs(after.x)) ** 2))
        slack = 1e-9 * spent + (2.0 * np.sqrt(spent * row.tau) * off + off**2) / row.tau
        if not isinstance(method, gf.ExplicitEuler):
            assert abs(row.dissipated - spent) <= slack


def march(flow: gf.GradientFlow, start: np.ndarray, **options: object) -> tuple[list, object]:
    seen, marching = [], gf.steps(flow, start, **options)
    while True:
        try:
            seen.append(next(marching))
        except StopIteration as stop:
            return seen, stop.value


def check_ending(ending, seen: list) -> None:
    assert ending.status in STATUSES
    assert ending.success == (ending.status in SUCCESSES)
    assert len(ending.message.splitlines()) == 1 and len(ending.message) > 10
    assert ending.status.split()[0] in ending.message or ending.status == "max_steps"


# ---- films --------------------------------------------------------------------------------------------------------------


def check_film(recipe: Recipe, method: object, log_tau: float, adaptive: bool) -> None:
    flow, start = film_of(recipe)
    if isinstance(method, gf.HeavyBall) and recipe.metric == "mcf":
        return
    if isinstance(method, gf.Lagged) and isinstance(flow.energy, gf.WeightedSum) and min(recipe.weights[:2]) < 0.0:
        return
    tau = 10.0**log_tau
    pace = {"dt": None, "rtol": 1e-2} if adaptive else {"dt": tau}
    seen, ending = march(flow, start, t_end=3.0 * tau, method=method, max_steps=4, **pace)
    check_ending(ending, seen)
    held = start[flow.fixed].tobytes()
    energies = [again(flow, recipe.weights, s.x) for s in seen]
    for s, (value, slack) in zip(seen, energies, strict=True):
        assert s.x.dtype == np.float64 and s.x.shape == start.shape
        assert np.all(np.isfinite(s.x)) and np.isfinite(s.energy)
        assert s.x[flow.fixed].tobytes() == held
        assert abs(s.energy - s.kinetic - value) <= slack + 8.0 * EPS * (abs(s.energy) + s.kinetic)
    constant = recipe.metric != "mcf"
    for (before, e0), (after, e1) in zip(
        zip(seen, energies, strict=True), zip(seen[1:], energies[1:], strict=True), strict=False
    ):
        noise = rounding(flow.energy, before.x, before.energy - before.kinetic) + 16.0 * EPS * before.kinetic
        assert e1[0] + after.kinetic <= e0[0] + before.kinetic + noise + e0[1] + e1[1]
        check_books(flow, before, after, method, constant)
    drop = energies[0][0] - energies[-1][0] - seen[-1].kinetic
    told = fsum(s.row.dissipated + s.row.defect for s in seen[1:])
    sizes = fsum(abs(s.energy) + s.kinetic + (s.row.dissipated if s.row else 0.0) for s in seen)
    assert abs(drop - told) <= energies[0][1] + energies[-1][1] + 8.0 * EPS * sizes
    if method in DECAYING and min(recipe.weights[:2]) >= 0.0:
        assert ending.success or ending.status == "max_steps"


@at_each_seed(60, 4000)
def test_films(examples: int, seed: int) -> None:
    burn(
        check_film,
        examples,
        seed,
        recipe=RECIPES,
        method=STEPPERS,
        log_tau=powers(-5, 5),
        adaptive=st.integers(0, 3).map(lambda k: k == 1),
    )


# ---- points -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hills:
    """Σ cᵢ cos(aᵢ·x + bᵢ) + k|x|²/2, plain NumPy: bounded below for k > 0, and with many minima and passes."""

    waves: np.ndarray  # (m, d + 2): a, b, c
    bowl: float

    @classmethod
    def of(cls, rng: np.random.Generator, d: int, bowl: float) -> Hills:
        m = int(rng.integers(1, 5))
        return cls(np.column_stack([2.0 * rng.normal(size=(m, d)), rng.uniform(0.0, 6.0, m), rng.normal(size=m)]), bowl)

    def _parts(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        a, b, c = self.waves[:, :-2], self.waves[:, -2], self.waves[:, -1]
        return a, a @ x + b, c

    def value(self, x: np.ndarray) -> float:
        _, phase, c = self._parts(x)
        return float(c @ np.cos(phase) + 0.5 * self.bowl * (x @ x))

    def differential(self, x: np.ndarray) -> np.ndarray:
        a, phase, c = self._parts(x)
        return -(c * np.sin(phase)) @ a + self.bowl * x

    def hessian(self, x: np.ndarray) -> np.ndarray:
        a, phase, c = self._parts(x)
        return -(a.T * (c * np.cos(phase))) @ a + self.bowl * np.eye(len(x))


def check_point(
    d: int, bowl: float, weight: float, metric: str, method: object, log_tau: float, adaptive: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    hills, other = Hills.of(rng, d, bowl), Hills.of(rng, d, 0.5)
    energy = gf.WeightedSum(((1.0, hills), (weight, other))) if weight else hills
    q = rng.normal(size=(d, d))
    flow = gf.GradientFlow(energy, gf.Euclidean() if metric == "euclidean" else gf.InnerProduct(q @ q.T + 0.1 * np.eye(d)))
    tau, start = 10.0**log_tau, 3.0 * rng.normal(size=d)
    pace = {"dt": None, "rtol": 1e-3} if adaptive else {"dt": tau}
    if isinstance(method, gf.Lagged):
        return
    seen, ending = march(flow, start, t_end=6.0 * tau, method=method, max_steps=8, **pace)
    check_ending(ending, seen)
    value = [hills.value(s.x) + weight * other.value(s.x) for s in seen]
    for s, e in zip(seen, value, strict=True):
        assert np.all(np.isfinite(s.x))
        assert abs(s.energy - s.kinetic - e) <= 8.0 * EPS * (abs(s.energy) + abs(e) + s.kinetic + 10.0)
    for k, (before, after) in enumerate(zip(seen, seen[1:], strict=False)):
        slack = 64.0 * EPS * (max(abs(value[k]), 10.0) + before.kinetic)
        assert value[k + 1] + after.kinetic <= value[k] + before.kinetic + slack
        assert after.row.defect == before.energy - after.energy - after.row.dissipated
        assert after.row.dissipated >= 0.0


@at_each_seed(40, 1500)
def test_points(examples: int, seed: int) -> None:
    burn(
        check_point,
        examples,
        seed,
        d=st.integers(1, 4),
        bowl=st.sampled_from([1.0, 0.1, 0.0, -0.2]),
        weight=st.sampled_from([0.0, 0.0, 1.0, -0.7, 1e-3]),
        metric=st.sampled_from(["euclidean", "inner product"]),
        method=STEPPERS,
        log_tau=powers(-5, 5),
        adaptive=st.booleans(),
        seed=st.integers(0, 2**32 - 1),
    )
