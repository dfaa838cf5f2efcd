"""What friction and inertia make of a quadratic valley and a quadratic pass: the roots of s² + βs + λ = 0, measured on runs.

λ < 0   escapes as e^{rt}, r = (−β + √(β² + 4|λ|)) / 2;   a flow without momentum as e^{|λ|t}: momentum wins iff |λ| + β < 1
λ > 0   rings if β < 2√λ, and settles as e^{−βt/2};   creeps if β > 2√λ, as e^{−(β − √(β² − 4λ)) t / 2}
"""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import geoflow as gf
from tests.laws.cases import bounded, evolve, slope


def pass_of(lam: float) -> gf.GradientFlow:
    """½(y² − |λ|x²) in the plane."""
    return gf.GradientFlow(gf.Potential(f"(y**2 - {lam!r}*x**2)/2"), gf.Euclidean())


def escape_rate(lam: float, method: gf.HeavyBall | None, expected: float) -> float:
    """The rate of ln x, from 1e-6 beside the pass, when the other modes have died out."""
    beta = 0.0 if method is None else method.beta
    settled = 6.0 / (expected if method is None else np.sqrt(beta**2 + 4.0 * lam))
    t = (settled, settled + 2.0 / expected)
    tau = 0.15 / max(expected, beta, np.sqrt(lam))
    run = evolve(pass_of(lam), [1e-6, 1e-6], t[1], method=method or gf.Secant(), dt=tau, t_eval=t)
    before, after = run.states[:, 0]
    return float(np.log(after / before) / (t[1] - t[0]))


def escapes_at(lam: float, beta: float) -> float:
    return 0.5 * (-beta + np.sqrt(beta**2 + 4.0 * lam))


@pytest.mark.parametrize("lam", [0.1, 0.5, 1.0, 4.0])
@pytest.mark.parametrize("beta", [0.05, 0.5, 1.0, 3.0])
def test_the_rate_of_escape_from_a_pass(lam: float, beta: float) -> None:
    assert escape_rate(lam, gf.HeavyBall(beta), escapes_at(lam, beta)) == pytest.approx(escapes_at(lam, beta), rel=0.01)


@pytest.mark.parametrize("lam", [0.1, 0.4, 0.75])
def test_where_momentum_stops_winning(lam: float) -> None:
    """The friction at which the ball's measured rate is the flow's: |λ| + β = 1."""
    flow = escape_rate(lam, None, lam)
    assert flow == pytest.approx(lam, rel=0.003)
    lead = lambda beta: escape_rate(lam, gf.HeavyBall(beta), escapes_at(lam, beta)) - flow  # noqa: E731
    beta = brentq(lead, 0.02, 2.0, xtol=2e-3)
    assert lam + beta == pytest.approx(1.0, rel=0.01)


def time_to_leave(height: float, method: gf.HeavyBall | None) -> float:
    """From (0, 1e-4) until |y| = 1/2, on the pass of height · (eˣ cos y − x − 1), where λ = −height."""
    flow = gf.GradientFlow(gf.Potential(f"{height!r}*(exp(x)*cos(y) - x - 1)"), gf.Euclidean())
    before = None
    for now in gf.steps(flow, [0.0, 1e-4], t_end=1e3, method=method, rtol=1e-5):
        if abs(now.x[1]) >= 0.5:
            share = np.log(0.5 / before.x[1]) / np.log(now.x[1] / before.x[1])
            return float(before.t + share * (now.t - before.t))
        before = now
    raise AssertionError("it never left")


def test_at_the_steep_pass_momentum_always_loses_and_at_gentle_ones_it_wins() -> None:
    steep = time_to_leave(1.0, None)
    assert steep == pytest.approx(np.log(0.5 / 1e-4), rel=0.02)
    frictions = (0.01, 0.1, 0.5, 1.0, 3.0)
    late = [time_to_leave(1.0, gf.HeavyBall(beta)) for beta in frictions]
    assert min(late) > steep + 0.5
    assert np.all(np.diff(late) > 0.0)
    gentle = time_to_leave(0.1, None)
    assert gentle == pytest.approx(10.0 * steep, rel=0.001)  # a tenth of the height is a tenth of the speed
    times = [time_to_leave(0.1, gf.HeavyBall(beta)) for beta in frictions]
    assert [t < gentle for t in times] == [True, True, True, False, False]  # |λ| + β < 1
    assert times[0] < 0.5 * gentle


