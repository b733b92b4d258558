"""The simulators of the circuits bench, one module each; none is imported before a row of it runs."""

import importlib
from dataclasses import dataclass
from typing import Any

DOUBLE, SINGLE, BOTH = ("complex128",), ("complex64",), ("complex128", "complex64")


@dataclass(frozen=True)
class Entry:
    """Where a simulator is, and what is measured of it."""

    module: str  # in this package
    kind: str
    package: str  # as pip knows it; "" for a library that is looked for by its own module
    dtypes: tuple[str, ...]
    loads: bool = True  # takes amplitudes off the clock
    has_state: bool = True  # at the end the caller has a state vector
    most_qubits: int = 40  # where a variant stops being worth a row

    @property
    def ours(self) -> bool:
        return self.package == "ketsim"

    def load(self) -> Any:
        return getattr(importlib.import_module(f"peers.{self.module}"), self.kind)


PEERS = {
    "ketsim": Entry("ours", "Ketsim", "ketsim", BOTH),
    "ketsim-planned": Entry("ours", "KetsimPlanned", "ketsim", BOTH, most_qubits=22),
    "qulacs": Entry("qulacs", "Qulacs", "qulacs", DOUBLE),
    "qulacs-light": Entry("qulacs", "QulacsLight", "qulacs", DOUBLE),
    "scaluq": Entry("scaluq", "Scaluq", "scaluq", DOUBLE),
    "scaluq-optimized": Entry("scaluq", "ScaluqOptimized", "scaluq", DOUBLE, most_qubits=12),
    "aer": Entry("aer", "Aer", "qiskit-aer", DOUBLE, loads=False),
    "lightning": Entry("lightning", "Lightning", "pennylane-lightning", DOUBLE),
    "ketpy": Entry("ketpy", "Ketpy", "ketpy", DOUBLE, loads=False),
    "quest": Entry("quest", "Quest", "", DOUBLE),
    "qsim": Entry("qsim", "Qsim", "qsimcirq", SINGLE, loads=False),
    "qrack": Entry("qrack", "Qrack", "pyqrack-cpu", SINGLE),
    "qrack-lazy": Entry("qrack", "QrackLazy", "pyqrack-cpu", SINGLE, has_state=False),
}
