"""Noise as trajectories, here and in Aer: n = 12, depth 20, depolarising noise after every gate.

    python trajectories.py [--n 12] [--depth 20] [--p 0.01] [--shots 10000] [--peer-shots 1000] [--threads 2]

Each simulator has a process of its own. The peer runs fewer shots, and its time is scaled to as many as
ours: it simulates each shot by itself, so that its time goes with their number. Circuit, noise and readout
are the same.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from typing import Any

import peer_venv
from circuit_process import COUNTS
from report import at_least

Layers = list[list[float]]


def angles(n: int, depth: int) -> Layers:
    generator = random.Random(1)
    return [[generator.uniform(-3, 3) for _ in range(n)] for _ in range(depth)]


def best(run: Any) -> float:
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return min(taken)


def ours(args: argparse.Namespace) -> float:
    from ketsim import Circuit, noise, run_shots

    circuit, one, two = (
        Circuit(args.n, bits=args.n),
        noise.depolarizing(args.p),
        noise.depolarizing(args.p, 2),
    )
    for d, layer in enumerate(angles(args.n, args.depth)):
        for q, angle in enumerate(layer):
            circuit.RX(angle, q).channel(one, q)
        for q in range(d % 2, args.n - 1, 2):
            circuit.CNOT(q, q + 1).channel(two, q, q + 1)
    circuit.measure()
    return best(lambda: run_shots(circuit, args.shots, seed=1, max_concurrency=args.threads))


def aer(args: argparse.Namespace) -> float:
    from qiskit import QuantumCircuit
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel, depolarizing_error

    circuit = QuantumCircuit(args.n, args.n)
    for d, layer in enumerate(angles(args.n, args.depth)):
        for q, angle in enumerate(layer):
            circuit.rx(angle, q)
        for q in range(d % 2, args.n - 1, 2):
            circuit.cx(q, q + 1)
    circuit.measure(range(args.n), range(args.n))
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(args.p, 1), ["rx"])
    model.add_all_qubit_quantum_error(depolarizing_error(args.p, 2), ["cx"])
    simulator = AerSimulator(method="statevector", noise_model=model, max_parallel_threads=args.threads)
    run = simulator.run(circuit, shots=args.peer_shots, seed_simulator=1)
    run.result()  # the first has threads to start
    taken = best(lambda: simulator.run(circuit, shots=args.peer_shots, seed_simulator=1).result())
    return taken * args.shots / args.peer_shots


def ask(args: argparse.Namespace, who: str, python: str) -> float | None:
    """Seconds that a process of that simulator measures, or None, having said why."""
    command = [python, __file__, *sys.argv[1:], "--measure", who]
    environment = os.environ | dict.fromkeys(COUNTS, str(args.threads))
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        print(f"  {who}: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
        return None
    seconds = float(json.loads(done.stdout.splitlines()[-1]))
    print(f"  {who}: {seconds:.3f} s for {args.shots} shots")
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--n", type=int, default=12)
    parser.add_argument("--depth", type=int, default=20)
    parser.add_argument("--p", type=float, default=0.01)
    parser.add_argument("--shots", type=int, default=10_000)
    parser.add_argument("--peer-shots", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--measure", choices=("ketsim", "aer"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(ours(args) if args.measure == "ketsim" else aer(args)))
        return 0
    print(f"{args.n} qubits, depth {args.depth}, p = {args.p}, {args.threads} threads")
    own = ask(args, "ketsim", sys.executable)
    if own is None:
        return 1
    if "qiskit-aer" not in peer_venv.versions():
        print("not installed, left out: aer")
        return 0
    theirs = ask(args, "aer", str(peer_venv.PYTHON))
    if theirs is None:
        return 1
    verdict = at_least("trajectories: aer / ours", theirs / own, 5)
    print(verdict)
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    sys.exit(main())
