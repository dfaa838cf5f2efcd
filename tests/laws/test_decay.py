"""The law: no step that raises the energy beyond its rounding is ever accepted, and the wire keeps its bits.

Energies are recomputed from the states, by the plain NumPy of `cases.area`: what the library says about itself is not asked.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import geoflow as gf
from tests.laws.cases import DECAYING, EPS, PAIRS, EnergyCase, area, bounded, evolve, methods, metric, name_of

TAUS = (1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6)


def check_film(film: gf.Film, method: object, tau: float, steps: int = 4, allowed: float = 8.0) -> list:
    """March a film and hold each step to the law; returns what the loop yielded. No rise beyond ``allowed`` · ε Σ wW."""
    held, (hx, hy) = film.grid.boundary, film.grid.spacing
    wire = film.start[held].tobytes()
    seen = bounded(gf.steps(film.flow, film.start, t_end=steps * tau, method=method, dt=tau))
    areas = [area(s.x, hx, hy) for s in seen]
    for s in seen:
        assert s.x.dtype == np.float64
        assert np.all(np.isfinite(s.x))
        assert s.x[held].tobytes() == wire
        assert s.energy == pytest.approx(area(s.x, hx, hy), rel=8.0 * EPS)
    for before, after in zip(areas, areas[1:], strict=False):
        assert after <= before + allowed * EPS * before
    return seen


@pytest.mark.parametrize("tau", TAUS)
@pytest.mark.parametrize("noise", ["normal", "uniform", "steep"])
@pytest.mark.parametrize("metric_name", ["l2", "mcf"])
@pytest.mark.parametrize("method", DECAYING, ids=name_of)
def test_noise_decays_at_every_step_length(method: object, metric_name: str, noise: str, tau: float) -> None:
    rng = np.random.default_rng(20)
    makers = {
        "normal": ("x**2 - y**2", lambda x, y: rng.normal(size=x.shape)),
        "uniform": ("0.3*sin(5*x) + y", lambda x, y: rng.uniform(-1.0, 1.0, size=x.shape)),
        "steep": ("20*x*y + abs(x)", lambda x, y: 10.0 * rng.normal(size=x.shape)),
    }
    text, start = makers[noise]
    film = gf.soap_film(gf.Wire.formula(text), 33, start, metric_name)
    seen = check_film(film, method, tau)
    assert len(seen) >= 3
    assert all(s.row.rejected == 0 for s in seen[1:])
    assert seen[-1].energy < 0.9 * seen[0].energy or tau < 1e-3
    assert seen[1].energy < seen[0].energy


@settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    method=st.sampled_from(DECAYING),
    metric_name=st.sampled_from(["l2", "mcf"]),
    n=st.integers(5, 17),
    depth=st.floats(0.3, 1.0),
    log_tau=st.floats(-5.0, 7.0),
    log_wire=st.floats(-3.0, 2.0),
    log_noise=st.floats(-3.0, 2.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_wire_any_noise_any_step(
    method: object, metric_name: str, n: int, depth: float, log_tau: float, log_wire: float, log_noise: float, seed: int
) -> None:
    """Wires need not even be continuous: every boundary node has a height of its own."""
    rng = np.random.default_rng(seed)

    def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 10.0**log_wire * rng.normal(size=np.shape(x))

    wire = gf.Wire("random", (0.0, 1.0, 0.0, depth), height)
    film = gf.soap_film(wire, n, lambda x, y: 10.0**log_noise * rng.normal(size=x.shape), metric_name)
    check_film(film, method, 10.0**log_tau, steps=3)


TRIPLES = [(case, name, method) for case, name in PAIRS for method in methods(case)]


@pytest.mark.parametrize(("case", "name", "method"), TRIPLES, ids=[f"{c}-{n}-{name_of(m)}" for c, n, m in TRIPLES])
def test_every_energy_in_every_metric_by_every_method(case: EnergyCase, name: str, method: object) -> None:
    flow = gf.GradientFlow(case.energy, metric(name, case), case.fixed)
    rng = np.random.default_rng(21)
    for dt in (1e-3, 0.3, 30.0):
        start = case.state(rng)
        seen = bounded(gf.steps(flow, start, t_end=5.0 * min(dt, 1.0), method=method, dt=dt))
        values = np.array([case.energy.value(s.x) for s in seen])
        assert np.all(np.diff(values) <= 64.0 * EPS * np.maximum(np.abs(values[:-1]), 1.0))
        assert values[-1] < values[0]
        assert values == pytest.approx([s.energy for s in seen], abs=1e-14)
        if case.fixed is not None:
            assert all(s.x[case.fixed].tobytes() == start[case.fixed].tobytes() for s in seen)


# ---- too long for the method: rejected and halved -----------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1.5, 5.0, 100.0])
@pytest.mark.parametrize("method", [gf.ExplicitEuler(), gf.RK32()], ids=name_of)
def test_explicit_methods_past_their_limit_are_halved(method: object, factor: float) -> None:
    """The film is noise, so its stiffest mode is there from the start. Small slopes: λ_max is that of the heat equation."""
    rng = np.random.default_rng(22)
    film = gf.soap_film(gf.Wire.formula("0.01*x*y"), 17, lambda x, y: 0.01 * rng.normal(size=x.shape))
    free = np.flatnonzero(~film.grid.boundary.ravel())
    hessian = film.flow.energy.hessian(np.zeros(film.grid.shape)).tocsr().toarray()[np.ix_(free, free)]
    largest = np.linalg.eigvalsh(hessian)[-1] / np.prod(film.grid.spacing)
    dt = factor * (2.0 if isinstance(method, gf.ExplicitEuler) else 2.52) / largest
    # Past its limit a method hovers at the rim of what the law allows: 8 ε A as the library computes A, to 2 ε A each.
    seen = check_film(film, method, dt, steps=8, allowed=12.0)
    assert sum(s.row.rejected for s in seen[1:]) > 0
    assert seen[-1].t == 8 * dt or factor == 100.0  # by then it may be at rest
    assert max(s.row.tau for s in seen[1:]) <= dt


def test_one_step_of_gradient_descent_on_a_parabola() -> None:
    """E = λx²/2: from τ = 3/λ, where x → −2x, the loop halves once, and x → −x/2."""
    parabola = gf.Potential(lambda x: 2.0 * float(x @ x), lambda x: 4.0 * x)
    run = evolve(gf.GradientFlow(parabola, gf.Euclidean()), [1.0], t_end=0.75, dt=0.75, method=gf.ExplicitEuler())
    assert run.ledger.rejected[0] == 1
    assert run.ledger.tau[0] == 0.375
    assert run.energy[1] == 0.5
    assert run.largest_increase == 0.0


# ---- planted culprits ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Uphill:
    """Takes three good steps, and from then on steps that raise the energy by the given part of it, however short they are."""

    rise: float
    order = 1

    def start(self, flow: gf.GradientFlow, t: float, x: np.ndarray) -> tuple:
        return (np.zeros(1), *gf.ImplicitEuler().start(flow, t, x))

    def step(self, flow: gf.GradientFlow, t: float, x: np.ndarray, dt: float, memory: tuple) -> gf.Step:
        good = gf.ImplicitEuler().step(flow, t, x, dt, memory[1:])
        if memory[0][0] < 3:
            return replace(good, memory=(memory[0] + 1.0, *good.memory))
        # E is at least quadratic along the way to rest, so far enough from x some multiple of v has any energy we like.
        low, high, wanted = 0.0, 1e6, flow.energy.value(x) * (1.0 + self.rise)
        for _ in range(80):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if flow.energy.value(x - middle * memory[1]) < wanted else (low, middle)
        new = x - high * memory[1]
        return gf.Step(x=new, energy=flow.energy.value(new), error=np.zeros_like(x), memory=memory)


@pytest.mark.parametrize("rise", [1e-13, 10.0])
@pytest.mark.parametrize("dt", [0.01, None])
def test_a_stepper_that_goes_uphill_never_gets_there(rise: float, dt: float | None) -> None:
    film = gf.soap_film(gf.Wire.named("saddle"), 17)
    with pytest.raises(gf.FlowStopped) as caught:
        evolve(film.flow, film.start, t_end=1.0, method=Uphill(rise), dt=dt, rtol=0.1)
    run = caught.value.trajectory
    assert run.status == "step floor"
    assert not run.success
    assert "raise the energy" in run.message
    assert "\n" not in run.message
    assert str(caught.value) == run.message
    assert len(run.ledger) == 3
    assert run.t[-1] == run.ledger.t[-1]
    assert run.largest_increase == 0.0
    assert run.states[-1].tobytes() == run.x.tobytes()
    assert area(run.x, *film.grid.spacing) == pytest.approx(run.energy[-1], rel=8.0 * EPS)
    returned = evolve(film.flow, film.start, t_end=1.0, method=Uphill(rise), dt=dt, rtol=0.1, raise_on_failure=False)
    assert returned.status == "step floor"
    assert returned.x.tobytes() == run.x.tobytes()


@dataclass(frozen=True)
class Broken:
    """A stepper that gives back what it is told to."""

    bad: float
    order = 1

    def start(self, flow: gf.GradientFlow, t: float, x: np.ndarray) -> tuple:
        return ()

    def step(self, flow: gf.GradientFlow, t: float, x: np.ndarray, dt: float, memory: tuple) -> gf.Step:
        new = x.copy()
        new[3, 3] = self.bad
        return gf.Step(x=new, energy=flow.energy.value(x), error=np.zeros_like(x))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_state_that_is_not_finite_is_never_accepted(bad: float) -> None:
    film = gf.soap_film(gf.Wire.named("saddle"), 9)
    run = evolve(film.flow, film.start, t_end=1.0, dt=0.1, method=Broken(bad), raise_on_failure=False)
    assert (run.success, run.status) == (False, "not finite")
    assert np.array_equal(run.x, film.start)
    assert len(run.ledger) == 0


@pytest.mark.parametrize("method", [None, gf.ExplicitEuler()], ids=["default", "ExplicitEuler"])
@pytest.mark.parametrize("dt", [None, 0.1])
def test_a_differential_of_the_wrong_sign_ends_at_the_step_floor(method: object, dt: float | None) -> None:
    """Every step then goes uphill, in proportion to its length. Below τ ≈ ε the rise drowns in rounding: that is no way out."""
    wrong = gf.Potential(lambda x: 0.5 * float(x @ x), lambda x: -x)
    seen, ending = [], None
    marching = gf.steps(gf.GradientFlow(wrong, gf.Euclidean()), [1.0, 2.0], t_end=1.0, method=method, dt=dt)
    for _ in range(200):  # not a `for` over the march: it may never end
        try:
            seen.append(next(marching))
        except StopIteration as stop:
            ending = stop.value
            break
    assert ending is not None, f"{len(seen) - 1} steps accepted, each of them uphill, τ = {seen[-1].tau:.1g}: no end in sight"
    assert ending.status == "step floor"
