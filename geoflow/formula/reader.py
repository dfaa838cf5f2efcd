"""Reads the text of a formula onto a tape, or refuses it by place: characters, tokens, ``ast.parse``, and a walk."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import keyword
import re
import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, final

import numpy as np

from geoflow.errors import BadInput
from geoflow.formula.words import ALIASES, CONSTANTS, FUNCTIONS, NAMES, Apply

MAX_LENGTH: Final = 2000
MAX_NODES: Final = 500
MAX_DEPTH: Final = 60

_BINARY: Final = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_UNARY: Final = {ast.USub: "negative", ast.UAdd: "positive"}
_CHAINS: Final = ({"+", "-"}, {"*", "/"})

_TOKEN: Final = re.compile(
    r"""(?P<number>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)
      | (?P<name>[^\W0-9]\w*) | (?P<open>\() | (?P<close>\)) | (?P<mark>\*\*|//|.)""",
    re.VERBOSE | re.DOTALL,
)
_TEXT: Final = "a formula holds no text in quotes, only numbers and names"
_TRUTH: Final = "a formula is one expression, without equations, comparisons or logic"
_ROUND: Final = "only round brackets ( ) group, and nothing is indexed"
_REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys("'\"`", _TEXT),
        **dict.fromkeys("=<>!&|~?", _TRUTH),
        **dict.fromkeys("[]{}", _ROUND),
        **dict.fromkeys(":;@%$\\#", "this sign has no meaning in a formula: leave it out"),
        **dict.fromkeys("−–—", "write a plain minus -"),
        **dict.fromkeys("×·∙⋅", "write * to multiply"),
        "÷": "write / to divide",
        "²": "write **2",
        "³": "write **3",
        "√": "write sqrt(…)",
        "（": "write a plain bracket (",
        "）": "write a plain bracket )",
        "，": "write a plain comma ,",
        "//": "there is no whole-number division: write /",
        ".": "a formula has no attributes; a point belongs inside a number",
    }
)


