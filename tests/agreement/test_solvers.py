"""Matrices and solves by two roads: geoflow's kernels and multigrid against SciPy's sparse algebra, assembled here."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import linalg as splinalg

import geoflow as gf
from geoflow.errors import Indefinite
from geoflow.exact.surfaces import scherk
from geoflow.solvers import Stencil, combine, matvec, prepare, solve
from geoflow.solvers.direct import Blocks, Diagonal
from geoflow.solvers.krylov import probed_diagonal
from geoflow.solvers.linear import Krylov, Multigrid
from geoflow.solvers.matrices import is_blocks
from geoflow.solvers.multigrid import Hierarchy
from geoflow.solvers.newton import Stage
from geoflow.solvers.rows import whole
from geoflow.solvers.runs import runs
from geoflow.solvers.sums import combined, distance, norm, norm_over, pulled, scaled

# ---------------------------------------------------------------------------------------------- the corner gradient


def corner_gradient(grid):
    """(G_x, G_y), each (4·cells, nodes): the gradient at the corners bl, br, tl, tr of every cell, from 1-D matrices."""
    (ny, nx), (hx, hy) = grid.shape, grid.spacing

    def difference(n, h):
        return sparse.diags_array([np.full(n - 1, -1 / h), np.full(n - 1, 1 / h)], offsets=[0, 1], shape=(n - 1, n))

    def pick(n, k):
        return sparse.eye_array(n - 1, n, k=k)

    corners = [(0, 0), (0, 1), (1, 0), (1, 1)]
    gx = [sparse.kron(pick(ny, top), difference(nx, hx)) for top, _ in corners]
    gy = [sparse.kron(difference(ny, hy), pick(nx, right)) for _, right in corners]
    return sparse.csr_array(sparse.vstack(gx)), sparse.csr_array(sparse.vstack(gy))


def assembled(grid, xx, xy, yy):
    """(Gᵀ D G, |G|ᵀ |D| |G|) for D = w [[xx, xy], [xy, yy]] at every corner; the second bounds what rounding can do."""
    gx, gy = corner_gradient(grid)
    w = 0.25 * grid.spacing[0] * grid.spacing[1]

    def form(gx, gy, xx, xy, yy):
        xx, xy, yy = (sparse.diags_array(w * d) for d in (xx, xy, yy))
        return (gx.T @ xx @ gx + gx.T @ xy @ gy + gy.T @ xy @ gx + gy.T @ yy @ gy).toarray()

    return form(gx, gy, xx, xy, yy), form(abs(gx), abs(gy), *(np.abs(d) for d in (xx, xy, yy)))


def slopes(grid, u):
    gx, gy = corner_gradient(grid)
    p, q = gx @ u.ravel(), gy @ u.ravel()
    return p, q, np.sqrt(1 + p * p + q * q)


def same(stencil, matrix, size):
    dense = stencil.tocsr().toarray()
    np.testing.assert_array_equal(dense, dense.T)
    assert np.all(np.abs(dense - matrix) <= 1e-14 * size)
    assert np.max(np.abs(dense)) > 0


GRIDS = {
    "3x3": gf.Grid((0.0, 1.0, 0.0, 1.0), (3, 3)),
    "4x7": gf.Grid((-1.0, 1.0, 2.0, 2.5), (4, 7)),
    "12x5": gf.Grid((0.0, 0.1, 0.0, 3.0), (12, 5)),
    "17x17": gf.Grid((0.0, 1.0, 0.0, 1.0), (17, 17)),
}
HEIGHTS = (0.0, 0.1, 1.0, 30.0)


def random_film(grid, height):
    return height * np.random.default_rng(3).standard_normal(grid.shape)


@pytest.mark.parametrize("height", HEIGHTS)
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_area_and_its_matrices(grid, height):
    u, area = random_film(grid, height), gf.GraphArea(grid)
    gx, gy = corner_gradient(grid)
    w = 0.25 * grid.spacing[0] * grid.spacing[1]
    p, q, W = slopes(grid, u)
    assert area.value(u) == pytest.approx(w * np.sum(W), rel=1e-14)
    differential = w * (gx.T @ (p / W) + gy.T @ (q / W))
    bound = w * (abs(gx).T @ np.abs(p / W) + abs(gy).T @ np.abs(q / W))
    assert np.all(np.abs(area.differential(u).ravel() - differential) <= 1e-14 * bound)
    same(area.majorant(u), *assembled(grid, 1 / W, 0 * W, 1 / W))
    # Rounding of I/W − g gᵀ/W³ is relative to I/W, so that bounds the comparison.
    hessian, _ = assembled(grid, (1 - p * p / W**2) / W, -p * q / W**3, (1 - q * q / W**2) / W)
    _, size = assembled(grid, 1 / W, 1 / W, 1 / W)
    same(area.hessian(u), hessian, size)


@pytest.mark.parametrize("height", HEIGHTS)
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_the_primal_dual_matrix(grid, height):
    u, area, rng = random_film(grid, height), gf.GraphArea(grid), np.random.default_rng(5)
    p, q, W = slopes(grid, u)
    _, size = assembled(grid, 1 / W, 1 / W, 1 / W)
    same(area.linearise(u, area.dual(u)), area.hessian(u).tocsr().toarray(), size)
    ny, nx = grid.shape
    angle, length = rng.uniform(0, 2 * np.pi, 4 * (ny - 1) * (nx - 1)), rng.uniform(0, 1, 4 * (ny - 1) * (nx - 1))
    a, b = length * np.cos(angle), length * np.sin(angle)
    dual = np.stack([a, b]).reshape(8, ny - 1, nx - 1)
    matrix, _ = assembled(grid, (1 - a * p / W) / W, -0.5 * (a * q + b * p) / W**2, (1 - b * q / W) / W)
    same(area.linearise(u, np.ascontiguousarray(dual)), matrix, size)
    assert np.linalg.eigvalsh(matrix)[0] >= -1e-12 * np.max(size)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_dirichlets_matrix_is_the_five_point_laplacian(grid):
    gx, _ = corner_gradient(grid)
    one = np.ones(gx.shape[0])
    energy, u = gf.Dirichlet(grid), random_film(grid, 1.0)
    laplacian, size = assembled(grid, one, 0 * one, one)
    same(energy.hessian(u), laplacian, size)
    same(energy.majorant(u), laplacian, size)
    assert energy.value(u) == pytest.approx(0.5 * u.ravel() @ laplacian @ u.ravel(), rel=1e-12)
    np.testing.assert_allclose(energy.differential(u).ravel(), laplacian @ u.ravel(), rtol=0, atol=1e-13 * np.max(size))


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_a_stencil_applies_as_its_sparse_matrix_does(grid):
    hessian, v = gf.GraphArea(grid).hessian(random_film(grid, 2.0)), random_film(grid, 1.0)
    sparse_way = (hessian.tocsr() @ v.ravel()).reshape(grid.shape)
    np.testing.assert_allclose(hessian @ v, sparse_way, rtol=0, atol=1e-13 * np.max(np.abs(sparse_way)))
    np.testing.assert_array_equal((hessian @ v.ravel()), (hessian @ v).ravel())
    np.testing.assert_array_equal(hessian.diagonal(), hessian.tocsr().diagonal())
    out, free = np.full(grid.shape, np.nan), ~grid.boundary
    product = hessian.apply_free((v * free).ravel(), runs(free), whole(*grid.shape), out.reshape(-1))
    np.testing.assert_array_equal(out, np.where(free, hessian @ (v * free), np.nan))
    assert product == pytest.approx(np.sum(v[free] * out[free]), rel=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1), (2, 2), (2, 4), (4, 2), (3, 3)])
def test_the_smallest_stencils_apply_as_their_sparse_matrices_do(shape):
    rng = np.random.default_rng(7)
    c, e, n, ne, nw = rng.standard_normal((5, *shape))
    e[:, -1] = ne[:, -1] = nw[:, 0] = n[-1] = ne[-1] = nw[-1] = 0.0
    matrix, v = Stencil(c, e, n, ne, nw), rng.standard_normal(shape)
    np.testing.assert_allclose((matrix @ v).ravel(), matrix.tocsr() @ v.ravel(), rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(matrix.toarray(), matrix.toarray().T)


# -------------------------------------------------------------------------------------------------------- multigrid


def steep_film(shape, kind):
    """(hessian, mask of the wire): slopes up to 100, smooth or rough."""
    ny, nx = shape
    grid = gf.Grid((0.0, 1.0, 0.0, 1.3 * (ny - 1) / (nx - 1)), shape)
    x, y = grid.x[None, :], grid.y[:, None]
    smooth = 20.0 * np.sin(3.0 * x + 5.0 * y) + 10.0 * x * y
    u = smooth if kind == "smooth" else np.random.default_rng(2).standard_normal(shape)
    return gf.GraphArea(grid).hessian(u), grid.boundary


def agrees_with_scipy(shape, kind):
    hessian, fixed = steep_film(shape, kind)
    assert isinstance(prepare(hessian, fixed).solver, Multigrid)
    b = np.random.default_rng(4).standard_normal(shape)
    found = solve(hessian, b, fixed, 1e-12)
    free = np.flatnonzero(~fixed.ravel())
    exact = splinalg.spsolve(hessian.tocsr()[free][:, free].tocsc(), b.ravel()[free])
    assert np.max(np.abs(found.x.ravel()[free] - exact)) <= 1e-8 * np.max(np.abs(exact))
    assert np.all(found.x[fixed] == 0.0)
    assert found.iterations > 1 or min(shape) == 3  # multigrid, no factorisation; one line smooths one free line away


@pytest.mark.parametrize("kind", ["smooth", "rough"])
@pytest.mark.parametrize("shape", [(65, 65), (64, 64), (100, 77), (77, 100), (60, 41)], ids=str)
def test_multigrid_agrees_with_a_factorisation(shape, kind):
    agrees_with_scipy(shape, kind)


@pytest.mark.parametrize("shape", [(257, 20), (20, 257), (900, 3), (3, 900), (700, 9)], ids=str)
def test_multigrid_on_narrow_strips(shape):
    """Coarsened until they are two nodes or one across."""
    agrees_with_scipy(shape, "smooth")


@pytest.mark.parametrize("bounds", [(0.0, 1.0, 0.0, 16.0), (0.0, 16.0, 0.0, 1.0)], ids=["deep", "wide"])
def test_a_narrow_film_comes_to_rest(bounds):
    film = gf.soap_film(gf.Wire.formula("x**2 - y", bounds), n=257)
    assert gf.relax(film.flow, film.start).status == "at rest"


def test_multigrid_with_held_nodes_inside():
    hessian, fixed = steep_film((65, 65), "smooth")
    fixed = fixed.copy()
    fixed[20:33, 30:41] = fixed[50, 7] = True
    b = np.random.default_rng(4).standard_normal(fixed.shape)
    found = solve(hessian, b, fixed, 1e-12).x
    residual = np.where(fixed, 0.0, b - hessian @ found)
    assert np.linalg.norm(residual) <= 1e-10 * np.linalg.norm(b)
    assert np.all(found[fixed] == 0.0)


@pytest.mark.parametrize(("precision", "rounding"), [(np.float64, 1e-12), (np.float32, 1e-3)], ids=["double", "single"])
@pytest.mark.parametrize("kind", ["smooth", "rough"])
@pytest.mark.parametrize("shape", [(65, 65), (100, 77), (64, 64)], ids=str)
def test_the_v_cycle_is_symmetric_and_positive(shape, kind, precision, rounding):
    hessian, fixed = steep_film(shape, kind)
    hierarchy = Hierarchy.of(hessian, fixed, precision)
    v, w = np.random.default_rng(6).standard_normal((2, *shape)) * ~fixed
    mv, mw = hierarchy.vector(), hierarchy.vector(v)
    vmv = hierarchy.precondition(hierarchy.vector(v), norm(v))
    hierarchy.leave(norm(v), 0.0, mv)
    wmw = hierarchy.precondition(hierarchy.vector(w), norm(w))
    hierarchy.leave(norm(w), -2.0, mw)
    mv, mw = hierarchy.array(mv), hierarchy.array(mw) + 2.0 * v
    assert abs(np.sum(mv * w) - np.sum(v * mw)) <= rounding * np.sqrt(vmv * wmw)
    assert vmv == pytest.approx(np.sum(mv * v), rel=1e-12) and vmv > 0 < wmw
    assert np.all(mv[fixed] == 0.0)


def test_a_solve_goes_as_far_as_it_is_asked():
    hessian, fixed = steep_film((65, 65), "smooth")
    b = np.where(fixed, 0.0, np.random.default_rng(8).standard_normal(fixed.shape))
    for rtol in (1e-3, 1e-8, 1e-13):
        found = solve(hessian, b, fixed, rtol)
        left = np.linalg.norm(np.where(fixed, 0.0, b - hessian @ found.x)) / np.linalg.norm(b)
        assert 1e-3 * rtol < left <= 1.5 * rtol  # 1.5: what rounding adds that the recurrence does not know of


@pytest.mark.parametrize("share", [1e-3, 1e-7, 1e-12])
def test_a_solve_ends_where_what_is_left_drowns(share):
    """Below the floor, whatever the tolerance, and not long before or after."""
    hessian, fixed = steep_film((65, 65), "smooth")
    b = np.where(fixed, 0.0, np.random.default_rng(8).standard_normal(fixed.shape))
    exact, prepared = solve(hessian, b, fixed, 1e-14), prepare(hessian, fixed)
    floor = share * np.sum(b * exact.x)
    found = prepared.solve(b, 1e-14, floor)
    assert found.iterations < exact.iterations
    off = exact.x - found.x
    assert 0.01 * floor < np.sum(off * (hessian @ off)) <= 4.0 * floor
    assert 0.0 < found.left <= floor
    loose = prepared.solve(b, 1e-2)
    assert prepared.solve(b, 1e-2, 1e-30 * floor).iterations == loose.iterations  # too far to be worth the way
    further = prepared.solve(b, 1e-2, 0.03 * loose.left)
    assert loose.iterations < further.iterations <= loose.iterations + 2
    assert further.left <= 0.03 * loose.left


def test_iterations_do_not_grow_with_the_grid():
    counts = []
    for n in (65, 129, 257):
        film = gf.soap_film(gf.Wire.of(scherk(1.4)), n=n)
        hessian = film.flow.energy.hessian(gf.relax(film.flow, film.start).x)
        sides = (np.random.default_rng(0).standard_normal(film.grid.shape), np.ones(film.grid.shape))
        counts.append(max(solve(hessian, b, film.flow.fixed, 1e-8).iterations for b in sides))
    assert min(counts) >= 2
    assert max(counts) <= 15, counts
    assert counts[-1] <= counts[0] + 3, counts


# ------------------------------------------------------------------------------------------------------- indefinite


def shifted_laplacian(n, share):
    """K − share · λ₁ · (node area): its lowest eigenvalue changes sign at share = 1; (matrix, mask)."""
    grid = gf.Grid((0.0, 1.0, 0.0, 1.0), (n, n))
    lowest = 8.0 * (n - 1) ** 2 * np.sin(0.5 * np.pi / (n - 1)) ** 2
    stiffness, gram = gf.Dirichlet(grid).stiffness, gf.L2(grid).gram(np.zeros(grid.shape))
    return combine((1.0, stiffness), (-share * lowest, gram)), grid.boundary


KINDS = {"dense": lambda m: m.tocsr().toarray(), "sparse": lambda m: m.tocsr(), "stencil": lambda m: m}


@pytest.mark.parametrize(("n", "kind"), [(9, "dense"), (9, "sparse"), (9, "stencil"), (65, "sparse"), (65, "stencil")])
def test_indefinite_is_seen_just_beyond_the_edge(n, kind):
    fine, fixed = shifted_laplacian(n, 0.99)
    b = np.where(fixed, 0.0, 1.0)
    matrix = KINDS[kind](fine)
    x = solve(matrix, b, fixed).x
    assert np.max(np.abs(np.where(fixed, 0.0, matvec(matrix, x) - b))) < 1e-8
    beyond, fixed = shifted_laplacian(n, 1.01)
    with pytest.raises(Indefinite):
        solve(KINDS[kind](beyond), b, fixed)


def test_an_indefinite_operator_is_seen():
    beyond, fixed = shifted_laplacian(9, 1.01)
    with pytest.raises(Indefinite):
        solve(splinalg.aslinearoperator(beyond.tocsr()), np.where(fixed, 0.0, 1.0), fixed)


@pytest.mark.parametrize("worst", [-1.0, 0.0, np.nan])
def test_an_indefinite_diagonal_is_seen_where_it_is_free(worst):
    matrix = sparse.dia_array((np.array([[1.0, 2.0, worst]]), [0]), shape=(3, 3))
    with pytest.raises(Indefinite):
        solve(matrix, np.ones(3))
    np.testing.assert_array_equal(solve(matrix, np.ones(3), np.array([False, False, True])).x, [1.0, 0.5, 0.0])


ZERO_PIVOTS = {
    "at once": [[0.0, 1.0], [1.0, 0.0]],
    "nearly": [[1e-20, 1.0], [1.0, 0.0]],
    "on the way": [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]],
    "negative": [[1.0, 2.0], [2.0, 1.0]],
}


@pytest.mark.parametrize(
    "kind",
    [np.array, lambda m: sparse.csr_array(np.array(m)), lambda m: block_diagonal(np.array([np.eye(len(m)), m]))],
    ids=["dense", "sparse", "blocks"],
)
@pytest.mark.parametrize("case", ZERO_PIVOTS)
def test_a_zero_pivot_is_indefinite(case, kind):
    """An exactly zero pivot makes SuperLU swap rows, and then the signs of U are no inertia."""
    matrix = kind(ZERO_PIVOTS[case])
    with pytest.raises(Indefinite):
        solve(matrix, np.ones(matrix.shape[0]))


@pytest.mark.parametrize("size", [1, 4095, 4097, 100_000])
def test_a_weighted_norm_is_that_of_the_entries_that_are_not_zero(size):
    a, weights = np.random.default_rng(3).uniform(0.5, 2.0, (2, size))
    a[::3], weights[::3] = 0.0, 0.0
    some = a != 0.0
    assert norm_over(a, weights) == pytest.approx(np.sqrt(np.sum(a[some] ** 2 / weights[some])), rel=1e-14)


@pytest.mark.parametrize("shape", [(7,), (64, 64), (4097,), (90, 91)], ids=str)
def test_passes_over_arrays_are_numpys(shape):
    rng = np.random.default_rng(21)
    x, a, p = (rng.standard_normal(shape) for _ in range(3))
    weights = rng.random(shape).ravel()
    gap = weights.reshape(shape) * (x - a)
    assert distance(x, a, weights) == pytest.approx(np.sum(gap * (x - a)), rel=1e-14)
    np.testing.assert_array_equal(pulled(p, 0.7, weights, x, a), p + 0.7 * gap)
    np.testing.assert_array_equal(scaled(-3.0, x), -3.0 * x)
    np.testing.assert_array_equal(combined(x, (0.5, a), (2.0, p)), x + (0.5 * a + 2.0 * p))
    np.testing.assert_array_equal(combined(None, (0.5, a), (2.0, p), (-1.0, x)), (0.5 * a + 2.0 * p) - x)
    assert combined(x) is x


@pytest.mark.parametrize("n", [33, 97], ids=["one piece", "many"])
def test_a_stage_is_the_energy_and_the_way_in_the_metric(n):
    """A film's diagonal metric has passes of its own: as the same matrix of another kind has it."""
    film = gf.soap_film(gf.Wire.outline("disc", "x*y"), n)
    gram, y = film.flow.metric.gram(film.start), film.start + 0.1 * ~film.grid.boundary
    one, other = (
        Stage(film.flow.energy, m, 3.0, film.start, film.flow.fixed)
        for m in (gram, gram.tocsr() + 0.0 * sparse.eye_array(gram.shape[0], k=1))
    )
    assert one.value(y) == pytest.approx(other.value(y), rel=1e-15)
    assert one.value(y) - film.flow.energy.value(y) == pytest.approx(
        1.5 * 0.01 * np.sum(film.grid.node_area[~film.grid.boundary]), rel=1e-9
    )
    np.testing.assert_array_equal(one.residual(y), other.residual(y))
    assert one.rounding(y, one.value(y)) == pytest.approx(other.rounding(y, other.value(y)), rel=1e-9)


