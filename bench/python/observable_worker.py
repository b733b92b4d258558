"""One simulator's expectation values and samples, in a process of its own: prints a line of JSON.

    python observable_worker.py qulacs --n 20 --threads 2 --what random

Reading starts from random amplitudes, loaded off the clock; an observable is made off the clock too.
"""

import argparse
import importlib
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from measure import Amplitudes, arbitrary

Terms = list[tuple[float, str, list[int]]]  # coefficient, letters, qubits
SAMPLES, ENOUGH_S = 9, 10.0


def random_sum(n: int, count: int) -> Terms:
    """Pauli strings of weight 1 to 4, all drawn evenly."""
    rng = np.random.default_rng(6)
    terms = []
    for _ in range(count):
        qubits = rng.choice(n, int(rng.integers(1, 5)), replace=False)
        letters = "".join(rng.choice(list("XYZ"), len(qubits)))
        terms.append((float(rng.normal()), letters, [int(q) for q in qubits]))
    return terms


def heisenberg(n: int) -> Terms:
    """XX + YY + ZZ on the edges of a grid, 5 sites wide."""
    edges = [(a, a + 1) for a in range(n - 1) if a % 5 < 4] + [(a, a + 5) for a in range(n - 5)]
    return [(1.0, letter * 2, [a, b]) for a, b in edges for letter in "XYZ"]


class Ours:
    def __init__(self, psi: Amplitudes, n: int, threads: int) -> None:
        ketsim = importlib.import_module("ketsim")
        self.observable, self.q = ketsim.Observable, ketsim.ket.from_amplitudes(psi, threads=threads)

    def expectation(self, terms: Terms) -> Callable[[], float]:
        made = self.observable([(c, " ".join(f"{p}{q}" for p, q in zip(*s, strict=True))) for c, *s in terms])
        return lambda: float(self.q.expectation(made))

    def sample(self, shots: int) -> Callable[[], Any]:
        return lambda: self.q.sample(shots, seed=1)

    def read_pass(self) -> Callable[[], Any]:
        return self.q.norm


class Qulacs:
    def __init__(self, psi: Amplitudes, n: int, threads: int) -> None:
        self.qulacs, self.n = importlib.import_module("qulacs"), n
        self.psi = self.qulacs.QuantumState(n)
        self.psi.load(psi)

    def expectation(self, terms: Terms) -> Callable[[], float]:
        made = self.qulacs.Observable(self.n)
        for c, letters, qubits in terms:
            made.add_operator(
                c, " ".join(f"{p} {self.n - 1 - q}" for p, q in zip(letters, qubits, strict=True))
            )
        return lambda: float(made.get_expectation_value(self.psi))

    def sample(self, shots: int) -> Callable[[], Any]:
        return lambda: self.psi.sampling(shots)


class Scaluq:
    def __init__(self, psi: Amplitudes, n: int, threads: int) -> None:
        self.space, self.n = importlib.import_module("scaluq").default.f64, n
        self.psi = self.space.StateVector(n)
        self.psi.load(psi)

    def expectation(self, terms: Terms) -> Callable[[], float]:
        ids = {"X": 1, "Y": 2, "Z": 3}
        pauli = self.space.PauliOperator
        made = self.space.Operator(
            [
                pauli([self.n - 1 - q for q in qubits], [ids[p] for p in letters], c)
                for c, letters, qubits in terms
            ]
        )
        return lambda: float(made.get_expectation_value(self.psi).real)

    def sample(self, shots: int) -> Callable[[], Any]:
        return lambda: self.psi.sampling(shots, 1)


class Lightning:
    def __init__(self, psi: Amplitudes, n: int, threads: int) -> None:
        self.ops, self.n = importlib.import_module("pennylane_lightning.lightning_qubit_ops"), n
        self.psi = self.ops.StateVectorC128(n)
        self.psi.setStateVector(psi, list(range(n)))
        self.measurements = self.ops.MeasurementsC128(self.psi)

    def expectation(self, terms: Terms) -> Callable[[], float]:
        made = self.ops.observables
        strings = []
        for _, letters, qubits in terms:
            named = [made.NamedObsC128(f"Pauli{p}", [q]) for p, q in zip(letters, qubits, strict=True)]
            strings.append(named[0] if len(named) == 1 else made.TensorProdObsC128(named))
        total = made.HamiltonianC128(np.array([c for c, *_ in terms]), strings)
        return lambda: float(self.measurements.expval(total))

    def sample(self, shots: int) -> Callable[[], Any]:
        return lambda: self.measurements.generate_samples(list(range(self.n)), shots)


class Aer:
    """A run begins with loading the amplitudes; samples are of a measured circuit.  By its own clock."""

    def __init__(self, psi: Amplitudes, n: int, threads: int) -> None:
        aer = importlib.import_module("qiskit_aer")
        self.info: Any = importlib.import_module("qiskit.quantum_info")
        self.simulator = aer.AerSimulator(method="statevector", max_parallel_threads=threads)
        self.circuit = importlib.import_module("qiskit").QuantumCircuit(n)
        self.circuit.set_statevector(psi)
        self.n = n

    def _run(self, circuit: Any, shots: int) -> Any:
        result = self.simulator.run(circuit, shots=shots).result()
        self.own_s = result.results[0].time_taken
        return result.data(0)

    def expectation(self, terms: Terms) -> Callable[[], float]:
        listed = [(letters, [self.n - 1 - q for q in qubits], c) for c, letters, qubits in terms]
        made = self.info.SparsePauliOp.from_sparse_list(listed, self.n)
        circuit = self.circuit.copy()
        circuit.save_expectation_value(made, list(range(self.n)))
        return lambda: float(self._run(circuit, 1)["expectation_value"])

    def sample(self, shots: int) -> Callable[[], Any]:
        circuit = self.circuit.copy()
        circuit.measure_all()
        return lambda: self._run(circuit, shots)


PEERS: dict[str, Any] = {
    "ketsim": Ours,
    "qulacs": Qulacs,
    "scaluq": Scaluq,
    "lightning": Lightning,
    "aer": Aer,
}


def best(peer: Any, work: Callable[[], Any]) -> float:
    """The least of some seconds, by the simulator's own clock where it has one; the first does not count."""
    work()
    found: list[float] = []
    begin = time.perf_counter()
    while len(found) < SAMPLES and (not found or time.perf_counter() - begin < ENOUGH_S):
        start = time.perf_counter()
        work()
        found.append(getattr(peer, "own_s", time.perf_counter() - start))
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--what", required=True, help="random, heisenberg, pass, or a number of shots")
    args = parser.parse_args()
    peer = PEERS[args.peer](arbitrary(args.n, "complex128"), args.n, args.threads)
    answer = {}
    if args.what == "pass":
        work = peer.read_pass()
    elif args.what.isdigit():
        work = peer.sample(int(args.what))
    else:
        work = peer.expectation(random_sum(args.n, 1000) if args.what == "random" else heisenberg(args.n))
        answer["value"] = work()
    print(json.dumps(answer | {"seconds": best(peer, work)}))


if __name__ == "__main__":
    main()
