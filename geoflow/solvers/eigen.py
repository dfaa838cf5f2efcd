"""The smallest eigenvalues of A q = λ G q, A symmetric of any sign and G positive definite, on the unknowns that are not held.

Small problems are solved whole (`scipy.linalg.eigh`). Large ones by Lanczos' method for (A + sG)⁻¹ (Ericsson and Ruhe, Math.
Comp. 35, 1980; ARPACK), the inverse being whatever `linear` has: multigrid for films. s is raised from zero until A + sG is
positive definite; no eigenvalue lies below −s then, those next to it are the smallest, and the search goes on until one of
them is positive, so that all negative ones are among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg
from scipy.sparse import linalg as splinalg

from geoflow.errors import GeoflowError
from geoflow.protocols import Array, Mask, Matrix
from geoflow.solvers.linear import Prepared, prepare, solve
from geoflow.solvers.matrices import as_dense, combine, matvec
from geoflow.solvers.sums import dot

WHOLE = 400  # unknowns up to which all eigenvalues are computed
FIRST_SHIFT = 1e-6  # of the usual eigenvalue
MOST_SHIFTS = 14
SPARE = 2  # eigenvalues beyond those asked for: Lanczos' method may be late with the second of a double one
TOLERANCE = 1e-12  # of Lanczos' method, relative to λ + s
SOLVED = 1e-13  # relative residual of the solves in it


@dataclass(frozen=True, eq=False)
class Pencil:
    """A and G, of n rows, and which of them are held, (n,)."""

    matrix: Matrix
    gram: Matrix
    held: Mask

    @property
    def size(self) -> int:
        """The number of unknowns that are not held."""
        return int(np.sum(~self.held))

    def smallest(self, wanted: int) -> tuple[Array, Array]:
        """Eigenvalues, increasing from the smallest, and their modes (k, n), ⟨G q, q⟩ = 1, zero where held.

        All of them in a small problem; in a large one at least those wanted, and all that are negative.
        """
        small = isinstance(self.matrix, np.ndarray) or self.size <= max(WHOLE, wanted + SPARE)
        values, columns = self._whole() if small else self._lanczos(wanted)
        modes = np.zeros((len(values), len(self.held)))
        modes[:, ~self.held] = columns.T
        return values, modes

    def error(self, value: float, q: Array) -> float:
        """‖A q − λ G q‖ in the dual norm: by Krylov and Weinstein, an eigenvalue is so near, or nearer."""
        return self._dual_norm(matvec(self.matrix, q) - value * matvec(self.gram, q))

    @cached_property
    def usual(self) -> float:
        """How large an eigenvalue usually is: the root of their mean square, about."""
        size = np.sqrt(dot(matvec(self.gram, self._probe), self._probe))
        return self._dual_norm(matvec(self.matrix, self._probe)) / float(size)

    @cached_property
    def _probe(self) -> Array:
        """Always the same noise, zero where held."""
        return np.where(self.held, 0.0, np.random.default_rng(0).normal(size=len(self.held)))

    def _dual_norm(self, p: Array) -> float:
        return float(np.sqrt(max(dot(p, solve(self.gram, p, self.held).x), 0.0)))

    def _whole(self) -> tuple[Array, Array]:
        """All eigenvalues, and their modes as columns of the unknowns that are not held."""
        free = np.ix_(~self.held, ~self.held)
        matrix, gram = (m @ np.eye(len(self.held)) if _matrix_free(m) else as_dense(m) for m in (self.matrix, self.gram))
        return linalg.eigh(matrix[free], gram[free])

    def _lanczos(self, wanted: int) -> tuple[Array, Array]:
        """The smallest, so many that the last is positive; their modes as columns of the unknowns that are not held."""
        k = wanted + SPARE
        for s, prepared in self._shifts():
            values, modes = self._next_to(s, prepared, k)
            while values[-1] <= 0.0:
                if 2 * k >= self.size:  # Lanczos' method finds all but one
                    return self._whole()
                k = 2 * k
                values, modes = self._next_to(s, prepared, k)
            if values[0] > -s:  # else A + sG was not positive definite after all, and its solver did not see it
                return values, modes
        raise GeoflowError("no shift makes the hessian positive definite: is it finite and symmetric?")

    def _shifts(self) -> Iterator[tuple[float, Prepared]]:
        """Shifts s with A + sG positive definite, as far as its solver sees, from an increasing sequence; and that matrix."""
        for shift in range(MOST_SHIFTS):
            s = 0.0 if shift == 0 else FIRST_SHIFT * 4.0 ** (shift - 1) * self.usual
            try:
                prepared = prepare(combine((1.0, self.matrix), (s, self.gram)), self.held)
                prepared.solve(self._probe, 1e-8)  # where a method sees only what it meets, it meets a bit of everything
            except GeoflowError:
                continue
            yield s, prepared

    def _next_to(self, s: float, prepared: Prepared, k: int) -> tuple[Array, Array]:
        """The k eigenvalues next to −s, increasing, and their modes."""
        free, n = ~self.held, self.size

        def operator(act: Callable[[Array], Array]) -> splinalg.LinearOperator:
            def on_free(q: Array) -> Array:
                spread = np.zeros(len(free))
                spread[free] = np.asarray(q).ravel()
                return act(spread)[free]

            return splinalg.LinearOperator((n, n), matvec=on_free, dtype=np.float64)

        inverse, gram = operator(lambda b: prepared.solve(b, SOLVED).x), operator(lambda q: matvec(self.gram, q))
        matrix = operator(lambda q: matvec(self.matrix, q))
        options: dict[str, Any] = {"OPinv": inverse, "v0": self._probe[free], "tol": TOLERANCE, "ncv": min(2 * k + 8, n)}
        try:
            values, modes = splinalg.eigsh(matrix, k, gram, sigma=-s, which="LM", **options)
        except splinalg.ArpackError as error:
            raise GeoflowError(f"Lanczos' method did not find {k} eigenvalues: {error}") from error
        order = np.argsort(values)
        return values[order], modes[:, order]


def _matrix_free(matrix: Matrix) -> bool:
    return isinstance(matrix, splinalg.LinearOperator)
