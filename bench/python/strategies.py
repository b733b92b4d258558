"""Which way of using the cores from Python gains how much?

    python strategies.py [100] [--quick] [--python PATH ...] [--json FILE] [--plot FILE] [--strict]

The number is that of items. Two workloads: ``kernels``, circuits on 14 qubits that were made before, and
``python``, circuits that Python code makes gate by gate. Each strategy runs in a process of its own;
--python names further interpreters that have ketsim, for what this one lacks: sub-interpreters need 3.12,
free threading 3.14t. A row that no interpreter could run says why. A part is one workload of one interpreter.
All strategies take turns, several times over, so that a clock that rises or falls meanwhile does so for each.
"""

import json
import math
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from machine import cores
from report import Table, at_most
from script import Report, Work, parse, parser
from speedup import COLUMNS, Row, Sample, means
from strategy_worker import QUBITS, WAYS

HERE = Path(__file__).parent
ITEMS = {"kernels": 1000, "python": 10_000}
TURNS = 3
LIMITS = {
    ("kernels", "batch"): 0.90,
    ("kernels", "free-threaded"): 0.90,
    ("python", "sub-interpreters"): 0.90,
    ("python", "free-threaded"): 0.90,
}
ABOUT = """
import sys, sysconfig, ketsim
print(sys.version.split()[0] + ("t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""))
"""


def label(python: str) -> str:
    """What an interpreter is called: its version, with a t where there is no GIL."""
    try:
        done = subprocess.run([python, "-c", ABOUT], capture_output=True, text=True)
    except OSError as error:
        raise SystemExit(f"--python {python}: {error.strerror}") from None
    if done.returncode:
        raise SystemExit(f"--python {python}: {last_line(done.stderr)}")
    return done.stdout.strip()


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["ended without a word"])[-1]


def asked(python: str, strategy: str, workload: str, items: int, samples: int) -> dict[str, Any]:
    command = [python, str(HERE / "strategy_worker.py"), strategy, "--workload", workload]
    command += ["--items", str(items), "--samples", str(samples), "--workers", str(cores())]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not done.stdout.strip():
        return {"absent": last_line(done.stderr), "died": True}
    answer: dict[str, Any] = json.loads(last_line(done.stdout))
    return answer


def measured(python: str, workload: str, items: int, samples: int) -> dict[str, Row]:
    """Every strategy, a part of its repetitions at a time; one that cannot run is not asked again."""
    found = {strategy: Row(strategy, items) for strategy in WAYS}
    for _ in range(min(TURNS, samples)):
        for strategy, row in found.items():
            if row.absent:
                continue
            answer = asked(python, strategy, workload, items, math.ceil(samples / TURNS))
            row.samples += [Sample(*s) for s in answer.get("samples", [])]
            row.absent, row.died = answer.get("absent", ""), "died" in answer
    return found


def rows(report: Report, python: str, version: str, workload: str, items: int) -> None:
    """One interpreter, one workload."""
    found = list(measured(python, workload, items, report.args.samples).values())
    alone, died = found[0], [row.name for row in found if row.died]
    table = Table(f"{workload}, {items} items, Python {version}, {cores()} cores", COLUMNS, bar="speedup")
    table.records = [row.record(alone if row is not alone else None) for row in found]
    report.table(table)
    for row in found:
        if row.absent:
            report.note(f"{row.name}: {row.absent}, not measured")
        elif alone.samples and (workload, row.name) in LIMITS:
            text = f"efficiency, {row.name}, {workload}, Python {version}"
            report.verdict(row.reaches(text, alone, LIMITS[workload, row.name]))
    if died:
        report.verdict(at_most(f"strategies that died ({', '.join(died)})", len(died), 0))
    report.note(means([row.speedup(alone) for row in found[1:] if row.samples and alone.samples]))


def main() -> int:
    found = parser(__doc__)
    default = ", ".join(f"{items} of {name}" for name, items in ITEMS.items())
    found.add_argument("items", type=int, nargs="?", help=f"default {default}, with --quick 40")
    found.add_argument("--python", nargs="*", default=[], help="further interpreters that have ketsim")
    args = parse(found)
    pythons = {label(python): python for python in [sys.executable, *args.python]}
    args.python = list(pythons)
    report, parts = Report("strategies", args), dict[str, Work]()
    for version, python in pythons.items():
        for workload in QUBITS:
            items = args.items or (40 if args.quick else ITEMS[workload])
            parts[f"{workload}-{version}"] = partial(rows, report, python, version, workload, items)
    return report.run(parts)


if __name__ == "__main__":
    sys.exit(main())
