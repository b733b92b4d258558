"""Matrices on more than two qubits, by every way in, against dense linear algebra."""

import pickle

import numpy as np
import pytest

from ketsim import Circuit, DeadlineExceeded, InvalidArgument, Ket, Parameter, ket, run_batch, sweep


def random_unitary(k: int, rng: np.random.Generator) -> np.ndarray:
    size = (2**k, 2**k)
    q, r = np.linalg.qr(rng.normal(size=size) + 1j * rng.normal(size=size))
    return q * (np.diag(r) / abs(np.diag(r)))


def random_ket(n: int, rng: np.random.Generator) -> np.ndarray:
    psi = rng.normal(size=2**n) + 1j * rng.normal(size=2**n)
    return psi / np.linalg.norm(psi)


def dense(psi: np.ndarray, matrix: np.ndarray, qubits: list[int], controls: dict[int, int]) -> np.ndarray:
    """matrix on qubits of psi, where the controls have their values."""
    n, k = psi.size.bit_length() - 1, len(qubits)
    axes = psi.reshape((2,) * n)
    where = tuple(controls.get(q, slice(None)) for q in range(n))
    kept = [q for q in range(n) if q not in controls]
    part = axes[where]
    moved = np.moveaxis(part, [kept.index(q) for q in qubits], range(k))
    new = (matrix @ moved.reshape(2**k, -1)).reshape(moved.shape)
    out = axes.copy()
    out[where] = np.moveaxis(new, range(k), [kept.index(q) for q in qubits])
    return out.reshape(-1)


def cases(rng: np.random.Generator):
    for n in (3, 5, 8, 13):
        for k in range(3, min(n, 7) + 1):
            places = [int(q) for q in rng.permutation(n)]
            ncontrols = int(rng.integers(0, min(3, n - k + 1)))
            controls = {q: int(rng.integers(2)) for q in places[k : k + ncontrols]}
            yield n, places[:k], controls, random_unitary(k, rng)


@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_against_dense(dtype):
    rng = np.random.default_rng(1)
    for n, qubits, controls, matrix in cases(rng):
        psi = random_ket(n, rng)
        wanted = dense(psi, matrix, qubits, controls)
        q = Ket.from_amplitudes(psi, dtype=dtype).unitary(matrix, *qubits, controls=controls)
        assert abs(q.amplitudes() - wanted).max() < (1e-13 if dtype == "complex128" else 1e-5)


def test_everywhere_among_others():
    """In a circuit with gates before and behind, planned and direct, from a label and from amplitudes."""
    rng = np.random.default_rng(2)
    for n, qubits, controls, matrix in cases(rng):
        circuit = Circuit(n)
        for q in range(n):
            circuit.H(q).RY(0.1 + q, q)
        for q in range(n - 1):
            circuit.CNOT(q, q + 1)
        circuit.unitary(matrix, *qubits, controls=controls)
        for q in range(n):
            circuit.RX(0.2 + q, q)
        undone = ket("0" * n).apply(circuit).apply(circuit.inverse())
        assert abs(undone.amplitudes()[0] - 1) < 1e-12
        whole = ket("0" * n).apply(circuit).amplitudes()
        pieces = ket("0" * n)
        for entry in circuit:
            pieces.apply_gates([entry])
            pieces.run()
        assert abs(whole - pieces.amplitudes()).max() < 1e-12


def test_entries_and_pickles():
    rng = np.random.default_rng(3)
    matrix = random_unitary(4, rng)
    circuit = Circuit(6).unitary(matrix, 3, 0, 5, 2, controls={1: 0}).H(4)
    name, rows, *qubits, extras = circuit[0]
    assert (name, qubits, extras) == ("unitary", [3, 0, 5, 2], {"controls": {1: 0}})
    assert np.array_equal(np.array(rows), matrix)
    assert Circuit(6).apply_gates(list(circuit)) == circuit
    assert pickle.loads(pickle.dumps(circuit)) == circuit
    assert circuit.copy() == circuit
    assert circuit.inverse().inverse() == circuit
    other = matrix.copy()
    other[3, 2] *= np.exp(1e-12j)
    assert Circuit(6).unitary(other, 3, 0, 5, 2, controls={1: 0}).H(4) != circuit
    single = Circuit(3).unitary(random_unitary(3, rng).astype(np.complex64), 0, 1, 2)
    assert pickle.loads(pickle.dumps(single)) == single


def test_bad_input():
    q = ket("0000").H(0)
    before = q.amplitudes()
    eye = np.eye(8)
    for wrong, message in [
        (np.eye(3), r"shape \(3, 3\)"),
        (np.ones((8, 4)), r"shape \(8, 4\)"),
        (np.eye(2048), r"2048"),
        (np.diag([1.0] * 7 + [2]), "unitary"),
        (np.diag([1.0] * 7 + [np.nan]), "finite"),
        (np.eye(16), "8|3|4"),
        ([[1, 0], [0]], "row"),
        ([], "shape"),
    ]:
        with pytest.raises(InvalidArgument, match=message):
            q.unitary(wrong, 0, 1, 2)
    for qubits in [(0, 1, 1), (0, 1, 4), (0, 1, -1)]:
        with pytest.raises(InvalidArgument, match="qubit"):
            q.unitary(eye, *qubits)
    with pytest.raises(InvalidArgument, match="given twice"):
        q.unitary(eye, 0, 1, 2, controls=[2])
    assert np.array_equal(q.amplitudes(), before)


