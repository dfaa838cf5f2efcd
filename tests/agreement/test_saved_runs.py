"""A trajectory and its file: every field comes back to the last bit, and a damaged file is refused by name or says the same."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geoflow as gf
from geoflow.ledger import Row

BOWL = gf.GradientFlow(gf.Potential("x**2 + 25*y**2"), gf.Euclidean())


def film_run():
    film = gf.soap_film(gf.Wire.named("tent"), 9)
    return gf.evolve(film.flow, film.start, 0.02, method=gf.ImplicitEuler(), record=film.records, t_eval=[0.0, 0.01, 0.02])


def marbles():
    flow = gf.GradientFlow(gf.Marbles(gf.Potential("x**2 + y**4")), gf.Euclidean())
    return gf.evolve(flow, np.arange(6.0).reshape(3, 2), 0.1, record={"größe/1": lambda t, x: x.sum(), "": lambda t, x: t})


RUNS = {
    "film": film_run,
    "relaxed": lambda: (lambda f: gf.relax(f.flow, f.start, record=f.records))(gf.soap_film(gf.Wire.named("scherk"), 9)),
    "marbles": marbles,
    "failed": lambda: gf.evolve(BOWL, [1.0, 0.4], 2.0, max_steps=3, raise_on_failure=False),
    "no step": lambda: gf.evolve(BOWL, [0.0, 0.0], 1.0),
}


def same(a, b):
    """Whether two values are of one type and have the same bits."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    if isinstance(a, (gf.Ledger, gf.Record, gf.Trajectory)):
        return type(a) is type(b) and all(same(getattr(a, part.name), getattr(b, part.name)) for part in fields(a))
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("name", RUNS)
def test_every_field_comes_back(name, tmp_path):
    run = RUNS[name]()
    run.save(tmp_path / "run.npz")
    back = gf.Trajectory.load(tmp_path / "run.npz")
    assert same(run, back)
    assert back.largest_increase == run.largest_increase
    assert not same(replace(run, message=run.message + " "), back)
    assert not same(replace(run, x=np.nextafter(run.x, np.inf)), back)
    with np.load(tmp_path / "run.npz", allow_pickle=False) as arrays:
        assert np.array_equal(arrays["ledger.tau"], run.ledger.tau) and np.array_equal(arrays["x"], run.x)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    run = RUNS["film"]()
    path = tmp_path_factory.mktemp("saved") / "run.npz"
    run.save(path)
    return run, path.read_bytes()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_by_name_or_says_the_same(saved, tmp_path_factory, data):
    run, whole = saved
    at = data.draw(st.integers(0, len(whole) - 1))
    kind = data.draw(st.sampled_from(["cut", "flipped", "zeroed"]))
    bit = data.draw(st.integers(0, 7))
    damaged = {"cut": whole[:at], "flipped": whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]}
    damaged["zeroed"] = whole[:at] + bytes(len(whole[at : at + 64])) + whole[at + 64 :]
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(damaged[kind])
    try:
        back = gf.Trajectory.load(path)
    except gf.BadInput as refusal:
        assert "damaged.npz" in str(refusal) and "\n" not in str(refusal)
    else:
        assert kind != "cut" and same(run, back)  # a date in the archive, or bytes that were zero


def write(path, run, **changes):
    """The file of a run with arrays changed, or left out where they are None."""
    run.save(path)
    with np.load(path) as found:
        arrays = {**found, **changes}
    np.savez(path, allow_pickle=True, **{name: array for name, array in arrays.items() if array is not None})


REFUSED = {
    "another kind": ({"kind": np.array("geoflow.Checkpoint")}, "no trajectory"),
    "no kind": ({"kind": None}, "no trajectory"),
    "a later version": ({"version": np.array(3)}, "version 3"),
    "no energies": ({"energy": None}, "not whole"),
    "a short ledger": ({"ledger.tau": np.zeros(1)}, "not whole"),
    "a short record": ({"record.0.t": np.zeros(1)}, "not whole"),
    "a pickle": ({"x": np.array([{}])}, "not a whole .npz"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_trajectory_is_refused_by_name(name, saved, tmp_path):
    changes, why = REFUSED[name]
    write(tmp_path / "other.npz", saved[0], **changes)
    with pytest.raises(gf.BadInput, match=r"other\.npz") as refusal:
        gf.Trajectory.load(tmp_path / "other.npz")
    assert why in str(refusal.value)


def test_files_that_are_none(saved, tmp_path):
    (tmp_path / "text.npz").write_text("t, x")
    for path in (tmp_path / "missing.npz", tmp_path, tmp_path / "text.npz"):
        with pytest.raises(gf.BadInput):
            gf.Trajectory.load(path)
    with pytest.raises(gf.BadInput, match=r"\.npz"):
        saved[0].save(tmp_path / "run.csv")
    with pytest.raises(gf.GeoflowError):
        saved[0].save(tmp_path / "nowhere" / "run.npz")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["text.npz"]


def test_the_ledger_is_a_table(saved):
    run = saved[0]
    columns = run.ledger.columns()
    assert {len(column) for column in columns.values()} == {len(run.ledger)} == {len(run.t) - 1}
    table = np.rec.fromarrays(list(columns.values()), names=list(columns))
    assert table.t[-1] == run.t[-1] and list(columns) == list(Row._fields)
