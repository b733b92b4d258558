"""What the circuits bench found: times that are believed, ratios, and the lines of its table."""

from collections.abc import Iterator
from typing import Any

from circuit_rows import Row
from peers import PEERS

BELIEVED = {"complex128": 1e-12, "complex64": 1e-8}  # 1 - fidelity

Rows = dict[str, dict[str, Any]]


class Results:
    """The rows of a JSON file; times in nanoseconds, the best of the samples."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def __iter__(self) -> Iterator[Row]:
        for key in self.rows:
            workload, n, threads, dtype, start, peer = key.split()
            yield Row(workload, int(n), int(threads), dtype, start, peer)

    def wrong(self, row: Row) -> str | None:
        """Why a row is not believed, or None."""
        found = self.rows.get(row.key)
        if found is None:
            return "not measured"
        if "error" in found:
            return str(found["error"])
        if not found["infidelity"] <= BELIEVED[row.dtype]:
            return f"another state than ours, 1 - fidelity {found['infidelity']:.1e}: not believed"
        return None

    def ns(self, row: Row) -> float | None:
        return None if self.wrong(row) else float(min(self.rows[row.key]["ns"]))

    def expected_ns(self, row: Row) -> float | None:
        """What our cost model says that the row takes; of a plan that is there already, on one thread."""
        return None if self.wrong(row) else self.rows[row.key].get("expected_ns")

    def gates(self, workload: str, n: int) -> int:
        """How many; from any row of the workload."""
        rows = (row for row in self if (row.workload, row.n) == (workload, n))
        return next((self.rows[row.key]["gates"] for row in rows if not self.wrong(row)), 0)

    def peer_ns(self, row: Row) -> float | None:
        """Where a peer was not measured from random amplitudes, its time from |0...0> stands for it."""
        zero = Row(row.workload, row.n, row.threads, row.dtype, "zero", row.peer)
        return self.ns(row) or self.ns(zero)

    def best(self, row: Row) -> tuple[str, float] | None:
        """The quickest peer with a state vector in row's place, which is ours."""
        found = {}
        for name, entry in PEERS.items():
            if entry.ours or not entry.has_state or row.dtype not in entry.dtypes:
                continue
            ns = self.peer_ns(Row(row.workload, row.n, row.threads, row.dtype, row.start, name))
            if ns:
                found[name] = ns
        return min(found.items(), key=lambda item: item[1]) if found else None

    def ratio(self, row: Row) -> float | None:
        """The quickest peer / row: more is better for us."""
        ours, best = self.ns(row), self.best(row)
        return best[1] / ours if ours and best else None

    def against(self, row: Row, peer: str, dtype: str) -> float | None:
        """A certain peer / row."""
        ours = self.ns(row)
        theirs = self.peer_ns(Row(row.workload, row.n, row.threads, dtype, row.start, peer))
        return theirs / ours if ours and theirs else None


def number(value: float | None, form: str = "{:.1f}") -> str:
    return "-" if value is None else form.format(value)


def milliseconds(ns: float | None) -> str:
    """Three digits or so, whatever the size."""
    if ns is None:
        return "-"
    ms = ns / 1e6
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.1f}" if ms >= 10 else f"{ms:.2f}" if ms >= 1 else f"{ms:.4f}"


HEAD = (
    f"{'workload':<11}{'n':>3}{'thr':>4} {'dtype':<11}{'ours':>9}{'arb.':>9}{'planned':>9}"
    f"{'ratio':>8}{'arb.':>7}  quickest peer, and each, ms"
)


def line(results: Results, workload: str, n: int, threads: int, dtype: str) -> str:
    """Ours from both starts, the ratios, and each peer from |0...0>."""

    def row(start: str, peer: str) -> Row:
        return Row(workload, n, threads, dtype, start, peer)

    zero, arbitrary = row("zero", "ketsim"), row("arbitrary", "ketsim")
    times = [zero, arbitrary, row("zero", "ketsim-planned")]
    text = f"{workload:<11}{n:>3}{threads:>4} {dtype:<11}"
    text += "".join(f"{milliseconds(results.ns(r)):>9}" for r in times)
    text += f"{number(results.ratio(zero)):>8}{number(results.ratio(arbitrary)):>7}  "
    best = results.best(zero)
    peers = {name: results.ns(row("zero", name)) for name, entry in PEERS.items() if not entry.ours}
    each = ", ".join(f"{name} {milliseconds(ns)}" for name, ns in peers.items() if ns)
    return text + (f"{best[0]}; {each}" if best else "no peer")
