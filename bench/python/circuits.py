"""Whole circuits beside other simulators: who takes how long to the final state?

    python circuits.py [--quick] [--n 22,16] [--workloads brick,qft] [--threads 2,1] [--json FILE] [--strict]

Every workload of ``workloads.py`` on 4 to 22 qubits, GHZ, QFT, brick and ansatz on 24 and 26 too, with all
cores and with one, in complex128 and complex64. ketsim's row is ``apply_gates`` with a list of tuples: the
state is made, the list read, planned and run; up to 22 qubits there is a second row, of a `Circuit` that is
made once, with the time that its plan expects. A peer's circuit is built, translated and optimized off the
clock. Both start from |0...0>, and, on all cores and up to 22 qubits, from random amplitudes where the peer
can be given some off the clock.

Each simulator has a process of its own. The state it reaches is compared with ours before its time is
believed. A time is the best of 5 samples or more; of a peer that needs long, of as many as fit in
``--seconds``, at least one. Up to 12 qubits a sample is a loop of at least 2 ms. From 24 qubits on, a peer
whose run would take more than ``--longest``, by its time on fewer, is left out, and the row says so.

Rows that the JSON file has are not measured again, so a run that was stopped, or that ran out of
``--minutes``, goes on where it was; what matters most is measured first: 22 qubits on all cores. ``--quick``
leaves out most sizes and workloads and, with one thread, the peers. Ratios are the quickest peer that has a
state vector / ours of the same precision, so more is better for us; from random amplitudes, where a peer was
not measured from there, its time from |0...0> counts, for a dense simulator's work is the same.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from circuit_process import Answer, Processes, absent, ceiling, pass_ns
from circuit_report import HEAD, Results, Rows, line
from circuit_rows import LARGE, ORDER, QUICK_SIZES, QUICK_WORKLOADS, SIZES, Choice, Group, Row, plan
from circuit_verdicts import lazy_notes, missing_limits, verdicts
from machine import ROOT, cores, load, machine, print_machine
from peers import PEERS
from report import Verdict
from workloads import workload

PASS_QUBITS = 16  # from here on, states are larger than the caches of one core


class Bench:
    """The rows measured so far, in memory and in the JSON file."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.facts = args, machine(args.native)
        self.rows: Rows = {}
        self.passes: dict[str, float] = {}
        self.results = Results(self.rows)
        if args.json.exists():
            self._resume(json.loads(args.json.read_text()))

    def _resume(self, found: dict[str, Any]) -> None:
        commit = found["machine"]["commit"]
        if commit != self.facts["commit"]:
            sys.exit(f"{self.args.json} is of commit {commit}, this is {self.facts['commit']}: give --json")
        self.rows.update(found["rows"])
        self.passes.update(found["passes"])
        print(f"{self.args.json}: {len(self.rows)} rows are there already")

    def save(self, found: list[Verdict] | None = None) -> None:
        self.facts |= {"load after": load(), "date": time.strftime("%Y-%m-%d %H:%M")}
        results = {"machine": self.facts, "rows": self.rows, "passes": self.passes}
        results["verdicts"] = [vars(verdict) for verdict in found or []]
        self.args.json.parent.mkdir(parents=True, exist_ok=True)
        new = self.args.json.with_suffix(".new")
        new.write_text(json.dumps(results, indent=1) + "\n")
        new.replace(self.args.json)

    def measure(self, groups: list[Group]) -> None:
        """All groups, as far as the minutes go."""
        end = time.monotonic() + 60 * self.args.minutes
        self.args.json.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.args.json.parent) as folder:
            processes = Processes(Path(folder), self.args.timeout)
            try:
                for group in groups:
                    if time.monotonic() < end:
                        self._measure_group(processes, group, end)
            finally:
                processes.close()

    def _measure_group(self, processes: Processes, group: Group, end: float) -> None:
        try:
            workload(group.workload, group.n)
        except ValueError as error:
            print(f"{group.workload} on {group.n} qubits: {error}, left out")
            return
        self._measure_pass(group)
        missing = [row for row in group.rows if row.key not in self.rows]
        for row in missing:
            if time.monotonic() > end:
                return
            self._measure_row(processes, row)
        processes.forget_references()
        if missing:
            for dtype in ("complex128", "complex64"):
                print(line(self.results, group.workload, group.n, group.threads, dtype), flush=True)

    def _measure_row(self, processes: Processes, row: Row) -> None:
        start, expected = time.monotonic(), self._expected_s(row)
        if expected > self.args.longest:
            found: Answer = {"error": f"a run would take about {expected:.0f} s"}
        else:
            found = processes.measure(row, self.args.seconds)
        self.rows[row.key] = found | {"load": load(), "took_s": round(time.monotonic() - start, 2)}
        wrong = self.results.wrong(row)
        if wrong:
            print(f"{row.key}: {wrong}")
        self.save()

    def _expected_s(self, row: Row) -> float:
        """A run of a peer on many qubits, by the largest size below that was measured; 0 where none was."""
        for n in range(row.n - 1, 0, -1) if row.n >= LARGE and not PEERS[row.peer].ours else ():
            ns = self.results.ns(replace(row, n=n))
            if ns:
                return ns / 1e9 * 2.0 ** (row.n - n)
        return 0.0

    def _measure_pass(self, group: Group) -> None:
        if group.n < PASS_QUBITS or not self.args.native.exists():
            return
        for dtype in ("complex128", "complex64"):
            key = f"{group.n} {group.threads} {dtype}"
            if key not in self.passes:
                self.passes[key] = pass_ns(self.args.native, group.n, group.threads, dtype)

    def measure_ceiling(self, when: str) -> None:
        """How far threads can help on this machine while the bench runs, as a fact beside its numbers."""
        if self.args.native.with_name("ceiling").exists():
            self.facts[f"multiply-adds {when}"] = ceiling(self.args.native, cores())

    def report(self, groups: list[Group]) -> list[Verdict]:
        left = {row.key for group in groups for row in group.rows} - set(self.rows)
        print_machine(self.facts)
        found = verdicts(self.results)
        for text in [*map(str, found), *missing_limits(self.results), *lazy_notes(self.results)]:
            print(text)
        if left:
            print(f"{len(left)} rows are left: run again to go on")
        return found


