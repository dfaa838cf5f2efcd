"""Each kernel against the memory's bandwidth: ``python tests/benchmarks/kernels.py [n …] [--runs 5]``, on one thread.

At 1025² and 4097², or the sizes given: the time of each kernel's pass over the finest grid of an Enneper film in ns an unknown;
the bytes it cannot but move, counted as every array that it needs once (zebra lines read what couples to the other colour once
for each colour); the rate that makes, and its share of a triad a = b + s c in float64 measured in the same process. Then where
the time of `relax` goes. Every kernel is called through `strips`, which is where the clock stands.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numba
import numpy as np
from common import RUNS, median, pin

import geoflow as gf
from geoflow.errors import GeoflowError
from geoflow.solvers import multigrid
from geoflow.solvers.krylov import conjugate_gradients
from geoflow.solvers.linear import Multigrid
from geoflow.solvers.multigrid import Hierarchy
from geoflow.solvers.sums import norm

Calls = dict[str, list[float]]
CG = 5  # iterations timed together
CYCLE = (2 * (44 + 56) + 37 + 17 + 1) * 4 / 3 + 12 + 12  # B: two sweeps each way and the transfers on all grids; in and out
BYTES = {  # kernel: calls in a pass, B an unknown; single precision inside the hierarchy
    "area_rows": (1, 8),
    "area_differential": (1, 16),
    "area_matrix": (1, 48),
    "load": (1, 61),
    "factor_x": (1, 16),
    "factor_y": (1, 16),
    "interpolate_edges": (1, 24),
    "interpolate_middles": (1, 24),
    "galerkin": (1, 33),
    "enter": (1, 12),
    "lines_x": (1, 44),
    "lines_y": (1, 56),
    "restrict_residual": (1, 37),
    "prolong_add": (1, 17),
    "products": (1, 12),
    "leave": (1, 20),
    "_apply": (1, 57),
    "_dots": (1, 16),
    "_extend": (1, 24),
    "_advance": (1, 48),
    "_interpolate": (1, 10),
}


@numba.njit(nogil=True)
def triad(a: Any, b: Any, s: float, c: Any) -> None:
    for i in range(a.shape[0]):
        a[i] = b[i] + s * c[i]


def bandwidth(size: int = 30_000_000) -> float:
    """B/s of a triad whose arrays fit into no cache, 24 B an entry."""
    a, b, c = np.zeros(size), np.ones(size), np.ones(size)
    return 24 * size / median(lambda: triad(a, b, 2.0, c), 7)


@contextlib.contextmanager
def clocked(least: int) -> Iterator[Calls]:
    """Seconds of every kernel's calls on at least so many unknowns, and of the V-cycles below those; not through the pool."""
    calls: Calls = defaultdict(list)

    def timed(kernel: Callable[..., Any], *arguments: Any) -> None:
        began = time.perf_counter()
        kernel(*arguments)
        calls[getattr(kernel, "__name__", str(kernel))].append(time.perf_counter() - began)

    def strips(kernel: Callable[..., Any], rows: tuple[int, int], size: int, *arguments: Any) -> list[int]:
        if size >= least:
            timed(kernel, *arguments, *rows)
        else:
            kernel(*arguments, *rows)
        return []

    below = multigrid._below
    with contextlib.ExitStack() as stack:
        for module in [m for name, m in sys.modules.items() if name.startswith("geoflow.")]:
            if "strips" in vars(module):
                stack.enter_context(mock.patch.object(module, "strips", strips))
        stack.enter_context(mock.patch.object(multigrid, "shared", lambda size: size >= least))
        stack.enter_context(mock.patch.object(multigrid, "_below", lambda *given: timed(below, *given)))
        yield calls


def line(name: str, seconds: float, unknowns: int, count: float | None, limit: float) -> None:
    rate = None if count is None else count * unknowns / seconds
    moved = "?" if count is None else f"{count:.0f}"
    told = "" if rate is None else f"{1e-9 * rate:>8.2f} | {100.0 * rate / limit:>5.0f} %"
    print(f"{name:<24} | {1e9 * seconds / unknowns:>8.2f} | {moved:>6} | {told}", flush=True)


def profile(n: int, runs: int, limit: float) -> None:
    film = gf.soap_film(gf.Wire.named("enneper"), n)
    u, energy, fixed, size = film.start, film.flow.energy, film.grid.boundary, n * n
    matrix, b = energy.hessian(u), film.flow.differential(u)
    system = Multigrid(matrix, fixed)
    hierarchy, r, q = system.hierarchy, system.vector(b), system.vector()

    def iterate() -> None:
        with contextlib.suppress(GeoflowError):  # it stops as unconverged, which is what is wanted
            conjugate_gradients(system, b, 0.0, CG)

    coarse = film.grid.restrict(u)
    parts = (
        *(lambda: energy.value(u), lambda: energy.differential(u), lambda: energy.hessian(u), lambda: film.grid.prolong(coarse)),
        *(
            lambda: Hierarchy.of(matrix, fixed),
            lambda: system.turn(r, norm(r), np.inf, q),
            lambda: system.apply(r, q),
            iterate,
        ),
    )
    with clocked(size) as calls:
        for _ in range(runs + 1):
            for part in parts:
                part()
    print(f"\n{n}²\n{'kernel':<24} | {'ns/unkn.':>8} | {'B/unkn':>6} | {'GB/s':>8} | of triad")
    for name in sorted(set(calls) - {"_below"}, key=lambda k: list(BYTES).index(k) if k in BYTES else len(BYTES)):
        passes, count = BYTES.get(name, (1, None))
        line(name, passes * statistics.median(calls[name]), size, count, limit)
    line("one V-cycle", median(lambda: hierarchy.precondition(r, norm(r)), runs), size, CYCLE, limit)
    line("one CG iteration", median(iterate, runs) / CG, size, CYCLE + 20 + 57 + 48, limit)
    whole = median(lambda: gf.relax(film.flow, u), runs)
    with clocked(multigrid.COARSEST) as calls:
        began = time.perf_counter()
        gf.relax(film.flow, u)
        watched = time.perf_counter() - began
    print(f"{n}², relax: {whole:.3f} s, {1e9 * whole / size:.0f} ns an unknown; of {watched:.3f} s with the clock:")
    shares = {name: sum(times) for name, times in calls.items()}
    shares["outside kernels"] = watched - sum(shares.values())
    for name, spent in sorted(shares.items(), key=lambda item: -item[1]):
        print(f"    {name:<24} {100.0 * spent / watched:>5.1f} %  ({len(calls.get(name, ()))} calls)", flush=True)


def main(sizes: list[int], runs: int) -> None:
    limit = bandwidth()
    print(f"triad on one thread: {1e-9 * limit:.2f} GB/s")
    for n in sizes:
        profile(n, runs, limit)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", default=[1025, 4097])
    parser.add_argument("--runs", type=int, default=RUNS)
    arguments = parser.parse_args()
    pin()
    main(arguments.sizes, arguments.runs)
