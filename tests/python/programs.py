"""Programs in children of this process, and circuits that take long enough to be interrupted."""

import os
import subprocess
import sys

import numpy as np

LONG_QUBITS = 20
LONG_GATES = 20_000  # many seconds: no test waits for the end of it


def python(code, *arguments, **environment):
    """Run code in a fresh interpreter and give what it printed; fail with its error output."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def module(*arguments, **environment):
    """What ``python -m ketsim`` with some arguments does."""
    return subprocess.run(
        [sys.executable, "-m", "ketsim", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def entangling(n, length, seed=0):
    """Rotations and CNOTs on random qubits: nothing in it cancels or becomes diagonal."""
    rng = np.random.default_rng(seed)
    operations = []
    for _ in range(length // 2):
        control, target = (int(q) for q in rng.choice(n, 2, replace=False))
        operations += [("RX", float(rng.uniform(0.1, 3)), control), ("CNOT", control, target)]
    return operations
