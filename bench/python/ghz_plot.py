"""Both tables of the GHZ benchmark for all sizes, as one picture."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from ghz_report import TITLES
from ghz_worker import STARTS
from matplotlib.figure import Figure

Sweep = list[dict[str, Any]]


def _curves(sweep: Sweep, start: str, table: str, value: str) -> dict[str, tuple[list[int], list[float]]]:
    """Row -> sizes and values."""
    curves: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    for size in sweep:
        for record in size[start][table]:
            sizes, values = curves[record["row"]]
            sizes.append(size["n"])
            values.append(record[value])
    return curves


def _draw_times(axes: Any, sweep: Sweep, start: str) -> None:
    for row, (sizes, values) in _curves(sweep, start, "rows", "best_ms").items():
        style = "-" if row.startswith(("native", "Python", "C API")) else "--"
        axes.semilogy(sizes, values, style, marker=".", label=row)
    axes.set(title=f"GHZ circuit, {TITLES[start]}", xlabel="qubits", ylabel="best time, ms")
    axes.legend(fontsize="x-small")
    axes.grid(alpha=0.3)


def _draw_steps(axes: Any, sweep: Sweep, start: str) -> None:
    """What each step adds, in units of the time of native C; stacked, so the top is the last row."""
    sizes = [size["n"] for size in sweep]
    native = [size[start]["waterfall"][0]["ms"] for size in sweep]
    bottom = [0.0] * len(sizes)
    for row, (_, steps) in _curves(sweep, start, "waterfall", "step_ms").items():
        heights = [step / base for step, base in zip(steps, native, strict=True)]
        axes.bar(sizes, heights, 1.4, bottom=bottom, label=row)
        bottom = [b + h for b, h in zip(bottom, heights, strict=True)]
    axes.set_yscale("symlog", linthresh=2)
    axes.set(title=f"Overhead, {TITLES[start]}", xlabel="qubits", ylabel="time / native C plan")
    axes.legend(fontsize="x-small")
    axes.grid(alpha=0.3, axis="y")


def plot(sweep: Sweep, facts: dict[str, str], path: Path) -> None:
    """Write the picture to ``path``; the suffix says in which format."""
    figure = Figure(figsize=(14, 10), layout="constrained")
    axes = figure.subplots(2, 2)
    for column, start in enumerate(STARTS):
        _draw_times(axes[0][column], sweep, start)
        _draw_steps(axes[1][column], sweep, start)
    settings = f"{sweep[0]['threads']} threads, {sweep[0]['dtype']}, {facts['isa']}"
    figure.suptitle(f"{facts['cpu']}, {settings}, commit {facts['commit']}", fontsize="small")
    figure.savefig(path, dpi=120)
