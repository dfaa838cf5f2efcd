"""Many dimensions: ``python tests/benchmarks/dimension.py [--dimension 1000000] [--kinds dia csr operator …]``.

Fifty steps of SDIRK2 on V = Σ λ_k (√(1 + x_k²) − 1 + x_k²/2), λ from 1e-6 to 1, so that κ = 10⁶, at τ = 1 and at τ = 1000, which
is stiff. d²V is given as a diagonal, as a csr matrix, as a product with vectors that tells its diagonal, and as one that does
not. Beside the time and the peak memory of the process: how often the user's own functions were called, and how long that took.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from common import asked, child, header, peak_bytes, row, seconds

KINDS = ("dia", "csr", "operator-with-diagonal", "operator")


def once(kind: str, n: int, tau: float) -> dict[str, Any]:
    """One run of fifty steps, after a short one that does not count."""
    import numpy as np
    from scipy import sparse
    from scipy.sparse.linalg import LinearOperator

    import geoflow as gf

    spent = {"value": 0.0, "differential": 0.0, "hessian": 0.0, "product": 0.0}
    calls = dict.fromkeys(spent, 0)

    def timed(name: str, work: Any) -> Any:
        def call(*arguments: Any) -> Any:
            began = time.perf_counter()
            out = work(*arguments)
            spent[name] += time.perf_counter() - began
            calls[name] += 1
            return out

        return call

    slopes = np.geomspace(1e-6, 1.0, n)

    def hessian(x: np.ndarray) -> Any:
        entries = slopes * ((1.0 + x * x) ** -1.5 + 1.0)
        if kind == "dia":
            return sparse.dia_array((entries[None], [0]), shape=(n, n))
        if kind == "csr":
            return sparse.csr_array((entries, np.arange(n), np.arange(n + 1)), shape=(n, n))
        operator = LinearOperator((n, n), matvec=timed("product", lambda v: entries * v.ravel()), dtype=float)
        if kind == "operator-with-diagonal":
            operator.diagonal = lambda: entries
        return operator

    energy = gf.Potential(
        timed("value", lambda x: float(np.sum(slopes * (np.sqrt(1.0 + x * x) - 1.0 + 0.5 * x * x)))),
        timed("differential", lambda x: slopes * (x / np.sqrt(1.0 + x * x) + x)),
        timed("hessian", hessian),
    )
    flow, start = gf.GradientFlow(energy, gf.Euclidean()), 2.0 * np.random.default_rng(0).standard_normal(n)
    gf.evolve(flow, start, tau, dt=tau, method=gf.SDIRK2())
    for name in calls:
        calls[name], spent[name] = 0, 0.0
    found: dict[str, Any] = {}
    took = seconds(lambda: found.update(run=gf.evolve(flow, start, 50 * tau, dt=tau, method=gf.SDIRK2())))
    run = found["run"]
    assert run.status == "reached t_end"
    assert len(run.ledger) == 50
    newton = int(run.ledger.newton.sum())
    return {"seconds": took, "peak": peak_bytes(), "newton": newton, "calls": calls, "own": sum(spent.values())}


def main(n: int, kinds: list[str], threads: int) -> None:
    header(f"50 steps of SDIRK2 in {n:g} dimensions, κ = 1e6, {threads} core{'s' * (threads > 1)}")
    for kind in kinds:
        for tau in (1.0, 1000.0):
            told = child(__file__, kind, n, tau, threads=threads)
            case = f"{kind}, τ = {tau:g}"
            row(case, told["seconds"], "s", 30.0 if n <= 1_000_000 else None)
            row(f"{case}, peak memory", told["peak"] / 1e9, "GB", 2.0 if n <= 1_000_000 else None)
            asked_for = ", ".join(f"{count} {name}s" for name, count in told["calls"].items() if count)
            print(f"  {told['newton']} Newton iterations; {asked_for}, {told['own']:.1f} s of it")


if __name__ == "__main__":
    if (given := asked()) is not None:
        print(json.dumps(once(given[0], int(given[1]), float(given[2]))))
    else:
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("--dimension", type=int, default=1_000_000)
        parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
        parser.add_argument("--threads", type=int, default=2)
        arguments = parser.parse_args()
        main(arguments.dimension, arguments.kinds, arguments.threads)
