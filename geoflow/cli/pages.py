"""A page of one file: headings, sentences, tables and pictures in HTML that needs nothing from elsewhere, to mail or to print."""

from __future__ import annotations

import base64
import html
import io
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geoflow import __version__
from geoflow.io.atomic import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEDGER_CAPTION = (
    "Left: the energy and, as dots, its second measurement, where there is one; what was lost and what the steps dissipated, "
    "which agree where the balance of energy holds; by how much it does not. Right: the energy above its lowest, beside the "
    "decay that the smallest eigenvalue at rest predicts, where it is known; the length of each step, with a cross where longer "
    "ones were turned down; errors in time."
)
STYLE = """
:root { color-scheme: light; }
body { max-width: 52rem; margin: 2.5rem auto; padding: 0 1.25rem; background: #fff; color: #2b2d33;
       font: 1.02rem/1.55 Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .4rem; font-weight: 600; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .6rem; padding-bottom: .2rem; border-bottom: 1px solid #dcdfe4; font-weight: 600; }
p.lead { margin: 0 0 1.2rem; color: #4a4e57; }
figure { margin: 1rem 0 0; break-inside: avoid; }
figure img { display: block; width: 100%; height: auto; }
iframe { width: 100%; height: 620px; border: 0; }
figcaption { font-size: .88rem; color: #6b7079; margin-top: .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .28rem .9rem .28rem 0; border-bottom: 1px solid #eceef1;
         font-variant-numeric: lining-nums tabular-nums; overflow-wrap: anywhere; white-space: pre-wrap; }
th { font-weight: 400; color: #6b7079; white-space: nowrap; width: 1%; }
pre, code { font: .86rem/1.45 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
pre { background: #f4f5f7; padding: .7rem .9rem; white-space: pre-wrap; overflow-wrap: anywhere; }
footer { margin-top: 3rem; font-size: .85rem; color: #6b7079; }
@page { margin: 18mm 16mm; }
@media print { figure.live { display: none; } }
@media print { body { max-width: none; margin: 0; padding: 0; font-size: 10pt; line-height: 1.4; } h2 { break-after: avoid; }
               tr { break-inside: avoid; } table { font-size: 9pt; } th, td { padding-top: .1rem; padding-bottom: .1rem; } }
"""


def write_page(path: Path, title: str, lead: str, parts: Iterable[str]) -> None:
    """Write a page, with a line on what made it and when; a file that is there is replaced only when the new one is complete.

    parts: HTML, such as the functions below return. Everything else is text.
    """
    python = ".".join(map(str, sys.version_info[:3]))
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    foot, body = f"geoflow {__version__}, Python {python}, NumPy {np.__version__}; {when}", "\n".join(parts)
    page = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{STYLE}</style>\n</head>\n<body>\n'
        f'<h1>{html.escape(title)}</h1>\n<p class="lead">{html.escape(lead)}</p>\n{body}\n'
        f"<footer>{html.escape(foot)}</footer>\n</body>\n</html>\n"
    )
    with atomic_path(path) as part:
        part.write_text(page, encoding="utf-8", errors="backslashreplace")


def heading(text: str) -> str:
    """A heading of a section."""
    return f"<h2>{html.escape(text)}</h2>"


def table(rows: Sequence[tuple[str, str]], mono: bool = False) -> str:
    """Rows of a label and a text; mono: texts in letters of one width, where columns stand under each other."""
    cell = ("<td><code>", "</code></td>") if mono else ("<td>", "</td>")
    lines = (f"<tr><th>{html.escape(label)}</th>{cell[0]}{html.escape(text)}{cell[1]}</tr>" for label, text in rows)
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def verbatim(text: str) -> str:
    """Text as it was typed."""
    return f"<pre>{html.escape(text)}</pre>"


def picture(data: bytes, kind: str, alt: str, caption: str) -> str:
    """A picture, inside of the page; kind: ``png`` or ``svg+xml``."""
    ink = base64.b64encode(data).decode("ascii")
    image = f'<img src="data:image/{kind};base64,{ink}" alt="{html.escape(alt)}">'
    return f"<figure>{image}<figcaption>{html.escape(caption)}</figcaption></figure>"


def embedded(page: str, caption: str) -> str:
    """Another page, whole in itself, inside of this one; it is left out on paper."""
    frame = f'<iframe srcdoc="{html.escape(page)}"></iframe>'
    return f'<figure class="live">{frame}<figcaption>{html.escape(caption)}</figcaption></figure>'


def vectors(figure: Figure) -> bytes:
    """A figure of matplotlib as SVG, the same bytes for the same figure."""
    from matplotlib import rc_context

    ink = io.BytesIO()
    with rc_context({"svg.hashsalt": "geoflow", "svg.fonttype": "path"}):
        figure.savefig(ink, format="svg", metadata={"Date": None})
    return ink.getvalue()
