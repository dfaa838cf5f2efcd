"""Closed polylines from mesh files, ``.obj``, ``.ply``, ``.vtp``, and from meshes of VTK in memory.

A file with line cells is a set of edges, in any order and direction; they are chained into loops. A file with faces alone is
a surface, and its boundary, the edges of one face only, is the wire. OBJ and PLY are read by `obj` and `ply`, since VTK's readers
of them keep float32 alone; VTP by VTK.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoflow.errors import BadInput
from geoflow.io.files import read_bytes, shown
from geoflow.io.obj import Cells, read_obj
from geoflow.io.ply import read_ply

MAX_MAGNITUDE = 1e100
MAX_BYTES = 2**28
SAME = 1e-12  # of the size of the whole: points closer than this are one
JOIN = 1e-3  # of the size of the whole: ends closer than this are meant to meet


class Chained(NamedTuple):
    """Loops (k, 3), first point not repeated, and the widest gap between ends that were joined, 0 where none were."""

    loops: tuple[NDArray[np.float64], ...]
    gap: float


def read_mesh_loops(path: str | os.PathLike[str]) -> Chained:
    """The loops of a mesh file, in the file's units and axes; ends that nearly meet are joined.

    Raises
    ------
    BadInput
        A file that cannot be read or is damaged; no edges; a chain that does not close, by its two ends and the gap between
        them; a point where three or more edges meet, by its place.
    """
    name, suffix = shown(path), Path(path).suffix.lower()
    data = read_bytes(path, MAX_BYTES)
    points, lines, faces = {".obj": read_obj, ".ply": read_ply, ".vtp": _read_vtp}[suffix](data, name)
    return _loops(points, lines, faces, name)


def mesh_loops(mesh: Any, name: str = "mesh") -> Chained:
    """The loops of a mesh of VTK or pyvista, of any kind; refused as those of a file are."""
    from vtkmodules.vtkCommonDataModel import vtkDataSet, vtkPolyData
    from vtkmodules.vtkFiltersGeometry import vtkDataSetSurfaceFilter

    if not isinstance(mesh, vtkDataSet):
        raise BadInput(name, type(mesh).__name__, "give a mesh of pyvista or VTK, such as a PolyData")
    if mesh.GetNumberOfPoints() == 0:
        raise BadInput(name, "no points", "give a polyline (line cells), or a surface whose boundary is the wire")
    if not isinstance(mesh, vtkPolyData):
        surface = vtkDataSetSurfaceFilter()
        surface.SetInputData(mesh)
        surface.Update()
        mesh = surface.GetOutput()
    return _loops(*_parts(mesh), name)


def _loops(points: NDArray[np.float64], lines: Cells, faces: Cells, name: str) -> Chained:
    """The loops of line cells or, without any, of the boundary of faces."""
    for cell in (*lines, *faces):
        if cell.size and (cell.min() < 0 or cell.max() >= len(points)):
            wrong = int(cell.min() if cell.min() < 0 else cell.max())
            raise BadInput(name, f"a cell with point {wrong}", f"there are {len(points)} points, counted from 0")
    if not np.all(np.abs(points) <= MAX_MAGNITUDE):
        raise BadInput(name, "a coordinate that is not finite", "coordinates are finite, of magnitude up to 1e100")
    edges = _edges(lines) if lines else _boundary(faces)
    if len(edges):
        points, edges = _merged(points, edges)
    if not len(edges):
        what = "a closed surface, without boundary" if faces else "no edges"
        raise BadInput(name, what, "give a polyline (line cells), or a surface whose boundary is the wire")
    points, edges, gap = _joined(points, edges)
    return Chained(_chained(points, edges, name), gap)


def _read_vtp(data: bytes, name: str) -> tuple[NDArray[np.float64], Cells, Cells]:
    from vtkmodules.vtkCommonCore import vtkObject
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    reader, loud = vtkXMLPolyDataReader(), vtkObject.GetGlobalWarningDisplay()
    reader.ReadFromInputStringOn()
    reader.SetInputString(data, len(data))  # type: ignore[call-overload]  # VTK takes bytes for its strings
    vtkObject.SetGlobalWarningDisplay(0)
    try:
        reader.Update()
    finally:
        vtkObject.SetGlobalWarningDisplay(loud)
    surface = reader.GetOutput()
    if b'type="PolyData"' not in data[:4096] or reader.GetErrorCode() or surface.GetNumberOfPoints() == 0:
        raise BadInput("file", name, "this is not a whole VTP file of PolyData with points")
    return _parts(surface)


def _parts(surface: Any) -> tuple[NDArray[np.float64], Cells, Cells]:
    """Points, line cells and faces of a PolyData."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    kinds = (surface.GetLines(), surface.GetPolys(), surface.GetStrips())
    lines, faces, strips = ([np.asarray(c, dtype=np.int64) for c in _cells(kind, vtk_to_numpy)] for kind in kinds)
    faces += [strip[k : k + 3] for strip in strips for k in range(len(strip) - 2)]
    return vtk_to_numpy(surface.GetPoints().GetData()).astype(np.float64), lines, faces


