"""Whole circuits beside other simulators: who takes how long to the final state?

    python circuits.py [--n 22] [--workloads brick,qft] [--threads 2] [--samples 5] [--json FILE]

Every row is a process of its own; rows that are in the JSON file already are not run again. A peer's state
is compared with ours before its time is believed. Ratios are the best peer / ours of the same precision, so
more is better for us; ``arb.`` is ketsim from random amplitudes, against peers from |0...0>, whose work does
not depend on it.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import load, machine
from workloads import WORKLOADS

HERE = Path(__file__).parent
PEERS = {  # name: module that must be there, precisions
    "ketsim": ("ketsim", ("complex128", "complex64")),
    "ketsim-arbitrary": ("ketsim", ("complex128", "complex64")),
    "qulacs": ("qulacs", ("complex128",)),
    "qulacs-light": ("qulacs", ("complex128",)),
    "aer": ("qiskit_aer", ("complex128",)),
    "lightning": ("pennylane_lightning", ("complex128",)),
    "qsim": ("qsimcirq", ("complex64",)),
}
BELIEVED = {"complex128": 1e-10, "complex64": 1e-4}  # 1 - fidelity
DEFAULT = "ghz,qft,brick,ansatz,qaoa,volume,heisenberg,grid"

Rows = dict[str, dict[str, Any]]


def run(peer: str, workload: str, n: int, dtype: str, args: Any, reference: Path) -> dict[str, Any]:
    """The answer of one process, or why there is none."""
    command = [sys.executable, str(HERE / "circuit_peers.py"), peer, workload, str(n), "--dtype", dtype]
    command += ["--threads", str(args.threads), "--samples", str(args.samples)]
    if peer != "ketsim-arbitrary":
        command += ["--reference", str(reference)]
    threads = {name: str(args.threads) for name in ("OMP_NUM_THREADS", "QULACS_NUM_THREADS")}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=args.timeout,
            env=os.environ | threads,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"more than {args.timeout} s"}
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1:]}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def measure(workload: str, n: int, args: argparse.Namespace, rows: Rows) -> None:
    """All peers on one workload; ours first, whose state is the reference."""
    with tempfile.TemporaryDirectory() as folder:
        for peer, (module, dtypes) in PEERS.items():
            for dtype in dtypes if importlib.util.find_spec(module) else ():
                key = f"{workload} {n} {args.threads} {dtype} {peer}"
                reference = Path(folder) / "psi.npy"
                if key in rows and peer != "ketsim":
                    continue
                rows[key] = run(peer, workload, n, dtype, args, reference) | {"load": load()}
                args.json.parent.mkdir(parents=True, exist_ok=True)
                args.json.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n")


def best(row: dict[str, Any] | None, dtype: str) -> float | None:
    """Milliseconds of a row that is believed."""
    if not row or "ns" not in row or row.get("infidelity", 0) > BELIEVED[dtype]:
        return None
    return float(min(row["ns"])) / 1e6


def show(workload: str, n: int, threads: int, rows: Rows) -> None:
    """One line for each precision: ours, each peer's, and the ratio of the best peer to ours."""
    for dtype in ("complex128", "complex64"):
        times = {p: best(rows.get(f"{workload} {n} {threads} {dtype} {p}"), dtype) for p in PEERS}
        ours, arbitrary = times.pop("ketsim"), times.pop("ketsim-arbitrary")
        found = {p: t for p, t in times.items() if t}
        if not ours or not arbitrary:
            print(f"{workload:<12}{n:>3} {dtype:<11} ketsim gave no time")
            continue
        line = f"{workload:<12}{n:>3} {dtype:<11}{ours:>10.2f}{arbitrary:>10.2f}"
        if found:
            name = min(found, key=lambda p: found[p])
            line += f"  {found[name] / ours:6.1f}x {found[name] / arbitrary:6.1f}x  best: {name:<13}"
        print(line + "  ".join(f"{p} {t:.1f}" for p, t in found.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", default="22", help="numbers of qubits, separated by commas")
    parser.add_argument("--workloads", default=DEFAULT, help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--timeout", type=float, default=600, help="seconds a row may take")
    parser.add_argument("--json", type=Path, default=Path("build/circuits.json"))
    args = parser.parse_args()
    rows: Rows = json.loads(args.json.read_text())["rows"] if args.json.exists() else {}
    print(f"{'workload':<12}{'n':>3} {'dtype':<11}{'ours ms':>10}{'arb. ms':>10}  {'ratio':>7} {'arb.':>7}")
    for n in map(int, args.n.split(",")):
        for workload in args.workloads.split(","):
            measure(workload, n, args, rows)
            show(workload, n, args.threads, rows)


if __name__ == "__main__":
    main()
