"""The largest cut of a graph by QAOA (Farhi, Goldstone, Gutmann, arXiv:1411.4028), beside trying them all."""

import itertools

from ketsim import Circuit, Observable, ket

# Ten vertices: a ring with chords.
N, LAYERS = 10, 4
EDGES = [(v, (v + 1) % N) for v in range(N)] + [(0, 5), (1, 4), (2, 8), (3, 7), (6, 9)]
# An edge is cut where Z Z is -1.
cut = Observable({"I0": len(EDGES) / 2} | {f"Z{a} Z{b}": -0.5 for a, b in EDGES})


def ansatz(gammas: list[float], betas: list[float]) -> Circuit:
    circuit = Circuit(N)
    for gamma, beta in zip(gammas, betas, strict=True):
        for a, b in EDGES:
            circuit.RZZ(gamma, a, b)
        circuit.RX(beta, *range(N))
    return circuit


def size(bits: str) -> int:
    return sum(bits[a] != bits[b] for a, b in EDGES)


# Gradient ascent from an annealing schedule; gates of a layer share their angle, so their slopes add up.
gammas = [0.8 * (k + 1) / LAYERS for k in range(LAYERS)]
betas = [-0.8 * (1 - k / LAYERS) for k in range(LAYERS)]
period = len(EDGES) + N
for step in range(60):
    value, slopes = ansatz(gammas, betas).gradient(cut, start="+" * N)
    if step % 10 == 0:
        print(f"step {step:2}: mean cut {value:.4f}")
    for k in range(LAYERS):
        layer = slopes[k * period : (k + 1) * period].tolist()
        gammas[k] += 0.01 * sum(layer[: len(EDGES)])
        betas[k] += 0.01 * sum(layer[len(EDGES) :])

counts = ket("+" * N).apply(ansatz(gammas, betas)).counts(1000, seed=1)
found = max(counts, key=size)
best = max(size("".join(bits)) for bits in itertools.product("01", repeat=N))
print(f"mean cut {value:.4f}; best of 1000 samples {found}: {size(found)}; largest of all {best}")
assert size(found) == best
assert value > 0.85 * best
