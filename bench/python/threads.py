"""Do several Python threads share the cores, here and in other simulators?

    python threads.py [--quick] [--n 16,18,20] [--peers qulacs,lightning] [--json FILE] [--plot FILE]

Two Python threads, each with a state of its own and circuits that compute on one thread, against one after
the other. Then each simulator in a process of its own: how much of its time another Python thread was frozen
(the control is frozen by the cores alone: ketsim computes in another process), what two threads gain, how
late Ctrl-C is seen in the middle of a circuit of about two seconds, and whether forked children of a process
that has run on all cores can run. Without `make peers`, ketsim is alone.
"""

import os
import signal
import statistics
import sys
import time
from functools import partial
from typing import Any

from circuit_process import Answer, Process, absent
from machine import cores
from report import Column, Table, at_least, at_most
from script import Report, Work, parse, parser
from speedup import COLUMNS, Row, Sample
from thread_rows import deep, gate_by_gate, lists, pair

THREADED = ("ketsim", "qulacs", "lightning", "aer", "qsim")
TIMEOUT_S = 60  # longer than any answer takes
PEERS_TITLE = "Each simulator from two Python threads"
PEER_COLUMNS: tuple[Column, ...] = (
    ("row", "Simulator", "{}"),
    ("frozen_percent", "other thread frozen %", "{:.1f}"),
    ("speedup", "2 threads speed-up", "{:.2f}x"),
    ("cores_used", "cores used", "{:.2f}"),
    ("efficiency", "efficiency", "{:.2f}"),
    ("interrupt_ms", "Ctrl-C seen after ms", "{:.0f}"),
    ("fork", "forked children that ran", "{}"),
    ("absent", "not measured", "{}"),
)


def our_rows(report: Report, n: int, times: int) -> None:
    """Two states, two threads: gate by gate, lists, and deep circuits made once."""
    works = {"gate by gate": gate_by_gate, "apply_gates": lists, "apply, deep": deep}
    table = Table(f"Two Python threads on two states, n={n}", COLUMNS, bar="efficiency")
    for name, make in works.items():
        alone, together = pair([make(n), make(n)], times, report.args.samples)
        alone.name, together.name = f"{name}, sequential", f"{name}, 2 threads"
        table.records += [alone.record(None), together.record(alone)]
        if name == "apply, deep" or n < 20:
            report.verdict(together.reaches(f"efficiency, 2 threads, {name}, n={n}", alone, 0.85))
    report.table(table)


class PeerRow:
    """One simulator's answers to the four questions."""

    def __init__(self, name: str, n: int, quick: bool, samples: int) -> None:
        self.name, self.n, self.quick, self.samples = name, n, quick, samples
        self.record: dict[str, Any] = {"row": name}

    def ask(self, process: Process, what: str, **more: Any) -> Answer:
        """An error is noted once, and stands for the value."""
        answer = process.ask({"what": what, "n": self.n, **more}, TIMEOUT_S)
        if "error" in answer:
            self.record["absent"] = f"{what}: {answer['error']}"
        return answer

    def measure(self) -> dict[str, Any]:
        alone, together = (Process(self.name, k, "thread_worker.py") for k in (1, cores()))
        try:
            self._pair(alone)
            answer = self.ask(alone, "frozen", seconds=0.2 if self.quick else 2)
            self.record["frozen_percent"] = 100 * answer["frozen"] if "frozen" in answer else None
            self._interrupts(together)
            answer = self.ask(together, "fork", count=2 if self.quick else 20)
            self.record["fork"] = f"{answer['ended']}/{answer['count']}" if "ended" in answer else None
        finally:
            alone.close()
            together.close()
        return self.record

    def _pair(self, process: Process) -> None:
        answer = self.ask(process, "pair", samples=self.samples, seconds=0.05 if self.quick else 0.5)
        if "error" in answer:
            return
        alone, together = (Row(key, 2, [Sample(*s) for s in answer[key]]) for key in ("alone", "together"))
        self.record |= {
            "speedup": together.speedup(alone),
            "cores_used": together.cores_used,
            "efficiency": together.efficiency(alone),
        }

    def _interrupts(self, process: Process) -> None:
        found = [self._interrupt(process) for _ in range(1 if self.quick else 7)]
        late = [ms for ms in found if ms is not None]
        self.record["interrupt_ms"] = statistics.median(late) if late else None

    def _interrupt(self, process: Process) -> float | None:
        """Milliseconds until a signal in the middle of a run was seen; None when the run ended before."""
        if "begins" not in self.ask(process, "interrupt", seconds=0.5 if self.quick else 2):
            return None
        time.sleep(0.1)
        assert process.process is not None
        sent = time.monotonic_ns()
        os.kill(process.process.pid, signal.SIGINT)
        answer = process.receive(TIMEOUT_S)
        seen = answer.get("seen_ns")
        return None if seen is None else (seen - sent) / 1e6


def control(n: int, quick: bool) -> dict[str, Any]:
    """How frozen a Python thread is while ketsim computes in another process: by the cores, not by a GIL."""
    seconds = 0.2 if quick else 2
    busy, idle = (Process("ketsim", 1, "thread_worker.py") for _ in range(2))
    try:
        idle.ask({"what": "idle", "seconds": 0}, TIMEOUT_S)  # it has started
        busy.send({"what": "frozen", "n": n, "seconds": 2 * seconds + 1})
        time.sleep(1)
        answer = idle.ask({"what": "idle", "seconds": seconds}, TIMEOUT_S)
        busy.receive(TIMEOUT_S)
    finally:
        busy.close()
        idle.close()
    return {"row": "control: ketsim elsewhere", "frozen_percent": 100 * answer["frozen"]}


def beside_peers(report: Report, name: str, n: int) -> None:
    """One simulator's row."""
    table = Table(f"{PEERS_TITLE}, n={n}", PEER_COLUMNS, bar="efficiency")
    if name == "control":
        table.records.append(control(n, report.args.quick))
    elif why := absent(name):
        table.records.append({"row": name, "absent": why})
    else:
        table.records.append(PeerRow(name, n, report.args.quick, report.args.samples).measure())
    report.table(table)
    if name == "ketsim":
        our_verdicts(report, table.records[0], n)


def our_verdicts(report: Report, ours: dict[str, Any], n: int) -> None:
    if ours.get("interrupt_ms") is not None:
        report.verdict(at_most(f"Ctrl-C seen after, ketsim, n={n}, median ms", ours["interrupt_ms"], 100))
    if ours.get("fork"):
        ended, count = map(int, ours["fork"].split("/"))
        report.verdict(at_least("forked children of ketsim that ran", ended, count))


def main() -> int:
    found = parser(__doc__)
    found.add_argument("--n", help="qubits of our rows; default 16,18,20; with --quick 12")
    found.add_argument("--peers", default=",".join(THREADED[1:]), help="other simulators; '' for none")
    args = parse(found)
    report, parts = Report("threads", args), dict[str, Work]()
    for n in (args.n or ("12" if args.quick else "16,18,20")).split(","):
        parts[f"states-{n}"] = partial(our_rows, report, int(n), 2 if args.quick else 20)
    for name in ("ketsim", *filter(None, args.peers.split(",")), "control"):
        parts[name] = partial(beside_peers, report, name, 16 if args.quick else 20)
    return report.run(parts)


if __name__ == "__main__":
    sys.exit(main())
