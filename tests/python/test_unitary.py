"""Matrices of the caller's own: action, layouts, tolerance."""

import itertools

import numpy as np
import oracle
import pytest
from compare import bits, near, unless_refused

from ketsim import Circuit, ket


@pytest.mark.parametrize("size", [1, 2])
def test_unitary_on_every_placement(size, rng, dtype):
    matrix = oracle.random_unitary(rng, 1 << size)
    for qubits in itertools.permutations(range(4), size):
        spare = [q for q in range(4) if q not in qubits]
        psi = oracle.random_state(rng, 4).astype(dtype)
        for controls in ({}, {spare[0]: 0}, {spare[0]: 1, spare[1]: 0}):
            q, listed = ket.from_amplitudes(psi), ket.from_amplitudes(psi)
            assert q.unitary(matrix, *qubits, controls=controls) is q
            near(q, oracle.apply(psi, matrix, qubits, controls), dtype)
            listed.apply_gates([("unitary", matrix, *qubits, {"controls": controls})])
            assert bits(listed) == bits(q)


LAYOUTS = {
    "nested lists": lambda m: m.tolist(),
    "tuples": lambda m: tuple(map(tuple, m.tolist())),
    "Fortran order": np.asfortranarray,
    "negative strides": lambda m: m[::-1, ::-1].copy()[::-1, ::-1],
    "every second entry": lambda m: np.kron(m, np.ones((2, 2)))[::2, ::2],
    "read-only": lambda m: np.frombuffer(m.tobytes(), complex).reshape(m.shape),
    "memoryview": lambda m: memoryview(np.ascontiguousarray(m)),
}


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_unitary_takes_any_layout(layout, size, rng):
    matrix = oracle.random_unitary(rng, 1 << size)
    given = LAYOUTS[layout](matrix)
    assert Circuit(3).unitary(given, *range(size)) == Circuit(3).unitary(matrix, *range(size))
    assert Circuit(3).apply_gates([("unitary", given, *range(size))]) == Circuit(3).unitary(
        matrix, *range(size)
    )


OTHER_DTYPES = {
    "int": lambda: oracle.X.real.astype(int),
    "bool": lambda: oracle.X.real.astype(bool),
    "float32": lambda: oracle.X.real.astype("f4"),
    "float64": lambda: oracle.X.real.copy(),
    "object": lambda: oracle.X.astype(object),
    "big-endian": lambda: oracle.X.astype(">c16"),
    "long double": lambda: oracle.X.astype(np.clongdouble),
    "misaligned": lambda: misaligned(oracle.X),
    "zero strides": lambda: np.lib.stride_tricks.as_strided(oracle.Y, (2, 2), (0, 0)),
    "subclass": lambda: oracle.X.view(LyingShape),
}


class LyingShape(np.ndarray):
    shape = (4, 4)


def misaligned(matrix):
    raw = np.zeros(matrix.nbytes + 1, np.uint8)
    raw[1:] = np.frombuffer(matrix.tobytes(), np.uint8)
    return raw[1:].view(complex).reshape(matrix.shape)


@pytest.mark.parametrize("name", OTHER_DTYPES)
def test_other_buffers_are_taken_right_or_refused(name):
    circuit = unless_refused(lambda: Circuit(1).unitary(OTHER_DTYPES[name](), 0))
    assert circuit is None or circuit == Circuit(1).unitary(oracle.X, 0)


def test_unitary_is_copied_at_the_call():
    matrix = oracle.X.copy()
    q = ket("0").unitary(matrix, 0)
    matrix[:] = np.nan
    near(q, [0, 1])


def test_single_precision_matrix_is_judged_by_its_precision():
    single = oracle.H.astype("c8")
    assert len(Circuit(1).unitary(single, 0)) == 1
    q = ket("0", dtype="complex64").unitary(single, 0)
    near(q, np.ones(2) / np.sqrt(2), "complex64")


def test_unitary_within_the_tolerance():
    assert len(Circuit(1).unitary(oracle.X * (1 + 4e-11), 0)) == 1
