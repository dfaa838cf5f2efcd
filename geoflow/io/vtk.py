"""Height fields as triangles in ``.vtp`` files, and ``.pvd`` collections of them in time, for ParaView.

VTK encodes; Python writes, so that a full disk is an ``OSError``.
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
from geoflow.io.triangles import real, triangulated

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
    surface, shape = triangulated(x, y, u), np.shape(u)
    data = {"height": surface.points[:, 2:]}
    for name, values in point_data.items():
        array = real(f"point_data {name}", values)
        if array.shape[:2] != shape or array.ndim > 3 or name in data:
            remedy = f"give an array {shape} or {(*shape, 'k')} under a name of its own"
            raise BadInput(f"point_data {name}", f"shape {array.shape}", remedy)
        data[name] = array.reshape(shape[0] * shape[1], -1)[surface.nodes]
    text = _encoded(surface.points, surface.triangles, data)
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
