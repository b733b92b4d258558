"""What the benches of concurrency have in common: their flags, and text, JSON and plot of what they found.

A bench is a list of parts, each of a minute or three. The file is written after every part, so a run that was
stopped, or that had no more ``--minutes``, goes on where it was when it is started again in the same way, as
long as the commit is the same; a file in which nothing is missing is begun anew.
"""

import argparse
import collections
import fnmatch
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machine import ROOT, load, machine, print_machine, shown
from report import Table, Verdict, merged

LEAST_SAMPLES = 7
STOPPED = 130  # exit status, as a shell gives it to what Ctrl-C has ended
NO_SETTING = ("json", "plot", "strict", "minutes", "parts", "native", "results")  # change no number

Work = Callable[[], object]


def parser(doc: str | None) -> argparse.ArgumentParser:
    """The flags that each of them takes."""
    found = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = found.add_argument
    add("--quick", action="store_true", help="the least that shows that it works")
    add("--samples", type=int, help=f"repetitions, at least {LEAST_SAMPLES}; with --quick 3")
    add("--parts", help="measure these only, and again if the file has them: names with * and ?, by commas")
    add("--minutes", type=float, help="after which no part is begun")
    add("--json", type=Path, help="where the results go; default build/bench-NAME.json")
    add("--plot", type=Path, help="also draw the tables there; the suffix says in which format")
    add("--strict", action="store_true", help="exit with 1 when a line says FAIL or BENCH BLIND")
    return found


def parse(found: argparse.ArgumentParser) -> argparse.Namespace:
    args = found.parse_args()
    if args.samples is not None and args.samples < LEAST_SAMPLES and not args.quick:
        found.error(f"samples must be at least {LEAST_SAMPLES}")
    args.samples = args.samples or (3 if args.quick else LEAST_SAMPLES)
    return args


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M}"


@dataclass
class Part:
    """What one part found, and when."""

    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        return {
            "facts": self.facts,
            "tables": [table.json() for table in self.tables],
            "notes": self.notes,
            "verdicts": [vars(verdict) for verdict in self.verdicts],
        }

    @classmethod
    def read(cls, found: dict[str, Any]) -> "Part":
        """From what json() gave."""
        tables = [Table.read(table) for table in found["tables"]]
        return cls(tables, found["notes"], [Verdict(**v) for v in found["verdicts"]], found["facts"])

    def print(self) -> None:
        for table in self.tables:
            print("\n".join(table.lines()))
        print(*self.notes, *self.verdicts, sep="\n")


class Report:
    """Runs the parts, collects tables, notes and verdicts, and writes them down."""

    def __init__(self, name: str, args: argparse.Namespace, native: Path | None = None) -> None:
        self.name, self.args = name, args
        self.path: Path = args.json or ROOT / f"build/bench-{name}.json"
        self.facts = machine(native) | {"date": now()}
        settings = {key: value for key, value in vars(args).items() if key not in NO_SETTING}
        self.settings = {"commit": self.facts["commit"]} | settings
        self.parts: dict[str, Part] = {}
        self.left: list[str] = []
        self._now = Part()

    # ---- what a part says -------------------------------------------------------------------------

    def table(self, table: Table) -> None:
        """Print it, and keep it for the file; records of one title become one table there."""
        self._now.tables.append(table)
        print("\n".join(table.lines()), flush=True)

    def note(self, text: str) -> None:
        self._now.notes.append(text)
        print(text, flush=True)

    def verdict(self, *verdicts: Verdict) -> None:
        for verdict in verdicts:
            self._now.verdicts.append(verdict)
            print(verdict, flush=True)

    def keep(self, table: Table, verdicts: list[Verdict], *notes: str) -> None:
        """What another program has printed."""
        self._now.tables.append(table)
        self._now.verdicts += verdicts
        self._now.notes += notes

    # ---- running them -----------------------------------------------------------------------------

    def run(self, works: dict[str, Work]) -> int:
        """All parts that are asked for and not there yet, then text, files, and the exit status."""
        self._resume(works)
        end = time.monotonic() + 60 * (self.args.minutes or float("inf"))
        try:
            for name in self._wanted(works):
                if time.monotonic() < end:
                    self._measure(name, works[name])
        except KeyboardInterrupt:
            print(f"\nstopped; {shown(str(self.path))} keeps what was measured before")
            return STOPPED
        return self._finish()

    def _wanted(self, works: dict[str, Work]) -> list[str]:
        """In the order of the bench; parts that are named are measured again."""
        if not self.args.parts:
            return [name for name in works if name not in self.parts]
        patterns = self.args.parts.split(",")
        found = [name for name in works if any(fnmatch.fnmatchcase(name, p) for p in patterns)]
        if not found:
            raise SystemExit(f"--parts {self.args.parts}: must be of {', '.join(works)}")
        return found

    def _resume(self, works: dict[str, Work]) -> None:
        """Take over the parts of a file of the same settings, unless it is complete and all are wanted."""
        self.left = list(works)
        found = json.loads(self.path.read_text()) if self.path.exists() else {}
        if found.get("settings") != json.loads(json.dumps(self.settings)):
            return
        if not found["left"] and not self.args.parts:
            return
        self.parts = {name: Part.read(part) for name, part in found["parts"].items() if name in works}
        self.left = [name for name in works if name not in self.parts]
        print(f"{shown(str(self.path))}: {len(self.parts)} of {len(works)} parts are there already")
        for part in self.parts.values():
            part.print()

    def _measure(self, name: str, work: Work) -> None:
        self._now = Part(facts={"date": now(), "load before": load()})
        start = time.monotonic()
        work()
        self._now.facts |= {"seconds": round(time.monotonic() - start, 1), "load after": load()}
        self.parts[name] = self._now
        self.left = [other for other in self.left if other != name]
        self.save()

    # ---- the end ----------------------------------------------------------------------------------

    @property
    def verdicts(self) -> list[Verdict]:
        return [verdict for part in self.parts.values() for verdict in part.verdicts]

    @property
    def tables(self) -> list[Table]:
        return merged(table for part in self.parts.values() for table in part.tables)

    def save(self) -> None:
        """The file as it will be, or the one that was there."""
        found = {"bench": self.name, "machine": self.facts, "settings": self.settings, "left": self.left}
        found["parts"] = {name: part.json() for name, part in self.parts.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(found, indent=1) + "\n")
        new.replace(self.path)

    def _finish(self) -> int:
        self.facts["load after"] = load()
        self.save()
        pieces = collections.Counter(table.title for part in self.parts.values() for table in part.tables)
        for table in self.tables:
            if pieces[table.title] > 1:  # printed row by row so far
                print("\n".join(table.lines()))
        print()
        print_machine(self.facts)
        print("\n".join(map(str, self.verdicts)))
        if self.args.quick:
            print("--quick: sizes and repetitions are too few for these lines to mean anything")
        if self.left:
            print(f"left: {', '.join(self.left)}; run again to go on")
        print(f"results: {shown(str(self.path))}")
        if self.args.plot:
            from table_plot import plot

            plot(self.tables, self.facts, self.args.plot)
            print(f"plot: {self.args.plot}")
        return 1 if self.args.strict and not all(v.passed for v in self.verdicts) else 0


def verdicts_in(results: dict[str, Any]) -> list[Verdict]:
    """All of a result file."""
    return [Verdict(**v) for part in results["parts"].values() for v in part["verdicts"]]


def tables_in(results: dict[str, Any]) -> list[Table]:
    """All of a result file; records of one title are in one table."""
    return merged(Table.read(table) for part in results["parts"].values() for table in part["tables"])
