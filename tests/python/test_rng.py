"""Random numbers are Philox4x64-10, shot by shot, and samples follow the probabilities.

Shot k of a sample uses word k % 4 of the block with key (seed, 0) and counter words
(k // 4, operation 0, circuit 0, function 1), least significant first, as (word >> 11) 2^-53.
"""

import math

import numpy as np
import oracle
import pytest

from ketsim import ket

SAMPLE = 1  # the counter's word for the function
MASK = 2**64 - 1


def philox(counter, key):
    """Philox4x64-10 of Salmon et al. (SC 2011), written from the paper."""
    counter, key = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2E7470EE14C6C93 * counter[0], 0xCA5A826395121157 * counter[2]
        counter = [(b >> 64) ^ counter[1] ^ key[0], b & MASK, (a >> 64) ^ counter[3] ^ key[1], a & MASK]
        key = [(key[0] + 0x9E3779B97F4A7C15) & MASK, (key[1] + 0xBB67AE8584CAA73B) & MASK]
    return counter


def words(seed, shots):
    """The word of each shot, from NumPy, which counts up before it uses the counter."""
    start = (SAMPLE << 192) - 1
    generator = np.random.Philox(key=seed, counter=start)
    return generator.random_raw(shots)


def uniforms(seed, shots):
    return (words(seed, shots) >> np.uint64(11)).astype(float) * 2.0**-53


def test_philox_known_answers():
    """From the Random123 distribution."""
    assert philox([0] * 4, [0] * 2) == [
        0x16554D9ECA36314C,
        0xDB20FE9D672D0FDC,
        0xD7E772CEE186176B,
        0x7E68B68AEC7BA23B,
    ]


def test_numpy_makes_the_same_words():
    for seed in (0, 1, 2**64 - 1):
        want = [philox([k // 4, 0, 0, SAMPLE], [seed, 0])[k % 4] for k in range(11)]
        assert words(seed, 11).tolist() == want


@pytest.mark.parametrize("seed", [0, 1, 7, 2**32, 2**63, 2**64 - 1])
def test_sample_is_the_inverse_distribution_function(seed):
    """Probabilities that are exact in binary, so that no rounding can hide an error."""
    q = ket.from_amplitudes(np.array([0.5, 0, 0.5j, 0, -0.5, 0.25, 0.25, math.sqrt(0.125)], complex))
    edges = np.cumsum([0.25, 0, 0.25, 0, 0.25, 1 / 16, 1 / 16, 1 / 8])
    want = np.searchsorted(edges, uniforms(seed, 20_000), side="right")
    assert np.array_equal(q.sample(20_000, seed=seed), want)


def test_a_million_draws_of_one_qubit():
    q = ket.from_amplitudes(np.array([0.5, 0.5, 0.5, 0.5], complex))
    want = (uniforms(12, 10**6) * 4).astype(np.uint64)
    assert np.array_equal(q.sample(10**6, seed=12), want)


@pytest.mark.parametrize("n", [1, 5, 12, 15])
def test_sample_of_any_state(n, rng):
    """Equal to the inverse distribution function wherever rounding cannot decide."""
    psi = oracle.random_state(rng, n)
    edges = np.cumsum(np.abs(psi) ** 2)
    u = uniforms(3, 5000) * edges[-1]
    want = np.searchsorted(edges, u, side="right")
    clear = np.abs(edges[np.clip([want - 1, want], 0, len(edges) - 1)] - u).min(axis=0) > 1e-12
    assert clear.mean() > 0.99
    got = ket.from_amplitudes(psi).sample(5000, seed=3)
    assert np.array_equal(got[clear], want[clear])


def test_sample_of_some_qubits_is_part_of_the_whole_outcome(rng):
    """A shot depends on state, seed and number alone, so asking for fewer qubits does not change it."""
    q = ket.from_amplitudes(oracle.random_state(rng, 6))
    whole = q.sample(5000, seed=5)
    for qubits in ([4, 1], [0], [5, 3, 0, 1]):
        want = sum((whole >> (5 - k) & 1) << at for at, k in enumerate(reversed(qubits)))
        assert np.array_equal(q.sample(5000, qubits=qubits, seed=5), want)


def test_sample_of_a_state_that_is_not_normalized():
    q = ket("00")
    with q.edit() as a:
        a[:] = [2, 0, 2, 0]
    want = np.where(uniforms(5, 1000) < 0.5, 0, 2)
    assert np.array_equal(q.sample(1000, seed=5), want)


# ---- statistics ----------------------------------------------------------------------------------------


def chi_square_p(counts, expected):
    """Upper tail of chi-square by Wilson and Hilferty's cube root; good to a few percent."""
    keep = expected >= 5
    observed = np.append(counts[keep], counts[~keep].sum())
    wanted = np.append(expected[keep], expected[~keep].sum())
    observed, wanted = observed[wanted > 0], wanted[wanted > 0]
    freedom = len(wanted) - 1
    value = ((observed - wanted) ** 2 / wanted).sum() / freedom
    z = (value ** (1 / 3) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))
    return math.erfc(z / math.sqrt(2)) / 2


@pytest.mark.parametrize("n", [1, 4, 9])
def test_counts_follow_the_probabilities(n, rng, dtype):
    for seed in range(10):
        psi = oracle.random_state(rng, n).astype(dtype)
        q = ket.from_amplitudes(psi)
        counts = np.bincount(q.sample(100_000, seed=seed).astype(int), minlength=1 << n)
        assert chi_square_p(counts, 100_000 * np.abs(psi) ** 2) > 1e-6


def test_p_values_of_many_seeds_are_uniform():
    """Kolmogorov-Smirnov: seeds that repeat or correlate would bunch the p-values."""
    q, expected = ket("++++"), np.full(16, 4000 / 16)
    p = sorted(
        chi_square_p(np.bincount(q.sample(4000, seed=seed).astype(int), minlength=16), expected)
        for seed in range(1000)
    )
    distance = max(max((k + 1) / 1000 - x, x - k / 1000) for k, x in enumerate(p))
    assert 2 * math.exp(-2 * 1000 * distance**2) > 1e-4


def test_neighboring_seeds_do_not_correlate():
    q = ket("+")
    draws = np.array([q.sample(1000, seed=seed) for seed in range(1000)]).astype(float) - 0.5
    lagged = 4 * (draws[1:] * draws[:-1]).mean()
    assert abs(lagged) < 5 / math.sqrt(999_000)


def test_measurements_follow_the_probabilities(rng):
    psi = oracle.random_state(rng, 3)
    q = ket.from_amplitudes(psi)
    outcomes = [q.copy().measure(seed=seed) for seed in range(20_000)]
    assert chi_square_p(np.bincount(outcomes, minlength=8), 20_000 * np.abs(psi) ** 2) > 1e-6
