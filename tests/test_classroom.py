"""The notebooks of the classroom: what is stored, that each runs where ipywidgets is not, and that its claims hold.

Each ends with a cell that checks what the chapter says against exact numbers. Jupyter is not needed: cells are executed in
order, in one namespace, as its kernel does.
"""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "examples" / "classroom").glob("*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind="code"):
    """(id, source) of the cells of a kind."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [(cell["id"], "".join(cell["source"])) for cell in notebook["cells"] if cell["cell_type"] == kind]


def run(cell, names, path):
    exec(compile(cell[1], f"{path.name}, {cell[0]}", "exec"), names)


def test_seven_chapters():
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"{k:02d}" for k in range(1, 8)]


@each
def test_what_is_stored(path):
    """nbformat 4.5, a name of its own for each cell, no outputs, a story with equations, exercises and answers."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[\w-]{1,64}", name) for name in ids)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
    told = [source for _, source in cells(path, "markdown")]
    assert told[0].startswith(f"# {int(path.stem[:2])}. ")
    assert any("$$" in source for source in told)
    assert any("## Exercises" in source and "**Answers.**" in source for source in told)
    assert 5 <= len(cells(path)) <= 12
    assert cells(path)[-1][1].count("assert ") >= 4
    assert path.stat().st_size < 40_000


@each
def test_it_runs_and_its_claims_hold(path, tmp_path, monkeypatch, capsys):
    plt.switch_backend("Agg")
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # so that importing it fails
    monkeypatch.chdir(tmp_path)
    names, drawn = {"__name__": "notebook"}, 0
    try:
        for cell in cells(path):
            run(cell, names, path)
            drawn += len(plt.get_fignums())
            plt.close("all")
    finally:
        plt.close("all")
    assert drawn >= 5
    assert capsys.readouterr().out.endswith("all of it\n")


@each
def test_sliders_where_ipywidgets_is_and_where_it_is_not(path, monkeypatch):
    names, here, there = {"__name__": "notebook"}, [], []
    run(cells(path)[0], names, path)
    widgets = SimpleNamespace(SelectionSlider=lambda options: options, interact=lambda draw, value: there.append(value))
    monkeypatch.setitem(sys.modules, "ipywidgets", widgets)
    names["slide"](here.append, 1.0, 2.0, 3.0)
    assert (here, there) == ([], [(1.0, 2.0, 3.0)])
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    names["slide"](here.append, 1.0, 2.0, 3.0)
    assert here == [1.0, 2.0, 3.0]
    used = [source for _, source in cells(path)[1:] if source.count("slide(")]
    assert len(used) == 1
    assert len(re.search(r"slide\(\w+((?:, [-.\de]+)+)\)", used[0]).group(1).split(",")) == 4  # three values
