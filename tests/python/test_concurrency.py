"""Eight threads and one state: no update is lost, no read is torn, and the GIL is free while C computes."""

import contextlib
import sys
import threading
import time

import numpy as np
import pytest
from compare import bits
from programs import entangling

import ketsim
from ketsim import Circuit, _ketsim, ket

THREADS = 8
N = 14  # large enough that a run lets go of the GIL
STEP = 2 * np.pi / 4096  # phases of up to 4,095 updates can be told apart
ROUNDS = 40
needs_gil = pytest.mark.skipif(
    not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="this interpreter has no GIL"
)


def in_threads(work, count=THREADS):
    """Run work(k) in count threads that start together; give the results, raise the first failure."""
    results, failures, barrier = [None] * count, [], threading.Barrier(count)

    def body(k):
        try:
            barrier.wait()
            results[k] = work(k)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=body, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results


def updates_seen(q):
    """How many phases of STEP qubit 0, once |+>, has taken."""
    a = np.asarray(q).reshape(2, -1)
    overlap = np.vdot(a[0], a[1])
    assert abs(abs(overlap) - 0.5) < 1e-9
    return round(float(np.angle(overlap) / STEP)) % 4096


def until_free(call):
    """Repeat call while the state is busy; give the number of refusals."""
    refused = 0
    while True:
        try:
            call()
        except ketsim.StateBusyError:
            refused += 1
            time.sleep(0)
        else:
            return refused


# ---- lost updates ------------------------------------------------------------------------------------


def test_no_update_is_lost_by_retrying():
    q = ket("+" * N)

    def work(_):
        return sum(until_free(lambda: q.apply_gates([("P", STEP, 0)])) for _ in range(ROUNDS))

    refused = in_threads(work)
    assert updates_seen(q) == THREADS * ROUNDS
    assert q.generation == 1 + THREADS * ROUNDS
    print(f"{sum(refused)} refusals")


def test_no_update_is_lost_by_waiting():
    q = ket("+" * N, on_busy="wait")

    def work(k):
        for _ in range(ROUNDS):
            if k % 2:
                q.apply_gates([("P", STEP, 0)])
            else:
                q.apply(Circuit(1).P(STEP, 0))

    in_threads(work)
    assert updates_seen(q) == THREADS * ROUNDS
    assert q.generation == 1 + THREADS * ROUNDS


def test_refused_updates_leave_no_trace():
    q = ket("+" * N)

    def work(_):
        done = 0
        for _ in range(ROUNDS):
            with contextlib.suppress(ketsim.StateBusyError):
                q.apply_gates([("P", STEP, 0)])
                done += 1
        return done

    done = sum(in_threads(work))
    assert updates_seen(q) == done == q.generation - 1
    assert done >= ROUNDS


@pytest.mark.parametrize("on_busy", ["error", "wait"])
def test_chained_gates_of_several_threads(on_busy):
    """A gate that was accepted is in the queue of one of the runs, or in what is left of it."""
    q = ket("+" * N, on_busy=on_busy)

    def work(_):
        for _ in range(ROUNDS):
            until_free(lambda: q.P(STEP, 0))
            until_free(q.run)

    in_threads(work)
    q.run()
    assert updates_seen(q) == THREADS * ROUNDS
    assert q.pending == 0


def test_eager_gates_of_several_threads():
    q = ket("+" * N, eager=True, on_busy="wait")
    in_threads(lambda _: [q.P(STEP, 0) for _ in range(ROUNDS)])
    assert updates_seen(q) == THREADS * ROUNDS == q.generation - 1


def test_edits_of_several_threads():
    q = ket("+" * N)

    def add_phase():
        with q.edit() as a:
            a.reshape(2, -1)[1] *= np.exp(1j * STEP)

    in_threads(lambda _: [until_free(add_phase) for _ in range(ROUNDS)])
    assert updates_seen(q) == THREADS * ROUNDS


def test_measurements_of_several_threads_agree():
    q = ket("+" * N, on_busy="wait")
    assert len(set(in_threads(lambda _: q.measure(0, 3)))) == 1


# ---- snapshots ----------------------------------------------------------------------------------------


def one_generation(amplitudes):
    """Every amplitude of the state below is the same in every generation."""
    a = np.asarray(amplitudes)
    return np.allclose(a, a[0], rtol=0, atol=1e-12) and abs(abs(a[0]) - 2.0 ** (-N / 2)) < 1e-9


READS = {
    "amplitudes": lambda q: one_generation(q.amplitudes()),
    "asarray": lambda q: one_generation(np.asarray(q)),
    "copy": lambda q: one_generation(q.copy()),
    "probabilities": lambda q: np.allclose(q.probabilities([0, 5]), 0.25, rtol=0, atol=1e-9),
    "norm": lambda q: abs(q.norm() - 1) < 1e-9,
    "fidelity": lambda q: abs(q.fidelity(q) - 1) < 1e-9,
    "sample": lambda q: len(q.sample(10, seed=1)) == 10,
}


@pytest.mark.parametrize("read", READS)
def test_readers_see_one_generation(read):
    q, stop = ket("+" * N), threading.Event()
    global_phase = [("P", 0.1, 0), ("X", 0), ("P", 0.1, 0), ("X", 0)]

    def work(k):
        if k == 0:
            try:
                for _ in range(200):
                    until_free(lambda: q.apply_gates(global_phase))
            finally:
                stop.set()
            return True
        seen = []
        while not stop.is_set() or not seen:
            seen.append(READS[read](q))
        return all(seen)

    assert all(in_threads(work, 4))
    assert q.generation == 201


