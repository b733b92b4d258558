"""Covariance, matrix elements, Bloch vectors, estimates and cuts, against dense linear algebra."""

import itertools
import signal
import threading
import time

import numpy as np
import oracle
import pytest

import ketsim
from ketsim import Observable, ket

N = 5
PAULIS = {"I": oracle.I2, "X": oracle.X, "Y": oracle.Y, "Z": oracle.Z}
TEXTS = ["Z0 Z1 + 0.5 X2 - 1", "Y0 X1 Z3 - 2 Z4 + X0", "X0 X1 X2 X3 X4 + Y1 Y2"]


def dense(text):
    """The matrix of an observable on N qubits, from Kronecker products."""
    matrix = np.zeros((1 << N, 1 << N), complex)
    for c, letters in Observable(text):
        factors = {int(word[1:]): PAULIS[word[0]] for word in letters.split()}
        product = np.eye(1)
        for q in range(N):
            product = np.kron(product, factors.get(q, np.eye(2)))
        matrix += c * product
    return matrix


def state_of(seed, dtype="complex128"):
    psi = oracle.random_state(np.random.default_rng(seed), N).astype(dtype)
    return ket.from_amplitudes(psi), psi.astype(complex)


def matrix_of(psi, qubits):
    """The amplitudes with a row for each value of the qubits."""
    tensor = np.moveaxis(psi.reshape((2,) * N), qubits, range(len(qubits)))
    return tensor.reshape(1 << len(qubits), -1)


def every_subset():
    return [s for k in range(1, N + 1) for s in itertools.combinations(range(N), k)]


# ---- observables -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_covariance_is_that_of_the_matrices(dtype):
    q, psi = state_of(1, dtype)
    off = [(m := dense(text)) @ psi - np.vdot(psi, m @ psi).real * psi for text in TEXTS]
    expected = [[np.vdot(a, b).real for b in off] for a in off]
    got = q.covariance(TEXTS)
    assert got.shape == (3, 3)
    np.testing.assert_allclose(got, expected, atol=1e-12)
    np.testing.assert_array_equal(got, got.T)
    assert [got[k, k] for k in range(3)] == pytest.approx([q.variance(text) for text in TEXTS], abs=1e-12)
    assert q.covariance([]).shape == (0, 0)


def test_matrix_elements_are_those_of_the_matrices():
    (a, phi), (b, psi) = state_of(2), state_of(3)
    for text in TEXTS:
        assert b.matrix_element(a, text) == pytest.approx(np.vdot(phi, dense(text) @ psi), abs=1e-13)
        assert a.matrix_element(b, text) == pytest.approx(b.matrix_element(a, text).conjugate(), abs=1e-13)
        assert b.matrix_element(b, text) == pytest.approx(b.expectation(text), abs=1e-13)


def test_bloch_vectors_are_expectation_values():
    q, _ = state_of(4)
    for k, vector in enumerate(q.bloch()):
        assert vector == pytest.approx([q.expectation(f"{letter}{k}") for letter in "XYZ"], abs=1e-14)


def test_estimates_scatter_as_their_error_says():
    q, _ = state_of(5)
    exact = q.expectation(TEXTS[1])
    pulls = []
    for seed in range(200):
        value, error = q.estimate(TEXTS[1], 300, seed=seed)
        pulls.append((value - exact) / error)
    assert max(map(abs, pulls)) < 5
    assert np.std(pulls) == pytest.approx(1, abs=0.2)
    assert q.estimate(TEXTS[1], 300, seed=7) == q.estimate(TEXTS[1], 300, seed=7)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_any_number_of_threads_gives_the_same_bits(threads):
    def read(threads):
        q = ket(14, threads=threads).apply_gates([("RY", 0.1 + k, k) for k in range(14)])
        q.apply_gates([("CNOT", k, k + 1) for k in range(13)])
        numbers = [*q.covariance(TEXTS).ravel(), *q.density_matrix([3, 11]).ravel()]
        numbers += [q.matrix_element(q, TEXTS[0]), *q.estimate(TEXTS[0], 99, seed=1)]
        return numbers + q.bloch()

    assert read(threads) == read(1)


