"""Modes: how films come to rest, E − E* ~ e^{−2λ₁t}, how they ring under inertia, and the tones of drums."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoflow.domains.wire import Wire
from geoflow.energies.dirichlet import Dirichlet
from geoflow.evolution import evolve
from geoflow.films import soap_film
from geoflow.relaxation import relax
from geoflow.spectra import spectrum
from geoflow.steppers.heavy_ball import HeavyBall
from geoflow.verify.bumps import bump
from geoflow.verify.rows import Row, fitted_order, most, order


def rows() -> Iterator[Row]:
    """This chapter's."""
    yield from _decay()
    yield from _momentum()


def _decay() -> Iterator[Row]:
    """λ₁ of films at rest, and the rate 2λ₁ of E − E* on a run that is bent off it by its first two modes."""
    flat, scherk = Wire.formula("0", (0.0, 1.0, 0.0, 1.0)), Wire.named("scherk")
    sizes = np.array([9, 17, 33, 65, 129])
    films = [soap_film(flat, int(n)) for n in sizes]
    errors = [2.0 * np.pi**2 - spectrum(film.flow, film.start, 1).values[0] for film in films]
    yield order("flat film", "order of the first eigenvalue", fitted_order(1.0 / (sizes - 1.0), np.array(errors)), 2.0, 0.1)
    for name, film, known in (
        ("flat film, L²", films[2], 2.0 * np.pi**2),
        ("scherk, L²", soap_film(scherk, 33), 1.94552),
        ("scherk, mcf", soap_film(scherk, 33, metric="mcf"), 2.3071),
    ):
        rest = relax(film.flow, film.start).x
        modes = spectrum(film.flow, rest).vectors
        bend, t = modes[0] + 0.5 * modes[1], (3.0 / known, 5.0 / known)
        run = evolve(film.flow, rest + 0.3 * bend / np.max(np.abs(bend)), t[1], rtol=1e-6, t_eval=t, rest_tol=1e-300)
        before, after = (film.flow.energy.value(u) - film.flow.energy.value(rest) for u in run.states)
        found = float(np.log(before / after)) / (t[1] - t[0]) / (2.0 * known)
        yield Row(name, "rate of decay of E − E* over 2λ₁", found, "1 ± 0.01", 0.99, 1.01)


def _momentum() -> Iterator[Row]:
    """sin πx sin πy under heat's energy: u = (cos ωt + (β/2ω) sin ωt) e^{−βt/2} times the start, ω² = λ − β²/4."""
    n, t_end, beta = 17, 0.5, 3.0
    flow, start = bump(n, Dirichlet)
    omega = np.sqrt(4.0 * (n - 1) ** 2 * 2.0 * np.sin(0.5 * np.pi / (n - 1)) ** 2 - 0.25 * beta**2)
    exact = (np.cos(omega * t_end) + 0.5 * beta / omega * np.sin(omega * t_end)) * np.exp(-0.5 * beta * t_end)
    steps = 10 * 2 ** np.arange(5)
    runs = [evolve(flow, start, t_end, method=HeavyBall(beta), dt=t_end / k) for k in steps]
    errors = np.array([np.max(np.abs(run.x - exact * start)) for run in runs])
    yield order("heavy ball", "order in time", fitted_order(1.0 / steps, errors), 2.0, 0.15)
    defect = max(float(np.max(np.abs(run.ledger.defect))) for run in runs)
    yield most("heavy ball", "largest defect of E + ½‖v‖², of a start with E = 2.5", defect, 1e-13)
