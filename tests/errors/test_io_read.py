"""Files that are read: each bad kind is refused in one line that names it; the good variants agree."""

import codecs
import io
import os
import pickle
import re

import numpy as np
import pytest

from geoflow.errors import BadInput
from geoflow.io.arrays import read_height_field
from geoflow.io.text import read_loops

TRIANGLE = np.array([[0.0, 0.0, 1.5], [1.0, 0.0, -0.25], [0.0, 1.0, 1e-3]])
PLAIN = "0 0 1.5\n1 0 -0.25\n0 1 1e-3\n"

GOOD = {
    "plain": PLAIN.encode(),
    "no final newline": PLAIN.strip().encode(),
    "byte-order mark": codecs.BOM_UTF8 + PLAIN.encode(),
    "utf-16": PLAIN.encode("utf-16"),
    "Windows": PLAIN.replace("\n", "\r\n").encode(),
    "old Mac": PLAIN.replace("\n", "\r").encode(),
    "commas": PLAIN.replace(" ", ",").encode(),
    "commas and blanks": PLAIN.replace(" ", " , ").encode(),
    "semicolons": PLAIN.replace(" ", ";").encode(),
    "tabs": PLAIN.replace(" ", "\t").encode(),
    "indented": ("  " + PLAIN.replace("\n", "  \n  ")).encode(),
    "header": b"x y z\n" + PLAIN.encode(),
    "quoted header": b'"x [m]","y","z"\n' + PLAIN.replace(" ", ",").encode(),
    "mark and header": codecs.BOM_UTF8 + b"x,y,z\r\n" + PLAIN.encode(),
    "comments": b"# a wire\n\n" + PLAIN.replace("\n1", " # first\n# x y\n1").encode(),
    "header after comment": "# Länge\nx y z\n\n".encode() + PLAIN.encode(),
    "blank lines around": b"\n\n" + PLAIN.encode() + b"\n \t\n\n",
}


def write(folder, data):
    path = folder / "wire.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", GOOD)
def test_good_variants_agree(kind, tmp_path):
    (loop,) = read_loops(write(tmp_path, GOOD[kind]))
    assert loop.dtype == np.float64
    np.testing.assert_array_equal(loop, TRIANGLE)


