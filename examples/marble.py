"""A marble in a double well, by the same call that moves a film.

    V(x, y) = (x² − 1)²/4 + y²/2,    x' = −∇V,    x(t) = x₀ eᵗ / √(1 + x₀²(e²ᵗ − 1)),    y(t) = y₀ e⁻ᵗ

Valleys at (±1, 0), a pass at the origin.
"""

import numpy as np

import geoflow as gf


def main(t_end: float = 2.0) -> float:
    well = gf.Potential("(x**2 - 1)**2/4 + y**2/2")
    flow = gf.GradientFlow(well, gf.Euclidean())
    run = gf.evolve(flow, [0.3, 0.4], t_end, rtol=1e-6)
    x = 0.3 * np.exp(t_end) / np.sqrt(1 + 0.09 * np.expm1(2 * t_end))
    error = float(np.max(np.abs(run.x - [x, 0.4 * np.exp(-t_end)])))
    print(f"at t = {t_end:g} the marble is at {run.x.round(6)}, off by {error:.1e}")
    rest = gf.evolve(flow, [0.3, 0.4])
    print(f"left alone it comes to {rest.x.round(6)}: {rest.message}")
    return error


if __name__ == "__main__":
    main()
    well, bounds = gf.Potential("(x**2 - 1)**2/4 + y**2/2"), (-1.8, 1.8, -1.2, 1.2)
    flow, rest = gf.GradientFlow(well, gf.Euclidean()), gf.find_equilibria(well, bounds)
    runs = [gf.evolve(flow, x, 12.0, t_eval=np.linspace(0, 12, 200)) for x in ([0.3, 0.4], [-0.1, -1.0], [1.6, 0.9], [-1.5, 0.6])]
    ways = [find(well, rest.points[-1], bounds) for find in (gf.stable_manifold, gf.unstable_manifold)]
    gf.viz.save_picture("marble.png", gf.viz.portrait(well, bounds, runs, rest, ways))
    print("wrote marble.png")
