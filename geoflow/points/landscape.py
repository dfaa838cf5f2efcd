"""A potential at many points at once: dV and d²V at points (m, d), whatever the potential is given as."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from geoflow.energies.potential import Potential
from geoflow.errors import BadInput
from geoflow.protocols import Array
from geoflow.solvers.matrices import as_dense


@dataclass(frozen=True, eq=False)
class Landscape:
    """V over R^d, d = ``dimension``.

    A formula, or heights on a grid, are evaluated at all points in one call, functions at one after the other. Without a second
    derivative d²V is taken from dV: by forward differences, good to 1e-8, where it only has to lead Newton's method; the
    potential's own, which is a thousand times slower, tells its eigenvalues.
    """

    potential: Potential
    dimension: int

    @classmethod
    def of(cls, potential: object, bounds: object) -> Landscape:
        """Of the dimension that a formula has, or that the bounds have where there is none."""
        if not isinstance(potential, Potential):
            raise BadInput("potential", type(potential).__name__, 'give a Potential, such as Potential("x**2 + y**2")')
        if isinstance(potential.given, str):
            return cls(potential, len(potential.formula.variables))
        return cls(potential, max(np.size(bounds) // 2, 1))  # type: ignore[arg-type]

    @property
    def formula(self) -> bool:
        """Whether V is given as a formula: only then does interval arithmetic know it."""
        return isinstance(self.potential.given, str)

    def values(self, points: Array) -> Array:
        """V, (m,)."""
        with np.errstate(all="ignore"):
            if self.potential.vectorised:
                return np.asarray(self.potential.value(points))
            return np.array([float(self.potential.value(x)) for x in points])

    def slopes(self, points: Array) -> Array:
        """dV, (m, d)."""
        with np.errstate(all="ignore"):
            if self.potential.vectorised:
                return self.potential.differential(points)
            return np.array([self.potential.differential(x) for x in points], dtype=np.float64).reshape(points.shape)

    def bends(self, points: Array, sharp: bool = False) -> Array:
        """d²V, (m, d, d). sharp: as good as can be, where it must be taken from dV."""
        with np.errstate(all="ignore"):
            if self.potential.vectorised:
                return self.potential.hessian(points)
            shape = (len(points), self.dimension, self.dimension)
            if sharp or self.potential.second is not None:
                return np.array([as_dense(self.potential.hessian(x)) for x in points], dtype=np.float64).reshape(shape)
            return np.array([self._differenced(x) for x in points]).reshape(shape)

    def _differenced(self, x: Array) -> Array:
        slope = optimize.approx_fprime(x, self.potential.differential, 1e-8 * np.maximum(1.0, np.abs(x)))
        return 0.5 * (slope + slope.T)
