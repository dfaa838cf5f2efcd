"""Height fields as triangles in ``.vtp`` files, and ``.pvd`` collections of them in time, for ParaView.

A node (j, i) becomes the point (x, y, u), Z up. Each cell of four nodes is cut from (j, i) to (j+1, i+1), and every
triangle runs counter-clockwise seen from above. VTK encodes; Python writes, so that a full disk is an ``OSError``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, Final
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoflow.errors import BadInput, GeoflowError
from geoflow.io.atomic import atomic_path

NOTHING: Final[Mapping[str, ArrayLike]] = MappingProxyType({})


def write_vtp(
    path: str | os.PathLike[str],
    x: ArrayLike,
    y: ArrayLike,
    u: ArrayLike,
    point_data: Mapping[str, ArrayLike] = NOTHING,
) -> None:
    """Write a height field as triangles, exact in float64, with the point data ``height`` and those given.

    Parameters
    ----------
    path : str or path
    x : (nx,) or (ny, nx)
    y : (ny,) or (ny, nx)
        Coordinates of the nodes.
    u : (ny, nx)
        Heights, in the units of x and y. A node with a NaN height lies outside the film: its triangles, and points
        no triangle uses, are left out.
    point_data : mapping of str to (ny, nx) or (ny, nx, k), optional
        More numbers a node, in any units.

    Raises
    ------
    BadInput
        Shapes that do not fit, values that are not real numbers, infinities, no triangle at all.
    GeoflowError
        The file cannot be written; an old one is then left as it was.
    """
    heights = _real("u", u)
    if heights.ndim != 2 or min(heights.shape) < 2:
        raise BadInput("u", f"shape {heights.shape}", "heights are (ny, nx), at least 2 by 2 nodes")
    points = _points(_real("x", x), _real("y", y), heights)
    triangles = _triangles(points, heights.shape)
    used, corners = np.unique(triangles, return_inverse=True)
    data = {"height": heights.reshape(-1, 1)[used]}
    for name, values in point_data.items():
        array = _real(f"point_data {name}", values)
        if array.shape[:2] != heights.shape or array.ndim > 3 or name in data:
            remedy = f"give an array {heights.shape} or {(*heights.shape, 'k')} under a name of its own"
            raise BadInput(f"point_data {name}", f"shape {array.shape}", remedy)
        data[name] = array.reshape(heights.size, -1)[used]
    text = _encoded(points[used], corners.reshape(-1, 3), data)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_pvd(path: str | os.PathLike[str], entries: Sequence[tuple[float, str | os.PathLike[str]]]) -> None:
    """Write a ParaView collection: which file shows which time.

    Parameters
    ----------
    path : str or path
    entries : sequence of (time, file)
        Finite times; files relative to the folder of ``path``.

    Raises
    ------
    BadInput
        A time that is not finite.
    GeoflowError
        The file cannot be written; an old one is then left as it was.
    """
    rows = []
    for time, file in entries:
        if not np.isfinite(time):
            raise BadInput("time", time, "the time of a saved film is a finite number")
        name = quoteattr(PurePath(file).as_posix())
        rows.append(f'    <DataSet timestep="{float(time)!r}" group="" part="0" file={name}/>\n')
    head = '<?xml version="1.0" encoding="utf-8"?>\n<VTKFile type="Collection" version="0.1">\n  <Collection>\n'
    text = head + "".join(rows) + "  </Collection>\n</VTKFile>\n"
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _real(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise BadInput(name, f"{array.dtype} {array.shape}", "give an array of real numbers")
    return array.astype(np.float64, copy=False)


def _points(x: NDArray[np.float64], y: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    ny, nx = u.shape
    for name, coordinates, length in (("x", x, nx), ("y", y, ny)):
        if coordinates.shape not in ((length,), u.shape):
            remedy = f"the nodes of heights {u.shape} have coordinates ({length},) or {u.shape}"
            raise BadInput(name, f"shape {coordinates.shape}", remedy)
        if not np.isfinite(coordinates).all():
            raise BadInput(name, "NaN or infinity", "coordinates of nodes are finite")
    if np.isinf(u).any():
        raise BadInput("u", "infinity", "heights are finite, or NaN outside the film")
    across, along = np.broadcast_to(x, u.shape), y[:, None] if y.ndim == 1 else y
    return np.stack([across.ravel(), np.broadcast_to(along, u.shape).ravel(), u.ravel()], axis=1)


def _triangles(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    node = np.arange(points.shape[0]).reshape(shape)
    a, b, c, d = node[:-1, :-1], node[:-1, 1:], node[1:, 1:], node[1:, :-1]
    triangles = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
    triangles = triangles[np.isfinite(points[triangles, 2]).all(axis=1)]
    if not len(triangles):
        raise BadInput("u", "NaN", "no cell has three finite heights: there is nothing to write")
    first, second, third = (points[triangles[:, k], :2] for k in range(3))
    p, q = second - first, third - first
    clockwise = p[:, 0] * q[:, 1] < p[:, 1] * q[:, 0]
    triangles[clockwise] = triangles[clockwise][:, ::-1]
    return triangles


def _encoded(points: NDArray[np.float64], triangles: NDArray[np.int64], data: dict[str, NDArray[np.float64]]) -> str:
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    corners = vtkPoints()
    corners.SetData(numpy_to_vtk(points, deep=True))
    cells = vtkCellArray()
    offsets = np.arange(0, triangles.size + 1, 3, dtype=np.int64)
    connectivity = np.ascontiguousarray(triangles.ravel(), dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(connectivity, deep=True))
    surface = vtkPolyData()
    surface.SetPoints(corners)
    surface.SetPolys(cells)
    for name, values in data.items():
        array: Any = numpy_to_vtk(values, deep=True)
        array.SetName(name)
        surface.GetPointData().AddArray(array)
    surface.GetPointData().SetActiveScalars("height")
    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(surface)
    writer.SetDataModeToBinary()
    writer.SetWriteToOutputString(True)
    if not writer.Write():
        raise GeoflowError("VTK could not encode the surface")
    return writer.GetOutputString()
