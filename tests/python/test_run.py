"""Runs that are stopped: deadline, token, callback, Ctrl-C.  The state stays the last committed one.

The long circuit would take many seconds: that its generation is never committed shows that the run stopped.
"""

import _thread
import functools
import os
import signal
import threading
import time

import numpy as np
import oracle
import pytest
from compare import bits
from programs import LONG_GATES, LONG_QUBITS, entangling
from rows import chain

import ketsim
from ketsim import CancelToken, Circuit, ket

LONG = functools.cache(lambda: entangling(LONG_QUBITS, LONG_GATES))


@pytest.fixture
def queued():
    """|+...+>, committed, and a queue that takes many seconds."""
    return chain(ket("+" * LONG_QUBITS).Z(0).run(), LONG())


def assert_as_before(q):
    """Committed state, generation and queue as the fixture made them, and the claim free."""
    assert (q.pending, q.generation, q.closed) == (LONG_GATES, 2, False)
    q.discard()
    half = np.float64(2.0) ** (-LONG_QUBITS / 2)
    amplitudes = np.asarray(q).reshape(2, -1)
    assert np.allclose(amplitudes[0], half, rtol=0, atol=1e-15)
    assert np.allclose(amplitudes[1], -half, rtol=0, atol=1e-15)
    q.X(0).run()
    assert (q.pending, q.generation) == (0, 3)


def after(seconds, act):
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
    return timer


# ---- deadline --------------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout_ms", [1, 50])
def test_deadline(queued, timeout_ms):
    with pytest.raises(ketsim.DeadlineExceeded, match=str(timeout_ms)):
        queued.run(timeout_ms=timeout_ms)
    assert_as_before(queued)


def test_generous_deadline_is_met(bell):
    assert bell.H(0).run(timeout_ms=100_000).generation == 3


def test_deadline_again_and_again(queued):
    for _ in range(5):
        with pytest.raises(ketsim.DeadlineExceeded):
            queued.run(timeout_ms=20)
    assert_as_before(queued)


# ---- token -----------------------------------------------------------------------------------------


def test_token_raised_by_another_thread(queued):
    token = CancelToken()
    timer = after(0.05, token.cancel)
    with pytest.raises(ketsim.Cancelled):
        queued.run(cancel=token)
    timer.join()
    assert_as_before(queued)


def test_token_raised_before(queued):
    token = CancelToken()
    assert not token.cancelled
    token.cancel()
    token.cancel()
    assert token.cancelled
    with pytest.raises(ketsim.Cancelled):
        queued.run(cancel=token)
    assert_as_before(queued)


def test_token_not_raised(bell):
    assert bell.H(0).run(cancel=CancelToken()).pending == 0


def test_one_token_stops_several_runs():
    token, stopped = CancelToken(), []

    def work():
        q = chain(ket(LONG_QUBITS), LONG())
        with pytest.raises(ketsim.Cancelled):
            q.run(cancel=token, threads=1)
        stopped.append(q.generation)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    token.cancel()
    for thread in threads:
        thread.join()
    assert stopped == [1, 1, 1]


# ---- progress --------------------------------------------------------------------------------------


