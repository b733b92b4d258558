"""Each row of the tables of docs/migration.md is one meaning: both sides do the same.

Ketsim's side always runs.  The other side runs where its package is installed, on the same amplitudes.
"""

import ast
import importlib
import math
import pathlib
import re

import numpy as np
import pytest

import ketsim
from ketsim import ket

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/migration.md"
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| `([^`|]+)` \| `([^`|]+)` \|$", re.MULTILINE)
PEERS = ("qulacs", "Qiskit Aer", "Cirq and qsim", "PennyLane Lightning", "QuEST", "scaluq")


def sections():
    """(heading, text) of each."""
    parts = SECTION.split(PAGE.read_text())
    return dict(zip(parts[1::2], parts[2::2], strict=True))


ROWS = [(peer, *cells) for peer in PEERS for cells in ROW.findall(sections()[peer])]


def amplitudes(seed):
    numbers = np.random.default_rng(seed).normal(size=(8, 2)) @ [1, 1j]
    return numbers / np.linalg.norm(numbers)


V, W = amplitudes(1), amplitudes(2)
M = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 8)).view(complex))[0]


def value_of(text, names):
    """Run statements; the value of the last one if it is an expression."""
    *first, last = ast.parse(text).body
    exec(compile(ast.Module(first, []), text, "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), text, "eval"), names)
    exec(compile(ast.Module([last], []), text, "exec"), names)
    return None


def ours(text):
    """(value, amplitudes after) of a cell of ours."""
    q = ket.from_amplitudes(V)
    names = vars(ketsim) | {name: getattr(ketsim, name) for name in ketsim.__all__}
    names |= {"q": q, "p": ket.from_amplitudes(W), "c": ketsim.Circuit(3), "v": V, "m": M, "pi": math.pi}
    value = value_of(text, names)
    if isinstance(value, ketsim.Ket):
        return None, value.amplitudes()
    return value, q.amplitudes()


def qulacs(text):
    from qulacs import QuantumState, gate, state

    s, t = QuantumState(3), QuantumState(3)
    s.load(V)
    t.load(W)
    names = vars(gate) | vars(importlib.import_module("qulacs")) | vars(state)
    value = value_of(text, names | {"s": s, "t": t, "v": V, "m": M})
    if hasattr(value, "update_quantum_state"):
        value.update_quantum_state(s)
        value = s.get_classical_value(0) if text.startswith("Measurement") else None
    return (None, value.get_vector()) if isinstance(value, QuantumState) else (value, s.get_vector())


def qiskit(text):
    import qiskit_aer
    from qiskit import QuantumCircuit, quantum_info
    from qiskit.circuit import library

    names = vars(library) | vars(quantum_info) | vars(qiskit_aer)
    qc, s = QuantumCircuit(3), quantum_info.Statevector(V)
    if "AerSimulator" in text:
        qc.initialize(V)
    value = value_of(text, names | {"qc": qc, "s": s, "t": quantum_info.Statevector(W), "v": V, "m": M})
    if isinstance(value, quantum_info.Statevector):
        return None, value.data
    if "AerSimulator" in text:
        return value, s.data
    known = (int, float, complex, np.ndarray)
    return value if isinstance(value, known) else None, s.evolve(qc).data


def cirq(text):
    cirq, qsim, sympy = (importlib.import_module(name) for name in ("cirq", "qsimcirq", "sympy"))
    x, y, z = qubits = cirq.LineQubit.range(3)
    names = {"cirq": cirq, "x": x, "y": y, "z": z, "m": M, "v": V.astype("complex64")}
    idle = cirq.Circuit(cirq.I.on_each(*qubits))
    prepare, _ = np.linalg.qr(np.column_stack([V, np.eye(8)[:, :7]]))
    names["measured"] = cirq.Circuit(cirq.MatrixGate(prepare)(*qubits), cirq.measure(*qubits))
    names["circuit"] = idle + cirq.rx(sympy.Symbol("a"))(x) if "sweep" in text else idle
    names["simulator"] = qsim.QSimSimulator(seed=7)
    value = value_of(text, names)
    if not isinstance(value, cirq.Operation):
        return value, V
    run = cirq.Simulator(dtype=np.complex128).simulate(idle + value, initial_state=V)
    assert abs(qsim.QSimSimulator().simulate(idle + value, initial_state=names["v"]).final_state_vector
               - run.final_state_vector).max() < 1e-6  # fmt: skip
    return None, run.final_state_vector


def pennylane(text):
    qml = importlib.import_module("pennylane")

    def run(last, shots=None):
        @qml.set_shots(shots)
        @qml.qnode(qml.device("lightning.qubit", wires=3, seed=7))
        def node():
            if not text.startswith("qml.StatePrep"):
                qml.StatePrep(V, wires=[0, 1, 2])
            done = value_of(text, {"qml": qml, "v": V, "m": M})
            return done if last is None else last()

        return node()

    if isinstance(value_of(text, {"qml": qml, "v": V, "m": M}), qml.operation.Operation):
        return None, run(qml.state)
    return run(None, 1000 if "counts" in text else None), V


def scaluq(text):
    space = importlib.import_module("scaluq").default.f64
    s, t = space.StateVector(3), space.StateVector(3)
    s.load(V)
    t.load(W)
    value = value_of(text, vars(space) | vars(space.gate) | {"s": s, "t": t, "v": V, "m": M})
    if isinstance(value, space.Gate):
        value = value.update_quantum_state(s)
    if isinstance(value, space.StateVector):
        return None, np.array(value.get_amplitudes())
    return value, np.array(s.get_amplitudes())


THEIRS = {
    "qulacs": (qulacs, "qulacs"),
    "Qiskit Aer": (qiskit, "qiskit_aer"),
    "Cirq and qsim": (cirq, "qsimcirq"),
    "PennyLane Lightning": (pennylane, "pennylane_lightning"),
    "scaluq": (scaluq, "scaluq"),
}
SAMPLES = ("q.sample", "q.counts")


def frequencies(samples):
    """How often each of the 8 outcomes came, by any simulator's answer."""
    if hasattr(samples, "measurements"):  # a row of bits each
        samples = next(iter(samples.measurements.values())) @ [4, 2, 1]
    if isinstance(samples, dict):
        samples = [int(label, 2) for label, count in samples.items() for _ in range(int(count))]
    return np.bincount(np.asarray(samples, int), minlength=8) / len(samples)


def test_every_table_is_read():
    assert {peer for peer, *_ in ROWS} == set(PEERS)
    rows = sum(line.startswith("| `") for peer in PEERS for line in sections()[peer].splitlines())
    assert len(ROWS) == rows > 90


@pytest.mark.parametrize(("peer", "theirs", "mine"), ROWS)
def test_our_side_runs(peer, theirs, mine):
    value, after = ours(mine)
    assert after.shape == (8,)
    if value is None:  # a gate, or a state: it did something
        assert np.abs(after - V).max() > 1e-3 or "set_amplitudes(v)" in mine or "from_amplitudes(v)" in mine


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("peer", "theirs", "mine"), [row for row in ROWS if row[0] in THEIRS])
def test_their_side_is_the_same(peer, theirs, mine):
    simulator, package = THEIRS[peer]
    pytest.importorskip(package)
    value, after = ours(mine)
    their_value, their_after = simulator(theirs)
    if any(word in mine for word in SAMPLES):  # random numbers are nobody else's, but outcomes have one order
        both = np.array([frequencies(value), frequencies(their_value)])
        assert np.abs(both - np.abs(V) ** 2).max() < 0.08  # five standard deviations
        return
    if "q.measure" in mine or isinstance(value, ketsim.BatchResult):
        return  # both ran
    assert np.abs(after - their_after).max() < 1e-12
    if value is not None:
        if peer == "Cirq and qsim":
            their_value = [getattr(one, "final_state_vector", one) for one in their_value]
        tolerance = 1e-6 if peer == "Cirq and qsim" else 1e-12
        assert np.abs(np.asarray(value) - np.asarray(their_value)).max() < tolerance
