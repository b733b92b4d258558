"""Adjoint gradients of a hardware-efficient ansatz and of QAOA: in forward runs, and beside other simulators.

python bench/python/gradient.py [--n 20] [--layers 10] [--threads 2] [--ansatz qaoa] [--peers PYTHON]

Each simulator runs in a process of its own (gradient_worker.py); one that is not installed is left out.
Lines are PASS or FAIL: at most 6 forward runs, and 5 times as fast as the fastest peer.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import peer_venv
from report import Verdict, at_least, at_most

WORKER = pathlib.Path(__file__).with_name("gradient_worker.py")
PEERS = ("lightning", "qulacs", "scaluq")
MOST_RUNS, LEAST_RATIO = 6.0, 5.0


def measure(python: str, name: str, ansatz: str, given: argparse.Namespace) -> dict[str, float] | None:
    threads = str(given.threads)
    command = [python, str(WORKER), name, ansatz, str(given.n), str(given.layers), threads]
    env = {
        **os.environ,
        "OMP_NUM_THREADS": threads,
        "QULACS_NUM_THREADS": threads,
        "OMP_PROC_BIND": "false",
    }
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        print(f"{name:10} {1e3 * found['seconds']:10.1f} ms   value {found['value']:.12g}")
        return found
    print(f"{name:10} left out: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    return None


def compare(ansatz: str, given: argparse.Namespace) -> list[Verdict]:
    print(f"{ansatz}, {given.n} qubits, {given.layers} layers, {given.threads} threads")
    own = measure(sys.executable, "ketsim", ansatz, given)
    if own is None:
        return [at_least(f"{ansatz}: runs of ours", 0, 1)]
    names = PEERS if pathlib.Path(given.peers).exists() else ()
    peers = [found for name in names if (found := measure(given.peers, name, ansatz, given))]
    verdicts = [at_most(f"{ansatz}: forward runs", own["seconds"] / own["forward"], MOST_RUNS)]
    verdicts += [
        at_most(f"{ansatz}: difference of values", abs(peer["value"] - own["value"]), 1e-9) for peer in peers
    ]
    ratio = min((peer["seconds"] for peer in peers), default=0) / own["seconds"]  # without peers: not reached
    return [*verdicts, at_least(f"{ansatz}: quickest peer / ours", ratio, LEAST_RATIO)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("--n", 20), ("--layers", 10), ("--threads", 2)):
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--ansatz", nargs="+", default=["hardware", "qaoa"], choices=["hardware", "qaoa"])
    parser.add_argument("--peers", default=str(peer_venv.PYTHON), help="a Python that has them")
    given = parser.parse_args()
    verdicts = []
    for ansatz in given.ansatz:
        found = compare(ansatz, given)
        print(*found, sep="\n")
        verdicts += found
    return 0 if all(verdict.passed for verdict in verdicts) else 1


if __name__ == "__main__":
    raise SystemExit(main())
