"""Make a Bell pair, look at it, sample it, measure it."""

from ketsim import ket

pair = ket("00").H(0).CNOT(0, 1)
print(pair)

counts = pair.counts(1000, seed=7)
print(counts)
assert set(counts) == {"00", "11"}

first = pair.measure(0, seed=7)
second = pair.measure(1, seed=8)
print(f"measured {first} and {second}: the qubits of a Bell pair agree")
assert first == second