# ---- valleys -----------------------------------------------------------------------------------------------------------


def ball(lam: float, beta: float, t: np.ndarray | float) -> np.ndarray | float:
    """x(t) of x″ + βx′ + λx = 0 from x = 1 at rest."""
    a, b = np.roots([1.0, beta, lam]).astype(complex)
    if abs(a - b) < 1e-6:
        return (1.0 + 0.5 * beta * t) * np.exp(-0.5 * beta * t)
    return ((b * np.exp(a * t) - a * np.exp(b * t)) / (b - a)).real


@pytest.mark.parametrize(("lam", "beta"), [(1.0, 0.2), (4.0, 4.0), (1.0, 5.0)])
def test_the_motion_in_a_valley_and_its_order(lam: float, beta: float) -> None:
    flow, t = gf.GradientFlow(gf.Potential(f"{lam}*x**2/2"), gf.Euclidean()), 3.0
    taus = t / np.array([20, 40, 80, 160])
    runs = [evolve(flow, [1.0], t, method=gf.HeavyBall(beta), dt=tau) for tau in taus]
    assert slope(taus, [abs(run.x[0] - ball(lam, beta, t)) for run in runs]) == pytest.approx(2.0, abs=0.1)
    errors = []
    for rtol in (1e-3, 1e-4, 1e-5):
        run = evolve(flow, [1.0], t, method=gf.HeavyBall(beta), rtol=rtol)
        errors.append(abs(run.x[0] - ball(lam, beta, t)) / rtol)
    assert min(errors) > 0.1 and max(errors) < 10.0 * max(np.sqrt(lam) * t, 1.0)  # errors add up along a ring


