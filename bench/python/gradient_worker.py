"""One simulator's gradient of an ansatz, in a process of its own.

python gradient_worker.py NAME ANSATZ N LAYERS THREADS

Prints one JSON line: seconds of the best of a few gradients, of one forward run where that is measured, and
the value, which all must share.
"""

import json
import random
import sys
import time
from collections.abc import Callable


def best(call: Callable[[], object], repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


Layer = list[tuple[str, tuple[int, ...]]]  # gates of a layer, with an angle if the name begins with R


def hardware(n: int) -> Layer:
    """Two rotations of each qubit and a ladder."""
    turns = [(name, (q,)) for q in range(n) for name in ("RY", "RZ")]
    return [*turns, *(("CNOT", (q, q + 1)) for q in range(n - 1))]


def qaoa(n: int) -> Layer:
    """The bonds of a circle with chords, each with an angle of its own, and the mixer."""
    bonds = [(q, (q + 1) % n) for q in range(n)] + [(q, q + n // 2) for q in range(n // 2)]
    return [*(("RZZ", bond) for bond in bonds), *(("RX", (q,)) for q in range(n))]


LAYERS = {"hardware": hardware, "qaoa": qaoa}


class Task:
    """Layers on |0...0>, behind a Hadamard gate on each qubit for QAOA, and the chain of Z Z that is read."""

    def __init__(self, ansatz: str, n: int, layers: int) -> None:
        self.n, self.starts_even = n, ansatz == "qaoa"
        self.gates = LAYERS[ansatz](n) * layers
        r = random.Random(6)
        self.angles = [r.uniform(0, 6.28) for name, _ in self.gates if name[0] == "R"]


def ketsim(task: Task, threads: int) -> dict[str, float]:
    from ketsim import Circuit, Observable, ket

    n, circuit, angle = task.n, Circuit(task.n), iter(task.angles)
    if task.starts_even:
        circuit.H(*range(n))
    for name, qubits in task.gates:
        getattr(circuit, name)(*([next(angle)] if name[0] == "R" else []), *qubits)
    energy = Observable([(1.0, f"Z{q} Z{q + 1}") for q in range(n - 1)])
    value, _ = circuit.gradient(energy, threads=threads)
    forward = best(lambda: ket("0" * n, threads=threads).apply(circuit))
    seconds = best(lambda: circuit.gradient(energy, threads=threads))
    return {"seconds": seconds, "forward": forward, "value": value}


def lightning(task: Task, threads: int) -> dict[str, float]:
    import pennylane as qml

    n, angles = task.n, qml.numpy.array(task.angles, requires_grad=True)
    rotations = {"RX": qml.RX, "RY": qml.RY, "RZ": qml.RZ, "RZZ": qml.IsingZZ}

    @qml.qnode(qml.device("lightning.qubit", wires=n), diff_method="adjoint")
    def energy(angles: object) -> object:
        angle = iter(angles)  # type: ignore[call-overload]
        for q in range(n if task.starts_even else 0):
            qml.Hadamard(wires=q)
        for name, qubits in task.gates:
            if name in rotations:
                rotations[name](next(angle), wires=qubits)
            else:
                qml.CNOT(wires=qubits)
        terms = [qml.PauliZ(q) @ qml.PauliZ(q + 1) for q in range(n - 1)]
        return qml.expval(qml.Hamiltonian([1.0] * (n - 1), terms))

    return {"seconds": best(lambda: qml.grad(energy)(angles)), "value": float(energy(angles))}


def qulacs(task: Task, threads: int) -> dict[str, float]:
    from qulacs import Observable, ParametricQuantumCircuit, QuantumState

    n, circuit, angle = task.n, ParametricQuantumCircuit(task.n), iter(task.angles)
    for q in range(n if task.starts_even else 0):
        circuit.add_H_gate(q)
    for name, qubits in task.gates:  # rotations turn the other way
        if name == "RZZ":
            circuit.add_parametric_multi_Pauli_rotation_gate(list(qubits), [3, 3], -next(angle))
        elif name[0] == "R":
            getattr(circuit, f"add_parametric_{name}_gate")(*qubits, -next(angle))
        else:
            circuit.add_CNOT_gate(*qubits)
    energy = Observable(n)
    for q in range(n - 1):
        energy.add_operator(1.0, f"Z {q} Z {q + 1}")
    state = QuantumState(n)
    circuit.update_quantum_state(state)
    value = energy.get_expectation_value(state)
    return {"seconds": best(lambda: circuit.backprop(energy)), "value": value}


def scaluq(task: Task, threads: int) -> dict[str, float]:
    import importlib

    space = importlib.import_module("scaluq").default.f64
    n, angles = task.n, {str(k): angle for k, angle in enumerate(task.angles)}
    circuit, key = space.Circuit(), iter(angles)
    for q in range(n if task.starts_even else 0):
        circuit.add_gate(space.gate.H(q))
    for name, qubits in task.gates:
        if name == "RZZ":
            rotation = space.gate.ParamPauliRotation(space.PauliOperator(list(qubits), [3, 3], 1.0))
            circuit.add_param_gate(rotation, next(key))
        elif name[0] == "R":
            circuit.add_param_gate(getattr(space.gate, f"Param{name}")(*qubits), next(key))
        else:
            circuit.add_gate(space.gate.CX(*qubits))
    energy = space.Operator([space.PauliOperator([q, q + 1], [3, 3], 1.0) for q in range(n - 1)])
    state = space.StateVector(n)
    state.set_zero_state()
    circuit.update_quantum_state(state, angles)
    value = float(energy.get_expectation_value(state).real)
    return {"seconds": best(lambda: circuit.compute_expectation_gradient(energy, angles)), "value": value}


SIMULATORS = {"ketsim": ketsim, "lightning": lightning, "qulacs": qulacs, "scaluq": scaluq}

if __name__ == "__main__":
    name, ansatz, n, layers, threads = *sys.argv[1:3], *map(int, sys.argv[3:6])
    print(json.dumps(SIMULATORS[name](Task(ansatz, n, layers), threads)))
