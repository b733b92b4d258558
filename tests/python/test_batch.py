"""run_batch: the bits of each circuit alone, failures that stay apart, starts, samples, limits, Ctrl-C."""

import asyncio
import itertools
import os
import pickle
import signal
import threading
import time

import hypothesis.strategies as st
import numpy as np
import oracle
import pytest
from compare import bits
from hypothesis import given, settings
from programs import entangling
from rows import random_operations

import ketsim
from ketsim import (
    CancelToken,
    Circuit,
    InvalidArgument,
    Ket,
    concurrency,
    imap,
    ket,
    run_batch,
    run_batch_async,
    submit,
)

STATS = {
    "total_circuits", "succeeded", "failed", "timed_out", "cancelled", "total_gates", "passes",
    "state_bytes_peak", "threads", "mode", "wall_ms", "cpu_ms", "cores_used", "per_circuit_ms", "clone_ms",
    "queue_ms", "gil_ms", "idle_share", "crossover_qubits",
}  # fmt: skip
OUTCOMES = ("succeeded", "failed", "timed_out", "cancelled")


def same_bits(got, wanted):
    assert bits(got) == bits(wanted)


def layers(n, depth):
    """A circuit of depth layers that no pass removes."""
    circuit = Circuit(n)
    for layer in range(depth):
        circuit.apply_gates([("RX", 0.1 + 0.01 * layer + q, q) for q in range(n)])
        circuit.apply_gates([("CNOT", q, (q + 1 + layer % (n - 1)) % n) for q in range(n)])
    return circuit


@pytest.fixture(scope="module")
def slow():
    """Takes seconds, and milliseconds to plan."""
    return layers(20, 150)


def check_stats(batch, count):
    assert set(batch.stats) == STATS
    assert batch.stats["total_circuits"] == count == len(batch.results)
    assert sum(batch.stats[key] for key in OUTCOMES) == count
    assert len(batch.errors) == count - batch.stats["succeeded"]
    assert [e["index"] for e in batch.errors] == [k for k, r in enumerate(batch.results) if r is None]
    assert batch.stats["per_circuit_ms"]["p50"] <= batch.stats["per_circuit_ms"]["p99"]
    assert 0 <= batch.stats["idle_share"] < 1
    assert batch.stats["crossover_qubits"] == concurrency.info()["batch_crossover"]


# ---- bits ----------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.data())
def test_equals_each_alone(data):
    shapes = st.tuples(st.integers(2, 11), st.integers(0, 60), st.integers(0, 9))
    drawn = data.draw(st.lists(shapes, max_size=12))
    most = data.draw(st.sampled_from([None, 1, 2, 7]))
    dtype = data.draw(st.sampled_from(["complex128", "complex64"]))
    circuits = [Circuit(n).apply_gates(entangling(n, length, seed)) for n, length, seed in drawn]
    batch = run_batch(circuits, most, dtype=dtype)
    check_stats(batch, len(circuits))
    assert batch.stats["total_gates"] == sum(map(len, circuits))
    for circuit, result in zip(circuits, batch.results, strict=True):
        assert result.counts is None
        same_bits(result.state, ket("0" * circuit.nqubits, dtype=dtype).apply_gates(circuit))


def test_over_a_thousand_mixed_circuits_equal_dense_linear_algebra():
    rng = np.random.default_rng(25)
    sizes = rng.permutation([*rng.integers(2, 12, size=1024), *[14] * 4, *[16] * 2, 18])
    programs = [random_operations(rng, int(n), int(rng.integers(30))) for n in sizes]
    circuits = [Circuit(int(n)).apply_gates(gates) for n, gates in zip(sizes, programs, strict=True)]
    batch = run_batch(circuits)
    check_stats(batch, len(circuits))
    assert not batch.errors
    for n, gates, result in zip(sizes, programs, batch.results, strict=True):
        wanted = oracle.run(oracle.from_label("0" * n), gates)
        assert np.abs(result.state.amplitudes() - wanted).max() <= 1e-12 * (1 + len(gates))


def test_large_among_small():
    circuits = [layers(n, 3) for n in (3, 18, 5, 16, 19)]
    for most in (None, 1):
        for circuit, result in zip(circuits, run_batch(circuits, most).results, strict=True):
            same_bits(result.state, ket("0" * circuit.nqubits).apply_gates(circuit))


def test_an_iterator_of_circuits_and_none():
    assert len(run_batch(Circuit(1).X(0) for _ in range(5)).results) == 5
    empty = run_batch([])
    assert (empty.results, empty.errors) == ([], [])
    check_stats(empty, 0)


