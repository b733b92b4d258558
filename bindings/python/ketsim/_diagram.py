"""What a picture of a circuit shows: a symbol for each gate, symbols in columns; and a circuit in numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ._capi import ffi, lib
from ._ketsim import Circuit
from ._parameters import Linear

_MATRIX = "unitary"
_DYNAMIC = ("measure", "reset", "if_", "repeat_until", "channel", "readout")


@dataclass(frozen=True)
class Symbol:
    """A gate, taken apart: on which value of each control it acts, and its targets in order."""

    name: str
    angles: tuple[float | Linear, ...]
    controls: dict[int, int]
    targets: tuple[int, ...]
    labels: tuple[str, ...] = ()  # what stands at the targets, where it is no gate
    bits: tuple[int, ...] = ()  # classical ones that it writes or looks at

    @property
    def qubits(self) -> tuple[int, ...]:
        return (*self.controls, *self.targets)

    def _replace_targets(self, labels: dict[int, str]) -> "Symbol":
        return replace(self, targets=tuple(labels), labels=tuple(labels.values()))

    @property
    def span(self) -> range:
        """All qubits from the first that it touches to the last."""
        return range(min(self.qubits), max(self.qubits) + 1)


def _row_controls(name: str) -> int:
    """How many qubits of a row of the gate table are controls."""
    gate = ffi.new("ketsim_gate *")
    if name == _MATRIX or lib.ketsim_gate_find(gate, name.encode()) != lib.KETSIM_OK:
        return 0
    return int(lib.ketsim_gate_lookup(gate[0]).ncontrols)


def _base_name(name: str, ncontrols: int) -> str:
    """Of what happens to the targets: X of CNOT and CCX, RZ of CRZ, SWAP of CSWAP."""
    if not ncontrols:
        return "U" if name == _MATRIX else name
    return "X" if name == "CNOT" else name[ncontrols:]


def _condition(bits: tuple[int, ...], value: int) -> str:
    """For instance 0=1, or 0,2=10 for bit 0 being 1 and bit 2 being 0."""
    return f"{','.join(map(str, bits))}={value:0{len(bits)}b}"


def _all_bits(body: Circuit) -> set[int]:
    return {bit for entry in body if entry[0] in _DYNAMIC for bit in _dynamic(entry[0], list(entry[1:])).bits}


def _body(name: str, bits: tuple[int, ...], value: int, body: Circuit) -> Symbol:
    """At all qubits that a circuit inside touches; a single gate is named."""
    touched = sorted({qubit for one in symbols_of(body) for qubit in one.qubits})
    inside = f" {body[0][0]}" if len(body) == 1 and len(touched) == 1 else ""
    label = f"[{name} {_condition(bits, value)}{inside}]"
    return Symbol(name, (), {}, tuple(touched), (label,) * len(touched), tuple({*bits, *_all_bits(body)}))


def _dynamic(name: str, rest: list[Any]) -> Symbol:
    """Of an operation that is no gate."""
    if name == "measure":
        *qubits, extras = rest
        return Symbol(
            name, (), {}, tuple(qubits), tuple(f"M→{bit}" for bit in extras["bits"]), extras["bits"]
        )
    if name == "reset":
        return Symbol(name, (), {}, tuple(rest), ("|0>",) * len(rest))
    if name == "if_":
        bits, body, value = rest
        return _body("if", bits, value, body)
    if name == "repeat_until":
        body, bits, value, _ = rest
        return _body("until", bits, value, body)
    if name == "readout":
        return Symbol(name, (), {}, (), (), tuple(rest[1:]))
    return Symbol(name, (), {}, tuple(rest[1:]), ("≈",) * (len(rest) - 1))


def symbol(entry: tuple[Any, ...]) -> Symbol:
    """Of one tuple of a circuit."""
    name, *rest = entry
    if name in _DYNAMIC:
        return _dynamic(name, rest)
    extras = rest.pop() if rest and isinstance(rest[-1], dict) else {}
    angles = tuple(item for item in rest if isinstance(item, (float, Linear)))
    qubits = [item for item in rest if isinstance(item, int)]
    ncontrols = _row_controls(name)
    controls = dict.fromkeys(qubits[:ncontrols], 1) | extras.get("controls", {})
    return Symbol(_base_name(name, ncontrols), angles, controls, tuple(qubits[ncontrols:]))


def columns(symbols: Iterable[Symbol]) -> list[list[Symbol]]:
    """Each symbol as far to the left as those before it on its span and its bits leave room."""
    found: list[list[Symbol]] = []
    free: Counter[int] = Counter()  # by qubit, and by -1 - bit, the first column without a symbol
    for one in symbols:
        taken = [*one.span, *(-1 - bit for bit in one.bits)]
        column = max(free[q] for q in taken)
        if column == len(found):
            found.append([])
        found[column].append(one)
        free.update({q: column + 1 - free[q] for q in taken})
    return found


class CircuitStats(NamedTuple):
    """A circuit in numbers.

    Attributes
    ----------
    nqubits : int
        Qubits the circuit is on, whether gates touch them or not.
    gates : int
        How many operations, measurements, resets, channels and all else that is no gate included.  Those in
        the bodies of conditions and loops count once each, beside the condition or loop.
    depth : int
        Operations on the longest chain of which each shares a qubit or a classical bit with the next.  A
        condition or loop is as long as the longest chain in its body, which runs once.
    several_qubits : int
        Operations that touch two qubits or more, controls included; of conditions and loops those inside.
    counts : dict of str to int
        How many of each name, the most frequent first.
    """

    nqubits: int
    gates: int
    depth: int
    several_qubits: int
    counts: dict[str, int]


def symbols_of(circuit: Circuit) -> Iterator[Symbol]:
    """What touches a qubit: a phase of the whole state is not seen.

    A readout stands at the qubits that were measured into its bits last.
    """
    measured: dict[int, int] = {}
    for one in map(symbol, circuit):
        if one.name == "measure":
            measured.update(zip(one.bits, one.targets, strict=True))
        if one.name == "readout":
            seen = {measured[bit]: f"≈→{bit}" for bit in one.bits if bit in measured}
            yield from [one._replace_targets(seen)] if seen else []
        elif one.qubits:
            yield one


def _body_of(entry: tuple[Any, ...]) -> Circuit | None:
    """What a condition or loop runs."""
    return next((item for item in entry if isinstance(item, Circuit)), None)


def _length(entry: tuple[Any, ...]) -> int:
    body = _body_of(entry)
    return 1 if body is None else max(1, _depth(body))


def _depth(circuit: Circuit) -> int:
    """A readout, which is no time but an error of it, takes none."""
    reached: Counter[int] = Counter()  # by qubit, and by -1 - bit
    for entry in circuit:
        one = symbol(entry)
        taken = [*one.qubits, *(-1 - bit for bit in one.bits)]
        if taken and one.name != "readout":
            depth = _length(entry) + max(reached[place] for place in taken)
            reached.update({place: depth - reached[place] for place in taken})
    return max(reached.values(), default=0)


def _all_entries(circuit: Circuit) -> Iterator[tuple[Any, ...]]:
    """Of the circuit and of all bodies in it."""
    for entry in circuit:
        yield entry
        body = _body_of(entry)
        if body is not None:
            yield from _all_entries(body)


def stats(circuit: Circuit) -> CircuitStats:
    """What `Circuit.stats` returns."""
    entries = list(_all_entries(circuit))
    names = Counter(entry[0] for entry in entries)
    several = sum(len(symbol(entry).qubits) > 1 for entry in entries if _body_of(entry) is None)
    return CircuitStats(circuit.nqubits, len(entries), _depth(circuit), several, dict(names.most_common()))
