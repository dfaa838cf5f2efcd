"""Text wires: one point ``x y z`` a line, blank lines between loops.

Between numbers stand blanks, tabs, commas or semicolons; a ``#`` starts a comment; the first line may be a header of words.
One that calls a column x and another y says by it which is which, the third one being z whatever it is called ("z,y,x"; "Y [m],
X [m], height"); any other header says nothing, and the columns are x, y, z. UTF-8 with or without a byte-order mark (UTF-16 with
one), Unix and Windows line ends. Only the text is judged here: whether a loop closes, repeats or crosses is geometry, and is
judged where wires are made.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geoflow.errors import BadInput
from geoflow.io.files import read_bytes, shown

MAX_BYTES: Final = 2**28
MAX_MAGNITUDE: Final = 1e100

_BETWEEN: Final = re.compile(r"\s*[,;]\s*|\s+")
_JUNK: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_WORD: Final = re.compile(r"[^\W\d]|[\"'(\[]")


def read_loops(path: str | os.PathLike[str], least: int = 3) -> tuple[NDArray[np.float64], ...]:
    """Read the loops of a text wire.

    Parameters
    ----------
    path : str or path
    least : 3 or 2
        With 2 the points of a file may be x y alone, all of them.

    Returns
    -------
    tuple of ndarray, each (k, 3), or (k, 2)
        The points of each loop as they stand in the file, in its units; at least one loop, each with k ≥ 1.

    Raises
    ------
    BadInput
        Naming file and line: a file that cannot be read or is no text, a line without exactly three finite real
        numbers of magnitude up to 1e100, or no points at all.
    """
    loops: list[list[tuple[float, ...]]] = [[]]
    wanted: tuple[int, ...] = (3,) if least == 3 else (2, 3)
    names: tuple[str, ...] = ()
    header_may_come = True
    for number, line in _lines(path):
        content = line.partition("#")[0].strip()
        if not content:
            if not line.strip() and loops[-1]:
                loops.append([])
            continue
        words = _BETWEEN.split(content)
        if header_may_come and all(_WORD.match(word) and _number(word) is None for word in words):
            names = _names(content)
        else:
            loops[-1].append(_point(words, f"{shown(path)}, line {number}", content, wanted))
            wanted = (len(words),)  # as the first has it
        header_may_come = False
    order = _order(names, wanted[0])
    arrays = tuple(np.array(loop, dtype=np.float64)[:, order] for loop in loops if loop)
    if not arrays:
        raise BadInput("file", shown(path), "it holds no points: write one point x y z a line")
    return arrays


def _lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, str]]:
    data = read_bytes(path, MAX_BYTES)
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    remedy = "this is not text: give a file with one point x y z a line, saved as UTF-8"
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        breaks = error.object[: error.start].count(b"\n")
        byte = f"byte 0x{error.object[error.start]:02x}"
        raise BadInput(f"{shown(path)}, line {breaks + 1}", byte, remedy) from None
    for number, line in enumerate(re.split("\r\n|\r|\n", text), start=1):
        junk = _JUNK.search(line)
        if junk:
            raise BadInput(f"{shown(path)}, line {number}", f"U+{ord(junk[0]):04X}", remedy)
        yield number, line


def _names(header: str) -> tuple[str, ...]:
    """The names of columns in a header: small letters, without quotes, blanks and what is in brackets."""
    cells = re.split("[,;\t]", header) if re.search("[,;\t]", header) else header.split()
    names = (re.sub(r"[(\[].*|[\s\"']", "", cell).lower() for cell in cells)
    return tuple(name for name in names if name)


def _order(names: tuple[str, ...], columns: int) -> list[int]:
    """Which columns are x, y and, if there are three, z, as far as their names say."""
    if len(names) != columns or names.count("x") != 1 or names.count("y") != 1:
        return list(range(columns))
    x, y = names.index("x"), names.index("y")
    return [x, y, *(k for k in range(columns) if k not in (x, y))]


def _number(word: str) -> float | None:
    if "_" in word:
        return None
    try:
        return float(word)
    except ValueError:
        return None


def _point(words: list[str], field: str, content: str, wanted: tuple[int, ...]) -> tuple[float, ...]:
    if len(words) not in wanted:
        told = "numbers x y or x y z" if len(wanted) > 1 else "three numbers x y z" if 3 in wanted else "two numbers x y"
        remedy = f"a line holds {told} (with decimal points, not commas), this one holds {len(words)}"
        raise BadInput(field, _printable(content), remedy)
    return tuple(_coordinate(word, field) for word in words)


def _coordinate(word: str, field: str) -> float:
    value = _number(word)
    if value is None:
        complex_hint = ", and real" if word[-1:] in "jJi" and word[:1].isdigit() else ""
        raise BadInput(field, _printable(word) or "''", f"this is not a number: write one such as -1.5{complex_hint}")
    if not np.isfinite(value):
        raise BadInput(field, word, "coordinates must be finite: remove or mend this point")
    if abs(value) > MAX_MAGNITUDE:
        raise BadInput(field, word, f"this is larger than {MAX_MAGNITUDE:g}: choose other units")
    return value


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
