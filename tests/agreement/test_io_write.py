"""Files that are written read back to the same bits, and are old-whole or new-whole."""

import csv
import errno
import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from geoflow.errors import BadInput, GeoflowError
from geoflow.io.atomic import atomic_path
from geoflow.io.tables import plain, write_csv, write_json
from geoflow.io.vtk import write_pvd, write_vtp

RNG = np.random.default_rng(11)
X = np.sort(RNG.standard_normal(7))
Y = np.sort(RNG.standard_normal(5)) * 1e-3
U = RNG.standard_normal((5, 7)) * 1e5


def read(path):
    pv = pytest.importorskip("pyvista")
    return pv.read(path)


def signed_areas(mesh):
    a, b, c = (mesh.points[mesh.regular_faces[:, k], :2] for k in range(3))
    p, q = b - a, c - a
    return (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]) / 2


def check_surface(mesh, area):
    assert mesh.points.dtype == np.float64
    assert mesh.is_all_triangles
    assert (signed_areas(mesh) > 0).all()
    np.testing.assert_allclose(signed_areas(mesh).sum(), area, rtol=1e-12)
    assert np.unique(mesh.regular_faces).size == mesh.n_points


@pytest.mark.parametrize("full", [False, True])
def test_vtp_reads_back_bit_for_bit(full, tmp_path):
    x, y = np.meshgrid(X, Y)
    speed, normal = RNG.standard_normal((5, 7)), RNG.standard_normal((5, 7, 3))
    nodes = (x, y) if full else (X, Y)
    write_vtp(tmp_path / "film.vtp", *nodes, U, {"speed": speed, "normal": normal})
    mesh = read(tmp_path / "film.vtp")
    np.testing.assert_array_equal(mesh.points, np.column_stack([x.ravel(), y.ravel(), U.ravel()]))
    np.testing.assert_array_equal(mesh.point_data["height"], U.ravel())
    np.testing.assert_array_equal(mesh.point_data["speed"], speed.ravel())
    np.testing.assert_array_equal(mesh.point_data["normal"], normal.reshape(-1, 3))
    assert mesh.n_cells == 2 * 4 * 6
    check_surface(mesh, (X[-1] - X[0]) * (Y[-1] - Y[0]))
    assert os.listdir(tmp_path) == ["film.vtp"]  # noqa: PTH208


@pytest.mark.parametrize("flip_x", [1, -1])
@pytest.mark.parametrize("flip_y", [1, -1])
def test_triangles_are_counter_clockwise_whichever_way_the_axes_run(flip_x, flip_y, tmp_path):
    write_vtp(tmp_path / "film.vtp", X[::flip_x], Y[::flip_y], U)
    check_surface(read(tmp_path / "film.vtp"), (X[-1] - X[0]) * (Y[-1] - Y[0]))


def test_nodes_outside_the_film_are_left_out(tmp_path):
    u = U.copy()
    u[0, 0] = u[4, 6] = u[2, 3] = np.nan
    u[:, :2] = np.nan
    write_vtp(tmp_path / "film.vtp", np.arange(7), np.arange(5), u, {"row": np.repeat(np.arange(5), 7).reshape(5, 7)})
    mesh = read(tmp_path / "film.vtp")
    check_surface(mesh, 16 - 3 - 1)  # six triangles meet at (2, 3), two at the corner (4, 6)
    np.testing.assert_array_equal(mesh.points[:, 1], mesh.point_data["row"])
    assert np.isin(mesh.points[:, 2], u).all()


BAD_FILMS = [  # x, y, u, data, what the line must name
    (X, Y, U[0], {}, "u = shape (7,)"),
    (X, Y, U[:1], {}, "u = shape (1, 7)"),
    (Y, X, U, {}, "x = shape (5,)"),
    (X, Y[1:], U, {}, "y = shape (4,)"),
    (X, Y, U * 1j, {}, "u = complex128"),
    (X, Y, np.full((5, 7), "a"), {}, "u = <U1"),
    (X, Y, U * np.inf, {}, "u = infinity"),
    (X, Y, U * np.nan, {}, "nothing to write"),
    (X * np.nan, Y, U, {}, "x = NaN or infinity"),
    (X, Y, U, {"speed": X}, "point_data speed = shape (7,)"),
    (X, Y, U, {"height": U}, "point_data height"),
]


