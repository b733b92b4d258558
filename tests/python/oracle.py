"""A slow simulator written from the definition, and the textbook matrices.  Knows nothing of ketsim.

Qubit q is axis q of the state reshaped to (2,)*n; the first qubit of a matrix is its most significant bit.
"""

import inspect

import numpy as np

I2 = np.eye(2, dtype=complex)
X = np.array([[0, 1], [1, 0]], complex)
Y = np.array([[0, -1j], [1j, 0]])
Z = np.array([[1, 0], [0, -1]], complex)
H = np.array([[1, 1], [1, -1]]) / np.sqrt(2) + 0j
SWAP = np.eye(4, dtype=complex)[[0, 2, 1, 3]]
LABELS = {
    "0": np.array([1, 0]),
    "1": np.array([0, 1]),
    "+": np.array([1, 1]) / np.sqrt(2),
    "-": np.array([1, -1]) / np.sqrt(2),
    "r": np.array([1, 1j]) / np.sqrt(2),
    "l": np.array([1, -1j]) / np.sqrt(2),
}


def rotation(pauli):
    """theta -> exp(-i theta pauli / 2)."""
    return lambda theta: np.cos(theta / 2) * np.eye(len(pauli)) - 1j * np.sin(theta / 2) * pauli


def phase(theta):
    return np.diag([1, np.exp(1j * theta)])


def u(theta, phi, lam):
    c, s, p, q = np.cos(theta / 2), np.sin(theta / 2), np.exp(1j * phi), np.exp(1j * lam)
    return np.array([[c, -q * s], [p * s, p * q * c]])


def iswap(sign):
    return np.array([[1, 0, 0, 0], [0, 0, sign * 1j, 0], [0, sign * 1j, 0, 0], [0, 0, 0, 1]])


def fsim(theta, phi):
    c, s = np.cos(theta), -1j * np.sin(theta)
    return np.array([[1, 0, 0, 0], [0, c, s, 0], [0, s, c, 0], [0, 0, 0, np.exp(-1j * phi)]])


def controlled(matrix, ncontrols=1):
    """matrix where the leading ncontrols qubits are all 1, the identity elsewhere."""
    full = np.eye(len(matrix) << ncontrols, dtype=complex)
    full[-len(matrix) :, -len(matrix) :] = matrix
    return full


def constant(matrix):
    return lambda: np.asarray(matrix, complex)


# Name -> function of the angles that gives the matrix on all of the gate's qubits, controls first.
TEXTBOOK = {
    "I": constant(I2),
    "X": constant(X),
    "Y": constant(Y),
    "Z": constant(Z),
    "H": constant(H),
    "S": constant(np.diag([1, 1j])),
    "SDG": constant(np.diag([1, -1j])),
    "T": constant(phase(np.pi / 4)),
    "TDG": constant(phase(-np.pi / 4)),
    "SX": constant(np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2),
    "SXDG": constant(np.array([[1 - 1j, 1 + 1j], [1 + 1j, 1 - 1j]]) / 2),
    "RX": rotation(X),
    "RY": rotation(Y),
    "RZ": rotation(Z),
    "P": phase,
    "U": u,
    "CNOT": constant(controlled(X)),
    "CY": constant(controlled(Y)),
    "CZ": constant(controlled(Z)),
    "CH": constant(controlled(H)),
    "CP": lambda theta: controlled(phase(theta)),
    "CRX": lambda theta: controlled(rotation(X)(theta)),
    "CRY": lambda theta: controlled(rotation(Y)(theta)),
    "CRZ": lambda theta: controlled(rotation(Z)(theta)),
    "CU": lambda theta, phi, lam: controlled(u(theta, phi, lam)),
    "SWAP": constant(SWAP),
    "ISWAP": constant(iswap(1)),
    "ISWAPDG": constant(iswap(-1)),
    "RXX": rotation(np.kron(X, X)),
    "RYY": rotation(np.kron(Y, Y)),
    "RZZ": rotation(np.kron(Z, Z)),
    "CCX": constant(controlled(X, 2)),
    "CCZ": constant(controlled(Z, 2)),
    "CSWAP": constant(controlled(SWAP)),
    "FSIM": fsim,
    "ECR": constant((np.kron(X, I2) - np.kron(Y, X)) / np.sqrt(2)),
}


def angle_count(name):
    return len(inspect.signature(TEXTBOOK[name]).parameters)


def from_label(label):
    """The product state of a label, qubit 0 first."""
    psi = np.ones(1, complex)
    for letter in label:
        psi = np.kron(psi, LABELS[letter])
    return psi


def apply(psi, matrix, targets, controls=None):
    """matrix on the targets of psi, in the part of psi where every qubit of controls has its value."""
    n, k = len(psi).bit_length() - 1, len(targets)
    controls = dict(controls or {})
    part = tuple(controls.get(q, slice(None)) for q in range(n))
    axes = [sum(p not in controls for p in range(t)) for t in targets]
    tensor = np.array(psi, complex).reshape((2,) * n)
    moved = np.tensordot(np.reshape(matrix, (2,) * (2 * k)), tensor[part], axes=(range(k, 2 * k), axes))
    tensor[part] = np.moveaxis(moved, range(k), axes)
    return tensor.reshape(-1)


def split(operation):
    """(name, numbers before the controls, controls) of a tuple as apply_gates takes it."""
    name, *rest = operation
    controls = rest.pop()["controls"] if rest and isinstance(rest[-1], dict) else {}
    return name, rest, controls if isinstance(controls, dict) else dict.fromkeys(controls, 1)


def permutation(table):
    """|x> becomes |table[x]>."""
    matrix = np.zeros((len(table), len(table)))
    matrix[np.asarray(table, int), np.arange(len(table))] = 1
    return matrix


def pauli_rotation(theta, letters):
    """cos(theta / 2) - i sin(theta / 2) P."""
    string = np.eye(1)
    for letter in letters:
        string = np.kron(string, {"I": np.eye(2), "X": X, "Y": Y, "Z": Z}[letter])
    return np.cos(theta / 2) * np.eye(len(string)) - 1j * np.sin(theta / 2) * string


# By name, matrix and qubits of what is no row.
GIVEN = {
    "unitary": lambda matrix, *qubits: (matrix, qubits),
    "diagonal": lambda entries, *qubits: (np.diag(entries), qubits),
    "permutation": lambda table, *qubits: (permutation(table), qubits),
    "pauli_rotation": lambda theta, letters, *qubits: (pauli_rotation(theta, letters), qubits),
}


def run(psi, operations):
    """psi after a list of tuples as apply_gates takes it."""
    for operation in operations:
        name, numbers, controls = split(operation)
        if name in GIVEN:
            matrix, qubits = GIVEN[name](*numbers)
        else:
            count = angle_count(name)
            matrix, qubits = TEXTBOOK[name](*numbers[:count]), numbers[count:]
        psi = apply(psi, matrix, qubits, controls)
    return psi


def random_state(rng, n):
    psi = rng.normal(size=1 << n) + 1j * rng.normal(size=1 << n)
    return psi / np.linalg.norm(psi)


def random_unitary(rng, size):
    q, r = np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))
    return q * (np.diagonal(r) / np.abs(np.diagonal(r)))


def probabilities(psi, qubits):
    """Outcome probabilities of some qubits, the first most significant."""
    n = len(psi).bit_length() - 1
    square = (np.abs(psi) ** 2).reshape((2,) * n)
    rest = tuple(q for q in range(n) if q not in qubits)
    kept = sorted(qubits)
    return square.sum(axis=rest).transpose([kept.index(q) for q in qubits]).reshape(-1)