def test_read_during_a_run_is_the_committed_generation():
    """The reader is this thread; the writer is in the middle of a run, as its callback proves."""
    q = ket(18)
    for name, *arguments in entangling(18, 4000):
        getattr(q, name)(*arguments)
    inside, finished = threading.Event(), threading.Event()

    def progress(done):
        inside.set()
        finished.wait()

    writer = threading.Thread(target=q.run, kwargs={"progress": progress})
    writer.start()
    try:
        assert inside.wait(60)
        assert q.generation == 1
        assert q.amplitude("0" * 18) == 1
        assert np.asarray(q)[0] == 1
        assert q.counts(5, seed=1) == {"0" * 18: 5}
        assert q.copy().norm() == 1
        assert repr(q)
        for write in (q.run, q.measure, q.close, lambda: q.H(0), lambda: q.edit().__enter__()):
            with pytest.raises(ketsim.StateBusyError):
                write()
    finally:
        finished.set()
        writer.join()
    assert (q.generation, q.pending) == (2, 0)


def test_pinned_views_of_every_generation():
    q, views = ket("+" * 10), []
    for k in range(50):
        views.append((np.asarray(q), bits(q)))
        q.RX(0.1 * k, k % 10).run()
    assert all(view.tobytes() == before for view, before in views)


def test_copies_in_threads_are_independent():
    q = ket("+" * N)

    def work(k):
        mine = q.copy()
        for _ in range(k):
            mine.P(STEP, 0).run()
        return updates_seen(mine)

    assert in_threads(work) == list(range(THREADS))
    assert updates_seen(q) == 0


def test_own_states_in_threads():
    gates = [entangling(12, 120, seed=k) for k in range(THREADS)]
    want = [bits(ket(12, threads=1).apply_gates(g)) for g in gates]
    for _ in range(3):
        assert in_threads(lambda k: bits(ket(12).apply_gates(gates[k]))) == want


def test_one_circuit_in_threads():
    circuit = Circuit(12).apply_gates(entangling(12, 60))
    want = bits(ket(12).apply(circuit))
    assert in_threads(lambda _: bits(ket(12).apply(circuit))) == [want] * THREADS


def test_circuit_grows_while_others_apply_it():
    circuit = Circuit(10)

    def work(k):
        for _ in range(200):
            if k == 0:
                circuit.X(0)
            else:
                weight = ket(10).apply(circuit).probabilities([0])
                assert weight.max() == 1
                list(circuit.copy())

    in_threads(work)
    assert len(circuit) == 200


def test_closing_while_others_work():
    for _ in range(20):
        q = ket("+" * N)

        def work(k, q=q):
            if k == 0:
                time.sleep(0.001)
                with contextlib.suppress(BufferError):
                    until_free(q.close)
                return
            with contextlib.suppress(ketsim.StateClosedError, ketsim.StateBusyError):
                for _ in range(20):
                    q.apply_gates([("H", 0)])
                    assert abs(q.norm() - 1) < 1e-9

        in_threads(work, 4)


# ---- the GIL -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def heartbeat():
    """A thread that counts as often as it gets the GIL, at most once in half a millisecond.

    It sleeps: what waits for a lock in free-threaded Python first gives its core away 40 times.
    """
    beats, stop = [0], threading.Event()

    def beat():
        while not stop.is_set():
            time.sleep(0.0005)
            beats[0] += 1

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield beats
    finally:
        stop.set()
        thread.join()


def beats_during(call):
    """Beats while call() runs.  Nobody is made to hand over the GIL: a beat means that it was free."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60)
    try:
        with heartbeat() as beats:
            while beats[0] == 0:
                time.sleep(0.001)
            before = beats[0]
            call()
            return beats[0] - before
    finally:
        sys.setswitchinterval(interval)


@contextlib.contextmanager
def held_gil():
    _ketsim._hold_gil(True)
    try:
        yield
    finally:
        _ketsim._hold_gil(False)


def long_queue():
    q = ket("+" * 20).run()
    for name, *arguments in entangling(20, 400):
        getattr(q, name)(*arguments)
    return q


LONG_CALLS = {
    "run": lambda q: q.run(),
    "read": lambda q: q.norm(),
    "apply_gates": lambda q: q.apply_gates([("H", 0)]),
    "apply": lambda q: q.apply(Circuit(20)),
}


@pytest.mark.parametrize("call", LONG_CALLS)
def test_another_thread_goes_on_during_a_long_call(call):
    q = long_queue()
    assert beats_during(lambda: LONG_CALLS[call](q)) >= 20


@needs_gil
def test_and_stands_still_when_the_gil_is_held():
    """The negative control: the same measure must catch a run that keeps the GIL."""
    q = long_queue()
    with held_gil():
        assert beats_during(q.run) == 0
    assert q.generation == 2


@needs_gil
def test_clock_of_the_gil():
    def spent(call):
        before = _ketsim._gil_clock()
        call()
        return [b - a for a, b in zip(before, _ketsim._gil_clock(), strict=True)]

    calls, wall, free, wait = spent(long_queue().run)
    assert calls >= 1
    assert 0.9 * wall < free <= wall
    assert wait >= 0
    with held_gil():
        calls, wall, free, wait = spent(long_queue().run)
    assert calls >= 1
    assert wall > 0
    assert (free, wait) == (0, 0)
