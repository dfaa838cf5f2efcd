"""Many dimensions cost what the user's own functions cost: one potential, its hessian given in four ways, κ = 10⁶."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

import geoflow as gf

SLOPES = np.geomspace(1e-6, 1.0, 2000)


class Separable:
    """V = Σ λ_k (√(1 + x_k²) − 1 + x_k²/2), λ from 1e-6 to 1: not quadratic, convex, d²V diagonal."""

    convex = True

    def __init__(self, kind: str) -> None:
        self.kind, self.products = kind, 0

    def value(self, x: np.ndarray) -> float:
        return float(np.sum(SLOPES * (np.sqrt(1.0 + x * x) - 1.0 + 0.5 * x * x)))

    def differential(self, x: np.ndarray) -> np.ndarray:
        return SLOPES * (x / np.sqrt(1.0 + x * x) + x)

    def hessian(self, x: np.ndarray) -> object:
        entries, n = SLOPES * ((1.0 + x * x) ** -1.5 + 1.0), x.size
        if self.kind == "dia":
            return sparse.dia_array((entries[None], [0]), shape=(n, n))
        if self.kind == "csr":
            return sparse.csr_array((entries, np.arange(n), np.arange(n + 1)), shape=(n, n))

        def matvec(v: np.ndarray) -> np.ndarray:
            self.products += 1
            return entries * v.ravel()

        operator = LinearOperator((n, n), matvec=matvec, dtype=float)
        if self.kind == "operator with a diagonal":
            operator.diagonal = lambda: entries
        return operator


@pytest.mark.parametrize("dt", [1.0, 1e4])
def test_the_hessian_may_be_given_in_any_way(dt: float) -> None:
    """The same run, whatever is known of d²V; products with it stay a few a Newton step, however stiff the step is."""
    start, ends = 2.0 * np.random.default_rng(1).standard_normal(SLOPES.size), {}
    for kind in ("dia", "csr", "operator with a diagonal", "operator"):
        energy = Separable(kind)
        run = gf.evolve(gf.GradientFlow(energy, gf.Euclidean()), start, 5 * dt, dt=dt, method=gf.SDIRK2())
        ends[kind], newton = run.x, int(run.ledger.newton.sum())
        assert run.status == "reached t_end"
        assert run.largest_increase == 0.0
        assert 5 <= newton <= 50
        if "operator" in kind:
            assert newton < energy.products <= 8 * newton
    for kind, x in ends.items():
        np.testing.assert_allclose(x, ends["dia"], rtol=0, atol=1e-8, err_msg=kind)


def test_that_run_is_right() -> None:
    """Coordinate by coordinate it is a flow on a line."""
    start, some = 2.0 * np.random.default_rng(1).standard_normal(SLOPES.size), [0, 1000, 1999]
    run = gf.evolve(gf.GradientFlow(Separable("operator"), gf.Euclidean()), start, 2.0, dt=0.02)
    for k in some:
        line = gf.Potential(f"{float(SLOPES[k])!r}*(sqrt(1 + x**2) + x**2/2)")
        alone = gf.evolve(gf.GradientFlow(line, gf.Euclidean()), [start[k]], 2.0, rtol=1e-6)
        assert run.x[k] == pytest.approx(alone.x[0], abs=2e-5)
