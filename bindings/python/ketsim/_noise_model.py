"""Where channels go in a circuit: `NoiseModel` of ``ketsim.noise``."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from ._ketsim import Channel, Circuit, InvalidArgument
from ._readout import ReadoutError

_NO_GATES = frozenset({"measure", "reset", "channel", "if_", "repeat_until", "readout"})
_BODY = {"if_": 2, "repeat_until": 1}  # where the tuple of such an operation has its circuit


class _Rule(NamedTuple):
    channel: Channel
    gates: frozenset[str] | None
    qubits: frozenset[int] | None

    def places(self, name: str, touched: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Qubits that the channel acts on after a gate, in order."""
        fits = name not in _NO_GATES if self.gates is None else name in self.gates
        if not fits:
            return []
        if self.channel.nqubits == 1:
            return [(q,) for q in touched if self.qubits is None or q in self.qubits]
        fits = len(touched) == self.channel.nqubits and (
            self.qubits is None or self.qubits.issuperset(touched)
        )
        return [touched] if fits else []


def _gate_name(name: str) -> str:
    """The name that circuits have for it; aliases are the same method."""
    method = getattr(Circuit, name, None)
    if method is None:
        raise InvalidArgument(f"gate {name!r}: unknown")
    return str(getattr(method, "__name__", name))


def _touched(entry: tuple[Any, ...]) -> tuple[int, ...]:
    """Qubits of a tuple of a circuit: controls and targets, further controls last."""
    if entry[0] == "readout":
        return ()  # its numbers are bits
    extras = entry[-1] if isinstance(entry[-1], dict) else {}
    return (*(item for item in entry[1:] if isinstance(item, int)), *extras.get("controls", {}))


class _Unread:
    """What was measured and not read yet: so that measurements that follow each other stay together."""

    def __init__(self, readout: ReadoutError | None) -> None:
        self._readout = readout
        self._qubits: dict[int, int] = {}  # by the bit that each was measured into

    def add(self, noisy: Circuit, entry: tuple[Any, ...]) -> None:
        """Take note of what an operation of the circuit measures; read all before what may depend on it."""
        bits = entry[-1]["bits"] if entry[0] == "measure" else ()
        if not bits or not self._qubits.keys().isdisjoint(bits):
            self.read(noisy)
        if self._readout is not None:
            self._qubits.update(zip(bits, entry[1:-1], strict=True) if bits else ())

    def read(self, noisy: Circuit) -> None:
        """Append a readout for each table of the detector that errs."""
        tables: dict[tuple[tuple[float, ...], ...], list[int]] = {}
        for bit, qubit in self._qubits.items():
            table = self._readout.confusion(qubit).tolist() if self._readout else []
            tables.setdefault(tuple(map(tuple, table)), []).append(bit)
        for confusion, bits in tables.items():
            if confusion != ((1.0, 0.0), (0.0, 1.0)):
                noisy.readout(confusion, *bits)
        self._qubits.clear()


