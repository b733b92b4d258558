"""Expectation values and samples beside other simulators: who reads a state how fast?

    python observables.py [--n 20] [--sample-n 22] [--threads 2] [--seconds 120]

Each simulator has a process of its own and starts from the same random amplitudes in complex128. The values
they find are compared with ours. Peers that are not installed are left out and said to be.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import peer_venv
from circuit_process import COUNTS
from ghz_report import Verdict

WORKER = Path(__file__).with_name("observable_worker.py")
PACKAGES = {"qulacs": "qulacs", "scaluq": "scaluq", "lightning": "pennylane-lightning", "aer": "qiskit-aer"}
Answer = dict[str, float]


def ask(args: argparse.Namespace, peer: str, n: int, what: str) -> Answer | None:
    """What a process of that simulator measures, or None, having said why."""
    python = sys.executable if peer == "ketsim" else str(peer_venv.PYTHON)
    command = [python, str(WORKER), peer, "--n", str(n), "--threads", str(args.threads), "--what", what]
    environment = os.environ | dict.fromkeys(COUNTS, str(args.threads))
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=args.seconds, env=environment)
    except subprocess.TimeoutExpired:
        print(f"  {peer}: more than {args.seconds} s")
        return None
    if done.returncode:
        print(f"  {peer}: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
        return None
    answer: Answer = json.loads(done.stdout.splitlines()[-1])
    print(f"  {peer}: {answer['seconds'] * 1e3:.3f} ms")
    return answer


def compare(args: argparse.Namespace, n: int, what: str, peers: list[str]) -> tuple[float, list[Verdict]]:
    """Our seconds, and whether the quickest peer takes five times as long."""
    print(f"{what}, {n} qubits, {args.threads} threads")
    ours = ask(args, "ketsim", n, what)
    if ours is None:
        sys.exit("ketsim failed")
    theirs = [answer for peer in peers if (answer := ask(args, peer, n, what))]
    for answer in theirs:
        if "value" in ours and abs(answer["value"] - ours["value"]) > 1e-9:
            sys.exit(f"<O> is {answer['value']}, ours is {ours['value']}")
    if not theirs:
        return ours["seconds"], []
    ratio = min(answer["seconds"] for answer in theirs) / ours["seconds"]
    return ours["seconds"], [Verdict(f"{what}: quickest peer / ours", ratio, ">= 5", ratio >= 5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--n", type=int, default=20)
    parser.add_argument("--sample-n", type=int, default=22)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=120, help="for each simulator and row")
    args = parser.parse_args()
    installed = peer_venv.versions()
    peers = [peer for peer, package in PACKAGES.items() if package in installed]
    print("not installed, left out:", ", ".join(sorted(PACKAGES.keys() - peers)) or "none")
    verdicts: list[Verdict] = []
    for what in ("random", "heisenberg"):
        verdicts += compare(args, args.n, what, peers)[1]
    read = compare(args, args.sample_n, "pass", [])[0]
    few, found = compare(args, args.sample_n, "10000", peers)
    many, more = compare(args, args.sample_n, "1000000", peers)
    verdicts += [*found, Verdict("10^4 shots / read pass", few / read, "<= 1.5", few <= 1.5 * read)]
    verdicts += [*more, Verdict("10^6 shots, ms", many * 1e3, "<= 25", many <= 0.025)]
    print(*verdicts, sep="\n")


if __name__ == "__main__":
    main()
