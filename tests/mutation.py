"""Small faults, planted one at a time in the numerics: how many of them does the quick suite see?

    python tests/mutation.py --count 120 --seed 1 --jobs 2

A fault is a sign, an operator, a comparison, an index or a factor that is changed at one place of a copy of the checkout. The
tests that are nearest to it run first, then the rest of the quick suite; the first red test kills the fault. What survives
is listed with its place, to be killed by a new test or argued. DeMillo, Lipton and Sayward (1978) had the idea.
"""

from __future__ import annotations

import argparse
import ast
import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NUMERICS = (
    *("energies", "steppers", "solvers", "domains", "points", "exact", "formula"),
    *("metrics.py", "flow.py", "monitor.py", "march.py", "pace.py", "escape.py", "endings.py"),
    *("evolution.py", "recording.py", "relaxation.py", "extrapolate.py", "detachment.py", "spectra.py", "derivative_check.py"),
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
FIRST = {  # which tests are nearest to a package
    "energies": (
        "laws/test_energies.py",
        "laws/test_potential.py",
        "exact/test_minimal_surfaces.py",
        "exact/test_curved_wires.py",
    ),
    "steppers": ("orders/test_time_orders.py", "laws/test_decay.py", "laws/test_ledger.py", "laws/test_heavy_ball.py"),
    "solvers": ("agreement/test_solvers.py", "agreement/test_newton.py", "laws/test_memory.py", "exact/test_spectrum.py"),
    "domains": (
        "agreement/test_outlines.py",
        "exact/test_curved_wires.py",
        "agreement/test_nested.py",
        "agreement/test_wires.py",
    ),
    "points": ("exact/test_equilibria.py", "exact/test_manifolds.py", "laws/test_basins.py", "exact/test_descent.py"),
    "exact": ("exact/test_minimal_surfaces.py",),
    "formula": ("errors/test_formula.py", "laws/test_functions.py", "laws/test_intervals.py"),
}


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
    """All faults that can be planted in a module; annotations, messages, defaults of documentation are no numerics."""
    lines = [0]
    for line in text.encode().splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    data, found = text.encode(), []

    def span(node: ast.AST) -> tuple[int, int]:
        return lines[node.lineno - 1] + node.col_offset, lines[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def add(node: ast.AST, start: int, end: int, new: str) -> None:
        found.append(Fault(module, node.lineno, start, end, data[start:end].decode(), new))  # type: ignore[attr-defined]

    def between(node: ast.AST, left: ast.AST, right: ast.AST, kind: type) -> None:
        start, end = span(left)[1], span(right)[0]
        gap = data[start:end].decode()
        if gap.count(SIGNS[kind]) == 1 and "#" not in gap and (kind is not ast.Mult or "**" not in gap):
            add(node, start, end, gap.replace(SIGNS[kind], OPERATORS[kind]))

    def visit(node: ast.AST) -> None:
        if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom)):
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
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value == node.value:
            start, end = span(node)
            value = node.value + 1 if isinstance(node.value, int) else (1.0 if node.value == 0.0 else 1.5 * node.value)
            add(node, start, end, repr(value))
        if isinstance(node, ast.Attribute) and node.attr in NAMES:
            start, end = span(node)
            add(node, end - len(node.attr), end, NAMES[node.attr])
        for name, child in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list"):
                continue
            for one in child if isinstance(child, list) else [child]:
                if isinstance(one, ast.AST) and not _types_only(one):
                    visit(one)

    visit(ast.parse(text))
    return found


def _texts(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr) or isinstance(getattr(side, "value", None), str) for side in (node.left, node.right)
    )


def _types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"


def chosen(count: int, seed: int) -> list[Fault]:
    """So many faults, as many from each module as its share, no line twice."""
    picked, everything = random.Random(seed), []
    for part in NUMERICS:
        home = ROOT / "geoflow" / part
        for path in sorted(home.rglob("*.py")) if home.is_dir() else [home] * home.exists():
            everything += faults(str(path.relative_to(ROOT / "geoflow")), path.read_text(encoding="utf-8"))
    picked.shuffle(everything)
    places, kept = set(), []
    for fault in everything:
        if (fault.module, fault.line) not in places:
            places.add((fault.module, fault.line))
            kept.append(fault)
    return kept[:count]


def copied(where: Path) -> None:
    """The checkout's own files."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, target = ROOT / name, where / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def tests(copy: Path, module: str) -> list[str]:
    """The nearest tests, then all others and the docstrings."""
    near = [f"tests/{name}" for name in FIRST.get(module.split("/")[0], ("laws/test_decay.py", "laws/test_ledger.py"))]
    others = sorted(str(p.relative_to(copy)) for p in (copy / "tests").rglob("test_*.py"))
    others = [name for name in others if "test_architecture" not in name]
    return [*(n for n in near if n in others), *(n for n in others if n not in near), "geoflow"]


def verdict(copy: Path, fault: Fault, limit: float) -> dict[str, object]:
    """Plant it, test, take it out again."""
    path, began = copy / "geoflow" / fault.module, time.perf_counter()
    text = path.read_bytes()
    path.write_bytes(text[: fault.start] + fault.new.encode() + text[fault.end :])
    cache = tempfile.mkdtemp(prefix="kernels-")  # a compiled kernel does not know that one it calls has changed
    try:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests(copy, fault.module)]
        environment = {**os.environ, "PYTHONPATH": str(copy), "NUMBA_CACHE_DIR": cache, "GEOFLOW_THREADS": "1"}
        try:
            run = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=limit, env=environment)
            said = next((row for row in run.stdout.splitlines() if row.startswith(("FAILED", "ERROR"))), run.stdout[-200:])
            killed, by = run.returncode != 0, said[:160]
        except subprocess.TimeoutExpired:
            killed, by = True, f"it hangs: no end after {limit:g} s"
    finally:
        path.write_bytes(text)
        shutil.rmtree(cache, ignore_errors=True)
    return {**asdict(fault), "killed": killed, "by": by if killed else "", "seconds": round(time.perf_counter() - began, 1)}


def main() -> int:
    """Plant them, print them; 1 if fewer than nine in ten are seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds after which a fault counts as a hang")
    parser.add_argument("--json", type=Path, help="write all verdicts there")
    parser.add_argument("--list", action="store_true", help="only list the faults")
    options = parser.parse_args()
    planted = chosen(options.count, options.seed)
    if options.list:
        print("\n".join(map(str, planted)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / str(k) for k in range(options.jobs)]
        for copy in copies:
            copied(copy)
        free = list(copies)

        def one(fault: Fault) -> dict[str, object]:
            copy = free.pop()
            try:
                return verdict(copy, fault, options.limit)
            finally:
                free.append(copy)

        results = []
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for fault, result in zip(planted, pool.map(one, planted), strict=True):
                results.append(result)
                print(
                    f"{'killed  ' if result['killed'] else 'SURVIVED'} {result['seconds']:7.1f} s  {fault}  {result['by']}",
                    flush=True,
                )
                if options.json:
                    options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    killed = sum(bool(r["killed"]) for r in results)
    print(f"{killed} of {len(results)} faults seen, {100.0 * killed / len(results):.1f} %")
    return 0 if killed >= 0.9 * len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
