"""E = Σ cᵢ Eᵢ. A sum offers what its terms allow: see `WeightedSum.offers`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geoflow.errors import BadInput
from geoflow.protocols import (
    Array,
    Energy,
    HasConvexity,
    HasDomain,
    HasDual,
    HasHessian,
    HasMajorant,
    HasSecant,
    Matrix,
    is_convex,
    offers,
    rounding,
)
from geoflow.solvers.matrices import combine


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """Σ weight · energy over states of one shape.

    Parameters
    ----------
    terms : tuple of (weight, energy)
        Finite weights of any sign; at least one term.
    """

    terms: tuple[tuple[float, Energy], ...]

    def __post_init__(self) -> None:
        remedy = "a weighted sum is a tuple of pairs (weight, energy), at least one"
        if not isinstance(self.terms, (tuple, list)) or not self.terms:
            raise BadInput("terms", self.terms, remedy)
        for term in self.terms:
            if not isinstance(term, (tuple, list)) or len(term) != 2:
                raise BadInput("terms", term, remedy)
            weight, energy = term
            number = isinstance(weight, (int, float, np.integer, np.floating)) and not isinstance(weight, bool)
            if not number or not abs(weight) < np.inf:
                raise BadInput("weight", weight, "weights are finite real numbers")
            if not isinstance(energy, Energy):
                raise BadInput("terms", type(energy).__name__, "an energy has value(x) and differential(x)")

    def offers(self, ability: type) -> bool:
        """What all terms offer; a majorant and a dual only with weights ≥ 0, or of any sign for a linear term.

        A dual for one term is a dual for the sum if the others are convex and have hessians: they are as good as
        their own linearisation, so area plus a convex potential keeps the tamed Newton method.
        """
        if ability is HasConvexity or ability is HasMajorant:
            return self._positive and all(offers(e, ability) for _, e in self.terms)
        if ability is HasDual:
            some = any(offers(e, HasDual) for _, e in self.terms)
            return some and self.convex and all(offers(e, HasDual) or offers(e, HasHessian) for _, e in self.terms)
        if ability is HasHessian or ability is HasSecant or ability is HasDomain:
            return all(offers(e, ability) for _, e in self.terms)
        return isinstance(self, ability)

    @property
    def _positive(self) -> bool:
        return all(weight >= 0.0 or getattr(e, "linear", False) for weight, e in self.terms)

    @property
    def convex(self) -> bool:
        """True if every term is convex, with a weight that is not negative unless the term is linear."""
        return self._positive and all(is_convex(e) for _, e in self.terms)

    @property
    def grid(self) -> Any:
        """That of the terms, if they have one."""
        return self.terms[0][1].grid  # type: ignore[attr-defined]

    def on(self, grid: Any, /) -> WeightedSum:
        """The same sum over another grid."""
        return WeightedSum(tuple((c, e.on(grid)) for c, e in self.terms))  # type: ignore[attr-defined]

    def value(self, x: Array, /) -> float:
        """Σ cᵢ Eᵢ(x)."""
        return float(sum(c * e.value(x) for c, e in self.terms))

    def rounding(self, x: Array, value: float, /) -> float:
        """Σ |cᵢ| times the rounding of each term."""
        return float(sum(abs(c) * rounding(e, x, e.value(x)) for c, e in self.terms))

    def differential(self, x: Array, /) -> Array:
        """Σ cᵢ dEᵢ(x)."""
        first, *others = (c * e.differential(x) for c, e in self.terms)
        return sum(others, first)

    def hessian(self, x: Array, /) -> Matrix:
        """Σ cᵢ d²Eᵢ(x)."""
        return combine(*((c, e.hessian(x)) for c, e in self.terms))  # type: ignore[attr-defined]

    def majorant(self, x: Array, /) -> Matrix:
        """Σ cᵢ Kᵢ(x)."""
        return combine(*((c, e.majorant(x)) for c, e in self.terms))  # type: ignore[attr-defined]

    def secant(self, x: Array, y: Array, /) -> Array:
        """Σ cᵢ d̄Eᵢ(x, y)."""
        first, *others = (c * e.secant(x, y) for c, e in self.terms)  # type: ignore[attr-defined]
        return sum(others, first)

    def secant_matrix(self, x: Array, y: Array, /) -> Matrix:
        """Σ cᵢ times the secant matrix of each term."""
        return combine(*((c, e.secant_matrix(x, y)) for c, e in self.terms))  # type: ignore[attr-defined]

    def dual(self, x: Array, /) -> tuple[Any, ...]:
        """The dual of each term that has one, None for the others."""
        return tuple(e.dual(x) if offers(e, HasDual) else None for _, e in self.terms)  # type: ignore[attr-defined]

    def linearise(self, x: Array, p: tuple[Any, ...], /) -> Matrix:
        """Σ cᵢ times the primal-dual matrix of each term, its hessian where it has no dual."""
        matrices: list[tuple[float, Matrix]] = []
        for (c, e), q in zip(self.terms, p, strict=True):
            matrices.append((c, e.hessian(x) if q is None else e.linearise(x, q)))  # type: ignore[attr-defined]
        return combine(*matrices)

    def advance(self, x: Array, p: tuple[Any, ...], dx: Array, /) -> tuple[Any, ...]:
        """Each dual advanced by its own term."""
        pairs = zip(self.terms, p, strict=True)
        return tuple(None if q is None else e.advance(x, q, dx) for (_, e), q in pairs)  # type: ignore[attr-defined]
