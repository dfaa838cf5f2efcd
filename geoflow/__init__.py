"""Gradient flows: G(x) x' = −dE(x), from a marble in a valley to a soap film on a wire.

Public names are loaded when first used, so that ``import geoflow`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geoflow.checkpoints import Checkpoint
    from geoflow.derivative_check import DerivativeCheck, check_derivatives
    from geoflow.detached import Detachment, detachment
    from geoflow.domains.grid import Grid
    from geoflow.domains.wire import Wire
    from geoflow.energies.dirichlet import Dirichlet
    from geoflow.energies.graph_area import GraphArea
    from geoflow.energies.potential import Marbles, Potential
    from geoflow.energies.volume import Volume
    from geoflow.energies.weighted_sum import WeightedSum
    from geoflow.errors import BadInput, FlowStopped, GeoflowError
    from geoflow.evolution import evolve, steps
    from geoflow.extrapolate import AreaEstimate, area_estimate
    from geoflow.films import Film, soap_film
    from geoflow.flow import GradientFlow
    from geoflow.formula import Formula
    from geoflow.ledger import Ledger
    from geoflow.metrics import L2, Euclidean, InnerProduct, NormalL2
    from geoflow.monitor import AreaMonitor
    from geoflow.points.basins import Basins, basins
    from geoflow.points.equilibria import Equilibria, Equilibrium, find_equilibria
    from geoflow.points.manifolds import stable_manifold, unstable_manifold
    from geoflow.protocols import Step, offers
    from geoflow.relaxation import relax
    from geoflow.saving import save_film
    from geoflow.spectra import Spectrum, spectrum
    from geoflow.steppers.explicit_euler import ExplicitEuler
    from geoflow.steppers.exponential import Exponential
    from geoflow.steppers.heavy_ball import HeavyBall
    from geoflow.steppers.implicit_euler import ImplicitEuler
    from geoflow.steppers.lagged import Lagged
    from geoflow.steppers.nesterov import Nesterov
    from geoflow.steppers.polyak import Polyak
    from geoflow.steppers.rk32 import RK32
    from geoflow.steppers.sdirk2 import SDIRK2
    from geoflow.steppers.sdirk3 import SDIRK3
    from geoflow.steppers.secant import Secant
    from geoflow.trajectory import Record, Trajectory

__version__ = "0.1.0"

_HOMES = {
    "AreaEstimate": "extrapolate",
    "AreaMonitor": "monitor",
    "Basins": "points.basins",
    "BadInput": "errors",
    "Checkpoint": "checkpoints",
    "DerivativeCheck": "derivative_check",
    "Detachment": "detached",
    "Dirichlet": "energies.dirichlet",
    "Equilibria": "points.equilibria",
    "Equilibrium": "points.equilibria",
    "Euclidean": "metrics",
    "ExplicitEuler": "steppers.explicit_euler",
    "Exponential": "steppers.exponential",
    "Film": "films",
    "FlowStopped": "errors",
    "Formula": "formula",
    "GeoflowError": "errors",
    "GradientFlow": "flow",
    "GraphArea": "energies.graph_area",
    "Grid": "domains.grid",
    "HeavyBall": "steppers.heavy_ball",
    "ImplicitEuler": "steppers.implicit_euler",
    "InnerProduct": "metrics",
    "L2": "metrics",
    "Lagged": "steppers.lagged",
    "Ledger": "ledger",
    "Marbles": "energies.potential",
    "Nesterov": "steppers.nesterov",
    "NormalL2": "metrics",
    "Polyak": "steppers.polyak",
    "Potential": "energies.potential",
    "RK32": "steppers.rk32",
    "Record": "trajectory",
    "SDIRK2": "steppers.sdirk2",
    "SDIRK3": "steppers.sdirk3",
    "Secant": "steppers.secant",
    "Spectrum": "spectra",
    "Step": "protocols",
    "Trajectory": "trajectory",
    "Volume": "energies.volume",
    "WeightedSum": "energies.weighted_sum",
    "Wire": "domains.wire",
    "area_estimate": "extrapolate",
    "basins": "points.basins",
    "check_derivatives": "derivative_check",
    "detachment": "detached",
    "evolve": "evolution",
    "find_equilibria": "points.equilibria",
    "offers": "protocols",
    "relax": "relaxation",
    "save_film": "saving",
    "soap_film": "films",
    "spectrum": "spectra",
    "stable_manifold": "points.manifolds",
    "steps": "evolution",
    "unstable_manifold": "points.manifolds",
}

__all__ = [
    "L2",
    "RK32",
    "SDIRK2",
    "SDIRK3",
    "AreaEstimate",
    "AreaMonitor",
    "BadInput",
    "Basins",
    "Checkpoint",
    "DerivativeCheck",
    "Detachment",
    "Dirichlet",
    "Equilibria",
    "Equilibrium",
    "Euclidean",
    "ExplicitEuler",
    "Exponential",
    "Film",
    "FlowStopped",
    "Formula",
    "GeoflowError",
    "GradientFlow",
    "GraphArea",
    "Grid",
    "HeavyBall",
    "ImplicitEuler",
    "InnerProduct",
    "Lagged",
    "Ledger",
    "Marbles",
    "Nesterov",
    "NormalL2",
    "Polyak",
    "Potential",
    "Record",
    "Secant",
    "Spectrum",
    "Step",
    "Trajectory",
    "Volume",
    "WeightedSum",
    "Wire",
    "area_estimate",
    "basins",
    "check_derivatives",
    "detachment",
    "evolve",
    "find_equilibria",
    "offers",
    "relax",
    "save_film",
    "soap_film",
    "spectrum",
    "stable_manifold",
    "steps",
    "unstable_manifold",
]


_ROOMS = ("viz",)  # packages of functions, reached by their own names: gf.viz.portrait


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"geoflow.{name}")
    if name in _HOMES:
        value = getattr(import_module(f"geoflow.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'geoflow' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
