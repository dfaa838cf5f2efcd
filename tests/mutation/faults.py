"""Which small faults can be planted in geoflow's numerics, and which are no faults.

A fault changes a sign, an operator, a comparison, an index (one more) or a factor (half as much again) at one place. No fault,
decided before any was planted: texts, times and seeds; how far, how long and how closely to iterate; how many roundings an
estimate allows for; and caps, sizes and shares that a module names in capitals, whose values are choices.
"""

from __future__ import annotations

import ast
import random
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NUMERICS = (
    *("energies", "steppers", "solvers", "domains", "points", "exact", "formula"),
    *("metrics.py", "flow.py", "monitor.py", "march.py", "pace.py", "escape.py", "endings.py", "starts.py", "contact.py"),
    *("evolution.py", "recording.py", "relaxation.py", "extrapolate.py", "nested_films.py", "detached.py", "ledger.py"),
    *("spectra.py", "derivative_check.py"),
)
OPERATORS = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Pow: "*",
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.And: "or", ast.Or: "and",
}  # fmt: skip
SIGNS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.And: "and", ast.Or: "or",
}  # fmt: skip
NAMES = {"minimum": "maximum", "maximum": "minimum", "min": "max", "max": "min", "floor": "ceil", "ceil": "floor", "sin": "cos"}
TOLERANCE = re.compile(r"1(\.0)?e-\d+")  # how closely: half as much again breaks no promise
PATIENCE = ("maxiter", "max_nfev", "maxfev", "ncv", "tol", "rtol", "atol", "xtol", "gtol", "ftol", "seed", "stacklevel")
TEXT = ("split", "rsplit", "partition", "join", "ljust", "rjust", "center", "format", "shorten", "wrap", "warn", "default_rng")


@dataclass(frozen=True)
class Fault:
    """A text that replaces another at a place of a module."""

    module: str
    line: int
    start: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"geoflow/{self.module}:{self.line}: {self.old.strip()} → {self.new.strip()}"


def faults(module: str, text: str) -> list[Fault]:
    """All faults that can be planted in a module."""
    lines = [0]
    for line in text.encode().splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    data, found = text.encode(), []

    def span(node: ast.AST) -> tuple[int, int]:
        return lines[node.lineno - 1] + node.col_offset, lines[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def add(node: ast.AST, start: int, end: int, new: str) -> None:
        found.append(Fault(module, node.lineno, start, end, data[start:end].decode(), new))  # type: ignore[attr-defined]

    def between(node: ast.AST, left: ast.AST, right: ast.AST, kind: type[ast.AST]) -> None:
        start, end = span(left)[1], span(right)[0]
        gap = data[start:end].decode()
        if gap.count(SIGNS[kind]) == 1 and "#" not in gap and (kind is not ast.Mult or "**" not in gap):
            add(node, start, end, gap.replace(SIGNS[kind], OPERATORS[kind]))

    def visit(node: ast.AST) -> None:
        if not planted(node):
            return
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS and not _texts(node):
            between(node, node.left, node.right, type(node.op))
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATORS:
            between(node, node.left, node.comparators[0], type(node.ops[0]))
        if isinstance(node, ast.BoolOp) and len(node.values) == 2:
            between(node, node.values[0], node.values[1], type(node.op))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
            start, end = span(node)
            add(node, start, end, data[start + 1 : end].decode())
        if (number := _number(node)) is not None:
            start, end = span(node)
            if not TOLERANCE.fullmatch(data[start:end].decode()):
                add(node, start, end, repr(number + 1 if isinstance(number, int) else 1.5 * number or 1.0))
        if isinstance(node, ast.Attribute) and node.attr in NAMES:
            start, end = span(node)
            add(node, end - len(node.attr), end, NAMES[node.attr])
        for name, child in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list"):
                continue
            for one in child if isinstance(child, list) else [child]:
                if isinstance(one, ast.AST):
                    visit(one)

    visit(ast.parse(text))
    return found


def planted(node: ast.AST) -> bool:
    """Whether faults are planted in this node: not in texts, imports, messages, times; not where the number is a choice."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom)):
        return False
    if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
        return False
    if isinstance(node, ast.FunctionDef) and node.name in ("__repr__", "__str__"):
        return False
    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "").isupper():
        return not _choice(node.value)  # KEEP = 1 << 28, MAX_CG = 1_000, FILTER = 0.1: caps, sizes, shares; not GAMMA = 0.1237318
    if isinstance(node, ast.BinOp) and "perf_counter" in ast.dump(node):
        return False
    if isinstance(node, ast.keyword) and node.arg in PATIENCE:
        return False
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in TEXT:
        return False
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
        return not (len(node.args) == 1 and _choice(node.args[0]))  # for _ in range(40): patience
    return not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and _roundings(node))


def _number(node: ast.AST) -> int | float | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _choice(node: ast.expr) -> bool:
    """A lone number of at most two digits, an integer from ten on, or a power of two."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.LShift)
    number = _number(node)
    return number is not None and (number >= 10 if isinstance(number, int) else number == float(f"{number:.1e}"))


def _roundings(node: ast.BinOp) -> bool:
    """8 ε …: how many roundings an estimate allows for."""
    return isinstance(node.left, ast.Constant) and any(word in ast.dump(node.right) for word in ("'EPS'", "'eps'"))


def _texts(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr) or isinstance(getattr(side, "value", None), str) for side in (node.left, node.right)
    )


def chosen(count: int, seed: int) -> list[Fault]:
    """So many faults, each place as likely as any other, no line twice."""
    picked, everything = random.Random(seed), []
    for part in NUMERICS:
        home = ROOT / "geoflow" / part
        for path in sorted(home.rglob("*.py")) if home.is_dir() else [home]:
            everything += faults(path.relative_to(ROOT / "geoflow").as_posix(), path.read_text(encoding="utf-8"))
    picked.shuffle(everything)
    places, kept = set(), []
    for fault in everything:
        if (fault.module, fault.line) not in places:
            places.add((fault.module, fault.line))
            kept.append(fault)
    return kept[:count]
