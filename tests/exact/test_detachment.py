"""Films that let go of their wire, against the annulus whose film is known, and films that cannot.

Over the annulus 1 < r < 2 with height H inside and 0 outside a graph exists iff H ≤ arccosh 2. Beyond, the film touches the wall
at h* = arccosh 2: 2π of wire let go, 2π (H − h*) of wall, and π (2√3 + arccosh 2) of catenoid.
"""

import json
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.spatial import ConvexHull

import geoflow as gf
from geoflow import detached
from geoflow.cli.main import main
from geoflow.cli.report import summary, table
from geoflow.domains.outline import Outline
from geoflow.domains.reentrant import stations

CONTACT = np.arccosh(2.0)
CATENOID = np.pi * (2.0 * np.sqrt(3.0) + CONTACT)


def inner(height):
    return lambda x, y: height * (x * x + y * y < 2.0)


def arc(centre, radius, first, last, k=400):
    a = np.linspace(first, last, k)
    return np.column_stack([centre[0] + radius * np.cos(a), centre[1] + radius * np.sin(a)])


RINGS = [arc((0.0, 0.0), r, 0.0, 2.0 * np.pi, 4097)[:-1] for r in (2.0, 1.0)]


def over(loops, height):
    """A wire whose points are all it has: quick to make."""
    return gf.Wire.outline([np.column_stack([loop, np.zeros(len(loop)) + height(*loop.T)]) for loop in loops])


@cache
def gap(height, n):
    film = gf.soap_film(over(RINGS, inner(height)), n)
    run = gf.relax(film.flow, film.start)
    return film, run, gf.detachment(film, run)


def corner(radius=0.0):
    """An L, its re-entrant corner rounded."""
    inside = arc((radius, radius), radius, 1.5 * np.pi, np.pi) if radius else np.zeros((1, 2))
    return np.concatenate([[(-1.0, -1.0), (1.0, -1.0), (1.0, 0.0)], inside, [(0.0, 1.0), (-1.0, 1.0)]])


def peak(height, x0, y0, width=0.3):
    return lambda x, y: height * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / width**2)


def found(outline, height, n):
    dense = isinstance(outline, list) or (not isinstance(outline, str) and callable(height) and len(outline) > 1000)
    film = gf.soap_film(over(outline, height) if dense else gf.Wire.outline(outline, height), n)
    return gf.detachment(film, gf.relax(film.flow, film.start))


# ------------------------------------------------------------------------------------------------ the exact annulus


@pytest.mark.parametrize("n", [129, pytest.param(257, marks=pytest.mark.slow), pytest.param(513, marks=pytest.mark.slow)])
@pytest.mark.parametrize("height", [0.0, 0.5, 1.0, 1.25, CONTACT, 1.4, 2.5, 10.0])
def test_an_annulus_lets_go_beyond_its_gap(height, n):
    film, run, seen = gap(height, n)
    expected = "undecided" if height == CONTACT else "detached" if height > CONTACT else "spanned"
    assert seen.status == expected
    if expected == "detached":
        wall = 2.0 * np.pi * (height - CONTACT)
        assert seen.length == pytest.approx(2.0 * np.pi, rel=1e-6)
        assert seen.area == pytest.approx(wall, rel=0.03)
        bar = gf.area_estimate(film, run)
        assert abs(bar.area - CATENOID - wall) <= bar.error <= 0.02 * bar.area
        assert "lets go" in bar.note
        assert 0.5 < bar.order < 1.5  # h^(2/3) to h; three grids scatter by how the wall lies on them
    elif expected == "spanned":
        assert (seen.length, seen.area, seen.parts) == (0.0, 0.0, ())
    else:
        assert (seen.length, seen.area) == (None, None)
        assert abs(gf.area_estimate(film, run).area - CATENOID) <= gf.area_estimate(film, run).error


@pytest.mark.parametrize(("height", "beyond"), [(1.28, "spanned"), (1.335, "detached")])
def test_what_is_undecided_shrinks(height, beyond):
    assert gap(height, 65)[2].status == "undecided"
    assert gap(height, 257)[2].status == beyond


