"""One simulator in several Python threads, in a process of its own: does it let others run, and be stopped?

    python thread_worker.py qulacs --threads 1

Answers requests as circuit_worker.py does. ``what`` is

  pair       the circuit on two states: one Python thread after the other, and two at once
  frozen     how much of its time a heartbeat thread could not run, beside runs on the one thread
  idle       the same while this process does nothing: the control, when another one computes
  interrupt  runs one circuit of about ``seconds``, until Ctrl-C comes: when was it seen?
  fork       after a run, children that run: how many ended within 5 s?  No more after three that did not
"""

import argparse
import contextlib
import functools
import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from measure import Heartbeat
from peers import PEERS
from peers.base import NotOfferedError, Peer
from speedup import in_threads, samples
from workloads import Gate, workload

Answer = dict[str, Any]
HANGS_S = 5
ENOUGH_HANGS = 3


class Subject:
    """A simulator and how long its circuit must be."""

    def __init__(self, entry: Any, threads: int) -> None:
        self.entry, self.threads = entry, threads
        self.long: dict[tuple[int, float], Peer] = {}  # by qubits and seconds

    def peer(self, n: int, gates: list[Gate]) -> Peer:
        found: Peer = self.entry(n, self.threads, "complex128", gates)
        found.reset()
        found.run()
        return found

    def gates(self, n: int, seconds: float) -> list[Gate]:
        """Layers of an ansatz, as many as take it about so long, at least half of it."""
        layers, took, times = workload("ansatz", n), 0.0, 1
        while True:
            peer, start = self.peer(n, layers * times), time.perf_counter()
            peer.run()
            took = time.perf_counter() - start
            if took >= seconds / 2:
                return layers * times
            times = min(16 * times, 1 + round(times * seconds / took))

    def pair(self, request: Answer) -> Answer:
        """Samples of both ways, wall and CPU seconds; deep circuits, half a second a sample and thread."""
        n, count, seconds = request["n"], request["samples"], request["seconds"]
        gates = self.gates(n, 0.02)
        peers = [self.peer(n, gates) for _ in range(2)]
        start = time.perf_counter()
        peers[0].run()
        runs = max(1, round(seconds / (time.perf_counter() - start)))

        def work(peer: Peer) -> None:
            for _ in range(runs):
                peer.run()

        works = [functools.partial(work, peer) for peer in peers]

        def alone() -> None:
            for one in works:
                one()

        rows = {"alone": alone, "together": lambda: in_threads(works)}
        return {name: [[s.wall, s.cpu] for s in samples(way, count)] for name, way in rows.items()}

    def frozen(self, request: Answer) -> Answer:
        peer, heartbeat = self.peer(request["n"], self.gates(request["n"], 0.02)), Heartbeat()

        def runs() -> None:
            end = time.perf_counter() + request["seconds"]
            while time.perf_counter() < end:
                peer.run()

        return {"frozen": heartbeat.frozen(runs)}

    def idle(self, request: Answer) -> Answer:
        return {"frozen": Heartbeat().frozen(lambda: time.sleep(request["seconds"]))}

    def interrupt(self, request: Answer) -> Answer:
        """A first answer says that the run begins; the other side then sends the signal.  Where the run ends
        before it comes, it is waited for, so that it hits nothing else."""
        key = request["n"], request["seconds"]
        if key not in self.long:
            self.long[key] = self.peer(key[0], self.gates(*key))
        peer = self.long[key]
        signal.signal(signal.SIGINT, signal.default_int_handler)
        request["say"]({"begins": True})
        ended = False
        with contextlib.suppress(KeyboardInterrupt):
            peer.run()
            ended = True
            time.sleep(HANGS_S)
        return {"seen_ns": None if ended else time.monotonic_ns()}

    def fork(self, request: Answer) -> Answer:
        """Children that hang are killed."""
        peer, ended, tried = self.peer(request["n"], workload("ghz", request["n"])), 0, 0
        while tried < request["count"] and tried - ended < ENOUGH_HANGS:
            ended += child_ends(peer.run)
            tried += 1
        return {"ended": ended, "count": tried}


def child_ends(run: Callable[[], object]) -> bool:
    """Whether a forked child gets through run() before an alarm ends it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that the process has threads: so it should
        pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(HANGS_S)
        run()
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what simulators print is no answer

    def say(answer: Answer) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    subject = Subject(PEERS[args.peer].load(), args.threads)
    for line in sys.stdin:
        request = json.loads(line) | {"say": say}
        try:
            say(getattr(subject, request["what"])(request))
        except NotOfferedError as error:
            say({"error": str(error)})
        except Exception as error:  # whatever a peer raises is its answer
            say({"error": f"{type(error).__name__}: {error}".splitlines()[0]})


if __name__ == "__main__":
    main()
