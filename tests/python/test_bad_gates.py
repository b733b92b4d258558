"""The catalogue of bad gates and lists, through every door: right class, clear message, nothing changed."""

import decimal

import numpy as np
import oracle
import pytest
from badinput import (
    BAD_QUBITS,
    NOT_ANGLES,
    NOT_FINITE,
    NOT_QUBITS,
    RANGE,
    TOO_LARGE,
    TWICE,
    Bad,
    List,
    N,
    each,
    fails,
    random_ket,
    type_word,
    unchanged,
)

from ketsim import Circuit, InvalidArgument, ket

GATES = [
    *(Bad("H", (q,), InvalidArgument, str(q), RANGE) for q in BAD_QUBITS),
    *(Bad("H", (0, q), InvalidArgument, str(q), RANGE) for q in (3, -1, 2**64)),
    *(Bad("RX", (0.3, q), InvalidArgument, str(q), RANGE) for q in (3, -1, TOO_LARGE)),
    *(Bad("CNOT", (q, 0), InvalidArgument, str(q), RANGE) for q in BAD_QUBITS),
    *(Bad("CNOT", (0, q), InvalidArgument, str(q), RANGE) for q in BAD_QUBITS),
    *(Bad("RXX", (0.3, 0, q), InvalidArgument, str(q), RANGE) for q in BAD_QUBITS),
    *(Bad("CCX", (0, 1, q), InvalidArgument, str(q), RANGE) for q in BAD_QUBITS),
    *(Bad("H", (q,), TypeError, type_word(q), "int") for q in NOT_QUBITS),
    *(Bad("CNOT", (0, q), TypeError, type_word(q), "int") for q in NOT_QUBITS),
    *(Bad("CNOT", (q, 0), TypeError, type_word(q), "int") for q in NOT_QUBITS),
    *(Bad("RZ", (0.3, q), TypeError, type_word(q), "int") for q in NOT_QUBITS),
    # qubits that repeat
    Bad("H", (0, 0), InvalidArgument, "0", TWICE),
    Bad("RX", (0.1, 2, 1, 2), InvalidArgument, "2", TWICE),
    Bad("CNOT", (1, 1), InvalidArgument, "1", TWICE),
    Bad("SWAP", (2, 2), InvalidArgument, "2", TWICE),
    Bad("CCX", (0, 0, 1), InvalidArgument, "0", TWICE),
    Bad("CCX", (0, 1, 0), InvalidArgument, "0", TWICE),
    Bad("CSWAP", (0, 1, 1), InvalidArgument, "1", TWICE),
    # wrong numbers of arguments
    Bad("H", (), TypeError, "H", "qubit|argument"),
    Bad("RX", (), TypeError, "RX", "theta|qubit|argument"),
    Bad("RX", (0.3,), TypeError, "RX", "qubit|argument"),
    Bad("U", (0.1, 0.2, 0.3), TypeError, "U", "qubit|argument"),
    Bad("CNOT", (), TypeError, "CNOT", "2|two"),
    Bad("CNOT", (0,), TypeError, "CNOT", "2|two"),
    Bad("CNOT", (0, 1, 2), TypeError, "CNOT", "2|two"),
    Bad("SWAP", (0, 1, 2), TypeError, "SWAP", "2|two"),
    Bad("CCX", (0, 1), TypeError, "CCX", "3|three"),
    Bad("CRX", (0.3, 0), TypeError, "CRX", "2|3|two|three"),
    Bad("FSIM", (0.1, 0.2, 0), TypeError, "FSIM", "2|4|two|four"),
    # angles
    *(Bad("RX", (t, 0), InvalidArgument, "nan|inf", "finite") for t in NOT_FINITE),
    *(Bad("CP", (t, 0, 1), InvalidArgument, "nan|inf", "finite") for t in NOT_FINITE),
    *(Bad("U", (0.1, t, 0.2, 0), InvalidArgument, "nan|inf", "finite") for t in NOT_FINITE),
    *(Bad("U", (0.1, 0.2, t, 0), InvalidArgument, "nan|inf", "finite") for t in NOT_FINITE),
    *(Bad("RY", (t, 0), TypeError, type_word(t), "number|float|real") for t in NOT_ANGLES),
    *(Bad("RZZ", (t, 0, 1), TypeError, type_word(t), "number|float|real") for t in NOT_ANGLES),
    Bad("RX", (10**400, 0), InvalidArgument, "", "finite|float"),
    Bad("RX", (decimal.Decimal("NaN"), 0), InvalidArgument, "nan", "finite"),
    # further controls
    *(Bad("H", (0,), InvalidArgument, str(q), RANGE, {"controls": [q]}) for q in BAD_QUBITS),
    *(Bad("H", (0,), InvalidArgument, str(q), RANGE, {"controls": {q: 1}}) for q in BAD_QUBITS),
    *(Bad("H", (0,), TypeError, type_word(q), "int", {"controls": (q,)}) for q in NOT_QUBITS),
    *(Bad("H", (0,), InvalidArgument, str(v), r"0\.\.1", {"controls": {1: v}}) for v in (2, -1, 2**64)),
    *(Bad("H", (0,), TypeError, type_word(v), r"int|0\.\.1", {"controls": {1: v}}) for v in (None, "1", 1.0)),
    Bad("H", (0,), InvalidArgument, "0", TWICE, {"controls": [0]}),
    Bad("H", (1, 0), InvalidArgument, "0", TWICE, {"controls": {0: 1}}),
    Bad("CNOT", (0, 1), InvalidArgument, "0", TWICE, {"controls": {0: 0}}),
    Bad("CNOT", (0, 1), InvalidArgument, "1", TWICE, {"controls": {1: 0}}),
    Bad("H", (0,), InvalidArgument, "1", TWICE, {"controls": [1, 1]}),
    *(Bad("H", (0,), TypeError, type_word(c), "", {"controls": c}) for c in (5, 1.5, object(), "1")),
    Bad("H", (0,), (TypeError, InvalidArgument), "control", "", {"control": [1]}),
    Bad("H", (0,), (TypeError, InvalidArgument), "theta", "", {"theta": 0.3}),
    # matrices of the caller's own
    *(
        Bad("unitary", (oracle.X * (1 + error), 0), InvalidArgument, "unitary|UU|U U", "1e-10")
        for error in (1e-3, 1e-6, 1e-9, -1e-9)
    ),
    Bad("unitary", (np.ones((2, 2), complex), 0), InvalidArgument, "unitary|UU|U U", "1e-10"),
    Bad("unitary", (np.zeros((4, 4), complex), 0, 1), InvalidArgument, "unitary|UU|U U", "1e-10"),
    Bad("unitary", (oracle.X.astype("c8") * 1.001, 0), InvalidArgument, "unitary|UU|U U", "1e-0?5"),
    Bad("unitary", (np.full((2, 2), np.nan, complex), 0), InvalidArgument, "nan", "finite"),
    Bad("unitary", (np.diag([1, complex(0, np.inf)]), 0), InvalidArgument, "inf", "finite"),
    Bad("unitary", (np.full((2, 2), 1e200, complex), 0), InvalidArgument, "unitary|UU|U U", "1e-10"),
    *(
        Bad("unitary", (np.eye(rows, columns, dtype=complex), *qubits), (InvalidArgument, TypeError))
        for rows, columns, qubits in [
            (2, 3, [0]),
            (3, 3, [0]),
            (1, 1, [0]),
            (4, 4, [0]),
            (2, 2, [0, 1]),
            (8, 8, [0, 1]),
            (4, 2, [0, 1]),
            (0, 0, [0]),
            (2, 2, []),
        ]
    ),
    *(
        Bad("unitary", (matrix, 0), (InvalidArgument, TypeError))
        for matrix in (
            np.ones(4, complex),
            np.ones((2, 2, 1), complex),
            [[1, 0], [0]],
            [[1, 0], [0, "1"]],
            [],
            [[]],
            np.array([["a", "b"], ["c", "d"]]),
            np.zeros((2, 2), "M8[s]"),
            b"\0" * 64,
            "X",
            None,
            5,
        )
    ),
    Bad("unitary", (), TypeError),
    *(Bad("unitary", (oracle.X, q), InvalidArgument, str(q), RANGE) for q in BAD_QUBITS),
    *(Bad("unitary", (oracle.X, q), TypeError, type_word(q), "int") for q in NOT_QUBITS),
    Bad("unitary", (oracle.SWAP, 1, 1), InvalidArgument, "1", TWICE),
    Bad(
        "unitary",
        (oracle.X, 1),
        InvalidArgument,
        "1",
        TWICE,
        {"controls": [1]},
    ),
]


