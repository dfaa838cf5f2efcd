"""What makes films within outlines cheap: runs, layers, patches and the mended guess, each against another road."""

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.ndimage import distance_transform_cdt

import geoflow as gf
from geoflow.domains.layers import layers
from geoflow.domains.outline import Outline
from geoflow.energies.dirichlet import Dirichlet
from geoflow.exact.surfaces import scherk
from geoflow.solvers import memory, multigrid, rows
from geoflow.solvers.linear import Multigrid, Prepared, solve
from geoflow.solvers.newton import Stage
from geoflow.solvers.patch import Patch
from geoflow.solvers.runs import full as full_runs
from geoflow.solvers.runs import runs
from geoflow.solvers.stencil import Stencil
from geoflow.solvers.transfer import prolong_add
from geoflow.steppers.nested import guesses, mend

SCHERK = scherk(1.5).height


def loop(radius, k=2000):
    angle = np.arange(k) * (2.0 * np.pi / k)
    r = radius(angle)
    return np.column_stack([r * np.cos(angle), r * np.sin(angle)])


def shapes():
    corners = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0)])
    return {
        "disc": "disc",
        "star": "star",
        "annulus": [loop(lambda a: 0.5 + 0.0 * a), loop(lambda a: 1.0 + 0.0 * a)],
        "two discs": [loop(lambda a: 0.4 + 0.0 * a) - 0.5, loop(lambda a: 0.4 + 0.0 * a) + 0.5],
        "L": corners - 0.4,
        "uneven": loop(lambda a: 0.8 + 0.1 * np.cos(5.0 * a) + 0.05 * np.sin(13.0 * a) + 0.02 * np.cos(29.0 * a)),
    }


def film(name, n, height=SCHERK):
    return gf.soap_film(gf.Wire.outline(shapes()[name], height), n)


def vectors_hold_all(matrix, hierarchy, free):
    """Assert that a hierarchy's vectors hold the free nodes and zeros, and that a matrix applies to them as to arrays."""
    v = np.random.default_rng(3).standard_normal(free.shape)
    system = Multigrid(matrix, ~free, hierarchy)
    p, q = system.vector(v), system.vector()
    assert p.size == hierarchy.size <= free.size and np.count_nonzero(p) == np.sum(free)
    np.testing.assert_array_equal(system.array(p), np.where(free, v, 0.0))
    product, out = system.apply(p, q), np.where(free, matrix @ (v * free), 0.0)
    np.testing.assert_array_equal(system.array(q), out)
    assert np.count_nonzero(q) == np.count_nonzero(out) and product == pytest.approx(np.sum(v * out), rel=1e-12)
    found = Prepared(system, free.size).inverse_norm(np.where(free, v, 0.0))
    assert found == pytest.approx(np.sqrt(hierarchy.precondition(p, np.linalg.norm(p))), rel=1e-6) and found > 0.0


