"""Other simulators as rows of the GHZ table, each in a process of its own; see ``measure.py``.

    python ghz_peers.py qulacs --n 22 --threads 2 --dtype complex128

Each runs the circuit in its fastest gate-by-gate way: prepared objects, and no Python between gates
where it can do without. The state is made off the clock, which stops when the last gate is done.
qiskit-aer copies the state in and out around a run, so its own time is taken; qsimcirq translates and
fuses, on the clock.
"""

import argparse
import importlib
from importlib.metadata import version
from typing import Any

import numpy as np
from measure import Amplitudes, Server, Subject, arbitrary


class Qulacs(Subject):
    """A circuit without the optimizer: a loop over gates in C++. Its qubit k is bit k: mirrored here."""

    def __init__(self, n: int, threads: int, dtype: str) -> None:
        super().__init__(n, threads, dtype)
        qulacs: Any = importlib.import_module("qulacs")
        self.label = f"qulacs {version('qulacs')}"
        self.zero = self.state = qulacs.QuantumState(n)
        self.kept: Any = None
        self.make = qulacs.QuantumState
        self.circuit = qulacs.QuantumCircuit(n)
        self.circuit.add_H_gate(n - 1)
        for k in range(n - 1):
            self.circuit.add_CNOT_gate(n - 1 - k, n - 2 - k)

    def prepare(self, start: str, inplace: bool) -> None:
        if start == "zero":
            self.state = self.zero
            self.state.set_zero_state()
            return
        if self.kept is None:
            self.kept = self.make(self.n)
            self.kept.load(arbitrary(self.n, self.dtype))
        self.state = self.kept

    def run(self) -> None:
        self.circuit.update_quantum_state(self.state)

    def amplitudes(self) -> Amplitudes:
        out: Amplitudes = self.state.get_vector()
        return out


class Lightning(Subject):
    """The C++ state vector behind lightning.qubit, one call a gate; there is no call for a whole circuit."""

    def __init__(self, n: int, threads: int, dtype: str) -> None:
        super().__init__(n, threads, dtype)
        ops: Any = importlib.import_module("pennylane_lightning.lightning_qubit_ops")
        self.label = f"Lightning {version('pennylane-lightning')}"
        self.make = ops.StateVectorC128 if dtype == "complex128" else ops.StateVectorC64
        self.zero = self.state = self.make(n)
        self.kept: Any = None
        self.pairs = [[k, k + 1] for k in range(n - 1)]

    def prepare(self, start: str, inplace: bool) -> None:
        if start == "zero":
            self.state = self.zero
            self.state.resetStateVector()
            return
        if self.kept is None:
            self.kept = self.make(self.n)
            self.kept.setStateVector(arbitrary(self.n, self.dtype), list(range(self.n)))
        self.state = self.kept

    def run(self) -> None:
        self.state.Hadamard([0], False, [])
        for pair in self.pairs:
            self.state.CNOT(pair, False, [])

    def amplitudes(self) -> Amplitudes:
        out: Amplitudes = np.empty(2**self.n, self.dtype)
        self.state.getState(out)
        return out


class Aer(Subject):
    """The state-vector method with fusion off. Its qubit k is bit k: mirrored here."""

    def __init__(self, n: int, threads: int, dtype: str) -> None:
        super().__init__(n, threads, dtype)
        aer: Any = importlib.import_module("qiskit_aer")
        self.qiskit: Any = importlib.import_module("qiskit")
        self.label = f"qiskit-aer {version('qiskit-aer')}, own time"
        self.simulator = aer.AerSimulator(
            method="statevector",
            precision="double" if dtype == "complex128" else "single",
            fusion_enable=False,
            max_parallel_threads=threads,
        )
        self.kept: Amplitudes | None = None
        self.psi: Amplitudes = np.zeros(0, dtype)
        self.circuits: dict[str, Any] = {}
        self.circuit: Any = None

    def _circuit(self, start: str) -> Any:
        circuit = self.qiskit.QuantumCircuit(self.n)
        if start == "arbitrary":
            self.kept = arbitrary(self.n, self.dtype)
            circuit.set_statevector(self.kept / np.linalg.norm(self.kept.astype("complex128")))
        circuit.h(self.n - 1)
        for k in range(self.n - 1):
            circuit.cx(self.n - 1 - k, self.n - 2 - k)
        circuit.save_statevector()
        return circuit

    def prepare(self, start: str, inplace: bool) -> None:
        if start not in self.circuits:
            self.circuits[start] = self._circuit(start)
        self.circuit = self.circuits[start]
        if start == "arbitrary" and self.kept is not None:
            self.psi = self.kept

    def run(self) -> int:
        result = self.simulator.run(self.circuit, shots=1).result()
        self.psi = np.asarray(result.data(0)["statevector"])
        return int(1e9 * result.results[0].time_taken)

    def amplitudes(self) -> Amplitudes:
        return self.psi


class Qsim(Subject):
    """qsim through Cirq, complex64, fusing two qubits at most."""

    def __init__(self, n: int, threads: int, dtype: str) -> None:
        super().__init__(n, threads, dtype)
        self.cirq: Any = importlib.import_module("cirq")
        qsim: Any = importlib.import_module("qsimcirq")
        self.label = f"qsimcirq {version('qsimcirq')}, fused"
        options = qsim.QSimOptions(max_fused_gate_size=2, cpu_threads=threads)
        self.simulator = qsim.QSimSimulator(qsim_options=options)
        self.qubits = self.cirq.LineQubit.range(n)
        pairs = [self.cirq.CNOT(a, b) for a, b in zip(self.qubits, self.qubits[1:], strict=False)]
        self.circuit = self.cirq.Circuit(self.cirq.H(self.qubits[0]), pairs)
        self.start: Any = 0
        self.psi: Amplitudes = np.zeros(0, dtype)

    def prepare(self, start: str, inplace: bool) -> None:
        self.start = 0 if start == "zero" else arbitrary(self.n, self.dtype)
        if start == "arbitrary":
            self.psi = self.start

    def run(self) -> None:
        result = self.simulator.simulate(self.circuit, qubit_order=self.qubits, initial_state=self.start)
        self.psi = result.final_state_vector

    def amplitudes(self) -> Amplitudes:
        return self.psi


PEERS: dict[str, type[Subject]] = {"qulacs": Qulacs, "lightning": Lightning, "aer": Aer, "qsim": Qsim}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--dtype", choices=("complex128", "complex64"), required=True)
    args = parser.parse_args()
    Server(PEERS[args.peer](args.n, args.threads, args.dtype)).run()


if __name__ == "__main__":
    main()
