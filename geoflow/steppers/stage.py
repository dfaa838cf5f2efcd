"""What every implicit method does: solve stages by minimising, choose where Newton starts, filter an error estimate."""

from __future__ import annotations

import numpy as np

from geoflow.errors import GeoflowError, Indefinite
from geoflow.flow import GradientFlow
from geoflow.protocols import Array, Matrix
from geoflow.solvers.linear import combine, matvec, solve
from geoflow.solvers.newton import RTOL, Minimum, Stage, minimise


def solve_stage(
    flow: GradientFlow, gram: Matrix, step: float, anchor: Array, guesses: tuple[Array, ...], reference: float
) -> Minimum:
    """y with G (y − anchor) / step + dE(y) = 0, from the guess at which the stage's functional is lowest.

    reference is the size ‖dE‖₂ that the residual is measured against; step = inf asks for rest.
    """
    stage = Stage(flow.energy, gram, 1.0 / step, anchor, flow.fixed)
    values = [stage.value(g) for g in guesses] if len(guesses) > 1 else [0.0]
    finite = [v if np.isfinite(v) else np.inf for v in values]
    return minimise(stage, guesses[int(np.argmin(finite))], RTOL * reference)


def filtered(flow: GradientFlow, gram: Matrix, step: float, x: Array, raw: Array) -> Array:
    """(I + step G⁻¹H)⁻¹ raw: the estimate's stiff part damped as the method damps it; raw if H will not be solved with."""
    hessian = flow.energy.hessian(x)  # type: ignore[attr-defined]
    try:
        return solve(combine((1.0, gram), (step, hessian)), matvec(gram, raw), flow.fixed, 1e-2).x
    except (Indefinite, GeoflowError):
        return raw
