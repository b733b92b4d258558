"""Qiskit Aer: the state-vector method with fusion, by its own clock, which leaves Qiskit out."""

import importlib
import math
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
from measure import Amplitudes
from workloads import Gate

from .base import Peer, Plain, method


class Aer(Peer):
    """A run always begins at |0...0>: other amplitudes would be a step of the circuit, on its clock."""

    NAMES: ClassVar = {"CNOT": "cx"}

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        aer: Any = importlib.import_module("qiskit_aer")
        self.label = f"qiskit-aer {version('qiskit-aer')}, fusion, own time"
        self.simulator = aer.AerSimulator(
            method="statevector",
            precision="double" if dtype == "complex128" else "single",
            max_parallel_threads=threads,
            fusion_enable=True,
        )
        self.circuit = importlib.import_module("qiskit").QuantumCircuit(n)
        for gate in self.plain:
            self._add(gate)
        self.circuit.save_statevector()
        self.psi: Amplitudes = np.zeros(0, dtype)

    def _add(self, gate: Plain) -> None:
        bits = self.mirrored(gate.qubits)
        if gate.controls:
            self.circuit.mcp(math.pi, self.mirrored(gate.controls), bits[0])
        else:
            name = self.NAMES.get(gate.name, gate.name.lower())
            method(self.circuit, name, gate)(*gate.angles, *bits)

    def reset(self) -> None:
        pass

    def run(self) -> int:
        result = self.simulator.run(self.circuit, shots=1).result()
        self.psi = np.asarray(result.data(0)["statevector"])
        return int(1e9 * result.results[0].time_taken)

    def state(self) -> Amplitudes:
        return self.psi
