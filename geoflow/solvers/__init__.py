"""The only place that solves: `combine` sums matrices, `solve` and `prepare` solve with them, `minimise` is Newton's method."""

from geoflow.solvers.linear import Solution, prepare, solve
from geoflow.solvers.matrices import combine, matvec
from geoflow.solvers.newton import Minimum, minimise
from geoflow.solvers.stencil import Stencil

__all__ = ["Minimum", "Solution", "Stencil", "combine", "matvec", "minimise", "prepare", "solve"]