@pytest.mark.parametrize("metric", [gf.L2, gf.NormalL2])
def test_a_dual_norm_is_that_of_the_gradient(metric):
    """√⟨p, G⁻¹ p⟩ = ‖G⁻¹ p‖, on the free unknowns."""
    film = gf.soap_film(gf.Wire.outline("star", "x*y"), n=33)
    grid = film.grid
    flow, p = gf.GradientFlow(gf.GraphArea(grid), metric(grid), grid.boundary), np.random.default_rng(5).normal(size=grid.shape)
    gram = flow.metric.gram(film.start)
    free = np.where(grid.boundary, 0.0, p)
    gradient = free.ravel() / gram.diagonal()
    assert flow.dual_norm(gram, p) == pytest.approx(flow.norm(gram, gradient.reshape(p.shape)), rel=1e-13)


# ------------------------------------------------------------------------------------------------------ sums, shapes


def one_of_each():
    """The kinds of matrix, of one size, with what they are as dense arrays."""
    rng, grid = np.random.default_rng(8), gf.Grid((0.0, 1.0, 0.0, 2.0), (5, 4))
    m = rng.standard_normal((20, 20))
    scattered = sparse.csr_array(np.where(np.abs(m) > 1.0, m, 0.0))
    return {
        "dense": m @ m.T,
        "sparse": sparse.csr_array(scattered @ scattered.T),
        "diagonal": sparse.dia_array((rng.uniform(1, 2, (1, 20)), [0]), shape=(20, 20)),
        "stencil": gf.GraphArea(grid).hessian(rng.standard_normal(grid.shape)),
        "operator": splinalg.aslinearoperator(m.T @ m),
        "blocks": block_diagonal(np.array([m[:2, k : k + 4] @ m[:2, k : k + 4].T for k in range(10)])),
    }


