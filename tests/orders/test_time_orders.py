"""Fitted orders in time on u_t = ∇·(∇u/√(1+|∇u|²)) from sin πx sin πy, adaptivity's promise, and the heat equation.

The reference knows no stepper of geoflow: DOP853 of SciPy at rtol 1e-12 on the semidiscrete flow.
"""

from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import geoflow as gf

T = 0.1


@cache
def bump(n, energy=gf.GraphArea):
    """(flow, start): sin πx sin πy on the unit square, n × n nodes, held at zero."""
    grid = gf.Grid((0.0, 1.0, 0.0, 1.0), (n, n))
    start = np.outer(np.sin(np.pi * grid.y), np.sin(np.pi * grid.x))
    start[grid.boundary] = 0.0
    return gf.GradientFlow(energy(grid), gf.L2(grid), grid.boundary), start


@cache
def reference(n):
    flow, start = bump(n)
    free, area = ~flow.fixed, flow.metric.grid.node_area

    def speed(t, heights):
        u = np.zeros_like(start)
        u[free] = heights
        return -(flow.energy.differential(u) / area)[free]

    end = solve_ivp(speed, (0.0, T), start[free], method="DOP853", rtol=1e-12, atol=1e-14)
    u = np.zeros_like(start)
    u[free] = end.y[:, -1]
    return u


def distance(flow, u, v):
    """‖u − v‖ in L², by the trapezoidal rule."""
    return float(np.sqrt(np.sum(flow.metric.grid.node_area * (u - v) ** 2)))


# Explicit methods need τ < 2/λ_max ≈ h²/4: a coarse grid. All have four halvings.
METHODS = {
    "ImplicitEuler": (gf.ImplicitEuler(), 33, 1.0, (4, 8, 16, 32, 64)),
    "SDIRK2": (gf.SDIRK2(), 33, 2.0, (4, 8, 16, 32, 64)),
    "ExplicitEuler": (gf.ExplicitEuler(), 9, 1.0, (32, 64, 128, 256, 512)),
    "RK32": (gf.RK32(), 9, 3.0, (32, 64, 128, 256, 512)),
}


@pytest.mark.parametrize("name", METHODS)
def test_order(name):
    method, n, expected, steps = METHODS[name]
    flow, start = bump(n)
    runs = [gf.evolve(flow, start, T, method=method, dt=T / k) for k in steps]
    assert [len(run.ledger) for run in runs] == list(steps)
    errors = [distance(flow, run.x, reference(n)) for run in runs]
    fitted = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert abs(fitted - expected) <= 0.15, errors
    assert np.all(np.abs(np.log2(np.divide(errors[:-1], errors[1:])) - expected) <= 0.25), errors


def test_the_reference_is_exact_enough_to_judge_by():
    flow, start = bump(9)
    finest = gf.evolve(flow, start, T, method=gf.RK32(), dt=T / 2048)
    assert distance(flow, finest.x, reference(9)) < 3e-12  # RK32's own error, 10⁻¹⁰ / 4³


ADAPTIVE = [
    *(("SDIRK2", gf.SDIRK2(), rtol) for rtol in (1e-3, 1e-4, 1e-5, 1e-6)),
    *(("ImplicitEuler", gf.ImplicitEuler(), rtol) for rtol in (1e-3, 1e-4)),
    *(("RK32", gf.RK32(), rtol) for rtol in (1e-3, 1e-4, 1e-5, 1e-6)),
]


@pytest.mark.parametrize(("name", "method", "rtol"), ADAPTIVE, ids=[f"{name} {rtol:g}" for name, _, rtol in ADAPTIVE])
def test_adaptive_steps_keep_the_error_near_rtol(name, method, rtol):
    flow, start = bump(33)
    run = gf.evolve(flow, start, T, method=method, rtol=rtol)
    relative = distance(flow, run.x, reference(33)) / flow.scale(start)
    assert run.t[-1] == T
    assert relative <= 5.0 * rtol
    if name == "SDIRK2" and rtol <= 1e-4:
        assert relative >= rtol / 20.0  # no work is wasted on digits nobody asked for


# One step of each method multiplies a mode of decay rate λ by R(λτ).
GAMMA = 1.0 - 1.0 / np.sqrt(2.0)
FACTORS = {
    "ImplicitEuler": (gf.ImplicitEuler(), 33, lambda z: 1 / (1 + z)),
    "SDIRK2": (gf.SDIRK2(), 33, lambda z: (1 - (1 - 2 * GAMMA) * z) / (1 + GAMMA * z) ** 2),
    "ExplicitEuler": (gf.ExplicitEuler(), 9, lambda z: 1 - z),
    "RK32": (gf.RK32(), 9, lambda z: 1 - z + z**2 / 2 - z**3 / 6),
}


def rate(n):
    """The discrete decay rate of sin πx sin πy under the five-point Laplacian."""
    h = 1.0 / (n - 1)
    return 2.0 * (4.0 / h**2) * np.sin(0.5 * np.pi * h) ** 2


@pytest.mark.parametrize("name", FACTORS)
def test_heat_decays_by_each_methods_own_factor(name):
    method, n, factor = FACTORS[name]
    flow, start = bump(n, gf.Dirichlet)
    run = gf.evolve(flow, start, T, method=method, dt=T / 40)
    np.testing.assert_allclose(run.x, factor(rate(n) * T / 40) ** 40 * start, rtol=0, atol=1e-11)


def test_heat_decays_at_the_discrete_rate():
    flow, start = bump(33, gf.Dirichlet)
    times = (0.01, 0.03, T)
    run = gf.evolve(flow, start, T, rtol=1e-6, t_eval=times)
    for t, u in zip(times, run.states, strict=True):
        exact = np.exp(-rate(33) * t)
        amplitude = float(np.sum(u * start) / np.sum(start * start))
        assert 1e-9 < abs(amplitude - exact) < 5e-6
        np.testing.assert_allclose(u, amplitude * start, rtol=0, atol=1e-9)  # the mode keeps its shape
    assert abs(rate(33) - 2 * np.pi**2) < 0.002 * 2 * np.pi**2
