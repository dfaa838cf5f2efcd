"""Films on wires that move: translating surfaces that no step length disturbs, shrinking ones that fit orders, and the work.

L²          caps      u = 2t/R − √(R² − r²),    cylinders  u = t/R − √(R² − x²)
normal L²   reaper    u = t − ln cos x,         sphere     u = √(R² − 4t − r²),    cylinder  u = √(R² − 2t − x²)
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from scipy.optimize import root

import geoflow as gf

R = 2.0
IMPLICIT = (gf.ImplicitEuler(), gf.Lagged(), gf.SDIRK2(), gf.SDIRK3(), gf.Secant())
CARRIED = {  # heights at time t, the metric, the speed
    "cap": (lambda t, x, y: 2.0 * t / R - np.sqrt(R * R - x * x - y * y), "l2", 2.0 / R),
    "cylinder": (lambda t, x, y: t / R - np.sqrt(R * R - x * x) + 0.0 * y, "l2", 1.0 / R),
    "reaper": (lambda t, x, y: t - np.log(np.cos(x)) + 0.0 * y, "mcf", 1.0),
}
SHRINKING = {
    "sphere": lambda t, x, y: np.sqrt(R * R - 4.0 * t - x * x - y * y),
    "cylinder": lambda t, x, y: np.sqrt(R * R - 2.0 * t - x * x) + 0.0 * y,
}


def name_of(method):
    return type(method).__name__


def film_of(height, n, metric):
    return gf.soap_film(gf.Wire.moving("moving", height), n, lambda x, y: height(0.0, x, y), metric)


@cache
def profile(name, n):
    """(film, u) with G(u) c + dA(u) = 0 inside: the grid's own translating surface, found without any flow."""
    height, metric, speed = CARRIED[name]
    film = film_of(height, n, metric)
    flow, free = film.flow.at(0.0), ~film.grid.boundary

    def residual(inside):
        u = film.start.copy()
        u[free] = inside
        return (flow.energy.differential(u) + speed * flow.metric.gram(u).diagonal().reshape(u.shape))[free]

    found = root(residual, film.start[free], method="krylov" if n > 17 else "hybr", tol=1e-14)
    assert np.max(np.abs(residual(found.x))) < 1e-13
    u = film.start.copy()
    u[free] = found.x
    return film, u


