"""The door: parse the arguments, call the command, turn errors into one line and an exit status."""

from __future__ import annotations

import argparse
import os
import re
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from geoflow import __version__
from geoflow.errors import BadInput, GeoflowError

SHORT = ("-n", "-h", "-o")
METHODS = ("sdirk2", "euler", "lagged", "sdirk3", "secant", "explicit", "rk", "heavyball")
SUFFIXES = ".vtp .pvd .obj .ply .stl .csv .json .png .pdf"


class Parser(argparse.ArgumentParser):
    """argparse, with its errors in one line."""

    def error(self, message: str) -> NoReturn:
        """Exit 2 with what, and where help is."""
        self.exit(2, f"geoflow: {message}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """All commands and options."""
    top = Parser(prog="geoflow", description="Gradient flows: soap films on wires, by the L² gradient flow of area.")
    top.add_argument("--version", action="version", version=f"geoflow {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="film | wires | verify | doctor", parser_class=Parser)
    film = commands.add_parser("film", help="let a film flow until at rest", description=FILM, formatter_class=RAW)
    film.add_argument("wire", metavar="WIRE", help="a name (see `geoflow wires`), a file, or a formula for the height in x and y")
    film.add_argument("-n", type=int, default=129, help="nodes along the longer side (default 129)")
    film.add_argument("--bounds", nargs=4, type=float, metavar=("X0", "X1", "Y0", "Y1"), help="of a formula or .npy wire")
    film.add_argument("--start", help="a FILE of heights, a FORMULA, flat or coons (default: the wire's own, else coons)")
    way = film.add_mutually_exclusive_group()
    way.add_argument("--until", type=float, metavar="T", help="flow to time T (default: until at rest)")
    way.add_argument("--relax", action="store_true", help="straight to the minimal surface, without following the flow")
    film.add_argument("--method", choices=METHODS, help="default sdirk2")
    film.add_argument(
        "--beta", type=float, help="friction of heavyball (default: critical at rest, 2√λ₁, where it settles fastest)"
    )
    film.add_argument("--metric", choices=("l2", "mcf"), default="l2", help="l2 (default), or mcf: mean curvature flow")
    film.add_argument("--dt", type=float, help="fixed steps of this length (default: adaptive)")
    film.add_argument("--rtol", type=float, default=1e-4, help="time error to keep to, relative to the start's range (1e-4)")
    film.add_argument("--error-bar", action="store_true", help="of the area, at time T too (at rest: always)")
    film.add_argument("--up", choices=("z", "y", "x"), default="z", help="the axis of a wire's points that is up (default z)")
    film.add_argument("--scale", type=float, default=1.0, help="factor of heights that are read from files")
    film.add_argument("-o", metavar="FILE", action="append", default=[], help=f"write there, by suffix: {SUFFIXES}; repeatable")
    film.add_argument("--out", metavar="DIR", help="write summary.json, ledger.csv, film.vtp, film.pvd and film.png there")
    film.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
    film.add_argument("--quiet", action="store_true", help="no progress and no table")
    commands.add_parser("wires", help="list the wires that ship")
    verify = commands.add_parser("verify", help="check this installation against exact solutions")
    verify.add_argument("--quick", action="store_true", help="coarser grids: about a minute")
    verify.add_argument("--json", action="store_true", help="the table as JSON on stdout")
    commands.add_parser("doctor", help="versions, and what can be drawn here")
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return top


RAW = argparse.RawDescriptionHelpFormatter
FILM = """Hold a film on a wire and let it flow by ∂u/∂t = ∇·(∇u / √(1 + |∇u|²)), the L² gradient flow of area; or,
with --metric mcf, by ∂u/∂t = √(1 + |∇u|²) ∇·(∇u / √(1 + |∇u|²)), mean curvature flow.

  geoflow film saddle --out out          a rippled film comes to rest; the picture is out/film.png
  geoflow film "sin(pi*x)*y" --relax     straight to the minimal surface over [-1, 1]²
  geoflow film wire.csv -n 257           points x y z of a closed polyline over a rectangle; also .obj .ply .vtp
  geoflow film "t - log(cos(x))" --metric mcf --until 1 -o reaper.ply       a wire that moves
"""


def shielded(arguments: Sequence[str]) -> list[str]:
    """Arguments with a leading blank before each formula that starts with a minus, so that no option is seen in it."""
    out = []
    for argument in arguments:
        option = re.match(r"--([a-z][a-z-]*(=|$)|$)", argument) is not None or argument == "-" or not argument.startswith("-")
        option = option or (argument[:2] in SHORT and re.fullmatch(r"-?\d*", argument[2:]) is not None)
        option = option or (argument[:2] == "-o" and "." in argument)
        out.append(argument if option or re.fullmatch(r"-(\d+|\d*\.\d+)", argument) else " " + argument)
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = parser().parse_args(shielded(sys.argv[1:] if arguments is None else arguments))
    try:
        return _command(options)
    except BadInput as error:
        return _say(error, 2, options.debug)
    except GeoflowError as error:
        return _say(error, 1, options.debug)
    except OSError as error:
        return _say(error, 1, options.debug)
    except KeyboardInterrupt:
        print("geoflow: interrupted", file=sys.stderr)
        return 130


def _command(options: argparse.Namespace) -> int:
    if options.command == "film":
        from geoflow.cli.film import film

        return film(options)
    if options.command == "wires":
        from geoflow.cli.wires import wires

        return wires()
    if options.command == "verify":
        from geoflow.cli.verify import verify

        return verify(quick=options.quick, as_json=options.json)
    from geoflow.cli.doctor import doctor

    return doctor()


def _say(error: Exception, status: int, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    print(f"geoflow: {error}", file=sys.stderr)
    detail = getattr(error, "detail", None)
    if detail and (debug or sys.stderr.isatty()):
        print(detail, file=sys.stderr)
    return status


def run() -> NoReturn:
    """The console script. A closed pipe (``geoflow wires | head``) is no error."""
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    sys.exit(status)
