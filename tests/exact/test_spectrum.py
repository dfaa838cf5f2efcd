"""The spectrum of the hessian in the metric: known eigenvalues, indices that count them all, and the decay they predict.

Flat film on the unit square, L²: the corner scheme's hessian is the five-point Laplacian, whose eigenvalues are
(4/h²)(sin²(jπh/2) + sin²(kπh/2)), the smallest tending to 2π². Scherk's film on [−1, 1]²: 1.94552 in L², 2.3071 in NormalL2.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator

import geoflow as gf
from geoflow.protocols import Array
from geoflow.solvers import eigen
from geoflow.solvers.linear import Solution
from tests.laws.cases import dense, evolve, matrix_of


def laplacian(n: int) -> Array:
    """All eigenvalues of the five-point Laplacian on n × n nodes of the unit square, increasing."""
    h = 1.0 / (n - 1)
    one = 4.0 / h**2 * np.sin(0.5 * np.pi * h * np.arange(1, n - 1)) ** 2
    return np.sort((one[:, None] + one[None, :]).ravel())


@dataclass(frozen=True, eq=False)
class Form:
    """½ |x|², with whatever matrix for its hessian, or for a metric."""

    matrix: Array

    def value(self, x: Array) -> float:
        return 0.5 * float(x @ x)

    def differential(self, x: Array) -> Array:
        return x

    def hessian(self, x: Array) -> Array:
        return self.matrix

    def gram(self, x: Array) -> Array:
        return self.matrix


@dataclass(frozen=True, eq=False)
class Load:
    """½ ∫ u²: subtracted from the Dirichlet energy it makes a flat film buckle."""

    grid: gf.Grid

    def value(self, u: Array) -> float:
        return 0.5 * float(np.sum(self.grid.node_area * u * u))

    def differential(self, u: Array) -> Array:
        return self.grid.node_area * u

    def hessian(self, u: Array) -> sparse.dia_array:
        return gf.L2(self.grid).gram(u)


def flat(n: int, load: float = 0.0) -> tuple[gf.GradientFlow, Array]:
    grid = gf.Grid((0.0, 1.0, 0.0, 1.0), (n, n))
    energy = gf.WeightedSum(((1.0, gf.Dirichlet(grid)), (-load, Load(grid)))) if load else gf.GraphArea(grid)
    return gf.GradientFlow(energy, gf.L2(grid), grid.boundary), np.zeros(grid.shape)


def residuals(flow: gf.GradientFlow, x: Array, found: gf.Spectrum) -> Array:
    """‖H q − λ G q‖ over the free unknowns, by other code."""
    h, g = (matrix_of(m) for m in (flow.energy.hessian(x), flow.metric.gram(x)))
    free = np.ones(x.size, bool) if flow.fixed is None else ~flow.fixed.ravel()
    q = found.vectors.reshape(len(found.values), -1)
    return np.linalg.norm(((h @ q.T) - (g @ q.T) * found.values)[free], axis=0)


@pytest.mark.parametrize("n", [9, 17, 33, 65, 129])
def test_the_flat_film(n: int) -> None:
    flow, x = flat(n)
    found = gf.spectrum(flow, x, k=8)
    np.testing.assert_allclose(found.values, laplacian(n)[:8], rtol=1e-11)  # two of them double
    assert (found.index, found.kind) == (0, "minimum")
    assert found.vectors.shape == (8, n, n)
    assert not np.any(found.vectors[:, flow.fixed])
    assert np.all(found.errors < 1e-8)
    if n <= 33:
        q = found.vectors.reshape(8, -1)
        np.testing.assert_allclose(q @ matrix_of(flow.metric.gram(x)) @ q.T, np.eye(8), atol=1e-10)
        assert np.max(residuals(flow, x, found)) < 1e-9 * found.values[-1]
        bump = np.outer(np.sin(np.pi * np.linspace(0, 1, n)), np.sin(np.pi * np.linspace(0, 1, n)))
        assert np.abs(found.vectors[0]) == pytest.approx(2.0 * bump, abs=1e-8)


def test_the_flat_films_eigenvalue_is_of_order_two() -> None:
    errors = np.array([2.0 * np.pi**2 - gf.spectrum(*flat(n), k=1).values[0] for n in (9, 17, 33, 65)])
    assert np.all(np.abs(np.log2(errors[:-1] / errors[1:]) - 2.0) < 0.02)


@pytest.mark.parametrize(("metric", "expected"), [("l2", 1.94552), ("mcf", 2.3071)])
def test_scherks_film(metric: str, expected: float) -> None:
    """The corners, where the wire has two slopes, take a little off order two."""
    found = []
    for n in (33, 65, 129):
        film = gf.soap_film(gf.Wire.named("scherk"), n, metric=metric)
        found.append(gf.spectrum(film.flow, gf.relax(film.flow, film.start).x, k=1).values[0])
    assert np.log2((found[1] - found[0]) / (found[2] - found[1])) == pytest.approx(1.9, abs=0.12)
    assert (4.0 * found[2] - found[1]) / 3.0 == pytest.approx(expected, abs=5e-5)
    assert 1e-4 < found[2] - expected < 5e-4


@pytest.mark.slow
def test_a_large_film() -> None:
    flow, x = flat(257)
    np.testing.assert_allclose(gf.spectrum(flow, x).values, laplacian(257)[:6], rtol=1e-11)


# ---- indices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [17, 33, 65])
@pytest.mark.parametrize("load", [10.0, 25.0, 60.0, 300.0])
def test_every_negative_eigenvalue_is_counted(n: int, load: float) -> None:
    flow, x = flat(n, load)
    exact = laplacian(n) - load
    found = gf.spectrum(flow, x)
    assert found.index == np.sum(exact < 0.0)
    assert len(found.values) == max(6, found.index)
    np.testing.assert_allclose(found.values, exact[: len(found.values)], rtol=0, atol=1e-8)
    assert found.kind == ("saddle" if load > laplacian(n)[0] else "minimum")


@pytest.mark.parametrize("gap", [1e-4, -1e-4, 1e-3, -1e-3])
def test_a_film_about_to_buckle(gap: float) -> None:
    """Where a solver cannot see whether the hessian is positive definite, the count still is right."""
    flow, x = flat(33, float(laplacian(33)[0]) - gap)
    found = gf.spectrum(flow, x)
    assert found.values[0] == pytest.approx(gap, abs=1e-9)
    assert (found.index, found.kind) == ((0, "minimum") if gap > 0.0 else (1, "saddle"))


def test_a_solver_that_sees_nothing_misleads_no_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an indefinite matrix Lanczos finds what is next to zero; an eigenvalue below the shift tells that it was one."""

    @dataclass
    class Blind:
        matrix: Array
        held: Array

        def solve(self, b: Array, rtol: float) -> Solution:
            free, x = ~self.held, np.zeros_like(b)
            x[free] = np.linalg.solve(matrix_of(self.matrix)[np.ix_(free, free)], b[free])
            return Solution(x, 1)

    monkeypatch.setattr(eigen, "prepare", Blind)
    monkeypatch.setattr(eigen, "WHOLE", 0)
    flow, x = flat(13, 300.0)
    exact = laplacian(13) - 300.0
    found = gf.spectrum(flow, x, k=3)
    assert found.index == np.sum(exact < 0.0) > 15
    np.testing.assert_allclose(found.values, exact[: found.index], rtol=0, atol=1e-8)


