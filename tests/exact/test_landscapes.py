"""Landscapes given as heights: the bicubic spline, its derivatives, its order, and how it goes on outside of the data."""

import numpy as np
import pytest
from scipy.interpolate import RectBivariateSpline

import geoflow as gf

BOUNDS = (-1.0, 2.0, 0.5, 1.5)


def sampled(f: object, nx: int, ny: int) -> gf.Potential:
    x, y = np.linspace(*BOUNDS[:2], nx), np.linspace(*BOUNDS[2:], ny)
    return gf.Potential.from_grid(f(x[None, :], y[:, None]) + 0.0 * x * y[:, None], BOUNDS)


def points(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.stack([rng.uniform(*BOUNDS[:2], shape), rng.uniform(*BOUNDS[2:], shape)], axis=-1)


def test_bicubic_polynomials_come_out_to_rounding() -> None:
    """Heights of x³y² − 2xy³ + y: nothing is lost between the nodes, in V, dV or d²V."""
    energy, at = sampled(lambda x, y: x**3 * y**2 - 2.0 * x * y**3 + y, 7, 5), points(np.random.default_rng(0), (3, 8))
    x, y = at[..., 0], at[..., 1]
    np.testing.assert_allclose(energy.value(at), x**3 * y**2 - 2.0 * x * y**3 + y, atol=1e-13)
    slope = [3.0 * x**2 * y**2 - 2.0 * y**3, 2.0 * x**3 * y - 6.0 * x * y**2 + 1.0]
    np.testing.assert_allclose(energy.differential(at), np.stack(slope, axis=-1), atol=1e-12)
    twist = 6.0 * x**2 * y - 6.0 * y**2
    rows = [np.stack([6.0 * x * y**2, twist], axis=-1), np.stack([twist, 2.0 * x**3 - 12.0 * x * y], axis=-1)]
    np.testing.assert_allclose(energy.hessian(at), np.stack(rows, axis=-2), atol=1e-11)
    one = at[1, 2]
    assert isinstance(energy.value(one), float)
    assert energy.value(one) == energy.value(at)[1, 2]


def test_of_order_four_between_smooth_heights() -> None:
    at = points(np.random.default_rng(1), (3000,))
    exact = np.exp(0.5 * at[:, 0]) * np.cos(3.0 * at[:, 1])
    nodes = [33, 65, 129, 257]
    errors = [np.max(np.abs(sampled(lambda x, y: np.exp(0.5 * x) * np.cos(3.0 * y), n, n).value(at) - exact)) for n in nodes]
    slope = -np.polyfit(np.log(np.array(nodes) - 1.0), np.log(errors), 1)[0]
    assert 3.85 < slope < 4.3


def test_its_derivatives_are_those_of_its_value_inside_and_outside() -> None:
    rng = np.random.default_rng(2)
    energy = gf.Potential.from_grid(rng.normal(size=(6, 9)), BOUNDS)
    assert energy.derivatives == "exact"
    for place in ([0.3, 1.1], [2.7, 1.1], [0.3, 0.1], [-1.4, 1.9], [2.2, 0.2]):
        found = gf.check_derivatives(energy, place)
        assert found.good, f"{place}: {found}"


def test_value_and_differential_are_continuous_across_the_edge() -> None:
    energy = gf.Potential.from_grid(np.random.default_rng(3).normal(size=(6, 9)), BOUNDS)
    little = 1e-9
    for edge, out in (
        ([2.0, 1.1], [1, 0]),
        ([0.1, 0.5], [0, -1]),
        ([2.0, 1.5], [1, 1]),
        ([2.6, 1.5], [0, 1]),
        ([-1.0, 0.2], [-1, 0]),
    ):
        inner, outer = (np.array(edge) + s * little * np.array(out) for s in (-1, 1))
        assert energy.value(inner) == pytest.approx(energy.value(outer), abs=1e-6)
        np.testing.assert_allclose(energy.differential(inner), energy.differential(outer), atol=1e-5)
    far = energy.value([[3.0, 1.0], [4.0, 1.0], [5.0, 1.0]])
    assert np.ptp(np.diff(far)) < 1e-10  # it goes on linearly


def test_it_is_the_spline_of_fitpack() -> None:
    """By other code: scipy's RectBivariateSpline, and its derivatives, on rough heights, at nodes, on edges and between."""
    rng = np.random.default_rng(4)
    z = rng.normal(size=(6, 9))
    energy = gf.Potential.from_grid(z, BOUNDS)
    x, y = np.linspace(*BOUNDS[:2], 9), np.linspace(*BOUNDS[2:], 6)
    other = RectBivariateSpline(y, x, z)
    nodes = np.stack(np.meshgrid(x, y), axis=-1)
    np.testing.assert_allclose(energy.value(nodes), z, atol=1e-14)
    at = np.concatenate([points(rng, (300,)), nodes.reshape(-1, 2)])
    for got, order in (
        (energy.value(at), (0, 0)),
        (energy.differential(at)[:, 0], (0, 1)),
        (energy.differential(at)[:, 1], (1, 0)),
        (energy.hessian(at)[:, 0, 0], (0, 2)),
        (energy.hessian(at)[:, 1, 0], (1, 1)),
        (energy.hessian(at)[:, 1, 1], (2, 0)),
    ):
        np.testing.assert_allclose(got, other.ev(at[:, 1], at[:, 0], *order), rtol=1e-9, atol=1e-9)
    assert np.all(np.isnan(energy.differential([np.nan, 1.0])))


def test_a_marble_on_heights_rolls_as_on_the_formula() -> None:
    x, y = np.linspace(-2.0, 2.0, 161), np.linspace(-1.0, 1.0, 81)
    data = gf.Potential.from_grid((x**2 - 1.0) ** 2 / 4.0 + y[:, None] ** 2 / 2.0, (-2.0, 2.0, -1.0, 1.0))
    runs = [gf.evolve(gf.GradientFlow(e, gf.Euclidean()), [0.3, 0.4], 2.0) for e in (data, gf.Potential("(x**2-1)**2/4+y**2/2"))]
    np.testing.assert_allclose(runs[0].x, runs[1].x, rtol=0, atol=1e-6)
    assert {run.method for run in runs} == {"SDIRK2"}


@pytest.mark.parametrize(
    ("z", "bounds", "field"),
    [
        (np.ones((3, 9)), BOUNDS, "z"),
        (np.ones(9), BOUNDS, "z"),
        ([["a"]], BOUNDS, "z"),
        (np.ones((5, 5)) * 1j, BOUNDS, "z"),
        (np.where(np.eye(5) > 0, np.nan, 1.0), BOUNDS, "z[0, 0]"),
        (np.ones((5, 5)), (0.0, 1.0), "bounds"),
        (np.ones((5, 5)), (0.0, 1.0, 1.0, 1.0), "bounds"),
        (np.ones((5, 5)), (0.0, np.inf, 0.0, 1.0), "bounds"),
        (np.ones((5, 5)), (-1e308, 1e308, 0.0, 1.0), "bounds"),
        (np.ones((5, 5)), None, "bounds"),
    ],
)
def test_what_is_no_landscape_is_refused(z: object, bounds: object, field: str) -> None:
    with pytest.raises(gf.BadInput) as error:
        gf.Potential.from_grid(z, bounds)
    assert error.value.field == field


def test_heights_are_copied() -> None:
    z = np.add.outer(np.arange(5.0), np.arange(5.0))
    energy = gf.Potential.from_grid(z, (0.0, 1.0, 0.0, 1.0))
    before = energy.value([0.3, 0.3])
    z[:] = 7.0
    assert energy.value([0.3, 0.3]) == before
