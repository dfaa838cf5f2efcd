"""What to try the rules with: text that is a formula and text that is none, loops of points, files of wires, arrays, options."""

from __future__ import annotations

import io
import re

import numpy as np
from hypothesis import strategies as st
from PIL import Image

# ---- text ---------------------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.integers(0, 12).map(str),
    st.floats(0.0, 10.0).map(lambda v: f"{v:.3g}"),
    st.sampled_from(["1e-300", "1e300", "0.5", "1e8", ".5", "2.", "1e-9", "3e5", "1_000"]),
)
ONE = ("sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp log ln sqrt abs sign").split()
TWO = ("atan2", "arctan2", "min", "max", "hypot")


def formulas(variables: str = "xy", leaves: int = 8) -> st.SearchStrategy[str]:
    """Formulas that are one, by the grammar; they may well have no finite value anywhere."""
    atoms = st.one_of(st.sampled_from([*variables, "pi", "e"]), st.sampled_from(list(variables)), NUMBERS)

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.tuples(inner, st.sampled_from([" + ", "-", "*", "/", " * "]), inner).map("".join),
            st.tuples(inner, st.sampled_from(["**2", "**3", "**0.5", "**-1"])).map(lambda p: f"({p[0]}){p[1]}"),
            st.tuples(inner, inner).map(lambda p: f"({p[0]})**({p[1]})"),
            st.tuples(st.sampled_from(ONE), inner).map(lambda p: f"{p[0]}({p[1]})"),
            st.tuples(st.sampled_from(TWO), inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
            inner.map("-{}".format),
            inner.map("({})".format),
        )

    return st.recursive(atoms, grown, max_leaves=leaves)


SCRAPS = st.sampled_from(
    r"^ ** ( ) , [ ] { . .. _ __ ' # = == := lambda if x é ² nan inf 1e999 0x1 1j − π sin import @ % \ ` ; ! / // - +".split()
    + '" None True yield await 𝐱'.split()
    + ["\n", "\t", "\0", "\x1b[31m", "\u200b", "\u202e", " ", "1 1", "x y", "sin x", "\ud800"]
)


