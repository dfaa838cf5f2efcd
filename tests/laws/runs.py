"""Runs to be stopped and resumed, of every kind there is, made anew each time; and all that is told of one, to the last bit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

import geoflow as gf
from geoflow.protocols import Step
from tests.laws.cases import dense, well

Run = tuple[gf.GradientFlow, object, dict]
WELL = "(x**2 - 1)**2/4 + y**2/2"


@dataclass(frozen=True, eq=False)
class Spring:
    """An energy as a user writes one, without a repr that says what it is."""

    stiffness: float

    def __repr__(self) -> str:
        return object.__repr__(self)

    def value(self, x: np.ndarray) -> float:
        return 0.5 * self.stiffness * float(np.sum(x**2)) + 0.1 * float(np.sum(x**4))

    def differential(self, x: np.ndarray) -> np.ndarray:
        return self.stiffness * x + 0.4 * x**3


class Remembering:
    """A method whose memory is of every kind: an integer, columns first, empty, NaN with a payload; it depends on all of it."""

    order = 1

    def start(self, flow: gf.GradientFlow, t: float, x: np.ndarray) -> tuple[np.ndarray, ...]:
        odd = np.array([0x7FF8_0000_0000_1234], dtype=np.uint64).view(np.float64)
        return np.zeros((), dtype=np.int64), np.asfortranarray(flow.velocity(x)), np.empty((0, 3)), odd, np.array([True])

    def step(self, flow: gf.GradientFlow, t: float, x: np.ndarray, dt: float, memory: tuple[np.ndarray, ...]) -> Step:
        count, v, none, odd, flag = memory
        assert v.flags.f_contiguous and not v.flags.c_contiguous and none.shape == (0, 3) and flag[0]
        assert odd.view(np.uint64)[0] == 0x7FF8_0000_0000_1234
        new = x + dt * v * (1.0 + 1e-3 * np.sin(float(count)) + 1e-16 * np.sum(v))
        memory = (np.array(count + 1), np.asfortranarray(flow.velocity(new)), none, odd, flag)
        return Step(x=new, energy=flow.energy.value(new), dissipated=dt * float(np.sum(v**2)), memory=memory)


def film(name: str, n: int = 9, metric: str = "l2", stride: int = 3, **options: object) -> Callable[[], Run]:
    def make() -> Run:
        wire = gf.Wire.formula(name) if "*" in name else gf.Wire.named(name)
        held = gf.soap_film(wire, n, metric=metric)
        return held.flow, held.start, {"record": {"area": gf.AreaMonitor(held.grid, stride)}, **options}

    return make


def disc(wire: str, **options: object) -> Callable[[], Run]:
    def make() -> Run:
        held = gf.soap_film(gf.Wire.outline("disc", wire), 13)
        return held.flow, held.start, options

    return make


def point(potential: object, x0: object, metric: object = None, bounds: object = None, **options: object) -> Callable[[], Run]:
    def make() -> Run:
        energy = gf.Potential(potential) if isinstance(potential, str) else potential() if callable(potential) else potential
        return gf.GradientFlow(energy, metric or gf.Euclidean(), bounds=bounds), x0, options

    return make


def landscape() -> gf.Potential:
    x, y = np.linspace(-2.0, 2.0, 9), np.linspace(-1.0, 1.0, 7)
    return gf.Potential.from_grid((x[:, None] ** 2 - 1.0) ** 2 / 4 + y**2 / 2, (-2.0, 2.0, -1.0, 1.0))


def marbles() -> gf.Marbles:
    return gf.Marbles(gf.Potential("y**2/2 - x**2"))


MARBLES = np.random.default_rng(3).uniform(-0.9, 0.9, size=(6, 2))
RUNS: dict[str, Callable[[], Run]] = {
    "a film, adaptive": film("saddle", 17, t_end=0.2, t_eval=(0.0, 0.03, 0.1)),
    "a film, fixed steps": film("saddle", t_end=0.1, dt=0.007, t_eval=(0.05,)),
    "a film, to rest": film("enneper"),
    "a film, euler": film("saddle", t_end=0.3, method=gf.ImplicitEuler(), rtol=1e-2),
    "a film, sdirk3": film("saddle", t_end=0.3, method=gf.SDIRK3(), rtol=1e-6),
    "a film, lagged": film("saddle", t_end=0.1, method=gf.Lagged(), rtol=1e-3),
    "a film, secant": film("saddle", t_end=0.1, method=gf.Secant(), rtol=1e-3),
    "a film, explicit": film("saddle", t_end=0.05, method=gf.RK32()),
    "a film, exponential": film("saddle", t_end=0.1, method=gf.Exponential(), rtol=1e-3),
    "mean curvature": film("saddle", metric="mcf", t_end=0.2),
    "mean curvature, fixed euler": film("saddle", metric="mcf", t_end=0.2, dt=0.02, method=gf.ImplicitEuler()),
    "a moving wire": film("t*x*y + x**2", t_end=0.5, t_eval=(0.25,)),
    "a moving wire, euler": film("sin(5*t)*x*y", t_end=0.5, dt=0.03, method=gf.ImplicitEuler()),
    "a moving wire, mcf": film("sin(5*t)*x*y", metric="mcf", t_end=0.3),
    "a moving wire, heavy ball": film("sin(5*t)*x*y", t_end=0.4, dt=0.04, method=gf.HeavyBall(1.0)),
    "a heavy film": film("saddle", t_end=0.5, method=gf.HeavyBall(2.0), rtol=1e-3),
    "a disc": disc("sin(3*atan2(y, x))", t_end=0.05),
    "a disc that moves": disc("t*x", t_end=0.2, dt=0.02),
    "a point, sdirk3": point(WELL, [0.3, 0.4], method=gf.SDIRK3(), t_end=4.0, t_eval=(0.0, 1.0, 2.0, 4.0)),
    "a point, secant": point(WELL, [0.3, 0.4], method=gf.Secant(), t_end=3.0),
    "a point, to rest": point(WELL, [0.3, 0.4]),
    "a point at rest": point(WELL, [1.0, 0.0]),
    "a point, a matrix as metric": point(WELL, [0.3, 0.4], dense(2), t_end=2.0),
    "a point, by functions": point(well, [0.3, 0.4], t_end=2.0, method=gf.RK32()),
    "a point, no derivatives": point(lambda: gf.Potential(lambda x: float(np.cosh(x[0]) + x[1] ** 2)), [0.7, 0.4], t_end=0.4),
    "a point, on a landscape": point(landscape, [0.3, 0.4], t_end=2.0),
    "a heavy ball": point(WELL, [0.3, 0.4], method=gf.HeavyBall(0.5), t_end=3.0),
    "a heavy ball, fixed steps": point(WELL, [0.3, 0.4], method=gf.HeavyBall(0.5), t_end=3.0, dt=0.2),
    "steps that are halved": point("x**2/2 + 5*y**2", [1.0, 1.0], method=gf.ExplicitEuler(), t_end=6.0, dt=0.5),
    "steps that rise": point("x**2/2 + 5*y**2", [1e-3, 1.0], method=gf.ExplicitEuler(), t_end=3.0, dt=0.21, on_rise="report"),
    "polyak": point("x**2/2 + 5*y**2", [1.0, 1.0], method=gf.Polyak(0.5), t_end=3.0, dt=0.1, on_rise="report"),
    "nesterov": point("x**2/2 + 5*y**2", [1.0, 1.0], method=gf.Nesterov(0.5), t_end=3.0, dt=0.1, on_rise="report"),
    "marbles, some of them leave": point(marbles, MARBLES, bounds=(-1, 1, -1, 1), t_end=1.0),
    "heavy marbles, some of them leave": point(
        marbles, MARBLES, bounds=(-1, 1, -1, 1), method=gf.HeavyBall(0.2), t_end=2.0
    ),
    "a point that leaves": point("y**2/2 - x**4/4", [0.5, 0.4], bounds=(-2, 2, -1, 1)),
    "a point that blows up": point("-exp(x)", [0.5], method=gf.RK32(), rtol=1e-2),
    "a stranger's energy": point(Spring(2.0), np.array([[1.0, -0.5], [0.3, 2.0]]), t_end=2.0),
    "a stranger's method": point(
        Spring(2.0), np.array([[1.0, -0.5], [0.3, 2.0]]), dense(4), t_end=1.0, dt=0.05, method=Remembering()
    ),
}  # fmt: skip


def evolved(name: str, **more: object) -> gf.Trajectory:
    """A run from the beginning or from where it is resumed, by objects that nothing else has used."""
    flow, x0, options = RUNS[name]()
    return gf.evolve(flow, x0, **{**options, **more}, raise_on_failure=False)


def told(run: gf.Trajectory) -> dict[str, str]:
    """Everything in a run but what the clock says, to the last bit."""
    arrays = {f.name: getattr(run, f.name) for f in fields(run) if isinstance(getattr(run, f.name), np.ndarray)}
    arrays |= {f"ledger {name}": column for name, column in run.ledger.columns().items()}
    for name, record in run.records.items():
        arrays |= {f"{name} t": record.t, f"{name} value": record.value}
    words = {"message": run.message, "status": run.status, "method": run.method, "bound": repr(run.error_bound)}
    return words | {name: f"{a.shape} {hashlib.sha256(np.ascontiguousarray(a).data).hexdigest()}" for name, a in arrays.items()}
