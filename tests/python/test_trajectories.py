"""Averages over shots against the density matrix, readout in noise models, and dynamic circuits in
batches, jobs and coroutines."""

import asyncio
import concurrent.futures
import itertools
import math

import numpy as np
import pytest

import ketsim
from ketsim import (
    Cancelled,
    CancelToken,
    Circuit,
    DeadlineExceeded,
    DensityMatrix,
    InvalidArgument,
    Observable,
    ParseError,
    ket,
    noise,
    run_batch,
    run_shots,
    shots_expectations,
)

OBSERVABLES = ["Z0", "0.5 X0 Y1 - 2 Z0 Z1 + 1", {"X1": 3.0}]


def noisy(rng, n, length=12):
    """Gates, every kind of channel, measurements and resets, whose outcomes nobody looks at."""
    channels = [
        noise.depolarizing(0.2),
        noise.amplitude_damping(0.3),
        noise.phase_damping(0.2),
        noise.depolarizing(0.3, 2),
        noise.thermal_relaxation(1.0, 0.8, 0.3, 0.1),
    ]
    circuit = Circuit(n, bits=n)
    for _ in range(length):
        a, b = map(int, rng.permutation(n)[:2])
        circuit.RX(rng.uniform(-3, 3), a).RY(rng.uniform(-3, 3), b).CNOT(a, b)
        kind = int(rng.integers(8))
        if kind < 5:
            circuit.channel(channels[kind], *(a, b)[: channels[kind].nqubits])
        elif kind < 7:
            circuit.measure(a)
        else:
            circuit.reset(b)
    return circuit


# ---- averages ----


@pytest.mark.parametrize("n", [2, 3, 5])
def test_averages_are_those_of_the_density_matrix(n, rng):
    for trial in range(4):
        circuit = noisy(rng, n)
        rho = DensityMatrix(n).apply(circuit)
        average = shots_expectations(circuit, OBSERVABLES, 20_000, seed=trial)
        for observable, value, error in zip(OBSERVABLES, average.values, average.errors, strict=True):
            assert abs(value - rho.expectation(observable)) <= 5 * error + 1e-12
            assert error < 5 / math.sqrt(20_000)
        assert average.counts == run_shots(circuit, 20_000, seed=trial)


def test_averages_are_those_of_shots_one_by_one(rng):
    circuit = noisy(rng, 3).if_(0, Circuit(3).H(1)).measure(2)
    values = []
    for shot in range(100):
        q = ket("000")
        q.run_shot(circuit, seed=6, shot=40 + shot)
        values.append(q.expectations(OBSERVABLES))
    average = shots_expectations(circuit, OBSERVABLES, 100, seed=6, first=40)
    np.testing.assert_allclose(average.values, np.mean(values, 0), atol=1e-14)
    np.testing.assert_allclose(average.errors, np.std(values, 0, ddof=1) / 10, atol=1e-12)


def test_same_bits_on_any_number_of_threads(rng):
    for n in (2, 6, 11):
        circuit = noisy(rng, n)
        results = {
            shots_expectations(circuit, OBSERVABLES, 3000, seed=2, max_concurrency=k)[:2]
            for k in (1, 2, 3, 8)
        }
        assert len(results) == 1


def test_one_observable_a_start_and_parameters():
    theta = ketsim.Parameter("theta")
    circuit = Circuit(2).RX(theta, 0)
    for one in ("Z0", Observable("Z0"), {"Z0": 1}, ["Z0"]):
        average = shots_expectations(circuit, one, 10, params=[0.4])
        assert average.values == pytest.approx((math.cos(0.4),))
        assert average.errors == (0.0,)
        assert average.counts == {"": 10}
    start = ket("10").H(1)
    average = shots_expectations(circuit, ["Z0", "X1"], 10, params={"theta": math.pi}, state=start)
    assert average.values == pytest.approx((1, 1))
    assert start.expectation("Z0") == pytest.approx(-1)
    assert shots_expectations(circuit, [], 5, params=[1]) == ((), (), {"": 5})