def block_diagonal(blocks):
    n, d = blocks.shape[:2]
    return sparse.bsr_array((blocks, np.arange(n), np.arange(n + 1)), shape=(n * d, n * d))


def dense(matrix):
    if isinstance(matrix, np.ndarray):
        return matrix.copy()
    if isinstance(matrix, splinalg.LinearOperator):
        return matrix @ np.eye(matrix.shape[0])
    return matrix.tocsr().toarray()


@pytest.mark.parametrize(("one", "two"), list(product(one_of_each(), repeat=2)))
def test_sums_of_two_kinds(one, two):
    kinds = one_of_each()
    a, b = kinds[one], kinds[two]
    before = dense(a), dense(b)
    for f, g in ((2.0, -0.5), (1.0, 1.0), (1.0, 3.0), (0.0, 1.0), (4.0, 0.0)):
        np.testing.assert_allclose(dense(combine((f, a), (g, b))), f * before[0] + g * before[1], rtol=0, atol=1e-13)
    np.testing.assert_array_equal(dense(a), before[0])  # arguments keep their bits
    np.testing.assert_array_equal(dense(b), before[1])


def test_sums_keep_the_cheapest_kind():
    kinds = one_of_each()
    stencil, diagonal = kinds["stencil"], kinds["diagonal"]
    assert isinstance(combine((1.0, stencil), (2.0, diagonal)), Stencil)
    assert isinstance(combine((2.0, diagonal), (1.0, stencil)), Stencil)
    assert isinstance(combine((1.0, stencil), (2.0, stencil)), Stencil)
    assert isinstance(combine((1.0, diagonal), (2.0, diagonal)), sparse.dia_array)
    assert isinstance(combine((0.0, kinds["dense"]), (1.0, stencil)), Stencil)
    for one, two in (("blocks", "diagonal"), ("diagonal", "blocks"), ("blocks", "blocks")):
        assert is_blocks(combine((3.0, kinds[one]), (2.0, kinds[two])))
    assert not is_blocks(combine((1.0, kinds["blocks"]), (1.0, kinds["sparse"])))
    everything = combine(*((k + 1.0, m) for k, m in enumerate(kinds.values())))
    expected = sum((k + 1.0) * dense(m) for k, m in enumerate(kinds.values()))
    np.testing.assert_allclose(dense(everything), expected, rtol=0, atol=1e-12)


