"""A process with children: ``python -m tests.errors.processes``. It flows a film on two threads, then lets processes that are
started in every way do the same. Prints as JSON the bits that each came to.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import threading

import geoflow as gf
from geoflow.solvers import memory
from geoflow.solvers.threads import shared, threads

N = 321  # large enough for its kernels to be cut into strips


def bits(_: object = None) -> str:
    """Of a film at rest."""
    film = gf.soap_film(gf.Wire.formula("sin(3*x)*y + x**2"), N)
    run = gf.relax(film.flow, film.start)
    return hashlib.sha256(run.x.tobytes() + run.energy.tobytes()).hexdigest()


def main() -> None:
    assert threads() == 2 and shared(N * N)
    found = {"the parent": bits()}
    for way in multiprocessing.get_all_start_methods():
        with multiprocessing.get_context(way).Pool(1) as pool:
            found[way] = pool.apply_async(bits).get(timeout=60)
    held, done = threading.Event(), threading.Event()

    def holding() -> None:
        with memory._lock:
            held.set()
            done.wait()

    thread = threading.Thread(target=holding, daemon=True)
    thread.start()
    held.wait()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found["fork, while a thread asks for memory"] = pool.apply_async(bits).get(timeout=60)
    done.set()
    thread.join()
    found["the parent again"] = bits()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