def test_progress_grows_from_0_to_1():
    seen = []
    q = chain(ket(LONG_QUBITS), LONG()[: LONG_GATES // 40])
    q.run(progress=seen.append)
    assert seen, "a run of this length has slices"
    assert all(type(done) is float for done in seen)
    assert seen == sorted(seen)
    assert 0 <= seen[0] <= seen[-1] <= 1
    assert (q.pending, q.generation) == (0, 2)


def test_exception_in_progress_stops_the_run(queued):
    calls = []

    def progress(done):
        calls.append(done)
        if len(calls) == 3:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        queued.run(progress=progress)
    assert len(calls) == 3
    assert_as_before(queued)


def test_progress_may_read_but_not_write(queued):
    def progress(done):
        assert queued.generation == 2
        assert abs(queued.amplitude("0" * LONG_QUBITS) - 2.0 ** (-LONG_QUBITS / 2)) < 1e-15
        with pytest.raises(ketsim.StateBusyError):
            queued.X(0)
        with pytest.raises(ketsim.StateBusyError):
            queued.run()
        with pytest.raises(ketsim.StateBusyError):
            queued.apply_gates([("X", 0)])
        with pytest.raises(ketsim.StateBusyError):
            queued.close()
        raise StopIteration

    with pytest.raises(StopIteration):
        queued.run(progress=progress)
    assert_as_before(queued)


def test_progress_with_on_busy_wait_does_not_wait_for_itself():
    q = chain(ket(LONG_QUBITS, on_busy="wait"), LONG())

    def progress(done):
        with pytest.raises(ketsim.StateBusyError):
            q.run()
        raise StopIteration

    with pytest.raises(StopIteration):
        q.run(progress=progress)
    assert (q.pending, q.generation) == (LONG_GATES, 1)


# ---- Ctrl-C ----------------------------------------------------------------------------------------

INTERRUPTS = {
    "os.kill": lambda: os.kill(os.getpid(), signal.SIGINT),
    "raise_signal": lambda: signal.raise_signal(signal.SIGINT),
    "interrupt_main": _thread.interrupt_main,
}


@pytest.mark.parametrize("how", INTERRUPTS)
def test_ctrl_c_in_run(queued, how):
    timer = after(0.1, INTERRUPTS[how])
    with pytest.raises(KeyboardInterrupt):
        queued.run()
    timer.join()
    assert_as_before(queued)


@pytest.mark.parametrize("call", ["apply_gates", "apply"])
def test_ctrl_c_in_apply(call):
    gates = LONG()
    argument = gates if call == "apply_gates" else Circuit(LONG_QUBITS).apply_gates(gates)
    q = ket(LONG_QUBITS).X(0)
    timer = after(0.3, INTERRUPTS["os.kill"])
    with pytest.raises(KeyboardInterrupt):
        getattr(q, call)(argument)
    timer.join()
    assert (q.pending, q.generation) == (1, 1)
    assert q.amplitude("1" + "0" * (LONG_QUBITS - 1)) == 1


def test_ctrl_c_in_a_read(queued):
    timer = after(0.1, INTERRUPTS["os.kill"])
    with pytest.raises(KeyboardInterrupt):
        queued.norm()
    timer.join()
    assert_as_before(queued)


def test_other_signal_handlers_run_meanwhile(queued):
    """A handler that does not raise is called during the run, which goes on to its deadline."""
    seen = []
    before = signal.signal(signal.SIGUSR1, lambda *_: seen.append(queued.generation))
    timer = after(0.1, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    try:
        with pytest.raises(ketsim.DeadlineExceeded):
            queued.run(timeout_ms=1000)
        assert seen == [2]
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)
    assert_as_before(queued)


# ---- in place, expected generation, threads --------------------------------------------------------------


@pytest.fixture
def inplace():
    """A state in place whose amplitudes are in memory: |0...0> and labels need not be."""
    return ket(LONG_QUBITS, inplace=True).apply_gates(LONG()[:LONG_QUBITS])


def stop_half_way(done):
    if done > 0:
        raise KeyError("mine")


def test_interrupted_inplace_state_is_invalid(inplace):
    with pytest.raises(KeyError, match="mine"):
        chain(inplace, LONG()).run(progress=stop_half_way)
    for call in (np.asarray, ket.amplitudes, ket.norm, ket.copy, ket.run, lambda q: q.sample(1)):
        with pytest.raises(ketsim.StateInvalidError, match="half-way"):
            call(inplace)
    assert "invalid" in repr(inplace)
    assert inplace.generation == 2
    inplace.close()


@pytest.mark.parametrize("call", ["apply_gates", "run"])
def test_ctrl_c_leaves_an_inplace_state_invalid(inplace, call):
    timer = after(0.3, INTERRUPTS["os.kill"])
    with pytest.raises(KeyboardInterrupt):
        inplace.apply_gates(LONG()) if call == "apply_gates" else chain(inplace, LONG()).run()
    timer.join()
    with pytest.raises(ketsim.StateInvalidError):
        inplace.amplitude("0" * LONG_QUBITS)


def test_expect_generation(bell):
    before = bits(bell)
    bell.X(0)
    for wrong in (1, 3, 2**63):
        with pytest.raises(ketsim.StateBusyError, match=rf"2.*{wrong}|{wrong}.*2"):
            bell.run(expect_generation=wrong)
        assert (bell.pending, bell.generation) == (1, 2)
    bell.discard()
    assert bits(bell) == before
    assert bell.X(0).run(expect_generation=2).generation == 3


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_threads_do_not_change_bits(threads, dtype):
    gates = entangling(16, 60, seed=4)
    alone = ket(16, dtype=dtype, threads=1).apply_gates(gates)
    given = chain(ket(16, dtype=dtype), gates).run(threads=threads)
    kept = ket(16, dtype=dtype, threads=threads).apply_gates(gates)
    assert bits(alone) == bits(given) == bits(kept)
    assert alone.norm() == kept.norm()
    assert alone.inner(given) == kept.inner(given)
    qubits = [3, 0, 15]
    assert alone.probabilities(qubits).tobytes() == kept.probabilities(qubits).tobytes()
    assert np.array_equal(alone.sample(2000, seed=5), kept.sample(2000, seed=5))
    assert alone.measure(7, seed=2) == kept.measure(7, seed=2)
    assert bits(alone) == bits(kept)


def test_none_means_no_limit(bell):
    bell.run(timeout_ms=None, cancel=None, progress=None, threads=None, expect_generation=None)
    assert np.allclose(np.asarray(bell), (oracle.from_label("00") + oracle.from_label("11")) / np.sqrt(2))


@pytest.mark.thread_unsafe
def test_ctrl_c_in_the_midst_of_a_read():
    state = ket("+" * 20).RX(0.3, 5).run()
    generation = state.generation
    began = time.monotonic()
    state.density_matrix(range(11))  # a second or more
    whole = time.monotonic() - began
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    began = time.monotonic()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        state.density_matrix(range(11))
    assert time.monotonic() - began < max(0.1 + whole / 2, 0.3)
    timer.join()
    assert state.generation == generation
