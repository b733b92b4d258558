"""The rows of the GHZ table that run in Python, each in a process of its own; see ``measure.py``.

    python ghz_rows.py ROW --n 22 --threads 2 --dtype complex128

A chain of gates only queues: it ends in ``run()``, which is on the clock.  The GIL-held time of a row is what
its wall time leaves when the time without the GIL and the wait to get it back are taken off; both are
stamped in C.
"""

import argparse
import importlib
import threading
from typing import Any

import numpy as np
from measure import Amplitudes, Server, Subject, arbitrary

ROWS = ("capi", "apply_gates", "chain", "eager", "held", "busy", "numpy")


class KetsimSubject(Subject):
    """A row that goes through ketsim in some way, and so can read the library's counters."""

    def __init__(self, n: int, threads: int, dtype: str) -> None:
        super().__init__(n, threads, dtype)
        package: Any = importlib.import_module("ketsim")
        self.ffi, self.lib = package.ffi, package.lib
        self._counters = self.ffi.new("ketsim_counters *")

    def counters(self) -> dict[str, int]:
        self.lib.ketsim_get_counters(self._counters)
        c = self._counters
        names = ("runs", "passes", "clones", "busy_ns", "acquire_ns", "commit_ns")
        return {name: int(getattr(c, name)) for name in names}


class KetRow(KetsimSubject):
    """A `Ket`, fed by chained methods or by a list, lazily or eagerly."""

    def __init__(self, n: int, threads: int, dtype: str, row: str) -> None:
        super().__init__(n, threads, dtype)
        self.ket: Any = importlib.import_module("ketsim").ket
        self.extension: Any = importlib.import_module("ketsim._ketsim")
        self.eager = row in ("eager", "held", "busy")
        self.ops = [("H", 0), *(("CNOT", k, k + 1) for k in range(n - 1))]
        self.kept: dict[bool, Any] = {}
        self.q: Any = None
        self.run_row = self._run_list if row == "apply_gates" else self._run_chain
        if row == "held":
            self.extension._hold_gil(True)

    def counters(self) -> dict[str, int]:
        """Also the two clocks of the GIL: wall time in the extension, without the GIL, waiting for it."""
        calls, wall, free, wait = self.extension._gil_clock()
        gil = {"gil_calls": calls, "gil_wall_ns": wall, "gil_free_ns": free, "gil_wait_ns": wait}
        return super().counters() | gil

    def _new(self, inplace: bool) -> Any:
        return self.ket(self.n, dtype=self.dtype, threads=self.threads, eager=self.eager, inplace=inplace)

    def prepare(self, start: str, inplace: bool) -> None:
        if start == "zero":
            self.q = None
            self.q = self._new(inplace)
            return
        if inplace not in self.kept:
            self.kept[inplace] = self._new(inplace)
            with self.kept[inplace].edit() as amplitudes:
                np.asarray(amplitudes)[:] = arbitrary(self.n, self.dtype)
        self.q = self.kept[inplace]

    def run(self) -> None:
        self.run_row()

    def _run_chain(self) -> None:
        q = self.q.H(0)
        for k in range(self.n - 1):
            q.CNOT(k, k + 1)
        q.run()

    def _run_list(self) -> None:
        self.q.apply_gates(self.ops).run()

    def amplitudes(self) -> Amplitudes:
        out: Amplitudes = self.q.amplitudes()
        return out


class BusyRow(KetRow):
    """Eager, beside a thread that runs Python all the time."""

    def prepare(self, start: str, inplace: bool) -> None:
        super().prepare(start, inplace)
        self.stop = False
        self.thread = threading.Thread(target=self._spin)
        self.thread.start()

    def _spin(self) -> None:
        while not self.stop:
            pass

    def finish(self) -> None:
        self.stop = True
        self.thread.join()


