"""Two witnesses of a film's area: the energy's kernel, and triangles measured by scikit-image."""

from types import SimpleNamespace

import numpy as np
import pytest

import geoflow as gf
from geoflow import monitor, recording

SHAPES = {
    "smallest": ((3, 3), (0.0, 1.0, 0.0, 1.0)),
    "flat cells": ((4, 7), (-1.0, 5.0, 2.0, 2.3)),
    "two strips": ((300, 200), (0.0, 2.0, 0.0, 3.0)),
    "a row longer than a strip": ((3, 20_000), (0.0, 100.0, 0.0, 0.02)),
    "deep": ((9_001, 5), (0.0, 1.0, 0.0, 900.0)),
}


def grid_of(case):
    shape, bounds = SHAPES[case]
    return gf.Grid(bounds, shape)


@pytest.mark.parametrize("height", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("case", SHAPES)
def test_both_witnesses_agree_on_random_films(case, height):
    grid = grid_of(case)
    u = height * np.random.default_rng(7).standard_normal(grid.shape)
    area = gf.GraphArea(grid).value(u)
    assert abs(gf.AreaMonitor(grid)(0.0, u) - area) <= 1e-12 * area


def test_these_films_do_fill_more_than_one_strip():
    strips = [-(-(ny - 1) // max(monitor.STRIP_NODES // nx, 1)) for (ny, nx), _ in SHAPES.values()]
    assert strips[0] == strips[1] == 1
    assert min(strips[2:]) >= 2


def test_a_tilted_plane_has_its_own_area():
    grid = gf.Grid((0.0, 2.0, -1.0, 2.0), (300, 200))
    u = 3.0 * grid.x[None, :] - 4.0 * grid.y[:, None] + 100.0
    assert abs(gf.AreaMonitor(grid)(0.0, u) - 6.0 * np.sqrt(26.0)) <= 1e-12 * 6.0 * np.sqrt(26.0)


@pytest.mark.parametrize("node", [(0, 0), (40, 80), (81, 80), (82, 80), (163, 199), (299, 0)])
def test_one_node_moved_a_little_is_seen_by_both(node):
    """At strip borders too: rows 81, 162 and 243 belong to two strips."""
    grid = grid_of("two strips")
    u = 0.02 * np.random.default_rng(1).standard_normal(grid.shape)
    energy, measure = gf.GraphArea(grid), gf.AreaMonitor(grid)
    moved = u.copy()
    moved[node] += 1e-6
    rise = energy.differential(u)[node] * 1e-6
    assert abs(rise) > 1e-10
    assert energy.value(moved) - energy.value(u) == pytest.approx(rise, rel=1e-2, abs=2e-12)
    assert measure(0.0, moved) - measure(0.0, u) == pytest.approx(rise, rel=1e-2, abs=2e-12)
    assert abs(measure(0.0, moved) - energy.value(u)) > 5e-12 * energy.value(u)  # so a wrong film would be caught


@pytest.fixture(scope="module")
def film():
    return gf.soap_film(gf.Wire.named("saddle"), n=129)


@pytest.fixture(scope="module")
def run(film):
    film.records["area"](0.0, film.start)  # importing scikit-image is no part of the record's cost
    return gf.evolve(film.flow, film.start, t_end=0.1, record=film.records)


def test_a_record_begins_and_ends_with_the_run(run):
    record = run.records["area"]
    assert (record.t[0], record.t[-1]) == (run.t[0], run.t[-1]) == (0.0, 0.1)
    assert np.all(np.diff(record.t) > 0.0)
    assert record.value[-1] < 0.95 * record.value[0]


def test_a_record_is_monotone_and_agrees_with_the_energy(run):
    record = run.records["area"]
    assert np.all(np.diff(record.value) <= 1e-13 * record.value[0])
    at = np.searchsorted(run.t, record.t)
    np.testing.assert_array_equal(run.t[at], record.t)
    np.testing.assert_allclose(record.value, run.energy[at], rtol=1e-12)


def test_the_stride_said_is_the_largest_gap(run):
    record = run.records["area"]
    assert record.stride == np.max(np.diff(np.searchsorted(run.t, record.t)))


@pytest.mark.parametrize("costs", [[3.0], [0.5, 20.0], [0.0]])
def test_records_take_their_share_of_the_run(costs, monkeypatch):
    """By a clock that ticks once a step: each of k takes 8 %/k and no less than it may; the first and the last come on top."""
    clock = [0.0]
    monkeypatch.setattr(recording, "time", SimpleNamespace(perf_counter=lambda: clock[0]))

    def measure(cost):
        def measured(t, u):
            clock[0] += cost
            return t

        return measured

    def step(now):
        clock[0] += 1.0

    film = gf.soap_film(gf.Wire.named("saddle"), n=9)
    record = {f"{k}": measure(cost) for k, cost in enumerate(costs)}
    run = gf.evolve(film.flow, film.start, t_end=1.0, dt=1.0 / 600.0, record=record, progress=step)
    assert len(run.ledger) == 600
    for cost, told in zip(costs, run.records.values(), strict=True):
        assert told.seconds == cost * len(told.t)
        share = recording.MONITOR_SHARE / len(costs)
        assert told.seconds <= share * run.seconds + 2.0 * cost
        assert told.seconds > share * (run.seconds - sum(costs)) - cost or (cost == 0.0 and len(told.t) == 601)


def test_a_fixed_stride_is_honoured():
    film = gf.soap_film(gf.Wire.named("saddle"), n=17)
    run = gf.evolve(film.flow, film.start, 0.1, dt=0.01, record={"third": gf.AreaMonitor(film.grid, stride=3)})
    record = run.records["third"]
    np.testing.assert_array_equal(np.searchsorted(run.t, record.t), [0, 3, 6, 9, 10])
    assert record.stride == 3
    every = gf.evolve(film.flow, film.start, 0.1, dt=0.01, record={"each": gf.AreaMonitor(film.grid, stride=1)})
    np.testing.assert_array_equal(every.records["each"].t, every.t)


def test_relax_records_too():
    film = gf.soap_film(gf.Wire.named("scherk"), n=33)
    run = gf.relax(film.flow, film.start, record=film.records)
    np.testing.assert_allclose(run.records["area"].value[[0, -1]], run.energy[[0, -1]], rtol=1e-12)
