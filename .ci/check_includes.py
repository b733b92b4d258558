#!/usr/bin/env python3
"""Fail when a file of core/ includes one of a higher level, or has none; or a header of ext/ one behind it.

The README of core/ shows the same table.
"""

import pathlib
import re
import sys

LEVELS = (
    {"error", "bits", "cplx", "rng", "spin", "fpcontrol", "threads", "deal", "cancel", "text",
     "mpmc", "park", "cores", "pin", "pool", "events", "profile"},  # know nothing of quantum
    {"gates", "memory", "buffer", "scratch", "stops", "channel", "readout", "table",
     "tabulate", "m2", "unitary",
     "kernels/*"},                               # what a gate is, or a channel; amplitudes; loops
    {"program", "check", "params", "circuit", "look", "dynamic", "bind", "chain", "compose", "cone",
     "reduce", "histogram", "cumulate", "density", "blocks", "parity", "channels", "vectorize", "derive",
     "ahead", "turns", "tangent", "observable", "tally",
     "notation"},                                # programs, parameters, observables; sums of amplitudes
    {"lower", "tiled", "wide", "passes/*", "pauli", "meeting",
     "overlap", "cuts"},                         # from operations to sweeps and passes; Pauli sums
    {"plan", "harvest"},                         # from a program to stages; derivatives of a cut; no state
    {"exec", "direct", "wait", "emit", "launch", "rounding", "payment", "cache", "cost", "guess",
     "twin"},                                    # run a plan, or do without: call kernels
    {"fill", "sample", "outcome", "adjoint", "script", "choices",
     "play"},                                    # from a label; outcomes; states walked back; acts
    {"state", "claim", "queue", "run", "work", "apply", "read", "expect", "gradient", "metric", "behind",
     "view", "plans", "describe", "share", "operator", "prepare", "mixture", "explain"},  # what callers hold
    {"batch", "order", "crew", "beside", "crossover", "item", "job", "jobs", "rows", "row", "shots", "tree",
     "walker", "grouping", "averages", "estimate"},        # many circuits at once; many samples
)

# Headers of the Python extension: each includes only those before it.
EXTENSION = ("refs.h", "ext.h", "args.h", "results.h", "call.h", "many.h", "values.h")

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
CORE = pathlib.Path(__file__).resolve().parents[1] / "core"
EXT = CORE.parent / "bindings/python/ketsim/ext"


def unit(path: pathlib.Path) -> str:
    """The name a file has in the table: its own, without the suffix, or that of its folder."""
    relative = path.relative_to(CORE)
    return f"{relative.parts[0]}/*" if len(relative.parts) > 1 else relative.stem


def level(path: pathlib.Path) -> int | None:
    return next((i for i, units in enumerate(LEVELS) if unit(path) in units), None)


def resolve(path: pathlib.Path, name: str) -> pathlib.Path | None:
    """The file of core/ that an include names; None for the public header."""
    candidates = (path.parent / name, CORE / name)
    return next((c.resolve() for c in candidates if c.exists()), None)


def problems() -> list[str]:
    found = []
    for path in sorted(CORE.rglob("*.[ch]")):
        own = level(path)
        if own is None:
            found.append(f"{path.relative_to(CORE.parent)}: must be in a level of .ci/check_includes.py")
            continue
        for name in INCLUDE.findall(path.read_text()):
            target = resolve(path, name)
            if target is None:
                if not (CORE.parent / "include" / name).exists():
                    found.append(f"{path.relative_to(CORE.parent)}: includes {name!r}, which is nowhere")
                continue
            other = level(target)
            if other is not None and other > own:
                found.append(f"{path.relative_to(CORE.parent)}: level {own}, includes {name!r} ({other})")
    present = {unit(path) for path in CORE.rglob("*.[ch]")}
    found += [f"{name}: in a level, but not in core/" for name in sorted(set().union(*LEVELS) - present)]
    return found


def extension_problems() -> list[str]:
    headers = {path.name for path in EXT.glob("*.h")}
    found = [f"{name}: in EXTENSION or in {EXT.name}/ alone" for name in sorted(headers ^ set(EXTENSION))]
    for place, name in enumerate(EXTENSION):
        text = (EXT / name).read_text() if name in headers else ""
        later = headers.intersection(INCLUDE.findall(text)).intersection(EXTENSION[place:])
        found += [f"{EXT.name}/{name}: includes {other!r}, which is behind it" for other in sorted(later)]
    return found


if __name__ == "__main__":
    found = problems() + extension_problems()
    print("\n".join(found) or "core/, ext/: includes point downwards only")
    sys.exit(bool(found))
