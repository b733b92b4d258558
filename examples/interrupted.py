"""A long run with progress that Ctrl-C may stop at any time: the state is what it was, bit for bit."""

import os
import signal

from ketsim import Circuit, ket

N = 20
circuit = Circuit(N)
for layer in range(100):
    circuit.apply_gates([("RX", 0.1 + layer + q, q) for q in range(N)])
    circuit.apply_gates([("CNOT", q, (q + 1) % N) for q in range(N)])

state = ket("0" * N).H(0).CNOT(0, 1).run()
before = bytes(memoryview(state))
for entry in circuit:
    getattr(state, entry[0])(*entry[1:])


signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it


def progress(done):
    print(f"{100 * done:.0f} %")
    if done > 0.2:
        os.kill(os.getpid(), signal.SIGINT)  # in place of a user


try:
    state.run(progress=progress)
except KeyboardInterrupt:
    print("interrupted;", state.pending, "gates are still queued")
assert state.pending == len(circuit)
state.discard()
assert bytes(memoryview(state)) == before
print("the state is what it was")
