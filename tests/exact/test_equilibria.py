"""Equilibria: where they are, what kind, what their indices sum to, and what is proven of their number."""

import numpy as np
import pytest

import geoflow as gf
from geoflow.formula.enclosures import enclosures
from geoflow.points.exclusion import prove
from geoflow.points.landscape import Landscape
from geoflow.points.search import search, start_sets

PASS = "exp(x)*cos(y) - x - 1"
HIMMELBLAU = "(x**2 + y - 11)**2 + (x + y**2 - 7)**2"
CAMEL = "(4 - 2.1*x**2 + x**4/3)*x**2 + x*y + (-4 + 4*y**2)*y**2"
ROSENBROCK = "(1 - x)**2 + 100*(y - x**2)**2"


def mueller_brown() -> str:
    rows = [(-200, -1, 0, -10, 1, 0), (-100, -1, 0, -10, 0, 0.5), (-170, -6.5, 11, -6.5, -0.5, 1.5), (15, 0.7, 0.6, 0.7, -1, 1)]
    return " + ".join(
        f"({A})*exp(({a})*(x - ({p}))**2 + ({b})*(x - ({p}))*(y - ({q})) + ({c})*(y - ({q}))**2)" for A, a, b, c, p, q in rows
    )


def tied(d: int) -> str:
    """Σ (xᵢ² − 1)²/4 + ½ Σ_{i<j} (xᵢ − xⱼ)². At rest xᵢ³ + (d − 1) xᵢ = Σ xⱼ for all i, and the left side is increasing: all
    xᵢ are equal, to −1, 0 or 1. The eigenvalues of d²V are 3x² − 1, and 3x² − 1 + d of multiplicity d − 1."""
    names = ["x", "y", "z"] if d == 3 else [f"x{k + 1}" for k in range(d)]
    wells = " + ".join(f"({n}**2 - 1)**2/4" for n in names)
    return f"{wells} + ({d}*({' + '.join(f'{n}**2' for n in names)}) - ({' + '.join(names)})**2)/2"


BOXES = {
    "pass": (PASS, (-2, 2, -3, 3)),
    "Müller–Brown": (mueller_brown(), (-1.5, 1.2, -0.2, 2)),
    "Himmelblau": (HIMMELBLAU, (-5, 5, -5, 5)),
    "camel": (CAMEL, (-3, 3, -2, 2)),
    "Rosenbrock": (ROSENBROCK, (-2, 2, -1, 3)),
    "tied 3": (tied(3), (-2, 2) * 3),
    "tied 10": (tied(10), (-2, 2) * 10),
}


@pytest.fixture(scope="module")
def found() -> dict:
    return {name: gf.find_equilibria(gf.Potential(text), box) for name, (text, box) in BOXES.items()}


KINDS = {  # minima, saddles, maxima, Σ (−1)^index
    "pass": (0, 1, 0, -1),
    "Müller–Brown": (3, 2, 0, 1),
    "Himmelblau": (4, 4, 1, 1),
    "camel": (6, 7, 2, 1),
    "Rosenbrock": (1, 0, 0, 1),
    "tied 3": (2, 1, 0, 1),
    "tied 10": (2, 1, 0, 1),
}


@pytest.mark.parametrize("name", BOXES)
def test_all_are_found_and_proven_to_be_all(name: str, found: dict) -> None:
    rest, (text, box) = found[name], BOXES[name]
    *numbers, total = KINDS[name]
    assert [sum(p.kind == kind for p in rest.points) for kind in ("minimum", "saddle", "maximum")] == numbers
    assert (rest.index_sum, rest.index_expected, rest.index_consistent, rest.complete) == (total, total, True, True)
    assert len(rest.points) == sum(numbers)
    energy, side = gf.Potential(text), np.diff(np.reshape(box, (-1, 2)))[:, 0]
    for p in rest.points:
        newton = np.linalg.solve(energy.hessian(p.x), energy.differential(p.x))
        assert np.max(np.abs(newton) / side) < 1e-10
        assert p.index == np.sum(p.eigenvalues < 0.0)
        assert p.value == energy.value(p.x)


