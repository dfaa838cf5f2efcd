"""The door: parse the arguments, call the command, turn errors into one line and an exit status."""

from __future__ import annotations

import argparse
import re
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from geoflow.cli.options import parser
from geoflow.cli.signals import status_of, terminable
from geoflow.cli.streams import silence, steady
from geoflow.errors import BadInput, GeoflowError, printable

SHORT = ("-n", "-h", "-o")


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
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(shielded(words))
    options.words = words
    try:
        with terminable():
            return _command(options)
    except BadInput as error:
        return _say(error, 2, options.debug)
    except GeoflowError as error:
        return _say(error, 1, options.debug)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _say(error, 1, options.debug)
    except KeyboardInterrupt as interrupt:
        print("geoflow: interrupted", file=sys.stderr)
        return status_of(interrupt)


def _command(options: argparse.Namespace) -> int:
    if options.command == "film":
        from geoflow.cli.film import film

        return film(options)
    if options.command == "point":
        from geoflow.cli.point import point

        return point(options)
    if options.command == "wires":
        from geoflow.cli.wires import wires

        return wires()
    if options.command == "verify":
        from geoflow.cli.verify import verify

        return verify(quick=options.quick, as_json=options.json, only=options.only)
    from geoflow.cli.doctor import doctor

    return doctor()


def _say(error: Exception, status: int, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    print(f"geoflow: {printable(str(error))}", file=sys.stderr)
    detail = getattr(error, "detail", None)
    if detail and (debug or sys.stderr.isatty()):
        print(detail, file=sys.stderr)
    return status


def run() -> NoReturn:
    """The console script. A closed pipe (``geoflow wires | head``) is no error."""
    steady()
    status = 0
    try:
        try:
            status = main()
        finally:  # of --help too
            sys.stdout.flush()
    except BrokenPipeError:
        silence()
    except OSError as error:
        silence()
        status = status or _say(error, 1, debug=False)
    sys.exit(status)
