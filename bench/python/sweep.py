"""What a row of a sweep costs: 100 gates on 10 qubits, new angles in every row, one expectation value.

    python sweep.py [--rows 10000] [--n 10] [--gates 100]

A time is the best of 5 sweeps, on one thread and on all. The verdict is on the time of all threads together
for a row: wall time times threads over rows.
"""

import argparse
import sys
import time

import numpy as np
from numpy.typing import NDArray
from report import at_most

import ketsim
from ketsim import Circuit, Parameter, sweep

MOST_US = 10.0  # of a core, for a circuit


def ansatz(n: int, gates: int) -> Circuit:
    """Layers of RY, RZ and a ring of CNOTs, a parameter for each rotation."""
    circuit = Circuit(n)
    while len(circuit) < gates:
        for name in ("RY", "RZ"):
            for qubit in range(n):
                circuit.apply_gates([(name, Parameter(f"t{len(circuit)}"), qubit)])
        circuit.apply_gates([("CNOT", qubit, (qubit + 1) % n) for qubit in range(n)])
    shorter = Circuit(n)
    return shorter.apply_gates(list(circuit)[:gates])


def us_a_row(circuit: Circuit, values: NDArray[np.float64], threads: int) -> float:
    """Microseconds of a core for a row."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        sweep(circuit, values, observables=["Z0"], max_concurrency=threads)
        best = min(best, time.perf_counter() - began)
    return best * 1e6 * threads / len(values)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--n", type=int, default=10)
    parser.add_argument("--gates", type=int, default=100)
    args = parser.parse_args()
    circuit = ansatz(args.n, args.gates)
    values = np.random.default_rng(1).uniform(-np.pi, np.pi, (args.rows, len(circuit.parameters)))
    failed = 0
    for threads in sorted({1, ketsim.lib.ketsim_default_threads()}):
        taken = us_a_row(circuit, values, threads)
        text = f"us a row and core, {args.gates} gates on {args.n} qubits, threads={threads}"
        verdict = at_most(text, taken, MOST_US)
        print(verdict)
        failed += not verdict.passed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
