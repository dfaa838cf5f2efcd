"""What can go wrong, said in one line each: what, where, the value, and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoflow.trajectory import Trajectory


class GeoflowError(Exception):
    """Everything geoflow raises on purpose."""


def printable(text: str) -> str:
    """Text as one line that changes nothing on a terminal: blanks joined, "?" for control characters and the like.

    >>> printable("a\\n\\x1b[31mb")
    'a ?[31mb'
    """
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


class BadInput(GeoflowError, ValueError):
    """Input that is refused before any work: ``field = value: remedy``.

    Parameters
    ----------
    field : str
        What was given, by the name the user knows it under (an argument, an option, a file and line).
    value : object
        What it was; long values are shortened.
    remedy : str
        What is wrong and what to give instead.

    >>> print(BadInput("n", 1, "a grid needs at least 3 nodes along each side"))
    n = 1: a grid needs at least 3 nodes along each side
    """

    def __init__(self, field: str, value: object, remedy: str) -> None:
        self.field, self.value, self.remedy = field, value, remedy
        shown = printable(value if isinstance(value, str) else repr(value))
        if len(shown) > 120:
            shown = shown[:80] + " … " + shown[-30:]
        super().__init__(printable(f"{field} = {shown}: {remedy}"))


class TooCoarse(BadInput):
    """A grid that cannot follow its outline, at a place (x, y); a finer one may."""

    def __init__(self, field: str, value: object, remedy: str, place: tuple[float, float]) -> None:
        self.place = place
        super().__init__(field, value, remedy)


class Indefinite(GeoflowError):
    """A matrix that had to be positive definite is not; the step that needed it is rejected."""


class FlowStopped(GeoflowError, RuntimeError):
    """A run that failed. ``trajectory`` holds everything up to the last good state."""

    def __init__(self, trajectory: Trajectory) -> None:
        self.trajectory = trajectory
        super().__init__(trajectory.message)
