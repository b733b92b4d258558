"""Each call in the table of docs/gil.md lets go of the GIL, or keeps it, as the table says."""

import pathlib
import pickle
import re
import sys
import threading
import time

import numpy as np
import pytest
from programs import entangling

import ketsim
from ketsim import Circuit, Parameter, _ketsim, ket

pytestmark = [
    pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="there is no GIL"),
    pytest.mark.thread_unsafe,
]
N = 18
TEXT = (pathlib.Path(__file__).resolve().parents[2] / "docs/gil.md").read_text()
TABLE = re.search(r"^\| call \| the lock meanwhile \|$(.*?)\n\n", TEXT, re.MULTILINE | re.DOTALL)[1]
CALLS = [
    (call, verdict.split()[0].strip(":,"))
    for calls, verdict in re.findall(r"^\| (`.+`) \| (.+) \|$", TABLE, re.MULTILINE)
    for call in re.findall(r"`([^`]+)`", calls)
]


@pytest.fixture(scope="module")
def start():
    return ket("+" * N).apply_gates(entangling(N, 40))


def spent(call, start):
    """(calls, wall, free, wait) by the extension's clock during one call, on states of its own."""
    states = {"q": start.copy().RX(0.1, 0).run(), "p": start.copy()}
    names = vars(ketsim) | {name: getattr(ketsim, name) for name in ketsim.__all__} | states
    names |= {"np": np, "pickle": pickle, "v": start.amplitudes(), "stored": pickle.dumps(start)}
    names |= {"c": Circuit(N).RX(0.1, 0).CNOT(0, 1), "d": Circuit(N).RX(Parameter("a"), 0)}
    names |= {"e": Circuit(N, bits=1).H(0).measure(0), "rho": ketsim.DensityMatrix("+" * 9)}
    code = compile(call, call, "exec" if call.startswith("with ") else "eval")
    before = _ketsim._gil_clock()
    result = eval(code, names)
    after = _ketsim._gil_clock()
    del result
    return [b - a for a, b in zip(before, after, strict=True)]


def test_the_table_is_read():
    assert {verdict for _, verdict in CALLS} == {"free", "held"}
    assert len(CALLS) > 45


@pytest.mark.parametrize(("call", "verdict"), CALLS)
def test_call_does_with_the_gil_what_the_page_says(call, verdict, start):
    calls, wall, free, wait = spent(call, start)
    if verdict == "held":
        assert (calls, free) == (0, 0)
    else:
        assert calls >= 1
        assert 0 < free <= wall - wait


def test_the_clock_sees_a_gil_that_is_kept(start):
    _ketsim._hold_gil(True)
    try:
        for call in ("q.norm()", "q.apply(c)", "run_batch([c])"):
            _, wall, free, wait = spent(call, start)
            assert wall > 0
            assert (free, wait) == (0, 0), call
    finally:
        _ketsim._hold_gil(False)


def controlled_gates():
    """Refused at the end, so that reading them is all that happens."""
    with pytest.raises(ketsim.InvalidArgument, match="entry 50000: qubit 9"):
        Circuit(2).apply_gates([("RX", 0.1, 0, {"controls": [1]})] * 50_000 + [("H", 9)])


@pytest.mark.parametrize("loop", [controlled_gates, lambda: ketsim.Observable([(0.1, "X0 Z1")] * 50_000)])
def test_long_loops_over_python_objects_let_others_have_the_gil(loop):
    """With Python's own switching off, the other thread counts on only where the loop lets it."""
    count, stop, interval = [0], threading.Event(), sys.getswitchinterval()

    def work():
        while not stop.is_set():
            count[0] += 1
            time.sleep(0)

    thread = threading.Thread(target=work)
    thread.start()
    sys.setswitchinterval(1000)
    try:
        time.sleep(0.02)  # the other thread waits by the new interval from now on
        before = count[0]
        for _ in range(100):
            loop()
            if count[0] > before:
                break
        assert count[0] > before
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()
