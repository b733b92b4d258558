"""32 threads at what the extension shares between them; and the GIL stays off where it is off."""

import pickle
import sys
import sysconfig
import threading

import numpy as np
import pytest
from compare import bits
from programs import python
from test_concurrency import in_threads

import ketsim
from ketsim import CancelToken, Circuit, Ket, Observable, _ketsim, ket, run_batch

THREADS = 32
free_threaded = pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python is not built free-threaded"
)

EVERYTHING = """
import sys
import ketsim
from ketsim import ket
ketsim.InterpreterPool, ketsim.info(), ketsim.lib, ket("+").amplitudes()
print(sys._is_gil_enabled())
"""


@free_threaded
def test_importing_all_of_ketsim_keeps_the_gil_off():
    assert python(EVERYTHING).split() == ["False"]


@free_threaded
def test_the_gil_is_off_in_these_tests():
    assert not sys._is_gil_enabled()


FIRST_USE = """
import threading
barrier, failures = threading.Barrier(32), []

def work(k):
    barrier.wait()
    try:
        import ketsim
        q = ketsim.ket("+0").CNOT(0, 1)
        assert abs(q.amplitudes()[0] - 0.5**0.5) < 1e-12
        assert ketsim.lib.ketsim_version() and ketsim.info()["version"]
        assert abs(q.expectation("Z0 Z1") - 1) < 1e-12
        assert q.apply_gates([("X", k % 2), ("unitary", [[0, 1], [1, 0]], 0)]).norm() > 0.999
    except BaseException as error:
        failures.append(error)

threads = [threading.Thread(target=work, args=(k,)) for k in range(32)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(failures or "ok")
"""


def test_first_uses_at_once():
    """The import, NumPy's, CFFI's, the default number of threads, the kernels: each found once."""
    for _ in range(3):
        assert python(FIRST_USE).split() == ["ok"]


def test_one_circuit_takes_gates_from_all():
    circuit = Circuit(5)

    def work(k):
        for _ in range(100):
            circuit.RX(float(k), k % 5).apply_gates([("H", 0), ("CNOT", 0, 1)])
            assert circuit[0][0] in ("RX", "H", "CNOT")
            assert repr(circuit)

    in_threads(work, THREADS)
    assert len(circuit) == THREADS * 300
    entries = list(circuit)
    for k in range(THREADS):
        assert entries.count(("RX", float(k), k % 5)) == 100


def test_one_list_of_gates_for_all():
    gates = [("H", 0), ["CX", 0, 1], ("RX", 0.3, 1, {"controls": {0: 1}}), ("unitary", np.eye(2), 1)]
    want = bits(ket("00").apply_gates(gates))

    def work(_):
        for _ in range(50):
            assert bits(ket("00").apply_gates(gates)) == want

    in_threads(work, THREADS)


def test_list_that_grows_while_it_is_read():
    gates, stop = [("X", 0)], threading.Event()

    def work(k):
        if k == 0:
            for _ in range(2000):
                gates.append(("X", 0))
                gates.pop()
            stop.set()
        while not stop.is_set():
            assert ket("0").apply_gates(gates).amplitude("0") in (0, 1)

    in_threads(work, 8)


def test_one_observable_and_one_token_for_all():
    energy, token = Observable("0.5 Z0 Z1 + X2 - 1.5"), CancelToken()
    q = ket("000").run()

    def work(k):
        for _ in range(50):
            assert q.expectation(energy) == -1.0
            assert hash(energy + k - k) == hash(energy) or abs(q.expectation(energy + k - k) + 1) < 1e-12
            assert pickle.loads(pickle.dumps(energy)) == energy
        if k == THREADS - 1:
            token.cancel()
        return token.cancelled

    in_threads(work, THREADS)
    with pytest.raises(ketsim.Cancelled):
        ket("0" * 4).H(0).run(cancel=token)


def test_errors_are_each_threads_own():
    q = ket(3)

    def work(k):
        for _ in range(100):
            with pytest.raises(ketsim.InvalidArgument, match=f"qubit {k + 3}: must be"):
                q.copy().H(k + 3)
            with pytest.raises(ketsim.ParseError, match=f"character {k}, 'Q'"):
                Observable(" " * k + "Q0")

    in_threads(work, THREADS)


def test_batches_of_all_at_once():
    circuits = [Circuit(n).H(*range(n)) for n in range(1, 8)]

    def work(k):
        batch = run_batch(circuits, shots=10, seed=k)
        return [result.counts for result in batch.results]

    found = in_threads(work, THREADS)
    assert all(found[k] == work(k) for k in range(0, THREADS, 8))


def test_states_shared_and_taken_by_all():
    q, tokens, taken = ket("01"), [], []

    def work(k):
        for _ in range(50):
            mine = q.copy()
            assert Ket.from_shared(mine.share()).amplitude("01") == 1
            token = q.share()  # makes the one before void, unless somebody has it by now
            tokens.append(token)
            try:
                taken.append(Ket.from_shared(tokens[-1]))
            except ketsim.InvalidArgument:
                continue

    in_threads(work, THREADS)
    assert 1 <= len(taken) <= THREADS * 50
    assert all(state.amplitude("01") == 1 for state in taken)


def test_views_and_edits_of_all():
    q = ket("+" * 8, on_busy="wait")

    def work(k):
        for _ in range(20):
            a = np.asarray(q)
            assert abs(np.vdot(a, a) - 1) < 1e-9
            if k % 8 == 0:
                q.RX(0.1, k % 7).run()
            try:
                with q.edit() as b:
                    b *= 1j
            except ketsim.StateBusyError:
                continue

    in_threads(work, THREADS)
    assert abs(q.norm() - 1) < 1e-9


def test_the_state_of_a_job_is_had_by_one():
    jobs = [_ketsim.Job(Circuit(1).X(0)) for _ in range(100)]
    had, refused = [], []

    def work(_):
        for number, job in enumerate(jobs):
            try:
                had.append((number, job.result().state.amplitude("1")))
            except RuntimeError as error:
                refused.append(str(error))

    in_threads(work, THREADS)
    assert sorted(had) == [(number, 1) for number in range(100)]
    assert refused == ["job: its state was taken before"] * 100 * (THREADS - 1)
