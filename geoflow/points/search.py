"""The search for the zeros of dV in a box: Newton's method from sets of starts, then deflated by what it has found.

Deflation (Brown and Gearhart 1971; Farrell, Birkisson and Funke 2015) divides the known zeros xₖ out of f = dV: Newton's
method for f · Π (1 + 1/|x − xₖ|²) moves along its step p for f alone, by the factor 1/(1 − ∇ln Π · p). A start that
does not arrive is tried again by least squares, min |dV|², in a trust region that stays in the box.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from geoflow.points.landscape import Landscape
from geoflow.protocols import Array, Mask

NODES = 4096  # of the grid whose cells are looked at; at least 8 along each side, else there is no grid
MOST_CELLS = 512
SPREAD = 64  # low-discrepancy starts a dimension, up to four times as many
STRIDE = 0.25  # the longest step of Newton's method, in sides of the box
PATIENCE = 80  # steps
ARRIVED = 1e-9  # the last step of Newton's method at a zero, in sides of the box
FLAT, NEARBY = 1e-13, 1e-4  # at a degenerate zero: |dV| against its usual size, and the last step
NUDGE = 1e-6  # of the box: so far from a zero dV is larger
ZERO = 1e-7  # an eigenvalue below this part of the usual curvature is none
ROUNDS = 4  # of deflation
RESCUED = 12  # starts that are tried again by least squares


@dataclass(frozen=True, eq=False)
class Arrivals:
    """x : (m, d), and step : (m,): how far off they may be, in sides of the box."""

    x: Array
    step: Array


def start_sets(land: Landscape, lo: Array, hi: Array) -> dict[str, Array]:
    """The starts of the search: "cells" where each component of dV changes sign, and "spread", a Sobol sequence; (m, d) each."""
    return {"cells": _sign_changes(land, lo, hi), "spread": _spread(lo, hi)}


@np.errstate(over="ignore")  # beside a pole a slope may have no square
def search(land: Landscape, lo: Array, hi: Array, starts: Array, more: bool = True) -> tuple[Array, bool]:
    """The zeros of dV in the box that Newton's method finds from the starts, (k, d), and whether some are not isolated.

    more: deflate, and rescue what does not arrive. Of zeros that are not isolated the first is kept.
    """
    slopes = np.linalg.norm(land.slopes(np.concatenate([starts, _spread(lo, hi)])), axis=1)
    usual = float(np.median(slopes[~np.isnan(slopes)])) if not np.all(np.isnan(slopes)) else 0.0
    known, lost = _newton(land, lo, hi, starts, usual)
    if more and len(lost):
        rescued = [_least_squares(land, lo, hi, x) for x in lost[:: max(1, len(lost) // RESCUED)][:RESCUED]]
        known = _distinct(known, _newton(land, lo, hi, np.array(rescued), usual)[0], hi - lo)
    known, continuum = _isolated(land, lo, hi, known, usual)
    for _ in range(ROUNDS if more and not continuum else 0):
        found, _ = _newton(land, lo, hi, _spread(lo, hi), usual, known.x)
        enlarged, continuum = _isolated(land, lo, hi, _distinct(known, found, hi - lo), usual)
        if continuum or len(enlarged.x) == len(known.x):
            known = enlarged
            break
        known = enlarged
    return known.x[np.lexsort(known.x.round(9).T[::-1])], continuum


def _sign_changes(land: Landscape, lo: Array, hi: Array) -> Array:
    """The middles of the cells of a grid at whose corners each component of dV takes both signs, or zero."""
    d = len(lo)
    n = round((NODES if land.formula else NODES // 4) ** (1.0 / d))  # a function is asked at one point after the other
    if n < 8:
        return np.empty((0, d))
    axes = [np.linspace(a, b, n) for a, b in zip(lo, hi, strict=True)]
    signs = np.sign(land.slopes(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, d))).reshape(*[n] * d, d)
    low = high = signs
    for k in range(d):
        ahead, behind = [tuple(s if j == k else slice(None) for j in range(d)) for s in (slice(1, None), slice(None, -1))]
        low, high = np.minimum(low[ahead], low[behind]), np.maximum(high[ahead], high[behind])
    cells = np.argwhere(np.all((low <= 0.0) & (high >= 0.0), axis=-1))
    cells = cells[:: 1 + len(cells) // MOST_CELLS]
    return lo + (cells + 0.5) * (hi - lo) / (n - 1)


def _spread(lo: Array, hi: Array) -> Array:
    from scipy.stats import qmc  # half a second to import

    m = SPREAD * 2 ** min(len(lo) - 1, 2)
    return lo + (hi - lo) * qmc.Sobol(len(lo), scramble=False).random(2 * m)[m:]  # not from the start, which is a corner


def _newton(
    land: Landscape, lo: Array, hi: Array, starts: Array, usual: float, known: Array | None = None
) -> tuple[Arrivals, Array]:
    """The distinct zeros in the box that Newton's method reaches, and the starts from which it does not arrive."""
    side, x = hi - lo, starts.copy()
    step, active = np.full(len(x), np.inf), np.arange(len(x))
    for _ in range(PATIENCE):
        p = newton_step(land, x[active])
        if known is not None and len(known):
            p *= _deflation(x[active], known, p, side)[:, None]
        length = np.max(np.abs(p) / side, axis=1)
        x[active] += p * np.minimum(1.0, STRIDE / np.maximum(length, 1e-300))[:, None]
        settled = (length <= 1e-15) | ((length <= ARRIVED) & (length >= step[active]))
        step[active] = length
        inside = np.all((x[active] > lo - 0.5 * side) & (x[active] < hi + 0.5 * side), axis=1)  # false for nan
        step[active[~inside]] = np.inf
        active = active[inside & ~settled]
        if not len(active):
            break
    slope = np.linalg.norm(land.slopes(x), axis=1)
    there = (step <= ARRIVED) | ((step <= NEARBY) & (slope <= FLAT * usual))
    bends = np.nan_to_num(land.bends(x))
    there &= slope <= ARRIVED * np.linalg.norm(bends, axis=(1, 2)) * np.max(side) + FLAT * usual  # no part of dV was cut off
    there &= slope <= np.maximum(np.linalg.norm(land.slopes(x + NUDGE * side), axis=1), FLAT * usual)  # at a pole it is not
    there &= np.isfinite(land.values(x)) & np.all((x >= lo - 1e-12 * side) & (x <= hi + 1e-12 * side), axis=1)
    best = np.flatnonzero(there)[np.argsort(slope[there], kind="stable")]
    values = np.abs(np.linalg.eigvalsh(bends[best]))
    degenerate = np.min(values, axis=1, initial=np.inf) <= ZERO * np.max(values, axis=1, initial=0.0)
    off = np.where(degenerate, np.maximum(step[best], NEARBY), step[best])  # such zeros are known to √ε or worse
    return _distinct(Arrivals(x[:0], step[:0]), Arrivals(x[best], off), side), starts[~np.isfinite(step) | (step > NEARBY)]