@pytest.mark.parametrize(("x", "y", "u", "data", "named"), BAD_FILMS, ids=[row[-1] for row in BAD_FILMS])
def test_bad_films_are_refused_and_nothing_is_written(x, y, u, data, named, tmp_path):
    with pytest.raises(BadInput) as caught:
        write_vtp(tmp_path / "film.vtp", x, y, u, data)
    assert named in str(caught.value) and "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_pvd_lists_times_and_files(tmp_path):
    entries = [(0.0, "a.vtp"), (np.float64(0.1), Path("film") / "b.vtp"), (1 / 3, 'odd & "<c>.vtp')]
    write_pvd(tmp_path / "film.pvd", entries)
    root = ET.parse(tmp_path / "film.pvd").getroot()
    assert root.attrib["type"] == "Collection"
    found = [(float(s.attrib["timestep"]), s.attrib["file"]) for s in root.iter("DataSet")]
    assert found == [(0.0, "a.vtp"), (0.1, "film/b.vtp"), (1 / 3, 'odd & "<c>.vtp')]
    with pytest.raises(BadInput, match="time = nan"):
        write_pvd(tmp_path / "film.pvd", [(np.nan, "a.vtp")])


def test_paraview_collection_opens(tmp_path):
    pv = pytest.importorskip("pyvista")
    for name, shift in (("a.vtp", 0), ("b.vtp", 1)):
        write_vtp(tmp_path / name, X, Y, U + shift)
    write_pvd(tmp_path / "film.pvd", [(0.25, "a.vtp"), (0.5, "b.vtp")])
    reader = pv.get_reader(tmp_path / "film.pvd")
    assert list(reader.time_values) == [0.25, 0.5]
    reader.set_active_time_value(0.5)
    np.testing.assert_array_equal(reader.read()[0].points[:, 2], (U + 1).ravel())


