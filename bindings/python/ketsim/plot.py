"""Figures of circuits, states and samples, with matplotlib: ``pip install ketsim[plot]``.

Each function returns a `matplotlib.figure.Figure` that no window shows by itself: a notebook does, and
``figure.savefig('state.png')`` writes it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch
from numpy.typing import NDArray

from ._diagram import Symbol, columns, symbols_of
from ._draw import label
from ._ketsim import Circuit, InvalidArgument, Ket

_MOST_BARS = 256
_MOST_DISCS = 64
_MOST_SPHERES = 16


def _labels(nqubits: int) -> list[str]:
    return [format(index, f"0{nqubits}b") for index in range(1 << nqubits)]


def _small(what: str, count: int, most: int) -> None:
    if count > most:
        raise InvalidArgument(f"{what} {count}: must be at most {most} to be told apart")


def histogram(counts: Mapping[str, float] | Sequence[float] | NDArray[np.float64]) -> Figure:
    """Bars of how often, or how likely, each outcome is.

    Parameters
    ----------
    counts : mapping of str to number, or sequence of 2^n numbers
        As `Ket.counts` and `Ket.probabilities` return them; at most 256 outcomes.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidArgument
        Too many outcomes, or a sequence whose length is no power of two.

    Examples
    --------
    >>> from ketsim import ket, plot
    >>> figure = plot.histogram(ket('00').H(0).CNOT(0, 1).counts(1000, seed=1))
    >>> len(figure.axes[0].patches)
    2
    """
    if not isinstance(counts, Mapping):
        values = np.asarray(counts)
        if values.ndim != 1 or values.size < 2 or values.size & (values.size - 1):
            raise InvalidArgument(f"shape {values.shape}: must be (2^n,), a number for each outcome")
        counts = dict(zip(_labels(values.size.bit_length() - 1), values.tolist(), strict=True))
    _small("outcomes", len(counts), _MOST_BARS)
    outcomes = sorted(counts)
    figure = Figure(figsize=(max(4, 0.35 * len(outcomes)), 3.5), layout="constrained")
    axes = figure.subplots()
    axes.bar(outcomes, [counts[outcome] for outcome in outcomes])
    axes.tick_params(axis="x", rotation=90 if len(outcomes) > 8 else 0)
    axes.set_xlabel("outcome")
    return figure


def state_city(state: Ket) -> Figure:
    """Real and imaginary part of the density matrix, a tower for each entry.

    Parameters
    ----------
    state : Ket
        On at most 4 qubits.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidArgument
        Too many qubits.

    Examples
    --------
    >>> from ketsim import ket, plot
    >>> [axes.get_title() for axes in plot.state_city(ket('0').H(0)).axes]
    ['real part', 'imaginary part']
    """
    _small("entries", 1 << 2 * state.nqubits, _MOST_BARS)
    psi = state.amplitudes()
    rho = np.outer(psi, psi.conj())
    rows, cols = np.indices(rho.shape).reshape(2, -1)
    figure = Figure(figsize=(9, 4.5))
    for place, (title, part) in enumerate((("real part", rho.real), ("imaginary part", rho.imag))):
        axes: Any = figure.add_subplot(1, 2, place + 1, projection="3d")
        axes.bar3d(cols - 0.4, rows - 0.4, 0, 0.8, 0.8, part.ravel(), shade=True)
        axes.set_zlim(-1, 1)
        axes.set_title(title)
        axes.set_xticks(range(psi.size), _labels(state.nqubits))
        axes.set_yticks(range(psi.size), _labels(state.nqubits))
    return figure


def phase_discs(state: Ket) -> Figure:
    """A disc for each amplitude: its area the probability, its hand and color the phase.

    Parameters
    ----------
    state : Ket
        On at most 6 qubits.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidArgument
        Too many qubits.

    Examples
    --------
    >>> from ketsim import ket, plot
    >>> len(plot.phase_discs(ket('00').H(0).H(1)).axes[0].patches)
    8
    """
    _small("amplitudes", 1 << state.nqubits, _MOST_DISCS)
    psi = state.amplitudes()
    wide = 1 << (state.nqubits + 1) // 2
    figure = Figure(figsize=(1.1 * wide, 1.3 * max(1, psi.size // wide)), layout="constrained")
    axes = figure.subplots()
    hues = np.angle(psi) / (2 * np.pi) % 1
    for index, (amplitude, hue, text) in enumerate(zip(psi, hues, _labels(state.nqubits), strict=True)):
        x, y = index % wide, -(index // wide)
        color = _hue(float(hue))
        axes.add_patch(Circle((x, y), 0.45, fill=False, edgecolor="0.8"))
        axes.add_patch(Circle((x, y), 0.45 * abs(amplitude), facecolor=color, alpha=0.8))
        axes.plot([x, x + 0.45 * amplitude.real], [y, y + 0.45 * amplitude.imag], color="black", lw=1)
        axes.text(x, y - 0.6, text, ha="center", va="center", fontsize=8)
    axes.set(xlim=(-0.6, wide - 0.4), ylim=(-((psi.size - 1) // wide) - 0.8, 0.6), aspect="equal")
    axes.axis("off")
    return figure


def _hue(turns: float) -> tuple[float, float, float]:
    from matplotlib.colors import hsv_to_rgb

    red, green, blue = hsv_to_rgb((turns, 0.75, 0.9))
    return float(red), float(green), float(blue)


def bloch(state: Ket) -> Figure:
    """A sphere for each qubit with the Bloch vector of its reduced state, shorter than 1 where it is mixed.

    Parameters
    ----------
    state : Ket
        On at most 16 qubits.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidArgument
        Too many qubits.

    Examples
    --------
    >>> from ketsim import ket, plot
    >>> [axes.get_title() for axes in plot.bloch(ket('0+')).axes]
    ['qubit 0: (0.00, 0.00, 1.00)', 'qubit 1: (1.00, 0.00, 0.00)']
    """
    _small("qubits", state.nqubits, _MOST_SPHERES)
    wide = min(4, state.nqubits)
    high = -(-state.nqubits // wide)
    vectors = state.expectations([f"{p}{q}" for q in range(state.nqubits) for p in "XYZ"])
    figure = Figure(figsize=(3.2 * wide, 3.4 * high))
    for qubit, vector in enumerate(vectors.reshape(-1, 3) + 0.0):
        axes: Any = figure.add_subplot(high, wide, qubit + 1, projection="3d")
        _sphere(axes)
        axes.quiver(0, 0, 0, *vector, color="C3", lw=2, arrow_length_ratio=0.15)
        x, y, z = (round(float(part), 2) + 0.0 for part in vector)
        axes.set_title(f"qubit {qubit}: ({x:.2f}, {y:.2f}, {z:.2f})", fontsize=9)
    return figure


def _sphere(axes: Any) -> None:
    across, along = np.mgrid[0 : 2 * np.pi : 25j, 0 : np.pi : 13j]
    x, y, z = np.cos(across) * np.sin(along), np.sin(across) * np.sin(along), np.cos(along)
    axes.plot_wireframe(x, y, z, color="0.85", lw=0.5)
    for text, at in (("|0>", (0, 0, 1.2)), ("|1>", (0, 0, -1.3)), ("x", (1.3, 0, 0)), ("y", (0, 1.3, 0))):
        axes.text(*at, text, ha="center", fontsize=8)
    axes.set_box_aspect((1, 1, 1))
    axes.axis("off")


def circuit(drawn: Circuit) -> Figure:
    """The picture of `Circuit.draw` as a figure.

    Parameters
    ----------
    drawn : Circuit
        Whose gates to show.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from ketsim import Circuit, plot
    >>> len(plot.circuit(Circuit(2).H(0).CNOT(0, 1)).axes)
    1
    """
    placed = columns(symbols_of(drawn))
    widths = [max(_width(one, qubit) for one in column for qubit in one.span) for column in placed]
    ends = np.cumsum([0.5, *widths])
    figure = Figure(figsize=(0.6 * (ends[-1] + 1), 0.6 * (drawn.nqubits + 0.5)), layout="constrained")
    axes = figure.subplots()
    for qubit in range(drawn.nqubits):
        axes.plot([0, ends[-1] + 0.5], [-qubit, -qubit], color="black", lw=0.8, zorder=0)
        axes.text(-0.2, -qubit, str(qubit), ha="right", va="center")
    for column, start, width in zip(placed, ends, widths, strict=False):
        for one in column:
            _draw_symbol(axes, one, start + width / 2)
    axes.set(xlim=(-0.8, ends[-1] + 0.6), ylim=(0.6 - drawn.nqubits, 0.6), aspect="equal")
    axes.axis("off")
    return figure


def _width(one: Symbol, qubit: int) -> float:
    return max(1.0, 0.16 * len(label(one, qubit)) + 0.5)


def _draw_symbol(axes: Axes, one: Symbol, x: float) -> None:
    axes.plot([x, x], [-one.span[0], -one.span[-1]], color="black", lw=0.8, zorder=0)
    for qubit, value in one.controls.items():
        axes.add_patch(Circle((x, -qubit), 0.1, facecolor="black" if value else "white", edgecolor="black"))
    for qubit in one.targets:
        text = label(one, qubit)
        if text in ("⊕", "✕", "●"):
            axes.text(x, -qubit, text, ha="center", va="center", fontsize=15)
            continue
        width = _width(one, qubit) - 0.25
        box = FancyBboxPatch(
            (x - width / 2, -qubit - 0.3), width, 0.6, boxstyle="round,pad=0,rounding_size=0.08"
        )
        box.set(facecolor="white", edgecolor="black")
        axes.add_patch(box)
        axes.text(x, -qubit, text, ha="center", va="center", fontsize=8)
