"""The Hessian seen by the metric: how a flow behaves near an equilibrium, for points and films alike.

    H q = λ G q,        H = d²E(x), on the unknowns that are not held,

are the modes of the flow linearised at x: G y′ = −H y, so each decays as e^{−λt}, or grows where λ < 0. The smallest, λ₁,
tells how a flow comes to rest, E − E* ~ e^{−2λ₁t}, and which friction makes a heavy ball settle fastest, β = 2√λ₁. The number
of negative ones is the Morse index.

Small problems are solved whole (`scipy.linalg.eigh`). Large ones by Lanczos' method for (H + sG)⁻¹ (Ericsson and Ruhe, Math.
Comp. 35, 1980; ARPACK), the inverse being whatever `solvers` has: multigrid for films. s is raised from zero until H + sG is
positive definite; no eigenvalue lies below −s then, those wanted are the smallest, and the search goes on until one of them
is positive, so that all negative ones are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg
from scipy.sparse import linalg as splinalg

from geoflow import checks
from geoflow.errors import BadInput, GeoflowError
from geoflow.flow import GradientFlow
from geoflow.protocols import Array, HasHessian, Mask, Matrix, offers
from geoflow.solvers.linear import Prepared, prepare, solve
from geoflow.solvers.matrices import as_dense, combine, matvec
from geoflow.solvers.sums import dot

WHOLE = 400  # unknowns up to which all eigenvalues are computed
ZERO = 1e-10  # of the largest eigenvalue: what counts as zero
FIRST_SHIFT = 1e-6  # of the mean eigenvalue
MOST_SHIFTS = 14
SPARE = 2  # eigenvalues beyond those asked for, so that none of a multiple one is missed
TOLERANCE = 1e-12  # of Lanczos' method, relative to λ + s
SOLVED = 1e-13  # relative residual of the solves in it


@dataclass(frozen=True, eq=False)
class Spectrum:
    """What `spectrum` returns.

    Attributes
    ----------
    values : (k,)
        The smallest eigenvalues of (H, G), increasing, in units of 1/time. values[0] is λ₁.
    vectors : (k, *x.shape)
        Their modes, ⟨G q, q⟩ = 1, zero where x is held.
    errors : (k,)
        Bounds on how far each is from an eigenvalue of (H, G): the residual ‖H q − λ G q‖ in the dual norm.
    index : int
        The Morse index: how many eigenvalues are negative, counted with multiplicity, none left out. Those that count as
        zero are not among them.
    kind : str
        "minimum", "maximum", "saddle"; or "degenerate", where an eigenvalue is zero to 1e-10 of the largest (in a large
        problem: of the usual one) and second derivatives do not tell.
    """

    values: Array
    vectors: Array
    errors: Array
    index: int
    kind: str


def spectrum(flow: GradientFlow, x: object, k: int = 6) -> Spectrum:
    """The smallest eigenvalues of the hessian in the metric at an equilibrium x, its Morse index and its kind.

    Parameters
    ----------
    flow : GradientFlow
        Its energy has a hessian; its wire is at rest.
    x : state
        An equilibrium, such as ``relax(…).x``. That it is one is not looked at.
    k : int
        How many eigenvalues; more are returned where more are negative, fewer where there are no more.

    Raises
    ------
    BadInput
    GeoflowError
        The eigenvalues of a large problem could not be found.

    >>> import geoflow as gf
    >>> mountain_pass = gf.GradientFlow(gf.Potential("exp(x)*cos(y) - x - 1"), gf.Euclidean())
    >>> found = gf.spectrum(mountain_pass, [0.0, 0.0])
    >>> found.values, found.index, found.kind
    (array([-1.,  1.]), 1, 'saddle')
    """
    if not isinstance(flow, GradientFlow):
        raise BadInput("flow", type(flow).__name__, "give a GradientFlow; a film has one in film.flow")
    if flow.path is not None:
        raise BadInput("flow", "one whose wire moves", "look at it where the wire is at one time: spectrum(flow.at(t), x)")
    state, wanted = flow.state(x, "x"), checks.whole("k", k)
    if wanted is None:
        raise BadInput("k", k, "give a whole number, at least 1")
    if not offers(flow.energy, HasHessian):
        raise BadInput("energy", type(flow.energy).__name__, "a spectrum needs a hessian(x)")
    gram, hessian = flow.metric.gram(state), flow.energy.hessian(state)  # type: ignore[attr-defined]
    if hessian.shape[0] != state.size or gram.shape[0] != state.size:
        raise BadInput("flow", f"matrices of {hessian.shape[0]} rows", f"they need {state.size}, one for each entry of x")
    held = np.zeros(state.size, dtype=bool) if flow.fixed is None else _entries(flow.fixed, state)
    if np.all(held):
        raise BadInput("flow", "one that holds every entry of x", "there is nothing that could move")
    problem = _Problem(hessian, gram, held)
    small = isinstance(hessian, np.ndarray) or problem.size <= WHOLE
    values, modes = problem.whole() if small else problem.lanczos(wanted)
    largest = max(float(np.max(np.abs(values))), problem.usual)
    zeros, index = np.abs(values) <= ZERO * largest, int(np.sum(values < -ZERO * largest))
    kept = min(max(wanted, index), len(values))
    vectors = np.zeros((kept, state.size))
    vectors[:, ~held] = modes[:, :kept].T
    errors = np.array([problem.error(value, q) for value, q in zip(values, vectors, strict=False)])
    kind = "degenerate" if np.any(zeros) else "minimum" if index == 0 else "maximum" if index == problem.size else "saddle"
    return Spectrum(values[:kept], vectors.reshape(kept, *state.shape), errors, index, kind)


def _entries(fixed: Mask, x: Array) -> Mask:
    """The mask of held entries, (x.size,)."""
    return np.repeat(fixed.ravel(), x.size // fixed.size)


def _matrix_free(matrix: Matrix) -> bool:
    return isinstance(matrix, splinalg.LinearOperator)


@dataclass(frozen=True, eq=False)
class _Problem:
    """H, G, and which entries are held."""

    hessian: Matrix
    gram: Matrix
    held: Mask

    @property
    def size(self) -> int:
        return int(np.sum(~self.held))

    def whole(self) -> tuple[Array, Array]:
        """All eigenvalues, and their modes as columns."""
        free = np.ix_(~self.held, ~self.held)
        hessian, gram = (m @ np.eye(len(self.held)) if _matrix_free(m) else as_dense(m) for m in (self.hessian, self.gram))
        return linalg.eigh(hessian[free], gram[free])

    def lanczos(self, wanted: int) -> tuple[Array, Array]:
        """The smallest eigenvalues, at least as many as wanted and so many that the last is positive; and their modes."""
        k = min(wanted + SPARE, self.size - 1)
        for s, prepared in self.shifts():
            values, modes = self.smallest(k, s, prepared)
            while values[-1] <= 0.0 and k < self.size - 1:
                k = min(2 * k, self.size - 1)
                values, modes = self.smallest(k, s, prepared)
            if values[0] > -s:  # else H + sG was not positive definite after all, and its solver did not see it
                return values, modes
        raise GeoflowError("no shift makes the hessian positive definite: is it finite and symmetric?")

    def shifts(self) -> Iterator[tuple[float, Prepared]]:
        """Shifts s with H + sG positive definite, as far as its solver sees, from an increasing sequence; and that matrix."""
        for shift in range(MOST_SHIFTS):
            s = 0.0 if shift == 0 else FIRST_SHIFT * 4.0 ** (shift - 1) * self.usual
            try:
                prepared = prepare(combine((1.0, self.hessian), (s, self.gram)), self.held)
                prepared.solve(self.probe, 1e-8)  # where a method sees only what it meets, it meets a bit of everything
            except GeoflowError:
                continue
            yield s, prepared

    def smallest(self, k: int, s: float, prepared: Prepared) -> tuple[Array, Array]:
        """The k eigenvalues next to −s, increasing, and their modes."""
        free, n = ~self.held, self.size

        def spread(q: Array) -> Array:
            out = np.zeros(len(free))
            out[free] = np.asarray(q).ravel()
            return out

        def operator(act: Callable[[Array], Array]) -> splinalg.LinearOperator:
            return splinalg.LinearOperator((n, n), matvec=lambda q: act(spread(q))[free], dtype=np.float64)

        inverse, gram = operator(lambda b: prepared.solve(b, SOLVED).x), operator(lambda q: matvec(self.gram, q))
        hessian = operator(lambda q: matvec(self.hessian, q))
        options: dict[str, Any] = {"OPinv": inverse, "v0": self.probe[free], "tol": TOLERANCE, "ncv": min(2 * k + 8, n)}
        try:
            values, modes = splinalg.eigsh(hessian, k, gram, sigma=-s, which="LM", **options)
        except splinalg.ArpackError as error:
            raise GeoflowError(f"Lanczos' method did not find {k} eigenvalues: {error}") from error
        order = np.argsort(values)
        return values[order], modes[:, order]

    def error(self, value: float, q: Array) -> float:
        """‖H q − λ G q‖ in the dual norm: by Krylov and Weinstein, an eigenvalue is so near, or nearer."""
        return self.dual_norm(matvec(self.hessian, q) - value * matvec(self.gram, q))

    def dual_norm(self, p: Array) -> float:
        """√⟨p, G⁻¹ p⟩ over what is not held."""
        return float(np.sqrt(max(dot(p, solve(self.gram, p, self.held).x), 0.0)))

    @cached_property
    def probe(self) -> Array:
        """Always the same noise, zero where held."""
        return np.where(self.held, 0.0, np.random.default_rng(0).normal(size=len(self.held)))

    @cached_property
    def usual(self) -> float:
        """How large an eigenvalue usually is: the root of their mean square, about."""
        size = np.sqrt(dot(matvec(self.gram, self.probe), self.probe))
        return self.dual_norm(matvec(self.hessian, self.probe)) / float(size)