def test_bad_calls():
    circuit = Circuit(2, bits=1).measure(0)
    for call, error, message in (
        (lambda: shots_expectations(circuit, "Z2", 10), InvalidArgument, "acts on qubit 2"),
        (lambda: shots_expectations(circuit, "Z0", 1), InvalidArgument, "1 shots: a standard error needs 2"),
        (lambda: shots_expectations(circuit, "Q0", 10), ParseError, "Q"),
        (lambda: shots_expectations(circuit, None, 10), TypeError, "observables: must be"),
        (lambda: shots_expectations("circuit", "Z0", 10), TypeError, "circuit: must be a Circuit"),
        (lambda: shots_expectations(circuit, "1e308 X0 + 1e308 Z0", 10), InvalidArgument, "must be finite"),
        (lambda: shots_expectations(circuit, "Z0", -1), InvalidArgument, "shots"),
    ):
        with pytest.raises(error, match=message):
            call()


def endless(n=4):
    body = Circuit(n, bits=2).H(0).measure(0, bits=0)
    return Circuit(n, bits=2).repeat_until(body, 1, limit=2**60)


def test_averages_stop():
    with pytest.raises(DeadlineExceeded, match="timeout_ms = 20"):
        shots_expectations(endless(), "Z0", 10, timeout_ms=20)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        shots_expectations(endless(), "Z0", 10, cancel=token)

    def fail(done):
        raise ZeroDivisionError(done)

    with pytest.raises(ZeroDivisionError):
        shots_expectations(endless(), "Z0", 10, progress=fail)


# ---- readout in noise models ----

TABLES = {0: [[0.9, 0.1], [0.3, 0.7]], 2: [[0.75, 0.25], [0.5, 0.5]]}


def test_model_reads_what_was_measured(rng):
    """Chi-square of 100,000 shots against the exact distribution: 8 outcomes, p > 1e-6 is below 41."""
    shots, readout = 100_000, noise.ReadoutError(TABLES)
    model = noise.NoiseModel().add(noise.depolarizing(0.1), gates="RX").add_readout(readout)
    circuit = Circuit(3, bits=3).RX(0.7, 0).RY(1.1, 1).CNOT(1, 2)
    measured = circuit.copy().measure(2, bits=2).measure(0, 1, bits=(0, 1))
    want = readout.probabilities(DensityMatrix(3).apply(model.apply(circuit)))
    counts = run_shots(model.apply(measured), shots, seed=5)
    square = sum((counts[format(k, "03b")] - p * shots) ** 2 / (p * shots) for k, p in enumerate(want))
    assert square < 41
    assert [entry[0] for entry in model.apply(measured)][-4:] == ["measure", "measure", "readout", "readout"]


def test_what_follows_sees_what_was_read():
    """A correction by a bit that was read wrong corrects wrongly: exact distribution, 5 sigma."""
    shots, flip = 40_000, [[0.8, 0.2], [0.4, 0.6]]
    model = noise.NoiseModel().add_readout(noise.ReadoutError(flip))
    circuit = Circuit(2, bits=3).RY(1.0, 0).measure(0).if_(0, Circuit(2, bits=3).X(1).measure(1, bits=2))
    counts = run_shots(model.apply(circuit.measure(1)), shots, seed=3)
    p = [math.cos(0.5) ** 2, math.sin(0.5) ** 2]
    for read, second, inside in itertools.product(range(2), repeat=3):
        seen = sum(p[actual] * flip[actual][read] for actual in range(2))
        want = seen * flip[read][second] * (flip[1][inside] if read else float(not inside))
        got = counts.get(f"{read}{second}{inside}", 0)
        assert abs(got - shots * want) <= 5 * math.sqrt(shots * want * (1 - want))


def test_model_leaves_perfect_qubits_and_reads_again():
    model = noise.NoiseModel().add_readout(noise.ReadoutError({1: TABLES[0]}))
    table = tuple(map(tuple, TABLES[0]))
    assert list(model.apply(Circuit(2, bits=2).measure(0).X(0).measure(1, bits=0).measure(0))) == [
        ("measure", 0, {"bits": (0,)}),
        ("X", 0),
        ("measure", 1, {"bits": (0,)}),
        ("readout", table, 0),
        ("measure", 0, {"bits": (0,)}),
    ]
    assert repr(model) == "<NoiseModel: 1 rule>"
    assert model != noise.NoiseModel()
    assert hash(model) == hash(noise.NoiseModel().add_readout(noise.ReadoutError({1: TABLES[0]})))
    with pytest.raises(TypeError, match="readout: must be a ReadoutError, not list"):
        model.add_readout(TABLES[0])
    assert model.apply(Circuit(1, bits=1).readout(table)) == Circuit(1, bits=1).readout(table)


