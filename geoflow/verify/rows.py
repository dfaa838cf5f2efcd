"""A row of the suite: one number beside what it should be.

A fitted order is the slope of log(error) against log(spacing or step), by least squares over successive halvings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoflow.protocols import Array


@dataclass(frozen=True)
class Row:
    """One case: ``low ≤ found ≤ high`` is what makes it good."""

    case: str
    quantity: str
    found: float
    expected: str
    low: float
    high: float

    @property
    def good(self) -> bool:
        """Whether the case holds; a nan does not."""
        return bool(self.low <= self.found <= self.high)


def fitted_order(sizes: Array, errors: Array) -> float:
    """The slope of log(errors) against log(sizes).

    >>> h = np.array([0.4, 0.2, 0.1])
    >>> round(fitted_order(h, 3.0 * h**2), 12)
    2.0
    """
    return float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])


def order(case: str, quantity: str, found: float, expected: float, tolerance: float) -> Row:
    """A fitted order, and how far from the expected one it may be."""
    return Row(case, quantity, found, f"{expected:.0f} ± {tolerance:g}", expected - tolerance, expected + tolerance)


def most(case: str, quantity: str, found: float, bound: float) -> Row:
    """A number that is to be small."""
    return Row(case, quantity, found, f"≤ {bound:.1e}", 0.0, bound)
