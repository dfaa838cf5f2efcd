"""Derivatives of a function that comes without them, by `scipy.differentiate`: central differences of order eight, refined.

    ∂f/∂x_k ≈ Σ_j w_j f(x + j h e_k) / h,        h = h₀, h₀/2, h₀/4 … until two in a row agree

On smooth functions a differential comes out to about 1e-11 of the function's size, a hessian to about 1e-8: an error that the
time error drowns, but which a differential that is known exactly does not have. Where a step falls off the function's domain,
so that a difference is not finite, all is begun again with shorter ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import differentiate

from geoflow.protocols import Array

STEPS = tuple(2.0**-k for k in (3, 9, 15, 21))  # first steps h₀ to try, of a coordinate's size or 1
SHARP = {"rtol": 1e-10}  # two differentials in a row that agree so well are taken; a hessian is left to scipy's own 1e-8


def differential(f: Callable[[Array], Any], x: Array, vectorised: bool = False) -> Array:
    """df of a scalar f at a state x of any shape, in its shape; or, of an f that is vectorised, at points (…, d).

    >>> differential(lambda x: float(x[0] ** 2 * x[1]), np.array([1.0, 3.0])).round(9)
    array([6., 1.])
    """
    columns, points = _columns(f, x, vectorised)
    df = _finite(lambda y, h: differentiate.jacobian(points, y, initial_step=h, tolerances=SHARP).df[0], columns)
    return df.T.reshape(x.shape)


def hessian(f: Callable[[Array], Any], x: Array, vectorised: bool = False) -> Array:
    """d²f of a scalar f: a matrix with one row for each entry of x; or, of an f that is vectorised, (…, d, d).

    >>> hessian(lambda x: float(x[0] ** 2 * x[1]), np.array([1.0, 3.0])).round(6) + 0.0
    array([[6., 2.],
           [2., 0.]])
    """
    columns, points = _columns(f, x, vectorised)
    # One first step for all: of scipy's nested calls the inner one does not know whose a step is.
    ddf = _finite(lambda y, h: differentiate.hessian(lambda z: points(z)[0], y, initial_step=np.max(h)).ddf, columns)
    return _symmetric(ddf, x, vectorised)


def bend(df: Callable[[Array], Array], x: Array, vectorised: bool = False) -> Array:
    """d²f from the differential df, as `hessian` gives it: its Jacobian, made symmetric."""
    columns, points = _columns(df, x, vectorised)
    ddf = _finite(lambda y, h: differentiate.jacobian(points, y, initial_step=h, tolerances=SHARP).df, columns)
    return _symmetric(ddf, x, vectorised)


def _symmetric(ddf: Array, x: Array, vectorised: bool) -> Array:
    """½ (A + Aᵀ) of matrices (d, d, k), in the shape asked for."""
    d = len(ddf)
    return np.moveaxis(0.5 * (ddf + np.swapaxes(ddf, 0, 1)), -1, 0).reshape(*(x.shape[:-1] if vectorised else ()), d, d)


def _columns(f: Callable[[Array], Any], x: Array, vectorised: bool) -> tuple[Array, Callable[[Array], Array]]:
    """x as scipy takes it, (d, k), and f as it calls it: of arrays (d, …), one state along the first axis, to (n, …)."""
    x = np.asarray(x, dtype=np.float64)

    def points(y: Array) -> Array:
        states = np.array(y.reshape(len(y), -1).T, order="C")
        if vectorised:
            values = np.asarray(f(states), dtype=np.float64).reshape(len(states), -1)
        else:
            values = np.array([np.asarray(f(s.reshape(x.shape)), dtype=np.float64).ravel() for s in states])
        return values.T.reshape(-1, *y.shape[1:])

    return x.reshape(-1, x.shape[-1] if vectorised else x.size).T, points


def _finite(attempt: Callable[[Array, Array], Array], columns: Array) -> Array:
    """attempt(columns, first steps), with shorter first steps for the columns where the last ones gave nothing finite."""
    size, out = np.maximum(np.abs(columns), 1.0), None
    lost = np.arange(columns.shape[1])
    for step in STEPS:
        with np.errstate(all="ignore"):
            found = attempt(columns[:, lost], step * size[:, lost])
        if out is None:
            out = found
        else:
            out[..., lost] = found
        lost = lost[~np.all(np.isfinite(found), axis=tuple(range(found.ndim - 1)))]
        if lost.size == 0:
            break
    assert out is not None
    return out
