"""PennyLane Lightning: the C++ state vector behind lightning.qubit, one call a gate, without PennyLane."""

import importlib
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
from measure import Amplitudes
from workloads import Gate

from .base import Peer, Plain, method


class Lightning(Peer):
    """There is no call for a whole circuit."""

    NAMES: ClassVar = {"H": "Hadamard", "X": "PauliX", "CP": "ControlledPhaseShift", "RZZ": "IsingZZ"}

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        ops: Any = importlib.import_module("pennylane_lightning.lightning_qubit_ops")
        self.label = f"Lightning {version('pennylane-lightning')}"
        self.psi = (ops.StateVectorC128 if dtype == "complex128" else ops.StateVectorC64)(n)
        self.calls = [self._call(gate) for gate in self.plain]

    def _call(self, gate: Plain) -> tuple[Any, tuple[Any, ...]]:
        wires, angles = list(gate.qubits), list(gate.angles)
        if gate.controls:
            return self.psi.PauliZ, (list(gate.controls), [True] * len(gate.controls), wires)
        if gate.name == "U":  # up to a global phase
            return self.psi.Rot, (wires, False, [angles[2], angles[0], angles[1]])
        return method(self.psi, self.NAMES.get(gate.name, gate.name), gate), (wires, False, angles)

    def reset(self) -> None:
        self.psi.resetStateVector()

    def load(self, psi: Amplitudes) -> None:
        self.psi.setStateVector(psi, list(range(self.n)))

    def run(self) -> None:
        for apply, arguments in self.calls:
            apply(*arguments)

    def state(self) -> Amplitudes:
        out: Amplitudes = np.empty(2**self.n, self.dtype)
        self.psi.getState(out)
        return out
