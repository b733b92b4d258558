"""Tables as one picture: a bar a record, in the column that the table names."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from report import Table


def _draw(axes: Any, table: Table) -> None:
    records = [record for record in table.records if record.get(table.bar) is not None]
    names = [str(record[table.columns[0][0]]) for record in records]
    bars = axes.barh(range(len(records)), [record[table.bar] for record in records])
    axes.set_yticks(range(len(records)), names, fontsize="x-small")
    axes.invert_yaxis()
    title = next(title for key, title, _ in table.columns if key == table.bar)
    axes.bar_label(bars, fmt="{:.3g}", fontsize="x-small", padding=2)
    axes.set(title=table.title, xlabel=title)
    axes.margins(x=0.12)


def plot(tables: list[Table], facts: dict[str, str], path: Path) -> None:
    """Write the picture to ``path``; the suffix says in which format."""
    drawn = [table for table in tables if table.bar and any(r.get(table.bar) for r in table.records)]
    if not drawn:
        raise SystemExit("nothing was measured that could be drawn")
    heights = [1 + 0.25 * len(table.records) for table in drawn]
    figure = Figure(figsize=(10, 1 + sum(heights)), layout="constrained")
    all_axes = figure.subplots(len(drawn), 1, squeeze=False, height_ratios=heights)
    for axes, table in zip(all_axes[:, 0], drawn, strict=True):
        _draw(axes, table)
    figure.suptitle(f"{facts['cpu']}, {facts['cores']} cores, commit {facts['commit']}", fontsize="small")
    figure.savefig(path, dpi=120)