def test_a_sum_of_zeros_is_zero():
    kinds = one_of_each()
    for matrix in kinds.values():
        assert not np.any(dense(combine((0.0, matrix), (0.0, matrix))))


def test_many_small_systems_are_solved_side_by_side():
    """Block by block, with some entries held, as one large factorisation does it; no other matrix is taken for such a one."""
    rng = np.random.default_rng(12)
    roots = rng.standard_normal((400, 3, 3))
    blocks, b, fixed = (
        roots @ np.swapaxes(roots, 1, 2) + 0.1 * np.eye(3),
        rng.standard_normal((400, 3)),
        rng.random((400, 3)) < 0.3,
    )
    matrix = block_diagonal(blocks)
    prepared = prepare(matrix, fixed)
    assert isinstance(prepared.solver, Blocks)
    np.testing.assert_allclose(prepared.solve(b).x, solve(sparse.csr_array(matrix), b, fixed).x, rtol=1e-10, atol=1e-10)
    shifted = sparse.bsr_array((blocks, np.roll(np.arange(400), 1), np.arange(401)), shape=matrix.shape)
    assert not is_blocks(shifted)
    assert not is_blocks(sparse.csr_array(matrix))


def definite(kind):
    """A well-conditioned matrix (20, 20) of a kind, and its dense form."""
    unit = sparse.dia_array((np.ones((1, 20)), [0]), shape=(20, 20))
    matrix = combine((1.0, one_of_each()[kind]), (1.0, unit))
    return matrix, dense(matrix)


