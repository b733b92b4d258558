"""DensityMatrix against dense matrices: every row of the gate table, channels, circuits, reads."""

import itertools
import pickle

import mixed
import numpy as np
import oracle
import pytest
from rows import ROWS

from ketsim import Circuit, DensityMatrix, InvalidArgument, Ket, Observable, Parameter, ket, noise, run_shots

ATOL = 2e-14


def start(n, seed=1, rank=None):
    rho = mixed.random_density(n, np.random.default_rng(seed), rank)
    return rho, DensityMatrix(rho)


def check(density, expected, atol=ATOL):
    np.testing.assert_allclose(density.to_numpy(), expected, atol=atol)
    assert density.trace() == pytest.approx(1, abs=atol * len(expected))
    assert density.skewness() <= atol


def few_controls(n, qubits):
    """No further controls, and one and two of them where qubits are left."""
    left = [q for q in range(n) if q not in qubits]
    yield {}
    if left:
        yield {left[0]: 0}
        yield dict(zip(left, (1, 0), strict=False))


# ---- gates ----


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_on_every_placement(row):
    for n in range(row.nqubits, 5):
        rho, density = start(n)
        for qubits in itertools.permutations(range(n), row.nqubits):
            for controls in few_controls(n, qubits):
                circuit = Circuit(n)
                getattr(circuit, row.name)(*row.angles, *qubits, controls=controls or None)
                expected = mixed.conjugate(rho, [row.full_matrix(*row.angles)], qubits, controls)
                check(density.copy().apply(circuit), expected)


@pytest.mark.parametrize("row", [row for row in ROWS if row.nangles], ids=lambda row: row.name)
def test_rows_with_parameters(row):
    n = row.nqubits
    rho, density = start(n)
    names = [Parameter(f"t{k}") for k in range(row.nangles)]
    circuit = Circuit(n)
    getattr(circuit, row.name)(*(2 * t + 0.3 for t in names), *range(n))
    values = {t.name: 0.7 - 0.4 * k for k, t in enumerate(names)}
    angles = [2 * value + 0.3 for value in values.values()]
    expected = mixed.conjugate(rho, [row.full_matrix(*angles)], range(n))
    check(density.apply(circuit, values), expected)


@pytest.mark.parametrize("nqubits", [1, 2, 3, 4])
def test_matrices(nqubits):
    rng = np.random.default_rng(nqubits)
    u = mixed.random_unitary(2**nqubits, rng)
    rho, density = start(4)
    for qubits in itertools.permutations(range(4), nqubits):
        for controls in few_controls(4, qubits):
            circuit = Circuit(4).unitary(u, *qubits, controls=controls or None)
            check(density.copy().apply(circuit), mixed.conjugate(rho, [u], qubits, controls))


def test_pauli_rotations():
    rho, density = start(3)
    for word in map("".join, itertools.product("IXYZ", repeat=3)):
        p = mixed.string(word)
        u = np.cos(0.35) * np.eye(8) - 1j * np.sin(0.35) * p
        check(
            density.copy().apply(Circuit(3).pauli_rotation(0.7, word, 0, 1, 2)),
            mixed.conjugate(rho, [u], range(3)),
        )
    controlled = Circuit(3).pauli_rotation(0.7, "YY", 0, 2, controls={1: 0})
    u = np.cos(0.35) * np.eye(4) - 1j * np.sin(0.35) * mixed.string("YY")
    check(density.apply(controlled), mixed.conjugate(rho, [u], (0, 2), {1: 0}))


def test_fourier_transform_and_phases():
    n = 3
    rho, density = start(n)
    w = np.exp(2j * np.pi * np.outer(range(8), range(8)) / 8) / np.sqrt(8)
    check(density.copy().apply(Circuit(n).qft()), w @ rho @ w.conj().T)
    check(density.copy().apply(Circuit(n).global_phase(0.7)), rho)
    u = np.diag([np.exp(0.7j)])
    check(density.apply(Circuit(n).global_phase(0.7, controls={1: 1})), mixed.conjugate(rho, [u], (), {1: 1}))


# ---- channels ----