class CapiRow(KetsimSubject):
    """The C API as ``ketsim.lib`` gives it: one circuit, one call."""

    def __init__(self, n: int, threads: int, dtype: str) -> None:
        super().__init__(n, threads, dtype)
        self.kept: dict[bool, Any] = {}
        self.state: Any = None
        out = self.ffi.new("ketsim_circuit **")
        self._try(self.lib.ketsim_circuit_new(out, n))
        self.circuit = self.ffi.gc(out[0], self.lib.ketsim_circuit_free)
        self._gate("H", 0)
        for k in range(n - 1):
            self._gate("CNOT", k, k + 1)

    def _try(self, status: int) -> None:
        if status != self.lib.KETSIM_OK:
            raise RuntimeError(self.ffi.string(self.lib.ketsim_last_error()).decode())

    def _gate(self, name: str, *qubits: int) -> None:
        gate = getattr(self.lib, f"KETSIM_GATE_{name}")
        where = self.ffi.new("int[]", qubits)
        self._try(self.lib.ketsim_circuit_gate(self.circuit, gate, self.ffi.NULL, where))

    def _new(self, inplace: bool, amplitudes: Amplitudes | None) -> Any:
        out = self.ffi.new("ketsim_state **")
        code = getattr(self.lib, f"KETSIM_{self.dtype.upper()}")
        if amplitudes is None:
            self._try(self.lib.ketsim_state_new(out, self.n, code))
        else:
            data = self.ffi.from_buffer(amplitudes)
            self._try(self.lib.ketsim_state_from_amplitudes(out, data, amplitudes.size, code, True))
        state = self.ffi.gc(out[0], self.lib.ketsim_state_free)
        self._try(self.lib.ketsim_state_set_threads(state, self.threads))
        self._try(self.lib.ketsim_state_set_inplace(state, inplace))
        return state

    def prepare(self, start: str, inplace: bool) -> None:
        if start == "zero":
            if self.state is not None and self.state not in self.kept.values():
                self.ffi.release(self.state)
            self.state = self._new(inplace, None)
            return
        if inplace not in self.kept:
            self.kept[inplace] = self._new(inplace, arbitrary(self.n, self.dtype))
        self.state = self.kept[inplace]

    def run(self) -> None:
        self._try(self.lib.ketsim_apply(self.state, self.circuit, self.ffi.NULL))

    def amplitudes(self) -> Amplitudes:
        out: Amplitudes = np.empty(2**self.n, self.dtype)
        self._try(self.lib.ketsim_get_amplitudes(self.state, self.ffi.from_buffer(out), 0, out.size))
        return out


class NumpyRow(Subject):
    """One slice assignment a gate, as one writes it by hand; one thread."""

    def __init__(self, n: int, threads: int, dtype: str) -> None:
        super().__init__(n, threads, dtype)
        self.label = f"NumPy {np.__version__}"
        self.psi: Amplitudes = np.zeros(0, dtype)
        self.kept: Amplitudes | None = None

    def prepare(self, start: str, inplace: bool) -> None:
        if start == "zero":
            self.psi = np.zeros(2**self.n, self.dtype)
            self.psi[0] = 1
            return
        if self.kept is None:
            self.kept = arbitrary(self.n, self.dtype)
        self.psi = self.kept

    def run(self) -> None:
        half = self.psi.reshape(2, -1)
        half[0], half[1] = (half[0] + half[1]) * np.sqrt(0.5), (half[0] - half[1]) * np.sqrt(0.5)
        for k in range(self.n - 1):
            pairs = self.psi.reshape(2**k, 2, 2, -1)
            pairs[:, 1] = pairs[:, 1, ::-1].copy()

    def amplitudes(self) -> Amplitudes:
        return self.psi


def make(row: str, n: int, threads: int, dtype: str) -> Subject:
    if row == "numpy":
        return NumpyRow(n, threads, dtype)
    if row == "capi":
        return CapiRow(n, threads, dtype)
    return (BusyRow if row == "busy" else KetRow)(n, threads, dtype, row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--dtype", choices=("complex128", "complex64"), required=True)
    args = parser.parse_args()
    Server(make(args.row, args.n, args.threads, args.dtype)).run()


if __name__ == "__main__":
    main()
