"""The marble at the pass: a saddle, the road that leads into it, and the way down from it.

    V(x, y) = eˣ cos y − x − 1,    x' = −∇V,    a saddle at 0 with eigenvalues ±1

V is the real part of e^z − z − 1, so its imaginary part eˣ sin y − y is the same all along each trajectory. Through the pass it
is 0: the stable manifold is y = 0, the unstable one x = ln(y / sin y), |y| < π. A marble on the pass stays; from (½, 0) it
rolls into the pass; from (½, 10⁻⁶) it leaves it again, and falls without end at t ≈ 14.46.
"""

import numpy as np

import geoflow as gf


def main() -> float:
    energy, bounds = gf.Potential("exp(x)*cos(y) - x - 1"), (-2, 2, -3, 3)
    rest = gf.find_equilibria(energy, bounds)
    (saddle,) = rest.points
    print(f"a {saddle.kind} at {saddle.x}, eigenvalues {saddle.eigenvalues.round(12)}; all of them: {rest.complete}")
    road = gf.stable_manifold(energy, saddle, bounds)
    fall = gf.unstable_manifold(energy, saddle, bounds)
    error = max(float(np.max(np.abs(b.points[:, 1]))) for b in road.branches)
    for branch in fall.branches:
        x, y = branch.points[1:].T
        error = max(error, float(np.max(np.abs(x - np.log(y / np.sin(y))))))
    print(f"stable manifold y = 0 and unstable manifold x = ln(y / sin y), met to {error:.1e}")
    flow = gf.GradientFlow(energy, gf.Euclidean())
    for start in ([0.0, 0.0], [0.5, 0.0], [0.5, 1e-6]):
        run = gf.evolve(flow, start, t_end=20.0, method=gf.RK32(), rtol=1e-6, raise_on_failure=False)
        print(f"from {start}: {run.message}")
    return error


if __name__ == "__main__":
    main()
    energy, bounds = gf.Potential("exp(x)*cos(y) - x - 1"), (-2, 2, -3, 3)
    rest, flow = gf.find_equilibria(energy, bounds), gf.GradientFlow(energy, gf.Euclidean(), bounds=bounds)
    starts = [(0.5, 1e-6), (-1.0, 1.0), (1.5, -0.4), (-1.5, -2.0)]
    tracks = [np.array([s.x for s in gf.steps(flow, start, 20.0, rtol=1e-6)]) for start in starts]
    roads = [find(energy, rest.points[0], bounds) for find in (gf.stable_manifold, gf.unstable_manifold)]
    gf.viz.save_picture("marble_at_the_pass.png", gf.viz.portrait(energy, bounds, tracks, rest, roads))
    print("wrote marble_at_the_pass.png")
