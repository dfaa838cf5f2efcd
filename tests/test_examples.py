"""Every example is found, run and held to the error it prints; so are the snippets of README and CONTRIBUTING."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
LIMITS = {
    "soap_film": 1e-6,
    "scherk_order": 0.1,
    "terrain_ironed": 1e-12,
    "marble": 5e-6,
    "heat": 1e-3,
    "two_metrics": 1e-6,
    "grim_reaper": 0.2,
    "energy_identity": 1e-13,
    "spherical_cap": 0.05,
    "descent_against_flow": 0.03,
    "narrow_valley": 0.07,
    "heavy_ball": 0.01,
    "momentum_on_a_film": 0.005,
    "watersheds": 0.01,
    "marble_at_the_pass": 1e-6,
    "stable_surface": 1e-8,
    "bent_ring": 0.2,
    "drum": 1e-3,
    "letting_go": 1.5e-3,
    "silhouette": 1e-6,
}


def load(path: Path):
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_has_a_limit():
    assert {path.stem for path in EXAMPLES} == set(LIMITS)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path, capsys):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert len(ast.get_docstring(ast.parse(text)).splitlines()) >= 3
    error = load(path).main()
    assert 0.0 <= error <= LIMITS[path.stem]
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_snippets_run(name, tmp_path, monkeypatch, capsys):
    text = (ROOT / name).read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert snippets
    monkeypatch.chdir(ROOT)
    for snippet in snippets:
        exec(compile(snippet, name, "exec"), {"__name__": "snippet"})


# ---- the gallery: examples/README.md, as `python examples/guide/gallery.py` writes it -----------------------------------------


def test_the_gallery_shows_every_example():
    gallery = load(ROOT / "examples" / "guide" / "gallery.py")
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert text == gallery.page(), "run python examples/guide/gallery.py"
    assert set(re.findall(r"\]\((\w+)\.py\)", text)) == {path.stem for path in EXAMPLES}
    shown = [ROOT / "examples" / name for name in re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)]
    assert len(shown) == len(EXAMPLES)
    for picture in shown:
        with Image.open(picture) as opened:
            opened.verify()
        assert 1_000 < picture.stat().st_size <= gallery.LARGEST


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "examples").rglob("*.md")), ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    inside = [link for link in links if not link.startswith("http")]
    assert [link for link in inside if not (page.parent / link).exists()] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_draws_itself(path, tmp_path):
    environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, path], cwd=tmp_path, env=environment, check=True, timeout=600)
    assert list(tmp_path.glob(f"{path.stem}*.png"))
