"""Value, differential, hessian, majorant and dual belong together: one set of laws over the table of all energies."""

import numpy as np
import pytest
from scipy.integrate import trapezoid

import geoflow as gf
from geoflow.protocols import HasConvexity, HasDual, HasHessian, HasMajorant, is_convex
from geoflow.solvers.matrices import matvec
from tests.laws.cases import (
    AREA,
    ENERGIES,
    EPS,
    GRID,
    HEAT,
    PAIR_IDS,
    PAIRS,
    EnergyCase,
    area,
    matrix_of,
    metric,
    on_grid,
    quartic_bowl,
    slope,
    slopes,
    well,
)

STEPS = 0.02 * 0.5 ** np.arange(6)
every_energy = pytest.mark.parametrize("case", ENERGIES, ids=str)


def remainders(case: EnergyCase, seed: int) -> tuple[list[float], list[float], list[float]]:
    """Root mean squares over ten random (x, v) of what Taylor's polynomials of value and differential leave over."""
    rng = np.random.default_rng(seed)
    pairs = [(case.state(rng), rng.normal(size=case.state(rng).shape)) for _ in range(10)]
    e, first, second, of_differential = case.energy, [], [], []
    for s in STEPS:
        r1, r2, r3 = [], [], []
        for x, v in pairs:
            p, hv = e.differential(x), matvec(e.hessian(x), v)
            linear = e.value(x + s * v) - e.value(x) - s * float(np.sum(p * v))
            r1.append(linear)
            r2.append(linear - 0.5 * s * s * float(np.sum(hv * v)))
            r3.append(np.linalg.norm(e.differential(x + s * v) - p - s * hv))
        for column, r in ((first, r1), (second, r2), (of_differential, r3)):
            column.append(float(np.sqrt(np.mean(np.square(r)))))
    return first, second, of_differential


@every_energy
def test_taylor(case: EnergyCase) -> None:
    first, second, of_differential = remainders(case, 1)
    assert min(first) > 1e-7, "the remainder is rounding: this would test 0 == 0"
    assert slope(STEPS, first) == pytest.approx(2.0, abs=0.15)
    if case.quadratic:  # nothing is left over, and there was something to leave over
        assert max(second) < 1e-10 * max(first)
        assert max(of_differential) < 1e-12
        assert np.linalg.norm(case.energy.differential(case.state(np.random.default_rng(0)))) > 0.1
    else:
        assert min(second) > 1e-11
        assert min(of_differential) > 1e-8
        assert slope(STEPS, second) == pytest.approx(3.0, abs=0.15)
        assert slope(STEPS, of_differential) == pytest.approx(2.0, abs=0.15)


@every_energy
def test_the_differential_is_the_whole_derivative(case: EnergyCase) -> None:
    """Every entry, against central differences: random directions can miss one wrong entry, this cannot."""
    x = case.state(np.random.default_rng(2))
    p, matrix, h = case.energy.differential(x), matrix_of(case.energy.hessian(x)), 1e-5
    assert np.min(np.abs(p[case.seen])) > 1e-6
    assert not np.any(p[~case.seen])
    for k in range(x.size):
        e = np.zeros(x.shape)
        e.flat[k] = h
        quotient = (case.energy.value(x + e) - case.energy.value(x - e)) / (2.0 * h)
        column = (case.energy.differential(x + e) - case.energy.differential(x - e)).ravel() / (2.0 * h)
        assert quotient == pytest.approx(p.flat[k], abs=2e-8)
        assert column == pytest.approx(matrix[:, k], abs=2e-8)


@every_energy
def test_the_hessian_is_symmetric_and_acts_as_its_matrix(case: EnergyCase) -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        x, v = case.state(rng), rng.normal(size=case.state(rng).shape)
        hessian = case.energy.hessian(x)
        matrix = matrix_of(hessian)
        size = np.max(np.abs(matrix))
        assert size > 0.1
        assert np.max(np.abs(matrix - matrix.T)) <= 4.0 * EPS * size
        assert matvec(hessian, v).ravel() == pytest.approx(matrix @ v.ravel(), abs=1e-12 * size)
        if case.convex:
            assert np.linalg.eigvalsh(matrix)[0] >= -1e-13 * size


