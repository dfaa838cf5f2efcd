"""Round numbers along an axis, and how to write them."""

from __future__ import annotations

from math import floor, log10

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def round_values(low: float, high: float, count: int) -> Array:
    """Multiples of 1, 2 or 5 times a power of ten inside [low, high], at most ``count`` + 1 of them but two at least.

    >>> round_values(-1.1, 1.1, 5)
    array([-1. , -0.5,  0. ,  0.5,  1. ])
    """
    power = 10.0 ** floor(log10((high - low) / count))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0, 20.0) if (high - low) / (m * power) <= count + 1e-9)
    values = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step
    return values if len(values) > 1 else round_values(low, high, count + 1)


def number_labels(values: Array) -> list[str]:
    r"""Labels as short as tell the values apart; a true minus sign, thousands set off by a thin space.

    >>> number_labels(np.array([-0.5, 0.0, 0.5])), number_labels(np.array([0.0, 2e-7, 4e-7]))
    (['−0.5', '0.0', '0.5'], ['0', '2e−7', '4e−7'])
    >>> number_labels(np.array([2e-4, 4e-4])), number_labels(np.array([0.0, 25000.0]))
    (['0.0002', '0.0004'], ['0', '25\u2009000'])
    """
    largest = float(np.abs(values).max())
    steps = np.diff(values)
    step = float(steps.min()) if len(steps) else 1.0
    if len(values) > 1 and 1e-4 < largest < 1e6 and step > 1e-9:
        digits = next(d for d in range(12) if round(step * 10**d) >= 1 and abs(step * 10**d % 1 - 0.5) > 0.499)
        texts = [f"{v:_.{digits}f}".replace("_", "\u2009" if largest >= 1e4 else "") for v in values + 0.0]
    else:
        digits = next(
            (d for d in range(3 if len(values) > 1 else 6, 17) if len({f"{v:.{d}g}" for v in values}) == len(values)),
            17,
        )
        texts = [f"{v:.{digits}g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e") for v in values + 0.0]
    return [t.replace("-", "−") for t in texts]


def labels_from(values: Array, name: str) -> tuple[list[str], str]:
    """Labels of an axis and its name; a base they share is taken out where they would grow long.

    >>> labels_from(np.array([1000.0, 1000.000002]), "height")
    (['0', '2e−6'], 'height − 1000')
    """
    texts = number_labels(values)
    if len(values) < 2 or max(map(len, texts)) <= 8:
        return texts, name
    base, step = float(values[0]), float(values[1] - values[0])
    shared = f"{abs(base):.15g}".replace("e+", "e").replace("e-", "e−")
    return number_labels(np.round((values - base) / step) * step), f"{name} {'−' if base > 0 else '+'} {shared}"
