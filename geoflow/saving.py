"""`save_film`: a film into a file, whose suffix says what kind."""

from __future__ import annotations

import os
from pathlib import Path

from geoflow.errors import BadInput
from geoflow.films import Film
from geoflow.io.surfaces import write_obj, write_ply, write_points, write_stl
from geoflow.io.vtk import write_vtp
from geoflow.protocols import Array

SURFACES = {".obj": write_obj, ".ply": write_ply, ".stl": write_stl, ".csv": write_points}
PICTURES = (".png", ".pdf")
SUFFIXES = (".vtp", *SURFACES, *PICTURES)


def save_film(path: str | os.PathLike[str], film: Film, u: Array, title: str | None = None) -> None:
    """Write heights u of a film to a file.

    Parameters
    ----------
    path : str or path
        ``.vtp``, ``.obj``, ``.ply``, ``.stl``: triangles, Z up, counter-clockwise seen from above, every vertex in use and
        those of the wire on the wire to the last bit (STL: to float32, by its format). ``.vtp`` carries the height and its
        change since the start. ``.csv``: a table x, y, z of the nodes. ``.png``, ``.pdf``: a picture.
    film : Film
    u : (ny, nx)
        Such as ``run.x``.
    title : str or None
        Of a picture; None names the wire and the flow.

    Raises
    ------
    BadInput
        A suffix or a shape that does not fit, before anything is written.
    GeoflowError
        The file cannot be written; an old one is then left as it was.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput("path", os.fspath(path), f"its suffix should be one of {' '.join(SUFFIXES)}")
    if film.grid.cut is not None or film.wire.frame is not None:
        raise BadInput("film", film.wire.name, "films on outlines that are no rectangles are computed, not drawn or written yet")
    heights, x, y = film.grid.checked(u), film.grid.x, film.grid.y
    if suffix == ".vtp":
        write_vtp(path, x, y, heights, {"change": heights - film.start})
    elif suffix in SURFACES:
        SURFACES[suffix](path, x, y, heights)
    else:
        from geoflow.viz.films import draw_film

        area = film.flow.energy.value(heights)
        draw_film(path, x, y, heights, title=title or f"Film on the wire {film.wire.name}: {film.flow_name}\narea {area:.7g}")
