"""What happens at the worst moment: interrupts at random times, exits and forks while threads compute.

Each returns what went wrong, which must be nothing.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable

import numpy as np
from measure import Amplitudes
from speedup import in_threads
from workloads import workload

from ketsim import Circuit, Ket, ket

HANGS_S = 30
EXITING = """
import threading, time
from ketsim import Circuit, ket, run_batch
circuit = Circuit({n})
for k in range(40):
    for q in range({n}):
        circuit.RX(0.1 * k, q).CNOT(q, (q + 1) % {n})
threading.Thread(target=lambda: [ket({n}).apply(circuit) for _ in range(100)], daemon=True).start()
threading.Thread(target=lambda: run_batch([circuit] * 100, shots=1), daemon=True).start()
time.sleep({delay})
"""


# ---- interrupts -----------------------------------------------------------------------------------


def interrupted(call: Callable[[], object], delay: float, stop: Callable[[], object] | None = None) -> float:
    """Milliseconds from stop(), by default Ctrl-C, which another thread calls after a delay, to the end of
    call(); negative when the call had ended before."""
    stopped = [0.0]

    def stopper() -> None:
        time.sleep(delay)
        stopped[0] = time.perf_counter()
        (stop or (lambda: os.kill(os.getpid(), signal.SIGINT)))()

    thread = threading.Thread(target=stopper)
    ended = 0.0
    try:
        thread.start()
        call()
        ended = time.perf_counter()
        thread.join()
        if stop is None:
            time.sleep(HANGS_S)  # the interrupt is on its way
    except KeyboardInterrupt:
        ended = ended or time.perf_counter()
    thread.join()
    return 1e3 * (ended - stopped[0])


def deep(n: int, layers: int) -> Circuit:
    return Circuit(n).apply_gates(workload("ansatz", n) * layers)


def same(q: Ket, psi: Amplitudes) -> bool:
    return bool(np.array_equal(np.asarray(q), psi))


def states_in_between(n: int, count: int) -> tuple[int, int]:
    """Interrupts that stopped the run; and states, of all, that were neither as before nor as after, bit for
    bit."""
    circuit, rng = deep(n, 2), random.Random(1)
    q = ket(n).apply(deep(n, 1))
    before, start = q.amplitudes(), time.perf_counter()
    after = q.copy().apply(circuit).amplitudes()
    length, stopped, torn = time.perf_counter() - start, 0, 0
    for _ in range(count):
        interrupted(lambda: q.apply(circuit), rng.uniform(0, length))
        if same(q, before):
            stopped += 1
            continue
        torn += not same(q, after)
        q.set_amplitudes(before)
    return stopped, torn


# ---- exits ----------------------------------------------------------------------------------------


def bad_exits(n: int, count: int) -> tuple[int, int]:
    """Processes that ended while threads of theirs computed: those that hung, and those that crashed."""
    hung, crashed, rng = 0, 0, random.Random(2)
    for _ in range(count):
        code = EXITING.format(n=n, delay=rng.uniform(0, 0.05))
        try:
            done = subprocess.run([sys.executable, "-c", code], timeout=HANGS_S, capture_output=True)
        except subprocess.TimeoutExpired:
            hung += 1
        else:
            crashed += done.returncode != 0
    return hung, crashed


# ---- forks ----------------------------------------------------------------------------------------


def child_of(circuit: Circuit) -> int:
    """Fork a child that runs the circuit and ends; its exit status, as waitpid() gives it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that the process has threads: so it should
        pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(HANGS_S)
        ket(circuit.nqubits).apply(circuit)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def bad_forks(n: int, count: int, threads: int) -> tuple[int, int]:
    """Children, forked by threads that computed before, that hung or failed."""
    circuit, statuses = deep(n, 1), list[int]()

    def forks() -> None:
        for _ in range(count // threads):
            ket(n).apply(circuit)
            statuses.append(child_of(circuit))

    ket(n).apply(circuit)
    in_threads([forks] * threads)
    hung = sum(status == signal.SIGALRM for status in statuses)
    return hung, sum(status != 0 for status in statuses) - hung
