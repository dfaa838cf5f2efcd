"""The grim reaper, a film that mean curvature flow carries upwards without changing its shape.

    u = t − ln cos x,    ∂u/∂t = √(1 + |∇u|²) ∇·(∇u / √(1 + |∇u|²))

Its wire is a formula in t, so it moves; a step sees it where it is at the time of each stage. The reaper has no acceleration,
so no method makes an error in time, however long the steps: all that is left is the grid's, of order two. A moving wire
does work on the film, and the area may rise by that work and no more.
"""

import numpy as np

import geoflow as gf


def main(sizes: tuple[int, ...] = (17, 33, 65)) -> float:
    errors = []
    for n in sizes:
        film = gf.soap_film(gf.Wire.formula("t - log(cos(x))"), n, start="-log(cos(x))", metric="mcf")
        run = gf.evolve(film.flow, film.start, t_end=2.0)
        exact = 2.0 - np.log(np.cos(film.grid.x)) + 0.0 * film.grid.y[:, None]
        errors.append(float(np.max(np.abs(run.x - exact))))
        print(f"{n:3d}²  largest error in height at t = 2: {errors[-1]:.2e}  ({len(run.ledger)} steps)")
    profile = gf.evolve(film.flow, film.start, t_end=8.0, dt=0.1).x - 8.0  # by now the grid's own reaper
    for dt in (1e-3, 1.0, 1e3):
        longer = gf.evolve(film.flow, profile, 3.0 * dt, dt=dt)
        print(f"three steps of {dt:g}: up by {float(np.mean(longer.x - profile)):.9g}, shape kept", end=" ")
        print(f"to {np.max(np.abs(longer.x - profile - 3.0 * dt)):.0e}")
    print(f"rise of area beyond the wire's work: {run.largest_increase:g}")
    order = float(-np.polyfit(np.log(np.array(sizes) - 1.0), np.log(errors), 1)[0])
    print(f"fitted order in space: {order:.3f}, expected 2")
    return abs(order - 2.0)


if __name__ == "__main__":
    from geoflow.viz.films import draw_film

    main()
    film = gf.soap_film(gf.Wire.formula("t - log(cos(x))"), 65, start="-log(cos(x))", metric="mcf")
    run = gf.evolve(film.flow, film.start, t_end=2.0)
    draw_film(film, run.x, "grim_reaper.png", title="Grim reaper, mean curvature flow: t = 2")
    print("wrote grim_reaper.png")
