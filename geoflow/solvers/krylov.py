"""Conjugate gradients: for matrices known by what they do to a vector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from geoflow.errors import GeoflowError, Indefinite
from geoflow.protocols import Array
from geoflow.solvers.sums import advance, norm

MAX_CG = 1_000
DISAGREE = 0.5  # of a diagonal, on average, that two probes of it may differ by


@dataclass(frozen=True, eq=False)
class Solution:
    """x with A x = b, about, in the shape of b, and what is known of it.

    iterations: what it took; 1 for a direct solve, 0 for a diagonal matrix. residual: ‖b − A x‖₂, and left: what
    (b − A x) · A⁻¹ (b − A x) is to within a small factor; both 0 where a solve is as good as rounding.
    """

    x: Array
    iterations: int
    residual: float = 0.0
    left: float = 0.0


class Preconditioned(Protocol):
    """What conjugate gradients needs to know of a matrix."""

    def vector(self, like: Array | None = None) -> Array:
        """A vector, in whatever order: of a right-hand side, or of whatever was there, but zero where A is fixed."""
        ...

    def array(self, vector: Array) -> Array:
        """A vector in the order and shape of right-hand sides."""
        ...

    def apply(self, p: Array, q: Array) -> float:
        """q = A p, and p · q."""
        ...

    def turn(self, r: Array, size: float, before: float, p: Array) -> float:
        """p = z + (r · z / before) p, with z ≈ A⁻¹ r by a symmetric positive definite operator; and r · z.

        size = ‖r‖₂. Where before = ∞ it does not matter what p was.
        """
        ...


def probed_diagonal(apply: Callable[[Array], Array], size: int) -> Array | None:
    """The diagonal of a symmetric matrix known by what it does: the mean of s · (A s) over vectors s of random signs.

    (Bekas, Kokiopoulou and Saad, Appl. Numer. Math. 57, 2007.) Exact where A is diagonal. Two such vectors are asked; None
    where they do not agree, because too much of A is off its diagonal, or where an entry is not positive. The signs are
    always the same ones, so that a run can be repeated to the bit.
    """
    one, two = (s * apply(s) for s in _signs(size))
    total = one + two
    if not np.all(total > 0.0):
        return None
    gap = np.abs(np.subtract(one, two, out=one), out=one)
    if np.sum(np.divide(gap, total, out=gap)) > 0.5 * DISAGREE * size:
        return None
    return np.multiply(0.5, total, out=total)


@lru_cache(maxsize=1)
def _signs(size: int) -> Array:
    return np.random.default_rng(0).choice((-1.0, 1.0), size=(2, size))


class Unconverged(GeoflowError):
    """Conjugate gradients were not done in the iterations they had."""


def conjugate_gradients(matrix: Preconditioned, b: Array, rtol: float, most: int = MAX_CG, floor: float = 0.0) -> Solution:
    """Preconditioned conjugate gradients (Hestenes and Stiefel 1952) from zero; what b has where A is fixed is left out.

    Stops at ‖b − A x‖₂ ≤ rtol ‖b‖₂, where rounding stops it from falling, or where (b − A x) · A⁻¹ (b − A x) is below floor;
    beyond rtol it goes on where two iterations more bring it there, if they do as well as those before them did. Raises
    `Indefinite` on a direction of curvature that is not positive, in A or in its preconditioner, and `Unconverged` after
    ``most`` iterations.
    """
    r, (x, p, q) = matrix.vector(b), (matrix.vector() for _ in range(3))
    start = size = before = best = norm(r)
    rho_old, rho_first, stalled = np.inf, 0.0, 0
    for iteration in range(most):
        if not np.isfinite(size):
            raise Indefinite("conjugate gradients left the finite numbers")
        left = rho_old * (size / before) ** 2 if before > 0.0 else 0.0
        within_reach = iteration > 0 and 0.0 < floor < left and left * min(left / rho_first, 1.0) ** (2.0 / iteration) <= floor
        if (size <= rtol * start and not within_reach) or 0.0 < left <= floor or (stalled >= 20 and size <= 1e-10 * start):
            return Solution(matrix.array(x) if iteration else np.zeros_like(b), iteration, size, left)
        rho = matrix.turn(r, size, rho_old, p)
        if not rho > 0.0:
            raise Indefinite("conjugate gradients met a preconditioner that is not positive definite")
        rho_first = rho_first or rho
        curvature = matrix.apply(p, q)
        if not curvature > 0.0:
            raise Indefinite("conjugate gradients met a direction of negative curvature")
        before, size = size, advance(rho / curvature, p, q, x, r, iteration == 0)
        rho_old, stalled = rho, 0 if size < 0.9 * best else stalled + 1
        best = min(best, size)
    raise Unconverged(f"conjugate gradients did not converge in {most} iterations")