def test_a_film_that_buckles_is_degenerate() -> None:
    for n in (9, 33):
        flow, x = flat(n, float(laplacian(n)[0]))
        assert gf.spectrum(flow, x).kind == "degenerate"


POINTS = [
    ("exp(x)*cos(y) - x - 1", [0, 0], [-1.0, 1.0], "saddle"),
    ("100*(y - x**2)**2 + (1 - x)**2", [1, 1], [0.399360767487633, 1001.600639232512], "minimum"),
    ("-x**2 - 3*y**2", [0, 0], [-6.0, -2.0], "maximum"),
    ("x**3 - 3*x*y**2", [0, 0], [0.0, 0.0], "degenerate"),
    ("x**2 + y**4", [0, 0], [0.0, 2.0], "degenerate"),
    ("x**2 - y**2 + z**2 - 3*w**2", [0, 0, 0, 0], [-6.0, -2.0, 2.0, 2.0], "saddle"),
    ("1e-6*x**2 + y**2", [0, 0], [2e-6, 2.0], "minimum"),
]


@pytest.mark.parametrize(("formula", "x", "values", "kind"), POINTS, ids=[p[0] for p in POINTS])
def test_points(formula: str, x: list, values: list, kind: str) -> None:
    found = gf.spectrum(gf.GradientFlow(gf.Potential(formula), gf.Euclidean()), x)
    np.testing.assert_allclose(found.values, values, rtol=1e-12, atol=1e-15)
    assert found.kind == kind
    assert found.index == np.sum(np.array(values) < 0.0)


