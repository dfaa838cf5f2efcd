"""A potential V(x): a formula with exact derivatives, Python functions, or data. Its flow in `Euclidean` is x' = −∇V(x).

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

from geoflow.energies import differences
from geoflow.energies.landscape import Landscape
from geoflow.errors import BadInput
from geoflow.formula import Formula
from geoflow.protocols import Array, HasHessian, Matrix
from geoflow.solvers.matrices import as_dense

LETTERS = ("x", "y", "z", "w")
BY_DIFFERENCES = "by scipy.differentiate"
NUMBERED = tuple(f"x{k}" for k in range(1, 101))


@dataclass(frozen=True, eq=False)
class Potential:
    """V given as a formula, or as functions of a float64 array; `from_grid` takes heights on a grid.

    Parameters
    ----------
    given : str, or x → float
        A formula, such as "(x**2 - 1)**2/4 + y**2/2": the derivatives follow from it. Or a function, of states of any shape.
    derivative : x → array in the shape of x, or None
        With functions only. None takes it, and the hessian, by ``scipy.differentiate``, at a few dozen values of V an entry.
    second : x → matrix with one row for each entry of x, or None
        With functions only. With it the default method is implicit (SDIRK2). None, beside a derivative, leaves `evolve` to
        an explicit Runge–Kutta pair, which suits states of any size; `hessian` is then taken by ``scipy.differentiate``.
    variables : tuple of str or None
        The formula's variables, in the order of the entries of x. None takes x, y, z, w or x1, x2, x3 …, as many as the
        last one in use asks for.

    A formula of d variables is vectorised over leading axes: at points (…, d) it has values (…), differentials (…, d) and
    hessians (…, d, d). A function is taken to be so if it has an attribute ``vectorised = True``. A state of a flow is one
    point, (d,); for many at once see `Marbles`.

    >>> well = Potential("(x**2 - 1)**2/4 + y**2/2")
    >>> well.value([2.0, 1.0]), well.differential([2.0, 1.0])
    (2.75, array([6., 1.]))
    >>> well.value([[1.0, 0.0], [0.0, 0.0], [-1.0, 2.0]])
    array([0.  , 0.25, 2.  ])
    >>> bowl = Potential(lambda x: x[0] ** 2 + 2.0 * x[1] ** 2)
    >>> bowl.derivatives, bowl.differential(np.array([1.0, 1.0])).round(9)
    ('by scipy.differentiate', array([2., 4.]))
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
        elif self.derivative is not None and not callable(self.derivative):
            raise BadInput(
                "derivative", self.derivative, "give the function x → dV(x), or None to have it by scipy.differentiate"
            )
        elif self.second is not None and not callable(self.second):
            raise BadInput("second", self.second, "give the function x → d²V(x), or None")
        elif self.second is not None and self.derivative is None:
            raise BadInput("derivative", None, "a hessian is given: give the differential that it belongs to, too")

    @classmethod
    def from_grid(cls, z: object, bounds: object) -> Potential:
        """The bicubic landscape through heights z : (ny, nx) on the rectangle bounds = (x0, x1, y0, y1): see ``Landscape``.

        z has row 0 at y0 and x along its last axis, at least 4 × 4 heights in any unit; x and y are in the unit of the
        bounds, and time in (unit of length)² per unit of height. Raises BadInput for what is no such grid.

        >>> z = np.add.outer(np.linspace(-1.0, 1.0, 9) ** 2, np.linspace(-2.0, 2.0, 9) ** 2)
        >>> bowl = Potential.from_grid(z, (-2.0, 2.0, -1.0, 1.0))
        >>> bowl.derivatives, bowl.differential([0.5, 0.25]).round(12)
        ('exact', array([1. , 0.5]))
        """
        data = Landscape(z, bounds)  # type: ignore[arg-type]
        return cls(data, data.differential, data.hessian)

    @property
    def derivatives(self) -> str:
        """Where they come from: "exact", "given", "given, the hessian by scipy.differentiate" or "by scipy.differentiate"."""
        if isinstance(self.given, (str, Landscape)):
            return "exact"
        if self.derivative is None:
            return BY_DIFFERENCES
        return "given" if self.second is not None else f"given, the hessian {BY_DIFFERENCES}"

    @property
    def vectorised(self) -> bool:
        """Whether V and its derivatives take points (…, d) at once."""
        return isinstance(self.given, str) or bool(getattr(self.given, "vectorised", False))

    def offers(self, ability: type) -> bool:
        """A hessian, unless there are functions for V and dV alone: nobody then asked for matrices, or their differences."""
        if ability is HasHessian:
            return isinstance(self.given, str) or self.second is not None or self.derivative is None
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
        if self.derivative is not None:
            return self.derivative(x)
        if not isinstance(self.given, str):
            return differences.differential(self.given, x, self.vectorised)
        return np.moveaxis(self._derivatives.gradient(*self._entries(x)), 0, -1)

    def hessian(self, x: Array, /) -> Matrix:
        """d²V(x): for points (…, d) the symmetric matrices (…, d, d)."""
        if self.second is not None:
            return self.second(x)
        if not isinstance(self.given, str):
            if self.derivative is not None:
                return differences.bend(self.derivative, x, self.vectorised)
            return differences.hessian(self.given, x, self.vectorised)
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

    @property
    def derivatives(self) -> str:
        """Where they come from, as the potential says."""
        return self.potential.derivatives

    def offers(self, ability: type) -> bool:
        """What the potential offers."""
        return self.potential.offers(ability) if ability is HasHessian else isinstance(self, ability)

    def values(self, x: Array, /) -> Array:
        """V of each marble, (m,)."""
        if self.potential.vectorised:
            return self.potential.value(x)
        return np.array([self.potential.value(row) for row in x], dtype=np.float64)

    def value(self, x: Array, /) -> float:
        """Σ V(xₖ)."""
        return float(np.sum(self.values(x)))

    def rounding(self, x: Array, value: float, /) -> float:
        """What each marble's own value may be off by, added up: the sum may cancel, its rounding does not."""
        return 8.0 * float(np.finfo(np.float64).eps) * float(np.sum(np.maximum(np.abs(self.values(x)), 1.0)))

    def differential(self, x: Array, /) -> Array:
        """dV of each marble, (m, d)."""
        if self.potential.vectorised:
            return self.potential.differential(x)
        if self.potential.derivative is None:  # all rows in one call: each of scipy's calls costs a millisecond
            return differences.differential(self.values, x, vectorised=True)
        return np.array([self.potential.differential(row) for row in x], dtype=np.float64).reshape(x.shape)

    def blocks(self, x: Array, /) -> Array:
        """d²V of each marble, (m, d, d)."""
        if self.potential.vectorised:
            return self.potential.hessian(x)
        if self.potential.derivative is None:
            return differences.hessian(self.values, x, vectorised=True)
        if self.potential.second is None:
            return differences.bend(self.differential, x, vectorised=True)
        return np.array([as_dense(self.potential.hessian(row)) for row in x], dtype=np.float64).reshape(*x.shape, x.shape[-1])

    def hessian(self, x: Array, /) -> sparse.bsr_array:
        """One block d × d for each marble on the diagonal, (m·d, m·d)."""
        m, d = x.shape
        return sparse.bsr_array((self.blocks(x), np.arange(m), np.arange(m + 1)), shape=(m * d, m * d))