def choice(args: argparse.Namespace, missing: dict[str, str]) -> Choice:
    """What to measure, with a line for every simulator that is not there."""
    wanted = args.peers.split(",") if args.peers else PEERS
    for name, why in missing.items():
        print(f"{name}: {why}, left out")
    peers = (name for name in wanted if name not in missing)
    sizes = tuple(map(int, args.n.split(","))) if args.n else QUICK_SIZES if args.quick else SIZES
    workloads = args.workloads.split(",") if args.workloads else QUICK_WORKLOADS if args.quick else ORDER
    threads = tuple(sorted(map(int, args.threads.split(",")), reverse=True))
    return Choice(sizes, tuple(workloads), threads, tuple(peers), ours_at_fewer=args.quick)


def arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    add = parser.add_argument
    add("--quick", action="store_true", help="the least that says something, in 15 minutes")
    add("--n", help=f"numbers of qubits, separated by commas; default {','.join(map(str, SIZES))}")
    add("--workloads", help=f"of {','.join(ORDER)}")
    add("--peers", help=f"of {','.join(PEERS)}; ketsim itself is the reference")
    add(
        "--threads", default=",".join(map(str, {cores(), 1})), help="one or two numbers; default all cores, 1"
    )
    add("--seconds", type=float, help="that the samples of a row may take; default 10, with --quick 4")
    add("--longest", type=float, default=60, help="seconds of a run that a peer may take from 24 qubits on")
    add("--minutes", type=float, help="after which no row is begun; default 120, with --quick 15")
    add("--timeout", type=float, default=300, help="seconds after which a row is given up")
    add("--json", type=Path, default=ROOT / "build/circuits.json", help="where results go, and come from")
    add("--native", type=Path, default=ROOT / "build/native/bench/ghz", help="bench/ghz.c, for its pass")
    add("--strict", action="store_true", help="exit with 1 when a line says FAIL")
    args = parser.parse_args()
    for given, known in ((args.workloads, ORDER), (args.peers, PEERS)):
        unknown = set(given.split(",") if given else ()) - set(known)
        if unknown:
            parser.error(f"not known: {', '.join(sorted(unknown))}")
    args.seconds = args.seconds or (4 if args.quick else 10)
    args.minutes = args.minutes or (15 if args.quick else 120)
    return args


def main() -> int:
    args = arguments()
    bench, missing = Bench(args), {name: why for name in PEERS if (why := absent(name))}
    bench.measure_ceiling("before")
    bench.facts["left out"] = "; ".join(f"{name}: {why}" for name, why in missing.items()) or "nothing"
    groups = plan(choice(args, missing))
    print(HEAD)
    bench.measure(groups)
    bench.measure_ceiling("after")
    found = bench.report(groups)
    bench.save(found)
    print(f"results: {args.json}")
    return 1 if args.strict and not all(verdict.passed for verdict in found) else 0


if __name__ == "__main__":
    sys.exit(main())
