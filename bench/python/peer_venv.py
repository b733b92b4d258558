"""The virtual environment of the other simulators, which `make peers` fills: apart from ours, pinned."""

import functools
import json
import subprocess
from pathlib import Path

PYTHON = Path(__file__).resolve().parents[2] / "build/peers/bin/python"
ASK = """
import importlib.metadata as m, json
print(json.dumps({d.metadata["Name"].lower().replace("_", "-"): d.version for d in m.distributions()}))
"""


@functools.cache
def versions() -> dict[str, str]:
    """Every package installed there, by the name pip knows it by; empty before `make peers`."""
    if not PYTHON.exists():
        return {}
    done = subprocess.run([PYTHON, "-c", ASK], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found
