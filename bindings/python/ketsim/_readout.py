"""Readout that errs: `ReadoutError` of ``ketsim.noise``."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._density import DensityMatrix
from ._ketsim import InvalidArgument, Ket, _readout_outcomes, _readout_probabilities

_Table: TypeAlias = Sequence[Sequence[float]] | NDArray[np.float64]
_SEEDS = 2**64
_READOUT_SEED = 0x9E3779B97F4A7C15  # so that outcomes and their errors draw different numbers from one seed


def _flat(table: _Table, qubit: int | None = None) -> tuple[float, ...]:
    """Its four numbers; that they are probabilities is checked where they are used."""
    rows = np.asarray(table, dtype=float)
    if rows.shape != (2, 2):
        where = "" if qubit is None else f" of qubit {qubit}"
        raise InvalidArgument(f"confusion{where} of shape {rows.shape}: must be (2, 2)")
    return tuple(rows.ravel().tolist())


class ReadoutError:
    """What a detector makes of outcomes, each qubit by itself.

    Parameters
    ----------
    confusion : array_like of shape (2, 2), or mapping of int to such
        Entry (a, b) is the probability to read b where the qubit is a: rows add up to 1.  One table for
        all qubits, or tables of some; the others are read as they are.

    Raises
    ------
    InvalidArgument
        A table is of another shape, an entry is not 0..1, or a row does not add up to 1.

    Examples
    --------
    >>> from ketsim import ket, noise
    >>> readout = noise.ReadoutError([[0.9, 0.1], [0.25, 0.75]])
    >>> readout.probabilities(ket('0').X(0)).tolist()
    [0.25, 0.75]
    """

    def __init__(self, confusion: _Table | Mapping[int, _Table]) -> None:
        self._all: tuple[float, ...] = (1.0, 0.0, 0.0, 1.0)
        self._of: dict[int, tuple[float, ...]] = {}
        if isinstance(confusion, Mapping):
            self._of = {qubit: _flat(table, qubit) for qubit, table in confusion.items()}
        else:
            self._all = _flat(confusion)
        for table in (self._all, *self._of.values()):
            _readout_probabilities(np.zeros(2), table)

    def confusion(self, qubit: int) -> NDArray[np.float64]:
        """Table of a qubit.

        Returns
        -------
        ndarray of float64, shape (2, 2)

        Examples
        --------
        >>> from ketsim import noise
        >>> noise.ReadoutError({0: [[0.9, 0.1], [0.0, 1.0]]}).confusion(1).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        return np.array(self._of.get(qubit, self._all)).reshape(2, 2)

    def _tables(self, qubits: Iterable[int]) -> tuple[float, ...]:
        return tuple(entry for qubit in qubits for entry in self._of.get(qubit, self._all))

    def apply(
        self, outcomes: ArrayLike, qubits: Iterable[int], *, seed: int | None = None
    ) -> NDArray[np.uint64]:
        """What is read for outcomes of some qubits.

        Parameters
        ----------
        outcomes : array_like of int
            As `Ket.sample` returns them.
        qubits : iterable of int
            Those that were sampled, the first being the most significant bit.
        seed : int, optional
            Outcome number k depends on it and k alone; by default it is the operating system's.

        Returns
        -------
        ndarray of uint64

        Examples
        --------
        >>> from ketsim import noise
        >>> noise.ReadoutError([[0, 1], [1, 0]]).apply([0b00, 0b01], qubits=[0, 1]).tolist()
        [3, 2]
        """
        made = np.array(outcomes, dtype=np.uint64, ndmin=1)
        _readout_outcomes(made, self._tables(qubits), seed)
        return made

    def sample(
        self,
        q: Ket | DensityMatrix,
        shots: int,
        *,
        qubits: Iterable[int] | None = None,
        seed: int | None = None,
    ) -> NDArray[np.uint64]:
        """`Ket.sample`, read by this detector.

        Returns
        -------
        ndarray of uint64, shape (shots,)

        Examples
        --------
        >>> from ketsim import ket, noise
        >>> readout = noise.ReadoutError([[0.5, 0.5], [0.0, 1.0]])
        >>> 400 < sum(readout.sample(ket('0'), 1000, seed=1).tolist()) < 600
        True
        """
        chosen = list(range(q.nqubits)) if qubits is None else list(qubits)
        outcomes = q.sample(shots, qubits=chosen, seed=seed)
        return self.apply(outcomes, chosen, seed=None if seed is None else (seed ^ _READOUT_SEED) % _SEEDS)

    def counts(
        self,
        q: Ket | DensityMatrix,
        shots: int,
        *,
        qubits: Iterable[int] | None = None,
        seed: int | None = None,
    ) -> dict[str, int]:
        """`Ket.counts`, read by this detector: how often each label occurs, the most frequent first.

        Examples
        --------
        >>> from ketsim import ket, noise
        >>> noise.ReadoutError({1: [[0, 1], [1, 0]]}).counts(ket('00'), 10)
        {'01': 10}
        """
        chosen = list(range(q.nqubits)) if qubits is None else list(qubits)
        found = Counter(self.sample(q, shots, qubits=chosen, seed=seed).tolist())
        ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return {format(outcome, f"0{len(chosen)}b"): count for outcome, count in ordered}

    def probabilities(
        self, q: Ket | DensityMatrix, qubits: Iterable[int] | None = None
    ) -> NDArray[np.float64]:
        """`Ket.probabilities` of what is read.

        Returns
        -------
        ndarray of float64, shape (2^k,) for k qubits

        Examples
        --------
        >>> from ketsim import ket, noise
        >>> noise.ReadoutError([[0.75, 0.25], [0, 1]]).probabilities(ket('00')).tolist()
        [0.5625, 0.1875, 0.1875, 0.0625]
        """
        chosen = list(range(q.nqubits)) if qubits is None else list(qubits)
        made = np.array(q.probabilities(chosen))
        _readout_probabilities(made, self._tables(chosen))
        return made

    def __repr__(self) -> str:
        """Text that makes it."""
        tables = {qubit: self.confusion(qubit).tolist() for qubit in self._of}
        return f"ReadoutError({tables or np.array(self._all).reshape(2, 2).tolist()})"

    def __eq__(self, other: object) -> bool:
        """The same tables."""
        if not isinstance(other, ReadoutError):
            return NotImplemented
        return (self._all, self._of) == (other._all, other._of)

    def __hash__(self) -> int:
        """By its tables."""
        return hash((self._all, frozenset(self._of.items())))
