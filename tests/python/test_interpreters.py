"""Interpreters with a GIL of their own: what ketsim gives in them, and InterpreterPool."""

import math
import operator
import os
import pathlib
import pickle
import subprocess
import sys
import threading
import time

import pytest
from compare import bits
from programs import python

import ketsim
from ketsim import Circuit, Observable, ket

ROOT = pathlib.Path(__file__).resolve().parents[2]
own_gil = pytest.mark.skipif(sys.version_info < (3, 12), reason="one GIL for all interpreters before 3.12")
shares_views = sys.version_info >= (3, 14)


@pytest.fixture(scope="module")
def pool():
    with ketsim.InterpreterPool(2) as pool:
        yield pool


# ---- ketsim in an interpreter of its own -------------------------------------------------------------------

IN_ONE = """
import pickle
from ketsim import CancelToken, Circuit, Observable, ket, run_batch
import ketsim

q = ket("00").H(0).CNOT(0, 1).apply_gates([("RX", 0.0, 1)])
half = 0.5**0.5
assert abs(q.amplitude("11") - half) < 1e-15 and abs(q.norm() - 1) < 1e-15
assert q.amplitudes().shape == (4, 2) and abs(q.amplitudes()[3, 0] - half) < 1e-15
assert q.probabilities([0]).format == "d" and abs(q.probabilities([0])[1] - 0.5) < 1e-15
assert set(q.sample(20, seed=1).tolist()) <= {0, 3} and sum(q.counts(10, seed=1).values()) == 10
assert memoryview(q).nbytes == 64 and memoryview(q).cast("B").cast("d")[0] == q.amplitude("00").real
assert abs(q.expectation("Z0 Z1") - 1) < 1e-15 and q.variance(Observable("X0 X1")) < 1e-12
with q.edit() as a:
    a[0, 0], a[3, 0] = 1.0, 0.0
assert repr(q) == "Ket(|00>)" and repr(pickle.loads(pickle.dumps(q))) == "Ket(|00>)"
bell = Circuit(2).H(0).CNOT(0, 1)
batch = run_batch([bell, bell.inverse(), Circuit(14).H(*range(14))], shots=50, seed=2)
assert not batch.errors and batch.results[0].counts.keys() == {"00", "11"}
assert bell.explain() and q.unitary([[0, 1], [1, 0]], 0).measure(0) == 1
big = ket("+" * 16)
for k in range(16):
    big.RX(0.1 * k, k).CZ(k, (k + 1) % 16)
assert abs(big.run(timeout_ms=60000, cancel=CancelToken(), threads=2).norm() - 1) < 1e-12
from ketsim.concurrency import Workload, recommend
assert recommend(Workload(circuits=2, python_heavy=True)).strategy in ("sub-interpreters", "free-threaded")
with ketsim.profile() as profile:
    q.H(0).run()
assert [call.name for call in profile.calls] == ["run"]
for bad in (lambda: q.H(5), lambda: Observable("Q0"), lambda: ket("2"), lambda: ket.from_shared(1)):
    try:
        bad()
    except ketsim.Error as error:
        assert isinstance(error, ValueError), error
    else:
        raise AssertionError("no exception")
"""

ONE_BY_ONE = """
import sys
if len(sys.argv) > 2:
    import ketsim
from ketsim import _isolated
for _ in range(5):
    one = _isolated.Isolated()
    one._interpreter.run(sys.argv[1])
    one.close()
print("ok")
"""

AT_ONCE = """
import sys, threading
from ketsim import _isolated
failures = []

def work():
    try:
        for _ in range(3):
            one = _isolated.Isolated()
            for _ in range(3):
                one._interpreter.run(sys.argv[1])
            one.close()
    except BaseException as error:
        failures.append(error)

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(failures or "ok")
"""


@own_gil
@pytest.mark.parametrize("main_too", [[], ["import"]])
def test_everything_in_one_interpreter_after_another(main_too):
    assert python(ONE_BY_ONE, IN_ONE, *main_too).split() == ["ok"]


