"""Circuits as values: tuples in and out, copies, inverses, equality."""

import copy
import pickle

import numpy as np
import oracle
import pytest
from compare import bits, near
from rows import ROWS

from ketsim import Circuit, ket


def full_circuit():
    """Every row once, some under further controls, and a matrix."""
    circuit = Circuit(5)
    for k, row in enumerate(ROWS):
        controls = {4: k % 2} if k % 3 == 0 else None
        getattr(circuit, row.name)(*row.angles, *range(row.nqubits), controls=controls)
    return circuit.unitary(oracle.iswap(1), 3, 1, controls={0: 0})


def test_circuit_iterates_over_tuples_that_apply_gates_takes():
    circuit = full_circuit()
    operations = list(circuit)
    assert len(operations) == len(circuit) == len(ROWS) + 1
    assert all(isinstance(operation, tuple) for operation in operations)
    assert Circuit(5).apply_gates(operations) == circuit
    assert operations[1:3] == [("X", 0), ("Y", 0)]
    assert circuit[1] == ("X", 0)
    assert Circuit(3).RX(0.3, 1, controls={0: 1, 2: 0})[0] == ("RX", 0.3, 1, {"controls": {0: 1, 2: 0}})
    a, b = ket("+-01r").apply(Circuit(5).apply_gates(operations)), ket("+-01r").apply(circuit)
    assert bits(a) == bits(b)


def test_circuit_unitary_tuple_holds_the_matrix(rng):
    matrix = oracle.random_unitary(rng, 4)
    name, given, *qubits = Circuit(3).unitary(matrix, 2, 0)[0]
    assert (name, qubits) == ("unitary", [2, 0])
    assert np.array_equal(np.asarray(given).view(complex).reshape(4, 4), matrix)


def test_circuit_indexing():
    circuit = Circuit(2).H(0).CNOT(0, 1)
    assert (circuit[0], circuit[-1], circuit[-2]) == (("H", 0), ("CNOT", 0, 1), ("H", 0))
    for index in (2, -3, 10**30):
        with pytest.raises(IndexError):
            circuit[index]
    with pytest.raises(TypeError):
        circuit["0"]


def test_circuit_copy_extend_and_equality():
    circuit = full_circuit()
    twin = circuit.copy()
    assert twin == circuit
    assert twin is not circuit
    assert twin.nqubits == 5
    twin.H(0)
    assert twin != circuit
    assert len(circuit) == len(ROWS) + 1
    assert circuit.extend(Circuit(5).H(0)) is circuit
    assert circuit == twin
    assert Circuit(2).H(0) != Circuit(3).H(0)
    assert Circuit(1).RX(0.3, 0) != Circuit(1).RX(0.3 + 1e-16 * 4, 0)
    assert (Circuit(1) == 1) is False


def test_circuit_extends_itself():
    circuit = Circuit(2).H(0).CNOT(0, 1)
    circuit.extend(circuit)
    assert list(circuit) == [("H", 0), ("CNOT", 0, 1)] * 2


def test_inverse_circuit_is_structural():
    circuit = Circuit(2).H(0).S(1).U(0.1, 0.2, 0.3, 0).ISWAP(0, 1)
    assert list(circuit.inverse()) == [("ISWAPDG", 0, 1), ("U", -0.1, -0.3, -0.2, 0), ("SDG", 1), ("H", 0)]
    assert circuit.inverse().inverse() == circuit


def test_inverse_of_a_matrix_is_its_adjoint(rng):
    matrix = oracle.random_unitary(rng, 4)
    _, given, *_ = Circuit(2).unitary(matrix, 1, 0).inverse()[0]
    assert np.array_equal(np.asarray(given).view(complex).reshape(4, 4), matrix.conj().T)


def test_smaller_circuit_acts_on_the_leading_qubits():
    near(ket("000").apply(Circuit(1).X(0)), oracle.from_label("100"))


def test_circuit_pickles_and_copies():
    circuit = Circuit(3).RX(0.3, 1, controls={0: 1, 2: 0}).unitary(oracle.iswap(1), 2, 0)
    assert pickle.loads(pickle.dumps(circuit)) == copy.deepcopy(circuit) == copy.copy(circuit) == circuit


# ---- closing -------------------------------------------------------------------------------------


def test_circuit_repr():
    assert "3" in repr(Circuit(3).H(0))
