"""``python -m ketsim info`` and ``doctor``; flags for C programs: ``python -m ketsim --cflags --libs``."""

import argparse
import importlib
import sys

from . import _doctor, _info


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ketsim", description="Facts about this installation.")
    parser.add_argument("--cflags", action="store_true", help="print compiler flags for C programs")
    parser.add_argument("--libs", action="store_true", help="print linker flags for C programs")
    commands = parser.add_subparsers(dest="command", metavar="{info,doctor}")
    commands.add_parser("info", help="print version, ISA, threads and more")
    doctor = commands.add_parser(
        "doctor",
        help="say what keeps ketsim from running well here, and the cure",
        description="Exit status: 0 when all is well or there are notes, 1 for a warning, 2 for an error.",
    )
    doctor.add_argument(
        "--with", dest="modules", metavar="MODULE", action="append", default=[],
        help="import this module first, to see what it brings in; can be repeated",
    )  # fmt: skip
    return parser


def _import(parser: argparse.ArgumentParser, modules: list[str]) -> None:
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            parser.error(f"--with {module}: {error}")


def main() -> int:
    """Read the command line and print what it asks for."""
    parser = _parser()
    given = parser.parse_args()
    flags = [_info.cflags()] * given.cflags + [_info.libs()] * given.libs
    if flags:
        print(*flags)
    elif given.command == "info":
        print(_info.table(_info.info()))
    elif given.command == "doctor":
        _import(parser, given.modules)
        text, status = _doctor.report()
        print(text)
        return status
    else:
        parser.error("nothing asked for: give info, doctor, --cflags or --libs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
