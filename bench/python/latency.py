"""How soon does a long run stop, and is everything whole afterwards?

    python latency.py [--quick] [--n 26] [--json FILE] [--plot FILE] [--strict]

From the moment at which a signal is sent, a token is raised or a deadline passes to the moment at which the
call has returned: p50, p99 and the longest. Then storms: interrupts at random times, after each of which the
state must be as before or as after, bit for bit; processes that end while threads compute; children forked by
four threads.
"""

import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from ghz import available_bytes
from gil_loads import gates_for
from machine import cores
from report import Column, Table, at_most
from script import Report, Work, parse, parser
from speedup import percentile
from storms import bad_exits, bad_forks, interrupted, states_in_between

from ketsim import Cancelled, CancelToken, Circuit, DeadlineExceeded, Ket, ket

COLUMNS: tuple[Column, ...] = (
    ("row", "Stopped by", "{}"),
    ("count", "times", "{}"),
    ("p50", "p50 ms", "{:.2f}"),
    ("p99", "p99 ms", "{:.2f}"),
    ("max", "max ms", "{:.2f}"),
)
LARGEST, BYTES = 26, 2 * 16  # of an amplitude: a run has two buffers


def default_size() -> int:
    """26 qubits, or as many as half of the available memory holds."""
    n = LARGEST
    while n > 16 and BYTES << n > available_bytes() / 2:
        n -= 1
    return n


# ---- stopping -------------------------------------------------------------------------------------


def by_signal(q: Ket, circuit: Circuit, delay: float) -> float:
    return interrupted(lambda: q.apply(circuit), delay)


def by_token(q: Ket, circuit: Circuit, delay: float) -> float:
    token = CancelToken()
    queued(q, circuit)

    def run() -> None:
        with suppress(Cancelled):
            q.run(cancel=token)

    late = interrupted(run, delay, token.cancel)
    q.discard()
    return late


def by_deadline(q: Ket, circuit: Circuit, delay: float) -> float:
    """Beyond the timeout, in whole milliseconds."""
    queued(q, circuit)
    timeout_ms, start = max(1, round(1e3 * delay)), time.perf_counter()
    with suppress(DeadlineExceeded):
        q.run(timeout_ms=timeout_ms)
    late = 1e3 * (time.perf_counter() - start) - timeout_ms
    q.discard()
    return late


def queued(q: Ket, circuit: Circuit) -> None:
    for name, *arguments in circuit:
        getattr(q, name)(*arguments)


WAYS: dict[str, tuple[Callable[[Ket, Circuit, float], float], float]] = {
    "Ctrl-C": (by_signal, 100),
    "CancelToken": (by_token, 100),
    "timeout_ms": (by_deadline, 20),
}


def stops(report: Report, n: int, count: int) -> None:
    """Each way so many times, at a random time of a run that goes on for longer."""
    q, rng = ket(n), random.Random(3)
    circuit = Circuit(n).apply_gates(gates_for(n, cores(), 0.6))
    table = Table(f"Stopping a run, n={n}", COLUMNS, bar="p99")
    for name, (way, limit) in WAYS.items():
        late = list[float]()
        for _ in range(3 * count):  # a run that had ended before says nothing
            ms = way(q, circuit, rng.uniform(0.01, 0.3)) if len(late) < count else -1
            late += [ms] if ms >= 0 else []
        shares = {"p50": percentile(late, 0.5), "p99": percentile(late, 0.99), "max": max(late, default=0.0)}
        table.records.append({"row": name, "count": len(late), **shares, "samples": late})
        report.verdict(at_most(f"{name}, n={n}, p99 ms of {len(late)}", shares["p99"], limit))
    report.table(table)


# ---- storms ---------------------------------------------------------------------------------------


def interrupts(report: Report, n: int, count: int) -> None:
    stopped, torn = states_in_between(n, count)
    report.note(f"\n{count} interrupts at n={n}: {stopped} stopped the run, the others came after it")
    report.verdict(at_most(f"states in between after {count} interrupts, n={n}", torn, 0))


def exits(report: Report, n: int, count: int) -> None:
    hung, crashed = bad_exits(n, count)
    report.verdict(at_most(f"exits with work in flight that hung, of {count}", hung, 0))
    report.verdict(at_most(f"exits with work in flight that crashed, of {count}", crashed, 0))


def forks(report: Report, n: int, count: int) -> None:
    hung, failed = bad_forks(n, count, 4)
    report.verdict(at_most(f"children that hung, of {count} forks from 4 threads", hung, 0))
    report.verdict(at_most(f"children that failed, of {count} forks from 4 threads", failed, 0))


def main() -> int:
    found = parser(__doc__)
    found.add_argument("--n", type=int, help=f"qubits; default {LARGEST} or what fits, with --quick 18")
    args = parse(found)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    report, quick = Report("latency", args), args.quick
    parts: dict[str, Work] = {
        "stops": lambda: stops(report, args.n or (18 if quick else default_size()), 7 if quick else 100),
        "interrupts": lambda: interrupts(report, *(14, 20) if quick else (22, 1000)),
        "exits": lambda: exits(report, *(14, 5) if quick else (20, 200)),
        "forks": lambda: forks(report, 16, 8 if quick else 1000),
    }
    return report.run(parts)


if __name__ == "__main__":
    sys.exit(main())
