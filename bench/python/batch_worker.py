"""Very many different circuits in one simulator: [wall, CPU] seconds of each repetition, as a line of JSON.

    python batch_worker.py qulacs 10000 10 100 7 2   simulator, circuits, qubits, gates, samples, processes

A circuit begins as a list of tuples and ends with one sampled outcome. The loops run in processes that live
through all repetitions, each with every so-many-th circuit and one thread.
"""

import importlib
import json
import os
import random
import sys
from functools import partial
from typing import Any

from processes import Run, in_processes
from speedup import samples
from workloads import Gate

Circuits = list[list[Gate]]


def circuit(n: int, length: int, seed: int) -> list[Gate]:
    """RX, RZ and CNOT on random qubits."""
    r, gates = random.Random(seed), list[Gate]()
    for k in range(length):
        a, b = r.sample(range(n), 2)
        turn: Gate = (("RX", "RZ")[k % 4 // 2], r.uniform(0, 3), a)
        gates.append(("CNOT", a, b) if k % 2 else turn)
    return gates


# ---- each way -------------------------------------------------------------------------------------


def ketsim_batch(circuits: Circuits, n: int) -> None:
    package: Any = importlib.import_module("ketsim")
    made = [package.Circuit(n).apply_gates(gates) for gates in circuits]
    if package.run_batch(made, shots=1, seed=1).errors:
        raise SystemExit("a circuit failed")


def qulacs_loop(circuits: Circuits, n: int) -> None:
    qulacs: Any = importlib.import_module("qulacs")
    state = qulacs.QuantumState(n)
    for gates in circuits:
        made = qulacs.QuantumCircuit(n)
        add = {"RX": made.add_RX_gate, "RZ": made.add_RZ_gate, "CNOT": made.add_CNOT_gate}
        for name, *arguments in gates:
            if name == "CNOT":
                add[name](*arguments)
            else:
                add[str(name)](arguments[1], arguments[0])
        state.set_zero_state()
        made.update_quantum_state(state)
        state.sampling(1)


def lightning_loop(circuits: Circuits, n: int) -> None:
    """The C++ state vector behind lightning.qubit; it makes an own object to sample, as PennyLane does."""
    ops: Any = importlib.import_module("pennylane_lightning.lightning_qubit_ops")
    state = ops.StateVectorC128(n)
    apply = {"RX": state.RX, "RZ": state.RZ, "CNOT": state.CNOT}
    for gates in circuits:
        state.resetStateVector()
        for name, *arguments in gates:
            if name == "CNOT":
                apply[name](arguments, False, [])
            else:
                apply[str(name)](arguments[1:], False, arguments[:1])
        ops.MeasurementsC128(state).generate_samples(list(range(n)), 1)


def aer_batch(circuits: Circuits, n: int, processes: int) -> None:
    aer: Any = importlib.import_module("qiskit_aer")
    kind: Any = importlib.import_module("qiskit").QuantumCircuit
    made = []
    for gates in circuits:
        one = kind(n)
        for name, *arguments in gates:
            {"RX": one.rx, "RZ": one.rz, "CNOT": one.cx}[str(name)](*arguments)
        one.measure_all()
        made.append(one)
    simulator = aer.AerSimulator(method="statevector", max_parallel_experiments=processes)
    if not simulator.run(made, shots=1).result().success:
        raise SystemExit("a circuit failed")


# ---- one of them ----------------------------------------------------------------------------------


def way(name: str, circuits: Circuits, n: int, processes: int) -> Run:
    if name == "ketsim":
        return lambda: ketsim_batch(circuits, n)
    if name == "aer":
        return lambda: aer_batch(circuits, n, processes)
    loops = {"qulacs": qulacs_loop, "lightning": lightning_loop}
    shares = [circuits[k::processes] for k in range(processes)]
    return in_processes([partial(loops[name], share, n) for share in shares])


def main() -> None:
    name, *numbers = sys.argv[1:]
    count, n, length, repeats, processes = map(int, numbers)
    if name in ("qulacs", "lightning"):  # a core has a process
        os.environ |= {"OMP_NUM_THREADS": "1", "QULACS_NUM_THREADS": "1"}
    circuits = [circuit(n, length, seed) for seed in range(count)]
    found = samples(way(name, circuits, n, processes), repeats)
    print(json.dumps([[s.wall, s.cpu] for s in found]))


if __name__ == "__main__":
    main()
