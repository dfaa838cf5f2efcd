"""Rough starts: ``python tests/benchmarks/rough.py [n …]``, 129² and 257² or the sizes given, on one thread.

The Enneper wire with noise of amplitude 1 and 10 inside, its heights a hundredfold, and a tent of height 10 as wire and start:
Newton's steps on the finest grid, where `relax` takes its guess from coarser grids, and where Newton's method starts from the
start itself. The bounds are for both.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from common import header, pin, row

import geoflow as gf
from geoflow.solvers.newton import Stage, minimise

MUST, AIM = 25, 12


def noisy(amplitude: float) -> Callable[[int], gf.Film]:
    def film(n: int) -> gf.Film:
        wire = gf.Wire.named("enneper")
        smooth = gf.soap_film(wire, n).start
        return gf.soap_film(wire, n, start=smooth + amplitude * np.random.default_rng(0).uniform(-1.0, 1.0, smooth.shape))

    return film


def high(n: int) -> gf.Film:
    wire = gf.Wire.named("enneper")
    return gf.soap_film(gf.Wire("enneper × 100", wire.bounds, lambda x, y: 100.0 * wire.height(x, y)), n)


def tent(n: int) -> gf.Film:
    return gf.soap_film(gf.Wire.formula("10*(1 - abs(x))"), n, start="10*(1 - abs(x))")


CASES = {
    "noise of amplitude 1": noisy(1.0),
    "noise of amplitude 10": noisy(10.0),
    "heights × 100": high,
    "tent of height 10": tent,
}


def nested(film: gf.Film) -> tuple[int | None, str, np.ndarray]:
    run = gf.relax(film.flow, film.start, raise_on_failure=False)
    return int(run.ledger.newton.sum()) if run.success else None, run.message, run.x


def alone(film: gf.Film) -> tuple[int | None, str, np.ndarray]:
    stage = Stage(film.flow.energy, None, 0.0, film.start, film.flow.fixed)
    found = minimise(stage, film.start, stage.value(film.start), 0.0, to_rounding=True)
    return None if found.failed else found.newton, found.failed or "", found.x


def main(sizes: list[int]) -> None:
    header("rough starts: Newton steps on the finest grid")
    for name, film_of in CASES.items():
        for n in sizes:
            film, ends = film_of(n), []
            for way, solve in (("nested", nested), ("from the start itself", alone)):
                newton, message, x = solve(film)
                row(f"{name}, {n}², {way}", newton, "", MUST, AIM)
                if newton is None:
                    print(f"    {message}")
                ends.append(x)
            gradients = ", ".join(f"{np.linalg.norm(film.flow.differential(x)):.2g}" for x in ends)
            print(f"    ‖dA‖₂ {gradients}; the two ends differ by {np.max(np.abs(ends[0] - ends[1])):.2g}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", default=[129, 257])
    pin()
    main(parser.parse_args().sizes)
