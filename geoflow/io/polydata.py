"""Surfaces as pyvista has them, in memory; files are written by `geoflow.io.vtk`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geoflow.errors import BadInput

if TYPE_CHECKING:
    from pyvista import PolyData


def polydata(points: NDArray[np.float64], triangles: NDArray[np.int64], point_data: Mapping[str, NDArray[Any]]) -> PolyData:
    """Triangles (t, 3) between points (k, 3) with arrays of one number a point; all of it copied, in float64."""
    import pyvista

    mesh = pyvista.PolyData.from_regular_faces(np.array(points), np.array(triangles, dtype=int))
    for name, values in point_data.items():
        mesh.point_data[name] = np.array(values)
    return mesh


def mesh_points(mesh: Any, field: str = "mesh") -> NDArray[np.float64]:
    """The points (k, 3) of a mesh of VTK or pyvista, of any kind."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkPointSet

    if not isinstance(mesh, vtkPointSet) or mesh.GetNumberOfPoints() == 0:
        raise BadInput(field, type(mesh).__name__, "give a mesh of pyvista or VTK that has points, such as a PolyData")
    return vtk_to_numpy(mesh.GetPoints().GetData()).astype(np.float64)
