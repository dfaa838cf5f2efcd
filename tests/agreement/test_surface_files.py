"""Surfaces written by `save_film` and ``-o``, read back by strangers' readers: geometry, orientation, the wire, no loose ends."""

import csv
import json

import numpy as np
import pytest
import pyvista as pv

import geoflow as gf
from geoflow.cli.main import main
from geoflow.io.edges import read_mesh_loops
from geoflow.io.ply import read_ply

FILM = gf.soap_film(gf.Wire.formula("(x**3 - 3*x*y**2)/7 + 0.3", (-0.5, 1.0, 0.1, 0.8)), n=13)
REST = gf.relax(FILM.flow, FILM.start).x
X, Y = (a.ravel() for a in np.meshgrid(FILM.grid.x, FILM.grid.y))
NODES = np.stack([X, Y, REST.ravel()], axis=1)
EDGE = FILM.grid.boundary.ravel()


@pytest.mark.parametrize("suffix", [".vtp", ".obj", ".ply", ".stl"])
def test_a_surface_read_back_is_the_film(suffix, tmp_path):
    path = tmp_path / f"film{suffix}"
    gf.save_film(path, FILM, REST)
    mesh = pv.read(path)
    exact = 1e-6 if suffix != ".vtp" else 0.0  # STL and the readers of OBJ and PLY know float32 alone
    points, triangles = np.asarray(mesh.points, dtype=np.float64), mesh.faces.reshape(-1, 4)[:, 1:]
    assert len(triangles) == 2 * (FILM.grid.shape[0] - 1) * (FILM.grid.shape[1] - 1)
    assert set(np.unique(triangles)) == set(range(len(points)))  # no vertex is unused
    gap = np.linalg.norm(points[:, None, :] - NODES[None, :, :], axis=2)
    assert len(points) == len(NODES)
    assert np.max(np.min(gap, axis=0)) <= exact
    a, b, c = (points[triangles[:, k]] for k in range(3))
    assert np.all(np.cross(b - a, c - a)[:, 2] > 0.0)  # counter-clockwise from above, Z up
    area = 0.5 * np.sum(np.linalg.norm(np.cross(b - a, c - a), axis=1))
    assert area == pytest.approx(FILM.flow.energy.value(REST), rel=2e-3)
    pairs = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    directed = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    assert len(np.unique(directed, axis=0)) == len(directed)  # no edge twice the same way: one orientation
    assert np.unique(pairs, axis=0, return_counts=True)[1].max() == 2


@pytest.mark.parametrize("suffix", [".vtp", ".obj", ".ply"])
def test_the_wire_of_a_written_surface_is_the_wire(suffix, tmp_path):
    path = tmp_path / f"film{suffix}"
    gf.save_film(path, FILM, REST)
    (loop,), _ = read_mesh_loops(path)
    assert len(loop) == np.sum(EDGE)
    heights = FILM.wire.height(loop[:, 0], loop[:, 1])
    assert np.max(np.abs(loop[:, 2] - heights)) <= 1e-12
    again = gf.Wire.read(path)
    assert again.bounds == FILM.wire.bounds
    assert np.max(np.abs(again.on(FILM.grid) - FILM.wire.on(FILM.grid))) <= 1e-12


def test_text_and_binary_keep_every_bit(tmp_path):
    gf.save_film(tmp_path / "a.obj", FILM, REST)
    gf.save_film(tmp_path / "a.csv", FILM, REST)
    gf.save_film(tmp_path / "a.ply", FILM, REST)
    vertices = [line.split()[1:] for line in (tmp_path / "a.obj").read_text().splitlines() if line.startswith("v ")]
    with (tmp_path / "a.csv").open() as file:
        rows = [[row["x"], row["y"], row["z"]] for row in csv.DictReader(file)]
    points, _, faces = read_ply((tmp_path / "a.ply").read_bytes(), "a.ply")
    for found in (np.array(vertices, dtype=float), np.array(rows, dtype=float), points):
        np.testing.assert_array_equal(found, NODES)
    assert len(faces) == 2 * (FILM.grid.shape[0] - 1) * (FILM.grid.shape[1] - 1)


