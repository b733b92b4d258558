"""Product, Dicke and random states from Python, by their definitions."""

import functools
import math

import numpy as np
import pytest

from ketsim import InvalidArgument, Ket


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_product(rng, dtype, n):
    pairs = rng.normal(size=(n, 2)) + 1j * rng.normal(size=(n, 2))
    want = functools.reduce(np.kron, [pair / np.linalg.norm(pair) for pair in pairs])
    got = Ket.product(pairs, normalize=True, dtype=dtype)
    assert got.dtype == dtype
    assert np.allclose(got.amplitudes(), want, atol=1e-15 if dtype == "complex128" else 1e-7)
    assert Ket.product([list(pair) for pair in pairs], True, dtype=dtype).amplitudes().tolist() == (
        got.amplitudes().tolist()
    )


@pytest.mark.parametrize(("n", "weight"), [(1, 0), (1, 1), (4, 2), (6, 1), (6, 6)])
def test_dicke(dtype, n, weight):
    ones = np.array([k.bit_count() for k in range(2**n)])
    want = (ones == weight) / math.sqrt(math.comb(n, weight))
    assert np.allclose(Ket.dicke(n, weight, dtype=dtype).amplitudes(), want, atol=1e-7)


def test_random_is_seeded_whatever_the_threads(dtype):
    found = [Ket.random(17, seed=4, dtype=dtype, threads=k).amplitudes().tobytes() for k in (1, 2, 3, 8)]
    assert len(set(found)) == 1
    assert Ket.random(17, seed=5, dtype=dtype).amplitudes().tobytes() != found[0]
    assert abs(Ket.random(17, dtype=dtype).norm() - 1) < (1e-12 if dtype == "complex128" else 1e-6)


def test_random_is_even():
    """Overlaps squared with a fixed state, times N, are nearly exponential: mean 1, variance 1."""
    p = np.array([16 * abs(Ket.random(4, seed=k).amplitudes()[3]) ** 2 for k in range(4000)])
    assert abs(p.mean() - 1) < 5 / math.sqrt(4000)
    assert abs((p > 1).mean() - (1 - 1 / 16) ** 15) < 5 * 0.5 / math.sqrt(4000)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Ket.product([]), InvalidArgument, "product of 0 qubits: must be 1..40"),
        (lambda: Ket.product([(1, 0)] * 41), InvalidArgument, "product of 41 qubits"),
        (lambda: Ket.product([(1, 0), (1, 0, 0)]), InvalidArgument, "3 amplitudes of qubit 1: must be 2"),
        (lambda: Ket.product([(1, 0), (1, 1)]), InvalidArgument, "norm of qubit 1 is 1.41"),
        (lambda: Ket.product([(0, 0)], normalize=True), InvalidArgument, "norm of qubit 0 is 0"),
        (lambda: Ket.product([(math.nan, 0)], normalize=True), InvalidArgument, "nan"),
        (lambda: Ket.product([("a", 0)]), TypeError, "amplitude"),
        (lambda: Ket.product(3), TypeError, "iterable"),
        (lambda: Ket.dicke(3, 4), InvalidArgument, "weight"),
        (lambda: Ket.dicke(0, 0), InvalidArgument, "number of qubits"),
        (lambda: Ket.random(41), InvalidArgument, "number of qubits"),
        (lambda: Ket.random(3, seed=-1), InvalidArgument, "seed"),
        (lambda: Ket.random(3, dtype="int8"), Exception, "int8"),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()
