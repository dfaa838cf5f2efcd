"""The standard streams of a command: there, whatever the shell closed, and able to say everything, whatever the locale is.

In an ASCII locale × is written x, τ tau and ‖v‖ ||v||; what a terminal or file can take is left alone.
"""

from __future__ import annotations

import codecs
import io
import logging
import os
import sys
import unicodedata
from typing import Any, TextIO, cast

PLAIN = "geoflow.plain"  # the name of an error handler, as codecs have them
WORDS = {
    "×": "x", "−": "-", "–": "-", "—": "-", "±": "+-", "·": "*", "÷": "/", "√": "sqrt", "∞": "inf", "→": "->", "…": "...",
    "≤": "<=", "≥": ">=", "≈": "~", "‖": "||", "∇": "grad ", "∂": "d", "∫": "int ", "′": "'", "″": "''", "°": " deg",
}  # fmt: skip


class Unheard:
    """A stream on which what nobody reads, or has room for, is lost: words on the way must not end a run."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write if it can be written."""
        try:
            return self.stream.write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        """Flush if that is possible."""
        try:
            self.stream.flush()
        except OSError:
            return

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def steady() -> None:
    """Put the streams of this process right."""
    codecs.register_error(PLAIN, _plain)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # the lowest first: each takes its own number
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAIN)
    sys.stderr = cast(TextIO, Unheard(sys.stderr))
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # which tells, in two lines, that it keeps nothing in no home


def silence() -> None:
    """Let what is still to be said on stdout be lost, when nobody reads it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    """The first character that a stream cannot take, in others; a byte of a file's name that is no text as it is."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character, after = error.object[error.start], error.start + 1
    if "\udc80" <= character <= "\udcff":
        return bytes([ord(character) - 0xDC00]), after
    return in_ascii(character), after


def in_ascii(character: str) -> str:
    r"""A character by others.

    >>> " ".join(map(in_ascii, "×‖τ²₁½é"))
    'x || tau ^2 1 1/2 \\xe9'
    """
    name = unicodedata.name(character, "")
    if character in WORDS:
        return WORDS[character]
    if name.startswith("GREEK "):
        return name.split()[-1].lower()
    kind, *parts = unicodedata.decomposition(character).split() or [""]
    if kind in ("<super>", "<sub>", "<fraction>"):
        whole = "".join(chr(int(part, 16)) for part in parts).replace("\N{FRACTION SLASH}", "/").replace("−", "-")
        if whole.isascii():
            return f"^{whole}" if kind == "<super>" else whole
    return character.encode("ascii", "backslashreplace").decode()
