"""``geoflow doctor``: versions, what can be drawn here, and what would give better pictures."""

from __future__ import annotations

import os
import platform
from importlib import metadata

from geoflow import __version__
from geoflow.solvers.kernels import kept_in
from geoflow.viz.probe import can_render

PACKAGES = ("numpy", "scipy", "numba", "scikit-image", "matplotlib", "pyvista", "vtk", "sympy", "rich")
HOME = "set NUMBA_CACHE_DIR to a folder that can be written, or each start compiles anew"


def doctor() -> int:
    """Print what a bug report needs."""
    print(f"geoflow {__version__}, Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores")
    print(", ".join(f"{name} {_version(name)}" for name in PACKAGES))
    where = kept_in()
    print(f"compiled kernels are kept {f'(in {where} and its like)' if where else f'nowhere: {HOME}'}")
    probe = can_render()
    print(f"films are drawn by {'pyvista' if probe.ok else 'matplotlib'} ({probe.backend}: {probe.reason})")
    if probe.advice:
        print(probe.advice)
    return 0


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"