def test_named_tuples():
    batch = run_batch([Circuit(1)])
    results, errors, duration_ms, stats = batch
    assert results is batch.results
    assert errors is batch.errors
    assert duration_ms == batch.duration_ms > 0
    assert stats is batch.stats
    state, counts, values = results[0]
    assert isinstance(state, Ket)
    assert counts is None
    assert values is None
    same_bits(pickle.loads(pickle.dumps(results[0])).state, state)


# ---- starts --------------------------------------------------------------------------------------


def test_from_one_label_and_from_one_ket():
    circuits = [layers(n, 2) for n in (2, 3, 4)]
    for result, circuit in zip(run_batch(circuits, states="+0r1").results, circuits, strict=True):
        same_bits(result.state, ket("+0r1").apply_gates(circuit))
    start = ket("0000", dtype="complex64", threads=1, on_busy="wait").H(0)
    generation = start.generation
    for result, circuit in zip(run_batch(circuits, states=start).results, circuits, strict=True):
        same_bits(result.state, ket("0000", dtype="complex64").H(0).run().apply_gates(circuit))
        assert result.state.dtype == "complex64"
    assert (start.pending, start.generation) == (0, generation + 1)


def test_one_start_each():
    starts = [ket("01"), "+-", ket("rl", dtype="complex64")]
    circuit = layers(2, 4)
    batch = run_batch([circuit] * 3, states=iter(starts))
    wanted = [ket("01"), ket("+-"), ket("rl", dtype="complex64")]
    for result, state in zip(batch.results, wanted, strict=True):
        same_bits(result.state, state.apply_gates(circuit))
    assert starts[0].generation == 1


# ---- failures ------------------------------------------------------------------------------------


def test_failures_of_several_kinds_touch_no_other(slow):
    closed = ket("00")
    closed.close()
    bell = Circuit(2).H(0).CNOT(0, 1)
    circuits = [bell, Circuit(3).H(2), bell, bell, slow, bell]
    states = ["00", "00", closed, "01", "0" * 20, ket("10")]
    batch = run_batch(circuits, states=states, per_circuit_timeout_ms=50)
    check_stats(batch, 6)
    assert [(e["index"], e["code"], e["type"]) for e in batch.errors] == [
        (1, "KETSIM_ERR_ARGUMENT", "InvalidArgument"),
        (2, "KETSIM_ERR_CLOSED", "StateClosedError"),
        (4, "KETSIM_ERR_DEADLINE", "DeadlineExceeded"),
    ]
    assert "must have at most 2" in batch.errors[0]["message"]
    assert "per_circuit_timeout_ms = 50" in batch.errors[2]["message"]
    assert [batch.stats[key] for key in OUTCOMES] == [3, 2, 1, 0]
    for index in (0, 3, 5):
        label = "10" if index == 5 else states[index]
        same_bits(batch.results[index].state, ket(label).apply_gates(bell))


def test_too_large_for_memory():
    batch = run_batch([Circuit(40).H(0), Circuit(1).X(0)])
    assert [e["type"] for e in batch.errors] == ["OutOfMemory"]
    assert batch.results[1].state.amplitude("1") == 1
    batch = run_batch([layers(10, 1), layers(4, 1)], memory_limit=1 << 12)
    assert batch.results[1] is not None
    assert "memory_limit" in batch.errors[0]["message"]


def test_raise_on_error():
    circuits = [Circuit(1), Circuit(3), Circuit(4)]
    with pytest.raises(InvalidArgument, match=r"3 qubits.*\(circuit 1 of the batch\)"):
        run_batch(circuits, states="00", raise_on_error=True)
    assert not run_batch(circuits, states="0000", raise_on_error=True).errors


def test_timeout_keeps_what_ended(slow):
    circuits = [slow, *[layers(4, 2)] * 50]
    batch = run_batch(circuits, 1, timeout_ms=60)
    check_stats(batch, 51)
    assert {e["type"] for e in batch.errors} == {"DeadlineExceeded"}
    assert batch.errors[0]["index"] == 0
    assert "timeout_ms = 60" in batch.errors[0]["message"]


def test_cancel_before_and_during(slow):
    token = CancelToken()
    timer = threading.Timer(0.05, token.cancel)
    timer.start()
    batch = run_batch([slow] * 4, cancel=token)
    timer.join()
    check_stats(batch, 4)
    assert batch.stats["cancelled"] == 4
    assert {e["code"] for e in batch.errors} == {"KETSIM_ERR_CANCELLED"}
    assert run_batch([Circuit(1)], cancel=token).stats["cancelled"] == 1


