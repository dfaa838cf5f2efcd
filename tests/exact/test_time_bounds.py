"""Implicit Euler's bound on its own time error, on random films: it is never below the true error, and how far above it is.

Sizes, slopes and steps over decades; wires smooth or kinked over rectangles and outlines; starts from smooth to noise, and ones
so near to rest that the area's rounding is larger than all that it loses. The true error is told by other code: SciPy's
Radau IIA method integrates the same film on the same grid, at two tolerances, and by what these differ the truth is in doubt.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import geoflow as gf
from geoflow.ledger import Ledger

OUTLINES = ("disc", "ellipse", "star", "annulus")
EPS = float(np.finfo(np.float64).eps)
SHARP, ROUGH = "fine steps to rest, smooth", "fine steps to rest, rough"
STARTS = ("smooth", "modes", "noise", "flat")


def waves(rng):
    """A random trigonometric polynomial of x and y, its coefficients falling."""
    k = np.arange(4)
    size = rng.normal(size=(4, 4, 4)) / (1.0 + k[:, None] + k)[..., None] ** 1.5

    def height(x, y):
        x, y = np.broadcast_arrays(x, y)
        along = np.stack([np.cos(k * x[..., None]), np.sin(k * x[..., None])], axis=-1)
        across = np.stack([np.cos(k * y[..., None]), np.sin(k * y[..., None])], axis=-1)
        return np.einsum("...ia,...jb,ijab->...", along, across, size.reshape(4, 4, 2, 2))

    return height


@dataclass(frozen=True, eq=False)
class Case:
    """A film, how it was started, its slowest rate at rest, and the shift of all heights that it bears."""

    film: gf.Film
    start: str
    rate: float
    shift: float


def random_case(rng):
    """Slopes of the wire from 1e-6 to 30, of what is bent off it likewise; one in five is shifted by up to 10⁶ of its heights."""
    size, steep, bent = 10.0 ** rng.uniform(-2.0, 2.0), 10.0 ** rng.uniform(-6.0, 1.5), 10.0 ** rng.uniform(-8.0, 1.0)
    rectangle, kink = rng.random() < 0.6, 2.0 * rng.normal(size=3) * (rng.random() < 0.3)
    shift = steep * size * 10.0 ** rng.uniform(0.0, 6.0) if rectangle and rng.random() < 0.35 else 0.0
    form = waves(rng)

    def height(x, y):
        return shift + steep * size * (form(x / size, y / size) + np.abs(kink[0] * x / size + kink[1] * y / size + 0.3 * kink[2]))

    if rectangle:
        tall = size * 10.0 ** rng.uniform(-0.5, 0.5)
        wire, n = gf.Wire("random", (-size, size, -tall, tall), height), int(rng.integers(7, 13))
    else:
        size = 1.0  # as these outlines are
        wire, n = gf.Wire.outline(OUTLINES[rng.integers(4)], height), int(rng.integers(13, 17))
    film, start = gf.soap_film(wire, n), STARTS[rng.integers(4)]
    rest = gf.relax(film.flow, film.start).x
    found = gf.spectrum(film.flow, rest, 3)
    (x, y), (x0, x1, y0, y1) = film.grid.points, film.grid.bounds
    bent = bent * max(x1 - x0, y1 - y0)
    if start == "flat":
        begin = np.full(film.grid.shape, np.mean(film.start[film.grid.boundary]))
    elif start == "modes":
        begin = rest + bent * np.tensordot(rng.normal(size=3), found.vectors[:3] / np.max(np.abs(found.vectors[:3])), 1)
    else:
        begin = rest + bent * (rng.normal(size=x.shape) if start == "noise" else waves(rng)(3.0 * x / x1, 3.0 * y / y1))
    return Case(gf.soap_film(wire, n, begin), start, float(found.values[0]), shift)


def reference(case, times, rtol, fewest):
    """How far the free nodes have come from the start at these times, (k, nodes), by Radau IIA with errors about rtol.

    In so many steps at the fewest.
    """
    film = case.film
    flow, free = film.flow, ~film.grid.boundary
    begin, where = film.start - case.shift, np.flatnonzero(free)
    mass = film.grid.node_area[free]

    def full(d):
        u = begin.copy()
        u[free] += d
        return u

    def speed(t, d):
        return -flow.energy.differential(full(d))[free] / mass

    def slope(t, d):
        return -flow.energy.hessian(full(d)).tocsr()[where][:, where].toarray() / mass[:, None]

    way = float(np.max(np.abs(gf.relax(flow, begin).x - begin)))
    small = max(1e-2 * rtol * way, 100.0 * EPS * float(np.ptp(begin)))  # no less than the rounding of heights lets it see
    span, still = (0.0, times[-1]), np.zeros(len(where))
    found = solve_ivp(*(speed, span, still, "Radau", times), jac=slope, rtol=rtol, atol=small, max_step=times[-1] / fewest)
    assert found.success
    return found.y.T


@dataclass(frozen=True)
class Seen:
    """What a run showed: its steps, and bounds and true errors at their ends."""

    start: str
    steps: int
    longest: float  # λ₁ τ
    lasts: float  # λ₁ T
    bounds: np.ndarray
    errors: np.ndarray
    doubt: float
    noise: float  # what the area's rounding adds to the bound, alone

    @property
    def ratio(self):
        return self.bounds[-1] / np.max(self.errors)

    @property
    def holds(self):
        return bool(np.all(self.bounds >= self.errors + self.doubt))

    @property
    def regime(self):
        """In the last the bound is to be within six times the error."""
        if self.noise > 0.3 * self.bounds[-1]:
            return "rounding"
        if self.longest > 0.1:
            return "long steps"
        if self.lasts < 1.0:
            return "short runs"
        return SHARP if self.start in ("smooth", "modes") else ROUGH


def seen(case, t_end, **pace):
    """Follow it by implicit Euler, and by Radau."""
    film = case.film
    way = list(gf.steps(film.flow, film.start, t_end=t_end, method=gf.ImplicitEuler(), rest_tol=1e-300, **pace))
    ledger = Ledger.of(np.array([s.row for s in way[1:]]))
    free = ~film.grid.boundary
    mass, moved = film.grid.node_area[free], np.array([(s.x - film.start)[free] for s in way[1:]])

    def distance(a, b):
        return np.sqrt(np.sum(mass * (a - b) ** 2, axis=1))

    fine, coarse = reference(case, ledger.t, 1e-8, 8), reference(case, ledger.t, 1e-6, 5)
    longest, lasts, errors = case.rate * float(np.max(ledger.tau)), case.rate * ledger.t[-1], distance(moved, fine)
    doubt = float(np.max(distance(fine, coarse)))
    noise = float(np.sqrt(2.0 * np.max(ledger.tau) * np.max(ledger.rounding)))
    return Seen(case.start, len(ledger), longest, lasts, ledger.error_bounds(), errors, doubt, noise)


@cache
def survey(seeds):
    """Steps of one length from 1e-5 to 100 of the slowest time, 1 to 40 of them, or adaptive ones."""
    rows = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        case = random_case(rng)
        if rng.random() < 0.2:
            rows.append(seen(case, 10.0 ** rng.uniform(-2.0, 0.5) / case.rate, rtol=10.0 ** rng.uniform(-2.0, -1.0)))
        else:
            steps, tau = round(10.0 ** rng.uniform(0.0, 1.6)), 10.0 ** rng.uniform(-5.0, 2.0) / case.rate
            rows.append(seen(case, steps * tau, dt=tau))
    return rows


@cache
def to_rest(seeds):
    """λ₁ τ from 0.01 to 0.1, λ₁ T from 1 to 4."""
    rows = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        case, tau = random_case(rng), 10.0 ** rng.uniform(-2.0, -1.0)
        steps = int(np.ceil(rng.uniform(1.0, 4.0) / tau))
        rows.append(seen(case, steps * tau / case.rate, dt=tau / case.rate))
    return rows


def judge(rows):
    """Of each regime: how many, in how many the bound holds at every step, and how many times the error it is at the end."""
    for regime in sorted({row.regime for row in rows}):
        some = [row for row in rows if row.regime == regime]
        ratio = np.array([row.ratio for row in some])
        told = f"{np.min(ratio):.3g} … {np.median(ratio):.3g} … {np.max(ratio):.3g}"
        print(f"{regime:28s} {len(some):4d}, the bound holds in {sum(row.holds for row in some):4d}, bound / error {told}")
    assert all(row.holds for row in rows)
    assert all(1.0 <= row.ratio <= 6.0 for row in rows if row.regime == SHARP)


def test_the_bound_is_never_below_the_error():
    judge([*survey(tuple(range(8))), *to_rest((5013, 5022, 5056, 5058))])


@pytest.mark.slow
def test_the_bound_is_never_below_the_error_of_many_films():
    rows = survey(tuple(range(1000, 1240)))
    judge(rows)
    assert {"rounding", "long steps", "short runs"} <= {row.regime for row in rows}
    assert max(row.doubt / np.max(row.errors) for row in rows if row.regime != "rounding") <= 0.01


@pytest.mark.slow
def test_the_bound_is_within_six_times_the_error_where_steps_are_fine():
    """After rough starts in 19 of 20: modes of λτ = z far above one, where noise has put them, add √z of their size to the bound.

    To the error they add a z-th of it. 90 of 92 were within 5.3 times; 18 and 23 were seen.
    """
    rows = to_rest(tuple(range(5000, 5160)))
    judge(rows)
    assert sum(row.regime == SHARP for row in rows) >= 50
    rough = np.array([row.ratio for row in rows if row.regime == ROUGH])
    assert len(rough) >= 80 and np.mean((rough >= 1.0) & (rough <= 6.0)) >= 0.95


@pytest.mark.parametrize("high", [1e-6, 1e-7, 1e-8, 1e-10])
@pytest.mark.parametrize("steps", [1, 16])
def test_a_film_so_flat_that_its_area_is_all_rounding(high, steps):
    """sin πx sin πy so low that the flow is heat's, e^{−λt} on the grid: a step loses less area than the area is rounded by."""
    film = gf.soap_film(gf.Wire.formula("0", (0.0, 1.0, 0.0, 1.0)), 9, lambda x, y: high * np.sin(np.pi * x) * np.sin(np.pi * y))
    rate = 4.0 * 8**2 * 2.0 * np.sin(0.5 * np.pi / 8) ** 2
    way = list(gf.steps(film.flow, film.start, steps * 1e-3 / rate, method=gf.ImplicitEuler(), dt=1e-3 / rate, rest_tol=1e-300))
    bounds = Ledger.of(np.array([s.row for s in way[1:]])).error_bounds()
    errors = [np.sqrt(np.sum(film.grid.node_area * (s.x - film.start * np.exp(-rate * s.t)) ** 2)) for s in way[1:]]
    assert len(way) == steps + 1 and errors[0] > 0.0
    assert np.all(bounds >= errors)
