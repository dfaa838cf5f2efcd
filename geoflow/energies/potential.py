"""A potential V(x): a formula with exact derivatives, or Python functions. Its flow in `Euclidean` is x' = −∇V(x).

`Marbles` is the energy of many marbles that roll in one potential without touching each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from geoflow.errors import BadInput
from geoflow.formula import Formula
from geoflow.protocols import Array, HasHessian, Matrix

LETTERS = ("x", "y", "z", "w")
NUMBERED = tuple(f"x{k}" for k in range(1, 101))


@dataclass(frozen=True, eq=False)
class Potential:
    """V given as a formula, or as functions of a float64 array.

    Parameters
    ----------
    given : str, or x → float
        A formula, such as "(x**2 - 1)**2/4 + y**2/2": the derivatives follow from it. Or a function, of states of any shape.
    derivative : x → array in the shape of x
        With functions only.
    second : x → matrix with one row for each entry of x, or None
        With functions only. With it the default method is implicit (SDIRK2); without it an explicit Runge–Kutta pair.
    variables : tuple of str or None
        The formula's variables, in the order of the entries of x. None takes x, y, z, w or x1, x2, x3 …, as many as the
        last one in use asks for.

    A formula of d variables is vectorised over leading axes: at points (…, d) it has values (…), differentials (…, d) and
    hessians (…, d, d). A state of a flow is one point, (d,); for many at once see `Marbles`.

    >>> well = Potential("(x**2 - 1)**2/4 + y**2/2")
    >>> well.value([2.0, 1.0]), well.differential([2.0, 1.0])
    (2.75, array([6., 1.]))
    >>> well.value([[1.0, 0.0], [0.0, 0.0], [-1.0, 2.0]])
    array([0.  , 0.25, 2.  ])
    """

    given: str | Callable[[Array], Any]
    derivative: Callable[[Array], Array] | None = None
    second: Callable[[Array], Matrix] | None = None
    variables: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.given, str):
            if self.derivative is not None or self.second is not None:
                raise BadInput("derivative", "functions beside a formula", "a formula brings its own derivatives: leave them out")
            object.__setattr__(self, "variables", self.formula.variables)
        elif not callable(self.given):
            raise BadInput("potential", self.given, "give a formula, or a function and its differential")
        elif not callable(self.derivative):
            raise BadInput("derivative", self.derivative, "give the function x → dV(x)")
        elif self.second is not None and not callable(self.second):
            raise BadInput("second", self.second, "give the function x → d²V(x), or None")

    def offers(self, ability: type) -> bool:
        """A hessian only if there is a formula or a function for it."""
        if ability is HasHessian:
            return isinstance(self.given, str) or self.second is not None
        return isinstance(self, ability)

    @cached_property
    def formula(self) -> Formula:
        """The formula, with its variables."""
        if not isinstance(self.given, str):
            raise BadInput("formula", type(self.given).__name__, "this potential is given by functions")
        if self.variables is not None:
            return Formula(self.given, self.variables, field="potential")
        return Formula(self.given, _variables(self.given), field="potential")

    def value(self, x: Array, /) -> Any:
        """V(x): a float, or for points (…, d) an array (…)."""
        if not isinstance(self.given, str):
            return self.given(x)
        values = self.formula(*self._entries(x))
        return float(values) if values.ndim == 0 else values

    def differential(self, x: Array, /) -> Array:
        """dV(x), in the shape of x."""
        if not isinstance(self.given, str):
            return self.derivative(x)  # type: ignore[misc]
        return np.moveaxis(self._derivatives.gradient(*self._entries(x)), 0, -1)

    def hessian(self, x: Array, /) -> Matrix:
        """d²V(x): for points (…, d) the symmetric matrices (…, d, d)."""
        if not isinstance(self.given, str):
            return self.second(x)  # type: ignore[misc]
        return np.moveaxis(self._derivatives.hessian(*self._entries(x)), (0, 1), (-2, -1))

    @cached_property
    def _derivatives(self) -> Any:
        from geoflow.formula.derivatives import derivatives  # sympy, only where it is needed

        return derivatives(self.formula)

    def _entries(self, x: Array) -> list[Array]:
        names, points = self.formula.variables, np.asarray(x)
        if points.ndim == 0 or points.shape[-1] != len(names):
            wanted = f"the last axis holds {', '.join(names)}: {len(names)} entries"
            raise BadInput("x", f"array of shape {points.shape}", wanted)
        return [points[..., k] for k in range(len(names))]


def _variables(text: str) -> tuple[str, ...]:
    """x, y, z, w or x1, x2 …, up to the last one that the text mentions."""
    words = set(re.findall(r"[A-Za-z_]\w*", text))
    for names in (NUMBERED, LETTERS):
        last = max((k + 1 for k, name in enumerate(names) if name in words), default=0)
        if last:
            return names[:last]
    return ("x",)


@dataclass(frozen=True, eq=False)
class Marbles:
    """Σ V(xₖ) over the rows of a state (m, d): m marbles in one potential, each on its own way.

    >>> pair = Marbles(Potential("x**2/2 + y**2"))
    >>> pair.value(np.array([[1.0, 0.0], [0.0, 2.0]]))
    4.5
    """

    potential: Potential

    def offers(self, ability: type) -> bool:
        """What the potential offers."""
        return self.potential.offers(ability) if ability is HasHessian else isinstance(self, ability)

    def value(self, x: Array, /) -> float:
        """Σ V(xₖ)."""
        if isinstance(self.potential.given, str):
            return float(np.sum(self.potential.value(x)))
        return float(sum(self.potential.value(row) for row in x))

    def differential(self, x: Array, /) -> Array:
        """dV of each marble, (m, d)."""
        if isinstance(self.potential.given, str):
            return self.potential.differential(x)
        return np.stack([self.potential.differential(row) for row in x])

    def hessian(self, x: Array, /) -> sparse.csr_array:
        """One block d × d for each marble, (m·d, m·d)."""
        return sparse.csr_array(sparse.block_diag([self.potential.hessian(row) for row in x]))