def path(lam: float, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """(t, x) of a ball let go at x = 1."""
    flow = gf.GradientFlow(gf.Potential(f"{lam}*x**2/2"), gf.Euclidean())
    seen = bounded(gf.steps(flow, [1.0], t_end=14.0 / np.sqrt(lam), method=gf.HeavyBall(beta), dt=0.1 / np.sqrt(lam)))
    return np.array([s.t for s in seen]), np.array([s.x[0] for s in seen])


@pytest.mark.parametrize("lam", [0.25, 9.0])
def test_ringing_and_critical_damping(lam: float) -> None:
    critical = 2.0 * np.sqrt(lam)
    ringing = path(lam, 0.1 * critical)
    crossings = np.flatnonzero(np.diff(np.sign(ringing[1])) != 0)
    pitch = np.pi / np.mean(np.diff(ringing[0][crossings]))
    assert pitch == pytest.approx(np.sqrt(lam) * np.sqrt(1.0 - 0.01), rel=0.01)
    for part, swings in ((0.1, 4), (0.5, 4), (0.9, 2), (1.0, 0), (1.2, 0), (2.0, 0)):
        t, x = path(lam, part * critical)
        assert (
            np.count_nonzero(np.diff(np.sign(x))) == swings == np.count_nonzero(np.diff(np.sign(ball(lam, part * critical, t))))
        )
    # Of all that do not overshoot, the critical one is there first.
    late = [t[np.flatnonzero(np.abs(x) > 1e-2)[-1]] for t, x in (path(lam, part * critical) for part in (1.0, 1.05, 1.2, 2.0))]
    assert np.all(np.diff(late) > 0.0)


# ---- the same method, a film -------------------------------------------------------------------------------------------


def scherk(n: int) -> tuple[gf.Film, np.ndarray, gf.Spectrum]:
    """The film, its rest and the spectrum there."""
    film = gf.soap_film(gf.Wire.named("scherk"), n)
    rest = gf.relax(film.flow, film.start).x
    return film, rest, gf.spectrum(film.flow, rest, 1)


def settling_rates(film: gf.Film, rest: np.ndarray, first: gf.Spectrum, beta: float) -> tuple[float, float]:
    """Of a film bent off its rest, late: the rates of ln √⟨G d, d⟩ and ln √(⟨G v, v⟩ + β⟨G v, d⟩ + ⟨H d, d⟩), d = u − u*.

    The second is β/2 for every mode that rings, whatever its phase.
    """
    bend = first.vectors[0] / np.max(np.abs(first.vectors[0]))
    unit, gram, flow = 1.0 / np.sqrt(first.values[0]), film.flow.metric.gram(rest), film.flow
    options = {"method": gf.HeavyBall(beta), "dt": 0.1 * unit, "rest_tol": 1e-300}
    late = [s for s in bounded(gf.steps(flow, rest + 0.2 * bend, t_end=20.0 * unit, **options)) if s.t >= 8.0 * unit]
    logs = []
    for now in late:
        d, v = now.x - rest, now.memory[0]
        left = flow.norm(gram, d) ** 2
        product = 2.0 * now.kinetic + beta * flow.pair((gram @ v.ravel()).reshape(v.shape), d)
        product += flow.pair(flow.differential(now.x) - flow.differential(rest), d)
        logs.append(0.5 * np.log([left, abs(product)]))  # where it creeps, the second drowns in rounding
    distance, product = -np.polyfit([now.t for now in late], logs, 1)[0]
    return float(distance), float(product)


def test_a_film_settles_fastest_at_twice_the_root_of_its_first_eigenvalue() -> None:
    film, rest, first = scherk(13)
    critical = 2.0 * np.sqrt(first.values[0])
    parts = np.array([0.5, 0.75, 1.0, 1.3, 2.0])
    distance, product = np.transpose([settling_rates(film, rest, first, part * critical) for part in parts])
    assert parts[np.argmax(distance)] == 1.0
    assert product[:3] == pytest.approx(0.5 * critical * parts[:3], rel=0.01)  # it rings
    assert distance[3:] == pytest.approx(0.5 * critical * (parts[3:] - np.sqrt(parts[3:] ** 2 - 1.0)), rel=0.01)  # it creeps
    # From the two branches as they were measured, without λ₁: the friction at which they meet.
    creeping, beta = distance[3], 1.3 * critical
    assert 2.0 * np.sqrt(creeping * (beta - creeping)) == pytest.approx(critical, rel=0.01)


def film_motion(film: gf.Film, beta: float, t: float) -> np.ndarray:
    """The same motion by DOP853, which knows no stepper of geoflow."""
    free, mass = ~film.grid.boundary, film.grid.node_area
    heights = film.start.copy()

    def motion(t: float, z: np.ndarray) -> np.ndarray:
        heights[free], v = np.split(z, 2)
        return np.concatenate([v, -beta * v - film.flow.energy.differential(heights)[free] / mass[free]])

    start = np.concatenate([film.start[free], np.zeros(int(np.sum(free)))])
    heights[free] = np.split(solve_ivp(motion, (0.0, t), start, method="DOP853", rtol=1e-11, atol=1e-13).y[:, -1], 2)[0]
    return heights


def test_a_film_moves_with_order_two_and_keeps_to_rtol() -> None:
    film, beta, t = gf.soap_film(gf.Wire.formula("0", (0, 1, 0, 1)), 13, "sin(pi*x)*sin(pi*y)"), 4.0, 0.5
    exact, scale = film_motion(film, beta, t), film.flow.scale(film.start)

    def error(run: gf.Trajectory) -> float:
        return film.flow.norm(film.flow.metric.gram(exact), run.x - exact)

    taus = t / np.array([32, 64, 128, 256])
    errors = [error(evolve(film.flow, film.start, t, method=gf.HeavyBall(beta), dt=tau)) for tau in taus]
    assert slope(taus, errors) == pytest.approx(2.0, abs=0.15)
    for rtol in (1e-3, 1e-4, 1e-5):
        run = evolve(film.flow, film.start, t, method=gf.HeavyBall(beta), rtol=rtol)
        assert rtol / 5.0 < error(run) / scale < 6.0 * rtol
