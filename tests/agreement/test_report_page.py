"""The report is one page that needs nothing from elsewhere; pictures follow a film that flows, and are there after Ctrl-C."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from io import BytesIO

import matplotlib.image
import numpy as np
import pytest

import geoflow as gf
from geoflow.cli import film as command
from geoflow.cli import live
from geoflow.cli.main import main
from geoflow.viz.probe import Probe

NAMES = ["film.png", "film.pvd", "film.vtp", "film_frames", "ledger.csv", "ledger.png", "summary.json", "wire.vtp"]


@pytest.fixture(autouse=True)
def without_opengl(monkeypatch):
    monkeypatch.setattr("geoflow.viz.films.can_render", lambda: Probe(False, "matplotlib", "forced by the test"))


class Page(HTMLParser):
    """What is on a page: tags with their attributes, and its text; every tag is closed."""

    VOID = ("meta", "img", "br")

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data


def pictures(page):
    found = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
    assert all(re.match(r"data:image/(png|svg\+xml);base64,", source) for source in found)
    return [base64.b64decode(source.partition(",")[2]) for source in found]


def alone(path):
    """The page, if nothing on it would be loaded, and nothing run but what turns the film in its own frame."""
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>") and len(text.encode()) < 2_000_000
    assert not {"script", "link", "object", "embed", "base"} & {tag for tag, _ in page.tags}
    assert not re.search(r"url\(|@import|https?:", re.sub(r"base64,[^\"]*", "", text))
    frames = [attributes for tag, attributes in page.tags if tag == "iframe"]
    assert all(set(attributes) == {"srcdoc"} for attributes in frames)
    assert not any(re.search(r"\b(src|href)\s*=|fetch\(|XMLHttp|WebSocket|\bimport\b", a["srcdoc"]) for a in frames)
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("src", "data:").startswith("data:") and "href" not in attributes
    return page


def test_the_report_says_what_the_run_was(tmp_path, capsys):
    words = ["film", "x*y", "-n", "17", "--metric", "mcf", "-o", str(tmp_path / "a.html")]
    assert main([*words, "-o", str(tmp_path / "a.json")]) == 0
    table = capsys.readouterr().out
    page, result = alone(tmp_path / "a.html"), json.loads((tmp_path / "a.json").read_text())
    for line in (line[15:].strip() for line in table.splitlines() if "wrote" not in line and ".html" not in line):
        assert " ".join(line.split()) in " ".join(page.text.split())
    for key, value in result.items():
        assert key in page.text and json.dumps(value, ensure_ascii=False) in page.text
    assert f"geoflow {gf.__version__}" in page.text and "geoflow film 'x*y' -n 17 --metric mcf" in page.text
    assert result["message"] in page.text and "mean curvature flow" in page.text and "rtol" in page.text
    film, ledger = pictures(page)
    drawn = matplotlib.image.imread(BytesIO(film))[..., :3]
    assert np.mean(np.ptp(drawn, axis=2) > 0.1) > 0.05
    assert ledger.startswith(b"<?xml") and b"</svg>" in ledger and ledger.count(b"<path") > 100
    assert all(attributes["alt"] for tag, attributes in page.tags if tag == "img")


def test_the_rate_on_it_is_that_at_rest(tmp_path):
    from geoflow.cli.film_report import decay_rate
    from geoflow.cli.film_results import Results

    film = gf.soap_film(gf.Wire.formula("x*y"), 9)
    run = gf.evolve(film.flow, film.start)
    lowest = gf.spectrum(film.flow, run.x, 1).values[0]

    def rate(run, method):
        return decay_rate(Results(film, run, [], {}, method, None))

    assert rate(run, gf.SDIRK2()) == pytest.approx(2.0 * lowest, rel=1e-9)
    slow, fast = gf.HeavyBall(0.5 * np.sqrt(lowest)), gf.HeavyBall(4.0 * np.sqrt(lowest))
    assert rate(run, slow) == slow.beta
    # x″ + βx′ + λx = 0 decays as e^{rt}, and its energy twice as fast
    assert rate(run, fast) == pytest.approx(-2.0 * np.max(np.roots([1.0, fast.beta, lowest])), rel=1e-9)
    assert rate(gf.evolve(film.flow, film.start, 1e-3), gf.SDIRK2()) is None
    assert rate(gf.relax(film.flow, film.start), gf.SDIRK2()) is None


def test_text_is_text_on_the_page(tmp_path):
    from geoflow.cli.pages import table, verbatim, write_page

    evil = "<script>alert('x')</script> & \"quoted\""
    write_page(tmp_path / "a.html", evil, evil, [table([(evil, evil)]), verbatim(evil)])
    assert alone(tmp_path / "a.html").text.count(evil) == 6


def test_a_report_that_cannot_be_drawn_loses_nothing_else(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("geoflow.cli.film_report.save_film", lambda *_: 1 / 0)
    files = [str(tmp_path / name) for name in ("a.html", "a.json", "a.csv")]
    assert main(["film", "x*y", "-n", "9", "--relax", "--quiet", *(word for name in files for word in ("-o", name))]) == 1
    assert "could not be drawn" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "a.json"]


def test_live_pictures_are_drawn_while_it_flows_and_at_its_end(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(live, "EVERY", 0.0)
    monkeypatch.setattr(live, "SHARE", 0.0)
    drawn = []
    monkeypatch.setattr(live, "save_film", lambda path, film, u, title, t: drawn.append((str(path), float(np.sum(u)), title)))
    path = tmp_path / "now.png"
    assert main(["film", "tent", "-n", "9", "--until", "0.03", "--dt", "0.01", "--live", str(path)]) == 0
    said = capsys.readouterr()
    assert [name for name, _, _ in drawn] == [str(path)] * 4 and len({total for _, total, _ in drawn}) == 4
    assert "t = 0.01," in drawn[1][2] and f"drawing to {path}" in said.err and str(path) in said.out
    assert path.read_bytes().startswith(b"\x89PNG")


def test_live_pictures_take_a_small_share_and_cost_no_run(tmp_path, monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(live, "save_film", lambda *_: calls.append(1) or 1 / 0)
    path = tmp_path / "now.png"
    assert main(["film", "tent", "-n", "9", "--until", "0.03", "--dt", "0.01", "--live", str(path)]) == 0
    assert len(calls) == 1 and capsys.readouterr().err.count("could not be drawn") == 1
    slow = live.Live(str(path), None, True)
    monkeypatch.setattr(live, "time", type("Clock", (), {"monotonic": staticmethod(iter([0.0, 3.0, 17.9, 18.1, 18.2]).__next__)}))
    slow.film, drawn = gf.soap_film(gf.Wire.named("tent"), 9), []
    monkeypatch.setattr(live, "save_film", lambda *_: drawn.append(1))
    now = next(gf.steps(slow.film.flow, slow.film.start, 0.1))
    counts = []
    for _ in range(3):
        slow(now)
        counts.append(len(drawn))
    assert counts == [1, 1, 2]  # one took 3 s: the next begins 15 s later
    assert main(["film", "tent", "-n", "9", "--live", str(tmp_path / "now.pdf")]) == 2


def test_after_ctrl_c_the_pictures_are_there(tmp_path, monkeypatch, capsys):
    seen = []

    def interrupt(self, now):
        seen.append(now.t)
        if len(seen) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(command.Progress, "__call__", interrupt)
    files = ["-o", str(tmp_path / "a.html"), "-o", str(tmp_path / "a.json")]
    assert main(["film", "tent", "-n", "9", "--until", "1", "--dt", "0.01", *files]) == 130
    page = alone(tmp_path / "a.html")
    assert "interrupted at t = 0.02" in page.text and len(pictures(page)) == 2
    assert json.loads((tmp_path / "a.json").read_text())["steps"] == 2


def test_points_have_a_report_too(tmp_path):
    words = ["point", "(x**2 - 1)**2/4", "--from=-2", "-o", str(tmp_path / "a.html")]
    assert main(words) == 0
    page = alone(tmp_path / "a.html")
    assert len(pictures(page)) == 2 and page.text.count("The ledger of the way from (-2)") == 1
    assert "proven" in page.text or "complete" in page.text
    assert "V = (x**2 - 1)**2/4" in page.text and "Euclidean" in page.text and "--from=-2" in page.text


def heeding():
    """What a shell starts in the background ignores Ctrl-C, and so does what is started from there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_ctrl_c_from_outside_gives_the_pictures_and_130(tmp_path):
    words = ["film", "saddle", "-n", "65", "--until", "500", "--dt", "1e-3", "--out", "o", "-o", "a.html", "--live", "now.png"]
    command, options = [sys.executable, "-m", "geoflow", *words], {"cwd": tmp_path, "text": True, "env": {**os.environ}}
    with subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=heeding, **options) as child:
        for _ in range(3000):
            if (tmp_path / "now.png").exists():
                break
            time.sleep(0.1)
        time.sleep(1.0)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=120)
    assert child.returncode == 130, said
    assert "interrupted at t = " in said and "Traceback" not in said
    assert sorted(p.name for p in (tmp_path / "o").iterdir() if not p.name.startswith(".")) == NAMES
    assert "interrupted" in alone(tmp_path / "a.html").text
    assert 0 < json.loads((tmp_path / "o" / "summary.json").read_text())["t_end"] < 500
