"""Steep wires: ``python tests/benchmarks/steep.py [n …]``, 65² … 1025² or the sizes given, on one thread.

Scherk's film on [−1.4, 1.4]² (slopes of 6) and on [−1.55, 1.55]² (of 48), and a diagonal front, tanh(30 (x + y)) on the wire
and at the start. `relax` runs as it always does; beside each of Newton's systems on the finest grid, and the ones that ask
whether the film is at rest, the same system is solved to a relative residual of 1e-8 with a hierarchy of its own, and the
iterations of conjugate gradients are counted: the most of them, and how many Newton steps there were.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from unittest import mock

import numpy as np
from common import header, pin, row, seconds

import geoflow as gf
from geoflow.exact.surfaces import scherk
from geoflow.solvers.linear import Multigrid, Prepared, Solution, prepare

RTOL = 1e-8
FRONT = "tanh(30*(x + y))"
CASES = {  # name: (film of n² nodes, bounds of CG, bounds of Newton)
    "Scherk 1.4": (lambda n: gf.soap_film(gf.Wire.of(scherk(1.4)), n), (15, 10), (8, 4)),
    "Scherk 1.55": (lambda n: gf.soap_film(gf.Wire.of(scherk(1.55)), n), (40, 15), ()),
    "front": (lambda n: gf.soap_film(gf.Wire.formula(FRONT), n, start=FRONT), (40, 15), ()),
}


@contextlib.contextmanager
def counted(size: int) -> Iterator[list[int]]:
    """The iterations to RTOL of each multigrid system of so many unknowns that is solved meanwhile, whatever was asked of it."""
    plain, counts = Prepared.solve, []

    def solve(self: Prepared, b: np.ndarray, *asked: float) -> Solution:
        if self.size == size and isinstance(self.solver, Multigrid) and np.any(b):
            own = prepare(self.solver.matrix, self.solver.fixed)
            counts.append(plain(own, b, RTOL).iterations)
        return plain(self, b, *asked)

    with mock.patch.object(Prepared, "solve", solve):
        yield counts


def main(sizes: list[int]) -> None:
    header(f"steep wires: CG at rtol {RTOL:g} on the finest grid, most of all Newton steps")
    for name, (film_of, of_cg, of_newton) in CASES.items():
        for n in sizes:
            film = film_of(n)
            with counted(n * n) as counts:
                run = gf.relax(film.flow, film.start, raise_on_failure=False)
            time = seconds(lambda film=film: gf.relax(film.flow, film.start, raise_on_failure=False))
            if not run.success:
                print(f"{name}, {n}²: {run.message}")
            row(f"{name}, {n}², CG", max(counts) if run.success else None, "", *of_cg)
            row(f"{name}, {n}², Newton", int(run.ledger.newton.sum()) if run.success else None, "", *of_newton)
            error = np.linalg.norm(film.flow.differential(run.x))
            print(f"    CG {counts}, ‖dA‖₂ {error:.2g}, slopes up to {steepest(film, run.x):.3g}, {time:.3g} s", flush=True)


def steepest(film: gf.Film, u: np.ndarray) -> float:
    """The largest slope along a side of a cell."""
    hx, hy = film.grid.spacing
    return float(max(np.abs(np.diff(u, axis=1)).max() / hx, np.abs(np.diff(u, axis=0)).max() / hy))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", default=[65, 129, 257, 513, 1025])
    pin()
    main(parser.parse_args().sizes)
