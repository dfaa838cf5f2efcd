"""The long narrow valley: how many steps each method takes to come a thousand times nearer to rest.

    V(x, y) = ½(x² + κ y²),    start (1, 1):    descent ~ κ,    momentum ~ √κ,    implicit ~ 1

Across, the walls allow no step beyond 2/κ; along the floor, such a step does next to nothing. And the slope on the floor is
λ_min times the distance, so a small slope does not mean that the end is near. Rosenbrock's valley is narrow and curved.
"""

import numpy as np

import geoflow as gf
from geoflow.points.descent import count, gradient_descent, nesterov, polyak


def valley(low: float, high: float) -> gf.GradientFlow:
    return gf.GradientFlow(gf.Potential(f"({low})*x**2/2 + ({high})*y**2/2"), gf.Euclidean())


def main(kappas: tuple[float, ...] = (1.0, 1e1, 1e2, 1e3), most: float = 1e4, picture: str | None = None) -> float:
    print("      κ    descent   Polyak  Nesterov  implicit Euler, τ = 2")
    counts = []
    for kappa in kappas:
        plans = [plan(1.0, kappa) for plan in (gradient_descent, polyak, nesterov)]
        todo = [*((p.method, p.dt) for p in plans), (gf.ImplicitEuler(), 2.0)]
        flow, limit = valley(1.0, kappa), round(most * kappa)
        found = [count(flow, [1.0, 1.0], m, dt, rest=[0.0, 0.0], most=limit) for m, dt in todo]
        counts.append([f.iterations if f.enough else -1 for f in found])
        print("{:7.0e} {:10d} {:8d} {:9d} {:8d}".format(kappa, *counts[-1]))
    narrow = [k for k, kappa in enumerate(kappas) if kappa >= 10.0]
    powers = np.polyfit(np.log(np.array(kappas)[narrow]), np.log(np.array(counts)[narrow]), 1)[0]
    print("power of κ" + "".join(f"{p:9.2f}" for p in powers) + "     should be 1, ½, ½, 0")
    if picture:
        draw(kappas, counts, picture)
    low = 1e-6
    floor = count(valley(low, 1.0), [1.0, 1.0], gf.ExplicitEuler(), 1.0, factor=1e-5)
    print(f"κ = 1e6, down to 1e-5 of the slope at the start: {floor.iterations} step; there ‖∇V‖ = {floor.slope:.1e},", end=" ")
    print(f"V − V* = {floor.value:.1e}, and the end is {np.linalg.norm(floor.x):.2f} away")
    curved = gf.GradientFlow(gf.Potential("(1 - x)**2 + 100*(y - x**2)**2"), gf.Euclidean())
    stopped = count(curved, [-1.2, 1.0], gf.ExplicitEuler(), 1e-3, factor=1e-2)
    print(f"Rosenbrock: after {stopped.iterations} steps ‖∇V‖ = {stopped.slope:.1f}, a hundredth of the start's,", end=" ")
    print(f"V − V* = {stopped.value:.2f}, and the end is {np.linalg.norm(stopped.x - 1.0):.2f} away;", end=" ")
    print(f"straight to rest takes {len(gf.relax(curved, [-1.2, 1.0]).ledger)} implicit steps")
    return float(np.max(np.abs(powers - [1.0, 0.5, 0.5, 0.0])))


def draw(kappas: tuple[float, ...], counts: list[list[int]], picture: str) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.loglog(kappas, counts, "o-", label=("gradient descent", "Polyak", "Nesterov", "implicit Euler"))
    axes.set(xlabel="narrowness κ", ylabel="steps to a thousandth", title="The long narrow valley V = ½(x² + κ y²)")
    axes.legend()
    figure.savefig(picture, dpi=150)
    print(f"wrote {picture}")


if __name__ == "__main__":
    main((1.0, 1e1, 1e2, 1e3, 1e4), picture="narrow_valley.png")
