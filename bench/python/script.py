"""What the benches of concurrency have in common: their flags, and text, JSON and plot of what they found."""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machine import ROOT, load, machine, print_machine
from report import Table, Verdict

LEAST_SAMPLES = 7


def parser(doc: str | None) -> argparse.ArgumentParser:
    """The flags that each of them takes."""
    found = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = found.add_argument
    add("--quick", action="store_true", help="the least that shows that it works")
    add("--samples", type=int, help=f"repetitions, at least {LEAST_SAMPLES}; with --quick 3")
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


class Report:
    """Collects tables, notes and verdicts, and writes them down."""

    def __init__(self, name: str, args: argparse.Namespace, native: Path | None = None) -> None:
        self.name, self.args = name, args
        self.path: Path = args.json or ROOT / f"build/bench-{name}.json"
        self.facts = machine(native) | {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M}"}
        self.tables: list[Table] = []
        self.notes: list[str] = []
        self.verdicts: list[Verdict] = []

    def table(self, table: Table) -> None:
        """Print it, and keep it for the file."""
        self.tables.append(table)
        print("\n".join(table.lines()), flush=True)

    def note(self, text: str) -> None:
        self.notes.append(text)
        print(text, flush=True)

    def verdict(self, *verdicts: Verdict) -> None:
        for verdict in verdicts:
            self.verdicts.append(verdict)
            print(verdict, flush=True)

    def json(self) -> dict[str, Any]:
        return {
            "bench": self.name,
            "quick": self.args.quick,
            "machine": self.facts,
            "tables": [table.json() for table in self.tables],
            "notes": self.notes,
            "verdicts": [vars(verdict) for verdict in self.verdicts],
        }

    def finish(self) -> int:
        """Text, files, and the exit status."""
        self.facts["load after"] = load()
        print()
        print_machine(self.facts)
        print("\n".join(map(str, self.verdicts)))
        if self.args.quick:
            print("--quick: sizes and repetitions are too few for these lines to mean anything")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.json(), indent=1) + "\n")
        print(f"results: {self.path}")
        if self.args.plot:
            from table_plot import plot

            plot(self.tables, self.facts, self.args.plot)
            print(f"plot: {self.args.plot}")
        return 1 if self.args.strict and not all(v.passed for v in self.verdicts) else 0
