"""One page of all benches of concurrency, from the files that they left in build/.

    python comparison.py [--results build] [--json FILE] [--plot FILE] [--strict]

Nothing is measured here. First GHZ by every route, from `make ghz N=20`; then what each strategy gains; then
each requirement with its value and verdict. Files of several commits, of different machines or of --quick
runs are named: their lines do not belong together.
"""

import json
import sys
from pathlib import Path
from typing import Any

from machine import ROOT
from report import Column, Table, Verdict
from script import Report, parse, parser
from speedup import COLUMNS

BENCHES = ("gil", "batch", "threads", "queue", "strategies", "clone", "latency")
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


def strategy_tables(results: Results) -> list[Table]:
    return [Table(t["title"], COLUMNS, t["records"], t["bar"]) for t in results["tables"]]


def verdict_table(found: dict[str, Results]) -> Table:
    table = Table("Requirements", VERDICT_COLUMNS)
    for bench, results in found.items():
        for verdict in (Verdict(**fields) for fields in results["verdicts"]):
            word = "PASS" if verdict.passed else verdict.word
            table.records.append({"bench": bench, "verdict": word, **vars(verdict)})
    return table


def doubts(found: dict[str, Results]) -> list[str]:
    """Why the files should not stand on one page."""
    said = [f"{bench}: a --quick run" for bench, results in found.items() if results["quick"]]
    for fact in ("commit", "cpu", "cores"):
        values = {bench: results["machine"].get(fact) for bench, results in found.items()}
        if len(set(values.values())) > 1:
            said.append(f"different {fact}: " + ", ".join(f"{b} {v}" for b, v in values.items()))
    said += [f"{bench}: no file, make bench-{bench}" for bench in BENCHES if bench not in found]
    return said


def newest_ghz(folder: Path) -> Path | None:
    """The largest complex128 result of `make ghz` up to 20 qubits, the size of this page."""
    paths = {int(path.stem.split("-")[1]): path for path in folder.glob("ghz-*-complex128.json")}
    return paths.get(20) or next((paths[n] for n in sorted(paths, reverse=True)), None)


def main() -> int:
    parsed = parser(__doc__)
    parsed.add_argument("--results", type=Path, default=ROOT / "build", help="where the benches left them")
    args = parse(parsed)
    report, found = Report("compare", args), dict[str, Results]()
    for bench in BENCHES:
        path = args.results / f"bench-{bench}.json"
        if path.exists():
            found[bench] = json.loads(path.read_text())
    ghz = newest_ghz(args.results)
    if ghz:
        report.table(ghz_table(json.loads(ghz.read_text())))
    else:
        report.note("GHZ: no file, make ghz N=20")
    for table in strategy_tables(found["strategies"]) if "strategies" in found else ():
        report.table(table)
    verdicts = verdict_table(found)
    if verdicts.records:
        report.table(verdicts)
    for doubt in doubts(found):
        report.note(doubt)
    passed = sum(record["verdict"] == "PASS" for record in verdicts.records)
    report.note(f"{passed} of {len(verdicts.records)} requirements passed")
    report.verdicts = [Verdict(**fields) for results in found.values() for fields in results["verdicts"]]
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
