"""Futures: results as they end, in any order, and one run that is cancelled."""

import time
from concurrent.futures import as_completed

from ketsim import Circuit, submit


def ghz(n: int) -> Circuit:
    """|0...0> + |1...1>, divided by the root of 2."""
    return Circuit(n).H(0).apply_gates([("CNOT", q, q + 1) for q in range(n - 1)])


endless = Circuit(22)
for layer in range(400):
    endless.apply_gates([("RX", 0.1 + layer + q, q) for q in range(22)])
    endless.apply_gates([("CNOT", q, (q + 1) % 22) for q in range(22)])

futures = {submit(ghz(n), shots=1000, seed=n): n for n in (14, 10, 6, 2)}
for future in as_completed(futures):
    counts = future.result().counts
    print(futures[future], "qubits:", len(counts), "outcomes,", sum(counts.values()), "shots")
    assert len(counts) == 2

given_up = submit(endless)
time.sleep(0.05)
began = time.perf_counter()
print("cancelled:", given_up.cancel())
assert submit(ghz(3), observables="Z0 Z2").result().values[0] > 0.999
print(f"its workers do other work {1000 * (time.perf_counter() - began):.0f} ms later")
