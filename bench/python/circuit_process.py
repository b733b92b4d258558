"""The processes of the circuits bench as the driver sees them: one a simulator and number of threads."""

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import peer_venv
from circuit_rows import Row
from peers import PEERS
from peers.quest import LIBRARY

HERE = Path(__file__).parent
SETTLE_S = 0.02  # threads spin for some ms after a region; the next row should not meet them
COUNTS = ("OMP_NUM_THREADS", "QULACS_NUM_THREADS", "KETSIM_NUM_THREADS", "KET_NUM_THREADS")

Answer = dict[str, Any]


def absent(peer: str) -> str | None:
    """Why a simulator cannot be measured, or None."""
    package = PEERS[peer].package
    if not package:
        return None if LIBRARY else "no installed library was found"
    if PEERS[peer].ours or package in peer_venv.versions():
        return None
    return f"{package} is not installed"


class Process:
    """One simulator; it is started at the first request, and anew after one that it did not survive."""

    def __init__(self, peer: str, threads: int, script: str = "circuit_worker.py") -> None:
        python = sys.executable if PEERS[peer].ours or not PEERS[peer].package else str(peer_venv.PYTHON)
        self.command = [python, str(HERE / script), peer, "--threads", str(threads)]
        self.environment = os.environ | dict.fromkeys(COUNTS, str(threads))
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  lives as long as the process
        self.process: subprocess.Popen[str] | None = None

    def _start(self) -> subprocess.Popen[str]:
        self.errors.truncate(0)
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=self.environment,
        )
        return self.process

    def ask(self, request: Answer, timeout: float) -> Answer:
        self.send(request)
        return self.receive(timeout)

    def send(self, request: Answer) -> None:
        process = self.process or self._start()
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # then there is no answer either
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()

    def receive(self, timeout: float) -> Answer:
        """The next answer, or an error when none comes."""
        assert self.process is not None
        stdout = self.process.stdout
        assert stdout is not None
        ready, _, _ = select.select([stdout], [], [], timeout)
        line = stdout.readline() if ready else ""
        if not line:
            self.close()
            return {"error": self._last_words() if ready else f"more than {timeout:g} s"}
        time.sleep(SETTLE_S)
        answer: Answer = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self.errors.seek(0)
        return (self.errors.read().strip().splitlines() or ["ended without a word"])[-1]

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        self.process = None


class Processes:
    """Those that have been asked, and the references that ours wrote for them."""

    def __init__(self, folder: Path, timeout: float) -> None:
        self.folder, self.timeout = folder, timeout
        self.running: dict[tuple[str, int], Process] = {}

    def _ask(self, row: Row, peer: str, dtype: str, more: Answer) -> Answer:
        process = self.running.setdefault((peer, row.threads), Process(peer, row.threads))
        request = {"workload": row.workload, "n": row.n, "dtype": dtype, "start": row.start}
        return process.ask(request | more, self.timeout)

    def measure(self, row: Row, seconds: float) -> Answer:
        """The state to compare with is ours in double precision, in a file that is written when missing."""
        path = self.folder / f"{row.workload}-{row.n}-{row.start}.npy"
        if not path.exists():
            answer = self._ask(row, "ketsim", "complex128", {"reference": str(path), "write": True})
            if "error" in answer:
                return {"error": f"no reference: {answer['error']}"}
        more = {"reference": str(path), "write": False, "seconds": seconds}
        return self._ask(row, row.peer, row.dtype, more)

    def forget_references(self) -> None:
        for path in self.folder.glob("*.npy"):
            path.unlink()

    def close(self) -> None:
        for process in self.running.values():
            process.close()


def pass_ns(native: Path, n: int, threads: int, dtype: str) -> float:
    """Best of an in-place pass over a state, the yardstick of bench/stream.h, in a program of its own."""
    command = [str(native), "--serve", "1", "--row", "pass", "--n", str(n)]
    command += ["--threads", str(threads), "--dtype", dtype]
    done = subprocess.run(command, input="time zero 15\n", capture_output=True, text=True, check=True)
    return float(min(json.loads(done.stdout)["ns"]))


def ceiling(native: Path, threads: int) -> str:
    """What so many threads can do more than one here at best; the last words of bench/ceiling.c."""
    command = [str(native.with_name("ceiling")), "--threads", str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.partition("; ")[2].strip()
