"""The gradient flow G(x) x' = −dE(x), with x held where it is fixed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
            missing = [m for m in _methods(needs) if not callable(getattr(part, m, None))]
            if missing:
                raise BadInput(role, type(part).__name__, f"it has no method {missing[0]}(x)")

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
        given = np.asarray(x0)
        if given.dtype.kind not in "biuf":
            raise BadInput(name, f"array of {given.dtype}", "a state is an array of real numbers")
        if given.ndim == 0 or given.size == 0:
            raise BadInput(name, f"array of shape {given.shape}", "a state has at least one axis and one entry")
        x = np.array(given, dtype=np.float64, order="C") + 0.0
        if not np.all(np.isfinite(x)):
            where = tuple(int(k) for k in np.argwhere(~np.isfinite(x))[0])
            raise BadInput(f"{name}{list(where)}", float(x[where]), "every entry of a state is a finite number")
        if self.fixed is not None and x.shape[: self.fixed.ndim] != self.fixed.shape:
            raise BadInput(name, f"array of shape {x.shape}", f"the flow's mask of held entries is {self.fixed.shape}")
        self._check_energy(x)
        return x

    def _check_energy(self, x: Array) -> None:
        whose = type(self.energy).__name__
        try:
            value, differential = self.energy.value(x), np.asarray(self.energy.differential(x))
        except BadInput:
            raise
        except Exception as error:
            error.add_note(f"raised inside the energy {whose} at the starting state, not by geoflow")
            raise
        if np.ndim(value) != 0 or isinstance(value, complex):
            raise BadInput(f"{whose}.value(x0)", value, "an energy is one real number")
        if not np.isfinite(value):
            raise BadInput(f"{whose}.value(x0)", float(value), "the energy must be finite at the start")
        if differential.shape != x.shape:
            got = f"array of shape {differential.shape}"
            raise BadInput(f"{whose}.differential(x0)", got, f"it must have the state's shape {x.shape}")
        if differential.dtype.kind not in "biuf" or not np.all(np.isfinite(differential)):
            raise BadInput(f"{whose}.differential(x0)", differential, "it must be real and finite at the start")


def _methods(protocol: type) -> list[str]:
    return [name for name, member in vars(protocol).items() if callable(member) and not name.startswith("_")]
