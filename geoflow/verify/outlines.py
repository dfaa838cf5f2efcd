"""Films within outlines: their orders, the tones of a drum, and films that let go of their wire."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import jn_zeros

from geoflow.detached import detachment
from geoflow.domains.wire import Wire
from geoflow.exact.surfaces import RINGS, scherk
from geoflow.films import soap_film
from geoflow.protocols import Array
from geoflow.relaxation import relax
from geoflow.spectra import spectrum
from geoflow.verify.rows import Row, fitted_order, order


def rows(quick: bool) -> Iterator[Row]:
    """This chapter's; quick leaves out the finest grids."""
    sizes = np.array((17, 33, 65, 129, 257) if quick else (33, 65, 129, 257, 513))
    for outline in ("disc", "ellipse", "star"):
        yield from _scherk(outline, np.array((33, 65, 129, 257, 513)))  # on coarser grids symmetry helps the disc
    yield from _enneper(sizes)
    yield from _catenoid(sizes)
    yield from _drum(sizes[:-1])
    yield from _annulus(129 if quick else 257)


def _scherk(outline: str, sizes: Array) -> Iterator[Row]:
    height, errors, spacings = scherk(1.5).height, [], []
    for n in sizes:
        film = soap_film(Wire.outline(outline, height), int(n))
        x, y = film.grid.points
        free, rest = ~film.grid.boundary, relax(film.flow, film.start).x
        off = np.where(free, rest, 0.0)[free] - height(x[free], y[free])
        errors.append(np.sqrt(np.sum(film.grid.node_area[free] * off**2)))
        spacings.append(film.grid.spacing[0])
    found = fitted_order(np.array(spacings), np.array(errors))
    yield order(f"scherk on a {outline}", "order of the error in L²", found, 2.0, 0.15)


def _enneper(sizes: Array) -> Iterator[Row]:
    """The ring of radius r on Enneper's surface spans an area of π (r² + r⁴ + r⁶/3)."""
    r, angle = 0.8, np.arange(16_384) * (np.pi / 8_192.0)
    x, y = r * np.cos(angle) - r**3 / 3.0 * np.cos(3.0 * angle), -r * np.sin(angle) - r**3 / 3.0 * np.sin(3.0 * angle)
    ring = np.column_stack([x, y, r * r * np.cos(2.0 * angle)])
    films = [soap_film(Wire.outline(ring), int(n)) for n in sizes]
    errors = [abs(relax(film.flow, film.start).energy[-1] - np.pi * (r**2 + r**4 + r**6 / 3.0)) for film in films]
    found = fitted_order(np.array([film.grid.spacing[0] for film in films]), np.array(errors))
    yield order("enneper's bent ring", "order of the error in area", found, 2.0, 0.2)


def _catenoid(sizes: Array) -> Iterator[Row]:
    """u = arccosh r over 1.25 < r < 2.5, between two rings."""
    films = [soap_film(Wire.named("two-rings"), int(n)) for n in sizes[1:]]
    errors = [abs(relax(film.flow, film.start).energy[-1] - RINGS.area) for film in films]
    found = fitted_order(np.array([film.grid.spacing[0] for film in films]), np.array(errors))
    yield order("catenoid between two rings", "order of the error in area", found, 2.0, 0.2)


def _drum(sizes: Array) -> Iterator[Row]:
    films = [soap_film(Wire.outline("disc", "0*x"), int(n)) for n in sizes]
    spacings = np.array([film.grid.spacing[0] for film in films])
    tones = np.array([spectrum(film.flow, film.start, 6).values[:6] for film in films])
    zeros = [jn_zeros(0, 2)[0], *2 * [jn_zeros(1, 1)[0]], *2 * [jn_zeros(2, 1)[0]], jn_zeros(0, 2)[1]]
    errors = np.max(np.abs(tones / np.square(zeros) - 1.0), axis=1)
    yield order("drum, six tones", "order of the largest relative error", fitted_order(spacings, errors), 2.0, 0.2)


def _annulus(n: int) -> Iterator[Row]:
    """Over 1 < r < 2 a film lets go of its inner loop where the gap is beyond arccosh 2."""
    angle, most = np.arange(4096) * (np.pi / 2048.0), float(np.arccosh(2.0))
    for gap, share in ((1.0, 0.0), (1.25, 0.0), (most, 0.5), (1.4, 1.0), (2.5, 1.0)):
        loops = [np.stack([r * np.cos(angle), r * np.sin(angle), 0.0 * angle + z], 1) for r, z in ((2.0, 0.0), (1.0, gap))]
        film = soap_film(Wire.outline(loops), n)
        seen = detachment(film, relax(film.flow, film.start))
        let_go, case = 0.5 if seen.length is None else seen.length / (2.0 * np.pi), f"annulus {n}, gap {gap:.4g}"
        yield Row(case, "share let go, ½ undecided", let_go, f"{share:g}", share - 1e-3, share + 1e-3)
        if share == 1.0 and seen.area is not None:
            wall = seen.area / (2.0 * np.pi * (gap - most))
            yield Row(case, "its wall over the exact one", wall, "1 ± 0.03", 0.97, 1.03)
