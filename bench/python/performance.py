"""Write docs/performance.md and its plots from the newest results of the circuits bench in bench/results.

    python performance.py [--results FILE.json] [--out docs]

Nothing is measured here, and no number stands in this file.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from circuit_report import Results, milliseconds, number
from circuit_rows import LARGE, ORDER, Row
from circuit_verdicts import TITLES, lazy_notes, missing_limits, verdicts
from machine import ROOT
from peers import PEERS
from performance_plot import plot_ratios, plot_roofline

SMALL = (4, 8, 12)
FACTS = (
    "cpu",
    "cores",
    "kernel",
    "date",
    "commit",
    "command",
    "versions",
    "left out",
    "load before",
    "load after",
    "multiply-adds before",
    "multiply-adds after",
)
OTHERS = [name for name, entry in PEERS.items() if not entry.ours]

Lines = Iterator[str]


def newest(folder: Path) -> list[Path]:
    """Of each number of cores, fewest first, by the date in the file; results of an older form have none."""
    dated: dict[int, list[tuple[str, Path]]] = {}
    for path in folder.glob("circuits-*.json"):
        facts = json.loads(path.read_text())["machine"]
        if "date" in facts:
            dated.setdefault(int(facts["cores"]), []).append((facts["date"], path))
    if not dated:
        raise SystemExit(f"{folder}: no results of the circuits bench with a date: make bench-peers")
    return [max(found)[1] for _, found in sorted(dated.items())]


def joined(parts: list[Lines]) -> str:
    return "\n\n".join(filter(None, ("\n".join(part) for part in parts))) + "\n"


class Page:
    """The page about one file of results."""

    def __init__(self, path: Path) -> None:
        found = json.loads(path.read_text())
        self.path, self.facts, self.passes = path, found["machine"], found["passes"]
        self.results = Results(found["rows"])
        rows = list(self.results)
        self.sizes = sorted({row.n for row in rows})
        self.threads = max(row.threads for row in rows)

    def row(self, workload: str, n: int, dtype: str, start: str, peer: str = "ketsim") -> Row:
        return Row(workload, n, self.threads, dtype, start, peer)

    def workloads(self, n: int) -> list[str]:
        return [name for name in ORDER if any((row.workload, row.n) == (name, n) for row in self.results)]

    def text(self) -> str:
        one = [n for n in self.sizes if 16 <= n < LARGE] if self.threads > 1 else []
        parts = [self._head(), self._plots(), self._ratios(self.threads, self.sizes), self._each()]
        parts += [self._small(), self._speedups(), self._ratios(1, one), self._limits(), self._left_out()]
        return joined(parts)

    def section(self) -> str:
        """Of a machine that has more cores, for the page of another."""
        source = self.path.name
        head = (
            f"## A machine with {self.facts['cores']} cores\n",
            f"From [{source}](../bench/results/{source}): {self.facts['cpu']}, {self.facts['date']}, commit",
            f"{self.facts['commit']}, `{self.facts['command']}`; left out: {self.facts['left out']}.",
            f"Multiply-adds before: {self.facts['multiply-adds before']}.",
        )
        return joined([iter(head), self._ratios(self.threads, self.sizes), self._each()])

    def _head(self) -> Lines:
        source = self.path.name
        yield "# Performance"
        yield ""
        yield "Whole circuits beside other simulators. `make performance-page` writes this page from"
        yield f"[{source}](../bench/results/{source}); `make bench-peers` measures."
        yield ""
        yield METHOD
        yield ""
        yield "| fact | value |"
        yield "| --- | --- |"
        for name in FACTS:
            yield f"| {name} | {self.facts.get(name, '-')} |"

    def _plots(self) -> Lines:
        yield "![quickest peer / ketsim by number of qubits](performance-ratio.svg)"
        yield ""
        yield "![time per amplitude and gate by number of qubits](performance-roofline.svg)"

    def _ratios(self, threads: int, sizes: list[int]) -> Lines:
        if not sizes:
            return
        yield f"## Ratios, {threads} thread{'s' if threads > 1 else ''}"
        yield ""
        yield "Milliseconds; a ratio is the quickest peer with a state vector / ours of the same precision."
        for n in reversed(sizes):
            yield f"\n### {n} qubits\n"
            yield f"| circuit | gates | complex128 | {TIMES} | complex64 | {TIMES} | qsim / our complex128 |"
            yield "|" + " --- |" * 13
            for workload in self.workloads(n):
                yield self._ratio_row(workload, n, threads)

    def _ratio_row(self, workload: str, n: int, threads: int) -> str:
        cells = [workload, f"{self.results.gates(workload, n):,}"]
        for dtype in ("complex128", "complex64"):
            rows = [Row(workload, n, threads, dtype, start, "ketsim") for start in TITLES]
            best = self.results.best(rows[0])
            cells += [milliseconds(self.results.ns(row)) for row in rows]
            cells.append(f"{best[0]} {milliseconds(best[1])}" if best else "-")
            cells += [number(self.results.ratio(row)) for row in rows]
        double = Row(workload, n, threads, "complex128", "zero", "ketsim")
        cells.append(number(self.results.against(double, "qsim", "complex64")))
        return f"| {' | '.join(cells)} |"

    def _each(self) -> Lines:
        n = 22 if 22 in self.sizes else self.sizes[-1]
        shown = [name for name in OTHERS if any(row.peer == name and row.n == n for row in self.results)]
        yield f"## Each peer, {n} qubits, {self.threads} threads, from |0…0⟩"
        yield ""
        yield f"Milliseconds. In complex64: {', '.join(p for p in shown if 'complex64' in PEERS[p].dtypes)}."
        yield "qrack-lazy has the probability of each qubit at the end, but no state vector."
        yield ""
        yield f"| circuit | {' | '.join(shown)} |"
        yield f"| --- | {' | '.join('---' for _ in shown)} |"
        for workload in self.workloads(n):
            rows = [self.row(workload, n, PEERS[name].dtypes[0], "zero", name) for name in shown]
            yield f"| {workload} | {' | '.join(milliseconds(self.results.ns(row)) for row in rows)} |"

    def _small(self) -> Lines:
        yield "## Small states"
        yield ""
        yield f"Microseconds a run, complex128, {self.threads} threads, from |0…0⟩. One-shot reads and plans"
        yield "a list; planned once applies a `Circuit` again; the peer's circuit is built once."
        yield ""
        yield "| circuit | qubits | one-shot | planned once | quickest peer | / one-shot | / planned |"
        yield "| --- | --- | --- | --- | --- | --- | --- |"
        for n in (n for n in SMALL if n in self.sizes):
            yield from (self._small_row(workload, n) for workload in self.workloads(n))

    def _small_row(self, workload: str, n: int) -> str:
        rows = [self.row(workload, n, "complex128", "zero", name) for name in ("ketsim", "ketsim-planned")]
        best = self.results.best(rows[0])
        cells = [workload, str(n)]
        cells += [number(ns and ns / 1e3, "{:.2f}") for ns in map(self.results.ns, rows)]
        cells.append(f"{best[0]} {best[1] / 1e3:.2f}" if best else "-")
        cells += [number(self.results.ratio(row)) for row in rows]
        return f"| {' | '.join(cells)} |"

    def _speedups(self) -> Lines:
        yield f"## Time on one thread / on {self.threads}"
        yield ""
        sizes = [n for n in self.sizes if n >= 16]
        yield "Ours, complex128, from |0…0⟩ and from random amplitudes."
        yield ""
        yield f"| circuit | {' | '.join(f'{n} qubits' for n in sizes)} |"
        yield f"| --- | {' | '.join('---' for _ in sizes)} |"
        for workload in ORDER:
            cells = [self._speedup(workload, n) for n in sizes]
            if any(cell != "-" for cell in cells):
                yield f"| {workload} | {' | '.join(cells)} |"

    def _speedup(self, workload: str, n: int) -> str:
        found = []
        for start in TITLES:
            many = self.row(workload, n, "complex128", start)
            one = Row(workload, n, 1, "complex128", start, "ketsim")
            together, alone = self.results.ns(many), self.results.ns(one)
            found += [f"{alone / together:.2f}"] if alone and together else []
        return ", ".join(found) or "-"

    def _limits(self) -> Lines:
        yield "## Limits"
        yield ""
        for line in [*map(str, verdicts(self.results)), *missing_limits(self.results)]:
            yield f"* {line}"
        yield from (f"* {note}" for note in lazy_notes(self.results))

    def _left_out(self) -> Lines:
        """One line for each simulator, workload and reason."""
        found: dict[str, set[int]] = {}
        for row in self.results:
            why = self.results.wrong(row)
            if why:
                found.setdefault(f"{row.peer}, {row.workload}: {why}", set()).add(row.n)
        if found:
            yield "## Left out"
            yield ""
        for what, sizes in found.items():
            yield f"* {what} ({', '.join(map(str, sorted(sizes)))} qubits)"


TIMES = "random start | quickest peer | ratio | random start"
METHOD = """\
* **ketsim**: `apply_gates` with a list of tuples, one-shot: the state is made, the list read, planned, run.
* **Peers**: one process each, in their best configuration, with as many threads as we use. Their circuit is
  built, translated and optimized off the clock; PennyLane, Qiskit and Cirq are in no time. Aer: fusion, by
  its own clock. qsim: gates fused up to 4 qubits. qulacs with and without its light optimizer; scaluq, up to
  12 qubits, with its optimizer too. Lightning, ketpy, QuEST, Qrack: gate by gate. The clock stops when the
  caller has the final state; for Qrack, also the probability of each qubit.
* **Random start**: ours is measured from random amplitudes, and so is a peer that can be given some off the
  clock. Where it cannot, on fewer threads, and from 24 qubits on, its time from |0…0⟩ stands for it, since
  the work of a dense simulator is the same.
* The state of every row is compared with ours before its time is believed: 1 - fidelity at most 1e-12 in
  complex128, 1e-8 in complex64.
* A time is the best of 5 samples or more; of a slow peer, of as many as fit in the seconds of the command (10
  unless it says otherwise), at least one. Up to 12 qubits a sample is a loop of at least 2 ms."""


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--results", type=Path, help="default: the newest of each number of cores")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    args = parser.parse_args()
    pages = list(map(Page, [args.results] if args.results else newest(ROOT / "bench/results")))
    page = pages[0]
    sections = [page.text(), *(more.section() for more in pages[1:])]
    (args.out / "performance.md").write_text("\n".join(sections))
    plot_ratios(page.results, page.threads, args.out / "performance-ratio.svg")
    plot_roofline(page.results, page.passes, page.threads, args.out / "performance-roofline.svg")
    print(f"{args.out / 'performance.md'}, from {page.path}")


if __name__ == "__main__":
    main()
