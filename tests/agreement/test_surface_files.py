"""Surfaces written by `save_film` and ``-o``, read back by strangers' readers: geometry, orientation, the wire, no loose ends."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import pyvista as pv

import geoflow as gf
from geoflow.cli.film_outputs import STANDARD
from geoflow.cli.main import main
from geoflow.fields import fields
from geoflow.io.edges import read_mesh_loops, read_obj
from geoflow.io.ply import read_ply


def rested(wire, n):
    film = gf.soap_film(wire, n=n)
    return film, gf.relax(film.flow, film.start).x


ANGLE = np.linspace(0.0, 2.0 * np.pi, 90, endpoint=False)
HORSE = np.stack([(1.0 + 0.3 * np.cos(5.0 * ANGLE)) * f(ANGLE) for f in (np.cos, np.sin)] + [0.2 * np.sin(3.0 * ANGLE)], axis=1)
RINGS = [
    s * np.stack([np.cos(ANGLE), np.sin(ANGLE), 0.3 / s + 0.0 * ANGLE], axis=1) + [c, 0.1, 0.0]
    for s, c in ((2, 0), (1, 0), (0.8, 3.4))
]
FILMS = {
    "rectangle": rested(gf.Wire.formula("(x**3 - 3*x*y**2)/7 + 0.3", (-0.5, 1.0, 0.1, 0.8)), 13),
    "disc": rested(gf.Wire.outline("disc", "0.4*sin(3*atan2(y, x))"), 17),
    "flower": rested(gf.Wire.outline(HORSE), 33),
    "ring and disc": rested(gf.Wire.outline(RINGS), 65),
}
FILM, REST = FILMS["rectangle"]
EVERY = pytest.mark.parametrize("which", FILMS)


@EVERY
@pytest.mark.parametrize("suffix", [".vtp", ".obj", ".ply", ".stl"])
@pytest.mark.filterwarnings("ignore:PolyData mesh is not valid")  # VTK's reader of OBJ miscounts the groups of lines
def test_a_surface_read_back_is_the_film(suffix, which, tmp_path):
    film, rest = FILMS[which]
    surface = film.surface(rest)
    path = tmp_path / f"film{suffix}"
    gf.save_film(path, film, rest)
    mesh = pv.read(path)
    points, faces = np.asarray(mesh.points, dtype=np.float64), mesh.regular_faces
    exact = 1e-6 if suffix != ".vtp" else 0.0  # STL and the readers of OBJ and PLY know float32 alone
    corners, wanted = points[faces], surface.points[surface.triangles]
    assert corners.shape == wanted.shape and np.max(np.abs(corners - wanted)) <= exact
    assert len(np.unique(faces)) == len(surface.points)
    if suffix != ".obj":  # which has the wire as well
        assert len(points) == len(surface.points)
    a, b, c = (corners[:, k] for k in range(3))
    assert np.all(np.cross(b - a, c - a)[:, 2] > 0.0)  # counter-clockwise from above, Z up


@EVERY
def test_text_and_binary_keep_every_bit(which, tmp_path):
    film, rest = FILMS[which]
    surface = film.surface(rest)
    for name in ("a.obj", "a.csv", "a.ply", "a.vtp"):
        gf.save_film(tmp_path / name, film, rest)
    with (tmp_path / "a.csv").open() as file:
        rows = [[row["x"], row["y"], row["z"]] for row in csv.DictReader(file)]
    from_ply, _, faces = read_ply((tmp_path / "a.ply").read_bytes(), "a.ply")
    from_obj, _, f = read_obj((tmp_path / "a.obj").read_bytes(), "a.obj")
    for found in (np.array(rows, dtype=float), from_ply, from_obj[: len(surface.points)], pv.read(tmp_path / "a.vtp").points):
        np.testing.assert_array_equal(found, surface.points)
    np.testing.assert_array_equal(faces, surface.triangles)
    np.testing.assert_array_equal(f, surface.triangles)


@EVERY
@pytest.mark.parametrize("name", ["film.vtp", "film.obj", "film.ply"])
def test_the_wire_of_a_written_surface_is_the_wire(name, which, tmp_path):
    film, rest = FILMS[which]
    gf.save_film(tmp_path / name, film, rest)
    loops, _ = read_mesh_loops(tmp_path / name)
    assert len(loops) == len(film.surface(rest).wires)
    again = gf.Wire.read(tmp_path / name)
    if which == "rectangle":
        assert again.bounds == film.wire.bounds
        assert np.max(np.abs(again.on(film.grid) - film.wire.on(film.grid))) <= 1e-12
    elif name == "film.obj":  # whose second object is the wire itself
        assert set(map(tuple, again.shadow.points)) == set(map(tuple, film.wire.shadow.points))
    else:  # the film's edge, whose corners are on the wire
        assert again.shadow.area == pytest.approx(film.wire.shadow.area, rel=0.02)


@EVERY
def test_vtp_carries_what_is_known(which, tmp_path):
    film, _ = FILMS[which]
    u = np.where(film.grid.boundary, film.start, film.start + 0.01 * np.cos(film.grid.points[0]))
    gf.save_film(tmp_path / "a.vtp", film, u)
    mesh = pv.read(tmp_path / "a.vtp")
    assert mesh.point_data.keys() == ["height", "change", "mean_curvature", "velocity"]
    surface, known = fields(film, u)
    for name, values in known.items():
        np.testing.assert_array_equal(mesh[name], values)
    np.testing.assert_array_equal(mesh["height"], surface.points[:, 2])
    moving = surface.on_points((~film.grid.boundary).astype(float)) > 0
    assert np.all(mesh["change"][~moving] == 0.0) and np.all(mesh["velocity"][~moving] == 0.0)
    x = surface.points[moving, 0]
    assert mesh["change"][moving] == pytest.approx(0.01 * np.cos(x), abs=1e-15)
    before = film.flow.energy.value(u)
    step = 1e-6 / np.max(np.abs(mesh["velocity"]))
    assert film.flow.energy.value(u + step * film.flow.velocity(u)) < before


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
    [("film.bmp", ".vtp"), ("film", ".vtp"), ("nowhere/film.png", "nowhere"), ("", ".vtp"), ("folder.png", "folder")],
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


def test_numbered_frames_for_blender(tmp_path):
    words = ["film", "saddle", "-n", "9", "--until", "0.05", "--dt", "0.01", "--quiet"]
    assert main([*words, "-o", str(tmp_path / "f_##.obj"), "-o", str(tmp_path / "f.pvd")]) == 0
    frames = sorted(tmp_path.glob("f_*.obj"))
    assert [p.name for p in frames] == [f"f_0{k}.obj" for k in range(1, 7)]
    series = sorted((tmp_path / "f_frames").iterdir())
    assert len(series) == len(frames)
    for text, binary in zip(frames, series, strict=True):
        points, lines, faces = read_obj(text.read_bytes(), text.name)
        mesh = pv.read(binary)
        np.testing.assert_array_equal(points[: mesh.n_points], mesh.points)
        np.testing.assert_array_equal(faces, mesh.regular_faces)  # the same at all times
        assert len(lines) == 32
    film = gf.soap_film(gf.Wire.named("saddle"), 9)
    np.testing.assert_array_equal(pv.read(series[0]).points[:, 2], film.start.ravel())


def test_a_film_on_an_outline_is_drawn_and_written(tmp_path, capsys):
    loop = np.stack([np.cos(ANGLE), np.sin(ANGLE), 0.2 * np.sin(3.0 * ANGLE)], axis=1)
    np.savetxt(tmp_path / "ring.csv", loop, delimiter=",", fmt="%.17g")
    names = [f"a{s}" for s in (".vtp", ".obj", ".ply", ".stl", ".csv", ".json", ".pvd")]
    out = [word for name in names for word in ("-o", str(tmp_path / name))]
    status = main(["film", str(tmp_path / "ring.csv"), "-n", "17", "--relax", "--json", "--out", str(tmp_path / "out"), *out])
    result = json.loads(capsys.readouterr().out)
    assert status == 0 and result["status"] == "at rest" and all(map(Path.exists, map(Path, result["files"])))
    assert {p.name for p in (tmp_path / "out").iterdir()} == {*STANDARD, "film_frames"}
    film = gf.soap_film(gf.Wire.read(tmp_path / "ring.csv"), 17)
    surface = film.surface(gf.relax(film.flow, film.start).x)
    np.testing.assert_array_equal(pv.read(tmp_path / "out" / "film.vtp").points, surface.points)
    wire = pv.read(tmp_path / "out" / "wire.vtp")
    np.testing.assert_array_equal(wire.points, np.concatenate([loop, loop[:1]]))
    assert gf.Wire.read(tmp_path / "out" / "wire.vtp").shadow.area == film.wire.shadow.area


def test_a_wire_that_moves_is_where_it_is_at_the_time(tmp_path):
    film = gf.soap_film(gf.Wire.outline("disc", "x*y + t*x"), 17)
    run = gf.evolve(film.flow, film.start, 0.25)
    surface, known = fields(film, run.x, 0.25)
    on_wire = surface.on_points(film.grid.boundary.astype(float), 1.0) > 0
    x, y, z = surface.points[on_wire].T
    assert z == pytest.approx(x * y + 0.25 * x, abs=1e-7)  # the outline is a polygon of 32768 corners
    assert known["change"][on_wire] == pytest.approx(0.25 * x, abs=1e-7)
    assert np.all(np.isnan(known["velocity"][on_wire]))
    gf.save_film(tmp_path / "a.vtp", film, run.x, t=0.25)
    np.testing.assert_array_equal(pv.read(tmp_path / "a.vtp").points, surface.points)


def test_movies_of_the_command_line(tmp_path, monkeypatch):
    seen = []

    def draw(film, run, path, title, frames_by):
        seen.append((path.name, run.t_states, run.states, title, frames_by))
        path.write_text("drawn")

    monkeypatch.setattr("geoflow.viz.films.draw_film", draw)
    words = ["film", "saddle", "-n", "9", "--quiet", "-o", str(tmp_path / "a.gif")]
    assert main([*words, "--until", "0.05", "--dt", "0.01"]) == 0
    assert main([*words, "--until", "0.05", "--dt", "0.01", "--frames-by", "area"]) == 0
    assert main(words) == 0
    assert [(s[0], s[4]) for s in seen] == [("a.gif", "time"), ("a.gif", "area"), ("a.gif", "area")]
    _, times, states, title, _ = seen[0]
    assert times == pytest.approx(np.linspace(0.0, 0.05, 6)) and states.shape == (6, 9, 9)
    assert "saddle" in title and "L² gradient flow" in title


def test_an_mp4_without_an_encoder_is_refused_before_any_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("geoflow.viz.movies.find_spec", lambda name: None)
    assert main(["film", "saddle", "-n", "9", "-o", str(tmp_path / "a.mp4"), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "extra `movie`" in said and said.count("\n") == 1 and list(tmp_path.glob("out/*")) == []
