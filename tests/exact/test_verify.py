"""``geoflow verify`` sees faults: a sign or a factor of the scheme is changed in a copy of the package, and its row falls.

The copy has the compiled kernels of the original, which know their own file by its time: a fault in a file of kernels is
planted with an empty cache instead, since a kernel does not know that one it calls in another file has changed.
"""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import geoflow

# file, what stands there once, the fault, chapter, and the row that falls: case and quantity
QUICK = {
    "extrapolation": (
        *("extrapolate.py", "AreaEstimate((4.0 * areas[0] - areas[1]) / 3.0", "AreaEstimate((4.0 * areas[0] + areas[1]) / 5.0"),
        *("at-rest", "enneper 129²", "error of the extrapolated area"),
    ),
    "weights of SDIRK2": (
        *("steppers/sdirk2.py", "ROWS = ((GAMMA,), (1.0 - GAMMA, GAMMA))", "ROWS = ((GAMMA,), (0.5, 0.5))"),
        *("manufactured", "manufactured, L²", "order in space and time together"),
    ),
    "hessian of a potential": (
        *(
            "energies/potential.py",
            "return np.moveaxis(self._derivatives.hessian(",
            "return 1.01 * np.moveaxis(self._derivatives.hessian(",
        ),
        *("points", "valley of Rosenbrock", "largest relative error of its eigenvalues"),
    ),
    "weights of the pair": (
        *("steppers/rk32.py", "new, v4 = arrive(1.0, x + dt * (2.0 / 9.0 * v1", "new, v4 = arrive(1.0, x + dt * (3.0 / 9.0 * v1"),
        *("points", "marble, quartic", "relative error at t = 3, rtol = 1e-6"),
    ),
}
SLOW = {
    "implicit Euler's weight": (
        *("steppers/implicit_euler.py", "solve_stage(then, gram, dt, anchor", "solve_stage(then, gram, 0.5 * dt, anchor"),
        *("laws", "implicit Euler", "its error bound over its error"),
    ),
    "the bound's root": (
        *("ledger.py", "np.sqrt(np.maximum(gaps, 0.0) + noise)", "0.2 * np.sqrt(np.maximum(gaps, 0.0) + noise)"),
        *("laws", "implicit Euler", "its error bound over its error"),
    ),
    "speed of the secant method": (
        *("steppers/secant.py", "dt * flow.norm(gram, found.x) ** 2", "0.5 * dt * flow.norm(gram, found.x) ** 2"),
        *("laws", "Secant, L², noise", "largest relative defect of the balance, τ ≤ 1"),
    ),
    "friction of the heavy ball": (
        *("steppers/heavy_ball.py", "dissipated=dt * self.beta *", "dissipated=-dt * self.beta *"),
        *("modes", "heavy ball", "largest defect of E + ½‖v‖², of a start with E = 2.5"),
    ),
    "weight of cut cells": (
        *("domains/elements.py", "slopes, found.weight, room)", "slopes, 1.5 * found.weight, room)"),
        *("outlines", "enneper's bent ring", "order of the error in area"),
    ),
}
KERNELS = {
    "the one under the root": (  # alike in the area and in its differential, or no step would be accepted
        *("energies/corner.py", "1.0 + l[j] * l[j], 1.0 + r[j] * r[j]", "1.1 + l[j] * l[j], 1.1 + r[j] * r[j]"),
        *("at-rest", "scherk", "order of the largest error in height"),
    ),
    "mass of the normal metric": (
        *("metrics.py", "mass[j] += part[j] / sqrt(1.0 + (slope * slope + left * left))"),
        "mass[j] += part[j] * sqrt(1.0 + (slope * slope + left * left))",
        *("manufactured", "manufactured, mean curvature flow", "order in space and time together"),
    ),
}


def copied(folder):
    shutil.copytree(Path(geoflow.__file__).parent, folder / "geoflow")
    return folder


def planted(folder, file, text, fault, times):
    path = folder / "geoflow" / file
    before = path.read_text(encoding="utf-8")
    assert before.count(text) == times, f"{file} has changed: plant another fault"
    path.write_text(before.replace(text, fault), encoding="utf-8")


def verdicts(folder, chapter, **environment):
    """Of each row of a chapter whether it holds, by the package in a folder."""
    command = [sys.executable, "-m", "geoflow", "verify", "--quick", "--json", "--only", chapter]
    around = {**os.environ, "PYTHONPATH": str(folder), **environment}
    run = subprocess.run(command, cwd=folder, env=around, capture_output=True, text=True, timeout=250)
    assert run.returncode in (0, 1), run.stderr
    found = json.loads(run.stdout)
    assert found["failed"] == sum(not row["good"] for row in found["rows"]) and run.returncode == (found["failed"] > 0)
    return {(row["case"], row["quantity"]): row["good"] for row in found["rows"]}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The verdicts on a copy without a fault, chapter by chapter."""
    folder = copied(tmp_path_factory.mktemp("sound"))
    return cache(lambda chapter: verdicts(folder, chapter))


def falls(fault, sound, folder, times=1, **environment):
    """Red with the fault, and green without."""
    file, text, wrong, chapter, *row = fault
    planted(folder, file, text, wrong, times)
    assert sound(chapter)[tuple(row)]
    return not verdicts(folder, chapter, **environment)[tuple(row)]


@pytest.mark.parametrize("name", QUICK)
def test_a_fault_is_seen(name, sound, tmp_path):
    assert falls(QUICK[name], sound, copied(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_a_fault_of_a_slower_chapter_is_seen(name, sound, tmp_path):
    assert falls(SLOW[name], sound, copied(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_a_fault_in_a_kernel_is_seen(name, sound, tmp_path):
    (tmp_path / "kernels").mkdir()
    times = 2 if name == "the one under the root" else 1
    assert falls(KERNELS[name], sound, copied(tmp_path), times, NUMBA_CACHE_DIR=str(tmp_path / "kernels"))
