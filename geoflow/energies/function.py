"""An energy given as Python functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from geoflow.protocols import Array, Matrix


@dataclass(frozen=True, eq=False)
class FunctionEnergy:
    """E(x), dE(x) and, if you have it, d²E(x), each a function of a float64 array.

    Parameters
    ----------
    value : x → float
    differential : x → array in the shape of x
    hessian : x → matrix with one row for each entry of x, or None
        With it the default method is implicit (SDIRK2); without it an explicit Runge–Kutta pair.

    >>> bowl = FunctionEnergy(lambda x: 0.5 * x @ x, lambda x: x)
    >>> import numpy as np
    >>> float(bowl.value(np.array([3.0, 4.0])))
    12.5
    """

    value: Callable[[Array], float]
    differential: Callable[[Array], Array]
    hessian: Callable[[Array], Matrix] | None = None
