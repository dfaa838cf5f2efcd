"""A surface in space that divides the marbles: whatever starts on it rolls into the saddle, all else falls to either side.

    V(x, y, z) = z² − (eˣ cos y − x − 1),    x' = −∇V,    a saddle at 0 with eigenvalues −1, 1, 2

Its stable manifold is the surface x = ln(y / sin y), for all z; its unstable one the line y = z = 0. The surface grows ring by
ring of equal energy. A marble from any of its vertices comes as close to the saddle as the time error lets it, which then
carries it away along the line; one from beside the surface does not.
"""

import numpy as np

import geoflow as gf


def main(n: int = 16) -> float:
    energy, bounds = gf.Potential("z**2 - (exp(x)*cos(y) - x - 1)"), (-2, 2, -2.5, 2.5, -1, 1)
    sheet = gf.stable_manifold(energy, [0, 0, 0], bounds, n)
    x, y, _ = sheet.points[1:].T
    error = float(np.max(np.abs(x - np.log(y / np.sin(y)))))
    print(f"{len(sheet.points)} vertices, {len(sheet.triangles)} triangles, on x = ln(y / sin y) to {error:.1e}")
    line = gf.unstable_manifold(energy, [0, 0, 0], bounds)
    off = max(float(np.max(np.abs(b.points[:, 1:]))) for b in line.branches)
    print(f"the unstable curve is on y = z = 0 to {off:.1e}; {line.branches[0].end}")
    flow = gf.GradientFlow(gf.Marbles(energy), gf.Euclidean(), bounds=bounds)
    for aside in (0.0, 0.05):
        start = sheet.points[1:] + np.array([aside, 0.0, 0.0])
        run = gf.evolve(flow, start, 16.0, method=gf.RK32(), rtol=1e-6, t_eval=np.linspace(0.2, 16.0, 80), raise_on_failure=False)
        closest = np.min(np.linalg.norm(run.states, axis=2), axis=0)
        print(f"marbles from {aside:g} beside it come within {np.median(closest):.2e} of the saddle (median)")
    return max(error, off)


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    sheet = gf.stable_manifold(gf.Potential("z**2 - (exp(x)*cos(y) - x - 1)"), [0, 0, 0], (-2, 2, -2.5, 2.5, -1, 1), 32)
    main()
    sheet.to_pyvista().save("stable_surface.vtp")
    figure = plt.figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot(projection="3d", computed_zorder=False)
    x, y, z = sheet.points.T
    axes.plot_trisurf(x, y, z, triangles=sheet.triangles, cmap="viridis", alpha=0.85, zorder=1)
    axes.plot([-2, 0], [0, 0], [0, 0], "k--", zorder=0)  # behind the surface
    axes.plot([0, 2], [0, 0], [0, 0], "k--", zorder=2, label="unstable curve")
    axes.scatter([0], [0], [0], color="black", s=40, zorder=3, label="saddle")
    axes.set(xlabel="x", ylabel="y", zlabel="z", title="The stable surface of a saddle in space, x = ln(y / sin y)")
    axes.set(xticks=[-2, -1, 0, 1, 2], yticks=[-2, -1, 0, 1, 2], zticks=[-1, 0, 1])
    axes.set_box_aspect((4, 5, 2.6), zoom=0.95)
    axes.legend()
    figure.savefig("stable_surface.png", dpi=150)
    print("wrote stable_surface.vtp and stable_surface.png")
