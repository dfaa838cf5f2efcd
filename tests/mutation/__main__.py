"""Small faults, planted one at a time in the numerics: how many of them does the quick suite see?

    python -m tests.mutation --count 120 --seed 1 --jobs 2 --json verdicts.json

(DeMillo, Lipton and Sayward, 1978.) First the quick suite runs once without a fault, in a copy of the checkout, and notes
which functions each test calls and for how long it runs (`reach.py`). Then, for each fault, in a copy of that copy, the tests
run that call the function it is in, the shortest and most direct first, then the others of their files and those that start
processes (`nearest.py`). The first red test kills the fault, and so does a run of three times the processor time it should take.
--seconds cuts that list. Tests that killed run once more without a fault: one that is red there has killed nothing.

A compiled kernel does not know that another one it calls has changed, so in a fault's copy all kernels are compiled anew
whose modules import the changed one, at whatever remove; the others come from the copy's cache.

What survives is in `survivors.md`, each with the reason why no promise could see it.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numba  # noqa: F401  what every test imports is imported once: a fork has it already
import pytest as tester
import scipy.integrate
import scipy.sparse.linalg  # noqa: F401
import sympy  # noqa: F401

from tests.mutation.faults import ROOT, Fault, chosen
from tests.mutation.nearest import importers, nearest


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


def pytest(where: Path, words: list[str], seconds: float = float("inf"), **variables: str) -> tuple[int, str]:
    """Its exit status in that checkout and what it said; −1 where it took longer. A fork: so numpy and all that is imported."""
    with tempfile.TemporaryFile() as said:
        if (child := os.fork()) == 0:
            try:
                os.setpgid(0, 0)
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                os.chdir(where)
                os.environ.update(variables, PYTHONPATH=str(where), GEOFLOW_THREADS="1")
                os.environ.pop("NUMBA_CACHE_DIR", None)  # kernels lie beside their modules
                sys.path[0] = str(where)
                for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
                    del sys.modules[name]
                status = tester.main(["-p", "tests.mutation.reach", "-q", "-n", "0", "-p", "no:cacheprovider", *words])
                sys.stdout.flush()
                os._exit(status)
            finally:
                os._exit(70)
        ends = time.monotonic() + seconds
        while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < ends:
            time.sleep(0.05)
        if ended[0] == 0:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
        said.seek(0)
        return -1 if ended[0] == 0 else os.waitstatus_to_exitcode(ended[1]), said.read().decode(errors="replace")


def reached(work: Path) -> list[dict[str, Any]]:
    """What each test of the quick suite calls: one run in a copy of the checkout, which leaves its kernels compiled there."""
    whole, record = work / "whole", work / "reach.jsonl"
    if not record.exists():
        copied(whole)
        files = sorted(str(p.relative_to(whole)) for p in (whole / "tests").rglob("test_*.py") if "architecture" not in p.name)
        print(pytest(whole, [*files, "geoflow"], REACH_RECORD=str(work / "reach.part"))[1][-500:], flush=True)
        (work / "reach.part").rename(record)
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


def stale(where: Path, module: str) -> list[Path]:
    """The compiled kernels of a checkout that a change of a module may concern."""
    homes = [where / "geoflow" / one for one in importers(module)]
    return [file for home in homes for file in (home.parent / "__pycache__").glob(f"{home.stem}.*.nb[ic]")]


def verdict(work: Path, fault: Fault, tests: list[str], limit: float) -> dict[str, object]:
    """Plant it in a copy, test that; killed: by a red test, by a crash, or by taking too long."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=work, prefix="fault-") as folder:
        copy, order = Path(folder) / "geoflow", Path(folder) / "order.json"
        shutil.copytree(work / "whole", copy, symlinks=True)
        path = copy / "geoflow" / fault.module
        text = path.read_bytes()
        assert text[fault.start : fault.end].decode() == fault.old, f"{work / 'whole'} is of another checkout"
        path.write_bytes(text[: fault.start] + fault.new.encode() + text[fault.end :])
        for kernel in stale(copy, fault.module):
            kernel.unlink()
        order.write_text(json.dumps(tests), encoding="utf-8")
        files = list(dict.fromkeys(name.split("::")[0] for name in tests))
        variables = {"REACH_ORDER": str(order), "REACH_SECONDS": str(round(limit))}
        status, said = pytest(copy, ["-x", *files], 4.0 * limit, **variables) if tests else (0, "")
    red = next((row for row in said.splitlines() if row.startswith(("FAILED", "ERROR"))), f"exit {status}")
    by = "" if status in (0, 5) else red if status > 0 else f"no end after {limit:.0f} s" if status in (-1, -24, -9) else red
    assert status != 4, said
    seconds = round(time.perf_counter() - began, 1)
    return {**asdict(fault), "killed": bool(by), "by": by[:300], "tests": len(tests), "seconds": seconds}


