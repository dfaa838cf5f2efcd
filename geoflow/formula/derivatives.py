"""First and second derivatives of a formula: a sympy expression built node by node, differentiated, and replayed in NumPy.

Nothing is generated or executed as text: the expression comes from the formula's tape, and the derivatives go back to a tape
of NumPy operations in which equal subexpressions are one. Constant parts are folded in float64 first, so that sympy never
meets a giant integer; long products are products of short ones, so that the product rule does not blow up, and each distinct
subexpression is differentiated once (sympy's own ``diff`` walks what is shared as often as it occurs). abs, sign, min and max
have their derivatives almost everywhere: d|a| = sign(a) da, and sign is taken as constant.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, reduce
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from geoflow.formula.formula import Formula, shape_of
from geoflow.formula.words import CONSTANTS, FUNCTIONS, OPERATORS

EXACT_POWER = 64  # exponents up to here, and their halves, are exact numbers to sympy; others are floats
FACTORS = 8  # of a product before it is split
HALF = sympy.Rational(1, 2)


class _product(sympy.Function):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return self.args[2 - argindex]


class _absolute(sympy.Function):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return _signum(self.args[0])


class _signum(sympy.Function):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sympy.Integer(0)


class _minimum(sympy.Function):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        a, b = self.args
        return HALF * (1 - _signum(a - b)) if argindex == 1 else HALF * (1 + _signum(a - b))


class _maximum(sympy.Function):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        a, b = self.args
        return HALF * (1 + _signum(a - b)) if argindex == 1 else HALF * (1 - _signum(a - b))


class _angle(sympy.Function):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        y, x = self.args
        return (x if argindex == 1 else -y) / (x**2 + y**2)


BUILT: dict[str, Callable[..., sympy.Expr]] = {
    "+": sympy.Add,
    "-": lambda a, b: sympy.Add(a, -b),
    "*": lambda a, b: _times(a, b),
    "/": lambda a, b: _times(a, sympy.Pow(b, -1)),
    "**": sympy.Pow,
    "negative": lambda a: -a,
    "positive": lambda a: a,
    "abs": _absolute,
    "sign": _signum,
    "min": lambda *args: reduce(_minimum, args),
    "max": lambda *args: reduce(_maximum, args),
    "hypot": lambda a, b: sympy.Pow(a**2 + b**2, HALF),
    "atan2": _angle,
    **{name: getattr(sympy, name) for name in "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp log sqrt".split()},
}
REPLAYED: dict[Any, Callable[..., Any]] = {
    sympy.Add: lambda *args: reduce(np.add, args),
    sympy.Mul: lambda *args: reduce(np.multiply, args),
    sympy.Pow: lambda a, b: 1.0 / a if np.ndim(b) == 0 and b == -1.0 else a**b,
    _product: np.multiply,
    _absolute: np.abs,
    _signum: np.sign,
    _minimum: np.minimum,
    _maximum: np.maximum,
    _angle: np.arctan2,
    **{getattr(sympy, name): FUNCTIONS[name].numpy for name in FUNCTIONS if name in "sin cos tan asin acos atan exp log".split()},
    **{getattr(sympy, n): FUNCTIONS[n].numpy for n in "sinh cosh tanh asinh acosh atanh".split()},
}


def _times(a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """a b: sympy's product while it has few factors, else a product of two, whose derivatives stay short."""
    long = max(len(a.args) if a.is_Mul else 1, len(b.args) if b.is_Mul else 1) >= FACTORS
    return _product(a, b) if long else a * b


def _number(value: float, exponent: bool = False) -> sympy.Expr:
    if not np.isfinite(value):
        return sympy.nan
    if exponent and abs(value) <= EXACT_POWER and float(2.0 * value).is_integer():
        return sympy.Rational(int(2.0 * value), 2)
    return sympy.Integer(int(value)) if value in (-1.0, 0.0, 1.0) else sympy.Float(float(value))


def expression(formula: Formula) -> tuple[sympy.Expr, tuple[sympy.Symbol, ...]]:
    """The formula as sympy sees it, and its variables, in order."""
    symbols = {name: sympy.Symbol(name) for name in formula.variables}

    def leaf(entry: float | str) -> Any:
        if isinstance(entry, str) and entry in symbols:
            return symbols[entry]
        return np.float64(CONSTANTS[entry] if isinstance(entry, str) else entry)

    def apply(name: str, operands: list[Any]) -> Any:
        if all(isinstance(v, np.floating) for v in operands):
            function = OPERATORS[name] if name in OPERATORS else FUNCTIONS[name].numpy
            with np.errstate(all="ignore"):
                return np.float64(function(*operands))
        ready = [
            _number(float(v), exponent=name == "**" and k == 1) if isinstance(v, np.floating) else v
            for k, v in enumerate(operands)
        ]
        return BUILT[name](*ready)

    built = formula.fold(leaf, apply)
    return (_number(float(built)) if isinstance(built, np.floating) else built), tuple(symbols.values())


