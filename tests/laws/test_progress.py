"""What is told of a run while it goes: silent where it should be, numbers of the step, a guess that comes true."""

import io
from collections import deque
from types import SimpleNamespace

import numpy as np
import pytest

import geoflow as gf
from geoflow import progress
from geoflow.progress import NOISE, Progress, seconds_left

BOWL = gf.GradientFlow(gf.Potential("x**2 + 25*y**2"), gf.Euclidean())


class Clock:
    """A clock of its own: every look at it takes some seconds."""

    def __init__(self, tick):
        self.now, self.tick = 0.0, tick

    def __call__(self):
        self.now += self.tick
        return self.now


@pytest.fixture
def clock(monkeypatch):
    ticking = Clock(0.5)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=ticking))
    return ticking


class Terminal(io.StringIO):
    def isatty(self):
        return True


def samples(t, speed=lambda t: 1.0, energy=5.0, count=25, apart=1.0):
    return deque((w, t(w), speed(t(w)), energy) for w in apart * np.arange(count))


@pytest.mark.parametrize("growth", [-0.02, 0.0, 1e-5, 0.05, 0.3])
def test_the_guess_comes_true_where_steps_grow_steadily(growth):
    """dt/dw = e^{gw}: the time left is known."""

    def t(w):
        return np.expm1(growth * w) / growth if growth else w

    end = 40.0
    left = seconds_left(samples(t), t(end))
    assert left == pytest.approx(end - 24.0, rel=1e-3)


def test_the_guess_comes_true_for_a_film_on_its_way_to_rest():
    """‖v‖² = e^{−2λt}: it is at rest when that is 2λ 8ε|E|."""
    rate, energy = 2.0 * 0.9, 5.0
    rest = np.log(1.0 / (rate * NOISE * energy)) / rate
    left = seconds_left(samples(lambda w: 0.5 * w, lambda t: np.exp(-rate * t), energy), None)
    assert left == pytest.approx(rest / 0.5 - 24.0, rel=1e-9) and left > 10.0


@pytest.mark.parametrize(
    "seen",
    [
        deque(),
        samples(lambda w: w, count=3),
        samples(lambda w: np.inf),
        samples(lambda w: 1.0),
        samples(lambda w: w, lambda t: np.nan),
        samples(lambda w: w, lambda t: t),
        samples(lambda w: w, apart=0.0),
        samples(lambda w: -np.expm1(-w)),
    ],
)
def test_there_is_no_guess_from_nothing(seen):
    assert seconds_left(seen, None) is None
    assert len(seen) < 4 or seen[-1][1] > 20 or seconds_left(seen, 100.0) is None


def test_plain_lines_come_now_and_then(clock, capsys):
    film = gf.soap_film(gf.Wire.named("tent"), 9)
    gf.evolve(film.flow, film.start, 1.0, dt=0.01, record=film.records, progress=True)
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert said.out == "" and 3 <= len(lines) <= 100 * 0.5 / progress.EVERY + 1
    for line in lines:
        assert line.startswith("t = ") and all(word in line for word in ("area = ", "−d/dt = ", "τ = 0.01", " %", "left"))
    assert [float(line.split()[2]) for line in lines] == sorted(float(line.split()[2]) for line in lines)


def test_a_terminal_gets_a_bar(clock, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERM", "xterm")
    gf.evolve(BOWL, [1.0, 0.4], 1.0, dt=0.05, progress=True)
    assert "E = " in terminal.getvalue() and "\x1b[" in terminal.getvalue()


@pytest.mark.parametrize("quiet", [None, False])
def test_nothing_is_said_unless_it_is_asked_for(quiet, clock, capsys):
    gf.evolve(BOWL, [1.0, 0.4], 1.0, dt=0.01, progress=quiet)
    film = gf.soap_film(gf.Wire.named("tent"), 9)
    gf.relax(film.flow, film.start, progress=quiet)
    with Progress(1.0, quiet=True) as silent:
        gf.evolve(BOWL, [1.0, 0.4], 1.0, dt=0.01, progress=silent)
    assert capsys.readouterr() == ("", "")


def test_a_run_is_the_same_with_it(capsys):
    one, two = (gf.evolve(BOWL, [1.0, 0.4], 1.0, progress=shown) for shown in (None, True))
    assert one.x.tobytes() == two.x.tobytes() and one.energy.tobytes() == two.energy.tobytes()


def test_what_cannot_watch_is_refused():
    for verb in (gf.evolve, gf.relax):
        with pytest.raises(gf.BadInput, match=r"^progress"):
            verb(BOWL, [1.0, 0.4], progress="yes")
