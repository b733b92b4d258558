"""submit, imap, run_async, run_batch_async: bits, failures, stops, back-pressure, the end of the process."""

import asyncio
import concurrent.futures
import gc
import itertools
import os
import signal
import threading
import time

import hypothesis.strategies as st
import pytest
from compare import bits
from hypothesis import given, settings
from programs import entangling, python

import ketsim
from ketsim import (
    Cancelled,
    CancelToken,
    Circuit,
    CircuitFuture,
    DeadlineExceeded,
    InvalidArgument,
    QueueFullError,
    imap,
    ket,
    pin_workers,
    run_batch,
    run_batch_async,
    submit,
)


@pytest.fixture(scope="module")
def slow():
    """Takes seconds on all cores."""
    return Circuit(20).apply_gates(entangling(20, 3000))


@pytest.fixture(scope="module")
def small():
    return [Circuit(n).apply_gates(entangling(n, 30, n)) for n in range(2, 12)]


def alone(circuit, **options):
    return bits(ket("0" * circuit.nqubits, **options).apply_gates(circuit))


def ends_soon(job):
    assert job.wait(timeout_ms=10_000)


# ---- submit --------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.data())
def test_futures_have_the_bits_of_each_alone(data):
    shapes = st.tuples(st.integers(2, 11), st.integers(0, 60), st.integers(0, 9))
    drawn = data.draw(st.lists(shapes, max_size=12))
    dtype = data.draw(st.sampled_from(["complex128", "complex64"]))
    circuits = [Circuit(n).apply_gates(entangling(n, length, seed)) for n, length, seed in drawn]
    futures = [submit(circuit, dtype=dtype) for circuit in circuits]
    for circuit, future in zip(circuits, futures, strict=True):
        result = future.result()
        assert result.counts is None
        assert bits(result.state) == alone(circuit, dtype=dtype)


def test_large_among_small(small):
    large = Circuit(18).apply_gates(entangling(18, 40))
    futures = [submit(c) for c in [large, *small, large]]
    for circuit, future in zip([large, *small, large], futures, strict=True):
        assert bits(future.result().state) == alone(circuit)


def test_is_a_future_of_the_standard_library(small):
    futures = [submit(c, shots=1) for c in small]
    assert all(isinstance(f, CircuitFuture) and isinstance(f, concurrent.futures.Future) for f in futures)
    done, waiting = concurrent.futures.wait(futures, timeout=30)
    assert (len(done), len(waiting)) == (len(small), 0)
    assert {f.exception() for f in futures} == {None}


def test_circuit_and_start_are_taken_as_they_are_now():
    circuit, start = Circuit(1).X(0), ket("0").H(0)
    generation = start.generation
    future = submit(circuit, state=start)
    circuit.Z(0)
    start.S(0)
    assert bits(future.result().state) == bits(ket("0").H(0).run().X(0))
    assert (start.pending, start.generation) == (2, generation)


def test_result_has_the_options_of_its_start():
    state = submit(Circuit(1), state=ket("00", eager=True, dtype="complex64")).result().state
    assert state.dtype == "complex64"
    assert state.X(0).pending == 0
    assert submit(Circuit(1).X(0), state="001", shots=5).result().counts == {"101": 5}


def test_counts_are_those_of_a_batch(small):
    wanted = [result.counts for result in run_batch(small, shots=200, seed=7).results]
    assert submit(small[0], shots=200, seed=7).result().counts == wanted[0]
    assert [result.counts for result in imap(small, shots=200, seed=7)] == wanted


def test_failures():
    with pytest.raises(InvalidArgument, match="circuit on 3 qubits: must have at most 2"):
        submit(Circuit(3), state="00").result()
    closed = ket("0")
    closed.close()
    with pytest.raises(ketsim.StateClosedError):
        submit(Circuit(1), state=closed)
    with pytest.raises(ketsim.OutOfMemory):
        submit(Circuit(40)).result()


def test_timeout_and_token(slow):
    with pytest.raises(DeadlineExceeded, match="timeout_ms = 20 passed"):
        submit(slow, timeout_ms=20).result()
    token = CancelToken()
    future = submit(slow, cancel=token)
    token.cancel()
    del token
    assert isinstance(future.exception(timeout=10), Cancelled)
    assert not future.cancelled()


def test_sampling_stops():
    circuit = Circuit(10).H(*range(10))
    with pytest.raises(DeadlineExceeded, match="timeout_ms = 50 passed"):
        submit(circuit, shots=1 << 25, timeout_ms=50).result()


