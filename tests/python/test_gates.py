"""Every row of the gate table, seen from Python: methods, matrices, controls, inverses."""

import inspect
import itertools

import numpy as np
import oracle
import pytest
from compare import bits, near
from rows import BY_NAME, ROWS, each_row

from ketsim import Circuit, Ket, ffi, ket, lib

# What the library promises by name; the table may hold more.
PROMISED = [
    "I",
    "X",
    "Y",
    "Z",
    "H",
    "S",
    "SDG",
    "T",
    "TDG",
    "SX",
    "SXDG",
    "RX",
    "RY",
    "RZ",
    "P",
    "U",
    "CNOT",
    "CY",
    "CZ",
    "CH",
    "CP",
    "CRX",
    "CRY",
    "CRZ",
    "CU",
    "SWAP",
    "ISWAP",
    "RXX",
    "RYY",
    "RZZ",
    "CCX",
    "CCZ",
    "CSWAP",
    "ISWAPDG",
    "FSIM",
    "ECR",
]
ALIASES = {"CX": "CNOT", "TOFFOLI": "CCX", "FREDKIN": "CSWAP"}
PAULI = {"X": oracle.X, "Y": oracle.Y, "Z": oracle.Z}

each_class = pytest.mark.parametrize("cls", [Ket, Circuit])


def placements(row, n):
    return list(itertools.permutations(range(n), row.nqubits))


def start(rng, n):
    """A random state as the library holds it, and the same numbers for the oracle."""
    psi = oracle.random_state(rng, n)
    return ket.from_amplitudes(psi), psi


def test_oracle_agrees_with_kronecker_products(rng):
    u, psi = oracle.random_unitary(rng, 2), oracle.random_state(rng, 3)
    one = np.diag([0, 1])
    near(oracle.apply(psi, u, [1]), np.kron(np.kron(np.eye(2), u), np.eye(2)) @ psi)
    controlled = np.kron(np.eye(4), np.eye(2) - one) + np.kron(np.kron(np.eye(2), u), one)
    near(oracle.apply(psi, u, [1], {2: 1}), controlled @ psi)
    pair = oracle.random_unitary(rng, 4)
    swapped = oracle.SWAP @ pair @ oracle.SWAP
    near(oracle.apply(psi, pair, [1, 0]), np.kron(swapped, np.eye(2)) @ psi)


def test_promised_rows_and_aliases_exist():
    assert [name for name in PROMISED if name not in BY_NAME] == []
    aliases = {alias: row.name for row in ROWS for alias in row.aliases}
    assert {alias: aliases.get(alias) for alias in ALIASES} == ALIASES


def test_names_are_unique():
    names = [name for row in ROWS for name in (row.name, *row.aliases)]
    assert len(names) == len(set(names))


@each_row([row for row in ROWS if row.name in oracle.TEXTBOOK])
def test_library_matrix_is_the_textbook_one(row):
    matrix = oracle.controlled(row.matrix(*row.angles), row.ncontrols)
    near(matrix, oracle.TEXTBOOK[row.name](*row.angles))


@each_row()
def test_matrix_is_unitary(row):
    """Also where the sum of two angles would lose all of the smaller one."""
    for angles in ((0.3, -1.1, 2.5), (1.0, 1e16, 1.0), (1e5, -7e5, 3e5), (-2.0, 1.0, 1e300)):
        u = row.matrix(*angles[: row.nangles])
        near(u @ u.conj().T, np.eye(len(u)))


@each_row([row for row in ROWS if row.generator])
def test_generator_exponentiates_to_the_gate(row):
    word = np.eye(1)
    for letter in row.generator:
        word = np.kron(word, PAULI[letter])
    near(row.matrix(row.angles[0]), oracle.rotation(word)(row.angles[0]))


@each_row()
def test_inverse_row_undoes_the_matrix(row):
    back = [np.sign(k) * row.angles[abs(k) - 1] for k in row.inverse_angles]
    product = ROWS[row.inverse].matrix(*back) @ row.matrix(*row.angles)
    near(product, np.eye(len(product)))


@each_class
@each_row()
def test_method_has_signature_and_docstring(cls, row):
    for name in (row.name, *row.aliases):
        method = getattr(cls, name)
        assert row.doc in " ".join(method.__doc__.split()), f"{cls.__name__}.{name}: docstring"
        parameters = list(inspect.signature(method).parameters.values())[1:]
        assert tuple(p.name for p in parameters[: row.nangles]) == row.angle_names
        assert parameters[-1].name == "controls"
        assert parameters[-1].kind is parameters[-1].KEYWORD_ONLY
        assert parameters[-1].default is None
        qubits = parameters[row.nangles : -1]
        variadic = any(p.kind is p.VAR_POSITIONAL for p in qubits)
        assert variadic == row.broadcasts
        assert variadic or len(qubits) == row.nqubits


@each_row()
def test_methods_return_their_object(row):
    q, circuit = ket(3), Circuit(3)
    qubits = range(row.nqubits)
    assert getattr(q, row.name)(*row.angles, *qubits) is q
    assert getattr(circuit, row.name)(*row.angles, *qubits) is circuit
    assert q.pending == len(circuit) == 1


@each_row()
def test_alias_is_the_same_operation(row):
    arguments = (*row.angles, *range(row.nqubits))
    want = getattr(Circuit(3), row.name)(*arguments)
    for alias in row.aliases:
        assert getattr(Circuit(3), alias)(*arguments) == want
        assert Circuit(3).apply_gates([(alias, *arguments)]) == want


