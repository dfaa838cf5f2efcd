"""``--live FILE.png``: the film while it flows, in a picture that is drawn again every few seconds and always whole."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from geoflow.errors import BadInput
from geoflow.films import Film
from geoflow.ledger import Accepted
from geoflow.saving import save_film

EVERY = 2.0  # seconds from one picture to the next, at least
SHARE = 5.0  # and so many times as long as drawing one takes, so that the run keeps most of the time


def live_targets(path: str | None) -> list[str]:
    """The picture, to be drawn once more at the end of the run; refused here if it is none."""
    if path is not None and Path(path).suffix.lower() != ".png":
        raise BadInput("--live", path, "the picture that is drawn while the film flows is a .png")
    return [] if path is None else [path]


class Live:
    """Called with each accepted step; path None draws nothing. A picture that cannot be drawn is told, and costs no run."""

    def __init__(self, path: str | None, film: Film, quiet: bool) -> None:
        self.path, self.film, self.due = path, film, 0.0
        if path is not None and not quiet:
            how = "leave it open in a viewer that follows its file, such as eog, gwenview or feh --reload 2"
            print(f"geoflow: drawing to {path} while the film flows; {how}", file=sys.stderr, flush=True)

    def __call__(self, now: Accepted) -> None:
        """Draw, if it is time."""
        began = time.monotonic()
        if self.path is None or began < self.due:
            return
        try:
            title = (
                f"Film on the wire {self.film.wire.name}, while it flows\nt = {now.t:.4g}, area {now.energy - now.kinetic:.7g}"
            )
            save_film(self.path, self.film, now.x, title, now.t)
        except Exception as error:  # whatever a drawing stack throws
            print(f"geoflow: no more pictures while the film flows, {self.path} could not be drawn: {error}", file=sys.stderr)
            self.path = None
        ended = time.monotonic()
        self.due = ended + max(EVERY, SHARE * (ended - began))