def _slope(whole: sympy.Expr, symbol: sympy.Symbol, known: dict[sympy.Expr, sympy.Expr]) -> sympy.Expr:
    """The derivative by one variable; ``known`` keeps those of all parts. Children first, without recursion."""
    stack = [whole]
    while stack:
        top = stack[-1]
        missing = [a for a in top.args if a not in known]
        stack.extend(missing)
        if not missing:
            stack.pop()
            if top not in known:
                known[top] = _chained(top, symbol, [known[a] for a in top.args])
    return known[whole]


def _chained(node: sympy.Expr, symbol: sympy.Symbol, slopes: list[sympy.Expr]) -> sympy.Expr:
    """The chain rule: Σ ∂node/∂argument · slope of the argument."""
    args = node.args
    if not args:
        return sympy.Integer(int(node == symbol))
    if node.is_Add:
        return sympy.Add(*slopes)

    def partial(k: int) -> sympy.Expr:
        if node.is_Mul:
            return sympy.Mul(*args[:k], *args[k + 1 :])
        if node.is_Pow:
            return args[1] * sympy.Pow(args[0], args[1] - 1) if k == 0 else _times(node, sympy.log(args[0]))
        return node.fdiff(k + 1)

    return sympy.Add(*(_times(partial(k), slope) for k, slope in enumerate(slopes) if slope != 0))


class Derivatives:
    """Gradient and hessian of a formula of d variables.

    >>> D = Derivatives(Formula("x**2 * y"))
    >>> D.gradient(3.0, 2.0)
    array([12.,  9.])
    >>> D.hessian([3.0, 0.0], 2.0)[..., 0]
    array([[4., 6.],
           [6., 0.]])
    """

    def __init__(self, formula: Formula) -> None:
        self._formula = formula
        whole, symbols = expression(formula)
        known: list[dict[sympy.Expr, sympy.Expr]] = [{} for _ in symbols]
        first = [sympy.nan if whole.has(sympy.nan) else _slope(whole, s, k) for s, k in zip(symbols, known, strict=True)]
        self._first = _Program(symbols, first)
        pairs = [(i, j) for i in range(len(symbols)) for j in range(i + 1)]
        self._pairs = pairs
        self._second = _Program(symbols, [_slope(first[i], symbols[j], known[j]) for i, j in pairs])

    def gradient(self, *values: ArrayLike) -> NDArray[np.float64]:
        """First derivatives at values that broadcast to a shape S: (d, *S); not finite where the formula has none."""
        return self._first(self._formula._checked_values(values))

    def hessian(self, *values: ArrayLike) -> NDArray[np.float64]:
        """Second derivatives at values that broadcast to a shape S: (d, d, *S), symmetric."""
        lower = self._second(self._formula._checked_values(values))
        d = len(self._formula.variables)
        out = np.empty((d, d, *lower.shape[1:]))
        for (i, j), entry in zip(self._pairs, lower, strict=True):
            out[i, j] = out[j, i] = entry
        return out


class _Program:
    """Expressions as one tape of NumPy operations, each distinct subexpression once."""

    def __init__(self, symbols: tuple[sympy.Symbol, ...], expressions: list[sympy.Expr]) -> None:
        self.places = {symbol: k for k, symbol in enumerate(symbols)}
        self.constants: list[tuple[int, float, bool]] = []  # the bool: not rounded
        self.operations: list[tuple[int, type, tuple[int, ...]]] = []
        self.results = [self._place(e) for e in expressions]

    def _place(self, node: sympy.Expr) -> int:
        """Where the value of a node will be; children first, without recursion."""
        stack = [node]
        while stack:
            top = stack[-1]
            missing = [] if top in self.places else [a for a in top.args if a not in self.places]
            if missing and type(top) in REPLAYED:
                stack.extend(missing)
                continue
            stack.pop()
            if top in self.places:
                continue
            place = self.places[top] = len(self.places)
            if type(top) in REPLAYED:
                self.operations.append((place, type(top), tuple(self.places[a] for a in top.args)))
            else:
                number = _value(top)
                self.constants.append((place, number, bool(top.is_Rational) and sympy.Rational(number) == top))
        return self.places[node]

    def __call__(self, arrays: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        out = np.empty((len(self.results), *shape_of(arrays)))
        for k, result in enumerate(self.replay(arrays, REPLAYED, lambda number, exact: np.float64(number))):
            out[k] = result
        return out

    def replay(
        self, leaves: list[Any], table: dict[Any, Callable[..., Any]], constant: Callable[[float, bool], Any]
    ) -> list[Any]:
        """The tape over any algebra: its leaves, its operations by the node's type, and what it makes of a constant."""
        values: list[Any] = [None] * len(self.places)
        values[: len(leaves)] = leaves
        for place, number, exact in self.constants:
            values[place] = constant(number, exact)
        with np.errstate(all="ignore"):
            for place, kind, operands in self.operations:
                values[place] = table[kind](*(values[k] for k in operands))
        return [values[place] for place in self.results]


def _value(atom: sympy.Expr) -> float:
    """A number, or nan for whatever is none: infinities of sympy's, the imaginary unit, logarithms of negative numbers."""
    try:
        return float(atom)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


@cache
def derivatives(formula: Formula) -> Derivatives:
    """The derivatives of a formula, built once."""
    return Derivatives(formula)
