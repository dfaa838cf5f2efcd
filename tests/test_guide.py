"""The pages of the guide say what is true.

Each ``python`` block runs and prints the ``text`` block that follows it, if one does; each line of a ``sh`` block is a command of
geoflow that ends well. What other programs run (``py``, ``evolver``) is on one page, and was run by hand.
"""

import re
import shlex
from pathlib import Path

import pytest

from geoflow.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "examples" / "guide").glob("*.md"))
OTHERS = {"py", "evolver"}


def blocks(page):
    """(language, text) of each block of code."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    assert text.count("```") == 2 * len(found)
    return found


def test_the_pages_and_their_blocks():
    assert {page.stem for page in PAGES} == {"methods", "one_call", "peers", "classroom"}
    for page in PAGES:
        languages = {language for language, _ in blocks(page)}
        assert languages - {"python", "sh", "text"} <= (OTHERS if page.stem == "peers" else set())
        assert "TODO" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_blocks_run_and_print_what_they_say(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found, names = blocks(page), {"__name__": "page"}
    for k, (language, text) in enumerate(found):
        if language == "python":
            exec(compile(text, f"{page.name}, block {k}", "exec"), names)
            printed = capsys.readouterr().out.rstrip()
            if k + 1 < len(found) and found[k + 1][0] == "text":
                assert printed == found[k + 1][1].rstrip()
        elif language == "sh":
            for line in text.splitlines():
                command, *arguments = shlex.split(line, comments=True)
                assert command == "geoflow"
                assert main([*arguments, "--quiet"]) == 0, line
            capsys.readouterr()


def test_the_index_of_the_classroom_lists_every_notebook():
    text = (ROOT / "examples" / "guide" / "classroom.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(\.\./classroom/([^)]+)\)", text)
    assert links == sorted(path.name for path in (ROOT / "examples" / "classroom").glob("*.ipynb"))
