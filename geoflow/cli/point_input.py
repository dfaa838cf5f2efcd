"""What ``geoflow point`` is given: the potential, the box, the starts, the method; all checked before any work."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass

import numpy as np

from geoflow.checks import box, positive, tolerance
from geoflow.cli.methods import named
from geoflow.energies.potential import LETTERS, Potential
from geoflow.errors import BadInput
from geoflow.formula import Formula
from geoflow.protocols import Array, Stepper

USUAL = 5.0  # −5 … 5 in each variable, where no bounds are given
FAR = 1e150  # larger numbers have no square
DEFAULT, WITH_MOMENTUM = 1e-6, 1e-4  # rtol; a ball that rings needs many steps at the first


@dataclass(frozen=True, eq=False)
class Problem:
    """A potential over a box, and how to follow its flow from where.

    bounds : (x0, x1, y0, y1, …), the default ones if ``usual``
    starts : (d,) each, as many as were asked for
    """

    potential: Potential
    bounds: tuple[float, ...]
    usual: bool
    starts: list[Array]
    method: Stepper
    rtol: float
    until: float | None

    @property
    def formula(self) -> str:
        """The text of V."""
        return self.potential.formula.text

    @property
    def variables(self) -> tuple[str, ...]:
        """Their names, in order."""
        return self.potential.formula.variables


def read(options: argparse.Namespace) -> Problem:
    """The problem that the options pose, or a refusal."""
    potential = _potential(options.formula.strip())
    names = potential.formula.variables
    given = [_numbers(text, names) for text in options.starts]
    bounds = _usual(given, len(names)) if options.bounds is None else _checked(options.bounds, len(names))
    starts = [_start(potential, bounds, text, x) for text, x in zip(options.starts, given, strict=True)]
    for name in ("until", "beta"):
        positive(f"--{name}", getattr(options, name))
    tolerance("--rtol", options.rtol)
    for name in ("until", "rtol", "beta", "method"):
        if not starts and getattr(options, name) is not None:
            raise BadInput(f"--{name}", getattr(options, name), "there is nothing to follow: give a start, --from X,Y")
    method = named(options.method or "sdirk3", options.beta)
    rtol = options.rtol or (WITH_MOMENTUM if options.method == "heavyball" else DEFAULT)
    return Problem(potential, bounds, options.bounds is None, starts, method, rtol, options.until)


def _potential(text: str) -> Potential:
    if not re.search(r"\bx\d", text):
        Formula(text, LETTERS, field="FORMULA")  # a refusal of this one names all variables that there could be
    potential = Potential(text)
    if not set(potential.formula.variables) & set(potential.formula.tape):
        raise BadInput("FORMULA", text, "there is no variable in it: write one in x y z w, or in x1 x2 x3 …")
    return potential


def _numbers(text: str, names: tuple[str, ...]) -> Array:
    """A start as it was typed: one number a variable, commas or blanks between."""
    try:
        x = np.array([float(word) for word in re.split(r"\s*,\s*|\s+", text.strip())])
    except ValueError:
        x = np.empty(0)
    if len(x) != len(names) or not np.all(np.abs(x) < FAR):
        wanted = f"{len(names)} number{'s' * (len(names) > 1)}, {','.join(names)}, below {FAR:g}"
        raise BadInput("--from", text.strip() or "''", f"the formula's variables ask for {wanted}")
    return x


def _usual(starts: list[Array], dimension: int) -> tuple[float, ...]:
    """−5 … 5 in each variable, doubled until all starts are inside."""
    reach, furthest = USUAL, max((float(np.max(np.abs(x))) for x in starts), default=0.0)
    while reach <= furthest:
        reach *= 2.0
    return _checked([-reach, reach] * dimension, dimension)


def _checked(bounds: list[float], dimension: int) -> tuple[float, ...]:
    try:
        box(bounds, dimension)
    except BadInput as refusal:
        raise BadInput("--bounds", " ".join(f"{v:g}" for v in bounds), refusal.remedy) from None
    return tuple(bounds)


def _start(potential: Potential, bounds: tuple[float, ...], text: str, x: Array) -> Array:
    """A start inside the box, at which V and dV are finite."""
    lo, hi = box(bounds, len(x))
    if np.any((x < lo) | (x > hi)):
        raise BadInput("--from", text.strip(), "it lies outside the bounds: give wider --bounds, or another start")
    with np.errstate(all="ignore"):
        value, slope = potential.value(x), potential.differential(x)
    if not (np.isfinite(value) and np.all(np.isfinite(slope))):
        raise BadInput(
            "--from", text.strip(), f"V = {value:g}, dV = {[float(f'{s:.6g}') for s in slope]}: start where both are finite"
        )
    return x
