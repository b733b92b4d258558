"""QuEST 4, from an installed library, through its C API by ctypes: one call a gate.

Its qubit k is bit k of the index. What a call of ctypes costs, about a microsecond, is in the time.
"""

import contextlib
import ctypes
import ctypes.util
from typing import Any, ClassVar

import numpy as np
from measure import Amplitudes
from workloads import Gate

from .base import Peer, Plain, method, u3

LIBRARY = ctypes.util.find_library("QuEST")


class Qureg(ctypes.Structure):
    """What quest/include/qureg.h declares; passed by value."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("is_multithreaded", "is_gpu", "is_distributed")),
        *((name, ctypes.c_int) for name in ("rank", "nodes", "log_nodes", "is_density", "qubits")),
        *((name, ctypes.c_longlong) for name in ("amps", "log_amps", "node_amps", "log_node", "columns")),
        *((name, ctypes.c_void_p) for name in ("cpu", "gpu", "cpu_buffer", "gpu_buffer")),
    )


class CompMatr1(ctypes.Structure):
    """Of quest/include/matrices.h: a matrix on one qubit."""

    _fields_ = (("qubits", ctypes.c_int), ("rows", ctypes.c_longlong), ("elements", ctypes.c_double * 8))


class Quest(Peer):
    """On the CPU, in the precision the library was built for, which must be double."""

    NAMES: ClassVar = {
        "H": "Hadamard",
        "X": "PauliX",
        "CNOT": "ControlledPauliX",
        "CZ": "TwoQubitPhaseFlip",
        "CP": "TwoQubitPhaseShift",
        "SWAP": "Swap",
        "RX": "RotateX",
        "RY": "RotateY",
        "RZ": "RotateZ",
    }

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        self.quest = ctypes.CDLL(str(LIBRARY))
        self.label = f"QuEST, {LIBRARY}"
        if not self.quest.isQuESTEnvInit():
            self.quest.initCustomQuESTEnv(0, 0, int(threads > 1))
        self.quest.createCustomQureg.restype = Qureg
        self.psi = self.quest.createCustomQureg(n, 0, 0, 0, int(threads > 1))
        self.calls = [self._call(gate) for gate in self.plain]

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):
            self.quest.destroyQureg(self.psi)

    def _call(self, gate: Plain) -> tuple[Any, tuple[Any, ...]]:
        library, bits = self.quest, self.mirrored(gate.qubits)
        many = (ctypes.c_int * (len(bits) + len(gate.controls)))(*bits, *self.mirrored(gate.controls))
        angles = [ctypes.c_double(angle) for angle in gate.angles]
        if gate.controls:
            return library.applyMultiQubitPhaseFlip, (self.psi, many, len(many))
        if gate.name == "RZZ":
            return library.applyPhaseGadget, (self.psi, many, 2, *angles)
        if gate.name == "U":
            matrix = CompMatr1(1, 2, (ctypes.c_double * 8)(*u3(*gate.angles).view(float).flat))
            return library.applyCompMatr1, (self.psi, *bits, matrix)
        return method(library, f"apply{self.NAMES.get(gate.name)}", gate), (self.psi, *bits, *angles)

    def reset(self) -> None:
        self.quest.initZeroState(self.psi)

    def load(self, psi: Amplitudes) -> None:
        self.quest.setQuregAmps(self.psi, ctypes.c_longlong(0), psi.ctypes, ctypes.c_longlong(psi.size))

    def run(self) -> None:
        for apply, arguments in self.calls:
            apply(*arguments)

    def state(self) -> Amplitudes:
        out = np.empty(2**self.n, complex)
        self.quest.getQuregAmps(out.ctypes, self.psi, ctypes.c_longlong(0), ctypes.c_longlong(out.size))
        return out