HEADERS = {  # a header, and which columns of the file are x, y and z
    "z,y,x": (2, 1, 0),
    "y x z": (1, 0, 2),
    "Z; X; Y": (1, 2, 0),
    '"z [m]","x [m]","y [m]"': (1, 2, 0),
    "z (m) y (m) x (m)": (2, 1, 0),
    "'y'\t'z'\t'x'": (2, 0, 1),
    "y,x,elevation": (1, 0, 2),
    "height,x,y": (1, 2, 0),
    "x,y,elevation": (0, 1, 2),
    "east,north,up": (0, 1, 2),
    "z,a,b": (0, 1, 2),
    "x,x,y": (0, 1, 2),
    "y,x": (0, 1, 2),
    "id,z,y,x": (0, 1, 2),
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_says_which_column_is_which(header, tmp_path):
    first, second = read_loops(write(tmp_path, f"{header}\n{PLAIN}\n{PLAIN}".encode()))
    np.testing.assert_array_equal(first, TRIANGLE[:, HEADERS[header]])
    np.testing.assert_array_equal(second, first)


def test_a_header_of_points_in_the_plane_says_which_is_which(tmp_path):
    for header, order in (("y,x", (1, 0)), ("x,y", (0, 1)), ("y,x,z", (0, 1))):
        (loop,) = read_loops(write(tmp_path, f"{header}\n0,1\n2,3\n4,6\n".encode()), least=2)
        np.testing.assert_array_equal(loop, np.array([(0, 1), (2, 3), (4, 6)])[:, order])


@pytest.mark.parametrize("header", ["id,x,y,z", "x,y,id,z", "n,z,name,y,x", "id;y;height;x", "loop\tx\ty\tz"])
def test_a_header_says_which_of_more_columns_to_take(header, tmp_path):
    names = re.split("[,;\t]", header.replace("height", "z"))
    lines = [" ".join(str(dict(zip("xyz", point, strict=True)).get(name, "7")) for name in names) for point in TRIANGLE]
    (loop,) = read_loops(write(tmp_path, "\n".join([header, *lines]).encode()))
    np.testing.assert_array_equal(loop, TRIANGLE)


def test_a_column_called_loop_parts_loops(tmp_path):
    rows = [f"{loop},{x},{y},{z}" for loop in ("outer", "2") for x, y, z in TRIANGLE]
    loops = read_loops(write(tmp_path, "\n".join(["loop,x,y,z", *rows]).encode()))
    assert len(loops) == 2 and all(np.array_equal(loop, TRIANGLE) for loop in loops)
    with pytest.raises(BadInput, match=r"line 8 = outer: this loop has ended further up"):
        read_loops(write(tmp_path, "\n".join(["loop,x,y,z", *rows, rows[0]]).encode()))
    (loop,) = read_loops(write(tmp_path, b"loop,x,y\n1,0,0\n1,3,0\n1,0,4\n"), least=2)
    np.testing.assert_array_equal(loop, [(0, 0), (3, 0), (0, 4)])


@pytest.mark.parametrize("text", ["id,lon,lat,h\n1,0,0,0\n", "1 0 0 0\n", "loop,x,y\n1,0,0\n", "id x y z\n1 0 0 0\n0 0 0\n"])
def test_more_columns_without_names_are_told_what_helps(text, tmp_path):
    said = (
        "the 4 columns of the header" if text.startswith("id x") else "a header has to name x, y and z, and loops are parted by"
    )
    with pytest.raises(BadInput, match=said):
        read_loops(write(tmp_path, text.encode()))


def test_blank_lines_separate_loops_and_comments_do_not(tmp_path):
    data = b"x y z\n" + PLAIN.encode() + b"\n\n  \n" + PLAIN.encode() + b"# still this loop\n5 5 5\n"
    first, second = read_loops(str(write(tmp_path, data)))
    np.testing.assert_array_equal(first, TRIANGLE)
    np.testing.assert_array_equal(second, [*TRIANGLE, [5, 5, 5]])


def test_decimals_are_read_exactly(tmp_path):
    points = np.random.default_rng(5).standard_normal((50, 3)) * 10.0 ** np.arange(-25, 25)[:, None]
    text = "\n".join(" ".join(map(repr, row)) for row in points.tolist())
    np.testing.assert_array_equal(read_loops(write(tmp_path, text.encode()))[0], points)


BAD_TEXT = [  # data, what the line must name
    (b"", "empty"),
    (b"\n \n", "no points"),
    (b"# nothing\nx y z\n", "no points"),
    (codecs.BOM_UTF8, "no points"),
    (b"0 0\n", "line 1 = 0 0: a line holds three numbers x y z (with decimal points, not commas), this one holds 2"),
    (b"0 0 0\n1 2 3 4\n", "line 2 = 1 2 3 4"),
    (b"1,5 2,5 3,5\n", "this one holds 6"),
    (b"1,2,3,\n", "this one holds 4"),
    (b"1,,2\n", "line 1 = '': this is not a number"),
    (b"0 0 0\nx y z\n", "line 2 = x: this is not a number"),
    (b"x y z\nx y z\n0 0 0\n", "line 2 = x"),
    (b"x 0 0\n", "line 1 = x"),
    (b"1_0 0 0\n", "line 1 = 1_0"),
    (b"0x10 0 0\n", "line 1 = 0x10"),
    (b"0 0 0\n0 nan 0\n", "line 2 = nan: coordinates must be finite"),
    (b"nan nan nan\n", "line 1 = nan"),
    (b"0 0 0\r\n\r\n0 -inf 0\r\n", "line 3 = -inf"),
    (b"0 0 1e400\n", "line 1 = 1e400: coordinates must be finite"),
    (b"0 0 -1.1e100\n", "line 1 = -1.1e100: this is larger"),
    (b"1+2j 0 0\n", "line 1 = 1+2j: this is not a number"),
    (b"1j 2j 3j\n", "line 1 = 1j"),
    (b"0 0 0\n\x93\xff\xfe 0 0\n", "line 2 = byte 0x93: this is not text"),
    (b"0 0 0\n0 0 \x00 0\n", "line 2 = U+0000: this is not text"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "this is not text"),
    (b"\x7fELF\x02\x01\x01\x00", "this is not text"),
    (b"\xff\xfe\x00", "byte 0x00: this is not text"),
    (b"<html>\n<body>\n", "line 1 = <html>"),
    (b"v " * 500 + b"\n0 0\n", "line 2 = 0 0"),
    (b"z y x\n0 0 0\n1 2 a\n", "line 3 = a"),
    (b"0 " * 5000, "this one holds 5000"),
]


@pytest.mark.parametrize(("data", "named"), BAD_TEXT, ids=[ascii(row[0])[:30] for row in BAD_TEXT])
def test_bad_text_is_refused_by_file_and_line(data, named, tmp_path):
    check_refused(read_loops, write(tmp_path, data), named)


def saved(array, **kwargs):
    stream = io.BytesIO()
    np.save(stream, array, **kwargs)
    return stream.getvalue()


def archive():
    stream = io.BytesIO()
    np.savez(stream, u=np.ones((4, 4)))
    return stream.getvalue()


def header_of(shape):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"shape": shape, "fortran_order": False, "descr": "<f8"})
    return stream.getvalue()


class Canary:
    """Makes a folder if anybody unpickles it."""

    def __reduce__(self):
        return os.mkdir, ("unpickled",)


