"""Height fields from ``.npy`` and ``.npz`` files and from images; pickles are never opened.

The header of an array is read and judged before any data, so that a file which promises more than it holds costs no memory.
"""

from __future__ import annotations

import contextlib
import gc
import io
import math
import os
import warnings
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geoflow.errors import BadInput
from geoflow.io.files import MAX_BYTES, read_bytes, shown

MAX_MAGNITUDE: Final = 1e100
LEAST_NODES: Final = 3
IMAGES: Final = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".pgm", ".ppm")
SUFFIXES: Final = (".npy", ".npz", *IMAGES)
NAMED: Final = ("heights", "height", "elevation", "z", "u")  # of the array to take from an .npz of several
FAINT: Final = 0.02  # what differs by less, of a grey of 0 … 1, is not seen
VERSIONS: Final = ((1, 0), (2, 0), (3, 0))

_NAMES: Final = {"c": "complex numbers", "O": "objects", "U": "text", "S": "text", "M": "dates", "m": "times"}


def read_height_field(path: str | os.PathLike[str]) -> tuple[NDArray[np.float64], str]:
    """Read heights on a grid: an array as saved by ``np.save`` or ``np.savez``, or an image.

    Parameters
    ----------
    path : str or path
        ``.npz``: its only array, or the one called heights, height, elevation, z or u. Images, whatever scikit-image reads:
        colours become luminance, transparency is left out, whole numbers are divided by the largest of their type (255 or
        65535), floats stay as they are, and the picture's top row becomes the last, so that north is up.

    Returns
    -------
    heights : ndarray (ny, nx), float64, C order
        x along the last axis, row 0 at y0. Integers, booleans and other floats become float64.
    scale : str
        What a height of one means, in words.

    Raises
    ------
    BadInput
        A file that is missing, a folder, empty, unreadable, cut, or not what its suffix says; a pickle; complex, object,
        text or date arrays; not two-dimensional; fewer than 3 × 3 nodes; NaN, infinity or magnitudes above 1e100.
    """
    data, field, suffix = read_bytes(path), shown(path), Path(path).suffix.lower()
    if suffix in IMAGES:
        heights, scale = _image(path, field)
    elif suffix == ".npz":
        heights, scale = _array(*_member(data, field)), "heights as in the file"
    else:
        heights, scale = _array(data, field), "heights as in the file"
    _check_finite(heights, field)
    return heights, scale


def read_picture(path: str | os.PathLike[str]) -> NDArray[np.float64]:
    """Grey values of an image as it is seen, (ny, nx), row 0 at the bottom: as by `read_height_field`, but for transparency.

    What is transparent is white, as viewers show it; black if on white there would be nothing to be seen.
    """
    read_bytes(path)
    grey, _ = _image(path, shown(path), seen=True)
    _check_finite(grey, shown(path))
    return grey


def _array(data: bytes, field: str) -> NDArray[np.float64]:
    shape, dtype, header = _header(data, field)
    if dtype.kind not in "biuf":
        kind = _NAMES.get(dtype.kind, f"records of type {dtype}")
        raise BadInput(field, str(dtype), f"the file holds {kind}: save heights as real numbers")
    _check_shape(shape, field)
    wanted, found = math.prod(shape) * dtype.itemsize, len(data) - header
    if found != wanted:
        state = "cut short" if found < wanted else "followed by something else"
        raise BadInput(field, f"{found} bytes of data", f"its header promises {wanted}, so it is {state}")
    with np.errstate(over="ignore"):
        return np.load(io.BytesIO(data), allow_pickle=False).astype(np.float64, order="C", copy=False)


