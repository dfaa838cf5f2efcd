"""All commands and options of the command line, and their help."""

from __future__ import annotations

import argparse
from typing import NoReturn

from geoflow import __version__
from geoflow.errors import printable

FILM_METHODS = ("sdirk2", "euler", "lagged", "sdirk3", "secant", "explicit", "rk", "heavyball")
POINT_METHODS = ("sdirk3", "sdirk2", "euler", "secant", "explicit", "rk", "heavyball")
CHAPTERS = ("at-rest", "outlines", "in-time", "laws", "moving", "manufactured", "points", "modes")
FILM_SUFFIXES = ".vtp .pvd .obj .ply .stl .csv .json .png .pdf .gif .mp4 .html"
POINT_SUFFIXES = ".json .csv .png .pdf .html"


class Parser(argparse.ArgumentParser):
    """argparse, with its errors in one line."""

    def error(self, message: str) -> NoReturn:
        """Exit 2 with what, and where help is."""
        self.exit(2, f"geoflow: {printable(message)}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """All commands and options."""
    top = Parser(prog="geoflow", description=TOP)
    top.add_argument("--version", action="version", version=f"geoflow {__version__}")
    commands = top.add_subparsers(
        dest="command", required=True, metavar="film | point | wires | verify | doctor", parser_class=Parser
    )
    _film(commands.add_parser("film", help="let a film flow until at rest", description=FILM, formatter_class=RAW))
    about = "equilibria of a potential, and the ways of points that flow down it"
    _point(commands.add_parser("point", help=about, description=POINT, formatter_class=RAW))
    commands.add_parser("wires", help="list the wires that ship")
    verify = commands.add_parser("verify", help="check this installation against exact solutions")
    verify.add_argument("--quick", action="store_true", help="coarser grids: about a minute")
    verify.add_argument("--only", choices=CHAPTERS, help="one chapter: seconds")
    verify.add_argument("--json", action="store_true", help="the table as JSON on stdout")
    commands.add_parser("doctor", help="versions, and what can be drawn here")
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return top


def _film(film: argparse.ArgumentParser) -> None:
    wire = "a name (see `geoflow wires`), a file, or a formula for the height in x and y, over a rectangle"
    film.add_argument("wire", metavar="WIRE", nargs="?", help=wire)
    outline = (
        "instead of WIRE: disc, ellipse, star, annulus; a file of points x y [z] or a mesh; or a picture, for its silhouette"
    )
    film.add_argument("--outline", metavar="OUTLINE", help=outline)
    height = "along an outline: a formula in x and y (t: it moves; grey: of a picture), or a file of heights, stretched over it"
    film.add_argument("--height", metavar="HEIGHT", help=height)
    level = (
        "cut there: a WIRE of heights along its contour at that height (or 'below 320'); a picture at that grey, or its 'edges'"
    )
    film.add_argument("--level", metavar="L", help=level)
    film.add_argument("-n", type=int, help="nodes along the longer side (default 129, or as many more as the wire needs)")
    bounds = "of a formula, a .npy wire or a picture"
    film.add_argument("--bounds", nargs=4, type=float, metavar=("X0", "X1", "Y0", "Y1"), help=bounds)
    start = "a FILE of heights, a FORMULA, flat or coons (default: the wire's own, else coons; over an outline the harmonic film)"
    film.add_argument("--start", help=start)
    way = film.add_mutually_exclusive_group()
    way.add_argument("--until", type=float, metavar="T", help="flow to time T (default: until at rest)")
    way.add_argument("--relax", action="store_true", help="straight to the minimal surface, without following the flow")
    film.add_argument("--method", choices=FILM_METHODS, help="default sdirk2")
    beta = "friction of heavyball (default: critical at rest, 2√λ₁, where it settles fastest)"
    film.add_argument("--beta", type=float, metavar="B", help=beta)
    film.add_argument("--metric", choices=("l2", "mcf"), default="l2", help="l2 (default), or mcf: mean curvature flow")
    film.add_argument("--dt", type=float, help="fixed steps of this length (default: adaptive)")
    film.add_argument("--rtol", type=float, default=1e-4, help="time error to keep to, relative to the start's range (1e-4)")
    _checkpoints(film)
    film.add_argument("--error-bar", action="store_true", help="of the area, at time T too (at rest: always)")
    spaced = "what a movie's frames are evenly spaced in (default: time with --until, else the area lost)"
    film.add_argument("--frames-by", choices=("time", "area"), help=spaced)
    film.add_argument("--up", choices=("z", "y", "x"), default="z", help="the axis of a wire's points that is up (default z)")
    film.add_argument("--scale", type=float, default=1.0, help="factor of heights that are read from files")
    live = "draw the film there again every few seconds while it flows; a viewer that follows its file shows it moving"
    film.add_argument("--live", metavar="FILE.png", help=live)
    _results(film, FILM_SUFFIXES, "summary.json, ledger.csv, film.vtp, wire.vtp, film.pvd, film.png and ledger.png")


def _point(point: argparse.ArgumentParser) -> None:
    point.add_argument("formula", metavar="FORMULA", help="the potential V, in x y z w or in x1 x2 x3 …, in that order")
    bounds = "the box to look in, two numbers a variable (default: -5 5 for each, doubled until it holds all starts)"
    point.add_argument("--bounds", nargs="+", type=_number, metavar="X0 X1 Y0 Y1", help=bounds)
    starts = "follow the flow from there, one number a variable; repeatable"
    point.add_argument("--from", dest="starts", metavar="X,Y", action="append", default=[], help=starts)
    until = "flow to time T (default: until at rest, out of the bounds, or blown up)"
    point.add_argument("--until", type=float, metavar="T", help=until)
    point.add_argument("--method", choices=POINT_METHODS, help="default sdirk3; heavyball: with momentum, needs --beta")
    point.add_argument("--beta", type=float, metavar="B", help="the friction of the heavy ball")
    rtol = "time error to keep to, relative to the start's distance from 0 (default 1e-6; 1e-4 of a heavyball)"
    point.add_argument("--rtol", type=float, help=rtol)
    _checkpoints(point)
    _results(point, POINT_SUFFIXES, "summary.json, trajectories.csv and portrait.png")


def _checkpoints(command: argparse.ArgumentParser) -> None:
    kept = "keep the run in FILE while it goes, so that it can be resumed however it was stopped"
    command.add_argument("--checkpoint", metavar="FILE", help=kept)
    every = "seconds between two writings of it (default 60; 0: after every step)"
    command.add_argument("--checkpoint-every", type=float, metavar="S", help=every)
    again = "go on from the checkpoint FILE, to the same bits as if the run had never been stopped; all else given as before"
    command.add_argument("--resume", action="store_true", help=again)


def _results(command: argparse.ArgumentParser, suffixes: str, standard: str) -> None:
    command.add_argument(
        "-o", metavar="FILE", action="append", default=[], help=f"write there, by suffix: {suffixes}; repeatable"
    )
    command.add_argument("--out", metavar="DIR", help=f"write {standard} there")
    command.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
    command.add_argument("--quiet", action="store_true", help="no progress and no table")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text.strip()!r} is not a number; FORMULA comes before --bounds") from None


RAW = argparse.RawDescriptionHelpFormatter
TOP = "Gradient flows: soap films on wires, by the L² gradient flow of area, and points that flow down a potential."
FILM = """Hold a film on a wire and let it flow by ∂u/∂t = ∇·(∇u / √(1 + |∇u|²)), the L² gradient flow of area; or,
with --metric mcf, by ∂u/∂t = √(1 + |∇u|²) ∇·(∇u / √(1 + |∇u|²)), mean curvature flow.

  geoflow film saddle --out out          a rippled film comes to rest; the picture is out/film.png
  geoflow film "sin(pi*x)*y" --relax     straight to the minimal surface over [-1, 1]²
  geoflow film wire.csv -n 257           points x y z of closed polylines, in any position; also .obj .ply .vtp
  geoflow film --outline disc --height "sin(3*atan2(y,x))"                  a wire over a disc
  geoflow film --outline horse.png --height "x*y" -n 257                    the silhouette of a picture
  geoflow film terrain --level 880       the contour line at 880 m around a summit; what is inside is the start
  geoflow film terrain --level "below 320" -n 193                           the valley as a lake
  geoflow film "t - log(cos(x))" --metric mcf --until 1 -o reaper.ply       a wire that moves
  geoflow film saddle -o film.gif -o film.html           as a movie; and as a report, whose film turns and plays in any browser
  geoflow film saddle -o film.pvd -o "film_####.obj"     through time: for ParaView, and a numbered file a frame, for Blender
  geoflow film terrain -n 1025 --checkpoint run.gfc       if it is stopped, the same with --resume goes on to the same bits
"""
POINT = """Find where points at rest in a potential V are, what kind of rest it is, and whether these are all; and follow points
that flow down it, x' = -∇V(x), or with --method heavyball roll down it, x'' + βx' = -∇V(x).

  geoflow point "(x**2 + y - 11)**2 + (x + y**2 - 7)**2"               nine equilibria, proven to be all
  geoflow point "exp(x)*cos(y) - x - 1" --from .5,0 --from .5,1e-6     into the pass; and past it, to infinity
  geoflow point "x**4/4 - x**2/2" --from 1.5 -o well.png               V against x; the portrait of two variables
  geoflow point -x**2 --from -1e-3 --bounds -2 2 --json                a leading minus is fine
"""
