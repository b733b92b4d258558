"""Does a computing thread keep other Python threads from running?

    python gil.py [--quick] [--n 10,16,20] [--json FILE] [--plot FILE] [--strict]

Four parts. The share of a call for which each method holds the GIL, by two clocks. A heartbeat every
millisecond beside each load, next to the same load in another process, which takes the core but has no GIL in
common; excess is the difference of the two. The price of getting the GIL back from a busy Python thread, gate
by gate and in one call. And four jobs that users run in threads, one after the other and at once.

The bench must see what it is there to see: a run that keeps the GIL, by `ctypes.PyDLL`, must delay the
heartbeat by its own length, and pure Python by the switch interval. Otherwise its verdict is BENCH BLIND.
"""

import contextlib
import ctypes
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from gil_loads import NAMES, Load, Loads
from gil_methods import held_shares
from heartbeat import Beats, beats_during
from machine import cores
from report import Column, Table, at_most, seeing
from script import Report, Work, parse, parser
from speedup import block, cpu_seconds, means
from thread_rows import batches, gate_by_gate, lists, pair, save_and_load

from ketsim._ketsim import _gil_clock

HERE = Path(__file__).parent
PHASES = ("idle", "control", *NAMES)
SUBJECTS = ("apply_gates", "apply", "run_batch")  # those that the limit on excess is for
COLUMNS: tuple[Column, ...] = (
    ("row", "Beside", "{}"),
    ("call_ms", "call ms", "{:.2f}"),
    ("held_percent", "GIL held %", "{:.2f}"),
    ("p50", "late p50 ms", "{:.3f}"),
    ("p90", "p90", "{:.3f}"),
    ("p99", "p99", "{:.3f}"),
    ("p999", "p99.9", "{:.3f}"),
    ("max", "max", "{:.3f}"),
    ("served_percent", "beats %", "{:.1f}"),
    ("excess", "excess p99 ms", "{:+.3f}"),
    ("cores_used", "cores used", "{:.2f}"),
)


def held(report: Report, n: int) -> None:
    table, verdicts = held_shares(n, report.args.samples)
    report.table(table)
    report.verdict(*verdicts)


def has_gil() -> bool:
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


# ---- the heartbeat beside each load ---------------------------------------------------------------


@contextlib.contextmanager
def elsewhere(n: int, threads: int) -> Iterator[None]:
    """The load of `apply` in another process."""
    command = [sys.executable, str(HERE / "gil_loads.py"), "apply", "--n", str(n), "--threads", str(threads)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.communicate()


def for_seconds(load: Load, seconds: float) -> Callable[[], list[float]]:
    """Call load again and again; gives the length of each call."""

    def work() -> list[float]:
        end, found = time.perf_counter() + seconds, []
        while (start := time.perf_counter()) < end:
            load()
            found.append(time.perf_counter() - start)
        return found

    return work


def phase(name: str, loads: Loads, seconds: float, repeats: int) -> dict[str, Any]:
    """One row: the beats of all repetitions together.  The GIL counts as held while it was neither let go of
    nor waited for, by the stamps of the extension."""
    idle = name in ("idle", "control")
    load: Load = (lambda: time.sleep(0.05)) if idle else getattr(loads, name)()
    work, beats, calls = for_seconds(load, seconds), Beats(), list[float]()
    with elsewhere(loads.n, loads.threads) if name == "control" else contextlib.nullcontext():
        cpu, wall, clock = cpu_seconds(), time.perf_counter(), _gil_clock()
        for _ in range(repeats):
            beats.add(beats_during(lambda: calls.extend(work())))
        used = (cpu_seconds() - cpu) / (time.perf_counter() - wall)
    title = {"idle": "nothing", "control": "control: apply in another process"}.get(name) or NAMES[name]
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "max": 1.0}
    record: dict[str, Any] = {key: beats.late_ms(share) for key, share in shares.items()}
    record |= {"phase": name, "row": title, "served_percent": 100 * beats.served, "cores_used": used}
    if not idle:
        given = sum(after - before for after, before in zip(_gil_clock()[2:], clock[2:], strict=True)) / 1e9
        record["call_ms"] = 1e3 * sum(calls) / len(calls)
        record["held_percent"] = 100 * (1 - given / sum(calls))
    return record


