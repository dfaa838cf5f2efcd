"""Height fields as triangles in ``.obj``, ``.ply`` and ``.stl`` files, and as points in ``.csv``; Z up, seen from above.

OBJ, PLY and CSV keep every bit of a float64 (VTK's reader of PLY, which is pyvista's too, gives them back as float32). STL is
float32 by its format: lengths there are right to seven digits.
"""

from __future__ import annotations

import os
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoflow.io.atomic import atomic_path
from geoflow.io.tables import write_csv
from geoflow.io.triangles import triangulated

STL_TRIANGLE: Final = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attributes", "<u2")])
PLY_TRIANGLE: Final = np.dtype([("count", "u1"), ("corners", "<i4", 3)])


def write_obj(path: str | os.PathLike[str], x: ArrayLike, y: ArrayLike, u: ArrayLike) -> None:
    """Write a height field as a Wavefront OBJ file; arguments and errors as for ``write_vtp``."""
    points, triangles, _ = triangulated(x, y, u)
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write("# heights over a plane, z up\n")
        file.writelines(f"v {a!r} {b!r} {c!r}\n" for a, b, c in points.tolist())
        file.writelines(f"f {a} {b} {c}\n" for a, b, c in (triangles + 1).tolist())


def write_ply(path: str | os.PathLike[str], x: ArrayLike, y: ArrayLike, u: ArrayLike) -> None:
    """Write a height field as a binary PLY file of doubles; arguments and errors as for ``write_vtp``."""
    points, triangles, _ = triangulated(x, y, u)
    header = [
        "ply\nformat binary_little_endian 1.0\ncomment heights over a plane, z up",
        f"element vertex {len(points)}",
        *(f"property double {name}" for name in "xyz"),
        f"element face {len(triangles)}",
        "property list uchar int vertex_indices\nend_header\n",
    ]
    faces = np.empty(len(triangles), PLY_TRIANGLE)
    faces["count"], faces["corners"] = 3, triangles
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write("\n".join(header).encode("ascii"))
        file.write(points.astype("<f8").tobytes())
        file.write(faces.tobytes())


def write_stl(path: str | os.PathLike[str], x: ArrayLike, y: ArrayLike, u: ArrayLike) -> None:
    """Write a height field as a binary STL file, float32 by its format; arguments and errors as for ``write_vtp``."""
    points, triangles, _ = triangulated(x, y, u)
    corners = points[triangles]
    facets = np.zeros(len(triangles), STL_TRIANGLE)
    facets["corners"], facets["normal"] = corners, _normals(corners)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(b"heights over a plane, z up".ljust(80))
        file.write(np.uint32(len(triangles)).astype("<u4").tobytes())
        file.write(facets.tobytes())


def write_points(path: str | os.PathLike[str], x: ArrayLike, y: ArrayLike, u: ArrayLike) -> None:
    """Write a height field as a table ``x,y,z``, one row a node of the film; arguments and errors as for ``write_vtp``."""
    points, _, _ = triangulated(x, y, u)
    write_csv(path, dict(zip("xyz", points.T, strict=True)))


def _normals(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return normals / np.where(lengths > 0.0, lengths, 1.0)
