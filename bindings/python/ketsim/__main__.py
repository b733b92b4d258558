"""``python -m ketsim info``, and the flags for linking C programs: ``python -m ketsim --cflags --libs``."""

import argparse

from . import _info


def main() -> None:
    """Read the command line and print what it asks for."""
    parser = argparse.ArgumentParser(prog="python -m ketsim", description="Facts about this installation.")
    parser.add_argument("command", nargs="?", choices=["info"], help="print version, ISA, threads and more")
    parser.add_argument("--cflags", action="store_true", help="print compiler flags for C programs")
    parser.add_argument("--libs", action="store_true", help="print linker flags for C programs")
    given = parser.parse_args()

    flags = [_info.cflags()] * given.cflags + [_info.libs()] * given.libs
    if flags:
        print(*flags)
    elif given.command == "info":
        print(_info.info_text())
    else:
        parser.error("nothing asked for: give info, --cflags or --libs")


if __name__ == "__main__":
    main()
