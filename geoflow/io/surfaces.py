"""Triangles in ``.obj``, ``.ply`` and ``.stl`` files, and points in ``.csv``; Z up, seen from above.

OBJ, PLY and CSV keep every bit of a float64 (VTK's readers of OBJ and PLY, which are pyvista's too, give them back as float32).
STL is float32 by its format: lengths there are right to seven digits.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoflow.io.atomic import atomic_path
from geoflow.io.tables import write_csv
from geoflow.io.triangles import checked_curves, checked_points, checked_triangles

STL_TRIANGLE: Final = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attributes", "<u2")])
PLY_TRIANGLE: Final = np.dtype([("count", "u1"), ("corners", "<i4", 3)])


def write_obj(path: str | os.PathLike[str], points: ArrayLike, triangles: ArrayLike, curves: Sequence[ArrayLike] = ()) -> None:
    """Write triangles as the object ``film`` of a Wavefront OBJ file, and curves as its object ``wire``.

    Parameters
    ----------
    path : str or path
    points : (k, 3)
    triangles : (t, 3)
        Places in ``points``, counted from 0.
    curves : sequence of (m, 3)
        Polylines with vertices of their own; one whose last point is its first is closed.

    Raises
    ------
    BadInput
        Shapes that do not fit, values that are not real numbers, infinities, no triangle at all.
    GeoflowError
        The file cannot be written; an old one is then left as it was.
    """
    places, corners = checked_triangles(points, triangles)
    lines = checked_curves(curves)
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write("# a film on its wire, z up\no film\n")
        file.writelines(_vertices(places))
        file.writelines(f"f {a} {b} {c}\n" for a, b, c in (corners + 1).tolist())
        file.write("o wire\n" if lines else "")
        used = len(places)
        for line in lines:
            closed = len(line) > 2 and np.array_equal(line[0], line[-1])
            own = line[:-1] if closed else line
            file.writelines(_vertices(own))
            ring = [*range(used + 1, used + len(own) + 1), *([used + 1] if closed else [])]
            file.writelines(f"l {a} {b}\n" for a, b in zip(ring, ring[1:], strict=False))
            used += len(own)


def _vertices(points: NDArray[np.float64]) -> Iterable[str]:
    return (f"v {a!r} {b!r} {c!r}\n" for a, b, c in points.tolist())


def write_ply(path: str | os.PathLike[str], points: ArrayLike, triangles: ArrayLike) -> None:
    """Write triangles as a binary PLY file of doubles; arguments and errors as for `write_obj`."""
    places, corners = checked_triangles(points, triangles)
    header = [
        "ply\nformat binary_little_endian 1.0\ncomment a film, z up",
        f"element vertex {len(places)}",
        *(f"property double {name}" for name in "xyz"),
        f"element face {len(corners)}",
        "property list uchar int vertex_indices\nend_header\n",
    ]
    faces = np.empty(len(corners), PLY_TRIANGLE)
    faces["count"], faces["corners"] = 3, corners
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write("\n".join(header).encode("ascii"))
        file.write(places.astype("<f8").tobytes())
        file.write(faces.tobytes())


def write_stl(path: str | os.PathLike[str], points: ArrayLike, triangles: ArrayLike) -> None:
    """Write triangles as a binary STL file, float32 by its format; arguments and errors as for `write_obj`."""
    places, corners = checked_triangles(points, triangles)
    spots = places[corners]
    facets = np.zeros(len(corners), STL_TRIANGLE)
    facets["corners"], facets["normal"] = spots, _normals(spots)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(b"a film, z up".ljust(80))
        file.write(np.uint32(len(corners)).astype("<u4").tobytes())
        file.write(facets.tobytes())


def write_points(path: str | os.PathLike[str], points: ArrayLike) -> None:
    """Write a table ``x,y,z``, one row a point (k, 3); errors as for `write_obj`."""
    write_csv(path, dict(zip("xyz", checked_points("points", points).T, strict=True)))


def _normals(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return normals / np.where(lengths > 0.0, lengths, 1.0)
