"""What a row of a sweep costs, here and in other simulators: 100 gates on 10 qubits, new angles in every row.

    python sweep.py [--quick] [--rows 10000] [--n 10] [--gates 100] [--json FILE] [--plot FILE] [--strict]

Each row gives one expectation value. Ours is one `sweep`, on one thread and on all; qulacs and Lightning are
loops in as many processes as there are cores; scaluq has batches, which it runs on all threads or, a hundred
rows at a time, on one thread in each of the processes, and its best counts. Each is a process of its own, and
its values must be ours. Reading angles and results is on the clock, making the circuit is not.

An expectation value, here of Z on the first qubit, needs only the operations in its observable's light cone,
and ours leaves the others out; the other simulators run all that they are given. So ours is there a second
time, as "whole circuit": the same sweep with X on every qubit, which feels every operation, so that none is
left out. The limits are on the first.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import peer_venv
from machine import cores
from report import Column, Table, at_least, at_most
from script import Report, parse, parser

HERE = Path(__file__).parent
MOST_US = 10.0  # of a core, for a row
SAME = 1e-9
PACKAGES = {"qulacs": "qulacs", "lightning": "pennylane-lightning", "scaluq": "scaluq"}
LIMITS = {"best batch": (("scaluq",), 3.0), "best loop": (("qulacs", "lightning"), 4.0)}
COLUMNS: tuple[Column, ...] = (
    ("row", "Simulator", "{}"),
    ("seconds", "Duration s", "{:.3f}"),
    ("median_seconds", "median s", "{:.3f}"),
    ("us", "us a row and core", "{:.2f}"),
    ("cores_used", "cores used", "{:.2f}"),
    ("ratio", "ours is faster by", "{:.2f}x"),
    ("absent", "not measured", "{}"),
)


def names(rows: int) -> list[str]:
    """One batch of all rows, batches of a hundred, and those on one thread in each process."""
    return ["qulacs", "lightning", f"scaluq-{rows}", "scaluq-100", "scaluq-serial-100"]


def asked(name: str, sizes: list[int], threads: int) -> dict[str, Any]:
    """The answer of a process of its own, or why there is none."""
    package = PACKAGES.get(name.split("-")[0])
    if package and package not in peer_venv.versions():
        return {"absent": f"{package} is not installed"}
    python = str(peer_venv.PYTHON) if package else sys.executable
    command = [python, str(HERE / "sweep_worker.py"), name, *map(str, [*sizes, threads])]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"absent": (done.stderr.strip().splitlines() or ["failed"])[-1]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def record(name: str, answer: dict[str, Any], rows: int, threads: int) -> dict[str, Any]:
    if "absent" in answer:
        return {"row": name, **answer}
    found = answer["samples"]
    best = min(found)
    return {
        "row": name if threads == cores() else f"{name}, {threads} thread",
        "seconds": best[0],
        "median_seconds": statistics.median(wall for wall, _ in found),
        "us": 1e6 * best[0] * threads / rows,
        "cores_used": best[1] / best[0],
        "samples": found,
    }


def ours(report: Report, sizes: list[int], table: Table) -> dict[str, Any]:
    """One thread and all, with the light cone and without; the answer of all with it."""
    answer: dict[str, Any] = {}
    for threads in sorted({1, cores()}):
        answer = asked("ketsim", sizes, threads)
        table.records.append(record("ketsim", answer, sizes[0], threads))
        if "us" in table.records[-1]:
            text = f"us a row and core, {sizes[2]} gates on {sizes[1]} qubits, threads={threads}"
            report.verdict(at_most(text, table.records[-1]["us"], MOST_US))
        whole = asked("ketsim-whole", sizes, threads)
        table.records.append(record("ketsim, whole circuit", whole, sizes[0], threads))
    return answer


def sweeps(report: Report, sizes: list[int]) -> None:
    rows, n, gates, _ = sizes
    table = Table(f"{rows} rows of {gates} gates, n={n}, on {cores()} cores", COLUMNS, bar="us")
    own, ratios = ours(report, sizes, table), dict[str, list[float]]()
    for name in names(rows):
        answer = asked(name, sizes, cores())
        found = record(name, answer, rows, cores())
        if "samples" in answer and "samples" in own:
            found["ratio"] = found["seconds"] / min(own["samples"])[0]
            ratios.setdefault(name.split("-")[0], []).append(found["ratio"])
            error = max(abs(a - b) for a, b in zip(own["values"], answer["values"], strict=True))
            report.verdict(at_most(f"difference of values, {name}", error, SAME))
        table.records.append(found)
    report.table(table)
    for what, (peers, limit) in LIMITS.items():
        best = [min(ratios[peer]) for peer in peers if peer in ratios]
        if best:
            report.verdict(at_least(f"{what} of {' and '.join(peers)} / ours", min(best), limit))


def main() -> int:
    found = parser(__doc__)
    found.add_argument("--rows", type=int, help="default 10000, with --quick 500")
    found.add_argument("--n", type=int, default=10, help="qubits")
    found.add_argument("--gates", type=int, default=100)
    args = parse(found)
    report = Report("sweep", args)
    sizes = [args.rows or (500 if args.quick else 10_000), args.n, args.gates, args.samples]
    return report.run({"sweep": lambda: sweeps(report, sizes)})


if __name__ == "__main__":
    sys.exit(main())
