"""A formula typed by a person, f(x, y, …), read without ever being executed.

The text goes through three gates: a scan of its characters and tokens, ``ast.parse`` (which builds a tree and runs
nothing), and a walk that lets through only what is listed here: real numbers, the variables, ``pi`` and ``e``,
``+ - * / **``, signs, and calls of the functions in ``FUNCTIONS``. What is left is a flat tape in prefix order, and
``Formula.fold`` replays it over any algebra: NumPy here, another table of functions elsewhere.
"""

from geoflow.formula.formula import Formula
from geoflow.formula.reader import MAX_DEPTH, MAX_LENGTH, MAX_NODES, BadFormula
from geoflow.formula.words import ALIASES, CONSTANTS, FUNCTIONS, OPERATORS, Apply, Function

__all__ = [
    "ALIASES",
    "CONSTANTS",
    "FUNCTIONS",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "MAX_NODES",
    "OPERATORS",
    "Apply",
    "BadFormula",
    "Formula",
    "Function",
]