def test_gradient_beside():
    """The adjoint walks back through a matrix on several qubits."""
    rng = np.random.default_rng(4)
    matrix = random_unitary(3, rng)

    def value(angles):
        q = ket("0000").RX(angles[0], 0).RY(angles[1], 2).CNOT(0, 3)
        return q.unitary(matrix, 3, 0, 2).RZ(angles[2], 1).RY(angles[2], 3).expectation("Z0 X3 + Y2")

    circuit = Circuit(4).RX(0.3, 0).RY(0.7, 2).CNOT(0, 3).unitary(matrix, 3, 0, 2).RZ(1.1, 1).RY(1.1, 3)
    result = circuit.gradient("Z0 X3 + Y2")
    found = np.asarray(result[1] if isinstance(result, tuple) else result)
    step, angles = 1e-5, np.array([0.3, 0.7, 1.1])
    for k in range(2):
        up, down = angles.copy(), angles.copy()
        up[k] += step
        down[k] -= step
        assert abs((value(up) - value(down)) / (2 * step) - found[k]) < 1e-8


def test_interrupted():
    psi = np.zeros(2**18, complex)
    psi[0] = 1
    rng = np.random.default_rng(5)
    matrix = random_unitary(8, rng)
    q = Ket.from_amplitudes(psi)
    for _ in range(40):
        q.unitary(matrix, *range(8))
    with pytest.raises(DeadlineExceeded):
        q.run(timeout_ms=20)
    q.discard()
    assert np.array_equal(q.amplitudes(), psi)


def test_explain():
    text = str(Circuit(12).unitary(np.eye(8), 3, 0, 11).explain())
    assert "matrix on qubits 0 3 11" in text


@pytest.mark.parametrize("normalize", [False, True])
def test_operator(normalize):
    rng = np.random.default_rng(6)
    for n, qubits, controls, _ in cases(rng):
        k = len(qubits)
        matrix = rng.normal(size=(2**k, 2**k)) + 1j * rng.normal(size=(2**k, 2**k))
        psi = random_ket(n, rng)
        wanted = dense(psi, matrix, qubits, controls)
        norm = np.linalg.norm(wanted)
        q = Ket.from_amplitudes(psi)
        squared = q.apply_operator(matrix, *qubits, controls=controls, normalize=normalize)
        assert squared == pytest.approx(norm**2, rel=1e-12)
        assert abs(q.amplitudes() - wanted / (norm if normalize else 1)).max() < 1e-12 * norm


def test_operator_refused():
    q = ket("01").H(0)
    before = q.amplitudes()
    for matrix, qubits, keywords, error in [
        ([[0, 0], [0, 0]], (0,), {}, InvalidArgument),
        ([[1, 0], [0, 0]], (1,), {"normalize": True}, InvalidArgument),
        ([[1, 0], [0, np.nan]], (1,), {}, InvalidArgument),
        ([[1, 0], [0, 1e200]], (1,), {}, InvalidArgument),
        ([[1, 0], [0, 1]], (2,), {}, InvalidArgument),
        ([[1, 0], [0, 1]], (1,), {"controls": [1]}, InvalidArgument),
        ([[1, 0], [0, 1]], (0, 1), {}, InvalidArgument),
        (None, (0,), {}, TypeError),
        ([[1, 0], [0, 1]], (), {}, TypeError),
        ([[1, 0], [0, 1]], (0,), {"renormalize": True}, TypeError),
    ]:
        with pytest.raises(error):
            q.apply_operator(matrix, *qubits, **keywords)
        assert np.array_equal(q.amplitudes(), before)


def test_in_batches_and_sweeps():
    rng = np.random.default_rng(7)
    matrix = random_unitary(3, rng)
    circuits = [Circuit(n).H(0).CNOT(0, n - 1).unitary(matrix, n - 1, 0, 1).RX(0.3, 1) for n in (3, 9, 14)]
    for circuit, result in zip(circuits, run_batch(circuits).results, strict=True):
        wanted = ket("0" * circuit.nqubits).apply(circuit).amplitudes()
        assert abs(result.state.amplitudes() - wanted).max() < 1e-14
    theta = Parameter("theta")
    for n in (4, 13):
        circuit = Circuit(n).RX(theta, 0).unitary(matrix, 2, 0, 1).RY(theta, 2)
        rows = sweep(circuit, [[0.1], [0.2], [0.3]], observables=["Z2"])
        for value, row in zip((0.1, 0.2, 0.3), np.asarray(rows).reshape(3), strict=True):
            q = ket("0" * n).apply(circuit.bind([value]))
            assert abs(q.expectation("Z2") - row) < 1e-12