@pytest.mark.parametrize("tau", [1e-3, 0.1, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("method", IMPLICIT, ids=name_of)
@pytest.mark.parametrize("name", CARRIED)
@pytest.mark.parametrize("n", [17, 41])  # solved directly, and by multigrid
def test_what_is_carried_keeps_its_shape_at_any_step_length(n, name, method, tau):
    film, u = profile(name, n)
    run = gf.evolve(film.flow, u, 4.0 * tau, method=method, dt=tau)
    assert len(run.ledger) == 4
    assert np.max(np.abs(run.x - u - CARRIED[name][2] * run.t[-1])) <= 1e-10


@pytest.mark.parametrize("method", [gf.ExplicitEuler(), gf.RK32()], ids=name_of)
@pytest.mark.parametrize("name", CARRIED)
def test_explicit_methods_carry_it_too(name, method):
    film, u = profile(name, 17)
    run = gf.evolve(film.flow, u, 0.05, method=method, dt=1e-3)
    assert np.max(np.abs(run.x - u - CARRIED[name][2] * 0.05)) <= 1e-10


@pytest.mark.parametrize("name", CARRIED)
def test_the_grids_surface_is_the_smooth_one_to_second_order(name):
    sizes, errors = np.array([9, 17, 33]), []
    for n in sizes:
        film, u = profile(name, int(n))
        errors.append(np.max(np.abs(u - film.start)))
    assert -np.polyfit(np.log(sizes - 1.0), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.1)
    assert errors[-1] < 4e-4


def test_a_cap_is_also_a_film_under_pressure():
    film, u = profile("cap", 17)
    energy = gf.WeightedSum(((1.0, film.flow.energy), (2.0 / R, gf.Volume(film.grid))))
    rest = gf.relax(gf.GradientFlow(energy, film.flow.metric, film.flow.fixed), film.start)
    assert np.max(np.abs(rest.x - u)) < 1e-11


# ---- shrinking: orders in time and space ----------------------------------------------------------------------------------

T = 0.2
ORDERS = {
    "ImplicitEuler": (gf.ImplicitEuler(), (8, 16, 32, 64), 0.85, 1.15),
    "Lagged": (gf.Lagged(), (8, 16, 32, 64), 0.85, 1.15),
    "SDIRK2": (gf.SDIRK2(), (8, 16, 32, 64), 1.85, 2.15),
    "SDIRK3": (gf.SDIRK3(), (4, 8, 16, 32), 1.8, 3.0),
    "Secant": (gf.Secant(), (4, 8, 16, 32), 1.7, 2.15),  # loses a little to the wire: no promise is made
}


@cache
def finest(name):
    film = film_of(SHRINKING[name], 17, "mcf")
    return film, gf.evolve(film.flow, film.start, T, method=gf.SDIRK2(), dt=T / 1024).x


@pytest.mark.parametrize("method", ORDERS)
@pytest.mark.parametrize("name", SHRINKING)
def test_orders_in_time(name, method):
    stepper, counts, low, high = ORDERS[method]
    film, reference = finest(name)
    errors = [np.max(np.abs(gf.evolve(film.flow, film.start, T, method=stepper, dt=T / k).x - reference)) for k in counts]
    assert low <= -np.polyfit(np.log(counts), np.log(errors), 1)[0] <= high, errors


@pytest.mark.parametrize("name", SHRINKING)
def test_order_in_space(name):
    sizes, errors = np.array([9, 17, 33]), []
    for n in sizes:
        film = film_of(SHRINKING[name], int(n), "mcf")
        run = gf.evolve(film.flow, film.start, T, rtol=1e-7)
        exact = SHRINKING[name](T, film.grid.x[None, :], film.grid.y[:, None])
        errors.append(np.max(np.abs(run.x - exact)))
    assert -np.polyfit(np.log(sizes - 1.0), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.1)
    assert errors[-1] < 1e-4


def test_the_other_metric_does_not_shrink_a_sphere():
    film = film_of(SHRINKING["sphere"], 17, "l2")
    run = gf.evolve(film.flow, film.start, T)
    assert np.max(np.abs(run.x - finest("sphere")[1])) > 0.01


@pytest.mark.parametrize("rtol", [1e-3, 1e-5])
@pytest.mark.parametrize("method", [gf.SDIRK2(), gf.SDIRK3(), gf.Secant()], ids=name_of)
def test_adaptive_steps_on_a_moving_wire(method, rtol):
    film, reference = finest("sphere")
    run = gf.evolve(film.flow, film.start, T, method=method, rtol=rtol)
    error = np.sqrt(np.sum(film.grid.node_area * (run.x - reference) ** 2)) / film.flow.scale(film.start)
    assert error <= 5.0 * rtol


@pytest.mark.parametrize("metric", ["l2", "mcf"])
@pytest.mark.parametrize("method", [*IMPLICIT, gf.RK32()], ids=name_of)
def test_a_film_at_rest_whose_wire_returns(method, metric):
    """The start has no speed to choose a first step by, and a wire of period one is back where it was after one of length one."""
    film = gf.soap_film(gf.Wire.moving("returns", lambda t, x, y: np.sin(2.0 * np.pi * t) * x * x), 9, "flat", metric)
    rtol = 1e-4 if method.order > 1 else 1e-3
    run = gf.evolve(film.flow, film.start, 1.0, method=method, rtol=rtol)
    fine = gf.evolve(film.flow, film.start, 1.0, method=gf.SDIRK3(), dt=1.0 / 400)
    assert np.max(np.abs(fine.x)) > 0.2
    error = np.sqrt(np.sum(film.grid.node_area * (run.x - fine.x) ** 2)) / film.flow.scale(film.start)
    assert error <= 5.0 * rtol


def test_no_wire_is_looked_at_after_the_end():
    """A path may be known up to t_end only; and one that ends earlier ends the run there, with its own sentence."""

    def height(t, x, y):
        assert t <= 0.5
        return t * x * x

    film = gf.soap_film(gf.Wire.moving("short", height), 9, "flat")
    run = gf.evolve(film.flow, film.start, 0.5)
    assert run.status == "reached t_end"
    film = gf.soap_film(gf.Wire.formula("sqrt(0.25 - t)*x"), 9)
    ended = gf.evolve(film.flow, film.start, 0.5, raise_on_failure=False)
    assert not ended.success
    assert 0.249 < ended.t[-1] <= 0.25
    assert "finite heights" in ended.message


# ---- the work of a wire ---------------------------------------------------------------------------------------------------

SHAKEN = {
    "shaken": lambda t, x, y: np.sin(20.0 * t) * x * y,
    "lifted": lambda t, x, y: 30.0 * t * (x > 0.0) + y,
    "torn": lambda t, x, y: 5.0 * np.floor(700.0 * t) * x * x,
}


def area(u, hx, hy):
    """The corner scheme's area, in plain NumPy."""
    p, q = np.diff(u, axis=1) / hx, np.diff(u, axis=0) / hy
    slopes = [p[i : i + len(q)] ** 2 + q[:, j : j + p.shape[1]] ** 2 for i in (0, 1) for j in (0, 1)]
    return 0.25 * hx * hy * sum(np.sum(np.sqrt(1.0 + s)) for s in slopes)


@pytest.mark.parametrize("tau", [1e-3, 0.07, 1.0, 1e3])
@pytest.mark.parametrize("metric", ["l2", "mcf"])
@pytest.mark.parametrize("name", SHAKEN)
def test_implicit_euler_rises_by_no_more_than_the_work(name, metric, tau):
    rng = np.random.default_rng(80)
    film = gf.soap_film(gf.Wire.moving(name, SHAKEN[name]), 17, lambda x, y: rng.normal(size=x.shape), metric)
    seen = list(gf.steps(film.flow, film.start, t_end=6.0 * tau, method=gf.ImplicitEuler(), dt=tau))
    held, spacing = film.grid.boundary, film.grid.spacing
    assert len(seen) == 7
    for before, after in zip(seen, seen[1:], strict=False):
        old, new = area(before.x, *spacing), area(after.x, *spacing)
        moved = np.where(held, after.x, before.x)  # the old film on the new wire
        work = area(moved, *spacing) - old
        slack = 1e-14 * max(old, area(moved, *spacing))
        assert after.row.work == pytest.approx(work, abs=slack)
        assert new <= old + work + slack
        assert after.row.defect >= -slack
        assert after.row.rejected == 0
        assert after.x[held].tobytes() == film.wire.at(after.t).on(film.grid)[held].tobytes()
    assert max(abs(s.row.work) for s in seen[1:]) > 1e-3 or tau == 1e-3


@dataclass(frozen=True)
class Thrower:
    """Implicit Euler that throws the middle up until the film has risen beyond the wire's work by a part of its energy."""

    rise: float
    bears_moving_wires = True
    order = 1

    def start(self, flow, t, x):
        return gf.ImplicitEuler().start(flow, t, x)

    def step(self, flow, t, x, dt, memory):
        good, energy = gf.ImplicitEuler().step(flow, t, x, dt, memory), flow.at(t + dt).energy
        wanted, low, high = (flow.at(t).energy.value(x) + good.work) * (1.0 + self.rise), 0.0, 10.0
        for _ in range(60):
            middle, new = 0.5 * (low + high), good.x.copy()
            new[4, 4] += middle
            low, high = (middle, high) if energy.value(new) < wanted else (low, middle)
        return replace(good, x=new, energy=energy.value(new))


@pytest.mark.parametrize("rise", [1e-10, 1e-3])
def test_where_there_is_a_theorem_the_law_is_enforced(rise):
    """No rise beyond the work, however small; nor is a part of the work enough to be turned down for."""
    film = gf.soap_film(gf.Wire.moving("shaken", SHAKEN["shaken"]), 9)
    run = gf.evolve(film.flow, film.start, 0.3, method=Thrower(rise), dt=0.1, max_steps=20, raise_on_failure=False)
    assert (run.success, run.status, len(run.ledger)) == (False, "step floor", 0)
    assert "raise the energy" in run.message
    watched = gf.evolve(film.flow, film.start, 0.3, method=Thrower(rise), dt=0.1, on_rise="report")
    assert watched.largest_increase == pytest.approx(rise * np.max(watched.energy / (1.0 + rise)), rel=1e-3)
    assert "raised the energy" in watched.message
    held = gf.evolve(film.flow, film.start, 0.3, method=Thrower(-rise), dt=0.1)
    assert np.sum(held.ledger.rejected) == 0


@pytest.mark.parametrize("tau", [1e-3, 0.07, 1e3])
@pytest.mark.parametrize("metric", ["l2", "mcf"])
@pytest.mark.parametrize("method", [*IMPLICIT, gf.ExplicitEuler(), gf.RK32()], ids=name_of)
def test_the_wire_is_where_it_is_at_the_end_of_every_step(method, metric, tau):
    """To the last bit, also after steps so long that a last bit of their length moves it; so the work is that of the states."""
    film = gf.soap_film(gf.Wire.moving("shaken", SHAKEN["shaken"], (-1.0, 1.0, -1.0, 0.5)), 9, metric=metric)
    held, spacing = film.grid.boundary, film.grid.spacing
    seen = list(gf.steps(film.flow, film.start, t_end=5.0 * tau, method=method, dt=tau, max_steps=40))
    assert len(seen) >= 6
    for before, after in zip(seen, seen[1:], strict=False):
        assert after.x[held].tobytes() == film.wire.at(after.t).on(film.grid)[held].tobytes()
        old, moved = area(before.x, *spacing), area(np.where(held, after.x, before.x), *spacing)
        assert after.row.work == pytest.approx(moved - old, abs=1e-14 * max(old, moved))
        if metric == "l2" and isinstance(method, (gf.ImplicitEuler, gf.Lagged, gf.Secant)):  # of one speed, the free nodes'
            lost = np.prod(spacing) * np.sum((after.x - before.x)[~held] ** 2) / after.row.tau
            assert after.row.dissipated == pytest.approx(lost, rel=1e-9)


@pytest.mark.parametrize("method", [*IMPLICIT, gf.RK32()], ids=name_of)
def test_the_wire_is_where_it_is_at_any_time_asked_for(method):
    """Also where no step length at all brings t + τ to that time."""
    film, times = gf.soap_film(gf.Wire.moving("shaken", SHAKEN["shaken"]), 5), [0.0017067790153865348, 0.005823927952917461]
    run = gf.evolve(film.flow, film.start, 0.01, method=method, dt=1.0, t_eval=times)
    assert run.t[1] + run.ledger.tau[1] != run.t[2]
    assert run.t_states.tolist() == times
    for t, u in zip(run.t_states, run.states, strict=True):
        assert u[film.grid.boundary].tobytes() == film.wire.at(t).on(film.grid)[film.grid.boundary].tobytes()


@pytest.mark.parametrize("method", [*IMPLICIT, gf.RK32()], ids=name_of)
def test_the_others_are_reported_not_held_back(method):
    film = gf.soap_film(gf.Wire.moving("shaken", SHAKEN["shaken"]), 9)
    run = gf.evolve(film.flow, film.start, 0.5, method=method, dt=1e-3)
    assert np.sum(run.ledger.rejected) == 0
    assert np.all(run.ledger.work != 0.0)
    beyond = np.diff(run.energy) - run.ledger.work
    assert run.largest_increase == max(np.max(beyond), 0.0)
    assert run.error_bound is None
    for x, t in zip(run.states, run.t_states, strict=True):
        assert x[film.grid.boundary].tobytes() == film.wire.at(t).on(film.grid)[film.grid.boundary].tobytes()


def test_a_rise_beyond_the_work_passes_where_there_is_no_theorem():
    """A narrow part of the wire thrown up and down: all but implicit Euler overshoot, and the run says by how much."""

    def spike(t, x, y):
        return 20.0 * np.sin(9.0 * t) * np.exp(-50.0 * x * x) + 0.0 * y

    film, rises = gf.soap_film(gf.Wire.moving("spike", spike), 17), {}
    for method in (gf.ImplicitEuler(), gf.Lagged(), gf.SDIRK2(), gf.SDIRK3()):
        run = gf.evolve(film.flow, film.start, 2.5, method=method, dt=0.5)
        assert np.sum(run.ledger.rejected) == 0
        rises[name_of(method)] = run.largest_increase
        told = f"; a step raised the energy by {run.largest_increase:.3g}, as it was allowed to" if run.largest_increase else ""
        assert run.message == f"reached t_end = 2.5{told}"
    assert rises.pop("ImplicitEuler") == 0.0
    assert min(rises.values()) > 1e-3


# ---- what is asked of a path ----------------------------------------------------------------------------------------------


def test_a_formula_in_t_moves_and_one_without_does_not():
    wire = gf.Wire.formula("t*x - log(cos(x))*y")
    assert wire.path is not None
    assert wire.at(2.0).path is None
    assert wire.at(2.0).height(0.5, 1.0) == 1.0 - np.log(np.cos(0.5))
    assert wire.height(0.5, 1.0) == -np.log(np.cos(0.5))
    still = gf.Wire.formula("x*y")
    assert still.path is None
    assert still.at(3.0) is still


def test_a_film_on_a_moving_wire_has_no_rest():
    film = film_of(SHRINKING["sphere"], 9, "mcf")
    with pytest.raises(gf.BadInput, match="t_end"):
        gf.evolve(film.flow, film.start)
    with pytest.raises(gf.BadInput, match="moves"):
        gf.relax(film.flow, film.start)
    rest = gf.relax(film.flow.at(0.1), film.start)
    edge = film.grid.boundary
    assert rest.x[edge].tobytes() == film.wire.at(0.1).on(film.grid)[edge].tobytes()
    assert rest.status == "at rest"


def test_times_asked_for_have_the_wire_of_their_time():
    film = film_of(SHRINKING["sphere"], 9, "mcf")
    run = gf.evolve(film.flow, film.start, 0.2, t_eval=[0.0, 0.05, 0.11, 0.2])
    assert run.t_states.tolist() == [0.0, 0.05, 0.11, 0.2]
    for t, u in zip(run.t_states, run.states, strict=True):
        assert u[film.grid.boundary].tobytes() == film.wire.at(t).on(film.grid)[film.grid.boundary].tobytes()


def test_a_marble_dragged_along():
    """E = (x − y)²/2 with y held at sin t: x' = sin t − x, x(0) = 1."""
    spring = gf.Potential("(x - y)**2/2")
    fixed = np.array([False, True])
    flow = gf.GradientFlow(spring, gf.Euclidean(), fixed, path=lambda t: (spring, np.array([np.nan, np.sin(t)])))
    exact = 0.5 * (np.sin(1.5) - np.cos(1.5)) + 1.5 * np.exp(-1.5)
    errors = [abs(gf.evolve(flow, [1.0, 9.0], 1.5, dt=1.5 / k).x[0] - exact) for k in (8, 16, 32, 64)]
    assert -np.polyfit(np.log([8, 16, 32, 64]), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.15)
    assert gf.evolve(flow, [1.0, 9.0], 1.5).x[1] == np.sin(1.5)


MARBLES = {
    "ImplicitEuler": (gf.ImplicitEuler(), 1.0),
    "SDIRK2": (gf.SDIRK2(), 2.0),
    "SDIRK3": (gf.SDIRK3(), 3.0),
    "Secant": (gf.Secant(), 2.0),
    "ExplicitEuler": (gf.ExplicitEuler(), 1.0),
    "RK32": (gf.RK32(), 3.0),
}


@pytest.mark.parametrize("name", MARBLES)
def test_an_energy_that_changes_with_the_wire(name):
    """E = (x − sin 3t)²/2, as of a path that rebuilds its energy: x' = sin 3t − x, x(0) = 1."""
    method, order = MARBLES[name]

    def path(t):
        s = np.sin(3.0 * t)
        spring = gf.Potential(lambda x: 0.5 * float(x[0] - s) ** 2, lambda x: np.array([x[0] - s, 0.0]), lambda x: np.eye(2))
        return spring, np.zeros(2)

    flow = gf.GradientFlow(path(0.0)[0], gf.Euclidean(), np.array([False, True]), path=path)
    exact = (np.sin(4.5) - 3.0 * np.cos(4.5)) / 10.0 + 1.3 * np.exp(-1.5)
    counts = (16, 32, 64, 128)
    errors = [abs(gf.evolve(flow, [1.0, 0.0], 1.5, method=method, dt=1.5 / k).x[0] - exact) for k in counts]
    assert -np.polyfit(np.log(counts), np.log(errors), 1)[0] == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize(
    "path",
    [
        lambda t: np.zeros(2),
        lambda t: (gf.Potential("x + y"),),
        lambda t: (3.0, np.zeros(2)),
        lambda t: (gf.Potential("x + y"), np.zeros(3)),
        lambda t: (gf.Potential("x + y"), np.array([0.0, np.inf])),
        lambda t: (gf.Potential("x + y"), ["a", "b"]),
    ],
    ids=range(6),
)
def test_bad_paths(path):
    flow = gf.GradientFlow(gf.Potential("x**2 + y**2"), gf.Euclidean(), np.array([False, True]), path=path)
    with pytest.raises(gf.BadInput, match="path"):
        gf.evolve(flow, [1.0, 0.0], 1.0)


def test_a_path_needs_something_to_move():
    with pytest.raises(gf.BadInput, match="path"):
        gf.GradientFlow(gf.Potential("x**2"), gf.Euclidean(), path=lambda t: None)
    with pytest.raises(gf.BadInput, match="path"):
        gf.GradientFlow(gf.Potential("x**2"), gf.Euclidean(), np.array([True]), path=3)
