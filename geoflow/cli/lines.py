"""How a result is told: lines of text, each after a label, and numbers in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, log10

from geoflow.protocols import Array

MARGIN = 15  # columns before the text
DIGITS = 9  # significant ones, of the largest number of a column
LARGE, SMALL = 1e8, 1e-3  # a column whose largest number is beyond has exponents


def print_lines(lines: Iterable[tuple[str, str]]) -> None:
    """Print (label, text) pairs, the texts aligned."""
    for label, text in lines:
        print(f"{label:>{MARGIN - 2}s}  {text}".rstrip())


def wrote(files: Sequence[str]) -> list[tuple[str, str]]:
    """The lines that say which files were written."""
    return [("wrote" if k == 0 else "", name) for k, name in enumerate(files)]


def column(values: Array, floor: float = 0.0) -> list[str]:
    """Numbers one above the other, with as many decimals each; what is smaller than floor is zero, nothing else is.

    >>> import numpy as np
    >>> column(np.array([0.25, -1.5, 1e-17]), 1e-10)
    ['0.25', '-1.50', '0.00']
    >>> column(np.array([1e-9, 1.0]))
    ['1e-09', '1']
    """
    shown = [float(v) if abs(v) > floor else 0.0 for v in values]
    sizes = [abs(v) for v in shown if v]
    if not sizes:
        return ["0"] * len(shown)
    decimals = min(max(DIGITS - ceil(log10(max(sizes))), 0), DIGITS - 1)
    if not SMALL < max(sizes) < LARGE or min(sizes) < 0.5 * 10.0**-decimals:
        return [f"{v:.{DIGITS - 2}g}" for v in shown]
    texts = [f"{v:.{decimals}f}" for v in shown]
    spare = min(len(t) - len(t.rstrip("0")) for t in texts)
    return [t[: len(t) - min(spare, decimals)].rstrip(".") for t in texts]


def in_columns(columns: Sequence[Sequence[str]]) -> list[str]:
    """Rows of columns of text, set flush right, but for the first."""
    widths = [max(map(len, texts)) for texts in columns]
    rows = []
    for row in zip(*columns, strict=True):
        first, *others = (f"{text:>{width}s}" for text, width in zip(row, widths, strict=True))
        rows.append("  ".join([f"{row[0]:<{len(first)}s}", *others]))
    return rows
