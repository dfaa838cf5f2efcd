"""A run that is stopped after any step and resumed is the run that was never stopped, to the last bit."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

import geoflow as gf
from geoflow import checkpoints
from geoflow.ledger import Row
from tests.laws.runs import RUNS, evolved, told


@pytest.mark.parametrize("name", RUNS)
def test_resumed_is_uninterrupted(name: str, tmp_path: Path) -> None:
    """Stopped at a random step, and again one before its end."""
    whole = evolved(name)
    path, last = tmp_path / "run.gfc", len(whole.ledger)
    random = np.random.default_rng(sum(map(ord, name)))
    stops = sorted({int(random.integers(1, last + 1)), max(last - 1, 1)}) if last else []
    resume = None
    for stop in stops:
        part = evolved(name, checkpoint=path, resume=resume, max_steps=stop)
        assert len(part.ledger) == stop
        resume = path
    run = evolved(name, checkpoint=path, resume=resume)
    assert told(run) == told(whole)
    again = evolved(name, resume=path)  # a run that is at its end stays there, and says why
    assert told(again) == told(whole)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.gfc"]


def test_the_runs_are_what_they_are_called() -> None:
    """Bounds left, steps halved, a rise: the counters are of use."""
    assert "points left the bounds" in evolved("marbles, some of them leave").message
    assert "points left the bounds" in evolved("heavy marbles, some of them leave").message
    assert "had to be shortened" in evolved("steps that are halved").message
    assert "raised the energy" in evolved("steps that rise").message
    assert [evolved(f"a point that {ends}").status for ends in ("leaves", "blows up")] == ["left the bounds", "blew up"]


@pytest.mark.parametrize("name", ["a film, adaptive", "a heavy ball", "marbles, some of them leave", "a moving wire"])
def test_the_generator_resumes_from_any_of_its_steps(name: str) -> None:
    flow, x0, options = RUNS[name]()
    options = {k: v for k, v in options.items() if k not in ("record", "t_eval")}
    seen = list(gf.steps(flow, x0, **options))
    for k in range(0, len(seen), 5):
        flow, x0, _ = RUNS[name]()
        again = list(gf.steps(flow, x0, **options, resume=seen[k]))
        assert [(s.t, s.energy, s.tau, s.row, s.x.tobytes()) for s in again] == [
            (s.t, s.energy, s.tau, s.row, s.x.tobytes()) for s in seen[k:]
        ]


def test_a_run_that_reached_its_end_is_continued(tmp_path: Path) -> None:
    """A later t_end: where the steps are fixed and none was cut short, as if it had been asked for at once."""
    options = {"dt": 0.125, "method": gf.SDIRK2()}
    well = gf.GradientFlow(gf.Potential("(x**2 - 1)**2/4 + y**2/2"), gf.Euclidean())
    gf.evolve(well, [0.3, 0.4], 1.0, **options, checkpoint=tmp_path / "a")
    assert told(gf.evolve(well, [0.3, 0.4], 3.0, **options, resume=tmp_path / "a")) == told(
        gf.evolve(well, [0.3, 0.4], 3.0, **options)
    )
    adaptive = gf.evolve(well, [0.3, 0.4], 1.0, checkpoint=tmp_path / "b", rtol=1e-6)
    on = gf.evolve(well, [0.3, 0.4], 3.0, resume=tmp_path / "b", rtol=1e-6)
    assert on.t[len(adaptive.t) - 1] == 1.0 and on.t[-1] == 3.0
    np.testing.assert_allclose(on.x, gf.evolve(well, [0.3, 0.4], 3.0, rtol=1e-6).x, rtol=1e-5)


def test_more_steps_than_max_steps_allowed_before(tmp_path: Path) -> None:
    run = evolved("a heavy ball", checkpoint=tmp_path / "a", max_steps=9)
    assert run.status == "max_steps" and "after 9 steps" in run.message
    fewer = evolved("a heavy ball", resume=tmp_path / "a", max_steps=4)
    assert len(fewer.ledger) == 9 and "after 9 steps" in fewer.message


def test_a_witness_that_joins_measures_from_there(tmp_path: Path) -> None:
    flow, x0, options = RUNS["a heavy ball"]()
    gf.evolve(flow, x0, **options, checkpoint=tmp_path / "a", max_steps=5, raise_on_failure=False)
    run = gf.evolve(flow, x0, **options, resume=tmp_path / "a", record={"x": lambda t, x: x[0]})
    assert run.records["x"].t[0] == run.t[5] and run.records["x"].value[-1] == run.x[0]


def test_nothing_of_a_step_is_lost_in_a_file(tmp_path: Path) -> None:
    """Every field of what the loop goes on from, with its type; also infinities, minus zero and the smallest number."""
    flow, x0, options = RUNS["a heavy ball"]()
    found = list(gf.steps(flow, x0, **options))[7]
    odd = replace(found, tau=np.inf, control=-0.0, ceiling=5e-324, fault="a „fault”", resting=True, x=np.array([-0.0, 1e-310]))
    kinds = tuple(np.arange(6).reshape(2, 3).astype(k) for k in ("c16", "f4", ">f8", "?", "u1", "i2", "f2"))
    for step in (found, odd, replace(found, row=None, memory=()), replace(found, memory=kinds)):
        rows = np.array([step.row or []], dtype=np.float64).reshape(-1, len(Row._fields))
        saved = checkpoints.Saved({"a": "b"}, 0.1, step, 1.5, rows, ((0.5, step.x),), {}, {}, 2.5)
        checkpoints.write(tmp_path / "a", saved)
        again = checkpoints.read(tmp_path / "a")
        for one, two in ((saved, again), (step, again.now)):
            for f in fields(one):
                assert _bits(getattr(one, f.name)) == _bits(getattr(two, f.name)) or f.name == "now", f.name


def _bits(thing: object) -> object:
    if isinstance(thing, np.ndarray):
        return thing.dtype, thing.shape, thing.tobytes()
    if isinstance(thing, tuple):
        return type(thing), [_bits(part) for part in thing]
    return type(thing), repr(thing)


class Watcher:
    """Remembers the steps that it was shown."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def __call__(self, now: object) -> None:
        self.seen.append(now.t)

    def saved(self) -> dict[str, np.ndarray]:
        return {"seen": np.array(self.seen)}

    def restore(self, saved: dict[str, np.ndarray]) -> None:
        self.seen = saved["seen"].tolist()


