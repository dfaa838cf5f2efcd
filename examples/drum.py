"""The tones of a drum: how a nearly flat film on any ring comes to rest.

    −Δq = λ q inside, q = 0 on the ring        (the Hessian of area in L², at the flat film)

Each mode of a flat film dies away as e^{−λt}, and a membrane of the same shape would sound at √λ. On a disc of radius 1 the
modes are Bessel's: λ = j², j the zeros of J₀, J₁, J₂, …, all but those of J₀ twice.
"""

import numpy as np
from scipy.special import jn_zeros

import geoflow as gf


def main(n: int = 129, count: int = 8) -> float:
    exact = np.sort([j * j for m in range(count) for j in jn_zeros(m, count) for _ in range(1 if m == 0 else 2)])[:count]
    film = gf.soap_film(gf.Wire.outline("disc", "0*x"), n)
    tones = gf.spectrum(film.flow, film.start, count)
    for found, known in zip(tones.values, exact, strict=False):
        print(f"λ = {found:9.5f}, Bessel {known:9.5f}, tone {np.sqrt(found / tones.values[0]):.4f} of the lowest")
    star = gf.soap_film(gf.Wire.outline("star", "0*x"), n)
    low = gf.spectrum(star.flow, star.start, 2).values
    ball = float(jn_zeros(0, 1)[0]) ** 2 * np.pi / star.grid.area
    print(f"the star's lowest λ = {low[0]:.4f}; the disc of its area has {ball:.4f}, and no shape of that area has less")
    assert low[0] > ball  # Faber 1923, Krahn 1925
    return float(np.max(np.abs(tones.values[:count] / exact - 1.0)))


if __name__ == "__main__":
    main()
    film = gf.soap_film(gf.Wire.outline("disc", "0*x"), 97)
    tones, (x, y) = gf.spectrum(film.flow, film.start, 6), film.grid.points
    shapes = {}
    for alike, turned in (([0], 1.0), ([1, 2], x), ([3, 4], x**2 - y**2), ([5], 1.0)):  # of a pair, the mode that lies like this
        mode = sum(np.sum(film.grid.node_area * q * turned) * q for q in tones.vectors[alike])
        shapes[f"λ = {tones.values[alike[0]]:.2f}"] = 0.3 * mode / np.max(np.abs(mode))
    film.plot(shapes, "drum.png", title="Four tones of a drum: modes of a flat film on a round ring, 0.3 high", size=(1600, 1400))
    print("wrote drum.png")