@own_gil
def test_everything_in_four_interpreters_at_once():
    assert python(AT_ONCE, IN_ONE).split() == ["ok"]


CFFI_NAMES = """
def names():
    import ketsim
    said = {}
    for name in ("ffi", "lib", "info"):
        try:
            getattr(ketsim, name)()
        except ImportError as error:
            said[name] = str(error)
    return said
"""


@own_gil
def test_what_needs_cffi_says_so(pool):
    said = pool.submit(CFFI_NAMES).result()
    assert said.keys() == {"ffi", "lib", "info"}
    assert all("CFFI" in text and "main interpreter" in text for text in said.values())


HOLD = """
def hold(q, circuit):
    from ketsim import _ketsim
    _ketsim._hold_gil(True)
    try:
        return q.apply(circuit).norm()
    finally:
        _ketsim._hold_gil(False)
"""


@own_gil
def test_an_interpreter_that_holds_its_gil_stops_no_other(pool):
    """Work in C with the GIL held: were it one GIL, this thread would stand still until the end."""
    q, beats = ket("+" * 18), 0
    circuit = Circuit(18)
    for k in range(400):
        circuit.RX(0.1 + k, k % 18).CNOT(k % 18, (k + 5) % 18)
    future = pool.submit(HOLD, q, circuit)
    while not future.done():
        beats += 1
        time.sleep(0.0005)
    assert abs(future.result() - 1) < 1e-9
    assert beats >= 20


# ---- calls -------------------------------------------------------------------------------------------------


@own_gil
def test_functions_by_object_name_and_source(pool):
    assert pool.submit(math.factorial, 5).result() == 120
    assert pool.submit("math:factorial", 5).result() == 120
    assert pool.submit("datetime:date.fromisoformat", "2026-11-26").result().day == 26
    source = "def double(a):\n    return 2 * a\n\ndef last(a, *, b):\n    return double(a) - b\n"
    assert pool.submit(source, 5, b=1).result() == 9


@own_gil
def test_map_keeps_the_order(pool):
    assert list(pool.map(operator.add, range(100), range(100))) == list(range(0, 200, 2))


@own_gil
def test_each_interpreter_has_a_thread_and_modules_of_its_own():
    source = """
def mark(seconds):
    import builtins, threading, time
    time.sleep(seconds)
    builtins.marks = getattr(builtins, "marks", 0) + 1
    return threading.get_native_id(), builtins.marks
"""
    with ketsim.InterpreterPool(3) as pool:
        seen = list(pool.map(source, [0.05] * 9))
    assert len({thread for thread, _ in seen}) == 3
    assert sum(max(mark for t, mark in seen if t == thread) for thread in {t for t, _ in seen}) == 9


FAIL = """
class Special(Exception):
    pass

def fail(kind):
    if kind == "special":
        raise Special("with a message")
    if kind == "ketsim":
        from ketsim import ket
        ket("00").H(7)
    raise {"exit": SystemExit, "interrupt": KeyboardInterrupt, "value": ValueError}[kind]("said")
"""


