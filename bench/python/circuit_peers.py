"""One simulator on one workload, in a process of its own: times, and how far its state is from a reference.

    python circuit_peers.py qulacs brick 20 --threads 2 --dtype complex128 --samples 5 [--reference psi.npy]

Prints one line of JSON. Every peer runs in its best configuration: qulacs with and without its light
optimizer, Aer with fusion, by its own clock, qsim with fused gates of four qubits, Lightning's C++ state
vector. Translating the circuit is off the clock where the peer allows it; for qsim it does not. ketsim's
time is ``apply_gates`` with the list of tuples: parsing, planning, everything.
"""

import argparse
import cmath
import importlib
import json
import time
from abc import ABC, abstractmethod
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from measure import Amplitudes, arbitrary
from workloads import WORKLOADS, Gate, workload


class Peer(ABC):
    """A simulator with a circuit; qubit 0 is the most significant bit of what `state` returns."""

    label = ""

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        self.n, self.threads, self.dtype, self.gates = n, threads, dtype, gates

    @abstractmethod
    def run(self) -> int | None:
        """From |0...0> to the final state; returns ns where the peer times itself."""

    @abstractmethod
    def state(self) -> Amplitudes:
        """The state after the last run."""


class Ketsim(Peer):
    """This library, from |0...0> or from random amplitudes."""

    start = "zero"

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        self.ket = importlib.import_module("ketsim").ket
        self.label = f"ketsim {version('ketsim')}"
        self.psi = arbitrary(n, dtype) if self.start == "arbitrary" else None
        self.q: Any = None

    def run(self) -> int:
        if self.psi is None:
            self.q = self.ket(self.n, dtype=self.dtype, threads=self.threads)
        else:
            self.q = self.ket.from_amplitudes(self.psi, normalize=True).run(threads=self.threads)
        begin = time.perf_counter_ns()
        self.q.apply_gates(self.gates).run(threads=self.threads)
        return time.perf_counter_ns() - begin

    def state(self) -> Amplitudes:
        out: Amplitudes = self.q.amplitudes()
        return out


class KetsimArbitrary(Ketsim):
    start = "arbitrary"


class Qulacs(Peer):
    """Its qubit k is bit k, and its rotations turn the other way: mirrored and negated here."""

    optimize = False

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        self.qulacs: Any = importlib.import_module("qulacs")
        self.gate: Any = importlib.import_module("qulacs.gate")
        self.label = f"qulacs {version('qulacs')}" + (", light optimizer" if self.optimize else "")
        self.circuit = self.qulacs.QuantumCircuit(n)
        for name, *arguments in gates:
            self._add(str(name), arguments)
        if self.optimize:
            importlib.import_module("qulacs.circuit").QuantumCircuitOptimizer().optimize_light(self.circuit)
        self.psi = self.qulacs.QuantumState(n)

    def _add(self, name: str, arguments: list[Any]) -> None:
        c, bits = self.circuit, [self.n - 1 - q for q in arguments if isinstance(q, int)]
        angles = [x for x in arguments if isinstance(x, float)]
        if name in ("H", "CNOT", "CZ", "SWAP"):
            getattr(c, f"add_{name}_gate")(*bits)
        elif name in ("RX", "RY", "RZ"):
            getattr(c, f"add_{name}_gate")(bits[0], -angles[0])
        elif name == "U":
            c.add_U3_gate(bits[0], *angles)
        elif name == "RZZ":
            c.add_multi_Pauli_rotation_gate(bits, [3, 3], -angles[0])
        else:  # CP
            phase = self.gate.DenseMatrix(bits[1], [[1, 0], [0, cmath.exp(1j * angles[0])]])
            phase.add_control_qubit(bits[0], 1)
            c.add_gate(phase)

    def run(self) -> None:
        self.psi.set_zero_state()
        self.circuit.update_quantum_state(self.psi)

    def state(self) -> Amplitudes:
        out: Amplitudes = self.psi.get_vector()
        return out


class QulacsLight(Qulacs):
    optimize = True


class Aer(Peer):
    """The state-vector method with fusion, by its own clock. Its qubit k is bit k: mirrored here."""

    NAMES: ClassVar = {"CNOT": "cx", "U": "u"}

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        aer: Any = importlib.import_module("qiskit_aer")
        self.label = f"qiskit-aer {version('qiskit-aer')}, fusion, own time"
        precision = "double" if dtype == "complex128" else "single"
        self.simulator = aer.AerSimulator(
            method="statevector", precision=precision, max_parallel_threads=threads, fusion_enable=True
        )
        self.circuit = importlib.import_module("qiskit").QuantumCircuit(n)
        for name, *arguments in gates:
            bits = [n - 1 - q for q in arguments if isinstance(q, int)]
            method = getattr(self.circuit, self.NAMES.get(str(name), str(name).lower()))
            method(*[x for x in arguments if isinstance(x, float)], *bits)
        self.circuit.save_statevector()
        self.psi: Amplitudes = np.zeros(0)

    def run(self) -> int:
        result = self.simulator.run(self.circuit, shots=1).result()
        self.psi = np.asarray(result.data(0)["statevector"])
        return int(1e9 * result.results[0].time_taken)

    def state(self) -> Amplitudes:
        return self.psi


