"""A formula typed by a person, f(x, y, …): what is read is a flat tape, which `Formula.fold` replays over any algebra."""

from __future__ import annotations

import dataclasses
import keyword
import unicodedata
from collections.abc import Callable
from typing import Any, TypeVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoflow.errors import BadInput
from geoflow.formula.reader import _Reader
from geoflow.formula.words import CONSTANTS, FUNCTIONS, NAMES, OPERATORS, Apply

Tape = tuple[float | str | Apply, ...]
T = TypeVar("T")
NUMPY: dict[str, Callable[..., Any]] = {**{name: row.numpy for name, row in FUNCTIONS.items()}, **OPERATORS}
NAMED: dict[str, Any] = {name: np.float64(value) for name, value in CONSTANTS.items()}


@final
@dataclasses.dataclass(frozen=True)
class Formula:
    """A function of ``variables`` given as text.

    Parameters
    ----------
    text : str
        At most 2000 characters, 500 nodes, nested 60 deep. Numbers become float64.
    variables : tuple of str
        The names it may use, in the order in which it is called.
    field : str, optional
        What refusals call it (an option, an argument); not kept.

    Attributes
    ----------
    tape : tuple
        What was read, in prefix order: numbers (float), names of variables and constants (str), and ``Apply``.

    Raises
    ------
    BadInput
        Whatever is not on the list, as a ``BadFormula`` with ``column`` and ``detail``.

    >>> Formula("x**2 - y**2")([0, 1, 2], 1)
    array([-1.,  0.,  3.])
    """

    text: str
    variables: tuple[str, ...] = ("x", "y")
    field: dataclasses.InitVar[str] = "formula"
    tape: Tape = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self, field: str) -> None:
        variables = _checked_variables(self.variables)
        object.__setattr__(self, "variables", variables)
        if not isinstance(self.text, str):
            raise BadInput(field, _shown(self.text), "a formula is text, such as 'x**2 - y**2'")
        object.__setattr__(self, "tape", tuple(_Reader(self.text, variables, field).read()))

    def fold(self, leaf: Callable[[float | str], T], apply: Callable[[str, list[T]], T]) -> T:
        """Replay the formula over any algebra, without recursion.

        Parameters
        ----------
        leaf : callable
            Maps a number (float), or the name of a variable or constant (str), to an element.
        apply : callable
            Maps the name of an operation (a key of ``FUNCTIONS`` or ``OPERATORS``) and its operands, left to
            right, to an element.

        Returns
        -------
        The element for the whole formula. Errors are those of ``leaf`` and ``apply``.

        >>> Formula("2*x + 1").fold(str, lambda name, args: f"({name} {' '.join(args)})")
        '(+ (* 2.0 x) 1.0)'
        """
        stack: list[T] = []
        for entry in reversed(self.tape):
            if isinstance(entry, Apply):
                stack.append(apply(entry.name, [stack.pop() for _ in range(entry.arity)]))
            else:
                stack.append(leaf(entry))
        return stack.pop()

    def __call__(self, *values: ArrayLike) -> NDArray[np.float64]:
        """Evaluate in float64.

        Parameters
        ----------
        *values : array_like, one a variable, shapes that broadcast
            Real numbers; integers, booleans and float32 become float64.

        Returns
        -------
        ndarray, the broadcast shape (``()`` for scalars)
            New memory. NaN and infinity where the formula has no finite value: the caller checks.

        Raises
        ------
        BadInput
            Wrong number of values, not real numbers, or shapes that do not broadcast.
        """
        arrays = self._checked_values(values)
        named: dict[str, Any] = NAMED | dict(zip(self.variables, arrays, strict=True))

        def leaf(entry: float | str) -> Any:
            # np.float64, not float: 10.0**400.0 is inf there, and an OverflowError in plain Python.
            return named[entry] if isinstance(entry, str) else np.float64(entry)

        with np.errstate(all="ignore"):
            result = self.fold(leaf, _apply_numpy)
        shape = shape_of(arrays)
        return np.array(result if np.shape(result) == shape else np.broadcast_to(result, shape))

    def _checked_values(self, values: tuple[ArrayLike, ...]) -> list[NDArray[np.float64]]:
        if len(values) != len(self.variables):
            wanted = ", ".join(self.variables)
            raise BadInput("values", f"{len(values)} given", f"this formula is called with ({wanted})")
        arrays = [_real(name, value) for name, value in zip(self.variables, values, strict=True)]
        try:
            shape_of(arrays)
        except ValueError:
            shapes = ", ".join(str(a.shape) for a in arrays)
            raise BadInput("shapes", shapes, "give arrays whose shapes broadcast") from None
        return arrays


def shape_of(arrays: list[NDArray[np.float64]]) -> tuple[int, ...]:
    """The shape to which arrays broadcast; a ValueError if they do not. For points all have one, and NumPy need not be asked."""
    shapes = {a.shape for a in arrays}
    return shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)


def _apply_numpy(name: str, operands: list[Any]) -> Any:
    return NUMPY[name](*operands)


def _real(name: str, value: ArrayLike) -> NDArray[np.float64]:
    try:
        array = np.asarray(value)
    except ValueError:
        raise BadInput(name, _shown(value), "give a number or an array of numbers") from None
    if array.dtype.kind not in "biuf":
        raise BadInput(name, _shown(value), f"give real numbers, not {array.dtype}")
    return array.astype(np.float64, copy=False)


def _shown(value: object) -> str:
    try:
        shown = repr(value)
    except Exception:  # a huge int has no repr, and a stranger's repr may raise anything
        shown = f"<{type(value).__name__}>"
    return shown.encode("ascii", "backslashreplace").decode()


def _checked_variables(variables: object) -> tuple[str, ...]:
    remedy = "give distinct names such as ('x', 'y'), none of them a function or constant of formulas"
    if isinstance(variables, str) or not isinstance(variables, tuple | list):
        raise BadInput("variables", _shown(variables), remedy)
    names = tuple(variables)
    for name in names:
        plain = isinstance(name, str) and name.isidentifier() and name == unicodedata.normalize("NFKC", name)
        if not plain or keyword.iskeyword(name) or name in NAMES or names.count(name) > 1:
            raise BadInput("variables", _shown(name), remedy)
    return names
