"""Gradient descent against the flow that it imitates, in the plane.

    x_{k+1} = x_k − η∇V(x_k)        against        x' = −∇V(x),

which on a quadratic V = ½⟨Ax, x⟩ are (I − ηA)^k x₀ and e^{−At} x₀: for η > 1/λ_max the iterates jump over the valley's floor,
for η > 2/λ_max they leave it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from geoflow.errors import BadInput
from geoflow.protocols import Array
from geoflow.viz.levels import level_sets, paper, plane, sampled
from geoflow.viz.look import NAVY, SERIES, axes_for, legend_below
from geoflow.viz.paths import paths

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def descent_against_flow(
    potential: object, bounds: object, descents: Mapping[str, object], flow: object, ax: Axes | None = None
) -> Axes:
    """Draw the iterates of gradient descent, with a dot each, and the exact flow from the same start, over the level sets.

    Parameters
    ----------
    potential : Potential
        Of two variables.
    bounds : (x0, x1, y0, y1)
        The rectangle that is drawn; iterates may leave it.
    descents : mapping of name to Trajectory or (k, 2)
        The name says how: "η = 0.03". Points, such as the states of ``gf.steps(…, method=ExplicitEuler(), dt=η)``, or a run
        that kept all its states.
    flow : Trajectory or (n, 2)
        The flow, as many points as make it smooth.
    ax : Axes or None
        None opens a figure of pyplot's.

    Raises
    ------
    BadInput
        Before anything is drawn.
    """
    land, lo, hi = plane(potential, bounds)
    if not isinstance(descents, Mapping) or not descents:
        raise BadInput(
            "descents", type(descents).__name__, 'give a dictionary of names and iterates, such as {"η = 0.1": points}'
        )
    iterates = {str(name): _one(given, "descents") for name, given in descents.items()}
    exact = _one(flow, "flow")
    field = sampled(land, lo, hi)
    ax = axes_for(ax, paper(lo, hi), bar=True)
    level_sets(ax, land, field)
    for k, (name, points) in enumerate(iterates.items()):
        colour = SERIES[k % len(SERIES)]
        ax.plot(*points.T, color="white", linewidth=2.6, alpha=0.6, zorder=2.0 + 0.1 * k)
        ax.plot(*points.T, ".-", color=colour, linewidth=1.1, markersize=6.0, zorder=2.05 + 0.1 * k, label=name)
    ax.plot(*exact.T, color="white", linewidth=4.0, alpha=0.7, zorder=1.9)
    ax.plot(*exact.T, color=NAVY, linewidth=2.2, zorder=1.95, label="flow")
    ax.scatter(exact[0, 0], exact[0, 1], s=34, facecolor="white", edgecolor=NAVY, linewidth=1.5, zorder=4.0)
    legend_below(ax)
    return ax


def _one(given: object, field: str) -> Array:
    found = paths([given], 2, field)
    if len(found) != 1:
        raise BadInput(field, f"{len(found)} marbles", "give the path of one point, (k, 2)")
    return found[0]
