"""The rules of the road of a gradient flow, computed: it does not turn, it does not climb, it does not come back.

    G⁻¹ d²V has real eigenvalues;    V falls along every trajectory;    dV/dt = −‖∇V‖²;    no orbit returns.

240 random potentials, formulas and functions, in random metrics. Beside them go the same potentials with a rotation planted
into the differential, dV + S x with Sᵀ = −S, which is no gradient: each rule has to break there, and `check_derivatives`
to refuse every one of them.
"""

from functools import cache

import numpy as np
import pytest

import geoflow as gf
from tests.laws.cases import EPS, name_of

FUNCTIONS, FORMULAS = 200, 40
TURN = 40.0  # the norm of a planted rotation, against hessians of 10 or so


class Turned:
    """An energy as a mistaken user would write it: its value is V, its differential dV(x) + S x."""

    def __init__(self, potential, skew):
        self.potential, self.skew = potential, skew

    def value(self, x):
        return self.potential.value(x)

    def differential(self, x):
        return self.potential.differential(x) + self.skew @ x


def waves(rng, d):
    """½⟨x, A x⟩ + |x|⁴/4 + Σ aₖ sin(⟨bₖ, x⟩ + cₖ), A symmetric of either sign: coercive, with passes."""
    a = rng.normal(size=(d, d))
    a, b, c, amplitude = a + a.T, 1.5 * rng.normal(size=(4, d)), rng.uniform(0.0, 6.0, 4), rng.normal(size=4)
    return gf.Potential(
        lambda x: float(0.5 * x @ a @ x + 0.25 * (x @ x) ** 2 + amplitude @ np.sin(b @ x + c)),
        lambda x: a @ x + (x @ x) * x + b.T @ (amplitude * np.cos(b @ x + c)),
        lambda x: a + (x @ x) * np.eye(d) + 2.0 * np.outer(x, x) - (b.T * (amplitude * np.sin(b @ x + c))) @ b,
    )


def formula(rng, d):
    """A random formula of the same kind in x, y (and z)."""
    names, n = "xyz"[:d], rng.normal(size=12).round(3)
    radius = " + ".join(f"{v}**2" for v in names)
    mixed = " + ".join(f"({n[k]})*{names[k]}*{names[(k + 1) % d]}" for k in range(d))
    wave = f"({n[6]})*sin(({n[7]})*{names[0]} + ({n[8]})*{names[-1]}) + ({n[9]})*exp(-(({radius}) - ({n[10]})*{names[0]})**2/4)"
    return gf.Potential(f"({radius})**2/4 + {mixed} + {wave} + ({n[11]})*cos(2*{names[-1]})")


@cache
def cases(turned):
    """(flow, its potential, start) 240 times; the planted ones of dimension two and more."""
    rng, out = np.random.default_rng(2024), []
    for k in range(FUNCTIONS + FORMULAS):
        d = int(rng.integers(2 if turned or k >= FUNCTIONS else 1, 7 if k < FUNCTIONS else 4))
        potential = waves(rng, d) if k < FUNCTIONS else formula(rng, d)
        root, s = rng.normal(size=(d, d)), rng.normal(size=(d, d))
        metric = gf.InnerProduct(root @ root.T / d + 0.3 * np.eye(d))
        skew = TURN * (s - s.T) / np.linalg.norm(s - s.T) if d > 1 else np.zeros((1, 1))
        energy = Turned(potential, skew) if turned else potential
        out.append((gf.GradientFlow(energy, metric), potential, rng.uniform(-1.5, 1.5, d)))
    return out


def orbit(flow, start, t=0.6, dt=0.01):
    """States (k, d) by RK32 in fixed steps; rises are let pass, so that a planted rotation can show itself."""
    walk = gf.steps(flow, start, t, method=gf.RK32(), dt=dt, on_rise="report", rest_tol=1e-300)
    return np.array([now.x for now in walk])


# ---- the rules, each a number that is 0, or up to rounding or the method's error, for a gradient flow --------------------------


def turning(flow, x):
    """The largest imaginary part of an eigenvalue of the linearised flow, by a nonsymmetric solver, over their largest size."""
    hessian = flow.energy.hessian(x) if hasattr(flow.energy, "hessian") else flow.energy.potential.hessian(x) + flow.energy.skew
    values = np.linalg.eigvals(np.linalg.solve(flow.metric.matrix, hessian))
    return float(np.max(np.abs(values.imag)) / np.max(np.abs(values)))


def climb(potential, states):
    """The largest rise of V between two states that follow, beyond its rounding; at most 0 for a descent."""
    values = np.array([potential.value(x) for x in states])
    return float(np.max(np.diff(values) - 8.0 * EPS * np.maximum(1.0, np.abs(values[1:]))))


def imbalance(flow, potential, states, t):
    """V(x₁) − V(x₀) + ∫‖∇V‖² dt over the states, by Simpson's rule: of the method's order, three."""
    g = np.array([potential.differential(x) for x in states])
    power = np.einsum("ki,ki->k", g, np.linalg.solve(flow.metric.matrix, g.T).T)
    weights = np.ones(len(states))
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    drop = potential.value(states[0]) - potential.value(states[-1])
    return float(t / (len(states) - 1) / 3.0 * (weights @ power)) - drop