def test_the_jump_is_a_smooth_function_of_the_wire():
    """Walls measured at three gaps: their areas grow by 2π a unit, to a percent."""
    heights = np.array([1.4, 2.5, 10.0])
    areas = [gap(h, 129)[2].area for h in heights]
    assert np.diff(areas) / np.diff(heights) == pytest.approx(2.0 * np.pi, rel=0.01)


def test_its_parts_are_the_wire():
    _, _, seen = gap(2.5, 65)
    (part,) = seen.parts
    assert np.array_equal(part[0], part[-1])  # all of a loop
    assert np.hypot(*part[:, :2].T) == pytest.approx(1.0, abs=1e-6)
    assert np.all(part[:, 2] == 2.5)
    assert seen.sentence.startswith("no graph spans this wire there: the film lets go all along the loop through (")


def test_it_does_not_matter_which_way_is_up_or_where_it_is():
    _, _, seen = gap(2.5, 65)
    upside_down = found(RINGS, inner(-2.5), 65)
    assert (upside_down.length, upside_down.area) == pytest.approx((seen.length, seen.area), rel=1e-9)
    raised = found(RINGS, lambda x, y: 1000.0 + inner(2.5)(x, y), 65)
    assert raised.area == pytest.approx(seen.area, rel=1e-6)
    loops = [1e3 * arc((4.0, -7.0), r, 0.0, 2.0 * np.pi, 4097)[:-1] for r in (2.0, 1.0)]
    large = found(loops, lambda x, y: 1e3 * inner(2.5)(1e-3 * x - 4.0, 1e-3 * y + 7.0), 65)
    assert (large.length, large.area) == pytest.approx((1e3 * seen.length, 1e6 * seen.area), rel=1e-6)


def test_of_two_films_only_one_lets_go():
    shapes = [arc((x, 0.0), r, 0.0, 2.0 * np.pi, 4097)[:-1] for x in (-2.2, 2.2) for r in (2.0, 1.0)]
    seen = found(shapes, lambda x, y: np.where(np.hypot(np.abs(x) - 2.2, y) < 1.5, np.where(x > 0.0, 2.5, 0.8), 0.0), 129)
    assert seen.status == "detached"
    assert seen.length == pytest.approx(2.0 * np.pi, rel=1e-3)
    assert seen.area == pytest.approx(2.0 * np.pi * (2.5 - CONTACT), rel=0.03)
    assert len(seen.parts) == 1
    assert np.min(seen.parts[0][:, 0]) > 1.0


# -------------------------------------------------------------------------------------------------- parts of a wire


def test_half_a_ring_lets_go():
    """Inside at 1.317 + 0.6 x: the half where x > 0 lets go, and a little more of it."""
    seen = [found(RINGS, lambda x, y: np.where(x * x + y * y < 2.0, 1.317 + 0.6 * x, 0.0), n) for n in (65, 129)]
    assert [s.status for s in seen] == ["detached"] * 2
    assert [s.length for s in seen] == pytest.approx([3.35] * 2, rel=0.02)
    assert [s.area for s in seen] == pytest.approx([1.29] * 2, rel=0.02)
    (part,) = seen[-1].parts
    assert abs(np.mean(part[:, 1])) < 0.05
    assert np.min(part[:, 0]) > -0.15


def test_a_rounded_corner_lets_go_and_what_is_straight_beside_it_does_not():
    seen = found(corner(0.3), peak(3.0, 0.088, 0.088), 129)
    assert seen.status == "detached"
    assert seen.length == pytest.approx(0.15 * np.pi, rel=0.03)
    assert np.max(seen.parts[0][:, :2]) <= 0.3 + 0.02


def test_a_sharp_corner_lets_go_alone():
    """So the length shrinks with the spacing."""
    seen = [found(corner(), peak(1.0, 0.0, 0.0), n) for n in (129, 257)]
    assert [s.status for s in seen] == ["detached"] * 2
    assert seen[1].length == pytest.approx(0.5 * seen[0].length, rel=0.1)
    assert seen[1].area == pytest.approx(0.5 * seen[0].area, rel=0.1)
    assert np.max(np.abs(seen[1].parts[0][:, :2])) < 0.02


def test_it_does_not_matter_where_the_outline_begins():
    """At the corner itself, say, where a station right on it would count for half as much as two beside it."""
    seen = [found(np.roll(corner(), -begin, axis=0), peak(1.0, 0.0, 0.0), 129) for begin in range(len(corner()))]
    assert {s.status for s in seen} == {"detached"}
    assert np.ptp([s.length for s in seen]) <= 1e-12
    assert np.ptp([s.area for s in seen]) <= 1e-6 * seen[0].area


