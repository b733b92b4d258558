"""Two Python threads, each with a state of its own: runs let go of the GIL, so both compute at once.

The same job is done in one thread first. Each state has one thread of its own (threads=1); how much two of
them gain depends on the cores that are free, so it is printed and not relied upon. On free-threaded Python
(docs/free-threading.md) the Python around the runs goes at once, too.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from ketsim import Circuit, ket

N, RUNS = 16, 80


def circuit(shift: float) -> Circuit:
    """Layers of rotations and CNOTs."""
    out = Circuit(N)
    for layer in range(8):
        out.apply_gates([("RX", shift + layer + q, q) for q in range(N)])
        out.apply_gates([("CNOT", q, (q + 1) % N) for q in range(N)])
    return out


def evolve(shift: float) -> bytes:
    """Run the circuit RUNS times in a row on a new state; the bytes of its amplitudes."""
    state, step = ket(N, threads=1), circuit(shift)
    for _ in range(RUNS):
        state.apply(step).run()
    return bytes(memoryview(state))


shifts = [0.1, 0.2]
evolve(0.0)  # pages and plans are made before the clock runs
began = time.perf_counter()
alone = [evolve(shift) for shift in shifts]
one_by_one = time.perf_counter() - began

with ThreadPoolExecutor(2) as pool:
    began, cpu = time.perf_counter(), time.process_time()
    together = list(pool.map(evolve, shifts))
    at_once, cpu = time.perf_counter() - began, time.process_time() - cpu

lock = getattr(sys, "_is_gil_enabled", lambda: True)()
print(f"Python {sys.version.split()[0]}, {'with' if lock else 'without'} a GIL")
print(f"one by one {one_by_one:.3f} s, in two threads {at_once:.3f} s, which had {cpu / at_once:.2f} cores")
print(f"two threads are {one_by_one / at_once:.2f} times as fast")
assert together == alone  # bit for bit
print("the amplitudes are the same, bit for bit")
