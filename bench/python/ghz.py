"""The GHZ benchmark: the same circuit in native C, in Python by every route, in NumPy and in the peers.

    python ghz.py [--n 22] [--threads 2] [--dtype complex64] [--plot ghz.png] [--json ghz.json]

H on qubit 0, then CNOT from each qubit to the next, once from |0...0> and once from random amplitudes.
Each row runs in a process of its own, is checked against a formula before it is timed, and takes turns
with the others in short bursts. A second table splits the way from native C to a gate-by-gate call
beside a busy Python thread into steps. The lines at the end say PASS or FAIL for each number the project
must reach. With --plot the sizes 4 to 24 are measured besides.
"""

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from ghz_report import Run, print_notes, print_table, print_waterfall, table, verdicts, waterfall
from ghz_worker import STARTS, Row, RowFailedError, Worker, rows_of
from machine import ROOT, cores, load, machine, print_machine
from measure import Heartbeat

SLOW_ROUNDS = 3  # of NumPy from 20 qubits on, which takes seconds
SWEEP = tuple(range(4, 25, 2))
WITH_COPIES = 3  # states that one process holds at most: committed, scratch, in place


def available_bytes() -> int:
    """Memory that can be had without swapping; free memory where the system does not say."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


class Benchmark:
    """Measures one size."""

    def __init__(self, args: argparse.Namespace, n: int) -> None:
        self.args, self.n = args, n
        self.run = Run(n, args.threads, args.dtype, {}, {})

    def measure(self) -> Run:
        """Rows in turn where all of them fit in memory together, otherwise one after the other."""
        rows = rows_of(self.args.native)
        present = sum(row.missing(self.run.dtype) is None for row in rows)
        if WITH_COPIES * present * self.run.state_bytes < 0.7 * available_bytes():
            self._measure_together(rows)
        else:
            print(f"n={self.n}: memory for one row at a time, so rows are not interleaved")
            for row in rows:
                self._measure_together([row])
        return self.run

    def _measure_together(self, rows: list[Row]) -> None:
        workers = [worker for worker in map(self._start, rows) if worker is not None]
        for done in range(self.args.rounds):
            for worker in workers:
                if done < SLOW_ROUNDS or not worker.row.is_slow or self.n < 20:
                    self._try(worker, Worker.burst)
        for worker in workers:
            if worker.row.is_python:
                self._try(worker, lambda w: w.freeze(2))
            if worker.row.key == "native_plan":
                self._control(worker)
            worker.close()

    def _start(self, row: Row) -> Worker | None:
        missing = row.missing(self.run.dtype)
        if missing is None and row.peer and self.args.no_peers:
            missing = "left out by --no-peers"
        if missing is not None:
            self.run.absent[row.label] = missing
            return None
        worker = Worker(row, self.n, self.run.threads, self.run.dtype)
        self.run.workers[row.key] = worker
        self._try(worker, Worker.check)
        return worker

    def _try(self, worker: Worker, step: Any) -> None:
        """A peer that fails is left out with its reason; a row of our own ends the benchmark."""
        if worker.row.key not in self.run.workers:
            return
        try:
            step(worker)
        except RowFailedError as error:
            if not worker.row.peer:
                sys.exit(f"{worker.row.label}: {error}")
            self.run.absent[worker.row.label] = str(error)
            del self.run.workers[worker.row.key]

    def _control(self, worker: Worker) -> None:
        """How late a Python thread gets because the cores are in use, without any GIL in common."""
        count = max(1, int(0.3e9 / worker.samples["arbitrary"].median_ns))
        heartbeat = Heartbeat()
        self.run.control_frozen = heartbeat.frozen(lambda: worker.ask("time", "arbitrary", min(count, 4096)))


def record(run: Run) -> dict[str, Any]:
    """What the JSON file holds about one size."""
    found: dict[str, Any] = {
        "n": run.n,
        "threads": run.threads,
        "dtype": run.dtype,
        "copy_gb_per_s": run.gb_per_s("copy"),
        "copy_stores": run.workers["copy"].store,
        "pass_gb_per_s": run.gb_per_s("pass"),
        "control_frozen": run.control_frozen,
        "not_measured": run.absent,
    }
    for start in STARTS:
        steps, miss = waterfall(run, start)
        found[start] = {"rows": table(run, start), "waterfall": steps, "waterfall_miss": miss}
    return found


def arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    add = parser.add_argument
    add("--n", type=int, default=22, help="qubits, 2 to 30")
    add("--threads", type=int, default=cores())
    add("--dtype", choices=("complex128", "complex64"), default="complex128")
    add("--rounds", type=int, default=7, help="bursts of at least 2 runs for each row, at least 7")
    add("--native", type=Path, default=ROOT / "build/native/bench/ghz", help="bench/ghz.c as built")
    add("--json", type=Path, help="where the results go; default build/ghz-N-DTYPE.json")
    add("--plot", type=Path, help="also measure n = 4, 6, ... 24 and draw both tables")
    add("--no-peers", action="store_true", help="leave out other simulators")
    add("--strict", action="store_true", help="exit with 1 when a line says FAIL or BENCH BLIND")
    args = parser.parse_args()
    if not 2 <= args.n <= 30 or args.threads < 1 or args.rounds < 7:
        parser.error("n must be 2..30, threads at least 1, rounds at least 7")
    if args.json is None:
        args.json = ROOT / f"build/ghz-{args.n}-{args.dtype}.json"
    return args


def main() -> int:
    args = arguments()
    facts = machine(args.native)
    run = Benchmark(args, args.n).measure()
    facts |= {"isa": run.workers["native_plan"].isa, "load after": load()}
    for start in STARTS:
        print_table(run, start)
    print_notes(run)
    for start in STARTS:
        print_waterfall(run, start)
    print()
    print_machine(facts)
    print()
    found = verdicts(run)
    print("\n".join(map(str, found)))
    results: dict[str, Any] = {"machine": facts, "main": record(run), "verdicts": [vars(v) for v in found]}
    if args.plot:
        from ghz_plot import plot

        results["sweep"] = [record(Benchmark(args, n).measure()) for n in SWEEP]
        plot(results["sweep"], facts, args.plot)
        print(f"plot: {args.plot}")
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(results, indent=1) + "\n")
    print(f"results: {args.json}")
    return 1 if args.strict and not all(v.passed for v in found) else 0


if __name__ == "__main__":
    sys.exit(main())
