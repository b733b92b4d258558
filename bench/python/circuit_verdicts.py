"""What the circuits bench must reach, on two threads; see `FLOORS`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from circuit_report import Results
from circuit_rows import Row
from report import Verdict, at_least

THREADS = 2
# The quickest peer of the same precision / ours at 22 qubits; in single precision, qsim / ours.
FLOORS = {
    ("complex128", "zero"): {
        "brick": 20.0,
        "ansatz": 30.0,
        "qaoa": 18.0,
        "qft": 40.0,
        "volume": 16.0,
        "grid": 18.0,
        "heisenberg": 15.0,
        "ghz": 5.0,
    },
    ("complex64", "zero"): {"brick": 7.0, "ansatz": 8.0, "qaoa": 9.0, "qft": 60.0, "volume": 2.7},
    ("complex128", "arbitrary"): {"brick": 9.0, "ansatz": 10.0, "qaoa": 12.0, "qft": 13.0, "volume": 14.0},
}
SHARES = {22: 1.0, 24: 1.0, 26: 1.0, 20: 0.5, 16: 0.5}  # of the floor at other sizes
SHALLOW = ("ghz", "qft", "grover")  # and layers: two threads need not pay
PLANNING_QUBITS, PLANNING_SHARE = 16, 0.1
MODEL_QUBITS = 12  # below, what every call costs is too large a part
MODEL_ERROR, MODEL_SHARE = 0.25, 0.9
TITLES = {"zero": "from |0...0>", "arbitrary": "from random amplitudes"}

Found = list[tuple[float, Row]]


def verdicts(results: Results) -> list[Verdict]:
    found = [*_floors(results), *_double_against_single(results), *_never_slower(results)]
    return [*found, *_threads(results), *_one_shot(results), *_planning(results), *_cost_model(results)]


def _worst(requirement: str, found: Found, limit: float) -> Iterator[Verdict]:
    """One line for the smallest of many ratios."""
    if not found:
        return
    value, row = min(found, key=lambda item: item[0])
    short = sum(ratio < limit for ratio, _ in found)
    where = f"{row.workload} {row.n}, {row.dtype}, {TITLES[row.start]}, {row.threads} threads"
    yield at_least(f"{requirement}; worst of {len(found)}, {short} below: {where}", value, limit)


def _floors(results: Results) -> Iterator[Verdict]:
    for n, share in SHARES.items():
        for (dtype, start), floors in FLOORS.items():
            for workload, floor in floors.items():
                row = Row(workload, n, THREADS, dtype, start, "ketsim")
                single = dtype == "complex64"
                ratio = results.against(row, "qsim", dtype) if single else results.ratio(row)
                if ratio is not None:
                    peer = "qsim" if single else (results.best(row) or ("", 0))[0]
                    text = f"{workload} {n}, {dtype}, {TITLES[start]}: {peer} / ours"
                    yield at_least(text, ratio, share * floor)


def _ours(results: Results, peers: Iterable[str] = ("ketsim",)) -> Iterator[Row]:
    return (row for row in results if row.peer in peers)


def _double_against_single(results: Results) -> Iterator[Verdict]:
    for start, title in TITLES.items():
        found: Found = []
        for workload in FLOORS["complex128", "zero"]:
            row = Row(workload, 22, THREADS, "complex128", start, "ketsim")
            ratio = results.against(row, "qsim", "complex64")
            found += [(ratio, row)] if ratio else []
        yield from _worst(f"qsim in complex64 / ours in complex128, {title}", found, 1)


def _never_slower(results: Results) -> Iterator[Verdict]:
    for n in sorted({row.n for row in results}):
        rows = [(results.ratio(row), row) for row in _ours(results) if row.n == n]
        found = [(ratio, row) for ratio, row in rows if ratio]
        yield from _worst(f"quickest peer of the same precision / ours, {n} qubits", found, 1)


def _threads(results: Results) -> Iterator[Verdict]:
    for n in sorted({row.n for row in results if row.n >= 18}):
        found: Found = []
        for row in _ours(results):
            shallow = row.workload in SHALLOW or row.workload.startswith("layer")
            if row.n != n or row.threads != THREADS or shallow:
                continue
            alone = results.ns(Row(row.workload, n, 1, row.dtype, row.start, row.peer))
            together = results.ns(row)
            found += [(alone / together, row)] if alone and together else []
        yield from _worst(f"one thread / two, deep workloads, {n} qubits", found, 1.8)


def _one_shot(results: Results) -> Iterator[Verdict]:
    """Reading and planning the list included, against a compiled circuit."""
    for n in (8, 12):
        rows = [(results.ratio(row), row) for row in _ours(results) if row.n == n and row.start == "zero"]
        found = [(ratio, row) for ratio, row in rows if ratio]
        yield from _worst(f"quickest peer's compiled loop / our one-shot list, {n} qubits", found, 2)


def _planning(results: Results) -> Iterator[Verdict]:
    """What a list takes longer than the circuit made of it, from amplitudes: reading and planning."""
    found: Found = []
    for row in _ours(results):
        if row.n < PLANNING_QUBITS or row.start != "arbitrary":
            continue
        once, kept = results.ns(row), results.ns(replace(row, peer="ketsim-planned"))
        found += [(1 - kept / once, row)] if once and kept else []
    if found:
        share, row = max(found, key=lambda item: item[0])
        over = sum(value > PLANNING_SHARE for value, _ in found)
        text = f"reading and planning / one-shot list; worst of {len(found)}, {over} above: {row.key}"
        yield Verdict(text, share, f"<= {PLANNING_SHARE:g}", not over)


def _cost_model(results: Results) -> Iterator[Verdict]:
    """The part of the rows whose time, on one thread, is what the plan said."""
    close = []
    for row in _ours(results, ("ketsim-planned",)):
        expected, taken = results.expected_ns(row), results.ns(row)
        if expected and taken and row.threads == 1 and row.n >= MODEL_QUBITS:
            close.append(abs(expected / taken - 1) <= MODEL_ERROR)
    if close:
        text = f"rows within {MODEL_ERROR:.0%} of the time the plan expected, of {len(close)}"
        yield at_least(text, sum(close) / len(close), MODEL_SHARE)


def missing_limits(results: Results) -> Iterator[str]:
    """A limit that nobody could look at is not a limit that was reached: a line for each reason."""
    reasons: dict[str, list[str]] = {}
    for (dtype, start), floors in FLOORS.items():
        for workload in floors:
            row = Row(workload, 22, THREADS, dtype, start, "ketsim")
            why = results.wrong(row) or ("no peer" if results.ratio(row) is None else None)
            if why:
                reasons.setdefault(why, []).append(f"{workload} {dtype} {start}")
    for why, limits in reasons.items():
        yield f"---- 22 qubits, {THREADS} threads, {why}: {', '.join(limits)}"


def lazy_notes(results: Results) -> Iterator[str]:
    """Where Qrack's lazy structure is quicker: it then has probabilities, but no state vector."""
    for row in _ours(results):
        ratio = results.against(row, "qrack-lazy", row.dtype) if row.dtype == "complex64" else None
        if ratio and ratio < 1 and row.start == "zero":
            yield f"{row.workload} {row.n}, {row.threads} threads: qrack-lazy / ours {ratio:.3g}"
