"""The Hessian seen by the metric: how a flow behaves near an equilibrium, for points and films alike.

    H q = λ G q,        H = d²E(x), on the unknowns that are not held,

are the modes of the flow linearised at x: G y′ = −H y, so each decays as e^{−λt}, or grows where λ < 0. The smallest, λ₁,
tells how a flow comes to rest, E − E* ~ e^{−2λ₁t}, and which friction makes a heavy ball settle fastest, β = 2√λ₁. The number
of negative ones is the Morse index.

`solvers.eigen` finds them: all of a small problem, as many as asked for and all negative ones of a large one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow import checks
from geoflow.errors import BadInput
from geoflow.flow import GradientFlow
from geoflow.protocols import Array, HasHessian, offers
from geoflow.solvers.eigen import Pencil

ZERO = 1e-10  # of the largest eigenvalue: what counts as zero


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
    pencil = _pencil(flow, state)
    values, modes = pencil.smallest(wanted)
    zero = ZERO * max(float(np.max(np.abs(values))), pencil.usual)
    index = int(np.sum(values < -zero))
    kept = min(max(wanted, index), len(values))
    errors = np.array([pencil.error(float(value), q) for value, q in zip(values[:kept], modes, strict=False)])
    kind = "minimum" if index == 0 else "maximum" if index == pencil.size else "saddle"
    if np.any(np.abs(values) <= zero):
        kind = "degenerate"
    return Spectrum(values[:kept], modes[:kept].reshape(kept, *state.shape), errors, index, kind)


def _pencil(flow: GradientFlow, x: Array) -> Pencil:
    """The hessian and the metric at x, and what is held there."""
    if not offers(flow.energy, HasHessian):
        raise BadInput("energy", type(flow.energy).__name__, "a spectrum needs a hessian(x)")
    hessian, gram = flow.energy.hessian(x), flow.metric.gram(x)  # type: ignore[attr-defined]
    fixed = np.zeros(1, dtype=bool) if flow.fixed is None else flow.fixed.ravel()
    if np.all(fixed):
        raise BadInput("flow", "one that holds every entry of x", "there is nothing that could move")
    return Pencil(hessian, gram, np.repeat(fixed, x.size // fixed.size))