def test_in_any_metric_eigenvalues_are_those_of_the_flows_own_matrix() -> None:
    """And Sylvester: the metric changes them, and not their signs."""
    rng = np.random.default_rng(80)
    for size in (2, 5, 9):
        a = rng.normal(size=(size, size))
        hessian, metric = a + a.T, dense(size, seed=size)
        form = gf.Potential(lambda x, h=hessian: 0.5 * float(x @ h @ x), lambda x, h=hessian: h @ x, lambda x, h=hessian: h)
        found = gf.spectrum(gf.GradientFlow(form, metric), np.zeros(size), k=size)
        direct = np.sort(np.linalg.eigvals(np.linalg.solve(metric.matrix, hessian)).real)
        np.testing.assert_allclose(found.values, direct, rtol=1e-10, atol=1e-10)
        assert found.index == np.sum(np.linalg.eigvalsh(hessian) < 0.0)


def test_marbles_have_each_their_own() -> None:
    marbles = gf.GradientFlow(gf.Marbles(gf.Potential("(x**2 - 1)**2/4 + y**2/4")), gf.Euclidean())
    found = gf.spectrum(marbles, [[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]])
    np.testing.assert_allclose(found.values, [-1.0, 0.5, 0.5, 0.5, 2.0, 2.0], rtol=1e-12)
    assert (found.index, found.kind, found.vectors.shape) == (1, "saddle", (6, 3, 2))


@pytest.mark.parametrize("wrap", [sparse.csr_array, aslinearoperator], ids=["sparse", "matrix-free"])
def test_a_large_matrix_that_is_no_stencil(wrap: object) -> None:
    d = np.concatenate([[-3.0, -0.5, 0.25], np.linspace(1.0, 9.0, 600)])
    given = wrap(sparse.diags_array(d))
    form = gf.Potential(lambda x: 0.5 * float(d @ x**2), lambda x: d * x, lambda x: given)
    found = gf.spectrum(gf.GradientFlow(form, gf.Euclidean()), np.zeros(len(d)), k=4)
    np.testing.assert_allclose(found.values, d[:4], rtol=0, atol=1e-9)
    assert (found.index, found.kind) == (2, "saddle")
    assert np.all(np.abs(found.values - d[:4]) <= found.errors + 1e-12)


@pytest.mark.parametrize(("k", "first"), [(250, -1.0), (417, 1.0), (420, 1.0)])
def test_the_last_eigenvalue_of_a_large_matrix_is_not_left_out(k: int, first: float) -> None:
    """A hilltop of 420 dimensions is a maximum, and as many eigenvalues come back as are asked for."""
    d = first * np.linspace(1.0, 9.0, 420)
    given = sparse.csr_array(sparse.diags_array(d))
    form = gf.Potential(lambda x: 0.5 * float(d @ x**2), lambda x: d * x, lambda x: given)
    found = gf.spectrum(gf.GradientFlow(form, gf.Euclidean()), np.zeros(420), k=k)
    np.testing.assert_allclose(found.values, np.sort(d)[: len(found.values)], rtol=1e-10)
    assert (len(found.values), found.kind) == ((420, "maximum") if first < 0.0 else (k, "minimum"))