def test_a_watcher_remembers(tmp_path: Path) -> None:
    first, second, third = Watcher(), Watcher(), Watcher()
    whole = evolved("a heavy ball", progress=first)
    evolved("a heavy ball", progress=second, checkpoint=tmp_path / "a", max_steps=5)
    assert second.seen == first.seen[:6]
    evolved("a heavy ball", progress=third, resume=tmp_path / "a")
    assert third.seen == first.seen == whole.t.tolist()


@pytest.mark.parametrize("where", ["a step", "a watcher", "a witness"])
def test_an_interruption_at_any_moment_leaves_whole_steps(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a step is taken, shown, or measured: what is kept is all of some steps, and the checkpoint is of the last."""
    whole = told(evolved("a film, adaptive"))
    patch = {"a step": (gf.GraphArea, "differential"), "a witness": (gf.AreaMonitor, "__call__")}
    for moment in {"a step": (6, 20, 40), "a watcher": (1, 4, 12), "a witness": (1, 2, 5)}[where]:
        path, calls = tmp_path / f"{moment}", iter(range(10**6))

        def broken(f: Callable, calls: Iterator[int] = calls, moment: int = moment) -> Callable:
            def g(*given: object) -> object:
                if next(calls) == moment:
                    raise KeyboardInterrupt
                return f(*given)

            return g

        with monkeypatch.context() as patched:
            if where in patch:
                kind, name = patch[where]
                patched.setattr(kind, name, broken(getattr(kind, name)))
            more = {"progress": broken(lambda now: None)} if where == "a watcher" else {}
            run = evolved("a film, adaptive", checkpoint=path, **more)
        assert run.status == "interrupted" and f"resume {path} to go on" in run.message
        assert len(run.t) == len(run.energy) == len(run.ledger) + 1 and run.energy[-1] == RUNS["a film, adaptive"]()[
            0
        ].energy.value(run.x)
        assert told(evolved("a film, adaptive", resume=path)) == whole
