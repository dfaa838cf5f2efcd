"""What a run is a run of, in words and digests: enough to tell a checkpoint of another problem.

An energy and a metric may be anybody's objects, so they are known by what they do at the start: E(x₀), dE(x₀) and −G⁻¹ dE(x₀),
to the last bit; and at the state to go on from, E and where the wire is. The end of the run is not part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from geoflow import __version__
from geoflow.errors import BadInput
from geoflow.flow import Beginning, GradientFlow
from geoflow.protocols import Array, Mask, Stepper

FEW = 8  # numbers that are told as they are
DIGITS = 16  # of a digest


def fingerprint(flow: GradientFlow, start: Beginning, method: Stepper, options: Mapping[str, object]) -> dict[str, str]:
    """Name → text for all that a run's bits depend on, what a person knows by name first.

    options : what else was asked for: the steps, the tolerances.
    """
    with np.errstate(all="ignore"):
        speed = flow.at(0.0).velocity(start.x)
    return {
        "the state's shape": str(start.x.shape),
        "the energy": type(flow.energy).__name__,
        "the metric": type(flow.metric).__name__,
        "the method": _named(method),
        **{name: repr(value) for name, value in options.items()},
        "bounds": repr(flow.bounds),
        "geoflow": __version__,
        "the start": _digest(start.x),
        "what is held": "nothing" if flow.fixed is None else _digest(flow.fixed),
        "E at the start": repr(float(start.energy)),
        "dE at the start": _digest(start.slope),
        "the speed at the start": _digest(speed),
    }


def value_at(flow: GradientFlow, t: float, x: Array) -> float:
    """E(x) at time t."""
    with np.errstate(all="ignore"):
        return float(flow.at(t).energy.value(x))


def check_problem(stored: Mapping[str, str], here: Mapping[str, str], field: str, path: str) -> None:
    """Refuse a checkpoint of another problem than the one here, saying by what it differs."""
    for name, text in here.items():
        if stored.get(name) != text:
            differs = f"it is of another problem, {name} being {stored.get(name, 'unknown')} there and {text} here"
            raise BadInput(field, path, f"{differs}: ask for the same, or leave resume out to start anew")


def check_state(flow: GradientFlow, t: float, x: Array, value: float, field: str, path: str) -> None:
    """Refuse a state that the flow at t does not hold where it is, or whose E is not, to the last bit, the value stored."""
    moved = "" if flow.at(t).place(x).tobytes() == x.tobytes() else "the wire is elsewhere"
    now = value_at(flow, t, x)
    if moved or now != value:
        why = moved or f"E is {value!r} there and {now!r} here"
        remedy = f"it is of another problem, or another machine's: at its state, t = {t:.6g}, {why}"
        raise BadInput(field, path, f"{remedy}; leave resume out to start anew")


def _named(method: Stepper) -> str:
    """The method as it is written, if it can be; one that says only where it is in memory, by its kind."""
    text = repr(method)
    return type(method).__name__ if " at 0x" in text else text


def _digest(a: Array | Mask) -> str:
    """A few numbers as they are; of many, SHA-256 of their bytes."""
    if a.size <= FEW:
        return str(a.tolist())
    return hashlib.sha256(np.ascontiguousarray(a).data).hexdigest()[:DIGITS]
