"""The words a formula may use: functions, constants, operators, and the entries of the tape they are read onto."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np


class Function(NamedTuple):
    """One row of the table: the NumPy function, and the fewest and most arguments it takes (None: no limit)."""

    numpy: Callable[..., Any]
    fewest: int = 1
    most: int | None = 1


class Apply(NamedTuple):
    """A tape entry: the operation ``name`` (of ``FUNCTIONS`` or ``OPERATORS``) takes the next ``arity`` results."""

    name: str
    arity: int


Tape = tuple[float | str | Apply, ...]


def _least(*values: Any) -> Any:
    return functools.reduce(np.minimum, values)


def _greatest(*values: Any) -> Any:
    return functools.reduce(np.maximum, values)


FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "sin": Function(np.sin),
        "cos": Function(np.cos),
        "tan": Function(np.tan),
        "asin": Function(np.arcsin),
        "acos": Function(np.arccos),
        "atan": Function(np.arctan),
        "atan2": Function(np.arctan2, 2, 2),
        "sinh": Function(np.sinh),
        "cosh": Function(np.cosh),
        "tanh": Function(np.tanh),
        "asinh": Function(np.arcsinh),
        "acosh": Function(np.arccosh),
        "atanh": Function(np.arctanh),
        "exp": Function(np.exp),
        "log": Function(np.log),
        "sqrt": Function(np.sqrt),
        "abs": Function(np.abs),
        "sign": Function(np.sign),
        "min": Function(_least, 2, None),
        "max": Function(_greatest, 2, None),
        "hypot": Function(np.hypot, 2, 2),
    }
)
ALIASES: Final[Mapping[str, str]] = MappingProxyType({"arctan2": "atan2", "ln": "log"})
CONSTANTS: Final[Mapping[str, float]] = MappingProxyType({"pi": np.pi, "e": np.e})
OPERATORS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
        "**": operator.pow,
        "negative": operator.neg,
        "positive": operator.pos,
    }
)

NAMES: Final = frozenset({*FUNCTIONS, *ALIASES, *CONSTANTS})
