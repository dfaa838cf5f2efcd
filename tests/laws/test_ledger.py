"""The ledger says what happened: each row is recomputed from the saved states, by the plain NumPy of `cases`.

For implicit Euler the defect is the Bregman gap of the step, so one number is the balance of energy and the error control:

    E₀ − E₁ − τ‖v‖² = Σ w (W₀ W₁ − 1 − g₀·g₁) / W₁        (Nochetto, Savaré and Verdi 2000)
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import geoflow as gf
from tests.laws.cases import IMPLICIT, METHODS, area, bounded, evolve, name_of, slope, slopes

LAMBDA_1 = 2.0 * np.pi**2  # of the unit square


def film_of(name: str, n: int = 17) -> gf.Film:
    """Films over the unit square, but for "oblong"."""

    def flat(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 0.0 * x

    def hill(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.sin(np.pi * x) * np.sin(np.pi * y)

    unit = (0.0, 1.0, 0.0, 1.0)
    if name == "hill":
        return gf.soap_film(gf.Wire("flat", unit, flat), n, hill)
    if name == "low hill":
        return gf.soap_film(gf.Wire("flat", unit, flat), n, lambda x, y: 0.05 * hill(x, y))
    if name == "rippled saddle":
        ripples = lambda x, y: x * x - y * y + 0.5 * hill(x, y) + 0.2 * np.sin(2 * np.pi * x) * np.sin(np.pi * y)  # noqa: E731
        return gf.soap_film(gf.Wire.formula("x**2 - y**2", unit), n, ripples)
    if name == "gable":
        return gf.soap_film(gf.Wire.formula("1 - abs(2*x - 1)", unit), n, "flat")
    if name == "oblong":
        return gf.soap_film(gf.Wire.formula("sin(3*x)*y", (0.0, 2.0, 0.0, 1.1)), n, "coons")
    rng = np.random.default_rng(30)
    return gf.soap_film(gf.Wire("flat", unit, flat), n, lambda x, y: rng.normal(size=x.shape))


FILMS = ("hill", "low hill", "rippled saddle", "gable", "oblong", "noise")


# ---- the checks: how far the ledger is from what the states say ---------------------------------------------------------


def bregman(u0: np.ndarray, u1: np.ndarray, hx: float, hy: float) -> float:
    """Σ w (W₀ W₁ − 1 − g₀·g₁) / W₁: by how much A(u₀) lies above the tangent of A at u₁."""
    (p0, q0), (p1, q1) = slopes(u0, hx, hy), slopes(u1, hx, hy)
    w0, w1 = np.sqrt(1.0 + p0 * p0 + q0 * q0), np.sqrt(1.0 + p1 * p1 + q1 * q1)
    return 0.25 * hx * hy * float(np.sum((w0 * w1 - 1.0 - p0 * p1 - q0 * q1) / w1))


def off_balance(film: gf.Film, seen: list) -> float:
    """max |defect − Bregman sum|, relative to the area."""
    pairs = zip(seen, seen[1:], strict=False)
    return max(abs(s.row.defect - bregman(b.x, s.x, *film.grid.spacing)) for b, s in pairs) / seen[0].energy


def off_dissipation(film: gf.Film, seen: list) -> float:
    """max |dissipated − τ‖v‖²|, relative to the area; v = (u₁ − u₀)/τ, each node with its hx hy."""
    hx, hy = film.grid.spacing
    pairs = zip(seen, seen[1:], strict=False)
    return max(abs(s.row.dissipated - hx * hy * np.sum((s.x - b.x) ** 2) / s.row.tau) for b, s in pairs) / seen[0].energy


def off_sum(film: gf.Film, seen: list) -> float:
    """|E(0) − E(T) − Σ (dissipated + defect)|, relative, with the areas recomputed."""
    hx, hy = film.grid.spacing
    drop = area(seen[0].x, hx, hy) - area(seen[-1].x, hx, hy)
    return abs(drop - sum(s.row.dissipated + s.row.defect for s in seen[1:])) / area(seen[0].x, hx, hy)


@pytest.mark.parametrize("dt", [1e-4, 5e-3, 1.0, None])
@pytest.mark.parametrize("name", FILMS)
def test_implicit_euler_balances(name: str, dt: float | None) -> None:
    film = film_of(name)
    seen = bounded(gf.steps(film.flow, film.start, t_end=5.0 * (dt or 0.01), method=gf.ImplicitEuler(), dt=dt, rtol=1e-2))
    assert len(seen) >= 3
    assert seen[1].row.defect > 1e-12
    assert off_balance(film, seen) < 1e-12
    assert off_dissipation(film, seen) < 1e-12
    assert off_sum(film, seen) < 1e-12


@pytest.mark.parametrize("method", METHODS, ids=name_of)
def test_rows_telescope_for_every_method(method: object) -> None:
    film = film_of("rippled saddle", 9)
    seen = bounded(gf.steps(film.flow, film.start, t_end=0.02, method=method))
    assert len(seen) >= 3
    assert off_sum(film, seen) < 1e-12
    for before, after in zip(seen, seen[1:], strict=False):
        row = after.row
        assert row.t == after.t
        assert row.energy == after.energy
        assert row.work == 0.0
        assert row.dissipated > 0.0
        assert row.t - before.t == pytest.approx(row.tau, abs=1e-16)
        assert row.defect == before.energy - after.energy - row.dissipated
        assert row.rounding == film.flow.energy.rounding(before.x, before.energy) > 0.0


@dataclass(frozen=True)
class Crooked:
    """Implicit Euler that keeps false books, or does not do what it says."""

    how: str
    order = 1

    def start(self, flow: gf.GradientFlow, t: float, x: np.ndarray) -> tuple:
        return gf.ImplicitEuler().start(flow, t, x)

    def step(self, flow: gf.GradientFlow, t: float, x: np.ndarray, dt: float, memory: tuple) -> gf.Step:
        step = gf.ImplicitEuler().step(flow, t, x, dt, memory)
        if self.how == "dissipated":
            return replace(step, dissipated=1.001 * step.dissipated)
        if self.how == "half":
            return replace(step, dissipated=0.5 * step.dissipated)
        if self.how == "energy":
            return replace(step, energy=step.energy - 1e-6)
        new = x + 1.001 * (step.x - x)  # not quite the solution
        return replace(step, x=new, energy=flow.energy.value(new), dissipated=1.001**2 * step.dissipated)


@pytest.mark.parametrize(
    ("how", "red"),
    [
        ("dissipated", [off_balance, off_dissipation]),
        ("half", [off_balance, off_dissipation]),
        ("energy", [off_balance, off_sum]),
        ("solution", [off_balance]),
    ],
)
def test_false_books_are_found(how: str, red: list) -> None:
    """The checks above can fail: each lie turns its checks red by far, and only those."""
    film = film_of("hill")
    seen = bounded(gf.steps(film.flow, film.start, t_end=0.02, method=Crooked(how), dt=4e-3))
    for check in (off_balance, off_dissipation, off_sum):
        off = check(film, seen)
        assert off > 1e-7 if check in red else off < 1e-12


def test_the_defect_of_sdirk2_is_of_order_two() -> None:
    film = film_of("hill", 33)
    taus, total = 0.05 / np.array([12, 24, 48, 96]), []
    for tau in taus:
        run = evolve(film.flow, film.start, t_end=0.05, method=gf.SDIRK2(), dt=tau)
        assert len(run.ledger) == round(0.05 / tau)
        total.append(float(np.sum(np.abs(run.ledger.defect))))
    assert min(total) > 1e-7
    assert slope(taus, total) == pytest.approx(2.0, abs=0.15)


def test_the_defect_of_implicit_euler_is_of_order_one() -> None:
    film = film_of("hill")
    taus = 0.05 / np.array([16, 32, 64, 128])
    total = [
        float(np.sum(evolve(film.flow, film.start, t_end=0.05, method=gf.ImplicitEuler(), dt=tau).ledger.defect)) for tau in taus
    ]
    assert slope(taus, total) == pytest.approx(1.0, abs=0.15)


# ---- the bound on the time error ----------------------------------------------------------------------------------------


def bound_and_error(film: gf.Film, t_end: float, steps: int) -> tuple[float, float]:
    """(run.error_bound, max over steps of the L² distance from SDIRK2 with steps eight times as fine)."""
    tau, hx_hy = t_end / steps, float(np.prod(film.grid.spacing))
    coarse = bounded(gf.steps(film.flow, film.start, t_end=t_end, method=gf.ImplicitEuler(), dt=tau))
    run = evolve(film.flow, film.start, t_end=t_end, method=gf.ImplicitEuler(), dt=tau)
    times = [s.t for s in coarse]
    fine = evolve(film.flow, film.start, t_end=t_end, method=gf.SDIRK2(), dt=tau / 8.0, t_eval=times)
    assert np.array_equal(fine.t_states, times)
    assert run.error_bound is not None
    return run.error_bound, max(float(np.sqrt(hx_hy * np.sum((s.x - u) ** 2))) for s, u in zip(coarse, fine.states, strict=True))


@pytest.mark.parametrize(
    ("name", "t_end", "steps"),
    [
        ("hill", 0.05, 10),
        ("hill", 0.05, 30),
        ("hill", 0.1, 20),
        ("low hill", 0.05, 20),
        ("rippled saddle", 0.05, 10),
        ("rippled saddle", 0.05, 30),
        ("hill", 0.05, 2),
        ("hill", 1.0, 2),
        ("gable", 0.05, 10),
        ("oblong", 0.05, 10),
        ("noise", 0.05, 10),
        ("noise", 1e-3, 10),
    ],
)
def test_the_bound_holds_and_is_sharp_where_the_film_is_smooth(name: str, t_end: float, steps: int) -> None:
    bound, error = bound_and_error(film_of(name), t_end, steps)
    assert error > 1e-5
    assert bound >= error
    if name in ("hill", "low hill", "rippled saddle") and LAMBDA_1 * t_end / steps <= 0.1:
        assert bound <= 10.0 * error


def test_the_bound_is_the_root_of_the_sum_of_the_gaps() -> None:
    """√Σ τ E_n with E_n from the states; the residual's share is far below it."""
    film = film_of("rippled saddle")
    seen = bounded(gf.steps(film.flow, film.start, t_end=0.05, method=gf.ImplicitEuler(), dt=5e-3))
    run = evolve(film.flow, film.start, t_end=0.05, method=gf.ImplicitEuler(), dt=5e-3)
    pairs = zip(seen, seen[1:], strict=False)
    gaps = sum(s.row.tau * bregman(b.x, s.x, *film.grid.spacing) for b, s in pairs)
    assert run.error_bound == pytest.approx(np.sqrt(gaps), rel=1e-6)
    assert run.error_bound >= np.sqrt(gaps) * (1.0 - 1e-12)


