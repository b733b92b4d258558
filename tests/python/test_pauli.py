"""Pauli rotations and phases, Fourier transform, Trotter steps: against matrices, through every door."""

import functools
import itertools
import math
import pickle

import numpy as np
import oracle
import pytest
from compare import bits, near

from ketsim import Circuit, InvalidArgument, Observable, ket

LETTERS = {"I": np.eye(2), "X": oracle.X, "Y": oracle.Y, "Z": oracle.Z}


def string_matrix(letters):
    return functools.reduce(np.kron, [LETTERS[letter.upper()] for letter in letters], np.eye(1))


def rotation(theta, letters):
    p = string_matrix(letters)
    return math.cos(theta / 2) * np.eye(len(p)) - 1j * math.sin(theta / 2) * p


@pytest.mark.parametrize("weight", [1, 2, 3, 4])
def test_rotation_of_every_string(weight, rng, dtype):
    for letters in map("".join, itertools.product("IXYZ", repeat=weight)):
        theta, order = rng.uniform(-7, 7), [int(q) for q in rng.permutation(6)]
        qubits, spare = order[:weight], order[weight:]
        psi = oracle.random_state(rng, 6).astype(dtype)
        for controls in ({}, {spare[0]: 0}, {spare[0]: 1, spare[1]: 0}):
            q, listed = ket.from_amplitudes(psi), ket.from_amplitudes(psi)
            assert q.pauli_rotation(theta, letters, *qubits, controls=controls) is q
            near(q, oracle.apply(psi, rotation(theta, letters), qubits, controls), dtype)
            listed.apply_gates([("pauli_rotation", theta, letters, *qubits, {"controls": controls})])
            assert bits(listed) == bits(q)


def test_rotations_agree_with_the_rows():
    for name, letters in (("RX", "X"), ("RY", "Y"), ("RZ", "z"), ("RXX", "xx"), ("RYY", "YY"), ("RZZ", "ZZ")):
        qubits = (2, 0)[: len(letters)]
        start = ket("r+1")
        row = getattr(start.copy(), name)(0.7, *qubits)
        near(start.pauli_rotation(0.7, letters, *qubits), row.amplitudes(), "complex128")


def test_global_phase(rng, dtype):
    psi = oracle.random_state(rng, 3).astype(dtype)
    near(ket.from_amplitudes(psi).global_phase(0.4), np.exp(0.4j) * psi, dtype)
    q = ket.from_amplitudes(psi).apply_gates([("global_phase", 0.4, {"controls": {1: 0}})])
    near(q, np.where(np.arange(8) & 2, psi, np.exp(0.4j) * psi), dtype)


def written():
    return (
        Circuit(5)
        .pauli_rotation(0.25, "XIyZ", 4, 0, 2, 1, controls={3: 0})
        .global_phase(-0.5, controls=[1])
        .H(0)
    )


def test_circuits_remember():
    entries = [
        ("pauli_rotation", 0.25, "ZYX", 1, 2, 4, {"controls": {3: 0}}),
        ("pauli_rotation", 1.0, "", {"controls": {1: 1}}),
        ("H", 0),
    ]
    assert list(written()) == entries
    assert Circuit(5).apply_gates(entries) == written()
    assert Circuit(5).apply_gates(map(list, entries)) == written()
    assert eval(repr(written()), {"Circuit": Circuit}) == written()


def test_circuits_with_rotations_are_copied_pickled_and_undone():
    circuit = written()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(circuit, protocol)) == circuit
    assert circuit.copy() == circuit != circuit.inverse()
    near(ket("01+-r").apply(circuit).apply(circuit.inverse()), ket("01+-r").amplitudes(), "complex128")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((math.inf, "X", 0), "inf"),
        ((0.1, "XA", 0, 1), "'XA'.*I X Y Z"),
        ((0.1, "X\0", 0, 1), "I X Y Z"),
        ((0.1, "X\N{GREEK CAPITAL LETTER CHI}", 0, 1), "I X Y Z"),
        ((0.1, "\udc80", 0), "I X Y Z"),
        ((0.1, "XY", 0), "2 letters with 1 qubits"),
        ((0.1, "X" * 41, *range(41)), "at most 40"),
        ((0.1, "XY", 0, 3), "qubit 3.*0..2"),
        ((0.1, "XY", 1, 1), "qubit 1.*twice"),
        ((0.1, "XYI", 0, 1, 2, {"controls": [2]}), "qubit 2.*twice"),
    ],
)
def test_bad_rotations_change_nothing(arguments, message):
    q, circuit = ket("01+"), Circuit(3)
    before = bits(q)
    with pytest.raises(InvalidArgument, match=message):
        q.apply_gates([("X", 0), ("pauli_rotation", *arguments)])
    with pytest.raises(InvalidArgument, match=message):
        circuit.apply_gates([("X", 0), ("pauli_rotation", *arguments)])
    keywords = arguments[-1] if isinstance(arguments[-1], dict) else {}
    with pytest.raises(InvalidArgument, match=message):
        circuit.pauli_rotation(*(arguments[:-1] if keywords else arguments), **keywords)
    assert bits(q) == before
    assert len(circuit) == 0


