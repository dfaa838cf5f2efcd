"""One loop for everything: films, points, energies and metrics that geoflow has never heard of, all through `evolve`."""

import inspect
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.linalg import expm

import geoflow as gf
from geoflow.march import _far_from_rest
from tests.laws.cases import EPS, METHODS, DenseMetric, dense, evolve, name_of, relax, well

POINT = gf.GradientFlow(well(), gf.Euclidean())


def in_the_well(t: float, x0: float, y0: float) -> np.ndarray:
    """x' = x − x³, y' = −y: (x₀ eᵗ / √(1 + x₀²(e²ᵗ − 1)), y₀ e⁻ᵗ)."""
    return np.array([x0 * np.exp(t) / np.sqrt(1.0 + x0**2 * np.expm1(2.0 * t)), y0 * np.exp(-t)])


# ---- a film, a point, and what the user brings --------------------------------------------------------------------------


def test_a_film_and_a_point_by_the_very_same_call() -> None:
    film = gf.soap_film(gf.Wire.named("scherk"), 33)
    for flow, start in ((film.flow, film.start), (POINT, [0.3, 0.4])):
        run = evolve(flow, start, t_end=2.0, t_eval=[0.0, 0.7, 2.0])
        assert run.success
        assert run.method == "SDIRK2"
        assert run.states.shape == (3, *np.shape(start))
        assert run.largest_increase <= 8.0 * EPS * run.energy[0]
        assert run.energy[-1] < run.energy[0]
        assert len(run.ledger) == len(run.t) - 1


@pytest.mark.parametrize("method", METHODS, ids=name_of)
@pytest.mark.parametrize("start", [(0.3, 0.4), (-0.05, 1.0), (1.7, -0.2)])
def test_a_marble_in_a_double_well(start: tuple[float, float], method: object) -> None:
    """Against the exact solution; the error is what rtol asked for, times what the saddle makes of it on the way."""
    times = [0.5, 1.0, 3.0]
    rtol = 1e-6 if method.order > 1 else 1e-4
    run = evolve(POINT, start, t_end=3.0, method=method, rtol=rtol, t_eval=times)
    errors = [np.linalg.norm(x - in_the_well(t, *start)) for t, x in zip(times, run.states, strict=True)]
    assert 1e-2 * rtol < max(errors) < 12.0 * rtol * np.linalg.norm(np.maximum(np.abs(start), 1.0))


def test_two_functions_are_enough() -> None:
    """Without a hessian the default is explicit, and the answer the same."""
    functions = gf.Potential(well().value, well().differential)
    run = evolve(gf.GradientFlow(functions, gf.Euclidean()), [0.3, 0.4], t_end=1.0, rtol=1e-8)
    assert run.method == "RK32"
    assert run.x == pytest.approx(in_the_well(1.0, 0.3, 0.4), abs=1e-7)


class Springs:
    """Marbles on a line, each held to the next by a spring of unit length: Σ ½(|x_{k+1} − x_k| − 1)²."""

    def value(self, x):
        return 0.5 * np.sum((np.linalg.norm(np.diff(x, axis=0), axis=1) - 1.0) ** 2)

    def differential(self, x):
        d = np.diff(x, axis=0)
        pull = d - d / np.linalg.norm(d, axis=1, keepdims=True)
        return np.vstack([-pull, np.zeros((1, 2))]) + np.vstack([np.zeros((1, 2)), pull])