@pytest.mark.parametrize("n", [20, 12])
def test_cancel_stops_the_run(n):
    circuit = Circuit(n).apply_gates(entangling(n, 3000) * (1 if n == 20 else 40))
    futures = [submit(circuit) for _ in range(4)]
    assert all(f.cancel() and f.cancelled() for f in futures)
    for future in futures:
        ends_soon(future._job)
        with pytest.raises(concurrent.futures.CancelledError):
            future.result()
    done = submit(Circuit(1))
    done.result()
    assert not done.cancel()


def test_callbacks_run_in_a_python_thread(slow):
    seen = []

    def fail(future):
        raise SystemExit  # must not stop the others

    def note(future):
        seen.append(threading.current_thread().name)

    failing = submit(slow, timeout_ms=50)
    failing.add_done_callback(fail)
    future = submit(slow, timeout_ms=100)
    future.add_done_callback(note)
    assert failing.exception(timeout=10)
    assert future.exception(timeout=10)
    last = submit(Circuit(1))
    last.result()
    assert seen == ["ketsim-futures"]
    last.add_done_callback(note)
    assert seen[1] == threading.current_thread().name


def test_futures_need_not_be_kept(small):
    seen = []
    for circuit in small:
        submit(circuit, shots=1).add_done_callback(lambda future: seen.append(future.result()))
    gc.collect()
    end = time.monotonic() + 30
    while len(seen) < len(small) and time.monotonic() < end:
        time.sleep(0.001)
    assert len(seen) == len(small)


def test_storm_in_threads(small):
    wanted = [alone(circuit) for circuit in small]
    failures = []

    def work(number):
        for k in range(60):
            index = (number + k) % len(small)
            future = submit(small[index])
            if k % 3 == 0 and future.cancel():
                continue
            if bits(future.result().state) != wanted[index]:
                failures.append(index)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# ---- the queue is full ---------------------------------------------------------------------------


def submit_many(circuit, futures, **options):
    """More than there is room for."""
    for _ in range(20_000):
        futures.append(submit(circuit, **options))


@pytest.fixture
def full_queue():
    """No room for circuits on many qubits."""
    circuit = Circuit(22).apply_gates(entangling(22, 200))
    futures = []
    while len(futures) < 1000:  # at first the room may be taken by cancelled ones of another test
        with pytest.raises(QueueFullError, match="no room"):
            submit_many(circuit, futures, wait=False)
    yield circuit
    for future in futures:
        future.cancel()


def test_full_queue_interrupts(full_queue):
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    futures = []
    with pytest.raises(KeyboardInterrupt):
        submit_many(full_queue, futures)
    timer.join()
    for future in futures:
        future.cancel()
    assert submit(Circuit(1).X(0), shots=3).result().counts == {"1": 3}


def test_full_queue_does_not_keep_the_loop(full_queue):
    async def main():
        task = asyncio.create_task(full_queue.run_async())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


# ---- imap ----------------------------------------------------------------------------------------


def test_imap_yields_in_order(small):
    circuits = small * 10
    for most in (1, 2, 7, None):
        results = imap(iter(circuits), most)
        for circuit, result in itertools.islice(zip(circuits, results, strict=False), 30):
            assert bits(result.state) == alone(circuit)
    assert list(imap([])) == []


def test_imap_takes_circuits_only_ahead():
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield Circuit(2).H(0)

    results = imap(endless(), max_in_flight=5)
    assert taken == 0
    for yielded in range(1, 30):
        next(results)
        assert taken <= yielded + 5
    results.close()
    assert list(results) == []


def test_imap_closed_early_stops_what_runs(slow):
    began = time.monotonic()
    results = imap(itertools.chain([Circuit(1)], itertools.repeat(slow)), max_in_flight=8)
    next(results)
    results.close()
    assert submit(Circuit(18).H(0)).result(timeout=20)  # on the cores that are free again
    assert time.monotonic() - began < 20


def test_imap_fails_in_place(small):
    results = imap([small[0], Circuit(9), small[1]], state="0000000")
    assert next(results).state.nqubits == 7
    with pytest.raises(InvalidArgument, match="circuit on 9 qubits"):
        next(results)
    assert list(results) == []

    def broken():
        yield small[0]
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(imap(broken()))
    with pytest.raises(TypeError, match="circuit: must be a Circuit, not int"):
        list(imap([3]))


def test_imap_ctrl_c(slow):
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        list(imap([slow] * 20))
    timer.join()


# ---- asyncio -------------------------------------------------------------------------------------


def test_run_async(small):
    async def main():
        return await asyncio.gather(*(circuit.run_async() for circuit in small * 5))

    for circuit, result in zip(small * 5, asyncio.run(main()), strict=True):
        assert bits(result.state) == alone(circuit)


