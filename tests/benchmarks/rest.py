"""The Enneper film to rest from a cold start: ``python tests/benchmarks/rest.py [n …] [--large]``.

Times of `relax` from the Coons patch to ‖dA‖₂ ≤ 1e-8 over the free nodes, at 257², 513² and 1025² or the sizes given, on one
thread and on two in turn, with the area monitor off and on; the sizes of the bounds are 1025² and 4097². ``--large`` adds
2049² and 4097² and the peak memory of a process less that of one which relaxed 65². The last row is the exponent of the time
in the number of unknowns, fitted to all sizes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
from typing import Any

from common import RUNS, asked, child, header, peak_bytes, row, seconds

SMALL, LARGE = (257, 513, 1025), (2049, 4097)
MUST = {1025: (1.2, 0.5), 4097: (30.0, 10.0)}
TOLERANCE = 1e-8


def once(n: int, warm: bool) -> dict[str, Any]:
    """One cold start of each kind, after one that does not count; or a single one for its memory."""
    import numpy as np

    import geoflow as gf

    def rest(n: int, monitored: bool = False) -> tuple[gf.Film, gf.Trajectory]:
        film = gf.soap_film(gf.Wire.named("enneper"), n)
        found = {}
        time = seconds(lambda: found.update(rest=gf.relax(film.flow, film.start, record=film.records if monitored else None)))
        times.append(time)
        return film, found["rest"]

    times: list[float] = []
    rest(65, monitored=True)
    if warm:
        rest(n)
    times.clear()
    film, run = rest(n)
    told = {
        "gradient": float(np.linalg.norm(film.flow.differential(run.x))),
        "bits": hashlib.sha256(run.x.tobytes()).hexdigest(),
        "newton": int(run.ledger.newton.sum()),
        "peak": peak_bytes(),
    }
    if warm:
        rest(n, monitored=True)
    return {**told, "off": times[0], "on": times[-1]}


def main(sizes: list[int], large: bool, runs: int) -> None:
    header(f"Enneper to ‖dA‖₂ ≤ {TOLERANCE:g}, cold start, medians of {runs}")
    single, failed = {}, []
    for n in [*sizes, *(LARGE if large else ())]:
        one, two = [], []
        for _ in range(runs):
            one.append(child(__file__, n, "warm"))
            two.append(child(__file__, n, "warm", threads=2))
        off, on, both = (statistics.median(r[k] for r in rs) for rs, k in ((one, "off"), (one, "on"), (two, "off")))
        single[n] = off
        row(f"{n}², 1 thread ({one[0]['newton']} Newton)", off, "s", *MUST.get(n, ()))
        row(f"{n}², 1 thread, monitor on", on, "s", *MUST.get(n, ()))
        row(f"{n}², 2 threads", both, "s")
        row(f"{n}², 2 threads against 1", off / both, "×", *((1.4, 1.9) if n >= 1025 else ()))
        worst = max(r["gradient"] for r in one + two)
        row(f"{n}², ‖dA‖₂ over the free nodes", worst, "", TOLERANCE, TOLERANCE)
        same = len({r["bits"] for r in one + two}) == 1
        print(f"{n}², bits of all runs on 1 and 2 threads: {'the same' if same else 'DIFFERENT'}", flush=True)
        failed += [n] if worst > TOLERANCE or not same else []
        if n >= 1025:
            idle = child(__file__, 65, "memory")["peak"]
            row(f"{n}², peak memory", (child(__file__, n, "memory")["peak"] - idle) / n**2, "B/unknown", 350, 200)
    if len(single) > 1:
        slope = fitted([n**2 for n in single], list(single.values()))
        row(f"exponent of the time, {min(single)}² to {max(single)}²", slope, "", 1.05, 1.0)
    if failed:
        raise SystemExit(f"not the same film, or not at rest, at {failed}")


def fitted(unknowns: list[int], times: list[float]) -> float:
    """The exponent p of time = c · unknownsᵖ, by least squares in logarithms."""
    import numpy as np

    return float(np.polyfit(np.log(unknowns), np.log(times), 1)[0])


if __name__ == "__main__":
    if (given := asked()) is not None:
        print(json.dumps(once(int(given[0]), given[1] == "warm")))
    else:
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("sizes", type=int, nargs="*", default=list(SMALL))
        parser.add_argument("--large", action="store_true", help="2049² and 4097² too")
        parser.add_argument("--runs", type=int, default=RUNS)
        arguments = parser.parse_args()
        main(arguments.sizes, arguments.large, arguments.runs)
