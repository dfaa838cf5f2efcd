"""What is left of cut cells, against slower roads: their chords, their triangles and what these have of the domain."""

from collections import Counter

import numpy as np
import pytest

import geoflow as gf
from geoflow.domains.crossings import Nodes
from geoflow.domains.polygons import NONE, SHARP, Polygons


def angles(corners):
    """The angles of a polygon (k, 2) by the law of cosines."""
    a, b = np.roll(corners, 1, axis=0) - corners, np.roll(corners, -1, axis=0) - corners
    return np.arccos(np.sum(a * b, axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1))


def area(corners):
    """By the shoelace formula."""
    x, y = corners.T
    return 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)


def test_a_quadrilateral_is_the_mean_of_its_splits_or_the_better_one():
    rng = np.random.default_rng(1)
    halves = 0
    for _ in range(2000):
        points = np.sort(rng.random(4)) * 2.0 * np.pi
        corners = np.column_stack([np.cos(points), rng.uniform(0.1, 1.0) * np.sin(points)])
        splits = [corners[[0, 1, 2]], corners[[0, 2, 3]]], [corners[[0, 1, 3]], corners[[1, 2, 3]]]
        sharpest = np.array([min(np.min(angles(c)) for c in pair) for pair in splits])
        if np.min(np.abs(sharpest - SHARP)) < 1e-6 or abs(sharpest[0] - sharpest[1]) < 1e-6:
            continue  # for rounding to say
        better = np.argmax(sharpest) if np.min(sharpest) < SHARP else None
        halves += better is None
        ring = Polygons(np.array([[0, 1, 2, 3, NONE]]), np.array([7]))
        found, share, size, cell, slot = ring.split(*corners.T.copy(), 0.0)
        expected = range(4) if better is None else range(2 * better, 2 * better + 2)
        assert slot.tolist() == list(expected)
        assert np.all(cell == 7) and np.all(share == (0.5 if better is None else 1.0))
        for number, triangle, of in zip(slot, found, size, strict=True):
            np.testing.assert_array_equal(corners[triangle], splits[number // 2][number % 2])
            assert of == pytest.approx(area(corners[triangle]), rel=1e-12)
        assert np.sum(share * size) == pytest.approx(area(corners), rel=1e-12)
    assert 100 < halves < 1900


@pytest.mark.parametrize("count", [3, 5])
def test_triangles_and_pentagons_are_fans(count):
    corners = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 1.0)])[:count]
    rings = np.array([[0, 1, 2, 3, 4][:count] + [NONE] * (5 - count)])
    found, share, size, _, slot = Polygons(rings, np.array([3])).split(*corners.T.copy(), 0.0)
    assert found.tolist() == [[0, k + 1, k + 2] for k in range(count - 2)]
    assert slot.tolist() == list(range(count - 2)) and np.all(share == 1.0)
    assert np.sum(size) == area(corners)
    flat = Polygons(rings, np.array([3])).split(*corners.T.copy(), np.max(size))
    assert len(flat[0]) == 0


def test_chords_are_the_edges_of_one_polygon_alone():
    rng = np.random.default_rng(4)
    for _ in range(50):
        rings = np.array([[*rng.permutation(9)[:k], *[NONE] * (5 - k)] for k in rng.integers(3, 6, 12)])
        wire = rng.random(9) < 0.7
        edges = [list(zip(r, [*r[1:], r[0]], strict=True)) for r in (ring[ring != NONE].tolist() for ring in rings)]
        on = [edge for ring in edges for edge in ring if wire[edge[0]] and wire[edge[1]]]
        times = Counter(frozenset(edge) for edge in on)
        start, end = Polygons(rings, np.arange(12)).chords(wire)
        assert sorted(zip(start.tolist(), end.tolist(), strict=True)) == sorted(e for e in on if times[frozenset(e)] == 1)


def test_rings_go_round_what_is_inside():
    """Anticlockwise from corner to corner, with a cut wherever the outline passes between two of them."""
    made = gf.soap_film(gf.Wire.outline("star", lambda x, y: x * y), 90)
    nodes, (ny, nx) = made.grid.cut.nodes, made.grid.shape
    found, confused = Polygons.of(nodes)
    assert confused is None
    cells = {}
    for i in range(ny - 1):
        for j in range(nx - 1):
            corners = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)]
            ring = []
            for here, there in zip(corners, [*corners[1:], corners[0]], strict=True):
                if nodes.state[here] != 0:
                    ring.append(here[0] * nx + here[1])
                if nodes.state[here] + nodes.state[there] == 1:
                    low = min(here, there)
                    edge = low[0] * nx + low[1] + (ny * nx if here[1] == there[1] else 0)
                    ring.append(ny * nx + int(np.flatnonzero(nodes.edges == edge)[0]))
            whole = all(nodes.state[corner] == 1 for corner in corners)
            if len(ring) >= 3 and not whole:
                cells[i * (nx - 1) + j] = ring
    assert found.cell.tolist() == list(cells)
    lengths = set()
    for ring, cell in zip(found.ring, found.cell, strict=True):
        own, taken = cells[cell], ring[ring != NONE].tolist()
        lengths.add(len(own))
        k = own.index(taken[0])
        assert taken == own[k:] + own[:k]
        if len(own) == 5:  # it begins opposite the cut: the two cuts are side by side, two places further on
            assert [vertex >= ny * nx for vertex in taken] == [False, False, True, True, False]
    assert lengths == {3, 4, 5}


def test_a_cut_that_has_no_place_is_said():
    made = gf.soap_film(gf.Wire.outline("disc", lambda x, y: x * y), 33)
    nodes = made.grid.cut.nodes
    for k in range(0, len(nodes.edges), 7):
        less = Nodes(nodes.state, nodes.held, nodes.held_place, np.delete(nodes.edges, k), nodes.edge_place)
        assert Polygons.of(less)[1] is not None