def test_an_energy_of_twelve_lines_that_knows_no_geoflow() -> None:
    lines = inspect.getsource(Springs).splitlines()
    assert len(lines) <= 12
    assert not any("gf" in line or "geoflow" in line for line in lines)
    rng, held = np.random.default_rng(40), np.array([True, False, False, False])
    x = rng.normal(size=(4, 2))
    assert Springs().value(np.array([[0.0, 0.0], [3.0, 4.0]])) == 8.0
    flow = gf.GradientFlow(Springs(), gf.Euclidean(), held)  # a mask of the leading axis: the first marble is held
    run = evolve(flow, x)
    assert run.status == "at rest"
    assert run.method == "RK32"
    assert run.x[0].tobytes() == x[0].tobytes()
    assert np.linalg.norm(np.diff(run.x, axis=0), axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert run.energy[-1] == Springs().value(run.x) < 1e-10 < run.energy[0]


@pytest.mark.parametrize("method", [None, gf.RK32()], ids=["default", "RK32"])
def test_a_metric_of_the_users_own(method: object) -> None:
    """M x' = −A x, so x(t) = exp(−M⁻¹A t) x₀."""
    a, metric, x0 = dense(3, seed=1).matrix, dense(3, seed=2), np.array([1.0, -2.0, 0.5])
    assert np.max(np.abs(a @ metric.matrix - metric.matrix @ a)) > 0.1  # so that M really matters
    energy = gf.Potential(lambda x: 0.5 * float(x @ a @ x), lambda x: a @ x, lambda x: a)
    run = evolve(gf.GradientFlow(energy, metric), x0, t_end=1.5, rtol=1e-7, method=method)
    exact = expm(-1.5 * np.linalg.solve(metric.matrix, a)) @ x0
    assert np.linalg.norm(run.x - exact) < 1e-6
    plain = evolve(gf.GradientFlow(energy, gf.Euclidean()), x0, t_end=1.5, rtol=1e-7, method=method)
    assert np.linalg.norm(plain.x - exact) > 0.1


def test_a_metric_that_bends_with_the_state() -> None:
    """G = e^x on the line and E = e^{2x}/2: e^x x' = −e^{2x}, so x(t) = −ln(t + e^{−x₀}) by the explicit pair."""

    class Bent:
        def gram(self, x: np.ndarray) -> np.ndarray:
            return np.diag(np.exp(x))

    energy = gf.Potential(lambda x: 0.5 * float(np.exp(2.0 * x[0])), lambda x: np.exp(2.0 * x))
    run = evolve(gf.GradientFlow(energy, Bent()), [0.7], t_end=2.0, rtol=1e-8)
    assert run.x[0] == pytest.approx(-np.log(2.0 + np.exp(-0.7)), abs=1e-6)


def test_a_film_in_a_metric_of_the_users_own() -> None:
    """Rest does not depend on the metric, the way there does."""
    film = gf.soap_film(gf.Wire.named("saddle"), 9)
    dense_flow = gf.GradientFlow(film.flow.energy, DenseMetric(dense(film.start.size).matrix), film.grid.boundary)
    rest = relax(film.flow, film.start)
    other = evolve(dense_flow, film.start)
    assert (rest.status, other.status) == ("at rest", "at rest")
    assert np.max(np.abs(other.x - rest.x)) < 1e-6
    ways = [evolve(flow, film.start, t_end=0.05).x for flow in (film.flow, dense_flow)]
    assert np.max(np.abs(ways[0] - ways[1])) > 1e-3


# ---- times, states, rest ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS, ids=name_of)
@pytest.mark.parametrize("dt", [None, 0.03])
def test_evolve_lands_on_the_times_asked_for(method: object, dt: float | None) -> None:
    times = [0.0, 0.1, 1.0 / 3.0, 0.3333334, 0.7]
    run = evolve(POINT, [0.3, 0.4], t_end=1.0, t_eval=times, method=method, dt=dt, rtol=1e-3)
    assert run.t_states.tolist() == times  # to the bit
    assert set(times) <= set(run.t.tolist())
    assert run.t[-1] == 1.0
    assert run.states[0].tolist() == [0.3, 0.4]
    for t, x in zip(times, run.states, strict=True):
        assert POINT.energy.value(x) == run.energy[run.t.tolist().index(t)]
        assert np.linalg.norm(x - in_the_well(t, 0.3, 0.4)) < 0.02


def test_states_without_t_eval_are_the_first_and_the_last() -> None:
    run = evolve(POINT, [0.3, 0.4], t_end=1.0)
    assert run.t_states.tolist() == [0.0, 1.0]
    assert run.states[0].tolist() == [0.3, 0.4]
    assert run.states[1].tobytes() == run.x.tobytes()


def test_many_output_times_do_not_change_how_long_steps_want_to_be() -> None:
    few = evolve(POINT, [0.3, 0.4], t_end=5.0, rtol=1e-6)
    many = evolve(POINT, [0.3, 0.4], t_end=5.0, rtol=1e-6, t_eval=[1.0, 1.0 + 1e-9, 2.0, 3.0])
    assert len(few.ledger) <= len(many.ledger) <= len(few.ledger) + 12


@pytest.mark.parametrize("method", [None, gf.RK32(), gf.ImplicitEuler()], ids=["default", "RK32", "ImplicitEuler"])
@pytest.mark.parametrize(("start", "side"), [((0.1, 0.5), 1.0), ((-2.0, 1.0), -1.0)])
def test_without_an_end_a_marble_comes_to_rest_in_a_minimum(start: tuple, side: float, method: object) -> None:
    run = evolve(POINT, start, method=method, rtol=1e-3)
    assert (run.success, run.status) == (True, "at rest")
    assert run.x == pytest.approx([side, 0.0], abs=1e-6)
    assert well().value(run.x) <= 1e-13
    assert len(run.ledger) < 300


def test_rest_before_t_end_fills_the_times_that_are_left() -> None:
    run = evolve(POINT, [0.3, 0.4], t_end=1e6, t_eval=[1.0, 1e3, 1e6])
    assert run.status == "at rest"
    assert run.t[-1] < 1e6
    assert run.t_states.tolist() == [1.0, 1e3, 1e6]
    assert run.states[2] == pytest.approx([1.0, 0.0], abs=1e-6)


@pytest.mark.parametrize("start", [(1e-6, 0.4), (-1e-6, 0.4), (1e-3, -2.0), (0.4, 0.0), (3.0, 3.0)])
def test_relax_ends_in_a_minimum_and_not_on_the_saddle(start: tuple[float, float]) -> None:
    run = relax(POINT, start)
    assert (run.success, run.status) == (True, "at rest")
    assert run.x == pytest.approx([np.sign(start[0]), 0.0], abs=1e-6)
    assert run.largest_increase <= 8.0 * EPS


def test_a_start_at_rest_stays() -> None:
    for start in ([1.0, 0.0], [0.0, 0.0]):
        for run in (evolve(POINT, start, t_end=3.0), evolve(POINT, start), relax(POINT, start)):
            assert run.status == "at rest"
            assert run.x.tolist() == start
            assert len(run.ledger) == 0


@pytest.mark.parametrize("size", [1e-6, 1e-2, 1.0, 100.0])
def test_what_the_best_step_straight_down_promises_is_what_the_hessian_says(size: float) -> None:
    """½ ‖v‖⁴ / d²E(v, v), v = −G⁻¹ dE: what a large state near rest is asked before a solve is paid for."""
    film = gf.soap_film(gf.Wire.named("saddle"), 17)
    noise = np.where(film.flow.fixed, 0.0, np.random.default_rng(1).normal(size=film.start.shape))
    steep = gf.GradientFlow(gf.Potential("x**4 + 10*y**4 + x**2"), gf.Euclidean())
    for flow, x in ((film.flow, size * (film.start + 0.1 * noise)), (steep, size * np.array([1.0, 0.3]))):
        p, v = flow.differential(x), flow.velocity(x)
        promise = 0.5 * flow.pair(p, v) ** 2 / float(np.sum(v * (flow.energy.hessian(x) @ v)))
        assert _far_from_rest(flow, x, p, 0.999 * promise)
        assert not _far_from_rest(flow, x, p, 1.001 * promise)


@dataclass(frozen=True)
class Eager:
    """A method that is handed over is the one that is used."""

    order = 1

    def start(self, flow: gf.GradientFlow, t: float, x: np.ndarray) -> tuple:
        return ()

    def step(self, flow: gf.GradientFlow, t: float, x: np.ndarray, dt: float, memory: tuple) -> gf.Step:
        new = x - dt * flow.differential(x)
        return gf.Step(x=new, energy=flow.energy.value(new), dissipated=dt, error=1e-9 * x)


def test_the_default_method_is_the_best_the_energy_offers() -> None:
    bare = gf.Potential(well().value, well().differential)
    half = gf.WeightedSum(((1.0, well()), (1.0, bare)))
    for energy, wanted in ((well(), "SDIRK2"), (bare, "RK32"), (half, "RK32"), (Springs(), "RK32")):
        start = np.eye(2) if wanted == "RK32" and energy is not bare and energy is not half else [0.3, 0.4]
        assert evolve(gf.GradientFlow(energy, gf.Euclidean()), start, t_end=0.1).method == wanted
    assert evolve(POINT, [0.3, 0.4], t_end=0.1, method=Eager()).method == "Eager"


# ---- symmetries ---------------------------------------------------------------------------------------------------------


def rippled(seed: int = 41, n: int = 17) -> gf.Film:
    """A square film with no symmetry at all."""
    a, b, c = np.random.default_rng(seed).normal(size=3)
    ripples = lambda x, y: x * x - y + 0.5 * np.sin(3.0 * x + a) * np.cos(4.0 * y + b) + c * x * y  # noqa: E731
    return gf.soap_film(gf.Wire("rippled", (0.0, 1.0, 0.0, 1.0), ripples), n, ripples)


def both(film: gf.Film, start: np.ndarray) -> tuple[gf.Trajectory, gf.Trajectory]:
    """The film's own run and one from another start, and they took the same number of steps."""
    runs = [evolve(film.flow, u, t_end=0.1, t_eval=[0.01, 0.1]) for u in (film.start, start)]
    assert len(runs[0].ledger) == len(runs[1].ledger) > 5
    assert np.max(np.abs(runs[0].states[0] - runs[0].states[1])) > 1e-2
    return runs[0], runs[1]


@pytest.mark.parametrize("shift", [1.0, -37.5])
def test_a_shifted_film_runs_a_shifted_run(shift: float) -> None:
    film = rippled()
    plain, shifted = both(film, film.start + shift)
    assert shifted.t == pytest.approx(plain.t, rel=1e-8)
    assert np.max(np.abs(shifted.states - shift - plain.states)) < 1e-10


def test_transposed_mirrored_and_turned_over_films() -> None:
    film = rippled()
    maps = {
        "transposed": lambda u: np.swapaxes(u, -1, -2),
        "left to right": lambda u: u[..., ::-1],
        "front to back": lambda u: u[..., ::-1, :],
        "upside down": lambda u: -u,
    }
    for name, image in maps.items():
        plain, other = both(film, image(film.start))
        assert np.max(np.abs(other.states - image(plain.states))) < 1e-10, name
        assert other.energy == pytest.approx(plain.energy, rel=1e-12)


def test_a_symmetric_film_stays_symmetric() -> None:
    saddle = gf.soap_film(gf.Wire.formula("x**2 - y**2"), 17, lambda x, y: x**2 - y**2 + 0.3 * np.cos(np.pi * x / 2))
    run = evolve(saddle.flow, saddle.start, t_end=0.2)
    assert np.max(np.abs(run.x - run.x[::-1])) < 1e-12
    assert np.max(np.abs(run.x - run.x[:, ::-1])) < 1e-12
    assert np.max(np.abs(run.x - saddle.start)) > 0.01


# ---- the same again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS, ids=name_of)
def test_the_same_input_gives_the_same_bits(method: object) -> None:
    film = rippled(n=9)
    kept = film.start.copy()
    runs = [evolve(film.flow, film.start, t_end=0.05, method=method, rtol=1e-2) for _ in range(2)]
    runs.append(evolve(rippled(n=9).flow, kept, t_end=0.05, method=method, rtol=1e-2))
    assert film.start.tobytes() == kept.tobytes()
    for run in runs[1:]:
        assert run.x.tobytes() == runs[0].x.tobytes()
        assert run.t.tobytes() == runs[0].t.tobytes()
        for name, column in run.ledger.columns().items():
            assert column.tobytes() == runs[0].ledger.columns()[name].tobytes()


def test_multigrid_and_relax_give_the_same_bits_twice() -> None:
    film = gf.soap_film(gf.Wire.named("saddle"), 65)
    assert relax(film.flow, film.start).x.tobytes() == relax(film.flow, film.start).x.tobytes()


def test_a_fresh_start_does_not_share_memory_with_the_callers() -> None:
    start = np.array([0.3, 0.4])
    run = evolve(POINT, start, t_end=0.1)
    start[:] = 99.0
    assert run.states[0].tolist() == [0.3, 0.4]


class Silent:
    """Explicit Euler that tells neither what it dissipated nor an error."""

    order = 1

    def start(self, flow: gf.GradientFlow, t: float, x: np.ndarray) -> tuple:
        return ()

    def step(self, flow: gf.GradientFlow, t: float, x: np.ndarray, dt: float, memory: tuple) -> gf.Step:
        new = x + dt * flow.velocity(x)
        return gf.Step(x=new, energy=flow.energy.value(new))


def test_a_method_that_tells_no_dissipation_is_not_taken_for_one_at_rest() -> None:
    bowl = gf.Potential(lambda x: 0.5 * float(x @ x), lambda x: x)
    run = gf.evolve(gf.GradientFlow(bowl, gf.Euclidean()), [1.0, 2.0], t_end=1.0, dt=0.1, method=Silent())
    assert (run.status, len(run.ledger)) == ("reached t_end", 10)
    assert run.x == pytest.approx(np.array([1.0, 2.0]) * 0.9**10, rel=1e-14)
