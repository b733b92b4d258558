"""qulacs: a circuit object, run in C++; with and without its light optimizer.

Its rotations turn the other way, so their angles are negated here.
"""

import cmath
import importlib
from importlib.metadata import version
from typing import Any

from measure import Amplitudes
from workloads import Gate

from .base import NotOfferedError, Peer, Plain, method

MOST_CONTROLS = 7  # the light optimizer makes a 2^q by 2^q matrix of a gate on q qubits


class Qulacs(Peer):
    """Gate by gate."""

    optimize = False

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        self.qulacs: Any = importlib.import_module("qulacs")
        self.gate: Any = importlib.import_module("qulacs.gate")
        self.label = f"qulacs {version('qulacs')}" + (", light optimizer" if self.optimize else "")
        self.circuit = self.qulacs.QuantumCircuit(n)
        for gate in self.plain:
            self._add(gate)
        if self.optimize:
            importlib.import_module("qulacs.circuit").QuantumCircuitOptimizer().optimize_light(self.circuit)
        self.psi = self.qulacs.QuantumState(n)

    def _add(self, gate: Plain) -> None:
        circuit, bits, angles = self.circuit, self.mirrored(gate.qubits), gate.angles
        if gate.name == "CP":
            self._add_phase(angles[0], bits[1], bits[:1])
        elif gate.controls:
            self._add_phase(cmath.pi, bits[0], self.mirrored(gate.controls))
        elif gate.name == "RZZ":
            circuit.add_multi_Pauli_rotation_gate(bits, [3, 3], -angles[0])
        elif gate.name == "U":
            circuit.add_U3_gate(bits[0], *angles)
        else:
            method(circuit, f"add_{gate.name}_gate", gate)(*bits, *(-angle for angle in angles))

    def _add_phase(self, angle: float, target: int, controls: list[int]) -> None:
        phase = self.gate.DenseMatrix(target, [[1, 0], [0, cmath.exp(1j * angle)]])
        for control in controls:
            phase.add_control_qubit(control, 1)
        self.circuit.add_gate(phase)

    def reset(self) -> None:
        self.psi.set_zero_state()

    def load(self, psi: Amplitudes) -> None:
        self.psi.load(psi)

    def run(self) -> None:
        self.circuit.update_quantum_state(self.psi)

    def state(self) -> Amplitudes:
        out: Amplitudes = self.psi.get_vector()
        return out


class QulacsLight(Qulacs):
    """What its light optimizer makes of the circuit; optimizing is off the clock."""

    optimize = True

    def _add(self, gate: Plain) -> None:
        if len(gate.controls) > MOST_CONTROLS:
            raise NotOfferedError("merges a multi-controlled Z into a matrix on all its qubits")
        super()._add(gate)