def as_method(target, bad):
    getattr(target, bad.name)(*bad.arguments, **bad.keywords)


def as_last_tuple(target, bad):
    keywords = [bad.keywords] if bad.keywords else []
    target.apply_gates([("X", 0), ("RX", 0.3, 1), (bad.name, *bad.arguments, *keywords)])


def as_first_tuple(target, bad):
    keywords = [bad.keywords] if bad.keywords else []
    target.apply_gates([(bad.name, *bad.arguments, *keywords), ("X", 0)])


each_door = pytest.mark.parametrize("door", [as_method, as_last_tuple, as_first_tuple])


@each_door
@each(GATES)
def test_bad_gate_on_a_state(bad, door):
    unchanged(random_ket(), lambda q: door(q, bad), bad)


@each(GATES)
def test_bad_gate_on_an_eager_state(bad):
    unchanged(ket("+r1", eager=True), lambda q: as_method(q, bad), bad)


@each_door
@each(GATES)
def test_bad_gate_on_a_circuit(bad, door):
    circuit = Circuit(N).H(0).CNOT(0, 1)
    fails(lambda: door(circuit, bad), bad)
    assert circuit == Circuit(N).H(0).CNOT(0, 1)


def test_the_message_of_the_issue():
    with pytest.raises(InvalidArgument, match=r"qubit 5: must be 0\.\.1 for 2 qubits$"):
        ket("00").H(5)