def test_run_async_leaves_the_loop_free(slow):
    async def main():
        beats = 0
        task = asyncio.create_task(slow.run_async(timeout_ms=200))
        while not task.done():
            beats += 1
            await asyncio.sleep(0.001)
        assert isinstance(task.exception(), DeadlineExceeded)
        return beats

    assert asyncio.run(main()) > 20


def test_cancelled_task_stops_the_run(slow, monkeypatch):
    futures = []

    def note(*arguments, **options):
        futures.append(submit(*arguments, **options))
        return futures[-1]

    monkeypatch.setattr("ketsim._async.submit", note)

    async def main():
        task = asyncio.create_task(slow.run_async())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(slow.run_async(), 0.05)

    asyncio.run(main())
    assert [future.cancelled() for future in futures] == [True, True]
    for future in futures:
        ends_soon(future._job)


def test_run_async_takes_keywords_only():
    with pytest.raises(TypeError):
        asyncio.run(Circuit(1).run_async(5))
    with pytest.raises(InvalidArgument, match="shots 0"):
        asyncio.run(Circuit(1).run_async(shots=0))


def test_run_batch_async(small):
    seen = []

    async def main():
        loop = asyncio.get_running_loop()

        def progress(fraction):
            assert asyncio.get_running_loop() is loop
            seen.append(fraction)

        large = Circuit(20).apply_gates(entangling(20, 400))
        batch = await run_batch_async([*small, large], progress=progress)
        await asyncio.sleep(0)
        return batch

    batch = asyncio.run(main())
    assert batch.stats["succeeded"] == len(small) + 1
    assert [bits(result.state) for result in batch.results[:-1]] == [alone(circuit) for circuit in small]
    assert all(0 <= fraction <= 1 for fraction in seen)
    with pytest.raises(InvalidArgument, match="shots 0"):
        asyncio.run(run_batch_async(small, shots=0))


def test_cancelled_batch_stops(slow):
    async def main():
        task = asyncio.create_task(run_batch_async([slow] * 50))
        await asyncio.sleep(0.05)
        task.cancel()
        began = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - began

    assert asyncio.run(main()) < 10


# ---- the end of the process ----------------------------------------------------------------------

EXITS = """
import asyncio, sys
from ketsim import Circuit, imap, submit
slow = Circuit(22)
for layer in range(400):
    slow.apply_gates([("RX", 0.1 + layer + q, q) for q in range(22)])
    slow.apply_gates([("CNOT", q, (q + 1) % 22) for q in range(22)])
if sys.argv[1] == "submit":
    futures = [submit(slow) for _ in range(5)]
if sys.argv[1] == "callback":
    submit(slow).add_done_callback(print)
if sys.argv[1] == "imap":
    results = imap([Circuit(1), slow, slow])
    next(results)
if sys.argv[1] == "asyncio":
    async def main():
        asyncio.create_task(slow.run_async())
        await asyncio.sleep(0.05)
    asyncio.run(main())
"""


@pytest.mark.parametrize("how", ["submit", "callback", "imap", "asyncio"])
def test_exit_with_work_in_flight(how):
    began = time.monotonic()
    python(EXITS, how)
    assert time.monotonic() - began < 60


# ---- bad arguments -------------------------------------------------------------------------------

BAD = [
    ({"circuit": "H"}, TypeError, "circuit: must be a Circuit, not str"),
    ({"shots": 0}, InvalidArgument, "shots 0: must be 1.."),
    ({"seed": -1}, InvalidArgument, "seed -1"),
    ({"state": 5}, TypeError, "state: must be a Ket or a label, not int"),
    ({"state": "x"}, InvalidArgument, "label character 'x'"),
    ({"timeout_ms": 0}, InvalidArgument, "timeout_ms 0: must be a positive"),
    ({"cancel": 1}, TypeError, "cancel: must be a CancelToken"),
    ({"dtype": "float64"}, InvalidArgument, "dtype 'float64'"),
    ({"threads": 2}, TypeError, "threads"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), BAD, ids=itertools.count())
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        submit(**{"circuit": Circuit(1), **arguments})


def test_bad_arguments_of_imap_and_pins():
    with pytest.raises(InvalidArgument, match="max_in_flight 0: must be at least 1"):
        imap([], 0)
    with pytest.raises(InvalidArgument, match="pin 'near': must be 'none', 'compact' or 'spread'"):
        pin_workers("near")
    with pytest.raises(TypeError, match="pin: must be"):
        pin_workers(3)


@pytest.mark.parametrize("pin", ["compact", "spread", "none"])
def test_pinned_workers_give_the_same_bits(pin, small):
    pin_workers(pin)
    try:
        assert [bits(result.state) for result in imap(small)] == [alone(circuit) for circuit in small]
    finally:
        pin_workers("none")
