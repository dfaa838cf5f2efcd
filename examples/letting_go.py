"""Two rings pulled apart until the film between them lets go.

    area(h) of u = c arccosh(r/c) between r = 1 and r = 2,    a graph exists up to the gap h* = arccosh 2 = 1.31696

The inner ring rises slowly, a wire that moves; the film follows and stays close to rest. The pull d(area)/dh = 2πc grows
until c = 1, the inner ring's radius. Beyond h* no graph spans both rings: the film keeps its shape and lets go of the ring, which
pulls a straight wall up behind it, whose area converges slowly. (Soap, no graph, would make a waist, and break by 1.826.)
"""

import numpy as np
from scipy.optimize import brentq

import geoflow as gf

LIMIT = float(np.arccosh(2.0))


def exact(gap: float) -> float:
    held = min(gap, LIMIT)
    slack = lambda c: c * (np.arccosh(2 / c) - np.arccosh(1 / c)) - held  # noqa: E731
    c = 1.0 if gap >= LIMIT else 1e-12 if gap == 0.0 else brentq(slack, 1e-12, 1.0)
    whole = [r * np.sqrt(r * r - c * c) + c * c * np.arccosh(r / c) for r in (1.0, 2.0)]
    return float(np.pi * (whole[1] - whole[0]) + 2.0 * np.pi * (gap - held))


def pulled(n: int, speed: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    film = gf.soap_film(gf.Wire.outline("annulus", f"{speed}*t*(2 - sqrt(x**2 + y**2))"), n)
    gaps = np.linspace(0.0, 2.0, 41)
    run = gf.evolve(film.flow, film.start, gaps[-1] / speed, t_eval=gaps / speed)
    return gaps, np.array([film.flow.at(gap / speed).energy.value(u) for gap, u in zip(gaps, run.states, strict=True)])


def main(n: int = 65) -> float:
    gaps, areas = pulled(n)
    off = areas / [exact(gap) for gap in gaps] - 1.0
    print(f"area off by {np.max(np.abs(off[gaps < 1.25])):.1e} up to a gap of 1.25, by {off[-1]:.1e} at 2, relative")
    for gap in (1.0, 1.25, 1.4, 2.0):
        still = gf.soap_film(gf.Wire.outline("annulus", f"{gap}*(2 - sqrt(x**2 + y**2))"), 2 * n - 1)
        found = gf.detachment(still, gf.relax(still.flow, still.start))
        print(f"gap {gap}: {found.status}, its wall {found.area:.3f}, exact {2 * np.pi * max(gap - LIMIT, 0.0):.3f}")
        assert (found.status == "detached") == (gap > LIMIT)
    return float(np.max(np.abs(off[gaps < 1.25])))


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    main()
    gaps, areas = pulled(129)
    figure, axes = plt.subplots(figsize=(7, 5.25), layout="constrained")
    axes.plot(gaps, [exact(gap) for gap in gaps], "k", label="the least area of a graph: catenoid, then catenoid and wall")
    axes.plot(gaps, areas, "o", ms=4, label="the film, pulled slowly, 129 nodes across")
    axes.axvline(LIMIT, color="0.6", ls="--", label="h* = arccosh 2: the graph lets go")
    axes.set(xlabel="gap between the rings", ylabel="area", title="Two rings pulled apart"), axes.legend()
    figure.savefig("letting_go_area.png", dpi=150)
    film = gf.soap_film(gf.Wire.outline("annulus", "2*(2 - sqrt(x**2 + y**2))"), 257)
    parts = gf.detachment(film, rest := gf.relax(film.flow, film.start)).parts
    film.plot(rest, "letting_go_film.png", parts=parts, title="A gap of 2: the film has let go")
    print("wrote letting_go_film.png, letting_go_area.png")
