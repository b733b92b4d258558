"""Outcomes that the caller chooses, against the definition; what is not possible changes nothing."""

import itertools
import math

import numpy as np
import oracle
import pytest
from compare import ATOL, bits, near

from ketsim import InvalidArgument, ket


@pytest.mark.parametrize("normalize", [True, False])
def test_every_outcome(normalize, rng, dtype):
    for count in range(4):
        for values in itertools.product((0, 1), repeat=count):
            outcome = dict(zip((int(q) for q in rng.permutation(4)), values, strict=False))
            psi = oracle.random_state(rng, 4).astype(dtype)
            left = psi.reshape((2,) * 4).copy()
            for qubit, value in outcome.items():
                left[(slice(None),) * qubit + (1 - value,)] = 0
            probability = np.linalg.norm(left) ** 2
            q = ket.from_amplitudes(psi)
            assert abs(q.postselect(outcome, normalize=normalize) - probability) < 10 * ATOL[dtype]
            near(q, left.ravel() / (math.sqrt(probability) if normalize else 1), dtype, factor=10)


def test_outcomes_of_other_kinds():
    q = ket("0+").H(0)
    assert q.copy().postselect({0: True}) == q.copy().postselect({np.int64(0): np.uint8(1)})
    assert abs(q.copy().postselect({}) - 1) < 1e-15
    assert q.postselect({0: 1}, normalize=False) < 0.50001


@pytest.mark.parametrize(
    ("outcome", "error", "message"),
    [
        ({0: 1}, InvalidArgument, "probability 0"),
        ({2: 0}, InvalidArgument, "qubit 2.*0..1"),
        ({0: 2}, InvalidArgument, "0..1"),
        ({-1: 0}, InvalidArgument, "qubit -1"),
        ({0: 0.0}, TypeError, "value"),
        ({"0": 0}, TypeError, "qubit"),
        ([0], TypeError, "dict"),
        ("01", TypeError, "dict"),
        (None, TypeError, "dict"),
    ],
)
def test_bad_outcomes_change_nothing(outcome, error, message):
    q = ket("0+")
    before, generation = bits(q), q.generation
    with pytest.raises(error, match=message):
        q.postselect(outcome)
    assert bits(q) == before
    assert q.generation == generation
