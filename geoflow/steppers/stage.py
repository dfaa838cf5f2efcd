"""What the implicit methods share: a metric frozen for the step, stages solved by minimising, filtered error estimates.

A stage at time t + cτ sees the wire where it is then; the free unknowns obey G v + dE(y) = 0 there, and speeds are zero on
the wire, since they are relative to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoflow.errors import GeoflowError
from geoflow.flow import GradientFlow
from geoflow.protocols import Array, HasHessian, HasMajorant, Matrix, Step, offers
from geoflow.solvers.linear import Prepared, prepare, solve
from geoflow.solvers.matrices import combine, matvec
from geoflow.solvers.newton import RTOL, Minimum, Stage, minimise
from geoflow.solvers.sums import combined, moved, norm, scaled

FILTER = 0.1  # relative residual to which the error estimate is filtered


def frozen(flow: GradientFlow, t: float, x: Array, dt: float) -> Matrix:
    """The gram matrix that a whole step from (t, x) uses: G where the metric is constant, else G at a predicted midpoint.

    The midpoint comes from one lagged half step, which makes the step second order in the metric and, any positive
    definite matrix being as good as another for decay, leaves every theorem of decay in force.
    """
    if getattr(flow.metric, "constant", False) or not np.isfinite(dt):
        return flow.metric.gram(x)
    gram = flow.at(t).metric.gram(x)
    if not (offers(flow.energy, HasMajorant) or offers(flow.energy, HasHessian)):
        return gram
    try:
        return flow.at(t + 0.5 * dt).metric.gram(linearised(flow, gram, t, x, 0.5 * dt, 1e-6)[0])
    except GeoflowError:
        return gram


def linearised(
    flow: GradientFlow, gram: Matrix, t: float, x: Array, dt: float, rtol: float = 1e-12
) -> tuple[Array, Array, Prepared, int]:
    """One step that is linear in the unknown: (G + τK)(y − x) = −τ dE(x), with y on the wire of t + τ.

    K is the majorant, or the hessian of an energy without one. Returns y, the residual covector of that equation over τ,
    the matrix G + τK, ready to be solved with, and the linear iterations spent.
    """
    here, then = flow.at(t), flow.at(t + dt)
    curvature = here.energy.majorant if offers(here.energy, HasMajorant) else here.energy.hessian  # type: ignore[attr-defined]
    stiffness = curvature(x)
    matrix = combine((1.0, gram), (dt, stiffness))
    way = then.place(x) - x
    if np.any(way):  # the film goes along by the wire's mean motion, so that one which is merely carried is exact
        way[~flow.fixed] = np.mean(way[flow.fixed], axis=0)  # type: ignore[operator]
        right = -_free(flow, dt * here.energy.differential(x) + matvec(gram, way) + dt * matvec(stiffness, way))
    else:
        right = -dt * here.differential(x)
    prepared = prepare(matrix, flow.fixed)
    solution = prepared.solve(right, rtol)
    residual = _free(flow, matvec(matrix, solution.x)) - right
    return then.place(x + way + solution.x), residual / dt, prepared, solution.iterations


def _free(flow: GradientFlow, p: Array) -> Array:
    """A covector, zero where x is held."""
    if flow.fixed is not None:
        p[flow.fixed] = 0.0
    return p


def speed(flow: GradientFlow, gram: Matrix, t: float, x: Array, memory: tuple[Array, ...]) -> Array:
    """−G⁻¹ dE(x) in the step's own metric: the last speed of the step before, where that has the same one."""
    if getattr(flow.metric, "constant", False):
        return memory[0]
    return -solve(gram, flow.at(t).differential(x), flow.fixed).x


def solve_stage(
    flow: GradientFlow,
    gram: Matrix,
    step: float,
    anchor: Array,
    guesses: tuple[Array, ...],
    tolerance: float,
    prepared: Prepared | None = None,
) -> Minimum:
    """y with G (y − anchor) / step + dE(y) = 0, from the guess at which the stage's functional is lowest.

    tolerance is what ‖G (y − anchor) / step + dE(y)‖₂ may be; flow, anchor and guesses are those of one time; prepared is a
    matrix like this stage's.
    """
    stage = Stage(flow.energy, gram, 1.0 / step, anchor, flow.fixed)
    values = [stage.value(g) for g in guesses]
    best = int(np.argmin([v if np.isfinite(v) else np.inf for v in values]))
    return minimise(stage, guesses[best], values[best], tolerance, prepared=prepared)


def velocity(anchor: Array, y: Array, h: float) -> Array:
    """(y − anchor) / h."""
    way = moved(y, -1.0, anchor)
    return np.divide(way, h, out=way)


