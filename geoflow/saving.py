"""`save_film`: a film into a file, whose suffix says what kind."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from geoflow.errors import BadInput
from geoflow.fields import fields
from geoflow.films import Film
from geoflow.io.surfaces import write_obj, write_ply, write_points, write_stl
from geoflow.io.vtk import write_vtp
from geoflow.protocols import Array

Saver = Callable[[Path, Film, Array, float], None]


def save_film(
    path: str | os.PathLike[str],
    film: Film,
    u: Array,
    title: str | None = None,
    t: float = 0.0,
    parts: Sequence[Array] = (),
) -> None:
    """Write heights u of a film to a file.

    Parameters
    ----------
    path : str or path
        ``.vtp``, ``.obj``, ``.ply``, ``.stl``: triangles, Z up, counter-clockwise seen from above, every vertex in use and
        those of the wire on the wire to the last bit (STL: to float32, by its format). ``.vtp`` carries the height, its
        change since the start, the mean curvature and the velocity (see ``geoflow.fields``); ``.obj`` has the wire as a second
        object, of line elements. ``.csv``: a table x, y, z of the vertices. ``.png``, ``.pdf``: a picture.
    film : Film
        On a wire over any outline.
    u : (ny, nx)
        Such as ``run.x``.
    title : str or None
        Of a picture; None names the wire and the flow.
    t : float
        The time of ``u``, which tells where a wire is that moves.
    parts : sequence of (k, 3)
        Of the wire, in the film's axes, to be marked in a picture as let go of, as ``detachment`` tells them.

    Raises
    ------
    BadInput
        A suffix or a shape that does not fit, before anything is written.
    GeoflowError
        The file cannot be written; an old one is then left as it was.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput("path", os.fspath(path), f"its suffix should be one of {' '.join(SUFFIXES)}")
    u = film.grid.checked(u)
    if suffix in SURFACES:
        SURFACES[suffix](path, film, u, t)
    else:
        from geoflow.viz.films import draw_film

        draw_film(film, u, path, t=t if film.wire.path is not None else None, title=title, parts=parts)


def _vtp(path: Path, film: Film, u: Array, t: float) -> None:
    surface, values = fields(film, u, t)
    write_vtp(path, surface.points, surface.triangles, values)


def _obj(path: Path, film: Film, u: Array, t: float) -> None:
    surface = film.surface(u, t)
    write_obj(path, surface.points, surface.triangles, surface.wires)


def _ply(path: Path, film: Film, u: Array, t: float) -> None:
    surface = film.surface(u, t)
    write_ply(path, surface.points, surface.triangles)


def _stl(path: Path, film: Film, u: Array, t: float) -> None:
    surface = film.surface(u, t)
    write_stl(path, surface.points, surface.triangles)


def _csv(path: Path, film: Film, u: Array, t: float) -> None:
    write_points(path, film.surface(u, t).points)


SURFACES: dict[str, Saver] = {".vtp": _vtp, ".obj": _obj, ".ply": _ply, ".stl": _stl, ".csv": _csv}
PICTURES = (".png", ".pdf")
MOVIES = (".gif", ".mp4")  # of a run, by `geoflow.viz.draw_film`
SUFFIXES = (*SURFACES, *PICTURES)