def places(rest: gf.Equilibria, kind: str) -> np.ndarray:
    return np.array([p.x for p in rest.points if p.kind == kind])


def test_the_pass(found: dict) -> None:
    (saddle,) = found["pass"].points
    np.testing.assert_allclose(saddle.x, 0.0, atol=1e-15)
    np.testing.assert_allclose(saddle.eigenvalues, [-1.0, 1.0], atol=1e-14)


def test_mueller_brown(found: dict) -> None:
    minima = [
        (-0.5582236346330243, 1.441725841804669),
        (0.6234994049308765, 0.02803775852868567),
        (-0.05001082299820606, 0.4666941048719721),
    ]
    saddles = [(0.212486582000662, 0.2929883251073678), (-0.8220015587327321, 0.6243128028148714)]
    rest = found["Müller–Brown"]
    np.testing.assert_allclose(places(rest, "minimum"), minima, rtol=0, atol=1e-13)
    np.testing.assert_allclose(places(rest, "saddle"), saddles, rtol=0, atol=1e-13)
    values = [-146.699517209954, -108.1667241168524, -80.76781812965903, -72.24894011232521, -40.6648435086574]
    np.testing.assert_allclose([p.value for p in rest.points], values, rtol=1e-13)


def test_the_others_of_the_books(found: dict) -> None:
    (top,) = [p for p in found["Himmelblau"].points if p.kind == "maximum"]
    assert abs(top.value - 181.61652152258) < 1e-9
    np.testing.assert_allclose([p.value for p in found["Himmelblau"].points[:4]], 0.0, atol=1e-25)
    assert abs(found["camel"].points[0].value + 1.0316284534898774) < 1e-13
    (valley,) = found["Rosenbrock"].points
    np.testing.assert_allclose(valley.x, 1.0, rtol=1e-13)
    np.testing.assert_allclose(valley.eigenvalues, [0.399360767487633, 1001.600639232512], rtol=1e-12)


@pytest.mark.parametrize("d", [3, 10])
def test_tied_quartics(d: int, found: dict) -> None:
    for p in found[f"tied {d}"].points:
        c = round(float(p.x[0]))
        np.testing.assert_allclose(p.x, c, atol=1e-12)
        np.testing.assert_allclose(p.eigenvalues, [3 * c * c - 1.0] + [3 * c * c - 1.0 + d] * (d - 1), rtol=1e-12)


@pytest.mark.parametrize("name", ["Müller–Brown", "Himmelblau", "camel", "tied 3", "tied 10"])
def test_without_the_starts_of_one_equilibrium_the_list_is_not_complete(name: str, found: dict) -> None:
    """For each equilibrium: a start at every other one. It is missed, the proof says so, and near where."""
    text, box = BOXES[name]
    x = np.array([p.x for p in found[name].points])
    for k in range(len(x)):
        rest = gf.find_equilibria(gf.Potential(text), box, starts=np.delete(x, k, axis=0))
        assert len(rest.points) == len(x) - 1
        assert rest.complete is False
        assert rest.index_consistent is False
        assert rest.message.startswith("1 more proven to be near (")
        near = np.array([float(v) for v in rest.message.split("(")[1].split(")")[0].replace(", …", "").split(",")])
        assert np.max(np.abs(near - x[k][: len(near)])) < 0.5