# ---- the decay it predicts ---------------------------------------------------------------------------------------------


def decay(flow: gf.GradientFlow, rest: Array, found: gf.Spectrum, metric_scale: float) -> float:
    """The rate of ln(E − E*) of a film bent a little off its rest, late: to be 2 λ₁."""
    first = found.values[0]
    other = found.vectors[0] + 0.5 * found.vectors[1]
    start = rest + metric_scale * other / np.max(np.abs(other))
    t = (3.0 / first, 5.0 / first)
    run = gf.evolve(flow, start, t[1], rtol=1e-6, t_eval=t, rest_tol=1e-300)
    lowest = flow.energy.value(rest)
    before, after = (flow.energy.value(u) - lowest for u in run.states)
    return float(np.log(before / after) / (t[1] - t[0]))


def test_the_flat_film_decays_at_twice_its_first_eigenvalue() -> None:
    flow, rest = flat(33)
    found = gf.spectrum(flow, rest)
    measured = decay(flow, rest, found, 0.3)
    assert measured == pytest.approx(2.0 * found.values[0], rel=0.002)
    assert measured == pytest.approx(4.0 * np.pi**2, rel=0.01)


@pytest.mark.parametrize(("metric", "expected"), [("l2", 1.94552), ("mcf", 2.3071)])
def test_scherks_film_decays_at_twice_its_first_eigenvalue(metric: str, expected: float) -> None:
    film = gf.soap_film(gf.Wire.named("scherk"), 33, metric=metric)
    rest = gf.relax(film.flow, film.start).x
    measured = decay(film.flow, rest, gf.spectrum(film.flow, rest), 0.3)
    assert measured == pytest.approx(2.0 * expected, rel=0.01)


def test_a_marble_leaves_and_comes_to_rest_at_these_rates() -> None:
    flow = gf.GradientFlow(gf.Potential("(x**2 - 1)**2/4 + x*y/3 + y**2"), dense(2))
    rest = gf.relax(flow, [1.0, 0.0]).x
    found = gf.spectrum(flow, rest)
    start = rest + 0.01 * found.vectors[0]
    run = evolve(flow, start, 2.0 / found.values[0], rtol=1e-8)
    left = np.log(np.linalg.norm(start - rest) / np.linalg.norm(run.x - rest)) * found.values[0] / 2.0
    assert left == pytest.approx(found.values[0], rel=0.02)


# ---- refusals ----------------------------------------------------------------------------------------------------------


def test_what_is_refused() -> None:
    film = gf.soap_film(gf.Wire.named("saddle"), 9)
    for k in (0, -1, 1.5, None, True):
        with pytest.raises(gf.BadInput, match="k = "):
            gf.spectrum(film.flow, film.start, k)
    with pytest.raises(gf.BadInput, match=r"film\.flow"):
        gf.spectrum(film, film.start)
    with pytest.raises(gf.BadInput, match="hessian"):
        gf.spectrum(gf.GradientFlow(gf.Potential(lambda x: float(x @ x), lambda x: 2.0 * x), gf.Euclidean()), [0.0])
    with pytest.raises(gf.BadInput, match=r"x = array of shape \(3,\)"):
        gf.spectrum(film.flow, np.zeros(3))
    with pytest.raises(gf.BadInput, match="wire moves"):
        moving = gf.soap_film(gf.Wire.moving("m", lambda t, x, y: t * x * y), 9)
        gf.spectrum(moving.flow, moving.start)
    with pytest.raises(gf.BadInput, match="every entry"):
        gf.spectrum(gf.GradientFlow(gf.Potential("x**2"), gf.Euclidean(), np.array([True])), [0.0])
    for matrix, metric in ((np.eye(3), np.eye(2)), (np.eye(2), np.eye(3)), (np.eye(3), np.eye(3))):
        with pytest.raises(gf.BadInput, match="rows"):
            gf.spectrum(gf.GradientFlow(Form(matrix), Form(metric)), [1.0, 2.0])
    assert eigen.WHOLE < 33 * 33  # so that both roads were tried
