"""The gradient flow G(x) x' = −dE(x), with x held where it is fixed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow import checks
from geoflow.errors import BadInput
from geoflow.protocols import Array, Energy, HasScale, Mask, Matrix, Metric
from geoflow.solvers.linear import matvec, solve
from geoflow.solvers.sums import dot


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """An energy, the metric that makes its differential a gradient, and what is held.

    Parameters
    ----------
    energy : Energy
        Anything with ``value(x)`` and ``differential(x)``.
    metric : Metric
        Anything with ``gram(x)``.
    fixed : bool array or None
        True where x is held, in the shape of x or of its leading axis.
    """

    energy: Energy
    metric: Metric
    fixed: Mask | None = None

    def __post_init__(self) -> None:
        for role, part, needs in (("energy", self.energy, Energy), ("metric", self.metric, Metric)):
            if isinstance(part, type):
                raise BadInput(role, part.__name__, f"this is a class: give an instance, {part.__name__}(…)")
            missing = [m for m in _methods(needs) if not callable(getattr(part, m, None))]
            if missing:
                raise BadInput(role, type(part).__name__, f"it has no method {missing[0]}(x)")
        if self.fixed is not None and not (isinstance(self.fixed, np.ndarray) and self.fixed.dtype == np.bool_):
            raise BadInput("fixed", type(self.fixed).__name__, "give a boolean array, True where x is held, or None")

    def pair(self, p: Array, v: Array) -> float:
        """⟨covector, vector⟩: the only inner product the steppers use."""
        return dot(p, v)

    def norm(self, gram: Matrix, v: Array) -> float:
        """‖v‖ = √⟨G v, v⟩."""
        return float(np.sqrt(max(self.pair(matvec(gram, v), v), 0.0)))

    def dual_norm(self, gram: Matrix, p: Array) -> float:
        """‖p‖ = √⟨p, G⁻¹ p⟩ over the free unknowns."""
        return float(np.sqrt(max(self.pair(p, solve(gram, p, self.fixed).x), 0.0)))

    def velocity(self, x: Array) -> Array:
        """−G⁻¹ dE(x), zero where x is held."""
        return -solve(self.metric.gram(x), self.differential(x), self.fixed).x

    def differential(self, x: Array) -> Array:
        """dE(x), zero where x is held."""
        p = np.array(self.energy.differential(x), dtype=np.float64)
        if self.fixed is not None:
            p[self.fixed] = 0.0
        return p

    def scale(self, x: Array) -> float:
        """The length that relative tolerances are relative to: the metric's own word, else ‖x‖, else 1."""
        if isinstance(self.metric, HasScale):
            return self.metric.scale(x)
        return self.norm(self.metric.gram(x), x) or 1.0

    def state(self, x0: object, name: str = "x0") -> Array:
        """x0 as a fresh float64 state, or a refusal: numbers only, all finite, of the shape that ``fixed`` asks for.

        Integers, booleans and float32 become float64; −0.0 becomes 0.0, so that held values keep their bits.
        """
        x = checks.state(x0, name)
        if self.fixed is not None and x.shape[: self.fixed.ndim] != self.fixed.shape:
            raise BadInput(name, f"array of shape {x.shape}", f"the flow's mask of held entries is {self.fixed.shape}")
        checks.energy(self.energy, x)
        checks.metric(self.metric, x)
        return x


def _methods(protocol: type) -> list[str]:
    return [name for name, member in vars(protocol).items() if callable(member) and not name.startswith("_")]