@pytest.mark.parametrize(("nqubits", "count"), [(1, 1), (1, 3), (2, 2), (2, 16), (3, 4)])
def test_channels_on_every_placement(nqubits, count):
    kraus = mixed.random_kraus(nqubits, count, np.random.default_rng(7))
    for n in range(nqubits, 4):
        rho, density = start(n)
        for qubits in itertools.permutations(range(n), nqubits):
            circuit = Circuit(n).channel(noise.Channel(kraus), *qubits)
            check(density.copy().apply(circuit), mixed.conjugate(rho, kraus, qubits))


@pytest.mark.parametrize("p", [1e-12, 1e-6, 1e-3, 0.1, 1.0])
def test_weak_channels_are_not_lost(p):
    rho, density = start(2)
    circuit = Circuit(2)
    expected = rho
    for qubit in (0, 1, 0, 1, 0, 1):
        circuit.channel(noise.amplitude_damping(p), qubit)
        kraus = [np.diag([1, np.sqrt(1 - p)]), np.array([[0, np.sqrt(p)], [0, 0]])]
        expected = mixed.conjugate(expected, kraus, [qubit])
    check(density.apply(circuit), expected)


def random_operation(circuit, rho, rng):
    """Append one to the circuit; what it makes of rho."""
    n = circuit.nqubits
    kind = rng.integers(4)
    if kind == 0:
        row = ROWS[rng.integers(len(ROWS))]
        if row.nqubits <= n:
            qubits = [int(q) for q in rng.permutation(n)[: row.nqubits]]
            angles = rng.normal(size=row.nangles).tolist()
            getattr(circuit, row.name)(*angles, *qubits)
            return mixed.conjugate(rho, [row.full_matrix(*angles)], qubits)
    if kind == 1:
        k = int(rng.integers(1, min(n, 3) + 1))
        qubits = [int(q) for q in rng.permutation(n)[:k]]
        kraus = mixed.random_kraus(k, int(rng.integers(1, 5)), rng)
        circuit.channel(noise.Channel(kraus), *qubits)
        return mixed.conjugate(rho, kraus, qubits)
    qubit = int(rng.integers(n))
    if kind == 2:
        circuit.measure(qubit, bits=0)
        return mixed.conjugate(rho, [np.diag([1, 0]), np.diag([0, 1])], [qubit])
    circuit.reset(qubit)
    return mixed.conjugate(rho, [np.array([[1, 0], [0, 0]]), np.array([[0, 1], [0, 0]])], [qubit])


