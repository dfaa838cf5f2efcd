"""Wires and heights from the files of others: meshes, archives of arrays, pictures."""

import numpy as np
import pytest
import pyvista as pv
import skimage.io
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

import geoflow as gf
from geoflow.cli.main import main
from geoflow.io.arrays import read_height_field
from geoflow.io.edges import read_mesh_loops

BOUNDS = (0.1, 0.7, -0.3, 0.2)


def ring(k=8):
    """A closed polyline over the edge of BOUNDS, 4 k points with awkward decimals."""
    x0, x1, y0, y1 = BOUNDS
    s = np.arange(k) / k
    x = np.concatenate([x0 + (x1 - x0) * s, 0 * s + x1, x1 - (x1 - x0) * s, 0 * s + x0])
    y = np.concatenate([0 * s + y0, y0 + (y1 - y0) * s, 0 * s + y1, y1 - (y1 - y0) * s])
    return np.stack([x, y, np.sin(3.0 * x) * np.cos(5.0 * y) / 3.0], axis=1)


POINTS = ring()
N = len(POINTS)
CLOSED = [(k, (k + 1) % N) for k in range(N)]


def shuffled(points, edges, seed=3):
    """The same polyline with its points in another order, its edges in another order and half of them turned round."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(points))
    place = np.argsort(order)
    out = [(int(place[a]), int(place[b])) for a, b in edges]
    rng.shuffle(out)
    return points[order], [pair[:: 1 if k % 2 else -1] for k, pair in enumerate(out)]


def write_obj(path, points, edges):
    lines = [f"v {a!r} {b!r} {c!r}" for a, b, c in points.tolist()] + [f"l {a + 1} {b + 1}" for a, b in edges]
    path.write_text("# a wire\n" + "\n".join(lines) + "\n")


def write_ply(path, points, edges, order="ascii"):
    header = f"ply\nformat {order} 1.0\ncomment a wire\nelement vertex {len(points)}\n"
    header += "".join(f"property double {c}\n" for c in "xyz")
    header += f"element edge {len(edges)}\nproperty int vertex1\nproperty int vertex2\nend_header\n"
    if order == "ascii":
        rows = [" ".join(map(repr, p)) for p in points.tolist()] + [f"{a} {b}" for a, b in edges]
        path.write_bytes((header + "\n".join(rows) + "\n").encode())
    else:
        sign = "<" if "little" in order else ">"
        path.write_bytes(header.encode() + points.astype(sign + "f8").tobytes() + np.array(edges).astype(sign + "i4").tobytes())


def write_vtp(path, points, edges, mode="binary"):
    data, corners, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    corners.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    for a, b in edges:
        cells.InsertNextCell(2)
        cells.InsertCellPoint(int(a))
        cells.InsertCellPoint(int(b))
    data.SetPoints(corners)
    data.SetLines(cells)
    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(data)
    writer.SetFileName(str(path))
    {"ascii": writer.SetDataModeToAscii, "binary": writer.SetDataModeToBinary}.get(mode, writer.SetDataModeToAppended)()
    if mode == "raw":
        writer.EncodeAppendedDataOff()
    assert writer.Write()


WRITERS = {
    "wire.obj": write_obj,
    "ascii.ply": write_ply,
    "little.ply": lambda *a: write_ply(*a, "binary_little_endian"),
    "big.ply": lambda *a: write_ply(*a, "binary_big_endian"),
    "ascii.vtp": lambda *a: write_vtp(*a, "ascii"),
    "binary.vtp": write_vtp,
    "appended.vtp": lambda *a: write_vtp(*a, "appended"),
    "raw.vtp": lambda *a: write_vtp(*a, "raw"),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_unordered_edges_are_chained(kind, tmp_path):
    path = tmp_path / kind
    WRITERS[kind](path, *shuffled(POINTS, CLOSED))
    (loop,), _ = read_mesh_loops(path)
    assert sorted(map(tuple, loop)) == sorted(map(tuple, POINTS))  # to the bit
    at = [int(np.flatnonzero(np.all(p == POINTS, axis=1))[0]) for p in loop]
    assert set(np.diff([*at, at[0]]) % N) in ({1}, {N - 1})  # round the wire, one way or the other
    wire, text = gf.Wire.read(path), tmp_path / "wire.csv"
    np.savetxt(text, POINTS, fmt="%.17g", delimiter=",")
    grid = gf.Grid(wire.bounds, (9, 17))
    assert wire.bounds == BOUNDS
    np.testing.assert_allclose(wire.on(grid), gf.Wire.read(text).on(grid), rtol=0, atol=1e-15)


SQUARE = "# a square\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"


@pytest.mark.parametrize(
    ("element", "why"),
    {
        "l 1 2 3 0": "0 is no point: OBJ counts them from 1",
        "f 1/1 0/2 3/3": "0 is no point: OBJ counts them from 1",
        "l 1 2 3 60": "there is no point 60: the file has 4 points",
        "f 1 2 5": "there is no point 5: the file has 4 points",
        "l 1 2 -5": "there is no point -5: 4 stand before this line",
    }.items(),
)
def test_points_that_an_obj_has_not_are_told_as_they_stand(element, why, tmp_path):
    (tmp_path / "a.obj").write_text(f"{SQUARE}l 1 2 \\\n3 4 1\n{element}\n")
    with pytest.raises(gf.BadInput) as error:
        read_mesh_loops(tmp_path / "a.obj")
    assert str(error.value).endswith(f"a.obj, line 8 = {element}: {why}")


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_comment_that_ends_in_a_backslash_goes_on_nowhere(end, tmp_path):
    lines = ["# C:\\models\\", "v 0 0 0 # C:\\", *SQUARE.splitlines()[2:], "l 1 2 \\", "3 4 1 # \\", "l 1 2 3 60 \\", ""]
    (tmp_path / "a.obj").write_bytes(end.join(lines[:-2]).encode())
    (loop,), _ = read_mesh_loops(tmp_path / "a.obj")
    np.testing.assert_array_equal(np.sort(loop, axis=0), np.sort([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], axis=0))
    (tmp_path / "a.obj").write_bytes(end.join(lines).encode())
    with pytest.raises(gf.BadInput, match=r"a\.obj, line 8 = l 1 2 3 60"):
        read_mesh_loops(tmp_path / "a.obj")


def test_an_obj_may_name_points_before_they_come(tmp_path):
    (tmp_path / "a.obj").write_text("l 1 2 3 4 1\n" + SQUARE)
    (loop,), _ = read_mesh_loops(tmp_path / "a.obj")
    assert len(loop) == 4


def test_points_that_a_ply_has_not_are_told_as_they_stand(tmp_path):
    write_ply(tmp_path / "a.ply", POINTS, [*CLOSED[:-1], (len(POINTS) - 1, -3)])
    with pytest.raises(gf.BadInput, match=rf"a cell with point -3: there are {len(POINTS)} points, counted from 0"):
        read_mesh_loops(tmp_path / "a.ply")


def test_obj_polylines_faces_and_the_rest(tmp_path):
    path = tmp_path / "wire.obj"
    vertices = "".join(f"v {a!r} {b!r} {c!r} 1.0\n" for a, b, c in POINTS.tolist())
    around = " ".join(str(k - N) for k in range(N))  # counted from the end
    path.write_text(f"mtllib x.mtl\no wire\nvn 0 0 1\n{vertices}l {around} \\\n {-N}\n")
    (loop,), _ = read_mesh_loops(path)
    assert len(loop) == N


def test_a_surface_gives_its_boundary(tmp_path):
    points = np.array([[0, 0, 0], [1, 0, 0.5], [1, 1, 0], [0, 1, 0.25], [0.5, 0.5, 9.0]])
    path = tmp_path / "roof.obj"
    path.write_text("".join("v {} {} {}\n".format(*p) for p in points) + "f 1/1/1 2//2 5\nf 2 3 5\nf 3 4 5\nf 4 1 5\n")
    (loop,), _ = read_mesh_loops(path)
    assert sorted(map(tuple, loop)) == sorted(map(tuple, points[:4]))


def test_points_in_one_place_are_one(tmp_path):
    doubled = np.concatenate([POINTS, POINTS + 1e-15])
    edges = [(k, N + (k + 1) % N) for k in range(N)]  # every edge ends on the copy of the next point
    write_obj(tmp_path / "a.obj", doubled, edges)
    (loop,), _ = read_mesh_loops(tmp_path / "a.obj")
    assert len(loop) == N


@pytest.mark.parametrize(("up", "turn"), [("z", [0, 1, 2]), ("x", [2, 0, 1]), ("y", None)])
def test_up(up, turn, tmp_path):
    points = POINTS[:, turn] if turn else np.stack([POINTS[:, 0], POINTS[:, 2], -POINTS[:, 1]], axis=1)
    write_obj(tmp_path / "a.obj", points, CLOSED)
    np.savetxt(tmp_path / "a.csv", points, fmt="%.17g")
    for name in ("a.obj", "a.csv"):
        wire = gf.Wire.read(tmp_path / name, up=up)
        assert wire.bounds == BOUNDS
        np.testing.assert_allclose(wire.height(POINTS[:, 0], POINTS[:, 1]), POINTS[:, 2], rtol=0, atol=1e-14)
    assert main(["film", str(tmp_path / "a.obj"), "--up", up, "-n", "9", "--relax", "--quiet"]) == 0
    if up != "z":  # without it the wire is turned to be a graph, and its film is the same
        turned, known = (gf.Wire.read(tmp_path / "a.obj", up=u) for u in ("z", up))
        assert turned.frame is not None and known.frame is None
        films = [gf.soap_film(wire, 17) for wire in (turned, known)]
        a, b = (gf.relax(film.flow, film.start).energy[-1] for film in films)
        assert a == pytest.approx(b, rel=1e-13)


FORK = [*CLOSED, (3, 11)]
BAD_EDGES = {
    "branching": (FORK, "3 edges meet"),
    "open": (CLOSED[:-1], "0.0693 apart: a wire is closed"),
    "no edges": ([], "no edges"),
    "points as edges": ([(k, k) for k in range(N)], "no edges"),
    "two loops that cross": ([(0, 9), (9, 18), (18, 0), (4, 12), (12, 22), (22, 4)], "crosses, touches"),
    "a point that is not there": ([*CLOSED, (2, N + 4)], f"{N} points"),
}


@pytest.mark.parametrize("suffix", [".obj", ".ply"])
@pytest.mark.parametrize("case", BAD_EDGES)
def test_bad_edges_are_refused(case, suffix, tmp_path):
    edges, said = BAD_EDGES[case]
    path = tmp_path / f"wire{suffix}"
    (write_obj if suffix == ".obj" else write_ply)(path, POINTS, edges)
    with pytest.raises(gf.BadInput) as error:
        gf.Wire.read(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    if case == "branching":
        assert f"({POINTS[3][0]:g}, {POINTS[3][1]:g}" in str(error.value)


def damaged():
    yield "empty", b""
    yield "junk", bytes(range(256)) * 40
    yield "text", b"hello\n" * 30
    yield "html", b"<html><body>404</body></html>"


@pytest.mark.parametrize("suffix", [".obj", ".ply", ".vtp"])
@pytest.mark.parametrize("case", ["empty", "junk", "text", "html"])
def test_damaged_meshes_are_refused_quietly(case, suffix, tmp_path, capfd):
    path = tmp_path / f"wire{suffix}"
    path.write_bytes(dict(damaged())[case])
    with pytest.raises(gf.BadInput) as error:
        gf.Wire.read(path)
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", WRITERS)
def test_cut_meshes_are_refused_or_whole(kind, tmp_path, capfd):
    path = tmp_path / kind
    WRITERS[kind](path, POINTS, CLOSED)
    data = path.read_bytes()
    refused = 0
    for length in range(1, len(data) - 40, max(len(data) // 37, 1)):
        path.write_bytes(data[:length])
        with pytest.raises(gf.BadInput):
            gf.Wire.read(path)
        refused += 1
    assert refused > 30
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "header",
    [
        b"ply\nformat ascii 1.0\nelement vertex 99999999999999999999\nproperty double x\nend_header\n0\n",
        b"ply\nformat ascii 1.0\nelement vertex -1\nproperty double x\nend_header\n0\n",
        b"ply\nformat utf 1.0\nend_header\n",
        b"ply\nelement vertex 1\nproperty double x\nend_header\n0\n",
        b"ply\nformat ascii 1.0\nproperty double x\nend_header\n0\n",
        b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float128 x\nend_header\n0\n",
        b"ply\nformat ascii 1.0\nelement vertex 1\nproperty double x\nproperty double y\nend_header\n0 0\n",
        b"ply\nformat binary_little_endian 1.0\nelement face 1\nproperty list int int corners\nend_header\n\xff\xff\xff\x7f",
    ],
    ids=range(8),
)
def test_bad_ply_headers_are_refused(header, tmp_path):
    (tmp_path / "a.ply").write_bytes(header)
    with pytest.raises(gf.BadInput, match="PLY"):
        gf.Wire.read(tmp_path / "a.ply")


def test_infinite_coordinates_are_refused(tmp_path):
    for bad in ("nan", "inf", "1e200"):
        (tmp_path / "a.obj").write_text(f"v 0 0 0\nv 1 0 0\nv 1 1 {bad}\nl 1 2 3 1\n")
        with pytest.raises(gf.BadInput, match="finite"):
            gf.Wire.read(tmp_path / "a.obj")


# ------------------------------------------------------------------------------------------- height fields

RNG = np.random.default_rng(9)
GREY8, GREY16 = RNG.integers(0, 256, (12, 20), dtype=np.uint8), RNG.integers(0, 65536, (12, 20), dtype=np.uint16)
COLOUR = RNG.integers(0, 256, (12, 20, 4), dtype=np.uint8)


@pytest.mark.parametrize(("name", "pixels"), [("a.png", GREY8), ("b.png", GREY16), ("a.tif", GREY16), ("a.bmp", GREY8)])
def test_grey_pictures_are_heights_from_0_to_1(name, pixels, tmp_path):
    skimage.io.imsave(tmp_path / name, pixels, check_contrast=False)
    heights, scale = read_height_field(tmp_path / name)
    np.testing.assert_array_equal(heights, pixels[::-1] / np.iinfo(pixels.dtype).max)  # north is up: row 0 at y0
    assert str(np.iinfo(pixels.dtype).max) in scale
    assert "0 … 1" in scale
    wire = gf.Wire.read(tmp_path / name, (0.0, 19.0, 0.0, 11.0), scale=3.0)
    film = gf.soap_film(wire, n=20)
    np.testing.assert_allclose(film.start, 3.0 * heights, rtol=0, atol=1e-14)
    assert "times 3" in wire.about
    assert scale in wire.about


def test_floats_and_colours(tmp_path):
    skimage.io.imsave(tmp_path / "f.tif", (GREY16 / 7.0).astype(np.float32), check_contrast=False)
    heights, scale = read_height_field(tmp_path / "f.tif")
    np.testing.assert_array_equal(heights, (GREY16 / 7.0).astype(np.float32)[::-1])
    assert "as heights" in scale
    skimage.io.imsave(tmp_path / "c.png", COLOUR, check_contrast=False)
    heights, _ = read_height_field(tmp_path / "c.png")
    luminance = COLOUR[..., :3] @ np.array([0.2125, 0.7154, 0.0721]) / 255.0
    np.testing.assert_allclose(heights, luminance[::-1], rtol=0, atol=1e-12)


def test_archives(tmp_path):
    heights = RNG.normal(size=(5, 7))
    np.savez(tmp_path / "one.npz", whatever=heights)
    np.savez_compressed(tmp_path / "named.npz", mask=np.ones(3), elevation=heights)
    for name in ("one.npz", "named.npz"):
        np.testing.assert_array_equal(read_height_field(tmp_path / name)[0], heights)
    np.savez(tmp_path / "two.npz", a=heights, b=heights)
    with pytest.raises(gf.BadInput, match="a, b"):
        read_height_field(tmp_path / "two.npz")
    np.savez(tmp_path / "objects.npz", z=np.array([[{}] * 3] * 3, dtype=object))
    with pytest.raises(gf.BadInput, match="objects"):
        read_height_field(tmp_path / "objects.npz")
    data = (tmp_path / "one.npz").read_bytes()
    for length in range(1, len(data), 23):
        (tmp_path / "cut.npz").write_bytes(data[:length])
        with pytest.raises(gf.BadInput):
            read_height_field(tmp_path / "cut.npz")


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg", "a.npz"])
def test_pictures_that_are_none_are_refused(name, tmp_path):
    for data in (b"", b"junk" * 99):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(gf.BadInput) as error:
            read_height_field(tmp_path / name)
        assert "\n" not in str(error.value)


def test_a_picture_as_the_start(tmp_path, capsys):
    skimage.io.imsave(tmp_path / "a.png", GREY8, check_contrast=False)
    arguments = ["film", "0", "--bounds", "0", "1", "0", "1", "-n", "9", "--start", str(tmp_path / "a.png"), "--scale", "0.1"]
    assert main([*arguments, "--until", "0.001"]) == 0
    assert main(["film", str(tmp_path / "a.png"), "-n", "9", "--relax"]) == 0
    assert "grey 0 … 255 as heights 0 … 1" in capsys.readouterr().out


@pytest.mark.parametrize("scale", [0.0, np.nan, np.inf, "2", True, None])
def test_bad_scales_and_axes(scale, tmp_path):
    np.save(tmp_path / "a.npy", np.ones((3, 3)))
    with pytest.raises(gf.BadInput, match="scale"):
        gf.Wire.read(tmp_path / "a.npy", scale=scale)
    with pytest.raises(gf.BadInput, match="up"):
        gf.Wire.read(tmp_path / "a.npy", up="w")


def test_triangle_strips_and_a_gif_of_one_frame(tmp_path):
    points = np.array([(0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 3), (2, 0, 4), (2, 1, 5)], dtype=float)
    surface = pv.PolyData(points, strips=[6, 0, 1, 2, 3, 4, 5])
    surface.save(tmp_path / "strip.vtp")
    (loop,), _ = read_mesh_loops(tmp_path / "strip.vtp")
    assert {tuple(p) for p in loop} == {tuple(p) for p in points}
    grey = np.arange(60, dtype=np.uint8).reshape(5, 12)
    skimage.io.imsave(tmp_path / "a.gif", grey, check_contrast=False)
    heights, scale = read_height_field(tmp_path / "a.gif")
    assert np.array_equal(np.round(255 * heights), grey[::-1])
    assert "255" in scale


def test_a_height_field_has_no_axes_to_choose_from(tmp_path):
    np.save(tmp_path / "h.npy", np.zeros((5, 5)))
    with pytest.raises(gf.BadInput, match="up = y"):
        gf.Wire.read(tmp_path / "h.npy", up="y")
