"""The two plots of docs/performance.md."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
from circuit_report import Results
from circuit_rows import ORDER, Row
from circuit_verdicts import TITLES
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

DEEP = ("brick", "ansatz", "qaoa", "volume", "grid", "heisenberg")
matplotlib.rcParams.update({"svg.hashsalt": "ketsim", "svg.fonttype": "none"})  # the same file every time

Curve = tuple[list[int], list[float]]


def _curve(values: Iterator[tuple[int, float | None]]) -> Curve:
    found = [(n, value) for n, value in values if value is not None]
    return [n for n, _ in found], [value for _, value in found]


def _sizes(results: Results) -> list[int]:
    return sorted({row.n for row in results})


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})


def plot_ratios(results: Results, threads: int, path: Path) -> None:
    """The quickest peer / ours, by n: a picture for each precision, a line for each workload."""
    figure = Figure(figsize=(12, 8), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True, squeeze=False)
    for row_of_axes, dtype in zip(axes, ("complex128", "complex64"), strict=True):
        for ax, start in zip(row_of_axes, TITLES, strict=True):
            _draw_ratios(ax, results, Row("", 0, threads, dtype, start, "ketsim"))
    axes[0][1].legend(fontsize="x-small", ncols=2)
    _save(figure, path)


def _draw_ratios(ax: Any, results: Results, like: Row) -> None:
    for workload in ORDER:
        rows = [Row(workload, n, like.threads, like.dtype, like.start, like.peer) for n in _sizes(results)]
        sizes, ratios = _curve((row.n, results.ratio(row)) for row in rows)
        style = "-" if workload in DEEP else ":"
        if sizes:
            ax.semilogy(sizes, ratios, style, marker=".", label=workload)
    ax.axhline(1, color="black", linewidth=0.8)
    ax.set(title=f"{like.dtype}, {TITLES[like.start]}", xlabel="qubits", ylabel="quickest peer / ketsim")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.3)


def plot_roofline(results: Results, passes: dict[str, float], threads: int, path: Path) -> None:
    """Time per amplitude and gate, ours from random amplitudes and the quickest peer's; and of one pass."""
    figure = Figure(figsize=(12, 5.5), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for ax, dtype in zip(axes, ("complex128", "complex64"), strict=True):
        for k, workload in enumerate(DEEP):
            _draw_costs(ax, results, Row(workload, 0, threads, dtype, "arbitrary", "ketsim"), f"C{k}")
        _draw_pass(ax, passes, threads, dtype)
        ax.set(title=f"{dtype}, {threads} threads", xlabel="qubits", ylabel="ns per amplitude and gate")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(alpha=0.3)
    axes[0].legend(fontsize="x-small")
    _save(figure, path)


def _draw_costs(ax: Any, results: Results, like: Row, color: str) -> None:
    """A full line for ours, a broken one for the quickest peer."""
    ours: list[tuple[int, float | None]] = []
    theirs: list[tuple[int, float | None]] = []
    for n in _sizes(results):
        row = Row(like.workload, n, like.threads, like.dtype, like.start, like.peer)
        work = 2.0**n * results.gates(like.workload, n)
        ns, best = results.ns(row), results.best(row)
        ours.append((n, ns / work if ns and work else None))
        theirs.append((n, best[1] / work if best and work else None))
    if not any(ns for _, ns in ours):
        return
    ax.semilogy(*_curve(iter(ours)), "-", marker=".", color=color, label=like.workload)
    ax.semilogy(*_curve(iter(theirs)), "--", color=color)


def _draw_pass(ax: Any, passes: dict[str, float], threads: int, dtype: str) -> None:
    """What one in-place pass over the largest state takes."""
    keys = [key for key in passes if key.split()[1:] == [str(threads), dtype]]
    if keys:
        largest = max(keys, key=lambda key: int(key.split()[0]))
        n = int(largest.split()[0])
        ax.axhline(passes[largest] / 2.0**n, color="black", linewidth=0.8, label=f"one pass, {n} qubits")
