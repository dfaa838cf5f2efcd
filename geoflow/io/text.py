"""Text wires: one point ``x y z`` a line, blank lines between loops.

Between numbers stand blanks, tabs, commas or semicolons; a ``#`` starts a comment; the first line may be a header of words.
One that calls a column x and another y says by it which is which, the third one being z whatever it is called ("z,y,x"; "Y [m],
X [m], height"). Of more columns the header has to name x, y and z; one called loop parts loops where it changes, as a blank line
does, and others mean nothing. Any other header says nothing, and the columns are x, y, z.
UTF-8 with or without a byte-order mark (UTF-16 with one), Unix and Windows line ends. Only the text is judged here: whether a
loop closes, repeats or crosses is geometry, and is judged where wires are made.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geoflow.errors import BadInput
from geoflow.io.files import read_bytes, shown

MAX_BYTES: Final = 2**28
MAX_MAGNITUDE: Final = 1e100

_BETWEEN: Final = re.compile(r"\s*[,;]\s*|\s+")
_JUNK: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
NAME: Final = "of more columns a header has to name x, y and z"
PART: Final = "loops are parted by blank lines"
_LABELS: Final = ("id", "loop")
"""Names of columns that hold no coordinates."""
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
        numbers of magnitude up to 1e100 or without what its header names, a loop that comes back, or no points at all.
    """
    loops: list[list[tuple[float, ...]]] = [[]]
    names: tuple[str, ...] = ()
    columns: _Columns | None = None
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
            where = f"{shown(path)}, line {number}"
            columns = columns or _Columns.of(names, words, where, content, least)  # as the first line has it
            point = columns.point(words, where, content)
            if columns.parts(words, where) and loops[-1]:
                loops.append([])
            loops[-1].append(point)
        header_may_come = False
    arrays = tuple(np.array(loop, dtype=np.float64) for loop in loops if loop)
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


@dataclass
class _Columns:
    """Which of ``count`` columns are x, y and, if there are three, z; the one that names loops; and the loops named so far."""

    count: int
    taken: list[int]
    loop: int | None = None
    seen: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, names: tuple[str, ...], words: list[str], where: str, content: str, least: int) -> _Columns:
        """By the header's names, as far as they say it, and the first line of numbers."""
        count = len(words)
        named = names if len(names) == count else ()
        taken = _named(named, least)
        if taken is None:
            told = "three numbers x y z" if least == 3 else "numbers x y or x y z"
            if count not in (least, 3) or set(named) & set(_LABELS):
                raise _uneven(told, count, where, content, f"{NAME}, and {PART}" if count > 2 else "")
            return cls(count, list(range(count)))
        return cls(count, taken, named.index("loop") if named.count("loop") == 1 else None)

    def point(self, words: list[str], where: str, content: str) -> tuple[float, ...]:
        """The coordinates in a line."""
        if len(words) != self.count:
            numbers = {2: "two numbers x y", 3: "three numbers x y z"}
            told = numbers.get(self.count, "") if self.count == len(self.taken) else f"the {self.count} columns of the header"
            raise _uneven(told, len(words), where, content)
        return tuple(_coordinate(words[k], where) for k in self.taken)

    def parts(self, words: list[str], where: str) -> bool:
        """Whether a line is of another loop than the line before."""
        if self.loop is None or words[self.loop] in self.seen[-1:]:
            return False
        if words[self.loop] in self.seen:
            remedy = "this loop has ended further up: put the points of a loop one after the other"
            raise BadInput(where, _printable(words[self.loop]) or "''", remedy)
        self.seen.append(words[self.loop])
        return True


def _named(names: tuple[str, ...], least: int) -> list[int] | None:
    """The columns of x, y and, unless they are in the plane, z, whatever it is called if it is the only other; None: not said."""
    if names.count("x") != 1 or names.count("y") != 1:
        return None
    plan = [names.index("x"), names.index("y")]
    others = [k for k, name in enumerate(names) if k not in plan and name not in _LABELS]
    if len(others) > 1 and names.count("z") == 1:
        others = [names.index("z")]
    return [*plan, *others] if least - 2 <= len(others) <= 1 else None


def _number(word: str) -> float | None:
    if "_" in word:
        return None
    try:
        return float(word)
    except ValueError:
        return None


def _uneven(told: str, count: int, where: str, content: str, more: str = "") -> BadInput:
    """What to say of a line of too many or too few words."""
    remedy = f"a line holds {told} (with decimal points, not commas), this one holds {count}"
    return BadInput(where, _printable(content), f"{remedy}: {more}" if more else remedy)


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
