"""Basins of many starts: ``python tests/benchmarks/basins.py [--starts 1000] [--runs 3]``.

Himmelblau's function on [−6, 6]², so many starts along each side, on one core and on two; how many of a random 200 `evolve`, at a
relative tolerance of 1e-6, takes elsewhere; the same on the Jacksboro mountains, smoothed by 700 m, and in a narrow banana,
where the explicit pair alone would not end. Last, 10⁴ marbles in one flow, which share their steps.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
from typing import Any

from common import asked, child, header, row, seconds

HIMMELBLAU = "(x**2 + y - 11)**2 + (x + y**2 - 7)**2"


def once(case: str, n: int, checked: int) -> dict[str, Any]:
    """The time of one call, after a small one that does not count, its labels' hash, and how many evolve takes elsewhere."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    import geoflow as gf

    if case == "marbles":
        flow = gf.GradientFlow(gf.Marbles(gf.Potential(HIMMELBLAU)), gf.Euclidean())
        starts = np.random.default_rng(0).uniform(-5.0, 5.0, (n, 2))
        gf.evolve(flow, starts[:10], 0.1)
        return {"seconds": seconds(lambda: gf.evolve(flow, starts, 1.0))}
    if case == "mountains":
        wire = gf.Wire.named("terrain")
        potential, bounds = gf.Potential.from_grid(gaussian_filter(wire.height.heights, 7.5), wire.bounds), wire.bounds
    elif case == "banana":
        potential, bounds = gf.Potential("1e4*(y - x**2)**2 + (1 - x)**2"), (-1.5, 1.5, -0.5, 3.0)
    else:
        potential, bounds = gf.Potential(HIMMELBLAU), (-6.0, 6.0, -6.0, 6.0)
    gf.basins(potential, bounds, (20, 20))
    found: dict[str, Any] = {}
    told = {"seconds": seconds(lambda: found.update(basins=gf.basins(potential, bounds, (n, n))))}
    labels, starts, wrong = found["basins"].labels, found["basins"].starts, 0
    flow = gf.GradientFlow(potential, gf.Euclidean())
    for i, j in np.random.default_rng(1).integers(0, n, (checked, 2)):
        gap = np.linalg.norm(found["basins"].minima - gf.evolve(flow, starts[i, j], rtol=1e-6).x, axis=1)
        wrong += int(np.argmin(gap) != labels[i, j] or np.min(gap) > 1e-3)
    bits = hashlib.sha256(labels.tobytes()).hexdigest()
    return {**told, "wrong": wrong, "bits": bits, "message": found["basins"].message}


def main(n: int, runs: int) -> None:
    header(f"basins, {n}² starts, medians of {runs}")
    bits = set()
    for threads, must in ((1, None), (2, 20.0)):
        told = [child(__file__, "himmelblau", n, 0, threads=threads) for _ in range(runs)]
        bits |= {t["bits"] for t in told}
        row(f"Himmelblau, {threads} core{'s' * (threads > 1)}", statistics.median(t["seconds"] for t in told), "s", must, must)
    print(f"labels on 1 and 2 cores: {'the same' if len(bits) == 1 else 'DIFFERENT'}")
    row("of 200 random starts evolve takes elsewhere", child(__file__, "himmelblau", n, 200, threads=2)["wrong"], "", 0, 0)
    for case, side in (("mountains", n // 2), ("banana", n // 10)):
        told = child(__file__, case, side, 0, threads=2)
        row(f"{case}, {side}² starts, 2 cores", told["seconds"], "s")
        print(f"  {told['message']}")
    row("10⁴ marbles in one flow to t = 1, 1 core", child(__file__, "marbles", 10_000, 0)["seconds"], "s")
    if len(bits) != 1:
        raise SystemExit("the labels depend on the number of threads")


if __name__ == "__main__":
    if (given := asked()) is not None:
        print(json.dumps(once(given[0], int(given[1]), int(given[2]))))
    else:
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("--starts", type=int, default=1000, help="along each side")
        parser.add_argument("--runs", type=int, default=3)
        arguments = parser.parse_args()
        main(arguments.starts, arguments.runs)