def red_anyway(work: Path, results: list[dict[str, Any]]) -> set[str]:
    """Of the tests that killed, those that are red without a fault as well."""
    names = sorted({str(r["by"]).split(" ", 1)[1].split(" - ")[0] for r in results if str(r["by"]).startswith("FAILED")})
    order = work / "order.json"
    order.write_text(json.dumps(names), encoding="utf-8")
    files = list(dict.fromkeys(name.split("::")[0] for name in names))
    status, said = pytest(work / "whole", files, REACH_ORDER=str(order), REACH_SECONDS="100000") if names else (0, "")
    assert status in (0, 1), said
    return {row.split(" ", 1)[1].split(" - ")[0] for row in said.splitlines() if row.startswith("FAILED")}


def main() -> int:
    """Plant them, print them; 1 if fewer than nine in ten are seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=3600.0, help="of tests for a fault, at the times noted without one")
    parser.add_argument("--only", default="", help="only faults whose line of print holds this")
    parser.add_argument("--tests", nargs="*", help="these tests, instead of the nearest")
    parser.add_argument("--work", type=Path, help="a folder whose copy of the checkout and table of tests are used again")
    parser.add_argument("--json", type=Path, help="all verdicts; what it holds already is not done again")
    parser.add_argument("--list", action="store_true", help="only list the faults")
    options = parser.parse_args()
    faulty = [fault for fault in chosen(options.count, options.seed) if options.only in str(fault)]
    if options.list:
        print("\n".join(map(str, faulty)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        work = (options.work or Path(folder)).resolve()
        work.mkdir(exist_ok=True)
        table = reached(work)
        seconds = {test["test"]: float(test["seconds"]) for test in table}
        done = json.loads(options.json.read_text(encoding="utf-8")) if options.json and options.json.exists() else []
        results = {(r["module"], r["start"], r["new"]): r for r in done}

        def one(fault: Fault) -> dict[str, Any]:
            old = results.get((fault.module, fault.start, fault.new), {"killed": False, "budget": 0.0})
            if old["killed"] or old["budget"] >= options.seconds:
                return old
            tests: list[str] = []
            total = 0.0
            for name in options.tests or nearest(fault, table):
                total += seconds.get(name, 1.0)
                if total <= options.seconds or not tests:
                    tests.append(name)
            spent = sum(seconds.get(name, 1.0) for name in tests)
            return {**verdict(work, fault, tests, 60.0 + 3.0 * spent), "budget": options.seconds, "left": round(total - spent, 1)}

        faulty.sort(key=lambda fault: len(stale(work / "whole", fault.module)))
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for fault, result in zip(faulty, pool.map(one, faulty), strict=True):
                results[fault.module, fault.start, fault.new] = result
                word, rest = ("killed  ", result["by"]) if result["killed"] else ("SURVIVED", f"{result['tests']} tests")
                print(f"{word} {result['seconds']:7.1f} s  {fault}  {rest}", flush=True)
                if options.json:
                    options.json.write_text(json.dumps(list(results.values()), indent=1), encoding="utf-8")
        ours = [results[fault.module, fault.start, fault.new] for fault in faulty]
        doubtful = red_anyway(work, ours)
    for name in sorted(doubtful):
        print(f"red without a fault too: {name}")
    killed = sum(r["killed"] and not any(name in r["by"] for name in doubtful) for r in ours)
    print(f"{killed} of {len(ours)} faults seen, {100.0 * killed / max(len(ours), 1):.1f} %")
    return 0 if killed >= 0.9 * len(ours) else 1


if __name__ == "__main__":
    sys.exit(main())
