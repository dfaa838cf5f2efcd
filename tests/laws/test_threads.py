"""The bits of a result do not depend on the number of threads: every sum is taken in an order that no cut changes."""

import hashlib
import os
import subprocess
import sys

import pytest

SCRIPT = """
import hashlib, sys
import geoflow as gf
from geoflow.solvers.threads import shared, threads

film = gf.soap_film(gf.Wire.formula("sin(3*x)*y + x**2", (-1.0, 1.0, -0.5, 0.7)), n=601)
curved = gf.soap_film(gf.Wire.outline("star", "0.3*sin(3*atan2(y, x))"), n=401)
assert shared(film.start.size // 2) == shared(curved.start.size) == (threads() > 1)
run = {
    "relax": lambda: gf.relax(film.flow, film.start),
    "sdirk2": lambda: gf.evolve(film.flow, film.start, 2e-3, dt=1e-3),
    "mcf secant": lambda: gf.evolve(gf.GradientFlow(film.flow.energy, gf.NormalL2(film.grid), film.flow.fixed),
                                    film.start, 1e-3, dt=1e-3, method=gf.Secant()),
    "curved secant": lambda: gf.evolve(gf.GradientFlow(curved.flow.energy, gf.NormalL2(curved.grid), curved.flow.fixed),
                                       curved.start, 1e-3, dt=1e-3, method=gf.Secant()),
    "curved relax": lambda: gf.relax(curved.flow, curved.start),
}[sys.argv[1]]()
print(hashlib.sha256(run.x.tobytes() + run.energy.tobytes()).hexdigest())
"""


def fingerprint(what: str, threads: str) -> str:
    environment = {**os.environ, "GEOFLOW_THREADS": threads}
    command = [sys.executable, "-c", SCRIPT, what]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("what", ["relax", "sdirk2", "mcf secant", "curved secant", "curved relax"])
def test_the_same_bits_from_any_number_of_threads(what: str) -> None:
    one = fingerprint(what, "1")
    assert len(one) == len(hashlib.sha256().hexdigest())
    assert one == fingerprint(what, "2") == fingerprint(what, "3")


@pytest.mark.parametrize("asked", ["0", "two", "-1", "1.5"])
def test_a_number_of_threads_that_is_none(asked: str) -> None:
    command = [sys.executable, "-m", "geoflow", "film", "enneper", "-n", "9", "--relax"]
    done = subprocess.run(command, env={**os.environ, "GEOFLOW_THREADS": asked}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"geoflow: GEOFLOW_THREADS = {asked}: give a whole number of threads")
    assert len(done.stderr.splitlines()) == 1
