"""A soap film on a bent ring, whose area is known.

    x = r cos φ − r³/3 cos 3φ,  y = −r sin φ − r³/3 sin 3φ,  z = r² cos 2φ,        area π (r² + r⁴ + r⁶/3)

The ring of radius r on Enneper's surface (1864). Its shadow is no rectangle and no circle: nodes of the grid move onto it, cells
are cut along it. The film starts as a membrane (harmonic heights) and is at rest as Enneper's surface, to second order.
"""

import numpy as np

import geoflow as gf

RADIUS = 0.8


def ring(points: int = 4000, r: float = RADIUS) -> np.ndarray:
    phi = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    x, y = r * np.cos(phi) - r**3 / 3 * np.cos(3 * phi), -r * np.sin(phi) - r**3 / 3 * np.sin(3 * phi)
    return np.column_stack([x, y, r * r * np.cos(2 * phi)])


def main(sizes: tuple[int, ...] = (33, 65, 129, 257)) -> float:
    exact, errors = np.pi * (RADIUS**2 + RADIUS**4 + RADIUS**6 / 3.0), []
    for n in sizes:
        film = gf.soap_film(gf.Wire.outline(ring()), n)
        rest = gf.relax(film.flow, film.start)
        errors.append(abs(rest.energy[-1] - exact))
        print(f"{n:4d} nodes across: area {rest.energy[-1]:.8f}, off by {errors[-1]:.1e}")
    order = float(np.polyfit(np.log(1.0 / (np.array(sizes) - 1.0)), np.log(errors), 1)[0])
    print(f"exact {exact:.8f}; with its error bar {gf.area_estimate(film, rest)}; fitted order {order:.2f}, expected 2")
    return abs(order - 2.0)


if __name__ == "__main__":
    main()
    film = gf.soap_film(gf.Wire.outline(ring()), 129)
    rest = gf.relax(film.flow, film.start)
    film.plot(rest, "bent_ring.png", title=f"Enneper's ring and its film at rest\narea {rest.energy[-1]:.5f}")
    print("wrote bent_ring.png")
