"""How much memory does a run take, as a multiple of the state, measured from outside as resident pages?

    python memory.py [--n 26] [--threads 2] [--dtype complex128] [--json memory.json] [--strict]

A process for each mode. It runs a small state first, so that threads and libraries are there, notes its
resident memory, resets the kernel's high-water mark, makes the large state and runs it: H on every
qubit, rotations, and the GHZ circuit, in several runs, by chain and by `apply_gates`. The rise is the
mark less what was there before.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import cores, load, machine, print_machine
from report import Verdict

LIMITS = {"transactional": 2.02, "inplace": 1.02}


def status_bytes(key: str) -> int:
    """A line of /proc/self/status, which is in KiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0]) * 1024
    raise KeyError(key)


def reset_high_water_mark() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def work(q: Any, n: int) -> None:
    """Runs that leave no structure in the state, and touch every amplitude of both buffers."""
    for k in range(n):
        q.H(k).RZ(0.1 + k, k).RX(0.2 + k, k)
    q.run()
    q.apply_gates([("H", 0), *(("CNOT", k, k + 1) for k in range(n - 1))]).run()
    q.X(n - 1).T(0).run()


def rise(mode: str, n: int, threads: int, dtype: str) -> int:
    """Bytes that the peak of resident memory rose by; in a process of its own."""
    from ketsim import ket

    small = ket(16, dtype=dtype, threads=threads)
    work(small, 16)
    small.close()
    before = status_bytes("VmRSS")
    reset_high_water_mark()
    q = ket(n, dtype=dtype, threads=threads, inplace=mode == "inplace")
    work(q, n)
    peak = status_bytes("VmHWM")
    if abs(q.norm() - 1) > 1e-4:
        raise SystemExit("the state is not normalized: the runs went wrong")
    return peak - before


def measure(mode: str, args: argparse.Namespace) -> Verdict:
    command = [sys.executable, __file__, "--mode", mode, "--n", str(args.n), "--dtype", args.dtype]
    command += ["--threads", str(args.threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{mode}: {done.stderr.strip()}")
    times = int(done.stdout) / ((16 if args.dtype == "complex128" else 8) << args.n)
    limit = LIMITS[mode]
    text = f"peak memory, {mode}, n={args.n} {args.dtype}, times the state"
    return Verdict(text, times, f"<= {limit:g}", times <= limit)


def arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--n", type=int, default=26, help="qubits; below 24 other pages show in the ratio")
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--dtype", choices=("complex128", "complex64"), default="complex128")
    parser.add_argument("--mode", choices=tuple(LIMITS), help="print the rise in bytes of this mode alone")
    parser.add_argument("--json", type=Path, help="also write the results there")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a line says FAIL")
    return parser.parse_args()


def main() -> int:
    args = arguments()
    if args.mode:
        print(rise(args.mode, args.n, args.threads, args.dtype))
        return 0
    facts = machine()
    found = [measure(mode, args) for mode in LIMITS]
    facts["load after"] = load()
    print_machine(facts)
    print("\n".join(map(str, found)))
    if args.json:
        args.json.write_text(json.dumps({"machine": facts, "verdicts": [vars(v) for v in found]}, indent=1))
    return 1 if args.strict and not all(v.passed for v in found) else 0


if __name__ == "__main__":
    sys.exit(main())