@pytest.mark.parametrize(
    "arguments", [(), (0.1,), ("X", 0.1, 0), (0.1, b"X", 0), (0.1, 3, 0), (0.1, "X", 0.0), (1j, "X", 0)]
)
def test_rotations_of_other_types_are_refused(arguments):
    with pytest.raises(TypeError):
        Circuit(2).pauli_rotation(*arguments)
    with pytest.raises(TypeError):
        Circuit(2).apply_gates([("pauli_rotation", *arguments)])


def test_bad_global_phases():
    for arguments in ((), (0.1, 0), ("x",)):
        with pytest.raises(TypeError):
            Circuit(1).global_phase(*arguments)
    with pytest.raises(InvalidArgument, match="finite"):
        Circuit(1).global_phase(math.nan)


# ---- made of several gates -----------------------------------------------------------------------


@pytest.mark.parametrize("inverse", [False, True])
def test_qft(inverse, rng):
    for n in range(1, 6):
        for count in range(1, n + 1):
            qubits = [int(q) for q in rng.permutation(n)[:count]]
            index = np.arange(1 << count)
            sign = -2j if inverse else 2j
            matrix = np.exp(sign * np.pi * np.outer(index, index) / len(index)) / math.sqrt(len(index))
            psi = oracle.random_state(rng, n)
            circuit = Circuit(n)
            assert circuit.qft(qubits, inverse=inverse) is circuit
            near(ket.from_amplitudes(psi).apply(circuit), oracle.apply(psi, matrix, qubits, {}), "complex128")
    assert Circuit(3).qft() == Circuit(3).qft(range(3))
    assert Circuit(3).qft([2, 0]).inverse() == Circuit(3).qft([2, 0], inverse=True)


def test_bad_qft():
    circuit = Circuit(3)
    for qubits in ([0, 3], [1, 1], []):
        with pytest.raises(InvalidArgument):
            circuit.qft(qubits)
    with pytest.raises(TypeError):
        circuit.qft("01")
    assert len(circuit) == 0


def hamiltonian_matrix(observable, n):
    total = np.zeros((1 << n, 1 << n), complex)
    for coefficient, text in observable:
        letters = ["I"] * n
        for factor in text.split():
            if factor != "I":
                letters[int(factor[1:])] = factor[0]
        total += coefficient * string_matrix(letters)
    return total


def exponential(matrix, time):
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.exp(-1j * time * values) @ vectors.conj().T


def evolution_error(text, n, steps, order):
    observable = Observable(text)
    circuit = Circuit(n).evolve(observable, 0.8, steps=steps, order=order)
    exact = exponential(hamiltonian_matrix(observable, n), 0.8) @ ket("0" * n).amplitudes()
    return np.abs(ket("0" * n).apply(circuit).amplitudes() - exact).max()


def test_evolution_is_exact_when_terms_commute():
    for order in (1, 2):
        assert evolution_error("0.5 Z0 Z1 - 1.25 Z1 Z2 + 0.3", 3, 1, order) < 1e-14
        assert evolution_error("X0 X1 + Y0 Y1 + Z0 Z1 + 0.7 X2 Y3 Z4", 5, 2, order) < 1e-14


@pytest.mark.parametrize("order", [1, 2])
def test_evolution_converges(order):
    text = "Z0 Z1 + Z1 Z2 + 0.7 X0 + 0.7 X1 + 0.7 X2 - 0.4 Y0 Y1 X2"
    ratio = evolution_error(text, 3, 10, order) / evolution_error(text, 3, 100, order)
    assert 10**order * 0.7 < ratio < 10**order * 1.4


def test_evolution_takes_what_makes_an_observable():
    assert Circuit(2).evolve("Z0 Z1", 0.5) == Circuit(2).pauli_rotation(1.0, "ZZ", 0, 1)
    assert Circuit(2).evolve({"Z0 Z1": 2}, 0.5, 1, 2) == Circuit(2).pauli_rotation(2.0, "ZZ", 0, 1)
    assert Circuit(2).evolve(3, 0.5) == Circuit(2).global_phase(-1.5)


def test_bad_evolution():
    circuit = Circuit(2)
    for arguments, message in (
        (("Z2", 1.0), "3 qubits.*2"),
        (("Z0", math.nan), "finite"),
        (("Z0", 1.0, 0), "steps"),
        (("Z0", 1.0, 1, 3), "order"),
        (("X0 + 1e300 Z0", 1e300), "finite"),
    ):
        with pytest.raises(InvalidArgument, match=message):
            circuit.evolve(*arguments)
    for arguments in (("Z0",), (None, 1.0), ("Z0", "1"), ("Z0", 1.0, 1.5), ("Z0", 1.0, 1, "2")):
        with pytest.raises(TypeError):
            circuit.evolve(*arguments)
    assert len(circuit) == 0