def the_same_over_whole_rows(matrix, free, monkeypatch):
    """Assert that a multigrid cycle over the unknowns' runs is the one over whole rows; the hierarchy of the runs."""
    r = np.where(free, np.random.default_rng(free.size).standard_normal(free.shape), 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(multigrid.memory, "empty", lambda shape, dtype=np.float64: np.full(shape, np.nan, dtype))
        hierarchy = multigrid.Hierarchy.of(matrix, ~free)  # which reads nothing that nobody wrote
        short = hierarchy.vector()
        rho = hierarchy.precondition(hierarchy.vector(r), 1.0)
        hierarchy.leave(1.0, 0.0, short)
        short = hierarchy.array(short)
        vectors_hold_all(matrix, hierarchy, free)
        patch.setattr(multigrid, "finest", lambda free, columns: rows.finest(full_runs(len(free), columns), columns))
        whole = multigrid.Hierarchy.of(matrix, ~free)
        same, full = whole.precondition(whole.vector(r), 1.0), whole.vector()
        whole.leave(1.0, 0.0, full)
        full = whole.array(full)
    assert np.max(np.abs(full)) > 1.0
    np.testing.assert_array_equal(short, full)
    assert rho == pytest.approx(same, rel=1e-13)
    return hierarchy.flat.size / whole.flat.size, hierarchy


@pytest.mark.parametrize("n", [30, 65, 90])
@pytest.mark.parametrize("name", shapes())
def test_leaving_out_what_is_outside_changes_no_bit(name, n, monkeypatch):
    made = film(name, n)
    the_same_over_whole_rows(made.flow.energy.hessian(made.start), made.grid.cut.inside, monkeypatch)


@pytest.mark.parametrize("seed", range(8))
def test_leaving_out_holes_changes_no_bit(seed, monkeypatch):
    """Any number of holes anywhere, one behind the other, touching each other and the edge, and unknowns on the edge."""
    rng = np.random.default_rng(seed)
    ny, nx = rng.integers(90, 330, 2)
    y, x = np.mgrid[0:ny, 0:nx]
    free = np.ones((ny, nx), dtype=bool)
    for _ in range(seed + 1):
        cy, cx, r = rng.random() * ny, rng.random() * nx, rng.uniform(10.0, 70.0)
        free &= np.hypot(y - cy, x - cx) > r if rng.random() < 0.7 else np.maximum(np.abs(y - cy), np.abs(x - cx)) > r
    grid = gf.Grid((0.0, 1.0, 0.0, 1.0), (ny, nx))
    share, _ = the_same_over_whole_rows(gf.GraphArea(grid).hessian(rng.standard_normal((ny, nx)) / nx), free, monkeypatch)
    assert share <= 1.0


@pytest.mark.parametrize("lean", [-60, -20, 0, 10, 40])
def test_leaving_out_a_slit_changes_no_bit(lean, monkeypatch):
    """Where it leans, the run to the left of it in one row lies below the run to the right of it in another."""
    y, x = np.mgrid[0:60, 0:700]
    free = np.abs(x - 350 - lean * (y - 30)) > 60
    matrix = gf.GraphArea(gf.Grid((0.0, 1.0, 0.0, 1.0), free.shape)).hessian(
        np.random.default_rng(1).standard_normal(free.shape) / 60
    )
    share, _ = the_same_over_whole_rows(matrix, free, monkeypatch)
    assert (share < 0.95) == (lean == 0)


def dense(hierarchy, level):
    """The matrix of a level, and where its nodes are in planes, (ny, nx)."""
    ny, nx = hierarchy.table[level, :2]
    node = np.arange(nx)
    places = hierarchy.rows(level)[1 : ny + 1, rows.AT : rows.AT + 2][:, node % 2] + node // 2 + 1
    return Stencil(*(plane[places] for plane in hierarchy.matrix(level)[:5])).toarray(), places


@pytest.mark.parametrize("held", [0.0, 0.2])
@pytest.mark.parametrize("shape", [(11, 14), (8, 9), (30, 17)])
def test_coarse_operators_are_those_of_galerkin(shape, held):
    """Pᵀ A P, of matrices whose couplings are all unlike, as dense matrices; P has one for every coarse node in its own place."""
    rng = np.random.default_rng(shape[0])
    e, n, ne, nw = rng.uniform(-1.0, 0.4, (4, *shape))  # with the positive ones, interpolation is no longer the equations
    e[:, -1] = ne[:, -1] = nw[:, 0] = n[-1] = ne[-1] = nw[-1] = 0.0
    matrix = Stencil(8.0 + rng.random(shape), e, n, ne, nw)
    hierarchy = multigrid.Hierarchy.of(matrix, rng.random(shape) < held, np.float64)
    for level in range(len(hierarchy.table) - 1):
        (fine, at), (coarse, below) = dense(hierarchy, level), dense(hierarchy, level + 1)
        interpolation = np.zeros((at.size, below.size))
        for k, place in enumerate(below.flat):
            one, out = (np.zeros_like(hierarchy.plane(level + by, multigrid.AT_U)) for by in (1, 0))
            one[place] = 1.0
            ny, nx = (int(m) for m in hierarchy.table[level + 1, :2])
            prolong_add(hierarchy.rows(level), hierarchy.weights(level), hierarchy.rows(level + 1), nx, one, out, 1, ny + 1)
            interpolation[:, k] = out[at].ravel()
        own = interpolation.reshape(*at.shape, -1)[::2, ::2]
        np.testing.assert_array_equal(own.reshape(below.size, -1), np.diag(np.diag(own.reshape(below.size, -1)) == 1.0))
        own[:] = np.eye(below.size).reshape(own.shape)  # for those beside all runs too: equations of their own, for nothing
        assert np.count_nonzero(interpolation) > at.size and np.all(interpolation >= 0.0)
        np.testing.assert_allclose(coarse, interpolation.T @ fine @ interpolation, rtol=0, atol=1e-14 * np.max(np.abs(fine)))


def test_rows_are_short(monkeypatch):
    """They leave out a fifth of the nodes around a disc and what is in a ring, and store little more; all free ones are kept."""
    for name, kept_at_most, stored_at_most in (("disc", 0.8, 0.85), ("annulus", 0.64, 0.72)):
        free = film(name, 513).grid.cut.inside
        matrix = Dirichlet(gf.Grid((0, 1, 0, 1), free.shape)).hessian(0.0 * free)
        share, hierarchy = the_same_over_whole_rows(matrix, free, monkeypatch)
        split, kept = np.arange(free.shape[1]) // 2 + 1, np.zeros_like(free)
        for run in hierarchy.rows(0)[1 : len(free) + 1].reshape(len(free), -1, rows.EACH).swapaxes(0, 1):
            kept |= (split >= run[:, [rows.BEGIN]]) & (split < run[:, [rows.END]])
        assert np.all(kept[free])
        assert np.sum(kept) <= 1.03 * np.sum(free) < kept_at_most * free.size
        assert max(share, hierarchy.size / free.size) < stored_at_most


@pytest.mark.parametrize("most", [1, 3, 8])
def test_layers_are_distances(most):
    """Along rows, columns and diagonals, as SciPy measures them."""
    known = np.random.default_rng(most).random((40, 57)) < 0.004
    layer, nodes = layers(known, most)
    distance = np.minimum(distance_transform_cdt(~known, "chessboard"), most + 1)
    np.testing.assert_array_equal(layer, distance)
    np.testing.assert_array_equal(np.sort(nodes), np.flatnonzero((distance > 0) & (distance <= most)))
    assert np.all(np.diff(layer.flat[nodes]) >= 0)


@pytest.mark.parametrize("held", [False, True])
def test_a_patch_is_solved_as_a_dense_matrix_is(held):
    rng = np.random.default_rng(5)
    arrays = [-rng.random((12, 15)) for _ in range(4)]
    matrix = Stencil(10.0 + rng.random((12, 15)), *arrays)
    inner = np.zeros((12, 15), dtype=bool)
    inner[1:-1, 1:-1] = rng.random((10, 13)) < 0.6
    nodes, b = np.flatnonzero(inner), rng.standard_normal((12, 15))
    fixed = inner & (rng.random(inner.shape) < 0.2) if held else None
    patch, u = Patch.of(runs(inner), inner.shape), rng.standard_normal((12, 15))
    moved = u.copy()
    patch.move(moved, matrix, b, fixed, 1e-13)
    kept = nodes if fixed is None else nodes[~fixed.flat[nodes]]
    exact = np.zeros(b.size)
    exact[kept] = np.linalg.solve(matrix.toarray()[np.ix_(kept, kept)], b.flat[kept])
    np.testing.assert_allclose(moved.flat[kept], (u.ravel() - exact)[kept], rtol=0, atol=1e-12)
    moved.flat[kept] = u.flat[kept]
    np.testing.assert_array_equal(moved, u)
    patch.move(moved, matrix.times(-1.0), b, fixed, 1e-13)
    np.testing.assert_array_equal(moved, u)


def test_rises_are_means_along_chords():
    """By the trapezoidal rule over a thousand points of the outline between two places, and nothing for chords of a segment."""
    angle = np.sort(np.random.default_rng(1).random(60)) * 2.0 * np.pi
    outline = Outline.of([np.column_stack([np.cos(angle), 0.7 * np.sin(angle), np.cos(3.0 * angle) + 50.0])])
    a, b = (np.array([3, 40, 55, 7]), np.array([0.2, 0.9, 0.5, 0.1])), (np.array([9, 41, 4, 7]), np.array([0.7, 0.0, 0.3, 0.8]))
    for k, found in enumerate(outline.rises(a, b)):
        place = np.linspace(a[0][k] + a[1][k], b[0][k] + b[1][k] + 60.0 * (b[0][k] < a[0][k]), 60_001)
        points = outline.at(place.astype(int) % 60, place % 1.0)
        chord = points[-1, :2] - points[0, :2]
        along = (points[:, :2] - points[0, :2]) @ chord / (chord @ chord)
        above = points[:, 2] - (points[0, 2] + along * (points[-1, 2] - points[0, 2]))
        assert found == pytest.approx(trapezoid(above, along), abs=2e-4)
    assert np.abs(outline.rises(a, b)[3]) < 1e-14 < 1e-3 < np.min(np.abs(outline.rises(a, b)[[0, 2]]))


@pytest.mark.parametrize("name", ["disc", "star", "annulus", "uneven"])
def test_the_mended_guess_leaves_one_newton_iteration(name):
    """With four iterations of conjugate gradients at most, where the unmended one leaves two with five to eight."""
    made = film(name, 513)
    rest = gf.relax(made.flow, made.start)
    assert rest.status == "at rest"
    assert rest.ledger.newton.sum() == 1
    assert rest.ledger.linear.sum() <= 4


@pytest.mark.parametrize("name", ["L", "uneven", "annulus, detached"])
def test_multigrid_does_not_feel_corners_wiggles_and_walls(name):
    """Conjugate gradients to 1e-8 take at most two iterations more for each doubling of n: see `test_curved_wires`, too."""
    taken = []
    for n in (33, 65, 129, 257):
        made = film("annulus", n, lambda x, y: np.hypot(x, y) < 0.7) if "detached" in name else film(name, n)
        rest = gf.relax(made.flow, made.start)
        assert rest.status == "at rest"
        load = np.where(made.grid.boundary, 0.0, np.random.default_rng(n).normal(size=made.grid.shape))
        taken.append(solve(made.flow.energy.hessian(rest.x), load, made.grid.boundary, 1e-8).iterations)
    assert 3 <= taken[0] <= 8
    assert np.max(np.diff(taken)) <= 2


@pytest.mark.parametrize("name", shapes())
def test_derivatives_at_the_rim_are_those_of_the_whole_grid(name, monkeypatch):
    """To the bit, with the rows that a patch takes from its neighbours; and what is elsewhere changes no mended guess."""
    made = film(name, 129)
    energy, rim = made.flow.energy, distance_transform_cdt(made.grid.cut.inside, "chessboard") <= 8
    rim &= made.grid.cut.inside
    guess = guesses(made.flow, made.start)[0]
    stage = Stage(energy, None, 0.0, made.start, made.flow.fixed)
    matrix, better = energy.hessian(guess), guess.copy()
    mend(stage, better)
    assert np.any(better != guess)
    monkeypatch.setattr(memory, "empty", lambda shape, dtype=np.float64: np.full(shape, np.nan, dtype))
    slope, near = energy.at_rim(guess)
    np.testing.assert_array_equal(slope[rim], energy.differential(guess)[rim])
    for own, whole in zip(near.arrays, matrix.arrays, strict=True):
        np.testing.assert_array_equal(own[rim], whole[rim])
    assert np.any(np.isnan(near.c))
    mend(stage, guess)
    np.testing.assert_array_equal(guess, better)


def test_mending_keeps_all_but_the_rim():
    made = film("star", 257)
    guess = guesses(made.flow, made.start)[0]
    stage = Stage(made.flow.energy, None, 0.0, made.start, made.flow.fixed)
    better = guess.copy()
    mend(stage, better)
    rim = distance_transform_cdt(made.grid.cut.inside, "chessboard") <= 8
    moved = better != guess
    assert np.all(rim[moved]) and not np.any(made.grid.boundary[moved])
    rest = gf.relax(made.flow, made.start).energy[-1]
    assert made.flow.energy.value(better) - rest < 1e-2 * (made.flow.energy.value(guess) - rest)


def test_a_fine_harmonic_start_comes_from_a_coarser_grid():
    made = film("disc", 513, lambda x, y: x**3 - 3.0 * x * y**2)
    x, y = made.grid.points
    assert 1e-8 < np.max(np.abs(made.start - (x**3 - 3.0 * x * y**2))[made.grid.cut.inside]) < 1e-4