def _cells(kind: object, to_numpy: object) -> Cells:
    if kind.GetNumberOfCells() == 0:  # type: ignore[attr-defined]
        return []
    connectivity = to_numpy(kind.GetConnectivityArray())  # type: ignore[attr-defined,operator]
    offsets = to_numpy(kind.GetOffsetsArray())  # type: ignore[attr-defined,operator]
    return [np.array(part) for part in np.split(connectivity, offsets[1:-1])]


def _edges(lines: Cells) -> NDArray[np.int64]:
    return np.concatenate(
        [np.stack([cell[:-1], cell[1:]], axis=1) for cell in lines if cell.size >= 2] or [np.empty((0, 2), int)]
    )


def _boundary(faces: Cells) -> NDArray[np.int64]:
    """The edges that belong to one face only."""
    if not faces:
        return np.empty((0, 2), dtype=np.int64)
    every = np.sort(np.concatenate([np.stack([f, np.roll(f, -1)], axis=1) for f in faces]), axis=1)
    edges, count = np.unique(every, axis=0, return_counts=True)
    return edges[count == 1]


def _close(points: NDArray[np.float64], distance: float) -> NDArray[np.int64]:
    """Pairs of points at most so far apart, (k, 2)."""
    from scipy.spatial import cKDTree

    pairs: NDArray[np.int64] = cKDTree(points).query_pairs(distance, output_type="ndarray")
    return pairs


def _merged(points: NDArray[np.float64], edges: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points in the same place as one, edges that have become points or were there before left out."""
    size = float(np.max(np.ptp(points[np.unique(edges)], axis=0))) or 1.0
    pairs = _close(points, SAME * size)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2)
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    edges = np.sort(label[edges], axis=1)
    return points[first], np.unique(edges[edges[:, 0] != edges[:, 1]], axis=0)


def _joined(points: NDArray[np.float64], edges: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
    """Points and edges with ends that nearly meet made one point, and the widest gap that was closed."""
    used, count = np.unique(edges, return_counts=True)
    ends, size = used[count == 1], float(np.linalg.norm(np.ptp(points[used], axis=0)))
    if not ends.size:
        return points, edges, 0.0
    pairs = np.sort(_close(points[ends], JOIN * size), axis=1)
    number = len(points)
    pairs = pairs[~np.isin(ends[pairs] @ [number, 1], edges @ [number, 1])]  # not the two ends of one short edge
    met, times = np.unique(pairs, return_counts=True)
    alone = np.isin(pairs, met[times == 1]).all(axis=1)  # of three ends in one place none is joined: that is a branch
    first, second = ends[pairs[alone]].T
    label = np.arange(len(points))
    label[second] = first
    gap = float(np.max(np.linalg.norm(points[first] - points[second], axis=1), initial=0.0))
    edges = np.sort(label[edges], axis=1)
    return points, np.unique(edges[edges[:, 0] != edges[:, 1]], axis=0), gap


def _chained(points: NDArray[np.float64], edges: NDArray[np.int64], name: str) -> tuple[NDArray[np.float64], ...]:
    """Loops from edges: every point that is used has exactly two of them."""
    near: dict[int, list[int]] = defaultdict(list)
    for a, b in edges.tolist():
        near[a].append(b)
        near[b].append(a)
    forks = [k for k, others in near.items() if len(others) > 2]
    if forks:
        raise BadInput(name, place(points[forks[0]]), f"{len(near[forks[0]])} edges meet there: a wire does not branch")
    ends = [k for k, others in near.items() if len(others) == 1]
    if ends:
        a, b = points[ends[0]], points[ends[1]]
        where = f"ends at {place(a)} and {place(b)}, {np.linalg.norm(a - b):.3g} apart"
        raise BadInput(name, where, "a wire is closed: join its ends")
    loops, seen = [], set[int]()
    for start in sorted(near):
        if start in seen:
            continue
        loop, before, here = [start], start, near[start][0]
        while here != start:
            loop.append(here)
            before, here = here, near[here][0] if near[here][0] != before else near[here][1]
        seen.update(loop)
        loops.append(points[loop])
    return tuple(loops)


def place(point: NDArray[np.float64]) -> str:
    """A point as text.

    >>> place(np.array([0.5, 1.0, 1e-7]))
    '(0.5, 1, 1e-07)'
    """
    return "(" + ", ".join(f"{c:.8g}" for c in point) + ")"