def test_the_corner_scheme_by_other_code() -> None:
    rng = np.random.default_rng(4)
    hx, hy = GRID.spacing
    assert (hx, hy) == pytest.approx((0.3, 0.2))
    for amplitude in (1e-3, 1.0, 1e3):
        u = amplitude * on_grid(rng)
        assert AREA.value(u) == pytest.approx(area(u, hx, hy), rel=8.0 * EPS)
        p, q = slopes(u, hx, hy)
        assert HEAT.value(u) == pytest.approx(0.125 * hx * hy * np.sum(p * p + q * q), rel=1e-13)


def test_flat_and_tilted_films_have_their_plane_area() -> None:
    tilted = 3.0 * GRID.x[None, :] - 2.0 * GRID.y[:, None]
    assert AREA.value(np.full(GRID.shape, 7.0)) == pytest.approx(1.5 * 1.2, rel=4.0 * EPS)
    assert AREA.value(tilted) == pytest.approx(1.8 * np.sqrt(14.0), rel=1e-14)
    assert HEAT.value(tilted) == pytest.approx(0.5 * 1.8 * 13.0, rel=1e-13)
    inside = ~GRID.boundary
    assert np.max(np.abs(AREA.differential(tilted)[inside])) < 1e-14 < 0.1 < np.max(np.abs(AREA.differential(tilted)))


@every_energy
def test_majorant_lies_above(case: EnergyCase) -> None:
    """E(y) ≤ E(x) + dE(x)[y − x] + ½⟨K(x)(y − x), y − x⟩, for near and wild pairs."""
    assert gf.offers(case.energy, HasMajorant) == case.majorant
    if not case.majorant:
        return
    rng, e, widest = np.random.default_rng(6), case.energy, 0.0
    for amplitude in (1e-3, 0.1, 1.0, 10.0, 1000.0):
        for _ in range(20):
            x, d = case.state(rng), amplitude * rng.normal(size=case.state(rng).shape)
            if rng.uniform() < 0.5:
                x, d = d, x
            linear, quadratic = float(np.sum(e.differential(x) * d)), 0.5 * float(np.sum(matvec(e.majorant(x), d) * d))
            gap = e.value(x) + linear + quadratic - e.value(x + d)
            size = abs(e.value(x)) + abs(linear) + quadratic
            assert gap >= -64.0 * EPS * size
            widest = max(widest, gap / size)
    assert widest < 1e-12 if case.quadratic else widest > 1e-2


def test_majorant_of_area_is_a_five_point_m_matrix_above_the_hessian() -> None:
    rng, strictly = np.random.default_rng(7), 0.0
    for amplitude in (0.1, 1.0, 100.0):
        u = amplitude * on_grid(rng)
        k = AREA.majorant(u)
        assert not np.any(k.ne)
        assert not np.any(k.nw)
        assert np.all(k.e <= 0.0)
        assert np.all(k.n <= 0.0)
        values = np.linalg.eigvalsh(matrix_of(k) - matrix_of(AREA.hessian(u)))
        assert values[0] >= -1e-13 * values[-1]
        strictly = max(strictly, values[-1])
    assert strictly > 0.1


def array_of(p: object) -> np.ndarray:
    """The area's dual, also out of a sum whose first term it belongs to."""
    return p[0] if isinstance(p, tuple) else p


def lengths(p: object) -> np.ndarray:
    """|p| at every corner."""
    return np.hypot(array_of(p)[:4], array_of(p)[4:])


def any_dual(rng: np.random.Generator) -> np.ndarray:
    """Vectors of every direction at every corner, half of them of length one, the others shorter."""
    ny, nx = GRID.shape
    angle = rng.uniform(0.0, 2.0 * np.pi, size=(4, ny - 1, nx - 1))
    size = np.where(rng.uniform(size=angle.shape) < 0.5, 1.0, rng.uniform(size=angle.shape))
    return np.concatenate([size * np.cos(angle), size * np.sin(angle)])


