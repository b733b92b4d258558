"""One simulator on the workloads it is asked for, in a process of its own: times, and how wrong its state is.

    python circuit_worker.py qulacs --threads 2

Reads requests from standard input, one line of JSON each, and answers each with one. The first run from the
start that was asked for is compared with the reference. Then runs are timed: one a sample, or, on small
states, a loop that takes 2 ms. A run from |0...0> includes getting there; a run from random amplitudes goes
on from the state that the run before left.
"""

import argparse
import json
import os
import resource
import sys
import time
from typing import Any

import numpy as np
from measure import Amplitudes, arbitrary
from peers import PEERS
from peers.base import NotOfferedError, Peer
from workloads import workload

SMALL = 12  # qubits; up to here a sample is a loop
SAMPLE_NS = 2e6
LEAST, MOST, ENOUGH_S = 5, 25, 0.4  # samples; between these, until so many seconds are used
CHUNK = 1 << 20


def prepare(peer: Peer, start: str) -> None:
    if start == "arbitrary":
        peer.load(arbitrary(peer.n, peer.dtype))
    else:
        peer.reset()


def timed(peer: Peer, start: str, runs: int) -> float:
    """Nanoseconds of one of so many runs, by the simulator's own clock where it has one."""
    own = 0
    begin = time.perf_counter_ns()
    for _ in range(runs):
        if start == "zero":
            peer.reset()
        own += peer.run() or 0
    return (own or time.perf_counter_ns() - begin) / runs


def runs_for(peer: Peer, start: str) -> int:
    """How many runs make a sample."""
    runs = 1
    while peer.n <= SMALL and timed(peer, start, runs) * runs < SAMPLE_NS:
        runs *= 2
    return runs


def samples(peer: Peer, start: str, runs: int, seconds: float) -> list[float]:
    """LEAST, unless they take more than the seconds; further ones while they take less than ENOUGH_S."""
    found: list[float] = []
    begin = time.perf_counter()
    while len(found) < MOST:
        found.append(timed(peer, start, runs))
        used = time.perf_counter() - begin
        if used + used / len(found) > (seconds if len(found) < LEAST else ENOUGH_S):
            break
    return found


def infidelity(psi: Amplitudes, reference: Amplitudes) -> float:
    """1 - |<psi|reference>|^2 of the normalized states: a global phase is nobody's business."""
    overlap, ours, theirs = 0j, 0.0, 0.0
    for first in range(0, psi.size, CHUNK):
        a = psi[first : first + CHUNK].astype("complex128")
        b = reference[first : first + CHUNK]
        overlap += complex(np.vdot(a, b))
        theirs += float(np.vdot(a, a).real)
        ours += float(np.vdot(b, b).real)
    return 1 - abs(overlap) ** 2 / (ours * theirs)


def measured(peer: Peer, request: dict[str, Any]) -> dict[str, Any]:
    start, seconds = request["start"], request["seconds"]
    prepare(peer, start)
    taken = [timed(peer, start, 1)]
    wrong = infidelity(peer.state(), np.load(request["reference"], mmap_mode="r"))
    runs = 1
    if taken[0] < 1e9 * seconds:
        runs = runs_for(peer, start)
        taken = samples(peer, start, runs, seconds)
    times = [round(ns) if ns > 1e4 else round(ns, 1) for ns in taken]
    found = {"label": peer.label, "ns": times, "runs": runs, "gates": len(peer.gates), "infidelity": wrong}
    expected = peer.expected_ns(start)
    return found | ({"expected_ns": expected} if expected else {})


def answer(entry: Any, threads: int, request: dict[str, Any]) -> dict[str, Any]:
    """A time; or, where the request says so, a reference that was written."""
    n, dtype = request["n"], request["dtype"]
    try:
        peer = entry(n, threads, dtype, workload(request["workload"], n))
        if not request["write"]:
            return measured(peer, request)
        prepare(peer, request["start"])
        peer.run()
        np.save(request["reference"], peer.state())
        return {}
    except NotOfferedError as error:
        return {"error": str(error)}
    except Exception as error:  # whatever a peer raises is its answer
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))  # what wants more shall fail, not swap
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what simulators print is no answer
    entry = PEERS[args.peer].load()
    for line in sys.stdin:
        answers.write(json.dumps(answer(entry, args.threads, json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
