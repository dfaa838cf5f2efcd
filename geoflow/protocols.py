"""The words of G(x) x' = −dE(x), as protocols: energy, metric, stepper.

A state x is a plain float64 ndarray: ``(d,)`` for a point, ``(ny, nx)`` for heights (x along the last axis). A covector has
the shape of x; a matrix with n rows acts on ``x.reshape(n, -1)``. Nothing here is a base class: an object that has the
methods has the ability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from geoflow.flow import GradientFlow

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
Matrix = Any
"""ndarray | csr_array | dia_array | `geoflow.solvers.stencil.Stencil` | LinearOperator: what `solvers.solve` accepts."""


@runtime_checkable
class Energy(Protocol):
    """E and its differential dE: ``E(x + v) = E(x) + Σ dE(x)·v + O(|v|²)``."""

    def value(self, x: Array, /) -> float:
        """E(x)."""
        ...

    def differential(self, x: Array, /) -> Array:
        """The covector dE(x), in the shape of x."""
        ...


@runtime_checkable
class HasHessian(Protocol):
    """Second derivatives."""

    def hessian(self, x: Array, /) -> Matrix:
        """The symmetric matrix d²E(x)."""
        ...


@runtime_checkable
class HasMajorant(Protocol):
    """A quadratic that touches E at x and lies above it everywhere."""

    def majorant(self, x: Array, /) -> Matrix:
        """K(x) ⪰ 0 with E(y) ≤ E(x) + dE(x)[y − x] + ½⟨K(x)(y − x), y − x⟩ for all y."""
        ...


@runtime_checkable
class HasSecant(Protocol):
    """A discrete gradient: a covector that takes E(y) − E(x) apart exactly."""

    def secant(self, x: Array, y: Array, /) -> Array:
        """The covector d̄E(x, y) with ⟨d̄E(x, y), y − x⟩ = E(y) − E(x), and d̄E(x, x) = dE(x)."""
        ...

    def secant_matrix(self, x: Array, y: Array, /) -> Matrix:
        """The symmetric part of the derivative of d̄E(x, y) in y, positive semidefinite for a convex E."""
        ...


@runtime_checkable
class HasDual(Protocol):
    """A dual variable that tames Newton's method far from the solution (Chan, Golub and Mulet 1999)."""

    def dual(self, x: Array, /) -> Any:
        """The dual variable consistent with x."""
        ...

    def linearise(self, x: Array, p: Any, /) -> Matrix:
        """The primal-dual Newton matrix at (x, p): symmetric, positive semidefinite, the hessian if p is dual(x)."""
        ...

    def advance(self, x: Array, p: Any, dx: Array, /) -> Any:
        """The dual variable after the primal step from x to x + dx."""
        ...


@runtime_checkable
class HasDomain(Protocol):
    """An energy, or a metric, on a grid, that can be had on another one: what nested iteration asks for."""

    @property
    def grid(self) -> Any:
        """The domain: an object with ``shape``, ``coarser()``, ``restrict(x)``, ``restrict(x, to)`` a grid coarser than that,
        ``restrict_mask`` and ``prolong``.
        """
        ...

    def on(self, grid: Any, /) -> Any:
        """The same energy over another grid of the same rectangle."""
        ...


@runtime_checkable
class HasRim(Protocol):
    """An energy on grids that knows its derivatives at the rim of one, see `Grid.rim`, at the price of a rim."""

    def at_rim(self, x: Array, /) -> tuple[Array, Matrix]:
        """dE(x) and d²E(x) at the nodes of the rim; elsewhere anything."""
        ...


@runtime_checkable
class HasRounding(Protocol):
    """An energy that knows how far its computed value may be off."""

    def rounding(self, x: Array, value: float, /) -> float:
        """A bound on |value − exact E(x)| that rounding alone can cause, value = E(x) as computed."""
        ...


@runtime_checkable
class HasConvexity(Protocol):
    """An energy that knows whether it is convex."""

    @property
    def convex(self) -> bool:
        """True only if E is convex on all states with the held values fixed."""
        ...