# ---- lists -----------------------------------------------------------------------------------------


LISTS = [
    List(None, TypeError, "NoneType"),
    List(5, TypeError, "int"),
    List([5], TypeError, "int", "tuple"),
    List([None], TypeError, "NoneType", "tuple"),
    List([()], (TypeError, InvalidArgument)),
    List([(5, 0)], TypeError, "int", "str|name"),
    List([(None,)], TypeError, "NoneType", "str|name"),
    List([(b"H", 0)], TypeError, "bytes", "str|name"),
    List([("", 0)], InvalidArgument, "''|\"\""),
    List([("HADAMARD", 0)], InvalidArgument, "HADAMARD"),
    List([("CNTO", 0, 1)], InvalidArgument, "CNTO", "CNOT"),
    List([("h", 0)], InvalidArgument, "'h'|\"h\"", r"\bH\b"),
    List([("H\0", 0)], InvalidArgument),
    List([("Ħ", 0)], InvalidArgument),
    List([("\ud800", 0)], (InvalidArgument, TypeError)),
    List([("Q" * 100_000, 0)], InvalidArgument),
    List([("H", 0, {"control": [1]})], (InvalidArgument, TypeError), "control"),
    List([("H", 0, {"controls": [1], "x": 1})], (InvalidArgument, TypeError), "x"),
    List([("H", 0, {1: [1]})], (InvalidArgument, TypeError)),
    List([("H", {"controls": [1]}, 0)], TypeError, "dict"),
    List([("X", 0), "X0"], (TypeError, InvalidArgument)),
    List([["H"], ["X", 0]], TypeError, "H"),
]


@each(LISTS)
@pytest.mark.parametrize("eager", [False, True])
def test_bad_list_on_a_state(bad, eager):
    unchanged(ket("+r1", eager=eager), lambda q: q.apply_gates(bad.gates), bad)


@each(LISTS)
def test_bad_list_on_a_circuit(bad):
    circuit = Circuit(N).H(0)
    fails(lambda: circuit.apply_gates(bad.gates), bad)
    assert circuit == Circuit(N).H(0)


def test_a_long_list_with_one_bad_gate_at_its_end():
    q = ket("000")
    with pytest.raises(InvalidArgument, match=r"3.*0\.\.2"):
        q.apply_gates([("H", 0)] * 100_000 + [("H", 3)])
    assert (q.pending, q.generation) == (0, 1)
