"""Samples of 100 random circuits against exact probabilities, by chi-square; their order; threads.

Whatever is asked of 1, 2, 3 and 8 threads, with the same seed, has the same bits.
"""

import math

import numpy as np
import oracle
import pytest
from programs import entangling

import ketsim
from ketsim import Circuit, DensityMatrix, Ket, Observable, Parameter, ket, noise, run_shots

CIRCUITS = range(100)
SHOTS = 20_000
LEAST_P = 1e-6


def survival(square, freedom):
    """Probability that chi-square with so many degrees of freedom is larger, by its finite sum.

    Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.4.4 and 26.4.5.
    """
    half, odd = square / 2, freedom % 2
    if half == 0:
        return 1.0
    terms = (i + odd / 2 for i in range(freedom // 2))
    total = sum(math.exp(t * math.log(half) - half - math.lgamma(t + 1)) for t in terms)
    return total + (math.erfc(math.sqrt(half)) if odd else 0.0)


@pytest.mark.parametrize(
    ("square", "freedom", "p"),
    [(3.841459, 1, 0.05), (5.991465, 2, 0.05), (18.307038, 10, 0.05), (21.665994, 9, 0.01),
     (149.449253, 100, 0.001), (0.0, 3, 1.0)],
)  # fmt: skip
def test_survival_is_that_of_the_tables(square, freedom, p):
    assert survival(square, freedom) == pytest.approx(p, rel=1e-5)


def chi_square_p(counts, probabilities, shots):
    """p of the counts; outcomes that are expected less than five times are one."""
    expected = shots * probabilities
    rare = expected < 5
    observed = np.append(counts[~rare], counts[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    keep = expected > 0
    assert not observed[~keep].any(), "what cannot be was drawn"
    observed, expected = observed[keep], expected[keep]
    return survival(((observed - expected) ** 2 / expected).sum(), max(len(expected) - 1, 1))


def task(trial):
    """Operations on 1 to 10 qubits, and the exact probabilities of what they leave."""
    rng = np.random.default_rng(trial)
    n = 1 + trial % 10
    operations = entangling(n, 6 * n, trial) if n > 1 else [("RY", float(rng.uniform(0, 3)), 0)]
    return n, operations, oracle.probabilities(oracle.run(oracle.from_label("0" * n), operations), range(n))


@pytest.mark.parametrize("trial", CIRCUITS)
def test_samples_follow_the_probabilities(trial):
    n, operations, p = task(trial)
    outcomes = ket(n).apply_gates(operations).sample(SHOTS, seed=trial)
    assert chi_square_p(np.bincount(outcomes.astype(int), minlength=2**n), p, SHOTS) > LEAST_P


@pytest.mark.parametrize("trial", CIRCUITS)
def test_shots_of_measurements_follow_the_probabilities(trial):
    """Measured one by one, with a reset and gates behind, so that shots are a tree."""
    n, operations, p = task(trial)
    circuit = Circuit(n, bits=n).apply_gates(operations)
    for q in range(n):
        circuit.measure(q, bits=q).reset(q).H(q)
    counts = np.zeros(2**n)
    for label, count in run_shots(circuit, SHOTS, seed=trial).items():
        counts[int(label, 2)] = count
    assert chi_square_p(counts, p, SHOTS) > LEAST_P


def lag_one(values):
    """Correlation of each with the next, in its standard deviations."""
    away = values - values.mean()
    return (away[1:] * away[:-1]).sum() / (away**2).sum() * math.sqrt(len(values))


@pytest.mark.parametrize("trial", range(9, 100, 10))
def test_shots_come_in_independent_order(trial):
    """Each bit by itself and the whole outcome; sorted outcomes show that the test would see an order."""
    n, operations, _ = task(trial)
    q = ket(n).apply_gates(operations)
    measured = Circuit(n, bits=n).apply_gates(operations).measure()
    outcomes = q.sample(SHOTS, seed=trial).astype(float)
    assert abs(lag_one(outcomes)) < 5
    assert abs(lag_one(np.sort(outcomes))) > 50
    bits = np.asarray(run_shots(measured, SHOTS, seed=trial, memory=True)).reshape(SHOTS, -1)
    for column in bits.T.astype(float):
        if 0 < column.mean() < 1:
            assert abs(lag_one(column)) < 5
    for bit in range(n):
        column = outcomes.astype(int) >> bit & 1
        if 0 < column.mean() < 1:
            assert abs(lag_one(column.astype(float))) < 5


# ---- the same bits on any number of threads ----

N = 15
GATES = entangling(N, 120)
CIRCUIT = Circuit(N).apply_gates(GATES)
SUM = Observable(" + ".join(f"0.{k + 1} X{k} Z{(k + 3) % N} Y{(k + 7) % N}" for k in range(9)))
LAYERS = Circuit(N).H(*range(N))
for _q in range(N):
    LAYERS.RZZ(0.1 * _q + 0.2, _q, (_q + 1) % N).CP(0.3, _q, (_q + 4) % N).RX(0.4, _q)
DYNAMIC = Circuit(9, bits=3).apply_gates(entangling(9, 20)).measure(0, bits=0).reset(1)
DYNAMIC.channel(noise.depolarizing(0.1), 2).if_(0, Circuit(9).RX(0.3, 3)).measure(3, 4, bits=(1, 2))
NOISY = Circuit(7).apply_gates(entangling(7, 30)).channel(noise.amplitude_damping(0.2), 3).RXX(0.3, 1, 2)
SWEPT = Circuit(13).apply_gates(entangling(13, 20)).RX(Parameter("a"), 0).RZZ(Parameter("b"), 0, 5)
VALUES = np.linspace(-2, 2, 20).reshape(10, 2)


def state(threads):
    return ket(N, threads=threads).apply_gates(GATES)


def matrix(threads):
    return DensityMatrix(7, threads=threads).apply(NOISY)


# What is asked of so many threads; the seed is the same.
ASKED = {
    "amplitudes": lambda t: state(t).amplitudes(),
    "probabilities": lambda t: state(t).probabilities([3, 1]),
    "norm": lambda t: state(t).norm(),
    "inner": lambda t: state(t).inner(Ket.random(N, seed=5, threads=t)),
    "random": lambda t: Ket.random(N, seed=4, threads=t).amplitudes(),
    "sample": lambda t: state(t).sample(100_000, seed=1),
    "counts": lambda t: list(state(t).counts(10_000, qubits=[0, 5, 9], seed=1).values()),
    "measure": lambda t: [(q := state(t)).measure(0, 3, seed=2), *q.amplitudes()],
    "expectation": lambda t: state(t).expectation(SUM),
    "variance": lambda t: state(t).variance(SUM),
    "covariance": lambda t: state(t).covariance([SUM, "Z0 Z1", "X3"]),
    "estimate": lambda t: state(t).estimate(SUM, 1000, seed=3),
    "density_matrix": lambda t: state(t).density_matrix([2, 7, 11]),
    "entropy": lambda t: state(t).entropy([2, 7, 11]),
    "bloch": lambda t: state(t).bloch(),
    "gradient": lambda t: LAYERS.gradient(SUM, threads=t)[1],
    "vjp": lambda t: LAYERS.vjp([SUM, "Z3"], [1, -2], threads=t)[1],
    "metric_tensor": lambda t: Circuit(13).RX(0.3, 0).CNOT(0, 9).RZZ(0.2, 0, 3).RY(0.5, 9)
    .metric_tensor(threads=t),
    "run_shots": lambda t: run_shots(DYNAMIC, 2000, seed=6, memory=True, max_concurrency=t),
    "shots_expectations": lambda t: ketsim.shots_expectations(
        DYNAMIC, ["Z5", "X2"], 2000, seed=6, max_concurrency=t
    ).values,
    "sweep": lambda t: ketsim.sweep(SWEPT, VALUES, observables=["Z0 Z5", "X1"], max_concurrency=t),
    "run_batch": lambda t: [
        result.values
        for result in ketsim.run_batch([CIRCUIT] * 3, observables=[SUM], max_concurrency=t).results
    ],
    "density": lambda t: matrix(t).to_numpy(),
    "density expectations": lambda t: matrix(t).expectations(["X0 Z1", "Y3"]),
    "density fidelity": lambda t: matrix(t).fidelity(ket(7)),
    "density reduced": lambda t: matrix(t).reduced([5, 1]).to_numpy(),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_the_same_bits_on_1_2_3_and_8_threads(name):
    found = {np.asarray(ASKED[name](threads)).tobytes() for threads in (1, 2, 3, 8)}
    assert len(found) == 1
