"""All equilibria of x' = −∇V(x) in a box: where dV = 0, and what kind of rest it is.

The metric is Euclidean: the eigenvalues are those of d²V. The Morse index is the number of negative ones. Three witnesses,
each by another road: a search (Newton's method, deflated); the sum Σ (−1)^index against the degree of dV on the boundary of the
box, which a missed pair would still pass; and, for formulas, a proof by interval arithmetic that the rest of the box is empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow import checks
from geoflow.errors import BadInput
from geoflow.formula.enclosures import enclosures
from geoflow.points.degree import degree
from geoflow.points.exclusion import Proof, prove
from geoflow.points.landscape import Landscape
from geoflow.points.search import ZERO, curvature, search, start_sets
from geoflow.protocols import Array

AROUND = 1e-3  # of the box: how far around a degenerate equilibrium its index is looked for
SHOWN = 3  # places that a sentence names


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """A point where dV = 0.

    Attributes
    ----------
    x : (d,)
    value : float
        V(x).
    eigenvalues : (d,)
        Of d²V(x), increasing.
    index : int
        The Morse index: how many eigenvalues are negative, beyond the tolerance for zero.
    kind : str
        "minimum", "maximum", "saddle", or "degenerate" where an eigenvalue is zero: below 1e-7 of ‖d²V(x)‖, or of its median
        over the box if that is larger.
    """

    x: Array
    value: float
    eigenvalues: Array
    index: int
    kind: str


@dataclass(frozen=True, eq=False)
class Equilibria:
    """What was found in a box.

    Attributes
    ----------
    points : tuple of Equilibrium
        Lowest first.
    index_sum : int or None
        Σ (−1)^index; a degenerate one counts by its own degree, d ≤ 2. None where that is not known.
    index_expected : int or None
        The degree of dV on the box: for d = 2 the winding number along its boundary; for d > 2 it is 1 where dV is proven to
        point outwards all over the boundary, and else not known.
    index_consistent : bool or None
        Whether the two agree. Necessary, not sufficient: a missed minimum and a missed saddle cancel.
    complete : bool or None
        True only where it is proven that there are no others. False where it is proven that some are missing. Else None.
    message : str
        Why, in a sentence.
    """

    points: tuple[Equilibrium, ...]
    index_sum: int | None
    index_expected: int | None
    index_consistent: bool | None
    complete: bool | None
    message: str


def find_equilibria(potential: object, bounds: object, starts: object = None) -> Equilibria:
    """All equilibria of a potential in a box, to 1e-10 of its sides, with kinds, and with what is proven of their number.

    Parameters
    ----------
    potential : Potential
        A formula, or functions; for these nothing is proven.
    bounds : (x0, x1, y0, y1, …)
        The box, 2 d numbers.
    starts : (m, d) or None
        Where the search starts, and nowhere else. None takes the usual sets, `geoflow.points.search.start_sets`, deflates, and
        searches again where the proof sees that something is missing.

    Raises
    ------
    BadInput

    >>> import geoflow as gf
    >>> rest = gf.find_equilibria(gf.Potential("(x**2 - 1)**2/4 + y**2/2"), (-2, 2, -1, 1))
    >>> [(p.kind, p.index, p.x.round(9).tolist()) for p in rest.points]
    [('minimum', 0, [-1.0, 0.0]), ('minimum', 0, [1.0, 0.0]), ('saddle', 1, [0.0, 0.0])]
    >>> rest.index_sum, rest.index_expected, rest.complete
    (1, 1, True)
    """
    land = Landscape.of(potential, bounds)
    lo, hi = checks.box(bounds, land.dimension)
    usual = starts is None
    given = np.concatenate(list(start_sets(land, lo, hi).values())) if usual else _checked(starts, land.dimension)
    x, continuum = search(land, lo, hi, given, more=usual)
    proof = _proof(land, x, lo, hi, continuum)
    if usual and proof is not None and len(proof.missing):
        x, continuum = search(land, lo, hi, np.concatenate([given, proof.missing]))
        proof = _proof(land, x, lo, hi, continuum)
    points = tuple(sorted(_classified(land, lo, hi, x), key=lambda p: p.value))
    complete, message = _verdict(land, points, proof, continuum)
    total, expected = _index_sum(land, points, lo, hi, continuum), degree(land, lo, hi)
    consistent = None if total is None or expected is None else total == expected
    return Equilibria(points, total, expected, consistent, complete, message)


def _checked(starts: object, d: int) -> Array:
    given = checks.state(starts, "starts")
    if given.ndim != 2 or given.shape[1] != d:
        raise BadInput("starts", f"array of shape {given.shape}", f"give one point of {d} entries a row")
    return given


def _proof(land: Landscape, x: Array, lo: Array, hi: Array, continuum: bool) -> Proof | None:
    if continuum or not land.formula:
        return None
    return prove(enclosures(land.potential.formula), x, lo, hi)


def _classified(land: Landscape, lo: Array, hi: Array, x: Array) -> list[Equilibrium]:
    values, bends, tolerances = land.values(x), land.bends(x, sharp=True), ZERO * curvature(land, lo, hi, x)
    out = []
    for point, value, bend, tol in zip(x, values, bends, tolerances, strict=True):
        eigenvalues = np.linalg.eigvalsh(bend)
        index = int(np.sum(eigenvalues < -tol))
        kind = "minimum" if index == 0 else "maximum" if index == len(point) else "saddle"
        if np.any(np.abs(eigenvalues) <= tol):
            kind = "degenerate"
        out.append(Equilibrium(point, float(value), eigenvalues, index, kind))
    return out


def _index_sum(land: Landscape, points: tuple[Equilibrium, ...], lo: Array, hi: Array, continuum: bool) -> int | None:
    if continuum:
        return None
    total = 0
    for p in points:
        own: int | None = (-1) ** p.index
        if p.kind == "degenerate":
            reach = AROUND * (hi - lo)
            own = degree(land, p.x - reach, p.x + reach) if len(lo) <= 2 else None
        if own is None:
            return None
        total += own
    return total


def _verdict(land: Landscape, points: tuple[Equilibrium, ...], proof: Proof | None, continuum: bool) -> tuple[bool | None, str]:
    """Whether the list is complete, and the sentence that says why."""
    if continuum:
        return None, "the equilibria are not isolated: some form curves or more, of which one point is listed"
    if proof is None:
        return None, "the potential is given by functions: only for a formula can it be proven that nothing is missing"
    if len(proof.missing):
        where = _places(proof.missing)
        return False, f"{len(proof.missing)} more proven to be near {where}: give starts there, or no starts at all"
    if not len(proof.open) and np.all(proof.alone):
        return True, f"interval arithmetic excludes all others, in {proof.cells} cells"
    flat = [p.x for p in points if p.kind == "degenerate"]
    if flat:
        return None, f"the degenerate equilibrium at {_places(np.array(flat))} cannot be proven to be alone in its cell"
    if len(proof.open):
        where = f"others are not excluded near {_places(proof.open)}"
        return None, f"undecided after {proof.cells} cells: {where}, where V may have a kink or an edge of its domain"
    return None, "an equilibrium that was found cannot be proven to be alone in any cell"


def _places(points: Array) -> str:
    said = ", ".join("(" + ", ".join(f"{v:.6g}" for v in x[:4]) + (", …)" if len(x) > 4 else ")") for x in points[:SHOWN])
    return said + (", …" if len(points) > SHOWN else "")