# ---- callbacks and signals -----------------------------------------------------------------------


def test_progress_and_its_exception(slow):
    seen = []
    run_batch([layers(19, 20), layers(12, 20)], progress=seen.append)
    assert all(0 <= fraction <= 1 for fraction in seen)

    def stop(fraction):
        raise KeyError(fraction)

    with pytest.raises(KeyError):
        run_batch([slow] * 3, progress=stop)


@pytest.mark.thread_unsafe
@pytest.mark.parametrize("n", [20, 17])  # all cores on one; one circuit a core
def test_ctrl_c(n):
    circuits = [layers(n, 400)] * 20
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run_batch(circuits)
    timer.join()
    assert run_batch([Circuit(1).X(0)]).results[0].state.amplitude("1") == 1


def test_the_gil_is_free(slow):
    count = 0
    token = CancelToken()
    caller = threading.Thread(target=run_batch, args=([slow],), kwargs={"cancel": token})
    caller.start()
    end = time.monotonic() + 0.1
    while time.monotonic() < end and caller.is_alive():
        count += 1
    token.cancel()
    caller.join()
    assert count > 100


def test_batches_in_threads():
    circuits = [layers(n, 2) for n in range(2, 10)]
    wanted = [ket("0" * c.nqubits).apply_gates(c).amplitudes() for c in circuits]
    failures = []

    def work():
        for _ in range(5):
            for result, amplitudes in zip(run_batch(circuits).results, wanted, strict=True):
                if not np.array_equal(result.state.amplitudes(), amplitudes):
                    failures.append(result)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# ---- samples -------------------------------------------------------------------------------------


def test_shots_depend_on_seed_and_index_alone():
    circuits = [layers(n, 2) for n in (2, 5, 3, 8)] * 4
    first = run_batch(circuits, shots=300, seed=7)
    for most in (1, 2, None):
        again = run_batch(circuits, most, shots=300, seed=7)
        assert [r.counts for r in again.results] == [r.counts for r in first.results]
    for index, (circuit, result) in enumerate(zip(circuits, first.results, strict=True)):
        own = ketsim.lib.ketsim_batch_seed(7, index)
        alone = ket("0" * circuit.nqubits).apply_gates(circuit).counts(300, seed=own)
        assert result.state is None
        assert list(result.counts.items()) == list(alone.items())
    assert run_batch(circuits, shots=300, seed=8).results[0].counts != first.results[0].counts


def test_shots_label_all_qubits_of_the_state():
    batch = run_batch([Circuit(1).X(0)], shots=5, states="001")
    assert batch.results[0].counts == {"101": 5}
    assert sum(run_batch([Circuit(3).H(0)], shots=9).results[0].counts.values()) == 9


# ---- expectation values --------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.data())
def test_values_are_those_of_each_alone(data):
    shapes = st.tuples(st.integers(2, 11), st.integers(0, 40), st.integers(0, 9))
    drawn = data.draw(st.lists(shapes, max_size=8))
    dtype = data.draw(st.sampled_from(["complex128", "complex64"]))
    terms = st.tuples(st.floats(-2, 2), st.lists(st.sampled_from("XYZ"), min_size=1, max_size=2))
    asked = [
        [(c, " ".join(f"{letter}{q}" for q, letter in enumerate(letters))) for c, letters in observable]
        for observable in data.draw(st.lists(st.lists(terms, min_size=1, max_size=4), max_size=3))
    ]
    shots = data.draw(st.sampled_from([None, 20]))
    circuits = [Circuit(n).apply_gates(entangling(n, length, seed)) for n, length, seed in drawn]
    batch = run_batch(circuits, data.draw(st.sampled_from([None, 1, 2])), dtype=dtype, shots=shots, seed=1,
                      observables=asked)  # fmt: skip
    assert not batch.errors
    for index, (circuit, result) in enumerate(zip(circuits, batch.results, strict=True)):
        alone = ket("0" * circuit.nqubits, dtype=dtype).apply_gates(circuit)
        assert result.values == tuple(alone.expectation(observable) for observable in asked)
        assert result.state is None
        assert (result.counts is None) == (shots is None)
        if shots:
            assert result.counts == alone.counts(shots, seed=ketsim.lib.ketsim_batch_seed(1, index))


