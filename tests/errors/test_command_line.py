"""The command line: exit statuses, one-line refusals, JSON and nothing else, the standard set of files."""

import csv
import json
import time
from dataclasses import replace

import numpy as np
import pytest
from skimage.io import imsave

import geoflow as gf
from geoflow.cli.main import main, shielded

KEYS = """area_start area_end area_extrapolated area_error area_order area_note area_exact error_max monotone largest_increase
steps rejected newton_iterations linear_iterations status message unknowns n metric method t_end residual
balance_defect error_bound detached detached_length detached_area seconds files""".split()


def call(capsys, *arguments):
    try:
        status = main([str(a) for a in arguments])
    except SystemExit as stop:
        status = stop.code
    return status, *capsys.readouterr()


BAD = [
    (["film", "nosuchwire"], "nosuchwire"),
    (["film", "x^2"], "x**2"),
    (["film", "__import__('os')"], "formula"),
    (["film", "x + z"], "z"),
    (["film", "log(x)"], "log(x)"),
    (["film", "1/(x-1)"], "inf"),
    (["film", "saddle", "-n", "2"], "n = 2"),
    (["film", "saddle", "-n", "many"], "many"),
    (["film", "saddle", "-n", "1000000"], "GiB"),
    (["film", "saddle", "--until", "0"], "--until"),
    (["film", "saddle", "--until", "nan"], "--until"),
    (["film", "saddle", "--until", "-1"], "--until"),
    (["film", "saddle", "--dt", "-0.1"], "--dt"),
    (["film", "saddle", "--rtol", "inf"], "--rtol"),
    (["film", "saddle", "--method", "magic"], "magic"),
    (["film", "saddle", "--relax", "--until", "1"], "--until"),
    (["film", "saddle", "--relax", "--dt", "1"], "--relax"),
    (["film", "saddle", "--bounds", "0", "1", "0", "1"], "--bounds"),
    (["film", "x*y", "--bounds", "1", "0", "0", "1"], "bounds"),
    (["film", "x*y", "--bounds", "0", "nan", "0", "1"], "bounds"),
    (["film", "saddle", "--start", "missing.npy"], "missing.npy"),
    (["film", "saddle", "--start", "foo(x)"], "foo"),
    (["film", "saddle", "--start", "1/x"], "start"),
    (["film", "missing.csv"], "missing.csv"),
    (["film", ""], "empty"),
    (["film", "-" * 80 + "x*y"], "nested too deep"),
    (["film", "x+" * 50_000 + "x"], "100001 characters"),
    (["film", "sin(" * 100 + "x" + ")" * 100], "nested too deep"),
    (["film", "x*y", "--start", "--" * 50 + "x"], "--start"),
    (["film", "x*y", "--scale", "2"], "--scale"),
    (["film", "enneper", "--up", "y"], "--up"),
    (["film", "saddle", "--relx"], "--relx"),
    (["film", "saddle", "--beta", "1"], "--beta"),
    (["film", "saddle", "--method", "heavyball", "--beta", "0"], "--beta"),
    (["film", "saddle", "--method", "heavyball", "--metric", "mcf"], "--metric"),
    (["film"], "WIRE"),
    (["marble"], "marble"),
    ([], "film"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD, ids=[" ".join(a) or "nothing" for a, _ in BAD])
def test_bad_input_is_one_line_exit_2_and_writes_nothing(arguments, named, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = ["--out", "o"] if arguments[:1] == ["film"] and len(arguments) > 1 else []
    status, stdout, stderr = call(capsys, *arguments, *out)
    assert status == 2
    assert stdout == ""
    assert stderr.count("\n") == 1 and named in stderr and "Traceback" not in stderr
    assert list(tmp_path.iterdir()) == []


def test_bad_files(capsys, tmp_path):
    folder, junk, short = tmp_path / "folder.csv", tmp_path / "junk.csv", tmp_path / "short.txt"
    folder.mkdir()
    junk.write_bytes(bytes(range(256)))
    short.write_text("0 0 0\n1 0 0\n")
    objects = tmp_path / "objects.npy"
    np.save(objects, np.array([[{}]]), allow_pickle=True)
    for path in (folder, junk, short, objects):
        status, _, stderr = call(capsys, "film", path)
        assert status == 2 and stderr.count("\n") == 1 and path.name in stderr


def test_out_that_is_a_file_is_refused(capsys, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("mine")
    status, _, stderr = call(capsys, "film", "saddle", "-n", "9", "--out", taken)
    assert status == 2 and "--out" in stderr and taken.read_text() == "mine"


def test_json_is_one_object_with_the_promised_keys(capsys):
    status, stdout, stderr = call(capsys, "film", "enneper", "-n", "33", "--relax", "--json")
    result = json.loads(stdout)
    assert status == 0 and stderr == "" and list(result) == KEYS
    assert abs(result["area_extrapolated"] - 1.421361873019667) < 3e-7
    assert result["status"] == "at rest" and result["monotone"] is True and result["t_end"] is None
    assert 0.0 < result["error_max"] < 6e-5 and result["unknowns"] == 31 * 31 and result["n"] == 33


def test_standard_set_of_files(capsys, tmp_path):
    status, stdout, _ = call(capsys, "film", "tent", "-n", "17", "--until", "0.05", "--method", "euler", "--out", tmp_path / "o")
    assert status == 0
    written = sorted(p.name for p in (tmp_path / "o").iterdir())
    names = ["film.png", "film.pvd", "film.vtp", "film_frames", "ledger.csv", "ledger.png", "summary.json", "wire.vtp"]
    assert written == names
    result = json.loads((tmp_path / "o" / "summary.json").read_text())
    with (tmp_path / "o" / "ledger.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == result["steps"] > 3
    fall = sum(float(r["dissipated"]) + float(r["defect"]) for r in rows)
    assert abs(result["area_start"] - result["area_end"] - fall) < 1e-12
    assert result["error_bound"] > 0.0 and result["method"] == "ImplicitEuler"
    assert all(str(tmp_path / "o" / name) in stdout for name in ("film.png", "film.pvd", "ledger.csv"))
    frames = sorted((tmp_path / "o" / "film_frames").iterdir())
    assert 2 <= len(frames) <= 25
    assert (tmp_path / "o" / "film.pvd").read_text().count("<DataSet") == len(frames)


def test_formula_with_a_leading_minus(capsys):
    status, stdout, _ = call(capsys, "film", "-x*y", "-n", "9", "--relax", "--start", "-x", "--json")
    mirrored = json.loads(call(capsys, "film", "x*y", "-n", "9", "--relax", "--json")[1])
    assert status == 0 and abs(json.loads(stdout)["area_end"] - mirrored["area_end"]) < 1e-13


def test_a_start_with_a_leading_minus_in_python_and_in_the_shell(capsys):
    status, stdout, _ = call(capsys, "film", "-x**2", "-n", "9", "--until", "0.01", "--start", "-x**2 + y", "--json")
    film = gf.soap_film(gf.Wire.formula("-x**2"), 9, "-x**2 + y")
    assert status == 0 and json.loads(stdout)["area_start"] == film.flow.energy.value(film.start)


def test_a_wire_that_moves(capsys):
    status, stdout, _ = call(capsys, "film", "-t*x*y", "-n", "9", "--until", "0.1", "--json", "--error-bar")
    result = json.loads(stdout)
    assert status == 0 and result["t_end"] == 0.1 and result["error_bound"] is None and result["area_error"] > 0.0
    assert result["monotone"] is True and result["area_end"] > result["area_start"]  # it rose by the wire's work alone
    for options in ((), ("--relax",)):
        status, _, stderr = call(capsys, "film", "t*x", "-n", "9", *options)
        assert status == 2 and "--until" in stderr


def test_the_error_bar(capsys):
    status, stdout, _ = call(capsys, "film", "enneper", "-n", "65", "--relax")
    assert status == 0 and "area = 1.4213619 ± 2e-7" in stdout and "order 2.00" in stdout
    assert "widened" in call(capsys, "film", "tent", "-n", "33", "--relax")[1]
    plain, asked = (
        json.loads(call(capsys, "film", "tent", "-n", "17", "--until", "0.1", "--json", *o)[1]) for o in ((), ("--error-bar",))
    )
    assert plain["area_error"] is None and asked["area_error"] > 0.0 and asked["area_note"]


def test_no_error_bar_is_said(capsys):
    assert "no error bar" in call(capsys, "film", "enneper", "-n", "16", "--relax")[1]
    for options, said in (((), False), (("--error-bar",), True)):
        status, stdout, _ = call(capsys, "film", "enneper", "-n", "16", "--until", "0.01", "--json", *options)
        result = json.loads(stdout)
        assert status == 0 and result["area_error"] is None
        assert bool(result["area_note"]) == said


def test_shielding_leaves_options_alone():
    kept = ["film", "-n", "9", "-n9", "-1", "-.5", "--until", "--until=3", "--error-bar", "--", "-h", "-o", "a.png", "-oa.png"]
    assert shielded(kept) == kept
    assert shielded(["-x", "-sin(x)", "-nx", "-1e-3", "--(x)"]) == [" -x", " -sin(x)", " -nx", " -1e-3", " --(x)"]


def test_a_formula_longer_than_names_of_files_may_be(capsys):
    text = "+".join(f"{k}*x*y" for k in range(1, 61))
    assert len(text) > 255
    status, stdout, _ = call(capsys, "film", text, "-n", "9", "--relax", "--json")
    assert status == 0 and json.loads(stdout)["area_end"] > 4.0


def test_what_a_file_means_is_said(capsys, tmp_path):
    imsave(tmp_path / "hills.png", np.arange(81, dtype=np.uint8).reshape(9, 9), check_contrast=False)
    stl = str(tmp_path / "a.stl")
    start = ("--start", tmp_path / "hills.png", "--scale", "0.5")
    status, stdout, _ = call(capsys, "film", "1000 + x", "-n", "9", "--until", "0.1", *start, "-o", stl)
    assert status == 0 and "hills.png: grey 0 … 255 as heights 0 … 1" in stdout and "times 0.5" in stdout
    assert f"{stl}  (float32 by its format: lengths off by up to 6e-05)" in stdout


def test_polyline_and_height_field(capsys, tmp_path):
    heights = np.add.outer(np.arange(9.0), np.arange(13.0)) ** 0.5
    np.save(tmp_path / "h.npy", heights)
    status, stdout, _ = call(capsys, "film", tmp_path / "h.npy", "-n", "13", "--relax", "--json")
    assert status == 0 and json.loads(stdout)["unknowns"] == 7 * 11
    wire = tmp_path / "w.csv"
    wire.write_text("x,y,z\n0,0,0\n1,0,1\n1,1,0\n0,1,1\n0,0,0\n")
    status, stdout, _ = call(capsys, "film", wire, "-n", "9", "--relax", "--json")
    assert status == 0 and json.loads(stdout)["area_end"] > 1.0


def test_version_wires_and_doctor(capsys):
    assert call(capsys, "--version")[:2] == (0, "geoflow 0.1.0\n")
    status, stdout, _ = call(capsys, "wires")
    assert status == 0 and all(name in stdout for name in "scherk enneper catenoid helicoid saddle tent terrain".split())
    status, stdout, _ = call(capsys, "doctor")
    assert status == 0 and "films are drawn by" in stdout


def test_interrupted_run_exits_130_with_its_partial_result(capsys, monkeypatch):
    from geoflow.cli import film

    def interrupt(self, now):
        if now.row is not None:
            raise KeyboardInterrupt

    monkeypatch.setattr(film.Progress, "__call__", interrupt)
    status, stdout, stderr = call(capsys, "film", "saddle", "-n", "17", "--json")
    assert status == 130 and json.loads(stdout)["status"] == "interrupted" and "interrupted" in stderr


def test_verify_reports_a_row_that_falls_short(capsys, monkeypatch):
    from geoflow import verify

    good = verify.Row("case", "order", 2.0, "2 ± 0.1", 1.9, 2.1)
    monkeypatch.setattr("geoflow.cli.verify.rows", lambda quick, only: iter([good]))
    assert call(capsys, "verify")[0] == 0
    bad = verify.Row("case", "order", float("nan"), "2 ± 0.1", 1.9, 2.1)
    monkeypatch.setattr("geoflow.cli.verify.rows", lambda quick, only: iter([good, bad]))
    status, stdout, _ = call(capsys, "verify", "--json")
    assert status == 1 and json.loads(stdout)["failed"] == 1


def test_verify_of_one_chapter(capsys, monkeypatch):
    from geoflow import verify
    from geoflow.cli import options

    assert tuple(verify.CHAPTERS) == options.CHAPTERS
    good = verify.Row("case", "order", 2.0, "2 ± 0.1", 1.9, 2.1)
    for name in verify.CHAPTERS:
        monkeypatch.setitem(verify.CHAPTERS, name, lambda quick, name=name: iter([replace(good, case=name)]))
    status, stdout, _ = call(capsys, "verify", "--only", "points", "--json")
    assert status == 0 and [row["case"] for row in json.loads(stdout)["rows"]] == ["points"]
    assert [row["case"] for row in json.loads(call(capsys, "verify", "--json")[1])["rows"]] == list(verify.CHAPTERS)
    assert call(capsys, "verify", "--only", "spheres")[0] == 2


def test_a_first_run_off_a_terminal_says_that_it_compiles(monkeypatch, capsys):
    from geoflow import progress

    monkeypatch.setattr(progress, "PATIENCE", 0.05)
    with progress.Progress(None, quiet=False):
        time.sleep(0.5)
    assert "compiles its kernels" in capsys.readouterr().err
    with progress.Progress(None, quiet=True):
        time.sleep(0.2)
    assert capsys.readouterr().err == ""


def test_a_film_with_momentum(capsys, tmp_path):
    """Its area is told without the motion's energy; friction is critical unless it is given."""
    out = str(tmp_path / "film.json")
    status, stdout, stderr = call(capsys, "film", "enneper", "-n", "17", "--method", "heavyball", "-o", out, "--quiet")
    assert (status, stdout, stderr) == (0, "", "")
    result = json.loads((tmp_path / "film.json").read_text())
    film = gf.soap_film(gf.Wire.named("enneper"), 17)
    rest = gf.relax(film.flow, film.start)
    critical = 2.0 * np.sqrt(gf.spectrum(film.flow, rest.x, 1).values[0])
    assert result["method"] == f"HeavyBall(beta={critical})"
    assert (result["status"], result["monotone"]) == ("at rest", True)
    assert result["area_end"] == pytest.approx(rest.energy[-1], rel=1e-14)
    words = "film 0 -n 33 --start cos(pi*x/2)*cos(pi*y/2) --method heavyball --beta 0.1 --until 0.7 --dt 0.02"
    status, stdout, _ = call(capsys, *words.split(), "--error-bar", "--json")
    result = json.loads(stdout)
    film = gf.soap_film(gf.Wire.formula("0"), 33, "cos(pi*x/2)*cos(pi*y/2)")
    run = gf.evolve(film.flow, film.start, 0.7, method=gf.HeavyBall(0.1), dt=0.02)
    motion = run.energy[-1] - film.flow.energy.value(run.x)
    assert result["area_end"] == film.flow.energy.value(run.x) and motion > 0.1
    assert abs(result["area_extrapolated"] - result["area_end"]) < 0.1 * motion
    assert result["monotone"] and result["method"] == "HeavyBall(beta=0.1)"
    _, table, _ = call(capsys, *words.split())
    assert "with momentum and friction, HeavyBall(beta=0.1)" in table and "area + ½‖v‖² never rose" in table


OUTLINES = {
    "a name": ("disc", "x*y", ()),
    "a star": ("star", "sin(3*atan2(y, x))/9", ()),
    "points x y": ("xy.csv", "x*y", ()),
    "points x y z": ("xyz.txt", None, ()),
    "points x y z with another height": ("xyz.txt", "x*y", ()),
    "a mesh": ("ring.obj", None, ()),
    "a picture": ("disc.png", "x*y", ("--bounds", *["-2.02", "2.02"] * 2)),
    "a picture's grey": ("disc.png", "grey - 0.5", ("--bounds", *["-2.02", "2.02"] * 2)),
    "heights from an array": ("disc", "heights.npy", ()),
    "heights from a picture": ("disc", "disc.png", ("--scale", "0.1")),
    "a leading minus": ("disc", "-x*y", ()),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Discs in all kinds of files."""
    monkeypatch.chdir(tmp_path)
    angle = np.arange(180) * (np.pi / 90.0)
    ring = np.column_stack([np.cos(angle), np.sin(angle), np.cos(angle) * np.sin(angle)])
    np.savetxt("xy.csv", ring[:, :2], delimiter=",")
    np.savetxt("xyz.txt", ring)
    edges = "".join(f"l {k + 1} {(k + 1) % 180 + 1}\n" for k in range(180))
    (tmp_path / "ring.obj").write_text("".join(f"v {x!r} {y!r} {z!r}\n" for x, y, z in ring.tolist()) + edges)
    x, y = np.meshgrid(*2 * [np.linspace(-2.0, 2.0, 101)])
    shade = np.clip(0.5 - 20.0 * (np.hypot(x, y) - 1.0) / 1.6, 0.0, 1.0)
    imsave("disc.png", np.round(255 * shade).astype(np.uint8), check_contrast=False)
    np.save("heights.npy", 0.1 * x[::10, ::10])
    return tmp_path


@pytest.mark.parametrize("case", OUTLINES)
def test_films_over_outlines(case, capsys, folder):
    """All but the star are discs of radius 1: a film over one has the area π and a little more."""
    outline, height, options = OUTLINES[case]
    arguments = ["film", "--outline", outline, "-n", "33", "--relax", "--json", *options]
    status, stdout, stderr = call(capsys, *arguments, *([] if height is None else ["--height", height]))
    result = json.loads(stdout)
    assert (status, stderr) == (0, "") and list(result) == KEYS
    assert result["monotone"] is True and result["status"] == "at rest" and result["unknowns"] > 300
    if case == "a star":
        assert 0.6 < result["area_end"] < 0.9
    elif case == "a picture's grey":
        assert result["area_end"] == pytest.approx(np.pi, rel=5e-3)
    else:
        wire = {"heights from an array": "0.1*x*2", "heights from a picture": "0*x + 0.05"}.get(case, "x*y")
        film = gf.soap_film(gf.Wire.outline("disc", wire), 33)
        assert result["area_end"] == pytest.approx(gf.relax(film.flow, film.start).energy[-1], rel=6e-3)


RING = [(np.cos(a), np.sin(a), 0.2 * np.cos(2 * a)) for a in np.arange(40) * (np.pi / 20)]
BAD_POINTS = {
    "open": (RING[:25], "apart: a wire is closed"),
    "a figure of eight": ([(np.sin(2 * a), np.cos(a), 0.0) for a in np.arange(0.05, 6.28, 0.1)], "crosses, touches"),
    "a repeated point": ([*RING[:5], RING[4], *RING[5:]], "point 6 = "),
    "one place": ([RING[0]] * 9, "repeats the point before"),
    "two heights": ([*RING[:9], (*RING[8][:2], 2.0), *RING[9:]], "two heights over one place"),
    "two points": (RING[:2], "three points"),
    "loops that cross": ([*RING, (), *[(x + 1.0, y, z) for x, y, z in RING]], "crosses, touches"),
    "a loop that is open": ([*RING, (), *[(0.5 * x, 0.5 * y, z) for x, y, z in RING[:25]]], "loop 2 = ends at"),
}


@pytest.mark.parametrize("case", BAD_POINTS)
@pytest.mark.parametrize("way", ["WIRE", "--outline"])
def test_points_that_are_no_wire_are_one_line_and_exit_2(case, way, capsys, tmp_path):
    points, said = BAD_POINTS[case]
    path = tmp_path / "bad.csv"
    path.write_text("\n".join(",".join(map(repr, map(float, point))) for point in points))
    status, stdout, stderr = call(capsys, "film", *([path] if way == "WIRE" else ["--outline", path]), "-n", "17")
    assert (status, stdout) == (2, "")
    assert stderr.count("\n") == 1 and said in stderr and "bad.csv" in stderr


def test_an_outline_that_moves_and_a_contour(capsys):
    moving = ("film", "--outline", "annulus", "--height", "t*x*y", "-n", "33")
    status, stdout, _ = call(capsys, *moving, "--until", "0.1", "--json")
    assert status == 0 and json.loads(stdout)["monotone"] is True
    status, _, stderr = call(capsys, *moving)
    assert status == 2 and "--until" in stderr
    status, stdout, _ = call(capsys, "film", "x**2 + 4*y**2", "--level", "1", "--height", "x", "-n", "33", "--relax", "--json")
    assert json.loads(stdout)["area_end"] == pytest.approx(np.sqrt(2.0) * np.pi / 2.0, rel=2e-3)  # a plane over an ellipse
    status, stdout, _ = call(capsys, "film", "x**2 + 4*y**2", "--level", "1", "-n", "33", "--relax", "--json")
    result = json.loads(stdout)
    above = call(capsys, "film", "1 - x**2 - 4*y**2", "--level", "above 0", "-n", "33", "--relax", "--json")[1]
    assert json.loads(above)["area_end"] == pytest.approx(result["area_end"], rel=1e-9)
    assert result["area_end"] == pytest.approx(np.pi / 2.0, rel=2e-3)
    assert result["area_start"] > 1.2 * result["area_end"]


def test_a_turned_wire_is_said(capsys):
    status, stdout, _ = call(capsys, "film", "upright-ring", "-n", "33", "--relax")
    assert status == 0 and "turned by 90° to be a graph: heights are along (0, 1, 0)" in stdout


BAD_OUTLINES = [
    (["x*y", "--outline", "disc"], "WIRE = x*y with --outline disc"),
    (["--outline", "disc"], "height"),
    (["--outline", "disk", "--height", "x"], "choose one of disc"),
    (["--outline", "xy.csv"], "third column"),
    (["--outline", "xy.csv", "--height", "z"], "height = z"),
    (["--outline", "xy.csv", "--height", "nowhere.npy"], "nowhere.npy"),
    (["--outline", "xy.csv", "--height", "x", "--level", "0.5"], "--level"),
    (["--outline", "disc", "--height", "x", "--bounds", "0", "1", "0", "1"], "--bounds"),
    (["--outline", "disc", "--height", "grey"], "grey"),
    (["--outline", "disc", "--height", "x", "--scale", "2"], "--scale"),
    (["--outline", "disc.png"], "height"),
    (["--outline", "disc.png", "--height", "x", "--level", "high"], "--level = high"),
    (["--outline", "disc.png", "--height", "x", "--level", "3"], "values go from 0 to 1"),
    (["--outline", "nowhere.png", "--height", "x"], "nowhere.png"),
    (["--outline", "nowhere.csv", "--height", "x"], "nowhere.csv"),
    (["--outline", "heights.npy", "--height", "x"], "heights.npy: an array in a file holds heights"),
    (["--outline", "heights.npy"], "points go in a file .csv .txt .xyz .dat .obj .ply .vtp"),
    (["--outline", "disc.shape", "--height", "x"], "outline = disc.shape: it is none of disc, ellipse, star, annulus"),
    (["--outline", "xy.csv", "--height", "xyz.txt"], "height = xyz.txt: a height is a formula in x and y"),
    (["--outline", "disc", "--height", "ring.obj"], "a picture in a file, stretched over it"),
    (["x*y", "--start", "xyz.txt"], "--start = xyz.txt: a start is a formula in x and y"),
    (["saddle", "--height", "x"], "--height = x"),
    (["helicoid", "--level", "1"], "no height field"),
    (["terrain", "--level", "2000"], "values go from 236 to 1076"),
    (["terrain", "--level", "edges"], "--level = edges"),
    (["terrain", "--level", "beside 3"], "--level = beside 3"),
    (["terrain", "--level", "below"], "--level = below"),
    (["t*x", "--level", "1"], "no height field"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD_OUTLINES, ids=[" ".join(a) for a, _ in BAD_OUTLINES])
def test_bad_outlines_are_one_line_and_exit_2(arguments, named, capsys, folder):
    before = sorted(folder.iterdir())
    status, stdout, stderr = call(capsys, "film", *arguments, "-n", "17", "--out", "o")
    assert (status, stdout) == (2, "")
    assert stderr.count("\n") == 1 and named in stderr and "Traceback" not in stderr
    assert sorted(folder.iterdir()) == before


def test_the_help_says_where_a_film_over_an_outline_starts(capsys):
    status, stdout, _ = call(capsys, "film", "--help")
    told = " ".join(stdout.split())
    assert status == 0 and "the wire's own, else coons; over an outline the harmonic film" in told


def test_as_many_nodes_as_the_wire_needs_where_none_are_asked_for(capsys):
    status, stdout, _ = call(capsys, "film", "horse", "--relax", "--json")
    result = json.loads(stdout)
    assert status == 0 and result["n"] == 193 and "no coarser grid" in result["area_note"]
    status, _, stderr = call(capsys, "film", "horse", "-n", "129", "--relax")
    assert status == 2 and "take a larger n" in stderr
    assert json.loads(call(capsys, "film", "ring", "--relax", "--json")[1])["n"] == 129
