"""A film in motion against scipy's BDF: ``python tests/benchmarks/motion.py [n …] [--runs 5]``, on one thread.

sin πx sin πy on the unit square, its wire flat, to T = 0.1, at 129² and 257² or the sizes given. `solve_ivp(BDF)`, with our
differential on the free nodes and the analytic sparse Jacobian −diag(1/area) d²A, takes the loosest of its tolerances whose
largest error at T is at most 1e-6 against SDIRK3 with 400 equal steps (and says by how much that differs from 200 steps);
`evolve` with SDIRK3 the loosest whose error is at most that of BDF then. Timed in turn, in one process.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from common import RUNS, header, medians, pin, row
from scipy import sparse
from scipy.integrate import solve_ivp

import geoflow as gf

T, WANTED = 0.1, 1e-6
RUNGS = (9.0, 8.0, 7.0, 6.0, 5.0, 4.5, 4.0, 3.5, 3.0, 2.5, 2.0, 1.75, 1.5, 1.25, 1.0)
LADDER = [m * 10.0**-k for k in (5, 6, 7, 8) for m in RUNGS]
BOUNDS = {129: (5.0, 15.0), 257: (10.0, 30.0)}


def peer(film: gf.Film) -> Callable[[float], np.ndarray]:
    """tolerance → heights at T, by BDF: du/dt = −dA/area on the free nodes, its matrix that of the same."""
    free = np.flatnonzero(~film.grid.boundary)
    area, energy, whole = film.grid.node_area.ravel()[free], film.flow.energy, film.start.ravel()
    minus = sparse.diags_array(-1.0 / area)

    def full(y: np.ndarray) -> np.ndarray:
        u = whole.copy()
        u[free] = y
        return u.reshape(film.grid.shape)

    def speed(t: float, y: np.ndarray) -> np.ndarray:
        return -energy.differential(full(y)).ravel()[free] / area

    def jacobian(t: float, y: np.ndarray) -> sparse.csc_matrix:
        return sparse.csc_matrix(minus @ energy.hessian(full(y)).tocsr()[free][:, free])

    def run(tolerance: float) -> np.ndarray:
        found = solve_ivp(speed, (0.0, T), whole[free], "BDF", t_eval=(T,), rtol=tolerance, atol=tolerance, jac=jacobian)
        if not found.success:
            raise SystemExit(f"BDF failed: {found.message}")
        return full(found.y[:, -1])

    return run


def loosest(run: Callable[[float], np.ndarray], reference: np.ndarray, wanted: float) -> tuple[float, float]:
    """The first tolerance of the ladder whose error is at most the wanted one, and that error."""
    for tolerance in LADDER:
        error = float(np.max(np.abs(run(tolerance) - reference)))
        if error <= wanted:
            return tolerance, error
    raise SystemExit(f"no tolerance down to {LADDER[-1]:g} brings the error to {wanted:g}")


def main(sizes: list[int], runs: int) -> None:
    header(f"sin πx sin πy to T = {T:g}: BDF with an error ≤ {WANTED:g}, ours with no larger one")
    for n in sizes:
        film = gf.soap_film(gf.Wire.formula("0*x", (0.0, 1.0, 0.0, 1.0)), n, start="sin(pi*x)*sin(pi*y)")

        def steps(count: int, film: gf.Film = film) -> np.ndarray:
            return gf.evolve(film.flow, film.start, T, method=gf.SDIRK3(), dt=T / count).x

        def ours(rtol: float, film: gf.Film = film) -> np.ndarray:
            return gf.evolve(film.flow, film.start, T, method=gf.SDIRK3(), rtol=rtol).x

        reference, theirs = steps(400), peer(film)
        their_tol, their_error = loosest(theirs, reference, WANTED)
        our_tol, our_error = loosest(ours, reference, their_error)
        works = {"ours": lambda f=ours, tol=our_tol: f(tol), "theirs": lambda f=theirs, tol=their_tol: f(tol)}
        times = medians(works, runs)
        row(f"{n}², SDIRK3 at rtol {our_tol:g}, error {our_error:.2g}", times["ours"], "s")
        row(f"{n}², BDF at rtol = atol {their_tol:g}, error {their_error:.2g}", times["theirs"], "s")
        row(f"{n}², times as fast", times["theirs"] / times["ours"], "×", *BOUNDS.get(n, ()))
        off = np.max(np.abs(steps(200) - reference))
        print(f"    400 steps and 200 differ by {off:.2g}; the film is still {np.max(reference):.4g} high", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", default=list(BOUNDS))
    parser.add_argument("--runs", type=int, default=RUNS)
    arguments = parser.parse_args()
    pin()
    main(arguments.sizes, arguments.runs)
