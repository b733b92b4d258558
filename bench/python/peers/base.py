"""What a simulator must offer to be measured, and what the translations share.

Qubit 0 is the most significant bit of an index; a simulator that counts the other way round gets mirrored
qubits, so that no amplitude has to move when states are compared.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from measure import Amplitudes
from workloads import Gate


class NotOfferedError(Exception):
    """The simulator lacks a gate, or a way to do what was asked."""


@dataclass(frozen=True)
class Plain:
    """A gate of a workload, taken apart."""

    name: str
    angles: tuple[float, ...]
    qubits: tuple[int, ...]
    controls: tuple[int, ...]  # further ones, which act on 1


def plain(gate: Gate) -> Plain:
    """``("CP", 0.3, 0, 1)``, or ``("Z", 2, {"controls": {0: 1, 1: 1}})``."""
    name, *rest = gate
    angles = tuple(x for x in rest if isinstance(x, float))
    qubits = tuple(x for x in rest if isinstance(x, int))
    controls = tuple(q for x in rest if isinstance(x, dict) for q in x["controls"])
    return Plain(str(name), angles, qubits, controls)


class Peer(ABC):
    """A simulator that was given a circuit."""

    label = ""

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        self.n, self.threads, self.dtype, self.gates = n, threads, dtype, gates

    @property
    def plain(self) -> list[Plain]:
        return [plain(gate) for gate in self.gates]

    def mirrored(self, qubits: tuple[int, ...]) -> list[int]:
        """For a simulator whose qubit k is bit k of the index."""
        return [self.n - 1 - q for q in qubits]

    @abstractmethod
    def reset(self) -> None:
        """On the clock: to |0...0>."""

    @abstractmethod
    def run(self) -> int | None:
        """On the clock: the circuit, on the state as it is.  Returns ns where the simulator times itself."""

    @abstractmethod
    def state(self) -> Amplitudes:
        """The state after the last run."""

    def expected_ns(self, start: str) -> float | None:
        """What a run should take on one thread, of a simulator that has an opinion."""
        return None

    def load(self, psi: Amplitudes) -> None:
        """Off the clock: these amplitudes."""
        raise NotOfferedError("loads no amplitudes off the clock")


def u3(theta: float, phi: float, lam: float) -> Amplitudes:
    """The matrix of U."""
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    return np.array([[c, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]])


def method(owner: Any, name: str, gate: Plain) -> Any:
    """The method of owner called name, or the message that there is none."""
    found = getattr(owner, name, None)
    if found is None:
        raise NotOfferedError(f"has no gate {gate.name}")
    return found
