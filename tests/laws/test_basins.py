"""Basins: every label is where `evolve` ends, on formulas, functions and data, with or without a hessian, in any dimension."""

import os
import subprocess
import sys

import numpy as np
import pytest

import geoflow as gf
from geoflow.points.swarm import Swarm, Traps

HIMMELBLAU = gf.Potential("(x**2 + y - 11)**2 + (x + y**2 - 7)**2")
WELL = gf.Potential("(x**2 - 1)**2/4 + y**2/2")


def nearest(found: gf.Basins, x: np.ndarray) -> np.ndarray:
    """The number of the minimum that each row of x is at; every row is at one."""
    distance = np.linalg.norm(x[:, None] - found.minima, axis=-1)
    assert np.max(np.min(distance, axis=1)) < 1e-3
    return np.argmin(distance, axis=1)


def some(found: gf.Basins, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random starts, and their labels."""
    pick = np.random.default_rng(seed).choice(found.labels.size, count, replace=False)
    return found.starts.reshape(-1, found.minima.shape[1])[pick], found.labels.ravel()[pick]


def test_two_hundred_starts_on_himmelblau_end_where_evolve_says() -> None:
    found = gf.basins(HIMMELBLAU, (-6, 6, -6, 6), (200, 201))
    starts, labels = some(found, 200, 1)
    run = gf.evolve(gf.GradientFlow(gf.Marbles(HIMMELBLAU), gf.Euclidean()), starts, rtol=1e-5)
    assert run.status == "at rest"
    np.testing.assert_array_equal(nearest(found, run.x), labels)
    assert len(found.minima) == 4
    np.testing.assert_allclose(HIMMELBLAU.differential(found.minima), 0.0, atol=1e-9)
    np.testing.assert_allclose(found.minima[2], [3.0, 2.0], atol=1e-12)
    assert found.labels.shape == (200, 201)
    assert found.starts[3, 7].tolist() == [found.starts[0, 7, 0], found.starts[3, 0, 1]]
    assert np.all(found.labels >= 0)
    assert sum(found.share(k) for k in range(4)) == pytest.approx(1.0)
    assert "40200 end in 4 minima" in found.message


@pytest.mark.slow
def test_a_million_starts_on_himmelblau() -> None:
    found = gf.basins(HIMMELBLAU, (-6, 6, -6, 6), (1000, 1000))
    starts, labels = some(found, 200, 2)
    flow = gf.GradientFlow(HIMMELBLAU, gf.Euclidean())
    alone = np.array([gf.evolve(flow, start, rtol=1e-6).x for start in starts])
    np.testing.assert_array_equal(nearest(found, alone), labels)


def test_the_ridge_is_the_ridge() -> None:
    """x = 0 rolls to the pass and stays, its neighbours do not; the labels are exact, as the basins are."""
    found = gf.basins(WELL, (-2, 2, -1, 1), (31, 41))
    expected = np.where(found.starts[..., 0] < 0.0, 0, np.where(found.starts[..., 0] > 0.0, 1, gf.Basins.SADDLE))
    np.testing.assert_array_equal(found.labels, expected)
    np.testing.assert_allclose(found.saddles, [[0.0, 0.0]], atol=1e-9)
    assert found.share(gf.Basins.SADDLE) == pytest.approx(1.0 / 41.0)


def test_at_the_edges_of_basins_too() -> None:
    """Where one start's error decides: starts beside the separatrices of Himmelblau, against sharper runs."""
    found = gf.basins(HIMMELBLAU, (-6, 6, -6, 6), (300, 301))
    edge = np.argwhere(found.labels[:, 1:] != found.labels[:, :-1])
    rows, columns = edge[np.random.default_rng(5).choice(len(edge), 60, replace=False)].T
    run = gf.evolve(gf.GradientFlow(gf.Marbles(HIMMELBLAU), gf.Euclidean()), found.starts[rows, columns], rtol=1e-6)
    np.testing.assert_array_equal(nearest(found, run.x), found.labels[rows, columns])


def test_flowing_away_is_a_label() -> None:
    """e^x cos y − x − 1: y = 0 comes to rest in the pass, all others leave, as evolve says of (.5, 1e-6)."""
    found = gf.basins(gf.Potential("exp(x)*cos(y) - x - 1"), (-1, 1, -2, 2), (41, 21))
    assert np.all(found.labels[20] == gf.Basins.SADDLE)
    assert np.all(np.delete(found.labels, 20, axis=0) == gf.Basins.LEFT)
    assert found.minima.shape == (0, 2)
    assert found.values.size == 0
    sink = gf.basins(gf.Potential("log(x**2 + y**2)"), (-2, 2, -2, 2), (8, 8))
    assert np.all(sink.labels == gf.Basins.LEFT)  # into −∞, inside of the bounds, in finite time


def test_degenerate_ends() -> None:
    """A ring of minima is one; the middle of it is a maximum; the monkey's saddle is no minimum, x⁴ is one."""
    ring = gf.basins(gf.Potential("(x**2 + y**2 - 1)**2"), (-2, 2, -2, 2), (41, 41))
    assert len(ring.minima) == 1
    assert np.linalg.norm(ring.minima[0]) == pytest.approx(1.0, abs=1e-7)
    assert np.argwhere(ring.labels == gf.Basins.SADDLE).tolist() == [[20, 20]]
    monkey = gf.basins(gf.Potential("x**3 - 3*x*y**2"), (-1, 1, -1, 1), (21, 21))
    assert set(np.unique(monkey.labels)) == {gf.Basins.LEFT, gf.Basins.SADDLE}
    assert monkey.labels[10, 10] == gf.Basins.SADDLE
    quartic = gf.basins(gf.Potential("x**4 + y**4"), (-1, 2, -1, 1), (11, 10))
    assert np.all(quartic.labels == 0)
    np.testing.assert_allclose(quartic.minima, [[0.0, 0.0]], atol=1e-4)


def rosenbrock(x: np.ndarray) -> float:
    return float(100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2)


@pytest.mark.parametrize("kappa", ["100", "1e6"])
def test_stiff_valleys_do_not_hang(kappa: str) -> None:
    """A banana of stiffness 10³ and 10⁷: the explicit pair would need so many steps for each unit of time."""
    valley = gf.Potential(f"{kappa}*(y - x**2)**2 + (1 - x)**2")
    found = gf.basins(valley, (-1.5, 1.5, -0.5, 3), (12, 13))
    np.testing.assert_allclose(found.minima, [[1.0, 1.0]], atol=1e-9)
    assert found.share(0) > 0.8
    assert found.share(0) + found.share(gf.Basins.LEFT) == 1.0  # over the sides, from where y is far from x²


def test_functions_go_the_same_road() -> None:
    """With both derivatives, with one, with none: the same labels as of the formula."""
    plain = gf.Potential(lambda x: float((x[0] ** 2 - 1.0) ** 2 / 4.0 + x[1] ** 2 / 2.0))
    half = gf.Potential(plain.value, lambda x: np.array([x[0] ** 3 - x[0], x[1]]))
    whole = gf.Potential(half.value, half.derivative, lambda x: np.diag([3.0 * x[0] ** 2 - 1.0, 1.0]))
    expected = gf.basins(WELL, (-2, 2, -1, 1), (3, 4))
    for energy in (plain, half, whole):
        found = gf.basins(energy, (-2, 2, -1, 1), (3, 4))
        np.testing.assert_array_equal(found.labels, expected.labels)
        np.testing.assert_allclose(found.minima, expected.minima, atol=1e-6)
    assert "by scipy.differentiate" in gf.basins(plain, (-2, 2, -1, 1), (2, 2)).message


def test_one_and_three_dimensions() -> None:
    line = gf.basins(gf.Potential("(x**2 - 1)**2"), (-2, 2), (9,))
    assert line.labels.tolist() == [0, 0, 0, 0, -2, 1, 1, 1, 1]
    space = gf.basins(gf.Potential("(x**2 - 1)**2 + (y**2 - 4)**2 + (z - 1)**2"), (-2, 2, -3, 3, 0, 3), (3, 4, 6))
    assert space.labels.shape == (3, 4, 6)
    assert len(space.minima) == 4
    corner = space.minima[space.labels]
    np.testing.assert_allclose(
        corner, np.stack([np.sign(space.starts[..., 0]), 2 * np.sign(space.starts[..., 1]), 1 + 0 * corner[..., 0]], -1)
    )


def test_nobody_leaves_a_trap() -> None:
    """Followed without traps, starts inside of one end at its minimum."""
    land, lo, hi = gf.Marbles(HIMMELBLAU), np.full(2, -6.0), np.full(2, 6.0)
    from geoflow.points.basins import _radii

    minima = gf.basins(HIMMELBLAU, (-6, 6, -6, 6), (20, 20)).minima
    radii = _radii(land, lo, hi, minima)
    assert np.all(radii > 0.5)
    rng = np.random.default_rng(7)
    for m, r in zip(minima, radii, strict=True):
        angle, part = rng.uniform(0.0, 2.0 * np.pi, 60), np.sqrt(rng.random(60))
        starts = m + r * (part * np.array([np.cos(angle), np.sin(angle)])).T
        _, ends = Swarm(land, lo, hi, 1e-6).follow(starts, Traps.around(minima[:0], radii[:0]))
        np.testing.assert_allclose(ends, np.broadcast_to(m, ends.shape), atol=1e-5)


def test_labels_do_not_depend_on_threads() -> None:
    code = """
import hashlib
import geoflow as gf
found = gf.basins(gf.Potential("(x**2 + y - 11)**2 + (x + y**2 - 7)**2"), (-5, 5, -5, 5), (300, 300))
print(hashlib.sha256(found.labels.tobytes() + found.minima.tobytes()).hexdigest())
"""

    def told(threads: int) -> str:
        here = {**os.environ, "GEOFLOW_THREADS": str(threads)}
        return subprocess.run([sys.executable, "-c", code], env=here, capture_output=True, text=True, check=True).stdout

    assert told(1) == told(2) == told(3)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("x**2", (-1, 1), (5,)), "potential"),
        ((WELL, (-1, 1), (5, 5)), "bounds"),
        ((WELL, (-1, 1, 1, -1), (5, 5)), "bounds"),
        ((WELL, (-1, 1, -1, 1), 5), "shape"),
        ((WELL, (-1, 1, -1, 1), (5, 1)), "shape"),
        ((WELL, (-1, 1, -1, 1), (5, 2.5)), "shape"),
        ((WELL, (-1, 1, -1, 1, -1, 1), (5, 5, 5)), "x0"),
        ((gf.Potential("log(x)"), (-1, 1), (5,)), "Marbles.value(x0)"),
    ],
)
def test_what_has_no_basins_is_refused(arguments: tuple, field: str) -> None:
    with pytest.raises(gf.BadInput) as error:
        gf.basins(*arguments)
    assert error.value.field == field
