"""Interval arithmetic: for a = [lo, hi], f(a) ⊇ {f(x): x in a}, for every function that a formula may use.

An interval is a pair of arrays, one entry a box, so that one call serves many boxes (Moore, Kearfott and Cloud 2009). Bounds
are rounded outwards: by one unit in the last place after an operation that IEEE 754 rounds correctly, by ``LIBM`` more after
a function of the mathematical library. A function is taken on the part of the interval where it is defined: where that is
no part at all both bounds are nan, the empty interval, and stay so. Nothing is known of a quotient whose divisor may be
zero: it is (−∞, ∞).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

Interval = tuple[Any, Any]
"""(lo, hi): float64 arrays, or scalars for a constant."""

EPS = float(np.finfo(np.float64).eps)
LIBM = 8.0 * EPS  # relative; NumPy's functions are within 4 units in the last place
ENTIRE: Interval = (np.float64(-np.inf), np.float64(np.inf))


def outward(lo: Any, hi: Any, slack: float = 0.0) -> Interval:
    """[lo, hi] widened by one unit in the last place, and before that by a relative slack."""
    if slack:
        lo, hi = lo * (1.0 - np.copysign(slack, lo)), hi * (1.0 + np.copysign(slack, hi))
    return np.nextafter(lo, -np.inf), np.nextafter(hi, np.inf)


def constant(number: float, exact: bool = True) -> Interval:
    """A number; one that is rounded gets a few units in the last place, one that is none may be any."""
    if np.isnan(number):
        return ENTIRE
    value = np.float64(number)
    return (value, value) if exact else outward(value, value, LIBM)


def plus(a: Interval, b: Interval) -> Interval:
    """a + b."""
    return outward(a[0] + b[0], a[1] + b[1])


def negative(a: Interval) -> Interval:
    """−a."""
    return -a[1], -a[0]


def minus(a: Interval, b: Interval) -> Interval:
    """a − b."""
    return plus(a, negative(b))


def times(a: Interval, b: Interval) -> Interval:
    """a b, with 0 · ∞ = 0: an infinite bound stands for all finite numbers below it."""
    products = [a[i] * b[j] for i in (0, 1) for j in (0, 1)]
    lo = reduce(np.minimum, products)
    if np.any(np.isnan(lo)):
        empty = np.isnan(a[0]) | np.isnan(b[0])
        products = [np.where(np.isnan(p) & ~empty, 0.0, p) for p in products]
        lo = reduce(np.minimum, products)
    return outward(lo, reduce(np.maximum, products))


def reciprocal(a: Interval) -> Interval:
    """1 / a."""
    lo, hi = outward(1.0 / a[1], 1.0 / a[0])
    zero = (a[0] <= 0.0) & (a[1] >= 0.0)
    lo = np.where(zero & (a[0] < 0.0), -np.inf, lo)
    hi = np.where(zero & (a[1] > 0.0), np.inf, hi)
    nowhere = (a[0] == 0.0) & (a[1] == 0.0)
    return np.where(nowhere, np.nan, lo), np.where(nowhere, np.nan, hi)


def absolute(a: Interval) -> Interval:
    """|a|."""
    low, high = np.abs(a[0]), np.abs(a[1])
    inside = (a[0] <= 0.0) & (a[1] >= 0.0)
    return np.where(inside, 0.0, np.minimum(low, high)), np.maximum(low, high)


def whole_power(a: Interval, n: int) -> Interval:
    """aⁿ for a whole number n."""
    if n < 0:
        return reciprocal(whole_power(a, -n))
    if n == 0:
        return a[0] * 0.0 + 1.0, a[0] * 0.0 + 1.0
    if n % 2:
        return outward(a[0] ** n, a[1] ** n, LIBM)
    small, large = absolute(a)
    lo, hi = outward(small**n, large**n, LIBM)
    return np.maximum(lo, 0.0), hi


def power(a: Interval, b: Interval) -> Interval:
    """aᵇ; for b no whole number on the part a ≥ 0."""
    if np.ndim(b[0]) == 0 and np.isfinite(b[0]) and b[1] - b[0] <= 64.0 * EPS * abs(b[0]):
        exponent = float(0.5 * (b[0] + b[1]))  # a constant, widened or not
        if exponent.is_integer() and abs(exponent) < 2.0**31:
            return whole_power(a, int(exponent))
        if b[0] == b[1]:
            low, high = within(a, 0.0, np.inf)
            lo, hi = outward(*sorted_by(exponent > 0.0, low**exponent, high**exponent), LIBM)
            return np.maximum(lo, 0.0), hi
    return exponential(times(b, logarithm(a)))


def sorted_by(rising: bool, first: Any, second: Any) -> Interval:
    """(first, second), or the other way round."""
    return (first, second) if rising else (second, first)


def within(a: Interval, lowest: float, highest: float) -> Interval:
    """The part of a within a domain; empty where there is none."""
    gone = (a[1] < lowest) | (a[0] > highest)
    lo, hi = np.maximum(a[0], lowest), np.minimum(a[1], highest)
    return np.where(gone, np.nan, lo), np.where(gone, np.nan, hi)


def monotone(
    function: Callable[[Any], Any], lowest: float = -np.inf, highest: float = np.inf, *, rising: bool = True
) -> Callable[[Interval], Interval]:
    """The interval extension of a monotone function with this domain."""

    def extension(a: Interval) -> Interval:
        low, high = within(a, lowest, highest)
        return outward(*sorted_by(rising, function(low), function(high)), LIBM)

    return extension


_log = monotone(np.log, 0.0)
_exp = monotone(np.exp)


def logarithm(a: Interval) -> Interval:
    """log a; nowhere defined for a ≤ 0."""
    lo, hi = _log(a)
    return np.where(a[1] <= 0.0, np.nan, lo), np.where(a[1] <= 0.0, np.nan, hi)


def exponential(a: Interval) -> Interval:
    """eᵃ, never negative."""
    lo, hi = _exp(a)
    return np.maximum(lo, 0.0), hi


def root(a: Interval) -> Interval:
    """√a, never negative."""
    low, high = within(a, 0.0, np.inf)
    lo, hi = outward(np.sqrt(low), np.sqrt(high))
    return np.maximum(lo, 0.0), hi


def cosh(a: Interval) -> Interval:
    """cosh a."""
    small, large = absolute(a)
    lo, hi = outward(np.cosh(small), np.cosh(large), LIBM)
    return np.maximum(lo, 1.0), hi


def wave(function: Callable[[Any], Any], peak: float) -> Callable[[Interval], Interval]:
    """sin or cos, whose maxima are at ``peak`` + k whole turns."""

    def extension(a: Interval) -> Interval:
        lo, hi = outward(np.minimum(function(a[0]), function(a[1])), np.maximum(function(a[0]), function(a[1])), LIBM)
        lo = np.where(_meets(a, 2.0 * np.pi, peak + 0.5), -1.0, np.maximum(lo, -1.0))
        hi = np.where(_meets(a, 2.0 * np.pi, peak), 1.0, np.minimum(hi, 1.0))
        return np.where(np.isnan(a[0]), np.nan, lo), np.where(np.isnan(a[0]), np.nan, hi)

    return extension


def _meets(a: Interval, period: float, where: float) -> Any:
    """Whether a may contain a point (where + k) · period; yes where it is too far out to tell."""
    u, v = a[0] / period - where, a[1] / period - where
    slack = 1e-12 * (1.0 + np.maximum(np.abs(u), np.abs(v)))
    return (np.floor(v + slack) >= np.ceil(u - slack)) | ~(slack < 0.1)


def tangent(a: Interval) -> Interval:
    """tan a."""
    lo, hi = outward(np.tan(a[0]), np.tan(a[1]), LIBM)
    pole = _meets(a, np.pi, 0.5) & ~np.isnan(a[0])
    return np.where(pole, -np.inf, lo), np.where(pole, np.inf, hi)


def angle(y: Interval, x: Interval) -> Interval:
    """atan2(y, x): extreme at corners, but (−π, π) where the cut along the negative x-axis is met."""
    corners = [np.arctan2(b, a) for b in y for a in x]
    lo, hi = outward(reduce(np.minimum, corners), reduce(np.maximum, corners), LIBM)
    cut = (y[0] <= 0.0) & (y[1] >= 0.0) & (x[0] <= 0.0)
    return np.where(cut, -np.nextafter(np.pi, 4.0), lo), np.where(cut, np.nextafter(np.pi, 4.0), hi)


def hypot(a: Interval, b: Interval) -> Interval:
    """√(a² + b²)."""
    return root(plus(whole_power(a, 2), whole_power(b, 2)))


def signum(a: Interval) -> Interval:
    """sign a; all of [−1, 1] where a changes sign."""
    return np.sign(a[0]), np.sign(a[1])


def least(*args: Interval) -> Interval:
    """min."""
    return reduce(np.minimum, [a[0] for a in args]), reduce(np.minimum, [a[1] for a in args])


def greatest(*args: Interval) -> Interval:
    """max."""
    return reduce(np.maximum, [a[0] for a in args]), reduce(np.maximum, [a[1] for a in args])


EXTENSIONS: dict[str, Callable[..., Interval]] = {
    "+": plus,
    "-": minus,
    "*": times,
    "/": lambda a, b: times(a, reciprocal(b)),
    "**": power,
    "negative": negative,
    "positive": lambda a: a,
    "sin": wave(np.sin, 0.25),
    "cos": wave(np.cos, 0.0),
    "tan": tangent,
    "asin": monotone(np.arcsin, -1.0, 1.0),
    "acos": monotone(np.arccos, -1.0, 1.0, rising=False),
    "atan": monotone(np.arctan),
    "atan2": angle,
    "sinh": monotone(np.sinh),
    "cosh": cosh,
    "tanh": monotone(np.tanh),
    "asinh": monotone(np.arcsinh),
    "acosh": monotone(np.arccosh, 1.0),
    "atanh": monotone(np.arctanh, -1.0, 1.0),
    "exp": exponential,
    "log": logarithm,
    "sqrt": root,
    "abs": absolute,
    "sign": signum,
    "min": least,
    "max": greatest,
    "hypot": hypot,
}
