"""What is said of a run besides its pictures: the lines of its table, its settings, the command, and all numbers."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from geoflow.cli.pages import heading, table, verbatim

HIDDEN = ("command", "debug", "json", "quiet", "o", "out", "words")  # options that are no settings of a run


@dataclass(frozen=True)
class Told:
    """What is said of a run: the lines of the table, its settings, and the command."""

    lines: list[tuple[str, str]]
    settings: list[tuple[str, str]]
    command: str

    @classmethod
    def of(cls, options: argparse.Namespace, lines: list[tuple[str, str]]) -> Told:
        """Settings from the options of a command; those that were not given say so."""
        given = {name: value for name, value in vars(options).items() if name not in HIDDEN and value not in (None, [])}
        settings = [(name.replace("_", "-"), _shown(value)) for name, value in given.items()]
        return cls(lines, settings, shlex.join(["geoflow", *(word.strip() for word in options.words)]))

    def parts(self, numbers: Mapping[str, object]) -> list[str]:
        """The sections of a page that tell settings, command and numbers."""
        rows = [(key, json.dumps(value, ensure_ascii=False)) for key, value in numbers.items()]
        settings = [heading("Settings"), table(self.settings), heading("Command"), verbatim(self.command)]
        return [*settings, heading("All numbers"), table(rows, mono=True)]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value).strip()
