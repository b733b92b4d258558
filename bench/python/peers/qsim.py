"""qsim, complex64, with gates fused up to four qubits; the circuit is translated from Cirq off the clock."""

import importlib
from importlib.metadata import version
from typing import Any

import numpy as np
from measure import Amplitudes
from workloads import Gate

from .base import Peer, Plain, u3


class Qsim(Peer):
    """A run makes its own state: |0...0>, or a copy of the amplitudes it is given, on the clock."""

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        self.cirq: Any = importlib.import_module("cirq")
        self.package: Any = importlib.import_module("qsimcirq")
        self.label = f"qsimcirq {version('qsimcirq')}, fused by 4"
        self.qubits = self.cirq.LineQubit.range(n)
        operations = [self._operation(gate) for gate in self.plain]
        circuit = self.package.QSimCircuit(self.cirq.Circuit(operations))
        translated, _ = circuit.translate_cirq_to_qsim(self.qubits)
        options = self.package.QSimOptions(max_fused_gate_size=4, cpu_threads=threads).as_dict()
        self.options = options | {"c": translated, "s": 1}
        self.psi: Amplitudes = np.zeros(0, dtype)

    def _operation(self, gate: Plain) -> Any:
        cirq, angles = self.cirq, gate.angles
        on = [self.qubits[q] for q in gate.qubits]
        if gate.controls:
            return cirq.Z(*on).controlled_by(*(self.qubits[q] for q in gate.controls))
        if gate.name == "CP":
            return cirq.CZPowGate(exponent=angles[0] / np.pi)(*on)
        if gate.name == "RZZ":
            return cirq.ZZPowGate(exponent=angles[0] / np.pi, global_shift=-0.5)(*on)
        if gate.name == "U":
            return cirq.MatrixGate(u3(*angles))(*on)
        return getattr(cirq, gate.name.lower())(*angles)(*on) if angles else getattr(cirq, gate.name)(*on)

    def reset(self) -> None:
        pass

    def run(self) -> None:
        self.psi = self.package.qsim.qsim_simulate_fullstate(self.options, 0).view("complex64")

    def state(self) -> Amplitudes:
        return self.psi