@own_gil
@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("special", "Special", "with a message"),
        ("ketsim", "ketsim.InvalidArgument", "qubit 7: must be 0..1 for 2 qubits"),
        ("exit", "SystemExit", "said"),
        ("interrupt", "KeyboardInterrupt", "said"),
        ("value", "ValueError", "said"),
    ],
)
def test_exceptions_come_back_as_text(pool, kind, name, message):
    with pytest.raises(ketsim.InterpreterError) as caught:
        pool.submit(FAIL, kind).result()
    error = caught.value
    assert error.type.endswith(name)
    assert error.message == message
    assert str(error) == f"{error.type}: {message}"
    assert "in fail" in error.traceback
    assert "raise" in error.traceback or "H(7)" in error.traceback
    assert "answer" not in error.traceback
    assert error.traceback in "".join(error.__notes__)
    assert isinstance(error, ketsim.Error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert pool.submit(operator.add, 1, 1).result() == 2


@own_gil
def test_what_cannot_cross(pool):
    with pytest.raises((TypeError, pickle.PicklingError, AttributeError)):
        pool.submit(operator.add, threading.Lock(), 1)
    with pytest.raises(ketsim.InterpreterError, match="pickle"):
        pool.submit("import threading\ndef f():\n    return threading.Lock()").result()
    with pytest.raises(ketsim.InterpreterError, match="ModuleNotFoundError"):
        pool.submit("no_such_module:function").result()
    with pytest.raises(ketsim.InterpreterError, match="defines none"):
        pool.submit("x = 1\nfrom os.path import join").result()


@own_gil
def test_functions_that_no_interpreter_finds(pool):
    with pytest.raises(TypeError, match="cannot import it"):
        pool.submit(lambda: 1)
    with pytest.raises(TypeError, match="must be callable, 'module:name' or source, not int"):
        pool.submit(3)
    with pytest.raises(SyntaxError):
        pool.submit("def f(:\n")
    function = type(python)(python.__code__, {}, "function")
    function.__module__ = "__main__"
    with pytest.raises(TypeError, match="put it into a module"):
        pool.submit(function)


# ---- states and views --------------------------------------------------------------------------------------

EVOLVE = """
def evolve(q, angle):
    return q.RX(angle, 0).CNOT(0, 1), q
"""


@own_gil
def test_states_cross_and_are_states_of_their_own(pool, dtype):
    q = ket("00", dtype=dtype, threads=2, on_busy="wait").H(1)
    moved, same = pool.submit(EVOLVE, q, 0.3).result()
    assert moved is same
    assert bits(moved) == bits(q.copy().RX(0.3, 0).CNOT(0, 1))
    assert q.fidelity(ket("00", dtype=dtype).H(1)) > 1 - 1e-6
    assert moved.__reduce_ex__(5)[1][2:7] == q.__reduce_ex__(5)[1][2:7]


@own_gil
def test_a_state_crosses_as_it_was_at_submit(pool):
    q = ket("0")
    futures = []
    for k in range(8):
        futures.append(pool.submit("def f(q):\n    return q.measure()", q))
        q.X(0).run()
        assert q.generation == k + 2
    assert [future.result() for future in futures] == [0, 1] * 4


@own_gil
def test_more_states_than_can_wait_at_once(pool):
    states = [ket(f"{k % 4:02b}") for k in range(3000)]
    took = list(pool.map("copy:copy", states))
    assert all(bits(a) == bits(b) for a, b in zip(states, took, strict=True))


@own_gil
def test_circuits_and_observables_cross_by_value(pool):
    circuit = Circuit(2).H(0).CNOT(0, 1)
    source = "def f(c, o):\n    from ketsim import ket\n    return c, o, ket('00').apply(c).expectation(o)"
    back, observable, value = pool.submit(source, circuit, Observable("Z0 Z1")).result()
    assert back == circuit
    assert observable == Observable("Z0 Z1")
    assert abs(value - 1) < 1e-15


@own_gil
def test_memoryviews_show_the_callers_memory_or_a_copy(pool):
    data = bytearray(16)
    source = """
def write(view):
    if not view.readonly:
        view[1] = 7.0
    return view.readonly, view.format, view.shape, view.tolist()
"""
    seen = pool.submit(source, memoryview(data).cast("d")).result()
    if shares_views:
        assert seen == (False, "d", (2,), [0.0, 7.0])
        assert memoryview(data).cast("d")[1] == 7.0
    else:
        assert seen == (True, "d", (2,), [0.0, 0.0])
        assert data == bytes(16)
    data += b"more"  # the view is gone on the other side, or this would be a BufferError


@own_gil
def test_amplitudes_as_a_view(pool):
    q = ket("1")
    source = "def f(v):\n    return v.cast('B').cast('d').tolist()"
    assert pool.submit(source, memoryview(q)).result() == [0, 0, 1, 0]
    back = pool.submit("def f():\n    from ketsim import ket\n    return memoryview(ket('1'))").result()
    assert (back.format, back.tolist()) == ("d", [[0, 0], [1, 0]])


# ---- the pool itself ---------------------------------------------------------------------------------------


@own_gil
@pytest.mark.parametrize("bad", [0, -1, 257, 10**30])
def test_bad_numbers_of_interpreters(bad):
    with pytest.raises(ketsim.InvalidArgument, match=r"must be 1\.\.256"):
        ketsim.InterpreterPool(bad)


@own_gil
def test_bad_types_and_pins():
    with pytest.raises(TypeError, match="n: must be an integer, not str"):
        ketsim.InterpreterPool("2")
    with pytest.raises(TypeError, match="n: must be an integer, not bool"):
        ketsim.InterpreterPool(True)
    with pytest.raises(ketsim.InvalidArgument, match="pin 'tight': must be 'none', 'compact' or 'spread'"):
        ketsim.InterpreterPool(1, pin="tight")


@own_gil
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system pins no threads")
@pytest.mark.parametrize("pin", ["compact", "spread"])
def test_pinned_threads_stay_on_their_cores(pin):
    allowed = os.sched_getaffinity(0)
    source = """
def cores(seconds):
    import os, time
    time.sleep(seconds)
    return sorted(os.sched_getaffinity(0))
"""
    with ketsim.InterpreterPool(len(allowed), pin=pin) as pool:
        seen = list(pool.map(source, [0.05] * 4 * len(allowed)))
    assert all(len(cores) == 1 for cores in seen)
    assert {cores[0] for cores in seen} <= allowed
    assert os.sched_getaffinity(0) == allowed


@own_gil
def test_what_all_interpreters_share_is_not_counted(pool):
    """None and small integers belong to all of them, and no GIL keeps one out while another counts."""
    source = """
def gates(rounds):
    from ketsim import Circuit
    for _ in range(rounds):
        circuit = Circuit(8)
        for k in range(8):
            circuit.RX(0.1, k).CNOT(k, (k + 1) % 8)
"""
    token, shared = ketsim.CancelToken(), [None, *range(8)]
    before = [sys.getrefcount(thing) for thing in shared]
    kept = [token.cancel() for _ in range(10)]
    assert [sys.getrefcount(thing) for thing in shared] == before
    assert kept == [None] * 10
    list(pool.map(source, [2000] * 4))
    assert [sys.getrefcount(thing) for thing in shared] == before


@own_gil
def test_closed_pool_takes_no_calls():
    pool = ketsim.InterpreterPool(1)
    future = pool.submit(math.factorial, 3)
    pool.close()
    assert future.result() == 6
    pool.close()
    with pytest.raises(RuntimeError):
        pool.submit(math.factorial, 3)


STARTS = """
import gc, sys, threading
from ketsim import InterpreterPool, ket
threads = threading.active_count()
for _ in range(5):
    with InterpreterPool(2) as pool:
        pool.submit("copy:copy", ket("0")).result()
    pool = InterpreterPool(1)
    del pool
gc.collect()
assert threading.active_count() == threads
interpreters = __import__("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
print(len(interpreters.list_all()))
"""


@own_gil
def test_no_interpreter_is_left():
    assert python(STARTS).split() == ["1"]


@own_gil
def test_exit_with_a_pool_that_nobody_closed():
    code = """
from ketsim import InterpreterPool, ket
pool = InterpreterPool(2)
futures = [pool.submit("time:sleep", 0.05) for _ in range(4)]
print("leaving")
"""
    assert python(code).split() == ["leaving"]


def test_example():
    example = ROOT / "examples" / "interpreters.py"
    done = subprocess.run([sys.executable, example], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "skipped" in done.stdout or done.stdout.count("<X0>") == 4


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="what Python 3.11 says")
def test_python_311_has_no_such_interpreters():
    with pytest.raises(ketsim.Error, match=r"Python 3\.12"):
        ketsim.InterpreterPool(2)
