"""ketpy: a circuit object, run in C++ on its own threads; it has no gate under more than two controls."""

import importlib
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
from measure import Amplitudes
from workloads import Gate

from .base import NotOfferedError, Peer, Plain, method


class Ketpy(Peer):
    """A run makes a new state, always from |0...0>."""

    NAMES: ClassVar = {"CNOT": "cx"}

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        self.package: Any = importlib.import_module("ketpy")
        self.label = f"ketpy {version('ketpy')}"
        self.package.set_num_threads(threads)
        self.circuit = self.package.Circuit(n)
        for gate in self.plain:
            self._add(gate)
        self.psi: Any = None

    def _add(self, gate: Plain) -> None:
        circuit, bits, angles = self.circuit, self.mirrored(gate.qubits), gate.angles
        if gate.controls:
            raise NotOfferedError("has no multi-controlled Z")
        if gate.name == "RZZ":
            circuit.cx(*bits)
            circuit.rz(bits[1], angles[0])
            circuit.cx(*bits)
        else:
            method(circuit, self.NAMES.get(gate.name, gate.name.lower()), gate)(*bits, *angles)

    def reset(self) -> None:
        pass

    def run(self) -> None:
        self.psi = self.package.run(self.circuit)

    def state(self) -> Amplitudes:
        return np.fromiter(self.psi, complex, 2**self.n)
