"""A forked child has state and queue, runs parallel regions, and finds every claim free."""

import multiprocessing
import os
import signal
import threading
import traceback

import numpy as np
import pytest
from compare import bits
from programs import LONG_GATES, LONG_QUBITS, entangling
from rows import chain

from ketsim import Cancelled, Circuit, ket, submit

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
N = 16  # large enough for a parallel region


def in_child(work):
    """Fork, run work in the child, and fail unless it ends well before an alarm."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(60)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    assert status == 0, f"child ended with status {status} (14 is the alarm: it hung)"


def test_child_runs_after_the_parent_did():
    gates = entangling(N, 40)
    want = bits(ket(N, threads=2).apply_gates(gates))

    def work():
        assert bits(ket(N, threads=2).apply_gates(gates)) == want

    for _ in range(100):
        in_child(work)
    work()


def test_child_has_state_and_queue():
    """The queue is run in both, each on its own amplitudes."""
    q = ket("+" * N).Z(0).run().X(1).RX(0.3, 2)
    want = bits(ket("+" * N).Z(0).run().X(1).RX(0.3, 2))
    generation = q.generation

    def work():
        assert (q.pending, q.generation) == (2, generation)
        q.run()
        assert q.generation == generation + 1
        assert bits(q) == want

    in_child(work)
    assert (q.pending, q.generation) == (2, generation)
    assert bits(q) == want


def test_child_and_parent_do_not_share_amplitudes():
    q = ket("0" * N)
    view = np.asarray(q)

    def work():
        q.X(0).run()
        assert np.asarray(q)[1 << (N - 1)] == 1
        assert view[0] == 1

    in_child(work)
    assert q.amplitude("0" * N) == 1


def test_claim_held_at_the_fork_is_free_in_the_child():
    q = chain(ket("+" * LONG_QUBITS).Z(0).run(), entangling(LONG_QUBITS, LONG_GATES))
    inside, stop = threading.Event(), threading.Event()

    def progress(done):
        inside.set()
        if stop.is_set():
            raise StopIteration

    def write():
        with pytest.raises(StopIteration):
            q.run(progress=progress)

    def work():
        assert (q.pending, q.generation) == (LONG_GATES, 2)
        q.discard()
        q.Z(0).run(threads=2)
        assert q.generation == 3
        assert np.allclose(np.asarray(q), 2.0 ** (-LONG_QUBITS / 2), rtol=0, atol=1e-12)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert inside.wait(60)
        for _ in range(10):
            in_child(work)
    finally:
        stop.set()
        writer.join()
    assert (q.pending, q.generation) == (LONG_GATES, 2)


def test_edit_open_at_the_fork():
    q = ket("00")
    with q.edit() as a:
        a[:] = [0, 1, 0, 0]
        in_child(lambda: q.X(0).run())
    assert q.amplitude("01") == 1


def test_futures_are_lost_and_say_so():
    """Those that had not ended; the child has workers of its own."""
    circuit = Circuit(LONG_QUBITS).apply_gates(entangling(LONG_QUBITS, 2000))
    ended = submit(Circuit(1).X(0), shots=3)
    ended.result()
    running = submit(circuit)

    def work():
        assert ended.result().counts == {"1": 3}
        with pytest.raises(Cancelled, match="lost in a fork"):
            running.result(timeout=10)
        assert submit(Circuit(1).X(0), shots=4).result(timeout=30).counts == {"1": 4}

    for _ in range(20):
        in_child(work)
    assert running.cancel()


def square(q):
    return q.H(0).run()


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_multiprocessing(method):
    ket(N, threads=2).H(0).run()
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        kets = pool.map(square, [ket("+" * 4), ket("01")])
    assert abs(kets[0].amplitude("0000") - 2**-1.5) < 1e-15
    assert kets[1].nqubits == 2


def test_child_of_a_child():
    ket(N, threads=2).H(0).run()
    in_child(lambda: in_child(lambda: ket(N, threads=2).H(0).run()))