def heartbeat(report: Report, n: int, threads: int, seconds: float, repeats: int) -> None:
    table = Table(f"Heartbeat of 1 ms, n={n}, {threads} computing", COLUMNS, bar="p99")
    loads = Loads(n, threads)
    for name in PHASES:
        if has_gil() or name not in ("held", "spin"):
            table.records.append(phase(name, loads, seconds, repeats))
    found = {record["phase"]: record for record in table.records}
    for record in table.records[2:]:
        record["excess"] = record["p99"] - found["control"]["p99"]
    report.table(table)
    where = f"n={n}, {threads} computing"
    for name in SUBJECTS if threads < cores() else ():
        if found[name]["call_ms"] >= 1:
            text = f"heartbeat excess p99 beside {NAMES[name]}, {where}, ms"
            report.verdict(at_most(text, found[name]["excess"], 1))
    if not has_gil():
        report.note("no GIL in this interpreter: the controls that hold it are left out")
        return
    call = found["held"]["call_ms"]
    text = f"heartbeat p50 beside a run that keeps the GIL / its length, {where}"
    report.verdict(seeing(text, found["held"]["p50"] / max(call, 1e3 * sys.getswitchinterval()), 0.8))
    text = f"heartbeat p50 beside pure Python / switch interval, {where}"
    report.verdict(seeing(text, found["spin"]["p50"] / (1e3 * sys.getswitchinterval()), 0.8))


# ---- getting the GIL back -------------------------------------------------------------------------


@contextlib.contextmanager
def busy_thread() -> Iterator[None]:
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            pass

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def quickest(load: Load, repeats: int) -> float:
    """Milliseconds."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        load()
        found.append(1e3 * (time.perf_counter() - start))
    return min(found)


def convoy(report: Report, n: int, repeats: int) -> None:
    """The same 100 gates, gate by gate and in one call, alone and beside a busy Python thread."""
    columns: tuple[Column, ...] = (
        ("row", "100 gates", "{}"),
        ("alone_ms", "alone ms", "{:.3f}"),
        ("busy_ms", "beside a busy thread ms", "{:.3f}"),
        ("added_ms", "added ms", "{:.3f}"),
    )
    table = Table(f"Getting the GIL back from a busy Python thread, n={n}", columns, bar="added_ms")
    loads = Loads(n, 1)
    loads.gates = loads.gates[:100]
    for name in ("gate_by_gate", "apply_gates"):
        load = getattr(loads, name)()
        load()
        alone = quickest(load, repeats)
        with busy_thread():
            busy = quickest(load, repeats)
        record = {"row": NAMES[name], "alone_ms": alone, "busy_ms": busy, "added_ms": busy - alone}
        table.records.append(record)
    report.table(table)


def same_kernel(report: Report, n: int, repeats: int) -> None:
    """Whether the GIL is held makes no difference to the computing itself."""
    loads = Loads(n, cores())
    calls = {"with it": loads.foreign(ctypes.PyDLL), "without": loads.foreign(ctypes.CDLL)}
    for load in calls.values():
        load()
    best = {name: float("inf") for name in calls}
    for _ in range(repeats):
        for name, load in calls.items():
            best[name] = min(best[name], quickest(load, 1))
    ratio = best["with it"] / best["without"]
    report.note(f"\nthe same run, GIL held / released: {best['with it']:.3f} / {best['without']:.3f} ms")
    report.verdict(at_most("difference that holding the GIL makes to a run, %", 100 * abs(ratio - 1), 2))


# ---- four jobs ------------------------------------------------------------------------------------


def jobs(report: Report, n: int, repeats: int, scale: int) -> None:
    """State load and save, gates from several threads, a batch, and lists from several threads."""
    rows = {
        "1. state save and load": (pair([save_and_load(n), save_and_load(n)], scale, repeats), 0.0),
        "2. per-gate calls": (pair([gate_by_gate(n), gate_by_gate(n)], scale, repeats), 0.80),
        "3. run_batch": (batches(100 * scale, 10, repeats), 0.85),
        "4. apply_gates": (pair([lists(n), lists(n)], scale, repeats), 0.85),
    }
    ratios = []
    for title, ((alone, together), limit) in rows.items():
        report.note("\n" + "\n".join(block(f"{title}, n={10 if 'batch' in title else n}", alone, together)))
        ratios.append(together.speedup(alone))
        if limit:
            report.verdict(together.reaches(f"efficiency, {title}", alone, limit))
    report.note("\n" + means(ratios))


def main() -> int:
    found = parser(__doc__)
    found.add_argument("--n", help="qubits beside the heartbeat; default 10,16,20; with --quick 16")
    found.add_argument("--seconds", type=float, help="of a heartbeat row; default 2, three times")
    args = parse(found)
    report, quick = Report("gil", args), args.quick
    sizes = [int(n) for n in (args.n or ("16" if quick else "10,16,20")).split(",")]
    seconds, repeats = args.seconds or (0.3 if quick else 2), 1 if quick else 3
    parts: dict[str, Work] = {"held": lambda: held(report, 18 if quick else 21)}
    for n in sizes:
        for threads in sorted({1, cores()}):
            parts[f"heartbeat-{n}-{threads}"] = partial(heartbeat, report, n, threads, seconds, repeats)
    parts["convoy"] = lambda: convoy(report, 14 if quick else 18, args.samples)
    parts["same-kernel"] = lambda: same_kernel(report, 16 if quick else 20, args.samples)
    parts["jobs"] = lambda: jobs(report, 16 if quick else 18, args.samples, 2 if quick else 10)
    return report.run(parts)


if __name__ == "__main__":
    sys.exit(main())