@each_row()
def test_action_on_every_placement(row, rng, dtype):
    matrix = row.full_matrix(*row.angles)
    for n in range(row.nqubits, 5):
        psi = oracle.random_state(rng, n).astype(dtype)
        for qubits in placements(row, n):
            q = ket.from_amplitudes(psi)
            assert q.dtype == dtype
            getattr(q, row.name)(*row.angles, *qubits)
            near(q, oracle.apply(psi, matrix, qubits), dtype)


@each_row()
def test_tuple_is_the_method(row, rng):
    for qubits in placements(row, 3):
        arguments = (*row.angles, *qubits)
        a, psi = start(rng, 3)
        b = ket.from_amplitudes(psi)
        getattr(a, row.name)(*arguments)
        assert b.apply_gates([(row.name, *arguments)]) is b
        assert bits(a) == bits(b)


@each_row()
def test_further_controls_with_every_value(row, rng):
    matrix, n = row.full_matrix(*row.angles), row.nqubits + 2
    for qubits in placements(row, n)[:: max(1, len(placements(row, n)) // 6)]:
        spare = [q for q in range(n) if q not in qubits]
        for values in itertools.product((0, 1), repeat=2):
            controls = dict(zip(spare, values, strict=True))
            q, psi = start(rng, n)
            getattr(q, row.name)(*row.angles, *qubits, controls=controls)
            want = oracle.apply(psi, matrix, qubits, controls)
            near(q, want)
            listed = ket.from_amplitudes(psi)
            listed.apply_gates([(row.name, *row.angles, *qubits, {"controls": controls})])
            assert bits(listed) == bits(q)


@each_row()
@pytest.mark.parametrize("kind", [list, tuple, set, frozenset, iter, "dict"])
def test_iterable_of_controls_means_all_one(row, kind, rng):
    n = row.nqubits + 2
    spare = [n - 1, n - 2]
    controls = dict.fromkeys(spare, 1) if kind == "dict" else kind(spare)
    q, psi = start(rng, n)
    getattr(q, row.name)(*row.angles, *range(row.nqubits), controls=controls)
    matrix = row.full_matrix(*row.angles)
    near(q, oracle.apply(psi, matrix, range(row.nqubits), dict.fromkeys(spare, 1)))


@each_row()
def test_no_further_controls(row):
    arguments = (*row.angles, *range(row.nqubits))
    plain = getattr(Circuit(3), row.name)(*arguments)
    for controls in (None, {}, [], ()):
        assert getattr(Circuit(3), row.name)(*arguments, controls=controls) == plain


@each_row([row for row in ROWS if row.broadcasts])
def test_broadcast_is_one_operation_per_qubit(row):
    wide = getattr(Circuit(4), row.name)(*row.angles, 2, 0, 3)
    single = Circuit(4)
    for qubit in (2, 0, 3):
        getattr(single, row.name)(*row.angles, qubit)
    assert len(wide) == 3
    assert wide == single
    q = getattr(ket(4), row.name)(*row.angles, 2, 0, 3)
    assert q.pending == 3
    near(q, np.asarray(ket(4).apply(single)))


@each_row([row for row in ROWS if row.broadcasts])
def test_broadcast_under_controls(row, rng):
    q, psi = start(rng, 3)
    getattr(q, row.name)(*row.angles, 0, 2, controls={1: 0})
    matrix = row.full_matrix(*row.angles)
    near(q, oracle.apply(oracle.apply(psi, matrix, [0], {1: 0}), matrix, [2], {1: 0}))


@each_row()
def test_inverse_circuit_undoes_it(row, rng):
    circuit = Circuit(4)
    for qubits in placements(row, 4)[:7]:
        spare = [q for q in range(4) if q not in qubits]
        getattr(circuit, row.name)(*row.angles, *qubits, controls={spare[0]: 0})
    q, psi = start(rng, 4)
    q.apply(circuit)
    assert not np.allclose(np.asarray(q), psi, atol=1e-3) or row.name == "I"
    near(q.apply(circuit.inverse()), psi)


@pytest.mark.parametrize("angle", [0.0, -0.0, np.pi, 4 * np.pi, -1e-300, 1e300, 7, np.float32(0.3)])
@each_row([row for row in ROWS if row.nangles])
def test_any_finite_angle(row, angle, rng):
    q, psi = start(rng, 3)
    angles = [angle] * row.nangles
    getattr(q, row.name)(*angles, *range(row.nqubits))
    matrix = row.full_matrix(*map(float, angles))
    near(q, oracle.apply(psi, matrix, range(row.nqubits)))


@pytest.mark.parametrize("integer", [np.int8, np.int64, np.uint64, np.array])
def test_qubits_may_be_numpy_integers(integer):
    assert Circuit(3).CNOT(integer(2), integer(0), controls=[integer(1)]) == Circuit(3).CNOT(
        2, 0, controls=[1]
    )
    assert Circuit(3).apply_gates([("H", integer(2))]) == Circuit(3).H(2)


def test_unknown_name_suggests_the_nearest():
    for wrong, right in {"CNTO": "CNOT", "h": "H", "SWAPP": "SWAP", "Rx": "RX"}.items():
        with pytest.raises(ValueError, match=rf"{wrong}.*\b{right}\b"):
            Circuit(2).apply_gates([(wrong, 0)])
        out = ffi.new("ketsim_gate *")
        assert lib.ketsim_gate_find(out, wrong.encode()) == lib.KETSIM_ERR_ARGUMENT
