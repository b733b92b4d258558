"""Which way of using the cores from Python gains how much?

    python strategies.py [100] [--quick] [--python PATH ...] [--json FILE] [--plot FILE] [--strict]

The number is that of items. Two workloads: ``kernels``, circuits on 14 qubits that were made before, and
``python``, circuits that Python code makes gate by gate. Each strategy runs in a process of its own;
--python names further interpreters that have ketsim, for what this one lacks: sub-interpreters need 3.12,
free threading 3.14t. A row that no interpreter could run says why.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import cores
from report import Table
from script import Report, parse, parser
from speedup import COLUMNS, Row, Sample, means
from strategy_worker import WAYS

HERE = Path(__file__).parent
LIMITS = {
    ("kernels", "batch"): 0.90,
    ("kernels", "free-threaded"): 0.90,
    ("python", "sub-interpreters"): 0.90,
    ("python", "free-threaded"): 0.90,
}


def asked(python: str, strategy: str, workload: str, items: int, samples: int) -> dict[str, Any]:
    command = [python, str(HERE / "strategy_worker.py"), strategy, "--workload", workload]
    command += ["--items", str(items), "--samples", str(samples), "--workers", str(cores())]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return {"absent": (done.stderr.strip().splitlines() or ["ended without a word"])[-1]}
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def rows(report: Report, python: str, workload: str, items: int) -> Table:
    """One interpreter, one workload."""
    samples, measured = report.args.samples, list[Row]()
    version = "?"
    for strategy in WAYS:
        answer = asked(python, strategy, workload, items, samples)
        version = answer.get("python", version)
        row = Row(strategy, items, [Sample(*s) for s in answer.get("samples", [])], answer.get("absent", ""))
        measured.append(row)
    alone = measured[0]
    table = Table(f"{workload}, {items} items, Python {version}, {cores()} cores", COLUMNS, bar="speedup")
    table.records = [row.record(alone if row is not alone else None) for row in measured]
    report.table(table)
    for row in measured:
        if row.absent:
            report.note(f"{row.name}: {row.absent}, not measured")
        elif alone.samples and (workload, row.name) in LIMITS:
            text = f"efficiency, {row.name}, {workload}, Python {version}"
            report.verdict(row.reaches(text, alone, LIMITS[workload, row.name]))
    report.note(means([row.speedup(alone) for row in measured[1:] if row.samples and alone.samples]))
    return table


def main() -> int:
    found = parser(__doc__)
    found.add_argument("items", type=int, nargs="?", help="default 2000, with --quick 40")
    found.add_argument("--python", nargs="*", default=[], help="further interpreters that have ketsim")
    args = parse(found)
    report = Report("strategies", args)
    items = args.items or (40 if args.quick else 2000)
    for python in [sys.executable, *args.python]:
        for workload in ("kernels", "python"):
            rows(report, python, workload, items)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