def stage_tolerance(flow: GradientFlow, gram: Matrix, t: float, x: Array, step: float, slack: float = 0.0) -> float:
    """What the residual of a stage may be, in the 2-norm: 1e-11 of ‖dE(x)‖, or where that is more, what moves it by slack.

    A residual r moves a stage by at most step · ‖r‖ in the metric's norm and its dual. Never more than 1e-5 of ‖dE(x)‖: the
    theorems of decay bear no more than a few 1e-4.
    """
    p = flow.at(t).differential(x)
    size = norm(p)
    dual = flow.dual_norm(gram, p) if slack > 0.0 else 0.0
    return max(RTOL * size, min(1e-5 * size, slack / step * size / dual)) if dual > 0.0 else RTOL * size


def filtered(flow: GradientFlow, gram: Matrix, stage: Prepared | None, sigma: float, x: Array, raw: Array) -> Array:
    """(σG + H)⁻¹ σG raw: the estimate's stiff part damped as the method damps it; raw if it cannot be.

    stage: a matrix near σG + H(x) that is ready to be solved with, such as the last of Newton's method; None makes one.
    """
    try:
        if stage is None:
            stage = prepare(combine((1.0, flow.energy.hessian(x)), (sigma, gram)), flow.fixed)  # type: ignore[attr-defined]
        return stage.solve(scaled(sigma, matvec(gram, raw)), FILTER).x
    except GeoflowError:
        return raw


def metric_error(
    flow: GradientFlow, gram: Matrix, dt: float, ends: tuple[tuple[GradientFlow, Array, Array], ...]
) -> Array | float:
    """What freezing the metric costs: Simpson's rule against the frozen G, from each end's own G⁻¹ dE; 0 for a constant one.

    ends: the flow at the time, the state and the speed in the frozen metric, at the step's beginning and end.
    """
    if getattr(flow.metric, "constant", False):
        return 0.0
    return sum(dt / 6.0 * (v - here.velocity(x)) for here, x, v in ends)


def diagonally_implicit(
    flow: GradientFlow,
    t: float,
    x: Array,
    dt: float,
    memory: tuple[Array, ...],
    rows: Sequence[Sequence[float]],
    weights: Sequence[float],
    slack: float,
) -> Step:
    """One step of a stiffly accurate Runge–Kutta method with one and the same diagonal entry in every row.

    rows: the lower triangle of the tableau, the last row also the weights of the step. weights: of (v₀, v₁, …) in the
    error estimate, v₀ the speed at x. slack: what error a stage may be left with, in the metric's norm.
    """
    gram = frozen(flow, t, x, dt)
    h = rows[0][0] * dt
    tolerance = stage_tolerance(flow, gram, t, x, h, slack)
    speeds, y, newton, linear, prepared = [speed(flow, gram, t, x, memory)], x, 0, 0, None
    times = [0.0, *(sum(row) for row in rows[:-1]), 1.0]  # the last: exactly where the next step begins
    for k, row in enumerate(rows):
        now = flow.at(t + times[k + 1] * dt)
        anchor = now.place(combined(x, *zip((dt * a for a in row[:-1]), speeds[1:], strict=True)))
        expected = speeds[-1]
        if k > 1:  # on the line through the last two speeds
            expected = expected + (times[k + 1] - times[k]) / (times[k] - times[k - 1]) * (speeds[-1] - speeds[-2])
        stage = solve_stage(now, gram, h, anchor, (now.place(y), moved(anchor, h, expected)), tolerance, prepared)
        newton, linear, y = newton + stage.newton, linear + stage.linear, stage.x
        prepared = stage.prepared or prepared
        if stage.failed:
            return Step(x=x, newton=newton, linear=linear, failed=stage.failed)
        speeds.append(velocity(anchor, y, h))
    raw = combined(None, *zip((dt * w for w in weights), speeds, strict=True))
    drift = metric_error(flow, gram, dt, ((flow.at(t), x, speeds[0]), (now, y, speeds[-1])))
    raw = moved(raw, 1.0, drift) if isinstance(drift, np.ndarray) else raw
    return Step(
        x=y,
        energy=now.energy.value(y),
        dissipated=dt * sum(b * flow.norm(gram, v) ** 2 for b, v in zip(rows[-1], speeds[1:], strict=True)),
        work=flow.work(t, x, dt),
        error=filtered(now, gram, prepared, 1.0 / h, y, raw),
        residual=flow.dual_norm(gram, stage.residual),
        memory=(speeds[-1],),
        newton=newton,
        linear=linear,
    )