@every_energy
def test_dual(case: EnergyCase) -> None:
    """linearise(x, dual(x)) is the hessian, and whatever the dual with |p| ≤ 1, the matrix is positive semidefinite."""
    e, rng = case.energy, np.random.default_rng(8)
    assert gf.offers(e, HasDual) == case.dual
    if not case.dual:
        return
    for amplitude in (0.1, 1.0, 100.0):
        x = amplitude * case.state(rng)
        p, hessian = e.dual(x), matrix_of(e.hessian(x))
        assert np.max(lengths(p)) < 1.0
        assert matrix_of(e.linearise(x, p)) == pytest.approx(hessian, abs=1e-14 * np.max(np.abs(hessian)))
        q = any_dual(rng)
        matrix = matrix_of(e.linearise(x, (q, None) if isinstance(p, tuple) else q))
        values = np.linalg.eigvalsh(matrix)
        assert values[0] >= -1e-12 * values[-1]
        assert np.max(np.abs(matrix - hessian)) > 1e-3 * np.max(np.abs(hessian)), "linearise must depend on p"


@every_energy
def test_dual_advance_stays_inside_and_finds_the_dual(case: EnergyCase) -> None:
    if not case.dual:
        return
    e, rng, longest = case.energy, np.random.default_rng(9), 0.0
    for amplitude in (1e-3, 1.0, 1e3, 1e6):
        x, dx = case.state(rng), amplitude * rng.normal(size=GRID.shape)
        p = e.dual(x)
        for _ in range(3):
            before = array_of(p).copy()
            new = e.advance(x, p, dx)
            assert np.array_equal(array_of(p), before), "advance changed its argument"
            longest = max(longest, float(np.max(lengths(new))))
            x, p = x + dx, new
    assert 1.0 - 4.0 * EPS < longest <= 1.0 + 4.0 * EPS
    # Newton's equation for W p = g: from p = g / W the advanced dual is that of x + dx up to O(dx²).
    x, v = case.state(rng), rng.normal(size=GRID.shape)
    gaps = [np.linalg.norm(array_of(e.advance(x, e.dual(x), s * v)) - array_of(e.dual(x + s * v))) for s in STEPS]
    assert slope(STEPS, gaps) == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize(("case", "name"), PAIRS, ids=PAIR_IDS)
def test_metrics_are_symmetric_positive_definite(case: EnergyCase, name: str) -> None:
    x = case.state(np.random.default_rng(10))
    gram = matrix_of(metric(name, case).gram(x))
    assert gram.shape == (x.size, x.size)
    assert np.array_equal(gram, gram.T)
    assert np.linalg.eigvalsh(gram)[0] > 1e-3


@pytest.mark.parametrize("wire", ["disc", "star", "annulus"])
def test_over_a_tilted_plane_the_normal_metric_is_the_other_over_its_slope(wire: str) -> None:
    """G = diag(node area / √14) for u = 2x − 3y, at every node that may move: whole cells, and triangles at the wire."""
    film = gf.soap_film(gf.Wire.outline(wire, lambda x, y: 2.0 * x - 3.0 * y), 17)
    free = ~film.flow.fixed
    u = np.where(free, 2.0 * film.grid.x[None, :] - 3.0 * film.grid.y[:, None], film.start)
    plane, normal = (m.gram(u).diagonal().reshape(u.shape)[free] for m in (gf.L2(film.grid), gf.NormalL2(film.grid)))
    np.testing.assert_allclose(normal, plane / np.sqrt(14.0), rtol=1e-12)


def test_l2_measures_the_plane() -> None:
    """⟨1, 1⟩ is the area of the domain, and ⟨x, x⟩ its trapezoidal second moment."""
    gram, ones = gf.L2(GRID).gram(np.zeros(GRID.shape)), np.ones(GRID.shape)
    assert np.sum(matvec(gram, ones)) == pytest.approx(1.8, rel=1e-14)
    x = np.broadcast_to(GRID.x, GRID.shape)
    assert np.sum(matvec(gram, x) * x) == pytest.approx(1.2 * trapezoid(GRID.x**2, GRID.x), rel=1e-13)