def test_a_dent_of_a_star_lets_go_by_itself():
    seen = found("star", peak(1.0, 0.185, 0.32, 0.15), 129)
    assert seen.status == "detached"
    assert len(seen.parts) == 1
    assert seen.parts[0][len(seen.parts[0]) // 2, :2] == pytest.approx((0.185, 0.32), abs=0.01)
    assert "around (0.1" in seen.sentence


@pytest.mark.slow
@pytest.mark.parametrize("outline", ["star", corner(0.3)], ids=["star", "rounded corner"])
def test_lengths_converge(outline):
    where = (0.185, 0.32, 0.15) if isinstance(outline, str) else (0.088, 0.088, 0.3)
    lengths = [found(outline, peak(3.0, *where), n).length for n in (129, 257, 513)]
    assert np.ptp(lengths) <= 0.06 * lengths[-1]


@pytest.mark.parametrize("height", ["x - 2*y", "0.3*x*y", "2*(x**2 - y**2)"])
def test_tame_wires_over_an_l_are_spanned(height):
    assert found(corner(), height, 65).status == "spanned"


# -------------------------------------------------------------------------------------------- no alarm where convex


def convex(rng):
    """Corners or points of a convex outline, turned, and rounded to nothing, float32 or six digits."""
    kind = rng.integers(3)
    if kind == 0:
        a = np.arange(int(10.0 ** rng.uniform(2, 4))) * 1.0
        points = np.stack([np.cos(a * 2.0 * np.pi / a.size), rng.uniform(0.2, 1.0) * np.sin(a * 2.0 * np.pi / a.size)], axis=1)
    else:
        points = rng.normal(size=(rng.integers(4, 30), 2)) if kind == 1 else np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
        points = points[ConvexHull(points).vertices] * (1.0, rng.uniform(0.4, 1.0))
        along = np.linspace(0.0, 1.0, int(10.0 ** rng.uniform(0, 3)), endpoint=False)[:, None]
        ends = np.roll(points, -1, axis=0)
        points = np.concatenate([p + (q - p) * along for p, q in zip(points, ends, strict=True)])
    turn = rng.uniform(0.0, 2.0 * np.pi)
    points = points @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    size = np.max(np.ptp(points, axis=0))
    return points / size + rng.uniform(-1.0, 1.0, points.shape) * rng.choice([0.0, 6e-8, 5e-7])


def wild(rng):
    """A height whose slope along the outline is up to 50."""
    k, phase = rng.uniform(-1.0, 1.0, (5, 2)) * 12.0, rng.uniform(0.0, 2.0 * np.pi, 5)
    slope = 10.0 ** rng.uniform(0.0, np.log10(50.0))
    size = slope / np.sum(np.hypot(*k.T))
    return lambda x, y: size * sum(np.sin(a * x + b * y + c) for (a, b), c in zip(k, phase, strict=True))


def test_rounded_coordinates_make_no_convex_outline_re_entrant():
    rng, seen = np.random.default_rng(0), 0
    for _ in range(60):
        outline = Outline.of([np.pad(convex(rng), ((0, 0), (0, 1)))])
        for n in (33, 2049):
            seen += sum(np.any(np.isfinite(loop.radius)) for loop in stations(outline, 1.0 / (n - 1)))
    assert seen == 0


def test_re_entrant_parts_are_found():
    for radius in (0.05, 0.3, 0.9):
        outline = Outline.of([np.pad(corner(radius), ((0, 0), (0, 1)))])
        for n in (129, 513):
            (loop,) = stations(outline, 2.0 / (n - 1))
            bent = np.isfinite(loop.radius)
            assert np.sum(bent) * loop.step == pytest.approx(0.5 * np.pi * radius, abs=4.0 * loop.step)
            assert np.min(loop.radius) == pytest.approx(radius, rel=0.05)
    (loop,) = stations(Outline.of([np.pad(corner(), ((0, 0), (0, 1)))]), 0.01)
    assert np.sort(np.hypot(*loop.points[:, :2].T))[:2] == pytest.approx(0.5 * loop.step, rel=1e-9)  # the corner is between two
    gentle = arc((0.0, 10.0), 10.0, -0.5 * np.pi - 0.05, -0.5 * np.pi + 0.05)  # ten times as round as it is wide
    outline = Outline.of([np.pad(np.concatenate([gentle, [(0.5, -1.0), (-0.5, -1.0)]]), ((0, 0), (0, 1)))])
    for n in (129, 1025):
        (loop,) = stations(outline, 1.0 / (n - 1))
        bent = np.isfinite(loop.radius)
        assert 0.7 < np.sum(bent) * loop.step < 1.0  # long chords see the corners at its ends
        assert np.median(loop.radius[bent]) == pytest.approx(10.0, rel=0.05)


def no_alarm(seed, n):
    rng = np.random.default_rng(seed)
    if seed % 4 == 0:
        wire = gf.Wire("random", (0.0, rng.uniform(0.5, 1.0), 0.0, 1.0), wild(rng))
    else:
        wire = gf.Wire.outline(convex(rng), wild(rng))
    film = gf.soap_film(wire, n)
    return gf.detachment(film, gf.relax(film.flow, film.start)).status


@pytest.mark.parametrize("seed", range(8))
def test_no_alarm_over_convex_domains(seed):
    assert no_alarm(seed, 65) == "spanned"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "seeds"), [(65, range(12, 72)), (129, range(72, 112)), (257, range(112, 127)), (513, range(127, 133))]
)
def test_no_alarm_over_many_convex_domains(n, seeds):
    assert {no_alarm(seed, n) for seed in seeds} == {"spanned"}


