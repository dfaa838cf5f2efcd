"""Exact solutions, public so that any code can be tested against them."""

from geoflow.exact.surfaces import SURFACES, MinimalSurface

__all__ = ["SURFACES", "MinimalSurface"]
