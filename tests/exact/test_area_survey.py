"""The area's error bar surveyed over all kinds of films whose areas are known: it is right in 19 of 20 of each kind.

    smooth     surfaces turned, scaled and moved over rectangles, discs, ellipses, stars and polygons, some with a hole
    corner     minimal surfaces with u ~ r^s, 1 < s < 2, at a corner of their rectangle or polygon, of 50° to 300°
    rings      catenoids over annuli, half of which let go of their inner wire: catenoid, and wall times its height
    rough      wires of random points a side over rectangles, against eight times as many nodes
    jumps      wires whose sides are at different heights at the corners of the rectangle, likewise
    kinks      wires that have kinks anywhere, or jumps, over rectangles, discs, ellipses and stars, likewise

Those of `corner` are given by g = c w^q in x + iy = ½ (w̄ − ∫g²dw), z = Re ∫ g dw (Enneper 1864, Weierstrass 1866), s = q + 1: the
third derivatives that order two in area asks for are unbounded there, the second, too.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

import geoflow as gf
from geoflow.extrapolate import area_estimate
from tests.exact.test_area_bars import W, X, annulus, random_film, surface, turned

FAMILIES = ("smooth", "corner", "rings", "rough", "jumps", "kinks")


def wedge(rng):
    """A surface around a singular point at 0: height and slopes of x, y, up to |x + iy| = 1, cut along the negative axis."""
    q, c = rng.uniform(0.1, 0.95), rng.uniform(0.1, 0.42) * np.exp(1j * rng.uniform(0.0, 2.0 * np.pi))

    def parameter(x, y):
        z = 0.8 * (x + 1j * y)
        w, before = 2.0 * np.conj(z), np.inf
        while np.max(np.abs(w - before)) > 1e-15:  # contracts by |g|²
            w, before = np.conj(2.0 * z + c * c * w ** (2.0 * q + 1.0) / (2.0 * q + 1.0)), w
        return w

    def height(x, y):
        return np.real(c * parameter(x, y) ** (q + 1.0) / (q + 1.0)) / 0.8

    def slopes(x, y):
        g = c * parameter(x, y) ** q
        return 2.0 * g.real / (1.0 - np.abs(g) ** 2), 2.0 * g.imag / (1.0 - np.abs(g) ** 2)

    return height, slopes


def fan_area(corners, slopes):
    """The area over the triangles between 0 and the sides of a polygon, (k, 2), from corner to corner; r^s is smooth in r^¼."""
    out, total = X[:, None] ** 4, 0.0
    for p, q in zip(corners, corners[1:], strict=False):
        side = p + X[:, None] * (q - p)
        w = 4.0 * X[:, None] ** 3 * out * W[:, None] * W * abs(p[0] * q[1] - p[1] * q[0])
        along, across = slopes(out * side[:, 0], out * side[:, 1])
        total += float(np.sum(w * np.sqrt(1.0 + along * along + across * across)))
    return total


def corner_case(rng):
    """The singular point is a corner of a rectangle, of an L inside, or of a polygon."""
    (height, slopes), kind, scale = wedge(rng), rng.integers(3), 10.0 ** rng.uniform(-1.0, 1.0)
    if kind == 0:
        sides = np.sqrt(0.5) * rng.uniform(0.4, 1.0, 2)
        corners = np.array([(sides[0], 0.0), sides, (0.0, sides[1])])
    elif kind == 1:
        a, b, c, d = np.sqrt(0.5) * rng.uniform(0.4, 1.0, 4)
        corners = np.array([(a, 0.0), (a, b), (-c, b), (-c, -d), (0.0, -d)])
    else:
        across = rng.uniform(50.0, 300.0) * np.pi / 180.0
        angle = np.linspace(0.0, across, int(rng.integers(3, 6) + across // 1.5))
        corners = rng.uniform(0.7, 1.0, len(angle))[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    middle = 0.5 * (np.arctan2(*corners[0, ::-1]) + np.arctan2(*corners[-1, ::-1]) % (2.0 * np.pi))
    turn = turned(rng.uniform(-0.3, 0.3) - middle)  # away from where the surface is cut

    def lifted(x, y):
        own = np.stack(np.broadcast_arrays(x, y), axis=-1) / scale @ turn.T
        return scale * height(own[..., 0], own[..., 1])

    area = scale**2 * fan_area(corners @ turn.T, slopes)
    if kind == 0:
        return gf.Wire("corner", (0.0, scale * sides[0], 0.0, scale * sides[1]), lifted), area
    return gf.Wire.outline(scale * np.concatenate([np.zeros((1, 2)), corners]), lifted), area


def rectangle_case(rng):
    """A turned and scaled piece of an exact surface over a rectangle."""
    (height, slopes, at, size), turn, scale = surface(rng), turned(rng.uniform(0.0, 7.0)), 10.0 ** rng.uniform(-1.0, 1.0)
    a, b = size * np.sqrt(0.5) * rng.uniform(0.4, 1.0, 2)

    def own(x, y):
        x, y = np.moveaxis(np.stack(np.broadcast_arrays(x, y), axis=-1) / scale @ turn, -1, 0)
        return x + at, y

    x, y, w = a * (2.0 * X - 1.0), b * (2.0 * X[:, None] - 1.0), 4.0 * a * b * W * W[:, None]
    p, q = slopes(*own(scale * x, scale * y))
    area = scale**2 * float(np.sum(w * np.sqrt(1.0 + p * p + q * q)))
    box = (-scale * a, scale * a, -scale * b, scale * b)
    return gf.Wire("piece", box, lambda x, y: scale * height(*own(x, y))), area


def rough_case(rng):
    """Straight between random heights, 2 to 20 a side."""
    points = int(rng.integers(2, 21))
    z, around = rng.normal(size=4 * points) * 10.0 ** rng.uniform(-1.5, 0.5), np.linspace(0.0, 4.0, 4 * points + 1)

    def height(x, y):
        place = np.where(y == 0.0, x, np.where(x == 1.0, 1.0 + y, np.where(y == 1.0, 3.0 - x, 4.0 - y)))
        return np.interp(place, around, np.append(z, z[0]))

    return gf.Wire("random", (0.0, 1.0, 0.0, 1.0), height)


def jumping_case(rng):
    """A wave along each side, whose ends do not meet those of the next."""
    size, wave, step = 10.0 ** rng.uniform(-1.5, 0.5), rng.uniform(0.5, 6.0, 4), rng.normal(size=(2, 4))

    def height(x, y):
        x, y = np.broadcast_arrays(x, y)
        forms = [step[0, k] + step[1, k] * np.sin(wave[k] * (x if k % 2 == 0 else y)) for k in range(4)]
        return size * np.select([y == 0.0, x == 1.0, y == 1.0], forms[:3], forms[3])

    return gf.Wire("jumps", (0.0, 1.0, 0.0, 1.0), height)


def kinked_case(rng):
    """Waves, and one to three lines across which the height has a kink or a jump, which fall between the nodes anyhow."""
    size, wave, lines = rng.uniform(0.2, 1.2), 1.5 * rng.normal(size=(4, 2)), int(rng.integers(1, 4))
    high, phase, angle = 0.5 * size * rng.normal(size=4), rng.uniform(0.0, 7.0, 4), rng.uniform(0.0, 7.0, lines)
    at, step, jumping = rng.uniform(-0.6, 0.6, lines), size * rng.normal(size=lines), rng.random() < 0.5

    def height(x, y):
        smooth = sum(a * np.sin(p * x + q * y + f) for a, (p, q), f in zip(high, wave, phase, strict=True))
        across = [np.cos(a) * x + np.sin(a) * y - c for a, c in zip(angle, at, strict=True)]
        return smooth + sum(b * ((d > 0.0) if jumping else 2.0 * np.maximum(d, 0.0)) for b, d in zip(step, across, strict=True))

    over = rng.choice(["rectangle", "disc", "ellipse", "star"])
    box = (-1.0, 1.0, -1.0, float(rng.choice([1.0, 0.5])))
    return gf.Wire("kinks", box, height) if over == "rectangle" else gf.Wire.outline(str(over), height)


def told(wire, n):
    film = gf.soap_film(wire, n)
    return area_estimate(film, gf.relax(film.flow, film.start))


@dataclass(frozen=True)
class Seen:
    """Of one film: its seed, the bar, the true area, and what that may be off by itself."""

    seed: int
    bar: gf.AreaEstimate
    area: float
    doubt: float

    @property
    def share(self):
        """The error over the bar: at most 1 where the bar is right, whatever is in doubt."""
        return (abs(self.bar.area - self.area) + self.doubt) / self.bar.error


@cache
def survey(family, seeds, sizes):
    """One film a seed; those too narrow for their grid are left out."""
    rows = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        n, doubt = int(rng.choice(sizes)), 0.0
        if family == "smooth":
            wire, area = rectangle_case(rng) if rng.random() < 0.4 else random_film(seed)[:2]
        elif family == "corner":
            wire, area = corner_case(rng)
        elif family == "rings":
            inner, part = rng.uniform(0.3, 0.7), rng.uniform(0.9, 1.1) if seed % 4 == 0 else rng.uniform(0.0, 2.5)
            wire, area, _ = annulus(inner, 1.0, part * inner * np.arccosh(1.0 / inner))
        else:
            wire = {"rough": rough_case, "jumps": jumping_case, "kinks": kinked_case}[family](rng)
            fine = told(wire, 8 * n - 7)
            area, doubt = fine.area, 0.0 if family == "kinks" else fine.error  # these have wide bars themselves
        try:
            bar = told(wire, n)
        except gf.BadInput:
            continue
        if bar is not None:
            rows.append(Seen(seed, bar, area, doubt))
    return rows


def judge(family, rows):
    """How many bars are right, how wide they are in the middle, and which are wrong."""
    share = np.array([row.share for row in rows])
    wrong = ", ".join(f"{row.seed} ({row.share:.3g})" for row in rows if row.share > 1.0) or "none"
    print(
        f"{family:8s} right {np.sum(share <= 1.0):4d} of {len(rows):4d}, bar / error {1.0 / np.median(share):.3g}; wrong: {wrong}"
    )
    return int(np.sum(share <= 1.0))


def test_bars_of_all_families():
    assert sum(judge(family, survey(family, (1, 2, 3), (33, 65))) for family in FAMILIES) >= 17


@pytest.mark.slow
def test_nineteen_bars_in_twenty_are_right():
    """Over 350 films, and of each family; half of the bars are within fifty times the error."""
    right, films = {}, {}
    for family in FAMILIES:
        sizes = (129,) if family == "kinks" else (33, 65, 129) if family in FAMILIES[:3] else (33, 65)
        rows = survey(family, tuple(range(1000, 1064)), sizes)
        right[family], films[family] = judge(family, rows), len(rows)
        assert np.median([row.share for row in rows]) >= 0.02
    print(f"right {sum(right.values())} of {sum(films.values())}")
    assert min(films.values()) >= 55 and sum(films.values()) >= 350
    assert all(right[family] >= 0.95 * films[family] for family in FAMILIES)
