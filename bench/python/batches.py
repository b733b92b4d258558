"""Batches: what they gain over their circuits one by one, and over other simulators.

    python batches.py [--quick] [--circuits 10000] [--native build/native/bench] [--json FILE] [--plot FILE]

First the C bench. Then very many different circuits on 10 qubits with 100 gates, from lists of tuples to
one sample of each: ours in one `run_batch`, qulacs and Lightning in a loop in as many processes as there
are cores, Aer in one `run` as its own batch. Building, translating and planning the circuits is on the clock
for all.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import peer_venv
from machine import ROOT, cores
from native import run
from report import Column, Table, at_least
from script import Report, Work, parse, parser

HERE = Path(__file__).parent
N, GATES = 10, 100
LOOPS = ("qulacs", "lightning")
LIMITS = {"loops": 2.5, "aer": 20.0}
PACKAGES = {"qulacs": "qulacs", "lightning": "pennylane-lightning", "aer": "qiskit-aer"}
COLUMNS: tuple[Column, ...] = (
    ("row", "Simulator", "{}"),
    ("seconds", "Duration s", "{:.3f}"),
    ("median_seconds", "median s", "{:.3f}"),
    ("items_per_s", "Items/s", "{:,.0f}"),
    ("cores_used", "cores used", "{:.2f}"),
    ("ratio", "ours is faster by", "{:.1f}x"),
    ("absent", "not measured", "{}"),
)


def measured(name: str, count: int, samples: int) -> dict[str, Any]:
    """One simulator, in processes that `batch_worker.py` starts."""
    if name in PACKAGES and PACKAGES[name] not in peer_venv.versions():
        return {"row": name, "absent": f"{PACKAGES[name]} is not installed"}
    python = str(peer_venv.PYTHON) if name in PACKAGES else sys.executable
    sizes = [str(count), str(N), str(GATES), str(samples), str(cores())]
    done = subprocess.run(
        [python, str(HERE / "batch_worker.py"), name, *sizes], capture_output=True, text=True
    )
    if done.returncode:
        return {"row": name, "absent": (done.stderr.strip().splitlines() or ["failed"])[-1]}
    found: list[list[float]] = json.loads(done.stdout.splitlines()[-1])
    best = min(found)
    return {
        "row": name,
        "seconds": best[0],
        "median_seconds": statistics.median(wall for wall, _ in found),
        "items_per_s": count / best[0],
        "cores_used": best[1] / best[0],
        "samples": found,
    }


def beside_peers(report: Report, count: int, aer_count: int) -> None:
    """Aer takes long: it gets fewer circuits, and its time is scaled to as many as the others have."""
    table = Table(f"{count} different circuits, n={N}, {GATES} gates", COLUMNS, bar="items_per_s")
    counts = {"ketsim": count, "qulacs": count, "lightning": count, "aer": aer_count}
    for name, circuits in counts.items():
        table.records.append(measured(name, circuits, report.args.samples))
    found = {record["row"]: record for record in table.records}
    for record in table.records:
        if "items_per_s" in record and "items_per_s" in found["ketsim"]:
            record["ratio"] = found["ketsim"]["items_per_s"] / record["items_per_s"]
    report.table(table)
    report.note(f"aer: {aer_count} circuits")
    loops = [found[name]["ratio"] for name in LOOPS if "ratio" in found[name]]
    if loops:
        text = f"best of {' and '.join(LOOPS)} in a loop on {cores()} processes / ours"
        report.verdict(at_least(text, min(loops), LIMITS["loops"]))
    if "ratio" in found["aer"]:
        report.verdict(at_least("Aer's own batch / ours", found["aer"]["ratio"], LIMITS["aer"]))


def main() -> int:
    found = parser(__doc__)
    found.add_argument("--circuits", type=int, help="beside the peers; default 10000, with --quick 100")
    found.add_argument("--native", type=Path, default=ROOT / "build/native/bench", help="the C benches")
    args = parse(found)
    report = Report("batch", args, args.native / "batch")
    count = args.circuits or (100 if args.quick else 10_000)
    parts: dict[str, Work] = {
        "native": lambda: run(report, "batch", args.native),
        "peers": lambda: beside_peers(report, count, min(count, 1000)),
    }
    return report.run(parts)


if __name__ == "__main__":
    sys.exit(main())