@pytest.mark.parametrize("kind", one_of_each())
@pytest.mark.parametrize("shape", [(20,), (20, 3), (4, 5), (5, 2, 2)], ids=str)
def test_right_hand_sides_of_every_shape(kind, shape):
    """A matrix with n rows acts on x.reshape(n, −1): with (20, 3) on three columns, else on one."""
    matrix, full = definite(kind)
    b = np.random.default_rng(9).standard_normal(shape)
    found = solve(matrix, b, rtol=1e-13).x
    np.testing.assert_allclose(found, np.linalg.solve(full, b.reshape(20, -1)).reshape(shape), atol=1e-9)
    if kind != "stencil" or b.size == 20:  # a stencil applies to one state
        np.testing.assert_allclose(matvec(matrix, found), b, atol=1e-9)


@pytest.mark.parametrize("kind", one_of_each())
@pytest.mark.parametrize("dtype", [np.int64, np.float32])
def test_a_right_hand_side_of_other_numbers_is_one_of_floats(kind, dtype):
    matrix, _ = definite(kind)
    b = np.arange(1, 21, dtype=dtype)
    np.testing.assert_array_equal(solve(matrix, b, rtol=1e-13).x, solve(matrix, b.astype(np.float64), rtol=1e-13).x)


@pytest.mark.parametrize("kind", one_of_each())
@pytest.mark.parametrize("shape", [(20,), (20, 3), (10, 2), (4, 5)], ids=str)
def test_fixed_entries_of_a_solution_are_exactly_zero(kind, shape):
    """fixed in the shape of b or of its leading axis."""
    matrix, full = definite(kind)
    rng = np.random.default_rng(10)
    b, fixed = rng.standard_normal(shape), rng.random(shape[:1]) < 0.4
    assert 0 < fixed.sum() < fixed.size
    found = solve(matrix, b, fixed, 1e-13).x
    assert np.all(found[fixed] == 0.0)
    assert np.all(found[~fixed] != 0.0)
    free = ~np.repeat(fixed, 20 // fixed.size)
    exact = np.linalg.solve(full[np.ix_(free, free)], b.reshape(20, -1)[free])
    np.testing.assert_allclose(found.reshape(20, -1)[free], exact, atol=1e-9)


def test_multigrid_takes_several_right_hand_sides():
    hessian, fixed = steep_film((65, 65), "smooth")
    b = np.random.default_rng(11).standard_normal((hessian.shape[0], 2))
    both = solve(hessian, b, fixed.ravel(), 1e-12).x
    for k in range(2):
        one = solve(hessian, b[:, k].reshape(fixed.shape), fixed, 1e-12).x
        np.testing.assert_array_equal(both[:, k], one.ravel())


def test_threads_may_share_a_prepared_matrix():
    """Its V-cycles happen in memory that they share."""
    hessian, fixed = steep_film((161, 161), "smooth")
    prepared, rng = prepare(hessian, fixed), np.random.default_rng(12)
    sides = [rng.standard_normal(fixed.shape) for _ in range(4)]
    alone = [(prepared.solve(b, 1e-10).x, prepared.inverse_norm(np.where(fixed, 0.0, b))) for b in sides]
    jobs = 8 * list(range(len(sides)))
    with ThreadPoolExecutor(len(sides)) as pool:
        found = pool.map(
            lambda k: (prepared.solve(sides[k], 1e-10).x, prepared.inverse_norm(np.where(fixed, 0.0, sides[k]))), jobs
        )
        for k, (x, size) in zip(jobs, found, strict=True):
            np.testing.assert_array_equal(x, alone[k][0])
            assert size == alone[k][1]


def test_nothing_to_solve_for():
    hessian, fixed = steep_film((65, 65), "smooth")
    held = np.ones_like(fixed)
    assert not np.any(solve(hessian, np.ones(held.shape), held).x)
    assert not np.any(solve(hessian, np.zeros(held.shape), fixed).x)
    for kind in one_of_each():
        assert not np.any(solve(definite(kind)[0], np.ones(20), np.ones(20, dtype=bool)).x)


# ------------------------------------------------------------------------------------------- diagonals of operators


def separable(n, how):
    """diag(λ) with λ from 1 to 1e6, as an operator that tells its diagonal, or that does not; and the products asked of it."""
    entries, asked = np.geomspace(1.0, 1e6, n), []

    def matvec(v):
        asked.append(1)
        return entries * v.ravel()

    operator = splinalg.LinearOperator((n, n), matvec=matvec, dtype=float)
    if how == "told":
        operator.diagonal = lambda: entries
    return operator, entries, asked


@pytest.mark.parametrize(("how", "products"), [("told", 2), ("probed", 4)])
def test_a_diagonal_in_disguise_costs_a_few_products(how, products):
    """κ = 1e6, and still a solve of a sum of operators costs no thousand products."""
    n = 3000
    operator, entries, asked = separable(n, how)
    unit = sparse.dia_array((np.ones((1, n)), [0]), shape=(n, n))
    b = np.random.default_rng(3).standard_normal(n)
    for matrix in (combine((1.0, operator), (0.5, unit)), combine((0.5, unit), (1.0, operator))):
        asked.clear()
        np.testing.assert_allclose(solve(matrix, b, rtol=1e-12).x, b / (entries + 0.5), rtol=1e-10)
        assert 1 <= len(asked) <= products


@pytest.mark.parametrize("rtol", [1e-3, 1e-15])
def test_how_large_a_right_hand_side_is_changes_no_iteration(rtol):
    """x(c b) = c x(b) to the last bit for a power of two: tolerances are relative, where only rounding ends the fall as well."""
    matrix = sparse.diags_array([np.full(299, -1.0), np.full(300, 2.001), np.full(299, -1.0)], offsets=[-1, 0, 1]).tocsr()
    b = np.random.default_rng(6).standard_normal((300, 1))
    one, *others = (Krylov.of(matrix, None).solve(c * b, rtol, 0.0) for c in (1.0, 2.0**40, 2.0**-40))
    assert one.iterations > 20
    for other, c in zip(others, (2.0**40, 2.0**-40), strict=True):
        assert other.iterations == one.iterations
        np.testing.assert_array_equal(other.x, c * one.x)


def test_probes_leave_held_unknowns_alone():
    operator, entries, asked = separable(500, "probed")
    fixed, b = np.arange(500) % 3 == 0, np.random.default_rng(5).standard_normal(500)
    x = solve(operator, b, fixed).x
    np.testing.assert_allclose(x, np.where(fixed, 0.0, b / entries), rtol=1e-10)
    assert len(asked) <= 4


def test_probes_that_do_not_agree_precondition_nothing():
    """A matrix that is far from diagonal is left to plain conjugate gradients, which are right about it."""
    m = np.random.default_rng(4).standard_normal((60, 60))
    full = m @ m.T + np.eye(60)
    assert probed_diagonal(lambda v: full @ v, 60) is None
    b = m[0]
    np.testing.assert_allclose(solve(splinalg.aslinearoperator(full), b).x, np.linalg.solve(full, b), rtol=1e-7, atol=1e-9)
    nearly = sparse.diags_array([np.full(59, -0.2), np.linspace(1.0, 9.0, 60), np.full(59, -0.2)], offsets=[-1, 0, 1]).tocsr()
    np.testing.assert_allclose(probed_diagonal(lambda v: nearly @ v, 60), nearly.diagonal(), rtol=0.5)


def test_a_diagonal_csr_matrix_is_divided_by():
    entries = np.linspace(1.0, 2.0, 500)
    matrix = sparse.csr_array(sparse.dia_array((entries[None], [0]), shape=(500, 500)))
    assert isinstance(prepare(matrix).solver, Diagonal)
    np.testing.assert_array_equal(solve(matrix, np.ones(500)).x, 1.0 / entries)
    swapped = sparse.csr_array((entries, np.arange(500)[::-1], np.arange(501)), shape=(500, 500))
    assert not isinstance(prepare(sparse.csr_array(swapped + 5.0 * sparse.eye_array(500))).solver, Diagonal)
