"""scaluq in double precision: a circuit object, run in C++ on all threads; with and without its optimizer."""

import importlib
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
from measure import Amplitudes
from workloads import Gate

from .base import Peer, Plain, method


class Scaluq(Peer):
    """Gate by gate."""

    optimize = False
    NAMES: ClassVar = {"CNOT": "CX", "SWAP": "Swap", "U": "U3"}

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        self.space: Any = importlib.import_module("scaluq").default.f64
        self.label = f"scaluq {version('scaluq')}" + (", optimized" if self.optimize else "")
        self.circuit = self.space.Circuit()
        for gate in self.plain:
            self.circuit.add_gate(self._gate(gate))
        if self.optimize:
            self.circuit.optimize()
        self.psi = self.space.StateVector(n)

    def _gate(self, gate: Plain) -> Any:
        make, bits = self.space.gate, self.mirrored(gate.qubits)
        if gate.controls:
            return make.Z(bits[0], self.mirrored(gate.controls))
        if gate.name == "CP":
            return make.U1(bits[1], gate.angles[0], [bits[0]])
        if gate.name == "RZZ":
            return make.PauliRotation(self.space.PauliOperator(bits, [3, 3]), gate.angles[0])
        return method(make, self.NAMES.get(gate.name, gate.name), gate)(*bits, *gate.angles)

    def reset(self) -> None:
        self.psi.set_zero_state()

    def load(self, psi: Amplitudes) -> None:
        self.psi.load(psi)

    def run(self) -> None:
        self.circuit.update_quantum_state(self.psi)

    def state(self) -> Amplitudes:
        return np.fromiter(self.psi.get_amplitudes(), complex, 2**self.n)


class ScaluqOptimized(Scaluq):
    """What its optimizer makes of the circuit, in blocks of 3 qubits at most; optimizing is off the clock.

    That pays on small states only, where a call costs more than the arithmetic of dense matrices."""

    optimize = True
