"""A soap film with momentum, and the friction at which it settles fastest.

    u_tt + β u_t = ∇·(∇u / √(1 + |∇u|²)),    u = the wire's height on the boundary

Near its rest a film is a sum of modes, H q = λ G q. One rings if β < 2√λ, settling as e^{−βt/2}, and creeps if β > 2√λ, as
e^{−(β − √(β² − 4λ))t/2}: the film as a whole settles fastest at β = 2√λ₁. The spectrum of the film at rest tells λ₁ beforehand.
"""

import numpy as np

import geoflow as gf

PARTS = (0.5, 1.0, 1.5, 2.5)


def settling(film: gf.Film, rest: np.ndarray, mode: np.ndarray, beta: float, t_end: float) -> tuple[np.ndarray, np.ndarray]:
    """(t, ‖u − u*‖) of a film bent off its rest by a mode."""
    start = rest + 0.2 * mode / np.max(np.abs(mode))
    t = np.linspace(0.0, t_end, 101)[1:]
    run = gf.evolve(film.flow, start, t_end, method=gf.HeavyBall(beta), dt=t[0] / 2, t_eval=t, rest_tol=1e-300)
    return t, np.array([np.sqrt(np.sum(film.grid.node_area * (u - rest) ** 2)) for u in run.states])


def runs(n: int) -> dict[float, tuple[np.ndarray, np.ndarray]]:
    """β / 2√λ₁ → (√λ₁ t, distance from rest)."""
    film = gf.soap_film(gf.Wire.named("scherk"), n)
    rest = gf.relax(film.flow, film.start).x
    found = gf.spectrum(film.flow, rest)
    root = float(np.sqrt(found.values[0]))
    print(f"Scherk's film at {n}² is a {found.kind} with λ₁ = {found.values[0]:.5f}: critical friction is {2.0 * root:.4f}")
    out = {}
    for part in PARTS:
        t, distance = settling(film, rest, found.vectors[0], 2.0 * root * part, 20.0 / root)
        out[part] = (root * t, distance)
    return out


def main(n: int = 13) -> float:
    rates = {}
    for part, (t, distance) in runs(n).items():
        rates[part] = -np.polyfit(t[40:], np.log(distance[40:]), 1)[0]
        print(f"β = {part:3.1f} · 2√λ₁: {distance[-1]:.1e} from rest at t = 20/√λ₁, rate {rates[part]:.3f} √λ₁")
    assert max(rates, key=rates.__getitem__) == 1.0
    # Where ringing and creeping meet, by the rate at which the film crept, without λ₁: β* = 2√(r(β − r)).
    creeping, beta = rates[1.5], 2.0 * 1.5
    return abs(float(np.sqrt(creeping * (beta - creeping))) - 1.0)


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    main()
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for part, (t, distance) in runs(33).items():
        axes.semilogy(t, distance, label=f"β = {part:g} · 2√λ₁")
    axes.set(xlabel="√λ₁ t", ylabel="‖u − u*‖ in L²", title="A film with momentum on Scherk's wire, bent off its rest")
    axes.legend()
    figure.savefig("momentum_on_a_film.png", dpi=150)
    print("wrote momentum_on_a_film.png")
