"""The only place that solves: `combine` sums matrices, `solve` solves with them, `minimise` runs Newton's method."""

from geoflow.solvers.linear import Solution, combine, matvec, solve
from geoflow.solvers.newton import Minimum, minimise
from geoflow.solvers.stencil import Stencil

__all__ = ["Minimum", "Solution", "Stencil", "combine", "matvec", "minimise", "solve"]
