"""Run a C bench, and give its text a result file and a plot as the Python benches have them.

    python native.py queue [--quick] [--native build/native/bench] [--json FILE] [--plot FILE] [--strict]

The program prints as always; what it says is read back: lines between bars are a table whose first line holds
the titles, and a line of PASS or FAIL is a verdict.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from machine import ROOT
from report import Table, Verdict
from script import Report, parse, parser

QUICK = {
    "queue": "--transfers 65536 --samples 3 --starts 20 --seconds 1",
    "clone": "--most 14 --samples 3",
    "batch": "--circuits 100 --samples 3 --largest 16",
}
BARS = {"queue": "speed-up", "clone": "ours %", "batch": "speed-up"}
TITLES = {
    "queue": "Handing over work",
    "clone": "Share of the clone in a call",
    "batch": "Batches beside their circuits one by one",
}
VERDICT = re.compile(r"(PASS|FAIL) (.*): (\S+) \(limit (.*)\)$")


def number(cell: str) -> float | str | None:
    """A cell as what it is; a dash is nothing."""
    if cell == "-":
        return None
    try:
        return float(cell)
    except ValueError:
        return cell


def read(lines: Iterable[str], title: str, bar: str) -> tuple[Table, list[Verdict]]:
    """The table and the verdicts in what a program printed."""
    titles: list[str] = []
    records: list[dict[str, Any]] = []
    verdicts: list[Verdict] = []
    for line in lines:
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if titles:
                records.append(dict(zip(titles, map(number, cells), strict=True)))
            titles = titles or cells
        elif found := VERDICT.match(line.rstrip()):
            word, requirement, value, limit = found.groups()
            verdicts.append(Verdict(requirement, float(value), limit, word == "PASS"))
    return Table(title, tuple((name, name, "{}") for name in titles), records, bar), verdicts


def run(report: Report, name: str, native: Path) -> None:
    """Its lines as they come, and what was in them."""
    options = QUICK[name].split() if report.args.quick else ["--samples", str(report.args.samples)]
    command = [str(native / name), *options]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with status {process.returncode}")
    report.keep(*read(lines, TITLES[name], BARS[name]), lines[0].strip())


def main() -> int:
    found = parser(__doc__)
    found.add_argument("program", choices=("queue", "clone"))
    found.add_argument("--native", type=Path, default=ROOT / "build/native/bench", help="the C benches")
    args = parse(found)
    report = Report(args.program, args, args.native / args.program)
    return report.run({args.program: lambda: run(report, args.program, args.native)})


if __name__ == "__main__":
    sys.exit(main())