def newton_step(land: Landscape, x: Array, cut: float = 1e-15) -> Array:
    """−H⁺ dV, (m, d): Newton's step, the shortest one where H is singular; nan where dV or H is not finite."""
    g, H = land.slopes(x), land.bends(x)
    fine = np.all(np.isfinite(g), axis=1) & np.all(np.isfinite(H), axis=(1, 2))
    values, vectors = np.linalg.eigh(np.where(fine[:, None, None], H, 0.0))
    small = np.abs(values) <= cut * np.max(np.abs(values), axis=1, keepdims=True)
    parts = np.einsum("mij,mi->mj", vectors, np.where(fine[:, None], g, np.nan)) / np.where(small, np.inf, values)
    return -np.einsum("mij,mj->mi", vectors, parts)


def _deflation(x: Array, known: Array, p: Array, side: Array) -> Array:
    away = (x[:, None] - known) / side
    square = np.maximum(np.sum(away**2, axis=2), 1e-300)
    slope = np.sum(-2.0 * away / (square * (1.0 + square))[:, :, None], axis=1) / side
    return 1.0 / (1.0 - np.sum(slope * p, axis=1))


def _distinct(known: Arrivals, found: Arrivals, side: Array) -> Arrivals:
    """The known ones and those of the found that are none of them: further off than both may be wrong."""
    x, step = list(known.x), list(known.step)
    for point, off in zip(found.x, found.step, strict=True):
        if x:
            distance = np.max(np.abs(np.array(x) - point) / side, axis=1)
            if np.any(distance <= 1e-8 + 2.0 * np.maximum(off, step)):
                continue
        x.append(point)
        step.append(off)
    return Arrivals(np.array(x).reshape(-1, len(side)), np.array(step))


def _isolated(land: Landscape, lo: Array, hi: Array, known: Arrivals, usual: float) -> tuple[Arrivals, bool]:
    """Without the zeros that are not alone, but for the first, and whether there are such.

    Along a direction of zero curvature a point a thousandth of the box away is taken back to the zeros by the shortest
    steps: where it stays away the zeros are a curve, or more; to a degenerate zero that is isolated it comes back.
    """
    if not len(known.x):
        return known, False
    side = hi - lo
    values, vectors = np.linalg.eigh(land.bends(known.x))
    zero = np.abs(values) <= ZERO * curvature(land, lo, hi, known.x)[:, None]
    which, axis = np.nonzero(zero)
    away = 1e-3 * float(np.min(side))
    x = np.concatenate([known.x[which] + s * away * vectors[which, :, axis] for s in (-1.0, 1.0)])
    if not len(x):
        return known, False
    for _ in range(30):
        x = x + np.clip(newton_step(land, x, 1e-3), -away, away)
    slope = np.linalg.norm(land.slopes(x), axis=1)
    far = np.linalg.norm(x - np.tile(known.x[which], (2, 1)), axis=1) > 0.5 * away
    joined: Mask = np.zeros(len(known.x), dtype=bool)
    joined[np.tile(which, 2)[far & (slope <= FLAT * usual)]] = True
    if not np.any(joined):
        return known, False
    keep = ~np.any(zero, axis=1)  # where some are joined, what else is degenerate is taken as theirs
    keep[np.argmax(joined)] = True
    return Arrivals(known.x[keep], known.step[keep]), True


def curvature(land: Landscape, lo: Array, hi: Array, points: Array) -> Array:
    """What an eigenvalue at each point is large or small against, (k,): ‖H‖ there, or its median over the box if larger."""
    bends = land.bends(_spread(lo, hi))
    norms = np.linalg.norm(bends[np.all(np.isfinite(bends), axis=(1, 2))], ord=2, axis=(1, 2))
    usual = float(np.median(norms)) if len(norms) else 0.0
    return np.maximum(np.linalg.norm(land.bends(points), ord=2, axis=(1, 2)), usual)


@np.errstate(all="ignore")  # a trust region of a slope that is zero or not finite is divided by
def _least_squares(land: Landscape, lo: Array, hi: Array, start: Array) -> Array:
    """Where |dV|² is least, near the start and in the box; the start where that leaves the finite numbers."""
    try:
        found: Array = optimize.least_squares(
            lambda x: land.slopes(x[None])[0], start, lambda x: land.bends(x[None])[0], bounds=(lo, hi), max_nfev=50
        ).x
    except ValueError:  # a residual that is not finite
        return start
    return found if np.all(np.isfinite(found)) else start
