"""The area of Scherk's film to 1e-8, by extrapolation: ``python tests/benchmarks/extrapolated.py``, on one thread.

The smallest grid on [−1, 1]² whose extrapolated area has a relative error of at most 1e-8, and the warm time of all it takes:
`soap_film`, `relax` and `area_estimate`.
"""

from __future__ import annotations

import argparse

from common import RUNS, header, median, pin, row

import geoflow as gf

AREA = 5.697512211587057  # of Scherk's surface, ∫∫ √(1 + tan²x + tan²y)
WANTED = 1e-8


def area(n: int) -> float:
    film = gf.soap_film(gf.Wire.named("scherk"), n)
    found = gf.area_estimate(film, gf.relax(film.flow, film.start))
    assert found is not None
    return found.area


def main(runs: int) -> None:
    header("Scherk on [−1, 1]², extrapolated area")
    for n in (33, 49, 65, 81, 97, 129, 161, 193, 257):
        error = abs(area(n) / AREA - 1.0)
        row(f"{n}², relative error", error)
        if error <= WANTED:
            row(f"{n}², time", median(lambda n=n: area(n), runs), "s", 0.15, 0.03)
            return
    row("time", None, "", 0.15, 0.03)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    arguments = parser.parse_args()
    pin()
    main(arguments.runs)
