"""Diagonals, permutations, oracles and orders of qubits against NumPy; what they refuse; where they go."""

import copy
import math
import pickle

import numpy as np
import pytest
from oracle import apply, permutation, random_state

import ketsim
from ketsim import Circuit, DensityMatrix, InvalidArgument, ket, noise, run_batch

RNG = np.random.default_rng(20)


def phases(k):
    return np.exp(1j * RNG.uniform(-4, 4, 1 << k))


def place(n, k, controls):
    """k targets and some controls among n qubits."""
    chosen = [int(q) for q in RNG.permutation(n)]
    return chosen[:k], {q: int(RNG.integers(2)) for q in chosen[k : k + controls]}


def close(state, expected):
    assert np.allclose(state.amplitudes(), expected, atol=1e-12 if state.dtype == "complex128" else 1e-5)


@pytest.mark.parametrize("n", [1, 2, 3, 6, 9, 13])
@pytest.mark.parametrize("kind", ["diagonal", "permutation"])
def test_against_matrices(kind, n):
    for _ in range(12):
        k = int(RNG.integers(1, min(n, 8) + 1))
        qubits, controls = place(n, k, int(RNG.integers(0, n - k + 1)))
        table = phases(k) if kind == "diagonal" else RNG.permutation(1 << k)
        matrix = np.diag(table) if kind == "diagonal" else permutation(table)
        psi = random_state(RNG, n)
        expected = apply(psi, matrix, qubits, controls)
        method = getattr(Circuit(n), kind)
        circuit = method(table, *qubits, controls=controls)
        state = getattr(ket.from_amplitudes(psi), kind)(table, *qubits, controls=controls)
        close(state, expected)
        close(ket.from_amplitudes(psi).apply(circuit), expected)
        close(ket.from_amplitudes(psi).apply_gates(circuit), expected)
        close(state.apply(circuit.inverse()), psi)


@pytest.mark.parametrize("kind", ["diagonal", "permutation"])
def test_circuits_keep_them(kind):
    """As tuples up to 1024 entries, as bytes from there on; through pickles, copies and comparisons."""
    for k in (1, 2, 3, 10, 11):
        table = phases(k) if kind == "diagonal" else RNG.permutation(1 << k)
        circuit = getattr(Circuit(12), kind)(table, *range(k), controls={11: 0})
        [(name, entries, *rest)] = circuit
        assert name == kind
        assert rest == [*range(k), {"controls": {11: 0}}]
        assert isinstance(entries, tuple if k <= 10 else bytes)
        dtype = np.complex128 if kind == "diagonal" else np.uint64
        found = np.frombuffer(entries, dtype) if k > 10 else np.array(entries, dtype)
        assert np.array_equal(found, table)
        for other in (
            pickle.loads(pickle.dumps(circuit)),
            copy.deepcopy(circuit),
            Circuit(12).apply_gates(circuit),
        ):
            assert other == circuit
        assert circuit.inverse() != circuit or k <= 2
        assert circuit.inverse().inverse() == circuit
        assert circuit.stats().counts == {kind: 1}
        assert kind in circuit.draw(width=400)
        assert len(repr(circuit)) < 100_000


def test_single_precision_is_taken_back():
    single = phases(3).astype(np.complex64)
    circuit = Circuit(3).diagonal(single, 0, 1, 2)
    assert pickle.loads(pickle.dumps(circuit)) == circuit
    with pytest.raises(InvalidArgument, match="modulus 1"):
        Circuit(3).diagonal(single.astype(complex) * (1 + 1e-6), 0, 1, 2)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_integers_of_any_size(dtype):
    table = RNG.permutation(64).astype(dtype)
    expected = Circuit(6).permutation([int(y) for y in table], *range(6))
    assert Circuit(6).permutation(table, *range(6)) == expected
    assert Circuit(6).permutation(np.repeat(table, 3)[::3], *range(6)) == expected
    assert Circuit(6).permutation(table.astype("u8").tobytes(), *range(6)) == expected


def test_functions_are_called_once_each_now():
    seen = []

    def f(x):
        seen.append(x)
        return x ^ 5

    circuit = Circuit(3).permutation(f, 2, 0, 1)
    assert seen == list(range(8))
    ket("000").apply(circuit).apply(circuit).run()
    assert len(seen) == 8
    assert circuit == Circuit(3).permutation([x ^ 5 for x in range(8)], 2, 0, 1)


