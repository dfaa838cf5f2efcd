"""Triangles and curves in ``.vtp`` files, and ``.pvd`` collections of them in time, for ParaView.

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
from geoflow.io.triangles import Corners, Points, checked_curves, checked_data, checked_triangles

NOTHING: Final[Mapping[str, ArrayLike]] = MappingProxyType({})


def write_vtp(
    path: str | os.PathLike[str], points: ArrayLike, triangles: ArrayLike, point_data: Mapping[str, ArrayLike] = NOTHING
) -> None:
    """Write triangles, exact in float64, with numbers at their points; the first of these is shown when the file is opened.

    Parameters
    ----------
    path : str or path
    points : (k, 3)
    triangles : (t, 3)
        Places in ``points``, counted from 0.
    point_data : mapping of str to (k,) or (k, c), optional
        In any units; NaN where there is no number.

    Raises
    ------
    BadInput
        Shapes that do not fit, values that are not real numbers, infinite places, no triangle at all.
    GeoflowError
        The file cannot be written; an old one is then left as it was.
    """
    places, corners = checked_triangles(points, triangles)
    data = checked_data(len(places), point_data)
    _write(path, places, [], corners, data)


def write_curves(path: str | os.PathLike[str], curves: Sequence[ArrayLike]) -> None:
    """Write polylines (k, 3), two or more points each, as line cells, exact in float64; errors as for `write_vtp`."""
    lines = checked_curves(curves)
    if not lines:
        raise BadInput("curves", "none", "give one curve or more")
    starts = np.cumsum([0, *(len(line) for line in lines)])
    cells = [np.arange(a, b) for a, b in zip(starts, starts[1:], strict=False)]
    _write(path, np.concatenate(lines), cells, np.empty((0, 3), np.int64), {})


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
    with atomic_path(path) as temporary:  # names keep their bytes, also where the locale knows no text in them
        temporary.write_text(text, encoding="utf-8", errors="surrogateescape", newline="\n")


def _write(
    path: str | os.PathLike[str], points: Points, lines: list[Corners], triangles: Corners, data: dict[str, NDArray[np.float64]]
) -> None:
    text = _encoded(points, lines, triangles, data)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _cells(places: ArrayLike, lengths: ArrayLike) -> Any:
    """VTK's cells, of so many points each."""
    from vtkmodules.util.numpy_support import numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonDataModel import vtkCellArray

    cells = vtkCellArray()
    parts = (np.ascontiguousarray(part, dtype=np.int64) for part in (np.append(0, np.cumsum(lengths)), places))
    cells.SetData(*(numpy_to_vtkIdTypeArray(part, deep=True) for part in parts))
    return cells


def _encoded(points: Points, lines: list[Corners], triangles: Corners, data: dict[str, NDArray[np.float64]]) -> str:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkPolyData
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    places = vtkPoints()
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    surface = vtkPolyData()
    surface.SetPoints(places)
    surface.SetLines(_cells(np.concatenate([*lines, np.empty(0)]), [len(line) for line in lines]))
    surface.SetPolys(_cells(triangles.ravel(), np.full(len(triangles), 3)))
    for name, values in data.items():
        array: Any = numpy_to_vtk(values, deep=True)
        array.SetName(name)
        surface.GetPointData().AddArray(array)
    if data:
        surface.GetPointData().SetActiveScalars(next(iter(data)))
    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(surface)
    writer.SetDataModeToBinary()
    writer.SetWriteToOutputString(True)
    if not writer.Write():
        raise GeoflowError("VTK could not encode the surface")
    return writer.GetOutputString()
