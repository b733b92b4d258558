"""One simulator's gradient of the ansatz, in a process of its own: python gradient_worker.py NAME N LAYERS.

Prints one JSON line: seconds of the best of a few gradients, of one forward run where that is measured, and
the value, which all must share.
"""

import json
import random
import sys
import time
from collections.abc import Callable


def angles_of(n: int, layers: int) -> list[float]:
    r = random.Random(6)
    return [r.uniform(0, 6.28) for _ in range(2 * n * layers)]


def best(call: Callable[[], object], repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def ketsim(n: int, layers: int, threads: int) -> dict[str, float]:
    from ketsim import Circuit, Observable, ket

    circuit, angle = Circuit(n), iter(angles_of(n, layers))
    for _ in range(layers):
        for q in range(n):
            circuit.RY(next(angle), q).RZ(next(angle), q)
        for q in range(n - 1):
            circuit.CNOT(q, q + 1)
    energy = Observable([(1.0, f"Z{q} Z{q + 1}") for q in range(n - 1)])
    value, _ = circuit.gradient(energy, threads=threads)
    forward = best(lambda: ket("0" * n, threads=threads).apply(circuit))
    seconds = best(lambda: circuit.gradient(energy, threads=threads))
    return {"seconds": seconds, "forward": forward, "value": value}


def lightning(n: int, layers: int, threads: int) -> dict[str, float]:
    import pennylane as qml

    angles = qml.numpy.array(angles_of(n, layers), requires_grad=True)

    @qml.qnode(qml.device("lightning.qubit", wires=n), diff_method="adjoint")
    def energy(angles: object) -> object:
        angle = iter(angles)  # type: ignore[call-overload]
        for _ in range(layers):
            for q in range(n):
                qml.RY(next(angle), wires=q)
                qml.RZ(next(angle), wires=q)
            for q in range(n - 1):
                qml.CNOT(wires=[q, q + 1])
        terms = [qml.PauliZ(q) @ qml.PauliZ(q + 1) for q in range(n - 1)]
        return qml.expval(qml.Hamiltonian([1.0] * (n - 1), terms))

    return {"seconds": best(lambda: qml.grad(energy)(angles)), "value": float(energy(angles))}


def qulacs(n: int, layers: int, threads: int) -> dict[str, float]:
    from qulacs import Observable, ParametricQuantumCircuit, QuantumState

    circuit, angle = ParametricQuantumCircuit(n), iter(angles_of(n, layers))
    for _ in range(layers):
        for q in range(n):
            circuit.add_parametric_RY_gate(q, -next(angle))  # it turns the other way
            circuit.add_parametric_RZ_gate(q, -next(angle))
        for q in range(n - 1):
            circuit.add_CNOT_gate(q, q + 1)
    energy = Observable(n)
    for q in range(n - 1):
        energy.add_operator(1.0, f"Z {q} Z {q + 1}")
    state = QuantumState(n)
    circuit.update_quantum_state(state)
    value = energy.get_expectation_value(state)
    return {"seconds": best(lambda: circuit.backprop(energy)), "value": value}


def scaluq(n: int, layers: int, threads: int) -> dict[str, float]:
    import importlib

    space = importlib.import_module("scaluq").default.f64
    angles = {str(k): angle for k, angle in enumerate(angles_of(n, layers))}
    circuit, key = space.Circuit(), iter(angles)
    for _ in range(layers):
        for q in range(n):
            circuit.add_param_gate(space.gate.ParamRY(q), next(key))
            circuit.add_param_gate(space.gate.ParamRZ(q), next(key))
        for q in range(n - 1):
            circuit.add_gate(space.gate.CX(q, q + 1))
    energy = space.Operator([space.PauliOperator([q, q + 1], [3, 3], 1.0) for q in range(n - 1)])
    state = space.StateVector(n)
    state.set_zero_state()
    circuit.update_quantum_state(state, angles)
    value = float(energy.get_expectation_value(state).real)
    return {"seconds": best(lambda: circuit.compute_expectation_gradient(energy, angles)), "value": value}


SIMULATORS = {"ketsim": ketsim, "lightning": lightning, "qulacs": qulacs, "scaluq": scaluq}

if __name__ == "__main__":
    name, n, layers, threads = sys.argv[1], *map(int, sys.argv[2:5])
    print(json.dumps(SIMULATORS[name](n, layers, threads)))
