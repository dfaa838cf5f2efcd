"""Which tests are near a fault, and which compiled kernels a change of a module makes stale.

A function compiled by numba is called by no frame that could be noted: its tests are those that call a function which names
it, or names a kernel or a table that does. What runs at import has the tests that call a function which names it.
"""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.mutation.faults import ROOT, Fault


@dataclass(frozen=True)
class Part:
    """A function, a class's own lines, or an assignment of a module: where it is, what it is called, what it names."""

    module: str
    first: int
    last: int
    called: frozenset[str]
    names: frozenset[str]
    kind: str  # "function", "kernel", "table"


def _names(nodes: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(getattr(n, "id", getattr(n, "attr", "")) for node in nodes for n in ast.walk(node)) - {""}


def _parts(module: str, body: list[ast.stmt]) -> Iterator[Part]:
    for node in body:
        last = node.end_lineno or node.lineno
        if isinstance(node, ast.FunctionDef):
            kind = "kernel" if "kernel" in _names(node.decorator_list) else "function"
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            yield Part(module, first, last, frozenset({node.name}), _names([node]), kind)
        elif isinstance(node, ast.ClassDef):
            yield from _parts(module, node.body)
            own = [one for one in node.body if not isinstance(one, ast.FunctionDef)]
            yield Part(module, node.lineno, last, frozenset({node.name}), _names(own), "table")
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield Part(module, node.lineno, last, _names(targets), _names([node]), "table")


@functools.cache
def parts() -> tuple[Part, ...]:
    """All parts of geoflow; a class's methods come before its own lines."""
    found: list[Part] = []
    for path in sorted((ROOT / "geoflow").rglob("*.py")):
        found += _parts(path.relative_to(ROOT / "geoflow").as_posix(), ast.parse(path.read_text(encoding="utf-8")).body)
    return tuple(found)


def nearest(fault: Fault, table: list[dict[str, Any]]) -> list[str]:
    """Tests that call what holds the fault; then the others of their files, and those that name it or start processes."""
    at = next((p for p in parts() if p.module == fault.module and p.first <= fault.line <= p.last), None)
    held = [] if at is None else [at]
    if at is not None and at.kind != "function":
        while grown := [p for p in parts() if p.kind != "function" and p not in held and _uses(p, held)]:
            held += grown
        held = [p for p in parts() if p.kind == "function" and _uses(p, held)]
    lines = {(p.module, k) for p in held for k in range(p.first, p.last + 1)}

    def calls(test: dict[str, Any]) -> bool:
        return any((place.rpartition(":")[0], int(place.rpartition(":")[2])) in lines for place in test["places"])

    near = {test["test"] for test in table if calls(test)}
    files = {name.split("::")[0] for name in near}
    if at is not None and at.kind != "function":
        word = re.compile(rf"\b({'|'.join(map(re.escape, sorted(at.called)))})\b")
        files |= {f for f in {t["test"].split("::")[0] for t in table} if word.search((ROOT / f).read_text(encoding="utf-8"))}
    around = [t for t in table if t["test"] not in near and (t["starts"] or t["test"].split("::")[0] in files)]
    return [*_ordered([t for t in table if t["test"] in near]), *_ordered(around)]


def _uses(part: Part, others: list[Part]) -> bool:
    """Whether it names one of them, of its own module or of one that its module imports."""
    return any(
        other.called & part.names and (other.module == part.module or part.module in _importing()[other.module])
        for other in others
    )


def _ordered(tests: list[dict[str, Any]]) -> list[str]:
    """The shortest and most direct first: a hundred functions called count for a second. What shares a fixture stays together."""
    blocks = defaultdict(list)
    for test in tests:
        blocks[test["test"].split("::")[0] if test["shared"] else test["test"]].append(test)
    ordered = sorted(blocks.values(), key=lambda block: sum(test["seconds"] + len(test["places"]) / 100 for test in block))
    return [test["test"] for block in ordered for test in block]


def importers(module: str) -> set[str]:
    """The module and all that import it when they run, at whatever remove."""
    todo, found = [module], set()
    while todo:
        if (path := todo.pop()) not in found:
            found.add(path)
            todo += _importing()[path]
    return found


@functools.cache
def _importing() -> dict[str, set[str]]:
    """For each module those that import it."""
    paths = [path.relative_to(ROOT / "geoflow").as_posix() for path in (ROOT / "geoflow").rglob("*.py")]
    names = {f"geoflow.{path[:-3].replace('/', '.')}".removesuffix(".__init__"): path for path in paths}
    found: dict[str, set[str]] = {path: set() for path in paths}
    for name, path in names.items():
        tree = ast.parse((ROOT / "geoflow" / path).read_text(encoding="utf-8"))
        for base, word in _imports(name, path.endswith("__init__.py"), tree):
            whole = f"{base}.{word}"
            if (home := names.get(whole, names.get(base))) is not None:
                found[home].add(path)
    return found


def _imports(name: str, package: bool, node: ast.AST) -> Iterator[tuple[str, str]]:
    """What a module imports: from where, and the name that it takes there, which may be a module too."""
    if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from ((one.name, "") for one in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = name.split(".")[: len(name.split(".")) + package - node.level] if node.level else []
        base = ".".join([*above, *filter(None, [node.module])])
        yield from ((base, one.name) for one in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _imports(name, package, child)
