"""Build the reference from the docstrings: ``python examples/guide/reference.py FOLDER``, with ``pip install ".[docs]"``.

A page for each public name of geoflow, geoflow.viz, geoflow.exact, and of what is called by its full name in geoflow.points.
Sphinx reads the docstrings by sections, as numpydoc has them. A name in `backticks` is a reference; one that leads nowhere
is a warning, and warnings are errors.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from sphinx.cmd.build import main as sphinx

import geoflow as gf
from geoflow import exact, viz
from geoflow.points import curves, descent, search, surface

CONF = f"""
from reference import setup
project, author, release = "geoflow", "the geoflow authors", "{gf.__version__}"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon"]
default_role, nitpicky, suppress_warnings = "any", True, ["ref.python"]
nitpick_ignore_regex = [("py:(class|exc)", ".*")]  # kinds of parameters are said in words: "positive number", "x → float"
napoleon_google_docstring, napoleon_use_ivar = False, True
autodoc_typehints, autodoc_member_order = "none", "bysource"
html_copy_source, smartquotes = False, False
"""
POINTS = {
    descent: ("Count", "Plan", "count", "gradient_descent", "nesterov", "polyak"),
    curves: ("Curve", "Curves"),
    surface: ("Surface",),
    search: ("start_sets",),
}


def names() -> dict[str, tuple[str, Any]]:
    """Full name → (part, thing)."""
    found = {f"{part.__name__}.{name}": (part.__name__, part) for part in (gf, viz, exact) for name in part.__all__}
    found |= {f"{home.__name__}.{name}": ("geoflow.points", home) for home, some in POINTS.items() for name in some}
    return {full: (part, getattr(home, full.rpartition(".")[2])) for full, (part, home) in found.items()}


def pages() -> dict[str, str]:
    """File name → text."""
    out, contents = {"conf.py": CONF}, {}
    for full, (part, thing) in sorted(names().items(), key=lambda item: item[0].lower()):
        short = full.rpartition(".")[2]
        if isinstance(thing, type):
            body = f".. autoclass:: {full}\n   :members:\n"
        elif callable(thing):
            body = f".. autofunction:: {full}\n"
        else:
            body = f".. py:data:: {full}\n\n   {type(thing).__name__}: {', '.join(map(str, thing))}\n"
        page = full.replace(".", "-") + "-class" * isinstance(thing, type)  # Basins and basins are two files everywhere
        out[f"{page}.rst"] = f"{short}\n{'=' * len(short)}\n\n{body}"
        contents.setdefault(part, []).append(page)
    out["index.rst"] = f"geoflow {gf.__version__}\n{'=' * 20}\n"
    for part, inside in contents.items():
        said = plain((sys.modules[part].__doc__ or "").split("\n\n")[0])
        out["index.rst"] += (
            f"\n{part}\n{'-' * len(part)}\n\n.. py:module:: {part}\n\n{said}\n\n.. toctree::\n   :maxdepth: 1\n\n   "
        )
        out["index.rst"] += "\n   ".join(inside) + "\n"
    return out


def plain(line: str) -> str:
    """A line whose bars and stars are bars and stars, |∇u| and 2*x, but in ``literals``."""
    return "".join(p if p.startswith("``") else re.sub(r"([|*])", r"\\\1", p) for p in re.split(r"(``.*?``)", line))


def setup(app: Any) -> None:
    """Before napoleon reads a docstring: formulas are no markup, and what follows the sections is an example."""

    def tidy(app: Any, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
        first = next((k for k, line in enumerate(lines) if line.startswith(">>>")), len(lines))
        told = [plain(line) for line in lines[:first]]
        example = [*(["Examples", "--------"] if first < len(lines) else []), *lines[first:]]
        lines[:] = [*told, *example]

    app.connect("autodoc-process-docstring", tidy, priority=400)


def build(folder: str) -> int:
    """Sphinx's exit status; the pages are in the folder."""
    with tempfile.TemporaryDirectory() as source:
        for name, text in pages().items():
            Path(source, name).write_text(text, encoding="utf-8")
        return sphinx(["-q", "-W", "--keep-going", "-d", f"{source}/.trees", source, folder])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    raise SystemExit(build(sys.argv[1]))
