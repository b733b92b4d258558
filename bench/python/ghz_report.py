"""The two tables of the GHZ benchmark, and the verdicts on what it must reach."""

from dataclasses import dataclass
from typing import Any

from ghz_worker import STARTS, Samples, Worker
from measure import median
from report import Verdict, at_least, at_most, print_grid, seeing

WATERFALL = ("native_plan", "capi", "apply_gates", "chain", "eager", "busy")
LEAST_QUBITS = 20  # where the arithmetic outweighs the call
TITLES = {"zero": "from |0...0>", "arbitrary": "from an arbitrary state"}


@dataclass
class Run:
    """Everything measured at one size."""

    n: int
    threads: int
    dtype: str
    workers: dict[str, Worker]
    absent: dict[str, str]  # label -> why it was not measured
    control_frozen: float | None = None  # of a Python thread while another process computes

    def samples(self, key: str, start: str) -> Samples:
        return self.workers[key].samples[start]

    @property
    def state_bytes(self) -> int:
        return (1 << self.n) * (16 if self.dtype == "complex128" else 8)

    @property
    def ghz_bytes(self) -> float:
        """What one pass a gate must move: H everything, both ways; a CNOT the half where the control is 1,
        or everything where that half lies in every cache line of 64 bytes."""
        amplitude = self.state_bytes // 2**self.n
        cnots = sum(1 if amplitude << bit >= 64 else 2 for bit in range(1, self.n))
        return float(self.state_bytes * (2 + cnots))

    def gb_per_s(self, key: str) -> float:
        """Of the copy or of the in-place pass: read plus written."""
        return 2 * self.state_bytes / min(self.samples(key, start).best_ns for start in STARTS)


# ---- first table ---------------------------------------------------------------------------------


def table(run: Run, start: str) -> list[dict[str, Any]]:
    """One record a row; None where a column does not apply."""
    native, records = run.samples("native_plan", start), []
    for key, worker in run.workers.items():
        if key in ("copy", "pass"):
            continue
        s = worker.samples[start]
        busy, cpu = s.share("busy_ns"), s.share("cpu_ns")
        records.append(
            {
                "key": key,
                "row": worker.label,
                "samples": len(s.ns),
                "best_ms": s.best_ns / 1e6,
                "median_ms": s.median_ns / 1e6,
                "cpu_percent": None if cpu is None else 100 * cpu,
                "cores_used": busy,
                "clone_percent": _percent(s.clone_share),
                "write_back_percent": _percent(s.share("commit_ns")),
                "gil_held_percent": _percent(s.gil_held_share),
                "frozen_percent": _percent(s.frozen),
                "ratio": s.best_ns / native.best_ns,
                "gb_per_s": run.ghz_bytes / s.best_ns,
                "samples_ns": s.ns,
            }
        )
    return records


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


COLUMNS = (
    ("row", "", "{}"),
    ("best_ms", "best ms", "{:.3f}"),
    ("median_ms", "median ms", "{:.3f}"),
    ("samples", "runs", "{}"),
    ("cpu_percent", "CPU %", "{:.0f}"),
    ("cores_used", "cores", "{:.2f}"),
    ("clone_percent", "clone %", "{:.1f}"),
    ("write_back_percent", "write back %", "{:.4f}"),
    ("gil_held_percent", "GIL held %", "{:.2f}"),
    ("frozen_percent", "other frozen %", "{:.1f}"),
    ("ratio", "x plan", "{:.3f}"),
    ("gb_per_s", "GB/s", "{:.1f}"),
)


def print_table(run: Run, start: str) -> None:
    print(f"\nGHZ-{run.n}, {run.dtype}, {run.threads} threads, {TITLES[start]}")
    lines = [[title for _, title, _ in COLUMNS]]
    for record in table(run, start):
        values = ((record[key], form) for key, _, form in COLUMNS)
        lines.append(["-" if value is None else form.format(value) for value, form in values])
    print_grid(lines)


def print_notes(run: Run) -> None:
    print(
        f"\ncopy {run.gb_per_s('copy'):.1f} GB/s ({run.workers['copy'].store}), "
        f"in-place pass {run.gb_per_s('pass'):.1f} GB/s, both read plus written, measured in between"
    )
    if run.control_frozen is not None:
        print(f"other frozen %, control: {100 * run.control_frozen:.1f} while another process runs native C")
    for label, why in run.absent.items():
        print(f"{label}: {why}, not measured")
    print(
        "x plan: best / best of native C through the plan. cores: time of the threads in kernels / wall, by\n"
        "time stamps around the kernels. clone %: 1 - best in place / best, so noise may make it negative.\n"
        "GIL held %: what the time without the GIL and the wait to get it back leave of the wall time.\n"
        "other frozen %: how long a Python thread that wakes every 0.5 ms was kept from running, in runs of\n"
        "their own. GB/s: what one pass a gate must move / best. Peers start from |0...0> already in memory."
    )


