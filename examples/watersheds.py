"""Watersheds: the basins of attraction of marbles on the Jacksboro mountains, Tennessee.

    x' = −∇V(x),    V the bicubic landscape through the elevations, in metres; time in metres too (m² of length a m of height)

Where a marble ends is where rain would run: into a pit, or off the map. Real terrain has a pit in every hollow, so a Gaussian of
so many metres smooths it first. From the lowest places of the divides the passes are found: saddles of V.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

import geoflow as gf


def watersheds(n: int, smooth: float) -> tuple[gf.Potential, gf.Basins, list[gf.Equilibrium]]:
    wire = gf.Wire.named("terrain")
    x0, x1, y0, y1 = wire.bounds
    ny, nx = wire.height.heights.shape
    sigma = (smooth * (ny - 1) / (y1 - y0), smooth * (nx - 1) / (x1 - x0))
    land = gf.Potential.from_grid(gaussian_filter(wire.height.heights, sigma, mode="nearest"), wire.bounds)
    found = gf.basins(land, wire.bounds, (n, n))
    here, across = found.labels[:, :-1], found.labels[:, 1:]
    divide = (here != across) & (np.minimum(here, across) >= 0)
    pairs, places = np.sort(np.stack([here[divide], across[divide]], axis=1)), found.starts[:, 1:][divide]
    low = np.argsort(land.value(places))
    lowest = low[np.unique(pairs[low], axis=0, return_index=True)[1]]  # of each pair of neighbours
    rest = gf.find_equilibria(land, wire.bounds, starts=places[lowest])
    return land, found, [p for p in rest.points if p.kind == "saddle"]


def main(n: int = 48, smooth: float = 700.0, marbles: int = 12) -> float:
    land, found, passes = watersheds(n, smooth)
    print(f"smoothed by {smooth:.0f} m: {found.message}; {len(passes)} passes on their divides")
    print(f"deepest pit {found.values[0]:.1f} m; passes from {passes[0].value:.1f} to {passes[-1].value:.1f} m")
    inside = np.argwhere(found.labels >= 0)
    some = inside[np.random.default_rng(0).choice(len(inside), marbles, replace=False)]
    flow = gf.GradientFlow(land, gf.Euclidean())
    gaps = [np.linalg.norm(gf.evolve(flow, found.starts[i, j]).x - found.minima[found.labels[i, j]]) for i, j in some]
    print(f"{marbles} marbles followed alone end within {max(gaps):.1e} m of the pits of their watersheds")
    return float(max(gaps))


if __name__ == "__main__":
    from geoflow.viz.look import legend_below

    main()
    land, found, passes = watersheds(400, 700.0)
    ax = gf.viz.basins_map(found, land.given.heights, ("x, metres", "y, metres"))
    x, y = np.array([p.x for p in passes]).T
    ax.scatter(x, y, marker="X", s=36, color="white", edgecolor="black", lw=0.6, zorder=6, label="pass")
    where = f"where 400 × 400 marbles end,\nin {len(found.minima)} pits or off the map"
    ax.set_title(f"Jacksboro, smoothed by 700 m: {where}", fontsize="small")
    legend_below(ax)
    gf.viz.save_picture("watersheds.png", ax)
    print("wrote watersheds.png")