# ---- cuts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("qubits", every_subset())
def test_every_cut(qubits):
    q, psi = state_of(6)
    rows = matrix_of(psi, qubits)
    rho = rows @ rows.conj().T
    np.testing.assert_allclose(q.density_matrix(qubits), rho, atol=1e-14)
    singular = np.linalg.svd(rows, compute_uv=False)
    p = singular**2 / (singular**2).sum()
    assert q.purity(qubits) == pytest.approx((p**2).sum(), abs=1e-13)
    assert q.entropy(qubits) == pytest.approx(-(p * np.log2(p)).sum(), abs=1e-11)
    assert q.entropy(qubits, order=2) == pytest.approx(-np.log2((p**2).sum()), abs=1e-12)
    assert q.entropy(qubits, order=0.5) == pytest.approx(2 * np.log2(singular.sum()), abs=1e-6)
    np.testing.assert_allclose(
        q.schmidt(qubits), singular[: 1 << min(len(qubits), N - len(qubits))], atol=1e-14
    )
    np.testing.assert_allclose(q.probabilities(qubits), rho.diagonal().real, atol=1e-14)


def test_product_and_bell_states():
    assert ket("0+r").purity([1]) == pytest.approx(1)
    assert ket("0+r").entropy([0, 2]) == pytest.approx(0, abs=1e-12)
    ghz = ket(4).H(0).CNOT(0, 1).CNOT(1, 2).CNOT(2, 3)
    assert ghz.entropy([0, 1]) == pytest.approx(1)
    assert ghz.schmidt([3]) == pytest.approx([0.5**0.5] * 2)


# ---- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "part"),
    [
        (lambda q: q.covariance(["Z0", "Z7"]), ketsim.InvalidArgument, "qubit 7"),
        (lambda q: q.covariance(["Z0", 3j]), TypeError, "entry 1"),
        (lambda q: q.matrix_element("0", "Z0"), TypeError, "bra: must be a Ket"),
        (lambda q: q.matrix_element(ket(2), "Z0"), ketsim.InvalidArgument, "same size"),
        (lambda q: q.estimate("Z0", 1), ketsim.InvalidArgument, "shots"),
        (lambda q: q.estimate("Z9", 10), ketsim.InvalidArgument, "qubit 9"),
        (lambda q: q.estimate("Q0", 10), ketsim.ParseError, "Q"),
        (lambda q: q.density_matrix([0, 0]), ketsim.InvalidArgument, "differ"),
        (lambda q: q.density_matrix([5]), ketsim.InvalidArgument, "5"),
        (lambda q: ket(13).density_matrix(), ketsim.InvalidArgument, "13 qubits: must be at most 12"),
        (lambda q: q.purity([0, 0, 1]), ketsim.InvalidArgument, "differ"),
        (lambda q: q.schmidt([-1]), ketsim.InvalidArgument, "-1"),
        (lambda q: q.entropy([0], order=-1), ketsim.InvalidArgument, "order"),
        (lambda q: q.entropy([]), ketsim.InvalidArgument, "0 given"),
    ],
)
def test_bad_input(call, error, part):
    q, psi = state_of(7)
    with pytest.raises(error, match=part):
        call(q)
    np.testing.assert_array_equal(q.amplitudes(), psi)


def test_ctrl_c_stops_a_long_expectation():
    rng = np.random.default_rng(8)
    words = [
        " ".join(f"{rng.choice(list('XYZ'))}{q}" for q in rng.choice(20, 8, replace=False))
        for _ in range(20000)
    ]
    observable = Observable([(1, word) for word in words])
    q = ket("+" * 20).run()
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    start = time.monotonic()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        q.expectations([observable] * 20)
    assert time.monotonic() - start < 10
    assert q.norm() == pytest.approx(1)