@pytest.mark.parametrize(
    "one", ["Z0", ketsim.Observable("Z0"), {"Z0": 1.0}, 1, ["Z0"], [[(1.0, "Z0")]], ("Z0",)]
)
def test_one_observable_and_a_sequence(one):
    assert run_batch([Circuit(1)], observables=one).results[0].values == (1.0,)
    assert submit(Circuit(1), observables=one).result().values == (1.0,)


def test_values_of_no_observable():
    result = run_batch([Circuit(1)], observables=[]).results[0]
    assert result == (None, None, ())
    assert submit(Circuit(1), observables=[]).result() == (None, None, ())


def test_large_and_small_from_a_start():
    circuits, start = [layers(n, 2) for n in (3, 18, 19)], ket("+" * 19)
    asked = ["X0 Z2 + 0.5 Y1", "Z0"]
    batch = run_batch(circuits, states=start, observables=asked)
    for circuit, result in zip(circuits, batch.results, strict=True):
        assert result.values == tuple(ket("+" * 19).apply_gates(circuit).expectations(asked))


def test_an_observable_on_more_qubits():
    batch = run_batch([Circuit(2), Circuit(4), Circuit(3).X(2)], observables=["Z2", "1"])
    check_stats(batch, 3)
    assert [(e["index"], e["type"]) for e in batch.errors] == [(0, "InvalidArgument")]
    assert "acts on qubit 2: the state has 2 qubits" in batch.errors[0]["message"]
    assert [r and r.values for r in batch.results] == [None, (1.0, 1.0), (-1.0, 1.0)]
    with pytest.raises(InvalidArgument, match="acts on qubit 2"):
        submit(Circuit(2), observables="Z2").result()


def test_other_routes_give_the_same_values(slow):
    circuits, asked = [layers(n, 2) for n in (2, 5, 3, 8)], ["X0 Z1", "Y0"]
    wanted = [result.values for result in run_batch(circuits, observables=asked).results]
    assert [result.values for result in imap(circuits, observables=asked)] == wanted
    assert [submit(c, observables=iter(asked)).result().values for c in circuits] == wanted

    async def main():
        alone = await asyncio.gather(*(c.run_async(observables=asked) for c in circuits))
        batch = await run_batch_async(circuits, observables=asked)
        return [r.values for r in alone], [r.values for r in batch.results]

    assert asyncio.run(main()) == (wanted, wanted)
    with pytest.raises(ketsim.DeadlineExceeded):
        submit(slow, observables="Z0", timeout_ms=20).result()


# ---- bad arguments -------------------------------------------------------------------------------

BAD = [
    ({"circuits": 3}, TypeError, "circuits: must be an iterable of Circuits"),
    ({"circuits": [Circuit(1), "H"]}, TypeError, r"circuits\[1\]: must be a Circuit, not str"),
    ({"max_concurrency": 0}, InvalidArgument, "max_concurrency 0: must be 1..1024"),
    ({"max_concurrency": 1.5}, TypeError, "max_concurrency"),
    ({"timeout_ms": -1}, InvalidArgument, "timeout_ms -1: must be a positive"),
    ({"per_circuit_timeout_ms": 0}, InvalidArgument, "per_circuit_timeout_ms 0: must be a positive"),
    ({"shots": 0}, InvalidArgument, "shots 0: must be 1.."),
    ({"shots": True}, TypeError, "shots"),
    ({"seed": -1}, InvalidArgument, "seed -1"),
    ({"observables": ["Z0", "Q1"]}, ketsim.ParseError, "entry 1"),
    ({"observables": object()}, TypeError, "observables: must be an observable or an iterable of them"),
    ({"states": 5}, TypeError, "states: must be a Ket, a label, or an iterable"),
    ({"states": ["0"]}, InvalidArgument, "states: 1 for 2 circuits"),
    ({"states": ["0", 3]}, TypeError, r"states\[1\]: must be a Ket or a label, not int"),
    ({"states": ["0", "x"]}, InvalidArgument, "label character 'x'"),
    ({"memory_limit": 0}, InvalidArgument, "memory_limit 0"),
    ({"progress": 1}, TypeError, "progress: must be callable"),
    ({"cancel": 1}, TypeError, "cancel: must be a CancelToken"),
    ({"dtype": "float64"}, InvalidArgument, "dtype 'float64'"),
    ({"threads": 2}, TypeError, "threads"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), BAD, ids=itertools.count())
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        run_batch(**{"circuits": [Circuit(1), Circuit(1)], **arguments})