class Qsim(Peer):
    """Through Cirq, complex64; translating the circuit is in the time."""

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        self.cirq: Any = importlib.import_module("cirq")
        qsim: Any = importlib.import_module("qsimcirq")
        self.label = f"qsimcirq {version('qsimcirq')}, fused by 4"
        options = qsim.QSimOptions(max_fused_gate_size=4, cpu_threads=threads)
        self.simulator = qsim.QSimSimulator(qsim_options=options)
        self.qubits = self.cirq.LineQubit.range(n)
        self.circuit = self.cirq.Circuit(self._operation(str(name), arguments) for name, *arguments in gates)
        self.psi: Amplitudes = np.zeros(0)

    def _operation(self, name: str, arguments: list[Any]) -> Any:
        cirq, x = self.cirq, [a for a in arguments if isinstance(a, float)]
        on = [self.qubits[q] for q in arguments if isinstance(q, int)]
        if name in ("H", "CNOT", "CZ", "SWAP"):
            return getattr(cirq, name)(*on)
        if name in ("RX", "RY", "RZ"):
            return getattr(cirq, name.lower())(x[0])(*on)
        if name == "CP":
            return cirq.CZPowGate(exponent=x[0] / np.pi)(*on)
        if name == "RZZ":
            return cirq.ZZPowGate(exponent=x[0] / np.pi, global_shift=-0.5)(*on)
        return cirq.MatrixGate(u3(*x))(*on)

    def run(self) -> None:
        self.psi = self.simulator.simulate(self.circuit, qubit_order=self.qubits).final_state_vector

    def state(self) -> Amplitudes:
        return self.psi


class Lightning(Peer):
    """The C++ state vector behind lightning.qubit, one call a gate."""

    NAMES: ClassVar = {"H": "Hadamard", "CP": "ControlledPhaseShift", "RZZ": "IsingZZ"}

    def __init__(self, n: int, threads: int, dtype: str, gates: list[Gate]) -> None:
        super().__init__(n, threads, dtype, gates)
        ops: Any = importlib.import_module("pennylane_lightning.lightning_qubit_ops")
        self.label = f"Lightning {version('pennylane-lightning')}"
        self.psi = (ops.StateVectorC128 if dtype == "complex128" else ops.StateVectorC64)(n)
        self.calls = [self._call(str(name), arguments) for name, *arguments in gates]

    def _call(self, name: str, arguments: list[Any]) -> tuple[Any, list[int], list[float]]:
        angles = [x for x in arguments if isinstance(x, float)]
        wires = [q for q in arguments if isinstance(q, int)]
        if name == "U":  # up to a global phase
            return self.psi.Rot, wires, [angles[2], angles[0], angles[1]]
        return getattr(self.psi, self.NAMES.get(name, name)), wires, angles

    def run(self) -> None:
        self.psi.resetStateVector()
        for apply, wires, angles in self.calls:
            apply(wires, False, angles)

    def state(self) -> Amplitudes:
        out: Amplitudes = np.empty(2**self.n, self.dtype)
        self.psi.getState(out)
        return out


def u3(theta: float, phi: float, lam: float) -> Amplitudes:
    """The matrix of U."""
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    return np.array([[c, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]])


PEERS: dict[str, type[Peer]] = {
    "ketsim": Ketsim,
    "ketsim-arbitrary": KetsimArbitrary,
    "qulacs": Qulacs,
    "qulacs-light": QulacsLight,
    "aer": Aer,
    "qsim": Qsim,
    "lightning": Lightning,
}


def distance(psi: Amplitudes, reference: Amplitudes) -> float:
    """1 - fidelity: a global phase is nobody's business."""
    psi, reference = psi.astype("complex128"), reference.astype("complex128")
    overlap = abs(np.vdot(psi, reference)) ** 2
    return float(1 - overlap / (np.vdot(psi, psi).real * np.vdot(reference, reference).real))


def timed(peer: Peer) -> int:
    begin = time.perf_counter_ns()
    own = peer.run()
    return own if own is not None else time.perf_counter_ns() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("n", type=int)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--dtype", choices=("complex128", "complex64"), required=True)
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--reference", type=Path, help="state to compare with, or to write")
    args = parser.parse_args()
    peer = PEERS[args.peer](args.n, args.threads, args.dtype, workload(args.workload, args.n))
    samples = [timed(peer)]
    if samples[0] < 20e9:  # a peer that takes longer is run once
        samples = [timed(peer) for _ in range(args.samples)]
    answer: dict[str, Any] = {"label": peer.label, "ns": samples, "gates": len(peer.gates)}
    if args.reference and args.reference.exists():
        answer["infidelity"] = distance(peer.state(), np.load(args.reference))
    elif args.reference:
        np.save(args.reference, peer.state())
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
