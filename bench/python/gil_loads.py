"""What runs beside the heartbeat: the same circuit by each route, with the GIL and without.

    python gil_loads.py apply --n 16 --threads 1     one load until standard input closes: the control

A call of each load takes about `CALL_S`. One thread calls; ``threads`` is how many compute.
"""

import argparse
import ctypes
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workloads import Gate, workload

import ketsim

CALL_S = 0.01
Load = Callable[[], object]


def library() -> Path:
    """The shared library that the package has loaded."""
    return Path(ketsim.__file__).with_name("libketsim.so")


def gates_for(n: int, threads: int, seconds: float = CALL_S) -> list[Gate]:
    """So many layers of a hardware-efficient ansatz that applying them takes about so long."""
    layers = workload("ansatz", n)
    q, circuit = ketsim.ket(n, threads=threads), ketsim.Circuit(n).apply_gates(layers)
    q.apply(circuit)
    start, runs = time.perf_counter(), 3
    for _ in range(runs):
        q.apply(circuit)
    return layers * max(1, round(seconds * runs / (time.perf_counter() - start)))


class Loads:
    """All of them on n qubits."""

    def __init__(self, n: int, threads: int, seconds: float = CALL_S) -> None:
        self.n, self.threads = n, threads
        self.gates = gates_for(n, threads, seconds)
        self.circuit = ketsim.Circuit(n).apply_gates(self.gates)
        self.q = ketsim.ket(n, threads=threads)

    def gate_by_gate(self) -> Load:
        """A clone and a crossing for each gate."""
        q: Any = ketsim.ket(self.n, threads=self.threads, eager=True)
        calls = [(getattr(q, str(name)), arguments) for name, *arguments in self.gates[: 12 * self.n]]

        def load() -> None:
            for apply, arguments in calls:
                apply(*arguments)

        return load

    def apply_gates(self) -> Load:
        return lambda: self.q.apply_gates(self.gates)

    def apply(self) -> Load:
        return lambda: self.q.apply(self.circuit)

    def run_batch(self) -> Load:
        parts = [ketsim.Circuit(self.n).apply_gates(workload("ansatz", self.n, seed)) for seed in range(8)]
        circuits = parts * max(1, round(len(self.gates) / (8 * len(parts[0]))))
        return lambda: ketsim.run_batch(circuits, max_concurrency=self.threads, shots=1, seed=1)

    def foreign(self, kind: type[ctypes.CDLL]) -> Load:
        """The library's own function by ctypes: `ctypes.PyDLL` keeps the GIL, `ctypes.CDLL` does not."""
        lib, ffi = ketsim.lib, ketsim.ffi
        state, circuit = ffi.new("ketsim_state **"), ffi.new("ketsim_circuit **")
        failed = lib.ketsim_state_new(state, self.n, lib.KETSIM_COMPLEX128)
        failed = failed or lib.ketsim_state_set_threads(state[0], self.threads)
        failed = failed or lib.ketsim_circuit_new(circuit, self.n)
        if failed:
            raise RuntimeError(ffi.string(lib.ketsim_last_error()).decode())
        for name, *arguments in self.gates:
            self._append(circuit[0], str(name), arguments)
        apply = kind(str(library())).ketsim_apply
        pointers = [ctypes.c_void_p(int(ffi.cast("uintptr_t", p[0]))) for p in (state, circuit)]
        return lambda: apply(*pointers, None)

    def _append(self, circuit: Any, name: str, arguments: list[Any]) -> None:
        lib, ffi = ketsim.lib, ketsim.ffi
        angles = ffi.new("double[]", [a for a in arguments if isinstance(a, float)] or 1)
        qubits = ffi.new("int[]", [a for a in arguments if isinstance(a, int)])
        if lib.ketsim_circuit_gate(circuit, getattr(lib, f"KETSIM_GATE_{name}"), angles, qubits):
            raise RuntimeError(ffi.string(lib.ketsim_last_error()).decode())

    def held(self) -> Load:
        return self.foreign(ctypes.PyDLL)

    def spin(self) -> Load:
        """Python code that never calls anything long."""

        def load() -> None:
            end = time.perf_counter() + CALL_S
            while time.perf_counter() < end:
                pass

        return load


NAMES = {
    "gate_by_gate": "per-gate chain",
    "apply_gates": "apply_gates",
    "apply": "apply, compiled",
    "run_batch": "run_batch",
    "held": "GIL held (PyDLL)",
    "spin": "pure Python",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("load", choices=NAMES)
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    load = getattr(Loads(args.n, args.threads), args.load)()
    load()
    print("ready", flush=True)
    reader = threading.Thread(target=sys.stdin.read)
    reader.start()
    while reader.is_alive():
        load()


if __name__ == "__main__":
    main()
