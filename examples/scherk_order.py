"""Scherk's surface, and how fast the grid finds it.

    u = ln(cos y / cos x) on [−1, 1]²,    area 5.697512211587057

The corner scheme is of order two in height and in area; extrapolating the area of two grids gives order four.
"""

import numpy as np

import geoflow as gf
from geoflow.exact import SURFACES


def main(sizes: tuple[int, ...] = (17, 33, 65, 129)) -> float:
    errors = []
    for n in sizes:
        film = gf.soap_film(gf.Wire.named("scherk"), n)
        rest = gf.relax(film.flow, film.start)
        better = gf.area_estimate(film, rest).area
        errors.append(np.max(np.abs(rest.x - film.exact)))
        area_error = abs(rest.energy[-1] - SURFACES["scherk"].area)
        print(
            f"{n:4d}²  height {errors[-1]:.2e}  area {area_error:.2e}  extrapolated {abs(better - SURFACES['scherk'].area):.2e}"
        )
    order = float(np.polyfit(np.log(1.0 / (np.array(sizes) - 1.0)), np.log(errors), 1)[0])
    print(f"fitted order in height: {order:.3f}, expected 2")
    return abs(order - 2.0)


if __name__ == "__main__":
    main()