def test_no_bound_where_none_is_known() -> None:
    film = film_of("hill", 9)
    for method in METHODS:
        run = evolve(film.flow, film.start, t_end=1e-3, method=method)
        assert (run.error_bound is not None) == isinstance(method, gf.ImplicitEuler)
    wells = gf.Potential(
        lambda x: 0.25 * float((x @ x - 1.0) ** 2), lambda x: (x @ x - 1.0) * x, lambda x: np.diag(3.0 * x * x - 1.0)
    )
    flow = gf.GradientFlow(wells, gf.Euclidean())
    assert evolve(flow, [0.5], t_end=0.1, dt=0.01, method=gf.ImplicitEuler()).error_bound is None


@pytest.mark.parametrize("method", IMPLICIT, ids=name_of)
def test_the_ledger_of_a_run_is_that_of_its_steps(method: object) -> None:
    film = film_of("rippled saddle", 9)
    seen = bounded(gf.steps(film.flow, film.start, t_end=0.02, method=method))
    run = evolve(film.flow, film.start, t_end=0.02, method=method)
    assert np.array_equal(run.t, [s.t for s in seen])
    assert np.array_equal(run.energy, [s.energy for s in seen])
    for name, column in run.ledger.columns().items():
        assert np.array_equal(column, [getattr(s.row, name) for s in seen[1:]], equal_nan=True)
    assert run.x.tobytes() == seen[-1].x.tobytes()
    assert np.all(run.ledger.newton > 0)
