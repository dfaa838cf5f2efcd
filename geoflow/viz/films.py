"""Draw films: surfaces in their wires, coloured by what one wants to see, with axes, a colour bar and a title that fits.

Film and wire come from pyvista where it can draw (see `geoflow.viz.probe`), else from a painter's algorithm; axes,
colour bar and letters are matplotlib's either way, placed by the same camera. Films side by side share box, camera and colours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geoflow.viz.courses import Course, checked_frames
from geoflow.viz.movies import MOVIES, check_movie, write_movie
from geoflow.viz.page import Hand
from geoflow.viz.paint import kind_of
from geoflow.viz.pictures import Picture, checked_size, picture_of, title_of
from geoflow.viz.probe import Probe, can_render
from geoflow.viz.reels import Reel, frames_of
from geoflow.viz.save import picture_suffix
from geoflow.viz.shown import states_of
from geoflow.viz.viewer import FINE, Viewer, viewer_of
from geoflow.viz.window import has_screen, in_notebook, open_window

FINEST, VECTORS, COARSE = 240, 130, 120
"""Patches a side where matplotlib draws: into pixels, into a PDF, whose size grows with them, and in a movie."""

FEWEST = 5
"""Pixels across a patch."""

MOST = 400
"""Cells a side where pyvista draws."""

MOVING = (960, 720)
"""Pixels of a movie."""


def draw_film(
    film: object,
    shown: object = None,
    path: str | os.PathLike[str] | None = None,
    *,
    colour: str = "height",
    parts: Sequence[ArrayLike] = (),
    title: str | None = None,
    size: tuple[int, int] | None = None,
    t: float | None = None,
    frames: int = 48,
    frames_by: str = "time",
    probe: Probe | None = None,
) -> Picture | Viewer:
    """Draw a film, or several side by side, to look at or to a file, which is replaced only when the picture is complete.

    Parameters
    ----------
    film : Film or sequence of Film
    shown : None, (ny, nx), Trajectory, or a sequence or mapping of these
        Heights; the last state of a run; None is the start. Of a mapping, the keys are written above the films. Heights out of
        proportion to the plan are drawn to another scale, which the picture names.
    path : path or None
        ``.png``; ``.pdf`` (vectors, always by matplotlib); ``.gif`` or ``.mp4`` (with the extra ``movie``): the run
        ``shown`` as a movie, which is held at its end, and its last frame is returned; ``.html``: what `view_film` gives.
    colour : "height", "mean curvature", "speed" or "change"
        Of the last three see ``geoflow.fields``. Where it is not known, beside the wire, mean curvature is that of the
        neighbours. All films have the same scale.
    parts : sequence of (k, 3)
        Polylines to be marked: the parts of the wire that the film has let go of.
    title : str or None
        One or more lines, set smaller or broken until they fit; None names wire, flow, time and area.
    size : (width, height) or None
        In pixels, 200 an inch; None is 1600 × 1200, more for several films, 960 × 720 of a movie.
    t : float or None
        The time of ``shown``, if it is an array.
    frames, frames_by : int, "time" or "area"
        How many frames a movie has, and what they are evenly spaced in: see ``geoflow.viz.courses``.
    probe : Probe or None
        What may draw; asked of ``can_render`` if not given.

    Raises
    ------
    BadInput
        When a suffix, a shape, a height or a name cannot be drawn; nothing is written then.

    >>> import geoflow as gf
    >>> film = gf.soap_film(gf.Wire.outline("disc", "x*y"), 17)
    >>> drawn = draw_film(film, {"start": None, "at rest": gf.relax(film.flow, film.start)}, size=(500, 300))
    >>> drawn.pixels.shape
    (300, 500, 3)
    """
    kind, suffix = kind_of(colour), ".png" if path is None else Path(path).suffix.lower()
    if path is not None and suffix == ".html":
        viewer = view_film(film, shown, colour=colour, parts=parts, title=title, t=t, frames=frames, frames_by=frames_by)
        viewer.save(path)
        return viewer
    if path is not None and suffix in MOVIES:
        check_movie(path)
        states, size = Course.of(film, shown).frames(*checked_frames(frames, frames_by)), checked_size(size or MOVING, 1)
        return _movie(path, Reel.of(states, kind, parts, COARSE), title, size, _hand(probe, size, 1))
    vectors = path is not None and picture_suffix(path) == ".pdf"
    states = states_of(film, shown, t)
    size = checked_size(size, len(states))
    hand = Hand(False, VECTORS) if vectors else _hand(probe, size, len(states))
    reel = Reel.of(states, kind, parts, MOST if hand.by_pyvista else hand.finest)
    picture = picture_of(reel.scenes, states, reel.paint, title or title_of(states), size, hand)
    if path is not None:
        picture.save(path)
    return picture


def _hand(probe: Probe | None, size: tuple[int, int], count: int) -> Hand:
    """Who draws; patches by matplotlib are no smaller than FEWEST pixels of what each of ``count`` films has of a page."""
    pixels = min(size[0] / count, size[1])
    return Hand((can_render() if probe is None else probe).ok, int(np.clip(pixels / FEWEST, 50, FINEST)))


def view_film(
    film: object,
    shown: object = None,
    *,
    colour: str = "height",
    parts: Sequence[ArrayLike] = (),
    title: str | None = None,
    t: float | None = None,
    frames: int = 48,
    frames_by: str = "time",
) -> Viewer:
    """A film as a page of HTML that turns under the mouse, and plays where ``shown`` is a run that kept its states.

    Nothing is needed to look at it but a browser: see ``geoflow.viz.viewer``. Arguments and errors as for `draw_film`.
    """
    kind, states = kind_of(colour), frames_of(film, shown, frames, frames_by, t)
    reel = Reel.of(states, kind, parts, FINE)
    return viewer_of(reel.scenes, states, reel.paint, title or title_of(states[:1]).splitlines()[0])


def show_film(film: object, shown: object = None, *, probe: Probe | None = None, **options: Any) -> Picture | Viewer | None:
    """A film to look at: in a notebook what `view_film` gives; where there is a screen, a window with a slider and a play button.

    Where there is neither, and for several films, a picture. Arguments as for `draw_film`.
    """
    several = isinstance(film, Sequence) or isinstance(shown, Mapping) or (isinstance(shown, Sequence) and len(shown) > 1)
    if several:
        return draw_film(film, shown, probe=probe, **options)
    if in_notebook():
        return view_film(film, shown, **{k: v for k, v in options.items() if k != "size"})
    found = can_render() if probe is None else probe
    if not has_screen(found):
        return draw_film(film, shown, probe=found, **{k: v for k, v in options.items() if not k.startswith("frames")})
    get = options.get
    kind, parts, title = kind_of(get("colour", "height")), get("parts", ()), get("title")
    states = frames_of(film, shown, get("frames", 48), get("frames_by", "time"), get("t"))
    plotter, _ = open_window(Reel.of(states, kind, parts, MOST // 2), title or title_of(states[:1]).splitlines()[0])
    plotter.show()
    return None


def _movie(path: str | os.PathLike[str], reel: Reel, title: str | None, size: tuple[int, int], hand: Hand) -> Picture:
    last: list[Picture] = []

    def pages() -> Iterator[np.ndarray]:
        for scene, state in zip(reel.scenes, reel.states, strict=True):
            head = title_of([state]) if title is None else f"{title}\n{state.caption}"
            last[:] = [picture_of([scene], [state], reel.paint, head, size, hand)]
            yield last[0].pixels

    write_movie(path, pages())
    return last[0]