def approach(flow, states):
    """How near a later state comes to an earlier one, in lengths of the step from there, at the nearest: about 1 or more.

    Within r of x the potential is V(x) to ‖∇V‖ r + O(r²), and a step of length s takes it down by ‖∇V‖ s: a later state, which
    is lower still, is at a distance of at least s, to first order in s.
    """
    root = np.linalg.cholesky(flow.metric.matrix)
    y = states @ root
    lengths, apart = np.linalg.norm(np.diff(y, axis=0), axis=1), np.linalg.norm(y[:, None] - y[None], axis=-1)
    moving = lengths > 1e-7  # where it is at rest all is rounding
    later = np.triu(np.ones(apart.shape, dtype=bool), 1)[:-1]
    ratios = np.where(later, apart[:-1], np.inf)[moving] / lengths[moving, None]
    return float(np.min(ratios))


# ---- what holds, and what must not hold of a rotation -----------------------------------------------------------------------


def test_the_linearised_flow_has_real_eigenvalues():
    rng = np.random.default_rng(1)
    for flow, _, start in cases(False):
        for x in (start, rng.uniform(-2.0, 2.0, start.shape)):
            assert turning(flow, x) <= 1e-12
    turns = np.array([turning(flow, start) for flow, _, start in cases(True)])
    assert np.mean(turns > 1e-2) > 0.95


def test_the_potential_falls_strictly_along_every_trajectory():
    for k, (flow, potential, start) in enumerate(cases(False)):
        method = (gf.SDIRK2(), gf.RK32(), gf.Exponential())[k % 3]
        states = [now.x for now in gf.steps(flow, start, 2.0, method=method, rtol=1e-3)]
        assert climb(potential, states) <= 0.0, name_of(method)
        values = np.array([potential.value(x) for x in states])
        above = values[:-1] - values[-1] > 1e-9  # where there is more to lose than rounding
        assert np.all(np.diff(values)[above] < 0.0), name_of(method)
        assert np.sum(above) >= 2
    climbs = [climb(potential, orbit(flow, start)) > 1e-6 for flow, potential, start in cases(True)]
    assert np.mean(climbs) > 0.9


def unit(flow, potential, x):
    """The time in which the flow's fastest mode falls to 1/e, as it is at the start, but a short one."""
    return min(0.4, 1.0 / np.max(np.abs(np.linalg.eigvals(np.linalg.solve(flow.metric.matrix, potential.hessian(x))))))


def test_it_falls_at_the_rate_of_the_squared_gradient_to_the_methods_order():
    sizes = (16, 32, 64, 128)
    some = [(flow, potential, x, unit(flow, potential, x)) for flow, potential, x in cases(False)[::4]]
    errors = np.array([[imbalance(f, p, orbit(f, x, t, t / n), t) for n in sizes] for f, p, x, t in some])
    orders = np.log2(np.abs(errors[:, :-1] / errors[:, 1:]))
    assert np.all(np.abs(np.median(orders, axis=0) - 3.0) <= 0.2), np.median(orders, axis=0)
    assert np.mean(np.abs(orders[:, -1] - 3.0) <= 0.25) > 0.85  # the others change their sign on the way
    turned = [(flow, potential, x, unit(flow, potential, x)) for flow, potential, x in cases(True)[::4]]
    planted = np.array([[imbalance(f, p, orbit(f, x, t, t / n), t) for n in sizes[-2:]] for f, p, x, t in turned])
    assert np.all(np.abs(np.median(np.log2(np.abs(planted[:, 0] / planted[:, 1])))) < 0.1)  # no refinement helps
    assert np.mean(np.abs(planted[:, -1]) > 100.0 * np.median(np.abs(errors[:, -1]))) > 0.95


def test_no_orbit_returns():
    nearest = np.array([approach(flow, orbit(flow, start)) for flow, _, start in cases(False)])
    assert np.min(nearest) > 0.8
    assert np.max(nearest) <= 1.0 + 1e-12  # the next state itself


def test_an_orbit_that_is_turned_returns():
    """On a ring of radius one, V = (|x|² − 1)²/4, a rotation goes round for ever, at the period that its speed says."""
    ring = gf.Potential("(x**2 + y**2 - 1)**2/4")
    for metric in (np.eye(2), np.array([[2.0, 0.5], [0.5, 1.0]])):
        turned = gf.GradientFlow(Turned(ring, np.array([[0.0, -2.0], [2.0, 0.0]])), gf.InnerProduct(metric))
        straight = gf.GradientFlow(ring, gf.InnerProduct(metric))
        assert approach(turned, orbit(turned, [0.6, 0.3], 12.0, 0.01)) < 0.5
        assert approach(straight, orbit(straight, [0.6, 0.3], 12.0, 0.01)) > 0.8


@pytest.mark.parametrize("part", range(4))
def test_check_derivatives_passes_the_gradients_and_refuses_every_rotation(part):
    for flow, _, start in cases(False)[part::4]:
        found = gf.check_derivatives(flow.energy, start)
        assert found.good, found.message
    for flow, _, start in cases(True)[part::4]:
        found = gf.check_derivatives(flow.energy, start)
        assert (found.good, found.verdict) == (False, "no gradient")
        assert "its differential is no gradient at all, its Jacobian is not symmetric" in str(found)


def test_the_loop_lets_no_rotation_climb():
    ended = []
    for flow, _, start in cases(True)[::12]:
        run = gf.evolve(flow, start, 1.0, raise_on_failure=False, max_steps=300)
        assert run.largest_increase <= 10.0 * EPS * np.max(np.abs([1.0, *run.energy]))
        ended.append(run.status)
    assert ended.count("step floor") >= 10  # of 20; what is left creeps along a level of V, or falls all the way