@pytest.mark.parametrize(
    ("inputs", "outputs"), [((0,), (1,)), ((2, 0), (1, 3)), ((4, 1, 3), (0,)), ((1,), (3, 2, 0))]
)
def test_oracles(inputs, outputs):
    values = RNG.integers(0, 1 << len(outputs), 1 << len(inputs))
    psi = random_state(RNG, 5)
    matrix = np.zeros((1 << (len(inputs) + len(outputs)),) * 2)
    for x, value in enumerate(values):
        for y in range(1 << len(outputs)):
            matrix[x << len(outputs) | (y ^ int(value)), x << len(outputs) | y] = 1
    expected = apply(psi, matrix, [*inputs, *outputs], {})
    for f in (values, list(map(int, values)), lambda x: int(values[x])):
        close(ket.from_amplitudes(psi).oracle(f, inputs, outputs), expected)
    circuit = Circuit(5).oracle(values, inputs, outputs)
    assert circuit == circuit.inverse()
    assert circuit == Circuit(5).apply_gates([("oracle", values, inputs, outputs)])


def test_an_oracle_takes_one_qubit_and_predicates():
    assert Circuit(2).oracle(lambda x: x == 1, 0, 1) == Circuit(2).oracle([False, True], [0], [1])


@pytest.mark.parametrize("method", ["permutation", "oracle"])
@pytest.mark.parametrize("make", [lambda: ket("010"), lambda: Circuit(3).H(0)])
def test_exceptions_pass_through(method, make):
    class Own(Exception):
        pass

    def f(x):
        if x == 3:
            raise Own(x)
        return x

    where = (0, 1, 2) if method == "permutation" else ((0, 1), 2)
    one = make()
    with pytest.raises(Own, match="3"):
        getattr(one, method)(f if method == "permutation" else lambda x: f(x) & 1, *where)
    assert (len(one) if isinstance(one, Circuit) else one.pending) == (1 if isinstance(one, Circuit) else 0)


BAD = [
    ("diagonal", ([1, 1, 1], 0, 1), InvalidArgument, "3 entries with 2 qubits"),
    ("diagonal", ([1, 1], 0, 1), InvalidArgument, "2 entries with 2 qubits"),
    ("diagonal", ([1, 0.5], 0), InvalidArgument, "entry 1 is 0.5"),
    ("diagonal", ([1, math.nan], 0), InvalidArgument, "modulus 1"),
    ("diagonal", ([[1, 1], [1, 1]], 0, 1), TypeError, "number"),
    ("diagonal", (np.ones((2, 2, 1)), 0, 1), InvalidArgument, "3"),
    ("diagonal", ("ab", 0), TypeError, "diagonal"),
    ("diagonal", (b"12345", 0), InvalidArgument, "5 bytes"),
    ("diagonal", ([1, 1],), TypeError, "1 arguments"),
    ("diagonal", ([1, 1], 3), InvalidArgument, "qubit 3"),
    ("diagonal", ([1, 1, 1, 1], 1, 1), InvalidArgument, "twice"),
    ("permutation", ([0, 1, 2], 0, 1), InvalidArgument, "3 entries with 2 qubits"),
    ("permutation", ([0, 1, 1, 3], 0, 1), InvalidArgument, "1 and 2 both go to 1"),
    ("permutation", ([0, 1, 2, 4], 0, 1), InvalidArgument, "entry 3: 4: must be 0..3"),
    ("permutation", ([0, 1, 2, -1], 0, 1), InvalidArgument, "entry 3: -1"),
    ("permutation", (np.array([0, 1, 2, -1]), 0, 1), InvalidArgument, "entry 3 is -1: must be 0..3"),
    ("permutation", (np.array([0, 1, 2, 4], "u1"), 0, 1), InvalidArgument, "entry 3 is 4: must be 0..3"),
    ("permutation", ([0, 1.0], 0), TypeError, "integer"),
    ("permutation", (np.array([0.0, 1.0]), 0), TypeError, "integers"),
    ("permutation", (np.zeros((2, 2), int), 0, 1), InvalidArgument, "2 dimensions"),
    ("permutation", (lambda x: "a", 0), TypeError, "entry 0"),
    ("permutation", (lambda x: 0, 0), InvalidArgument, "0 and 1 both go to 0"),
    ("permutation", (lambda x: x + 1, 0), InvalidArgument, "entry 1: 2: must be 0..1"),
    ("permutation", (b"123", 0), InvalidArgument, "3 bytes"),
    ("permutation", (5, 0), TypeError, "permutation"),
    ("permutation", ([0, 1], 3), InvalidArgument, "qubit 3"),
    ("oracle", ([0, 2], 0, 1), InvalidArgument, "entry 1: 2: must be 0..1"),
    ("oracle", ([0, 1, 0], 0, 1), InvalidArgument, "3 entries with 1 qubits"),
    ("oracle", ([0, 1], 0, 0), InvalidArgument, "twice"),
    ("oracle", ([0, 1], 0), TypeError, "2 arguments"),
    ("oracle", ([0, 1], None, 1), TypeError, "None"),
    ("oracle", ([0, 1], (), 1), InvalidArgument, "0 given"),
    ("permute_qubits", ([0, 1],), InvalidArgument, "2 targets for 3 qubits"),
    ("permute_qubits", ([0, 1, 1],), InvalidArgument, "twice"),
    ("permute_qubits", ([0, 1, 3],), InvalidArgument, "qubit 3"),
    ("permute_qubits", ([0, 2], [0, 1]), InvalidArgument, "target 2"),
    ("permute_qubits", (), TypeError, "arguments"),
]


