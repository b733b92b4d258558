"""Other Python threads go on while one computes: a heartbeat beside 10 runs of a large circuit."""

import threading
import time

from ketsim import Circuit, ket

N, BEAT = 16, 0.005


def beat(stop: threading.Event, gaps: list[float]) -> None:
    """Note how long each pause of BEAT seconds really took."""
    while not stop.is_set():
        began = time.perf_counter()
        time.sleep(BEAT)
        gaps.append(time.perf_counter() - began)


circuit = Circuit(N)
for layer in range(10):
    circuit.apply_gates([("RX", 0.1 + layer + q, q) for q in range(N)])
    circuit.apply_gates([("CNOT", q, (q + 1) % N) for q in range(N)])

stop, gaps = threading.Event(), list[float]()
heart = threading.Thread(target=beat, args=(stop, gaps))
heart.start()
began = time.perf_counter()
state = ket("0" * N)
for _ in range(10):
    state.apply(circuit)
seconds = time.perf_counter() - began
stop.set()
heart.join()
print(f"{10 * len(circuit)} gates on {N} qubits in {seconds:.2f} s; norm {state.norm():.9f}")
median = 1000 * sorted(gaps)[len(gaps) // 2]
print(f"{len(gaps)} heartbeats meanwhile, median gap {median:.1f} ms of {1000 * BEAT:.0f} asked")
assert len(gaps) > 1