def test_a_density_matrix_has_no_bits():
    circuit = Circuit(1, bits=1).H(0).measure(0)
    rho = DensityMatrix(1).apply(circuit.copy().readout(TABLES[0]))
    assert np.array_equal(rho.to_numpy(), DensityMatrix(1).apply(circuit).to_numpy())


# ---- batches, jobs, coroutines ----


def seed_of(seed, index):
    from ketsim import lib

    return int(lib.ketsim_batch_seed(seed, index))


def test_batches_mix_both_kinds(rng):
    circuits = [noisy(rng, 3), Circuit(2).H(0), noisy(rng, 4).measure(), Circuit(4, bits=2).X(3)]
    batch = run_batch(circuits, shots=500, seed=7, observables=["Z0", "Z1"])
    assert batch.errors == []
    for k, (circuit, result) in enumerate(zip(circuits, batch.results, strict=True)):
        assert result.state is None
        if k % 2:
            q = ket(circuit.nqubits).apply(circuit)
            assert result.counts == q.counts(500, seed=seed_of(7, k))
            assert result.values == tuple(q.expectations(["Z0", "Z1"]))
        else:
            assert result.counts == run_shots(circuit, 500, seed=seed_of(7, k))
            average = shots_expectations(circuit, ["Z0", "Z1"], 500, seed=seed_of(7, k))
            assert result.values == average.values
    for most in (1, 2, 8):
        assert run_batch(circuits, shots=500, seed=7, max_concurrency=most).results == [
            ketsim.CircuitResult((None, result.counts, None)) for result in batch.results
        ]


def test_batches_without_shots_fail_in_place():
    batch = run_batch([Circuit(1).X(0), Circuit(1, bits=1).measure(0), Circuit(1)])
    assert [result is None for result in batch.results] == [False, True, False]
    assert batch.errors[0]["index"] == 1
    assert batch.errors[0]["type"] == "InvalidArgument"
    assert "shots must be given" in batch.errors[0]["message"]
    with pytest.raises(InvalidArgument, match=r"shots must be given \(circuit 0 of the batch\)"):
        run_batch([Circuit(1, bits=1).measure(0)], raise_on_error=True)


def test_batches_start_from_states_and_stop_what_does_not_end():
    circuit = Circuit(1, bits=1).measure(0)
    assert run_batch([circuit] * 2, shots=5, states=["1", "0"]).results == [
        ketsim.CircuitResult((None, {"1": 5}, None)),
        ketsim.CircuitResult((None, {"0": 5}, None)),
    ]
    batch = run_batch([endless(), circuit], shots=8, per_circuit_timeout_ms=30)
    assert batch.results[1].counts == {"0": 8}
    assert batch.errors[0]["type"] == "DeadlineExceeded"


def test_jobs_and_coroutines(rng):
    circuits = [noisy(rng, 3) for _ in range(6)]
    want = run_batch(circuits, shots=300, seed=3, observables="Z0").results
    assert list(ketsim.imap(circuits, shots=300, seed=3, observables="Z0")) == want
    first = ketsim.submit(circuits[0], shots=300, seed=3, observables="Z0").result()
    assert first == want[0]

    async def gather():
        return await circuits[0].run_async(shots=300, seed=3), await ketsim.run_batch_async(
            circuits, shots=300, seed=3
        )

    one, batch = asyncio.run(gather())
    assert one.counts == want[0].counts
    assert [result.counts for result in batch.results] == [result.counts for result in want]
    with pytest.raises(InvalidArgument, match="shots must be given"):
        ketsim.submit(circuits[0]).result()
    future = ketsim.submit(endless(), shots=4)
    future.cancel()
    with pytest.raises((Cancelled, concurrent.futures.CancelledError)):
        future.result()
