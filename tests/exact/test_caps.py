"""Films under pressure: area − 2H · volume is at rest on spherical caps, of either sign and any steepness."""

import numpy as np
import pytest

import geoflow as gf

SIZES = np.array([17, 33, 65, 129])


def under_pressure(radius, half, sign, n):
    """(film, rest, exact): the cap sign · √(R² − r²) over [−half, half]², found from the Coons patch of its wire."""
    wire = gf.Wire("sphere", (-half, half, -half, half), lambda x, y: sign * np.sqrt(radius**2 - x**2 - y**2))
    film = gf.soap_film(wire, int(n))
    energy = gf.WeightedSum(((1.0, film.flow.energy), (-2.0 * sign / radius, gf.Volume(film.grid))))
    rest = gf.relax(gf.GradientFlow(energy, film.flow.metric, film.flow.fixed), film.start)
    return film, rest, wire.height(film.grid.x[None, :], film.grid.y[:, None])


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(("radius", "half"), [(1.2, 0.5), (1.0, 0.6)])
def test_caps_to_second_order(radius, half, sign):
    errors = []
    for n in SIZES:
        _, rest, exact = under_pressure(radius, half, sign, n)
        assert rest.status == "at rest"
        errors.append(np.max(np.abs(rest.x - exact)))
    assert -np.polyfit(np.log(SIZES - 1.0), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.1)
    assert errors[-1] < 1e-5


def test_the_sign_of_the_pressure_is_the_side_it_pushes_to():
    _, up, _ = under_pressure(1.2, 0.5, 1.0, 17)
    _, down, _ = under_pressure(1.2, 0.5, -1.0, 17)
    np.testing.assert_allclose(up.x, -down.x, rtol=0, atol=1e-13)
    film = gf.soap_film(gf.Wire.formula("0"), 17)
    blown = gf.WeightedSum(((1.0, film.flow.energy), (-0.5, gf.Volume(film.grid))))
    rest = gf.relax(gf.GradientFlow(blown, film.flow.metric, film.flow.fixed), film.start)
    assert np.min(rest.x[~film.grid.boundary]) > 0.0


def test_a_linear_term_keeps_the_tamed_newton_and_the_majorant_at_either_sign():
    grid = gf.Grid((0.0, 1.0, 0.0, 1.0), (9, 9))
    from geoflow.protocols import HasConvexity, HasDual, HasHessian, HasMajorant, HasSecant

    for weight in (-3.0, 2.0):
        total = gf.WeightedSum(((1.0, gf.GraphArea(grid)), (weight, gf.Volume(grid))))
        assert all(gf.offers(total, a) for a in (HasConvexity, HasDual, HasHessian, HasMajorant, HasSecant))
        assert total.convex
    assert not gf.offers(gf.WeightedSum(((1.0, gf.GraphArea(grid)), (-1.0, gf.Dirichlet(grid)))), HasMajorant)


@pytest.mark.parametrize("method", [gf.ImplicitEuler(), gf.Lagged(), gf.SDIRK3(), gf.Secant()], ids=lambda m: type(m).__name__)
def test_every_method_flows_to_the_cap(method):
    film, rest, _ = under_pressure(1.2, 0.5, 1.0, 17)
    energy = gf.WeightedSum(((1.0, film.flow.energy), (-2.0 / 1.2, gf.Volume(film.grid))))
    flow = gf.GradientFlow(energy, film.flow.metric, film.flow.fixed)
    run = gf.evolve(flow, film.start, 3.0, method=method, dt=0.05)
    assert run.largest_increase == 0.0
    assert np.max(np.abs(run.x - rest.x)) < 2e-7


def test_volume_is_the_trapezoidal_rule():
    grid = gf.Grid((0.0, 2.0, -1.0, 0.0), (5, 9))
    u = 3.0 + grid.x[None, :] * grid.y[:, None]
    assert gf.Volume(grid).value(u) == pytest.approx(6.0 + 2.0 * -0.5, rel=1e-15)
    with pytest.raises(gf.BadInput):
        gf.Volume(grid).value(u[:-1])
