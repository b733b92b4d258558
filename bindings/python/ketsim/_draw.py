"""Circuits as text: a line for each qubit, time to the right."""

import shutil
from typing import Any, Literal

from ._diagram import Symbol, columns, symbols_of
from ._ketsim import Circuit, InvalidArgument

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_WIRE, _CROSSED, _LINK = "─", "┼", "│"


class Drawing(str):
    """Text that a Python prompt shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def target_label(one: Symbol, target: int) -> str:
    """What stands on the line of a target."""
    position = one.targets.index(target)
    if one.labels:
        return one.labels[position]
    if one.name == "SWAP":
        return "✕"
    if one.controls and one.name in ("X", "Z"):
        return "⊕" if one.name == "X" else "●"
    number = str(position).translate(_SUBSCRIPTS) if len(one.targets) > 1 else ""
    angles = ", ".join(f"{angle:.4g}" for angle in one.angles)
    return f"{one.name}{number}" + (f"({angles})" if angles and position == 0 else "")


def label(one: Symbol, qubit: int) -> str:
    """What stands on the line of a qubit in the span of a symbol."""
    if qubit in one.targets:
        return target_label(one, qubit)
    if qubit in one.controls:
        return "●" if one.controls[qubit] else "○"
    return _CROSSED


def _column_text(column: list[Symbol], nqubits: int) -> list[str]:
    """Lines for the qubits, and those between them, of one width."""
    wires, links = [""] * nqubits, [" "] * nqubits
    for one in column:
        for qubit in one.span:
            wires[qubit] = label(one, qubit)
        for qubit in one.span[:-1]:
            links[qubit] = _LINK
    width = max(map(len, wires))
    lines = []
    for wire, link in zip(wires, links, strict=True):
        lines += [wire.center(width, _WIRE), link.center(width)]
    return lines[:-1]


def _block(heads: list[str], parts: list[list[str]]) -> str:
    lines = []
    for row, head in enumerate(heads):
        filler = " " if row % 2 else _WIRE
        lines.append((head + filler.join(["", *(part[row] for part in parts), ""])).rstrip())
    return "\n".join(lines)


def draw_text(circuit: Circuit, width: int) -> Drawing:
    """In blocks below one another where the width asks for it."""
    digits = len(str(circuit.nqubits - 1))
    heads = [f"{qubit:>{digits}}: " for qubit in range(circuit.nqubits)]
    margins = [line for head in heads for line in (head, " " * len(head))][:-1]
    blocks: list[list[list[str]]] = [[]]
    used = len(heads[0]) + 1
    for column in columns(symbols_of(circuit)):
        part = _column_text(column, circuit.nqubits)
        if blocks[-1] and used + len(part[0]) + 1 > width:
            blocks.append([])
            used = len(heads[0]) + 1
        blocks[-1].append(part)
        used += len(part[0]) + 1
    return Drawing("\n\n".join(_block(margins, parts) for parts in blocks))


def draw(circuit: Circuit, output: Literal["text", "mpl"] = "text", *, width: int | None = None) -> Any:
    """What `Circuit.draw` returns."""
    if output == "mpl":
        from .plot import circuit as draw_figure

        return draw_figure(circuit)
    if output != "text":
        raise InvalidArgument(f"output {output!r}: must be 'text' or 'mpl'")
    return draw_text(circuit, shutil.get_terminal_size().columns if width is None else width)
