"""Scherk's surface, and how fast the grid finds it.

    u = ln(cos y / cos x) on [−1, 1]²,    area 5.697512211587057

The corner scheme is of order two in height and in area; extrapolating the area of two grids gives order four.
"""

import numpy as np

import geoflow as gf
from geoflow.exact import SURFACES


def errors(n: int) -> tuple[float, float, float]:
    """In height (the largest), in area, in the area extrapolated."""
    film, exact = gf.soap_film(gf.Wire.named("scherk"), n), SURFACES["scherk"].area
    rest = gf.relax(film.flow, film.start)
    height = float(np.max(np.abs(rest.x - film.exact)))
    return height, abs(rest.energy[-1] - exact), abs(gf.area_estimate(film, rest).area - exact)


def main(sizes: tuple[int, ...] = (17, 33, 65, 129)) -> float:
    found = [errors(n) for n in sizes]
    for n, (height, area, better) in zip(sizes, found, strict=True):
        print(f"{n:4d}²  height {height:.2e}  area {area:.2e}  extrapolated {better:.2e}")
    order = float(np.polyfit(np.log(1.0 / (np.array(sizes) - 1.0)), np.log([e[0] for e in found]), 1)[0])
    print(f"fitted order in height: {order:.3f}, expected 2")
    return abs(order - 2.0)


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    main()
    cells = 2 ** np.arange(4, 9)
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    axes.loglog(
        cells, [errors(n + 1) for n in cells], "o-", base=2, label=("height, largest error", "area", "area, extrapolated")
    )
    for order, at in ((2, 3e-3), (4, 2e-5)):
        axes.loglog(cells, at * (cells / 16.0) ** -order, "k--", linewidth=0.8, base=2)
        axes.annotate(
            f"h{'²' if order == 2 else '⁴'}", (cells[-1], at * 16.0**-order), xytext=(6, -3), textcoords="offset points"
        )
    axes.set(xlabel="cells along a side", ylabel="error", title="Scherk's surface against its closed form", yscale="log")
    axes.legend()
    figure.savefig("scherk_order.png", dpi=150)
    print("wrote scherk_order.png")
