"""Density matrices by the definition: rho -> sum K rho K*, in dense matrices.  Knows nothing of ketsim."""

import itertools

import numpy as np

PAULIS = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]).astype(complex),
}


def string(letters):
    """Tensor product of Pauli matrices."""
    made = np.eye(1, dtype=complex)
    for letter in letters:
        made = np.kron(made, PAULIS[letter])
    return made


def embed(matrix, qubits, n, controls=None):
    """The matrix on all n qubits, the identity where a control has another value."""
    controls = controls or {}
    full = np.zeros((2**n, 2**n), complex)
    shifts = [n - 1 - q for q in qubits]
    own = sum(1 << s for s in shifts)
    for column in range(2**n):
        if any(column >> (n - 1 - q) & 1 != value for q, value in controls.items()):
            full[column, column] = 1
            continue
        c = sum((column >> s & 1) << (len(shifts) - 1 - k) for k, s in enumerate(shifts))
        for r in range(len(matrix)):
            row = column & ~own | sum((r >> (len(shifts) - 1 - k) & 1) << s for k, s in enumerate(shifts))
            full[row, column] = matrix[r][c]
    return full


def conjugate(rho, kraus, qubits, controls=None):
    """Sum of K rho K*, the operators being on some qubits."""
    n = len(rho).bit_length() - 1
    full = [embed(k, qubits, n, controls) for k in kraus]
    return sum(k @ rho @ k.conj().T for k in full)


def random_density(n, rng, rank=None):
    a = rng.normal(size=(2**n, rank or 2**n)) + 1j * rng.normal(size=(2**n, rank or 2**n))
    rho = a @ a.conj().T
    return rho / np.trace(rho)


def random_unitary(dim, rng):
    q, r = np.linalg.qr(rng.normal(size=(dim, dim)) + 1j * rng.normal(size=(dim, dim)))
    return q * (r.diagonal() / abs(r.diagonal()))


def random_kraus(nqubits, count, rng):
    """Operators of a random isometry."""
    dim = 2**nqubits
    a = rng.normal(size=(count * dim, dim)) + 1j * rng.normal(size=(count * dim, dim))
    q, _ = np.linalg.qr(a)
    return list(q.reshape(count, dim, dim))


def depolarizing(p, nqubits):
    words = ["".join(w) for w in itertools.product("IXYZ", repeat=nqubits)]
    each = p / 4**nqubits
    weights = [1 - p + each, *[each] * (len(words) - 1)]
    return [np.sqrt(weight) * string(word) for weight, word in zip(weights, words, strict=True)]


def superoperator(kraus):
    return sum(np.kron(k, k.conj()) for k in kraus)