@pytest.mark.parametrize(("case", "name"), PAIRS, ids=PAIR_IDS)
def test_velocity_is_the_steepest_descent_of_the_metric(case: EnergyCase, name: str) -> None:
    """G v = −dE on the free entries, v = 0 on the held ones."""
    flow = gf.GradientFlow(case.energy, metric(name, case), case.fixed)
    x = case.state(np.random.default_rng(11))
    v = flow.velocity(x)
    free = np.ones(x.shape, dtype=bool) if case.fixed is None else ~case.fixed
    balance = matvec(flow.metric.gram(x), v) + case.energy.differential(x)
    assert np.max(np.abs(balance[free])) < 1e-12
    assert np.max(np.abs(v[free])) > 1e-2
    assert not np.any(v[~free])
    assert not np.any(flow.differential(x)[~free])
    assert np.array_equal(flow.differential(x)[free], case.energy.differential(x)[free])


SUMS = [  # terms, hessian, majorant, dual, convex
    (((1.0, AREA), (2.0, HEAT)), True, True, True, True),
    (((1.0, AREA), (-0.1, HEAT)), True, False, False, False),
    (((-1.0, AREA),), True, False, False, False),
    (((1.0, HEAT), (3.0, HEAT)), True, True, False, True),
    (((1.0, quartic_bowl()), (-1.0, well())), True, False, False, False),
    (((1.0, quartic_bowl()), (1.0, well())), True, False, False, False),
    (((1.0, AREA), (1.0, gf.Potential(lambda u: 0.0, np.zeros_like))), False, False, False, False),
    (((1.0, gf.WeightedSum(((1.0, AREA),))), (1.0, HEAT)), True, True, True, True),
    (((1.0, gf.WeightedSum(((-1.0, AREA),))), (1.0, HEAT)), True, False, False, False),
]


@pytest.mark.parametrize(("terms", "hessian", "majorant", "dual", "convex"), SUMS)
def test_a_sum_offers_what_its_terms_allow(terms: tuple, hessian: bool, majorant: bool, dual: bool, convex: bool) -> None:
    total = gf.WeightedSum(terms)
    assert gf.offers(total, HasHessian) is hessian
    assert gf.offers(total, HasMajorant) is majorant
    assert gf.offers(total, HasDual) is dual
    assert is_convex(total) is convex
    if convex:
        assert gf.offers(total, HasConvexity)


def test_a_sum_is_the_sum() -> None:
    total, x = gf.WeightedSum(((0.7, AREA), (0.4, HEAT))), on_grid(np.random.default_rng(12))
    assert total.value(x) == pytest.approx(0.7 * AREA.value(x) + 0.4 * HEAT.value(x), rel=4.0 * EPS)
    assert total.differential(x) == pytest.approx(0.7 * AREA.differential(x) + 0.4 * HEAT.differential(x), abs=1e-14)
    for ability in ("hessian", "majorant"):
        parts = [matrix_of(getattr(e, ability)(x)) for e in (AREA, HEAT)]
        assert matrix_of(getattr(total, ability)(x)) == pytest.approx(0.7 * parts[0] + 0.4 * parts[1], abs=1e-14)
    parts = 0.7 * AREA.rounding(x, AREA.value(x)) + 0.4 * HEAT.rounding(x, HEAT.value(x))
    assert total.rounding(x, total.value(x)) == pytest.approx(parts)


@pytest.mark.parametrize("case", [c for c in ENERGIES if c.grid and not c.grid.cut and "volume" not in c.name], ids=str)
def test_energies_do_not_feel_a_shift_and_leave_their_argument_alone(case: EnergyCase) -> None:
    x = case.state(np.random.default_rng(13))
    kept = x.copy()
    assert case.energy.value(x + 3.0) == pytest.approx(case.energy.value(x), rel=1e-13)
    assert case.energy.differential(x + 3.0) == pytest.approx(case.energy.differential(x), abs=1e-13)
    case.energy.hessian(x)
    assert np.array_equal(x, kept)