@pytest.mark.parametrize(("method", "arguments", "error", "message"), BAD)
def test_refused(method, arguments, error, message):
    for one in (ket("010").H(0), Circuit(3).H(0), ket(3, eager=True)):
        with pytest.raises(error, match=message) as caught:
            getattr(one, method)(*arguments)
        if error is TypeError:
            assert not isinstance(caught.value, ketsim.Error)
        if isinstance(one, Circuit):
            assert list(one) == [("H", 0)]
    with pytest.raises(error, match=message):
        ket(3).apply_gates([("X", 0), (method, *arguments)])


def test_controls_are_checked():
    with pytest.raises(InvalidArgument, match="twice"):
        Circuit(3).diagonal([1, 1j], 0, controls=[0])
    with pytest.raises(InvalidArgument, match="control value"):
        Circuit(3).permutation([1, 0], 0, controls={1: 2})


def test_orders_of_qubits():
    for n in (1, 2, 3, 5, 8):
        for _ in range(5):
            order = [int(q) for q in RNG.permutation(n)]
            psi = random_state(RNG, n)
            expected = np.moveaxis(psi.reshape((2,) * n), range(n), order).reshape(-1)
            close(ket.from_amplitudes(psi).permute_qubits(order), expected)
            circuit = Circuit(n).permute_qubits(order)
            assert {entry[0] for entry in circuit} <= {"SWAP"}
            assert len(circuit) < n
            close(ket.from_amplitudes(psi).apply(circuit), expected)
            close(ket.from_amplitudes(psi).apply_gates([("permute_qubits", order)]), expected)
    assert list(Circuit(4).permute_qubits([3, 1], [1, 3])) == [("SWAP", 1, 3)]
    assert len(Circuit(4).permute_qubits(range(4))) == 0


def test_gradients_go_through():
    n, theta = 6, 0.7
    diagonal, table = phases(6), RNG.permutation(64)

    def circuit(angle):
        made = Circuit(n).H(*range(n)).RX(angle, 2).diagonal(diagonal, *range(n))
        return (
            made.RY(0.3, 1, 4)
            .permutation(table, 5, 4, 3, 2, 1, 0)
            .RY(angle / 2, 0)
            .diagonal(diagonal[:8], 3, 0, 5)
        )

    def energy(angle):
        return ket(n).apply(circuit(angle)).expectation("Z0 X3 + Y1 + Z5 Z4")

    slopes = circuit(theta).gradient("Z0 X3 + Y1 + Z5 Z4")
    slopes = slopes[1] if isinstance(slopes, tuple) else slopes
    by_hand = (energy(theta + 1e-5) - energy(theta - 1e-5)) / 2e-5
    assert abs(slopes[0] + slopes[-1] / 2 - by_hand) < 1e-8


def test_density_matrices_and_noise():
    rho = DensityMatrix(3)
    circuit = (
        Circuit(3).H(0, 1, 2).diagonal(phases(3), 1, 0, 2).permutation([1, 2, 3, 0], 2, 0, controls={1: 0})
    )
    psi = ket(3).apply(circuit).amplitudes()
    assert np.allclose(np.asarray(rho.apply(circuit)), np.outer(psi, psi.conj()))
    noisy = noise.NoiseModel().add(noise.bit_flip(0.1), gates="diagonal").apply(circuit)
    assert [entry[0] for entry in noisy].count("channel") == 3


def test_batches():
    circuits = [
        Circuit(4).H(0, 1, 2, 3).diagonal(phases(4), *range(4)).permutation(RNG.permutation(16), *range(4))
        for _ in range(8)
    ]
    for circuit, result in zip(circuits, run_batch(circuits).results, strict=True):
        close(result.state, ket(4).apply(circuit).amplitudes())


def test_explain_names_the_passes():
    text = Circuit(14).diagonal(phases(8), *range(8)).permutation(lambda x: x ^ 77, *range(8)).explain()
    assert "diagonal on qubits 0-7" in text
    assert "exchanges on qubits 0-7" in text