# ---- second table --------------------------------------------------------------------------------


def waterfall(run: Run, start: str) -> tuple[list[dict[str, Any]], float]:
    """Steps from native C to the worst case, and by how much their sum misses the last row.

    A step is the median over the rounds of the difference between two rows of the same round, so the sum
    closes only if the rows were measured under the same conditions.
    """
    records: list[dict[str, Any]] = []
    total = 0.0
    for k, key in enumerate(WATERFALL):
        own = run.samples(key, start).medians
        before = run.samples(WATERFALL[k - 1], start).medians if k else [0.0] * len(own)
        step = median([a - b for a, b in zip(own, before, strict=True)])
        total += step
        record = {"row": run.workers[key].label, "ms": median(own) / 1e6, "step_ms": step / 1e6}
        records.append(record | {"sum_ms": total / 1e6})
    return records, total / median(run.samples(WATERFALL[-1], start).medians) - 1


def print_waterfall(run: Run, start: str) -> None:
    records, miss = waterfall(run, start)
    rounds = len(run.samples("capi", start).bursts)
    print(f"\nOverhead, GHZ-{run.n}, {TITLES[start]}: medians of {rounds} rounds")
    lines = [["", "ms", "step ms", "sum ms"]]
    lines += [[r["row"], f"{r['ms']:.3f}", f"{r['step_ms']:+.3f}", f"{r['sum_ms']:.3f}"] for r in records]
    print_grid(lines)
    waits = run.samples("busy", start)
    wait = waits.share("gil_wait_ns")
    if wait is not None:
        print(f"of the last row {100 * wait:.0f} % is waiting to get the GIL back from the busy thread")
    print(f"the steps add up to the last row with {100 * miss:+.1f} %")


# ---- verdicts ------------------------------------------------------------------------------------


def verdicts(run: Run) -> list[Verdict]:
    found = [*_gil_verdicts(run)]
    if run.n >= LEAST_QUBITS:
        found += [*_ratio_verdicts(run), *_peer_verdicts(run), *_core_verdicts(run)]
    else:
        print(f"ratios, peers and cores have no limits below {LEAST_QUBITS} qubits")
    for start in STARTS:
        miss = abs(waterfall(run, start)[1])
        found.append(at_most(f"overhead steps miss the last row {TITLES[start]}, %", 100 * miss, 5))
    return found


def _ratio_verdicts(run: Run) -> list[Verdict]:
    found = []
    for start in STARTS:
        native = run.samples("native_plan", start)
        for key in ("chain", "apply_gates"):
            s = run.samples(key, start)
            text = f"{run.workers[key].label} / native C of the same plan, {TITLES[start]}"
            text += f" (of medians {s.median_ns / native.median_ns:.3f})"
            found.append(at_most(text, s.best_ns / native.best_ns, 1.05))
    return found


def _peer_verdicts(run: Run) -> list[Verdict]:
    peers = [worker for worker in run.workers.values() if worker.row.peer == "gate by gate"]
    if not peers:
        print("no gate-by-gate peer installed: nothing to compare native C gate by gate with")
        return []
    found = []
    for start in STARTS:
        peer = min(peers, key=lambda worker: worker.samples[start].best_ns)
        text = f"native C gate by gate / {peer.label}, {TITLES[start]}"
        ours = run.samples("native_gates", start).best_ns
        found.append(at_most(text, ours / peer.samples[start].best_ns, 1))
    return found


def _gil_verdicts(run: Run) -> list[Verdict]:
    """The limit holds where one call computes for a millisecond or more; the control must be caught."""
    found = []
    for start in STARTS:
        for key in ("apply_gates", "chain", "eager"):
            s = run.samples(key, start)
            held = s.gil_held_share
            if held is not None and s.gil_free_call_ns >= 1e6:
                text = f"GIL held, {run.workers[key].label}, {TITLES[start]}, %"
                found.append(at_most(text, 100 * held, 1))
        frozen = run.samples("held", start).frozen
        if frozen is not None:
            text = f"other thread frozen with the GIL held on purpose, {TITLES[start]}, %"
            found.append(seeing(text, 100 * frozen, 80))
    return found


def _core_verdicts(run: Run) -> list[Verdict]:
    if run.threads < 2:
        return []
    found = []
    for key in ("native_plan", "apply_gates", "chain"):
        used = run.samples(key, "arbitrary").share("busy_ns") or 0.0
        text = f"cores used of {run.threads}, {run.workers[key].label}, {TITLES['arbitrary']}"
        found.append(at_least(text, used, 0.9 * run.threads))
    return found
