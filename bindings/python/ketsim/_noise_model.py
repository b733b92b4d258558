"""Where channels go in a circuit: `NoiseModel` of ``ketsim.noise``."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from ._ketsim import Channel, Circuit, InvalidArgument

_NO_GATES = frozenset({"measure", "reset", "channel", "if_", "repeat_until"})
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
    extras = entry[-1] if isinstance(entry[-1], dict) else {}
    return (*(item for item in entry[1:] if isinstance(item, int)), *extras.get("controls", {}))


class NoiseModel:
    """Channels after gates.

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
        for entry in circuit:
            touched = range(circuit.nqubits) if entry[0] in _BODY else _touched(entry)
            layer = max((busy[q] for q in touched), default=0)
            for q in touched:
                self._wait(noisy, q, layer - busy[q])
                busy[q] = layer + 1
            self._put(noisy, entry)
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
        model._rules = self._rules
        return model

    def __repr__(self) -> str:
        """How many rules."""
        count = len(self._rules) + len(self._idle)
        return f"<NoiseModel: {count} rule{'' if count == 1 else 's'}>"

    def __eq__(self, other: object) -> bool:
        """The same rules in the same order."""
        if not isinstance(other, NoiseModel):
            return NotImplemented
        return (self._rules, self._idle) == (other._rules, other._idle)

    def __hash__(self) -> int:
        """By its rules."""
        return hash((self._rules, self._idle))
