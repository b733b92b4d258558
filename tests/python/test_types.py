"""The stubs name what the package has: every row of the gate table, with its angles; and they type-check."""

import ast
import importlib.util
import pathlib
import subprocess
import sys

import pytest
from rows import each_row

import ketsim

PACKAGE = pathlib.Path(ketsim.__file__).parent


def stub_methods():
    """Class name -> method name -> its argument node, from every stub of the package."""
    found = {}
    for stub in PACKAGE.rglob("*.pyi"):
        for node in ast.walk(ast.parse(stub.read_text())):
            if isinstance(node, ast.ClassDef):
                methods = {f.name: f.args for f in node.body if isinstance(f, ast.FunctionDef)}
                for line in node.body:  # ALIAS = NAME
                    if isinstance(line, ast.Assign) and isinstance(line.value, ast.Name):
                        methods[line.targets[0].id] = methods[line.value.id]
                found.setdefault(node.name, {}).update(methods)
    return found


def inherited(methods, cls):
    """Methods of the stub of cls and of every class it derives from there."""
    merged = {}
    for base in reversed(getattr(ketsim, cls).__mro__):
        merged.update(methods.get(base.__name__, {}))
    for name, own in methods.items():
        if name.startswith("_"):  # bases that exist in the stub alone
            merged = {**own, **merged}
    return merged


def test_package_says_it_is_typed():
    assert (PACKAGE / "py.typed").exists()


@pytest.mark.parametrize("cls", ["Ket", "Circuit"])
@each_row()
def test_stub_has_the_row(cls, row):
    methods = inherited(stub_methods(), cls)
    for name in (row.name, *row.aliases):
        arguments = methods[name]
        positional = [a.arg for a in arguments.posonlyargs + arguments.args][1:]
        assert tuple(positional[: row.nangles]) == row.angle_names
        assert (arguments.vararg is not None) == row.broadcasts
        if not row.broadcasts:
            assert len(positional) == row.nangles + row.nqubits
        assert [a.arg for a in arguments.kwonlyargs] == ["controls"]


SAMPLE = """
from collections.abc import Iterable

import numpy as np

import ketsim
from ketsim import CancelToken, Circuit, Ket, ket

q: Ket = ket("00").H(0).CNOT(0, 1)
q = ket(3, dtype="complex64", threads=2, eager=True, inplace=False, on_busy="wait")
q = ket("00", dtype=np.complex128)
q = q.RX(0.3, 0, 1, controls={0: 1}).CU(0.1, 0.2, 0.3, 0, 1, controls=[2])
q = q.unitary([[0, 1], [1, 0]], 0).unitary(np.eye(4), 0, 1)
q = q.apply_gates([("H", 0), ("RX", 0.3, 1, {"controls": {0: 1}})]).apply(Circuit(2))
q = q.run(timeout_ms=5, cancel=CancelToken(), progress=print, threads=1, expect_generation=2)
q = ket.from_amplitudes(np.array([1, 0]), normalize=True)
n: int = q.nqubits + q.generation + q.pending + q.measure(0, seed=1)
name: str = q.dtype
closed: bool = q.closed
z: complex = q.amplitude("00") + q.inner(q.copy())
x: float = q.norm() + q.fidelity(q)
counts: dict[str, int] = q.counts(10, qubits=[0], seed=1)
with q.edit() as a:
    a[0] = 1
q.amplitudes(), q.probabilities([0]), q.sample(5, qubits=[0], seed=1), np.asarray(q), memoryview(q)
c: Circuit = Circuit(2).H(0).extend(Circuit(2)).inverse().copy()
length: int = len(c) + c.nqubits
first: object = c[0]
same: bool = c == c
names: Iterable[object] = iter(c)
q.discard()
q.close()
try:
    q.run()
except (ketsim.StateBusyError, ketsim.OutOfMemory, ketsim.DeadlineExceeded) as error:
    print(error)
"""

WRONG = {
    "qubit": 'ket("00").H("0")',
    "angle": 'ket("00").RX("0.3", 0)',
    "no such gate": 'ket("00").NOPE(0)',
    "count": 'ket("00").CNOT(0)',
    "keyword": 'ket("00", nonsense=1)',
    "shots": 'ket("00").sample("5")',
}


def mypy(tmp_path, text):
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    (tmp_path / "sample.py").write_text(text)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "sample.py"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=170)


def test_right_program_passes_mypy(tmp_path):
    done = mypy(tmp_path, SAMPLE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_wrong_lines_fail_mypy(tmp_path):
    lines = ["from ketsim import ket", *WRONG.values()]
    done = mypy(tmp_path, "\n".join(lines) + "\n")
    flagged = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    assert flagged == set(range(2, len(lines) + 1)), done.stdout + done.stderr


def test_stubs_agree_with_the_extension(tmp_path):
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    allowed = tmp_path / "allowed"  # before 3.12 only stubs have the name of the buffer slots
    allowed.write_text(r"ketsim(\..*)?\.__(release_)?buffer__" + "\nketsim\\.libketsim\n")
    command = [sys.executable, "-m", "mypy.stubtest", "ketsim", "--concise", "--ignore-unused-allowlist"]
    command += ["--allowlist", str(allowed)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stdout + done.stderr
