"""A soap bubble's skin: under pressure a film comes to rest with constant mean curvature.

    E = area − 2H · volume,    at rest ∇·(∇u / √(1 + |∇u|²)) = −2H

On a wire that lies on a sphere of radius R = 1/H, the film at rest is the sphere's cap, to second order in the grid; the
energy is a weighted sum of two others and needs no code of its own.
"""

import numpy as np

import geoflow as gf

R = 1.2


def cap(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.sqrt(R**2 - x**2 - y**2)


def under_pressure(n: int) -> tuple[gf.Film, gf.Trajectory]:
    film = gf.soap_film(gf.Wire.formula(f"sqrt({R**2} - x**2 - y**2)", (-0.6, 0.6, -0.6, 0.6)), n)
    energy = gf.WeightedSum(((1.0, film.flow.energy), (-2.0 / R, gf.Volume(film.grid))))
    return film, gf.relax(gf.GradientFlow(energy, film.flow.metric, film.flow.fixed), film.start)


def main(sizes: tuple[int, ...] = (17, 33, 65, 129)) -> float:
    errors = []
    for n in sizes:
        film, rest = under_pressure(n)
        exact = cap(film.grid.x[None, :], film.grid.y[:, None])
        errors.append(float(np.max(np.abs(rest.x - exact))))
        spent = int(np.sum(rest.ledger.newton))
        print(f"{n:4d}²  largest distance from the sphere {errors[-1]:.2e}  (Newton iterations: {spent})")
    order = float(-np.polyfit(np.log(np.array(sizes) - 1.0), np.log(errors), 1)[0])
    print(f"fitted order: {order:.3f}, expected 2")
    return abs(order - 2.0)


if __name__ == "__main__":
    from geoflow.viz.films import draw_film

    main()
    film, rest = under_pressure(129)
    draw_film(film, rest.x, "spherical_cap.png", title=f"A film under pressure: a cap of radius {R}")
    print("wrote spherical_cap.png")
