"""One page of all benches of concurrency, from the files that they left in build/.

    python comparison.py [--results build] [--json FILE] [--plot FILE] [--strict]

Nothing is measured here. First GHZ by every route, from `make ghz N=20`; then what each strategy gains; what
two threads, Ctrl-C and a fork find in each simulator; then each requirement with its value and verdict. Files
of several commits, of different machines or of --quick runs are named: their lines do not belong together.
"""

import collections
import json
import sys
from pathlib import Path
from typing import Any

from machine import ROOT
from report import Column, Table
from script import Report, parse, parser, tables_in, verdicts_in

BENCHES = ("gil", "batch", "threads", "queue", "strategies", "clone", "latency", "sweep", "cost_model")
ROUTES = ("numpy", "eager", "chain", "apply_gates", "native_plan", "native_gates")
GHZ_COLUMNS: tuple[Column, ...] = (
    ("row", "Route", "{}"),
    ("best_ms", "best ms", "{:.3f}"),
    ("median_ms", "median ms", "{:.3f}"),
    ("cpu_percent", "CPU %", "{:.0f}"),
    ("cores_used", "cores used", "{:.2f}"),
    ("ratio", "NumPy / this", "{:.1f}x"),
)
VERDICT_COLUMNS: tuple[Column, ...] = (
    ("requirement", "requirement", "{}"),
    ("bench", "bench", "{}"),
    ("verdict", "verdict", "{}"),
    ("value", "value", "{:.4g}"),
    ("limit", "limit", "{}"),
)

Results = dict[str, Any]


def ghz_table(results: Results) -> Table:
    """NumPy, gate by gate, in one call, and native C; times, cores, and ratios to NumPy."""
    main = results["main"]
    rows = {record["key"]: record for record in main["zero"]["rows"]}
    numpy = rows.get("numpy", {}).get("best_ms")
    table = Table(f"GHZ-{main['n']} from |0...0>, {main['threads']} threads", GHZ_COLUMNS, bar="ratio")
    for key in ROUTES:
        if key in rows:
            ratio = numpy / rows[key]["best_ms"] if numpy else None
            table.records.append({name: rows[key].get(name) for name, _, _ in GHZ_COLUMNS} | {"ratio": ratio})
    return table


def shown(found: dict[str, Results]) -> list[Table]:
    """The tables of strategies, and of other simulators in threads."""
    benches = [bench for bench in ("strategies", "threads") if bench in found]
    tables = [table for bench in benches for table in tables_in(found[bench])]
    return [table for table in tables if not table.title.startswith("Two Python threads")]


def verdict_table(found: dict[str, Results]) -> Table:
    table = Table("Requirements", VERDICT_COLUMNS)
    for bench, results in found.items():
        for verdict in verdicts_in(results):
            word = "PASS" if verdict.passed else verdict.word
            table.records.append({"bench": bench, "verdict": word, **vars(verdict)})
    return table


def doubts(found: dict[str, Results]) -> list[str]:
    """Why the files should not stand on one page."""
    said = [f"{bench}: a --quick run" for bench, results in found.items() if results["settings"]["quick"]]
    for fact in ("commit", "cpu", "cores"):
        values = {bench: results["machine"].get(fact) for bench, results in found.items()}
        if len(set(values.values())) > 1:
            said.append(f"different {fact}: " + ", ".join(f"{b} {v}" for b, v in values.items()))
    said += [f"{b}: not complete, {', '.join(r['left'])} left" for b, r in found.items() if r["left"]]
    missing = [bench for bench in BENCHES if bench not in found]
    return said + [f"{bench}: no file, make bench-{bench.replace('_', '-')}" for bench in missing]


def newest_ghz(folder: Path) -> Path | None:
    """The largest complex128 result of `make ghz` up to 20 qubits, the size of this page."""
    paths = {int(path.stem.split("-")[1]): path for path in folder.glob("ghz-*-complex128.json")}
    return paths.get(20) or next((paths[n] for n in sorted(paths, reverse=True)), None)


def page(report: Report, folder: Path) -> None:
    paths = {bench: folder / f"bench-{bench}.json" for bench in BENCHES}
    found = {bench: json.loads(path.read_text()) for bench, path in paths.items() if path.exists()}
    results = {bench: result for bench, result in found.items() if "parts" in result}  # older files have none
    ghz = newest_ghz(folder)
    if ghz:
        report.table(ghz_table(json.loads(ghz.read_text())))
    else:
        report.note("GHZ: no file, make ghz N=20")
    for table in shown(results):
        report.table(table)
    verdicts = verdict_table(results)
    if verdicts.records:
        report.table(verdicts)
    for doubt in doubts(results):
        report.note(doubt)
    words = collections.Counter(record["verdict"] for record in verdicts.records)
    each = ", ".join(f"{count} {word}" for word, count in words.items())
    report.note(f"\n{len(verdicts.records)} requirements: {each}")


def main() -> int:
    parsed = parser(__doc__)
    parsed.add_argument("--results", type=Path, default=ROOT / "build", help="where the benches left them")
    args = parse(parsed)
    report = Report("compare", args)
    args.parts = "page"  # always anew
    return report.run({"page": lambda: page(report, args.results)})


if __name__ == "__main__":
    sys.exit(main())
