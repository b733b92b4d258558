"""Does a plan take as long as it expects to?

    python cost_model.py [--quick] [--n 12,16,20,22] [--json FILE] [--plot FILE] [--strict]

Every workload of ``workloads.py``, from |0...0> and from random amplitudes, in both precisions, on one
thread, which is what ``circuit.explain()`` speaks of: a `Circuit` that was made before is applied, and the
best time is compared with the last line of its plan. A part is a size; the last verdict is on all of them.
What a call costs that has nothing to do, a microsecond or so, is measured and added to what the plan expects.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from circuit_process import Processes
from circuit_report import BELIEVED
from circuit_rows import ORDER, STARTS, Row
from circuit_verdicts import MODEL_ERROR, MODEL_SHARE
from report import Column, Table, Verdict, at_least
from script import Report, Work, parse, parser
from workloads import workload

SECONDS = 0.5  # that the samples of a row may take
COLUMNS: tuple[Column, ...] = (
    ("row", "circuit", "{}"),
    ("expected_ms", "expected ms", "{:.4f}"),
    ("best_ms", "best ms", "{:.4f}"),
    ("ratio", "expected / best", "{:.2f}"),
    ("absent", "not measured", "{}"),
)


def record(row: Row, answer: dict[str, Any]) -> dict[str, Any]:
    name = f"{row.workload} {row.n}, {row.dtype}, {row.start}"
    if "error" in answer or answer["infidelity"] > BELIEVED[row.dtype]:
        return {"row": name, "absent": answer.get("error", "another state than in double precision")}
    expected, best = answer["expected_ns"] / 1e6, min(answer["ns"]) / 1e6
    found = {"row": name, "expected_ms": expected, "best_ms": best, "ratio": expected / best}
    return found | {"samples": answer["ns"]}


def rows(n: int, workloads: tuple[str, ...]) -> list[Row]:
    names = [name for name in workloads if offered(name, n)]
    ways = [(dtype, start) for dtype in ("complex128", "complex64") for start in STARTS]
    return [Row(name, n, 1, dtype, start, "ketsim-planned") for name in names for dtype, start in ways]


def offered(name: str, n: int) -> bool:
    try:
        return bool(workload(name, n))
    except ValueError:
        return False


def close(what: str, records: list[dict[str, Any]]) -> Verdict:
    ratios = [record["ratio"] for record in records if "ratio" in record]
    within = sum(abs(ratio - 1) <= MODEL_ERROR for ratio in ratios)
    text = f"rows within {MODEL_ERROR:.0%} of the time the plan expected, {what}, of {len(ratios)}"
    return at_least(text, within / max(1, len(ratios)), MODEL_SHARE)


def predictions(report: Report, n: int, workloads: tuple[str, ...]) -> None:
    """One size."""
    table = Table(f"Expected and measured, n={n}, one thread", COLUMNS, bar="ratio")
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(Path(folder), 60)
        try:
            table.records = [record(row, processes.measure(row, SECONDS)) for row in rows(n, workloads)]
        finally:
            processes.close()
    report.table(table)
    size = close(f"n={n}", table.records)
    report.note(f"{size.requirement}: {size.value:.3f}")


def overall(report: Report) -> None:
    report.verdict(close("all sizes", [record for table in report.tables for record in table.records]))


def main() -> int:
    found = parser(__doc__)
    found.add_argument("--n", help="qubits; default 12,16,20,22; with --quick 12")
    args = parse(found)
    report, parts = Report("cost_model", args), dict[str, Work]()
    workloads = ("ansatz", "qft", "layer-H") if args.quick else ORDER
    for n in (args.n or ("12" if args.quick else "12,16,20,22")).split(","):
        parts[n] = partial(predictions, report, int(n), workloads)
    return report.run(parts | {"all": lambda: overall(report)})


if __name__ == "__main__":
    sys.exit(main())
