"""The one door upwards: `film.show()`, `film.plot()` and `run.plot()` are drawn by `geoflow.viz`, which stands above them.

It is opened when one of them is called, so that nothing that computes ever imports what draws.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def draw(function: str, *things: object, **options: Any) -> Any:
    """What a function of `geoflow.viz` makes of things."""
    return getattr(import_module("geoflow.viz"), function)(*things, **options)
