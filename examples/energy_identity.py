"""The balance of energy: along a gradient flow dE/dt = −‖v‖², so a step should lose τ‖v‖² and nothing else.

The secant method keeps that to rounding at every step, by a discrete gradient in closed form. Every other method leaves a
defect: what its ledger calls E₀ − E₁ − τ Σ bᵢ‖vᵢ‖². For implicit Euler the defects are never negative and bound its error.
The film is a bump, sin πx sin πy on a flat square wire, in L².
"""

import numpy as np

import geoflow as gf

METHODS = (gf.ImplicitEuler(), gf.Lagged(), gf.SDIRK2(), gf.SDIRK3(), gf.Secant())


def bump(n: int) -> gf.Film:
    return gf.soap_film(gf.Wire.formula("0", (0.0, 1.0, 0.0, 1.0)), n, start="sin(pi*x)*sin(pi*y)")


def main(n: int = 33, steps: int = 20, t_end: float = 0.05) -> float:
    film = bump(n)
    finest = gf.evolve(film.flow, film.start, t_end, method=gf.SDIRK3(), dt=t_end / (25 * steps)).x
    print(f"{steps} steps to t = {t_end:g}    largest defect / energy    error in L²")
    for method in METHODS:
        run = gf.evolve(film.flow, film.start, t_end, method=method, dt=t_end / steps)
        defect = float(np.max(np.abs(run.ledger.defect) / run.ledger.energy))
        error = np.sqrt(np.sum(film.grid.node_area * (run.x - finest) ** 2))
        print(f"{type(method).__name__:>20s}  {defect:23.1e}  {error:13.1e}")
    return defect


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    main()
    film, figure = bump(33), plt.figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for method in METHODS:
        ledger = gf.evolve(film.flow, film.start, 0.05, method=method, dt=0.0025).ledger
        axes.semilogy(ledger.t, np.abs(ledger.defect) / ledger.energy + 1e-18, ".-", label=type(method).__name__)
    axes.set(xlabel="time t", ylabel="|defect| / area", title="Balance of energy in each step, L² gradient flow of area")
    axes.legend(loc="center", bbox_to_anchor=(0.5, 0.3), ncols=3)
    figure.savefig("energy_identity.png", dpi=150)
    print("wrote energy_identity.png")
