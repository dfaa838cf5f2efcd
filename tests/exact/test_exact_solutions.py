"""What `geoflow.exact` calls exact solves its equation: by differences of order six, by code that knows no grid of ours."""

import numpy as np
import pytest
import sympy

from geoflow.exact import LANDSCAPES, MOTIONS, ROLLS, SURFACES

H = 3e-3
WEIGHTS = ((1, 0.75), (2, -0.15), (3, 1.0 / 60.0))  # central differences of order six


def derivative(f, z):
    return sum(w * (f(z + k * H) - f(z - k * H)) for k, w in WEIGHTS) / H


def divergence(height, x, y):
    """∇·(∇u / W) and W of a height (x, y) → u."""

    def flux(x, y):
        p, q = derivative(lambda s: height(s, y), x), derivative(lambda s: height(x, s), y)
        w = np.sqrt(1.0 + p * p + q * q)
        return p / w, q / w, w

    across = derivative(lambda s: flux(s, y)[0], x)
    return across + derivative(lambda s: flux(x, s)[1], y), flux(x, y)[2]


def inside(bounds, count=40):
    rng = np.random.default_rng(3)
    x0, x1, y0, y1 = bounds
    s, t = rng.uniform(0.15, 0.85, size=(2, count))
    return x0 + s * (x1 - x0), y0 + t * (y1 - y0)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=lambda s: s.name)
def test_minimal_surfaces_are_minimal_and_have_the_slopes_they_say(surface):
    x, y = inside(surface.bounds)
    assert np.max(np.abs(divergence(surface.height, x, y)[0])) < 1e-8
    p, q = surface.slopes(x, y)
    assert np.max(np.abs(p - derivative(lambda s: surface.height(s, y), x))) < 1e-8
    assert np.max(np.abs(q - derivative(lambda s: surface.height(x, s), y))) < 1e-8


@pytest.mark.parametrize("motion", MOTIONS.values(), ids=lambda m: m.name)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_motions_move_as_their_flow_says(motion, share):
    t = share * min(motion.until, 3.0)
    x, y = inside(motion.bounds)
    speed = derivative(lambda s: motion.height(s, x, y), t)
    bend, w = divergence(lambda x, y: motion.height(t, x, y), x, y)
    expected = {"l2": bend, "mcf": w * bend}[motion.metric]
    assert np.max(np.abs(speed - expected)) < 1e-6 * np.max(np.abs(expected))
    assert np.min(np.abs(expected)) > 0.1  # not 0 = 0
    if motion.speed is not None:
        assert np.max(np.abs(speed - motion.speed)) < 1e-9


@pytest.mark.parametrize("landscape", LANDSCAPES.values(), ids=lambda s: s.name)
def test_points_of_rest_are_that_and_of_their_kind(landscape):
    symbols = sympy.symbols("x y")
    v = sympy.sympify(landscape.formula)
    force = sympy.lambdify(symbols, [v.diff(s) for s in symbols], "numpy")
    bend = sympy.lambdify(symbols, [[v.diff(a, b) for a in symbols] for b in symbols], "numpy")
    for points, negative in ((landscape.minima, 0), (landscape.saddles, 1), (landscape.maxima, 2)):
        for point in points:
            hessian = np.array(bend(*point), dtype=float)
            step = np.linalg.solve(hessian, np.array(force(*point), dtype=float))
            assert np.max(np.abs(step)) < 1e-14 * max(1.0, np.max(np.abs(point)))  # Newton's method would move it no more
            assert int(np.sum(np.linalg.eigvalsh(hessian) < 0.0)) == negative
    total = len(landscape.minima) - len(landscape.saddles) + len(landscape.maxima)
    assert total == {"pass": -1}.get(landscape.name, 1)  # the degree of ∇V around the box


@pytest.mark.parametrize("roll", ROLLS.values(), ids=lambda r: r.name)
@pytest.mark.parametrize("x0", [0.3, 1.7])
def test_rolls_solve_their_equation(roll, x0):
    x = sympy.symbols("x")
    force = sympy.lambdify(x, sympy.sympify(roll.formula).diff(x), "math")
    assert roll.position(0.0, x0) == pytest.approx(x0, rel=1e-15)
    for t in (0.1, 0.3, 0.45):
        assert derivative(lambda s: roll.position(s, x0), t) == pytest.approx(-force(roll.position(t, x0)), rel=1e-6)