def _member(data: bytes, field: str) -> tuple[bytes, str]:
    """The bytes of the array to take from an .npz, and what to call it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy")]
            wanted = names if len(names) == 1 else [n for n in NAMED if n in names]
            if not wanted:
                held = ", ".join(names[:8]) or "no arrays"
                raise BadInput(field, held, f"give one array, or call it {' or '.join(NAMED)}")
            info = archive.getinfo(f"{wanted[0]}.npy")
            if info.file_size > MAX_BYTES:
                raise BadInput(field, f"{info.file_size} bytes unpacked", f"at most {MAX_BYTES} are read: give a smaller one")
            return archive.read(info), f"{field}, {wanted[0]}"
    except BadInput:
        raise
    except Exception:  # a stranger's archive: zipfile and zlib raise whatever they like
        raise BadInput("file", field, "this is not a whole .npz file: write one with numpy.savez") from None


def _image(path: str | os.PathLike[str], field: str, seen: bool = False) -> tuple[NDArray[np.float64], str]:
    from skimage import io as pictures

    pixels: Any = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(Exception):  # a stranger's picture: readers behind scikit-image raise whatever they like
            pixels = np.asarray(pictures.imread(os.fspath(path)))
            pixels = _as_seen(path, pixels) if seen else pixels
        if pixels is None:
            gc.collect()  # some of them leave the file open
    if pixels is None:
        raise BadInput("file", field, "this is no picture that can be read, or its suffix is wrong")
    return grey_values(pixels, field, seen)


def _as_seen(path: str | os.PathLike[str], pixels: NDArray[Any]) -> NDArray[Any]:
    """The pixels as colours and transparency, where scikit-image's readers give something else.

    They leave out the transparency of one colour or of a palette's, and give inks as they are, of which the fourth is black.
    """
    from PIL import Image

    with Image.open(path) as picture:
        single = pixels.ndim < 4 or len(pixels) == 1
        if single and picture.mode == "CMYK":
            return np.asarray(picture.convert("RGB"))
        keyed = "transparency" in picture.info and picture.mode in ("1", "L", "P", "RGB")
        return np.asarray(picture.convert("RGBA")) if single and keyed else pixels


def grey_values(pixels: NDArray[Any], field: str, seen: bool = False) -> tuple[NDArray[np.float64], str]:
    """Grey values (ny, nx) of a picture's pixels, the top row last, and what one of them means; errors name the field.

    seen: see `read_picture`, and whole numbers of a type larger than theirs are of 255 or 65535; else transparency is left out.
    """
    from skimage import color

    if pixels.ndim == 4 and len(pixels) == 1:
        pixels = pixels[0]  # a GIF of one frame
    kind = pixels.dtype
    if kind.kind not in "buif" or pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 2, 3, 4)):
        raise BadInput(field, f"pixels {kind} of shape {pixels.shape}", "give one grey or colour picture")
    _check_shape(pixels.shape[:2], field)
    largest = _largest(pixels, seen) if kind.kind in "iu" else 1.0
    grey = pixels.astype(np.float64) / largest
    if grey.ndim == 3:
        alpha = grey[..., -1] if seen and grey.shape[2] in (2, 4) else None
        grey = color.rgb2gray(grey[..., :3]) if grey.shape[2] >= 3 else grey[..., 0]
        grey = grey if alpha is None else _seen(grey, np.clip(alpha, 0.0, 1.0), field)
    scale = f"grey 0 … {largest:g} as heights 0 … 1" if kind.kind in "iu" else "grey values as heights"
    return np.ascontiguousarray(grey[::-1]), f"{scale}, the top row of the picture at y1"


def _largest(pixels: NDArray[Any], seen: bool) -> float:
    """What of whole numbers is white, or opaque."""
    own = int(np.iinfo(pixels.dtype).max)
    alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    if not seen or own <= 255 or (pixels.dtype == np.uint16 and not alpha) or pixels.min() < 0:
        return float(own)
    return float(next((most for most in (255, 65535) if pixels.max() <= most <= own), own))


def _seen(grey: NDArray[np.float64], alpha: NDArray[np.float64], field: str) -> NDArray[np.float64]:
    """A picture as it is seen: see `read_picture`."""
    if np.all(alpha == 0.0):
        raise BadInput(field, "transparent everywhere", "give a picture with something in it")
    with np.errstate(invalid="ignore"):
        on_black = alpha * grey
        on_white = on_black + (1.0 - alpha)
    return on_black if np.ptp(on_white) < FAINT else on_white


def _check_shape(shape: tuple[int, ...], field: str) -> None:
    if len(shape) != 2 or min(shape) < LEAST_NODES:
        remedy = f"heights are two-dimensional, (ny, nx), at least {LEAST_NODES} by {LEAST_NODES} nodes"
        raise BadInput(field, f"shape {shape}", remedy)


def _header(data: bytes, field: str) -> tuple[tuple[int, ...], np.dtype, int]:
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        if version not in VERSIONS:
            raise ValueError("unknown version")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
    except Exception:  # the header is a stranger's literal: NumPy raises ValueError, EOFError, TypeError, SyntaxError …
        remedy = "this is not a whole .npy file: write one with numpy.save (no pickle, no .npz, no text)"
        raise BadInput("file", field, remedy) from None
    return shape, dtype, stream.tell()


def _check_finite(heights: NDArray[np.float64], field: str) -> None:
    bad = ~(np.abs(heights) <= MAX_MAGNITUDE)
    if bad.any():
        row, column = np.unravel_index(np.argmax(bad), heights.shape)
        value = f"{heights[row, column]} at [{row}, {column}]"
        raise BadInput(field, value, f"heights must be finite, of magnitude up to {MAX_MAGNITUDE:g}")
