"""Drawing only: nothing here is needed to compute; pyvista and matplotlib are imported when a picture is asked for.

Each picture is a function that takes ``ax=``, an axes of matplotlib or None for a new figure, and returns the axes it drew on;
films fill a page of their own, a `Picture`, which notebooks show and which saves itself; `ledger`, which has six axes, takes
``figure=`` and returns them by name.

>>> from geoflow import viz
>>> viz.portrait.__module__
'geoflow.viz.portraits'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geoflow.viz.accounts import ledger
    from geoflow.viz.basins import basins_map
    from geoflow.viz.descents import descent_against_flow
    from geoflow.viz.escapes import escape
    from geoflow.viz.films import draw_film, show_film, view_film
    from geoflow.viz.histories import energy_history, gradient_history
    from geoflow.viz.landscapes import landscape
    from geoflow.viz.portraits import portrait
    from geoflow.viz.save import save_picture
    from geoflow.viz.winners import win_lose

# No module bears the name of its function: importing the one would hide the other.
_HOMES = {
    "basins_map": "basins",
    "descent_against_flow": "descents",
    "draw_film": "films",
    "energy_history": "histories",
    "escape": "escapes",
    "gradient_history": "histories",
    "landscape": "landscapes",
    "ledger": "accounts",
    "portrait": "portraits",
    "save_picture": "save",
    "show_film": "films",
    "view_film": "films",
    "win_lose": "winners",
}

__all__ = [
    "basins_map",
    "descent_against_flow",
    "draw_film",
    "energy_history",
    "escape",
    "gradient_history",
    "landscape",
    "ledger",
    "portrait",
    "save_picture",
    "show_film",
    "view_film",
    "win_lose",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"geoflow.viz.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'geoflow.viz' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