def mutated(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Text with a scrap put in, a piece cut out, or a piece doubled."""

    @st.composite
    def once(draw: st.DrawFn) -> str:
        text = draw(texts)
        for _ in range(draw(st.integers(1, 3))):
            a, b = sorted(draw(st.integers(0, len(text))) for _ in range(2))
            text = draw(st.sampled_from([text[:a] + text[b:], text[:b] + text[a:], text[:a] + draw(SCRAPS) + text[b:]]))
        return text

    return once()


JUNK = st.one_of(st.text(max_size=30), SCRAPS, st.binary(max_size=30).map(lambda b: b.decode("utf-8", "surrogateescape")))
BAD_NUMBERS = st.sampled_from(
    "nan inf -inf 0 -1 -0 1e400 x 1,5 0x1 1e - -- ½ 1_0 True 1e-400 1e-323".split() + ["", " ", "9" * 400, "1\n2"]  # noqa: RUF005
)


def as_arguments(words: list[str]) -> list[str]:
    """Words as a process could be given them: bytes without zeros, decoded as Python does."""
    return [w.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape").replace("\0", "") for w in words]


# ---- loops of points, and files of them ---------------------------------------------------------------------------------

ROUND_NUMBERS = st.one_of(st.integers(-3, 3).map(float), st.floats(-2.0, 2.0))
ODD_NUMBERS = st.sampled_from([0.0, -0.0, 1e-9, 1e-300, 1e100, np.nan, np.inf, 1e300, 5e-324])
SCALES = st.sampled_from([1.0] * 12 + [1e-8, 1e8, 1e-160, 1e99, 1e-300])
SHIFTS = st.sampled_from([0.0] * 6 + [0.3, 1e6, 1e16])


@st.composite
def loops(draw: st.DrawFn) -> np.ndarray:
    """Points (k, 3): anything, a tangle, a rectangle, a circle or a star; tiny or huge; some doubled, swapped or spoilt."""
    kind = draw(st.sampled_from(["any", "tangle", "round", "round", "rectangle", "rectangle", "star"]))
    if kind in ("any", "tangle"):
        c = st.one_of(ROUND_NUMBERS, ODD_NUMBERS) if kind == "any" else ROUND_NUMBERS
        points = np.array(draw(st.lists(st.tuples(c, c, c), max_size=9)), dtype=float).reshape(-1, 3)
    elif kind == "rectangle":
        w, h = draw(st.sampled_from([(1.0, 1.0), (2.0, 1.0), (1.0, 3.0), (1.0, 1e-3), (1.0, 1e5), (1e-9, 1.0)]))
        k = draw(st.integers(1, 3))
        s = np.arange(k) / k
        x, y = np.concatenate([w * s, 0 * s + w, w - w * s, 0 * s]), np.concatenate([0 * s, h * s, 0 * s + h, h - h * s])
        points = np.column_stack([x, y, draw(st.lists(ROUND_NUMBERS, min_size=4 * k, max_size=4 * k))])
    else:
        k = draw(st.integers(3, 12))
        a = 2.0 * np.pi * np.arange(k) / k
        r = draw(st.lists(st.floats(0.2, 1.5), min_size=k, max_size=k)) if kind == "star" else 1.0
        points = np.column_stack([r * np.cos(a), r * np.sin(a), draw(st.lists(ROUND_NUMBERS, min_size=k, max_size=k))])
    with np.errstate(all="ignore"):
        points = points * draw(SCALES) + draw(SHIFTS)
        return _spoilt(draw, points)


def _spoilt(draw: st.DrawFn, points: np.ndarray) -> np.ndarray:
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        if len(points) < 2:
            break
        i, j = draw(st.integers(0, len(points) - 1)), draw(st.integers(0, len(points) - 1))
        how = draw(st.sampled_from(["repeat", "swap", "drop", "poison", "close", "near"]))
        if how == "repeat":
            points = np.insert(points, i, points[j], axis=0)
        elif how == "swap":
            points[[i, j]] = points[[j, i]]
        elif how == "drop":
            points = np.delete(points, i, axis=0)
        elif how == "poison":
            points[i, j % 3] = draw(ODD_NUMBERS)
        elif how == "close":
            points = np.concatenate([points, points[:1]])
        else:
            points[i] = points[j] * (1.0 - 1e-15)
    return points


def as_text(given: list[np.ndarray], between: str = " ", end: str = "\n") -> bytes:
    return (end + end).join(end.join(between.join(map(repr, p)) for p in loop.tolist()) for loop in given).encode()


def _around(given: list[np.ndarray]) -> list[list[int]]:
    """The places of each loop's points in all of them, and its first once more."""
    starts = np.cumsum([0, *map(len, given)])
    return [[*range(a, b), a] for a, b in zip(starts, starts[1:], strict=False)]


def as_obj(given: list[np.ndarray], face: bool) -> bytes:
    points = "".join(f"v {x!r} {y!r} {z!r}\n" for x, y, z in np.concatenate(given).tolist())
    cells = "".join(f"{'f' if face else 'l'} {' '.join(str(k + 1) for k in (c[:-1] if face else c))}\n" for c in _around(given))
    return (points + cells).encode()


def as_ply(given: list[np.ndarray], order: str) -> bytes:
    points, edges = np.concatenate(given), [pair for c in _around(given) for pair in zip(c, c[1:], strict=False)]
    head = f"ply\nformat {order} 1.0\nelement vertex {len(points)}\n" + "".join(f"property double {c}\n" for c in "xyz")
    head += f"element edge {len(edges)}\nproperty int vertex1\nproperty int vertex2\nend_header\n"
    if order == "ascii":
        return (head + "\n".join(" ".join(map(repr, row)) for row in [*points.tolist(), *edges]) + "\n").encode()
    sign = "<" if "little" in order else ">"
    return head.encode() + points.astype(sign + "f8").tobytes() + np.array(edges, dtype=sign + "i4").tobytes()


def as_vtp(given: list[np.ndarray]) -> bytes:
    points, cells = np.concatenate(given), _around(given)
    corners, offsets = " ".join(str(k) for c in cells for k in c), " ".join(map(str, np.cumsum([len(c) for c in cells])))
    return (
        '<?xml version="1.0"?>\n<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian"><PolyData>'
        f'<Piece NumberOfPoints="{len(points)}" NumberOfVerts="0" NumberOfLines="{len(cells)}" NumberOfStrips="0" '
        f'NumberOfPolys="0"><Points><DataArray type="Float64" NumberOfComponents="3" format="ascii">'
        f"{' '.join(map(repr, points.ravel().tolist()))}</DataArray></Points><Lines>"
        f'<DataArray type="Int64" Name="connectivity" format="ascii">{corners}</DataArray>'
        f'<DataArray type="Int64" Name="offsets" format="ascii">{offsets}</DataArray></Lines></Piece></PolyData></VTKFile>'
    ).encode()


def saved(array: np.ndarray, archive: bool) -> bytes:
    out = io.BytesIO()
    if archive:
        np.savez(out, array)
    else:
        np.save(out, array, allow_pickle=True)
    return out.getvalue()


def picture(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


DTYPES = "f8 f4 f2 i4 i8 u1 u8 ? c16 O U3 S2 M8[s] m8[s] g".split()
SHAPES = [(3, 3), (4, 5), (5, 4), (9, 9), (2,), (2, 5), (0, 3), (0,), (3,), (), (3, 3, 3), (1, 9), (9, 1), (2, 2), (1, 2), (81,)]


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """An array of any dtype and shape; of floats some entry may be NaN, infinite or huge."""
    kind, shape = draw(st.sampled_from(DTYPES)), draw(st.sampled_from(SHAPES))
    array = np.arange(int(np.prod(shape))).reshape(shape)
    if "8[s]" in kind:
        return array.astype("i8").astype(kind)
    array = array.astype(kind)
    odd = draw(st.sampled_from([None, None, np.nan, np.inf, -np.inf, 1e300, 6e4, -0.0, 1e100]))
    if odd is not None and array.size and kind in ("f8", "f4", "f2", "c16", "O", "g"):
        with np.errstate(all="ignore"):
            array.ravel()[draw(st.integers(0, array.size - 1))] = odd
    return array


SUFFIXES = [".csv"] * 4 + [".txt", ".obj", ".obj", ".ply", ".ply", ".vtp", ".vtp", ".npy", ".npz", ".xyz", ".dat"]


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A suffix and what is in the file: often a wire or heights, often damaged, at times bytes at random or another kind's."""
    suffix, several = draw(st.sampled_from([*SUFFIXES * 3, ".png"])), st.lists(loops(), min_size=1, max_size=3)
    if draw(st.integers(0, 19)) == 7:
        return suffix, draw(st.binary(max_size=200))
    if suffix == ".obj":
        data = as_obj(draw(several), draw(st.booleans()))
    elif suffix == ".ply":
        data = as_ply(draw(several), draw(st.sampled_from(["ascii", "binary_little_endian", "binary_big_endian"])))
    elif suffix == ".vtp":
        data = as_vtp(draw(several))
    elif suffix in (".npy", ".npz"):
        data = saved(draw(arrays()), suffix == ".npz")
    elif suffix == ".png":
        grey = np.array(draw(st.lists(st.integers(0, 255), min_size=12, max_size=12)), dtype=np.uint8)
        data = picture(grey.reshape(draw(st.sampled_from([(3, 4), (4, 3), (2, 6), (1, 12)]))))
    else:
        mark = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf", b"x,y,z\n"]))
        data = mark + as_text(
            draw(several), draw(st.sampled_from([" ", ",", ";", "\t", ", "])), draw(st.sampled_from(["\n", "\r\n"]))
        )
    if draw(st.integers(0, 19)) == 7:
        suffix = draw(st.sampled_from([*SUFFIXES, ".png", ".tif", ".gif", ".jpg", ".bmp", ".stl", ""]))
    return suffix, draw(damaged(data))


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Bytes cut short, with a piece cut out or doubled, a byte turned over, or something put in."""
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        a, b = sorted(draw(st.integers(0, len(data))) for _ in range(2))
        put = draw(st.one_of(st.binary(max_size=8), st.sampled_from([b"9999", b"-", b"\n\n", b"nan", b"\xff", b"1e400"])))
        data = draw(st.sampled_from([data[:a], data[:a] + data[b:], data[:a] + put + data[a:], data[:b] + data[a:]]))
    return data


# ---- options ------------------------------------------------------------------------------------------------------------


def power(low: float, high: float) -> st.SearchStrategy[str]:
    return st.floats(low, high).map(lambda p: f"{10.0**p:.3g}")


def rarely(bad: st.SearchStrategy, good: st.SearchStrategy) -> st.SearchStrategy:
    return st.integers(0, 29).flatmap(lambda k: bad if k == 17 else good)


def option(name: str, good: st.SearchStrategy, bad: st.SearchStrategy, one_in: int) -> st.SearchStrategy[list[str]]:
    """[name, value] once in so many cases, else []; rarely with a value that is none."""
    words = rarely(bad, good).map(lambda v: [name, v])
    return words if one_in == 1 else st.integers(1, one_in).flatmap(lambda k: words if k == 2 else st.just([]))


SHIPPED = st.sampled_from("saddle enneper scherk tent catenoid helicoid terrain".split())
AT_HAND = st.sampled_from(["wire.csv", "heights.npy"])
PLAIN = st.sampled_from(["x*y", "x**2 - y**2", "1", "0", "1000 + x", "-x**3", "abs(x)", "1e3*x*y", "exp(x)", "sin(9*x)"])
STARTS = st.sampled_from(["flat", "coons", "heights.npy", "x*y", "-x + 1", "10*sin(9*x)", "1e5*x"])
FILM_METHODS = st.sampled_from("sdirk2 euler lagged sdirk3 secant explicit rk heavyball".split())
POINT_METHODS = st.sampled_from("sdirk3 sdirk2 euler secant explicit rk heavyball".split())
QUIET = st.sampled_from([[], ["--json"], ["--json"], ["--quiet"], ["--json", "--quiet"]])
TARGETS = [
    "a.csv",
    "a.vtp",
    "a.obj",
    "a.ply",
    "a.pvd",
    "a.stl",
    "a.json",
    "none/a.ply",
    "a",
    "",
    "a.xyz",
    ".csv",
    "wire.csv/a.csv",
]


@st.composite
def film_commands(draw: st.DrawFn) -> list[str]:
    """``geoflow film`` with options that mostly go together."""
    sources = (SHIPPED, AT_HAND, PLAIN, PLAIN, formulas(leaves=5), st.just("t*x"), mutated(formulas(leaves=4)), JUNK)
    wire = draw(st.one_of(*sources))
    file, known = wire.endswith((".csv", ".npy")), wire.isalpha()
    out = ["film", wire, "-n", draw(rarely(BAD_NUMBERS, st.integers(3, 7).map(str)))]
    if draw(st.integers(0, 4)) == 1:
        out.append("--relax")
    else:
        out += draw(option("--until", power(-4, 2), BAD_NUMBERS, 1 if wire == "t*x" else 2))
        method = draw(option("--method", FILM_METHODS, JUNK, 2))
        out += [*method, *draw(option("--dt", power(-3, 6), BAD_NUMBERS, 4))]
        out += draw(option("--beta", power(-3, 3), BAD_NUMBERS, 2 if "heavyball" in method else 60))
    out += draw(option("--rtol", power(-5, 1), BAD_NUMBERS, 4))
    out += draw(option("--metric", st.sampled_from(["l2", "mcf"]), JUNK, 4))
    out += draw(option("--up", st.sampled_from("xyz"), JUNK, 6 if file else 60))
    out += draw(option("--scale", power(-3, 3), BAD_NUMBERS, 3 if file else 60))
    out += draw(option("--start", st.one_of(STARTS, STARTS, formulas(leaves=3)), JUNK, 3))
    sides = st.tuples(st.floats(-9, 9), st.floats(0.1, 9), st.floats(-9, 9), st.floats(0.1, 9))
    good = sides.map(lambda v: [f"{s:.3g}" for s in (v[0], v[0] + v[1], v[2], v[2] + v[3])])
    bad = st.lists(st.one_of(power(-9, 9), BAD_NUMBERS), min_size=3, max_size=5)
    out += draw(option("--bounds", good, bad, 40 if file or known else 3).map(_flat))
    out += draw(st.sampled_from([[], [], ["--error-bar"]]))
    return _with_results(draw, out)


@st.composite
def point_commands(draw: st.DrawFn) -> list[str]:
    """``geoflow point`` with starts and options that mostly go together."""
    text = draw(
        st.one_of(
            POTENTIALS, POTENTIALS, formulas("xy", 5), formulas("x", 4), formulas("xyz", 4), mutated(formulas(leaves=4)), JUNK
        )
    )
    d = _dimension(text)
    number = st.one_of(
        st.floats(-3.0, 3.0).map("{:.3g}".format), st.integers(-2, 2).map(str), st.sampled_from(["1e-6", "0", "1"])
    )
    start = st.lists(number, min_size=d, max_size=d).map(",".join)
    spoilt = st.one_of(JUNK, BAD_NUMBERS, st.lists(number, max_size=4).map(",".join), st.just(",".join(["1e100"] * d)))
    out, many = ["point", text], draw(st.sampled_from([0, 1, 1, 1, 2]))
    for _ in range(many):
        out += ["--from", draw(rarely(spoilt, start))]
    often = 2 if many else 60
    method = draw(option("--method", POINT_METHODS, JUNK, often))
    out += [*draw(option("--until", power(-4, 2), BAD_NUMBERS, often)), *method]
    out += draw(option("--beta", power(-3, 2), BAD_NUMBERS, 1 if "heavyball" in method else 60))
    out += draw(option("--rtol", power(-6, 1), BAD_NUMBERS, 3 * often))
    sides = st.lists(st.tuples(st.floats(-9.0, -3.1), st.floats(3.1, 9.0)), min_size=d, max_size=d)
    good = sides.map(lambda v: [f"{s:.3g}" for side in v for s in side])
    bad = st.lists(st.one_of(power(-9, 9), BAD_NUMBERS), min_size=1, max_size=5)
    out += draw(option("--bounds", good, bad, 4).map(_flat))
    return _with_results(draw, out)


POTENTIALS = st.sampled_from(
    """x**2; x**2 + y**2; x*y; (x**2 - 1)**2/4 + y**2/2; exp(x)*cos(y) - x - 1; x**4; x**2*y**2; 1/x; log(x); sqrt(x); -x**2
    abs(x); x1**2 + x2*x3; max(x, y); x**2 + y**2 + z**2; exp(x); hypot(x, y); sin(x)*sin(y); exp(x**2); x*y*z*w
    1/(x**2 + y**2); -log(1 - x**2); sign(x) + y**2; atan2(y, x)""".replace("\n", ";").split(";")
)


def _dimension(text: str) -> int:
    """How many variables a potential has."""
    words = re.findall(r"[A-Za-z_]\w*", text)
    numbered = [int(w[1:]) for w in words if re.fullmatch(r"x\d", w)]
    return max([*numbered, *("xyzw".index(w) + 1 for w in words if w in "xyzw"), 1])


def _flat(words: list) -> list[str]:
    return words if not words else [words[0], *words[1]]


def _with_results(draw: st.DrawFn, out: list[str]) -> list[str]:
    """How the results are told, at times files, rarely a word too many or too few."""
    out += draw(QUIET)
    if draw(st.integers(0, 7)) == 1:
        out += ["-o", draw(st.sampled_from(TARGETS))]
    if draw(st.integers(0, 40)) == 17:
        out += draw(st.sampled_from([["--out", ""], ["--out", "wire.csv"], ["--out", "wire.csv/o"]]))
    if draw(st.integers(0, 40)) == 17:
        out.insert(draw(st.integers(0, len(out))), draw(JUNK))
    if draw(st.integers(0, 40)) == 17:
        out.pop(draw(st.integers(0, len(out) - 1)))
    return as_arguments(out)