def test_stl_normals_are_unit_and_up(tmp_path):
    gf.save_film(tmp_path / "a.stl", FILM, REST)
    data = (tmp_path / "a.stl").read_bytes()
    count = int(np.frombuffer(data, "<u4", 1, 80)[0])
    assert len(data) == 84 + 50 * count
    normals = np.stack([np.frombuffer(data, "<f4", 3, 84 + 50 * k) for k in range(count)])
    assert np.all(normals[:, 2] > 0.0)
    assert np.linalg.norm(normals, axis=1) == pytest.approx(np.ones(count), abs=1e-6)


def test_every_suffix_of_the_command_line(tmp_path, capsys):
    names = [f"film{s}" for s in (".png", ".stl", ".pdf", ".vtp", ".pvd", ".obj", ".ply", ".csv", ".json")]
    arguments = [word for name in names for word in ("-o", str(tmp_path / name))]
    assert main(["film", "saddle", "-n", "9", "--until", "0.02", "--quiet", *arguments]) == 0
    assert {p.name for p in tmp_path.iterdir()} == {*names, "film_frames"}
    result = json.loads((tmp_path / "film.json").read_text())
    assert set(result["files"]) == {str(tmp_path / name) for name in names}
    assert result["files"][0].endswith(".json")
    assert result["files"][-1].endswith((".png", ".pdf"))  # pictures last: a failed drawing loses nothing
    assert (tmp_path / "film.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "film.pdf").read_bytes().startswith(b"%PDF")
    series = pv.read(tmp_path / "film.pvd")
    assert series is not None
    assert pv.get_reader(str(tmp_path / "film.pvd")).time_values[-1] == 0.02
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [("film.gif", ".vtp"), ("film", ".vtp"), ("nowhere/film.png", "nowhere"), ("", ".vtp"), ("folder.png", "folder")],
)
def test_outputs_are_refused_before_any_work(name, said, tmp_path, capsys):
    (tmp_path / "folder.png").mkdir()
    status = main(["film", "saddle", "-n", "9", "--out", str(tmp_path / "out"), "-o", str(tmp_path / name) if name else ""])
    line = capsys.readouterr().err
    assert status == 2
    assert said in line
    assert line.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_failed_drawing_loses_nothing(tmp_path, capsys, monkeypatch):
    def fail(*args, **options):
        raise RuntimeError("no ink")

    monkeypatch.setattr("geoflow.viz.films.draw_film", fail)
    status = main(
        ["film", "saddle", "-n", "9", "--relax", "-o", str(tmp_path / "a.png"), "-o", str(tmp_path / "a.obj"), "--quiet"]
    )
    assert status == 1
    assert "no ink" in capsys.readouterr().err
    assert (tmp_path / "a.obj").exists()
    assert not (tmp_path / "a.png").exists()


def test_save_film_refuses(tmp_path):
    with pytest.raises(gf.BadInput, match="suffix"):
        gf.save_film(tmp_path / "a.doc", FILM, REST)
    with pytest.raises(gf.BadInput, match="shape"):
        gf.save_film(tmp_path / "a.obj", FILM, REST[:-1])
    assert list(tmp_path.iterdir()) == []


def test_metric_and_method_are_named(tmp_path, capsys):
    assert main(["film", "saddle", "-n", "9", "--until", "0.02", "--metric", "mcf", "--method", "secant"]) == 0
    table = capsys.readouterr().out
    assert "mean curvature flow, Secant" in table
    assert main(["film", "saddle", "-n", "9", "--until", "0.02", "--metric", "mcf", "--method", "lagged", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["metric"], result["method"]) == ("mcf", "Lagged")
