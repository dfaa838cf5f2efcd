"""Exact solutions, public so that any code can be tested against them.

`SURFACES`: minimal surfaces; `MOTIONS`: films that travel or shrink; `LANDSCAPES`: potentials with their points of rest;
`ROLLS`: ways of a point. Each is a mapping by name.
"""

from geoflow.exact.motions import MOTIONS, Motion
from geoflow.exact.points import LANDSCAPES, ROLLS, Landscape, Roll
from geoflow.exact.surfaces import SURFACES, MinimalSurface

__all__ = ["LANDSCAPES", "MOTIONS", "ROLLS", "SURFACES", "Landscape", "MinimalSurface", "Motion", "Roll"]
