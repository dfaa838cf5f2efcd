"""Against FEniCSx: ``python tests/benchmarks/fenicsx.py [n] [--runs 5] [--python /usr/bin/python3]``, both on one core.

The Enneper film at 513² from the same Coons patch. FEniCSx: P1 triangles, Newton to a residual of 1e-8, each system by conjugate
gradients with hypre's BoomerAMG, after a solve on a small mesh that compiles its forms. geoflow: `relax` on the same nodes, in
turn. Compared are the solves alone, and all there is to do from the numbers on: the mesh, the space and the matrix there, the
grid and the wire here. Install dolfinx with ``apt install python3-dolfinx`` or from conda-forge (``fenics-dolfinx``).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import RUNS, asked, child, header, row

RTOL = 1e-3  # of each linear system, as in geoflow; 1e-8 takes a third longer, 1e-2 a fifth less and ends just below 1e-8


def ours(n: int) -> dict[str, Any]:
    import geoflow as gf

    for _ in range(2):  # the first does not count
        began = time.perf_counter()
        film = gf.soap_film(gf.Wire.named("enneper"), n)
        ready = time.perf_counter()
        run = gf.relax(film.flow, film.start)
        times = {"solve": time.perf_counter() - ready, "whole": time.perf_counter() - began}
    gradient = float(np.linalg.norm(film.flow.differential(run.x)))
    return {**times, "newton": int(run.ledger.newton.sum()), "gradient": gradient, "area": float(run.energy[-1])}


def theirs(files: list[str]) -> dict[str, Any]:
    """The last of the films in the files, (ny, nx) heights on [−½, ½]² to start from; those before it to warm up."""
    return [film_by_fenicsx(np.load(file)) for file in files][-1]


def film_by_fenicsx(heights: np.ndarray) -> dict[str, Any]:
    import ufl
    from dolfinx import fem, mesh
    from dolfinx.fem.petsc import NonlinearProblem
    from dolfinx.nls.petsc import NewtonSolver
    from mpi4py import MPI
    from petsc4py import PETSc

    n, first = len(heights), time.perf_counter()
    domain = mesh.create_rectangle(MPI.COMM_WORLD, [[-0.5, -0.5], [0.5, 0.5]], [n - 1, n - 1])
    space = (getattr(fem, "functionspace", None) or fem.FunctionSpace)(domain, ("P", 1))
    u = fem.Function(space)
    u.interpolate(lambda x: heights[tuple(np.rint((x[[1, 0]] + 0.5) * (n - 1)).astype(int))])
    domain.topology.create_connectivity(1, 2)
    edge = mesh.exterior_facet_indices(domain.topology)
    wire = fem.dirichletbc(u.copy(), fem.locate_dofs_topological(space, 1, edge))
    area = ufl.sqrt(1 + ufl.inner(ufl.grad(u), ufl.grad(u))) * ufl.dx
    problem = NonlinearProblem(ufl.derivative(area, u), u, [wire])
    solver = NewtonSolver(MPI.COMM_WORLD, problem)
    solver.convergence_criterion, solver.atol, solver.rtol, solver.max_it = "residual", 1e-8, 1e-30, 50
    options, prefix = PETSc.Options(), solver.krylov_solver.getOptionsPrefix()
    for name, value in {"ksp_type": "cg", "ksp_rtol": RTOL, "pc_type": "hypre", "pc_hypre_type": "boomeramg"}.items():
        options[f"{prefix}{name}"] = value
    solver.krylov_solver.setFromOptions()
    began = time.perf_counter()
    newton, converged = solver.solve(u)
    times = {"solve": time.perf_counter() - began, "whole": time.perf_counter() - first}
    assert converged  # or the solver has raised
    total = float(fem.assemble_scalar(fem.form(area)))
    return {**times, "newton": newton, "gradient": float(solver.b.norm()), "area": total}


def main(n: int, runs: int, python: str) -> None:
    import geoflow as gf

    if subprocess.run([python, "-c", "import dolfinx"], capture_output=True).returncode:
        raise SystemExit(f"{python} has no dolfinx: apt install python3-dolfinx, or give --python one that has it")
    results: dict[str, list[Any]] = {"FEniCSx": [], "geoflow": []}
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder) / f"{size}.npy") for size in (33, n)]
        for file, size in zip(files, (33, n), strict=True):
            np.save(file, gf.soap_film(gf.Wire.named("enneper"), size).start)
        for _ in range(runs):
            results["FEniCSx"].append(child(__file__, "theirs", *files, python=python))
            results["geoflow"].append(child(__file__, "ours", n))
    header(f"Enneper at {n}², FEniCSx with BoomerAMG against geoflow, medians of {runs}")
    for part in ("solve", "whole"):
        median = {who: statistics.median(r[part] for r in told) for who, told in results.items()}
        for who, told in results.items():
            row(f"{who}, {part} ({told[0]['newton']} Newton)", median[who], "s")
        row(f"geoflow, times as fast, {part}", median["FEniCSx"] / median["geoflow"], "×", 25, 60)
    for who, told in results.items():
        print(f"    {who}: ‖dA‖₂ {told[0]['gradient']:.2g}, area {told[0]['area']:.9f}", flush=True)


if __name__ == "__main__":
    if (given := asked()) is not None:
        print(json.dumps(theirs(given[1:]) if given[0] == "theirs" else ours(int(given[1]))))
    else:
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("n", type=int, nargs="?", default=513)
        parser.add_argument("--runs", type=int, default=RUNS)
        parser.add_argument("--python", default="/usr/bin/python3", help="one that has dolfinx")
        arguments = parser.parse_args()
        main(arguments.n, arguments.runs, arguments.python)
