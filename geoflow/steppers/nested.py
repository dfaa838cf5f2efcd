"""Nested iteration: where the minimiser of an energy probably is, from the minimisers on coarser grids.

The smooth part of what a film has to do is done on grids where it costs nothing; what is left to a grid is the part that its
own spacing brings (Brandt, Math. Comp. 31, 1977). Where the discrete minimisers have an expansion u + c h² + O(h⁴), two of
them give a guess that is good to O(h⁴) on the next grid: far below its discretisation error, before any work is done there.
Beside an outline, which every grid cuts in its own way, there is no such expansion: the guess is first mended in a rim there,
at the price of a rim.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geoflow.flow import GradientFlow
from geoflow.protocols import Array, HasRim, offers
from geoflow.solvers.newton import Minimum, Stage, minimise
from geoflow.solvers.sums import moved

WELL_ENOUGH = 1e-2  # what part of ‖dE‖ may be left on a coarser grid: the next one's guess is off by more than that

MEND = 3e-3  # relative residual to which the equations of a rim are solved


def guesses(flow: GradientFlow, x: Array, both: bool = False) -> tuple[Array, ...]:
    """Guesses at the minimiser of E with the held values of x, from coarser grids; () where the flow has none.

    The last one, but for the finest grid, is the plain interpolation of the minimiser on the next coarser grid; the one before
    it, where there are two grids to extrapolate from, is the better one as a rule, and the only one on the finest grid, unless
    ``both`` are wanted, if it was on the next coarser one.
    """
    grid = getattr(flow.energy, "grid", None)
    coarse = None if getattr(grid, "bottom", False) else flow.coarser()
    if grid is None or coarse is None:
        return ()
    below = coarse.energy.grid  # type: ignore[attr-defined]
    start = grid.restrict(x)
    found = guesses(coarse, start, both=True)
    minimum, best = bottom(coarse, start, found, WELL_ENOUGH)
    solved = minimum.x
    if not np.all(np.isfinite(solved)):
        return ()
    out = [solved]
    if found:
        h, h_below, h_two = (_spacing(g) for g in (grid, below, below.coarser()))
        out.insert(0, moved(solved, (h_below - h) / (h_two - h_below), solved - found[-1]))
    if len(found) > 1 and best == 0 and not both:
        out.pop()
    return tuple(flow.hold(x, grid.prolong(u)) for u in out)


def bottom(flow: GradientFlow, x: Array, found: tuple[Array, ...], share: float = 0.0) -> tuple[Minimum, int]:
    """The minimiser of E, from the lowest of the guesses found, or from x; and which one that is.

    As well as rounding lets the energy tell, or until ‖dE‖ is down to this share of what it was.
    """
    stage = Stage(flow.energy, None, 0.0, x, flow.fixed)
    if found and share == 0.0:
        mend(stage, found[0])
    starts = found or (x,)
    values = [stage.value(g) for g in starts]
    best = int(np.argmin([v if np.isfinite(v) else np.inf for v in values]))
    return minimise(stage, starts[best], values[best], 0.0, to_rounding=True, share=share), best


def mend(stage: Stage, u: Array) -> None:
    """A Newton step from u for the nodes of its grid's rim alone, if there is one: u itself is changed there."""
    rim = getattr(stage.energy.grid, "rim", None)  # type: ignore[attr-defined]
    if rim is not None:
        energy: Any = stage.energy
        slope, matrix = energy.at_rim(u) if offers(energy, HasRim) else (energy.differential(u), energy.hessian(u))
        rim.move(u, matrix, slope, stage.fixed, MEND)


def _spacing(grid: object) -> float:
    """hx hy, in units of a whole side: proportional to h²."""
    ny, nx = grid.shape  # type: ignore[attr-defined]
    return 1.0 / ((ny - 1) * (nx - 1))
