"""One SDIRK2 step of the Enneper film: ``python tests/benchmarks/step.py [n]``, on one thread.

An adaptive run from the Coons patch takes two small steps; the step timed is the third, of the length that the run would
take, in turn with one ten times as long. Not among the times is the run's own judgement of it.
"""

from __future__ import annotations

import argparse
from itertools import islice

from common import RUNS, header, medians, pin, row

import geoflow as gf


def main(n: int, runs: int) -> None:
    film = gf.soap_film(gf.Wire.named("enneper"), n)
    *_, now = islice(gf.steps(film.flow, film.start, 1.0), 3)
    method = gf.SDIRK2().within(1e-10 * film.flow.scale(film.start))  # as `evolve` asks for
    works = {tau: (lambda tau=tau: method.step(film.flow, now.t, now.x, tau, now.memory)) for tau in (now.tau, 10.0 * now.tau)}
    header(f"a step of SDIRK2 at {n}², t = {now.t:.3g}")
    for (tau, time), bounds in zip(medians(works, runs).items(), ((1.5, 0.8), ()), strict=True):
        step = works[tau]()
        row(f"τ = {tau:.3g} ({step.newton} Newton, {step.linear} CG)", time, "s", *bounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("n", type=int, nargs="?", default=1025)
    parser.add_argument("--runs", type=int, default=RUNS)
    arguments = parser.parse_args()
    pin()
    main(arguments.n, arguments.runs)