def test_csv_reads_back_bit_for_bit(tmp_path):
    values = RNG.standard_normal(40) * 10.0 ** np.arange(-200, 200, 10)
    columns = {
        "t": values,
        "single": RNG.standard_normal(40).astype(np.float32),
        "step": np.arange(40),
        "ok": values > 0,
    }
    write_csv(tmp_path / "ledger.csv", {**columns, "why, so": ['a "b", c'] * 40})
    with (tmp_path / "ledger.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    np.testing.assert_array_equal([float(row["t"]) for row in rows], values)
    np.testing.assert_array_equal([float(row["single"]) for row in rows], columns["single"].astype(float))
    assert [int(row["step"]) for row in rows] == list(range(40))
    assert [row["ok"] == "True" for row in rows] == list(values > 0)
    assert rows[0]["why, so"] == 'a "b", c'
    assert b"\r" not in (tmp_path / "ledger.csv").read_bytes()


def test_csv_keeps_what_is_not_finite(tmp_path):
    write_csv(tmp_path / "a.csv", {"a": [np.nan, np.inf, -np.inf, -0.0, 5e-324]})
    assert (tmp_path / "a.csv").read_text() == "a\nnan\ninf\n-inf\n-0.0\n5e-324\n"


@pytest.mark.parametrize(
    "columns", [{"a": [1, 2], "b": [1]}, {"a": 1.0}, {"a": np.ones((2, 2))}, {"a": [1j]}, {"a": [None]}], ids=str
)
def test_bad_columns_are_refused_and_nothing_is_written(columns, tmp_path):
    with pytest.raises(BadInput, match=r"column.* = .*column"):
        write_csv(tmp_path / "a.csv", columns)
    assert list(tmp_path.iterdir()) == []


def test_json_reads_back(tmp_path):
    values = RNG.standard_normal(20) * 10.0 ** np.arange(-100, 100, 10)
    obj = {"x": values, "n": np.int64(3), "ok": np.bool_(True), "area": np.float64(0.1), "status": "τ → 0", 1: None}
    obj |= {"bad": [np.nan, np.inf, np.float32(0.1), float("-inf")], "file": Path("a") / "b", "grid": np.eye(2)}
    write_json(tmp_path / "summary.json", obj)
    found = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert found["x"] == values.tolist()
    assert (found["n"], found["ok"], found["area"], found["status"], found["1"]) == (3, True, 0.1, "τ → 0", None)
    assert found["bad"] == [None, None, float(np.float32(0.1)), None]
    assert Path(found["file"]) == Path("a") / "b" and found["grid"] == [[1, 0], [0, 1]]


@pytest.mark.parametrize("obj", [1j, object(), {"a": [1j]}, np.array([1j]), b"a", {1, 2}], ids=lambda v: type(v).__name__)
def test_what_json_lacks_is_refused_before_anything_is_written(obj, tmp_path):
    with pytest.raises(BadInput, match="json = "):
        write_json(tmp_path / "a.json", obj)
    assert list(tmp_path.iterdir()) == []


def test_plain_leaves_its_argument_alone():
    obj = {"a": [np.nan]}
    assert plain(obj) == {"a": [None]} and np.isnan(obj["a"][0])


WRITERS = {
    "csv": lambda path: write_csv(path, {"a": [1.0]}),
    "json": lambda path: write_json(path, {"a": 1.0}),
    "vtp": lambda path: write_vtp(path, X, Y, U),
    "pvd": lambda path: write_pvd(path, [(0.0, "a.vtp")]),
}
EVERY = pytest.mark.parametrize("kind", WRITERS)


def check_refused(write, path, reason):
    with pytest.raises(GeoflowError) as caught:
        write(path)
    message = str(caught.value)
    assert message.startswith("cannot write ") and reason in message and len(message.splitlines()) == 1


@EVERY
def test_old_file_survives_a_full_disk(kind, tmp_path, monkeypatch):
    path = tmp_path / f"out.{kind}"
    path.write_text("old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    check_refused(WRITERS[kind], path, "No space left on device")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    monkeypatch.undo()
    WRITERS[kind](path)
    assert path.read_text() != "old" and list(tmp_path.iterdir()) == [path]


@EVERY
def test_a_write_that_is_cut_off_is_noticed(kind, tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / f"out.{kind}"
    path.write_text("old")
    WRITERS[kind](tmp_path / "first")  # imports may write caches, which the limit below would cut too
    (tmp_path / "first").unlink()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, hard))
    try:
        check_refused(WRITERS[kind], path, "File too large")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@EVERY
def test_impossible_targets_are_one_line(kind, tmp_path):
    (tmp_path / "file").touch()
    for path, reason in (
        (tmp_path, "it is a folder"),
        (tmp_path / "absent" / "a", "No such file or directory"),
        (tmp_path / "file" / "a", "Not a directory"),
        (tmp_path / "nul\0", "null"),
        (tmp_path / "absent" / "new\nline", "No such file"),
    ):
        check_refused(WRITERS[kind], path, reason)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@EVERY
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe")
def test_a_device_or_pipe_is_not_replaced(kind, tmp_path):
    # A pipe of our own, never /dev/null: run as root, a broken guard would replace the real one for everybody.
    os.mkfifo(tmp_path / "pipe")
    check_refused(WRITERS[kind], tmp_path / "pipe", "device or pipe")
    assert (tmp_path / "pipe").is_fifo() and len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
@EVERY
def test_read_only_folder_and_file(kind, tmp_path):
    path = tmp_path / "old"
    path.write_text("old")
    path.chmod(0o444)
    check_refused(WRITERS[kind], path, "read-only")
    tmp_path.chmod(0o555)
    try:
        check_refused(WRITERS[kind], tmp_path / "new", "Permission denied")
    finally:
        tmp_path.chmod(0o755)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_body_that_raises_leaves_the_old_file_and_no_temporary(error, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), atomic_path(path) as temporary:
        assert temporary.parent == tmp_path and temporary.suffix == ".txt"
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="modes and links as POSIX has them")
def test_modes_and_links(tmp_path):
    path, link = tmp_path / "a.json", tmp_path / "link.json"
    write_json(path, 1)
    plain_file = tmp_path / "b"
    plain_file.touch()
    assert path.stat().st_mode == plain_file.stat().st_mode
    path.chmod(0o640)
    link.symlink_to(path)
    write_json(link, 2)
    assert link.is_symlink() and path.read_text() == "2\n" and path.stat().st_mode & 0o777 == 0o640
