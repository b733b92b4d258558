"""What can be read from a state, and what reading must leave alone."""

import collections
import re

import numpy as np
import oracle
import pytest
from compare import bits, near

from ketsim import ket

# ---- probabilities and samples -------------------------------------------------------------------


def test_probabilities_of_every_subset(random):
    q, psi = random
    near(q.probabilities(), np.abs(psi) ** 2)
    for qubits in ([0], [3], [1, 2], [2, 1], [3, 0, 1], [0, 1, 2, 3], [3, 2, 1, 0]):
        got = q.probabilities(qubits)
        assert got.dtype == np.float64
        assert got.shape == (1 << len(qubits),)
        near(got, oracle.probabilities(psi, qubits))


def test_probabilities_take_any_iterable(random):
    q, _ = random
    want = q.probabilities([2, 0]).tobytes()
    for qubits in ((2, 0), iter([2, 0]), np.array([2, 0]), range(2, -1, -2)):
        assert q.probabilities(qubits).tobytes() == want
    assert q.probabilities(qubits=[2, 0]).tobytes() == want


def test_sample_leaves_the_state(random):
    q, psi = random
    shots = q.sample(1000, seed=7)
    assert shots.dtype == np.uint64
    assert shots.shape == (1000,)
    assert (bits(q), q.generation) == (psi.tobytes(), 1)
    assert np.array_equal(q.sample(1000, seed=7), shots)
    assert not np.array_equal(q.sample(1000, seed=8), shots)
    assert np.array_equal(q.sample(10, seed=7), shots[:10])


def test_sample_without_seed_differs(random):
    q, _ = random
    assert not np.array_equal(q.sample(200), q.sample(200))


def test_sample_never_gives_the_impossible():
    q = ket("0+1")
    assert set(q.sample(2000, seed=3).tolist()) == {0b001, 0b011}


def test_sample_of_some_qubits_is_the_sample_of_a_permuted_label():
    q = ket("0110")
    for qubits, want in (([0], 0), ([1], 1), ([1, 0], 2), ([0, 1], 1), ([2, 3, 1], 0b101)):
        assert set(q.sample(20, qubits=qubits, seed=1).tolist()) == {want}


def test_counts_are_the_sample_with_labels(random):
    q, _ = random
    for qubits in (None, [2], [3, 0]):
        width = 4 if qubits is None else len(qubits)
        shots = q.sample(500, qubits=qubits, seed=11).tolist()
        counts = q.counts(500, qubits=qubits, seed=11)
        assert counts == collections.Counter(f"{shot:0{width}b}" for shot in shots)
        assert all(type(k) is str and type(v) is int for k, v in counts.items())


def test_counts_of_a_bell_pair(bell):
    counts = bell.counts(1000, seed=5)
    assert set(counts) == {"00", "11"}
    assert sum(counts.values()) == 1000


# ---- measurement ---------------------------------------------------------------------------------


def test_measure_projects(rng, dtype):
    for qubits in ([0], [2], [1, 3], [3, 1], [2, 0, 1]):
        psi = oracle.random_state(rng, 4).astype(dtype)
        q = ket.from_amplitudes(psi)
        outcome = q.measure(*qubits, seed=4)
        assert type(outcome) is int
        assert q.generation == 2
        values = f"{outcome:0{len(qubits)}b}"
        mask = np.zeros((2,) * 4, complex)
        mask[tuple(int(values[qubits.index(k)]) if k in qubits else slice(None) for k in range(4))] = 1
        want = psi * mask.reshape(-1)
        near(q, want / np.linalg.norm(want), dtype)
        assert q.measure(*qubits) == outcome


def test_measure_without_qubits_measures_all(random):
    q, _ = random
    outcome = q.measure(seed=9)
    near(np.abs(q.amplitudes()), np.eye(1, 16, outcome)[0])


def test_measure_is_seeded_and_fair():
    outcomes = [ket("+").measure(0, seed=seed) for seed in range(1000)]
    assert outcomes == [ket("+").measure(0, seed=seed) for seed in range(1000)]
    assert 400 < sum(outcomes) < 600


def test_bell_pair_is_correlated():
    for seed in range(50):
        q = ket("00").H(0).CNOT(0, 1)
        assert q.measure(0, seed=seed) == q.measure(1, seed=seed + 1000)


# ---- numbers about states ------------------------------------------------------------------------


def test_norm_inner_and_fidelity(rng, dtype):
    a, b = (oracle.random_state(rng, 5).astype(dtype) for _ in range(2))
    p, q = ket.from_amplitudes(a), ket.from_amplitudes(b)
    near(p.norm(), 1, dtype)
    near(p.inner(q), np.vdot(a, b), dtype)
    near(p.fidelity(q), abs(np.vdot(a, b)) ** 2, dtype)
    near(p.fidelity(p), 1, dtype)
    assert (type(p.norm()), type(p.inner(q)), type(p.fidelity(q))) == (float, complex, float)


def test_norm_of_an_edited_state():
    q = ket("0")
    with q.edit() as a:
        a[:] = [3, 4j]
    assert q.norm() == 5.0


def test_kets_do_not_compare(bell):
    for compare in (lambda: bell == bell.copy(), lambda: bell != 1, lambda: hash(bell)):
        with pytest.raises(TypeError):
            compare()


# ---- repr ----------------------------------------------------------------------------------------

TERM = re.compile(r"\|([01]+)[>⟩]")


def test_repr_is_dirac_notation(bell):
    assert TERM.findall(repr(bell)) == ["00", "11"]
    assert "0.707" in repr(bell)
    assert TERM.findall(repr(ket("010"))) == ["010"]


def test_repr_runs_the_queue():
    q = ket("00").X(0)
    assert TERM.findall(repr(q)) == ["10"]
    assert q.pending == 0


def test_repr_shows_the_sixteen_largest_terms():
    psi = np.sqrt(np.arange(64) + 1.0)
    q = ket.from_amplitudes(psi / np.linalg.norm(psi) + 0j)
    assert sorted(int(label, 2) for label in TERM.findall(repr(q))) == list(range(48, 64))
    assert len(TERM.findall(repr(ket("+" * 12)))) == 16


def test_repr_of_a_large_state_is_a_summary():
    q = ket("+" * 13).H(0)
    assert "13" in repr(q)
    assert TERM.findall(repr(q)) == []
    assert q.pending == 1


def test_repr_never_raises():
    q = ket("00")
    with q.edit() as a:
        a[:] = 0
        assert repr(q)
    assert repr(q)
    assert repr(q.H(0))
    q.close()
    assert repr(q)
    assert str(q)
