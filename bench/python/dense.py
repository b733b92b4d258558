"""How long does a dense matrix on k qubits take, beside qulacs on the same two threads or one?

Of each the smallest time of several, in milliseconds a gate; targets spread over the state;
complex128, n = 20.
Usage: OMP_NUM_THREADS=1 PYTHONPATH=(site-packages of build/peers) python bench/python/dense.py [N]
"""

import sys
import time
from collections.abc import Callable

import numpy as np

import ketsim

try:
    import qulacs
except ImportError:
    qulacs = None

GATES, REPEATS = 4, 5


def random_unitary(rng: np.random.Generator, size: int) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))
    return q * (np.diagonal(r) / np.abs(np.diagonal(r)))


def best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3 / GATES


def ours(n: int, gates: list[tuple[np.ndarray, list[int]]]) -> float:
    state = ketsim.ket("+" * n, inplace=True)
    circuit = ketsim.Circuit(n)
    for matrix, qubits in gates:
        circuit.unitary(matrix, *qubits)
    state.apply(circuit).norm()
    return best(lambda: state.apply(circuit))


def theirs(n: int, gates: list[tuple[np.ndarray, list[int]]]) -> float:
    state = qulacs.QuantumState(n)
    made = [qulacs.gate.DenseMatrix([n - 1 - q for q in qubits[::-1]], matrix) for matrix, qubits in gates]

    def work() -> None:
        for gate in made:
            gate.update_quantum_state(state)

    work()
    return best(work)


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    rng = np.random.default_rng(1)
    print("n,qubits of the matrix,ketsim ms,qulacs ms,ratio")
    for k in range(2, 8):
        gates = [
            (random_unitary(rng, 1 << k), [int(q) for q in rng.permutation(n)[:k]]) for _ in range(GATES)
        ]
        mine = ours(n, gates)
        other = theirs(n, gates) if qulacs else float("nan")
        print(f"{n},{k},{mine:.2f},{other:.2f},{other / mine:.2f}", flush=True)


if __name__ == "__main__":
    main()
