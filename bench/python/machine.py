"""What a reader must know about the machine and the build to repeat a measurement."""

import contextlib
import os
import platform
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import peer_venv

ROOT = Path(__file__).resolve().parents[2]
OURS = ("ketsim", "numpy", "cffi")
PEERS = ("qulacs", "pennylane-lightning", "qiskit-aer", "qsimcirq", "scaluq", "pyqrack-cpu", "ketpy")


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def _cpu() -> str:
    """Model name, from /proc/cpuinfo where that names one."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    commit = _output("git", "rev-parse", "--short=12", "HEAD")
    if not commit:
        return "not in a git checkout"
    return commit + (" with changes" if _output("git", "status", "--porcelain") else "")


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in OURS:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found | {name: version for name, version in peer_venv.versions().items() if name in PEERS}


def _flags(native: Path) -> str:
    """The compiler's command line, which `make` keeps beside the objects."""
    for folder in native.resolve().parents:
        if (folder / "flags").is_file():
            return (folder / "flags").read_text().strip()
    return "unknown"


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def shown(argument: str) -> str:
    """An argument of the command line as others can use it: an interpreter by its name with the version, and
    other files from the root of the project."""
    path = Path(argument)
    if len(path.parts) > 1 and path.name.startswith("python"):
        return path.resolve().name
    if not path.is_absolute():
        return argument
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def load() -> str:
    return "{:.2f} {:.2f} {:.2f}".format(*os.getloadavg())


def machine(native: Path | None = None) -> dict[str, str]:
    """One line a fact; the values are text, for the table and for JSON alike."""
    facts = {
        "cpu": _cpu(),
        "cores": str(cores()),
        "kernel": platform.platform(),
        "load before": load(),
        "versions": ", ".join(f"{name} {version}" for name, version in _versions().items()),
        "commit": _commit(),
        "command": shlex.join([Path(sys.executable).name, *map(shown, sys.argv)]),
    }
    if native is not None:
        facts["flags"] = _flags(native)
    return facts


def print_machine(facts: dict[str, str]) -> None:
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name:{width}}  {value}")
