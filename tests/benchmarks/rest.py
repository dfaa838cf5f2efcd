"""Time and peak memory of a film to rest, cold start: ``python tests/benchmarks/rest.py [wire] [n …]``.

Prints medians of five runs in one process after one that compiles, and the peak resident memory of a child process for each
size, less what the imports take.
"""

import resource
import statistics
import subprocess
import sys
import time

import geoflow as gf


def once(wire: str, n: int) -> tuple[float, int]:
    film = gf.soap_film(gf.Wire.named(wire), n)
    began = time.perf_counter()
    rest = gf.relax(film.flow, film.start)
    return time.perf_counter() - began, int(rest.ledger.newton.sum())


def peak(arguments: list[str]) -> float:
    """Peak resident bytes of a child that relaxes one film."""
    out = subprocess.run([sys.executable, __file__, "--peak", *arguments], capture_output=True, text=True, check=True)
    return float(out.stdout)


def main(wire: str, sizes: list[int]) -> None:
    once(wire, 65)
    idle = peak([wire, "65"])
    for n in sizes:
        runs = [once(wire, n) for _ in range(5)]
        seconds = statistics.median(r[0] for r in runs)
        memory = (peak([wire, str(n)]) - idle) / n**2
        print(f"{wire} {n}²: {seconds:.3f} s (median of 5), {runs[0][1]} Newton, {memory:.0f} B an unknown", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        once(sys.argv[2], int(sys.argv[3]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else "enneper", [int(n) for n in sys.argv[2:]] or [129, 257, 513])
