"""A batch in which some circuits fail: what each gave, and why the others gave nothing."""

from ketsim import Circuit, run_batch

long = Circuit(20)
for layer in range(200):
    long.apply_gates([("RX", 0.1 + layer + q, q) for q in range(20)])
    long.apply_gates([("CNOT", q, (q + 1) % 20) for q in range(20)])

circuits = [
    Circuit(3).H(0).CNOT(0, 1).CNOT(1, 2),
    Circuit(2).X(1),  # Z2 needs three qubits
    Circuit(40).H(0),  # 16 TiB
    long,  # takes seconds
    Circuit(3).X(2),
]
batch = run_batch(circuits, observables=["Z2", "Z0 Z1"], per_circuit_timeout_ms=50)
for index, result in enumerate(batch.results):
    print(index, "failed" if result is None else [round(value, 12) for value in result.values])
for error in batch.errors:
    print(error["index"], error["type"], "-", error["message"])
print({key: batch.stats[key] for key in ("succeeded", "failed", "timed_out", "cancelled")})
assert [error["index"] for error in batch.errors] == [1, 2, 3]
assert batch.results[4].values == (-1.0, 1.0)