class NoiseModel:
    """Channels after gates, and readout that errs after measurements.

    Rules are kept in the order in which they were added, and so is what they put behind one gate.

    Examples
    --------
    >>> from ketsim import Circuit, noise
    >>> model = noise.NoiseModel().add(noise.bit_flip(0.01), gates='H')
    >>> model = model.add(noise.depolarizing(0.02, nqubits=2), gates='CNOT')
    >>> noisy = model.apply(Circuit(2).H(0).CNOT(0, 1))
    >>> [entry[0] for entry in noisy]
    ['H', 'channel', 'CNOT', 'channel']
    """

    def __init__(self) -> None:
        self._rules: tuple[_Rule, ...] = ()
        self._idle: tuple[_Rule, ...] = ()
        self._readout: ReadoutError | None = None

    def add(
        self,
        channel: Channel,
        *,
        gates: str | Iterable[str] | None = None,
        qubits: Iterable[int] | None = None,
    ) -> Self:
        """Put a channel behind gates.

        Parameters
        ----------
        channel : Channel
            On one qubit: it acts on each qubit of the gate, controls included.  On more: on gates with as
            many qubits, in the order of the gate's.
        gates : str or iterable of str, optional
            Names; every gate if left out, which measurements and resets are not.
        qubits : iterable of int, optional
            On these only; a channel on several needs all of the gate's qubits to be among them.

        Returns
        -------
        NoiseModel
            The same object.

        Raises
        ------
        InvalidArgument, TypeError
            There is no gate of a name, or `channel` is none.

        Examples
        --------
        >>> from ketsim import noise
        >>> noise.NoiseModel().add(noise.bit_flip(0.01), gates='X', qubits=[0])
        <NoiseModel: 1 rule>
        """
        names = [gates] if isinstance(gates, str) else gates
        chosen = None if names is None else frozenset(map(_gate_name, names))
        self._rules += (self._rule(channel, chosen, qubits),)
        return self

    def add_idle(self, channel: Channel, *, qubits: Iterable[int] | None = None) -> Self:
        """Put a channel on one qubit wherever a qubit has nothing to do for a layer.

        Layers are those of `CircuitStats.depth`: each operation stands in the first in which its qubits are
        free; a condition or loop takes all qubits.

        Returns
        -------
        NoiseModel
            The same object.

        Raises
        ------
        InvalidArgument
            The channel is on several qubits.

        Examples
        --------
        >>> from ketsim import Circuit, noise
        >>> model = noise.NoiseModel().add_idle(noise.phase_damping(0.01))
        >>> [entry[0] for entry in model.apply(Circuit(2).H(0).H(0).X(1))]
        ['H', 'H', 'X', 'channel']
        """
        rule = self._rule(channel, None, qubits)
        if channel.nqubits != 1:
            raise InvalidArgument(f"channel on {channel.nqubits} qubits: on idle ones it must be on 1")
        self._idle += (rule,)
        return self

    def add_readout(self, readout: ReadoutError) -> Self:
        """Put a detector that errs behind each measurement: what depends on its bits sees what was read.

        Parameters
        ----------
        readout : ReadoutError
            In the place of one that was added before.

        Returns
        -------
        NoiseModel
            The same object.

        Raises
        ------
        TypeError
            It is none.

        Examples
        --------
        >>> from ketsim import Circuit, noise, run_shots
        >>> model = noise.NoiseModel().add_readout(noise.ReadoutError([[0.75, 0.25], [0, 1]]))
        >>> counts = run_shots(model.apply(Circuit(2, bits=2).measure()), 1000, seed=1)
        >>> 450 < counts['00'] < 650
        True
        """
        if not isinstance(readout, ReadoutError):
            raise TypeError(f"readout: must be a ReadoutError, not {type(readout).__name__}")
        self._readout = readout
        return self

    @staticmethod
    def _rule(channel: Channel, gates: frozenset[str] | None, qubits: Iterable[int] | None) -> _Rule:
        if not isinstance(channel, Channel):
            raise TypeError(f"channel: must be a Channel, not {type(channel).__name__}")
        return _Rule(channel, gates, None if qubits is None else frozenset(qubits))

    def apply(self, circuit: Circuit) -> Circuit:
        """The circuit with this noise in it; bodies of conditions and loops get what follows their gates.

        Parameters
        ----------
        circuit : Circuit
            Stays as it is.

        Returns
        -------
        Circuit

        Examples
        --------
        >>> from ketsim import Circuit, noise
        >>> len(noise.NoiseModel().add(noise.bit_flip(0.1)).apply(Circuit(2).H(0, 1)))
        4
        """
        noisy = Circuit(circuit.nqubits, bits=circuit.nbits)
        busy = [0] * circuit.nqubits  # layers that a qubit has behind it
        unread = _Unread(self._readout)
        for entry in circuit:
            unread.add(noisy, entry)
            touched = range(circuit.nqubits) if entry[0] in _BODY else _touched(entry)
            layer = max((busy[q] for q in touched), default=0)
            for q in touched:
                self._wait(noisy, q, layer - busy[q])
                busy[q] = layer + 1
            self._put(noisy, entry)
        unread.read(noisy)
        for q, layers in enumerate(busy):
            self._wait(noisy, q, max(busy) - layers)
        return noisy

    def _wait(self, noisy: Circuit, qubit: int, layers: int) -> None:
        for rule in self._idle:
            if rule.qubits is None or qubit in rule.qubits:
                for _ in range(layers):
                    noisy.channel(rule.channel, qubit)

    def _put(self, noisy: Circuit, entry: tuple[Any, ...]) -> None:
        """An operation, and the channels behind it."""
        name, *rest = entry
        if name in _BODY:
            rest[_BODY[name] - 1] = self._after_gates().apply(entry[_BODY[name]])
        noisy.apply_gates([(name, *rest)])
        for rule in self._rules:
            for qubits in rule.places(name, () if name in _BODY else _touched(entry)):
                noisy.channel(rule.channel, *qubits)

    def _after_gates(self) -> "NoiseModel":
        """Without the rules for idle qubits: how long a body takes is not known."""
        model = NoiseModel()
        model._rules, model._readout = self._rules, self._readout
        return model

    def __repr__(self) -> str:
        """How many rules."""
        count = len(self._rules) + len(self._idle) + (self._readout is not None)
        return f"<NoiseModel: {count} rule{'' if count == 1 else 's'}>"

    def __eq__(self, other: object) -> bool:
        """The same rules in the same order."""
        if not isinstance(other, NoiseModel):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        """By its rules."""
        return hash(self._parts())

    def _parts(self) -> tuple[object, ...]:
        return self._rules, self._idle, self._readout
