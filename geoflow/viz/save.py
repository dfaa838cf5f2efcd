"""A picture into a file, which is replaced only when the picture is complete."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from geoflow.errors import BadInput
from geoflow.io.atomic import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 200


def picture_suffix(path: str | os.PathLike[str]) -> str:
    """The suffix of a path that a picture can be written to."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".png", ".pdf"):
        raise BadInput("path", os.fspath(path), "a drawn picture is a .png or a .pdf")
    return suffix


def save_picture(path: str | os.PathLike[str], ax: Axes | Mapping[str, Axes]) -> None:
    """Write the figure that an axes is part of.

    Parameters
    ----------
    path : path
        ``.png`` (200 dots an inch) or ``.pdf`` (vectors).
    ax : Axes, or mapping of name to Axes
        What one of the functions of `geoflow.viz` returned.

    Raises
    ------
    BadInput
        Another suffix, or no axes.
    GeoflowError
        The file cannot be written; an old one is then left as it was.
    """
    from matplotlib.axes import Axes as Kind

    suffix = picture_suffix(path)
    if isinstance(ax, Mapping) and len(ax):
        ax = next(iter(ax.values()))
    if not isinstance(ax, Kind):
        raise BadInput("ax", type(ax).__name__, "give the axes that a picture was drawn on")
    ink = io.BytesIO()
    ax.get_figure(root=True).savefig(ink, format=suffix[1:], dpi=DPI)  # type: ignore[union-attr]
    with atomic_path(Path(path)) as part:
        part.write_bytes(ink.getvalue())