@pytest.mark.parametrize("seed", range(40))
def test_random_circuits(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    rho, density = start(n, seed)
    circuit = Circuit(n, bits=1)
    for _ in range(int(rng.integers(1, 30))):
        rho = random_operation(circuit, rho, rng)
    check(density.apply(circuit), rho, atol=1e-13)


@pytest.mark.parametrize(("dtype", "atol"), [("complex128", 1e-13), ("complex64", 1e-5)])
@pytest.mark.parametrize("n", [2, 6])
def test_pure_circuits(n, dtype, atol):
    rng = np.random.default_rng(n)
    circuit = Circuit(n)
    for _ in range(60):
        row = ROWS[rng.integers(len(ROWS))]
        if row.nqubits <= n:
            getattr(circuit, row.name)(
                *rng.normal(size=row.nangles).tolist(), *rng.permutation(n)[: row.nqubits].tolist()
            )
    psi = np.asarray(Ket(n).apply(circuit))
    density = DensityMatrix(n, dtype=dtype).apply(circuit)
    assert density.dtype == dtype
    check(density, np.outer(psi, psi.conj()), atol)
    assert density.purity() == pytest.approx(1, abs=20 * atol)
    assert density.fidelity(ket("0" * n).apply(circuit)) == pytest.approx(1, abs=20 * atol)


def test_trajectories_average_to_the_density_matrix():
    shots = 40_000
    model = (
        noise.NoiseModel()
        .add(noise.depolarizing(0.1))
        .add(noise.amplitude_damping(0.2))
        .add(noise.depolarizing(0.1, 2), gates="CNOT")
    )
    ideal = Circuit(3, bits=3).H(0).CNOT(0, 1).RY(0.7, 2).CNOT(1, 2).H(0)
    noisy = model.apply(ideal)
    p = DensityMatrix(3).apply(noisy).probabilities()
    counts = run_shots(noisy.copy().measure(), shots, seed=3)
    for outcome, expected in enumerate(p):
        sigma = np.sqrt(shots * expected * (1 - expected))
        assert abs(counts.get(format(outcome, "03b"), 0) - shots * expected) <= 5 * sigma + 1e-9


# ---- starts ----


def test_labels():
    for label in map("".join, itertools.product("01+-rl", repeat=2)):
        psi = np.kron(*(oracle.LABELS[c] for c in label))
        np.testing.assert_allclose(DensityMatrix(label).to_numpy(), np.outer(psi, psi.conj()), atol=1e-15)


def test_number_ket_and_matrix():
    assert DensityMatrix(2).to_numpy()[0, 0] == 1
    q = ket("00").H(0).S(0).CNOT(0, 1)
    psi = np.asarray(q)
    np.testing.assert_allclose(DensityMatrix(q).to_numpy(), np.outer(psi, psi.conj()), atol=1e-16)
    rho, density = start(3)
    np.testing.assert_array_equal(density, rho)
    assert density.nqubits == 3


def test_a_smaller_circuit_acts_on_the_first_qubits():
    rho, density = start(3)
    check(density.apply(Circuit(1).Y(0)), mixed.conjugate(rho, [mixed.PAULIS["Y"]], [0]))


# ---- reads ----


@pytest.mark.parametrize("qubits", [None, [0], [2, 0], [1, 2, 0]])
def test_probabilities_and_samples(qubits):
    rho, density = start(3)
    order = list(range(3)) if qubits is None else qubits
    expected = np.zeros(2 ** len(order))
    for index, p in enumerate(rho.diagonal().real):
        outcome = sum((index >> (2 - q) & 1) << (len(order) - 1 - k) for k, q in enumerate(order))
        expected[outcome] += p
    np.testing.assert_allclose(density.probabilities(qubits), expected, atol=1e-15)
    shots = 50_000
    outcomes = density.sample(shots, qubits=qubits, seed=4)
    counts = np.bincount(outcomes.astype(int), minlength=len(expected))
    assert (abs(counts - shots * expected) <= 5 * np.sqrt(shots * expected)).all()
    labels = density.counts(shots, qubits=qubits, seed=4)
    assert labels == {format(k, f"0{len(order)}b"): c for k, c in enumerate(counts.tolist()) if c}


def test_expectations_of_every_string():
    rho, density = start(3)
    for word in map("".join, itertools.product("IXYZ", repeat=3)):
        text = " ".join(f"{letter}{q}" for q, letter in enumerate(word))
        expected = np.trace(rho @ mixed.string(word)).real
        assert density.expectation({text: 1.0}) == pytest.approx(expected, abs=1e-14)
    value = density.expectation(Observable("0.5 Z0 Z1 + X2 - 1.5"))
    expected = 0.5 * np.trace(rho @ mixed.string("ZZI")) + np.trace(rho @ mixed.string("IIX")) - 1.5
    assert value == pytest.approx(expected.real, abs=1e-14)
    assert density.expectation("0") == 0
    several = density.expectations(["Z0", {"X0 Y1": 2.0}, Observable("Z0 - X2")])
    one_by_one = [density.expectation(o) for o in ("Z0", "2 X0 Y1", "Z0 - X2")]
    assert several.tolist() == one_by_one
    assert density.expectations([]).shape == (0,)


def test_reads_of_other_dtypes():
    rho, density = start(2)
    single = DensityMatrix(rho, dtype="complex64")
    q = ket("r+").CNOT(0, 1)
    assert single.fidelity(q) == pytest.approx(density.fidelity(q), abs=1e-6)
    assert single.reduced([1]).dtype == "complex64"
    assert single.purity() == pytest.approx(density.purity(), abs=1e-6)


def test_purity_fidelity_reduced():
    rho, density = start(3, rank=2)
    assert density.purity() == pytest.approx(np.trace(rho @ rho).real, abs=1e-14)
    q = ket("0r+").CNOT(0, 1)
    psi = np.asarray(q)
    assert density.fidelity(q) == pytest.approx((psi.conj() @ rho @ psi).real, abs=1e-14)
    for k in (1, 2, 3):
        for qubits in itertools.permutations(range(3), k):
            axes = [*qubits, *(q for q in range(3) if q not in qubits)]
            moved = rho.reshape((2,) * 6).transpose([*axes, *(q + 3 for q in axes)])
            expected = np.einsum("aebe->ab", moved.reshape(2**k, 2 ** (3 - k), 2**k, 2 ** (3 - k)))
            np.testing.assert_allclose(density.reduced(qubits).to_numpy(), expected, atol=1e-15)


def test_copies_are_independent_and_pickle():
    rho, density = start(2)
    other = density.copy().apply(Circuit(2).X(0))
    np.testing.assert_array_equal(density, rho)
    assert not np.allclose(other, rho)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(density)), rho)
    assert repr(DensityMatrix("01")) == "<DensityMatrix on 2 qubits: purity 1>"


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_bits_do_not_depend_on_threads(threads):
    circuit = Circuit(6).qft()
    for q in range(6):
        circuit.channel(noise.amplitude_damping(0.1), q).channel(noise.depolarizing(0.1, 2), q, (q + 1) % 6)
    expected = DensityMatrix("+01-rl", threads=1).apply(circuit).to_numpy()
    np.testing.assert_array_equal(DensityMatrix("+01-rl", threads=threads).apply(circuit), expected)


