"""Memory that is handed out again: never while somebody looks into it, and never read before it is written."""

import numpy as np
import pytest

import geoflow as gf
from geoflow.solvers import memory

SIZE = 200 * 200  # entries: 320 kB, above what is left to the allocator


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(memory, "_kept", {})


def kept():
    return [buffer for buffers in memory._kept.values() for buffer in buffers]


def address(a):
    return a.__array_interface__["data"][0]


def test_memory_that_nobody_holds_comes_back_and_any_view_holds_it():
    first = memory.empty((200, 200))
    where, corner = address(first), first[3:5, ::2].T
    del first
    other = memory.empty((200, 200))
    assert address(other) != where  # the corner still looks into it
    del corner
    assert address(memory.empty((SIZE,))) == where


def test_memory_somewhat_larger_than_asked_for_is_handed_out_the_nearest_first():
    held = [memory.empty((rows, 200)) for rows in (290, 200, 240)]
    places = [address(a) for a in held]
    held.clear()
    taken = [memory.empty((rows, 200)) for rows in (239, 200, 210)]
    assert [address(a) for a in taken] == [places[k] for k in (2, 1, 0)]
    taken.clear()
    assert address(memory.empty((130, 200))) not in places[::2]  # of 200 rows, no more than half as large again


def test_what_runs_give_stays_as_it_is():
    film = gf.soap_film(gf.Wire.named("enneper"), 161)
    rest = gf.relax(film.flow, film.start)
    kept = rest.x.copy(), rest.states.copy(), film.start.copy()
    for scale in (2.0, -1.0):
        gf.relax(film.flow, scale * film.start)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (rest.x, rest.states, film.start), strict=True))


def test_no_more_is_kept_than_was_said(monkeypatch):
    monkeypatch.setattr(memory, "KEEP", 3 * 8 * SIZE)
    held = [memory.empty((SIZE,)) for _ in range(5)]
    assert len(kept()) == 3
    held.clear()
    larger = memory.empty((2 * SIZE,))
    assert sum(buffer.nbytes for buffer in kept()) <= memory.KEEP
    assert any(np.shares_memory(buffer, larger) for buffer in kept())


def test_while_a_run_goes_on_all_that_it_needs_is_kept(monkeypatch):
    """What it had in use at once and a quarter more; after it no more than ever."""
    monkeypatch.setattr(memory, "KEEP", 8 * SIZE)
    seen = []

    def arrays():
        held = [memory.empty((SIZE,)) for _ in range(8)]
        seen.append({address(a) for a in held})

    with memory.lasting():
        with memory.lasting():
            arrays()
        arrays()
        assert seen[0] == seen[1]
        others = [memory.empty((2 * SIZE,)) for _ in range(2)]
        assert sum(buffer.nbytes for buffer in kept()) <= memory.ROOM * 8 * 8 * SIZE
        assert len(kept()) > len(others)
        others.clear()
    assert sum(buffer.nbytes for buffer in kept()) <= memory.KEEP
    arrays()
    assert sum(buffer.nbytes for buffer in kept()) <= memory.KEEP


def test_an_abandoned_run_gives_its_memory_back(monkeypatch):
    monkeypatch.setattr(memory, "KEEP", 8 * SIZE)
    film = gf.soap_film(gf.Wire.named("enneper"), 201)
    going = gf.steps(film.flow, film.start, dt=1e-3, t_end=1.0)
    next(going), next(going)
    assert sum(buffer.nbytes for buffer in kept()) > memory.KEEP
    going.close()
    assert sum(buffer.nbytes for buffer in kept()) <= memory.KEEP


def test_what_was_unused_longest_makes_room_first(monkeypatch):
    monkeypatch.setattr(memory, "KEEP", 8 * 420 * 200)
    held = [memory.empty((rows, 200)) for rows in (100, 120, 200)]
    places = [address(a) for a in held]
    held.clear()
    del held
    assert address(memory.empty((95, 200))) == places[0]  # which is the latest used from now on
    memory.empty((300, 200))
    assert [address(buffer) for buffer in kept()][:-1] == places[:1]


@pytest.mark.parametrize("shape", [(70, 70), (65, 97), (64, 33), (129, 66)])
@pytest.mark.parametrize("motion", [False, True])
def test_nothing_is_read_before_it_is_written(shape, motion, monkeypatch):
    bounds = (0.0, 1.0, 0.0, (shape[0] - 1) / (shape[1] - 1))
    grid = gf.Grid(bounds, shape)
    start = np.random.default_rng(3).normal(size=shape)
    flow = gf.GradientFlow(gf.GraphArea(grid), gf.NormalL2(grid), grid.boundary)

    def run():
        if motion:
            return [gf.evolve(flow, start, 0.01, dt=0.005, method=m()).x for m in (gf.SDIRK2, gf.Lagged, gf.Secant)]
        return [gf.relax(flow, start).x]

    expected = run()

    def poisoned(shape, dtype=np.float64):
        return np.full(shape, np.nan, dtype)

    monkeypatch.setattr(memory, "empty", poisoned)
    assert all(np.array_equal(a, b) for a, b in zip(run(), expected, strict=True))