@final
class BadFormula(BadInput):
    """A formula that is refused; ``str()`` of it is one line.

    Attributes
    ----------
    column : int
        Where, counted in characters from 1.
    caret : str
        The line that puts a ``^`` under that place.
    detail : str
        Two lines: the text (a window of it if it is long) and the caret.

    >>> from geoflow.formula import Formula
    >>> try:
    ...     Formula("x^2 + 1")
    ... except BadFormula as refusal:
    ...     print(refusal, refusal.detail, sep="\\n")
    formula = x^2 + 1: '^' at column 2 is not power: write x**2
    x^2 + 1
     ^
    """

    def __init__(self, field: str, text: str, column: int, remedy: str) -> None:
        clean = "".join(" " if c.isspace() else c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
        start = max(0, column - 60)
        self.column = column
        self.caret = " " * sum(map(_width, clean[start : column - 1])) + "^"
        self.detail = f"{clean[start : start + 100]}\n{self.caret}"
        super().__init__(field, clean if clean.strip() else repr(clean), remedy)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@final
@dataclasses.dataclass(frozen=True)
class _Reader:
    """The three gates for one text; ``refuse`` makes every error."""

    text: str
    variables: tuple[str, ...]
    field: str

    def read(self) -> Iterator[float | str | Apply]:
        self.scan_characters()
        self.scan_tokens()
        return self.walk(self.parse())

    def refuse(self, index: int, remedy: str) -> BadFormula:
        index = min(max(index, 0), max(len(self.text) - 1, 0))
        return BadFormula(self.field, self.text, index + 1, remedy)

    def scan_characters(self) -> None:
        if not self.text.strip():
            raise self.refuse(0, f"the formula is empty: write an expression in {', '.join(self.variables)}")
        if len(self.text) > MAX_LENGTH:
            raise self.refuse(MAX_LENGTH, f"{len(self.text)} characters are too many: at most {MAX_LENGTH}")
        for index, character in enumerate(self.text):
            if character == "^":
                raise self.refuse(index, f"'^' at column {index + 1} is not power: write {self.power_at(index)}")
            known = character in " \t+-*/(),." or f"a{character}".isidentifier()
            if known and (character == "." or character not in _REFUSED):
                continue
            shown = f"'{character}'" if character.isprintable() else f"U+{ord(character):04X}"
            remedy = _REFUSED.get(character, "write plain numbers, names, + - * / ** and ( ), on one line")
            raise self.refuse(index, f"{shown} at column {index + 1}: {remedy}")

    def power_at(self, index: int) -> str:
        base = re.search(r"[\w.]{0,20}$", self.text[:index].rstrip())
        exponent = re.match(r"[\w.]{0,20}", self.text[index + 1 :].lstrip())
        if base and exponent and base[0] and exponent[0]:
            return f"{base[0]}**{exponent[0]}"
        return "** instead, as in x**2"

    def scan_tokens(self) -> None:
        opened: list[int] = []
        before: re.Match[str] | None = None
        for token in _TOKEN.finditer(self.text):
            kind, index = token.lastgroup, token.start()
            if token[0].isspace():
                continue
            if kind == "name" and keyword.iskeyword(token[0]):
                raise self.refuse(index, f"'{token[0]}' at column {index + 1}: {_TRUTH}")
            if kind == "mark" and token[0] in _REFUSED:
                raise self.refuse(index, f"'{token[0]}' at column {index + 1}: {_REFUSED[token[0]]}")
            self.check_neighbours(before, token)
            self.count_brackets(opened, token)
            before = token
        if opened:
            raise self.refuse(opened[-1], f"'(' at column {opened[-1] + 1} is never closed: add )")
        if before is not None and before.lastgroup == "mark":
            at = f"'{before[0]}' at column {before.start() + 1}"
            raise self.refuse(before.start(), f"{at} has nothing after it: add a number or name, or leave it out")

    def count_brackets(self, opened: list[int], token: re.Match[str]) -> None:
        if token.lastgroup == "open":
            opened.append(token.start())
            if len(opened) > MAX_DEPTH:
                raise self.too_deep(token.start())
        elif token.lastgroup == "close":
            if not opened:
                raise self.refuse(token.start(), f"')' at column {token.start() + 1} closes nothing: leave it out")
            opened.pop()

    def check_neighbours(self, before: re.Match[str] | None, token: re.Match[str]) -> None:
        if before is None or before.lastgroup not in ("number", "name", "close"):
            return
        if token.lastgroup not in ("number", "name", "open") or (before.lastgroup, token.lastgroup) == ("name", "open"):
            return
        left, right = _short(before[0]), _short(token[0])
        at = f"at column {token.start() + 1}"
        if before.lastgroup == "number" and right in ("j", "J") and right not in self.variables:
            raise self.refuse(before.start(), f"'{left}{right}' {at} is complex: only real numbers are allowed")
        if before.lastgroup == "name" and (before[0] in FUNCTIONS or before[0] in ALIASES):
            raise self.refuse(before.start(), f"'{left} {right}' {at} lacks brackets: write {left}({right})")
        first = "(…)" if left == ")" else left
        second = "(…)" if right == "(" else right
        shown = self.text[before.end() - len(before[0][-20:]) : token.start() + len(token[0][:20])]
        raise self.refuse(token.start(), f"'{_short(shown)}' {at} lacks a sign: write {first}*{second}")

    def parse(self) -> ast.expr:
        stripped = self.text.strip()
        try:
            return ast.parse(stripped, mode="eval").body
        except (RecursionError, MemoryError):
            raise self.too_deep(0) from None
        except (SyntaxError, ValueError) as error:
            offset = getattr(error, "offset", None) or 1
        index = min(offset - 1 + self.indent, len(self.text) - 1)
        at = f"'{self.text[index]}' at column {index + 1}"
        raise self.refuse(index, f"near {at} something is missing or too much: write one expression, as x**2 - y**2")

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    def index(self, node: ast.expr) -> int:
        """Where a node starts, in characters; ``col_offset`` counts bytes of UTF-8."""
        return self.indent + len(self.text.strip().encode()[: node.col_offset].decode())

    def source(self, node: ast.expr) -> str:
        raw = self.text.strip().encode()[node.col_offset : node.end_col_offset]
        return _short(raw.decode())

    def too_deep(self, index: int) -> BadFormula:
        return self.refuse(index, f"nested too deep at column {index + 1}: at most {MAX_DEPTH} levels")

    def walk(self, tree: ast.expr) -> Iterator[float | str | Apply]:
        todo = [(tree, 1)]
        count = 0
        while todo:
            node, depth = todo.pop()
            count += 1
            if count > MAX_NODES:
                raise self.refuse(self.index(node), f"more than {MAX_NODES} numbers, names and signs: shorten it")
            if depth > MAX_DEPTH:
                raise self.too_deep(self.index(node))
            entry, children = self.entry(node)
            yield entry
            todo += [(child, depth + (not _chained(node, child))) for child in reversed(children)]

    def entry(self, node: ast.expr) -> tuple[float | str | Apply, list[ast.expr]]:
        match node:
            case ast.Constant():
                return self.number(node), []
            case ast.Name():
                return self.name(node), []
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return Apply(_UNARY[type(op)], 1), [operand]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return Apply(_BINARY[type(op)], 2), [left, right]
            case ast.Call(func=ast.Name() as func, args=arguments, keywords=[]):
                return self.call(func, len(arguments)), arguments
        place = f"'{self.source(node)}' at column {self.index(node) + 1}"
        raise self.refuse(self.index(node), f"{place} is not allowed: only numbers, names, signs and calls are")

    def number(self, node: ast.Constant) -> float:
        place = f"'{self.source(node)}' at column {self.index(node) + 1}"
        if type(node.value) not in (int, float):
            raise self.refuse(self.index(node), f"{place} is not a real number: write one such as 1.5")
        try:
            value = float(node.value)  # type: ignore[arg-type]
        except OverflowError:
            value = np.inf
        if not np.isfinite(value):
            raise self.refuse(self.index(node), f"{place} is too large for float64: stay below 1e308")
        return value

    def name(self, node: ast.Name) -> str:
        if node.id in self.variables or node.id in CONSTANTS:
            return node.id
        at = f"'{_short(node.id)}' at column {self.index(node) + 1}"
        if node.id in FUNCTIONS or node.id in ALIASES:
            raise self.refuse(self.index(node), f"{at} is a function: write {node.id}(…)")
        if node.id.lower() in ("nan", "inf", "infinity"):
            raise self.refuse(self.index(node), f"{at} is not a finite number: write one such as 1.5")
        raise self.refuse(self.index(node), f"{at} is unknown{_letter(node.id)}: {self.allowed(node.id)}")

    def call(self, func: ast.Name, given: int) -> Apply:
        index = self.index(func)
        at = f"'{_short(func.id)}' at column {index + 1}"
        if func.id in self.variables or func.id in CONSTANTS:
            raise self.refuse(index, f"{at} is not a function: write {func.id}*(…) to multiply")
        name = ALIASES.get(func.id, func.id)
        if name not in FUNCTIONS:
            near = _near(func.id, [*FUNCTIONS, *ALIASES])
            known = near or f"the functions are {', '.join(FUNCTIONS)}"
            raise self.refuse(index, f"{at} is not a known function{_letter(func.id)}: {known}")
        _, fewest, most = FUNCTIONS[name]
        if given < fewest or (most is not None and given > most):
            wanted = f"{fewest}" if most == fewest else f"{fewest} or more"
            plural = "" if wanted == "1" else "s"
            raise self.refuse(index, f"{at} is given {given} and takes {wanted} argument{plural}")
        return Apply(name, given)

    def allowed(self, name: str) -> str:
        near = _near(name, [*self.variables, *NAMES])
        variables = f"the variables are {', '.join(self.variables)}" if self.variables else "there are no variables"
        return f"{variables}; {near}" if near else variables


def _chained(node: ast.expr, child: ast.expr) -> bool:
    """Whether ``child`` only continues a sum or a product to the left: a long series is not a deep one."""
    if not (isinstance(node, ast.BinOp) and isinstance(child, ast.BinOp) and child is node.left):
        return False
    return any({_BINARY.get(type(node.op)), _BINARY.get(type(child.op))} <= chain for chain in _CHAINS)


def _near(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name[:40], known, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else ""


def _letter(name: str) -> str:
    strange = next((c for c in name if not c.isascii()), None)
    return f" (with {unicodedata.name(strange, 'a strange letter')})" if strange else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:30]}…"
