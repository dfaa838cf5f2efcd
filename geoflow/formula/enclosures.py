"""What a formula and its derivatives can be on a box: its tapes replayed in interval arithmetic, for many boxes at once.

The derivatives are those of `geoflow.formula.derivatives`, so an enclosure speaks of the very program that is evaluated;
sympy's rounded constants are widened. Where V has a kink, a cut, or the edge of its domain in the box, the second derivatives
there say nothing of how the first ones change: ``smooth`` is False, and no mean value theorem holds.
"""

from __future__ import annotations

from functools import cache, reduce
from typing import Any

import numpy as np
import sympy

from geoflow.formula import derivatives as tapes
from geoflow.formula.formula import Formula
from geoflow.formula.intervals import EXTENSIONS, Interval, constant, minus, plus, power, times
from geoflow.formula.words import CONSTANTS

Pair = tuple[np.ndarray, np.ndarray]
REPLAYED: dict[Any, Any] = {
    sympy.Add: lambda *args: reduce(plus, args),
    sympy.Mul: lambda *args: reduce(times, args),
    sympy.Pow: power,
    tapes._product: times,
    tapes._absolute: EXTENSIONS["abs"],
    tapes._signum: EXTENSIONS["sign"],
    tapes._minimum: EXTENSIONS["min"],
    tapes._maximum: EXTENSIONS["max"],
    tapes._angle: EXTENSIONS["atan2"],
    **{
        getattr(sympy, name): EXTENSIONS[name]
        for name in "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp log".split()
    },
}


class Enclosures:
    """Enclosures of a formula of d variables and of its derivatives, on boxes with corners lo, hi : (n, d).

    >>> E = Enclosures(Formula("x**2 - y"))
    >>> (low, high), smooth = E.value(np.array([[-1.0, 0.0]]), np.array([[2.0, 1.0]]))
    >>> low.round(9), high.round(9), smooth
    (array([-1.]), array([4.]), array([ True]))
    """

    def __init__(self, formula: Formula) -> None:
        self._formula, self._tapes = formula, tapes.derivatives(formula)

    def value(self, lo: np.ndarray, hi: np.ndarray) -> tuple[Pair, np.ndarray]:
        """Bounds (n,), (n,) of V, nan where V is defined nowhere in the box; and where V is smooth in all of the box, (n,)."""
        named = dict(zip(self._formula.variables, zip(lo.T, hi.T, strict=True), strict=True))
        smooth = np.ones(len(lo), dtype=bool)

        def leaf(entry: float | str) -> Interval:
            if isinstance(entry, str) and entry in named:
                return named[entry]
            return constant(CONSTANTS[entry] if isinstance(entry, str) else entry)

        def apply(name: str, operands: list[Interval]) -> Interval:
            nonlocal smooth
            smooth = smooth & _regular(name, operands)
            return EXTENSIONS[name](*operands)

        with np.errstate(all="ignore"):
            low, high = self._formula.fold(leaf, apply)
        return (np.broadcast_to(low, lo.shape[:1]), np.broadcast_to(high, lo.shape[:1])), smooth

    def gradient(self, lo: np.ndarray, hi: np.ndarray) -> Pair:
        """Bounds (n, d), (n, d) of the first derivatives."""
        return _stacked(self._tapes._first, lo, hi)

    def hessian(self, lo: np.ndarray, hi: np.ndarray) -> Pair:
        """Bounds (n, d, d), (n, d, d) of the second derivatives."""
        n, d = lo.shape
        out = np.empty((n, d, d)), np.empty((n, d, d))
        for whole, lower in zip(out, _stacked(self._tapes._second, lo, hi), strict=True):
            for (i, j), entry in zip(self._tapes._pairs, lower.T, strict=True):
                whole[:, i, j] = whole[:, j, i] = entry
        return out


def _stacked(program: Any, lo: np.ndarray, hi: np.ndarray) -> Pair:
    results = program.replay(list(zip(lo.T, hi.T, strict=True)), REPLAYED, constant)
    out = np.empty((len(lo), len(results))), np.empty((len(lo), len(results)))
    for k, (low, high) in enumerate(results):
        out[0][:, k], out[1][:, k] = low, high
    return out


def _regular(name: str, args: list[Interval]) -> Any:
    """Whether an operation is smooth on all of its operands."""
    a = args[0]
    if name in ("log", "sqrt"):
        return a[0] > 0.0
    if name in ("asin", "acos", "atanh"):
        return (a[0] > -1.0) & (a[1] < 1.0)
    if name == "acosh":
        return a[0] > 1.0
    if name in ("abs", "sign"):
        return _nonzero(a)
    if name in ("min", "max"):  # smooth if no two of them are equal anywhere
        return reduce(np.logical_and, [_nonzero(minus(b, c)) for k, b in enumerate(args) for c in args[:k]])
    if name == "/":
        return _nonzero(args[1])
    if name == "hypot":
        return _nonzero(a) | _nonzero(args[1])
    if name == "atan2":
        return _nonzero(a) | (args[1][0] > 0.0)
    if name == "**":
        exponent = args[1]
        whole = np.ndim(exponent[0]) == 0 and float(0.5 * (exponent[0] + exponent[1])).is_integer()
        return (_nonzero(a) | (exponent[0] > 0.0)) if whole else a[0] > 0.0
    return np.True_ if name != "tan" else np.isfinite(EXTENSIONS["tan"](a)[0])


def _nonzero(a: Interval) -> Any:
    return (a[0] > 0.0) | (a[1] < 0.0)


@cache
def enclosures(formula: Formula) -> Enclosures:
    """The enclosures of a formula, built once."""
    return Enclosures(formula)
