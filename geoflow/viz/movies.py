"""A run of a film as a movie, ``.gif`` or ``.mp4``: one box, one camera and one scale of colours from beginning to end."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geoflow.errors import BadInput, GeoflowError
from geoflow.io.atomic import atomic_path

if TYPE_CHECKING:
    from PIL import Image

MOVIES = (".gif", ".mp4")
WHITE = 255
"""Its place in a palette."""

RATE, HELD = 15, 1.5
"""Frames a second; and for how many seconds a GIF stays at its last one."""


def check_movie(path: str | os.PathLike[str]) -> None:
    """Refuse an MP4 where nothing can encode it."""
    if Path(path).suffix.lower() == ".mp4" and not _can_encode():
        raise BadInput("path", os.fspath(path), "an .mp4 needs the extra `movie` (imageio-ffmpeg); a .gif needs nothing")


def _can_encode() -> bool:
    if find_spec("imageio_ffmpeg") is None:
        return False
    import imageio_ffmpeg

    try:
        return bool(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return False


def write_movie(path: str | os.PathLike[str], pages: Iterator[np.ndarray]) -> None:
    """Write pages (h, w, 3) of bytes, all of one size, whole or not at all."""
    path = Path(path)
    with atomic_path(path) as part:
        (_write_gif if path.suffix.lower() == ".gif" else _write_mp4)(part, pages)


def _write_gif(path: Path, pages: Iterator[np.ndarray]) -> None:
    from PIL import Image

    seen = [Image.fromarray(page) for page in pages]
    # One palette for all frames, or flat ground would flicker; from three of them, for the colours of all of the run.
    sample = Image.fromarray(np.concatenate([np.asarray(seen[k]) for k in (0, len(seen) // 2, -1)]))
    colours = [*(sample.quantize(WHITE).getpalette() or [])[: 3 * WHITE]]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*colours, *[255] * (3 * 256 - len(colours))])
    frames = [_indexed(page, palette) for page in seen]
    durations = [round(1000 / RATE)] * (len(frames) - 1) + [round(1000 * HELD)]
    look: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": 0}
    frames[0].save(path, format="GIF", **look)


def _indexed(page: Image.Image, palette: Image.Image) -> Image.Image:
    """A page in the colours of a palette; what is white stays so, which dithering and Pillow's search alone do not see to."""
    from PIL import Image

    index = np.asarray(page.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)).copy()
    index[(np.asarray(page) == 255).all(axis=2)] = WHITE
    frame = Image.fromarray(index)
    frame.putpalette(palette.getpalette() or [])
    return frame


def _write_mp4(path: Path, pages: Iterator[np.ndarray]) -> None:
    """By ffmpeg itself: imageio's generator around it leaves its pipes open."""
    import imageio_ffmpeg

    frames = [np.ascontiguousarray(page[: page.shape[0] // 2 * 2, : page.shape[1] // 2 * 2]) for page in pages]  # H.264: even
    h, w = frames[0].shape[:2]
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{w}x{h}", "-r", str(RATE), "-i", "-"]
    wanted = ["-an", "-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", os.fspath(path)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *source, *wanted]
    made = subprocess.run(command, input=b"".join(frame.tobytes() for frame in frames), capture_output=True)
    if made.returncode:
        said = made.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {made.returncode}"]
        raise GeoflowError(f"ffmpeg could not encode {path.name}: {said[-1]}")
