"""Nonconvex energies: where Newton's model is indefinite, flat or infinite, steps are turned down until the energy falls.

`gf.relax` ends in minima: shown by spectra of hessians that are computed here, for random Morse potentials and starts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import geoflow as gf
from tests.laws.cases import EPS, evolve, name_of, relax
from tests.laws.test_under_fire import STATUSES, Hills, march

E, S, L = np.exp, np.sqrt, np.log
# A formula, the same in NumPy, and a start: indefinite, flat, with a pole, a barrier, a kink, or beyond float64.
CASES: dict[str, tuple[str, Callable, list[float]]] = {
    "well": ("(x**2 - 1)**2/4 + y**2/2", lambda x, y: (x**2 - 1) ** 2 / 4 + y**2 / 2, [0.01, 1.0]),
    "hill": ("cos(x) + y**2*sin(x)/4 + y**2/3", lambda x, y: np.cos(x) + y**2 * np.sin(x) / 4 + y**2 / 3, [1e-3, 1.0]),
    "monkey": ("x**3 - 3*x*y**2 + (x**2 + y**2)**2", lambda x, y: x**3 - 3 * x * y**2 + (x**2 + y**2) ** 2, [0.3, 0.01]),
    "flat": ("x**4 + y**6", lambda x, y: x**4 + y**6, [1.0, 2.0]),
    "cross": ("x**2*y**2", lambda x, y: x**2 * y**2, [1.0, 2.0]),
    "barrier": ("-log(1 - x**2) - log(1 - y**2) + 3*x", lambda x, y: -L(1 - x**2) - L(1 - y**2) + 3 * x, [0.9, -0.99]),
    "pole": ("1/x + x + y**2/x", lambda x, y: 1 / x + x + y**2 / x, [0.01, 0.5]),
    "needle": ("-exp(-50*(x**2 + y**2)) + x**2/9", lambda x, y: -E(-50 * (x**2 + y**2)) + x**2 / 9, [2.0, 0.1]),
    "overflow": ("exp(x**2) + exp(-9*y)", lambda x, y: E(x**2) + E(-9 * y), [6.0, -9.0]),
    "downhill": ("y**2/2 - exp(x)", lambda x, y: y**2 / 2 - E(x), [0.0, 1.0]),
    "cubic": ("x**3/3 + y**2", lambda x, y: x**3 / 3 + y**2, [-1.0, 1.0]),
    "roots": ("sqrt(x) + hypot(x, y)", lambda x, y: S(x) + np.hypot(x, y), [1.0, 0.5]),
    "kink": ("abs(x) + y**2 + max(x, y)", lambda x, y: np.abs(x) + y**2 + np.maximum(x, y), [1.0, 0.7]),
}
METHODS = (gf.ImplicitEuler(), gf.SDIRK2(), gf.SDIRK3(), gf.Secant(), gf.RK32(), gf.ExplicitEuler(), gf.Exponential())


def check_decay(name: str, method: object, tau: float, steps: int) -> None:
    text, plain, start = CASES[name]
    flow = gf.GradientFlow(gf.Potential(text), gf.Euclidean())
    seen, ending = march(flow, start, t_end=steps * tau, dt=tau, method=method, max_steps=2 * steps)
    assert ending.status in STATUSES
    values = np.array([float(plain(*s.x)) for s in seen])
    told = np.array([s.energy for s in seen])
    assert np.all(np.isfinite(values)) and np.all(np.isfinite([s.x for s in seen]))
    assert np.all(np.abs(told - values) <= 64.0 * EPS * (np.abs(values) + 10.0))
    assert np.all(np.diff(values) <= 128.0 * EPS * np.maximum(np.abs(values[:-1]), 10.0))
    if len(seen) == 1:
        assert not ending.success


@pytest.mark.parametrize("name", CASES)
def test_decay_by_rejection(name: str) -> None:
    """Whatever the method; the states and energies told are finite, and the run ends in one of the known ways."""
    for method in METHODS[:3] if name != "kink" else METHODS[4:]:
        check_decay(name, method, 1e2, 2)


@pytest.mark.slow
@pytest.mark.parametrize("tau", [1e-3, 0.5, 1e2, 1e6])
@pytest.mark.parametrize("method", METHODS, ids=name_of)
@pytest.mark.parametrize("name", CASES)
def test_decay_by_rejection_at_every_step_length(name: str, method: object, tau: float) -> None:
    check_decay(name, method, tau, 4)


def test_rejections_are_many_and_told() -> None:
    """With dt = 100 the pole's barrier and the well's hill are in the way: fewer steps pass than are proposed."""
    for name in ("well", "hill", "monkey"):
        text, _, start = CASES[name]
        flow = gf.GradientFlow(gf.Potential(text), gf.Euclidean())
        seen, ending = march(flow, start, t_end=1e3, dt=100.0, method=gf.ImplicitEuler(), max_steps=30)
        assert sum(s.row.rejected for s in seen[1:]) >= 3
        assert "had to be shortened, the last because" in ending.message


FLOORS = {
    "wrong sign": (lambda x: 0.5 * float(x @ x), lambda x: -x, [1.0, 2.0], "raise the energy"),
    "a wall": (lambda x: float(x[0]) if x[0] > 0.5 else 10.0, lambda x: np.array([1.0]), [1.0], "raise the energy"),
    "too fast": (lambda x: float(np.exp(x[0] ** 2)), lambda x: 2.0 * x * np.exp(x[0] ** 2), [20.0], "no step is short enough"),
}


@pytest.mark.parametrize(("case", "dt"), [(case, dt) for case in FLOORS for dt in (None, 0.1) if (case, dt) != ("too fast", 0.1)])
def test_the_step_floor_is_said(case: str, dt: float | None) -> None:
    value, slope, start, why = FLOORS[case]
    run = evolve(gf.GradientFlow(gf.Potential(value, slope), gf.Euclidean()), start, 5.0, dt=dt, raise_on_failure=False)
    assert (run.success, run.status) == (False, "step floor")
    assert run.message.startswith("step floor at t = ") and "τ = " in run.message and ": ;" not in run.message
    assert why in run.message or dt is not None
    assert np.all(np.isfinite(run.x)) and run.largest_increase == 0.0


# ---- relax ends in minima -----------------------------------------------------------------------------------------------


def check_rest(seed: int) -> str:
    """One random potential and start; what became of it."""
    rng = np.random.default_rng([40, seed])
    d, bowl = int(rng.integers(1, 6)), float(rng.choice([1.0, 0.3, 0.1, 0.03, -0.05]))
    hills, start = Hills.of(rng, d, bowl), 3.0 * rng.normal(size=d)
    box = tuple(np.tile([-1e3, 1e3], d)) if bowl < 0.0 else None  # where it runs away it does so for long
    run = relax(gf.GradientFlow(hills, gf.Euclidean(), bounds=box), start, raise_on_failure=False)
    assert hills.value(run.x) <= hills.value(start)
    if not run.success:
        assert bowl < 0.0 and run.status == "left the bounds" and "left the bounds" in run.message
        return "ran away"
    curvature = np.linalg.eigvalsh(hills.hessian(run.x))
    assert curvature[0] > 0.0
    newton = np.linalg.solve(hills.hessian(run.x), hills.differential(run.x))
    assert np.linalg.norm(newton) < 1e-6  # what is left to go
    assert "saddle" not in run.message
    return "minimum"


def test_relax_ends_in_a_minimum() -> None:
    ends = [check_rest(seed) for seed in range(30)]
    assert ends.count("minimum") >= 20


@pytest.mark.slow
def test_relax_ends_in_a_minimum_250_times() -> None:
    ends = [check_rest(seed) for seed in range(30, 280)]
    assert ends.count("minimum") >= 180 and ends.count("ran away") >= 3


@pytest.mark.parametrize("start", [[0.0, 0.0], [0.0, 0.5], [0.0, -2.0]], ids=["on the saddle", "on its way in", "far on it"])
def test_a_saddle_that_is_started_on_is_said_to_be_one(start: list[float]) -> None:
    """By symmetry the flow stays on x = 0, which leads into the saddle."""
    flow = gf.GradientFlow(gf.Potential("(x**2 - 1)**2/4 + y**2/2"), gf.Euclidean())
    run = relax(flow, start)
    assert run.status == "at rest" and np.max(np.abs(run.x)) < 1e-6
    assert "not positive definite there, so this may be a saddle" in run.message
    beside = relax(flow, [1e-9, start[1]])
    assert abs(abs(beside.x[0]) - 1.0) < 1e-6 and "saddle" not in beside.message
