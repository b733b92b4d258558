"""A parameter sweep in one simulator: one expectation value for each row of angles, as a line of JSON.

    python sweep_worker.py qulacs 10000 10 100 7 2   simulator, rows, qubits, gates, samples, processes

The circuit is made once, with parameters where the simulator has them. The loops run in processes that live
through all repetitions, each with every so-many-th row and one thread; what has a batch of its own gets all
rows, and all threads. The answer holds [wall, CPU] seconds of each repetition, and the values of some rows.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from processes import Run, in_processes
from speedup import samples

Values = NDArray[np.float64]
Sweep = Callable[[Values], list[float]]
CHECKED = 8  # rows whose values are in the answer
NAMES = ("RY", "RZ")


def ansatz(n: int, length: int) -> list[tuple[Any, ...]]:
    """Layers of RY, RZ and a ring of CNOTs; a rotation has the number of its parameter."""
    gates: list[tuple[Any, ...]] = []
    while len(gates) < length:
        turns = [(name, qubit) for name in NAMES for qubit in range(n)]
        before = sum(gate[0] in NAMES for gate in gates)
        gates += [(name, before + k, qubit) for k, (name, qubit) in enumerate(turns)]
        gates += [("CNOT", qubit, (qubit + 1) % n) for qubit in range(n)]
    return gates[:length]


def angles(rows: int, gates: list[tuple[Any, ...]]) -> Values:
    count = sum(gate[0] in NAMES for gate in gates)
    return np.random.default_rng(1).uniform(-np.pi, np.pi, (rows, count))


# ---- each way: <Z> of the first qubit of every row --------------------------------------------------


def ketsim(n: int, gates: list[tuple[Any, ...]], threads: int, observable: str = "Z0") -> Sweep:
    package: Any = importlib.import_module("ketsim")
    circuit = package.Circuit(n)
    for name, a, b in gates:
        circuit.apply_gates([(name, package.Parameter(f"t{a}") if name in NAMES else a, b)])

    def sweep(values: Values) -> list[float]:
        found = package.sweep(circuit, values, observables=[observable], max_concurrency=threads)
        return [float(value) for value in np.ravel(np.asarray(found))]

    return sweep


def ketsim_whole(n: int, gates: list[tuple[Any, ...]], threads: int) -> Sweep:
    """X on every qubit: no operation is outside of its light cone, and all are run."""
    return ketsim(n, gates, threads, " ".join(f"X{qubit}" for qubit in range(n)))


def qulacs(n: int, gates: list[tuple[Any, ...]], _threads: int) -> Sweep:
    package: Any = importlib.import_module("qulacs")
    circuit, state = package.ParametricQuantumCircuit(n), package.QuantumState(n)
    for name, a, b in gates:
        if name in NAMES:
            getattr(circuit, f"add_parametric_{name}_gate")(b, 0.0)
        else:
            circuit.add_CNOT_gate(a, b)
    observable = package.Observable(n)
    observable.add_operator(1.0, "Z 0")
    each, set_parameter = range(circuit.get_parameter_count()), circuit.set_parameter

    def one(row: list[float]) -> float:
        for k in each:
            set_parameter(k, row[k])
        state.set_zero_state()
        circuit.update_quantum_state(state)
        return float(observable.get_expectation_value(state))

    return lambda values: [one(row) for row in (-values).tolist()]  # it turns the other way


def lightning(n: int, gates: list[tuple[Any, ...]], _threads: int) -> Sweep:
    """The C++ state vector behind lightning.qubit, gate by gate: it has no call for a whole circuit."""
    ops: Any = importlib.import_module("pennylane_lightning.lightning_qubit_ops")
    state = ops.StateVectorC128(n)
    calls = [
        (getattr(state, name), [b], a) if name in NAMES else (state.CNOT, [a, b], None)
        for name, a, b in gates
    ]
    measurements = ops.MeasurementsC128(state)

    def one(row: list[float]) -> float:
        state.resetStateVector()
        for apply, wires, k in calls:
            apply(wires, False, [] if k is None else [row[k]])
        return float(measurements.expval("PauliZ", [0]))

    return lambda values: [one(row) for row in values.tolist()]


def scaluq(n: int, gates: list[tuple[Any, ...]], size: int, space: str = "default") -> Sweep:
    """So many rows at a time."""
    package: Any = importlib.import_module("scaluq")
    f64, own = package.default.f64, getattr(package, space).f64
    circuit = f64.Circuit()
    for name, a, b in gates:
        if name in NAMES:
            circuit.add_param_gate(getattr(f64.gate, f"Param{name}")(b), str(a))
        else:
            circuit.add_gate(f64.gate.CX(a, b))
    observable = own.Operator([f64.PauliOperator("Z 0", 1.0)])

    def some(values: Values) -> list[float]:
        states = own.StateVectorBatched(len(values), n)
        states.set_zero_state()
        circuit.update_quantum_state(states, {str(k): column.tolist() for k, column in enumerate(values.T)})
        return [value.real for value in observable.get_expectation_value(states)]

    return lambda values: [v for k in range(0, len(values), size) for v in some(values[k : k + size])]


# ---- one of them ------------------------------------------------------------------------------------


LOOPS = {"qulacs": qulacs, "lightning": lightning}


def made(name: str, n: int, gates: list[tuple[Any, ...]], threads: int) -> Sweep:
    """scaluq's names end in the rows of a batch: scaluq-1000, scaluq-serial-100."""
    if not name.startswith("scaluq"):
        return {"ketsim": ketsim, "ketsim-whole": ketsim_whole, **LOOPS}[name](n, gates, threads)
    return scaluq(n, gates, int(name.split("-")[-1]), "host_serial" if "serial" in name else "default")


def alone(sweep: Sweep, values: Values) -> Run:
    def run() -> None:
        sweep(values)

    return run


def main() -> None:
    name, *numbers = sys.argv[1:]
    rows, n, length, repeats, processes = map(int, numbers)
    apart = name in LOOPS or "serial" in name  # a core has a process
    threads = str(1 if apart else processes)
    os.environ |= {"OMP_NUM_THREADS": threads, "QULACS_NUM_THREADS": threads}
    gates = ansatz(n, length)
    values, sweep = angles(rows, gates), made(name, n, gates, processes)
    shares = [values[k::processes] for k in range(processes)]
    run = in_processes([partial(sweep, share) for share in shares]) if apart else alone(sweep, values)
    found = samples(run, repeats)
    print(json.dumps({"samples": [[s.wall, s.cpu] for s in found], "values": sweep(values[:CHECKED])}))


if __name__ == "__main__":
    main()