def test_a_start_set_that_is_left_out_is_missed_or_not_needed() -> None:
    """A narrow second well that no cell of the grid and none of the spread starts sees, but a start of its own does."""
    energy, box = gf.Potential("x**2 + y**2 - 2*exp(-1e6*((x - 0.71234)**2 + (y - 0.3111)**2))"), (-1, 1, -1, 1)
    land, (lo, hi) = Landscape.of(energy, box), (np.full(2, -1.0), np.full(2, 1.0))
    sets = start_sets(land, lo, hi) | {"own": np.array([[0.7123, 0.3111], [0.7096, 0.3099]])}
    assert gf.find_equilibria(energy, box, np.concatenate(list(sets.values()))).complete is True
    for left_out, complete in [("own", False), ("spread", True), ("cells", True)]:
        rest = gf.find_equilibria(energy, box, np.concatenate([s for name, s in sets.items() if name != left_out]))
        assert (rest.complete, len(rest.points)) == ((True, 3) if complete else (False, 1))
    assert gf.find_equilibria(energy, box).complete is True  # the proof itself leads the usual search to what is missing
    assert len(search(land, lo, hi, np.concatenate(list(start_sets(land, lo, hi).values())))[0]) == 1


def test_a_missed_pair_passes_the_index_but_not_the_proof(found: dict) -> None:
    text, box = BOXES["Müller–Brown"]
    kept = [p.x for p in found["Müller–Brown"].points][1:-1]  # without a minimum and a saddle
    rest = gf.find_equilibria(gf.Potential(text), box, starts=kept)
    assert (len(rest.points), rest.index_consistent, rest.complete) == (3, True, False)


def test_the_monkey_saddle_is_degenerate_and_of_degree_minus_two() -> None:
    rest = gf.find_equilibria(gf.Potential("x**3 - 3*x*y**2"), (-1, 1.1, -1, 1))
    (monkey,) = rest.points
    assert monkey.kind == "degenerate"
    np.testing.assert_allclose(monkey.x, 0.0, atol=1e-10)
    assert (rest.index_sum, rest.index_expected, rest.index_consistent, rest.complete) == (-2, -2, True, None)
    assert "degenerate" in rest.message


@pytest.mark.parametrize(
    ("text", "kinds"),
    [("x**2*y**2/2", ["degenerate"]), ("(x**2 + y**2 - 1)**2", ["degenerate", "maximum"]), ("(x - y)**2", ["degenerate"])],
)
def test_valley_floors_are_told_and_not_listed(text: str, kinds: list) -> None:
    rest = gf.find_equilibria(gf.Potential(text), (-2, 2, -2, 2.5))
    assert [p.kind for p in rest.points] == kinds
    assert rest.complete is None
    assert "not isolated" in rest.message


@pytest.mark.parametrize(
    ("text", "box", "number"),
    [
        ("x**4/4 - x**2/2 + x/5", (-2, 2), 3),
        ("cos(x)*cos(y)", (-6, 6.1, -6, 6.1), 25),
        ("x + y**2", (-1, 1, -1, 1), 0),
        ("x - log(x) + y**2", (0.1, 3, -1, 1), 1),
        ("x**2 + y**2", (0, 1, 0, 1), 1),  # in the corner of the box
    ],
)
def test_numbers_that_are_known(text: str, box: tuple, number: int) -> None:
    rest = gf.find_equilibria(gf.Potential(text), box)
    assert (len(rest.points), rest.complete) == (number, True)
    assert rest.index_consistent is (None if box == (0, 1, 0, 1) else True)


@pytest.mark.parametrize(("text", "number"), [("abs(x) + x**2 + y**2", 0), ("x - log(x) + y**2", 1)])
def test_kinks_and_edges_are_left_open(text: str, number: int) -> None:
    """At a kink, and at the edge of the domain, there is no derivative that could be enclosed."""
    rest = gf.find_equilibria(gf.Potential(text), (-1, 3, -1, 1.1))
    assert (len(rest.points), rest.complete) == (number, None)
    assert "kink" in rest.message


def test_a_face_is_cut_finer_until_it_is_seen_to_point_outwards() -> None:
    """At x = 2, V_x = 4 + ¾ (2y − y³/2) is positive; its enclosure over the whole face is not: y alone is to be halved."""
    rest = gf.find_equilibria(gf.Potential("x**2 + y**2 + z**2 + 3*x*(y/2 - y**3/8)"), (-2, 2, -2, 2, -2, 2))
    assert (rest.index_expected, rest.index_sum, rest.complete) == (1, 1, True)


