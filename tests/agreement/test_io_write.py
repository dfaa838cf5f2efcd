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
from geoflow.io.surfaces import write_obj, write_ply, write_stl
from geoflow.io.tables import plain, write_csv, write_json
from geoflow.io.vtk import write_curves, write_pvd, write_vtp

RNG = np.random.default_rng(11)
POINTS = RNG.standard_normal((9, 3)) * 10.0 ** np.array([0, -3, 5])
TRIANGLES = np.array([[0, 1, 2], [2, 1, 3], [4, 5, 6], [6, 8, 7]])
CURVES = [POINTS[[0, 1, 2, 0]], RNG.standard_normal((2, 3))]


def read(path):
    pv = pytest.importorskip("pyvista")
    return pv.read(path)


def test_vtp_reads_back_bit_for_bit(tmp_path):
    speed, normal = RNG.standard_normal(9), RNG.standard_normal((9, 3))
    speed[2] = np.nan
    write_vtp(tmp_path / "film.vtp", POINTS, TRIANGLES, {"speed": speed, "normal": normal, "count": np.arange(9)})
    mesh = read(tmp_path / "film.vtp")
    assert mesh.points.dtype == np.float64
    np.testing.assert_array_equal(mesh.points, POINTS)
    np.testing.assert_array_equal(mesh.regular_faces, TRIANGLES)
    np.testing.assert_array_equal(mesh.point_data["speed"], speed)
    np.testing.assert_array_equal(mesh.point_data["normal"], normal)
    np.testing.assert_array_equal(mesh.point_data["count"], np.arange(9.0))
    assert mesh.active_scalars_name == "speed"
    assert os.listdir(tmp_path) == ["film.vtp"]  # noqa: PTH208


def test_curves_read_back_bit_for_bit(tmp_path):
    write_curves(tmp_path / "wire.vtp", CURVES)
    mesh = read(tmp_path / "wire.vtp")
    np.testing.assert_array_equal(mesh.points, np.concatenate(CURVES))
    np.testing.assert_array_equal(mesh.lines, [4, 0, 1, 2, 3, 2, 4, 5])
    assert mesh.n_cells == 2


def test_obj_has_two_objects(tmp_path):
    write_obj(tmp_path / "film.obj", POINTS, TRIANGLES, CURVES)
    words = [line.split() for line in (tmp_path / "film.obj").read_text().splitlines() if line[0] != "#"]
    assert [line[1] for line in words if line[0] == "o"] == ["film", "wire"]
    vertices = np.array([line[1:] for line in words if line[0] == "v"], dtype=float)
    np.testing.assert_array_equal(vertices, np.concatenate([POINTS, CURVES[0][:-1], CURVES[1]]))
    np.testing.assert_array_equal([[int(w) for w in line[1:]] for line in words if line[0] == "f"], TRIANGLES + 1)
    edges = np.array([[int(w) for w in line[1:]] for line in words if line[0] == "l"])
    np.testing.assert_array_equal(edges, [[10, 11], [11, 12], [12, 10], [13, 14]])  # the first closes, the second does not
    film, wire = words.index(["o", "film"]), words.index(["o", "wire"])
    assert {line[0] for line in words[film + 1 : wire]} == {"v", "f"} and {line[0] for line in words[wire + 1 :]} == {"v", "l"}


BAD_FILMS = [  # points, triangles, data, what the line must name
    (POINTS[:, :2], TRIANGLES, {}, "points = shape (9, 2)"),
    (POINTS[0], TRIANGLES, {}, "points = shape (3,)"),
    (POINTS * 1j, TRIANGLES, {}, "points = complex128"),
    (np.full((9, 3), "a"), TRIANGLES, {}, "points = <U1"),
    (POINTS * np.inf, TRIANGLES, {}, "points = NaN or infinity"),
    (POINTS, TRIANGLES[:, :2], {}, "triangles = int64 (4, 2)"),
    (POINTS, TRIANGLES[:0], {}, "triangles = int64 (0, 3)"),
    (POINTS, TRIANGLES * 1.0, {}, "triangles = float64"),
    (POINTS, TRIANGLES + 1, {}, "triangles = point 9"),
    (POINTS, TRIANGLES - 1, {}, "triangles = point -1"),
    (POINTS, TRIANGLES, {"speed": POINTS[1:, 0]}, "point_data speed = shape (8,)"),
    (POINTS, TRIANGLES, {"speed": 1j * POINTS}, "point_data speed = complex128"),
]


@pytest.mark.parametrize(("points", "triangles", "data", "named"), BAD_FILMS, ids=[row[-1] for row in BAD_FILMS])
def test_bad_films_are_refused_and_nothing_is_written(points, triangles, data, named, tmp_path):
    with pytest.raises(BadInput) as caught:
        write_vtp(tmp_path / "film.vtp", points, triangles, data)
    assert named in str(caught.value) and "\n" not in str(caught.value)
    for write in (write_obj, write_ply, write_stl) if not data else ():
        with pytest.raises(BadInput):
            write(tmp_path / "film", points, triangles)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("curves", [[], [POINTS[:1]], [POINTS[:, :2]], [POINTS * np.nan]], ids=["none", "point", "flat", "NaN"])
def test_bad_curves_are_refused_and_nothing_is_written(curves, tmp_path):
    with pytest.raises(BadInput, match=r"curves? = "):
        write_curves(tmp_path / "wire.vtp", curves)
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
        write_vtp(tmp_path / name, POINTS + shift, TRIANGLES)
    write_pvd(tmp_path / "film.pvd", [(0.25, "a.vtp"), (0.5, "b.vtp")])
    reader = pv.get_reader(tmp_path / "film.pvd")
    assert list(reader.time_values) == [0.25, 0.5]
    reader.set_active_time_value(0.5)
    np.testing.assert_array_equal(reader.read()[0].points, POINTS + 1)


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
    "vtp": lambda path: write_vtp(path, POINTS, TRIANGLES),
    "obj": lambda path: write_obj(path, POINTS, TRIANGLES),
    "ply": lambda path: write_ply(path, POINTS, TRIANGLES),
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
    assert path.read_bytes() != b"old" and list(tmp_path.iterdir()) == [path]


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