# ------------------------------------------------------------------------------------------------------- what is told


def test_how_far_a_jump_may_be_off_where_two_grids_agree(monkeypatch):
    """At least FLOOR of the finest film's drop up to what it reaches; at least half of what the coarser grids differ by."""
    grids = {
        3: ([0.1, 0.1, -0.5], [2.0, 2.0, 0.2]),
        2: ([0.11, 0.3, -0.5], [2.0, 2.0, 0.2]),
        1: ([0.11, 1.3, -0.5], [2.0, 2.0, 0.2]),
    }
    monkeypatch.setattr("geoflow.detached.contact", lambda loop, grid, heights: np.array(grids[heights]))
    film = SimpleNamespace(grid=None)
    jump, doubt = detached._jumps(None, tuple(SimpleNamespace(film=film, heights=k) for k in (3, 2, 1)))
    assert jump.tolist() == [0.1, 0.1, -0.5]
    assert doubt == pytest.approx([detached.FLOOR * 1.9, 0.5, detached.FLOOR * 0.4], rel=1e-14)


def test_what_is_asked_of_a_run():
    film = gf.soap_film(over(RINGS, inner(1.0)), 33)
    with pytest.raises(gf.BadInput, match="came to rest"):
        gf.detachment(film, gf.evolve(film.flow, film.start, 0.01))


def test_one_grid_alone_decides_nothing_but_where_the_film_is_shallow():
    for height, expected in ((0.05, "spanned"), (2.5, "undecided")):
        film = gf.soap_film(over(RINGS, inner(height)), 64)
        assert film.coarser(film.start) is None
        assert gf.detachment(film, gf.relax(film.flow, film.start)).status == expected


def test_the_summary_and_the_table_tell_it():
    for height, status in ((1.0, "spanned"), (CONTACT, "undecided"), (2.5, "detached")):
        film = gf.soap_film(over(RINGS, inner(height)), 65)
        run = gf.relax(film.flow, film.start, record=film.records)
        estimate, seen = gf.area_estimate(film, run), gf.detachment(film, run)
        result = summary(film, run, estimate, seen)
        assert result["detached"] == status
        assert (result["detached_length"], result["detached_area"]) == (seen.length, seen.area)
        lines = table(film, run, result, estimate, "", seen)
        assert ((status, seen.sentence) in lines) == (status != "spanned")


def test_the_command_line_tells_it(capsys):
    assert main(["film", "saddle", "-n", "9", "--relax", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["detached"], result["detached_length"], result["detached_area"]) == ("spanned", 0.0, 0.0)
    assert main(["film", "saddle", "-n", "9", "--until", "0.01", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["detached"], result["detached_length"], result["detached_area"]) == (None, None, None)