def test_a_kink_that_a_slope_runs_across_is_no_open_place() -> None:
    """V_y = ½ all along the kink of |x|: however small, a slope of one sign excludes what has no second derivative."""
    rest = gf.find_equilibria(gf.Potential("abs(x) + y/2"), (-1, 3, -1, 1.1))
    assert (len(rest.points), rest.complete) == (0, True)


def test_a_pole_is_no_equilibrium() -> None:
    """Newton's step for 1/x is x itself, however close: at a pole it is as short as one likes."""
    rest = gf.find_equilibria(gf.Potential("x - log(x)"), (-1, 3), starts=[[1e-17], [0.8]])
    np.testing.assert_allclose([p.x for p in rest.points], [[1.0]], rtol=1e-14)


def test_a_point_that_is_no_zero_is_not_proven_to_be_one() -> None:
    E, lo, hi = enclosures(gf.Potential("(x + 0.9)**2 + (y + 0.9)**2").formula), np.full(2, -1.0), np.full(2, 1.0)
    assert not prove(E, np.array([[0.9, 0.9]]), lo, hi).alone[0]
    assert len(prove(E, np.array([[0.9, 0.9]]), lo, hi).missing) == 1
    right = prove(E, np.array([[-0.9, -0.9]]), lo, hi)
    assert right.alone[0]
    assert len(right.missing) == len(right.open) == 0


@pytest.mark.parametrize("second", [True, False])
def test_functions_are_searched_too(second: bool) -> None:
    known = gf.Potential(HIMMELBLAU)
    given = gf.Potential(known.value, known.differential, known.hessian if second else None)
    rest = gf.find_equilibria(given, (-5, 5, -5, 5))
    assert (len(rest.points), rest.index_sum, rest.index_expected, rest.complete) == (9, 1, 1, None)
    exact = gf.find_equilibria(known, (-5, 5, -5, 5))
    np.testing.assert_allclose([p.x for p in rest.points[-5:]], [p.x for p in exact.points[-5:]], atol=1e-9)
    np.testing.assert_allclose([p.eigenvalues for p in rest.points[-5:]], [p.eigenvalues for p in exact.points[-5:]], rtol=1e-7)


@pytest.mark.parametrize(
    ("potential", "bounds", "starts", "field"),
    [
        ("x**2", (-1, 1), None, "potential"),
        (gf.Potential("x**2 + y**2"), (-1, 1), None, "bounds"),
        (gf.Potential("x**2 + y**2"), (-1, 1, 2, 1), None, "bounds"),
        (gf.Potential("x**2 + y**2"), (-1, 1, 1, np.nan), None, "bounds"),
        (gf.Potential("x**2 + y**2"), "wide", None, "bounds"),
        (gf.Potential("x**2 + y**2"), (-1, 1, -1, 1), [0.0, 0.0], "starts"),
        (gf.Potential("x**2 + y**2"), (-1, 1, -1, 1), [[0.0, 0.0, 1.0]], "starts"),
    ],
)
def test_bad_input(potential: object, bounds: object, starts: object, field: str) -> None:
    with pytest.raises(gf.BadInput) as refused:
        gf.find_equilibria(potential, bounds, starts)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("text", "box"), [("x - log(x)", (-5, 5)), ("1/(x*x + y*y) + x*x + y*y/2", (-2, 2, -2, 2)), ("abs(x) + x*x", (-1, 2))]
)
def test_where_v_is_not_smooth_the_degree_says_nothing(text: str, box: tuple) -> None:
    assert gf.find_equilibria(gf.Potential(text), box).index_expected is None
    assert gf.find_equilibria(gf.Potential("x - log(x)"), (0.1, 5)).index_consistent is True
