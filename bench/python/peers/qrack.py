"""Qrack on the CPU, complex64, one call a gate; every qubit's probability is read at the end, on the clock.

With its lazy structure it keeps a circuit and separate qubits as long as it can, and reading probabilities
need never write the state vector out; without, it is one dense engine.
"""

import ctypes
import importlib
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
from measure import Amplitudes
from workloads import Gate

from .base import Peer, Plain, method


class Qrack(Peer):
    """All layers above the engine off."""

    lazy = False
    PLAIN: ClassVar = {"H": "h", "X": "x", "SWAP": "swap", "U": "u"}
    PAULIS: ClassVar = {"RX": "PauliX", "RY": "PauliY", "RZ": "PauliZ"}
    CONTROLLED: ClassVar = {"CNOT": "mcx", "CZ": "mcz"}

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        self.package: Any = importlib.import_module("pyqrack")
        self.core = importlib.import_module("pyqrack.qrack_system").Qrack.qrack_lib
        self.label = f"Qrack, pyqrack-cpu {version('pyqrack-cpu')}, lazy {'on' if self.lazy else 'off'}"
        self.simulator = self._simulator()
        self.simulator.set_concurrency(threads)
        self.calls = [self._call(gate) for gate in self.plain]

    def _simulator(self) -> Any:
        """The Python class makes lazy ones only, but clones any."""
        if self.lazy:
            return self.package.QrackSimulator(self.n, is_gpu=False)
        dense = self.core.init_count_type(self.n, *[False] * 11)
        simulator = self.package.QrackSimulator(clone_sid=dense)
        self.core.destroy(dense)
        return simulator

    def _call(self, gate: Plain) -> tuple[Any, tuple[Any, ...]]:
        q, bits, angles = self.simulator, self.mirrored(gate.qubits), gate.angles
        if gate.controls:
            return q.mcz, (self.mirrored(gate.controls), bits[0])
        if gate.name == "CP":
            return q.mcu, ([bits[0]], bits[1], 0.0, 0.0, angles[0])
        if gate.name == "RZZ":
            return q.phase_parity, (angles[0], bits)
        if gate.name in self.PAULIS:
            return q.r, (getattr(self.package.Pauli, self.PAULIS[gate.name]), angles[0], bits[0])
        if gate.name in self.CONTROLLED:
            return getattr(q, self.CONTROLLED[gate.name]), ([bits[0]], bits[1])
        return method(q, self.PLAIN.get(gate.name, gate.name), gate), (*bits, *angles)

    def reset(self) -> None:
        self.simulator.reset_all()

    def load(self, psi: Amplitudes) -> None:
        self.core.InKet(self.simulator.sid, self._pointer(np.ascontiguousarray(psi, "complex64")))

    def run(self) -> None:
        for apply, arguments in self.calls:
            apply(*arguments)
        for qubit in range(self.n):
            self.simulator.prob(qubit)

    def state(self) -> Amplitudes:
        out: Amplitudes = np.empty(2**self.n, "complex64")
        self.core.OutKet(self.simulator.sid, self._pointer(out))
        return out

    @staticmethod
    def _pointer(psi: Amplitudes) -> Any:
        return psi.ctypes.data_as(ctypes.POINTER(ctypes.c_float))


class QrackLazy(Qrack):
    """As pyqrack makes it: a circuit kept back, and qubits that stay separate while they can."""

    lazy = True
