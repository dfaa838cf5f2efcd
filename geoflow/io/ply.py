"""Points and edges of a PLY file, ascii or binary, in full precision.

Read here and not by VTK, whose reader keeps float32 alone and drops ``element edge``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoflow.errors import BadInput

TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
NOT_WHOLE = "this is not a whole PLY file: write one with vertices x y z, and edges or faces"


class Element(NamedTuple):
    """One kind of thing in the file: name, how many, and its properties as (name, type, type of the count of a list)."""

    name: str
    size: int
    properties: list[tuple[str, str, str | None]]


def read_ply(data: bytes, name: str) -> tuple[NDArray[np.float64], list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    """Points (n, 3), edges as a list of (2,) and faces as a list of (k,) places; errors call the file ``name``."""
    try:
        head, body = _split(data)
        order, elements = _header(head)
        rows = _ascii(body, elements) if not order else _binary(body, elements, order)
        points = np.array([[row[axis] for axis in "xyz"] for row in rows.get("vertex", [])], dtype=np.float64).reshape(-1, 3)
        edges = [np.array([row["vertex1"], row["vertex2"]], dtype=np.int64) for row in rows.get("edge", [])]
        faces = []
        for row in rows.get("face", []):
            corners = row.get("vertex_indices", row.get("vertex_index"))
            if corners is not None:
                faces.append(np.asarray(corners, dtype=np.int64))
    except (KeyError, ValueError, IndexError, StopIteration, OverflowError, TypeError):
        raise BadInput("file", name, NOT_WHOLE) from None
    return points, edges, faces


def _split(data: bytes) -> tuple[str, bytes]:
    if not data.startswith(b"ply"):
        raise ValueError("no magic word")
    for end in (b"end_header\r\n", b"end_header\n"):
        place = data.find(end)
        if place >= 0:
            return data[:place].decode("ascii", "replace"), data[place + len(end) :]
    raise ValueError("no end of the header")


def _header(text: str) -> tuple[str, list[Element]]:
    order, elements = None, list[Element]()
    for line in text.splitlines()[1:]:
        words = line.split()
        if not words or words[0] in ("comment", "obj_info"):
            continue
        if words[0] == "format":
            order = ORDERS[words[1]]
        elif words[0] == "element":
            elements.append(Element(words[1], int(words[2]), []))
        elif words[0] == "property" and words[1] == "list":
            elements[-1].properties.append((words[4], TYPES[words[3]], TYPES[words[2]]))
        elif words[0] == "property":
            elements[-1].properties.append((words[2], TYPES[words[1]], None))
        else:
            raise ValueError(line)
    if order is None:
        raise ValueError("no format")
    return order, elements


def _ascii(body: bytes, elements: list[Element]) -> dict[str, list[dict[str, Any]]]:
    words = iter(body.decode("ascii").split())
    return {e.name: [_row(e, lambda kind: _word(next(words), kind)) for _ in range(_sane(e, body))] for e in elements}


def _word(word: str, kind: str) -> float | int:
    return float(word) if kind.startswith("f") else int(word)


def _binary(body: bytes, elements: list[Element], order: str) -> dict[str, list[dict[str, Any]]]:
    place = 0

    def take(kind: str) -> float | int:
        nonlocal place
        dtype = np.dtype(order + kind)
        value = np.frombuffer(body, dtype, 1, place)[0]
        place += dtype.itemsize
        return value.item()

    return {e.name: [_row(e, take) for _ in range(_sane(e, body))] for e in elements}


def _row(element: Element, take: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, kind, count in element.properties:
        out[name] = take(kind) if count is None else [take(kind) for _ in range(int(take(count)))]
    return out


def _sane(element: Element, body: bytes) -> int:
    """How many rows to read: a count that the file cannot hold is refused before any is."""
    if not 0 <= element.size <= len(body):
        raise ValueError("more elements than bytes")
    return element.size