# ---- what is refused ----

BAD = [
    (lambda: DensityMatrix(0), "of 0 qubits: must be of 1..13"),
    (lambda: DensityMatrix(14), "of 14 qubits: must be of 1..13"),
    (lambda: DensityMatrix("0" * 14), "of 14 qubits"),
    (lambda: DensityMatrix("02"), "label"),
    (lambda: DensityMatrix(np.eye(3) / 3), r"shape \(3, 3\)"),
    (lambda: DensityMatrix(np.ones(4)), r"shape \(4,\)"),
    (lambda: DensityMatrix([[1.0]]), r"shape \(1, 1\)"),
    (lambda: DensityMatrix([[1, 0.1], [0, 0]]), "is 0.1: must be at most"),
    (lambda: DensityMatrix([[1, 0], [0, 0.5]]), "trace is 1.5"),
    (lambda: DensityMatrix([[1.5, 0], [0, -0.5]]), "eigenvalue -0.5"),
    (lambda: DensityMatrix([[1, 0], [0, np.nan]]), "finite"),
    (lambda: DensityMatrix(1).probabilities([1]), "qubit 1: must be 0..0"),
    (lambda: DensityMatrix(2).probabilities([1, 1]), "all different"),
    (lambda: DensityMatrix(2).reduced([]), "one or more"),
    (lambda: DensityMatrix(2).sample(1, qubits=[-1]), "qubit -1"),
    (lambda: DensityMatrix(1).expectation("Z1"), "acts on qubit 1: the state has 1 qubits"),
    (lambda: DensityMatrix(1).fidelity(ket("00")), "on 2 qubits: must be on 1"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call()


def test_circuits_that_are_refused_change_nothing():
    rho, density = start(2)
    unbound = Circuit(2).RX(Parameter("t"), 0)
    conditional = Circuit(2, bits=1).X(0).measure(0, bits=0).if_(0, Circuit(1).X(0))
    for circuit, message in [
        (Circuit(3), "circuit on 3 qubits: must have at most 2"),
        (unbound, "t"),
        (conditional, "operation 2 depends on outcomes"),
    ]:
        with pytest.raises(InvalidArgument, match=message):
            density.apply(circuit)
    with pytest.raises((TypeError, AttributeError)):
        density.apply("H")
    np.testing.assert_array_equal(density, rho)


def test_no_inverse_of_what_is_not_unitary():
    from ketsim._ketsim import _vectorize

    with pytest.raises(InvalidArgument, match="not unitary"):
        _vectorize(Circuit(1).channel(noise.bit_flip(0.1), 0)).inverse()