def offers(energy: object, ability: type) -> bool:
    """Whether an energy has an ability (one of the protocols above).

    Having the methods is having the ability, unless the energy itself says otherwise through a method
    ``offers(ability) -> bool``; a sum, for one, offers what all its terms offer.
    """
    says = getattr(energy, "offers", None)
    return bool(says(ability)) if says is not None else isinstance(energy, ability)


def rounding(energy: Energy, x: Array, value: float) -> float:
    """How far E(x) = value may be off by rounding: the energy's own word, else 8 ε max(1, |value|)."""
    if offers(energy, HasRounding):
        return float(energy.rounding(x, value))  # type: ignore[attr-defined]
    return 8.0 * float(np.finfo(np.float64).eps) * max(1.0, abs(value))


def is_convex(energy: Energy) -> bool:
    """Whether the energy says that it is convex; one that does not say is taken as not convex."""
    return offers(energy, HasConvexity) and bool(energy.convex)  # type: ignore[attr-defined]


class Metric(Protocol):
    """g_x(v, w) = ⟨G(x) v, w⟩."""

    def gram(self, x: Array, /) -> Matrix:
        """The symmetric positive definite matrix G(x)."""
        ...


@runtime_checkable
class HasScale(Protocol):
    """A metric that knows how large a motion of x is large."""

    def scale(self, x: Array, /) -> float:
        """The length, in the metric's norm, that relative tolerances are relative to. Not changed by a shift of a film."""
        ...


@dataclass(frozen=True, eq=False)
class Step:
    """What a method proposes: a new state, and the account of it.

    Attributes
    ----------
    x : state
    energy : float
        What may not rise: E(x) for every method that is a descent, E(x) + ½‖v‖² for one with momentum.
    kinetic : float
        The ½‖v‖² in it; 0 without momentum.
    dissipated : float
        τ Σ bᵢ‖vᵢ‖² of the stage speeds in the step's own metric, over free unknowns.
    work : float
        The rise a moving wire pays for, as by `GradientFlow.work`; 0 where the wire is at rest.
    error : state or None
        The estimated time error of x; None if the method has no estimate (then dt must be given).
    residual : float
        ‖dE(x) + G v‖ in the dual norm: by how much the last stage equation is not solved.
    longest : float
        A length that the next step had better not exceed, however small the error is.
    promised : float
        The drop of energy still to come that Newton's model promises at most; inf if it was not asked.
    memory : tuple of ndarray
        All that passes to the next step.
    newton, linear : int
        Newton and linear iterations spent.
    failed : str or None
        A sentence; the loop then halves the step.
    """

    x: Array
    energy: float = np.nan
    kinetic: float = 0.0
    dissipated: float = 0.0
    work: float = 0.0
    error: Array | None = None
    residual: float = 0.0
    longest: float = np.inf
    promised: float = np.inf
    memory: tuple[Array, ...] = ()
    newton: int = 0
    linear: int = 0
    failed: str | None = None


class Stepper(Protocol):
    """One method through time. ``order`` is that of the error estimate: the estimate is O(τ^(order + 1)).

    A method may also say ``needs_hessian = True``, ``needs_majorant = True`` or ``needs_constant_metric = True``;
    ``bounds_error = True`` where its defects bound its error; ``unconditional = True`` where its steps make convex energies fall
    and damp stiff errors at every length, so that only their error limits them; and ``bears_moving_wires = True`` where a
    moving wire's work is a proven bound on the rise, which is then enforced. One that solves may have ``within(error)``: the
    same method, its solves left with that error in the metric's norm, which adaptive runs ask for. ``descends = False`` is
    said by one under which E rises by nature: it is run only where rises are reported.
    """

    @property
    def order(self) -> int:
        """The order of the method that the error estimate belongs to."""
        ...

    def start(self, flow: GradientFlow, t: float, x: Array) -> tuple[Array, ...]:
        """The memory before the first step."""
        ...

    def step(self, flow: GradientFlow, t: float, x: Array, dt: float, memory: tuple[Array, ...]) -> Step:
        """One step from (t, x) to t + dt. Never changes its arguments."""
        ...