ONES = np.ones((4, 5))
SPOILT = np.where(np.arange(20).reshape(4, 5) == 13, np.nan, 1.0)
BAD_ARRAYS = {
    "empty": (b"", "empty"),
    "text": (b"1 2 3\n4 5 6\n", "not a whole .npy file"),
    "pickle": (pickle.dumps(ONES), "not a whole .npy file"),
    "canary": (pickle.dumps(Canary()), "not a whole .npy file"),
    "archive": (archive(), "not a whole .npy file"),
    "magic only": (saved(ONES)[:6], "not a whole .npy file"),
    "cut header": (saved(ONES)[:40], "not a whole .npy file"),
    "odd version": (b"\x93NUMPY\x09\x09" + saved(ONES)[8:10] + b"\0\0" + saved(ONES)[10:], "not a whole .npy file"),
    "junk header": (saved(ONES)[:10] + b"(" * 118 + saved(ONES)[128:], "not a whole .npy file"),
    "cut data": (saved(ONES)[:-1], "159 bytes of data: its header promises 160, so it is cut short"),
    "more data": (saved(ONES) + b"\0", "followed by something else"),
    "endless promise": (header_of((10**12, 10**12)), "cut short"),
    "0-d": (saved(np.float64(1)), "shape ()"),
    "1-d": (saved(np.ones(9)), "shape (9,)"),
    "3-d": (saved(np.ones((3, 3, 3))), "shape (3, 3, 3)"),
    "flat": (saved(np.ones((1, 9))), "shape (1, 9)"),
    "small": (saved(np.ones((2, 9))), "at least 3 by 3"),
    "no nodes": (saved(np.ones((0, 3))), "shape (0, 3)"),
    "complex": (saved(ONES * 1j), "complex numbers"),
    "text array": (saved(np.full((3, 3), "a")), "the file holds text"),
    "bytes array": (saved(np.full((3, 3), b"a")), "the file holds text"),
    "dates": (saved(np.full((3, 3), np.datetime64("2020-01-01"))), "dates"),
    "records": (saved(np.zeros((3, 3), dtype=[("a", "f8")])), "records"),
    "objects": (saved(np.full((3, 3), Canary(), dtype=object), allow_pickle=True), "objects"),
    "NaN": (saved(SPOILT), "nan at [2, 3]: heights must be finite"),
    "infinity": (saved(np.nan_to_num(SPOILT, nan=-np.inf)), "-inf at [2, 3]"),
    "1e300": (saved(np.nan_to_num(SPOILT, nan=1e300)), "1e+300 at [2, 3]"),
}


@pytest.mark.parametrize("kind", BAD_ARRAYS)
def test_bad_arrays_are_refused(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data, named = BAD_ARRAYS[kind]
    check_refused(read_height_field, write(tmp_path, data), named)
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize("length", range(1, len(saved(ONES)), 7))
def test_an_array_cut_anywhere_is_refused(length, tmp_path):
    check_refused(read_height_field, write(tmp_path, saved(ONES)[:length]), "")


@pytest.mark.parametrize("dtype", ["f8", ">f8", "f4", "f2", "i8", "u1", "?", "longdouble"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_real_arrays_become_float64(dtype, order, tmp_path):
    array = np.asarray(np.arange(12).reshape(3, 4) % 5, dtype=dtype, order=order)
    heights, scale = read_height_field(write(tmp_path, saved(array)))
    assert scale == "heights as in the file"
    assert heights.dtype == np.dtype("=f8") and heights.flags.c_contiguous and heights.flags.writeable
    np.testing.assert_array_equal(heights, array)


def test_points_of_two_columns_where_they_are_asked_for(tmp_path):
    (loop,) = read_loops(write(tmp_path, b"x y\n0 0\n1,0\n1 1\n"), 2)
    np.testing.assert_array_equal(loop, [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])
    assert read_loops(write(tmp_path, b"0 0 1\n1 0 2\n"), 2)[0].shape == (2, 3)
    for data, least, said in (
        (b"0 0\n1 0\n", 3, "three numbers"),
        (b"0 0\n1 0 1\n", 2, "two numbers"),
        (b"1\n", 2, "x y or x y z"),
    ):
        with pytest.raises(BadInput, match=said):
            read_loops(write(tmp_path, data), least)
    with pytest.raises(BadInput, match="three numbers"):
        read_loops(write(tmp_path, b"0 0 1\n1 0\n"), 2)


READERS = pytest.mark.parametrize("read", [read_loops, read_height_field])


@READERS
def test_missing_folder_device_and_impossible_paths(read, tmp_path):
    check_refused(read, tmp_path / "absent", "no such file")
    check_refused(read, tmp_path, "this is a folder")
    check_refused(read, tmp_path / "nul\0", "cannot be read")
    check_refused(read, tmp_path / ("a" * 500), "cannot be read")
    check_refused(read, tmp_path / "new\nline", "no such file")
    if os.name == "posix":
        check_refused(read, os.devnull, "device or pipe")


@READERS
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_unreadable(read, tmp_path):
    path = write(tmp_path, PLAIN.encode())
    path.chmod(0)
    check_refused(read, path, "Permission denied")


@READERS
def test_an_error_of_the_disk_is_one_line(read, tmp_path, monkeypatch):
    path = write(tmp_path, PLAIN.encode())

    def broken(self):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(type(path), "read_bytes", broken)
    check_refused(read, path, "Input/output error")


def check_refused(read, path, named):
    with pytest.raises(BadInput) as caught:
        read(path)
    message = str(caught.value)
    assert named in message
    assert str(path).partition("\n")[0].partition("\0")[0][:60] in message
    assert len(message.splitlines()) == 1
    assert all(c.isprintable() for c in message)
